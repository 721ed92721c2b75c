"""PAWN from given data: how far apart the outcome's distribution functions are with and without knowing a parameter.

At each value of the parameter stands the Kolmogorov-Smirnov distance between the two, the largest difference over
outcomes; the index is its median over values. The largest of noisy differences is too large, so the place of the
largest is found in some worlds and the difference there measured in others. What is missing is estimated from a quarter
and a sixteenth of the worlds, and added.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from forecast.decision.threads import in_threads
from forecast.sensitivity.held_out import BLOCKS, FOLDS, GROUPS, GivenData, blocks_of, cut, extrapolated, others
from forecast.sensitivity.levels import Levels, levels_of, smoothers
from forecast.sensitivity.repeats import Repeats
from priors.intervals import tails
from priors.streams import keyed_uniforms

__all__ = ["Over", "pawns"]

type Array = np.ndarray[Any, np.dtype[np.float64]]
type Whole = np.ndarray[Any, np.dtype[np.int64]]
type Single = np.ndarray[Any, np.dtype[np.float32]]
type Over = Literal["median", "mean", "max"]

_CLASSES, _PLACES = 64, 256
"""Of the parameter; and of the outcome, where the largest difference is looked for."""

_RESAMPLES = 200


def pawns(x: Array, y: Array, *, over: Over = "median", seed: int = 1, repeats: Repeats | None = None) -> GivenData:
    """Estimate the PAWN index of each parameter from worlds that are given.

    Parameters
    ----------
    x : ndarray
        Shape (parameter, world), finite, any unit, as for :func:`forecast.sensitivity.given_delta.deltas`.
    y : ndarray
        Shape (world,), finite, any unit.
    over : str
        "median", "mean" or "max" over the parameter's values, by their probability: over all values one by one, not
        over a number of conditioning intervals, on which the published estimate depends. "max" is over the central 90%
        of a continuous parameter, since no number of worlds tells what the utmost of an unbounded one would do.
    seed : int
        Which worlds are held out together, and of resampling.
    repeats : Repeats, optional
        As for :func:`forecast.sensitivity.given_delta.deltas`; what is resampled are blocks of whole repeats.

    Returns
    -------
    GivenData
        Arrays of shape (parameter,). Unchanged by rising transformations of a column, and by the order of parameters.

    References
    ----------
    Pianosi & Wagener (2015), *Environmental Modelling & Software* 67, 1-11: the index; (2018) 108, 197-207: from given
    data.
    """
    same = Repeats(np.arange(y.size)) if repeats is None else repeats
    blocks, worlds = blocks_of(same, seed), int(y.size * same.share())
    outcome = levels_of(y, [_PLACES // 2**step for step in range(3)])
    sizes = [_CLASSES // 2**step for step in range(3)]
    drawn = keyed_uniforms(seed, "given data resamples", 0, _RESAMPLES * BLOCKS)[0].reshape(-1, FOLDS, BLOCKS // FOLDS)
    # Blocks are drawn again within their fold, so that no fold goes without; the first weights are all blocks, once.
    again = (drawn * (BLOCKS // FOLDS)).astype(np.int64)
    weights = np.array([[np.bincount(row, minlength=BLOCKS // FOLDS) for row in fold] for fold in again], dtype=float)
    weights = np.concatenate([np.ones((1, *weights.shape[1:])), weights])

    def one(column: Array) -> tuple[float, float]:
        if outcome[0].count == 1 or column.min() == column.max():
            return 0.0, 0.0
        steps = [
            _held_out(x, outcome[step], blocks, weights, over, step) for step, x in enumerate(levels_of(column, sizes))
        ]
        found = np.array(steps)
        return extrapolated(found[:, 0], np.cov(found[:, 1:]), worlds)

    return cut(in_threads(one, list(x)))


def _held_out(x: Levels, y: Levels, blocks: Whole, weights: Array, over: Over, step: int) -> Array:
    """Find places in some worlds and measure in others: the index under each of the weights of blocks."""
    parts, groups = FOLDS ** (step + 1), GROUPS[step]
    shape = (x.count, y.count)
    cells = (blocks * x.count + x.index) * y.count + y.index
    counts: Single = np.bincount(cells, minlength=BLOCKS * x.count * y.count).astype(np.float32)
    counts = counts.reshape(FOLDS, -1, *shape)
    learnt = _curves(others(counts.reshape(FOLDS, parts // FOLDS, -1, *shape).sum(axis=2), groups))
    tested = _curves(counts.sum(axis=1))
    over_x = smoothers(x)
    places, signs, values = [], [], []
    for smoother in over_x:
        curves = smoother @ learnt
        places.append(np.abs(curves).argmax(axis=-1))
        signs.append(np.sign(np.take_along_axis(curves, places[-1][..., np.newaxis], axis=-1)[..., 0]))
        there = np.take_along_axis(tested, places[-1].reshape(FOLDS, groups, -1).swapaxes(1, 2), axis=-1).swapaxes(1, 2)
        values.append((signs[-1] * there) @ x.share)
    by_fold = np.array(values).mean(axis=2)
    # How wide to smooth is chosen for each held-out part by the other parts.
    width = (by_fold.sum(axis=1, keepdims=True) - by_fold).argmax(axis=0)
    place = np.array([places[best][fold] for fold, best in enumerate(width)])
    sign = np.array([signs[best][fold] for fold, best in enumerate(width)])
    distance = _measured(counts, place, sign, weights)
    return _over(distance, x, over_x, over)


def _curves(counts: Single) -> Single:
    """Give F(y | x) - F(y), shape (..., x class, y class), from counts of worlds."""
    known = counts.sum(axis=-1, keepdims=True)
    below = np.cumsum(counts, axis=-1)
    every = below.sum(axis=-2, keepdims=True) / known.sum(axis=-2, keepdims=True)
    return np.asarray(np.where(known > 0.0, below / np.maximum(known, 1.0) - every, 0.0))


def _measured(counts: Single, place: Whole, sign: Array, weights: Array) -> Array:
    """Measure differences at given places in weighted blocks.

    Parameters
    ----------
    counts : ndarray
        Shape (fold, block, x class, y class), worlds.
    place, sign : ndarray
        Shape (fold, group, x class): the class of the outcome up to which, and the sign that is expected.
    weights : ndarray
        Shape (resample, fold, block).

    Returns
    -------
    ndarray
        Shape (resample, fold, group, x class).
    """
    at = np.moveaxis(place, 1, 2)[:, np.newaxis]
    below = np.cumsum(counts, axis=-1)
    here = np.moveaxis(np.take_along_axis(below, at, axis=-1), -1, 2)
    known = counts.sum(axis=-1)
    every = np.cumsum(counts.sum(axis=-2), axis=-1)
    there = np.take_along_axis(every[:, :, np.newaxis, :], place[:, np.newaxis].astype(np.int64), axis=-1)
    upto, among, margin = (_weighted(weights, part) for part in (here, known[:, :, np.newaxis], there))
    total = among.sum(axis=-1, keepdims=True)
    return np.asarray(np.where(among > 0.0, upto / np.maximum(among, 1.0) - margin / total, 0.0) * sign)


def _weighted(weights: Array, part: Array | Single) -> Array:
    """Add up blocks: (resample, fold, block) and (fold, block, ...) give (resample, fold, ...)."""
    flat = part.reshape(*part.shape[:2], -1).astype(np.float64)
    return np.moveaxis(np.moveaxis(weights, 0, 1) @ flat, 0, 1).reshape(*weights.shape[:2], *part.shape[2:])


def _over(distance: Array, x: Levels, over_x: Array, over: Over) -> Array:
    """Take the median, mean or largest over classes: from (resample, fold, group, x class) to (resample,)."""
    if over == "mean":
        return np.asarray((distance @ x.share).mean(axis=(1, 2)))
    # One step narrower than foretells the distances of held-out worlds best. Noise averages out in a median, and is not
    # taken for the largest; the bias of smoothing over a kink, where the sign turns, or a peak would stay.
    base = distance[0].mean(axis=1)
    rest = (base.sum(axis=0) - base) / (FOLDS - 1)
    best = int(np.argmin([np.sum((base - rest @ smoother.T) ** 2 * x.share) for smoother in over_x]))
    smoother = over_x[min(best + 1, len(over_x) - 1)]
    if over == "median":
        return _median(distance.mean(axis=1) @ smoother.T, x.share).mean(axis=1)
    smooth = distance @ (_central(x) @ smoother).T
    rest = (smooth[:1].sum(axis=1, keepdims=True) - smooth[:1]) / (FOLDS - 1)
    # The largest is found in other worlds than it is measured in.
    top = np.broadcast_to(rest.argmax(axis=-1)[..., np.newaxis], (*smooth.shape[:-1], 1))
    return np.asarray(np.take_along_axis(smooth, top, axis=-1)[..., 0].mean(axis=(1, 2)))


def _central(x: Levels) -> Array:
    """Give what picks the classes of the central 90%, and the value at its ends between two classes; all atoms."""
    ends = np.array(tails())
    inside = x.atom | ((x.middle > ends[0]) & (x.middle < ends[1]))
    classes = np.eye(x.count)
    between = np.array([np.interp(ends, x.middle, row) for row in classes]).T
    # A value that many worlds share is not to be mixed with its neighbour's.
    return np.concatenate([classes[inside], between[between @ x.atom == 0.0]])


def _median(values: Array, share: Array) -> Array:
    """Give weighted medians over the last axis, halfway between two values where half of the mass is below."""
    order = np.argsort(values, axis=-1)
    ranked = np.take_along_axis(values, order, axis=-1)
    mass = np.cumsum(share[order], axis=-1)
    low, high = ((mass < half).sum(axis=-1, keepdims=True) for half in (0.5 - 1e-9, 0.5 + 1e-9))
    pick = [np.take_along_axis(ranked, np.minimum(at, share.size - 1), axis=-1)[..., 0] for at in (low, high)]
    return np.asarray(0.5 * (pick[0] + pick[1]))
