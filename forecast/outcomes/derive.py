"""The outcomes of each world, from the steps of their rules and the states that were kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from forecast.engine.numpy_backend import OPERATIONS
from forecast.engine.program import Program, Runner
from forecast.outcomes.unknown import as_numbers
from forecast.paths import Leaf
from forecast.world import NOT, World

__all__ = ["derive", "harmed"]

Array = np.ndarray[Any, Any]
Arrays = Mapping[str, Array]


def derive(world: World, states: Arrays) -> dict[str, Array]:
    """Derive every per-world outcome from the states.

    Parameters
    ----------
    world : World
        Whose outcomes.
    states : mapping of str to ndarray
        Each state of the world, shape (option, world, month), month 0 the origin.

    Returns
    -------
    dict of str to ndarray
        Each outcome of the world, shape (option, world): bool where it is an event, else float64. Totals leave out the
        origin. What is read of a count that is none is NaN.
    """
    rows = [as_numbers(variable, states[name]) for name, variable in world.states.items()]
    known: dict[Leaf, Array] = {}
    found = {}
    for name, rule in world.rules.items():
        for leaf in rule.leaves:
            if leaf not in known:
                known[leaf] = _read(world, leaf, rows)
        path = [known[leaf] for leaf in rule.leaves]
        found[name] = _result(rule.result, path, event=world.outcomes[name].is_event)
    return found


def harmed(harms: Iterable[str], outcomes: Arrays) -> Array:
    """Tell in which worlds any of some harms came to pass, from the outcomes: their shape, bool.

    A harm is the name of an event, or "not" and one.
    """
    found = np.zeros(next(iter(outcomes.values())).shape, dtype=bool)
    for name in harms:
        held = outcomes[name.removeprefix(NOT)] != 0
        found |= ~held if name.startswith(NOT) else held
    return found


@lru_cache(maxsize=1024)
def _runner(program: Program) -> Runner:
    return Runner(program, OPERATIONS)


def _plain(program: Program) -> int | None:
    """Return the number of the input that a program gives as it is; None if it computes."""
    return program.steps[program.results[0]].operands[1] if program.is_input else None


def _value(leaf: Leaf, rows: list[Array], of: Callable[[Array], Array]) -> Array:
    """Return what a leaf reads of the months that ``of`` takes, in the type that a state is kept in."""
    row = _plain(leaf.of)
    if row is not None:
        return of(rows[row])
    read = {operands[1] for operation, operands in leaf.of.steps if operation == "input"}
    # A sum of flags would be a flag, and one of counts could be too large for its type.
    parts = [of(row).astype(np.float64) if number in read else of(row) for number, row in enumerate(rows)]
    # A constant has no worlds.
    return np.broadcast_to(_runner(leaf.of)({"state": parts})[0], parts[0].shape)


def _read(world: World, leaf: Leaf, rows: list[Array]) -> Array:
    match leaf.how:
        case "end":
            return _value(leaf, rows, lambda row: row[..., -1]).copy()
        case "origin":
            return _value(leaf, rows, lambda row: row[..., 0]).copy()
        case "total":
            start = max(1, rows[0].shape[-1] - leaf.last) if leaf.last else 1
            return _value(leaf, rows, lambda row: row[..., start:]).sum(axis=-1, dtype=np.float64)
    happened = np.asarray(_value(leaf, rows, lambda row: row) != 0)
    if leaf.how == "ever":
        return np.asarray(happened.any(axis=-1))
    month = happened.argmax(axis=-1)
    ever = np.take_along_axis(happened, month[..., np.newaxis], axis=-1)[..., 0]
    return np.where(ever, month * world.step, np.nan)


def _result(program: Program, path: list[Array], *, event: bool) -> Array:
    leaf = _plain(program)
    if leaf is not None:
        found = path[leaf]
    else:
        # Sums and products of flags would be flags.
        floats = [array.astype(np.float64) for array in path]
        found = np.broadcast_to(_runner(program)({"path": floats})[0], path[0].shape)
    if event:
        return np.asarray(found != 0)
    # Whether a count is known everywhere must not change the type of its last value;
    # and compiled sums take no read-only view.
    return np.require(found, dtype=np.float64, requirements="W")
