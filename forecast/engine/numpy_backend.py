"""Run the month on NumPy arrays, all the worlds of a chunk at once: the reference, with nothing to compile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from forecast.engine.elementary import exp, poisson_ppf
from forecast.engine.layout import Stacks, named
from forecast.options.option import LEVERS, Option
from forecast.schema import STATES
from forecast.world.month import month as advance
from forecast.world.month import origin
from forecast.world.state import Levers, Parameters, Shocks, State, Time

__all__ = ["NAMESPACE", "advance_chunk"]

Floats = NDArray[np.float64]


class Namespace(NamedTuple):
    """What the world asks of an array library."""

    exp: Any = exp
    sqrt: np.ufunc = np.sqrt
    minimum: np.ufunc = np.minimum
    maximum: np.ufunc = np.maximum
    where: Any = np.where
    poisson_ppf: Any = poisson_ppf


NAMESPACE = Namespace()


def advance_chunk(
    options: tuple[Option, ...], parameters: Floats, shocks: Floats, at_origin: Floats, *, start: int, out: Stacks
) -> None:
    """Run every option over a chunk of worlds and write every state.

    Parameters
    ----------
    options : tuple of Option
        In the order of their rows in ``out``.
    parameters : ndarray
        Shape (parameter, world).
    shocks : ndarray
        Shape (channel, month, world).
    at_origin : ndarray
        The shocks drawn once a world, see :func:`forecast.engine.shocks.origin_shocks`; shape (2, world).
    start : int
        Where the chunk's first world stands in ``out``.
    out : Stacks
        Arrays to write into.
    """
    worlds = slice(start, start + parameters.shape[1])
    states = named(out)
    for row, option in enumerate(options):
        rows = {name: array[row, worlds] for name, array in states.items()}
        _run_option(option, Parameters(*parameters), Shocks(*shocks), at_origin, rows)


def _record(out: Mapping[str, NDArray[Any]], state: State, month: int) -> None:
    for name, variable in STATES.items():
        if name == "sirte":
            out[name][:, month] = state.assault + 2.0 * state.freed
        elif variable.kind == "count":
            # The origin's clashes are a rate, and storing a whole number would cut it down.
            out[name][:, month] = np.rint(getattr(state, name))
        else:
            out[name][:, month] = getattr(state, name)


def _run_option(
    option: Option, parameters: Parameters, shocks: Shocks, at_origin: Floats, out: Mapping[str, NDArray[Any]]
) -> None:
    months = shocks.isis.shape[0]
    schedule = option.schedule(months)
    state = origin(parameters, *at_origin)
    _record(out, state, 0)
    fired = [np.zeros(at_origin[0].shape) for _ in option.triggers]
    for step in range(months):
        levels: list[float | Floats] = [float(level) for level in schedule[step]]
        for latch, trigger in zip(fired, option.triggers, strict=True):
            met = np.full(latch.shape, step + 1 >= trigger.start)
            for condition in trigger.when:
                met &= condition.holds(state)
            np.maximum(latch, met, out=latch)
            for lever, level in trigger.set.items():
                column = LEVERS.index(lever)
                # Products with an exact 0 or 1: a trigger that has not fired changes no bit.
                levels[column] = levels[column] * (1.0 - latch) + level * latch
        now = Shocks(*(channel[step] for channel in shocks))
        state = advance(NAMESPACE, state, Levers(*levels), parameters, now, Time.of_month(step))
        _record(out, state, step + 1)
