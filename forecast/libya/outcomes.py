"""What is kept of each month, and what is asked of each world in the end."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from forecast.paths import Path, end, event, ever, first, measure, total
from forecast.schema import MONTH, SHARE, Outcome, Variable, code, count, number, yes_no

__all__ = ["DEGRADED_SHARE", "FEW_FIGHTERS", "INTEGRATED_SHARE", "OUTCOMES", "SIRTE_CODES", "STATES"]

SIRTE_CODES = ("held by ISIS", "under assault", "freed")

DEGRADED_SHARE = 0.5
"""ISIS is degraded when it has fewer than this share of its fighters at the origin."""

FEW_FIGHTERS = 2000.0
"""The low end of the published estimates of 2015."""

INTEGRATED_SHARE = 0.5
"""A force is integrated when at least this share is under one command."""

STATES: Mapping[str, Variable] = MappingProxyType(
    {
        "isis_fighters": number("fighters", "ISIS fighters in Libya", floor=2.0**-3, log=True),
        "isis_base": number("fighters", "ISIS fighters in Sirte", floor=2.0**-3, log=True),
        "plots_abroad": count("plots", "Plots abroad set going in the month"),
        "sirte": code("Sirte", SIRTE_CODES),
        "antagonism": number(SHARE, "Antagonism of Sirte's people to its liberators"),
        "council_seated": yes_no("Presidency Council seated in Tripoli"),
        "hor_endorsed": yes_no("Endorsed by the House of Representatives"),
        "gnc_endorsed": yes_no("Endorsed by the General National Congress"),
        "boycott": yes_no("Members of the council stay away"),
        "invited": yes_no("Council has formally asked for military help"),
        "council_collapsed": yes_no("Presidency Council or agreement collapsed"),
        "legitimacy": number(SHARE, "Legitimacy of the unity government"),
        "leadership_resolved": yes_no("Army-leadership dispute settled"),
        "centre_maturity": number(SHARE, "Maturity of joint regional command centres"),
        "integration": number(SHARE, "Share of forces under one integrated command"),
        "loyalty": number(SHARE, "Loyalty of partners to the unity government"),
        "lna_split": yes_no("The Libyan National Army has split"),
        "factional_clashes": count("clashes", "Factional clashes in the month"),
        "blowback": yes_no("Rivals have formed a counter-alliance"),
        "aid_captured": number(SHARE, "Share of support turned on domestic rivals"),
        "parallel_channels": yes_no("Outside patrons run channels of their own"),
        "trained_loyal": number("persons", "Trained soldiers who held and stayed loyal", floor=2.0**-3),
        "trained_partisan": number("persons", "Trained soldiers who went to the factions", floor=2.0**-3),
        "ports_open": yes_no("Ports of the oil crescent open"),
        "oil_output": number("kb/d", "Oil output", floor=2.0**-6),
        "oil_raids": count("raids", "ISIS raids on oil facilities in the month"),
        "oil_scramble": yes_no("Factions fight over the oil ports"),
        "mobilisation": number(SHARE, "Extra ISIS recruitment, as a share of the origin's"),
        "civil_war": yes_no("War between Libyan factions"),
    }
)


def _assaulted(state: Any) -> Any:
    return state.sirte != 0.0


def _freed(state: Any) -> Any:
    return state.sirte == 2.0


def _alive(path: Path) -> Any:
    # A revived agreement is another one: the council that there was has not lived.
    return ~path.ever("council_collapsed")


def _there(path: Path) -> Any:
    return ~path.end("council_collapsed")


def _endorsed(path: Path) -> Any:
    return path.end(lambda state: state.council_seated & state.hor_endorsed & state.gnc_endorsed)


# Which way is better is said where the article makes it plain; claims are in the comments. A first month has no
# direction, because it is known only where the event came. A paralysed council is better than none and worse than a
# working one, an assault is a means, and of an invitation the article only says that it is hoped for.
OUTCOMES: Mapping[str, Outcome] = MappingProxyType(
    {
        # ISIS has to be met with force (P5), and Sirte retaken from it (P46).
        "isis_fighters_end": end("isis_fighters", "ISIS fighters at the horizon", better="lower"),
        "isis_degraded": event(
            "ISIS degraded",
            "at the horizon under half of its strength at the origin",
            lambda path: path.end("isis_fighters") < DEGRADED_SHARE * path.origin("isis_fighters"),
            of="isis_fighters",
            better="higher",
        ),
        "isis_below_2000": event(
            "ISIS below 2,000 fighters",
            "at the horizon fewer than 2,000, the low end of the estimates of 2015",
            lambda path: path.end("isis_fighters") < FEW_FIGHTERS,
            of="isis_fighters",
            better="higher",
        ),
        "isis_holds_town": event(
            "ISIS holds Sirte at the horizon",
            "at the horizon Sirte is held or under assault",
            lambda path: ~path.end(_freed),
            of="sirte",
            better="lower",
        ),
        "sirte_assaulted": event(
            "An assault on Sirte began",
            "Sirte was under assault or freed in some month",
            lambda path: path.ever(_assaulted),
            of="sirte",
        ),
        "sirte_freed": event(
            "Sirte freed at the horizon",
            "Sirte is freed at the horizon",
            lambda path: path.end(_freed),
            of="sirte",
            better="higher",
        ),
        # The council failing is the fear (P37, P60), a government that both legislatures endorse the aim (P15).
        "council_survives": event(
            "Council alive through the horizon",
            "the council has not collapsed in any month, an agreement revived later being another",
            _alive,
            of="council_collapsed",
            better="higher",
        ),
        "council_legitimate": event(
            "Council seated and endorsed by both",
            "at the horizon there is a council, seated and endorsed by both legislatures",
            lambda path: _there(path) & _endorsed(path),
            of="council_seated",
            better="higher",
        ),
        "council_paralysed": event(
            "Council alive but paralysed",
            "at the horizon there is a council, but not seated with both endorsements and all its members",
            lambda path: _there(path) & ~(_endorsed(path) & ~path.end("boycott")),
            of="council_seated",
        ),
        "legitimacy_end": end("legitimacy", "Legitimacy at the horizon", better="higher"),
        "invitation": ever("invited", "Council formally asked for help"),
        # One command is what is to be restored, and the dispute over its head what impedes it (P17 to P19, P45).
        "leadership_settled": ever("leadership_resolved", "Army-leadership dispute settled", better="higher"),
        "integration_end": end("integration", "Integration at the horizon", better="higher"),
        "integrated_force": event(
            "Integrated force",
            "at the horizon at least half of the forces are under one integrated command and there is a council",
            lambda path: (path.end("integration") >= INTEGRATED_SHARE) & _there(path),
            of="integration",
            better="higher",
        ),
        # Careless assistance may deepen the split (P7, P22), be turned on rivals (P30) and drive them to patrons (P32).
        "clashes_total": total("factional_clashes", "Factional clashes, total", better="lower"),
        "blowback_ever": ever("blowback", "Partisan blowback", better="lower"),
        "aid_captured_end": end("aid_captured", "Aid captured at the horizon", better="lower"),
        "parallel_ever": ever("parallel_channels", "Patrons' channels ran", better="lower"),
        "civil_war_ever": ever("civil_war", "Civil war renewed", better="lower"),
        # A dependable army is the most that training can leave (P27).
        "trained_loyal_end": end("trained_loyal", "Trained and loyal at the horizon", better="higher"),
        # The state needs the income (N7); factions may fight over it (P36).
        "oil_output_end": end("oil_output", "Oil output at the horizon", better="higher"),
        "scrambles_total": total("oil_scramble", "Months of fighting over the oil ports", better="lower"),
        # Plots abroad are the West's own stake (P67).
        "plots_total": total("plots_abroad", "Plots abroad, total", better="lower"),
        # Strikes and backlash feed it (P39).
        "mobilisation_end": end("mobilisation", "Mobilisation at the horizon", better="lower"),
        # Both aims at once (P41), and one bought with the other (P7).
        "stable_success": event(
            "Stable success",
            "Sirte freed at the horizon, the council alive, no civil war",
            lambda path: path.end(_freed) & _alive(path) & ~path.ever("civil_war"),
            of="sirte",
            better="higher",
        ),
        "pyrrhic": event(
            "Pyrrhic success",
            "Sirte freed at the horizon, but the council collapsed or civil war renewed",
            lambda path: path.end(_freed) & (~_alive(path) | path.ever("civil_war")),
            of="sirte",
            better="lower",
        ),
        "first_month_assault": measure(
            MONTH,
            "First month of an assault on Sirte",
            "NaN where none began by the horizon",
            lambda path: path.first(_assaulted),
            of="sirte",
        ),
        "first_month_sirte_freed": measure(
            MONTH,
            "First month in which Sirte was freed",
            "NaN where it was not by the horizon",
            lambda path: path.first(_freed),
            of="sirte",
        ),
        "first_month_seated": first("council_seated", "First month of the council seated"),
        "first_month_invited": first("invited", "First month after the invitation"),
        "first_month_collapsed": first("council_collapsed", "Month of the council's collapse"),
        "first_month_settled": first("leadership_resolved", "Month in which the leadership dispute was settled"),
        "first_month_blowback": first("blowback", "Month of the counter-alliance"),
        "first_month_parallel": first("parallel_channels", "First month of patrons' channels"),
        "first_month_civil_war": first("civil_war", "Month of renewed civil war"),
    }
)
