"""Sirte: held by ISIS, under assault, or freed; and whether its people are antagonised."""

from __future__ import annotations

from typing import Any, NamedTuple

from forecast.world.army import centre_reach
from forecast.world.hazards import competing_events, event_probability
from forecast.world.state import REFERENCE_FIGHTERS, Array, Assistance, Levers, Parameters, State

__all__ = ["Sirte", "antagonism", "sirte"]


class Sirte(NamedTuple):
    """Who has the city: both 0 means that ISIS holds it undisturbed."""

    assault: Array
    freed: Array


def sirte(
    xp: Any,
    state: State,
    levers: Levers,
    parameters: Parameters,
    aid: Assistance,
    unrest: Array,
    shock: Array,
) -> Sirte:
    """Move the city between held, under assault and freed.

    An assault starts sooner with a capable partner (P34) and with strikes, later while command centres are only
    being set up (P46), later when factions fight each other (P10). Under assault the city is freed or the
    assault is given up; the two compete for the month. A freed city is lost again when factions clash and its
    people are antagonised (P33, P35), less where command centres hold partners together, and only by an ISIS
    that still has fighters.
    """
    held = 1.0 - state.assault - state.freed
    strength = state.isis_fighters / REFERENCE_FIGHTERS
    reach = centre_reach(state, levers, parameters)
    # The share of the way that command centres still have to go; without coordination there is none.
    setting_up = levers.coordination * xp.maximum(0.0, 1.0 - state.centre_maturity / xp.maximum(reach, 1e-12))

    start = event_probability(
        xp,
        parameters.assault_hazard
        + parameters.assault_support * aid.effort
        + parameters.assault_strikes * levers.strikes
        + parameters.assault_coordination * setting_up
        + parameters.diversion * unrest,
    )
    freed_rate = xp.exp(
        parameters.freed_hazard
        + parameters.freed_pressure * (aid.effort + levers.strikes)
        + parameters.freed_strength * xp.minimum(strength - 1.0, 3.0)
    )
    abandon_rate = xp.exp(
        parameters.abandon_hazard + parameters.centre_steadiness * state.centre_maturity - parameters.diversion * unrest
    )
    won, given_up = competing_events(xp, shock, freed_rate * state.assault, abandon_rate * state.assault)
    retaken = event_probability(
        xp,
        parameters.retake_hazard
        + parameters.retake_unrest * unrest
        + parameters.retake_antagonism * (state.antagonism - parameters.antagonism_origin)
        + parameters.centre_steadiness * state.centre_maturity,
    ) * xp.minimum(strength, 1.0)

    started = held * (shock < start)
    lost = state.freed * (shock < retaken)
    return Sirte(assault=state.assault + started - won - given_up, freed=state.freed + won - lost)


def antagonism(state: State, levers: Levers, parameters: Parameters, aid: Assistance) -> Array:
    """How far Sirte's people are set against its liberators, 0..1.

    Up with Misrata alone, down with officers from Sirte in the lead (N17, P33, P35, P46).
    """
    rise = parameters.antagonism_rise * aid.misrata_alone * (1.0 - state.antagonism)
    decline = parameters.antagonism_decline * levers.support_sirte_officers * state.antagonism
    return state.antagonism + rise - decline
