"""What a box holds, measured in worlds that it was not found in, with errors and exact tests."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from forecast.sensitivity.discovery.pruning import Counts
from priors.intervals import tails
from priors.streams import keyed_uniforms

__all__ = ["Measure", "Measures", "Table", "chance_of_limits", "chance_of_table", "holm", "measured"]

type Array = np.ndarray[Any, np.dtype[np.float64]]

_DRAWS = 1_000
"""Resamples for the ratio; stratified, they know its error to about 1%."""


class Table(NamedTuple):
    """Counts of worlds: in the box, out of it, and in the boxes before it; with the event and without it."""

    in_with: int
    in_without: int
    out_with: int
    out_without: int
    before_with: int = 0
    before_without: int = 0


class Measure(NamedTuple):
    """An estimate, its standard error and its central 90% interval."""

    estimate: float
    error: float
    lower: float
    upper: float


class Measures(NamedTuple):
    """Of one box.

    ``coverage`` is the share of all events that are in it, ``density`` the share of its worlds with the event, ``mass``
    the share of all worlds in it, ``rate`` the share of worlds with the event among those in no box before it, and
    ``lift`` the density over that rate.
    """

    coverage: Measure
    density: Measure
    mass: Measure
    rate: Measure
    lift: Measure


@lru_cache(maxsize=1)
def _uniforms() -> Array:
    """Return a Latin hypercube: in each row every one of the equal parts of (0, 1) once, in random order."""
    drawn = keyed_uniforms(0, "discovery bootstrap", 0, _DRAWS, rows=4)
    found: Array = (drawn.argsort(axis=1).argsort(axis=1) + 0.5) / _DRAWS
    found.flags.writeable = False
    return found


def measured(table: Table, *, share: float = 1.0) -> Measures:
    """Measure a box.

    Errors and intervals are those of the Bayesian bootstrap of the worlds that were counted, with half a world more in
    each kind, so that no error is 0: the shares of the kinds have a Dirichlet distribution. A share of two kinds then
    has a beta distribution, which is what ever more resamples come to, and the error of any other probability here
    (Jeffreys's); the lift is resampled.

    Parameters
    ----------
    table : Table
        Counts.
    share : float
        How many independent worlds a world counts for, in (0, 1]: errors are those of so many fewer.

    Returns
    -------
    Measures
        Shares and a ratio. Estimates are the plain shares, NaN where there is no world to take one from.

    References
    ----------
    Rubin (1981), "The Bayesian bootstrap", *Annals of Statistics* 9, 130-134.
    McKay, Beckman & Conover (1979), *Technometrics* 21, 239-245: Latin hypercubes, by which the resamples are drawn.
    """
    from scipy.special import gammaincinv

    kinds = 4 + 2 * bool(table.before_with + table.before_without)
    counts = np.array(table[:kinds], dtype=np.float64)
    more = share * counts + 0.5
    box, free = slice(0, 2), slice(0, 4)
    coverage = _share(counts, more, [0], [*range(2, kinds, 2)])
    density = _share(counts, more, [0], [1])
    mass = _share(counts, more, [0, 1], [*range(2, kinds)])
    rate = _share(counts, more, [0, 2], [1, 3])
    drawn = gammaincinv(more[free, np.newaxis], _uniforms())
    lifts = drawn[0] / drawn[box].sum(axis=0) / ((drawn[0] + drawn[2]) / drawn.sum(axis=0))
    lower, upper = np.quantile(lifts, tails())
    plain = density.estimate / rate.estimate if rate.estimate > 0.0 else math.nan
    return Measures(coverage, density, mass, rate, Measure(plain, float(lifts.std(ddof=1)), float(lower), float(upper)))


def _share(counts: Array, more: Array, these: list[int], others: list[int]) -> Measure:
    """Return the share of some kinds among themselves and others, its error and interval from its beta distribution."""
    from scipy.special import betaincinv

    one, other = float(counts[these].sum()), float(counts[others].sum())
    a, b = float(more[these].sum()), float(more[others].sum())
    lower, upper = betaincinv(a, b, tails())
    error = math.sqrt(a * b / ((a + b) ** 2 * (a + b + 1.0)))
    return Measure(one / (one + other) if one + other else math.nan, error, float(lower), float(upper))


def chance_of_table(table: Table) -> float:
    """Return the chance of so many events in the box, or more, if they fell on worlds in and out of it alike.

    Returns
    -------
    float
        Fisher's exact one-sided p-value; 1 where the box has no event.

    References
    ----------
    Fisher (1935), "The logic of inductive inference", *Journal of the Royal Statistical Society* 98, 39-82.
    """
    from scipy.stats import hypergeom

    in_with, in_without, out_with, out_without = table[:4]
    worlds = in_with + in_without + out_with + out_without
    if not in_with:
        return 1.0
    return float(hypergeom.sf(in_with - 1, worlds, in_with + out_with, in_with + in_without))


def chance_of_limits(counts: Counts) -> Array:
    """Return Fisher's p-value of each limit: of the worlds of the box against those that the limit alone keeps out."""
    return np.array(
        [
            chance_of_table(Table(counts.events, counts.worlds - counts.events, int(events), int(worlds) - int(events)))
            for worlds, events in zip(counts.more_worlds, counts.more_events, strict=True)
        ]
    )


def holm(chances: Array) -> Array:
    """Correct p-values for their number.

    References
    ----------
    Holm (1979), "A simple sequentially rejective multiple test procedure", *Scandinavian Journal of Statistics* 6,
    65-70.
    """
    order = np.argsort(chances, kind="stable")
    stepped = np.maximum.accumulate(chances[order] * np.arange(len(chances), 0, -1))
    found = np.empty(len(chances))
    found[order] = np.minimum(stepped, 1.0)
    return found
