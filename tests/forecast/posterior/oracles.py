"""Posteriors in closed form, and how far weighted draws are from them, in the errors that the draws state."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from forecast.posterior.importance import Target

DRAWS = 16_384
"""Of tests that need no gate: an error is known to a hundredth of itself from so many."""


@dataclass(frozen=True)
class Exact:
    """Mean and covariance of a posterior, and the log of its marginal likelihood."""

    mean: np.ndarray
    cov: np.ndarray
    log_marginal: float


def gaussian(seen, noise):
    """z ~ N(0, 1), seen with errors of covariance ``noise``: the target, and what follows by conjugacy."""
    seen, noise = np.asarray(seen, dtype=float), np.asarray(noise, dtype=float)
    count = seen.size
    precision = np.linalg.inv(noise)
    constant = -0.5 * (count * np.log(2 * np.pi) + np.linalg.slogdet(noise)[1])

    def log_likelihood(z, cells):
        off = z - seen[:, None]
        return constant - 0.5 * (off * (precision @ off)).sum(axis=0)

    cov = np.linalg.inv(np.eye(count) + precision)
    exact = Exact(
        cov @ precision @ seen, cov, stats.multivariate_normal(np.zeros(count), np.eye(count) + noise).logpdf(seen)
    )
    return Target(count, (), log_likelihood), exact


def scores(draws, exact):
    """How many of their own standard errors weighted draws are off, in every mean, (co)variance and the evidence."""
    weights = draws.weights
    off = draws.normals - exact.mean[:, None]
    found = []
    for i, row in enumerate(off):
        found.append(_score(weights, row))
        found += [_score(weights, row * off[j] - exact.cov[i, j]) for j in range(i + 1)]
    log_marginal, error = draws.log_marginal
    return np.array([*found, (log_marginal - exact.log_marginal) / error])


def _score(weights, values):
    """Give the weighted mean of what has the mean 0, in its standard errors (of a ratio of means)."""
    mean = (weights * values).sum()
    return mean / np.sqrt((weights**2 * (values - mean) ** 2).sum())


def share_score(weights, inside, exact):
    """How many of its own standard errors the weight of some draws is off."""
    return _score(weights, inside - exact)
