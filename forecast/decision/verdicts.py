"""Verdicts on dominance of all pairs at once, so that the chance of any wrong one is what it is said to be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from forecast.decision.crossings import Crossing

__all__ = ["CANNOT_TELL", "DOES_NOT", "DOMINATES", "EQUAL", "exact_verdicts", "sampled_verdicts"]

type Array = np.ndarray[Any, np.dtype[np.float64]]
type Key = tuple[str, str, str]

DOMINATES, DOES_NOT, CANNOT_TELL, EQUAL = "dominates", "does not", "cannot tell", "equal"
"""The verdicts."""


def exact_verdicts(found: Mapping[Key, Crossing]) -> dict[Key, str]:
    """Judge pairs where the worlds are all that there is.

    Parameters
    ----------
    found : mapping of (str, str, str) to Crossing
        By option, other option and order; both directions of every pair.

    Returns
    -------
    dict of (str, str, str) to str
        By the same keys.
    """
    verdicts = {}
    for (one, other, order), side in found.items():
        better = DOMINATES if found[other, one, order].violation > 0.0 else EQUAL
        verdicts[one, other, order] = DOES_NOT if side.violation > 0.0 else better
    _imply(verdicts)
    return verdicts


def sampled_verdicts(found: Mapping[Key, Crossing], values: Mapping[str, Array], risk: float) -> dict[Key, str]:
    """Judge all pairs of sampled options at once.

    Parameters
    ----------
    found : mapping of (str, str, str) to Crossing
        By option, other option and order; both directions of every pair.
    values : mapping of str to ndarray
        Each option's utility, shape (world,).
    risk : float
        The chance of some wrong "does not", and again that of some wrong "dominates".

    Returns
    -------
    dict of (str, str, str) to str
        By the same keys.

    References
    ----------
    Romano & Wolf (2005), "Exact and approximate stepdown methods for multiple hypothesis testing", *Journal of the
    American Statistical Association* 100, 94-108.
    Holm (1979), "A simple sequentially rejective multiple test procedure", *Scandinavian Journal of Statistics* 6.
    """
    verdicts = {key: EQUAL if np.array_equal(values[key[0]], values[key[1]]) else CANNOT_TELL for key in found}
    open_keys = [key for key, verdict in verdicts.items() if verdict != EQUAL]
    for key in _holm({key: found[key].p for key in open_keys}, risk):
        verdicts[key] = DOMINATES
    # A violation anywhere outweighs dominance over a range.
    for key in _step_down({key: found[key] for key in open_keys}, risk):
        verdicts[key] = DOES_NOT
    _imply(verdicts)
    return verdicts


def _holm(chances: dict[Key, float], risk: float) -> list[Key]:
    """Return the hypotheses that Holm's method rejects."""
    rejected: list[Key] = []
    for key in sorted(chances, key=lambda key: chances[key]):
        if chances[key] > risk / (len(chances) - len(rejected)):
            break
        rejected.append(key)
    return rejected


def _step_down(found: dict[Key, Crossing], risk: float) -> list[Key]:
    """Return the hypotheses whose statistic passes the quantile of the largest of those not yet rejected."""
    rejected: list[Key] = []
    left = list(found)
    while left:
        largest = np.max([found[key].moves for key in left], axis=0)
        bar = float(np.quantile(largest, 1.0 - risk))
        out = [key for key in left if found[key].statistic > bar]
        if not out:
            break
        rejected += out
        left = [key for key in left if key not in out]
    return rejected


def _imply(verdicts: dict[Key, str]) -> None:
    """Add the verdicts that follow from others, in place; what has been shown to be violated stays so."""
    for one, other, order in list(verdicts):
        if order == "first" and verdicts[one, other, "second"] == DOES_NOT:
            verdicts[one, other, "first"] = DOES_NOT
    for one, other, order in list(verdicts):
        if order == "first" and verdicts[one, other, "first"] == DOMINATES:
            verdicts[one, other, "second"] = DOMINATES
    for one, other, order in list(verdicts):
        if verdicts[one, other, order] == DOMINATES:
            verdicts[other, one, "first"] = DOES_NOT
            verdicts[other, one, order] = DOES_NOT
