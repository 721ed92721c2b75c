"""Which option is best under which weights of the goals, as a map, beside what decides it: values or facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_hex, to_rgb
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Polygon

from forecast.estimates import counted, estimate_text, half_width
from forecast.plots.labels import place_labels
from forecast.plots.provenance import utility_note
from forecast.plots.rows import point
from forecast.plots.style import OptionStyle, dress_noted, finish, named_styles, plain
from priors.intervals import MASS
from priors.pictures import Picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from forecast.decision.weights import WeightMap

__all__ = ["draw"]

type Array = np.ndarray[Any, np.dtype[np.float64]]

_CORNERS = np.array([[0.5, np.sqrt(0.75)], [0.0, 0.0], [1.0, 0.0]])
"""Where all the weight is on the first, second and third goal."""

_SHADES = {"values": "#0072B2", "facts": "#b9c6cf", "both": "#7f6f9a"}
_MEANINGS = {
    "values": "values: the weights",
    "facts": "facts: what is true and what happens",
    "both": "only both together",
}


def _pale(colour: str) -> str:
    red, green, blue = (0.45 * part + 0.55 for part in to_rgb(colour))
    return to_hex((red, green, blue))


def _flat(weights: Array) -> Array:
    """Return the place of weightings, shape (..., 3), on the triangle, or (..., 2) on a line 1 long."""
    if weights.shape[-1] == 3:
        return np.asarray(weights @ _CORNERS)
    return np.stack([weights[..., 0], np.zeros(weights.shape[:-1])], axis=-1)


def _cells(places: Array, *, line: bool) -> list[Array]:
    """Return the cell of each grid point: a hexagon of the triangular lattice, or a piece of the line."""
    step = float(np.sort(np.hypot(*(places - places[0]).T))[1])
    if line:
        box = np.array([[-0.5 * step, 0.0], [0.5 * step, 0.0], [0.5 * step, 0.12], [-0.5 * step, 0.12]])
        return [place + box for place in places]
    turns = np.pi / 6 + np.pi / 3 * np.arange(6)
    # A hair larger than the lattice, so that no seam shows between neighbours.
    hexagon = 1.02 * step / np.sqrt(3.0) * np.column_stack([np.cos(turns), np.sin(turns)])
    return [place + hexagon for place in places]


def draw(result: WeightMap) -> Figure:
    """Draw the map.

    Parameters
    ----------
    result : WeightMap
        From :func:`forecast.weight_map`.

    Returns
    -------
    matplotlib.figure.Figure
        Three axes: all weights of the goals (a triangle of three, a line of two) coloured by the best option, pale and
        hatched where it is not told from another; how often each option is best by weightings and by worlds; and what
        share of the variance values and facts explain.
    """
    styles = named_styles(dict(result.titles))
    # A name takes two lines; seven fit.
    more = 0.36 * max(len(result.rows) - 7, 0)
    figure = Picture(figsize=(11.6, 6.8 + more), layout="constrained")
    columns = figure.add_gridspec(2, 2, width_ratios=[1.15, 1.0], height_ratios=[4.7 + more, 2.1])
    ax = figure.add_subplot(columns[:, 0])
    _map(ax, result, styles)
    _shares(figure.add_subplot(columns[0, 1]), result, styles)
    _sources(figure.add_subplot(columns[1, 1]), result)
    dress_noted(
        figure,
        utility_note(result.about),
        title="Which option is best depends on what counts: every weighting of the goals",
        subtitle=(
            "Colour: the option with the highest expected utility. Pale, and hatched in the colour of the nearest "
            f"rival: not told from it. Plain colours are all right at once with {100 * result.level:g}% confidence."
        ),
        handles=_legend(result, styles),
        broken=result.about.gates.broken,
    )
    figure.draw_without_rendering()
    spots = [_flat(np.array(weights)) for _, weights in result.presets]
    frame = [text.get_window_extent() for text in ax.texts]
    place_labels(
        ax,
        [(float(spot[0]), float(spot[1])) for spot in spots],
        [plain(title) for title, _ in result.presets],
        colours=["black"] * len(spots),
        obstacles=frame,
        fontsize=8.5,
    )
    for note in ax.texts[len(frame) :]:
        note.set_bbox({"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 1.0})
    return figure


def _map(ax: Axes, result: WeightMap, styles: dict[str, OptionStyle]) -> None:
    line = len(result.goals) == 2
    weights = np.array([p.weights for p in result.points])
    places = _flat(weights)
    cells = _cells(places, line=line)
    edge = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 0.12], [0.0, 0.12]]) if line else _CORNERS
    border = Polygon(edge, closed=True, facecolor="none", edgecolor="#333333", linewidth=1.0, zorder=3)
    ax.add_patch(border)
    zones: dict[tuple[str, str], list[int]] = {}
    for i, found in enumerate(result.points):
        zones.setdefault((found.best, found.within[0] if found.within else ""), []).append(i)
    for (option, rival), chosen in zones.items():
        style = styles[option]
        cover = PolyCollection(
            [cells[i] for i in chosen],
            facecolors=_pale(style.colour) if rival else style.colour,
            # The edge, of no width, is the colour of the hatching.
            edgecolors=styles[rival].colour if rival else "none",
            linewidths=0.0,
            hatch="////" if rival else None,
            antialiaseds=False,
        )
        ax.add_collection(cover)
        cover.set_clip_path(border)
        if not rival:
            middle = places[chosen].mean(axis=0) + (np.array([0.0, 0.06]) if line else 0.0)
            ax.plot(*middle, marker=style.marker, color="white", markeredgecolor="black", markersize=10, zorder=4)
    for _, preset in result.presets:
        ax.plot(*_flat(np.array(preset)), marker="o", color="black", markeredgecolor="white", markersize=6, zorder=5)
    words = [plain(title) for _, title in result.goals]
    if line:
        ax.set_xlim(-0.02, 1.02)
        ax.set_ylim(-0.35, 0.45)
        for share in (0.0, 0.25, 0.5, 0.75, 1.0):
            ax.text(share, -0.05, f"{100 * share:g}%", ha="center", va="top", fontsize=8)
        ax.text(0.5, -0.14, f"weight of “{words[0]}”, the rest on “{words[1]}”", ha="center", va="top", fontsize=9)
    else:
        ax.set_xlim(-0.1, 1.1)
        ax.set_ylim(-0.13, 0.97)
        ax.set_aspect("equal")
        for word, corner, up in zip(words, _CORNERS, (1, -1, -1), strict=True):
            ax.text(
                corner[0], corner[1] + 0.03 * up, f"all weight on\n“{word}”", ha="center", fontsize=9, linespacing=1.2
            )
            ax.texts[-1].set_verticalalignment("bottom" if up > 0 else "top")
        for share in (0.25, 0.5, 0.75):
            for first, second, third in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
                ends = share * _CORNERS[first] + (1 - share) * _CORNERS[[second, third]]
                ax.plot(*ends.T, color="white", linewidth=0.7, alpha=0.7, zorder=2)
    ax.set_axis_off()


def _legend(result: WeightMap, styles: dict[str, OptionStyle]) -> list[Artist]:
    """Explain the colours that the map has, and name what is not told apart."""
    sure = dict.fromkeys(p.best for p in result.points if not p.within)
    handles: list[Artist] = [
        Line2D(
            [],
            [],
            linestyle="none",
            marker=styles[o].marker,
            color=styles[o].colour,
            markersize=10,
            label=styles[o].title,
        )
        for o in styles
        if o in sure
    ]
    if any(p.within for p in result.points):
        look = Patch(facecolor="#e4e4e4", hatch="////", edgecolor="#555555", linewidth=0.0)
        look.set_label("the options of the two colours are equal within error")
        handles.append(look)
    return handles


def _shares(ax: Axes, result: WeightMap, styles: dict[str, OptionStyle]) -> None:
    finish(ax)
    width = half_width(MASS)
    for down, found in enumerate(result.rows):
        style = styles[found.option]
        for shift, value, error, filled in (
            (-0.16, found.share, found.share_error, True),
            (0.16, found.best, found.best_error, False),
        ):
            reaches = (100 * min(width * error, value), 100 * min(width * error, 1 - value))
            look: dict[str, Any] = {"marker": "o" if filled else "D", "markersize": 6.5, "elinewidth": 1.5}
            point(ax, 100 * value, down + shift, reaches, colour=style.colour, hollow=not filled, **look)
    ax.set_yticks(range(len(result.rows)), [styles[o.option].wrapped(24) for o in result.rows], fontsize=8.5)
    ax.invert_yaxis()
    ax.set_xlim(-2, 102)
    ax.grid(False, axis="y")
    ax.set_xlabel("%", fontsize=9)
    ax.set_title(
        f"How often it is best. Filled: of {counted(result.weightings, 'weighting')}, in the\n"
        f"mean over worlds. Hollow: of the worlds, at the mean\nweights, alone or tied. Bars: {100 * MASS:g}% "
        "Monte-Carlo intervals",
        fontsize=9,
        loc="left",
    )


def _sources(ax: Axes, result: WeightMap) -> None:
    finish(ax)
    quantities = list(dict.fromkeys(part.quantity for part in result.variance))
    for down, quantity in enumerate(quantities):
        left, words = 0.0, []
        for part in (part for part in result.variance if part.quantity == quantity):
            if not np.isfinite(part.share):
                continue
            ax.barh(down, 100 * part.share, left=left, color=_SHADES[part.source], height=0.5, edgecolor="white")
            left += 100 * part.share
            words.append(f"{part.source} {estimate_text(part.share, part.error, unit='yes/no')}")
        ax.text(0.0, down - 0.3, "    ".join(words) or "nothing varies", ha="left", va="bottom", fontsize=8)
    ax.set_yticks(range(len(quantities)), quantities, fontsize=8.5)
    ax.set_ylim(len(quantities) - 0.6, -0.75)
    ax.set_xlim(0, 100)
    ax.grid(False)
    ax.set_title("What the variance of the best option, and of regret, comes from", fontsize=9, loc="left")
    ax.set_xlabel("% of the variance", fontsize=9)
    ax.legend(
        handles=[Patch(facecolor=_SHADES[source], label=word) for source, word in _MEANINGS.items()],
        loc="upper center",
        bbox_to_anchor=(0.45, -0.42),
        ncols=3,
        fontsize=8,
        frameon=False,
        columnspacing=1.0,
        handlelength=1.2,
    )
