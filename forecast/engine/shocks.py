"""The luck of worlds ``start`` to ``stop - 1``: one named channel for each field of ``Shocks``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from forecast.engine.elementary import log_exponential
from forecast.libya.state import SHOCK_KINDS, Shocks
from priors.streams import uniforms

__all__ = ["draw_shocks", "origin_shocks"]


def _normal(uniform: NDArray[np.float64]) -> None:
    ndtri(uniform, out=uniform)


_TURN: dict[str, Callable[[NDArray[np.float64]], None]] = {
    "uniform": lambda uniform: None,
    "normal": _normal,
    "log_exponential": log_exponential,
}
"""What makes a kind of shock of uniforms, in place."""


def draw_shocks(seed: int, months: int, start: int, stop: int) -> NDArray[np.float64]:
    """Draw every shock of a range of worlds.

    Parameters
    ----------
    seed : int
        The seed of luck, which is the root seed unless another is given.
    months : int
        Number of months.
    start, stop : int
        Half-open range of worlds.

    Returns
    -------
    ndarray
        Shape (channel, month, world), channels in the order of ``Shocks``, each of the kind that
        :data:`forecast.libya.state.SHOCK_KINDS` says. A shock depends on (seed, world, month, channel) only.
    """
    shocks = uniforms(seed, [f"shock:{channel}" for channel in Shocks._fields], start, stop, rows=months)
    for row, channel in zip(shocks, Shocks._fields, strict=True):
        _TURN[SHOCK_KINDS[channel]](row)
    return shocks


def origin_shocks(seed: int, start: int, stop: int) -> NDArray[np.float64]:
    """Draw the two uniforms that are drawn once a world, shape (2, world).

    The first says whether patrons' channels run at the origin, the second how much structure a training programme
    needs.
    """
    return uniforms(seed, ["shock:parallel_origin", "shock:programme"], start, stop)[:, 0]
