"""Which worlds have the same parameters: those of a fit that picked the same draw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.decision.worlds import Believed, read_parameters
from forecast.errors import ForecastError
from forecast.schema import PARAMETER_PREFIX

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Repeats", "repeats_in", "repeats_of"]

type Array = np.ndarray[Any, np.dtype[np.float64]]
type Whole = np.ndarray[Any, np.dtype[np.int64]]
type Truth = np.ndarray[Any, np.dtype[np.bool_]]

_DISCRETE = 100
"""Up to so many values, where nothing says that parameters are continuous, equal ones are taken for a coincidence."""

_TELLS = 0.9
"""Share of the distinct vectors that a continuous parameter tells apart by itself: all of them, but for rounding."""


class Repeats:
    """Worlds by the parameters that they have.

    Worlds of a fit pick one of its draws each, with replacement. Two with the same draw know of each other: a parameter
    that has nothing to do with an outcome still tells which draw it is, and so what the other parameters are. What is
    learnt in one of them must not be tested in the other, and both together weigh no more than one where luck is none.

    Parameters
    ----------
    vector : ndarray of int
        Shape (world,): the number of its parameters among all distinct ones, in the order of their first worlds.
    """

    def __init__(self, vector: Whole) -> None:
        self.vector = vector
        self.sizes: Whole = np.bincount(vector)
        first = np.zeros(vector.size, dtype=np.bool_)
        first[np.unique(vector, return_index=True)[1]] = True
        self.first: Truth = first

    @property
    def distinct(self) -> int:
        """Number of distinct vectors of parameters."""
        return self.sizes.size

    @property
    def any(self) -> bool:
        """Whether there are two worlds with the same."""
        return self.distinct < self.vector.size

    def share(self, these: Truth | None = None) -> float:
        """Return how many independent worlds a world counts for, in (0, 1]; 1 without repeats.

        Kish's effective number over the number of worlds, which is exact for what the parameters decide alone, and too
        small for anything with luck in it, so that errors by it are rather too large.

        Parameters
        ----------
        these : ndarray of bool, optional
            Shape (world,): of these worlds alone.

        References
        ----------
        Kish (1965), *Survey Sampling*, section 8.2: the design effect of clusters that are alike inside.
        """
        sizes = self.sizes if these is None else np.bincount(self.vector[these])
        square = int((sizes**2).sum())
        return int(sizes.sum()) / square if square else 1.0

    def covariance(self, effects: Array) -> Array:
        """Return the covariance of means over worlds, those with the same parameters summed first.

        Parameters
        ----------
        effects : ndarray
            Shape (quantity, world): what each world adds.

        Returns
        -------
        ndarray
            Shape (quantity, quantity); without repeats the plain one.

        References
        ----------
        Liang & Zeger (1986), "Longitudinal data analysis using generalized linear models", *Biometrika* 73, 13-22: the
        sandwich of sums over clusters.
        """
        if not self.any:
            return np.asarray(np.cov(effects) / self.vector.size)
        centred = effects - effects.mean(axis=1, keepdims=True)
        sums = np.array([np.bincount(self.vector, weights=row) for row in centred])
        return np.asarray(sums @ sums.T * (self.distinct / (self.distinct - 1)) / self.vector.size**2)


def repeats_of(x: Array, *, continuous: bool) -> Repeats:
    """Find the worlds that have the same parameters.

    Parameters
    ----------
    x : ndarray
        Shape (parameter, world), finite: all the parameters of the worlds, not only those that are looked at.
    continuous : bool
        Whether it is known that parameters are continuous, as those of the world model are, so that equal ones are the
        same draw. Otherwise they are taken for that only if each of two parameters takes more than a hundred values and
        tells nearly all distinct vectors apart by itself: equal vectors of parameters with few values, or of some that
        are rounded, are coincidences, and such worlds stay as independent as they were. So do those of one parameter,
        which tells of no other.

    Returns
    -------
    Repeats
        The same for any order of parameters.
    """
    worlds = x.shape[1]
    alone = Repeats(np.arange(worlds))
    found = np.zeros(worlds, dtype=np.int64)
    counts = []
    for column in x:
        values = np.unique(column, return_inverse=True)[1].astype(np.int64)
        count = int(values.max()) + 1 if worlds else 0
        if count == worlds:
            return alone
        counts.append(count)
        # Pairs of what they had so far and what they have here.
        found = np.unique(found * count + values, return_inverse=True)[1].astype(np.int64)
        if continuous and count > 1 and _equal_within(x, found):
            break
    first, inverse = np.unique(found, return_index=True, return_inverse=True)[1:]
    if first.size == worlds or not len(x):
        return alone
    if not continuous:
        second = sorted(counts)[-2] if len(counts) > 1 else 0
        if second <= _DISCRETE or second < _TELLS * first.size:
            return alone
    number = np.empty(first.size, dtype=np.int64)
    number[np.argsort(first, kind="stable")] = np.arange(first.size)
    return Repeats(number[inverse])


def repeats_in(data: xr.Dataset, believed: Believed) -> Repeats:
    """Find the worlds that have the same parameters, of which some are looked at.

    Parameters
    ----------
    data : xarray.Dataset
        Outcomes, or any variables of numbers with the one dim world; of these all that can be read are taken for
        parameters.
    believed : Believed
        Those that are looked at, which decide where another variable differs in each world, as an outcome may.

    Returns
    -------
    Repeats
        As :func:`repeats_of` gives them.
    """
    looked = np.array(list(believed.values.values()))
    worlds = looked.shape[1]
    if any(str(name).startswith(PARAMETER_PREFIX) for name in data.data_vars):
        every = np.array(list(read_parameters(data, worlds=worlds).values.values()))
        return repeats_of(every, continuous=True)
    rows: list[Array] = []
    for name in data.data_vars:
        try:
            rows += read_parameters(data, worlds=worlds, names=[str(name)]).values.values()
        except ForecastError:
            # No parameter: gaps, words, or another dim.
            continue
    found = repeats_of(np.array(rows).reshape(-1, worlds), continuous=False)
    return found if found.any else repeats_of(looked, continuous=False)


def _equal_within(x: Array, groups: Whole) -> bool:
    """Say whether worlds of a group have all parameters the same."""
    order = np.argsort(groups, kind="stable")
    same = groups[order[1:]] == groups[order[:-1]]
    one, other = order[1:][same], order[:-1][same]
    return all(bool((row[one] == row[other]).all()) for row in x)
