"""``describe_world``: the month in equations, part by part, and what each rests on in the article.

The equations are written from the recorded month (:mod:`forecast.engine.program`), so there is no second description of
the world to keep in step. What the world gives a name is shown by that name, and nothing else is.
"""

from __future__ import annotations

import re
import textwrap
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import priors
from forecast.engine.formula import formula_of
from forecast.engine.program import Program
from forecast.errors import InvalidArgument, near_matches
from forecast.libya.state import Levers, Parameters, Shocks, State
from forecast.libya.world import LIBYA
from forecast.results import About, Column, Result, word
from priors.claims import check_claims

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["PARTS", "READING", "Part", "Rule", "Value", "WorldDescription", "describe_world"]

_WIDTH = 100
_SHORT = 60
_KEPT = "\N{NO-BREAK SPACE}"
_ORIGIN = "origin"


class Part(NamedTuple):
    """A part of the world: its title, what it is about, and its states."""

    title: str
    about: str
    states: tuple[str, ...]


PARTS: Mapping[str, Part] = MappingProxyType(
    {
        _ORIGIN: Part("The origin", "The world at the end of February 2016.", ()),
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
"""The parts of the world by name, which is that of the file of :mod:`forecast.libya` (the origin is in ``month``)."""

READING = (
    "A name in words is a value that the world names. A name with underscores is a parameter, one belief a world, or a "
    "state at the end of the last month; after “next” it is the state at the end of this one. Where the two share a "
    "name it is parameter(...). lever(...) is what the option does this month, 0 to 1, and shock(...) the month's "
    "luck: of a clock the log of a standard exponential, of noise (isis, tension) a standard normal, else a uniform. "
    "A clock rings within the month where its shock is below its log hazard, which is a month's; a log time is shock "
    "less log hazard, below 0 within the month. “years” are those from the origin to the start of the month. "
    "[a < b] is 1 where it holds and 0 elsewhere, ^ a power, inf never, and poisson(u, rate) the count that a share u "
    "of Poisson draws at that rate falls below. The month is a whole one; numbers have six figures."
)
"""How the equations are read."""


@dataclass(frozen=True)
class Value:
    """One value of the month and its equation; the fields are the columns of the table.

    Attributes
    ----------
    part : str
        One of :data:`PARTS`.
    name : str
        The value's label, or "next" and the name of a state, or a state's name and "at the origin".
    equation : str
        What it is, in terms of other names (see :data:`READING`).
    reads : tuple of str
        The names in the equation, as they stand there.
    parameters : tuple of str
        The parameters among them, by the names of their priors.
    claims : tuple of str
        The claims of the article on which the priors of those rest, in the article's order.
    """

    part: str
    name: str
    equation: str
    reads: tuple[str, ...]
    parameters: tuple[str, ...]
    claims: tuple[str, ...]

    def line(self, width: int = _WIDTH) -> str:
        """Write the equation in lines of at most a width; none ends within a name or with a sign."""
        text = f"{self.name} = {self.equation}"
        for name in (self.name, *self.reads):
            text = text.replace(name, name.replace(" ", _KEPT))
        text = _together(re.sub(r" ([-+*/<>=]|if|else|and) ", rf" \1{_KEPT}", text))
        return textwrap.fill(text, width, subsequent_indent="    ", break_on_hyphens=False).replace(_KEPT, " ")


class Rule(NamedTuple):
    """What a part keeps of the article as a rule, with no number to be uncertain about, and the claims that say so."""

    part: str
    meaning: str
    claims: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class WorldDescription(Result):
    """The month, or a part of it, in equations; index (part, name).

    Rows are in the order in which the month computes them; the next states of a part after its other values.

    Attributes
    ----------
    rules : tuple of Rule
        What these parts keep of the article as rules.
    part, claim : str or None
        What was asked for.
    """

    rows: tuple[Value, ...]
    rules: tuple[Rule, ...]
    part: str | None = None
    claim: str | None = None

    row, index = Value, ("part", "name")

    def plot_states(self) -> Figure:
        """Draw what ``plot(states=True)`` does, by its name of before; for one release."""
        warnings.warn(".plot_states() is now .plot(states=True)", DeprecationWarning, stacklevel=2)
        return self.plot(states=True)

    def __repr__(self) -> str:
        if self.claim is not None:
            return _reach_of(self, self.claim)
        return _index(self.rows) if self.part is None else _part_in_words(self, self.part)

    def _columns(self) -> tuple[Column, ...]:
        return (
            Column("part", lambda row: PARTS[row.part].title),
            word("value", "name"),
            word("equation", "equation"),
            Column("parameters", lambda row: ", ".join(row.parameters)),
            Column("claims", lambda row: " ".join(row.claims)),
        )

    def _foot(self) -> str:
        return READING


def describe_world(part: str | None = None, *, claim: str | None = None) -> WorldDescription:
    """Write a month of the world in equations, with the claims of the article that enter each.

    Every value that the world names and every state's next value has an equation in terms of other values, states,
    parameters, levers and luck. Claims are those of the article's own prior set.

    Parameters
    ----------
    part : str, optional
        One of "origin", "aid", "factions", "council", "sirte", "isis", "army" and "oil"; all of them by default.
    claim : str, optional
        The id of a claim: only values into which a parameter enters whose prior rests on it.

    Returns
    -------
    WorldDescription
        Equations hold for a whole month. Units of parameters are those of their priors. ``plot()`` draws which part of
        the world reads which, or of one part on what its states and values depend; ``plot(states=True)`` on which
        states and levers each state's next value depends, in the whole month.

    Raises
    ------
    InvalidArgument
        If there is no such part.
    UnknownClaim
        If the article has no such claim.

    Examples
    --------
    >>> council = describe_world("council")
    >>> print(council.to_frame()["equation"]["council", "council decides"])
    council_seated * (1 - boycott)
    >>> [row.name for row in describe_world("council", claim="P16").rows]
    ['collapse log hazard', 'next legitimacy']
    """
    if part is not None and (not isinstance(part, str) or part not in PARTS):
        raise InvalidArgument(
            f"part = {part!r:.80}",
            expected="a part of the world: " + ", ".join(PARTS),
            mend=near_matches(str(part), PARTS),
        )
    if claim is not None:
        check_claims([claim], where="describe_world")
    rows = tuple(row for row in _values() if part in (None, row.part) and (claim is None or claim in row.claims))
    rules = tuple(rule for rule in _rules() if part in (None, rule.part) and (claim is None or claim in rule.claims))
    about = About(title="One month" if part is None else PARTS[part].title)
    return WorldDescription(about=about, rows=rows, rules=rules, part=part, claim=claim)


@cache
def _values() -> tuple[Value, ...]:
    """Write every value, part by part."""
    month, origin = LIBYA.month_program, LIBYA.origin_program
    names = _inputs(month) | {name.number: name.label for name in month.names}
    names |= {
        number: f"next {state}"
        for state, number in zip(State._fields, month.results, strict=False)
        if number not in names
    }
    homes = {state: part for part, one in PARTS.items() for state in one.states}
    by_part: dict[str, list[Value]] = {part: [] for part in PARTS}
    given = _inputs(origin)
    for state, number in zip(State._fields, origin.results, strict=False):
        by_part[_ORIGIN].append(_value(_ORIGIN, f"{state} at the origin", origin, number, given))
    for name in month.names:
        by_part[name.part].append(_value(name.part, name.label, month, name.number, names))
    for state, number in zip(State._fields, month.results, strict=False):
        by_part[homes[state]].append(_value(homes[state], f"next {state}", month, number, names))
    return tuple(value for values in by_part.values() for value in values)


def _value(part: str, label: str, program: Program, number: int, names: Mapping[int, str]) -> Value:
    formula = formula_of(program, number, names=names)
    known = {_shown_parameter(name): name for name in Parameters._fields}
    parameters = tuple(known[name] for name in formula.names if name in known)
    return Value(part, label, formula.text, formula.names, parameters, _claims_of(parameters))


def _inputs(program: Program) -> dict[int, str]:
    """Return the steps that are inputs, each as it is written."""
    shown = {
        "state": State._fields,
        "parameters": tuple(map(_shown_parameter, Parameters._fields)),
        "levers": tuple(f"lever({name})" for name in Levers._fields),
        "shocks": tuple(f"shock({name})" for name in Shocks._fields),
        "years": ("years",),
        "at_origin": ("shock(parallel at the origin)", "shock(programme at the origin)"),
    }
    return {
        number: shown[step.operands[0]][step.operands[1]]
        for number, step in enumerate(program.steps)
        if step.operation == "input"
    }


def _shown_parameter(name: str) -> str:
    return f"parameter({name})" if name in State._fields else name


def _claims_of(parameters: tuple[str, ...]) -> tuple[str, ...]:
    article = priors.load("article")
    entering = {claim for name in parameters for claim in article[name].claims}
    return tuple(claim for claim in priors.load_claims() if claim in entering)


def _rules() -> Iterator[Rule]:
    """Return the rules that the world keeps; options and outcomes keep others."""
    for piece in priors.load_structure():
        module, _, function = piece.where.partition(":")
        part = _ORIGIN if function == "origin" else module.removeprefix("forecast.libya.")
        if part in PARTS:
            yield Rule(part, piece.meaning, piece.claims)


# In words


def _index(rows: tuple[Value, ...]) -> str:
    """List the parts with their values."""
    lines = ["The month, part by part. forecast.describe_world(part) gives the equations of one."]
    for part, one in PARTS.items():
        names = ["every state"] if part == _ORIGIN else [row.name for row in rows if row.part == part]
        lines += ["", _folded(f"{part}: {one.title}. {one.about}"), _folded(", ".join(names), "  ")]
    return "\n".join(lines)


def _part_in_words(found: WorldDescription, part: str) -> str:
    one, article = PARTS[part], priors.load("article")
    lines = [f"{one.title} ({part}). {one.about}", "", "Equations", ""]
    for row in found.rows:
        lines.append(textwrap.indent(row.line(_WIDTH - 2), "  "))
    entering = dict.fromkeys(name for row in found.rows for name in row.parameters)
    if entering:
        lines += ["", "Parameters that enter, with units and claims", ""]
    for name in entering:
        prior = article[name]
        lines.append(_folded(f"{name} ({prior.unit}; {', '.join(prior.claims)}): {prior.meaning}", "  ", "      "))
    if found.rules:
        lines += ["", "Kept as rules", ""]
        lines += [_folded(f"{', '.join(rule.claims)}: {rule.meaning}", "  ", "      ") for rule in found.rules]
    lines += ["", _folded(READING)]
    return "\n".join(lines)


def _reach_of(found: WorldDescription, claim: str) -> str:
    """Say which values a claim reaches, and through which parameters."""
    article = priors.load("article")
    lines = [_folded(f"{claim}: {priors.load_claims()[claim].paraphrase}"), ""]
    for row in found.rows:
        through = [name for name in row.parameters if claim in article[name].claims]
        lines.append(_folded(f"{row.part}: {row.name}, through {', '.join(through)}", "  ", "      "))
    lines += [_folded(f"{rule.part}: kept as a rule. {rule.meaning}", "  ", "      ") for rule in found.rules]
    if not (found.rows or found.rules):
        lines.append("  It enters no value here.")
    return "\n".join(lines)


def _together(text: str) -> str:
    """Keep what stands in short parentheses in one line."""
    out, depth, start = "", 0, 0
    for place, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if depth == 1 and sign == "(":
            out += text[start : place + 1]
            start = place + 1
        elif depth == 0 and sign == ")":
            inside = text[start:place]
            out += inside.replace(" ", _KEPT) if len(inside) <= _SHORT else _together(inside)
            start = place
    return out + text[start:]


def _folded(text: str, first: str = "", rest: str | None = None) -> str:
    after = first if rest is None else rest
    return textwrap.fill(text, _WIDTH, initial_indent=first, subsequent_indent=after, break_on_hyphens=False)
