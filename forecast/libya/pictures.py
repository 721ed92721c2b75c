"""The picture that only Libya has: in what state its council is, month by month, as shares that add to one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.patches import Patch

from forecast.errors import InvalidArgument
from forecast.plots.curves import Panels
from forecast.plots.selection import chosen_options, values
from forecast.plots.style import dress, months_axis, option_styles, percent_axis
from priors.pictures import Picture

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["COUNCIL_STATES", "council", "council_shares"]

COUNCIL_STATES = {
    "seated, endorsed by both legislatures": "#1b3a5f",
    "seated, not endorsed by both": "#8fb3d1",
    "alive, not seated": "#e3e0d5",
    "collapsed": "#8c2f1f",
}
"""The council's states, best first, and their colours: an ordered scale, apart from the options' colours."""


def council_shares(outcomes: xr.Dataset, options: list[str]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Share of worlds in each state of the council.

    Parameters
    ----------
    outcomes : xarray.Dataset
        From :func:`forecast.simulate`.
    options : list of str
        Option names.

    Returns
    -------
    ndarray
        Shape (option, state, month), states in the order of :data:`COUNCIL_STATES`; adds to 1 over states, as
        every world is in exactly one.
    """
    collapsed = values(outcomes, "council_collapsed", options)
    seated = values(outcomes, "council_seated", options) & ~collapsed
    both = values(outcomes, "hor_endorsed", options) & values(outcomes, "gnc_endorsed", options)
    states = (seated & both, seated & ~both, ~seated & ~collapsed, collapsed)
    return np.stack([state.mean(axis=1) for state in states], axis=1)


def _check_world(attrs: Mapping[Any, Any]) -> None:
    world = str(attrs.get("world", "libya"))
    if world != "libya":
        raise InvalidArgument(
            f"the picture of the Presidency Council of Libya, of a run of the world {world!r:.60}",
            expected="a run of the world 'libya'",
            mend="use forecast.plots.events",
        )


def council(outcomes: xr.Dataset, *, options: Iterable[str] | str | None = None) -> Picture:
    """Draw the shares of worlds in each state of the Presidency Council, stacked over time, a panel an option.

    Parameters
    ----------
    outcomes : xarray.Dataset
        From :func:`forecast.simulate`.
    options : iterable of str or str, optional
        Which options, by name; all that were run by default.

    Returns
    -------
    matplotlib.figure.Figure
        Axes in the order of the options, y from 0 to 1 shown as percentages: from below, seated and endorsed by
        both legislatures (the legitimate council), seated without both endorsements, alive but not seated
        (faltering), collapsed. A council that has not collapsed is alive.

    Raises
    ------
    UnknownOption
        If an option was not run.
    InvalidArgument
        If no option is asked for, or it is a run of another world.

    Examples
    --------
    >>> import forecast, priors
    >>> outcomes = forecast.simulate(priors.load("article"), evidence="none", options="no_assistance", worlds=50)
    >>> len(forecast.plots.council(outcomes).axes)
    1
    """
    chosen = chosen_options(outcomes, options)
    _check_world(outcomes.attrs)
    styles = option_styles(outcomes)
    months = outcomes["month"].values
    grid = Panels(len(chosen), columns=4, each=(2.8, 2.5), around=(0.4, 1.5), least=6.0, sharey=True)
    colours = list(COUNCIL_STATES.values())
    panels = zip(grid.axes, chosen, council_shares(outcomes, chosen), strict=True)
    for place, (ax, option, shares) in enumerate(panels):
        ax.stackplot(months, shares, colors=colours, edgecolor="white", linewidth=0.6)
        ax.set_title(styles[option].wrapped(34), fontsize=9.5, loc="left", pad=9)
        ax.spines[["left", "right", "bottom"]].set_visible(False)
        # The option's own colour, over its panel, ties this picture to the others.
        ax.spines["top"].set(color=styles[option].colour, linewidth=3.5, position=("outward", 3.0))
        ax.tick_params(labelsize=8, color="#999999")
        months_axis(ax, outcomes, label=grid.is_last(place))
        ax.set_ylim(0.0, 1.0)
        if grid.is_first(place):
            ax.set_ylabel("share of worlds (%)", fontsize=9)
        else:
            ax.tick_params(left=False)
    percent_axis(grid.axes[0])
    # Collapsed is at the top of the stack, so it stands first in the legend.
    handles = [Patch(facecolor=colour, label=state) for state, colour in reversed(COUNCIL_STATES.items())]
    dress(
        grid.figure,
        outcomes,
        title="What becomes of the Presidency Council",
        subtitle="Share of worlds in each state of the council, month by month; a world is in exactly one. An "
        "agreement that collapsed may be revived.",
        handles=handles,
    )
    return grid.figure
