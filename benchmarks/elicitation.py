"""W6: eliciting 1,000 central intervals, beside PreliZ."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

import priors
from benchmarks.timing import HOW_TO_INSTALL, Row, best, installed, say

INTERVALS, MASS = 1_000, 0.9
FAMILIES = ("LogNormal", "Normal", "Beta", "Gamma")
OF_PEER = 5
"""Intervals of each family that the peer is asked for; the time is given for one."""


def intervals() -> list[tuple[str, float, float]]:
    """Give family, low and high of each interval; all lie inside (0, 1), where every family can meet them."""
    generator = np.random.default_rng(6)
    lows, widths = generator.uniform(0.02, 0.4, INTERVALS), generator.uniform(0.05, 0.5, INTERVALS)
    return [
        (FAMILIES[number % len(FAMILIES)], float(low), float(low + width))
        for number, (low, width) in enumerate(zip(lows, widths, strict=True))
    ]


def ours(asked: list[tuple[str, float, float]]) -> list[Any]:
    """Elicit with this package."""
    return [priors.elicit(family, interval=(low, high), mass=MASS) for family, low, high in asked]


def missed(asked: list[tuple[str, float, float]], cdf: list[Any]) -> tuple[float, float]:
    """Give the largest error in the mass inside an interval, and in the mass of either tail.

    Parameters
    ----------
    asked : list
        As from :func:`intervals`.
    cdf : list of callable
        The distribution function that each was answered with.
    """
    inside, tail = 0.0, 0.0
    for (_, low, high), function in zip(asked, cdf, strict=True):
        below, above = float(function(low)), 1.0 - float(function(high))
        inside = max(inside, abs(1.0 - below - above - MASS))
        tail = max(tail, abs(below - (1.0 - MASS) / 2), abs(above - (1.0 - MASS) / 2))
    return inside, tail


def _error(asked: list[tuple[str, float, float]], cdf: list[Any]) -> str:
    inside, tail = missed(asked, cdf)
    return f"mass {inside:.0e}, a tail {tail:.0e} off"


def rows() -> list[Row]:
    """Measure both, in time for one interval."""
    say("W6: 1,000 intervals")
    asked = intervals()
    mine = best(lambda: ours(asked), 3) / INTERVALS
    found = [
        Row(
            "elicit, one interval",
            mine,
            1.0,
            error=_error(asked, [prior.distribution.cdf for prior in ours(asked)]),
            note=f"the mean of {INTERVALS:,}, four families",
        )
    ]
    # The peer's name for its import is its name for installing.
    if not installed("preliz"):
        return [*found, Row("PreliZ maxent", note=HOW_TO_INSTALL)]
    say("W6: PreliZ")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import preliz

        few = asked[: OF_PEER * len(FAMILIES)]

        def peer() -> list[Any]:
            answers = []
            for family, low, high in few:
                distribution = getattr(preliz, family)()
                preliz.maxent(distribution, lower=low, upper=high, mass=MASS, plot=False)
                answers.append(distribution)
            return answers

        theirs = best(peer, 2) / len(few)
        error = _error(few, [distribution.cdf for distribution in peer()])
    note = f"the mean of {len(few)}; it asks for the mass inside and the most entropy, not for equal tails"
    return [*found, Row("PreliZ maxent, one interval", theirs, theirs / mine, error=error, note=note)]
