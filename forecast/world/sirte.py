"""Sirte: held by ISIS, under assault, or freed; and whether its people are antagonised."""

from __future__ import annotations

from typing import Any, NamedTuple

from forecast.world.army import centre_reach
from forecast.world.hazards import ringing_time
from forecast.world.state import REFERENCE_FIGHTERS, Array, Assistance, Levers, Parameters, Shocks, State, Time

__all__ = ["Sirte", "antagonism", "sirte"]


class Sirte(NamedTuple):
    """Who has the city: both 0 means that ISIS holds it undisturbed; and the share of the step under assault."""

    assault: Array
    freed: Array
    fought: Array


def sirte(
    xp: Any,
    state: State,
    levers: Levers,
    parameters: Parameters,
    aid: Assistance,
    unrest: Array,
    shocks: Shocks,
    time: Time,
) -> Sirte:
    """Move the city between held, under assault and freed.

    An assault that starts within the step has the rest of it to end.

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

    start = ringing_time(
        xp,
        shocks.assault,
        parameters.assault_hazard
        + parameters.assault_support * aid.effort
        + parameters.assault_strikes * levers.strikes
        + parameters.assault_coordination * setting_up
        + parameters.diversion * unrest,
        gate=held,
    )
    freeing = ringing_time(
        xp,
        shocks.freeing,
        parameters.freed_hazard
        + parameters.freed_pressure * (aid.effort + levers.strikes)
        + parameters.freed_strength * xp.minimum(strength - 1.0, 3.0),
    )
    giving_up = ringing_time(
        xp,
        shocks.giving_up,
        parameters.abandon_hazard
        + parameters.centre_steadiness * state.centre_maturity
        - parameters.diversion * unrest,
    )
    # Months into the step from which the city is under assault, and how long from then to the end of the assault.
    assault_from = xp.where(state.assault, 0.0, xp.minimum(xp.exp(start), time.step))
    left = time.step - assault_from
    lasts = xp.exp(xp.minimum(freeing, giving_up))
    under = (assault_from < time.step) * 1.0
    ends = (lasts < left) * 1.0
    won = ends * (freeing < giving_up)

    retaking = ringing_time(
        xp,
        shocks.retaking,
        parameters.retake_hazard
        + parameters.retake_unrest * unrest
        + parameters.retake_antagonism * (state.antagonism - parameters.antagonism_origin)
        + parameters.centre_steadiness * state.centre_maturity,
        gate=state.freed,
    )
    # A weak ISIS returns at a share of the hazard: as much longer is the wait.
    lost = (xp.exp(retaking) < time.step * xp.minimum(strength, 1.0)) * 1.0
    return Sirte(
        assault=under - ends,
        freed=state.freed + won - lost,
        fought=xp.minimum(lasts, left) / time.step,
    )


def antagonism(state: State, levers: Levers, parameters: Parameters, aid: Assistance) -> Array:
    """How far Sirte's people are set against its liberators, 0..1.

    Up with Misrata alone, down with officers from Sirte in the lead (N17, P33, P35, P46).
    """
    rise = parameters.antagonism_rise * aid.misrata_alone * (1.0 - state.antagonism)
    decline = parameters.antagonism_decline * levers.support_sirte_officers * state.antagonism
    return state.antagonism + rise - decline
