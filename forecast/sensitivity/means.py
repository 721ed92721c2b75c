"""Means over worlds, and changes of means in the same worlds, with Monte-Carlo errors that are not too small."""

from __future__ import annotations

from typing import Any

import numpy as np

from forecast.comparison import mean_error
from forecast.decision.paired import standard_error
from forecast.sensitivity.quantity import Looked

__all__ = ["changed_by", "level"]

type Array = np.ndarray[Any, np.dtype[np.float64]]


def level(worlds: Array, looked: Looked) -> tuple[float, float]:
    """Give the mean of a quantity and its standard error.

    Parameters
    ----------
    worlds : ndarray
        Shape (world,), in the quantity's unit.
    looked : Looked
        The quantity.

    Returns
    -------
    tuple of float
        In the quantity's unit; of a probability as :func:`forecast.comparison.mean_error` for an event.
    """
    # Means over parts of the beliefs are no longer 0 or 1.
    event = looked.unit == "yes/no" and not looked.paired and bool(np.isin(worlds, (0.0, 1.0)).all())
    return float(worlds.mean()), mean_error(worlds, event=event)


def changed_by(to: Array, start: Array, looked: Looked, *, touched: bool) -> tuple[float, float]:
    """Give the mean change of a quantity between two runs of the same worlds and its standard error.

    Parameters
    ----------
    to, start : ndarray
        Shape (world,), the same worlds, in the quantity's unit.
    looked : Looked
        The quantity.
    touched : bool
        Whether any state of any world differs between the two.

    Returns
    -------
    tuple of float
        In the quantity's unit; the error is 0 only where nothing can have turned, NaN for a single world.
    """
    turned = to - start
    if looked.unit != "yes/no" or not touched or turned.size < 2:
        return float(turned.mean()), float(standard_error(turned))
    # Few worlds may turn, or none by luck; one more than was seen keeps the error above 0, as Jeffreys's does.
    return float(turned.mean()), float(
        np.sqrt(((turned**2).sum() + 1.0) / turned.size - turned.mean() ** 2) / np.sqrt(turned.size)
    )
