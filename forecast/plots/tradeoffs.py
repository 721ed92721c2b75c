"""What each option gains against ISIS and what it risks politically, over doing nothing."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter
from matplotlib.transforms import Bbox

from forecast.decision.frontier import OFF, ON, UNTOLD, undominated
from forecast.estimates import counted, half_width
from forecast.plots.labels import cross_boxes, line_boxes, lines_through, place_labels
from forecast.plots.provenance import utility_note
from forecast.plots.rows import row_axes
from forecast.plots.style import dress_noted, named_styles
from priors.intervals import MASS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from forecast.decision.tradeoffs import Tradeoffs

__all__ = ["draw"]


def _signed(value: float, _position: object = None) -> str:
    number = round(value, 9)
    return f"{number:+,g}".replace("-", "\N{MINUS SIGN}") if number else "0"


def _limits(ax: Axes, x: list[float], y: list[float], dx: list[float], dy: list[float]) -> None:
    """Leave room around the crosses for labels."""
    for centre, half, setter in ((x, dx, ax.set_xlim), (y, dy, ax.set_ylim)):
        low = min(c - h for c, h in zip(centre, half, strict=True))
        high = max(c + h for c, h in zip(centre, half, strict=True))
        room = 0.16 * (high - low) or 1.0
        setter(low - room, high + room)


def draw(result: Tradeoffs) -> Figure:
    """Draw the options' gains and risks over the baseline.

    Parameters
    ----------
    result : Tradeoffs
        From :func:`forecast.tradeoffs`.

    Returns
    -------
    matplotlib.figure.Figure
        One axes: ISIS fighters fewer at the horizon against the added risk of political harm in percentage points, one
        labelled point an option with its 90% Monte-Carlo cross. Points that none is right of and under are joined by
        steps. Full points are surely on the frontier of all the criteria of ``result``, hollow ones surely off it, and
        of half-filled ones it cannot be told.
    """
    about, styles = result.about, named_styles(dict(result.titles))
    width = half_width(MASS)
    x, y = [p.fewer for p in result.plane], [100.0 * p.harm for p in result.plane]
    dx, dy = [width * p.fewer_error for p in result.plane], [100.0 * width * p.harm_error for p in result.plane]
    names = [p.option for p in result.plane]
    said = {option: verdict for verdict, options in result.verdicts.items() for option in options}
    fills: dict[str, Literal["full", "left", "none"]] = {ON: "full", UNTOLD: "left", OFF: "none"}

    figure, ax = row_axes(8.6, 6.6)
    _limits(ax, x, y, dx, dy)
    lines_through(ax, 0.0, 0.0)
    best = undominated(np.array([x, [-v for v in y]])[:, :, np.newaxis])[:, 0]
    steps = sorted((x[i], y[i]) for i in np.flatnonzero(best))
    ax.step(*zip(*steps, strict=True), where="pre", color="#9a9a9a", linewidth=1.3, zorder=1.5)
    for i, option in enumerate(names):
        style = styles[option]
        fill = fills[said[option]]
        ax.errorbar(
            x[i],
            y[i],
            xerr=dx[i],
            yerr=dy[i],
            color=style.colour,
            marker=style.marker,
            markersize=9.0,
            fillstyle=fill,
            markerfacecoloralt="white",
            markeredgecolor="white" if fill == "full" else style.colour,
            markeredgewidth=0.6 if fill == "full" else 1.6,
            elinewidth=1.4,
            linestyle="none",
            zorder=3,
        )
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(FuncFormatter(_signed))
    over = styles[result.baseline].title
    ax.set_xlabel(
        f"ISIS fighters fewer after {counted(about.months, 'month')} than with “{over}”\n"
        "(fighters, mean over worlds; below zero there are more)",
        fontsize=9,
    )
    ax.set_ylabel(
        f"added risk of political harm, over “{over}”\n(percentage points)",
        fontsize=9,
    )
    looks = {"marker": "o", "linestyle": "none", "color": "#444444", "markersize": 8}
    handles = [
        Line2D([], [], color="#9a9a9a", linewidth=1.3, label="none gains more at less risk"),
        *(
            Line2D([], [], fillstyle=fills[verdict], markerfacecoloralt="white", label=label, **looks)  # type: ignore[arg-type]
            for verdict, label in (
                (ON, f"surely on the frontier of all {len(result.criteria)} criteria"),
                (UNTOLD, "cannot be told"),
                (OFF, "surely off it: another is better"),
            )
            if result.verdicts[verdict]
        ),
    ]
    dress_noted(
        figure,
        utility_note(replace(about, values="")),
        title="What each option gains against ISIS, and what it risks politically",
        subtitle=(
            f"Political harm: within {counted(about.months, 'month')} the council collapses, rivals form a "
            "counter-alliance, or civil war is renewed. Differences in the same worlds; right and down is better. "
            f"Crosses: {100 * MASS:g}% Monte-Carlo intervals, not the width of beliefs."
        ),
        handles=handles,
        broken=about.gates.broken,
    )
    figure.draw_without_rendering()
    obstacles = cross_boxes(ax, x, y, dx, dy)
    corners = [(left[0], right[1]) for left, right in pairwise(steps)]
    for one, other in pairwise([corner for pair in zip(steps, [*corners, steps[-1]], strict=True) for corner in pair]):
        obstacles.append(Bbox(ax.transData.transform([one, other])).padded(2.0))
    obstacles += line_boxes(ax, 0.0, 0.0)
    texts = [styles[option].title for option in names]
    place_labels(ax, list(zip(x, y, strict=True)), texts, obstacles=obstacles)
    return figure
