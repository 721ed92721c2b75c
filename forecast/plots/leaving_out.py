"""Leave one out: what an outcome would be without each item of evidence, under every option."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from forecast.arguments import outcome_known
from forecast.estimates import counted, half_width
from forecast.plots.rows import Groups, option_handles, point, row_axes
from forecast.plots.style import dress_noted, named_styles, plain, unit_label
from forecast.schema import YES_NO
from priors.intervals import MASS

if TYPE_CHECKING:
    from forecast.diagnostics.leaving_out import LeaveOneOut

__all__ = ["draw"]


def draw(result: LeaveOneOut, *, outcome: str | None = None) -> Figure:
    """Draw what leaving out each item does to one outcome.

    Parameters
    ----------
    result : LeaveOneOut
        From :func:`forecast.leave_one_out`.
    outcome : str, optional
        One of its outcomes; the first by default.

    Returns
    -------
    matplotlib.figure.Figure
        One axes: items from the top, under each the options from the top, a point and its 90% Monte-Carlo interval
        each, in percentage points or in the outcome's unit; hollow where not reliable. Zero is marked.

    Raises
    ------
    UnknownOutcome
        If the table does not have the outcome.
    """
    known = list(dict.fromkeys(row.outcome for row in result.rows))
    outcome = known[0] if outcome is None else outcome
    outcome_known(outcome, known)
    rows, about = [row for row in result.rows if row.outcome == outcome], result.about
    items = list(dict.fromkeys(row.item for row in rows))
    styles = named_styles(dict(result.titles))
    unit = dict(result.units)[outcome]
    event = unit == YES_NO
    factor = 100.0 if event else 1.0
    width = half_width(MASS)
    groups = Groups(items, list(styles))
    figure, ax = row_axes(8.0, 0.13 * groups.height + 2.3)
    for row in rows:
        style, y, error = styles[row.option], groups.row(row.item, row.option), factor * width * row.effect_error
        point(
            ax,
            factor * row.effect,
            y,
            error,
            colour=style.colour,
            marker=style.marker,
            hollow=not row.reliable,
            markersize=4.5,
            elinewidth=1.5,
        )
    groups.stripe(ax)
    ax.axvline(0.0, color="black", linewidth=0.9, zorder=1)
    groups.name(ax, [plain(item) for item in items])
    said = "percentage points" if event else unit_label(unit)
    ax.set_xlabel(f"without the item, less with it ({said})", fontsize=9)
    anew = ", ".join(result.refitted)
    how = f"drawn anew without {anew}, else reweighted" if anew else "reweighted and not drawn anew"
    hollow = " Hollow: the weights are too uneven to rely on." if result.unreliable else ""
    dress_noted(
        figure,
        f"{counted(about.worlds, 'possible world')}, {how}.  {about.note}.",
        title=f"{plain(dict(result.words)[outcome])}: what leaving out each item of evidence would do",
        subtitle=f"Change of the mean over the same worlds. Bars: its {100 * MASS:g}% Monte-Carlo interval.{hollow}",
        handles=option_handles(styles.values()),
        broken=about.gates.broken,
    )
    return figure
