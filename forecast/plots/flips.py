"""Weights of goals and attributes: what they are, and where another option becomes best."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.lines import Line2D

from forecast.estimates import half_width
from forecast.plots.provenance import utility_note
from forecast.plots.rows import name_rows, row_axes
from forecast.plots.style import dress_noted, named_styles, percent_axis, plain
from priors.intervals import MASS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from forecast.decision.flips import WeightFlips

__all__ = ["draw"]

_NOW = "#222222"


def draw(result: WeightFlips) -> Figure:
    """Draw each weight from 0 to 1.

    Parameters
    ----------
    result : WeightFlips
        From :func:`forecast.weight_flips`.

    Returns
    -------
    matplotlib.figure.Figure
        One axes: goals, then attributes, from the top; a bar where each weight is now, and a marker with its 90%
        Monte-Carlo interval where another option becomes best, the others keeping their proportions.
    """
    styles = named_styles(dict(result.titles))
    lines = list(dict.fromkeys((row.kind, row.name) for row in result.rows))
    width = half_width(MASS)
    figure, ax = row_axes(9.0, 0.36 * len(lines) + 2.5)
    # A gap between goals and attributes.
    heights = {line: -place - (0.6 if line[0] == "attribute" else 0.0) for place, line in enumerate(lines)}
    used = []
    for row in result.rows:
        height = heights[row.kind, row.name]
        ax.plot([0.0, 1.0], [height, height], color="#dddddd", linewidth=3.0, zorder=1, solid_capstyle="butt")
        ax.plot(row.weight, height, marker="|", markersize=15, markeredgewidth=2.2, color=_NOW, zorder=3)
        if row.to not in styles:
            continue
        style = styles[row.to]
        used.append(row.to)
        low, high = max(row.flip - width * row.flip_error, 0.0), min(row.flip + width * row.flip_error, 1.0)
        ax.plot([low, high], [height, height], color=style.colour, linewidth=2.0, zorder=2)
        ax.plot(row.flip, height, marker=style.marker, color=style.colour, markersize=8, zorder=4, clip_on=False)
    titles = {(row.kind, row.name): row.title for row in result.rows}
    labels = [plain(f"goal: {titles[line]}" if line[0] == "goal" else titles[line]) for line in lines]
    name_rows(ax, labels, at=heights.values(), fontsize=9, bottom=min(heights.values()) - 0.6)
    ax.set_xlim(-0.01, 1.01)
    percent_axis(ax, which="x")
    ax.set_xlabel("its part of all weight, the others keeping their proportions", fontsize=9)
    best = styles[result.rows[0].best]
    dress_noted(
        figure,
        utility_note(result.about),
        title="How much more or less something would have to count for another option to be best",
        subtitle=(
            f"Now “{best.title}” is best. A line without a marker: it stays best whatever this weight is. Bars: "
            f"{100 * MASS:g}% Monte-Carlo intervals."
        ),
        handles=[
            Line2D([], [], linestyle="none", marker="|", markersize=13, markeredgewidth=2.2, color=_NOW, label="now"),
            *(
                Line2D(
                    [],
                    [],
                    linestyle="none",
                    marker=style.marker,
                    markersize=8,
                    color=style.colour,
                    label=f"from here “{style.title}” is best",
                )
                for option, style in styles.items()
                if option in used
            ),
        ],
        broken=result.about.gates.broken,
    )
    return figure
