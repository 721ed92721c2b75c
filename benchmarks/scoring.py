"""W5: the CRPS of 2,000 forecasts of 2,000 draws each.

The package does not score forecasts by CRPS; a sort-based NumPy formula stands beside scoringrules, so that it is known
what such a score would cost. Both compute E|X - y| - E|X - X'| / 2 of the draws taken as a distribution.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.timing import HOW_TO_INSTALL, Row, in_child, installed, say

FORECASTS, DRAWS = 2_000, 2_000
CLOSEST = 1e-10
"""How far two exact formulas may differ by rounding."""

Floats = NDArray[np.float64]


@cache
def data() -> tuple[Floats, Floats]:
    """Give observations and draws: skewed, so that an error in the formula would show."""
    generator = np.random.default_rng(5)
    return generator.normal(size=FORECASTS), generator.gamma(2.0, size=(FORECASTS, DRAWS)) - 1.0


def by_sorting(observed: Floats, draws: Floats) -> Floats:
    """Score by sorting: E|X - X'| is a weighted sum of the sorted draws (Hersbach 2000; Jordan et al. 2019).

    Parameters
    ----------
    observed : ndarray
        Shape (forecast,).
    draws : ndarray
        Shape (forecast, draw).
    """
    ordered = np.sort(draws, axis=1)
    count = draws.shape[1]
    weights = (2.0 * np.arange(1, count + 1) - count - 1.0) / count**2
    np.subtract(draws, observed[:, None], out=(apart := np.empty_like(draws)))
    scores: Floats = np.abs(apart, out=apart).mean(axis=1) - ordered @ weights
    return scores


def by_scoringrules(observed: Floats, draws: Floats, **settings: Any) -> Floats:
    """Score with the peer."""
    import scoringrules

    scores: Floats = scoringrules.crps_ensemble(observed, draws, **settings)
    return scores


def score(way: str) -> dict[str, float]:
    """Score once, for :mod:`benchmarks.child`, and give the mean score."""
    observed, draws = data()
    match way:
        case "sort":
            scores = by_sorting(observed, draws)
        case "default":
            scores = by_scoringrules(observed, draws)
        case _:
            scores = by_scoringrules(observed, draws, backend=way)
    return {"mean": float(scores.mean())}


def rows() -> list[Row]:
    """Measure the formula and the peer."""
    say("W5: sorting, then scoringrules")
    observed, draws = data()
    truth = by_sorting(observed, draws)
    mine = in_child("benchmarks.scoring:score", "sort", repetitions=4)
    found = [Row("NumPy, by sorting", mine.warm, 1.0, mine.peak)]
    if not installed("scoringrules"):
        return [*found, Row("scoringrules", note=HOW_TO_INSTALL)]
    for way, settings in (("default", {}), ("numba", {"backend": "numba"}), ("numpy", {"backend": "numpy"})):
        apart = float(np.max(np.abs(by_scoringrules(observed, draws, **settings) - truth)))
        label = f"scoringrules, {way}"
        if apart > CLOSEST:
            found.append(Row(label, note=f"not timed: {apart:.1e} from the formula"))
            continue
        one = in_child("benchmarks.scoring:score", way, repetitions=4, also=["scoringrules"])
        error = f"{apart:.0e} apart"
        found.append(Row(label, one.warm, one.warm / mine.warm, one.peak, error, f"first call {one.first:.2f} s"))
    return found
