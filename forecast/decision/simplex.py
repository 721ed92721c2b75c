"""All weights of a few goals: an even grid over them, and which option is best at each, told from the rest or not."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np

from forecast.estimates import perturbations

__all__ = ["NOTHING", "Contrasts", "best_by_name", "simplex_grid"]

type Array = np.ndarray[Any, np.dtype[np.float64]]

_REPEATS = 4000
NOTHING = 1e-12
"""Expected utilities between 0 and 1 that are this near are the same but for rounding."""


def simplex_grid(goals: int, steps: int) -> Array:
    """Return every weighting in steps of 1 / ``steps``.

    Parameters
    ----------
    goals : int
        Two or more.
    steps : int
        One or more.

    Returns
    -------
    ndarray
        Shape (point, goal), rows summing to 1.
    """
    # Bars between stars: every way to place goals - 1 bars among steps + goals - 1 places is one weighting.
    bars = np.array(list(combinations(range(steps + goals - 1), goals - 1)))
    edges = np.hstack([np.full((len(bars), 1), -1), bars, np.full((len(bars), 1), steps + goals - 1)])
    return np.asarray((np.diff(edges, axis=1) - 1) / steps)


def best_by_name(means: Array, names: list[str]) -> int:
    """Return the place of the best; of equals the first by name, so that the order of options changes nothing."""
    tied = np.flatnonzero(means >= means.max() - NOTHING)
    return int(min(tied, key=lambda i: names[i]))


class Contrasts:
    """Differences of expected utility between options as functions of the weights, with one joint error.

    Parameters
    ----------
    found : ndarray
        Scores of goals, shape (goal, option, world).
    names : list of str
        The options.
    weights : ndarray
        Shape (weighting, goal): all at which the differences are to be right at once.
    level : float
        The probability of that.

    Attributes
    ----------
    bar : float
        The number of standard errors within which all differences are at once, at least that of a single one.

    References
    ----------
    Hothorn, Bretz & Westfall (2008), "Simultaneous inference in general parametric models", *Biometrical Journal* 50.
    """

    def __init__(self, found: Array, names: list[str], weights: Array, *, level: float) -> None:
        from scipy.stats import norm

        self._means, self._names = found.mean(axis=-1), names
        goals, options, worlds = found.shape
        centred = found - found.mean(axis=-1, keepdims=True)
        pairs = list(combinations(range(options), 2))
        self._covariance = np.zeros((options, options, goals, goals))
        bars = np.zeros(_REPEATS)
        moves = perturbations(
            (found - found[:, :1]).reshape(goals * options, worlds), channel="decision critical", repeats=_REPEATS
        ).reshape(_REPEATS, goals, options)
        for one, other in pairs:
            apart = centred[:, one] - centred[:, other]
            spread = apart @ apart.T / (worlds - 1) / worlds
            self._covariance[one, other] = self._covariance[other, one] = spread
            errors = np.sqrt(np.maximum(np.einsum("wg,gh,wh->w", weights, spread, weights), 0.0))
            real = errors > NOTHING
            # Some hundred weightings at a time, so that memory does not grow with their number.
            for part in np.array_split(np.flatnonzero(real), max(1, real.sum() // 500)):
                if part.size:
                    moved = (moves[:, :, one] - moves[:, :, other]) @ weights[part].T
                    bars = np.maximum(bars, np.abs(moved / errors[part]).max(axis=1))
        self.bar = max(float(norm.ppf((1.0 + level) / 2.0)), float(np.quantile(bars, level)))

    def judge(self, weights: Array) -> tuple[str, float, float, tuple[str, ...]]:
        """Say which option is best at a weighting.

        Parameters
        ----------
        weights : ndarray
            Shape (goal,).

        Returns
        -------
        best : str
            By name.
        lead, error : float
            What it has over the next in expected utility, and its standard error.
        within : tuple of str
            The options whose difference from it is within error, in the order of their means.
        """
        expected = weights @ self._means
        best = best_by_name(expected, self._names)
        leads = expected[best] - expected
        errors = np.sqrt(np.maximum(np.einsum("g,ogh,h->o", weights, self._covariance[best], weights), 0.0))
        others = [i for i in np.lexsort((self._names, np.round(leads, 12))) if i != best]
        within = tuple(self._names[i] for i in others if leads[i] <= max(self.bar * errors[i], NOTHING))
        return self._names[best], float(leads[others[0]]), float(errors[others[0]]), within
