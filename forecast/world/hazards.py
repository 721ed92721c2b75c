"""Monthly chances of events: one event, two that compete, and the pull of the last month's fighting."""

from __future__ import annotations

from typing import Any

__all__ = ["competing_events", "event_probability", "unrest_pull"]

Array = Any


def event_probability(xp: Any, log_rate: Array) -> Array:
    """Chance that an event with a constant hazard happens within the month.

    ``1 - exp(-exp(log_rate))``, the inverse complementary log-log. It is exact for a constant hazard whatever
    the step, so effects added to ``log_rate`` are log hazard ratios (Prentice & Gloeckler 1978).

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


def competing_events(xp: Any, uniform: Array, rate_first: Array, rate_second: Array) -> tuple[Array, Array]:
    """Let two events compete for one month, deciding both with one uniform.

    The total rate decides whether anything happens, the shares of the rate decide which, and the first event
    takes the lower part of the uniform. With constant rates this reproduces the cumulative incidence of
    competing exponential risks exactly (Kalbfleisch & Prentice 2002, section 8.2).

    Parameters
    ----------
    xp : namespace
        Gives ``exp`` and ``maximum``.
    uniform : array
        The month's shock, in (0, 1).
    rate_first, rate_second : array
        Hazards per month, >= 0; a rate of 0 closes that way.

    Returns
    -------
    first, second : array
        1.0 where the event happens, else 0.0; never both.
    """
    total = rate_first + rate_second
    chance = 1.0 - xp.exp(-total)
    # Rates of exactly zero are closed gates; the floor only keeps 0/0 away and changes no other share.
    threshold = chance * (rate_first / xp.maximum(total, 1e-300))
    first = (uniform < threshold) * 1.0
    either = (uniform < chance) * 1.0
    return first, either - first


def unrest_pull(clashes: Array, usual: Array) -> Array:
    """Last month's clashes on a bounded scale: 0 at the usual level, towards 1 in war and -1 in peace.

    ``2 c / (c + usual) - 1``. Bounded, so that fighting feeds on itself without running away (P10, P20).

    Parameters
    ----------
    clashes : array
        Clashes in the month, count.
    usual : array
        Clashes a month at the origin, > 0.

    Returns
    -------
    array
        In [-1, 1).
    """
    return 2.0 * clashes / (clashes + usual) - 1.0
