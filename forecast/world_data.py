"""A world as plain data, to be kept beside what was computed with it, and read again as data: nothing of it is run.

What is written are its declarations and its recorded steps, no function. To keep a further part of a world, add it to
``_PARTS``: how it is written, and how it is read and checked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, NamedTuple

from forecast.engine.program import Program
from forecast.errors import InvalidFile, VersionMismatch
from forecast.plain_data import as_dict, as_list, as_text, as_whole, parsed, shown
from forecast.schema import DTYPES, Variable
from forecast.world import World

__all__ = ["of_dict", "of_json", "to_dict", "to_json"]

_KIND, _FORMAT = "world of months", 1

_MOST_NAMES = 10_000

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


def _variable(data: Any, where: str) -> Variable:
    known = as_dict(data, where, ("name", "unit", "long_name", "kind"))
    read = {name: as_text(text, f"the {name} of {where}") for name, text in known.items()}
    if read["kind"] not in DTYPES:
        raise InvalidFile(
            f"the kind of {where} is {shown(read['kind'])}", expected=", ".join(DTYPES), mend="leave the file aside"
        )
    return Variable(**read)  # type: ignore[arg-type]


def _step(data: Any, _: Found) -> float:
    # Whether it is 1 or 1.0 is part of the hash.
    if type(data) not in (int, float) or not 0 < data < 1e300:
        raise InvalidFile(
            f"the step of a world is {shown(data)}", expected="months above 0", mend="leave the file aside"
        )
    return data  # type: ignore[no-any-return]


_PARTS: Mapping[str, _Part] = {
    "name": _text("name"),
    "title": _text("title"),
    "date": _text("date"),
    "step": _Part(lambda world: world.step, _step),
    "states": _pairs("states", asdict, _variable),
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
    >>> from forecast.worlds import shipped
    >>> from forecast.world_data import of_dict, to_dict
    >>> of_dict(to_dict(shipped())) == shipped()
    True
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
