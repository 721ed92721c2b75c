"""Two options' distributions of utility, point by point: how far one is from dominating the other, and the evidence.

Of two options a and b of the same worlds, at a utility z, first order looks at the probability of being at or under z,
``D1(z) = P(a <= z) - P(b <= z)``, and second order at the expected shortfall, ``D2(z) = E(z - a)+ - E(z - b)+``. Option
a dominates b where they are positive nowhere. Both are means over worlds of something of one world, so that what the
options share in a world cancels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from forecast.estimates import perturbations, standard_error

__all__ = ["ORDERS", "Crossing", "Pair", "crossing", "exact_crossing"]

type Array = np.ndarray[Any, np.dtype[np.float64]]

ORDERS = ("first", "second")

_POINTS = 100
"""Most points at which two distributions are compared; neighbours have at most 1% of the worlds between them."""

_DISCRETE = 20
"""With no more distinct utilities than this, every one of them is looked at."""

_TAIL = 0.05
"""Share of worlds outside the stated range, on each side; no number of worlds resolves the ends of a distribution."""

_ROUNDING = 1e-12
"""Sums over worlds of the same numbers in another order differ by about this, relative to the largest."""

_REPEATS = 2000


@dataclass(frozen=True)
class Crossing:
    """One option against another at one order.

    Attributes
    ----------
    violation, violation_error, violation_at : float
        The largest of D over all points, >= 0, in probability (first order) or utility (second), its standard error at
        that point, and the utility where it is.
    margin, margin_error, margin_at : float
        The least of -D over the range: what the option leads by where it leads by least; negative where it does not.
    scale : float
        The largest standard error of any D.
    statistic : float
        The largest D in units of ``scale``.
    p : float
        Chance of so much evidence for dominance over the range where there is none.
    moves : ndarray
        What ``statistic`` would be in other worlds if the two had the same distribution, shape (repeat,).
    """

    violation: float
    violation_error: float
    violation_at: float
    margin: float
    margin_error: float
    margin_at: float
    scale: float = 0.0
    statistic: float = 0.0
    p: float = 1.0
    moves: Array | None = None


@dataclass(frozen=True)
class Pair:
    """Both directions of two options, by order, and the range over which dominance is claimed.

    Attributes
    ----------
    lower, upper : float
        The range, in utility.
    forward, backward : dict of str to Crossing
        The first option against the second, and the second against the first, by order.
    """

    lower: float
    upper: float
    forward: dict[str, Crossing]
    backward: dict[str, Crossing]


def _shortfall(values: Array, points: Array) -> Array:
    return np.maximum(points[:, np.newaxis] - values, 0.0)


def _at_or_under(values: Array, points: Array) -> Array:
    return (values <= points[:, np.newaxis]).astype(np.float64)


def _grids(a: Array, b: Array) -> tuple[Array, Array]:
    """Return the points that are searched for a violation, and those of the range, ascending."""
    pooled = np.concatenate([a, b])
    distinct = np.unique(pooled)
    if distinct.size <= _DISCRETE:
        return distinct, distinct
    shares = (np.arange(_POINTS) + 0.5) / _POINTS
    # Quantiles that are utilities of worlds, so that an atom is met exactly.
    found = np.quantile(pooled, shares, method="inverted_cdf")
    everywhere = np.unique(np.append(found, distinct[-1]))
    inside = np.unique(found[(shares > _TAIL) & (shares < 1.0 - _TAIL)])
    # Nearly all worlds on one utility: the range would be a point.
    return everywhere, inside if inside.size > 1 else everywhere


def crossing(a: Array, b: Array) -> Pair:
    """Compare two options in sampled worlds.

    Parameters
    ----------
    a, b : ndarray
        Utility, shape (world,), of the same worlds, at least two.

    Returns
    -------
    Pair
        ``p`` is exact at first order (the sign test of worlds in which the two are on different sides of a point) and
        that of Student's t at second, the largest over the points of the range: dominance has to show at each.

    References
    ----------
    Barrett & Donald (2003), "Consistent tests for stochastic dominance", *Econometrica* 71, 71-104: the largest
    violation and the multiplier method.
    Linton, Maasoumi & Whang (2005), "Consistent testing for stochastic dominance under general sampling schemes",
    *Review of Economic Studies* 72, 735-765: options that depend on each other.
    Davidson & Duclos (2013), "Testing for restricted stochastic dominance", *Econometric Reviews* 32, 84-125: dominance
    shown over a range inside the sample.
    """
    everywhere, inside = _grids(a, b)
    forward: dict[str, Crossing] = {}
    backward: dict[str, Crossing] = {}
    for order in ORDERS:
        reading = _at_or_under if order == "first" else _shortfall
        differences = reading(a, everywhere) - reading(b, everywhere)
        scale = float(standard_error(differences).max())
        moves = perturbations(differences, channel="decision critical", repeats=_REPEATS)
        within, points = _within(a, b, inside, order)
        for sign, side in ((1.0, forward), (-1.0, backward)):
            evidence = _sign_test(sign * within) if order == "first" else _t_test(sign * within)
            side[order] = Crossing(
                *_largest(sign * differences, everywhere),
                *_least(sign * within, points),
                scale=scale,
                statistic=float((sign * differences.mean(axis=1)).max() / scale) if scale > 0.0 else 0.0,
                p=float(evidence.max()),
                moves=(sign * moves).max(axis=1) / scale if scale > 0.0 else np.zeros(_REPEATS),
            )
    return Pair(float(inside[0]), float(inside[-1]), forward, backward)


def _within(a: Array, b: Array, inside: Array, order: str) -> tuple[Array, Array]:
    """Return D inside the range world by world, (point, world), and its points.

    What is under the range counts as its lower end, what is over it as its upper end. So first order implies second
    over a range as it does over everything.
    """
    if order == "first":
        points = inside[:-1] if inside.size > 1 else inside
        return _at_or_under(a, points) - _at_or_under(b, points), points
    low, high = inside[0], inside[-1]
    points = inside[1:] if inside.size > 1 else inside
    return _shortfall(np.clip(a, low, high), points) - _shortfall(np.clip(b, low, high), points), points


def _largest(differences: Array, points: Array) -> tuple[float, float, float]:
    means = differences.mean(axis=1)
    at = int(means.argmax())
    return max(float(means[at]), 0.0), float(standard_error(differences[at])), float(points[at])


def _least(differences: Array, points: Array) -> tuple[float, float, float]:
    means = differences.mean(axis=1)
    at = int(means.argmax())
    return -float(means[at]), float(standard_error(differences[at])), float(points[at])


def _sign_test(differences: Array) -> Array:
    """Return the exact chance, by point, of so few worlds above 0 among those not 0, were they at least as likely."""
    import scipy.special as sc

    above = (differences > 0.0).sum(axis=1).astype(np.float64)
    apart = (differences != 0.0).sum(axis=1).astype(np.float64)
    # I_{1/2}(n - k, k + 1) = P(Binomial(n, 1/2) <= k); it is 1 where k = n.
    return np.where(above < apart, sc.betainc(np.maximum(apart - above, 1.0), above + 1.0, 0.5), 1.0)


def _t_test(differences: Array) -> Array:
    """Return for each point the chance of so low a mean were it 0, from the worlds in which there is a difference."""
    import scipy.special as sc

    apart = (differences != 0.0).sum(axis=1).astype(np.float64)
    total, squares = differences.sum(axis=1), (differences**2).sum(axis=1)
    some = np.maximum(apart, 1.0)
    spread = np.sqrt(np.maximum(squares - total**2 / some, 0.0) * some / np.maximum(apart - 1.0, 1.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        chance = np.where(spread > 0.0, sc.stdtr(np.maximum(apart - 1.0, 1.0), total / spread), 0.0)
    # Few worlds that agree to the last figure are no better evidence than so many heads in a row.
    chance = np.maximum(chance, 0.5**apart)
    return np.where((apart > 1.0) & (total < 0.0), chance, 1.0)


def exact_crossing(a: Array, b: Array) -> Pair:
    """Compare two options where the worlds are all that there are, equally likely.

    Parameters
    ----------
    a, b : ndarray
        Utility, shape (world,).

    Returns
    -------
    Pair
        Over everything, without errors: ``violation`` is 0 where the option is at least as good at every point, and
        ``margin`` the least of -D, from 0 down.
    """
    points = np.unique(np.concatenate([a, b]))
    under = np.array([np.searchsorted(np.sort(values), points, side="right") for values in (a, b)])
    first = (under[0] - under[1]) / a.size
    second = np.concatenate([[0.0], np.cumsum(first[:-1] * np.diff(points))])
    second[np.abs(second) <= _ROUNDING * float(np.abs(points).max())] = 0.0
    sides = []
    for sign in (1.0, -1.0):
        side = {}
        for order, differences in zip(ORDERS, (sign * first, sign * second), strict=True):
            at = int(differences.argmax())
            worst, where = max(float(differences[at]), 0.0), float(points[at])
            side[order] = Crossing(worst, 0.0, where, 0.0 - float(differences[at]), 0.0, where)
        sides.append(side)
    return Pair(float(points[0]), float(points[-1]), *sides)
