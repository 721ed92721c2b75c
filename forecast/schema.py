"""The schema of outcomes: every variable a simulation returns, with its dims, unit and meaning, in one table.

States have dims (option, world, month), month 0 being the origin; per-world outcomes have dims (option, world).
Tests hold the simulation, the documentation and this table equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

__all__ = [
    "BETTER",
    "CODE",
    "DTYPES",
    "FIT_KIND",
    "FORMAT",
    "GREATEST",
    "NO_NUMBER",
    "OUTCOMES",
    "OUTCOMES_KIND",
    "PARAMETER_PREFIX",
    "SIRTE_CODES",
    "STATES",
    "SUMMARY_KIND",
    "WHOSE",
    "Outcome",
    "Variable",
]

FORMAT = 1
"""Version of the outcome files."""

OUTCOMES_KIND, SUMMARY_KIND, FIT_KIND = "libya-forecast outcomes", "libya-forecast summary", "libya-forecast fit"
"""What a result of this package says that it is, in its attribute ``kind``."""

PARAMETER_PREFIX = "parameter_"
"""A world's parameters travel with its outcomes under this prefix, because a parameter and a state may share a name."""

CODE = "code"
"""Unit of a number that only names one of several things."""

WHOSE = "whose_beliefs"
"""In a pooled set, which member's beliefs a world follows: a code, told among the parameters."""

SIRTE_CODES = ("held by ISIS", "under assault", "freed")

_SHARE = "1"


DTYPES: Mapping[str, str] = MappingProxyType(
    {"continuous": "float64", "count": "int32", "yes/no": "bool", "code": "int8"}
)
"""NumPy dtype of each kind of state."""

GREATEST: Mapping[str, int] = MappingProxyType({"count": 2**31 - 1, "code": 2**7 - 1})
"""The greatest count and the greatest code that are kept; the least is 0."""

NO_NUMBER = -1
"""Kept in place of a count that is below 0, above the greatest, infinite or NaN once it is rounded, and of a code that
is no whole number from 0 to the greatest. Wherever this stands the world has failed, as where a state is not finite."""


@dataclass(frozen=True)
class Variable:
    """One state: its unit (UDUNITS style, "1" for a share), meaning, and how it is stored."""

    name: str
    unit: str
    long_name: str
    kind: Literal["continuous", "count", "yes/no", "code"]

    @property
    def dtype(self) -> str:
        """NumPy dtype in which the state is kept."""
        return DTYPES[self.kind]


@dataclass(frozen=True)
class Outcome:
    """One per-world outcome.

    ``reading`` says how it comes from the states: ``end`` the last month's value, ``total`` the sum over months,
    ``ever`` whether it happened, ``first`` the month in which it first held, ``rule`` a rule of its own.
    """

    name: str
    unit: str
    long_name: str
    reading: Literal["end", "total", "ever", "first", "rule"]
    state: str = ""
    rule: str = ""

    @property
    def is_event(self) -> bool:
        """Whether the outcome is yes or no in each world, so that its mean is a probability."""
        return self.unit == "yes/no"


def _by_name[T: (Variable, Outcome)](items: tuple[T, ...]) -> Mapping[str, T]:
    return MappingProxyType({item.name: item for item in items})


STATES: Mapping[str, Variable] = _by_name(
    (
        Variable("isis_fighters", "fighters", "ISIS fighters in Libya", "continuous"),
        Variable("isis_base", "fighters", "ISIS fighters in Sirte", "continuous"),
        Variable("plots_abroad", "plots", "Plots abroad set going in the month", "count"),
        Variable("sirte", "code", "Sirte: " + ", ".join(f"{i} {c}" for i, c in enumerate(SIRTE_CODES)), "code"),
        Variable("antagonism", _SHARE, "Antagonism of Sirte's people to its liberators", "continuous"),
        Variable("council_seated", "yes/no", "Presidency Council seated in Tripoli", "yes/no"),
        Variable("hor_endorsed", "yes/no", "Endorsed by the House of Representatives", "yes/no"),
        Variable("gnc_endorsed", "yes/no", "Endorsed by the General National Congress", "yes/no"),
        Variable("boycott", "yes/no", "Members of the council stay away", "yes/no"),
        Variable("invited", "yes/no", "Council has formally asked for military help", "yes/no"),
        Variable("council_collapsed", "yes/no", "Presidency Council or agreement collapsed", "yes/no"),
        Variable("legitimacy", _SHARE, "Legitimacy of the unity government", "continuous"),
        Variable("leadership_resolved", "yes/no", "Army-leadership dispute settled", "yes/no"),
        Variable("centre_maturity", _SHARE, "Maturity of joint regional command centres", "continuous"),
        Variable("integration", _SHARE, "Share of forces under one integrated command", "continuous"),
        Variable("loyalty", _SHARE, "Loyalty of partners to the unity government", "continuous"),
        Variable("lna_split", "yes/no", "The Libyan National Army has split", "yes/no"),
        Variable("factional_clashes", "clashes", "Factional clashes in the month", "count"),
        Variable("blowback", "yes/no", "Rivals have formed a counter-alliance", "yes/no"),
        Variable("aid_captured", _SHARE, "Share of support turned on domestic rivals", "continuous"),
        Variable("parallel_channels", "yes/no", "Outside patrons run channels of their own", "yes/no"),
        Variable("trained_loyal", "persons", "Trained soldiers who held and stayed loyal", "continuous"),
        Variable("trained_partisan", "persons", "Trained soldiers who went to the factions", "continuous"),
        Variable("ports_open", "yes/no", "Ports of the oil crescent open", "yes/no"),
        Variable("oil_output", "kb/d", "Oil output", "continuous"),
        Variable("oil_raids", "raids", "ISIS raids on oil facilities in the month", "count"),
        Variable("oil_scramble", "yes/no", "Factions fight over the oil ports", "yes/no"),
        Variable("mobilisation", _SHARE, "Extra ISIS recruitment, as a share of the origin's", "continuous"),
        Variable("civil_war", "yes/no", "War between Libyan factions", "yes/no"),
    )
)

OUTCOMES: Mapping[str, Outcome] = _by_name(
    (
        Outcome("isis_fighters_end", "fighters", "ISIS fighters at the horizon", "end", "isis_fighters"),
        Outcome(
            "isis_degraded",
            "yes/no",
            "ISIS degraded",
            "rule",
            "isis_fighters",
            "at the horizon under half of its strength at the origin",
        ),
        Outcome(
            "isis_below_2000",
            "yes/no",
            "ISIS below 2,000 fighters",
            "rule",
            "isis_fighters",
            "at the horizon fewer than 2,000, the low end of the estimates of 2015",
        ),
        Outcome(
            "isis_holds_town",
            "yes/no",
            "ISIS holds Sirte at the horizon",
            "rule",
            "sirte",
            "at the horizon Sirte is held or under assault",
        ),
        Outcome(
            "sirte_assaulted",
            "yes/no",
            "An assault on Sirte began",
            "rule",
            "sirte",
            "Sirte was under assault or freed in some month",
        ),
        Outcome(
            "sirte_freed",
            "yes/no",
            "Sirte freed at the horizon",
            "rule",
            "sirte",
            "Sirte is freed at the horizon",
        ),
        Outcome(
            "council_survives",
            "yes/no",
            "Council alive through the horizon",
            "rule",
            "council_collapsed",
            "the council has not collapsed in any month, an agreement revived later being another",
        ),
        Outcome(
            "council_legitimate",
            "yes/no",
            "Council seated and endorsed by both",
            "rule",
            "council_seated",
            "at the horizon there is a council, seated and endorsed by both legislatures",
        ),
        Outcome(
            "council_paralysed",
            "yes/no",
            "Council alive but paralysed",
            "rule",
            "council_seated",
            "at the horizon there is a council, but not seated with both endorsements and all its members",
        ),
        Outcome("legitimacy_end", _SHARE, "Legitimacy at the horizon", "end", "legitimacy"),
        Outcome("invitation", "yes/no", "Council formally asked for help", "ever", "invited"),
        Outcome("leadership_settled", "yes/no", "Army-leadership dispute settled", "ever", "leadership_resolved"),
        Outcome("integration_end", _SHARE, "Integration at the horizon", "end", "integration"),
        Outcome(
            "integrated_force",
            "yes/no",
            "Integrated force",
            "rule",
            "integration",
            "at the horizon at least half of the forces are under one integrated command and there is a council",
        ),
        Outcome("clashes_total", "clashes", "Factional clashes, total", "total", "factional_clashes"),
        Outcome("blowback_ever", "yes/no", "Partisan blowback", "ever", "blowback"),
        Outcome("aid_captured_end", _SHARE, "Aid captured at the horizon", "end", "aid_captured"),
        Outcome("parallel_ever", "yes/no", "Patrons' channels ran", "ever", "parallel_channels"),
        Outcome("civil_war_ever", "yes/no", "Civil war renewed", "ever", "civil_war"),
        Outcome("trained_loyal_end", "persons", "Trained and loyal at the horizon", "end", "trained_loyal"),
        Outcome("oil_output_end", "kb/d", "Oil output at the horizon", "end", "oil_output"),
        Outcome("scrambles_total", "months", "Months of fighting over the oil ports", "total", "oil_scramble"),
        Outcome("plots_total", "plots", "Plots abroad, total", "total", "plots_abroad"),
        Outcome("mobilisation_end", _SHARE, "Mobilisation at the horizon", "end", "mobilisation"),
        Outcome(
            "stable_success",
            "yes/no",
            "Stable success",
            "rule",
            "sirte",
            "Sirte freed at the horizon, the council alive, no civil war",
        ),
        Outcome(
            "pyrrhic",
            "yes/no",
            "Pyrrhic success",
            "rule",
            "sirte",
            "Sirte freed at the horizon, but the council collapsed or civil war renewed",
        ),
        Outcome(
            "first_month_assault",
            "month",
            "First month of an assault on Sirte",
            "rule",
            "sirte",
            "NaN where none began by the horizon",
        ),
        Outcome(
            "first_month_sirte_freed",
            "month",
            "First month in which Sirte was freed",
            "rule",
            "sirte",
            "NaN where it was not by the horizon",
        ),
        Outcome("first_month_seated", "month", "First month of the council seated", "first", "council_seated"),
        Outcome("first_month_invited", "month", "First month after the invitation", "first", "invited"),
        Outcome("first_month_collapsed", "month", "Month of the council's collapse", "first", "council_collapsed"),
        Outcome(
            "first_month_settled",
            "month",
            "Month in which the leadership dispute was settled",
            "first",
            "leadership_resolved",
        ),
        Outcome("first_month_blowback", "month", "Month of the counter-alliance", "first", "blowback"),
        Outcome("first_month_parallel", "month", "First month of patrons' channels", "first", "parallel_channels"),
        Outcome("first_month_civil_war", "month", "Month of renewed civil war", "first", "civil_war"),
    )
)

BETTER: Mapping[str, Literal["higher", "lower"]] = MappingProxyType(
    {
        # ISIS has to be met with force (P5), and Sirte retaken from it (P46).
        "isis_fighters_end": "lower",
        "isis_degraded": "higher",
        "isis_below_2000": "higher",
        "isis_holds_town": "lower",
        "sirte_freed": "higher",
        # Strikes and backlash feed it (P39).
        "mobilisation_end": "lower",
        # The council failing is the fear (P37, P60), a government that both legislatures endorse the aim (P15).
        "council_survives": "higher",
        "council_legitimate": "higher",
        "legitimacy_end": "higher",
        # One command is what is to be restored, and the dispute over its head what impedes it (P17 to P19, P45).
        "leadership_settled": "higher",
        "integration_end": "higher",
        "integrated_force": "higher",
        # Careless assistance may deepen the split (P7, P22), be turned on rivals (P30) and drive them to patrons (P32).
        "clashes_total": "lower",
        "blowback_ever": "lower",
        "aid_captured_end": "lower",
        "parallel_ever": "lower",
        "civil_war_ever": "lower",
        # A dependable army is the most that training can leave (P27).
        "trained_loyal_end": "higher",
        # The state needs the income (N7); factions may fight over it (P36).
        "oil_output_end": "higher",
        "scrambles_total": "lower",
        # Plots abroad are the West's own stake (P67).
        "plots_total": "lower",
        # Both aims at once (P41), and one bought with the other (P7).
        "stable_success": "higher",
        "pyrrhic": "lower",
    }
)
"""Which way an outcome is better, where the article makes it plain (claims in the comments).

A first month has no direction, because it is known only where the event came. A paralysed council is better than none
and worse than a working one, an assault is a means, and of an invitation the article only says that it is hoped for.
"""
