"""How the states of a run lie in memory: one array for each type of number."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from forecast.schema import STATES

__all__ = ["CODES", "COUNTS", "FLAGS", "FLOATS", "Stacks", "empty", "named", "part"]


def _of(kind: str) -> tuple[str, ...]:
    return tuple(name for name, variable in STATES.items() if variable.kind == kind)


FLOATS, COUNTS, FLAGS, CODES = _of("continuous"), _of("count"), _of("yes/no"), _of("code")
"""Names of the states of each kind, in the order of their rows."""


class Stacks(NamedTuple):
    """States by kind, each of shape (state, option, world, month)."""

    floats: NDArray[np.float64]
    counts: NDArray[np.int16]
    flags: NDArray[np.bool_]
    codes: NDArray[np.int8]


def empty(options: int, months: int, worlds: int, *, months_first: bool = False) -> Stacks:
    """Make room for a run, month 0 included.

    The arrays have the same shape in any case; ``months_first`` puts the worlds of a month side by side in memory,
    where otherwise it is the months of a world.
    """

    def room(names: tuple[str, ...]) -> NDArray[Any]:
        dtype = STATES[names[0]].dtype
        if months_first:
            return np.moveaxis(np.empty((len(names), options, months + 1, worlds), dtype=dtype), 2, 3)
        return np.empty((len(names), options, worlds, months + 1), dtype=dtype)

    return Stacks(room(FLOATS), room(COUNTS), room(FLAGS), room(CODES))


def part(stacks: Stacks, start: int, stop: int) -> Stacks:
    """Give some of the worlds: views, no copies."""
    worlds = slice(start, stop)
    return Stacks(
        stacks.floats[:, :, worlds], stacks.counts[:, :, worlds], stacks.flags[:, :, worlds], stacks.codes[:, :, worlds]
    )


def named(stacks: Stacks) -> dict[str, NDArray[Any]]:
    """Give each state by its name, shape (option, world, month), in the order of the schema: views, no copies."""
    arrays: tuple[NDArray[Any], ...] = stacks  # said, because mypy's own join of the four types depends on hash order
    rows = {
        name: array[row]
        for names, array in zip((FLOATS, COUNTS, FLAGS, CODES), arrays, strict=True)
        for row, name in enumerate(names)
    }
    return {name: rows[name] for name in STATES}
