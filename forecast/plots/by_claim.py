"""Which claims the choice needs: what leaving out each does to the lead of the best option."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from forecast.estimates import counted, half_width
from forecast.plots.style import AFTER, ALARM, GREY, beliefs_note, dress_noted, finish, plain
from priors.intervals import MASS

if TYPE_CHECKING:
    from forecast.decision.by_claim import ByClaim, ClaimLeftOut

__all__ = ["drawn_by_claim"]

_WIDTH = 62
"""Characters of a claim's paraphrase to a line, of which there are two."""


def drawn_by_claim(found: ByClaim, *, most: int) -> Figure:
    """Draw what leaving out each claim does to the lead.

    Parameters
    ----------
    found : ByClaim
        From :func:`forecast.by_claim`.
    most : int
        How many claims to show.

    Returns
    -------
    matplotlib.figure.Figure
        One axes: claims from the top by how far they move the lead, in units of utility. Zero is marked, and the change
        at which the rival would draw level if it is near.
    """
    rows = found.ranked()[:most]
    words = dict(found.titles)
    figure = Figure(figsize=(10.5, 0.42 * len(rows) + 2.3), layout="constrained")
    ax = figure.subplots()
    finish(ax)
    width = half_width(MASS)
    for place, row in enumerate(rows):
        colour = ALARM if row.changed else AFTER
        ax.errorbar(
            row.change,
            -place,
            xerr=width * row.change_error,
            color=colour,
            marker="D" if row.changed else "o",
            markerfacecolor=colour if row.reliable else "white",
            markersize=6,
            elinewidth=1.7,
            linestyle="none",
        )
        if row.changed:
            told = "" if row.resolved else " (not resolved)"
            ax.annotate(
                f"best: {plain(words[row.best])}{told}",
                (1.0, -place),
                xycoords=ax.get_yaxis_transform(),
                xytext=(0, 5),  # clear of a marker that lies under the words
                textcoords="offset points",
                fontsize=8,
                ha="right",
                va="bottom",
                color=ALARM,
            )
    low, high = ax.get_xlim()
    ax.axvline(0.0, color="black", linewidth=0.9, zorder=1)
    reach = max(abs(low), abs(high))
    if found.lead <= 1.5 * reach:
        ax.axvline(-found.lead, color=GREY, linewidth=1.0, linestyle=(0, (4, 2)), zorder=1)
    ax.set_yticks([-place for place in range(len(rows))], [_label(row) for row in rows], fontsize=8)
    ax.set_ylim(-len(rows) + 0.4, 0.6)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.grid(False, axis="y")
    ax.set_xlabel(f"change of the lead without the claim ({plain(found.unit)})", fontsize=9)
    handles = [
        Line2D([], [], color=AFTER, marker="o", linestyle="none", label="the same option stays best"),
        Line2D([], [], color=ALARM, marker="D", linestyle="none", label="another option is best"),
    ]
    if found.lead <= 1.5 * reach:
        level = "where the two would be level"
        handles.append(Line2D([], [], color=GREY, linewidth=1.0, linestyle=(0, (4, 2)), label=level))
    hollow = " Hollow: the weights are too uneven to rely on." if any(not row.reliable for row in rows) else ""
    dress_noted(
        figure,
        f"Values: {found.values}.  {counted(found.worlds, 'possible world')}, {found.months} months.  "
        f"{beliefs_note(found.priors, found.evidence)}.",
        title="Which claims of the article the choice needs",
        subtitle=(
            f"Lead of “{plain(words[found.best])}” over “{plain(words[found.rival])}”: what leaving out each claim "
            f"adds to it, the {counted(len(rows), 'claim')} that move it most. "
            f"Bars: {100 * MASS:g}% Monte-Carlo interval.{hollow}"
        ),
        handles=handles,
        broken=found.gates,
    )
    return figure


def _label(row: ClaimLeftOut) -> str:
    return plain("\n".join(textwrap.wrap(f"{row.claim}  {row.paraphrase}", _WIDTH, max_lines=2, placeholder=" …")))
