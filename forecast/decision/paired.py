"""The best of options over common worlds, without the bias of having picked it.

References
----------
Hirano & Porter (2012), "Impossibility results for nondifferentiable functionals", *Econometrica* 80, 1769-1790.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from forecast.estimates import perturbations

__all__ = ["Best"]

type Array = np.ndarray[Any, np.dtype[np.float64]]

_INNER = 200

_HALVING = 1.0 / (np.sqrt(2.0) - 1.0)
"""Where options tie, the excess of the largest mean over n worlds falls as 1 / sqrt(n): half have sqrt(2) of it."""


class Best:
    """The largest mean utility among options, corrected for having been picked, and gains over it.

    The largest of several sample means is on average too large, the more so the nearer the options are to a tie. No
    estimator is unbiased for it (Hirano & Porter 2012). Halving the number of worlds shows how much: the excess is
    extrapolated from that, fully where options tie and by nothing where they are apart.

    Everything is measured from the option with the best mean, world by world, so that what is added to all options
    of a world changes nothing.

    Parameters
    ----------
    values : ndarray
        Shape (option, world), finite.
    sampled : bool
        False where the worlds are all that there are, equally likely: then nothing has an error or a bias.

    Attributes
    ----------
    index : int
        The option with the largest mean; the first of equals.
    excess : float
        What the largest mean is estimated to be too large by, >= 0.
    """

    def __init__(self, values: Array, *, sampled: bool = True) -> None:
        self.index = int(values.mean(axis=1).argmax())
        self.reference = values[self.index]
        self.differences = values - self.reference
        self.sampled = sampled and values.shape[1] > 1
        self._unknown = np.nan if sampled else 0.0
        means = self.differences.mean(axis=1)
        self.excess, self._moves = 0.0, np.zeros(0)
        if self.sampled:
            inner = perturbations(self.differences, channel="decision inner", repeats=_INNER)
            outer = perturbations(self.differences)
            self.excess = float(_excess(means[np.newaxis], inner)[0])
            shifted = means + outer
            self._moves = shifted.max(axis=1) - _excess(shifted, inner)

    def gain(self, achieved: Array) -> tuple[float, float]:
        """Return the mean of what some way of choosing achieves, less the best that one option achieves.

        Parameters
        ----------
        achieved : ndarray
            Shape (world,): utility in each world under that way of choosing.

        Returns
        -------
        value : float
            Estimate of the difference, of either sign.
        error : float
            Its standard error, in which the choice of the best option and its correction count; 0 if not
            sampled, NaN for one world.
        """
        over = achieved - self.reference
        # The reference's own difference is 0, so the largest mean difference is 0 too.
        value = float(over.mean()) + self.excess
        if not self.sampled:
            return value, self._unknown
        moved = over.mean() + perturbations(over[np.newaxis])[:, 0] - self._moves
        return value, float(moved.std(ddof=1))

    def less(self, other: Best, *, plus: Array | None = None) -> tuple[float, float]:
        """Return the best that one option achieves here, less the best that one achieves of other options.

        Parameters
        ----------
        other : Best
            Of the same worlds, sampled as this is.
        plus : ndarray, optional
            Shape (world,): what is added to the difference in each world, none by default.

        Returns
        -------
        value : float
            Estimate of the difference, of either sign.
        error : float
            Its standard error, in which both choices and their corrections count; 0 if not sampled.
        """
        apart = self.reference - other.reference + (0.0 if plus is None else plus)
        value = float(apart.mean()) - self.excess + other.excess
        if not self.sampled or not other.sampled:
            return value, 0.0
        moved = perturbations(apart[np.newaxis])[:, 0] + self._moves - other._moves
        return value, float(moved.std(ddof=1))


def _excess(means: Array, inner: Array) -> Array:
    """Estimate by how much the largest of sample means, shape (case, option), is too large on average."""
    largest = means.max(axis=1)
    halved = np.array([(row + inner).max(axis=1).mean() for row in means])
    return np.asarray(np.maximum(_HALVING * (halved - largest), 0.0))
