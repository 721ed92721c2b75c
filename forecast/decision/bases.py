"""Spline functions of one parameter, ordered from the smoothest to the roughest.

A parameter enters by the normal scores of its mid-ranks, so heavy tails, units and monotone changes of scale do not
matter, and what is jointly normal stays linear. On the scores lies a P-spline: cubic B-splines on equal segments with
a penalty on second differences of the coefficients. Its functions are turned so that the penalty is diagonal and they
are orthonormal for a standard normal score: constant, straight line, and then ever rougher ones. Sets of parameters
can then be smoothed with the first few functions of each, and every penalty is a number a column.

References
----------
Eilers & Marx (1996), "Flexible smoothing with B-splines and penalties", *Statistical Science* 11, 89-121.
Blom (1958), *Statistical Estimates and Transformed Beta-Variables*: normal scores, here with Hazen's (rank - 1/2) / n.
Demmler & Reinsch (1975), "Oscillation matrices with spline smoothing", *Numerische Mathematik* 24, 375-382.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

__all__ = ["Basis"]

type Array = np.ndarray[Any, np.dtype[np.float64]]

_SEGMENTS = 10
_DEGREE = 3
_NODES = 2001
_FLOOR = 1e-7
"""Weight of what lies where a normal has next to no mass, so that the functions there stay determined."""


class Basis:
    """The spline functions of one parameter over worlds.

    Parameters
    ----------
    values : ndarray
        Shape (world,), finite.

    Attributes
    ----------
    functions : ndarray
        Shape (function, world): the constant 1 first, then the line, then rougher ones; only the constant where the
        parameter is one, and no more functions than it has distinct values.
    roughness : ndarray
        Shape (function,): the penalty on each one's squared coefficient; 0, 0, 1 and increasing.
    """

    def __init__(self, values: Array) -> None:
        from scipy.special import ndtri

        self._values, places, counts = np.unique(values, return_inverse=True, return_counts=True)
        # Mid-ranks less a half, over n: values that are equal share the mean of their ranks.
        self._scores = ndtri((np.cumsum(counts) - counts / 2.0) / values.size)
        if self._values.size == 1:
            self.functions, self.roughness = np.ones((1, values.size)), np.zeros(1)
            return
        self._low, self._high = float(self._scores[0]), float(self._scores[-1])
        self._turn, roughness = _turned(self._low, self._high)
        kept = min(roughness.size, self._values.size)
        self._turn, self.roughness = self._turn[:, :kept], roughness[:kept]
        self.functions = np.take(self._of_scores(self._scores), places, axis=1)

    @property
    def varies(self) -> bool:
        """Whether the parameter has more than one value."""
        return self._values.size > 1

    def at(self, values: Array) -> Array:
        """Give the functions at values of the parameter, (function, value); beyond the worlds' own, at their ends."""
        if not self.varies:
            return np.ones((1, values.size))
        return self._of_scores(self.scores(values))

    def slopes(self, values: Array) -> Array:
        """Give the functions' derivatives by the score at values of the parameter, (function, value)."""
        if not self.varies:
            return np.zeros((1, values.size))
        scores = self.scores(values)
        step = 1e-4 * (self._high - self._low)
        # Steps stop at the ends, beyond which there are no functions.
        after, before = np.minimum(scores + step, self._high), np.maximum(scores - step, self._low)
        return np.asarray((self._of_scores(after) - self._of_scores(before)) / (after - before))

    def scores(self, values: Array) -> Array:
        """Give the normal scores at values of the parameter; beyond the worlds' own, those of the ends."""
        return np.asarray(np.interp(values, self._values, self._scores))

    def _of_scores(self, scores: Array) -> Array:
        found = np.asarray(self._turn.T @ _splines(scores, self._low, self._high).T)
        # B-splines sum to 1 up to rounding; the constant is to be one exactly.
        found[0] = 1.0
        return found


def _splines(scores: Array, low: float, high: float) -> Array:
    from scipy.interpolate import BSpline

    step = (high - low) / _SEGMENTS
    knots = low + step * np.arange(-_DEGREE, _SEGMENTS + _DEGREE + 1)
    # Rounding must not put the ends outside the knots.
    inside = np.clip(scores, knots[_DEGREE], knots[-_DEGREE - 1])
    return np.asarray(BSpline.design_matrix(inside, knots, _DEGREE).toarray())


@lru_cache(maxsize=64)
def _turned(low: float, high: float) -> tuple[Array, Array]:
    """Give the matrix that turns B-splines into functions from smooth to rough, and their roughness."""
    from scipy.linalg import eigh

    nodes = np.linspace(low, high, _NODES)
    weights = np.exp(-(nodes**2) / 2.0)
    weights /= weights.sum()
    splines = _splines(nodes, low, high)
    size = splines.shape[1]
    mass = splines.T @ (splines * weights[:, np.newaxis]) + _FLOOR * np.eye(size)
    differences = np.diff(np.eye(size), 2, axis=0)
    roughness, turn = eigh(differences.T @ differences, mass)
    # The penalty leaves constant and line alone: these two are written down and not taken from a double zero.
    line = np.arange(size) - (size - 1) / 2.0
    mean, spread = _moments(splines @ line, weights)
    turn[:, 0], turn[:, 1] = 1.0, (line - mean) / spread
    roughness[:2] = 0.0
    roughness /= roughness[2]
    # Eigenvectors have no sign of their own: the upper end is made positive.
    turn[:, 2:] *= np.where(turn[-1, 2:] < 0.0, -1.0, 1.0)
    return turn, roughness


def _moments(values: Array, weights: Array) -> tuple[float, float]:
    mean = float(weights @ values)
    return mean, float(np.sqrt(weights @ (values - mean) ** 2))
