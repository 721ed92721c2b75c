"""The shipped world: Libya from the end of February 2016, month by month."""

from __future__ import annotations

from typing import cast

from forecast.libya.month import month, origin
from forecast.libya.outcomes import OUTCOMES, STATES
from forecast.libya.state import SHOCK_KINDS, Levers, OriginShocks, Parameters, State
from forecast.world import ShockKind, World

__all__ = ["LIBYA"]

LIBYA = World(
    name="libya",
    title="Libya",
    date="2016-02-29",
    origin=origin,
    month=month,
    states=STATES,
    hidden=tuple(name for name in State._fields if name not in STATES),
    derived={"sirte": lambda state: state.assault + 2.0 * state.freed},
    parameters=Parameters._fields,
    levers=Levers._fields,
    shocks=cast("dict[str, ShockKind]", SHOCK_KINDS),
    outcomes=OUTCOMES,
    leading="stable_success",
    headline=(
        "isis_fighters_end",
        "isis_degraded",
        "sirte_freed",
        "council_survives",
        "blowback_ever",
        "civil_war_ever",
        "clashes_total",
        "integrated_force",
        "oil_output_end",
        "stable_success",
        "pyrrhic",
    ),
    # The three harms that success may cost (P6, P7).
    harms=("not council_survives", "blowback_ever", "civil_war_ever"),
    # What can be seen in principle while nothing is done; trust, legitimacy and the like are not seen.
    watched=(
        "isis_fighters",
        "sirte",
        "council_seated",
        "hor_endorsed",
        "gnc_endorsed",
        "invited",
        "council_collapsed",
        "leadership_resolved",
        "factional_clashes",
        "blowback",
        "parallel_channels",
        "oil_output",
        "civil_war",
    ),
    at_origin=dict.fromkeys(OriginShocks._fields, "uniform"),
)
