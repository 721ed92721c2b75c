"""The shipped world: Libya from the end of February 2016, month by month."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from forecast.libya.month import month, origin
from forecast.libya.outcomes import OUTCOMES, STATES
from forecast.libya.parts import NOTES, PARTS
from forecast.libya.readings import CHANCES, HAZARDS, strength_before
from forecast.libya.state import SHOCK_KINDS, Levers, OriginShocks, Parameters, State
from forecast.readings import chance, level, rate
from forecast.world import World
from forecast.world_fields import ShockKind

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
    columns={
        "isis_degraded": "ISIS degraded",
        "sirte_freed": "Sirte freed",
        "council_survives": "Council alive",
        "blowback_ever": "Blowback",
        "civil_war_ever": "Civil war",
        "stable_success": "Stable success",
        "pyrrhic": "Pyrrhic success",
        "isis_fighters_end": "ISIS fighters",
    },
    pictures=("trajectories", "events", "end_states", "differences", "council", "trade_off"),
    gain=("isis_degraded", "isis_fighters_end"),
    # The three harms that success may cost (P6, P7).
    harms=("not council_survives", "blowback_ever", "civil_war_ever"),
    # Sirte can be lost again.
    events={
        "sirte=freed": "Sirte freed, and not lost again",
        **dict.fromkeys(("council_collapsed", "blowback", "civil_war", "invited", "leadership_resolved"), ""),
    },
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
    options=Path(__file__).with_name("options.toml"),
    null_option="no_assistance",
    proposal="regional_centres",
    claims="article",
    parts=PARTS,
    notes=NOTES,
    # The other levers say how help is given, not how much.
    efforts={
        "support": tuple(lever for lever in Levers._fields if lever.startswith("support_")),
        "advisers": ("advisers",),
        "strikes": ("strikes",),
        "diplomacy": ("mediation", "western_unity", "regional_restraint"),
        "training": ("training",),
    },
    readings={
        **{name: chance(function) for name, function in CHANCES.items()},
        **{name: rate(function) for name, function in HAZARDS.items()},
        "isis_fighters": level("isis_fighters", past=strength_before, noise="isis_noise"),
    },
    beliefs="article",
    evidence=Path(__file__).with_name("evidence.toml"),
    values=Path(__file__).with_name("values.toml"),
)
