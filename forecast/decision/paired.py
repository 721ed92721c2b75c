"""Means of options over common worlds: their best, without the bias of having picked it, and joint errors.

Every statistic here is a mean over worlds of some influence, so its error is that of a mean. Joint errors are taken
from perturbed means: blocks of worlds are weighed by random normal multipliers, the same for every statistic, so that
whatever is shared between options (beliefs, luck) cancels in their differences as it does in the worlds.

References
----------
van der Vaart & Wellner (1996), *Weak Convergence and Empirical Processes*, section 3.6 (multiplier bootstrap).
Hirano & Porter (2012), "Impossibility results for nondifferentiable functionals", *Econometrica* 80, 1769-1790.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from priors.streams import keyed_normals

__all__ = ["Best", "critical_value", "pairs_critical_value", "perturbations", "standard_error"]

type Array = np.ndarray[Any, np.dtype[np.float64]]

_BLOCKS = 1000
"""Most blocks of worlds that are perturbed: enough that the errors are known to about 2%."""

_REPEATS = 1000
_INNER = 200

_HALVING = 1.0 / (np.sqrt(2.0) - 1.0)
"""Where options tie, the excess of the largest mean over n worlds falls as 1 / sqrt(n): half have sqrt(2) of it."""


@lru_cache(maxsize=8)
def _multipliers(blocks: int, repeats: int, channel: str) -> Array:
    drawn = keyed_normals(0, channel, 0, repeats, rows=blocks).T
    drawn.flags.writeable = False
    return drawn


def _block_sums(influences: Array) -> Array:
    """Sum centred influences over blocks of neighbouring worlds, over their number: (..., world) to (..., block)."""
    worlds = influences.shape[-1]
    blocks = min(worlds, _BLOCKS)
    starts = np.arange(blocks) * worlds // blocks
    centred = influences - influences.mean(axis=-1, keepdims=True)
    # With n worlds the sum of squares of n centred terms falls short by (n - 1) / n.
    widen = np.sqrt(blocks / (blocks - 1)) if blocks > 1 else np.nan
    return np.asarray(np.add.reduceat(centred, starts, axis=-1) * (widen / worlds))


def perturbations(influences: Array, *, channel: str = "decision outer", repeats: int = _REPEATS) -> Array:
    """Draw what the means of influences would be off by in other worlds.

    Parameters
    ----------
    influences : ndarray
        Shape (statistic, world).
    channel : str
        Name of the multipliers: statistics perturbed under one name move together.
    repeats : int
        Number of draws.

    Returns
    -------
    ndarray
        Shape (repeat, statistic): normal with mean 0 and the covariance of the means.
    """
    sums = _block_sums(influences)
    return np.asarray(_multipliers(sums.shape[-1], repeats, channel) @ sums.T)


def standard_error(influences: Array) -> Array:
    """Give the standard error of the mean over the last dim; NaN for a single world."""
    worlds = influences.shape[-1]
    if worlds < 2:
        return np.full(influences.shape[:-1], np.nan)
    return np.asarray(influences.std(axis=-1, ddof=1) / np.sqrt(worlds))


def critical_value(influences: Array, *, level: float, one_sided: bool = False) -> float:
    """Give the number of standard errors within which all means are at once.

    Parameters
    ----------
    influences : ndarray
        Shape (statistic, world).
    level : float
        Joint probability, in (0, 1).
    one_sided : bool
        Whether only means below their estimates count.

    Returns
    -------
    float
        At least the normal quantile of a single one; statistics that never vary are left out.

    References
    ----------
    Hothorn, Bretz & Westfall (2008), "Simultaneous inference in general parametric models", *Biometrical Journal* 50.
    """
    from scipy.stats import norm

    single = float(norm.ppf(level if one_sided else (1.0 + level) / 2.0))
    moves = perturbations(influences, channel="decision critical", repeats=4 * _REPEATS)
    spread = moves.std(axis=0)
    varied = spread > 1e-12 * max(1.0, float(np.abs(influences).max(initial=0.0)))
    if varied.sum() < 2:
        return single
    scaled = moves[:, varied] / spread[varied]
    largest = scaled.max(axis=1) if one_sided else np.abs(scaled).max(axis=1)
    return max(single, float(np.quantile(largest, level)))


def pairs_critical_value(values: Array, *, level: float) -> float:
    """Give the number of standard errors within which the differences of all pairs of means are at once.

    Whatever option comes out on top, its differences from the others are among these, so a verdict on the best by them
    is not the less sure for the best having been picked.

    Parameters
    ----------
    values : ndarray
        Shape (option, world).
    level : float
        Joint probability, in (0, 1).

    Returns
    -------
    float
        With few worlds as much wider as Student's t is than the normal; infinite for a single one.

    References
    ----------
    Hsu (1981), "Simultaneous confidence intervals for all distances from the best", *Annals of Statistics* 9.
    """
    from scipy.stats import norm, t

    options, worlds = values.shape
    if worlds < 2:
        return np.inf
    found = float(norm.ppf((1.0 + level) / 2.0))
    moves = perturbations(values, channel="decision critical", repeats=4 * _REPEATS)
    first, second = np.triu_indices(options, 1)
    differences = moves[:, first] - moves[:, second]
    spread = differences.std(axis=0)
    varied = spread > 1e-12 * max(1.0, float(np.abs(values).max()))
    if varied.sum() > 1:
        found = max(found, float(np.quantile(np.abs(differences[:, varied] / spread[varied]).max(axis=1), level)))
    return float(t.isf(norm.sf(found), worlds - 1))


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
        """Give the mean of what some way of choosing achieves, less the best that one option achieves.

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
        """Give the best that one option achieves here, less the best that one achieves of other options.

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
