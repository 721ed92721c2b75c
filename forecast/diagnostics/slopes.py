"""Power-scaling sensitivity in the limit of power 1, of all draws and with each block left out."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

__all__ = ["slopes"]

type Array = np.ndarray[Any, np.dtype[np.float64]]


def slopes(values: Array, density: Array, block: np.ndarray[Any, np.dtype[np.intp]]) -> tuple[Any, Any, Any, Any]:
    """Give the squared sensitivity and the slope of the mean, of everything and without each block.

    With ``F`` the distribution function of the values and ``l`` the component's log density, power ``a`` near 1 moves
    ``F(t)`` by ``(a - 1) g(t)``, ``g(t) = cov(1{x <= t}, l)``. To second order the cumulative Jensen-Shannon
    divergence that the sensitivity is made of is then ``(a - 1)^2 / (4 ln 2)`` times the integral of ``g^2 / F``, over
    its bound, twice the integral of ``F``. Its root for each doubling of the power is
    ``sqrt(ln 2 / 8 * int g^2 / F / int F)``, the larger of that for the values and for their negatives.

    Parameters
    ----------
    values : ndarray
        Shape (member,).
    density : ndarray
        Shape (member,): the component's log density.
    block : ndarray of int
        Shape (member,): from 0.

    Returns
    -------
    squared, squared_without, slope, slope_without
        The squared sensitivity, with each block left out in shape (block,); the change of the mean for each doubling
        of the power, ``ln 2 cov(x, l)``, in the unit of the values, and that with each block left out.

    References
    ----------
    Kallioinen et al. (2023), *Statistics and Computing* 34, 57, equations 11 to 14.
    """
    points, place = np.unique(values, return_inverse=True)
    blocks = int(block.max()) + 1
    off, centred = density - density.mean(), values - values.mean()
    cell = block * points.size + place
    shape = blocks, points.size
    count = np.bincount(cell, minlength=blocks * points.size).reshape(shape).astype(np.float64)
    weight = np.bincount(cell, weights=off, minlength=blocks * points.size).reshape(shape)
    product, first = np.bincount(block, weights=off * centred), np.bincount(block, weights=centred)
    widths = np.diff(points)

    def both(count: Array, weight: Array, product: Any, first: Any) -> tuple[Any, Any]:
        total = count.sum(axis=-1, keepdims=True)
        mean = weight.sum(axis=-1, keepdims=True) / total
        below = (np.cumsum(count, axis=-1) / total)[..., :-1]
        moved = (np.cumsum(weight - mean * count, axis=-1) / total)[..., :-1]
        squared = np.maximum(_ratio(moved, below, widths), _ratio(moved, 1.0 - below, widths))
        members = total[..., 0]
        covariance = product / members - mean[..., 0] * first / members
        return math.log(2.0) / 8.0 * squared, math.log(2.0) * covariance

    with np.errstate(all="ignore"):
        whole = both(count.sum(axis=0), weight.sum(axis=0), product.sum(), first.sum())
        left = both(
            count.sum(axis=0) - count, weight.sum(axis=0) - weight, product.sum() - product, first.sum() - first
        )
    return whole[0], left[0], whole[1], left[1]


def _ratio(moved: Any, below: Any, widths: Array) -> Any:
    # Where nothing lies below, nothing is moved: 0 / 0 stands for 0.
    inside = below > 1e-12
    integrand = np.where(inside, moved**2 / np.where(inside, below, 1.0), 0.0)
    bound = np.where(inside, below, 0.0) @ widths
    return (integrand @ widths) / np.where(bound > 0.0, bound, np.inf)
