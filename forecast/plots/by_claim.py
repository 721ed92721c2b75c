"""Which claims the choice needs: what leaving out each does to the lead of the best option."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from matplotlib.lines import Line2D

from forecast.arguments import whole
from forecast.estimates import counted, half_width
from forecast.plots.rows import name_rows, point, row_axes
from forecast.plots.style import AFTER, ALARM, GREY, dress_noted, plain
from priors.intervals import MASS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from forecast.decision.by_claim import ByClaim, ClaimLeftOut

__all__ = ["draw"]

_WIDTH = 62
"""Characters of a claim's paraphrase to a line, of which there are two."""


def draw(result: ByClaim, *, most: int = 15) -> Figure:
    """Draw what leaving out each claim does to the lead.

    Parameters
    ----------
    result : ByClaim
        From :func:`forecast.by_claim`.
    most : int
        How many claims at most, 1..1000.

    Returns
    -------
    matplotlib.figure.Figure
        One axes: claims from the top by how far they move the lead, in units of utility. Zero is marked, and the change
        at which the rival would draw level if it is near.
    """
    rows, about = result.ranked()[: whole("most", most, 1, 1000)], result.about
    words = dict(result.titles)
    figure, ax = row_axes(10.5, 0.42 * len(rows) + 2.3)
    width = half_width(MASS)
    for place, row in enumerate(rows):
        colour, marker = (ALARM, "D") if row.changed else (AFTER, "o")
        look: dict[str, Any] = {"hollow": not row.reliable, "markersize": 6, "elinewidth": 1.7}
        point(ax, row.change, -place, width * row.change_error, colour=colour, marker=marker, **look)
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
                bbox={"facecolor": ax.get_facecolor(), "edgecolor": "none", "pad": 0.5},
            )
    near = result.lead <= 1.5 * max(map(abs, ax.get_xlim()))
    ax.axvline(0.0, color="black", linewidth=0.9, zorder=1)
    name_rows(ax, [_label(row) for row in rows])
    ax.set_xlabel(f"change of the lead without the claim ({plain(about.unit)})", fontsize=9)
    handles = [
        Line2D([], [], color=AFTER, marker="o", linestyle="none", label="the same option stays best"),
        Line2D([], [], color=ALARM, marker="D", linestyle="none", label="another option is best"),
    ]
    if near:
        line: dict[str, Any] = {"color": GREY, "linewidth": 1.0, "linestyle": (0, (4, 2))}
        ax.axvline(-result.lead, zorder=1, **line)
        handles.append(Line2D([], [], label="where the two would be level", **line))
    hollow = " Hollow: the weights are too uneven to rely on." if any(not row.reliable for row in rows) else ""
    dress_noted(
        figure,
        f"Values: {about.values}.  {counted(about.worlds, 'possible world')}, {about.months} months.  {about.note}.",
        title="Which claims the choice needs",
        subtitle=(
            f"Lead of “{plain(words[result.best])}” over “{plain(words[result.rival])}”: what leaving out each claim "
            f"adds to it, the {counted(len(rows), 'claim')} that move it most. "
            f"Bars: {100 * MASS:g}% Monte-Carlo interval.{hollow}"
        ),
        handles=handles,
        broken=about.gates.broken,
    )
    return figure


def _label(row: ClaimLeftOut) -> str:
    return plain("\n".join(textwrap.wrap(f"{row.claim}  {row.paraphrase}", _WIDTH, max_lines=2, placeholder=" …")))
