"""The outcomes of each world, from the steps of their rules and the states that were kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from forecast.engine.numpy_backend import OPERATIONS
from forecast.engine.program import Program, Runner
from forecast.outcomes.unknown import as_numbers
from forecast.paths import Leaf
from forecast.schema import NO_MONTH
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
        origin. What is read of a state that is no number in a month that counts is missing: NaN, an event being float64
        then, and :data:`forecast.schema.NO_MONTH` of a time, where NaN says that it never came.
    """
    rows = [as_numbers(variable, states[name]) for name, variable in world.states.items()]
    known: dict[Leaf, Array] = {}
    spoiled: dict[Leaf, Array | None] = {}
    found = {}
    for name, rule in world.rules.items():
        outcome = world.outcomes[name]
        for leaf in rule.leaves:
            if leaf not in known:
                known[leaf] = _read(world, leaf, rows)
        path = [known[leaf] for leaf in rule.leaves]
        result = _result(rule.result, path, event=outcome.is_event)
        # A comparison, a choice and a first month do not show that a number in them is none; a sum does.
        if outcome.is_event or outcome.is_time or not all(part.is_input for part in (rule.result, *_of(rule.leaves))):
            for leaf in rule.leaves:
                if leaf not in spoiled:
                    spoiled[leaf] = _spoiled(leaf, rows)
                bad = spoiled[leaf]
                if bad is not None:
                    result = np.where(bad, NO_MONTH if outcome.is_time else np.nan, result)
        found[name] = result
    return found


def harmed(harms: Iterable[str], outcomes: Arrays) -> Array:
    """Tell in which worlds any of some harms came to pass, from the outcomes: their shape.

    A harm is the name of an event, or "not" and one. Bool, or float64 with NaN where such an event is missing.
    """
    found = np.zeros(next(iter(outcomes.values())).shape, dtype=bool)
    missing = np.zeros(found.shape, dtype=bool)
    for name in harms:
        event = outcomes[name.removeprefix(NOT)]
        missing |= np.isnan(event)
        held = event != 0
        found |= ~held if name.startswith(NOT) else held
    return np.where(missing, np.nan, found) if missing.any() else found


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
    read = _states_read(leaf)
    # A sum of flags would be a flag, and one of counts could be too large for its type.
    parts = [of(row).astype(np.float64) if number in read else of(row) for number, row in enumerate(rows)]
    # A constant has no worlds.
    return np.broadcast_to(_runner(leaf.of)({"state": parts})[0], parts[0].shape)


def _of(leaves: Iterable[Leaf]) -> Iterator[Program]:
    return (leaf.of for leaf in leaves)


def _states_read(leaf: Leaf) -> set[int]:
    return {operands[1] for operation, operands in leaf.of.steps if operation == "input"}


def _months(leaf: Leaf, held: int) -> int | slice:
    """Return which of the months that are held a leaf reads."""
    match leaf.how:
        case "end":
            return -1
        case "origin":
            return 0
        case "total":
            return slice(max(1, held - leaf.last) if leaf.last else 1, None)
    return slice(None)


def _spoiled(leaf: Leaf, rows: list[Array]) -> Array | None:
    """Tell in which worlds a leaf reads a state that is no number; None where there is no such world."""
    found: Array | None = None
    for number in _states_read(leaf):
        row = rows[number]
        if row.dtype.kind != "f":
            continue
        bad = ~np.isfinite(row[..., _months(leaf, row.shape[-1])])
        if bad.any():
            bad = bad if bad.ndim < row.ndim else bad.any(axis=-1)
            found = bad if found is None else found | bad
    return found


def _read(world: World, leaf: Leaf, rows: list[Array]) -> Array:
    months = _months(leaf, rows[0].shape[-1])
    read = _value(leaf, rows, lambda row: row[..., months])
    match leaf.how:
        case "end" | "origin":
            return read.copy()
        case "total":
            return read.sum(axis=-1, dtype=np.float64)
    happened = np.asarray(read != 0)
    if leaf.how == "ever":
        return np.asarray(happened.any(axis=-1))
    month = happened.argmax(axis=-1)
    ever = np.take_along_axis(happened, month[..., np.newaxis], axis=-1)[..., 0]
    return np.where(ever, world.months_at(happened.shape[-1] - 1)[month], np.nan)


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
