"""How the states of a run lie in memory: one array for each type of number."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from forecast.schema import DTYPES, NO_NUMBER, Variable
from forecast.world import World

__all__ = ["KINDS", "STORED", "Stacks", "empty", "kept", "named", "of_kind", "part", "read"]

KINDS = ("continuous", "count", "yes/no", "code")
"""In the order of :class:`Stacks`."""

STORED: Mapping[str, str] = MappingProxyType({**DTYPES, "yes/no": "int8"})
"""Types in memory while worlds run: a yes or no may be neither."""


def of_kind(world: World, kind: str) -> tuple[str, ...]:
    """Return the states of a kind, in the order of their rows."""
    return tuple(name for name, its in world.kinds.items() if its == kind)


class Stacks(NamedTuple):
    """States by kind, each of shape (state, option, world, month)."""

    floats: NDArray[np.float64]
    counts: NDArray[np.int32]
    flags: NDArray[np.int8]
    codes: NDArray[np.int8]


def kept(xp: Any, value: Any, variable: Variable) -> Any:
    """Give what is kept of a state, before it takes its dtype; ``xp`` is NumPy or JAX's NumPy."""
    kind = variable.kind
    if kind == "continuous":
        return value
    if kind == "yes/no":
        return xp.where((value == 0.0) | (value == 1.0), value, NO_NUMBER)
    # A count may be a rate at the origin, and storing a whole number would cut it down.
    whole = xp.rint(value)
    known = (whole >= 0.0) & (whole <= variable.greatest)
    return xp.where(known if kind == "count" else known & (whole == value), whole, NO_NUMBER)


def empty(world: World, options: int, months: int, worlds: int, *, months_first: bool = False) -> Stacks:
    """Make room for a run, month 0 included.

    The arrays have the same shape in any case; ``months_first`` puts the worlds of a month side by side in memory,
    where otherwise it is the months of a world.
    """

    def room(kind: str) -> NDArray[Any]:
        rows, dtype = len(of_kind(world, kind)), STORED[kind]
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
    """Give each state by its name to write into, shape (option, world, month), in the order of the world: views."""
    arrays: tuple[NDArray[Any], ...] = stacks
    rows = {
        name: array[row]
        for kind, array in zip(KINDS, arrays, strict=True)
        for row, name in enumerate(of_kind(world, kind))
    }
    return {name: rows[name] for name in world.states}


def read(world: World, stacks: Stacks) -> dict[str, NDArray[Any]]:
    """Give each state as a run has it: yes and no as bool, where each is one. Views, no copies."""
    states = named(world, stacks)
    for name in of_kind(world, "yes/no"):
        array = states[name]
        if array.min(initial=0) >= 0:
            states[name] = array.view(np.bool_)
    return states
