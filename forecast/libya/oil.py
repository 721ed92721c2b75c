"""Oil: ports shut and open by politics, raids and scrambles cut output, repair brings it back slowly."""

from __future__ import annotations

from typing import Any, NamedTuple

from forecast.libya.hazards import turned
from forecast.libya.naming import naming
from forecast.libya.state import REFERENCE_FIGHTERS, Aid, Array, Parameters, Shocks, State, Time

__all__ = ["Oil", "oil"]

_MOST_RAIDS = 48.0

_named = naming("oil")


class Oil(NamedTuple):
    """Output in kb/d, whether the crescent's ports are open, raids as a count, and whether there was a scramble."""

    output: Array
    ports_open: Array
    raids: Array
    scramble: Array


def oil(
    xp: Any,
    state: State,
    parameters: Parameters,
    aid: Aid,
    unrest: Array,
    scramble_size: Array,
    shocks: Shocks,
    time: Time,
) -> Oil:
    """Move oil output through the step (N6, N7, P36).

    The crescent's ports, shut at the origin, open and shut at constant hazards. Raids are Poisson in the strength of
    ISIS and fewer without its base. A scramble is a spell in which factions fight over the ports, and part of the
    output is out for as long as it lasts; two rivals armed at once bring it sooner, and so does a victory that is
    fought over. Repair closes a share of the gap to what the open fields can give, none in open war and twice the usual
    in full calm; what is shut is lost at once.
    """
    p = parameters
    ports_open = turned(
        xp, state.ports_open, shocks.ports, begins=p.ports_open_hazard, ends=p.ports_shut_hazard, time=time
    )
    raid_rate = p.raid_rate * (state.isis_fighters / REFERENCE_FIGHTERS) * xp.exp(-p.haven * state.freed)
    raid_rate = _named(xp, "raids a month", raid_rate)
    raids = xp.poisson_ppf(shocks.raids, xp.minimum(raid_rate * time.step, _MOST_RAIDS))
    scrambling = p.scramble_hazard + p.scramble_rivals * aid.armed_rivals + scramble_size * state.freed
    scrambling = _named(xp, "scramble log hazard", scrambling)
    scramble = turned(xp, state.oil_scramble, shocks.scramble, begins=scrambling, ends=p.scramble_end_hazard, time=time)
    # So that the origin, with its raids and their repair, is steady.
    steady = p.oil_origin * (1.0 + p.raid_loss * p.raid_rate * (p.isis_fighters / REFERENCE_FIGHTERS) / p.oil_repair)
    steady = _named(xp, "steady output", steady)
    capacity = (steady + p.ports_output * ports_open) * (1.0 - p.scramble_loss * scramble)
    capacity = _named(xp, "capacity", capacity)
    repaired = _named(xp, "share repaired", 1.0 - xp.exp(-p.oil_repair * (1.0 - unrest) * time.step))
    output = xp.minimum(state.oil_output + repaired * xp.maximum(0.0, capacity - state.oil_output), capacity)
    output = _named(xp, "output before raids", output)
    return Oil(
        output=output * xp.exp(-p.raid_loss * raids),
        ports_open=ports_open,
        raids=raids,
        scramble=scramble,
    )
