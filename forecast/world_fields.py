"""What each field of a World may be given, and the form in which it is kept.

A field that is added to a World gets a line in ``FIELDS``.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, KeysView, Mapping, Set
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

import numpy as np

from forecast.errors import InvalidWorld, kind_of
from forecast.files import whole_path
from forecast.months import HORIZON, MOST_HORIZON, MOST_MONTHS
from forecast.readings import Reading
from forecast.schema import DTYPES, Outcome, Part, Variable
from priors.claims import NO_CLAIMS, Claims, load_claims

__all__ = ["EVIDENCE_KEYS", "FIELDS", "LEAST_STEP", "SHOCK_KINDS", "ShockKind", "kept_fields"]

type ShockKind = Literal["uniform", "normal", "exponential", "log_exponential"]

SHOCK_KINDS: tuple[ShockKind, ...] = ("uniform", "normal", "exponential", "log_exponential")
"""Kinds of luck: in (0, 1); standard normal; standard exponential, for an event that comes where it is below its rate
times the step; the log of that, for one where it is below the log of its rate plus that of the step."""

EVIDENCE_KEYS = ("format", "set", "item")
"""What a table of evidence holds; the first it must."""

LEAST_STEP = 0.001
"""Months in the shortest step: some three quarters of an hour."""

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")

_LAST_YEAR = 9999 - MOST_MONTHS // 12
"""Of an origin, so that every month after it has a date."""


class _Wrong(Exception):
    """What a field cannot be; what it has, in words, where that is not the whole of what was given."""


class _Field(NamedTuple):
    kept: Callable[[Any], Any]
    """Returns what is kept, or raises _Wrong. What is kept already it returns as it is."""
    expected: str
    mend: str


def _text(given: object) -> str:
    if not isinstance(given, str):
        raise _Wrong
    return given


def _name(given: object) -> str:
    if not _text(given).isidentifier():
        raise _Wrong
    return _text(given)


def _day(given: object) -> str:
    try:
        day = date.fromisoformat(_text(given)) if _DAY.match(_text(given)) else None
    except ValueError:
        day = None
    if day is None or day.year > _LAST_YEAR:
        raise _Wrong
    return _text(given)


def _step(given: object) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float | np.integer | np.floating):
        raise _Wrong
    if not LEAST_STEP <= given <= MOST_MONTHS:
        raise _Wrong
    return float(given)


def _months(given: object) -> int:
    if isinstance(given, bool) or not isinstance(given, int | np.integer) or not 1 <= given <= MOST_HORIZON:
        raise _Wrong
    return int(given)


def _names(given: object) -> tuple[str, ...]:
    """Take names in an order: a text would be taken apart, and a set has another order in every process."""
    unordered = isinstance(given, Set) and not isinstance(given, KeysView)
    if isinstance(given, str | bytes) or unordered or not isinstance(given, Iterable):
        raise _Wrong
    found = tuple(given)
    if not all(isinstance(name, str) for name in found):
        raise _Wrong
    return found


def _one_or_several(given: object) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) and given else _names(given or ())


def _by_name(what: str, kept: Callable[[Any], Any]) -> Callable[[object], Mapping[str, Any]]:
    """Take a mapping of names to what is of one kind."""

    def kept_all(given: object) -> Mapping[str, Any]:
        if not isinstance(given, Mapping):
            raise _Wrong
        found = {}
        for name, one in given.items():
            try:
                found[name] = kept(one)
            except _Wrong as wrong:
                raise _Wrong(f"the {what} {name!r:.60} {str(wrong) or f'as {kind_of(one)}'}") from None
        return MappingProxyType(found)

    return kept_all


def _callable(given: object) -> object:
    if not callable(given):
        raise _Wrong
    return given


def _function(field: str, arguments: tuple[str, ...]) -> Callable[[object], Any]:
    def kept(given: Any) -> Any:
        try:
            inspect.signature(given).bind(*arguments)
        except (TypeError, ValueError):
            found = "a function of other arguments" if callable(given) else kind_of(given)
            raise _Wrong(f"{found} as its {field}") from None
        return given

    return kept


def _variable(given: object) -> Variable:
    if not isinstance(given, Variable) or given.kind not in DTYPES:
        raise _Wrong
    for what, said in (("unit", given.unit), ("long name", given.long_name), ("word", given.words)):
        if not (all(isinstance(one, str) for one in said) if isinstance(said, tuple) else isinstance(said, str)):
            raise _Wrong(f"with the {what} {said!r:.40}")
    return given


def _states(given: object) -> Mapping[str, Variable]:
    if isinstance(given, Mapping) and not given:
        raise _Wrong("no state that is kept")
    return _by_name("state", _variable)(given)


def _outcome(given: object) -> Outcome:
    if not isinstance(given, Outcome):
        raise _Wrong
    said = {"unit": given.unit, "long name": given.long_name, "state": given.of, "rule": given.rule}
    for what, text in said.items():
        if not isinstance(text, str):
            raise _Wrong(f"with the {what} {text!r:.40}")
    return given


def _reading(given: object) -> Reading:
    if not isinstance(given, Reading):
        raise _Wrong
    return given


def _shock(given: object) -> object:
    if given not in SHOCK_KINDS:
        raise _Wrong(f"of the kind {given!r:.60}")
    return given


def _heading(given: object) -> str:
    if not _text(given):
        raise _Wrong
    return _text(given)


def _events(given: object) -> Mapping[str, str]:
    if isinstance(given, Mapping):
        return _by_name("event", _text)(given)
    return MappingProxyType(dict.fromkeys(_one_or_several(given), ""))


def _part(given: object) -> Part:
    if not isinstance(given, Part):
        raise _Wrong
    return Part(_text(given.title), _text(given.about), _names(given.states))


def _file_or_table(given: object) -> Path | Mapping[str, Any]:
    if isinstance(given, Mapping):
        return MappingProxyType(dict(given))
    if not isinstance(given, str | Path):
        raise _Wrong
    return whole_path(given) if given else MappingProxyType({})


def _evidence(given: object) -> Path | Mapping[str, Any]:
    found = _file_or_table(given)
    if found and isinstance(found, Mapping):
        unknown = [key for key in found if key not in EVIDENCE_KEYS]
        if unknown or "format" not in found:
            raise _Wrong(f"evidence with {f'a key {unknown[0]!r:.60}' if unknown else 'no format'}")
    return found


def _names_a_file(given: object) -> bool:
    """Say whether it is a path: what is neither a TOML file nor has a folder is the name of something shipped."""
    text = isinstance(given, str) and bool(given) and (given.endswith(".toml") or Path(given).name != given)
    return text or isinstance(given, Path)


def _beliefs(given: object) -> str | Path:
    if not isinstance(given, str | Path):
        raise _Wrong
    return whole_path(given) if _names_a_file(given) else given


def _claims(given: Any) -> Claims:
    if given == "":
        return NO_CLAIMS
    return load_claims(whole_path(given) if _names_a_file(given) else given)


_NAMES = "names in an order, as a tuple"
_OR_OUT = "or leave it out"
_STATES = _Field(
    _states,
    "states by name, each of them what number, count, yes_no or code gives",
    'write states={"stock": number("kg", "What is in stock")}',
)
_SHOCKS = _Field(
    _by_name("shock", _shock), f"names, each with one of {', '.join(SHOCK_KINDS)}", 'write {"rain": "normal"}, or {}'
)
_FILE = _Field(_file_or_table, "the path of a TOML file, or what it holds", f'write "my_file.toml", {_OR_OUT}')
_ORIGIN, _MONTH = ("beliefs", "luck"), ("xp", "state", "levers", "beliefs", "luck", "time")


def _named(example: str, expected: str = _NAMES, kept: Callable[[Any], Any] = _names) -> _Field:
    return _Field(kept, expected, f"write {example}")


FIELDS: Mapping[str, _Field] = MappingProxyType(
    {
        "name": _Field(_name, "a name of letters, digits and underscores", "rename it"),
        "date": _Field(_day, f'a day such as "2012-01-31", in a year up to {_LAST_YEAR}', "write it so"),
        "step": _Field(_step, f"months from {LEAST_STEP} to {MOST_MONTHS:,}", "write 1.0, or 12 / 52 for weeks"),
        "months": _Field(_months, f"a whole number from 1 to {MOST_HORIZON}", f"write months={HORIZON}, {_OR_OUT}"),
        "origin": _Field(
            _function("origin", _ORIGIN),
            f"a function of {', '.join(_ORIGIN)}",
            f"write def origin({', '.join(_ORIGIN)}):",
        ),
        "month": _Field(
            _function("month", _MONTH), f"a function of {', '.join(_MONTH)}", f"write def month({', '.join(_MONTH)}):"
        ),
        "states": _STATES,
        "hidden": _named(f'hidden=("name",), {_OR_OUT}'),
        "derived": _named(
            f'derived={{"name": lambda state: ...}}, {_OR_OUT}',
            "functions of the states by name",
            _by_name("derived state", _callable),
        ),
        "parameters": _named('parameters=("name",), or () for none'),
        "levers": _named('levers=("name",), or () for none'),
        "shocks": _SHOCKS,
        "at_origin": _SHOCKS,
        "readings": _named(
            f'readings={{"name": chance(lambda xp, beliefs: ...)}}, {_OR_OUT}',
            "readings by name, each of them what chance, rate or level of forecast.readings gives",
            _by_name("reading", _reading),
        ),
        "outcomes": _named(
            f'outcomes={{"name": end("state", "What it is")}}, {_OR_OUT}',
            "outcomes by name, each of them what end, total, ever, first, event or measure gives",
            _by_name("outcome", _outcome),
        ),
        "beliefs": _named(
            'beliefs="my_beliefs.toml", or leave it out and pass beliefs to what runs the world',
            "the path of a TOML file, or the name of a shipped set",
            _beliefs,
        ),
        "evidence": _FILE._replace(kept=_evidence, expected=f"{_FILE.expected}: {', '.join(EVIDENCE_KEYS)}"),
        "values": _FILE,
        "claims": _named(f'claims={{"L1": "What the source says"}}, {_OR_OUT}', "ids and words", _claims),
        "title": _named(f'title="In a few words", {_OR_OUT}', "a text", _text),
        "notes": _named(f'notes="What else one must know", {_OR_OUT}', "a text", _text),
        "leading": _named(f'leading="outcome", {_OR_OUT}', "the name of an outcome", _text),
        "null_option": _named(f'null_option="option", {_OR_OUT}', "the name of an option", _text),
        "proposal": _named(f'proposal="option", {_OR_OUT}', "the name of an option", _text),
        "headline": _named(f'headline=("outcome",), {_OR_OUT}'),
        "columns": _named(
            f'columns={{"outcome": "Heading"}}, {_OR_OUT}',
            "a heading for each outcome that the table of a run shows",
            _by_name("column", _heading),
        ),
        "pictures": _named(
            f'pictures=("trajectories", "events"), {_OR_OUT}', "a tuple of names of functions of forecast.plots"
        ),
        "gain": _named(f'gain="outcome", {_OR_OUT}', "the name of an outcome, or those of two", _one_or_several),
        "harms": _named(f'harms=("outcome",), {_OR_OUT}'),
        "events": _named(f'events=("state",), {_OR_OUT}', "names of states, or names with titles", _events),
        "watched": _named(f'watched=("state",), {_OR_OUT}'),
        "efforts": _named(
            f'efforts={{"kind": ("lever",)}}, {_OR_OUT}',
            "kinds, each with its levers as a tuple",
            _by_name("effort", _names),
        ),
        "parts": _named(
            f'parts={{"name": Part("Title", "What it is about.", ("state",))}}, {_OR_OUT}',
            "parts by name, each of them a Part",
            _by_name("part", _part),
        ),
    }
)
"""Of each field of a World save its options, which are read when its day and levers are known."""


def kept_fields(where: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a World in the form in which they are kept.

    Parameters
    ----------
    where : str
        Which world, for messages.
    given : mapping of str to object
        Whatever was given of each field.

    Raises
    ------
    InvalidWorld
        For the first that cannot be what it is.
    ForecastError
        As for :func:`priors.load_claims`.

    Examples
    --------
    >>> from forecast.world_fields import FIELDS
    >>> FIELDS["levers"].kept(["patrols", "talks"])
    ('patrols', 'talks')
    """
    found = {}
    for name, field in FIELDS.items():
        try:
            found[name] = field.kept(given[name])
        except _Wrong as wrong:
            said = str(wrong) or f"{name}={given[name]!r:.60}"
            raise InvalidWorld(f"{where} has {said}", expected=field.expected, mend=field.mend) from None
    return found
