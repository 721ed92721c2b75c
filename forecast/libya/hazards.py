"""Clocks of events, the chance of an event within a month, and how far factions fight each other.

An event is a clock. Its ringing time is a standard exponential over its hazard, so that a constant hazard is exact
whatever the step (the exponential has no memory), and a higher hazard never rings later. Clocks are kept as logs: an
event that nothing else depends on needs no exponential.

References
----------
Kalbfleisch & Prentice (2002), *The Statistical Analysis of Failure Time Data*, section 8.2: competing risks as the
first of several times.
"""

from __future__ import annotations

import math
from typing import Any

from forecast.libya.state import Time

__all__ = ["event_probability", "ringing_time", "rings", "turned", "unrest_level"]

Array = Any

_NEVER = float("inf")

_PER_LOG = 1.0 / math.log(2.7)
"""Open war is what it was in the second half of 2014, at 2.7 times the clashes of 2015 (docs/sources.md)."""


def ringing_time(xp: Any, log_shock: Array, log_hazard: Array, *, gate: Array = 1.0) -> Array:
    """Log of the months from the start of the step to the event.

    Parameters
    ----------
    xp : namespace
        Gives ``where``.
    log_shock : array
        Log of a standard exponential.
    log_hazard : array
        Log of the hazard a month.
    gate : array
        0 where the event cannot happen: it never rings there.

    Returns
    -------
    array
        Months, on a log scale.
    """
    return xp.where(gate, log_shock - log_hazard, _NEVER)


def rings(log_time: Array, time: Time) -> Array:
    """1.0 where a clock rings within the step."""
    return (log_time < time.log_step) * 1.0


def turned(xp: Any, state: Array, log_shock: Array, *, begins: Array, ends: Array, time: Time) -> Array:
    """Turn a yes/no state that begins and ends at log hazards of its own, at most once in a step."""
    rung = rings(ringing_time(xp, log_shock, xp.where(state, ends, begins)), time)
    return state + rung * (1.0 - 2.0 * state)


def event_probability(xp: Any, log_rate: Array) -> Array:
    """Chance that an event with a constant hazard happens within a month.

    ``1 - exp(-exp(log_rate))``, the inverse complementary log-log (Prentice & Gloeckler 1978), which is the chance that
    its clock rings.

    Parameters
    ----------
    xp : namespace
        Gives ``exp``.
    log_rate : array
        Log of the monthly hazard.

    Returns
    -------
    array
        Probability in [0, 1].
    """
    return 1.0 - xp.exp(-xp.exp(log_rate))


def unrest_level(xp: Any, log_ratio: Array) -> Array:
    """How far factions fight each other, from the log of clashes over their rate at the origin.

    0 at the origin's rate, 1 in open war and -1 in a calm as far below it, and linear between: bounded, so that what
    fighting does cannot run away (P10, P20).

    Parameters
    ----------
    xp : namespace
        Gives ``minimum`` and ``maximum``.
    log_ratio : array
        Log of the ratio of rates.

    Returns
    -------
    array
        In [-1, 1].
    """
    return xp.maximum(xp.minimum(log_ratio * _PER_LOG, 1.0), -1.0)
