"""The choice under each set of beliefs: expected utility of every option, set by set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from forecast.estimates import counted, half_width
from forecast.outcomes.provenance import whose_note
from forecast.plots.style import dress_noted, finish, named_styles, plain
from priors.intervals import MASS

if TYPE_CHECKING:
    from forecast.decision.by_beliefs import ByBeliefs

__all__ = ["drawn_by_beliefs"]

_GAP = 1.6


def drawn_by_beliefs(found: ByBeliefs) -> Figure:
    """Draw the expected utility of every option under every set of beliefs.

    Parameters
    ----------
    found : ByBeliefs
        From :func:`forecast.by_beliefs`.

    Returns
    -------
    matplotlib.figure.Figure
        One axes: sets from the top, under each the options; the best of each is ringed and named on the right.
    """
    styles = named_styles(dict(found.titles))
    width = half_width(MASS)
    step = len(styles) + _GAP
    down = {option: place for place, option in enumerate(styles)}
    figure = Figure(figsize=(9.6, 0.16 * step * len(found.rows) + 2.3), layout="constrained")
    ax = figure.subplots()
    finish(ax)
    tops = {row.beliefs: -position * step for position, row in enumerate(found.rows)}
    best = {row.beliefs: row.best for row in found.rows}
    for one in found.options:
        style, height = styles[one.option], tops[one.beliefs] - down[one.option]
        ax.errorbar(
            one.expected_utility,
            height,
            xerr=width * one.expected_utility_error,
            color=style.colour,
            marker=style.marker,
            markersize=5.5,
            elinewidth=1.6,
            linestyle="none",
        )
        if one.option == best[one.beliefs]:
            ax.plot(
                one.expected_utility, height, marker="o", markersize=12, markerfacecolor="none", color="black", mew=1.1
            )
    for position, row in enumerate(found.rows):
        centre = tops[row.beliefs] - (len(styles) - 1) / 2
        told = "resolved" if row.resolved else "not resolved"
        change = "another choice,\n" if row.changed else ""
        ax.annotate(
            f"{styles[row.best].wrapped(24)}\n{change}{told}",
            (1.01, centre),
            xycoords=ax.get_yaxis_transform(),
            fontsize=8.5,
            va="center",
            fontweight="bold" if row.changed else "normal",
        )
        if position % 2:
            above = tops[row.beliefs] + (1 + _GAP) / 2
            ax.axhspan(above - step, above, color="#f3f3f3", zorder=0)
    ax.set_yticks([tops[row.beliefs] - (len(styles) - 1) / 2 for row in found.rows], [*map(plain, tops)], fontsize=9)
    ax.set_ylim(-step * len(found.rows) + (1 + _GAP) / 2, (1 + _GAP) / 2)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.grid(False, axis="y")
    ax.set_xlabel(f"expected {plain(found.unit)}", fontsize=9)
    broken = ", ".join(f"{row.beliefs}: {row.gates}" for row in found.rows if row.gates)
    dress_noted(
        figure,
        f"Values: {found.values}.  {whose_note(found)}.  {counted(found.worlds, 'possible world')} with the same "
        f"luck, {found.months} months.",
        title="Which option, by whose beliefs",
        subtitle=(
            f"Bars: {100 * MASS:g}% Monte-Carlo interval. Ring and name: the highest expected utility, and whether it "
            f"is told from every other option ({100 * found.level:g}%, all sets at once)."
        ),
        handles=[
            Line2D([], [], color=s.colour, marker=s.marker, linewidth=1.6, markersize=6, label=s.wrapped(44))
            for s in styles.values()
        ],
        broken=broken,
    )
    return figure
