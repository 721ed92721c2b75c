"""The same worlds run again and again with beliefs changed: same luck, same draws of everything that is not changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np

from forecast.engine import layout
from forecast.engine.backends import choose, load
from forecast.engine.draws import Source
from forecast.engine.runner import CHUNK, chunks, in_order
from forecast.engine.shocks import draw_shocks, origin_shocks
from forecast.options import Option
from forecast.outcomes.derive import derive
from forecast.progress import progress_bar
from forecast.settings import Settings

__all__ = ["Setting", "read_again"]

type Array = np.ndarray[Any, np.dtype[np.float64]]
type Quantity = Callable[[Mapping[str, np.ndarray[Any, Any]]], Array]


@dataclass(frozen=True)
class Setting:
    """One change of what worlds believe; without any it is none.

    Attributes
    ----------
    row : int or tuple of int, optional
        The parameters, by their places in ``Parameters``, each of which is held at its ``value`` in every world.
    value : float or tuple of float
        As many, each in its parameter's unit.
    source : Source, optional
        Or where all parameters come from instead. Beliefs are drawn by their quantiles, so a prior that is the same in
        both gives a world the same value.
    """

    row: int | tuple[int, ...] | None = None
    value: float | tuple[float, ...] = np.nan
    source: Source | None = None

    def matrix(self, base: Array, seed: int, start: int, stop: int) -> Array:
        """Give the parameters of worlds ``start`` to ``stop - 1``, shape (parameter, world); ``base`` is kept."""
        if self.source is not None:
            return self.source.matrix(seed, start, stop)
        if self.row is None:
            return base
        changed = base.copy()
        changed[np.atleast_1d(self.row)] = np.atleast_1d(self.value)[:, np.newaxis]
        return changed


def read_again(
    source: Source,
    changes: Sequence[Setting],
    quantity: Quantity,
    *,
    options: Sequence[Option],
    settings: Settings,
    label: str,
    shape: tuple[int, ...] = (),
) -> tuple[Array, np.ndarray[Any, np.dtype[np.bool_]]]:
    """Run the same worlds under each change and read one number a world, or several.

    Parameters
    ----------
    source : Source
        Where worlds get their parameters from.
    changes : sequence of Setting
        What is changed.
    quantity : callable
        Takes the outcomes of some worlds, each of shape (option, world), and gives one number a world, or an array of
        shape (*shape, world).
    options : sequence of Option
        What is run.
    settings : Settings
        How worlds are run; on no cluster.
    label : str
        What the bar says.
    shape : tuple of int
        Of what the quantity gives for each world; one number by default.

    Returns
    -------
    found : ndarray
        Shape (change, *shape, world). Shocks are drawn once for all changes; no number depends on chunks or threads.
    touched : ndarray of bool
        Shape (change,): whether any state of any world differs from what it is under the first one.
    """
    worlds, seed, luck = settings.worlds, settings.seed, settings.shock_seed
    settings.without("client", where="an analysis that runs the same worlds again")
    world = source.world
    steps = world.steps(settings.horizon(world))
    backend = choose(settings.backend, len(options) * worlds * steps * max(len(changes), 1), world)
    found, touched = np.empty((len(changes), *shape, worlds)), np.zeros(len(changes), dtype=np.bool_)

    def run(start: int, stop: int) -> None:
        base = source.matrix(seed, start, stop)
        shocks, origin = draw_shocks(world, luck, steps, start, stop), origin_shocks(world, luck, start, stop)
        first, states = (layout.empty(world, len(options), steps, stop - start) for _ in range(2))
        for place, change in enumerate(changes):
            matrix = change.matrix(base, seed, start, stop)
            out = states if place else first
            load(backend)(world, tuple(options), matrix, shocks, origin, start=0, out=out)
            found[place, ..., start:stop] = quantity(derive(world, layout.read(world, out)))
            # One chunk sets what others may set at the same time, and only ever to True.
            if place and not _same(states, first):
                touched[place] = True

    with (
        progress_bar(label, total=worlds, show=settings.progress) as bar,
        closing(in_order(run, chunks(worlds, CHUNK[backend]), workers=settings.workers)) as parts,
    ):
        done = 0
        for stop, _ in parts:
            bar.advance(stop - done)
            done = stop
    return found, touched


def _same(one: layout.Stacks, other: layout.Stacks) -> bool:
    # The types are said, because mypy's own join of the four depends on hash order.
    now: tuple[np.ndarray[Any, Any], ...] = one
    then: tuple[np.ndarray[Any, Any], ...] = other
    return all(np.array_equal(a, b) for a, b in zip(now, then, strict=True))
