"""What waiting is worth, by how many months, and its two parts."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from matplotlib.lines import Line2D

from forecast.estimates import counted, half_width
from forecast.plots.rows import point, row_axes
from forecast.plots.style import AFTER, ALARM, BEFORE, dress_noted, plain
from priors.intervals import MASS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from forecast.decision.waiting import Waiting

__all__ = ["draw"]

_PARTS = (
    ("delay", "what delay does: the best late option, less the best now", ALARM, "v", -0.12),
    ("information", "what is seen meanwhile, used to choose", BEFORE, "^", 0.12),
    ("value", "waiting, both together", AFTER, "o", 0.0),
)


def draw(result: Waiting) -> Figure:
    """Draw the value of waiting.

    Parameters
    ----------
    result : Waiting
        From :func:`forecast.waiting`.

    Returns
    -------
    matplotlib.figure.Figure
        One axes: months waited from the left, each with three points in units of utility. Zero is marked.
    """
    about, words = result.about, dict(result.titles)
    figure, ax = row_axes(8.0, 4.6)
    for place, row in enumerate(result.rows):
        for name, _, colour, marker, aside in _PARTS:
            value, half = getattr(row, name), half_width(MASS) * getattr(row, f"{name}_error")
            # What is seen need not be used.
            below = min(half, value) if name == "information" else half
            sizes: dict[str, Any] = {"markersize": 8.0 if name == "value" else 6.0, "elinewidth": 1.8}
            point(ax, place + aside, value, (below, half), colour=colour, marker=marker, upright=True, **sizes)
    ax.axhline(0.0, color="black", linewidth=0.9, zorder=1)
    ticks = [
        f"{counted(row.months_waited, 'month')}: {row.verdict}\n"
        + textwrap.fill(f"best then: {plain(words[row.best_later])}", max(14, 84 // len(result.rows)))
        for row in result.rows
    ]
    ax.set_xticks(range(len(ticks)), ticks, fontsize=8.5)
    ax.set_xlim(-0.5, len(ticks) - 0.5)
    ax.grid(False, axis="x")
    ax.set_ylabel(f"{plain(about.unit)}, less the best option now", fontsize=9)
    dress_noted(
        figure,
        f"Values: {about.values}.  {counted(about.worlds, 'possible world')}, {about.months} months in all.  "
        f"{about.note}.",
        title="What it is worth to wait, see, and choose then",
        subtitle=(
            f"Against the best option now, “{plain(words[result.rows[0].best_now])}”. "
            f"Bars: {100 * MASS:g}% Monte-Carlo interval. Verdicts hold together at the 95% level."
        ),
        handles=[
            Line2D([], [], color=colour, marker=marker, linestyle="none", markersize=7, label=label)
            for _, label, colour, marker, _ in reversed(_PARTS)
        ],
        broken=about.gates.broken,
    )
    return figure
