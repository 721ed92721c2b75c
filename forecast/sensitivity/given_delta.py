"""Borgonovo's delta from given data: how far the outcome's distribution moves when a parameter becomes known.

Delta is the mean over the parameter of the total variation between the outcome given the parameter and the outcome. The
plain estimate, from a table of counts, is biased upwards by noise where the table is fine and downwards where it is
coarse. Here regions of (parameter, outcome) that hold more worlds than independence says are drawn from some worlds,
and what they hold in excess is counted in others, which in expectation is never more than delta. What is missing
shrinks as a power of the number of worlds; it is estimated from a quarter and a sixteenth of them, and added.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from forecast.decision.threads import in_threads
from forecast.sensitivity.levels import Levels, kernels, levels_of
from forecast.sensitivity.regions import excess, influence, regions, residual
from priors.intervals import tails
from priors.streams import keyed_uniforms

__all__ = ["FEWEST", "GivenData", "blocks_of", "deltas", "held"]

type Array = np.ndarray[Any, np.dtype[np.float64]]
type Whole = np.ndarray[Any, np.dtype[np.int64]]

FEWEST = 256
"""Worlds that a given-data index needs."""

_FOLDS = 4
_BLOCKS = 64
_GROUPS = (1, 4, 8)
"""How often regions are drawn anew for the same held-out worlds: from three quarters, 3/16 and 3/64 of all worlds."""

_RATIO, _RATIO_ERROR = 0.57, 0.12
"""What a step in worlds by four leaves of what is missing, before the data: the power of worlds is -0.41 +/- 0.15."""

_LAW_ERROR, _LAW_WORLDS = 0.15, 50_000
"""By how much that differs from step to step, at so many worlds; with few the beginning of the curve is no power law."""


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


def blocks_of(worlds: int, seed: int) -> Whole:
    """Put each world into one of 64 blocks of equal size at random, the same for every parameter; shape (world,).

    Not by the worlds' numbers, which may have a pattern, as those of a Sobol' sequence do.
    """
    place = np.empty(worlds, dtype=np.int64)
    place[np.argsort(keyed_uniforms(seed, "given data blocks", 0, worlds)[0], kind="stable")] = np.arange(worlds)
    return place % _BLOCKS


def deltas(x: Array, y: Array, *, seed: int = 1) -> GivenData:
    """Estimate Borgonovo's delta of each parameter from worlds that are given.

    Parameters
    ----------
    x : ndarray
        Shape (parameter, world), finite, any unit; continuous, discrete or constant, and dependent or not. Worlds are
        independent of each other, or from a low-discrepancy sequence (whose estimates err less than the errors say).
    y : ndarray
        Shape (world,), finite, any unit; of a yes/no outcome delta is the mean of abs(P(yes | x) - P(yes)).
    seed : int
        Which worlds are held out together; another seed moves an estimate by less than its error.

    Returns
    -------
    GivenData
        Arrays of shape (parameter,). Unchanged by rising transformations of a column, and by the order of parameters.
        A parameter that changes nothing has an interval that starts at 0; a constant has 0 without error.

    References
    ----------
    Borgonovo (2007), *Reliability Engineering & System Safety* 92, 771-784: delta.
    Plischke, Borgonovo & Smith (2013), *European Journal of Operational Research* 226, 536-550: from given data, and the
    bias of doing so.
    Viering & Loog (2023), *IEEE Transactions on Pattern Analysis and Machine Intelligence* 45, 7799-7819: learning
    curves as power laws.
    """
    blocks = blocks_of(y.size, seed)
    outcome = {most: levels_of(y, most) for most in _sizes(y.size)}
    smoothing = {most: kernels(found) for most, found in outcome.items()}

    def one(column: Array) -> tuple[float, float]:
        return _delta(column, outcome, smoothing, blocks)

    return held([*in_threads(one, list(x))])


def held(found: list[tuple[float, float]]) -> GivenData:
    """Make an index of each pair of a raw estimate and its error: nothing is below 0 or above 1."""
    estimate, error = np.array(found, dtype=np.float64).reshape(-1, 2).T
    half = NormalDist().inv_cdf(tails()[1]) * error
    lower, upper = (np.clip(end, 0.0, 1.0) for end in (estimate - half, estimate + half))
    return GivenData(np.clip(estimate, 0.0, 1.0), error, lower, upper)


def _sizes(worlds: int) -> tuple[int, int, int]:
    """Give how many classes an axis has with all worlds, with a quarter of them, and with a sixteenth."""
    most = 128 if worlds >= 25_000 else 64
    return most, most // 2, most // 4


def _delta(
    column: Array, outcome: dict[int, Levels], smoothing: dict[int, Any], blocks: Whole
) -> tuple[float, float]:
    if outcome[max(outcome)].count == 1 or column.min() == column.max():
        return 0.0, 0.0
    steps = [
        _held_out(levels_of(column, most), found, smoothing[most], blocks, step)
        for step, (most, found) in enumerate(outcome.items())
    ]
    (whole, by_world), (quarter, by_world_quarter), (sixteenth, by_world_sixteenth) = steps
    worlds = column.size

    def error(effect: Array) -> float:
        return float(effect.std() / np.sqrt(worlds))

    last, before = whole - quarter, quarter - sixteenth
    last_error, before_error = error(by_world - by_world_quarter), error(by_world_quarter - by_world_sixteenth)
    ratio, ratio_error = _ratio(last, before, last_error, before_error, worlds)
    factor = ratio / (1.0 - ratio)
    estimate = whole + factor * last
    noise = error(by_world + factor * (by_world - by_world_quarter)) ** 2
    # What regions owe to noise counts twice, since of two worlds each helps to draw the region that the other is
    # counted in. That is all where nothing is seen, and else what another region adds.
    alone = error(by_world) ** 2
    noise += factor**2 * last_error**2 + alone / (1.0 + whole**2 / (8.0 * alone)) if alone else 0.0
    bias = ratio_error / (1.0 - ratio) ** 2 * max(last, 0.0)
    return estimate, float(np.sqrt(noise + bias**2))


def _ratio(last: float, before: float, last_error: float, before_error: float, worlds: int) -> tuple[float, float]:
    """Give what a step leaves of what is missing, and its error: what the last two steps say, and the belief before."""
    if before <= 0.0:
        return _RATIO, _RATIO_ERROR
    seen = last / before
    law = _LAW_ERROR * max((_LAW_WORLDS / worlds) ** 0.25, 1.0)
    spread = np.hypot(law, np.hypot(last_error, _RATIO * before_error) / before)
    weight = _RATIO_ERROR**2 / (_RATIO_ERROR**2 + spread**2)
    ratio = float(np.clip(_RATIO + weight * (seen - _RATIO), 0.3, 0.75))
    return ratio, float(_RATIO_ERROR * np.sqrt(1.0 - weight))


def _held_out(x: Levels, y: Levels, over_y: Any, blocks: Whole, step: int) -> tuple[float, Array]:
    """Draw regions from some worlds and count in others: the excess, and what each world adds to it."""
    parts = _FOLDS ** (step + 1)
    shape = (x.count, y.count)
    part = blocks // (_BLOCKS // parts)
    cells = (part * x.count + x.index) * y.count + y.index
    counts = np.bincount(cells, minlength=parts * x.count * y.count).astype(np.float64)
    counts = counts.reshape(_FOLDS, parts // _FOLDS, *shape)
    tested = counts.sum(axis=1)
    learnt = np.concatenate([_others(counts, fold, _GROUPS[step]) for fold in range(_FOLDS)])
    rest = np.repeat(residual(tested), _GROUPS[step], axis=0).astype(np.float32).reshape(len(learnt), -1)
    drawn = list(regions(learnt, kernels(x), over_y))
    values = np.array([excess(region, rest) for region in drawn]).reshape(len(drawn), _FOLDS, -1).mean(axis=2)
    # How fine to go is chosen for each held-out part by the other parts.
    level = (values.sum(axis=1, keepdims=True) - values).argmax(axis=0)
    folds = np.arange(_FOLDS)
    kept = np.array([drawn[best].reshape(_FOLDS, -1, *shape)[fold].mean(axis=0) for fold, best in enumerate(level)])
    by_class = influence(kept, tested)
    return float(values[level, folds].mean()), by_class[blocks // (_BLOCKS // _FOLDS), x.index, y.index]


def _others(counts: Array, fold: int, groups: int) -> Array:
    """Give tables of worlds outside a fold, three parts each: shape (group, x class, y class)."""
    outside = np.delete(counts, fold, axis=0)
    # One part of each other fold, so that all tables are of the same size.
    return np.asarray(outside[:, :groups].sum(axis=0))
