"""How far each option is behind the best, where a structure has each of its forms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from forecast.estimates import counted, half_width
from forecast.outcomes.provenance import whose_note
from forecast.plots.style import dress_noted, finish, named_styles, plain
from priors.intervals import MASS

if TYPE_CHECKING:
    from forecast.structures.by_structure import ByStructure

__all__ = ["drawn_by_structure"]

_GAP, _SPREAD = 0.6, 0.66


def drawn_by_structure(found: ByStructure) -> Figure:
    """Draw how far each option is behind the best, under each form.

    Parameters
    ----------
    found : ByStructure
        From :func:`forecast.by_structure`.

    Returns
    -------
    matplotlib.figure.Figure
        One axes: a row a form, with its weight; the best option of each is ringed at 0 and named on the right.
    """
    styles = named_styles(dict(found.titles))
    width = half_width(MASS)
    heights: dict[tuple[str, int], float] = {}
    height, before = 0.0, ""
    for row in found.rows:
        height -= 1.0 + (_GAP if before and before != row.structure else 0.0)
        heights[row.structure, row.value], before = height, row.structure
    figure = Figure(figsize=(9.6, 0.42 * -height + 2.6), layout="constrained")
    ax = figure.subplots()
    finish(ax)
    places = {option: (place + 0.5) / len(styles) - 0.5 for place, option in enumerate(styles)}
    best = {(row.structure, row.value): row for row in found.rows}
    for one in found.options:
        style, here = styles[one.option], (one.structure, one.value)
        ax.errorbar(
            -one.behind,
            heights[here] - _SPREAD * places[one.option],
            xerr=width * one.behind_error,
            color=style.colour,
            marker=style.marker,
            markersize=4.5,
            elinewidth=1.1,
            linestyle="none",
        )
        if one.option == best[here].best:
            ax.plot(
                0.0,
                heights[here] - _SPREAD * places[one.option],
                marker="o",
                markersize=10,
                markerfacecolor="none",
                color="black",
                mew=1.0,
            )
    for number, row in enumerate(found.rows):
        height = heights[row.structure, row.value]
        told = "resolved" if row.resolved else "not resolved"
        ax.annotate(
            f"{styles[row.best].wrapped(34)}\n{'another choice, ' if row.changed else ''}{told}",
            (1.01, height),
            xycoords=ax.get_yaxis_transform(),
            fontsize=7.5,
            va="center",
            fontweight="bold" if row.changed else "normal",
        )
        if number % 2:
            ax.axhspan(height - 0.5, height + 0.5, color="#f3f3f3", zorder=0)
    labels = [f"{plain(row.form)} ({100 * row.weight:.2g}%)" for row in found.rows]
    ax.set_yticks(list(heights.values()), labels, fontsize=8.5)
    ax.set_ylim(min(heights.values()) - 0.7, max(heights.values()) + 0.7)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.grid(False, axis="y")
    ax.set_xlabel(f"{plain(found.unit)} less that of the best option", fontsize=9)
    dress_noted(
        figure,
        f"Values: {found.values}.  {whose_note(found)}.  {counted(found.worlds, 'possible world')} a form, the same "
        f"luck, {found.months} months.",
        title="Which option, by the structure of the world",
        subtitle=(
            f"In brackets the weight of each form given the evidence. Bars: {100 * MASS:g}% Monte-Carlo interval. Ring "
            f"and name: the highest expected utility, and whether it is told from every other ({100 * found.level:g}%, "
            "all forms at once)."
        ),
        handles=[
            Line2D([], [], color=s.colour, marker=s.marker, linewidth=1.4, markersize=5, label=s.wrapped(44))
            for s in styles.values()
        ],
        broken=found.gates,
    )
    return figure
