"""Sirte: held by ISIS, under assault, or freed; and whether its people are antagonised."""

from __future__ import annotations

from typing import Any, NamedTuple

from forecast.libya.aid import dose
from forecast.libya.hazards import ringing_time
from forecast.libya.naming import naming
from forecast.libya.state import Aid, Array, Levers, Parameters, Shocks, State, Time

__all__ = ["Sirte", "antagonism", "sirte", "victory"]

_named = naming("sirte")


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
    starting = (
        p.assault_hazard
        + p.assault_support * aid.effort
        + p.assault_strikes * levers.strikes
        + p.diversion * unrest
        + aid.carried
        + threat
    )
    starting = _named(xp, "assault log hazard", starting)
    start = ringing_time(xp, shocks.assault, starting, gate=_named(xp, "city held", 1.0 - state.assault - state.freed))
    # Months into the step from which the city is under assault, and how long from then to its end.
    assault_from = xp.where(state.assault, 0.0, xp.minimum(xp.exp(start), time.step))
    assault_from = _named(xp, "assault from", assault_from)
    stalled = xp.where(state.assault, state.stalled, (shocks.stall < p.stall_share) * 1.0)
    stalled = _named(xp, "assault stalls", stalled)
    together = _named(xp, "effort and strikes", aid.effort + levers.strikes)
    pressure = p.freed_pressure * dose(xp, together) * xp.exp(aid.deconfliction) + aid.carried
    pressure = _named(xp, "pressure", pressure)
    winning = _named(xp, "freeing log hazard", xp.where(stalled, p.stalled_hazard, p.freed_hazard) + pressure)
    freeing = _named(xp, "freeing log time", ringing_time(xp, shocks.freeing, winning))
    abandoning = _named(xp, "giving up log hazard", p.abandon_hazard - p.diversion * unrest - aid.carried)
    giving_up = _named(xp, "giving up log time", ringing_time(xp, shocks.giving_up, abandoning))
    left = _named(xp, "months left of the assault", time.step - assault_from)
    lasts = _named(xp, "months that the assault takes", xp.exp(xp.minimum(freeing, giving_up)))
    under = _named(xp, "assault in the month", (assault_from < time.step) * 1.0)
    ends = _named(xp, "assault ends", (lasts < left) * 1.0)
    won = _named(xp, "city won", ends * (freeing < giving_up))
    returning = p.retake_hazard - p.diversion * unrest + p.retake_antagonism * (state.antagonism - p.antagonism_origin)
    returning = _named(xp, "retaking log hazard", returning)
    retaking = _named(xp, "retaking log time", ringing_time(xp, shocks.retaking, returning, gate=state.freed))
    # A weak ISIS returns at a share of the hazard: as much longer is the wait.
    lost = _named(xp, "city lost", (xp.exp(retaking) < time.step * xp.minimum(strength, 1.0)) * 1.0)
    assault = under - ends
    return Sirte(
        assault=assault,
        stalled=stalled * assault,
        freed=state.freed + won - lost,
        fought=_named(xp, "share of the month fought", xp.minimum(lasts, left) / time.step),
        won=won,
        lost=lost,
    )


def victory(xp: Any, state: State, parameters: Parameters) -> tuple[Array, Array]:
    """Say what a freed city does, of three forms: neither 0, it raises the council 1, a scramble among the victors 2.

    Returns
    -------
    scrambles, standing : array
        Log factors: on fighting and scrambles, to be read where the city is free (P36), and on what the council can do,
        0 while the city is not free (P41).
    """
    p = parameters
    scrambles = _named(xp, "scramble among victors", (p.victory > 1.5) * p.victory_size)
    standing = (p.victory > 0.5) * (p.victory < 1.5) * p.victory_size * state.freed
    return scrambles, _named(xp, "standing from victory", standing)


def antagonism(xp: Any, state: State, levers: Levers, parameters: Parameters, aid: Aid, time: Time) -> Array:
    """How far Sirte's people are set against its liberators, 0..1.

    Up with Misrata alone, down with officers from Sirte in the lead (N17, P33, P35, P46): the exact solution of
    ``dA/dt = u (1 - A) - d A`` over the step.
    """
    up = _named(xp, "antagonism rises at", parameters.antagonism_rise * aid.misrata_alone)
    down = parameters.antagonism_decline * levers.support_sirte_officers
    both = _named(xp, "antagonism moves at", up + down)
    kept = _named(xp, "antagonism kept", xp.exp(-both * time.step))
    return state.antagonism * kept + up / xp.maximum(both, 1e-12) * (1.0 - kept)
