"""How much of what a map shows is not the sum of an effect of one belief and an effect of the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from forecast.estimates import half_width, jackknife_error

__all__ = ["interaction_share"]

type Array = np.ndarray[Any, np.dtype[np.float64]]

_BLOCK = 1024
"""Worlds centred at once, so that a large map is not copied as a whole."""

_ROUNDING = 1e-12
"""Smaller parts of the largest number are what subtraction leaves of equal numbers."""


def interaction_share(cells: Array) -> tuple[float, float]:
    """Estimate the share of the variance of cell means over a map that is not additive.

    With m the cell means, r their residuals from the additive fit (m less the means of its row and column, plus the
    grand mean) and d their deviations from the grand mean, every cell with the same weight, the share is sum r^2 /
    sum d^2: the part of the two-way analysis of variance that is interaction. The worlds' noise would add to both
    sums; each is taken over pairs of different worlds instead, sum over w != v of r_w . r_v / (n (n - 1)), which has
    no bias. The same worlds in all cells make the residuals of each world small where their luck is common.

    Parameters
    ----------
    cells : ndarray
        Shape (x, y, world), finite, in one unit: the same worlds in every cell.

    Returns
    -------
    share : float
        Without a unit. It may come out a little below 0 where there is no interaction, and is exactly 0 where each
        world by itself is additive. NaN where the sum of d^2 is not above its own noise: a flat map has no share.
    error : float
        Standard error by the jackknife over worlds, which is too large rather than too small (by up to the root of 2
        where there is no interaction). NaN for fewer than three worlds.

    References
    ----------
    Scheffé (1959), *The Analysis of Variance*, chapter 4 (two-way layout).
    Hoeffding (1948), "A class of statistics with asymptotically normal distribution", *Annals of Mathematical
    Statistics* 19, 293-325 (means over pairs).
    Efron & Stein (1981), "The jackknife estimate of variance", *Annals of Statistics* 9, 586-596.
    """
    worlds = cells.shape[-1]
    if worlds < 3:
        return np.nan, np.nan
    totals = [np.zeros(cells.shape[0] * cells.shape[1]) for _ in range(2)]
    for _, parts in _centred(cells):
        for total, part in zip(totals, parts, strict=True):
            total += part.sum(axis=1)
    along, own = np.empty((2, worlds)), np.empty((2, worlds))
    for where, parts in _centred(cells):
        for place, part in enumerate(parts):
            along[place, where] = totals[place] @ part
            own[place, where] = (part**2).sum(axis=0)
    squares = np.array([total @ total for total in totals]) - own.sum(axis=1)
    whole = squares / (worlds * (worlds - 1.0))
    # What the mean over pairs is without each world in turn.
    without = (squares[:, np.newaxis] - 2.0 * along + 2.0 * own) / ((worlds - 1.0) * (worlds - 2.0))
    noise = half_width() * float(jackknife_error(without[1]))
    if not whole[1] > noise or not (without[1] > 0.0).all():
        return np.nan, np.nan
    return float(whole[0] / whole[1]), float(jackknife_error(without[0] / without[1]))


def _centred(cells: Array) -> Iterator[tuple[slice, tuple[Array, Array]]]:
    """Give residuals from the additive fit and deviations from the grand mean, each of shape (cell, world)."""
    for start in range(0, cells.shape[-1], _BLOCK):
        where = slice(start, min(start + _BLOCK, cells.shape[-1]))
        part = cells[..., where]
        deviation = part - part.mean(axis=(0, 1))
        residual = deviation - deviation.mean(axis=0) - deviation.mean(axis=1)[:, np.newaxis]
        size = _ROUNDING * np.abs(part).max()
        flat = [np.where(np.abs(kind) > size, kind, 0.0).reshape(-1, kind.shape[-1]) for kind in (residual, deviation)]
        yield where, (flat[0], flat[1])
