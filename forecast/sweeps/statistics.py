"""What a sweep keeps of the worlds of a cell, and what it reads out of that."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecast.decision.values import Attribute, Values
from forecast.schema import Outcome
from forecast.sweeps.tree import Layout, Nodes, products, squares

__all__ = [
    "Reading",
    "Scales",
    "layout_of",
    "outcome_reading",
    "scales_of",
    "series_of",
    "utility_reading",
]

type Floats = NDArray[np.float64]

Scales = tuple[Attribute, ...]
"""Attributes with their scales, by outcome; what they weigh does not count, so values that differ in weights share."""


@dataclass(frozen=True)
class Reading:
    """A mean over the worlds of a cell.

    Attributes
    ----------
    mean, error : float
        In the quantity's unit, with its Monte-Carlo standard error; NaN where the mean is not known.
    bad : int
        Worlds in which the quantity is not finite though it should be.
    """

    mean: float
    error: float
    bad: int


def scales_of(values: Values) -> Scales:
    """Return the scales of values, whatever the weights and the order in which they were written."""
    plain = (Attribute(a.outcome, "any", a.worst, a.best, risk_aversion=a.risk_aversion) for a in values.attributes)
    return tuple(sorted(plain, key=lambda attribute: attribute.outcome))


def layout_of(scales: Scales | None, outcomes: int) -> Layout:
    """Say what is kept: of so many outcomes a count, a mean and a sum of squares each; of scores all products too."""
    return squares(outcomes) if scales is None else products(len(scales))


def series_of(
    outcomes: Mapping[str, NDArray[Any]], option: int, scales: Scales | None, against: int | None = None
) -> Floats:
    """Return what is kept of one option, shape (series, world).

    Parameters
    ----------
    outcomes : mapping of str to ndarray
        Each outcome of the world, in its order, shape (option, world).
    option : int
        Its place.
    scales : tuple of Attribute, optional
        By which to score the outcomes; the outcomes themselves without them.
    against : int, optional
        Another place, whose series are taken off world by world: worlds in which either is unknown are unknown.
    """
    if against is not None:
        # An infinite less an infinite one is unknown.
        with np.errstate(invalid="ignore"):
            return series_of(outcomes, option, scales) - series_of(outcomes, against, scales)
    if scales is None:
        return np.array([array[option].astype(np.float64) for array in outcomes.values()])
    return np.array([one.score(outcomes[one.outcome][option].astype(np.float64)) for one in scales])


def outcome_reading(
    total: Nodes, known: Mapping[str, Outcome], name: str, worlds: int, *, difference: bool = False
) -> Reading:
    """Read an outcome's mean as :func:`forecast.compare` has it.

    Parameters
    ----------
    total : Nodes
        One node over all worlds, in the layout of outcomes.
    known : mapping of str to Outcome
        Those of the world, in its order.
    name : str
        The outcome. A first month is the mean over the worlds in which the event came.
    worlds : int
        How many worlds there are.
    difference : bool
        Whether it is that between two options in the same worlds.

    Returns
    -------
    Reading
        Of a yes/no outcome the error is the sd of the Jeffreys posterior Beta(k + 1/2, n - k + 1/2), and of all else,
        differences of yes/no outcomes among that, the standard deviation over the root of n, both as in
        :func:`forecast.estimates.mean_error`.
    """
    place = list(known).index(name)
    n, mean, m2 = (float(part[place, 0]) for part in total)
    outcome = known[name]
    bad = 0 if outcome.is_time else worlds - int(n)
    if bad or n == 0:
        return Reading(math.nan, math.nan, bad)
    if outcome.is_event and not difference:
        # A count of worlds is whole; its mean is rounded.
        a = round(mean * n) + 0.5
        b = n + 1.0 - a
        return Reading(round(mean * n) / n, math.sqrt(a * b / ((a + b) ** 2 * (a + b + 1.0))), 0)
    return Reading(mean, _error(m2, n), 0)


def utility_reading(total: Nodes, scales: Scales, values: Values, worlds: int) -> Reading:
    """Read the expected utility by some values.

    Its variance over worlds is w'Cw, C being the covariance of the scores and w their weights.

    Parameters
    ----------
    total : Nodes
        One node over all worlds, in the layout of these scales.
    scales : tuple of Attribute
        Those of the values.
    values : Values
        Whose weights.
    worlds : int
        How many worlds there are.
    """
    n = float(total.n[0, 0])
    bad = worlds - int(n)
    if bad:
        return Reading(math.nan, math.nan, bad)
    by_outcome = dict(zip((a.outcome for a in values.attributes), values.weights.tolist(), strict=True))
    weights = np.array([by_outcome[one.outcome] for one in scales])
    layout = products(len(scales))
    first, second = np.array(layout.first), np.array(layout.second)
    twice = np.where(first == second, 1.0, 2.0)
    m2 = float(np.sum(twice * weights[first] * weights[second] * total.m2[:, 0]))
    return Reading(float(np.sum(weights * total.mean[:, 0])), _error(max(m2, 0.0), n), 0)


def _error(m2: float, n: float) -> float:
    return math.sqrt(m2 / (n - 1.0) / n) if n > 1 else math.nan
