"""Do-operations on the world: a clock forced to ring, or never to, in the same worlds with the same luck.

A tool of the tests and of the page on the model. It runs on the NumPy backend, at any step.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

import priors
from forecast.engine.numpy_backend import NAMESPACE
from forecast.engine.shocks import draw_shocks, origin_shocks
from forecast.libya.month import month, origin
from forecast.libya.state import Levers, OriginShocks, Parameters, Shocks, State, Time
from forecast.libya.world import LIBYA
from forecast.options.loading import load as load_options
from forecast.options.option import Option

__all__ = ["AT_ONCE", "COUNCIL_DEAD", "COUNCIL_WHOLE", "FREED_IN_MONTH_6", "NEVER", "Forced", "draw", "worlds"]

Floats = NDArray[np.float64]

AT_ONCE, NEVER = -60.0, 60.0
"""Logs of the shock of a clock that rings at once and of one that does not ring."""

Forced = Mapping[str, float | Mapping[int, float]]
"""The log of a channel's shock: in every step, or by step from 0."""

COUNCIL_WHOLE: Forced = {
    "seating": {0: AT_ONCE},
    "hor": {0: AT_ONCE},
    "gnc": {0: AT_ONCE},
    "boycott": {step: AT_ONCE if step == 0 else NEVER for step in range(24)},
    "collapse": NEVER,
}
"""Seated, endorsed by both and with all its members from the first month, for good."""

COUNCIL_DEAD: Forced = {"collapse": {0: AT_ONCE}, "reviving": NEVER}
"""Collapsed in the first month, for good."""

FREED_IN_MONTH_6: Forced = {
    "assault": {5: AT_ONCE},
    "freeing": {5: AT_ONCE - 5.0},
    "giving_up": {5: NEVER},
}
"""Sirte freed in month 6 where it was not before."""


def draw(beliefs: str | priors.PriorSet, worlds: int, *, seed: int = 1, **fixed: float) -> Parameters:
    """Draw worlds of beliefs, some of them fixed."""
    known = priors.load(beliefs) if isinstance(beliefs, str) else beliefs
    drawn = known.sample(worlds, seed=seed)
    values = {name: drawn[name].values.astype(float) for name in Parameters._fields}
    return Parameters(**(values | {name: np.full(worlds, value) for name, value in fixed.items()}))


def worlds(
    parameters: Parameters,
    option: str | Option,
    *,
    months: int = 24,
    step: float = 1.0,
    seed: int = 1,
    do: Forced | None = None,
    hold: Mapping[str, float] | None = None,
) -> list[State]:
    """Run an option, with some clocks forced.

    Parameters
    ----------
    parameters : Parameters
        One value a world.
    option : str or Option
        Without triggers, whose months are those of the option's own schedule.
    months : int
        Horizon.
    step : float
        Length of a step in months; a whole number of steps makes the horizon. Levers are averaged over it.
    seed : int
        Of luck. Other steps have other luck.
    do : mapping, optional
        The channels that are forced.
    hold : mapping, optional
        States that are held at a value, at the origin and at the end of every step.

    Returns
    -------
    list of State
        At the origin and after each step, arrays of shape (world,).
    """
    size = parameters.isis_fighters.size
    chosen = load_options()[option] if isinstance(option, str) else option
    steps = round(months / step)
    schedule = _averaged(chosen.schedule(months, Levers._fields), steps, step)
    luck = draw_shocks(LIBYA, seed, steps, 0, size)
    for channel, by_step in (do or {}).items():
        at = Shocks._fields.index(channel)
        for n in range(steps):
            value = by_step if isinstance(by_step, float) else by_step.get(n)
            if value is not None:
                luck[at, n] = value
    held = {name: np.full(size, value) for name, value in (hold or {}).items()}
    state = origin(parameters, OriginShocks(*origin_shocks(LIBYA, seed, 0, size)))._replace(**held)
    path = [state]
    log_step = float(np.log(step))
    for n in range(steps):
        now = Time(years=n * step / 12.0, step=step, log_step=log_step)
        state = month(NAMESPACE, state, Levers(*schedule[n]), parameters, Shocks(*luck[:, n]), now)
        state = State(*(np.broadcast_to(value, (size,)) for value in state))._replace(**held)
        path.append(state)
    return path


def _averaged(monthly: Floats, steps: int, step: float) -> Floats:
    """Levels of each step as the mean over the months that it covers."""
    if step == 1.0:
        return monthly
    edges = np.arange(steps + 1) * step
    total = np.vstack([np.zeros(monthly.shape[1]), np.cumsum(monthly, axis=0)])
    at = np.arange(monthly.shape[0] + 1, dtype=float)
    summed = np.stack([np.interp(edges, at, column) for column in total.T], axis=1)
    return np.diff(summed, axis=0) / step
