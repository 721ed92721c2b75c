"""The strength of ISIS and how far it can mobilise."""

from __future__ import annotations

from typing import Any

from forecast.world.state import REFERENCE_FIGHTERS, Array, Assistance, Levers, Parameters, State

__all__ = [
    "arrival_rate",
    "arrivals",
    "earlier",
    "fighters",
    "free_growth",
    "growth_factor",
    "mobilisation",
    "resistance_rate",
]


_RECEPTION = 0.1
"""Share of the reference strength at which a branch can take half of those who would come to a large one. It hardly
matters after the origin; before it, it keeps arrivals from exceeding what a small branch could absorb."""


def free_growth(xp: Any, *, mobilised: Array, unrest: Array, growth: Array, disorder: Array) -> Array:
    """Factor by which local recruitment would multiply ISIS in a month far below its ceiling (P4, P10).

    Parameters and domain as for :func:`growth_factor`.
    """
    return xp.exp(growth * (1.0 + mobilised) * xp.exp(disorder * unrest))


def growth_factor(
    xp: Any, *, strength: Array, mobilised: Array, unrest: Array, growth: Array, disorder: Array, ceiling: Array
) -> Array:
    """Factor by which local recruitment multiplies ISIS in a month, before attrition.

    Recruitment at the origin's conditions, times mobilisation, times the pull of disorder, drying up at a ceiling that
    is low because there is no sectarian lever and little popular base (P56, P57). It is the exact solution of logistic
    growth over a month, ``S' = S E / (1 + (E - 1) S / K)`` with ``E = exp(growth)`` (Verhulst 1838), so it cannot
    overshoot; above the ceiling there is no growth, and no shrinking either.

    Parameters
    ----------
    xp : namespace
        Gives ``exp`` and ``minimum``.
    strength : array
        Fighters.
    mobilised : array
        Mobilisation, >= 0.
    unrest : array
        Last month's unrest pull, in [-1, 1).
    growth : array
        Log growth a month far below the ceiling, at the origin's conditions.
    disorder : array
        Log hazard ratio of recruitment for a step of 1 in unrest (P4, P10).
    ceiling : array
        Fighters.

    Returns
    -------
    array
        At least 1.
    """
    free = free_growth(xp, mobilised=mobilised, unrest=unrest, growth=growth, disorder=disorder)
    return free / (1.0 + (free - 1.0) * xp.minimum(strength / ceiling, 1.0))


def arrivals(xp: Any, state: State, parameters: Parameters, years: float, strength: Array) -> Array:
    """Fighters arriving from Iraq and Syria in the month.

    "Hundreds", more as ground is lost there, fewer without Sirte (N2, N3), and never past the ceiling (P57). The rise
    as ground is lost is a belief about two years and is held after them.
    """
    rate = arrival_rate(xp, base=parameters.isis_inflow, fallback=parameters.inflow_fallback, years=years) * xp.exp(
        parameters.inflow_sirte_loss * state.freed
    )
    return xp.minimum(rate * reception(strength), xp.maximum(0.0, parameters.isis_ceiling - strength))


def reception(strength: Array) -> Array:
    """How many of those who would come find a branch that can take them, against one of the reference strength.

    1 at the reference strength, proportional to strength far below a tenth of it: nobody is sent to nothing.
    """
    half = REFERENCE_FIGHTERS * _RECEPTION
    return (1.0 + _RECEPTION) * strength / (strength + half)


def arrival_rate(xp: Any, *, base: Array, fallback: Array, years: float) -> Array:
    """Fighters a month who would come while Sirte is held, ``years`` from the origin, which may be negative."""
    return base * xp.exp(fallback * xp.minimum(years, 2.0))


def resistance_rate(xp: Any, *, base: Array, support: Array, effort: Array, diversion: Array, unrest: Array) -> Array:
    """Log attrition a month by Libyans outside any assault: raised by support, cut by diversion (P10, P34, P59)."""
    return base * xp.exp(support * effort + diversion * unrest)


def earlier(
    xp: Any,
    strength: Array,
    *,
    unrest: float,
    years: float,
    growth: Array,
    disorder: Array,
    ceiling: Array,
    resistance: Array,
    diversion: Array,
    inflow: Array,
    fallback: Array,
) -> Array:
    """Strength a month before, had there been no noise and no assistance: the inverse of :func:`fighters`.

    Parameters
    ----------
    xp : namespace
        Gives ``exp``, ``minimum``, ``maximum`` and ``sqrt``.
    strength : array
        Fighters at the end of the month, below the ceiling.
    unrest : float
        Unrest pull of the month.
    years : float
        Years from the origin to the start of the month, negative before it.
    growth, disorder, ceiling, resistance, diversion, inflow, fallback : array
        The parameters of those names.

    Returns
    -------
    array
        Fighters at the end of the month before, always above 0.
    """
    # Arrivals are rate * (1 + r) m / (m + h) for those m who stayed: a quadratic in m with one positive root.
    half = REFERENCE_FIGHTERS * _RECEPTION
    most = (1.0 + _RECEPTION) * arrival_rate(xp, base=inflow, fallback=fallback, years=years)
    # The root cancels where arrivals were many; it is never below what the few who stayed would be to first order.
    middle = strength - half - most
    root = 0.5 * (middle + xp.sqrt(middle * middle + 4.0 * half * strength))
    stayed = xp.maximum(root, strength * (half / (half + most)))
    attrition = resistance_rate(xp, base=resistance, support=0.0, effort=0.0, diversion=diversion, unrest=unrest)
    grown = stayed * xp.exp(attrition)
    free = free_growth(xp, mobilised=0.0, unrest=unrest, growth=growth, disorder=disorder)
    return grown / xp.maximum(free - (free - 1.0) * grown / ceiling, 1.0)


def fighters(
    xp: Any,
    state: State,
    levers: Levers,
    parameters: Parameters,
    aid: Assistance,
    unrest: Array,
    fought: Array,
    years: Array,
    shock: Array,
) -> Array:
    """Fighters at the end of the month: growth less attrition, with noise, plus the inflow.

    Attrition is local resistance (P59), which support strengthens (P34) and factional fighting diverts (P10);
    strikes; and the ground effort for as much of the month as an assault on Sirte runs (``fought``). The last two are
    sharper with the intelligence that advisers pass on in command centres (P41, P47).
    """
    growth = growth_factor(
        xp,
        strength=state.isis_fighters,
        mobilised=state.mobilisation,
        unrest=unrest,
        growth=parameters.isis_growth,
        disorder=parameters.disorder_recruitment,
        ceiling=parameters.isis_ceiling,
    )
    sharper = xp.exp(parameters.centre_intelligence * aid.advised_centres)
    resistance = resistance_rate(
        xp,
        base=parameters.local_resistance,
        support=parameters.resistance_support,
        effort=aid.effort,
        diversion=parameters.diversion,
        unrest=unrest,
    )
    attrition = resistance + sharper * (
        parameters.strike_attrition * levers.strikes
        + parameters.ground_attrition * fought * (parameters.capability_unaided + aid.effort)
    )
    # The noise has mean 1, so that uncertainty about it does not by itself make ISIS grow in the mean.
    noise = parameters.isis_noise * (shock - 0.5 * parameters.isis_noise)
    strength = state.isis_fighters * growth * xp.exp(noise - attrition)
    return strength + arrivals(xp, state, parameters, years, strength)


def mobilisation(xp: Any, state: State, parameters: Parameters, aid: Assistance) -> Array:
    """Extra recruitment that propaganda draws from a visible footprint and from an antagonised Sirte (P35, P39).

    It approaches ``exp(effects) - 1``, never below 0, so that a lasting full air campaign multiplies recruitment
    by the hazard ratio of its prior, and it decays when the cause is gone.
    """
    effects = parameters.mobilisation_footprint * aid.visible_footprint + parameters.mobilisation_antagonism * (
        state.antagonism - parameters.antagonism_origin
    )
    target = xp.maximum(0.0, xp.exp(effects) - 1.0)
    return state.mobilisation + parameters.mobilisation_decay * (target - state.mobilisation)
