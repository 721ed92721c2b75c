"""What waiting is worth, by how many months, and its two parts."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from forecast.estimates import counted, half_width
from forecast.plots.style import AFTER, ALARM, BEFORE, beliefs_note, dress_noted, finish, plain
from priors.intervals import MASS

if TYPE_CHECKING:
    from forecast.decision.waiting import Waiting

__all__ = ["drawn_waiting"]

_PARTS = (
    ("delay", "what delay does: the best late option, less the best now", ALARM, "v", -0.12),
    ("information", "what is seen meanwhile, used to choose", BEFORE, "^", 0.12),
    ("value", "waiting, both together", AFTER, "o", 0.0),
)


def drawn_waiting(found: Waiting) -> Figure:
    """Draw the value of waiting.

    Parameters
    ----------
    found : Waiting
        From :func:`forecast.waiting`.

    Returns
    -------
    matplotlib.figure.Figure
        One axes: months waited from the left, each with three points in units of utility. Zero is marked.
    """
    figure = Figure(figsize=(8.0, 4.6), layout="constrained")
    ax = figure.subplots()
    finish(ax)
    width = half_width(MASS)
    words = dict(found.titles)
    for place, row in enumerate(found.rows):
        for name, _, colour, marker, aside in _PARTS:
            value, error = getattr(row, name), getattr(row, f"{name}_error")
            half = width * error
            below = min(half, value) if name == "information" else half
            ax.errorbar(
                place + aside,
                value,
                yerr=[[below], [half]],
                color=colour,
                marker=marker,
                markersize=8.0 if name == "value" else 6.0,
                elinewidth=1.8,
                linestyle="none",
            )
    ax.axhline(0.0, color="black", linewidth=0.9, zorder=1)
    ticks = [
        f"{counted(row.months_waited, 'month')}: {row.verdict}\n"
        + textwrap.fill(f"best then: {plain(words[row.best_later])}", max(14, 84 // len(found.rows)))
        for row in found.rows
    ]
    ax.set_xticks(range(len(ticks)), ticks, fontsize=8.5)
    ax.set_xlim(-0.5, len(ticks) - 0.5)
    ax.grid(False, axis="x")
    ax.set_ylabel(f"{plain(found.unit)}, less the best option now", fontsize=9)
    dress_noted(
        figure,
        f"Values: {found.values}.  {counted(found.worlds, 'possible world')}, {found.months} months in all.  "
        f"{beliefs_note(found.priors, found.evidence)}.",
        title="What it is worth to wait, see, and choose then",
        subtitle=(
            f"Against the best option now, “{plain(words[found.rows[0].best_now])}”. Bars: {100 * MASS:g}% Monte-Carlo "
            "interval. Verdicts hold together at the 95% level."
        ),
        handles=[
            Line2D([], [], color=colour, marker=marker, linestyle="none", markersize=7, label=label)
            for _, label, colour, marker, _ in reversed(_PARTS)
        ],
        broken=found.gates,
    )
    return figure
