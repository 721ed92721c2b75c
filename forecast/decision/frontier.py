"""Options that no other is better than on everything: among expected scores, and world by world."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["undominated"]

type Array = np.ndarray[Any, np.dtype[np.float64]]

_NOTHING = 1e-12
"""Scores between 0 and 1 that are this near are the same: means of the same numbers differ by rounding."""


def undominated(scores: Array) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Find the options that no other dominates.

    One option dominates another if it is at least as good on every criterion and better on one. A difference of nothing
    is no domination, so of two options that are the same on everything neither dominates.

    Parameters
    ----------
    scores : ndarray
        Shape (criterion, option, case), higher better.

    Returns
    -------
    ndarray of bool
        Shape (option, case).

    References
    ----------
    Keeney & Raiffa (1976), *Decisions with Multiple Objectives*, section 3.2: the efficient frontier.
    """
    _, options, cases = scores.shape
    free = np.ones((options, cases), dtype=np.bool_)
    for one in range(options):
        for other in range(options):
            if one == other:
                continue
            lead = scores[:, other] - scores[:, one]
            free[one] &= ~((lead >= -_NOTHING).all(axis=0) & (lead > _NOTHING).any(axis=0))
    return free
