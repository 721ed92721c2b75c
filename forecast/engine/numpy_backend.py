"""Run the month on NumPy arrays, all the worlds of a chunk at once: the reference, with nothing to compile."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType, SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecast.engine.elementary import binomial_ppf, exp, log, poisson_ppf
from forecast.engine.layout import Stacks, kept, named
from forecast.engine.program import Runner
from forecast.months import first_step_of
from forecast.options.option import Option
from forecast.world import World

__all__ = ["NAMESPACE", "OPERATIONS", "advance_chunk"]

Floats = NDArray[np.float64]

OPERATIONS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "add": np.add,
        "subtract": np.subtract,
        "multiply": np.multiply,
        "divide": np.divide,
        "negative": np.negative,
        "minimum": np.minimum,
        "maximum": np.maximum,
        "absolute": np.absolute,
        "floor": np.floor,
        "equal": lambda left, right: np.equal(left, right) * 1.0,
        "less": lambda left, right: np.less(left, right) * 1.0,
        "less_equal": lambda left, right: np.less_equal(left, right) * 1.0,
        "where": lambda condition, yes, no: np.where(np.not_equal(condition, 0.0), yes, no),
        # A lever has one level for all worlds.
        "exp": lambda x: exp(np.atleast_1d(x)),
        "log": log,
        "sqrt": np.sqrt,
        "poisson_ppf": lambda *given: poisson_ppf(*np.broadcast_arrays(*np.atleast_1d(*given))),
        "binomial_ppf": lambda *given: binomial_ppf(*np.broadcast_arrays(*np.atleast_1d(*given))),
    }
)
"""What NumPy does for each operation of a program."""

NAMESPACE = SimpleNamespace(
    **{name: OPERATIONS[name] for name in ("exp", "sqrt", "minimum", "maximum", "where", "poisson_ppf", "binomial_ppf")}
)
"""The same for functions of a world that are called on arrays."""


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

    Parameters
    ----------
    world : World
        What a month is.
    options : tuple of Option
        In the order of their rows in ``out``.
    parameters : ndarray
        Shape (parameter, world).
    shocks : ndarray
        Shape (channel, step, world).
    at_origin : ndarray
        The shocks drawn once a world, see :func:`forecast.engine.shocks.origin_shocks`; shape (channel, world).
    start : int
        Where the chunk's first world stands in ``out``.
    out : Stacks
        Arrays to write into.
    """
    worlds = slice(start, start + parameters.shape[1])
    states = named(world, out)
    for row, option in enumerate(options):
        rows = {name: array[row, worlds] for name, array in states.items()}
        _run_option(world, option, parameters, shocks, at_origin, rows)


@lru_cache(maxsize=32)
def _runners(world: World) -> tuple[Runner, Runner]:
    return Runner(world.origin_program, OPERATIONS), Runner(world.month_program, OPERATIONS)


def _record(world: World, out: Mapping[str, NDArray[Any]], state: Sequence[Any], month: int) -> None:
    for name, variable in world.states.items():
        out[name][:, month] = kept(np, np.asarray(state[world.row(name)]), variable)


def _run_option(
    world: World,
    option: Option,
    parameters: Floats,
    shocks: Floats,
    at_origin: Floats,
    out: Mapping[str, NDArray[Any]],
) -> None:
    steps = shocks.shape[1]
    schedule = option.by_step(steps, world.levers, step=world.step)
    since = [first_step_of(trigger.start, world.step) for trigger in option.triggers]
    origin, advance = _runners(world)
    state = origin({"parameters": parameters, "at_origin": at_origin})
    _record(world, out, state, 0)
    fired = [np.zeros(parameters.shape[1]) for _ in option.triggers]
    for step in range(steps):
        levels: list[Any] = list(schedule[step])
        for latch, trigger, first in zip(fired, option.triggers, since, strict=True):
            met = np.full(latch.shape, step + 1 >= first)
            for condition in trigger.when:
                met &= condition.holds(state[world.row(condition.state)])
            np.maximum(latch, met, out=latch)
            for lever, level in trigger.set.items():
                column = world.levers.index(lever)
                # Products with an exact 0 or 1: a trigger that has not fired changes no bit.
                levels[column] = levels[column] * (1.0 - latch) + level * latch
        groups = {"state": state, "levers": levels, "parameters": parameters, "shocks": shocks[:, step]}
        state = advance(groups | {"years": [step * world.step / 12.0]})
        _record(world, out, state, step + 1)
