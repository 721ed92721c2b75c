"""A world as plain data, to be kept beside what was computed with it, and read again as data: nothing of it is run.

What is written are its declarations and its recorded steps, no function. To keep a further part of a world, add it to
``_PARTS``: how it is written, and how it is read and checked.
"""

from __future__ import annotations

import base64
import json
import math
import zlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, fields
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple, cast

import tomli_w

from forecast.engine.program import Program
from forecast.errors import ForecastError, InvalidArgument, InvalidFile, VersionMismatch
from forecast.months import MOST_HORIZON
from forecast.options.option import Option
from forecast.options.reading import of_tables
from forecast.paths import HOWS, Leaf, Rule
from forecast.plain_data import as_dict, as_list, as_number, as_plain, as_text, as_whole, parsed, shown
from forecast.readings import READABLE, ReadingKind, Recorded
from forecast.schema import DTYPES, Better, Kind, Outcome, Part, Reading, Variable
from forecast.world import World
from forecast.world_fields import EVIDENCE_KEYS
from priors.claims import SHIPPED, Claims, load_claims
from priors.tables import parsed_toml, read_toml

__all__ = ["of_dict", "of_json", "packed", "to_dict", "to_json", "unpacked"]

_KIND, _FORMAT = "world of months", 1

_MOST_NAMES, _MOST_EVIDENCE = 10_000, 500_000

_NO_DATE = date(1, 1, 1)
"""Months of options are numbers here, so that nothing is counted from it."""

_MOST_PACKED, _MOST_UNPACKED = 1_000_000, 10_000_000
"""Characters of a packed world, and of the JSON in it."""

type Found = Mapping[str, Any]
"""The parts that were read so far."""


class _Part(NamedTuple):
    write: Callable[[World], Any]
    read: Callable[[Any, Found], Any]


def _text(field: str) -> _Part:
    return _Part(lambda world: getattr(world, field), lambda data, _: as_text(data, f"the {field} of a world"))


def _names(field: str) -> _Part:
    where = f"the {field} of a world"

    def read(data: Any, _: Found) -> tuple[str, ...]:
        return tuple(as_text(name, f"one of {where}") for name in as_list(data, where, most=_MOST_NAMES))

    return _Part(lambda world: list(getattr(world, field)), read)


def _pairs(field: str, write: Callable[[Any], Any], read: Callable[[Any, str], Any]) -> _Part:
    """Keep a mapping as a list of pairs: their order counts, and not every writer of JSON keeps it."""
    where = f"the {field} of a world"

    def read_all(data: Any, _: Found) -> dict[str, Any]:
        pairs = [as_list(pair, f"one of {where}", least=2, most=2) for pair in as_list(data, where, most=_MOST_NAMES)]
        found = {as_text(name, f"a name in {where}"): read(value, f"one of {where}") for name, value in pairs}
        if len(found) < len(pairs):
            raise InvalidFile(f"{where} have a name twice", expected="each once", mend="leave the file aside")
        return found

    return _Part(lambda world: [[name, write(value)] for name, value in getattr(world, field).items()], read_all)


def _program(field: str, groups: Callable[[Found], Mapping[str, int]]) -> _Part:
    def read(data: Any, found: Found) -> Program:
        where = f"the {field.removesuffix('_program')} of the world {shown(found['name'])}"
        return Program.of_dict(data, where, groups=groups(found), results=len(found["rows"]))

    return _Part(lambda world: getattr(world, field).to_dict(), read)


def _sizes(found: Found, *names: str) -> dict[str, int]:
    return {name: len(found[name]) for name in names}


def _part_data(part: Part) -> list[Any]:
    return [part.title, part.about, list(part.states)]


def _part(data: Any, where: str) -> Part:
    title, about, states = as_list(data, where, least=3, most=3)
    names = tuple(as_text(name, where) for name in as_list(states, where, most=_MOST_NAMES))
    return Part(as_text(title, where), as_text(about, where), names)


def _one_of(data: Any, where: str, known: Collection[str]) -> str:
    found = as_text(data, where)
    if found not in known:
        raise InvalidFile(f"{where} is {shown(found)}", expected=", ".join(known), mend="leave the file aside")
    return found


def _floor(data: Any, where: str) -> float:
    found = as_number(data, where)
    if not (0.0 < found < math.inf and math.frexp(found)[0] == 0.5):
        raise InvalidFile(f"{where} is {shown(data)}", expected="a power of two", mend="leave the file aside")
    return found


def _flag(data: Any, where: str) -> bool:
    if type(data) is not bool:
        raise InvalidFile(f"{where} is {shown(data)}", expected="true or false", mend="leave the file aside")
    return data


def _texts(known: Mapping[str, Any], where: str, *names: str) -> dict[str, str]:
    return {name: as_text(known[name], f"the {name} of {where}") for name in names}


def _variable(data: Any, where: str) -> Variable:
    known = as_dict(data, where, ("unit", "long_name", "kind", "words", "floor", "log"))
    return Variable(
        unit=as_text(known["unit"], f"the unit of {where}"),
        long_name=as_text(known["long_name"], f"the long_name of {where}"),
        kind=cast("Kind", _one_of(known["kind"], f"the kind of {where}", DTYPES)),
        words=tuple(as_text(word, f"a word of {where}") for word in as_list(known["words"], where, most=128)),
        floor=_floor(known["floor"], f"the floor of {where}"),
        log=_flag(known["log"], f"whether {where} is on a logarithmic axis"),
    )


def _variable_data(variable: Variable) -> dict[str, Any]:
    return asdict(variable) | {"words": list(variable.words)}


def _outcome_data(outcome: Outcome) -> dict[str, Any]:
    kept = {one.name: getattr(outcome, one.name) for one in fields(outcome) if one.name != "read"}
    return kept | {"better": outcome.better or ""}


def _outcome(data: Any, where: str) -> Outcome:
    known = as_dict(data, where, ("unit", "long_name", "reading", "of", "rule", "better", "whole", "floor", "log"))
    better = _one_of(known["better"], f"what is better of {where}", ("", "higher", "lower"))
    words = _texts(known, where, "unit", "long_name", "of", "rule")
    return Outcome(
        unit=words["unit"],
        long_name=words["long_name"],
        of=words["of"],
        rule=words["rule"],
        reading=cast("Reading", _one_of(known["reading"], f"the reading of {where}", (*HOWS, "rule"))),
        better=cast("Better", better) if better else None,
        whole=_flag(known["whole"], f"whether {where} is whole"),
        floor=_floor(known["floor"], f"the floor of {where}"),
        log=_flag(known["log"], f"whether {where} is on a logarithmic axis"),
    )


def _rule_data(rule: Rule) -> dict[str, Any]:
    return {
        "leaves": [[leaf.how, leaf.last, leaf.of.to_dict()] for leaf in rule.leaves],
        "result": rule.result.to_dict(),
    }


def _rules(data: Any, found: Found) -> dict[str, Rule]:
    states = {"state": len(found["states"])}

    def leaf(one: Any, where: str) -> Leaf:
        how, last, of = as_list(one, where, least=3, most=3)
        return Leaf(
            _one_of(how, f"how {where} is read", HOWS),
            as_whole(last, f"the last steps of {where}", below=_MOST_NAMES),
            Program.of_dict(of, where, groups=states, results=1),
        )

    def rule(one: Any, where: str) -> Rule:
        known = as_dict(one, where, ("leaves", "result"))
        leaves = tuple(leaf(part, where) for part in as_list(known["leaves"], where, most=_MOST_NAMES))
        found = Rule(leaves, Program.of_dict(known["result"], where, groups={"path": len(leaves)}, results=1))
        if not found.reads:
            raise InvalidFile(f"{where} reads nothing", expected="a reading of the path", mend="leave the file aside")
        return found

    rules = cast("dict[str, Rule]", _pairs("rules", _rule_data, rule).read(data, found))
    if list(rules) != list(found["outcomes"]):
        raise InvalidFile(
            "the rules of a world are not those of its outcomes", expected="a rule each", mend="leave the file aside"
        )
    return rules


def _reading_data(reading: Recorded) -> dict[str, Any]:
    parts = {name: getattr(reading, name) for name in ("past", "noise")}
    written = {name: None if program is None else program.to_dict() for name, program in parts.items()}
    return {"kind": reading.kind, "of": reading.of.to_dict(), **written}


def _readings(data: Any, found: Found) -> dict[str, Recorded]:
    own = _sizes(found, "parameters")

    def reading(one: Any, where: str) -> Recorded:
        known = as_dict(one, where, ("kind", "of", "past", "noise"))
        kind = cast("ReadingKind", _one_of(known["kind"], f"the kind of {where}", ("chance", "rate", "level")))

        def program(name: str, groups: Mapping[str, int]) -> Program | None:
            if known[name] is None and name != "of":
                return None
            recorded = Program.of_dict(known[name], f"{name} of {where}", groups=groups, results=1)
            foreign = {step.operation for step in recorded.steps} - READABLE
            if foreign:
                raise InvalidFile(
                    f"{name} of {where} uses {min(foreign)}", expected=", ".join(READABLE), mend="leave the file aside"
                )
            return recorded

        of = program("of", own)
        assert of is not None
        past = program("past", {"level": 1, "years": 1} | own)
        return Recorded(kind, found["parameters"], of, past, program("noise", own))

    return cast("dict[str, Recorded]", _pairs("recorded_readings", _reading_data, reading).read(data, found))


def _claims(data: Any, _: Found) -> Claims:
    known = as_text(data, "the claims of a world") if isinstance(data, str) else as_plain(data, "the claims of a world")
    # Data name no file to read.
    if isinstance(known, str) and known not in SHIPPED:
        raise InvalidFile(
            f"the claims of a world are {shown(known)}", expected=", ".join(SHIPPED), mend="leave the file aside"
        )
    try:
        return load_claims(known)
    except InvalidArgument as error:
        raise InvalidFile(error.given, expected=error.expected, mend=error.mend) from None


def _evidence_data(world: World) -> str:
    """Write evidence as TOML, which has days. What cannot be read is left out: a run without evidence needs none."""
    given = world.evidence
    try:
        table = dict(given if isinstance(given, Mapping) else read_toml(Path(given)).table)
        return tomli_w.dumps(table) if table.get("format") and table.keys() <= {*EVIDENCE_KEYS} else ""
    except (ForecastError, RecursionError, TypeError, ValueError):
        return ""


def _evidence(data: Any, _: Found) -> dict[str, Any]:
    where = "the evidence of a world"
    return parsed_toml(as_text(data, where, most=_MOST_EVIDENCE).encode(), where)


def _options(data: Any, found: Found) -> dict[str, Option]:
    tables = _pairs("options", Option.to_dict, lambda one, _: one).read(data, found)
    return of_tables(tables, origin=_NO_DATE)


_PARTS: Mapping[str, _Part] = {
    "name": _text("name"),
    "title": _text("title"),
    "date": _text("date"),
    "step": _Part(lambda world: world.step, lambda data, _: as_number(data, "the step of a world")),
    "months": _Part(
        lambda world: world.months, lambda data, _: as_whole(data, "the months of a world", below=MOST_HORIZON + 1)
    ),
    "states": _pairs("states", _variable_data, _variable),
    "hidden": _names("hidden"),
    "parameters": _names("parameters"),
    "levers": _names("levers"),
    "shocks": _pairs("shocks", str, as_text),
    "at_origin": _pairs("at_origin", str, as_text),
    "rows": _names("rows"),
    "origin_program": _program("origin_program", lambda found: _sizes(found, "parameters", "at_origin")),
    "month_program": _program(
        "month_program",
        lambda found: {"state": len(found["rows"]), "years": 1} | _sizes(found, "levers", "parameters", "shocks"),
    ),
    "outcomes": _pairs("outcomes", _outcome_data, _outcome),
    "rules": _Part(lambda world: [[name, _rule_data(rule)] for name, rule in world.rules.items()], _rules),
    "recorded_readings": _Part(
        lambda world: [[name, _reading_data(one)] for name, one in world.recorded_readings.items()], _readings
    ),
    "values_table": _Part(
        lambda world: dict(world.values_table), lambda one, _: as_plain(one, "the values of a world")
    ),
    "leading": _text("leading"),
    "headline": _names("headline"),
    "columns": _pairs("columns", str, as_text),
    "pictures": _names("pictures"),
    "gain": _names("gain"),
    "harms": _names("harms"),
    "events": _Part(
        lambda world: [list(pair) for pair in world.titled_events.items()], _pairs("events", str, as_text).read
    ),
    "watched": _names("watched"),
    "evidence": _Part(_evidence_data, _evidence),
    "claims": _Part(lambda world: world.claims.to_table(), _claims),
    "options": _Part(lambda world: [[name, one.to_dict()] for name, one in world.options.items()], _options),
    "null_option": _text("null_option"),
    "proposal": _text("proposal"),
    "parts": _pairs("parts", _part_data, _part),
    "notes": _Part(lambda world: world.notes, lambda data, _: as_text(data, "the notes of a world", most=10_000)),
    "efforts": _pairs("efforts", list, lambda one, where: tuple(as_list(one, where, most=_MOST_NAMES))),
}
"""In an order in which each can be read when those before it are known."""


def to_dict(world: World) -> dict[str, Any]:
    """Return a world as plain data.

    Parameters
    ----------
    world : World
        Also one that came from another process or a file.

    Returns
    -------
    dict
        Texts, numbers, lists and dicts only, which strict JSON holds: its declarations, its recorded steps and its
        hash.

    Examples
    --------
    >>> import forecast
    >>> from forecast.world_data import of_dict, to_dict
    >>> district = forecast.load_world("district")
    >>> said = to_dict(district)
    >>> said["levers"], of_dict(said) == district
    (['patrols', 'talks'], True)
    """
    parts = {name: part.write(world) for name, part in _PARTS.items()}
    return {"kind": _KIND, "format": _FORMAT, "hash": world.hash, **parts}


def of_dict(data: object) -> World:
    """Read a world from plain data, without running anything of it.

    Parameters
    ----------
    data : object
        As :func:`to_dict` gives it; whatever else it is is refused.

    Returns
    -------
    World
        Equal to the one that was written; every backend runs it to the same bits. Its functions are gone.

    Raises
    ------
    InvalidFile
        If it is something else, damaged or changed: an operation that there is not, an operand that is no earlier step,
        a hash that is not that of the rest.
    VersionMismatch
        If it was written in another format.
    InvalidWorld
        For names and kinds that a new world could not have either.
    """
    said = data if type(data) is dict else {}
    kind, version = said.get("kind"), said.get("format")
    if type(kind) is str and kind != _KIND:
        raise InvalidFile(
            f"what should be a world is of the kind {shown(kind)}",
            expected=repr(_KIND),
            mend="pass what forecast.world_data.to_dict gave",
        )
    if type(version) is int and version != _FORMAT:
        raise VersionMismatch(
            f"a world of the format {shown(version)}",
            expected=f"format {_FORMAT}",
            mend="read it with the release that wrote it",
        )
    known = as_dict(data, "what should be a world", ("kind", "format", "hash", *_PARTS))
    as_text(kind, "the kind of what should be a world")
    as_whole(version, "the format of a world", below=_FORMAT + 1)
    found: dict[str, Any] = {}
    for name, part in _PARTS.items():
        found[name] = part.read(known[name], found)
    world = World.of_parts(found)
    if world.hash != as_text(known["hash"], "the hash of a world"):
        raise InvalidFile(
            f"the world {shown(world.name)} has another hash than the file says",
            expected="a file as it was written",
            mend="write it again from the file that defines the world",
        )
    return world


def to_json(world: World) -> str:
    """Return a world as a text in strict JSON; see :func:`to_dict`."""
    return json.dumps(to_dict(world), allow_nan=False, separators=(",", ":"))


def of_json(text: str) -> World:
    """Read a world from the text that :func:`to_json` gave; see :func:`of_dict`.

    Raises
    ------
    InvalidFile
        Also for what is no strict JSON: NaN, a key twice, lists within lists without end, more than 10,000,000
        characters.
    """
    return of_dict(parsed(text, "the text of a world"))


def packed(world: World) -> str:
    """Return the same in a fifth of the room, as a text that an attribute of a run or a fit holds."""
    return base64.b85encode(zlib.compress(to_json(world).encode(), 9)).decode()


def unpacked(text: object) -> World:
    """Read a world from the text that :func:`packed` gave.

    Raises
    ------
    InvalidFile
        Also for what is no such text, or one that unpacks to more than 10,000,000 characters.
    """
    try:
        if not isinstance(text, str) or len(text) > _MOST_PACKED:
            raise ValueError("no text of a few hundred thousand characters")
        parts = zlib.decompressobj()
        plain = parts.decompress(base64.b85decode(text), _MOST_UNPACKED)
        if parts.unconsumed_tail or not parts.eof:
            raise ValueError("too long, or cut off")
        written = plain.decode()
    except (ValueError, zlib.error) as error:
        raise InvalidFile(
            f"the world that a run or a fit carries cannot be read ({error!s:.80})",
            expected="what forecast.world_data.packed gave",
            mend="run or fit again",
        ) from None
    # Outside, as errors of this package are ValueErrors too and say more.
    return of_json(written)
