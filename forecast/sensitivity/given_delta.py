"""Borgonovo's delta from given data: how far the outcome's distribution moves when a parameter becomes known.

Delta is the mean over the parameter of the total variation between the outcome given the parameter and the outcome. The
plain estimate, from a table of counts, is biased upwards by noise where the table is fine and downwards where it is
coarse. Here regions of (parameter, outcome) that hold more worlds than independence says are drawn from some worlds,
and what they hold in excess is counted in others, which in expectation is never more than delta. What is missing
shrinks as a power of the number of worlds; it is estimated from a quarter and a sixteenth of them, and added.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from forecast.decision.threads import in_threads
from forecast.sensitivity.held_out import BLOCKS, FOLDS, GROUPS, GivenData, blocks_of, cut, extrapolated, others
from forecast.sensitivity.levels import Levels, kernels, levels_of
from forecast.sensitivity.regions import excess, influence, regions, residual
from forecast.sensitivity.repeats import Repeats

__all__ = ["deltas"]

type Array = np.ndarray[Any, np.dtype[np.float64]]
type Whole = np.ndarray[Any, np.dtype[np.int64]]
type Single = np.ndarray[Any, np.dtype[np.float32]]


def deltas(x: Array, y: Array, *, seed: int = 1, repeats: Repeats | None = None) -> GivenData:
    """Estimate Borgonovo's delta of each parameter from worlds that are given.

    Parameters
    ----------
    x : ndarray
        Shape (parameter, world), finite, any unit; continuous, discrete or constant, and dependent or not. At least
        1000 worlds, independent of each other but for repeats, or from a low-discrepancy sequence (which errs less than
        is said).
    y : ndarray
        Shape (world,), finite, any unit; of a yes/no outcome delta is the mean of abs(P(yes | x) - P(yes)).
    seed : int
        Which worlds are held out together; another seed moves an estimate by less than its error.
    repeats : Repeats, optional
        Which worlds have the same parameters, all of them, not only those in ``x``: these are held out together, and
        count as one where they are alike. None by default.

    Returns
    -------
    GivenData
        Arrays of shape (parameter,). Unchanged by rising transformations of a column, and by the order of parameters.
        A parameter that changes nothing has an interval that starts at 0; a constant has 0 without error.

    References
    ----------
    Borgonovo (2007), *Reliability Engineering & System Safety* 92, 771-784: delta.
    Plischke, Borgonovo & Smith (2013), *European Journal of Operational Research* 226, 536-550: from given data, and
    the bias of doing so.
    """
    same = Repeats(np.arange(y.size)) if repeats is None else repeats
    blocks, share = blocks_of(same, seed), same.share()
    worlds = int(y.size * share)
    most = 128 if worlds >= 25_000 else 64
    # With a quarter of the worlds half as many classes: a table too coarse is missing something too.
    sizes = [most // 2**step for step in range(3)]
    outcome = levels_of(y, sizes)
    smoothing = [kernels(found) for found in outcome]

    def one(column: Array) -> tuple[float, float]:
        if outcome[0].count == 1 or column.min() == column.max():
            return 0.0, 0.0
        steps = [
            _held_out(x, outcome[step], smoothing[step], blocks, step, share)
            for step, x in enumerate(levels_of(column, sizes))
        ]
        effects = np.array([effect for _, effect in steps])
        return extrapolated(np.array([value for value, _ in steps]), same.covariance(effects), worlds)

    return cut(in_threads(one, list(x)))


def _held_out(x: Levels, y: Levels, over_y: Single, blocks: Whole, step: int, share: float) -> tuple[float, Array]:
    """Draw regions from some worlds and count in others: the excess, and what each world adds to it."""
    parts, groups = FOLDS ** (step + 1), GROUPS[step]
    shape = (x.count, y.count)
    cells = (blocks // (BLOCKS // parts) * x.count + x.index) * y.count + y.index
    counts = np.bincount(cells, minlength=parts * x.count * y.count).astype(np.float64)
    table: Array = counts.reshape(FOLDS, parts // FOLDS, *shape)
    tested: Array = table.sum(axis=1)
    rest = np.repeat(residual(tested), groups, axis=0).astype(np.float32).reshape(FOLDS * groups, -1)
    drawn = list(regions(others(table, groups).reshape(-1, *shape), kernels(x), over_y, share=share))
    values = np.array([excess(region, rest) for region in drawn]).reshape(len(drawn), FOLDS, -1).mean(axis=2)
    # How fine to go is chosen for each held-out part by the other parts.
    level = (values.sum(axis=1, keepdims=True) - values).argmax(axis=0)
    folds = np.arange(FOLDS)
    kept = np.array([drawn[best].reshape(FOLDS, -1, *shape)[fold].mean(axis=0) for fold, best in enumerate(level)])
    by_class = influence(kept, tested)
    return float(values[level, folds].mean()), by_class[blocks // (BLOCKS // FOLDS), x.index, y.index]
