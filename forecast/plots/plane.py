"""The trade-off: what an option does to ISIS against what it costs politically."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.arguments import probability
from forecast.estimates import counted, half_width
from forecast.libya.outcomes import DEGRADED_SHARE
from forecast.plots.labels import cross_boxes, line_boxes, lines_through, place_labels
from forecast.plots.rows import row_axes
from forecast.plots.selection import (
    chosen_baseline,
    chosen_options,
    event_errors,
    values,
)
from forecast.plots.style import GREY, dress, option_styles, pale_range, percent_axis
from forecast.structures.result import POLITICAL_COST, StructureRanges, read_ranges
from priors.intervals import MASS

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

__all__ = ["political_cost", "trade_off"]


def political_cost(outcomes: xr.Dataset, options: list[str]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Whether a world paid politically: the council collapsed, blowback formed or civil war renewed.

    Parameters
    ----------
    outcomes : xarray.Dataset
        From :func:`forecast.simulate`.
    options : list of str
        Option names.

    Returns
    -------
    ndarray of bool
        Shape (option, world).
    """
    states = ("council_collapsed", "blowback", "civil_war")
    paid = [values(outcomes, state, options).any(axis=2) for state in states]
    return np.asarray(np.logical_or.reduce(paid), dtype=np.bool_)


def _ranges(
    structures: StructureRanges | None, outcomes: xr.Dataset, options: list[str], *points: np.ndarray[Any, Any]
) -> list[np.ndarray[Any, Any]]:
    """Return the ends of the ranges of both coordinates, shape (end, option) each; no end without ranges."""
    structures = read_ranges(structures)
    if structures is None:
        return [np.empty((0, len(options)))] * len(points)
    structures.check_same({**outcomes.attrs, "months": int(outcomes["month"].values[-1])}, what="outcomes")
    structures.check_options(options, attrs=outcomes.attrs)
    found = []
    for name, values_ in zip(("isis_degraded", POLITICAL_COST), points, strict=True):
        pairs = zip(options, values_.tolist(), strict=True)
        found.append(np.array([structures.of(name, option).around(value) for option, value in pairs]).T)
    return found


def _limits(ends: np.ndarray[Any, Any]) -> tuple[float, float]:
    """Return limits that hold every cross, with room beside it for labels."""
    low, high = float(ends.min()), float(ends.max())
    room = max(0.18 * (high - low), 0.03)
    return max(low - room, -0.01), min(high + room, 1.01)


def trade_off(
    outcomes: xr.Dataset,
    *,
    options: Iterable[str] | str | None = None,
    baseline: str | None = None,
    mass: float = MASS,
    structures: StructureRanges | None = None,
) -> Figure:
    """Draw the article's trade-off: the probability that ISIS is degraded against the political cost.

    The political cost of an option is the probability that by the horizon the council collapsed, rivals formed
    a counter-alliance (blowback) or civil war renewed: any of the article's three harms (P6, P7), unweighted.

    Parameters
    ----------
    outcomes : xarray.Dataset
        From :func:`forecast.simulate`.
    options : iterable of str or str, optional
        Which options, by name; all that were run by default.
    baseline : str, optional
        The option through which two dotted lines run. By default the world's null option where it is drawn, else none.
    mass : float
        Probability inside each arm of a cross, 0 to 1: the share of worlds more or less the normal quantile times
        its Monte-Carlo error, kept inside 0..1.
    structures : StructureRanges, optional
        From :func:`forecast.structure_ranges`: pale arms show where a point could be because of structures that are
        not known.

    Returns
    -------
    matplotlib.figure.Figure
        One axes, both axes shares of worlds shown as percentages, one labelled point an option; right and down is
        better.

    Raises
    ------
    UnknownOption
        If an option or the baseline was not run.
    InvalidArgument
        If no option is asked for, or ``mass`` is not a probability.

    Notes
    -----
    The dark crosses are Monte-Carlo error alone. Each world has beliefs and luck of its own, and both are inside the
    two probabilities; how far a point would move if one belief were known cannot be read off worlds that run each
    set of beliefs once, so no cloud of beliefs is drawn. Sensitivity analysis answers that.
    """
    chosen = chosen_options(outcomes, options)
    width = half_width(probability("mass", mass))
    against = chosen_baseline(outcomes, baseline)
    styles = option_styles(outcomes)

    degraded, cost = values(outcomes, "isis_degraded", chosen), political_cost(outcomes, chosen)
    x, y = degraded.mean(axis=1), cost.mean(axis=1)
    dx, dy = width * event_errors(degraded), width * event_errors(cost)
    wide, tall = _ranges(structures, outcomes, chosen, x, y)

    figure, ax = row_axes(8.6, 6.6)
    ax.set_xlim(*_limits(np.concatenate([x - dx, x + dx, *wide])))
    ax.set_ylim(*_limits(np.concatenate([y - dy, y + dy, *tall])))
    # Near enough for this: how far apart the points are, in inches, on axes of about the figure's size.
    spans = np.ptp(ax.get_xlim()), np.ptp(ax.get_ylim())
    across, up = x / spans[0] * figure.get_figwidth(), y / spans[1] * figure.get_figheight()
    for position, option in enumerate(chosen):
        style = styles[option]
        if structures is not None:
            left, right = wide[:, position].tolist()
            pale_range(ax, left, right, float(y[position]), style)
            bottom, top = tall[:, position].tolist()
            pale_range(ax, bottom, top, float(x[position]), style, upright=True)
        # A point that would lie on an earlier one is drawn as a larger outline around it.
        covers = bool((np.hypot(across - across[position], up - up[position])[:position] < 0.12).any())
        ax.errorbar(
            x[position],
            y[position],
            xerr=[[min(dx[position], x[position])], [min(dx[position], 1.0 - x[position])]],
            yerr=[[min(dy[position], y[position])], [min(dy[position], 1.0 - y[position])]],
            color=style.colour,
            marker=style.marker,
            markersize=14.0 if covers else 9.0,
            markerfacecolor="none" if covers else style.colour,
            markeredgecolor=style.colour if covers else "white",
            markeredgewidth=1.5 if covers else 0.6,
            elinewidth=1.4,
            linestyle="none",
        )
    note = None
    if against in chosen and len(chosen) > 1:
        at = chosen.index(against)
        lines_through(ax, x[at], y[at])
        right, bottom = ax.get_xlim()[1], ax.get_ylim()[0]
        ax.fill_between([x[at], right], bottom, y[at], color="#eef4ee", linewidth=0, zorder=0)
        note = ax.text(
            0.985,
            0.02,
            f"more likely to degrade ISIS, at less political cost\nthan “{styles[against].title}”",
            transform=ax.transAxes,
            ha="right",
            va="bottom",
            fontsize=8,
            color=GREY,
        )
    horizon = int(outcomes["month"].values[-1])
    ax.set_xlabel(
        "probability that ISIS is degraded (% of worlds):\n"
        f"under {100 * DEGRADED_SHARE:g}% of its strength at the origin, after {counted(horizon, 'month')}",
        fontsize=9,
    )
    ax.set_ylabel(
        f"political cost (% of worlds): within {counted(horizon, 'month')} the council collapsed,\n"
        "rivals formed a counter-alliance, or civil war renewed",
        fontsize=9,
    )
    percent_axis(ax)
    percent_axis(ax, which="x")
    dress(
        figure,
        outcomes,
        title="Degrading ISIS against the political cost",
        subtitle=(
            "One point an option; right and down is better. "
            f"Crosses: {100 * mass:g}% Monte-Carlo intervals, not the width of beliefs."
            + ("" if structures is None else " Pale: 90% over structures that nobody knows.")
        ),
    )
    figure.draw_without_rendering()
    obstacles = cross_boxes(ax, x, y, dx, dy)
    if note is not None:
        obstacles.append(note.get_window_extent())
        at = chosen.index(str(against))
        obstacles += line_boxes(ax, x[at], y[at])
    texts = [styles[option].title for option in chosen]
    place_labels(ax, list(zip(x.tolist(), y.tolist(), strict=True)), texts, obstacles=obstacles)
    return figure
