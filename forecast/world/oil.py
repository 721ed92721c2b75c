"""Oil: raids by ISIS and the factions' scramble cut output, repair brings it back slowly."""

from __future__ import annotations

from typing import Any, NamedTuple

from forecast.world.hazards import ringing_time, rings
from forecast.world.state import REFERENCE_FIGHTERS, Array, Assistance, Parameters, State, Time

__all__ = ["Oil", "oil"]

_MOST_RAIDS = 48.0


class Oil(NamedTuple):
    """Output in kb/d, raids as a count, whether there was a scramble, and what scrambles have cost so far, kb/d."""

    output: Array
    raids: Array
    scramble: Array
    lost_to_scramble: Array


def oil(
    xp: Any,
    state: State,
    parameters: Parameters,
    aid: Assistance,
    unrest: Array,
    shock_raids: Array,
    shock_scramble: Array,
    time: Time,
) -> Oil:
    """Move oil output through the month (N6, N7, P36).

    Raids are Poisson in the strength of ISIS and fewer without Sirte. A scramble is a month in which armed factions
    fight over the ports; two rivals armed at once make it likelier. Repair closes a share of the gap to capacity,
    none in open war and twice the usual in full calm.
    """
    raid_rate = (
        parameters.raid_rate
        * (state.isis_fighters / REFERENCE_FIGHTERS)
        * xp.exp(parameters.raid_sirte_loss * state.freed)
    )
    raids = xp.poisson_ppf(shock_raids, xp.minimum(raid_rate, _MOST_RAIDS))
    fights = ringing_time(
        xp, shock_scramble, parameters.scramble_hazard + parameters.scramble_rivals * aid.armed_rivals
    )
    scramble = rings(fights, time)
    gap = xp.maximum(0.0, parameters.oil_capacity - state.oil_output)
    repaired = state.oil_output + parameters.oil_repair * (1.0 - unrest) * gap
    raided = repaired * xp.exp(-parameters.raid_loss * raids)
    lost = raided * parameters.scramble_loss * scramble
    return Oil(
        output=raided - lost,
        raids=raids,
        scramble=scramble,
        lost_to_scramble=state.oil_lost_to_scramble + lost,
    )
