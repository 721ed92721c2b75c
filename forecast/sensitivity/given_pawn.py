"""PAWN from given data: how far apart the outcome's distribution functions are with and without knowing a parameter.

The Kolmogorov-Smirnov distance at each value of the parameter, and its median over values. Distances between noisy
functions are too large; distances at a place found in some worlds and measured in others are too small by about as much.
The estimate lies between the two.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from forecast.decision.threads import in_threads
from forecast.sensitivity.given_delta import GivenData, blocks_of, held
from forecast.sensitivity.levels import Levels, levels_of
from priors.streams import keyed_uniforms

__all__ = ["pawns"]

type Array = np.ndarray[Any, np.dtype[np.float64]]
type Whole = np.ndarray[Any, np.dtype[np.int64]]
type Over = Literal["median", "mean", "max"]

_FOLDS, _BLOCKS = 4, 64
_CLASSES, _PLACES = 64, 256
"""Of the parameter, whose distances are smoothed over classes; and of the outcome, where distances are looked for."""

_RESAMPLES = 100


def pawns(x: Array, y: Array, *, over: Over = "median", seed: int = 1) -> GivenData:
    """Estimate the PAWN index of each parameter from worlds that are given.

    Parameters
    ----------
    x : ndarray
        Shape (parameter, world), finite, any unit, as for :func:`forecast.sensitivity.given_delta.deltas`.
    y : ndarray
        Shape (world,), finite, any unit.
    over : str
        "median", "mean" or "max" over the parameter's values, by their probability.
    seed : int
        Which worlds are held out together, and of resampling.

    Returns
    -------
    GivenData
        Arrays of shape (parameter,).

    References
    ----------
    Pianosi & Wagener (2015), *Environmental Modelling & Software* 67, 1-11; (2018) 108, 197-207: from given data.
    """
    blocks = blocks_of(y.size, seed)
    outcome = levels_of(y, _PLACES)
    drawn = keyed_uniforms(seed, "given data resamples", 0, _RESAMPLES * _BLOCKS)[0]
    chosen = (drawn.reshape(_RESAMPLES, _BLOCKS) * _BLOCKS).astype(np.int64)
    weights = np.array([np.bincount(row, minlength=_BLOCKS) for row in chosen], dtype=np.float32)

    def one(column: Array) -> tuple[float, float]:
        return _pawn(levels_of(column, _CLASSES), outcome, blocks, weights, over)

    return held([*in_threads(one, list(x))])


def _smoothers(levels: Levels) -> Array:
    """Give local quadratic smoothers over classes, shape (width, class, class), from wide to none.

    References
    ----------
    Fan & Gijbels (1996), *Local Polynomial Modelling and its Applications*, chapter 3: no bias at the ends, and of the
    fourth power of the width between them.
    """
    count, alone = levels.count, np.eye(levels.count)
    found = []
    free = ~levels.atom
    share = levels.share
    for width in (0.4, 0.28, 0.2, 0.14, 0.1, 0.07, 0.05, 0.035, 0.025):
        if free.sum() < 8 or width * count < 1.5:
            break
        apart = (levels.middle[free, np.newaxis] - levels.middle[free]) / width
        weight = np.exp(-0.5 * apart**2) * share[free]
        powers = apart[:, :, np.newaxis] ** np.arange(3)
        moments = np.einsum("ij,ijp,ijq->ipq", weight, powers, powers)
        first = np.linalg.solve(moments + 1e-12 * np.eye(3), np.eye(3)[:, :1])[:, :, 0]
        whole = alone.copy()
        whole[np.ix_(free, free)] = np.einsum("ij,ijp,ip->ij", weight, powers, first)
        found.append(whole)
    return np.array([*found, alone])


def _curves(counts: Array) -> Array:
    """Give F(y | x) - F(y), shape (..., x class, y class), from counts of worlds."""
    known = counts.sum(axis=-1, keepdims=True)
    below = np.cumsum(counts, axis=-1)
    every = below.sum(axis=-2, keepdims=True) / known.sum(axis=-2, keepdims=True)
    return np.where(known > 0.0, below / np.maximum(known, 1.0) - every, 0.0)


def _over(distances: Array, share: Array, over: Over) -> Array:
    """Take the median, mean or largest over classes, the last axis."""
    if over == "mean":
        return np.asarray(distances @ share)
    if over == "max":
        return np.asarray(distances.max(axis=-1))
    order = np.argsort(distances, axis=-1)
    ranked = np.take_along_axis(distances, order, axis=-1)
    mass = np.cumsum(share[order], axis=-1)
    # Halfway between two values where half of the mass is below.
    low = (mass < 0.5 - 1e-9).sum(axis=-1)
    high = (mass < 0.5 + 1e-9).sum(axis=-1)
    pick = [np.take_along_axis(ranked, np.minimum(at, share.size - 1)[..., np.newaxis], axis=-1) for at in (low, high)]
    return np.asarray(0.5 * (pick[0] + pick[1])[..., 0])


def _pawn(x: Levels, y: Levels, blocks: Whole, weights: Any, over: Over) -> tuple[float, float]:
    if x.count == 1 or y.count == 1:
        return 0.0, 0.0
    cells = (blocks * x.count + x.index) * y.count + y.index
    counts = np.bincount(cells, minlength=_BLOCKS * x.count * y.count).astype(np.float32)
    counts = counts.reshape(_BLOCKS, x.count, y.count)
    parts = counts.reshape(_FOLDS, -1, x.count, y.count).sum(axis=1)
    whole = parts.sum(axis=0)
    tested, learnt = _curves(parts), _curves(whole - parts)
    smoothers = _smoothers(x).astype(np.float32)
    # The width that foretells the functions of held-out worlds best.
    off = [float(np.sum((tested - smoother @ learnt) ** 2 * x.share[:, np.newaxis])) for smoother in smoothers]
    smoother = smoothers[int(np.argmin(off))]
    found, other = smoother @ learnt, smoother @ tested
    at = np.abs(found).argmax(axis=-1)[..., np.newaxis]
    sign = np.sign(np.take_along_axis(found, at, axis=-1))
    measured = (sign * np.take_along_axis(other, at, axis=-1))[..., 0]
    if over == "max":
        top = np.abs(found).max(axis=-1).argmax(axis=-1)
        low = float(measured[np.arange(_FOLDS), top].mean())
    else:
        low = float(_over(measured.mean(axis=0), x.share, over))
    high = float(_over(np.abs(smoother @ _curves(whole)).max(axis=-1), x.share, over))
    again = (weights @ counts.reshape(_BLOCKS, -1)).reshape(len(weights), x.count, y.count)
    spread = _over(np.abs(smoother @ _curves(again)).max(axis=-1), x.share, over).std()
    return low, high, float(spread), int(np.argmin(off)), measured.std(0)
