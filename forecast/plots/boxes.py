"""Where an event concentrates: the trade-off of boxes, and one box over what is believed."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

from matplotlib import colormaps
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import Colormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from forecast.arguments import whole
from forecast.estimates import counted, estimate_text, half_width
from forecast.plots.rows import name_rows
from forecast.plots.style import AFTER, ALARM, GREY, dress_noted, finish, percent_axis, plain
from forecast.sensitivity.discovery.words import limit_words
from priors.intervals import MASS
from priors.pictures import Picture

if TYPE_CHECKING:
    from forecast.sensitivity.discovery.boxes import Box, Limit
    from forecast.sensitivity.discovery.result import Discovery

__all__ = ["draw"]

_WIDTH = 34
_MARKERS = "osD^vPX*<>ph"


def draw(result: Discovery, *, box: int = 1) -> Figure:
    """Draw a discovery.

    Parameters
    ----------
    result : Discovery
        From :func:`forecast.discover`.
    box : int
        Which of its boxes, from 1.

    Returns
    -------
    matplotlib.figure.Figure
        Two axes: coverage against density of the boxes of the first search, in worlds that they were not found in, by
        the number of parameters with a limit, with the chosen box ringed and its 90% intervals; and the limits of one
        box over the quantiles of what is believed of each parameter.
    """
    box, about = whole("box", box, 1, max(1, len(result.boxes))), result.about
    shown = _shown(result, box)
    limits = {} if shown is None else _by_parameter(shown)
    figure = Picture(figsize=(10.2, max(4.9, 0.75 * len(limits) + 2.6)), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1.0, 1.25))
    handles = _trade_off(left, result)
    if limits:
        _limits(right, limits, claimed=bool(result.boxes))
    else:
        right.set_axis_off()
    note = f"{counted(about.worlds, 'world')}, boxes found in {result.found:,} and measured in {result.measured:,}."
    if about.note:
        note += f"  {about.note}."
    if about.values:
        note += f"  Values: {about.values.replace('_', ' ')}."
    if shown is None or not result.boxes:
        said = f"{result.none_words()}."
    else:
        density, rate = (
            estimate_text(measure.estimate, measure.error, unit="yes/no")
            for measure in (shown.measures.density, shown.measures.rate)
        )
        others = "all" if box == 1 else "all outside the boxes before it"
        said = f"{result.what} comes in {density} of the worlds of box {box}, against {rate} of {others}. "
        said += "Picked from the curve, which flatters it." if result.picked else f"Chosen by {result.rule}."
    dress_noted(
        figure,
        note,
        title="Where it happens" if result.boxes else "No box",
        subtitle=plain(said),
        handles=handles,
        broken=about.gates.broken,
    )
    return figure


def _shown(result: Discovery, box: int) -> Box | None:
    if result.boxes:
        return result.boxes[box - 1]
    return None if result.chosen is None else result.curve[result.chosen]


def _trade_off(ax: Axes, result: Discovery) -> list[Artist]:
    finish(ax)
    handles: list[Artist] = []
    # Of the worlds that boxes are measured in, as all that is drawn here.
    rate = result.curve[0].measures.rate.estimate if result.curve else result.rate
    ax.axhline(rate, color=GREY, linewidth=0.9, dashes=(4, 2), zorder=1)
    colours: Colormap = colormaps["viridis"]
    numbers = sorted({len(box.parameters) for box in result.curve})
    drawn = [box for box in result.curve if not math.isnan(box.density)]
    ax.plot([box.coverage for box in drawn], [box.density for box in drawn], color="#cccccc", linewidth=0.9, zorder=1.5)
    for place, number in enumerate(numbers):
        colour = colours(0.05 + 0.8 * place / max(len(numbers) - 1, 1))
        these = [box for box in drawn if len(box.parameters) == number]
        look = {"color": colour, "marker": _MARKERS[place % len(_MARKERS)], "linestyle": "none", "markersize": 5.5}
        ax.plot([box.coverage for box in these], [box.density for box in these], zorder=2, **look)  # type: ignore[arg-type]
        handles.append(Line2D([], [], label=counted(number, "parameter") + " limited", **look))  # type: ignore[arg-type]
    if result.chosen is not None and not math.isnan(result.curve[result.chosen].density):
        box = result.curve[result.chosen]
        coverage, density = box.measures.coverage, box.measures.density
        ax.errorbar(
            box.coverage,
            box.density,
            xerr=[[max(box.coverage - coverage.lower, 0.0)], [max(coverage.upper - box.coverage, 0.0)]],
            yerr=[[max(box.density - density.lower, 0.0)], [max(density.upper - box.density, 0.0)]],
            color=ALARM,
            marker="o",
            markersize=11,
            markerfacecolor="none",
            markeredgewidth=1.6,
            elinewidth=1.4,
            capsize=3,
            zorder=4,
        )
        label = f"box taken, {100 * MASS:g}% interval"
        handles.append(
            Line2D([], [], color=ALARM, marker="o", markersize=9, markerfacecolor="none", linestyle="-", label=label)
        )
    handles.append(Line2D([], [], color=GREY, linewidth=0.9, dashes=(4, 2), label="all worlds"))
    ax.set_xlim(0.0, 1.02)
    top = max([rate, *(box.measures.density.upper for box in drawn)])
    ax.set_ylim(0.0, min(1.03, 1.15 * top) if top > 0 else 1.0)
    percent_axis(ax, which="x")
    percent_axis(ax, which="y")
    ax.set_xlabel("coverage: share of all such worlds that are in the box", fontsize=9)
    ax.set_ylabel("density: share of the\nbox's worlds that are such", fontsize=9)
    if not drawn:
        ax.text(
            0.5, 0.5, "no limit passed in the\nhalf that was searched", transform=ax.transAxes, ha="center", color=GREY
        )
    return handles


def _by_parameter(box: Box) -> dict[str, list[Limit]]:
    found: dict[str, list[Limit]] = {}
    for limit in box.limits:
        found.setdefault(limit.parameter, []).append(limit)
    return found


def _limits(ax: Axes, limits: dict[str, list[Limit]], *, claimed: bool) -> None:
    finish(ax)
    half = half_width(MASS)
    colour = AFTER if claimed else "#b5b5b5"
    labels = []
    for place, (name, ends) in enumerate(limits.items()):
        sides = {limit.side: limit for limit in ends}
        low = sides["above"].quantile if "above" in sides else 0.0
        high = sides["below"].quantile if "below" in sides else 1.0
        ax.barh(-place, 1.0, height=0.34, color="#ececec", zorder=1)
        ax.barh(-place, high - low, left=low, height=0.34, color=colour, zorder=2)
        for limit in ends:
            error = 0.0 if math.isnan(limit.quantile_error) else half * limit.quantile_error
            reach = [[min(error, limit.quantile)], [min(error, 1.0 - limit.quantile)]]
            ax.errorbar(limit.quantile, -place, xerr=reach, color="#222222", elinewidth=1.1, capsize=3, zorder=3)
        said = " and ".join(limit_words(limit)[0] for limit in ends)
        doubt = "" if all(limit.confirmed for limit in ends) else " (not confirmed)"
        ax.text(0.0, -place + 0.21, plain(f"{said}{doubt}"), fontsize=8, va="bottom", ha="left", color="#222222")
        meaning = ends[0].meaning or name
        labels.append("\n".join(textwrap.wrap(meaning, _WIDTH, max_lines=3, placeholder=" …")))
    name_rows(ax, [plain(label) for label in labels], bottom=-len(limits) + 0.45, top=0.75)
    if not claimed:
        ax.set_title("the best candidate, not claimed", fontsize=9, color=GREY, loc="left")
    ax.set_xlim(0.0, 1.0)
    ax.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    ax.set_xlabel("quantile of what is believed; bars: " + f"{100 * MASS:g}% interval of each limit", fontsize=9)
