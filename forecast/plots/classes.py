"""Reference classes beside what the model gives, the gates first."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from matplotlib.artist import Artist
from matplotlib.lines import Line2D

from forecast.estimates import counted, half_width
from forecast.plots.rows import name_rows, point
from forecast.plots.style import AFTER, ALARM, dress_noted, finish, percent_axis, plain
from priors.classes import WIDE
from priors.intervals import MASS
from priors.pictures import Picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forecast.diagnostics.classes import ClassCheck, ClassChecks

__all__ = ["draw"]

_ROW, _PANEL = 0.36, 0.52
_CLASS, _VALUE, _BEFORE = "#c9c9c9", "#8a8a8a", "#222222"


def draw(result: ClassChecks, *, only_gates: bool = False) -> Picture:
    """Draw the interval of each class beside the model's values.

    Parameters
    ----------
    result : ClassChecks
        From :func:`forecast.check_classes`.
    only_gates : bool
        Leave out the classes that judge nothing.

    Returns
    -------
    matplotlib.figure.Figure
        One axes for the gates and one for the others, and below each one for those that are ratios and no shares. Rows
        from the top, named with what of the model they speak of and the option; the verdict on the right.
    """
    kinds = [(True, units) for units in result.axes] + [(False, units) for units in result.axes if not only_gates]
    panels = []
    for gates, units in kinds:
        rows = [row for row in result.rows if bool(row.judgement) == gates and _drawable(row, units)]
        if rows:
            panels.append((gates, units, rows))
    heights = [_ROW * len(rows) + _PANEL for _, _, rows in panels]
    figure = Picture(figsize=(9.6, sum(heights) + 2.0), layout="constrained")
    if panels:
        every = figure.subplots(len(panels), 1, squeeze=False, height_ratios=heights)[:, 0]
        for ax, (gates, units, rows) in zip(every, panels, strict=True):
            _panel(ax, rows, "Gates" if gates else "Shown, and judging nothing")
            if "yes/no" in units:
                ax.set_xlim(0.0, 1.0)
                percent_axis(ax, which="x")
            else:
                ax.set_xlim(left=0.0)
            ax.set_xlabel(result.axes[units], fontsize=8.5)
    drawn = {row.class_ for _, _, rows in panels for row in rows}
    left_out = [row.class_ for row in result.rows if row.class_ not in drawn and (row.judgement or not only_gates)]
    about = result.about
    dress_noted(
        figure,
        f"{about.note}.  {counted(about.worlds, 'possible world')}.  {result.whose_roles()}"
        + (f"  Not drawn, being in other units or not read by month: {', '.join(left_out)}." if left_out else ""),
        title="What was seen elsewhere, and what the model gives",
        subtitle=(
            f"Bar: central {100 * MASS:g}% of the class, thin {100 * WIDE:g}%, with its value. A gate judges the value "
            f"before the evidence. Whiskers: {100 * MASS:g}% Monte-Carlo intervals."
        ),
        handles=_handles(result),
        broken=about.gates.broken,
    )
    return figure


def _drawable(row: ClassCheck, units: tuple[str, ...]) -> bool:
    return row.unit in units and row.model_unit in units and not math.isnan(row.prior)


def _panel(ax: Axes, rows: list[ClassCheck], title: str) -> None:
    finish(ax)
    width = half_width(MASS)
    for place, row in enumerate(rows):
        y = -place
        missed = row.judgement == "missed"
        ax.plot([row.wide_low, row.wide_high], [y, y], color=_CLASS, linewidth=1.6, zorder=2)
        ax.plot([row.low, row.high], [y, y], color=_CLASS, linewidth=8.0, solid_capstyle="butt", zorder=2)
        ax.plot(row.value, y, marker="|", color=_VALUE, markersize=8, markeredgewidth=1.6, zorder=3, clip_on=False)
        look: dict[str, Any] = {"elinewidth": 1.2, "zorder": 4, "clip_on": False}
        colour = ALARM if missed else _BEFORE
        point(ax, row.prior, y + 0.1, width * row.prior_error, colour=colour, markersize=6, **look)
        if not math.isnan(row.posterior):
            error = width * row.posterior_error
            point(ax, row.posterior, y - 0.18, error, colour=AFTER, marker="D", markersize=4, **look)
        ax.annotate(
            _verdict(row),
            (1.01, y),
            xycoords=ax.get_yaxis_transform(),
            fontsize=8,
            va="center",
            color=ALARM if missed else "black",
            fontweight="bold" if missed else "normal",
        )
    name_rows(ax, [plain(_label(row)) for row in rows], fontsize=7.5)
    ax.set_title(title, fontsize=10, loc="left")


def _label(row: ClassCheck) -> str:
    return f"{row.class_}\n{row.quantity}; {row.option}"


def _verdict(row: ClassCheck) -> str:
    """Return the verdict in two short lines; one that another seed may turn has a question mark."""
    first = row.verdict + (f", outside {100 * WIDE:g}%" if row.outside else "")
    first += "?" if row.judgement and not row.resolved else ""
    if row.judgement:
        return first + (f"\nexcused: {row.excuse}" if row.excuse else "\nmissed" if row.judgement == "missed" else "")
    return f"{first}\n{row.role}"


def _handles(result: ClassChecks) -> list[Artist]:
    def marked(marker: str, colour: str, label: str) -> Line2D:
        return Line2D([], [], linestyle="none", marker=marker, color=colour, markersize=6, label=label)

    handles: list[Artist] = [
        Line2D([], [], color=_CLASS, linewidth=8.0, label="the class"),
        marked("o", _BEFORE, "the model before the evidence"),
    ]
    if any(not math.isnan(row.posterior) for row in result.rows):
        handles.append(marked("D", AFTER, "after it"))
    if result.missed:
        handles.append(marked("o", ALARM, "a gate missed"))
    if result.near:
        handles.append(Line2D([], [], linestyle="none", label="?: another seed may say otherwise"))
    return handles
