"""The same worlds evaluated again and again, and what changed in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from forecast.engine import layout
from forecast.engine.backends import load
from forecast.engine.shocks import draw_shocks, origin_shocks
from forecast.outcomes.derive import derive
from forecast.question import Quantity
from forecast.world import World

__all__ = ["Evaluate", "EvaluateWorlds"]

type Array = np.ndarray[Any, np.dtype[np.float64]]
type Flags = np.ndarray[Any, np.dtype[np.bool_]]


class Evaluate:
    """A quantity of some worlds, as a function of their parameters.

    Parameters
    ----------
    run : callable
        Takes parameters, shape (parameter, world), and gives a new array of the quantity, shape (luck, world).
    """

    def __init__(self, run: Callable[[Array], Array]) -> None:
        self._run = run
        self._last: Array | None = None
        self._kept: Array | None = None

    def __call__(self, matrix: Array) -> Array:
        """Return the quantity, shape (luck, world)."""
        self._last = self._run(matrix)
        return self._last

    def remember(self) -> None:
        """Keep the last evaluation, for :meth:`changed`."""
        self._kept = self._last

    def changed(self) -> Flags:
        """Say in which worlds anything that is known differs from what was remembered, shape (world,)."""
        assert self._last is not None
        assert self._kept is not None
        return np.asarray((self._last != self._kept).any(axis=0))


class EvaluateWorlds(Evaluate):
    """A quantity of worlds of the model: what changed is any state, whether or not the quantity shows it.

    Parameters
    ----------
    quantity : Quantity
        The quantity.
    world : World
        What a month is.
    backend : str
        What runs it.
    order : sequence of int
        Where the world model's parameters are among the rows of what is evaluated.
    lucks : sequence of int
        Seeds of luck.
    months, start, stop : int
        How long, and which worlds.
    """

    def __init__(
        self,
        quantity: Quantity,
        world: World,
        backend: str,
        order: Sequence[int],
        lucks: Sequence[int],
        months: int,
        start: int,
        stop: int,
    ) -> None:
        super().__init__(self._worlds)
        self._world, steps = world, world.steps(months)
        self._quantity, self._order, self._advance = quantity, list(order), load(backend)
        self._shocks = [
            (draw_shocks(world, s, steps, start, stop), origin_shocks(world, s, start, stop)) for s in lucks
        ]
        self._states, self._before = (
            [layout.empty(world, len(quantity.options), steps, stop - start) for _ in lucks] for _ in range(2)
        )

    def _worlds(self, matrix: Array) -> Array:
        ordered = np.ascontiguousarray(matrix[self._order])
        found = np.empty((len(self._shocks), matrix.shape[1]))
        for place, ((shocks, origin), states) in enumerate(zip(self._shocks, self._states, strict=True)):
            self._advance(self._world, self._quantity.options, ordered, shocks, origin, start=0, out=states)
            found[place] = self._quantity(derive(self._world, layout.read(self._world, states)))
        return found

    def remember(self) -> None:
        """Keep the states of the last evaluation."""
        self._states, self._before = self._before, self._states

    def changed(self) -> Flags:
        """Say in which worlds any state differs from what was remembered, shape (world,)."""
        found: Flags = np.zeros(self._states[0].floats.shape[2], dtype=np.bool_)
        for states, before in zip(self._states, self._before, strict=True):
            now: tuple[np.ndarray[Any, Any], ...] = states
            then: tuple[np.ndarray[Any, Any], ...] = before
            for one, other in zip(now, then, strict=True):
                found |= (one != other).any(axis=(0, 1, 3))
        return found
