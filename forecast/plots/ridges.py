"""End states: how the outcomes at the horizon are spread over worlds, under every option."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullFormatter

from forecast.arguments import probability
from forecast.errors import InvalidArgument
from forecast.outcomes.dataset import headline_of
from forecast.plots.curves import Panels
from forecast.plots.selection import chosen_names, chosen_options, values
from forecast.plots.style import (
    OptionStyle,
    amount_axis,
    dress,
    finish,
    horizon_words,
    option_styles,
    plain,
    unit_label,
)
from forecast.schema import SHARE, Outcome, outcomes_of
from forecast.worlds.pictures import said_of
from priors.intervals import MASS, interval_label, tails
from priors.pictures import Picture

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["end_states"]

_MOST = 4
"""So many outcomes are drawn where none is named."""

_INNER = 0.5
_BINS = 60
# The axis stops here: a few worlds in a thousand would otherwise take most of its length.
_SHOWN = 0.995


def _on_log_axis(outcome: Outcome, worlds: np.ndarray[Any, Any]) -> bool:
    return outcome.log and bool((worlds > 0.0).all())


def _edges(outcome: Outcome, worlds: np.ndarray[Any, Any], log: bool) -> np.ndarray[Any, Any]:
    """Give the histogram's edges, which are also the ends of the axis. No median is left out."""
    medians = np.median(worlds, axis=1)
    high = max(float(np.quantile(worlds, _SHOWN)), float(medians.max()))
    if log:
        low = min(float(np.quantile(worlds, 1.0 - _SHOWN)), float(medians.min()))
        return np.geomspace(low, high, _BINS + 1) if high > low else np.geomspace(low / 1.5, high * 1.5, _BINS + 1)
    # A share runs from 0 to 1, unless it is one of something that it can outgrow.
    if outcome.unit == SHARE and worlds.max() <= 1.0:
        return np.linspace(0.0, 1.0, _BINS + 1)
    return np.linspace(0.0, high if high > 0.0 else 1.0, _BINS + 1)


def _panel(ax: Axes, outcome: Outcome, worlds: np.ndarray[Any, Any], styles: list[OptionStyle], mass: float) -> None:
    """Draw one outcome: (option, world) values, the first option at the top."""
    log = _on_log_axis(outcome, worlds)
    edges = _edges(outcome, worlds, log)
    counts = np.stack([np.histogram(row, bins=edges)[0] for row in worlds])
    low, high = tails(mass)
    inner_low, inner_high = tails(_INNER)
    for position, (row, count, style) in enumerate(zip(worlds, counts, styles, strict=True)):
        y = len(styles) - 1 - position
        # Each ridge to its own height: a pile at zero under one option would flatten the others.
        ax.stairs(
            y + 0.62 * count / max(int(count.max()), 1), edges, baseline=y, fill=True, color=style.colour, alpha=0.38
        )
        q = np.quantile(row, (low, inner_low, 0.5, inner_high, high))
        ax.plot(q[[0, 4]], [y, y], color=style.colour, linewidth=1.5, solid_capstyle="butt")
        ax.plot(q[[1, 3]], [y, y], color=style.colour, linewidth=5.0, solid_capstyle="butt")
        ax.plot(
            *(q[2], y),
            marker="o",
            markersize=5.5,
            color="white",
            markeredgecolor="black",
            markeredgewidth=0.9,
            clip_on=False,
            zorder=5,
        )
    if log:
        ax.set_xscale("log")
        # Two labels a decade: 1,000, 3,000, 10,000.
        ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 3.0)))
        ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set_xlim(edges[0], edges[-1])
    if outcome.unit != "1":
        amount_axis(ax.xaxis)
    ax.set_ylim(-0.35, len(styles) - 0.2)
    ax.set_title(plain(outcome.long_name), fontsize=10, loc="left")
    ax.set_xlabel(unit_label(outcome.unit) + (" (log scale)" if log else ""), fontsize=9)


def _default(outcomes: xr.Dataset) -> list[str]:
    """Return the outcomes to draw where none is named."""
    known = outcomes_of(outcomes)
    quantities = [name for name, outcome in known.items() if not (outcome.is_event or outcome.is_time)]
    leading = [name for name in headline_of(outcomes) if name in quantities]
    names = list(said_of(outcomes.attrs).get("end_states", ())) or (leading or quantities)[:_MOST]
    if not names:
        raise InvalidArgument(
            "outcomes without a quantity at the horizon",
            expected="an outcome with an amount",
            mend="use forecast.plots.events for events and when they come",
        )
    return names


def end_states(
    outcomes: xr.Dataset,
    *,
    names: Iterable[str] | str | None = None,
    options: Iterable[str] | str | None = None,
    mass: float = MASS,
) -> Picture:
    """Draw how outcomes at the horizon are spread over worlds, one panel an outcome, one row an option.

    Parameters
    ----------
    outcomes : xarray.Dataset
        From :func:`forecast.simulate`.
    names : iterable of str or str, optional
        Outcomes that are quantities in every world; by default the first four of those that reports lead with, or else
        of all.
    options : iterable of str or str, optional
        Which options, by name; all that were run by default.
    mass : float
        Probability inside the thin bar, 0 to 1; the thick bar has the central 50%.

    Returns
    -------
    matplotlib.figure.Figure
        Axes in the order of the names, options from the top. Each row has a histogram to its own height (one
        x axis a panel, so shapes compare), the two bars and the median. What is declared as
        log is on such an axis. Axes end at the 99.5% point of all worlds and options together (on a log axis they begin
        at the 0.5% point); quantiles are of all worlds.

    Raises
    ------
    UnknownOption
        If an option was not run.
    UnknownOutcome
        If there is no such outcome.
    InvalidArgument
        If an outcome is a yes or no or a first month, nothing is asked for, or ``mass`` is not a probability.

    Examples
    --------
    >>> import forecast, priors
    >>> district = forecast.load_world("district")
    >>> outcomes = forecast.simulate(priors.load(district.beliefs), world=district, evidence="none", worlds=200)
    >>> figure = forecast.plots.end_states(outcomes, names=["rebels_end"])
    >>> [axes.get_xlabel() for axes in figure.axes]
    ['persons']
    """
    chosen = chosen_options(outcomes, options)
    known_outcomes = outcomes_of(outcomes)
    names = _default(outcomes) if names is None else names
    wanted = chosen_names(names, known_outcomes, argument="names", what="a per-world outcome")
    for name in wanted:
        if known_outcomes[name].is_event or known_outcomes[name].is_time:
            raise InvalidArgument(
                f"names with {name!r}, which is not a quantity in every world",
                expected="an outcome with an amount",
                mend="use forecast.plots.events for events and when they come",
            )
    probability("mass", mass)
    known = option_styles(outcomes)
    styles = [known[option] for option in chosen]
    grid = Panels(len(wanted), columns=2, each=(4.2, 0.55 * len(chosen) + 0.9), around=(2.8, 1.2), sharey=True)
    for ax, name in zip(grid.axes, wanted, strict=True):
        finish(ax)
        _panel(ax, known_outcomes[name], values(outcomes, name, chosen).astype(np.float64), styles, mass)
    grid.axes[0].set_yticks(range(len(styles)), [style.wrapped(32) for style in reversed(styles)], fontsize=9)
    for ax in grid.axes:
        ax.tick_params(axis="y", length=0, labelsize=9, pad=6)
        ax.spines["left"].set_visible(False)
    dress(
        grid.figure,
        outcomes,
        title=plain(f"{outcomes.attrs.get('world_title', '') or 'The world'} after {horizon_words(outcomes)}"),
        subtitle=(
            f"Dot: median. Thick bar: {interval_label(_INNER)} of worlds; thin bar: {interval_label(mass)}. "
            "Shaded: how worlds are spread, each row to its own height. "
            f"An axis may leave out the {100 * (1 - _SHOWN):.1g}% of worlds at its end."
        ),
    )
    return grid.figure
