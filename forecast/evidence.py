"""Evidence as data: dated items with their likelihoods in words, what they inform and what figures they use."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from forecast.errors import InvalidEvidence, InvalidFile, UnknownEvidence, VersionMismatch, near_matches
from forecast.libya.state import Parameters
from priors.claims import check_claims
from priors.tables import check_keys, field, read_toml, strings

if TYPE_CHECKING:
    import pandas as pd

    from priors import PriorSet

__all__ = [
    "CHANCES",
    "HAZARDS",
    "KINDS",
    "ORIGIN",
    "Evidence",
    "Item",
    "available",
    "evidence_of_table",
    "load_evidence",
]

FORMAT = 1
ORIGIN = datetime.date(2016, 2, 29)
"""Nothing dated later is evidence."""

CHANCES = ("train_hold", "capture_share", "parallel_origin", "hor_in_a_month")
"""Chances that trials may be made of; :mod:`forecast.likelihood` has their formulas."""

HAZARDS = ("collapse", "seating", "hor", "gnc")
"""Hazards of the council at the origin that an absence of events may be measured against."""

_COMMON = ("date", "source", "claims", "figures", "informs", "likelihood", "kind")
KINDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "trials": ("chance", "k", "n"),
        "no_event": ("hazards", "months"),
        "strength": ("months_before", "low", "high"),
        "reports": ("bias", "error", "reports"),
        "classes": ("spread", "classes"),
    }
)
"""What an item of each kind must say beside what all items say."""


@dataclass(frozen=True)
class Item:
    """One piece of evidence.

    Attributes
    ----------
    name : str
        Its name; that of its node in the model.
    date : datetime.date
        When it was known, not after the origin.
    source : str
        Where it was published; empty where claims of the article say it.
    claims, figures, informs : tuple of str
        Claim ids, ids of the data used, and parameters of the world model it speaks of.
    likelihood : str
        Its likelihood in words.
    kind : str
        One of :data:`KINDS`.
    data : mapping
        What the likelihood is given, by the keys of its kind.
    """

    name: str
    date: datetime.date
    source: str
    claims: tuple[str, ...]
    figures: tuple[str, ...]
    informs: tuple[str, ...]
    likelihood: str
    kind: str
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Evidence:
    """A set of evidence.

    Attributes
    ----------
    name, title, description : str
        The set in a word, a few words and a sentence.
    items : tuple of Item
        In the order of the set.
    instead : mapping of str to table
        Priors that take the place of those whose figures are evidence here, as tables of a prior-set file.
    """

    name: str
    title: str
    description: str
    items: tuple[Item, ...]
    instead: Mapping[str, Any]

    @property
    def hash(self) -> str:
        """Fingerprint of what the evidence is: data, likelihoods and the priors it brings."""
        content = [
            [
                item.name,
                item.kind,
                item.date.isoformat(),
                sorted(item.figures),
                json.dumps(dict(item.data), sort_keys=True),
            ]
            for item in self.items
        ]
        return hashlib.sha256(json.dumps([content, dict(self.instead)], sort_keys=True).encode()).hexdigest()[:16]

    def applied(self, beliefs: PriorSet) -> PriorSet:
        """Give the beliefs that this evidence conditions: with its own priors where it brings any.

        Parameters
        ----------
        beliefs : PriorSet
            The beliefs before the evidence.

        Returns
        -------
        PriorSet
            A new set of the same name: what evidence brings is told by the name of the evidence.

        Raises
        ------
        InvalidEvidence
            If an item uses a figure that the prior of a quantity it informs was derived from.
        UnknownPrior
            If an item informs a quantity that the beliefs do not have.
        """
        from priors.format import read_priors

        if self.instead:
            where = f"evidence set {self.name!r}"
            read = read_priors({"prior": dict(self.instead)}, beliefs, where=where)
            beliefs = dataclasses.replace(beliefs, priors=read)
        for item in self.items:
            for name in item.informs:
                twice = sorted(set(item.figures) & set(beliefs[name].figures))
                if twice:
                    raise InvalidEvidence(
                        f"the evidence {item.name!r} uses the figure {twice[0]!r}, from which the prior on {name!r} "
                        "was derived",
                        expected="each figure used once, as a prior or as evidence",
                        mend=f"leave the item out, or bring another prior for {name} in the evidence set (instead)",
                    )
        return beliefs

    def without(self, name: str) -> Evidence:
        """Give the same evidence without one item, its own priors kept.

        Raises
        ------
        UnknownEvidence
            If there is no such item.
        """
        names = [item.name for item in self.items]
        if name not in names:
            raise UnknownEvidence(
                f"there is no item {name!r} in the evidence {self.name!r}",
                expected="one of its items",
                mend=near_matches(name, names) if names else "the set is empty",
            )
        kept = tuple(item for item in self.items if item.name != name)
        return Evidence(f"{self.name} without {name}", self.title, self.description, kept, self.instead)

    def to_table(self) -> dict[str, Any]:
        """Give the set as the table that its file holds; :func:`evidence_of_table` reads it."""
        said: dict[str, Any] = {
            "title": self.title,
            "description": self.description,
            "items": [item.name for item in self.items],
        }
        if self.instead:
            said["instead"] = dict(self.instead)
        items = {}
        for item in self.items:
            own = {"date": item.date, "source": item.source, "likelihood": item.likelihood, "kind": item.kind}
            lists = {key: list(getattr(item, key)) for key in ("claims", "figures", "informs")}
            items[item.name] = {**own, **lists, **item.data}
        return {"format": FORMAT, "set": {self.name: said}, "item": items}

    def to_frame(self) -> pd.DataFrame:
        """Give one row an item: index item; columns date, source, claims, informs, likelihood."""
        import pandas as pd

        rows = [
            (item.date.isoformat(), item.source, ", ".join(item.claims), ", ".join(item.informs), item.likelihood)
            for item in self.items
        ]
        columns = ["date", "source", "claims", "informs", "likelihood"]
        return pd.DataFrame(rows, index=pd.Index([item.name for item in self.items], name="item"), columns=columns)

    def __repr__(self) -> str:
        return f"<Evidence {self.name}: {len(self.items)} items, hash {self.hash}>"


def _refuse(what: str, expected: str, mend: str) -> InvalidEvidence:
    return InvalidEvidence(what, expected=expected, mend=mend)


def _number(table: Mapping[str, Any], key: str, where: str, low: float, high: float = math.inf) -> float:
    value = table.get(key)
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not math.isfinite(value)
        or not low <= value <= high
    ):
        raise _refuse(f"{where}: {key} = {value!r}", f"a number from {low:g} to {high:g}", f"write such a {key}")
    return float(value)


def _check_trials(data: Mapping[str, Any], where: str) -> None:
    if data["chance"] not in CHANCES:
        raise _refuse(
            f"{where}: chance = {data['chance']!r}", "a chance of the model", near_matches(str(data["chance"]), CHANCES)
        )
    n = _number(data, "n", where, 1)
    if _number(data, "k", where, 0) > n or n != int(n) or data["k"] != int(data["k"]):
        raise _refuse(
            f"{where}: k = {data['k']!r} of n = {data['n']!r}", "whole numbers, k at most n", "correct the counts"
        )


def _check_no_event(data: Mapping[str, Any], where: str) -> None:
    hazards = data["hazards"]
    if not isinstance(hazards, list) or not hazards or any(hazard not in HAZARDS for hazard in hazards):
        raise _refuse(f"{where}: hazards = {hazards!r}", f"a list of {', '.join(HAZARDS)}", "name at least one of them")
    _number(data, "months", where, 1e-3, 240)


def _check_range(data: Mapping[str, Any], where: str) -> None:
    months = _number(data, "months_before", where, 1, 60)
    if months != int(months):
        raise _refuse(f"{where}: months_before = {months:g}", "a whole number of months", "round it")
    if _number(data, "low", where, 1.0) > _number(data, "high", where, 1.0):
        raise _refuse(
            f"{where}: low {data['low']:g} above high {data['high']:g}", "low at most high", "exchange the two"
        )


def _check_strength(data: Mapping[str, Any], where: str) -> None:
    _check_range(data, where)
    if data["low"] == data["high"]:
        raise _refuse(f"{where}: low equals high", "a range", "say how wide the report is")


def _check_reports(data: Mapping[str, Any], where: str) -> None:
    _number(data, "bias", where, 0.0, 5.0)
    _number(data, "error", where, 1e-3, 5.0)
    reports = data["reports"]
    if not isinstance(reports, list) or not reports:
        raise _refuse(f"{where}: reports = {reports!r}", "a list of reports", "write reports = [{ ... }]")
    for number, report in enumerate(reports, start=1):
        here = f"{where}, report {number}"
        if not isinstance(report, dict):
            raise _refuse(here, "a table", "write { months_before = ..., low = ..., high = ..., source = ... }")
        check_keys(report, ("months_before", "low", "high", "source"), where=here)
        _check_range(report, here)


def _check_classes(data: Mapping[str, Any], where: str) -> None:
    _number(data, "spread", where, 1e-3, 5.0)
    classes = data["classes"]
    if not isinstance(classes, list) or not classes:
        raise _refuse(f"{where}: classes = {classes!r}", "a list of classes", "write classes = [{ ... }]")
    for number, one in enumerate(classes, start=1):
        here = f"{where}, class {number}"
        if not isinstance(one, dict):
            raise _refuse(here, "a table", "write { of = ..., k = ..., n = ..., reliability = ..., name = ... }")
        check_keys(one, ("of", "k", "n", "months", "reliability", "name"), where=here)
        if one.get("of") not in Parameters._fields:
            raise _refuse(
                f"{here}: of = {one.get('of')!r}", "a parameter", near_matches(str(one.get("of")), Parameters._fields)
            )
        n = _number(one, "n", here, 1)
        _number(one, "k", here, 0, n)
        _number(one, "reliability", here, 0.0, 1.0)
        if "months" in one:
            _number(one, "months", here, 0.1, 240)


_CHECKS = {
    "trials": _check_trials,
    "no_event": _check_no_event,
    "strength": _check_strength,
    "reports": _check_reports,
    "classes": _check_classes,
}


def _item(name: str, table: object, where: str) -> Item:
    where = f"{where}, item {name!r}"
    if not isinstance(table, dict):
        raise _refuse(where, "a table", f"write [item.{name}]")
    kind = field(table, "kind", str, where=where)
    if kind not in KINDS:
        raise _refuse(f"{where}: kind = {kind!r}", "a kind of likelihood", near_matches(kind, KINDS))
    check_keys(table, (*_COMMON, *KINDS[kind]), where=where)
    date = field(table, "date", datetime.date, where=where)
    if isinstance(date, datetime.datetime):
        date = date.date()
    if date > ORIGIN:
        raise _refuse(
            f"{where} is dated {date.isoformat()}",
            f"evidence known by {ORIGIN.isoformat()}, the day as of which the forecast is made",
            "leave it out",
        )
    claims = strings(table, "claims", where=where)
    check_claims(claims, where=where)
    source = field(table, "source", str, where=where, default="")
    if not source and not claims:
        raise _refuse(f"{where} has neither source nor claims", "one of the two", "say where it is from")
    informs = strings(table, "informs", where=where)
    for quantity in informs:
        if quantity not in Parameters._fields:
            raise _refuse(f"{where} informs {quantity!r}", "a parameter", near_matches(quantity, Parameters._fields))
    if not informs:
        raise _refuse(f"{where} informs nothing", "at least one parameter", "name the quantities it speaks of")
    data = {key: field(table, key, object, where=where) for key in KINDS[kind]}
    _CHECKS[kind](data, where)
    return Item(
        name=name,
        date=date,
        source=source,
        claims=claims,
        figures=strings(table, "figures", where=where),
        informs=informs,
        likelihood=field(table, "likelihood", str, where=where),
        kind=kind,
        data=MappingProxyType(data),
    )


def _read(table: Mapping[str, Any], where: str) -> dict[str, Evidence]:
    check_keys(table, ("format", "set", "item"), where=where)
    if table.get("format") != FORMAT or isinstance(table.get("format"), bool):
        raise VersionMismatch(
            f"{where} has format = {table.get('format')!r}",
            expected=f"format = {FORMAT}",
            mend=f"put format = {FORMAT} on top",
        )
    items = {name: _item(name, one, where) for name, one in field(table, "item", dict, where=where, default={}).items()}
    sets: dict[str, Evidence] = {}
    for name, one in field(table, "set", dict, where=where).items():
        here = f"{where}, set {name!r}"
        if not isinstance(one, dict):
            raise InvalidFile(here, expected="a table", mend=f"write [set.{name}]")
        check_keys(one, ("title", "description", "items", "instead"), where=here)
        chosen = strings(one, "items", where=here)
        for item in chosen:
            if item not in items:
                raise _refuse(
                    f"{here} lists {item!r}", "an item of the file", near_matches(item, items) if items else "write it"
                )
        if len(set(chosen)) < len(chosen):
            raise _refuse(f"{here} lists an item twice", "each item once", "remove one")
        sets[name] = Evidence(
            name=name,
            title=field(one, "title", str, where=here),
            description=field(one, "description", str, where=here),
            items=tuple(items[item] for item in chosen),
            instead=MappingProxyType(field(one, "instead", dict, where=here, default={})),
        )
    return sets


@cache
def _shipped() -> Mapping[str, Evidence]:
    import tomllib

    text = files("forecast").joinpath("evidence.toml").read_text(encoding="utf-8")
    return _read(tomllib.loads(text), "the shipped evidence")


def evidence_of_table(table: Mapping[str, Any]) -> Evidence:
    """Read the set that :meth:`Evidence.to_table` wrote.

    Raises
    ------
    ForecastError
        As for :func:`load_evidence`.
    """
    return next(iter(_read(table, "the evidence of a fit").values()))


def available() -> tuple[str, ...]:
    """Give the names of the shipped evidence sets."""
    return tuple(_shipped())


def load_evidence(name: str | Path) -> Evidence:
    """Load a set of evidence.

    Parameters
    ----------
    name : str or Path
        A shipped set ("article", "article+reports", "article+reference", "none"), or the path of a TOML file in the
        form of ``forecast/evidence.toml`` with exactly one set.

    Returns
    -------
    Evidence
        Checked: no item later than the origin, every likelihood one that the model has.

    Raises
    ------
    UnknownEvidence
        If there is neither such a set nor such a file.
    InvalidFile
        If the file is not TOML of this form; ``VersionMismatch`` if of another format.
    InvalidEvidence
        If an item cannot be used.
    """
    shipped = _shipped()
    if isinstance(name, str) and name in shipped:
        return shipped[name]
    path = Path(name)
    if isinstance(name, str) and path.suffix != ".toml" and not os.path.exists(path):
        raise UnknownEvidence(
            f"there is no evidence set {name!r}",
            expected="a shipped set or a TOML file",
            mend=near_matches(name, shipped),
        )
    source = read_toml(path)
    sets = _read(source.table, source.where)
    if len(sets) != 1:
        raise InvalidEvidence(
            f"{source.where} has {len(sets)} sets", expected="exactly one", mend="keep the one you want to use"
        )
    return next(iter(sets.values()))
