"""Quantiles of a Beta distribution at normal scores, from a table that is as good as the exact function.

The exact quantile takes some 1.5 microseconds, which made draws of the shipped beliefs cost more than running their
worlds. As a function of the normal score, the log-odds of the quantile is smooth, so pieces of a polynomial reproduce
it to rounding. A table is used only if it does at points between its nodes; extreme shapes and scores keep the exact
function.

References
----------
Trefethen (2013), *Approximation Theory and Approximation Practice*, chapters 2 and 8: interpolation in Chebyshev points
and its convergence for analytic functions.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import scipy.special as sc
from numpy.polynomial import chebyshev

from .distribution import FloatArray

__all__ = ["beta_from_normals"]

_REACH = 5.0
"""Scores beyond this, six in 10^7, take the exact function."""

_PIECES, _DEGREE = 16, 11
_TOLERANCE = 1e-11
"""Largest error of the log-odds that a table may have, relative where they are beyond 1: about the relative error of
the quantile, or of its distance from 1, whichever is smaller."""


def beta_from_normals(alpha: float, beta: float, normals: FloatArray) -> FloatArray:
    """Give the quantiles of Beta(alpha, beta) at standard normal scores.

    Parameters
    ----------
    alpha, beta : float
        Shapes, > 0.
    normals : ndarray
        Scores; each element is treated alone, so its bits do not depend on the others.

    Returns
    -------
    ndarray
        In (0, 1), of the same shape.
    """
    table = _table(alpha, beta)
    if table is None:
        return _inside(_exact(alpha, beta, normals))
    place = np.minimum(np.maximum((normals + _REACH) * (_PIECES / (2.0 * _REACH)), 0.0), _PIECES - 1e-9)
    piece = place.astype(np.intp)
    inside = 2.0 * (place - piece) - 1.0
    total = table[_DEGREE].take(piece)
    for power in range(_DEGREE - 1, -1, -1):
        total *= inside
        total += table[power].take(piece)
    value = np.asarray(sc.expit(total))
    far = np.abs(normals) > _REACH
    if far.any():
        value[far] = _exact(alpha, beta, normals[far])
    return _inside(value)


def _inside(value: FloatArray) -> FloatArray:
    """Keep quantiles off 0 and 1, to which rounding may take them."""
    return np.minimum(np.maximum(value, 2.0**-1000), 1.0 - 2.0**-53)


def _exact(alpha: float, beta: float, normals: FloatArray) -> FloatArray:
    # From the nearer tail, where neither the probability nor the quantile is rounded to 1.
    return np.where(
        normals < 0,
        sc.betaincinv(alpha, beta, sc.ndtr(normals)),
        1.0 - sc.betaincinv(beta, alpha, sc.ndtr(-normals)),
    )


def _log_odds(alpha: float, beta: float, normals: FloatArray) -> FloatArray:
    lower = normals < 0
    share = sc.ndtr(-np.abs(normals))
    # The distance from the nearer end, of x for low scores and of 1 - x for high ones.
    near = sc.betaincinv(np.where(lower, alpha, beta), np.where(lower, beta, alpha), share)
    with np.errstate(divide="ignore"):
        odds = np.log(near) - np.log1p(-near)
    return np.asarray(np.where(lower, odds, -odds))


@lru_cache(maxsize=1)
def _interpolation() -> tuple[FloatArray, FloatArray]:
    """Give the nodes in [-1, 1], and the matrix from values at them to coefficients of powers.

    Chebyshev polynomials are orthogonal at these nodes, so the coefficients are sums over them (Trefethen 2013, chapter
    4). Sums run in a fixed order, because a matrix product may change bits with the linear-algebra library.
    """
    count = _DEGREE + 1
    nodes = chebyshev.chebpts1(count)
    at_nodes = chebyshev.chebvander(nodes, _DEGREE)
    powers = np.zeros((count, count))
    for degree in range(count):
        share = (1.0 if degree == 0 else 2.0) / count
        of_powers = np.zeros(count)
        of_powers[: degree + 1] = chebyshev.cheb2poly([0.0] * degree + [1.0])
        powers += share * of_powers[:, np.newaxis] * at_nodes[:, degree]
    return nodes, powers


@lru_cache(maxsize=512)
def _table(alpha: float, beta: float) -> FloatArray | None:
    """Give coefficients of the log-odds on each piece scaled to [-1, 1], shape (power, piece); None if not good."""
    edges = np.linspace(-_REACH, _REACH, _PIECES + 1)
    middle, half = 0.5 * (edges[:-1] + edges[1:]), 0.5 * (edges[1] - edges[0])
    nodes, to_powers = _interpolation()
    at_nodes = _log_odds(alpha, beta, middle + half * nodes[:, np.newaxis])
    between = np.array([-0.995, -0.9, -0.6, -0.2, 0.13, 0.45, 0.75, 0.96])[:, np.newaxis]
    exact = _log_odds(alpha, beta, middle + half * between)
    if not (np.isfinite(at_nodes).all() and np.isfinite(exact).all()):
        return None
    powers = np.add.reduce(to_powers[:, :, np.newaxis] * at_nodes, axis=1)
    guess = np.polynomial.polynomial.polyval(between, powers[:, np.newaxis, :], tensor=False)
    if (np.abs(guess - exact) > _TOLERANCE * np.maximum(1.0, np.abs(exact))).any():
        return None
    return np.ascontiguousarray(powers)
