"""What a search gives: boxes from everything that is believed to the smallest, one limit moved at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Search", "Trajectory", "inside"]

type Array = np.ndarray[Any, np.dtype[np.float64]]
type Truth = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class Trajectory:
    """Boxes in the order in which they were found.

    Attributes
    ----------
    lows, highs : ndarray
        Shape (point, parameter), in each parameter's unit: a world is in the box where every parameter is within both,
        the ends included. An infinite end is no limit; the first point has none.
    """

    lows: Array
    highs: Array

    def __len__(self) -> int:
        return len(self.lows)


type Search = Callable[[Array, Truth, float, float], Trajectory]
"""Takes parameters, shape (world, parameter), whether the event happened, the share that a step peels off, and the
least share of worlds in a box."""


def inside(x: Array, low: Array, high: Array) -> Truth:
    """Say which worlds of ``x``, shape (world, parameter), are in a box with ends of shape (parameter,)."""
    limited = np.flatnonzero(np.isfinite(low) | np.isfinite(high))
    part = x[:, limited]
    within: Truth = ((part >= low[limited]) & (part <= high[limited])).all(axis=1)
    return within
