"""Leave one out: what an outcome would be without each item of evidence, under every option."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from forecast.estimates import counted, half_width
from forecast.plots.style import beliefs_note, dress_noted, finish, named_styles, plain, unit_label
from forecast.schema import OUTCOMES
from priors.intervals import MASS

if TYPE_CHECKING:
    from forecast.diagnostics.leaving_out import LeaveOneOut

__all__ = ["left_out"]

_GAP = 1.2


def left_out(result: LeaveOneOut, *, outcome: str) -> Figure:
    """Draw what leaving out each item does to one outcome.

    Parameters
    ----------
    result : LeaveOneOut
        From :func:`forecast.leave_one_out`.
    outcome : str
        One of its outcomes.

    Returns
    -------
    matplotlib.figure.Figure
        One axes: items from the top, under each the options from the top, a point and its 90% Monte-Carlo interval
        each, in percentage points or in the outcome's unit. Zero is marked.
    """
    rows = [row for row in result.rows if row.outcome == outcome]
    items = list(dict.fromkeys(row.item for row in rows))
    styles = named_styles(dict(result.titles))
    factor = 100.0 if OUTCOMES[outcome].is_event else 1.0
    width = half_width(MASS)
    step = len(styles) + _GAP
    figure = Figure(figsize=(8.0, 0.13 * step * len(items) + 2.3), layout="constrained")
    ax = figure.subplots()
    finish(ax)
    centres = []
    for position, item in enumerate(items):
        top = -position * step
        for down, row in enumerate(row for row in rows if row.item == item):
            style = styles[row.option]
            ax.errorbar(
                factor * row.effect,
                top - down,
                xerr=factor * width * row.effect_error,
                color=style.colour,
                marker=style.marker,
                markerfacecolor=style.colour if row.reliable else "white",
                markersize=4.5,
                elinewidth=1.5,
                linestyle="none",
            )
        centres.append(top - (len(styles) - 1) / 2)
        if position % 2:
            above = top + (1 + _GAP) / 2
            ax.axhspan(above - step, above, color="#f3f3f3", zorder=0)
    ax.axvline(0.0, color="black", linewidth=0.9, zorder=1)
    ax.set_yticks(centres, [plain(item) for item in items], fontsize=9)
    ax.set_ylim(-step * len(items) + (1 + _GAP) / 2, (1 + _GAP) / 2)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.grid(False, axis="y")
    unit = "percentage points" if OUTCOMES[outcome].is_event else unit_label(OUTCOMES[outcome].unit)
    ax.set_xlabel(f"without the item, less with it ({unit})", fontsize=9)
    anew = ", ".join(result.refitted)
    how = f"drawn anew without {anew}, else reweighted" if anew else "reweighted and not drawn anew"
    hollow = " Hollow: the weights are too uneven to rely on." if result.unreliable else ""
    dress_noted(
        figure,
        f"{counted(result.worlds, 'possible world')}, {how}.  {beliefs_note(result.priors, result.evidence)}.",
        title=f"{plain(OUTCOMES[outcome].long_name)}: what leaving out each item of evidence would do",
        subtitle=f"Change of the mean over the same worlds. Bars: its {100 * MASS:g}% Monte-Carlo interval.{hollow}",
        handles=[
            Line2D([], [], color=s.colour, marker=s.marker, linewidth=1.6, markersize=6, label=s.wrapped(44))
            for s in styles.values()
        ],
    )
    return figure
