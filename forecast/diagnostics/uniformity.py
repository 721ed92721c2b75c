"""Whether ranks are uniform: simultaneous bands for their empirical distribution, by exact probabilities.

The ranks are whole numbers from 0 to ``points``, all equally likely where the draws are right. The number of ranks
below i is then Binomial(n, i / (points + 1)), and as i grows the counts are a Markov chain; so the probability that
all of them lie inside a band is a short recursion, and nothing need be simulated.

References
----------
Säilynoja, Bürkner & Vehtari (2022), Graphical test for discrete uniformity and its applications in goodness-of-fit
evaluation and multiple sample comparison, *Statistics and Computing* 32, 32.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

__all__ = ["band", "counts_below", "critical", "depth", "p_value"]

Array = np.ndarray[Any, np.dtype[Any]]


def counts_below(ranks: Array, *, points: int) -> Array:
    """Count the ranks below each of 1, ..., ``points``.

    Parameters
    ----------
    ranks : ndarray of int
        Shape (n, ...), each 0..points.
    points : int
        The highest rank.

    Returns
    -------
    ndarray of int
        Shape (points, ...).
    """
    return np.stack([(ranks < i).sum(axis=0) for i in range(1, points + 1)])


@cache
def _tails(n: int, points: int) -> Array:
    """Twice the smaller tail probability of each count at each point, shape (points, n + 1)."""
    from scipy.stats import binom

    count, chance = np.arange(n + 1), np.arange(1, points + 1)[:, None] / (points + 1)
    tails: Array = 2.0 * np.minimum(binom.cdf(count, n, chance), binom.sf(count - 1, n, chance))
    return tails


def depth(counts: Array, *, n: int) -> Array:
    """Say how far out an empirical distribution goes at its farthest point.

    Parameters
    ----------
    counts : ndarray of int
        Shape (points, ...), from :func:`counts_below`.
    n : int
        The number of ranks.

    Returns
    -------
    ndarray
        Shape (...): the smallest two-sided tail probability at any point, of a count alone; the smaller, the farther.
    """
    points = len(counts)
    flat = counts.reshape(points, -1)
    smallest: Array = _tails(n, points)[np.arange(points)[:, None], flat].min(axis=0)
    return smallest.reshape(counts.shape[1:])


def _inside(n: int, points: int, level: float) -> float:
    """Probability that at every point the tail probability of the count is above ``level``, ranks being uniform."""
    from scipy.special import gammaln

    log_factorial = gammaln(np.arange(n + 1) + 1.0)
    # Start at no rank below 0, for sure.
    counts, chances = np.array([0]), np.array([1.0])
    for i, tails in enumerate(_tails(n, points)):
        after = np.flatnonzero(tails > level)
        if not after.size:
            return 0.0
        gained, left = after - counts[:, None], n - counts[:, None]
        possible = gained >= 0
        gained = np.where(possible, gained, 0)
        # Of the ranks that are not below i, each is i with the same chance as any value that is left.
        share = 1.0 / (points + 1 - i)
        moves = np.exp(
            log_factorial[left]
            - log_factorial[gained]
            - log_factorial[np.maximum(left - gained, 0)]
            + gained * np.log(share)
            + (left - gained) * np.log1p(-share)
        )
        counts, chances = after, chances @ np.where(possible, moves, 0.0)
    return float(min(chances.sum(), 1.0))


def p_value(observed: float, *, n: int, points: int) -> float:
    """Give the probability that uniform ranks go as far out as was observed, at any point.

    Parameters
    ----------
    observed : float
        From :func:`depth`.
    n, points : int
        The number of ranks and the highest rank.

    Returns
    -------
    float
        0..1: exact, save that below 1e-9 it is a bound, ``points`` times what was observed.
    """
    # The whole is at most the sum of its parts; a difference from one could not tell it from rounding.
    bound = points * observed
    return bound if bound < 1e-9 else max(0.0, 1.0 - _inside(n, points, observed))


@cache
def critical(*, n: int, points: int, error: float) -> float:
    """Give the depth at or below which ranks are called not uniform.

    Parameters
    ----------
    n, points : int
        The number of ranks and the highest rank.
    error : float
        Probability, 0..1, of calling uniform ranks not uniform; counts are whole, so it is a little less.

    Returns
    -------
    float
        The largest depth whose :func:`p_value` is at most ``error``; 0 where even the smallest has a larger one.
    """
    levels = np.unique(_tails(n, points))
    # A p-value is at most the sum over points, and at least that of one side of one point.
    low = int(np.searchsorted(levels, error / points, side="right")) - 1
    high = int(np.searchsorted(levels, 2.0 * error, side="right"))
    # A depth is one of these values, so the search ends at exactly one.
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if p_value(levels[middle], n=n, points=points) <= error else (low, middle)
    return float(levels[low]) if low >= 0 else 0.0


def band(*, n: int, points: int, error: float) -> tuple[Array, Array]:
    """Give the simultaneous band for the counts of uniform ranks.

    Parameters
    ----------
    n, points : int
        The number of ranks and the highest rank.
    error : float
        Probability that uniform ranks leave the band anywhere.

    Returns
    -------
    lower, upper : ndarray of int
        Shape (points,): the smallest and the largest count inside, for :func:`counts_below`.
    """
    allowed = _tails(n, points) > critical(n=n, points=points, error=error)
    return allowed.argmax(axis=1), n - allowed[:, ::-1].argmax(axis=1)
