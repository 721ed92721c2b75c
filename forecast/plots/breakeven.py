"""Which option is best along each parameter, and where that changes."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from forecast.arguments import whole
from forecast.estimates import half_width
from forecast.plots.curves import Panels
from forecast.plots.provenance import utility_note
from forecast.plots.rows import point
from forecast.plots.style import (
    GREY,
    OptionStyle,
    dress_noted,
    finish,
    named_styles,
    plain,
    read_axis,
    unit_label,
)
from priors.intervals import MASS
from priors.reading import scale_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from forecast.decision.breaks import BreakEven, Line

__all__ = ["draw"]

_LABEL = 44
"""Characters in a line of an axis's label."""


def draw(result: BreakEven, *, most: int = 9) -> Figure:
    """Draw conditional means along the parameters that flip the choice.

    Parameters
    ----------
    result : BreakEven
        From :func:`forecast.breakeven`.
    most : int
        How many parameters, 1..30.

    Returns
    -------
    matplotlib.figure.Figure
        One axes a parameter, from its 1% to its 99% point: each option's conditional mean utility less that of the
        best option overall, with a 90% band; break-even values are marked by a vertical line with their interval.
        Where nothing flips, the parameters that come nearest are drawn.
    """
    known = dict.fromkeys(row.parameter for row in result.rows)
    chosen = (result.flipping or tuple(known))[: whole("most", most, 1, 30)]
    about, lines = result.about, {line.parameter: line for line in result.lines}
    styles = named_styles(dict(result.titles))
    panels = Panels(len(chosen), columns=3, each=(3.3, 2.7), around=(0.0, 2.3), least=6.6)
    unit = plain(unit_label("1" if about.unit == "yes/no" else about.unit))
    for place, (ax, name) in enumerate(zip(panels.axes, chosen, strict=True)):
        _panel(ax, lines[name], result, styles)
        if panels.is_first(place):
            ax.set_ylabel(f"utility less that of\n{plain(result.best)} ({unit})", fontsize=8)
    found = len(result.flipping)
    shown = f" The first {len(chosen)} of {found}." if 0 < len(chosen) < found else ""
    title = (
        "Where another option becomes the best one" if found else "No parameter is seen to change which option is best"
    )
    dress_noted(
        panels.figure,
        utility_note(about),
        title=title,
        subtitle="Mean over everything else as believed at that value, from its 1% to its 99% point. "
        f"Bands and bars at the break-even value: {100 * MASS:g}% Monte-Carlo intervals. "
        f"Flips to an option ahead by {result.tolerance:.2g} ({unit}) or less do not count.{shown}",
        handles=[
            Line2D([], [], color=style.colour, linestyle=style.line, linewidth=1.8, label=style.wrapped(44))
            for style in styles.values()
        ],
        broken=about.gates.broken,
    )
    return panels.figure


def _panel(ax: Axes, line: Line, result: BreakEven, styles: dict[str, OptionStyle]) -> None:
    finish(ax)
    half = half_width(MASS)
    for place, (option, style) in enumerate(styles.items()):
        means, errors = line.means[:, place], line.errors[:, place]
        ax.plot(line.at, means, color=style.colour, linestyle=style.line, linewidth=1.8)
        ax.fill_between(
            line.at, means - half * errors, means + half * errors, color=style.colour, alpha=0.13, linewidth=0
        )
        if option == result.best:
            ax.plot(line.at, means, color=style.colour, linewidth=2.4)
    low, high = ax.get_ylim()
    shown = [row for row in result.rows if row.parameter == line.parameter and row.number]
    for place, row in enumerate(shown):
        ax.axvline(row.value, color="black", linewidth=0.9, dashes=(3, 2))
        reaches = (max(row.value - row.lower, 0.0), max(row.upper - row.value, 0.0))
        point(ax, row.value, low, reaches, colour="black", marker="|", elinewidth=2.2, markersize=7, clip_on=False)
        # Written towards the middle, where there is room, and one below the other.
        right = row.value > (line.at[0] + line.at[-1]) / 2.0
        ax.annotate(
            f"{100 * row.p_beyond:.0f}% beyond",
            (row.value, high),
            xytext=(-3 if right else 3, -2 - 9 * place),
            textcoords="offset points",
            ha="right" if right else "left",
            va="top",
            fontsize=7.5,
            color=GREY,
        )
    ax.set_ylim(low, high)
    ax.set_title(plain(line.parameter), fontsize=9.5, loc="left")
    scale = scale_of(line.unit)
    ax.set_xlabel(plain("\n".join(textwrap.wrap(scale.label, _LABEL))), fontsize=8)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=5))
    read_axis(ax.xaxis, scale)
