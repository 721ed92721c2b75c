"""The shipped world: Libya from the end of February 2016, month by month."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from forecast.libya.month import month, origin
from forecast.libya.readings import CHANCES, HAZARDS, strength_before
from forecast.libya.state import SHOCK_KINDS, Levers, OriginShocks, Parameters, State
from forecast.readings import chance, level, rate
from forecast.schema import STATES
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
    at_origin=dict.fromkeys(OriginShocks._fields, "uniform"),
    readings={
        **{name: chance(function) for name, function in CHANCES.items()},
        **{name: rate(function) for name, function in HAZARDS.items()},
        "isis_fighters": level("isis_fighters", past=strength_before, noise="isis_noise"),
    },
    evidence=Path(__file__).with_name("evidence.toml"),
)
