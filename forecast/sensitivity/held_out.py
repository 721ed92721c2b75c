"""What given-data indices share: worlds held out, what is missing with few worlds, and the index with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from forecast.estimates import half_width
from forecast.sensitivity.repeats import Repeats
from priors.streams import keyed_uniforms

__all__ = ["BLOCKS", "FEWEST", "FOLDS", "GROUPS", "GivenData", "blocks_of", "cut", "extrapolated", "others"]

type Array = np.ndarray[Any, np.dtype[np.float64]]
type Whole = np.ndarray[Any, np.dtype[np.int64]]

FEWEST = 1000
"""Worlds with parameters of their own that a given-data index needs."""

FOLDS, BLOCKS = 4, 64
GROUPS = (1, 4, 8)
"""How often something is learnt anew for the same held-out worlds: from three quarters, 3/16 and 3/64 of all worlds."""

_RATIO, _RATIO_ERROR = 0.57, 0.12
"""What a step in worlds by four leaves of what is missing, before the data: the power of worlds is -0.41 +/- 0.15."""

_LAW_ERROR, _LAW_WORLDS = 0.15, 50_000
"""By how much that differs from step to step, at so many worlds; with few the curve has not become a power law."""


@dataclass(frozen=True)
class GivenData:
    """An index of each parameter, arrays of shape (parameter,), dimensionless and within 0 and 1.

    Attributes
    ----------
    estimate, error : ndarray
        The estimate, and its standard error with what may be left of its bias.
    lower, upper : ndarray
        Central 90% interval, cut to where the index can be.
    """

    estimate: Array
    error: Array
    lower: Array
    upper: Array


def blocks_of(repeats: Repeats, seed: int) -> Whole:
    """Put each world into one of 64 blocks of equal size at random, the same for every parameter; shape (world,).

    Not by the worlds' numbers, which may have a pattern, as those of a Sobol' sequence do. Worlds with the same
    parameters go together, by the number of their first, and blocks are then of an equal number of distinct vectors.
    """
    # All are drawn, so that what a world gets depends on its number alone.
    drawn = keyed_uniforms(seed, "given data blocks", 0, repeats.vector.size)[0][repeats.first]
    place = np.empty(repeats.distinct, dtype=np.int64)
    place[np.argsort(drawn, kind="stable")] = np.arange(repeats.distinct)
    return (place % BLOCKS)[repeats.vector]


def others[Table: np.ndarray[Any, Any]](counts: Table, groups: int) -> Table:
    """Give tables of worlds outside each fold.

    Parameters
    ----------
    counts : ndarray
        Shape (fold, part, x class, y class), worlds.
    groups : int
        Tables for each fold, each of one part of every other fold, so that all are of the same size.

    Returns
    -------
    ndarray
        Shape (fold, group, x class, y class).
    """
    found: Table = np.array([np.delete(counts[:, :groups], fold, axis=0).sum(axis=0) for fold in range(len(counts))])  # type: ignore[assignment]
    return found


def cut(found: Sequence[tuple[float, float]]) -> GivenData:
    """Make an index of each pair of a raw estimate and its error: nothing is below 0 or above 1."""
    estimate, error = np.array(found, dtype=np.float64).reshape(-1, 2).T
    half = half_width() * error
    lower, upper = (np.clip(end, 0.0, 1.0) for end in (estimate - half, estimate + half))
    return GivenData(np.clip(estimate, 0.0, 1.0), error, lower, upper)


def extrapolated(values: Array, covariance: Array, worlds: int) -> tuple[float, float]:
    """Add to a held-out value what is missing since it was learnt from so many worlds and no more.

    Parameters
    ----------
    values : ndarray
        Shape (3,): learnt from three quarters of all worlds, from a quarter and from a sixteenth of those.
    covariance : ndarray
        Shape (3, 3): of the noise in what they are measured on.
    worlds : int
        All there are.

    Returns
    -------
    tuple of float
        The estimate and its standard error.

    Notes
    -----
    What is missing is taken to shrink by the same ratio with every step, a power law. The ratio is believed to be
    0.57 +/- 0.12, which the two steps that are seen correct as far as they are clear of noise.

    References
    ----------
    Viering & Loog (2023), *IEEE Transactions on Pattern Analysis and Machine Intelligence* 45, 7799-7819: learning
    curves as power laws.
    """
    last, before = values[0] - values[1], values[1] - values[2]
    steps = np.array([[1.0, -1.0, 0.0], [0.0, 1.0, -1.0]])
    # Rounding may leave a variance of nothing below 0.
    last_noise, before_noise = np.maximum(np.einsum("ij,jk,ik->i", steps, covariance, steps), 0.0)
    ratio, ratio_error = _ratio(last, before, last_noise, before_noise, worlds)
    factor = ratio / (1.0 - ratio)
    weights = np.array([1.0 + factor, -factor, 0.0])
    # What is learnt from noise counts twice, since of two worlds each is learnt from for the measuring of the other.
    # That is all where nothing is seen, and else the step.
    alone = covariance[0, 0]
    noise = weights @ covariance @ weights + factor**2 * last_noise
    noise += alone / (1.0 + values[0] ** 2 / (8.0 * alone)) if alone > 0.0 else 0.0
    bias = ratio_error / (1.0 - ratio) ** 2 * np.hypot(last, np.sqrt(last_noise))
    return float(values[0] + factor * last), float(np.sqrt(max(noise, 0.0) + bias**2))


def _ratio(last: float, before: float, last_noise: float, before_noise: float, worlds: int) -> tuple[float, float]:
    """Give what a step leaves of what is missing, and its error: what the last two steps say, and the belief before."""
    if before <= 0.0:
        return _RATIO, _RATIO_ERROR
    law = _LAW_ERROR * max((_LAW_WORLDS / worlds) ** 0.25, 1.0)
    spread = law**2 + (last_noise + _RATIO**2 * before_noise) / before**2
    weight = _RATIO_ERROR**2 / (_RATIO_ERROR**2 + spread)
    ratio = float(np.clip(_RATIO + weight * (last / before - _RATIO), 0.3, 0.75))
    return ratio, float(_RATIO_ERROR * np.sqrt(1.0 - weight))
