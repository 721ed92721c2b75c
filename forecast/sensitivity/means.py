"""Means over worlds, and changes of means in the same worlds, with Monte-Carlo errors that are not too small."""

from __future__ import annotations

from typing import Any

import numpy as np

from forecast.estimates import change_error, half_width, joint_critical_value, mean_error, student_width
from forecast.question import Quantity
from priors.intervals import MASS

__all__ = ["changed_by", "compared", "level"]

type Array = np.ndarray[Any, np.dtype[np.float64]]


def level(worlds: Array, quantity: Quantity) -> tuple[float, float]:
    """Return the mean of a quantity and its standard error.

    Parameters
    ----------
    worlds : ndarray
        Shape (world,), in the quantity's unit.
    quantity : Quantity
        The quantity.

    Returns
    -------
    tuple of float
        In the quantity's unit; of a probability as :func:`forecast.estimates.mean_error` for an event.
    """
    # Means over parts of the beliefs are no longer 0 or 1.
    event = quantity.event and bool(np.isin(worlds, (0.0, 1.0)).all())
    return float(worlds.mean()), mean_error(worlds, event=event)


def changed_by(to: Array, start: Array, quantity: Quantity, *, touched: bool) -> tuple[float, float]:
    """Return the mean change of a quantity between two runs of the same worlds and its standard error.

    Parameters
    ----------
    to, start : ndarray
        Shape (world,), the same worlds, in the quantity's unit.
    quantity : Quantity
        The quantity.
    touched : bool
        Whether any state of any world differs between the two.

    Returns
    -------
    tuple of float
        In the quantity's unit; the error is 0 only where nothing can have turned, NaN for a single world.
    """
    turned = to - start
    return float(turned.mean()), change_error(turned, event=quantity.unit == "yes/no", touched=touched)


def compared(
    cells: Array, centre: Array, quantity: Quantity, *, touched: np.ndarray[Any, np.dtype[np.bool_]]
) -> dict[str, np.ndarray[Any, Any]]:
    """Return the means of many settings, and what sets them apart from one of them.

    Parameters
    ----------
    cells : ndarray
        Shape (cell, world), in the quantity's unit.
    centre : ndarray
        Shape (world,): the same worlds in the setting that the others are compared with.
    quantity : Quantity
        The quantity.
    touched : ndarray of bool
        Shape (cell,): whether any state of any world differs from the centre's.

    Returns
    -------
    dict of str to ndarray
        Each of shape (cell,): ``estimate``, ``error``, ``lower`` and ``upper`` (central 90%, kept inside 0..1 for a
        probability), ``difference`` with the same three, and ``distinct``: whether the difference is told from noise.
        With probability 90% no cell at all is called so wrongly (:func:`forecast.estimates.joint_critical_value`).
    """
    means, errors = np.array([level(cell, quantity) for cell in cells]).T
    turned = [changed_by(cell, centre, quantity, touched=bool(any_)) for cell, any_ in zip(cells, touched, strict=True)]
    difference, spread = np.array(turned).T
    width = half_width()
    bounds = (0.0, 1.0) if quantity.event else (-np.inf, np.inf)
    # A single world tells nothing.
    joint = student_width(joint_critical_value(cells - centre, level=MASS), centre.size)
    return {
        "estimate": means,
        "error": errors,
        "lower": np.maximum(means - width * errors, bounds[0]),
        "upper": np.minimum(means + width * errors, bounds[1]),
        "difference": difference,
        "difference_error": spread,
        "difference_lower": difference - width * spread,
        "difference_upper": difference + width * spread,
        "distinct": np.abs(difference) > joint * spread,
    }
