"""Events: how likely each event is to have come by each month, under every option."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D

from forecast.arguments import outcome_there, probability
from forecast.errors import InvalidArgument
from forecast.estimates import half_width
from forecast.outcomes.dataset import events_of
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
    pace,
    percent_axis,
    plain,
)
from forecast.schema import event_titles, states_of
from forecast.worlds.pictures import said_of
from priors.intervals import MASS
from priors.pictures import Picture

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["events", "happened"]

_MOST = 6
"""So many events are drawn where the run names none."""


def happened(outcomes: xr.Dataset, event: str, options: list[str]) -> np.ndarray[Any, Any]:
    """Whether an event had come by each month.

    Parameters
    ----------
    outcomes : xarray.Dataset
        From :func:`forecast.simulate`.
    event : str
        A yes/no state, or a word of a code as "STATE=WORD".
    options : list of str
        Option names.

    Returns
    -------
    ndarray of bool
        Shape (option, world, month). A yes/no state stays true once it has come, though it may end; a word of a code
        is read month by month.
    """
    state, is_word, word = event.partition("=")
    read = values(outcomes, state, options)
    if is_word:
        return np.asarray(read == states_of(outcomes)[state].words.index(word))
    return np.asarray(np.logical_or.accumulate(read, axis=2), dtype=np.bool_)


def events(
    outcomes: xr.Dataset,
    *,
    events: Iterable[str] | str | None = None,
    options: Iterable[str] | str | None = None,
    mass: float = MASS,
) -> Picture:
    """Draw the probability that each event had come by each month, one panel an event, one line an option.

    Parameters
    ----------
    outcomes : xarray.Dataset
        From :func:`forecast.simulate`.
    events : iterable of str or str, optional
        Names of yes/no states, each drawn as whether it has come by the month; and words of codes as
        ``"STATE=WORD"``, drawn as whether that is so in the month. Those of the world by default.
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
        If nothing is asked for, no state is yes or no or a code, or ``mass`` is not a probability.

    Examples
    --------
    >>> import forecast, priors
    >>> district = forecast.load_world("district")
    >>> outcomes = forecast.simulate(priors.load(district.beliefs), world=district, evidence="none", worlds=200)
    >>> figure = forecast.plots.events(outcomes)
    >>> [axes.get_title(loc="left") for axes in figure.axes]
    ['A truce holds']
    """
    chosen = chosen_options(outcomes, options)
    states = states_of(outcomes)
    usual, own = event_titles(states), events_of(outcomes)
    if not usual:
        raise InvalidArgument(
            "outcomes without a state that is yes or no or a code",
            expected="something that holds or does not in a month",
            mend="use forecast.plots.trajectories",
        )
    asked = (list(own) or list(usual)[:_MOST]) if events is None else events
    for name in own if events is None else ():
        outcome_there(name.partition("=")[0], outcomes)
    names = chosen_names(asked, usual, argument="events", what='a yes/no state, or a word of a code as "STATE=WORD"')
    width = half_width(probability("mass", mass))
    styles = option_styles(outcomes)
    months = outcomes["month"].values

    # In a narrow picture a legend of many options is tall.
    more = 0.18 * max(len(chosen) / 2 - 3, 0) if len(names) < 3 else 0.0
    grid = Panels(len(names), columns=3, each=(3.3, 2.6), around=(0.5, 1.8 + more), least=6.0, sharey=True)
    # What has ended is drawn as having come, which titles such as "Nurses are on strike" do not say.
    ended = False
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
        ended |= "=" not in name and bool((came > values(outcomes, name, chosen).astype(np.bool_)).any())
        ax.set_title(plain(own.get(name) or usual[name]), fontsize=10, loc="left")
        months_axis(ax, outcomes, label=grid.is_last(place))
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
        + (", though it may have ended since" if ended else "")
        + _read_by_month(outcomes, names)
        + f". Bands: the {100 * mass:g}% Monte-Carlo interval of that share."
    )
    dress(grid.figure, outcomes, title=f"How likely each event is, {pace(outcomes)}", subtitle=reading, handles=handles)
    return grid.figure


def _read_by_month(outcomes: xr.Dataset, names: Iterable[str]) -> str:
    """Say which events are read month by month, because they may end."""
    usual, own = event_titles(states_of(outcomes)), said_of(outcomes.attrs).get("by_month", {})
    when = "in that month" if pace(outcomes) == "month by month" else "at the end of that step"
    said = [own.get(name, f"{usual[name]}, {when}") for name in names if "=" in name]
    return f" ({plain('; '.join(said))})" if said else ""
