"""How the states of a run lie in memory: one array for each type of number."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from forecast.schema import DTYPES, GREATEST, NO_NUMBER
from forecast.world import World

__all__ = ["KINDS", "Stacks", "empty", "kept", "named", "of_kind", "part"]

KINDS = ("continuous", "count", "yes/no", "code")
"""In the order of :class:`Stacks`."""


def of_kind(world: World, kind: str) -> tuple[str, ...]:
    """Return the states of a kind, in the order of their rows."""
    return tuple(name for name, its in world.kinds.items() if its == kind)


class Stacks(NamedTuple):
    """States by kind, each of shape (state, option, world, month)."""

    floats: NDArray[np.float64]
    counts: NDArray[np.int32]
    flags: NDArray[np.bool_]
    codes: NDArray[np.int8]


def kept(xp: Any, value: Any, kind: str) -> Any:
    """Give what is kept of a state, before it takes its dtype; ``xp`` is NumPy or JAX's NumPy."""
    if kind == "continuous":
        return value
    if kind == "yes/no":
        return value != 0.0
    # A count may be a rate at the origin, and storing a whole number would cut it down.
    whole = xp.rint(value)
    known = (whole >= 0.0) & (whole <= GREATEST[kind])
    return xp.where(known if kind == "count" else known & (whole == value), whole, NO_NUMBER)


def empty(world: World, options: int, months: int, worlds: int, *, months_first: bool = False) -> Stacks:
    """Make room for a run, month 0 included.

    The arrays have the same shape in any case; ``months_first`` puts the worlds of a month side by side in memory,
    where otherwise it is the months of a world.
    """

    def room(kind: str) -> NDArray[Any]:
        rows, dtype = len(of_kind(world, kind)), DTYPES[kind]
        if months_first:
            return np.moveaxis(np.empty((rows, options, months + 1, worlds), dtype=dtype), 2, 3)
        return np.empty((rows, options, worlds, months + 1), dtype=dtype)

    return Stacks(*(room(kind) for kind in KINDS))


def part(stacks: Stacks, start: int, stop: int) -> Stacks:
    """Give some of the worlds: views, no copies."""
    worlds = slice(start, stop)
    return Stacks(
        stacks.floats[:, :, worlds], stacks.counts[:, :, worlds], stacks.flags[:, :, worlds], stacks.codes[:, :, worlds]
    )


def named(world: World, stacks: Stacks) -> dict[str, NDArray[Any]]:
    """Give each state by its name, shape (option, world, month), in the order of the world: views, no copies."""
    arrays: tuple[NDArray[Any], ...] = stacks  # said, because mypy's own join of the four types depends on hash order
    rows = {
        name: array[row]
        for kind, array in zip(KINDS, arrays, strict=True)
        for row, name in enumerate(of_kind(world, kind))
    }
    return {name: rows[name] for name in world.states}
