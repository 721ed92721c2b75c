"""Options that no other is better than on everything: among expected scores, and world by world."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np

from forecast.estimates import joint_critical_value, standard_error, student_width

__all__ = ["OFF", "ON", "UNTOLD", "VERDICTS", "frontier_verdicts", "undominated"]

type Array = np.ndarray[Any, np.dtype[np.float64]]

ON, UNTOLD, OFF = VERDICTS = ("on", "cannot tell", "off")
"""What is said of an option and the frontier of expected scores."""

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


def frontier_verdicts(scores: Array, *, level: float) -> list[str]:
    """Say which options are on the frontier of expected scores, which are off it, and of which it cannot be told.

    An option is on it if it surely leads every other on some criterion (but for others that are the same on everything
    in every world), and off it if some other surely leads it on every criterion on which the two are not the same in
    every world. A lead is sure if it is more than a critical number of standard errors of the paired difference.

    Parameters
    ----------
    scores : ndarray
        Shape (criterion, option, world), at least two worlds; higher better.
    level : float
        Joint probability, in (0, 1), that no option is wrongly said to be on the frontier or off it.

    Returns
    -------
    list of str
        One of :data:`VERDICTS` an option.

    Notes
    -----
    One critical value holds for the leads of each option over each other on each criterion. It is that of a two-sided
    bound on each pair's difference, which is a one-sided one on both options' leads.

    References
    ----------
    Hothorn, Bretz & Westfall (2008), "Simultaneous inference in general parametric models", *Biometrical Journal* 50.
    """
    criteria, options, worlds = scores.shape
    leads = np.zeros((criteria, options, options), dtype=np.bool_)
    same = np.ones_like(leads)
    pairs = list(combinations(range(options), 2))
    if pairs:
        one, other = np.array(pairs).T
        apart = scores[:, one] - scores[:, other]
        # With few worlds standard errors are themselves unsure.
        bar = student_width(joint_critical_value(apart.reshape(-1, worlds), level=level), worlds)
        means, least = apart.mean(axis=-1), np.maximum(bar * standard_error(apart), _NOTHING)
        leads[:, one, other], leads[:, other, one] = means > least, -means > least
        same[:, one, other] = same[:, other, one] = (np.abs(apart) <= _NOTHING).all(axis=-1)
    verdicts = []
    for i in range(options):
        others = np.flatnonzero(~same[:, i].all(axis=0))
        if leads[:, i, others].any(axis=0).all():
            verdicts.append(ON)
        else:
            off = (leads[:, others, i] | same[:, others, i]).all(axis=0).any()
            verdicts.append(OFF if off else UNTOLD)
    return verdicts
