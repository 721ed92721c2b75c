"""Placing labels beside points so that no label lies on a point or on another label."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

__all__ = ["place_labels"]

_DIRECTIONS = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1))
_DISTANCES = (9.0, 16.0, 26.0, 38.0, 52.0, 70.0)
_CLOSE = 16.0
"""Points from here on need a line to show which label is theirs."""

_SIDE = {1: "left", 0: "center", -1: "right"}
_LEVEL = {1: "bottom", 0: "center", -1: "top"}


def _overlap(a: Bbox, b: Bbox) -> float:
    shared = Bbox.intersection(a, b)
    return 0.0 if shared is None else float(shared.width * shared.height)


def place_labels(
    ax: Axes,
    points: Sequence[tuple[float, float]],
    texts: Sequence[str],
    *,
    colours: Sequence[str],
    obstacles: Sequence[Bbox],
    fontsize: float = 9.0,
) -> list[Annotation]:
    """Write a text beside each point, at the nearest of 48 places that is free.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        With its limits and the figure's layout already settled.
    points : sequence of (float, float)
        In data units.
    texts, colours : sequence of str
        One a point.
    obstacles : sequence of matplotlib.transforms.Bbox
        What no label may lie on, in display units; the points themselves among them.
    fontsize : float
        In points.

    Returns
    -------
    list of matplotlib.text.Annotation
        In the order of the points. Where no place is free, the one with the least overlap is taken.
    """
    taken, inside = list(obstacles), ax.get_window_extent()
    placed = []
    for point, text, colour in zip(points, texts, colours, strict=True):
        best: tuple[float, Annotation] | None = None
        for distance in _DISTANCES:
            for right, up in _DIRECTIONS:
                length = distance / (1.4 if right and up else 1.0)
                note = ax.annotate(
                    text,
                    point,
                    xytext=(right * length, up * length),
                    textcoords="offset points",
                    ha=_SIDE[right],
                    va=_LEVEL[up],
                    fontsize=fontsize,
                    color=colour,
                    annotation_clip=False,
                    arrowprops=(
                        {"arrowstyle": "-", "color": "#999999", "linewidth": 0.7, "shrinkA": 1, "shrinkB": 4}
                        if distance > _CLOSE
                        else None
                    ),
                )
                # The layout was settled before the labels and is not to move under them.
                note.set_in_layout(False)
                box = Bbox(Annotation.get_window_extent(note).get_points())
                if note.arrow_patch is not None:
                    # The extent of the words alone: the line may pass close to other points.
                    patch, note.arrow_patch = note.arrow_patch, None
                    box = note.get_window_extent()
                    note.arrow_patch = patch
                outside = box.width * box.height - _overlap(box, inside)
                cost = outside + sum(_overlap(box.padded(1.5), other) for other in taken)
                if best is None or cost < best[0]:
                    if best is not None:
                        best[1].remove()
                    best = (cost, note)
                else:
                    note.remove()
                if best[0] == 0.0:
                    break
            if best is not None and best[0] == 0.0:
                break
        if best is not None:
            placed.append(best[1])
            taken.append(best[1].get_window_extent())
    return placed
