"""Run the month on NumPy arrays, all the worlds of a chunk at once: the reference backend."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from forecast.options.option import LEVERS, Option
from forecast.schema import STATES
from forecast.world.month import month as advance
from forecast.world.month import origin
from forecast.world.state import Levers, Parameters, Shocks, State

__all__ = ["NAMESPACE", "poisson_ppf", "run_option"]

Floats = NDArray[np.float64]


def poisson_ppf(uniform: Floats, rate: Floats) -> Floats:
    """Poisson quantile: the smallest count whose CDF reaches ``uniform``.

    Sums the CDF upwards until every world is decided. For rates up to 48 a month the 150 terms leave less than
    1e-27 of the mass out.

    Parameters
    ----------
    uniform : ndarray
        In (0, 1).
    rate : ndarray
        Mean count, 0..48, of the same shape.

    Returns
    -------
    ndarray
        Whole numbers as floats.
    """
    term = np.exp(-rate)
    cumulative = term.copy()
    count = np.zeros_like(term)
    above = np.empty(term.shape, dtype=bool)
    for k in range(1, 150):
        np.greater(uniform, cumulative, out=above)
        if not above.any():
            break
        count += above
        term *= rate
        term *= 1.0 / k
        cumulative += term
    return count


class Namespace(NamedTuple):
    """What the world asks of an array library."""

    exp: np.ufunc = np.exp
    minimum: np.ufunc = np.minimum
    maximum: np.ufunc = np.maximum
    poisson_ppf: object = poisson_ppf


NAMESPACE = Namespace()


def _record(out: Mapping[str, NDArray[np.generic]], state: State, month: int) -> None:
    for name, variable in STATES.items():
        if name == "sirte":
            out[name][month] = state.assault + 2.0 * state.freed
        elif variable.kind == "count":
            # The origin's clashes are a rate, and storing a whole number would cut it down.
            out[name][month] = np.rint(getattr(state, name))
        else:
            out[name][month] = getattr(state, name)


def run_option(
    option: Option,
    parameters: Parameters,
    shocks: Shocks,
    at_origin: tuple[Floats, Floats],
    out: Mapping[str, NDArray[np.generic]],
) -> None:
    """Run one option over the worlds of a chunk and write every state.

    Parameters
    ----------
    option : Option
        The option.
    parameters : Parameters
        Arrays of shape (world,).
    shocks : Shocks
        Arrays of shape (months, world).
    at_origin : tuple of ndarray
        The shocks drawn once a world, each of shape (world,); see :func:`forecast.engine.shocks.origin_shocks`.
    out : mapping of str to ndarray
        For each state an array of shape (months + 1, world) to write into.
    """
    months = shocks.isis.shape[0]
    schedule = option.schedule(months)
    state = origin(parameters, *at_origin)
    _record(out, state, 0)
    fired = [np.zeros(at_origin[0].shape) for _ in option.triggers]
    for step in range(months):
        levels: list[float | Floats] = [float(level) for level in schedule[step]]
        for latch, trigger in zip(fired, option.triggers, strict=True):
            met = np.ones(latch.shape, dtype=bool)
            for condition in trigger.when:
                met &= condition.holds(state)
            np.maximum(latch, met, out=latch)
            for lever, level in trigger.set.items():
                column = LEVERS.index(lever)
                # Products with an exact 0 or 1: a trigger that has not fired changes no bit.
                levels[column] = levels[column] * (1.0 - latch) + level * latch
        now = Shocks(*(channel[step] for channel in shocks))
        state = advance(NAMESPACE, state, Levers(*levels), parameters, now, step / 12.0)
        _record(out, state, step + 1)
