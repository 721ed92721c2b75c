"""Options from text: files and expressions, dates in which are counted from the day of the origin that is given.

What a world gives by default stands in :mod:`forecast.options.loading`.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from forecast.arguments import shown
from forecast.errors import (
    ForecastError,
    InvalidOption,
    UnknownOption,
    VersionMismatch,
    near_matches,
)
from forecast.months import MOST_MONTHS, date_of, number_of
from forecast.options.option import Condition, Option, Phase, Trigger, check_order
from priors.tables import read_toml

__all__ = ["FORMAT", "GivenOptions", "declared", "of_tables", "parsed", "read_file"]

type GivenOptions = Mapping[str, Option] | str | Path | Callable[[], Mapping[str, Option]]
"""What a world may be given as its options: by name, the path of a TOML file, or a function that returns them."""

FORMAT = 1
_PHASE_KEYS = {"levers", "start", "ramp", "end"}
_OPTION_KEYS = _PHASE_KEYS | {"title", "meaning", "claims", "trigger", "phase", "compose"}
_WHEN = r"month\s+\d{1,4}|\d+-\d+"
_TERM = re.compile(
    r"\s*(?:(?P<strength>-?(?:\d+\.?\d*|\.\d+)(?:[eE]-?\d+)?)(?:\s*\*\s*|\s+))?(?P<name>[A-Za-z][A-Za-z0-9_]*)"
    rf"(?:\s+from\s+(?P<start>{_WHEN}))?(?:\s+until\s+(?P<end>{_WHEN}))?\s*\Z"
)
_DATE = re.compile(r"(\d{4})-(0[1-9]|1[0-2])\Z")


def _month_of_date(text: str, what: str, origin: datetime.date) -> int:
    match = _DATE.match(text)
    month = number_of(int(match[1]), int(match[2]), origin) if match else 0
    if not 1 <= month <= MOST_MONTHS:
        first, last = date_of(1, origin), date_of(MOST_MONTHS, origin)
        raise InvalidOption(
            f"{what} is {shown(text)}",
            expected=f"the number of a month, or a year and month from {first} to {last}",
            mend=f"write for example {date_of(2, origin)}, which is month 2; nothing starts or ends before {first}",
        )
    return month


def _month_of_term(when: str | None, what: str, origin: datetime.date) -> int | None:
    if when is None:
        return None
    return int(when.split()[1]) if when.startswith("month") else _month_of_date(when, what, origin)


def _month_of_file(value: object, what: str, origin: datetime.date) -> Any:
    """Give the month that a date names, whatever its day; what is no date is left for the phase or trigger to judge."""
    if isinstance(value, datetime.date):
        return _month_of_date(f"{value:%Y-%m}", what, origin)
    return _month_of_date(value, what, origin) if isinstance(value, str) else value


def _known_keys(table: object, allowed: Iterable[str], where: str) -> Mapping[str, Any]:
    if not isinstance(table, Mapping):
        raise InvalidOption(
            f"{where} is {shown(table)}", expected="a table", mend="write it as a table, such as [option.NAME]"
        )
    for key in table:
        if key not in allowed:
            raise InvalidOption(
                f"{where} has an unknown key {key!r}",
                expected="a known key",
                mend=near_matches(str(key), allowed),
            )
    return table


def _list(value: object, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise InvalidOption(f"{where} is {shown(value)}", expected="a list", mend="put it in square brackets")
    return value


def _phase(table: Mapping[str, Any], origin: datetime.date) -> Phase:
    return Phase(
        table.get("levers", {}),
        start=_month_of_file(table.get("start", 1), "the start", origin),
        ramp=table.get("ramp", 1),
        end=_month_of_file(table.get("end"), "the end", origin),
    )


def _condition(table: object, where: str) -> Condition:
    known = _known_keys(table, ("state", "at_least", "at_most"), where)
    return Condition(known.get("state", ""), known.get("at_least"), known.get("at_most"))


def _trigger(table: object, where: str, origin: datetime.date) -> Trigger:
    known = _known_keys(table, ("when", "set", "start"), where)
    conditions = _list(known.get("when", []), f"'when' of {where}")
    when = tuple(_condition(condition, where) for condition in conditions)
    start = _month_of_file(known.get("start", 1), "the start of a trigger", origin)
    return Trigger(when, known.get("set", {}), start)


def _option(name: str, table: object, others: Mapping[str, Option], origin: datetime.date) -> Option:
    where = f"option {name!r}"
    known = _known_keys(table, _OPTION_KEYS, where)
    phases: list[Phase] = []
    triggers: list[Trigger] = []
    if "compose" in known:
        if not isinstance(known["compose"], str):
            raise InvalidOption(
                f"'compose' of {where} is {shown(known['compose'])}",
                expected="an expression over options that stand above it",
                mend=f'write for example compose = "{_example(others)}"',
            )
        composed = parsed(known["compose"], others, origin)
        phases.extend(composed.phases)
        triggers.extend(composed.triggers)
    if _PHASE_KEYS & set(known):
        phases.append(_phase(known, origin))
    for phase in _list(known.get("phase", []), f"'phase' of {where}"):
        phases.append(_phase(_known_keys(phase, _PHASE_KEYS, f"a phase of {where}"), origin))
    for trigger in _list(known.get("trigger", []), f"'trigger' of {where}"):
        triggers.append(_trigger(trigger, f"a trigger of {where}", origin))
    return Option(
        name=name,
        phases=tuple(phases),
        triggers=tuple(triggers),
        title=known.get("title", ""),
        meaning=known.get("meaning", ""),
        claims=tuple(_list(known.get("claims", []), f"'claims' of {where}")),
    )


def _options(
    data: Mapping[str, Any], where: str, others: Mapping[str, Option], origin: datetime.date
) -> dict[str, Option]:
    _known_keys(data, ("format", "option"), where)
    version = data.get("format")
    if version != FORMAT or isinstance(version, bool):
        raise VersionMismatch(
            f"{where} has format = {shown(version)}",
            expected=f"format = {FORMAT}",
            mend=f"put format = {FORMAT} on top",
        )
    tables = data.get("option")
    if not isinstance(tables, Mapping) or not tables:
        raise InvalidOption(
            f"{where} has no options",
            expected="at least one table [option.NAME]",
            mend="write one, with its levers",
        )
    return of_tables(tables, others=others, origin=origin)


def of_tables(
    tables: Mapping[str, Any], *, others: Mapping[str, Option] = MappingProxyType({}), origin: datetime.date
) -> dict[str, Option]:
    """Read options from tables by name, as :meth:`Option.to_dict` gives them; each may compose those before it."""
    known = dict(others)
    read: dict[str, Option] = {}
    for name, table in tables.items():
        read[name] = known[name] = _option(name, table, known, origin)
    return read


def read_file(path: str | Path, *, others: Mapping[str, Option], origin: datetime.date) -> dict[str, Option]:
    """Read options from a TOML file, which may compose others; see :func:`forecast.options.read`."""
    source = read_toml(Path(path))
    return _options(source.table, f"the options file {str(path)!r}", others, origin)


def _example(known: Mapping[str, Option]) -> str:
    """Write an expression over options that there are."""
    acting = [name for name, option in known.items() if option.phases]
    first, second = acting[:2] if len(acting) > 1 else ("NAME", "OTHER")
    return f"{first} + 0.5 {second} from month 5"


def parsed(text: str, known: Mapping[str, Option], origin: datetime.date, *, of: str = "") -> Option:
    """Make an option from an expression over known ones, of what is said; see :func:`forecast.options.parse`."""
    option: Option | None = None
    for term in text.split("+"):
        match = _TERM.match(term)
        if match is None:
            raise InvalidOption(
                f"the option expression {text!r} has a term {term.strip()!r}",
                expected="NAME, 0.5 NAME, NAME from month 3 until month 12 or NAME from "
                f"{date_of(3, origin)}, joined by +",
                mend=f'write for example "{_example(known)}"',
            )
        name = match["name"]
        if name not in known:
            if of and not known:
                raise UnknownOption(
                    f"the option {name!r}, and there is no option{of}",
                    expected="a name or an expression of options that are declared",
                    mend="declare options in the world or in a file of options",
                )
            raise UnknownOption(
                f"there is no option {name!r}",
                expected=f"the name of an option{of}",
                mend=near_matches(name, known) if known else "name one that stands above it, or write its levers",
            )
        part = known[name]
        if match["strength"]:
            part = part.scaled(float(match["strength"]))
        first = _month_of_term(match["start"], f"the start of {name!r}", origin)
        last = _month_of_term(match["end"], f"the end of {name!r}", origin)
        if first is not None and last is not None:
            check_order(f"the term {shown(term.strip())}", first, last)
        if first is not None:
            part = part.from_month(first)
        if last is not None:
            part = part.until_month(last)
        option = part if option is None else option + part
    assert option is not None
    return option


def declared(given: GivenOptions, *, where: str, origin: datetime.date) -> dict[str, Option]:
    """Return the options that a world declares, by name.

    Parameters
    ----------
    given : mapping of str to Option, str, Path, or callable
        By name; the path of a TOML file; or a function that takes nothing and returns them by name.
    where : str
        The world in words.
    origin : date
        What dates are counted from.

    Raises
    ------
    InvalidOption
        For anything else, or a name that is not the option's own; FileMissing and InvalidFile as for a file.
    """
    if isinstance(given, str | Path):
        return read_file(given, others={}, origin=origin)
    found: object = given
    if callable(given):
        try:
            found = given()
        except ForecastError:
            raise
        except Exception as error:
            # Whatever a stranger's function raises, it is the world that cannot be made.
            raise InvalidOption(
                f"the function that gives the options of {where} raised {type(error).__name__}: {error!s:.200}",
                expected="a function that takes nothing and returns options by name",
                mend='return {"nothing": Option("nothing"), ...}',
            ) from error
    if not isinstance(found, Mapping) or not all(isinstance(option, Option) for option in found.values()):
        raise InvalidOption(
            f"the options of {where} are {shown(found)}",
            expected="options by name, the path of a TOML file, or a function that returns them",
            mend='write for example {"nothing": Option("nothing")}',
        )
    for name, option in found.items():
        if name != option.name:
            raise InvalidOption(
                f"{where} has the option {option.name!r:.60} under the name {shown(name)}",
                expected="each under its own name",
                mend=f"write {option.name!r:.60}, or rename it with option.renamed(...)",
            )
    return dict(found)
