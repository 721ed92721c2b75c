"""The luck of worlds ``start`` to ``stop - 1``: one named channel for each field of ``Shocks``."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from forecast.world.state import Shocks
from priors.streams import uniforms

__all__ = ["NORMAL_CHANNELS", "draw_shocks", "origin_shocks"]

NORMAL_CHANNELS = frozenset({"isis"})
"""Channels that are standard normals; the others are uniforms."""


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
        Shape (channel, month, world), channels in the order of ``Shocks``: uniforms in (0, 1), but standard normals for
        :data:`NORMAL_CHANNELS`. A shock depends on (seed, world, month, channel) only.
    """
    shocks = uniforms(seed, [f"shock:{channel}" for channel in Shocks._fields], start, stop, rows=months)
    for row, channel in zip(shocks, Shocks._fields, strict=True):
        if channel in NORMAL_CHANNELS:
            ndtri(row, out=row)
    return shocks


def origin_shocks(seed: int, start: int, stop: int) -> NDArray[np.float64]:
    """Draw the two uniforms that are drawn once a world, shape (2, world).

    The first says whether patrons' channels run at the origin, the second how much structure a training programme
    needs.
    """
    return uniforms(seed, ["shock:parallel_origin", "shock:programme"], start, stop)[:, 0]
