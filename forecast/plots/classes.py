"""Reference classes beside what the model gives, the gates first."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from forecast.diagnostics.class_readings import ORIGIN, SHARE_OF_FORCES
from forecast.estimates import counted, half_width
from forecast.outcomes.provenance import gates_of, whose_note
from forecast.plots.style import AFTER, ALARM, dress_noted, finish, percent_axis, plain
from priors.classes import WIDE
from priors.intervals import MASS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forecast.diagnostics.classes import ClassCheck, ClassChecks

__all__ = ["drawn_classes"]

_SHARES = ("yes/no", SHARE_OF_FORCES)
_RATIOS = (ORIGIN,)
_AXES = {_SHARES: "share of worlds, cases or forces", _RATIOS: "strength of ISIS, times that at the origin"}
"""Units that share an axis, with what it is labelled; classes in other units are not drawn."""

_ROW, _PANEL = 0.36, 0.52
_CLASS, _VALUE, _BEFORE = "#c9c9c9", "#8a8a8a", "#222222"


def drawn_classes(found: ClassChecks, *, only_gates: bool = False) -> Figure:
    """Draw the interval of each class beside the model's values.

    Parameters
    ----------
    found : ClassChecks
        From :func:`forecast.check_classes`.
    only_gates : bool
        Leave out the classes that judge nothing.

    Returns
    -------
    matplotlib.figure.Figure
        One axes for the gates and one for the others, and below each one for those that are ratios and no shares. Rows
        from the top, named with what of the model they speak of and the option; the verdict on the right.
    """
    kinds = [(True, units) for units in _AXES] + [(False, units) for units in _AXES if not only_gates]
    panels = []
    for gates, units in kinds:
        rows = [row for row in found.rows if bool(row.judgement) == gates and _drawable(row, units)]
        if rows:
            panels.append((gates, units, rows))
    heights = [_ROW * len(rows) + _PANEL for _, _, rows in panels]
    figure = Figure(figsize=(9.6, sum(heights) + 2.0), layout="constrained")
    if panels:
        every = figure.subplots(len(panels), 1, squeeze=False, height_ratios=heights)[:, 0]
        for ax, (gates, units, rows) in zip(every, panels, strict=True):
            _panel(ax, rows, units, "Gates" if gates else "Shown, and judging nothing")
    drawn = {row.class_ for _, _, rows in panels for row in rows}
    left_out = [row.class_ for row in found.rows if row.class_ not in drawn and (bool(row.judgement) or not only_gates)]
    dress_noted(
        figure,
        f"{whose_note(found)}.  {counted(found.worlds, 'possible world')}, seed {found.seed}.  {found.whose_roles()}"
        + (f"  Not drawn, being in other units or not read by month: {', '.join(left_out)}." if left_out else ""),
        title="What was seen elsewhere, and what the model gives",
        subtitle=(
            f"Bar: central {100 * MASS:g}% of the class, thin {100 * WIDE:g}%, with its value. A gate judges the value "
            f"before the evidence. Whiskers: {100 * MASS:g}% Monte-Carlo intervals."
        ),
        handles=_handles(found),
        broken=gates_of(found),
    )
    return figure


def _drawable(row: ClassCheck, units: tuple[str, ...]) -> bool:
    return row.unit in units and row.model_unit in units and not math.isnan(row.prior)


def _panel(ax: Axes, rows: list[ClassCheck], units: tuple[str, ...], title: str) -> None:
    finish(ax)
    width = half_width(MASS)
    for place, row in enumerate(rows):
        y = -place
        missed = row.judgement == "missed"
        ax.plot([row.wide_low, row.wide_high], [y, y], color=_CLASS, linewidth=1.6, zorder=2)
        ax.plot([row.low, row.high], [y, y], color=_CLASS, linewidth=8.0, solid_capstyle="butt", zorder=2)
        ax.plot(row.value, y, marker="|", color=_VALUE, markersize=8, markeredgewidth=1.6, zorder=3, clip_on=False)
        points = (
            (row.prior, row.prior_error, 0.1, "o", _BEFORE),
            (row.posterior, row.posterior_error, -0.18, "D", AFTER),
        )
        for value, error, shift, marker, colour in points:
            if not math.isnan(value):
                ax.errorbar(
                    value,
                    y + shift,
                    xerr=width * error,
                    color=ALARM if missed and marker == "o" else colour,
                    marker=marker,
                    markersize=6 if marker == "o" else 4,
                    elinewidth=1.2,
                    linestyle="none",
                    zorder=4,
                    clip_on=False,
                )
        ax.annotate(
            _verdict(row),
            (1.01, y),
            xycoords=ax.get_yaxis_transform(),
            fontsize=8,
            va="center",
            color=ALARM if missed else "black",
            fontweight="bold" if missed else "normal",
        )
    ax.set_yticks([-place for place in range(len(rows))], [plain(_label(row)) for row in rows])
    ax.set_ylim(-len(rows) + 0.4, 0.6)
    ax.tick_params(axis="y", length=0, labelsize=7.5)
    ax.spines["left"].set_visible(False)
    ax.grid(False, axis="y")
    if units is _SHARES:
        ax.set_xlim(0.0, 1.0)
        percent_axis(ax, which="x")
    else:
        ax.set_xlim(left=0.0)
    ax.set_title(title, fontsize=10, loc="left")
    ax.set_xlabel(_AXES[units], fontsize=8.5)


def _label(row: ClassCheck) -> str:
    return f"{row.class_}\n{row.quantity}; {row.option}"


def _verdict(row: ClassCheck) -> str:
    """Give the verdict in two short lines; one that another seed may turn has a question mark."""
    first = row.verdict + (f", outside {100 * WIDE:g}%" if row.outside else "")
    first += "?" if row.judgement and not row.resolved else ""
    if row.judgement:
        return first + (f"\nexcused: {row.excuse}" if row.excuse else "\nmissed" if row.judgement == "missed" else "")
    return f"{first}\n{row.role}"


def _handles(found: ClassChecks) -> list[Artist]:
    def marked(marker: str, colour: str, label: str) -> Line2D:
        return Line2D([], [], linestyle="none", marker=marker, color=colour, markersize=6, label=label)

    handles: list[Artist] = [
        Line2D([], [], color=_CLASS, linewidth=8.0, label="the class"),
        marked("o", _BEFORE, "the model before the evidence"),
    ]
    if any(not math.isnan(row.posterior) for row in found.rows):
        handles.append(marked("D", AFTER, "after it"))
    if found.missed:
        handles.append(marked("o", ALARM, "a gate missed"))
    if found.near:
        handles.append(Line2D([], [], linestyle="none", label="?: another seed may say otherwise"))
    return handles
