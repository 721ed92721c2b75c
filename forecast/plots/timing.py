"""Events: how likely each event is to have come by each month, under every option."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D

from forecast.arguments import probability
from forecast.estimates import half_width
from forecast.libya.outcomes import STATES
from forecast.plots.curves import Panels
from forecast.plots.selection import (
    chosen_names,
    chosen_options,
    event_errors,
    values,
)
from forecast.plots.style import (
    dress,
    finish,
    months_axis,
    option_styles,
    percent_axis,
    plain,
)
from priors.intervals import MASS
from priors.pictures import Picture

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["DEFAULT_EVENTS", "EVENTS", "events", "happened"]

DEFAULT_EVENTS = (
    "sirte_freed",
    "council_collapsed",
    "blowback",
    "civil_war",
    "invited",
    "leadership_resolved",
)

EVENTS = {
    "sirte_freed": "Sirte freed, and not lost again",
    "sirte_assaulted": "An assault on Sirte began",
} | {name: variable.long_name for name, variable in STATES.items() if variable.kind == "yes/no"}
"""What can be drawn, in words: every yes/no state, and two readings of Sirte."""


def happened(outcomes: xr.Dataset, event: str, options: list[str]) -> np.ndarray[Any, Any]:
    """Whether an event had come by each month.

    Parameters
    ----------
    outcomes : xarray.Dataset
        From :func:`forecast.simulate`.
    event : str
        A key of :data:`EVENTS`.
    options : list of str
        Option names.

    Returns
    -------
    ndarray of bool
        Shape (option, world, month). It stays true once the event has come, though the state may end (an
        invitation ends with the council); only ``sirte_freed`` is read month by month, because Sirte can be
        lost again. At the horizon each agrees with the per-world outcome of that event.
    """
    if event == "sirte_freed":
        return np.asarray(values(outcomes, "sirte", options) == 2)
    assault = event == "sirte_assaulted"
    came = values(outcomes, "sirte", options) > 0 if assault else values(outcomes, event, options)
    return np.asarray(np.logical_or.accumulate(came, axis=2))


def events(
    outcomes: xr.Dataset,
    *,
    events: Iterable[str] | str = DEFAULT_EVENTS,
    options: Iterable[str] | str | None = None,
    mass: float = MASS,
) -> Picture:
    """Draw the probability that each event had come by each month, one panel an event, one line an option.

    Parameters
    ----------
    outcomes : xarray.Dataset
        From :func:`forecast.simulate`.
    events : iterable of str or str
        Names of yes/no states, ``"sirte_freed"`` (read month by month: Sirte can be lost again) or
        ``"sirte_assaulted"``.
    options : iterable of str or str, optional
        Which options, by name; all that were run by default.
    mass : float
        Probability inside the band, 0 to 1. The band is only the Monte-Carlo error of so many worlds: the share
        of worlds more or less the normal quantile times its standard error, kept inside 0..1.

    Returns
    -------
    matplotlib.figure.Figure
        Axes in the order of the events, one line an option in the order of the options, y a share shown as a
        percentage. Options whose lines lie on one another take turns at showing their markers.

    Raises
    ------
    UnknownOption
        If an option was not run.
    UnknownOutcome
        If there is no such event.
    InvalidArgument
        If nothing is asked for, or ``mass`` is not a probability.
    """
    chosen = chosen_options(outcomes, options)
    names = chosen_names(events, EVENTS, argument="events", what="a yes/no state or a reading of Sirte")
    width = half_width(probability("mass", mass))
    styles = option_styles(outcomes)
    months = outcomes["month"].values

    grid = Panels(len(names), columns=3, each=(3.3, 2.6), around=(0.5, 1.8), least=6.0, sharey=True)
    for place, (ax, name) in enumerate(zip(grid.axes, names, strict=True)):
        came = happened(outcomes, name, chosen)
        share, error = came.mean(axis=1), event_errors(came)
        finish(ax)
        for turn, (option, p, se) in enumerate(zip(chosen, share, error, strict=True)):
            style = styles[option]
            ax.fill_between(
                months,
                np.clip(p - width * se, 0.0, 1.0),
                np.clip(p + width * se, 0.0, 1.0),
                color=style.colour,
                alpha=0.22,
                linewidth=0,
            )
            ax.plot(months, p, color=style.colour, linestyle=style.line, linewidth=1.8)
            # Some options never differ in some event: staggered markers, over all lines, show that all are there.
            shown = slice(1 + turn, None, len(chosen)) if len(months) > len(chosen) else slice(None)
            ax.scatter(
                months[shown],
                p[shown],
                s=30,
                color=style.colour,
                marker=style.marker,
                edgecolors="white",
                linewidths=0.4,
                zorder=3,
            )
        ax.set_title(plain(EVENTS[name]), fontsize=10, loc="left")
        months_axis(ax, months, label=grid.is_last(place))
        if grid.is_first(place):
            ax.set_ylabel("probability (% of worlds)", fontsize=9)
    first = grid.axes[0]
    percent_axis(first)
    first.set_ylim(0.0, min(1.0, max(0.05, first.get_ylim()[1])))
    handles = [
        Line2D([], [], color=s.colour, linestyle=s.line, marker=s.marker, linewidth=2.0, label=s.wrapped(44))
        for s in (styles[option] for option in chosen)
    ]
    reading = (
        "Share of worlds in which the event had come by the month"
        + (" (Sirte: is free in that month)" if "sirte_freed" in names else "")
        + f". Bands: the {100 * mass:g}% Monte-Carlo interval of that share."
    )
    dress(grid.figure, outcomes, title="How likely each event is, month by month", subtitle=reading, handles=handles)
    return grid.figure
