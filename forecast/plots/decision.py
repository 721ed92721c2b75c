"""The decision table as a picture: every option by four measures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from forecast.estimates import counted, half_width
from forecast.outcomes.provenance import whose_note
from forecast.plots.style import dress_noted, finish, named_styles, pale_range, plain
from priors.intervals import MASS

if TYPE_CHECKING:
    from forecast.decision.decide import Decision

__all__ = ["drawn_decision"]

_PANELS = (
    ("expected_utility", "expected utility", 1.0),
    ("best", "best, alone or tied (% of worlds)\nhollow: alone", 100.0),
    ("expected_regret", "expected regret", 1.0),
    ("cvar_10", "worst tenth of worlds, mean", 1.0),
)


def drawn_decision(decision: Decision) -> Figure:
    """Draw a decision.

    Parameters
    ----------
    decision : Decision
        From :func:`forecast.decide`.

    Returns
    -------
    matplotlib.figure.Figure
        Four panels that share their rows, options from the top by expected utility. Bars of the first panel are the
        simultaneous interval, of the others the central 90% one. In the second the filled point is the probability of
        being best, alone or tied, and the hollow one that of being best alone.
    """
    styles = named_styles(dict(zip(decision.names, decision.titles, strict=True)))
    order = np.argsort(-np.array(decision.columns["expected_utility"]), kind="stable")
    figure = Figure(figsize=(11.4, 0.42 * len(order) + 2.2), layout="constrained")
    axes = figure.subplots(1, len(_PANELS), sharey=True)
    for ax, (name, label, factor) in zip(axes, _PANELS, strict=True):
        finish(ax)
        for row, place in enumerate(order):
            style = styles[decision.names[place]]
            if name == "expected_utility" and decision.structures is not None:
                estimate = decision.columns[name][place]
                ends = decision.structures.of(name.removeprefix("expected_"), decision.names[place]).around(estimate)
                pale_range(ax, *ends, -row, style)
            measures = (("best_alone", 0.16, False), ("best", -0.16, True)) if name == "best" else ((name, 0.0, True),)
            for measure, down, filled in measures:
                value, below, above = _bar(decision, measure, place)
                ax.errorbar(
                    factor * value,
                    -row - down,
                    xerr=[[factor * below], [factor * above]],
                    color=style.colour,
                    marker=style.marker,
                    markerfacecolor=style.colour if filled else "white",
                    markersize=6.5,
                    elinewidth=1.6,
                    linestyle="none",
                )
        ax.set_xlabel(label, fontsize=8.5)
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_visible(False)
        ax.margins(x=0.12)
    axes[0].set_yticks(
        [-row for row in range(len(order))], [styles[decision.names[place]].wrapped(26) for place in order], fontsize=9
    )
    axes[0].set_ylim(-len(order) + 0.4, 0.6)
    said = f"{whose_note(decision)}.  " if whose_note(decision) else ""
    values = f"{said}Values: {decision.values}.  " if decision.values else said
    dress_noted(
        figure,
        f"{values}{counted(decision.worlds, 'possible world')}, the same under every option.",
        title="Which option, and how sure",
        subtitle=f"{plain(decision.say())} Bars: Monte-Carlo error, of expected utility for all options at once "
        f"({100 * decision.verdict.level:g}%), of the others singly ({100 * MASS:g}%). Units: utility."
        + ("" if decision.structures is None else " Pale: 90% over structures that nobody knows."),
        broken=decision.gates,
    )
    return figure


def _bar(decision: Decision, measure: str, place: int) -> tuple[float, float, float]:
    """Give a measure of an option, and how far its bar reaches below and above it."""
    value, columns = decision.columns[measure][place], decision.columns
    if measure == "expected_utility":
        return value, value - columns["lower"][place], columns["upper"][place] - value
    half = half_width(MASS) * columns[f"{measure}_error"][place]
    if measure in ("best", "best_alone"):
        return value, min(half, value), min(half, 1.0 - value)
    return value, half, half
