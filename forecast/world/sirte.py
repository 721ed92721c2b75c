"""Sirte: held by ISIS, under assault, or freed; and whether its people are antagonised."""

from __future__ import annotations

from typing import Any, NamedTuple

from forecast.world.aid import dose
from forecast.world.hazards import ringing_time
from forecast.world.state import Aid, Array, Levers, Parameters, Shocks, State, Time

__all__ = ["Sirte", "antagonism", "sirte"]


class Sirte(NamedTuple):
    """Who has the city, how its assault goes, the share of the step under assault, and whether it was freed or lost."""

    assault: Array
    stalled: Array
    freed: Array
    fought: Array
    won: Array
    lost: Array


def sirte(
    xp: Any,
    state: State,
    levers: Levers,
    parameters: Parameters,
    aid: Aid,
    unrest: Array,
    threat: Array,
    shocks: Shocks,
    time: Time,
) -> Sirte:
    """Move the city between held, under assault and freed.

    An assault starts sooner with a capable partner (P34), with strikes, where there is a state to fight for (P8), and
    with ISIS in reach (P59); later when factions fight each other (P10). As it begins it breaks through or stalls: most
    assaults on such cities took days or weeks and a few the better part of a year. The two ends, freed or given up,
    compete for what is left of the step. A freed city is lost again when factions clash and its people are antagonised
    (P33, P35), by an ISIS that still has fighters.
    """
    p = parameters
    strength = state.isis_fighters / p.isis_fighters
    start = ringing_time(
        xp,
        shocks.assault,
        p.assault_hazard
        + p.assault_support * aid.effort
        + p.assault_strikes * levers.strikes
        + p.diversion * unrest
        + aid.carried
        + threat,
        gate=1.0 - state.assault - state.freed,
    )
    # Months into the step from which the city is under assault, and how long from then to its end.
    assault_from = xp.where(state.assault, 0.0, xp.minimum(xp.exp(start), time.step))
    stalled = xp.where(state.assault, state.stalled, (shocks.stall < p.stall_share) * 1.0)
    pressure = p.freed_pressure * dose(xp, aid.effort + levers.strikes) * xp.exp(aid.deconfliction) + aid.carried
    freeing = ringing_time(xp, shocks.freeing, xp.where(stalled, p.stalled_hazard, p.freed_hazard) + pressure)
    giving_up = ringing_time(xp, shocks.giving_up, p.abandon_hazard - p.diversion * unrest - aid.carried)
    left = time.step - assault_from
    lasts = xp.exp(xp.minimum(freeing, giving_up))
    under = (assault_from < time.step) * 1.0
    ends = (lasts < left) * 1.0
    won = ends * (freeing < giving_up)
    retaking = ringing_time(
        xp,
        shocks.retaking,
        p.retake_hazard - p.diversion * unrest + p.retake_antagonism * (state.antagonism - p.antagonism_origin),
        gate=state.freed,
    )
    # A weak ISIS returns at a share of the hazard: as much longer is the wait.
    lost = (xp.exp(retaking) < time.step * xp.minimum(strength, 1.0)) * 1.0
    assault = under - ends
    return Sirte(
        assault=assault,
        stalled=stalled * assault,
        freed=state.freed + won - lost,
        fought=xp.minimum(lasts, left) / time.step,
        won=won,
        lost=lost,
    )


def antagonism(xp: Any, state: State, levers: Levers, parameters: Parameters, aid: Aid, time: Time) -> Array:
    """How far Sirte's people are set against its liberators, 0..1.

    Up with Misrata alone, down with officers from Sirte in the lead (N17, P33, P35, P46): the exact solution of
    ``dA/dt = u (1 - A) - d A`` over the step.
    """
    up = parameters.antagonism_rise * aid.misrata_alone
    down = parameters.antagonism_decline * levers.support_sirte_officers
    both = up + down
    kept = xp.exp(-both * time.step)
    return state.antagonism * kept + up / xp.maximum(both, 1e-12) * (1.0 - kept)
