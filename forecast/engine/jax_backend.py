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

from forecast.engine.elementary import (
    MOST_RATE,
    MOST_TERMS,
    MOST_TRIALS,
    NEGLIGIBLE,
    SUMMED,
    at_the_mode,
    binomial_at_the_mode,
    binomial_of_none,
)
from forecast.engine.layout import KINDS, STORED, Stacks, kept, of_kind
from forecast.engine.program import Runner
from forecast.months import first_step_of
from forecast.options import Option
from forecast.world import World

__all__ = ["advance_chunk"]

Floats = NDArray[np.float64]

Triggers = tuple[tuple[int, tuple[tuple[int, bool, float], ...], tuple[tuple[int, float], ...]], ...]
"""Triggers in a form that can be hashed: start, conditions (row of the state, is a lower bound, bound), levers with
levels."""


def _poisson_ppf(uniform: Any, rate: Any) -> Any:
    """Poisson quantile, by the sums of :func:`forecast.engine.elementary.poisson_ppf`."""
    uniform, rate = jnp.broadcast_arrays(uniform, rate)
    known = (uniform >= 0.0) & (uniform < 1.0) & (rate >= 0.0) & (rate <= MOST_RATE)
    uniform, rate = jnp.where(known, uniform, 0.0), jnp.where(known, rate, 0.0)
    large = rate > SUMMED
    small = _from_zero(uniform, jnp.where(large, 0.0, rate))
    # A rate of 100 costs little where there is none above.
    rate = jnp.where(large, rate, SUMMED)
    mode = jnp.floor(rate)
    peak = at_the_mode(jnp, rate, mode)
    found = _from_the_mode(large, uniform, mode, peak, lambda k: k / rate, lambda k: rate / k)
    return jnp.where(known, jnp.where(large, found, small), jnp.nan)


def _binomial_ppf(uniform: Any, trials: Any, chance: Any) -> Any:
    """Binomial quantile, by the sums of :func:`forecast.engine.elementary.binomial_ppf`."""
    given = jnp.broadcast_arrays(uniform, trials, chance)
    uniform, trials, chance = given
    known = (uniform >= 0.0) & (uniform < 1.0) & (trials >= 0.0) & (trials <= MOST_TRIALS)
    known &= (trials == jnp.floor(trials)) & (chance >= 0.0) & (chance <= 1.0)
    uniform, trials, chance = (jnp.where(known, part, 0.0) for part in given)
    turned = chance > 0.5
    reach = jnp.where(turned, jnp.nextafter(1.0 - uniform, 1.0), uniform)
    share, other = jnp.where(turned, 1.0 - chance, chance), jnp.where(turned, chance, 1.0 - chance)
    large = trials * share > SUMMED
    small = _binomial_from_zero(reach, jnp.where(large, 0.0, trials), share, other)
    n, p, q = jnp.where(large, trials, 4.0 * SUMMED), jnp.where(large, share, 0.5), jnp.where(large, other, 0.5)
    mode, up, down = jnp.floor(n * p), p / q, q / p
    peak = binomial_at_the_mode(jnp, n, p, q, mode)
    found = _from_the_mode(
        large, reach, mode, peak, lambda k: k / (n - k + 1.0) * down, lambda k: (n - k + 1.0) / k * up
    )
    count = jnp.where(large, found, small)
    count = jnp.where(turned, trials - count, count)
    return jnp.where(known, jnp.where(uniform == 0.0, 0.0, count), jnp.nan)


def _from_the_mode(
    wanted: Any, uniform: Any, mode: Any, peak: Any, fallen: Callable[[Any], Any], risen: Callable[[Any], Any]
) -> Any:
    def down(carry: Any) -> Any:
        total, term, k = carry
        term = term * fallen(k)
        return total + term, term, k - 1.0

    total, _, _ = jax.lax.while_loop(lambda carry: jnp.any(wanted & (carry[1] > NEGLIGIBLE)), down, (peak, peak, mode))

    def lower(carry: Any) -> Any:
        _, below, term, _ = carry
        return wanted & (uniform <= below - term) & (term > NEGLIGIBLE)

    def one_lower(carry: Any) -> Any:
        count, below, term, k = carry
        return count - lower(carry), below - term, term * fallen(k), k - 1.0

    first = (mode, total, peak, mode)
    below = jax.lax.while_loop(lambda carry: jnp.any(lower(carry)), one_lower, first)[0]

    def higher(carry: Any) -> Any:
        _, cumulative, term, _ = carry
        return wanted & (uniform > cumulative) & (term > NEGLIGIBLE)

    def one_higher(carry: Any) -> Any:
        count, cumulative, term, k = carry
        term = term * risen(k + 1.0)
        return count + higher(carry), cumulative + term, term, k + 1.0

    above = jax.lax.while_loop(lambda carry: jnp.any(higher(carry)), one_higher, first)[0]
    return jnp.where(uniform > total, above, below)


def _from_zero(uniform: Any, rate: Any) -> Any:
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


def _binomial_from_zero(uniform: Any, trials: Any, share: Any, other: Any) -> Any:
    odds, mean = share / other, trials * share
    first = binomial_of_none(jnp, trials, share, other)

    def above(carry: Any) -> Any:
        k, _, term, cumulative = carry
        return (uniform > cumulative) & ((term > NEGLIGIBLE) | (k <= mean))

    def one_more(carry: Any) -> Any:
        k, count, term, cumulative = carry
        count = count + above(carry)
        term = term * ((trials + 1.0 - k) * odds * (1.0 / k))
        return k + 1.0, count, term, cumulative + term

    start = (1.0, jnp.zeros_like(first), first, first)
    count = jax.lax.while_loop(lambda carry: jnp.any(above(carry)) & (carry[0] < MOST_TERMS), one_more, start)[1]
    return jnp.minimum(count, trials)


_OPERATIONS: Mapping[str, Callable[..., Any]] = {
    "add": jnp.add,
    "subtract": jnp.subtract,
    "multiply": jnp.multiply,
    "divide": jnp.divide,
    "negative": jnp.negative,
    "minimum": jnp.minimum,
    "maximum": jnp.maximum,
    "absolute": jnp.absolute,
    "floor": jnp.floor,
    "equal": lambda left, right: jnp.equal(left, right) * 1.0,
    "less": lambda left, right: jnp.less(left, right) * 1.0,
    "less_equal": lambda left, right: jnp.less_equal(left, right) * 1.0,
    "where": lambda condition, yes, no: jnp.where(condition != 0.0, yes, no),
    "exp": jnp.exp,
    "log": jnp.log,
    "sqrt": jnp.sqrt,
    "poisson_ppf": _poisson_ppf,
    "binomial_ppf": _binomial_ppf,
}


def _readings(world: World, state: list[Any]) -> tuple[tuple[Any, ...], ...]:
    """Give the states as they are kept, by kind."""
    return tuple(
        tuple(
            kept(jnp, state[world.row(name)], world.states[name]).astype(STORED[kind]) for name in of_kind(world, kind)
        )
        for kind in KINDS
    )


def _run(world: World, triggers: Triggers, levels: Any, parameters: Any, shocks: Any, at_origin: Any) -> Any:
    """Run one option over a chunk; states by kind, each of shape (month, world)."""
    origin, advance = (Runner(program, _OPERATIONS) for program in (world.origin_program, world.month_program))
    worlds = parameters.shape[1:]

    def spread(state: list[Any]) -> list[Any]:
        # What no belief and no luck enters is one number, and what is carried on keeps its shape.
        return [jnp.broadcast_to(jnp.asarray(value, dtype=jnp.float64), worlds) for value in state]

    start = spread(origin({"parameters": parameters, "at_origin": at_origin}))
    fired = tuple(jnp.zeros(worlds) for _ in triggers)

    def step(carry: Any, now: Any) -> Any:
        state, latches = carry
        row, luck, number = now
        pulled = list(row)
        latched = []
        for latch, (since, conditions, sets) in zip(latches, triggers, strict=True):
            met = jnp.full(latch.shape, number + 1 >= since)
            for place, is_lower, bound in conditions:
                met = met & (state[place] >= bound if is_lower else state[place] <= bound)
            latch = jnp.maximum(latch, met)
            latched.append(latch)
            for lever, level in sets:
                pulled[lever] = pulled[lever] * (1.0 - latch) + level * latch
        groups = {"state": state, "levers": pulled, "parameters": parameters, "shocks": luck}
        after = spread(advance(groups | {"years": [number * world.step / 12.0]}))
        return (after, tuple(latched)), _readings(world, after)

    numbers = jnp.arange(levels.shape[0])
    _, months = jax.lax.scan(step, (start, fired), (levels, jnp.moveaxis(shocks, 1, 0), numbers))
    return jax.tree.map(lambda first, rest: jnp.concatenate([first[None], rest]), _readings(world, start), months)


_compiled = jax.jit(_run, static_argnums=(0, 1))


@lru_cache(maxsize=64)
def _triggers(world: World, option: Option) -> Triggers:
    return tuple(
        (
            first_step_of(trigger.start, world.step),
            tuple((world.row(one.state), one.at_least is not None, one.bound) for one in trigger.when),
            tuple((world.levers.index(lever), level) for lever, level in trigger.set.items()),
        )
        for trigger in option.triggers
    )


def advance_chunk(
    world: World,
    options: tuple[Option, ...],
    parameters: Floats,
    shocks: Floats,
    at_origin: Floats,
    *,
    start: int,
    out: Stacks,
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
            schedule = option.by_step(shocks.shape[1], world.levers, step=world.step)
            results = _compiled(world, _triggers(world, option), schedule, *given)
            kinds: tuple[NDArray[Any], ...] = out
            for array, states in zip(kinds, results, strict=True):
                for number, values in enumerate(states):
                    array[number, row, start : start + worlds] = np.asarray(values).T[:worlds]
