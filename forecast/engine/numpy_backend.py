"""Run the month on NumPy arrays, all the worlds of a chunk at once: the reference, with nothing to compile."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType, SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecast.engine.elementary import exp, poisson_ppf
from forecast.engine.layout import Stacks, named
from forecast.engine.program import Runner, month_program, origin_program
from forecast.libya.state import State
from forecast.options.option import LEVERS, Option
from forecast.schema import STATES

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
        "less": lambda left, right: np.less(left, right) * 1.0,
        "less_equal": lambda left, right: np.less_equal(left, right) * 1.0,
        "where": lambda condition, yes, no: np.where(np.not_equal(condition, 0.0), yes, no),
        # A lever has one level for all worlds.
        "exp": lambda x: exp(np.atleast_1d(x)),
        "sqrt": np.sqrt,
        "poisson_ppf": lambda uniform, rate: poisson_ppf(*np.broadcast_arrays(*np.atleast_1d(uniform, rate))),
    }
)
"""What NumPy does for each operation of a program."""

NAMESPACE = SimpleNamespace(
    **{name: OPERATIONS[name] for name in ("exp", "sqrt", "minimum", "maximum", "where", "poisson_ppf")}
)
"""The same for functions of a world that are called on arrays."""

_ORIGIN, _MONTH = Runner(origin_program(), OPERATIONS), Runner(month_program(), OPERATIONS)

_ROW = {name: row for row, name in enumerate(State._fields)}


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
        _run_option(option, parameters, shocks, at_origin, rows)


def _record(out: Mapping[str, NDArray[Any]], state: Sequence[Any], month: int) -> None:
    for name, variable in STATES.items():
        if name == "sirte":
            out[name][:, month] = state[_ROW["assault"]] + 2.0 * state[_ROW["freed"]]
        elif variable.kind == "count":
            # The origin's clashes are a rate, and storing a whole number would cut it down.
            out[name][:, month] = np.rint(state[_ROW[name]])
        else:
            out[name][:, month] = state[_ROW[name]]


def _run_option(
    option: Option, parameters: Floats, shocks: Floats, at_origin: Floats, out: Mapping[str, NDArray[Any]]
) -> None:
    months = shocks.shape[1]
    schedule = option.schedule(months)
    state = _ORIGIN({"parameters": parameters, "at_origin": at_origin})
    _record(out, state, 0)
    fired = [np.zeros(parameters.shape[1]) for _ in option.triggers]
    for step in range(months):
        levels: list[Any] = list(schedule[step])
        for latch, trigger in zip(fired, option.triggers, strict=True):
            met = np.full(latch.shape, step + 1 >= trigger.start)
            for condition in trigger.when:
                met &= condition.holds(state[_ROW[condition.state]])
            np.maximum(latch, met, out=latch)
            for lever, level in trigger.set.items():
                column = LEVERS.index(lever)
                # Products with an exact 0 or 1: a trigger that has not fired changes no bit.
                levels[column] = levels[column] * (1.0 - latch) + level * latch
        state = _MONTH(
            {
                "state": state,
                "levers": levels,
                "parameters": parameters,
                "shocks": shocks[:, step],
                "years": [step / 12.0],
            }
        )
        _record(out, state, step + 1)
