"""Run the month with JAX, on whatever device JAX has: for accelerators.

The same steps of a month, traced by JAX. Its compiler chooses its own exponential and may fuse steps, so
continuous states differ from the other backends by rounding, and an event may fall the other way where a shock lies
within rounding of its threshold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from forecast.engine.elementary import MOST_TERMS
from forecast.engine.layout import CODES, COUNTS, FLAGS, FLOATS, Stacks
from forecast.engine.program import Runner, month_program, origin_program
from forecast.libya.state import State
from forecast.options import Option
from forecast.options.option import LEVERS

__all__ = ["advance_chunk"]

Floats = NDArray[np.float64]

Triggers = tuple[tuple[int, tuple[tuple[int, bool, float], ...], tuple[tuple[int, float], ...]], ...]
"""Triggers in a form that can be hashed: start, conditions (row of the state, is a lower bound, bound), levers with
levels."""


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


_OPERATIONS: Mapping[str, Callable[..., Any]] = {
    "add": jnp.add,
    "subtract": jnp.subtract,
    "multiply": jnp.multiply,
    "divide": jnp.divide,
    "negative": jnp.negative,
    "minimum": jnp.minimum,
    "maximum": jnp.maximum,
    "less": lambda left, right: jnp.less(left, right) * 1.0,
    "less_equal": lambda left, right: jnp.less_equal(left, right) * 1.0,
    "where": lambda condition, yes, no: jnp.where(condition != 0.0, yes, no),
    "exp": jnp.exp,
    "sqrt": jnp.sqrt,
    "poisson_ppf": _poisson_ppf,
}

_ORIGIN, _MONTH = Runner(origin_program(), _OPERATIONS), Runner(month_program(), _OPERATIONS)

_ROW = {name: row for row, name in enumerate(State._fields)}


def _readings(state: list[Any]) -> tuple[tuple[Any, ...], ...]:
    """Give the states as they are kept, by kind."""
    return (
        tuple(state[_ROW[name]] for name in FLOATS),
        tuple(jnp.rint(state[_ROW[name]]).astype(jnp.int16) for name in COUNTS),
        tuple(state[_ROW[name]] != 0.0 for name in FLAGS),
        tuple((state[_ROW["assault"]] + 2.0 * state[_ROW["freed"]]).astype(jnp.int8) for _ in CODES),
    )


def _run(triggers: Triggers, levels: Any, parameters: Any, shocks: Any, at_origin: Any) -> Any:
    """Run one option over a chunk; states by kind, each of shape (month, world)."""
    start = _ORIGIN({"parameters": parameters, "at_origin": at_origin})
    fired = tuple(jnp.zeros(parameters.shape[1]) for _ in triggers)
    years = jnp.arange(levels.shape[0]) / 12.0

    def step(carry: Any, now: Any) -> Any:
        state, latches = carry
        row, luck, when = now
        pulled = [row[number] for number in range(len(LEVERS))]
        latched = []
        for latch, (since, conditions, sets) in zip(latches, triggers, strict=True):
            # Half a month's room, because months come as years.
            met = jnp.full(latch.shape, 12.0 * when + 1.5 >= since)
            for number, is_lower, bound in conditions:
                value = state[number]
                met = met & (value >= bound if is_lower else value <= bound)
            latch = jnp.maximum(latch, met)
            latched.append(latch)
            for lever, level in sets:
                pulled[lever] = pulled[lever] * (1.0 - latch) + level * latch
        groups = {"state": state, "levers": pulled, "parameters": parameters, "shocks": luck, "years": [when]}
        after = _MONTH(groups)
        return (after, tuple(latched)), _readings(after)

    _, months = jax.lax.scan(step, (start, fired), (levels, jnp.moveaxis(shocks, 1, 0), years))
    return jax.tree.map(lambda first, rest: jnp.concatenate([first[None], rest]), _readings(start), months)


_compiled = jax.jit(_run, static_argnums=0)


@lru_cache(maxsize=64)
def _triggers(option: Option) -> Triggers:
    return tuple(
        (
            trigger.start,
            tuple((_ROW[one.state], one.at_least is not None, one.bound) for one in trigger.when),
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
