"""Labels beside points, none of which lies on a point or another label, and lines through a point."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence

from matplotlib.axes import Axes
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

from forecast.errors import InvalidArgument
from forecast.plots.style import GREY

__all__ = ["cross_boxes", "line_boxes", "lines_through", "place_labels"]

_DIRECTIONS = (
    *((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1)),
    *((2, 1), (2, -1), (1, 2), (1, -2), (-2, 1), (-2, -1), (-1, 2), (-1, -2)),
)
_DISTANCES = (9.0, 16.0, 26.0, 38.0, 52.0, 70.0, 92.0, 118.0, 150.0, 190.0)
_CLOSE = 16.0
"""Points from here on need a line to show which label is theirs."""

_SIDES, _LEVELS = ("center", "left", "right"), ("center", "bottom", "top")
"""By the sign of a direction: none, forward, back."""


def _sign(part: int) -> int:
    return (part > 0) - (part < 0)


def _overlap(a: Bbox, b: Bbox) -> float:
    shared = Bbox.intersection(a, b)
    return 0.0 if shared is None else float(shared.width * shared.height)


def cross_boxes(
    ax: Axes, x: Iterable[float], y: Iterable[float], dx: Iterable[float], dy: Iterable[float]
) -> list[Bbox]:
    """Return the markers and the two arms of every cross, in display units, as what labels must keep clear of."""
    to_display = ax.transData.transform
    boxes = []
    for px, py, hx, hy in zip(x, y, dx, dy, strict=True):
        middle = to_display((px, py))
        for (low, high), pad in (
            ((to_display((px - hx, py)), to_display((px + hx, py))), 1.5),
            ((to_display((px, py - hy)), to_display((px, py + hy))), 1.5),
            ((middle, middle), 6.0),
        ):
            boxes.append(Bbox([low, high]).padded(pad))
    return boxes


def lines_through(ax: Axes, x: float, y: float) -> None:
    """Draw a dotted line up and one across through a point."""
    for line, at in ((ax.axvline, x), (ax.axhline, y)):
        line(at, color=GREY, linewidth=0.9, linestyle=":", zorder=1)


def line_boxes(ax: Axes, x: float, y: float) -> list[Bbox]:
    """Return these lines as what labels must keep clear of, once the layout is settled."""
    (across, up), frame = ax.transData.transform((x, y)), ax.get_window_extent()
    ends = ([[across, frame.y0], [across, frame.y1]], [[frame.x0, up], [frame.x1, up]])
    return [Bbox(line).padded(1.0) for line in ends]


def place_labels(
    ax: Axes,
    points: Sequence[tuple[float, float]],
    texts: Sequence[str],
    *,
    obstacles: Sequence[Bbox],
    colours: Sequence[str] | None = None,
    fontsize: float = 9.0,
) -> list[Annotation]:
    """Write a text beside each point, at the nearest place that is free.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        With its limits and the figure's layout already settled.
    points : sequence of (float, float)
        In data units.
    texts : sequence of str
        One a point.
    obstacles : sequence of matplotlib.transforms.Bbox
        What no label may lie on, in display units; the points themselves among them.
    colours : sequence of str, optional
        One a point; nearly black by default.
    fontsize : float
        In points.

    Returns
    -------
    list of matplotlib.text.Annotation
        In the order of the points. Where no place is free, the one with the least overlap is taken.
    """
    figure = ax.get_figure(root=True)
    if figure is None:
        raise InvalidArgument("axes without a figure", expected="axes of a figure", mend="add them to one")
    pixels = figure.dpi / 72.0
    taken, inside = list(obstacles), ax.get_window_extent().padded(-4.0)
    placed = []
    for point, text, colour in zip(points, texts, colours or ["#222222"] * len(texts), strict=True):
        note = ax.annotate(text, point, xytext=(0.0, 0.0), textcoords="offset points", fontsize=fontsize, color=colour)
        # The layout was settled before the labels and is not to move under them.
        note.set_in_layout(False)
        size = note.get_window_extent()
        x, y = ax.transData.transform(point)

        best: tuple[float, float, tuple[int, int], Bbox] | None = None
        for distance, (right, up) in itertools.product(_DISTANCES, _DIRECTIONS):
            length = distance / math.hypot(right, up)
            box = Bbox.from_bounds(
                x + right * length * pixels + (_sign(right) - 1) / 2 * size.width,
                y + up * length * pixels + (_sign(up) - 1) / 2 * size.height,
                size.width,
                size.height,
            )
            outside = box.width * box.height - _overlap(box, inside)
            cost = outside + sum(_overlap(box.padded(2.0), other) for other in taken)
            if best is None or cost < best[0]:
                best = (cost, length, (right, up), box)
            if cost == 0.0:
                break
        assert best is not None  # there is always a place to try
        _cost, length, (right, up), box = best
        note.set(
            position=(right * length, up * length),
            horizontalalignment=_SIDES[_sign(right)],
            verticalalignment=_LEVELS[_sign(up)],
        )
        if length * math.hypot(right, up) > _CLOSE:
            near = (min(max(x, box.x0), box.x1), min(max(y, box.y0), box.y1))
            line = ax.plot(
                *zip(point, ax.transData.inverted().transform(near), strict=True),
                color="#999999",
                linewidth=0.7,
                zorder=1.5,
                scalex=False,
                scaley=False,
            )
            line[0].set_in_layout(False)
        placed.append(note)
        taken.append(box)
    return placed
