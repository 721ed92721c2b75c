"""A border district: rebels, their raids and a truce. Small enough to be read at a glance, for examples and tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from forecast.options.option import Option, Phase
from forecast.paths import end, event, ever, first, total
from forecast.readings import chance, level, rate
from forecast.schema import count, number, yes_no
from forecast.world import World

__all__ = ["BELIEFS", "DISTRICT"]

BELIEFS = Path(__file__).with_name("district.toml")
"""What is believed of it, for ``priors.load``."""


def _origin(beliefs: Any, luck: Any) -> dict[str, Any]:
    return {"rebels": beliefs.rebels, "raids": 0.0, "truce": 0.0}


def _month(xp: Any, state: Any, levers: Any, beliefs: Any, luck: Any, time: Any) -> dict[str, Any]:
    hazard = beliefs.truce_hazard * (1.0 + beliefs.talks_effect * levers.talks)
    growth = beliefs.growth - beliefs.patrol_effect * levers.patrols + 0.1 * luck.noise
    rate = beliefs.raid_rate * state.rebels / 100.0 * (1.0 - 0.8 * state.truce)
    return {
        "rebels": state.rebels * xp.exp(growth),
        "raids": xp.poisson_ppf(luck.raids, rate),
        "truce": xp.maximum(state.truce, luck.truce < hazard * time.step),
    }


DISTRICT = World(
    name="district",
    title="A border district",
    date="2012-01-31",
    origin=_origin,
    month=_month,
    states={
        "rebels": number("persons", "Rebels in the district"),
        "raids": count("raids", "Raids in the month"),
        "truce": yes_no("A truce holds"),
    },
    parameters=("rebels", "growth", "patrol_effect", "raid_rate", "truce_hazard", "talks_effect"),
    levers=("patrols", "talks"),
    shocks={"noise": "normal", "truce": "exponential", "raids": "uniform"},
    outcomes={
        "rebels_end": end("rebels", "Rebels at the horizon", better="lower"),
        "raids_total": total("raids", "Raids, total", better="lower"),
        "truce_ever": ever("truce", "A truce was made", better="higher"),
        "first_truce": first("truce", "Month of the truce"),
        "calm": event(
            "Calm",
            "no raid in the last three months",
            lambda path: path.total("raids", last=3) == 0.0,
            of="raids",
            better="higher",
        ),
    },
    leading="calm",
    columns={"calm": "Calm", "truce_ever": "Truce", "raids_total": "Raids", "rebels_end": "Rebels"},
    harms=("not truce_ever",),
    options={
        "nothing": Option("nothing", title="Nothing"),
        "patrols": Option("patrols", (Phase({"patrols": 1.0}),), title="Patrols"),
        "both": Option(
            "both",
            (Phase({"patrols": 0.5}), Phase({"talks": 1.0}, start=2)),
            title="Patrols and talks",
            claims=("D2", "D3"),
        ),
    },
    proposal="both",
    claims={
        "D1": "There are between 150 and 400 rebels.",
        "D2": "Patrols slow the rebels down.",
        "D3": "Where somebody talks, a truce comes sooner.",
    },
    readings={
        "quiet_month": chance(lambda xp, beliefs: xp.exp(-beliefs.raid_rate * beliefs.rebels / 100.0)),
        "truce": rate("truce_hazard"),
        "rebels": level("rebels", past=lambda xp, level, beliefs, time: level * xp.exp(-beliefs.growth)),
    },
    beliefs=BELIEFS,
    evidence=Path(__file__).with_name("district_evidence.toml"),
    values=Path(__file__).with_name("district_values.toml"),
)
