"""Run the month with JAX, on whatever device JAX has: for accelerators.

The same definition of a month, traced by JAX. Its compiler chooses its own exponential and may fuse steps, so
continuous states differ from the other backends by rounding, and an event may fall the other way where a shock lies
within rounding of its threshold.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from forecast.engine.elementary import MOST_TERMS
from forecast.engine.layout import CODES, COUNTS, FLAGS, FLOATS, Stacks
from forecast.options import Option
from forecast.options.option import LEVERS
from forecast.world.month import month as advance
from forecast.world.month import origin
from forecast.world.state import Levers, Parameters, Shocks, State, Time

__all__ = ["advance_chunk"]

Floats = NDArray[np.float64]

Triggers = tuple[tuple[int, tuple[tuple[str, bool, float], ...], tuple[tuple[int, float], ...]], ...]
"""Triggers in a form that can be hashed: start, conditions (state, is a lower bound, bound), levers with levels."""


def _poisson_ppf(uniform: Any, rate: Any) -> Any:
    """Poisson quantile, by the sum of :func:`forecast.engine.elementary.poisson_ppf`."""
    first = jnp.exp(-rate)

    def undecided(carry: Any) -> Any:
        k, _, _, cumulative = carry
        return jnp.any(uniform > cumulative) & (k < MOST_TERMS)

    def one_more(carry: Any) -> Any:
        k, count, term, cumulative = carry
        count = count + (uniform > cumulative)
        term = term * (rate * (1.0 / k))
        return k + 1.0, count, term, cumulative + term

    return jax.lax.while_loop(undecided, one_more, (1.0, jnp.zeros_like(first), first, first))[1]


class _Namespace(NamedTuple):
    exp: Any = jnp.exp
    sqrt: Any = jnp.sqrt
    minimum: Any = jnp.minimum
    maximum: Any = jnp.maximum
    where: Any = jnp.where
    poisson_ppf: Any = _poisson_ppf


def _readings(state: State) -> tuple[tuple[Any, ...], ...]:
    """Give the states as they are kept, by kind."""
    return (
        tuple(getattr(state, name) for name in FLOATS),
        tuple(jnp.rint(getattr(state, name)).astype(jnp.int16) for name in COUNTS),
        tuple(getattr(state, name) != 0.0 for name in FLAGS),
        tuple((state.assault + 2.0 * state.freed).astype(jnp.int8) for _ in CODES),
    )


def _run(triggers: Triggers, levels: Any, parameters: Any, shocks: Any, at_origin: Any) -> Any:
    """Run one option over a chunk; states by kind, each of shape (month, world)."""
    beliefs = Parameters(*parameters)
    start = origin(beliefs, *at_origin)
    # Comparisons at the origin may have given another type than the months to come.
    start = State(*(jnp.asarray(value, dtype=jnp.float64) for value in start))
    fired = tuple(jnp.zeros_like(start.isis_fighters) for _ in triggers)
    years = jnp.arange(levels.shape[0]) / 12.0

    def step(carry: Any, now: Any) -> Any:
        state, latches = carry
        row, luck, when = now
        pulled = [row[number] for number in range(len(LEVERS))]
        latched = []
        for latch, (since, conditions, sets) in zip(latches, triggers, strict=True):
            # Half a month's room, because months come as years.
            met = jnp.full(latch.shape, 12.0 * when + 1.5 >= since)
            for name, is_lower, bound in conditions:
                value = getattr(state, name)
                met = met & (value >= bound if is_lower else value <= bound)
            latch = jnp.maximum(latch, met)
            latched.append(latch)
            for lever, level in sets:
                pulled[lever] = pulled[lever] * (1.0 - latch) + level * latch
        after = advance(_Namespace(), state, Levers(*pulled), beliefs, Shocks(*luck), Time(when, 1.0, 0.0))
        after = State(*(jnp.asarray(value, dtype=jnp.float64) for value in after))
        return (after, tuple(latched)), _readings(after)

    _, months = jax.lax.scan(step, (start, fired), (levels, jnp.moveaxis(shocks, 1, 0), years))
    return jax.tree.map(lambda first, rest: jnp.concatenate([first[None], rest]), _readings(start), months)


_compiled = jax.jit(_run, static_argnums=0)


@lru_cache(maxsize=64)
def _triggers(option: Option) -> Triggers:
    return tuple(
        (
            trigger.start,
            tuple((one.state, one.at_least is not None, one.bound) for one in trigger.when),
            tuple((LEVERS.index(lever), level) for lever, level in trigger.set.items()),
        )
        for trigger in option.triggers
    )


def advance_chunk(
    options: tuple[Option, ...], parameters: Floats, shocks: Floats, at_origin: Floats, *, start: int, out: Stacks
) -> None:
    """Run every option over a chunk of worlds and write every state.

    Arguments as for :func:`forecast.engine.numpy_backend.advance_chunk`. Chunks of fewer worlds than usual are
    filled up to a power of two with copies of the last world, so that little is compiled again for them.
    """
    worlds = parameters.shape[1]
    padded = 1 << (worlds - 1).bit_length()
    fill = ((0, 0), (0, padded - worlds))
    # Double precision in here only: the user's own setting for JAX stays as it is.
    with jax.enable_x64(True):
        given = jax.device_put(
            (
                np.pad(parameters, fill, mode="edge"),
                np.pad(shocks, ((0, 0), *fill), mode="edge"),
                np.pad(at_origin, fill, mode="edge"),
            )
        )
        for row, option in enumerate(options):
            results = _compiled(_triggers(option), option.schedule(shocks.shape[1]), *given)
            kinds: tuple[NDArray[Any], ...] = out
            for array, states in zip(kinds, results, strict=True):
                for number, values in enumerate(states):
                    array[number, row, start : start + worlds] = np.asarray(values).T[:worlds]
