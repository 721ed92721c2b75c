"""Regions of (parameter, outcome) where worlds are denser than independence says, and what they hold elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

__all__ = ["excess", "influence", "regions", "residual"]

type Array = np.ndarray[Any, np.dtype[np.float64]]
type Truth = np.ndarray[Any, np.dtype[np.bool_]]
type Single = np.ndarray[Any, np.dtype[np.float32]]

_CLEAR = 1.0
"""Standard errors from 0 at which a finer kernel overrules a wider one."""

_APART = 3
"""How many times one axis may be smoothed twice as widely as the other."""


def residual(counts: Array) -> Array:
    """Give shares less the product of their margins; the last two axes are the table."""
    total = counts.sum(axis=(-1, -2), keepdims=True)
    return np.asarray(
        counts / total - counts.sum(axis=-1, keepdims=True) * counts.sum(axis=-2, keepdims=True) / total**2
    )


def regions(counts: Array, over_x: Single, over_y: Single, *, share: float = 1.0) -> Iterator[Truth]:
    """Draw the region of excess from some worlds, from coarse to ever finer.

    Parameters
    ----------
    counts : ndarray
        Shape (table, x class, y class), worlds.
    over_x, over_y : ndarray
        Kernels of several widths, widest first, shape (width, class, class).
    share : float
        How many independent worlds a world counts for.

    Yields
    ------
    ndarray of bool
        Shape (table, x class, y class). Each class is decided by the finest kernel so far that tells its sign clearly,
        so that a sharp edge is found without noise being believed in the plain.

    References
    ----------
    Lepski (1991), *Theory of Probability and its Applications* 35, 454-466: the width chosen point by point.
    """
    shares = counts[0] / counts[0].sum()
    root = np.sqrt(share * counts.sum(axis=(1, 2))).astype(np.float32)[:, np.newaxis, np.newaxis]
    base = residual(counts).astype(np.float32) * root
    along_x = _scaled(over_x, shares.sum(axis=1))
    smoothed = [base @ kernel.T for kernel in _scaled(over_y, shares.sum(axis=0))]
    one_axis = min(len(over_x), len(over_y)) == 1
    held: Single | None = None
    for level in range(len(over_x) + len(over_y) - 1):
        found: Single | None = None
        for i in range(max(0, level - len(over_y) + 1), min(level, len(over_x) - 1) + 1):
            if abs(2 * i - level) > _APART and not one_axis:
                continue
            score = along_x[i] @ smoothed[level - i]
            found = score if found is None else np.where(np.abs(score) > np.abs(found), score, found)
        if found is not None:
            held = found if held is None else np.where(np.abs(found) > _CLEAR, found, held)
            yield held > 0.0


def _scaled(kernels: Single, share: Array) -> Single:
    # A smoothed excess then has a standard error of about 1 where there is nothing; where no world is near it is 0.
    spread = np.sqrt(kernels**2 @ share.astype(np.float32))[:, :, np.newaxis]
    return np.divide(kernels, spread, out=np.zeros_like(kernels), where=spread > 0.0)


def excess(region: Truth, rest: Single) -> Array:
    """Give what regions hold in excess in other worlds, shape (table,); ``rest`` is :func:`residual`, (table, cell)."""
    return np.asarray(np.einsum("ij,ij->i", region.reshape(rest.shape), rest), dtype=np.float64)


def influence(region: Array, counts: Array) -> Array:
    """Give what a world in each class adds to the excess, up to a constant, shape (table, x class, y class).

    Both margins are estimated too, which takes away what a region owes to them alone.
    """
    total = counts.sum(axis=(1, 2))[:, np.newaxis]
    across = np.einsum("kij,kj->ki", region, counts.sum(axis=1) / total)
    down = np.einsum("kij,ki->kj", region, counts.sum(axis=2) / total)
    return np.asarray(region - across[:, :, np.newaxis] - down[:, np.newaxis, :])
