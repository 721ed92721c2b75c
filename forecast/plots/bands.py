"""Trajectories: how a quantity moves under each option, as a median and a central band."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.arguments import probability
from forecast.errors import InvalidArgument
from forecast.plots.curves import Panels
from forecast.plots.selection import chosen_baseline, chosen_names, chosen_options, values
from forecast.plots.style import GREY, amount_axis, dress, finish, months_axis, option_styles, pace, plain, unit_label
from forecast.schema import Variable, outcomes_of, states_of
from priors.intervals import MASS, interval_label, tails
from priors.pictures import Picture

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["trajectories"]


_QUANTITIES = ("continuous", "count")


def _default(outcomes: xr.Dataset, states: Mapping[str, Variable]) -> str:
    """Return the state to draw where none is named."""
    quantities = [name for name, variable in states.items() if variable.kind in _QUANTITIES]
    known = outcomes_of(outcomes)
    leading = str(outcomes.attrs.get("leading", ""))
    of = known[leading].of if leading in known else ""
    if of in quantities:
        return of
    if quantities:
        return quantities[0]
    raise InvalidArgument(
        "outcomes without a state that is a quantity",
        expected="a state with a median worth drawing",
        mend="use forecast.plots.events",
    )


def trajectories(
    outcomes: xr.Dataset,
    *,
    state: str | None = None,
    options: Iterable[str] | str | None = None,
    baseline: str | None = None,
    mass: float = MASS,
) -> Picture:
    """Draw the median and the central band of a state over the months, one panel an option.

    Parameters
    ----------
    outcomes : xarray.Dataset
        From :func:`forecast.simulate`.
    state : str, optional
        A state that is a quantity; its unit is on the y axis. By default the one that the leading outcome is of where
        that is a quantity, else the first quantity.
    options : iterable of str or str, optional
        Which options, by name; all that were run by default.
    baseline : str, optional
        The option drawn in grey in every panel. By default the world's null option where it was run, else none. It
        has a panel of its own only where nothing else is drawn.
    mass : float
        Probability inside the band, 0 to 1. The band holds this share of the worlds month by month; a single
        world may leave it.

    Returns
    -------
    matplotlib.figure.Figure
        Axes in the order of the options, all on one scale. The last line of each is the option's median, in the
        option's colour; before it stand the baseline's median and the two edges of its band, in grey.

    Raises
    ------
    UnknownOption
        If an option or the baseline was not run.
    UnknownOutcome
        If there is no such state.
    InvalidArgument
        If the state is a yes or no or a code, there is no quantity, or ``mass`` is not a probability.

    Examples
    --------
    >>> import forecast, priors
    >>> district = forecast.load_world("district")
    >>> outcomes = forecast.simulate(priors.load(district.beliefs), world=district, evidence="none", worlds=200)
    >>> figure = forecast.plots.trajectories(outcomes, state="rebels")
    >>> [axes.get_title(loc="left") for axes in figure.axes]
    ['Patrols', 'Patrols and talks']
    """
    chosen, states = chosen_options(outcomes, options), states_of(outcomes)
    asked = _default(outcomes, states) if state is None else state
    (name,) = chosen_names(asked, states, argument="state", what="a state of the world")
    variable = states[name]
    if variable.kind not in _QUANTITIES:
        raise InvalidArgument(
            f"state = {name!r}, which has no median worth drawing",
            expected="a state that is a quantity",
            mend="use forecast.plots.events",
        )
    low, high = tails(probability("mass", mass))
    against = chosen_baseline(outcomes, baseline)
    panels = [option for option in chosen if option != against] or chosen
    styles = option_styles(outcomes)
    months = outcomes["month"].values

    def summary(option: str) -> np.ndarray[Any, Any]:
        worlds = values(outcomes, name, [option])[0]
        return np.asarray(np.quantile(worlds, (low, 0.5, high), axis=0))

    grey = None if against is None else summary(against)
    grid = Panels(len(panels), columns=3, each=(3.4, 2.6), around=(0.5, 1.2), least=6.0, sharex=True, sharey=True)
    for ax, option in zip(grid.axes, panels, strict=True):
        style = styles[option]
        finish(ax)
        if grey is not None and option != against:
            # Lines alone: two bands over one another would mix their colours.
            ax.plot(months, grey[1], color=GREY, linewidth=1.4, linestyle=(0, (4, 2)))
            for edge in (grey[0], grey[2]):
                ax.plot(months, edge, color=GREY, linewidth=0.8, linestyle=(0, (4, 2)))
        lower, median, upper = summary(option)
        ax.fill_between(months, lower, upper, color=style.colour, alpha=0.25, linewidth=0)
        ax.plot(months, median, color=style.colour, linewidth=2.2)
        ax.set_title(style.wrapped(40), fontsize=9.5, loc="left")
        months_axis(ax, outcomes, label=False)
    for place, ax in enumerate(grid.axes):
        ax.tick_params(labelbottom=grid.is_last(place))
        if grid.is_last(place):
            months_axis(ax, outcomes)
        if grid.is_first(place):
            ax.set_ylabel(unit_label(variable.unit), fontsize=9)
    first = grid.axes[0]
    first.set_ylim(bottom=0.0)
    if variable.unit != "1":
        amount_axis(first.yaxis)
    reading = f"Line: median. Band: {interval_label(mass)} of worlds, {pace(outcomes)}."
    if grey is not None and against is not None and panels != [against]:
        reading += f" Grey dashes, in every panel: the same for “{styles[against].title}”."
    dress(grid.figure, outcomes, title=plain(variable.long_name), subtitle=reading)
    return grid.figure
