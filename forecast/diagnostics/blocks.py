"""Monte-Carlo errors from blocks: neighbouring draws of a chain, and the worlds that took their parameters from them.

Draws of a chain are not independent, worlds that picked the same draw share its parameters, and the weights of
importance sampling go with the draw. All of that stays inside a block of a tenth of a chain, and blocks are nearly
independent, so the spread between blocks says how far off a result is, whatever made it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["block_error", "block_numbers"]

type Array = np.ndarray[Any, np.dtype[np.float64]]

_A_CHAIN = 10
"""Blocks that a chain is cut into: many chains' autocorrelation times long, and forty of them in four chains."""


def block_numbers(group: xr.Dataset) -> np.ndarray[Any, np.dtype[np.intp]]:
    """Give the number of the block of every draw.

    Parameters
    ----------
    group : xarray.Dataset
        With dims chain and draw.

    Returns
    -------
    ndarray of int
        Shape (chain x draw,), chain by chain, from 0.
    """
    chains, draws = group.sizes["chain"], group.sizes["draw"]
    pieces = min(_A_CHAIN, draws)
    return (np.arange(chains)[:, None] * pieces + np.arange(draws) * pieces // draws).reshape(-1)


def block_error(influence: Array, block: np.ndarray[Any, np.dtype[np.intp]]) -> float:
    """Give the standard error of a statistic from the influence that each member has on it.

    Parameters
    ----------
    influence : ndarray
        Shape (member,), summing to about 0: how much the statistic owes to each, e.g. ``(x - mean) / n`` of a mean.
    block : ndarray of int
        Shape (member,): the block that each belongs to.

    Returns
    -------
    float
        In the statistic's unit; NaN with fewer than two blocks.
    """
    sums = np.bincount(block, weights=influence)[np.bincount(block) > 0]
    if sums.size < 2:
        return float("nan")
    return float(np.sqrt((sums**2).sum() * sums.size / (sums.size - 1)))
