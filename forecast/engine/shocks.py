"""The luck of worlds ``start`` to ``stop - 1``: one named channel for each field of ``Shocks``."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from forecast.world.state import Shocks
from priors.streams import keyed_normals, keyed_uniforms

__all__ = ["NORMAL_CHANNELS", "draw_shocks", "origin_shocks"]

NORMAL_CHANNELS = frozenset({"isis"})
"""Channels that are standard normals; the others are uniforms."""


def draw_shocks(seed: int, months: int, start: int, stop: int) -> Shocks:
    """Draw every shock of a range of worlds.

    Parameters
    ----------
    seed : int
        The root seed.
    months : int
        Number of months.
    start, stop : int
        Half-open range of worlds.

    Returns
    -------
    Shocks
        Each channel of shape (months, stop - start). A shock depends on (seed, world, month, channel) only.
    """
    return Shocks(
        *(
            (keyed_normals if channel in NORMAL_CHANNELS else keyed_uniforms)(
                seed, f"shock:{channel}", start, stop, rows=months
            )
            for channel in Shocks._fields
        )
    )


def origin_shocks(seed: int, start: int, stop: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Draw the two uniforms that are drawn once a world, each of shape (stop - start,).

    Returns
    -------
    parallel, programme : ndarray
        Whether patrons' channels run at the origin, and how much structure a training programme needs.
    """
    parallel, programme = (
        keyed_uniforms(seed, f"shock:{channel}", start, stop)[0] for channel in ("parallel_origin", "programme")
    )
    return parallel, programme
