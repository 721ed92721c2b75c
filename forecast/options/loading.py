"""Options from files and from expressions. Everything is checked before anything is run."""

from __future__ import annotations

import datetime
import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from forecast.arguments import shown
from forecast.errors import (
    FileMissing,
    InvalidFile,
    InvalidOption,
    UnknownOption,
    VersionMismatch,
    near_matches,
)
from forecast.estimates import counted
from forecast.evidence import ORIGIN
from forecast.options.option import MOST_MONTHS, Condition, Option, Phase, Trigger, check_order

__all__ = ["FORMAT", "baseline_of", "load", "parse", "read", "resolve"]

FORMAT = 1
_NULL_OPTION = "no_assistance"
_PHASE_KEYS = {"levers", "start", "ramp", "end"}
_OPTION_KEYS = _PHASE_KEYS | {"title", "meaning", "claims", "trigger", "phase", "compose"}
_WHEN = r"month\s+\d{1,4}|\d+-\d+"
_TERM = re.compile(
    r"\s*(?:(?P<strength>-?(?:\d+\.?\d*|\.\d+)(?:[eE]-?\d+)?)(?:\s*\*\s*|\s+))?(?P<name>[A-Za-z][A-Za-z0-9_]*)"
    rf"(?:\s+from\s+(?P<start>{_WHEN}))?(?:\s+until\s+(?P<end>{_WHEN}))?\s*\Z"
)
_DATE = re.compile(r"(\d{4})-(0[1-9]|1[0-2])\Z")


def _date(month: int) -> str:
    """Write the year and month of a month after the origin."""
    years, months = divmod(ORIGIN.month + month - 1, 12)
    return f"{ORIGIN.year + years:04}-{months + 1:02}"


def _month_of_date(text: str, what: str) -> int:
    match = _DATE.match(text)
    month = (int(match[1]) - ORIGIN.year) * 12 + int(match[2]) - ORIGIN.month if match else 0
    if not 1 <= month <= MOST_MONTHS:
        raise InvalidOption(
            f"{what} is {shown(text)}",
            expected=f"the number of a month, or a year and month from {_date(1)} to {_date(MOST_MONTHS)}",
            mend=f"write for example {_date(2)}, which is month 2; nothing starts or ends before {_date(1)}",
        )
    return month


def _month_of_term(when: str | None, what: str) -> int | None:
    if when is None:
        return None
    return int(when.split()[1]) if when.startswith("month") else _month_of_date(when, what)


def _month_of_file(value: object, what: str) -> Any:
    """Give the month that a date names, whatever its day; what is no date is left for the phase or trigger to judge."""
    if isinstance(value, datetime.date):
        return _month_of_date(f"{value:%Y-%m}", what)
    return _month_of_date(value, what) if isinstance(value, str) else value


def _known_keys(table: object, allowed: Iterable[str], where: str) -> Mapping[str, Any]:
    if not isinstance(table, Mapping):
        raise InvalidOption(f"{where} is {shown(table)}", expected="a table", mend="see forecast/options/options.toml")
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


def _phase(table: Mapping[str, Any]) -> Phase:
    return Phase(
        table.get("levers", {}),
        start=_month_of_file(table.get("start", 1), "the start"),
        ramp=table.get("ramp", 1),
        end=_month_of_file(table.get("end"), "the end"),
    )


def _condition(table: object, where: str) -> Condition:
    known = _known_keys(table, ("state", "at_least", "at_most"), where)
    return Condition(known.get("state", ""), known.get("at_least"), known.get("at_most"))


def _trigger(table: object, where: str) -> Trigger:
    known = _known_keys(table, ("when", "set", "start"), where)
    conditions = _list(known.get("when", []), f"'when' of {where}")
    when = tuple(_condition(condition, where) for condition in conditions)
    return Trigger(when, known.get("set", {}), _month_of_file(known.get("start", 1), "the start of a trigger"))


def _option(name: str, table: object, others: Mapping[str, Option]) -> Option:
    where = f"option {name!r}"
    known = _known_keys(table, _OPTION_KEYS, where)
    phases: list[Phase] = []
    triggers: list[Trigger] = []
    if "compose" in known:
        if not isinstance(known["compose"], str):
            raise InvalidOption(
                f"'compose' of {where} is {shown(known['compose'])}",
                expected="an expression over options that stand above it",
                mend='write for example compose = "ct_assistance + airstrikes from month 5"',
            )
        composed = parse(known["compose"], among=others)
        phases.extend(composed.phases)
        triggers.extend(composed.triggers)
    if _PHASE_KEYS & set(known):
        phases.append(_phase(known))
    for phase in _list(known.get("phase", []), f"'phase' of {where}"):
        phases.append(_phase(_known_keys(phase, _PHASE_KEYS, f"a phase of {where}")))
    for trigger in _list(known.get("trigger", []), f"'trigger' of {where}"):
        triggers.append(_trigger(trigger, f"a trigger of {where}"))
    return Option(
        name=name,
        phases=tuple(phases),
        triggers=tuple(triggers),
        title=known.get("title", ""),
        meaning=known.get("meaning", ""),
        claims=tuple(_list(known.get("claims", []), f"'claims' of {where}")),
    )


def _options(data: Mapping[str, Any], where: str, others: Mapping[str, Option]) -> dict[str, Option]:
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
    known = dict(others)
    read: dict[str, Option] = {}
    for name, table in tables.items():
        read[name] = known[name] = _option(name, table, known)
    return read


@cache
def _shipped() -> Mapping[str, Option]:
    text = files("forecast.options").joinpath("options.toml").read_text(encoding="utf-8")
    return _options(tomllib.loads(text), "the shipped options", {})


def load() -> dict[str, Option]:
    """Give the shipped options by name, in the order in which the article weighs them."""
    return dict(_shipped())


def read(path: str | Path) -> dict[str, Option]:
    """Read options from a TOML file.

    Parameters
    ----------
    path : str or Path
        A file in the form of the shipped ``forecast/options/options.toml``. Its options may compose shipped ones.

    Returns
    -------
    dict of str to Option
        The file's options, in its order.

    Raises
    ------
    FileMissing
        If there is no such file.
    InvalidFile
        If it is not TOML text; ``VersionMismatch`` if it has another format.
    InvalidOption
        If an option in it cannot be run.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        raise FileMissing(
            f"the options file {str(path)!r} cannot be read ({getattr(error, 'strerror', None) or error})",
            expected="a readable TOML file",
            mend="check the path and its permissions",
        ) from error
    try:
        data = tomllib.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        # ValueError: neither UTF-8 nor TOML, and what Python refuses of valid TOML, such as numbers of 5,000 digits.
        raise InvalidFile(
            f"the options file {str(path)!r} is not TOML ({error})",
            expected="TOML text in UTF-8",
            mend="see forecast/options/options.toml for the form",
        ) from error
    return _options(data, f"the options file {str(path)!r}", _shipped())


def parse(text: str, *, among: Mapping[str, Option] | None = None) -> Option:
    """Make an option from an expression.

    Parameters
    ----------
    text : str
        Names joined by ``+``. Each may have a strength before it, by which all its levels are multiplied, above 0 and
        at most 1, and after it the first and the last month in which it acts, as ``month N`` or as a date:
        ``"training from 2016-04 until 2016-12 + 0.5 airstrikes from month 5"``. Month 1 is March 2016.
    among : mapping of str to Option, optional
        The options that may be named; the shipped ones by default.

    Returns
    -------
    Option
        A single name alone is that option itself.

    Raises
    ------
    UnknownOption
        If a name is not among them.
    InvalidOption
        If the expression is not of that form.
    """
    known = _shipped() if among is None else among
    option: Option | None = None
    for term in text.split("+"):
        match = _TERM.match(term)
        if match is None:
            raise InvalidOption(
                f"the option expression {text!r} has a term {term.strip()!r}",
                expected="NAME, 0.5 NAME, NAME from month 3 until month 12 or NAME from 2016-05, joined by +",
                mend='write for example "ct_assistance + 0.5 airstrikes from month 5"',
            )
        name = match["name"]
        if name not in known:
            raise UnknownOption(
                f"there is no option {name!r}",
                expected="the name of an option",
                mend=near_matches(name, known),
            )
        part = known[name]
        if match["strength"]:
            part = part.scaled(float(match["strength"]))
        first = _month_of_term(match["start"], f"the start of {name!r}")
        last = _month_of_term(match["end"], f"the end of {name!r}")
        if first is not None and last is not None:
            check_order(f"the term {shown(term.strip())}", first, last)
        if first is not None:
            part = part.from_month(first)
        if last is not None:
            part = part.until_month(last)
        option = part if option is None else option + part
    assert option is not None
    return option


def baseline_of(given: str | None, chosen: Mapping[str, Option]) -> str:
    """Give the name of the option that others are compared with: doing nothing or else the first, if none is named.

    Raises
    ------
    UnknownOption
        If the one that is named is not among those that are run.
    """
    if given is None:
        return _NULL_OPTION if _NULL_OPTION in chosen else next(iter(chosen))
    if not isinstance(given, str) or given not in chosen:
        raise UnknownOption(
            f"the baseline {given!r:.60} is not among the options of this run",
            expected="the name of one of them",
            mend=near_matches(str(given), chosen) + ", or run it too",
        )
    return given


def resolve(options: Iterable[str | Option] | str | Option | None) -> dict[str, Option]:
    """Turn what a caller gave as options into options by name.

    Parameters
    ----------
    options : iterable of str or Option, one of them, or None
        Names, expressions (see :func:`parse`) and options; None is every shipped option.

    Returns
    -------
    dict of str to Option
        In the order given.

    Raises
    ------
    UnknownOption, InvalidOption
        For what is no option, a wrong name, an empty list, or two different options of one name.
    """
    if options is None:
        return load()
    if not isinstance(options, str | Option | Iterable):
        raise InvalidOption(
            f"options are {shown(options)}",
            expected="names, expressions or Options",
            mend="leave it out to run all shipped options",
        )
    given = [options] if isinstance(options, str | Option) else list(options)
    if not given:
        raise InvalidOption("no option was given", expected="at least one option", mend="leave it out to run them all")
    resolved: dict[str, Option] = {}
    for item in given:
        if not isinstance(item, str | Option):
            raise InvalidOption(
                f"an option was given as {shown(item)}",
                expected="a name or an Option",
                mend="pass options.load()[NAME]",
            )
        option = item if isinstance(item, Option) else parse(item)
        if option.name in resolved and resolved[option.name] != option:
            raise InvalidOption(
                f"two different options are named {option.name!r}",
                expected="one name for each option",
                mend="give one of them another name with option.renamed(...)",
            )
        resolved[option.name] = option
    return resolved


def check_starts(options: Mapping[str, Option] | Iterable[Option], months: int) -> None:
    """Refuse an option of which a part starts after the horizon: it would be run as if that part were not there.

    Parameters
    ----------
    options : mapping of str to Option, or iterable of Option
        What is to be run.
    months : int
        The horizon.

    Raises
    ------
    InvalidOption
        Naming the option and the month.
    """
    for option in options.values() if isinstance(options, Mapping) else options:
        late = [part.start for part in (*option.phases, *option.triggers) if part.start > months]
        if late:
            raise InvalidOption(
                f"the option {option.name!r:.60} has a part that starts in month {min(late)}, after the horizon of "
                f"{counted(months, 'month')}",
                expected="parts that start within the horizon",
                mend="run more months, or let it start earlier",
            )
