"""The luck of worlds ``start`` to ``stop - 1``: one named channel for each shock that the world declares."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from forecast.engine.elementary import exp, log_exponential
from forecast.world import World
from priors.streams import uniforms

__all__ = ["draw_shocks", "origin_shocks"]


def _normal(uniform: NDArray[np.float64]) -> None:
    ndtri(uniform, out=uniform)


def _exponential(uniform: NDArray[np.float64]) -> None:
    log_exponential(uniform)
    uniform[...] = exp(uniform)


_TURN: dict[str, Callable[[NDArray[np.float64]], None]] = {
    "uniform": lambda uniform: None,
    "normal": _normal,
    "exponential": _exponential,
    "log_exponential": log_exponential,
}
"""What makes a kind of shock of uniforms, in place."""


def draw_shocks(world: World, seed: int, months: int, start: int, stop: int) -> NDArray[np.float64]:
    """Draw every shock of a range of worlds.

    Parameters
    ----------
    world : World
        Which shocks there are, and of which kinds.
    seed : int
        The seed of luck, which is the root seed unless another is given.
    months : int
        Number of months.
    start, stop : int
        Half-open range of worlds.

    Returns
    -------
    ndarray
        Shape (channel, month, world), channels in the order of the world's shocks. A shock depends on (seed, world,
        month, channel) only.
    """
    return _turned(world.shocks, uniforms(seed, [f"shock:{name}" for name in world.shocks], start, stop, rows=months))


def origin_shocks(world: World, seed: int, start: int, stop: int) -> NDArray[np.float64]:
    """Draw the shocks that are drawn once a world: shape (channel, world), in the order of ``at_origin``."""
    return _turned(world.at_origin, uniforms(seed, [f"shock:{name}" for name in world.at_origin], start, stop))[:, 0]


def _turned(kinds: Mapping[str, str], drawn: NDArray[np.float64]) -> NDArray[np.float64]:
    """Make of uniforms the kind of shock that each channel has, in place."""
    for row, kind in zip(drawn, kinds.values(), strict=True):
        _TURN[kind](row)
    return drawn
