"""The strength of ISIS and how far it can mobilise."""

from __future__ import annotations

from typing import Any

from forecast.world.state import Array, Assistance, Levers, Parameters, State

__all__ = ["fighters", "growth_rate", "inflow", "mobilisation"]


def growth_rate(
    xp: Any,
    *,
    strength: Array,
    mobilised: Array,
    unrest: Array,
    growth: Array,
    disorder: Array,
    ceiling: Array,
) -> Array:
    """Log growth of ISIS a month from local recruitment, before attrition.

    Recruitment at the origin's conditions, times mobilisation, times the pull of disorder, slowing towards a
    ceiling that is low because there is no sectarian lever and little popular base (P56, P57); logistic growth.

    Parameters
    ----------
    xp : namespace
        Gives ``exp``.
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
        Log growth a month; below 0 above the ceiling.
    """
    return growth * (1.0 + mobilised) * xp.exp(disorder * unrest) * (1.0 - strength / ceiling)


def inflow(xp: Any, state: State, parameters: Parameters, years: float) -> Array:
    """Fighters arriving from Iraq and Syria in the month.

    "Hundreds", more as ground is lost there, fewer without Sirte (N2, N3), and none at the ceiling (P57).
    """
    return (
        parameters.isis_inflow
        * xp.exp(parameters.inflow_fallback * years + parameters.inflow_sirte_loss * state.freed)
        * xp.maximum(0.0, 1.0 - state.isis_fighters / parameters.isis_ceiling)
    )


def fighters(
    xp: Any,
    state: State,
    levers: Levers,
    parameters: Parameters,
    aid: Assistance,
    unrest: Array,
    years: float,
    shock: Array,
) -> Array:
    """Fighters at the end of the month: growth less attrition, with noise, plus the inflow.

    Attrition is local resistance (P59), which support strengthens (P34) and factional fighting diverts (P10);
    strikes; and the ground effort while an assault on Sirte runs. The last two are sharper with the intelligence of
    command centres (P41).
    """
    growth = growth_rate(
        xp,
        strength=state.isis_fighters,
        mobilised=state.mobilisation,
        unrest=unrest,
        growth=parameters.isis_growth,
        disorder=parameters.disorder_recruitment,
        ceiling=parameters.isis_ceiling,
    )
    sharper = xp.exp(parameters.centre_intelligence * state.centre_maturity)
    resistance = parameters.local_resistance * xp.exp(
        parameters.resistance_support * aid.effort + parameters.diversion * unrest
    )
    attrition = resistance + sharper * (
        parameters.strike_attrition * levers.strikes
        + parameters.ground_attrition * state.assault * (parameters.capability_unaided + aid.effort)
    )
    change = growth - attrition + parameters.isis_noise * shock
    return state.isis_fighters * xp.exp(change) + inflow(xp, state, parameters, years)


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
