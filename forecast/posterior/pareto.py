"""The shape of the tail of importance weights.

ArviZ has it too, but importing ArviZ's statistics takes longer than sampling a posterior; a test holds the two equal
where both take a tail of the same length.

References
----------
Zhang & Stephens (2009), A new and efficient estimation method for the generalized Pareto distribution,
*Technometrics* 51, 316-325. Vehtari, Simpson, Gelman, Yao & Gabry (2024), Pareto smoothed importance sampling, *Journal
of Machine Learning Research* 25, 1-58 (tail length, weak prior on the shape).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

__all__ = ["RELIABLE", "tail_shape"]

type Floats = np.ndarray[Any, np.dtype[np.float64]]

RELIABLE = 0.7
"""Largest Pareto k-hat at which importance weights can be relied on (Vehtari et al. 2024)."""

_PRIOR_DRAWS, _PRIOR_SHAPE = 10.0, 0.5
"""The weak prior of the shape: so many draws at that shape."""

_FEWEST = 5
"""Weights in the tail without which no shape can be fitted."""


def tail_shape(log_weights: Floats) -> float:
    """Give the Pareto k-hat of importance weights.

    Parameters
    ----------
    log_weights : ndarray
        Shape (draw,), up to a constant; minus infinity for a weight of 0.

    Returns
    -------
    float
        The shape of the generalized Pareto distribution of the largest min(draws / 5, 3 sqrt(draws)) weights: their
        moments beyond 1 / k do not exist. Minus infinity where the largest weights are all the same; infinity where
        fewer than five are above 0, or there are fewer than twenty-one that are not all the same.
    """
    count = log_weights.size
    length = math.ceil(min(0.2 * count, 3.0 * math.sqrt(count)))
    largest = float(log_weights.max())
    if not math.isfinite(largest):
        return math.inf
    if length < _FEWEST:
        return -math.inf if float(log_weights.min()) == largest else math.inf
    ordered = np.sort(log_weights)[-length - 1 :] - largest
    cut = max(float(ordered[0]), math.log(np.finfo(np.float64).tiny))
    tail = np.exp(ordered[ordered > cut]) - math.exp(cut)
    if np.ptp(ordered[1:]) <= 1e-12:
        return -math.inf
    if tail.size < _FEWEST:
        return math.inf
    return _fitted_shape(tail)


def _fitted_shape(tail: Floats) -> float:
    """Fit the generalized Pareto distribution to exceedances, sorted, and give its shape."""
    count = tail.size
    points = 30 + int(math.sqrt(count))
    theta = 1.0 - np.sqrt(points / (np.arange(1, points + 1) - 0.5))
    theta = theta / (3.0 * tail[int(count / 4.0 + 0.5) - 1]) + 1.0 / tail[-1]
    shape = np.log1p(-theta[:, None] * tail).mean(axis=1)
    profile = count * (np.log(-(theta / shape)) - shape - 1.0)
    weights = np.exp(profile - profile.max())
    weights = weights / weights.sum()
    best = float((theta * weights).sum())
    found = float(np.log1p(-best * tail).mean())
    return (found * count + _PRIOR_DRAWS * _PRIOR_SHAPE) / (count + _PRIOR_DRAWS)
