"""Ties between options: in which worlds each is best, alone or with others, and which options are nearly the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from forecast.estimates import mean_error

__all__ = ["NAMED_FROM", "Duplicate", "best_in", "duplicates_of"]

type Array = np.ndarray[Any, np.dtype[np.float64]]
type Mask = np.ndarray[Any, np.dtype[np.bool_]]

NAMED_FROM = 0.5
"""Share of worlds with the same utility from which on two options are named as near-duplicates."""


@dataclass(frozen=True)
class Duplicate:
    """Two options that have the same utility in at least half of the worlds.

    Attributes
    ----------
    option, other : str
        By name, in the order of the utility.
    share, error : float
        Share of worlds in which their utilities are equal, 0.5..1, and its Monte-Carlo error.
    """

    option: str
    other: str
    share: float
    error: float


def best_in(values: Array, *, within: float = 0.0) -> tuple[Mask, Mask]:
    """Say in which worlds each option is best.

    Parameters
    ----------
    values : ndarray
        Shape (option, world).
    within : float
        What two utilities may differ by and still be equal, >= 0: rounding, where they are sums made in another order.

    Returns
    -------
    best, alone : ndarray of bool
        Shape (option, world): no option is better; and no other is as good.
    """
    best = values >= values.max(axis=0) - within
    return best, best & (best.sum(axis=0) == 1)


def duplicates_of(values: Array, names: tuple[str, ...], *, sampled: bool = True) -> tuple[Duplicate, ...]:
    """Name the pairs of options that have exactly the same utility in at least half of the worlds.

    Parameters
    ----------
    values : ndarray
        Shape (option, world).
    names : tuple of str
        The options.
    sampled : bool
        False where the worlds are all that there are: then no share has an error.

    Returns
    -------
    tuple of Duplicate
        Those that are equal most often first.
    """
    found = []
    for place, name in enumerate(names):
        equal = values[place + 1 :] == values[place]
        shares = np.count_nonzero(equal, axis=1) / values.shape[1]
        for after in np.flatnonzero(shares >= NAMED_FROM):
            error = mean_error(equal[after], event=True) if sampled else 0.0
            found.append(Duplicate(name, names[place + 1 + after], float(shares[after]), error))
    return tuple(sorted(found, key=lambda pair: -pair.share))
