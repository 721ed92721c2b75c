"""The parts of the month, and how its equations are read."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from forecast.schema import Part

__all__ = ["NOTES", "PARTS"]

PARTS: Mapping[str, Part] = MappingProxyType(
    {
        "origin": Part("The origin", "The world at the end of February 2016.", ()),
        "aid": Part("Assistance", "What the levers amount to in this world.", ()),
        "factions": Part(
            "Factions",
            "Clashes, loyalty, counter-alliances, captured aid, patrons' channels and renewed war.",
            (
                *("factional_clashes", "unrest", "tension", "loyalty", "lna_split", "blowback", "aid_captured"),
                *("parallel_channels", "civil_war"),
            ),
        ),
        "council": Part(
            "The Presidency Council",
            "Seated, endorsed, whole or boycotted, asking for help, alive or collapsed.",
            (
                *("council_seated", "hor_endorsed", "gnc_endorsed", "boycott", "invited", "council_collapsed"),
                *("tenure", "legitimacy", "leadership_resolved"),
            ),
        ),
        "sirte": Part(
            "Sirte",
            "The city held by ISIS, under assault or freed, and how its people are set.",
            ("assault", "stalled", "freed", "antagonism"),
        ),
        "isis": Part(
            "ISIS",
            "Fighters in the base and elsewhere, whom propaganda draws, and plots abroad.",
            ("isis_fighters", "isis_base", "rivals_left", "mobilisation", "plots_abroad"),
        ),
        "army": Part(
            "The army",
            "Command centres, the integration of forces and the trained units.",
            (
                *("centre_maturity", "integration", "programme", "course_early", "course_late", "trained_loyal"),
                "trained_partisan",
            ),
        ),
        "oil": Part(
            "Oil",
            "Ports, output, raids and fighting over the ports.",
            ("ports_open", "oil_output", "oil_raids", "oil_scramble"),
        ),
    }
)
"""By name, which is that of the file in this folder (the origin is in ``month``)."""

NOTES = (
    "Of a clock the shock is the log of a standard exponential, of noise (isis, tension) a standard normal, else a "
    "uniform. A clock rings within the month where its shock is below its log hazard, which is a month's; a log time "
    "is shock less log hazard, below 0 within the month."
)
