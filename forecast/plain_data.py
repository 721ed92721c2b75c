"""Plain data that anybody may have written: read piece by piece, refused in a sentence, and never run.

What is read here has the types of JSON and nothing else. Sizes are checked before anything is done with what they are
of, so that refusing takes no longer than reading.
"""

from __future__ import annotations

import json
import math
import operator
from collections.abc import Collection, Mapping
from typing import Any, SupportsIndex

from forecast.errors import InvalidFile, kind_of

__all__ = [
    "as_dict",
    "as_list",
    "as_number",
    "as_plain",
    "as_text",
    "as_whole",
    "attr_dict",
    "attr_list",
    "attr_seed",
    "number_data",
    "parsed",
    "shown",
]

_MOST_CHARACTERS = 10_000_000

_NOT_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
"""Strict JSON has no numbers for these."""

_MEND = "write the file again with this package, or leave it aside"


def shown(value: object) -> str:
    """Show a value in a message: what is short as it is, of all else the type."""
    if type(value) is str:
        return repr(value) if len(value) <= 40 else f"a text of {len(value):,} characters"
    if type(value) is int:
        return str(value) if abs(value) < 10**12 else "a very large number"
    if value is None or type(value) in (bool, float):
        return repr(value)
    if isinstance(value, list | dict):
        return f"{kind_of(value)} of {len(value):,}"
    return kind_of(value)


def refused(where: str, value: object, expected: str) -> InvalidFile:
    """Make the error for a value that is not what it should be."""
    return InvalidFile(f"{where} is {shown(value)}", expected=expected, mend=_MEND)


def _attr(attrs: Mapping[Any, Any], key: str, empty: str) -> Any:
    """Read an attribute of a run that holds JSON; whoever has the run may have changed it."""
    text = attrs.get(key, empty)
    try:
        found = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        found = None
    if type(found) is not type(json.loads(empty)):
        raise _changed(key, text)
    return found


def _changed(key: str, value: object) -> InvalidFile:
    return InvalidFile(
        f"the attribute {key} of a run is {shown(value)}",
        expected="what forecast.simulate gave it",
        mend="leave the attributes of a run as they were, or run it again",
    )


def attr_dict(attrs: Mapping[Any, Any], key: str) -> dict[str, Any]:
    """Read a dict from an attribute of a run; an empty one where it has none."""
    found: dict[str, Any] = _attr(attrs, key, "{}")
    return found


def attr_list(attrs: Mapping[Any, Any], key: str) -> list[Any]:
    """Read a list from an attribute of a run; an empty one where it has none."""
    found: list[Any] = _attr(attrs, key, "[]")
    return found


def attr_seed(attrs: Mapping[Any, Any], key: str) -> int:
    """Read a seed from an attribute of a run."""
    value = attrs.get(key)
    # Of a file it is an integer of NumPy.
    if not isinstance(value, SupportsIndex):
        raise _changed(key, value)
    return operator.index(value)


def as_list(value: object, where: str, *, most: int, least: int = 0) -> list[Any]:
    """Read a list of a length between two bounds."""
    if type(value) is not list:
        raise refused(where, value, "a list")
    if not least <= len(value) <= most:
        raise refused(where, value, f"a list of {least:,}" + ("" if least == most else f" to {most:,}"))
    return value


def as_dict(value: object, where: str, keys: Collection[str]) -> dict[str, Any]:
    """Read a dict of exactly these keys."""
    if type(value) is not dict:
        raise refused(where, value, "a dict")
    if value.keys() != set(keys):
        missing = [key for key in keys if key not in value]
        extra = next((key for key in value if key not in keys), None)
        said = f"without {missing[0]!r}" if missing else f"with the key {shown(extra)}"
        raise InvalidFile(f"{where} is {said}", expected=f"the keys {', '.join(keys)}", mend=_MEND)
    return value


def as_text(value: object, where: str, *, most: int = 1000) -> str:
    """Read a text of limited length that can be written again."""
    if type(value) is not str:
        raise refused(where, value, "a text")
    if len(value) > most:
        raise refused(where, value, f"at most {most:,} characters")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise refused(where, value, "characters, not halves of them")
    return value


def as_whole(value: object, where: str, *, below: int) -> int:
    """Read a whole number from 0 on, below a bound; True is none."""
    if type(value) is not int or not 0 <= value < below:
        raise refused(where, value, f"a whole number from 0 to {below - 1:,}" if below else "nothing, there being none")
    return value


def as_number(value: object, where: str) -> float:
    """Read a float, as :func:`number_data` writes it."""
    if type(value) is float and math.isfinite(value):
        return value
    if type(value) is str and value in _NOT_FINITE:
        return _NOT_FINITE[value]
    raise refused(where, value, 'a number with a point, "nan", "inf" or "-inf"')


def as_plain(value: object, where: str, *, depth: int = 8) -> Any:
    """Read a dict of texts, numbers, lists and dicts, which whoever reads it further checks."""
    if type(value) is not dict:
        raise refused(where, value, "a dict")

    def check(one: object, left: int) -> None:
        if isinstance(one, dict | list) and left:
            for inner in one.values() if isinstance(one, dict) else one:
                check(inner, left - 1)
        elif type(one) not in (str, int, float, bool):
            raise refused(f"what is in {where}", one, f"texts, numbers, lists and dicts, {depth} deep at most")

    check(value, depth)
    return value


def number_data(value: float) -> float | str:
    """Write a float: itself if it is finite, else a word."""
    return value if math.isfinite(value) else str(value)


def parsed(text: str, where: str) -> Any:
    """Read JSON by its standard: no NaN, no key twice, no number of hundreds of digits, of limited size.

    Raises
    ------
    InvalidFile
        For anything else.
    """
    if type(text) is not str:
        raise refused(where, text, "a text")
    if len(text) > _MOST_CHARACTERS:
        raise refused(where, text, f"at most {_MOST_CHARACTERS:,} characters")

    def whole(digits: str) -> int:
        if len(digits) > 20:
            raise ValueError("a whole number of more than 20 digits")
        return int(digits)

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            raise ValueError("a key twice in one object")
        return found

    def nothing(word: str) -> Any:
        raise ValueError(f"{word}, which is no JSON")

    try:
        return json.loads(text, parse_int=whole, parse_constant=nothing, object_pairs_hook=once)
    except RecursionError:
        said = "too many lists within lists"
    except ValueError as error:
        said = f"{error!s:.80}"
    raise InvalidFile(f"{where} has {said}", expected="JSON", mend=_MEND)
