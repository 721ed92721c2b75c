"""Run options over worlds in chunks that fit the cache. No result depends on the size of a chunk."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np

from forecast.engine.numpy_backend import run_option
from forecast.engine.shocks import draw_shocks, origin_shocks
from forecast.options import Option
from forecast.schema import STATES
from forecast.world.state import Parameters

__all__ = ["run_worlds"]


def run_worlds(
    options: Collection[Option],
    values: Mapping[str, np.ndarray[Any, Any]],
    *,
    seed: int,
    months: int,
    chunk: int = 4096,
    advance: Callable[[int], None] = lambda worlds: None,
) -> dict[str, np.ndarray[Any, Any]]:
    """Run every option over the same worlds.

    Parameters
    ----------
    options : collection of Option
        In the order of the rows of the result.
    values : mapping of str to ndarray
        Each parameter of the world model, float64 of shape (world,), from world 0 on.
    seed : int
        The root seed.
    months : int
        Horizon.
    chunk : int
        Worlds run together. Between 1,024 and 10,000 the time differs by less than a factor of two; memory for
        the shocks of a chunk grows with it.
    advance : callable
        Told after each chunk how many worlds are done.

    Returns
    -------
    dict of str to ndarray
        Each state, shape (option, months + 1, world).
    """
    worlds = values[Parameters._fields[0]].size
    states: dict[str, np.ndarray[Any, Any]] = {
        name: np.empty((len(options), months + 1, worlds), dtype=variable.dtype) for name, variable in STATES.items()
    }
    for start in range(0, worlds, chunk):
        stop = min(start + chunk, worlds)
        parameters = Parameters(*(values[name][start:stop] for name in Parameters._fields))
        shocks = draw_shocks(seed, months, start, stop)
        at_origin = origin_shocks(seed, start, stop)
        for row, option in enumerate(options):
            out = {name: array[row, :, start:stop] for name, array in states.items()}
            run_option(option, parameters, shocks, at_origin, out)
        advance(stop - start)
    return states
