"""Numbers put into classes by rank, ties kept together, and kernels over such classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

__all__ = ["Levels", "kernels", "levels_of", "smoothers"]

type Array = np.ndarray[Any, np.dtype[np.float64]]
type Single = np.ndarray[Any, np.dtype[np.float32]]
type Whole = np.ndarray[Any, np.dtype[np.int64]]
type Truth = np.ndarray[Any, np.dtype[np.bool_]]

_ATOM = 1.5
"""Times the size of an equal class from which one value is a class of its own, with no neighbours."""

_WIDEST = 0.4
"""Bandwidth of the widest kernel, as a share of all ranks: all but flat."""


@dataclass(frozen=True)
class Levels:
    """One column in classes.

    Attributes
    ----------
    index : ndarray of int
        Shape (world,): the class of each, ascending in value.
    middle : ndarray
        Shape (class,): its middle rank as a share of all, in (0, 1).
    share : ndarray
        Shape (class,): its share of all worlds.
    atom : ndarray of bool
        Shape (class,): whether it is one value that many worlds share.
    """

    index: Whole
    middle: Array
    share: Array
    atom: Truth

    @property
    def count(self) -> int:
        """Number of classes."""
        return self.middle.size


def levels_of(values: Array, sizes: Sequence[int]) -> list[Levels]:
    """Put numbers into classes of about equal size by rank.

    Parameters
    ----------
    values : ndarray
        Shape (world,), finite, any unit.
    sizes : sequence of int
        Numbers of classes of a column without ties. Where there are no more distinct values than that, each is a class.
        Equal values are never parted, and one that many worlds share stays alone, so there may be some more or fewer.

    Returns
    -------
    list of Levels
        One for each size. A rising transformation of the values changes nothing.
    """
    order = np.argsort(values, kind="stable")
    ranked = values[order]
    starts = np.flatnonzero(np.concatenate([[True], ranked[1:] != ranked[:-1]]))
    counts = np.diff(np.append(starts, values.size))
    found = []
    for most in sizes:
        big = counts >= _ATOM * values.size / most
        opens = np.ones(counts.size, dtype=np.bool_)
        if counts.size > most:
            equal = ((starts + 0.5 * counts) / values.size * most).astype(np.int64)
            opens[1:] = (np.diff(equal) != 0) | big[1:] | big[:-1]
        of_value = np.cumsum(opens) - 1
        of_rank = np.repeat(of_value, counts)
        index = np.empty(values.size, dtype=np.int64)
        index[order] = of_rank
        share = np.bincount(of_rank) / values.size
        atom = np.zeros(share.size, dtype=np.bool_)
        atom[of_value[big]] = True
        found.append(Levels(index, np.cumsum(share) - 0.5 * share, share, atom))
    return found


def kernels(levels: Levels) -> Single:
    """Give Gaussian kernels over classes, each half as wide as the one before, down to about a class.

    Returns
    -------
    ndarray
        Shape (width, class, class), float32. An atom has no neighbours; where all classes are atoms one width is left.
    """
    return _kernels(levels.middle.tobytes(), levels.atom.tobytes())


# Columns without ties have the same classes, so most of a model's parameters share what is made here.
@lru_cache(maxsize=16)
def _kernels(middles: bytes, atoms: bytes) -> Single:
    middle, atom = np.frombuffer(middles), np.frombuffer(atoms, dtype=np.bool_)
    if atom.all():
        return np.eye(middle.size, dtype=np.float32)[np.newaxis]
    widths = _WIDEST * 0.5 ** np.arange(max(int(np.log2(_WIDEST * middle.size / 0.6)), 0) + 1)
    apart = middle[:, np.newaxis] - middle
    found = np.exp(-0.5 * (apart / widths[:, np.newaxis, np.newaxis]) ** 2)
    found[:, atom, :] = 0.0
    found[:, :, atom] = 0.0
    found[:, atom, atom] = 1.0
    return found.astype(np.float32)


def smoothers(levels: Levels) -> Array:
    """Give local quadratic smoothers over classes, from wide to none.

    Returns
    -------
    ndarray
        Shape (width, class, class); rows sum to 1. An atom has no neighbours.

    References
    ----------
    Fan & Gijbels (1996), *Local Polynomial Modelling and its Applications*, chapter 3: as good at the ends as between.
    """
    return _smoothers(levels.middle.tobytes(), levels.share.tobytes(), levels.atom.tobytes())


@lru_cache(maxsize=16)
def _smoothers(middles: bytes, shares: bytes, atoms: bytes) -> Array:
    middle, share = np.frombuffer(middles), np.frombuffer(shares)
    free = ~np.frombuffer(atoms, dtype=np.bool_)
    found = [np.eye(middle.size)]
    width, orders = 1.5 / middle.size, np.arange(3)
    while free.sum() > len(orders) and width <= _WIDEST:
        apart = (middle[free, np.newaxis] - middle[free]) / width
        weight = np.exp(-0.5 * apart**2) * share[free]
        powers = apart[:, :, np.newaxis] ** orders
        moments = np.einsum("ij,ijp,ijq->ipq", weight, powers, powers)
        # Weighted least squares at each class: the row that gives the fit's value there.
        fit = np.linalg.solve(moments, np.eye(3)[np.newaxis, :, :1])[:, :, 0]
        whole = np.eye(middle.size)
        whole[np.ix_(free, free)] = np.einsum("ij,ijp,ip->ij", weight, powers, fit)
        found.append(whole)
        width *= 1.5
    return np.array(found[::-1])
