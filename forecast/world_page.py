"""``describe_world``: the month in equations, part by part, and what each rests on.

The equations are written from the recorded month (:mod:`forecast.engine.program`), so there is no second description of
the world to keep in step. What the world gives a name is shown by that name, and nothing else is.
"""

from __future__ import annotations

import re
import textwrap
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import priors
from forecast.beliefs import claims_known
from forecast.engine.formula import formula_of, too_long
from forecast.engine.program import Name, Program
from forecast.errors import InvalidArgument, near_matches
from forecast.results import About, Column, Result, word
from forecast.schema import Part
from forecast.world import World
from forecast.worlds import world_for
from priors import PriorSet
from priors.claims import check_claims

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["ORIGIN", "Rule", "Value", "WorldDescription", "believed", "describe_world", "reading_of"]

_WIDTH = 100
_SHORT = 60
_KEPT = "\N{NO-BREAK SPACE}"
ORIGIN = "origin"
"""The part that is the world before its first month."""


_READING = (
    "A name in words is a value that the world names. A name with underscores is a parameter, one belief a world, or a "
    "state at the end of the last {step}; after “next” it is the state at the end of this one. Where the two share a "
    "name it is parameter(...). lever(...) is what the option does this {step}, 0 to 1, and shock(...) the {step}'s "
    "luck. “years” are those from the origin to the start of the {step}. "
    "[a < b] is 1 where it holds and 0 elsewhere, ^ a power, inf never, poisson(u, rate) the count that a share u "
    "of Poisson draws at that rate falls below, and binomial(u, n, p) the same of n trials. {length}; "
    "numbers have six figures."
)
"""How the equations of a world are read."""


@dataclass(frozen=True)
class Value:
    """One value of the month and its equation; the fields are the columns of the table.

    Attributes
    ----------
    part : str
        One of the world's parts.
    name : str
        The value's label, or "next" and the name of a state, or a state's name and "at the origin".
    equation : str
        What it is, in terms of other names (see :func:`reading_of`).
    reads : tuple of str
        The names in the equation, as they stand there.
    parameters : tuple of str
        The parameters among them, by the names of their priors.
    claims : tuple of str
        The claims on which the priors of those rest, in the order of their list.
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
    """What a part keeps of its sources as a rule, with no number to be uncertain about, and the claims that say so."""

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
        What these parts keep of their sources as rules.
    world : World
        Whose month it is.
    part, claim : str or None
        What was asked for.
    """

    rows: tuple[Value, ...]
    rules: tuple[Rule, ...]
    world: World
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
        return _index(self) if self.part is None else _part_in_words(self, self.part)

    def _columns(self) -> tuple[Column, ...]:
        return (
            Column("part", lambda row: self.world.parts[row.part].title),
            word("value", "name"),
            word("equation", "equation"),
            Column("parameters", lambda row: ", ".join(row.parameters)),
            Column("claims", lambda row: " ".join(row.claims)),
        )

    def _foot(self) -> str:
        return reading_of(self.world)


def reading_of(world: World) -> str:
    """Say how the equations of a world are read."""
    step = world.step_word
    length = "The month is one step" if step == "month" else f"A step is {world.step:.6g} months"
    said = _READING.format(step=step, length=length)
    return f"{said} {world.notes}".strip()


def describe_world(
    part: str | None = None, *, claim: str | None = None, world: World | None = None
) -> WorldDescription:
    """Write a month of a world in equations, with the claims that enter each.

    Every value that the world names and every state's next value has an equation in terms of other values, states,
    parameters, levers and luck. Claims are those of the world's own beliefs.

    Parameters
    ----------
    part : str, optional
        One of the world's parts ("origin" is before the first month); all of them by default.
    claim : str, optional
        The id of a claim: only values into which a parameter enters whose prior rests on it.
    world : World, optional
        The shipped one by default.

    Returns
    -------
    WorldDescription
        Equations hold for a whole step. Units of parameters are those of their priors. ``plot()`` draws which part of
        the world reads which, or of one part on what its states and values depend; ``plot(states=True)`` on which
        states and levers each state's next value depends, in the whole month.

    Raises
    ------
    InvalidArgument
        If there is no such part.
    UnknownClaim
        If there is no such claim.

    Examples
    --------
    >>> import forecast
    >>> found = forecast.describe_world("month", world=forecast.load_world("district"))
    >>> print(found.to_frame()["equation"]["month", "next truce"])
    max(truce, [shock(truce) < truce_hazard * (1 + talks_effect * lever(talks))])
    """
    home = world_for(None, world)
    if isinstance(part, World):
        raise InvalidArgument(
            "a World as a part of one", expected="the name of a part", mend="pass it as world=..., as in world=WORLD"
        )
    if part is not None and (not isinstance(part, str) or part not in home.parts):
        raise InvalidArgument(
            f"part = {part!r:.80}",
            expected="a part of the world: " + ", ".join(home.parts),
            mend=near_matches(str(part), home.parts),
        )
    if claim is not None:
        check_claims([claim], claims_known(believed(home), home), where="describe_world")

    def asked(one: Value | Rule) -> bool:
        return part in (None, one.part) and (claim is None or claim in one.claims)

    # Worlds that run alike are equal, whatever their parts, the names of their values, beliefs and claims.
    known = _values(home, tuple(home.parts.items()), (home.month_program.names, home.origin_program.names))
    beliefs = believed(home)
    cited = [replace(value, claims=_claims_of(home, value.parameters, beliefs)) for value in known]
    rows, rules = tuple(filter(asked, cited)), tuple(filter(asked, _rules(home)))
    about = About(title=f"One {home.step_word}" if part is None else home.parts[part].title)
    return WorldDescription(about=about, rows=rows, rules=rules, world=home, part=part, claim=claim)


@lru_cache(maxsize=16)
def _values(
    world: World, parts: tuple[tuple[str, Part], ...], called: tuple[tuple[Name, ...], ...]
) -> tuple[Value, ...]:
    """Write every value, part by part, without the claims that enter it; by what is read of a world."""
    month, origin, states = world.month_program, world.origin_program, world.rows
    names = _inputs(world, month) | {name.number: name.label for name in month.names}
    names |= {
        number: f"next {state}" for state, number in zip(states, month.results, strict=True) if number not in names
    }
    long = {number: f"value {count}" for count, number in enumerate(too_long(month, names=names), 1)}
    names |= long
    homes = {state: part for part, one in world.parts.items() for state in one.states}
    by_part: dict[str, list[Value]] = {part: [] for part in world.parts}
    own = [state for state in states if state in homes]
    last = list(world.parts)[-1]
    given = _inputs(world, origin)
    begun = {number: f"value {count} at the origin" for count, number in enumerate(too_long(origin, names=given), 1)}
    given |= begun
    if ORIGIN in by_part:
        for state, number in zip(states, origin.results, strict=True):
            if state in own:
                by_part[ORIGIN].append(_value(world, ORIGIN, f"{state} at the origin", origin, number, given))
        by_part[ORIGIN] += [_value(world, ORIGIN, label, origin, number, given) for number, label in begun.items()]
    by_part[last] += [_value(world, last, label, month, number, names) for number, label in long.items()]
    for name in month.names:
        home = name.part if name.part in by_part else last
        by_part[home].append(_value(world, home, name.label, month, name.number, names))
    for state, number in zip(states, month.results, strict=True):
        if state in own:
            by_part[homes[state]].append(_value(world, homes[state], f"next {state}", month, number, names))
    return tuple(value for values in by_part.values() for value in values)


def _value(world: World, part: str, label: str, program: Program, number: int, names: Mapping[int, str]) -> Value:
    formula = formula_of(program, number, names=names)
    known = {_shown_parameter(world, name): name for name in world.parameters}
    parameters = tuple(known[name] for name in formula.names if name in known)
    return Value(part, label, formula.text, formula.names, parameters, ())


def _inputs(world: World, program: Program) -> dict[int, str]:
    """Return the steps that are inputs, each as it is written."""
    shown = {
        "state": world.rows,
        "parameters": tuple(_shown_parameter(world, name) for name in world.parameters),
        "levers": tuple(f"lever({name})" for name in world.levers),
        "shocks": tuple(f"shock({name})" for name in world.shocks),
        "years": ("years",),
        "at_origin": tuple(f"shock({name.removesuffix('_origin')} at the origin)" for name in world.at_origin),
    }
    return {
        number: shown[step.operands[0]][step.operands[1]]
        for number, step in enumerate(program.steps)
        if step.operation == "input"
    }


def _shown_parameter(world: World, name: str) -> str:
    return f"parameter({name})" if name in world.rows else name


def believed(world: World) -> PriorSet | None:
    """Return the world's own beliefs, if it has any."""
    return priors.load(world.beliefs) if world.beliefs else None


def _claims_of(world: World, parameters: tuple[str, ...], beliefs: PriorSet | None) -> tuple[str, ...]:
    entering = {claim for name in parameters for claim in beliefs[name].claims} if beliefs is not None else set()
    return tuple(claim for claim in claims_known(beliefs, world) if claim in entering)


def _rules(world: World) -> Iterator[Rule]:
    """Return the rules that the world keeps; options and outcomes keep others."""
    folder = world.origin.__module__.rpartition(".")[0]
    for piece in priors.load_structure():
        module, _, function = piece.where.partition(":")
        home, _, name = module.rpartition(".")
        part = ORIGIN if function == ORIGIN else name
        if home == folder and part in world.parts:
            yield Rule(part, piece.meaning, piece.claims)


# In words


def _index(found: WorldDescription) -> str:
    """List the parts with their values."""
    lines = [
        f"The {found.world.step_word}, part by part. forecast.describe_world(part), or on the command line forecast "
        "model PART, gives the equations of one."
    ]
    for part, one in found.world.parts.items():
        names = ["every state"] if part == ORIGIN else [row.name for row in found.rows if row.part == part]
        lines += ["", _folded(f"{part}: {one.title}. {one.about}"), _folded(", ".join(names), "  ")]
    return "\n".join(lines)


def _part_in_words(found: WorldDescription, part: str) -> str:
    one, beliefs = found.world.parts[part], believed(found.world)
    lines = [f"{one.title} ({part}). {one.about}", "", "Equations", ""]
    for row in found.rows:
        lines.append(textwrap.indent(row.line(_WIDTH - 2), "  "))
    entering = dict.fromkeys(name for row in found.rows for name in row.parameters)
    if entering:
        lines += ["", "Parameters that enter, with units and claims", ""]
    for name in entering:
        if beliefs is None:
            lines.append(_folded(name, "  "))
            continue
        prior = beliefs[name]
        said = "; ".join(part for part in (prior.unit, ", ".join(prior.claims)) if part)
        lines.append(_folded(f"{name} ({said}): {prior.meaning}", "  ", "      "))
    if found.rules:
        lines += ["", "Kept as rules", ""]
        lines += [_folded(f"{', '.join(rule.claims)}: {rule.meaning}", "  ", "      ") for rule in found.rules]
    lines += ["", _folded(reading_of(found.world))]
    return "\n".join(lines)


def _reach_of(found: WorldDescription, claim: str) -> str:
    """Say which values a claim reaches, and through which parameters."""
    beliefs = believed(found.world)
    words = claims_known(beliefs, found.world).words(claim)
    lines = [_folded(f"{claim}: {words}" if words else claim), ""]
    for row in found.rows:
        through = [name for name in row.parameters if beliefs is not None and claim in beliefs[name].claims]
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
