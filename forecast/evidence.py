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
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from forecast.arguments import of_another_world
from forecast.errors import InvalidEvidence, InvalidFile, UnknownEvidence, VersionMismatch, kind_of, near_matches
from forecast.files import stamp_of
from forecast.readings import ReadingKind, Recorded
from forecast.world import World
from forecast.worlds import given_or_shipped, shipped
from priors.claims import check_claims
from priors.tables import Source, check_keys, field, read_toml, strings

if TYPE_CHECKING:
    import pandas as pd

    from priors import PriorSet

__all__ = [
    "KINDS",
    "Evidence",
    "Item",
    "available",
    "default_evidence",
    "evidence_of_table",
    "load_evidence",
]

FORMAT = 1

NONE = "none"
"""The set without items, which every world has."""

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

_MAY: Mapping[str, tuple[str, ...]] = {"strength": ("of",), "reports": ("of",)}
"""What it may say: which level it speaks of, where the world has several."""

_WITH: Mapping[ReadingKind, str] = {"chance": "a chance", "rate": "a rate", "level": "a level"}


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
        Where it was published; empty where claims say it.
    claims, figures, informs : tuple of str
        Claim ids, ids of the data used, and parameters of the world model it speaks of: all or some of those on which
        its likelihood depends.
    likelihood : str
        Its likelihood in words.
    kind : str
        One of :data:`KINDS`.
    data : mapping
        What the likelihood is given, by the keys of its kind.
    readings : mapping of str to Recorded
        Those of the world that it speaks of; of the shipped one by default.
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
    readings: Mapping[str, Recorded] = dataclasses.field(
        default_factory=lambda: shipped().recorded_readings, kw_only=True, compare=False, repr=False
    )

    def reading(self, kind: ReadingKind, name: str) -> Recorded:
        """Give a reading of a kind by name.

        Raises
        ------
        InvalidEvidence
            If there is none, or it is of another kind.
        """
        found = self.readings.get(name)
        if found is not None and found.kind == kind:
            return found
        known = [one for one, reading in self.readings.items() if reading.kind == kind]
        raise _refuse(
            f"the item {self.name!r} speaks of {name!r}"
            + ("" if found is None else f", {_WITH[found.kind]} of the world"),
            f"{_WITH[kind]} of the world" + (f": {', '.join(known)}" if known else ", which has none"),
            near_matches(name, known) if known else "declare it in the readings of the world",
        )

    @property
    def level_name(self) -> str:
        """The name of the level that it speaks of: the only one of the world if it does not say which.

        Raises
        ------
        InvalidEvidence
            If there are several and it does not say which, or none.
        """
        known = [name for name, reading in self.readings.items() if reading.kind == "level"]
        name = self.data.get("of", known[0] if len(known) == 1 else None)
        if name is None:
            raise _refuse(
                f"the item {self.name!r} does not say of which level it is",
                f"one of {', '.join(known)}" if known else "a world with a level among its readings",
                f'write of = "{known[0]}", say' if known else "declare it in the readings of the world",
            )
        return str(name)

    @property
    def level(self) -> Recorded:
        """The level that it speaks of, where it speaks of one.

        Raises
        ------
        InvalidEvidence
            If there is no such level, or several and it does not say which.
        """
        return self.reading("level", self.level_name)

    @property
    def speaks_of(self) -> tuple[str, ...]:
        """The readings, or parameters by themselves, that its likelihood is of, once it is checked."""
        match self.kind:
            case "trials":
                return (self.data["chance"],)
            case "no_event":
                return tuple(self.data["hazards"])
            case "classes":
                return tuple(one["of"] for one in self.data["classes"])
        return (self.level_name,)

    @property
    def reads(self) -> tuple[str, ...]:
        """The parameters on which its likelihood depends, once it is checked."""
        read = (self.readings[name].reads if name in self.readings else (name,) for name in self.speaks_of)
        return tuple(dict.fromkeys(name for names in read for name in names))


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
    world : World
        The world that it is evidence for; the shipped one by default.
    """

    name: str
    title: str
    description: str
    items: tuple[Item, ...]
    instead: Mapping[str, Any]
    world: World = dataclasses.field(default_factory=shipped, kw_only=True, compare=False, repr=False)

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
            If an item uses a figure that the prior of a quantity it informs was derived from, or takes a parameter as a
            chance, or as the log of a rate, that is none.
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
            _check_scales(item, beliefs)
        return beliefs

    def for_world(self, world: World) -> Evidence:
        """Return the same evidence with a world that runs as its own does, and may have other options and values.

        Raises
        ------
        InvalidEvidence
            If it is for a world that runs otherwise.
        """
        if self.world != world:
            raise InvalidEvidence(
                f"the evidence {self.name!r} is for the world {self.world.name!r}, as it was when it was loaded",
                expected=f"evidence for the world {world.name!r} as it is",
                mend="load it again with world=...",
            )
        return self if self.world is world else dataclasses.replace(self, world=world)

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
        return dataclasses.replace(self, name=f"{self.name} without {name}", items=kept)

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
        raise _refuse(f"{where}: {key} = {value!r}", f"a number from {low:g} to {high:g}", "write such a number")
    return float(value)


def _check_trials(item: Item, world: World, where: str) -> None:
    name = item.data["chance"]
    if isinstance(name, str) and name in item.readings:
        item.reading("chance", name)
    elif name not in world.parameters:
        chances = [one for one, reading in world.recorded_readings.items() if reading.kind == "chance"]
        raise _refuse(
            f"{where}: chance = {name!r}",
            "a chance of the world, or a parameter",
            near_matches(str(name), (*chances, *world.parameters)),
        )
    n = _number(item.data, "n", where, 1)
    k = _number(item.data, "k", where, 0)
    if k > n or n != int(n) or k != int(k):
        raise _refuse(f"{where}: k = {k:g} of n = {n:g}", "whole numbers, k at most n", "correct the counts")


def _check_scales(item: Item, beliefs: PriorSet) -> None:
    """Refuse a parameter taken as a chance, or as the log of a rate, that beliefs say is none."""
    taken = [(one["of"], "months" in one) for one in item.data.get("classes", ())]
    if item.kind == "trials":
        taken = [(item.data["chance"], False)]
    for name, is_log in taken:
        if name in item.readings:
            continue
        low, high = beliefs[name].distribution.support
        if low >= 0.0 if is_log else low < 0.0 or high > 1.0:
            what, reading = ("the log of a rate", "rate") if is_log else ("a chance", "chance")
            raise InvalidEvidence(
                f"the evidence {item.name!r} takes {name!r} as {what}, which may be from {low:g} to {high:g}",
                expected="a parameter that may be below 0" if is_log else "a parameter from 0 to 1",
                mend=f"name another, or declare the {reading} that follows from it in the readings of the world",
            )


def _check_no_event(item: Item, world: World, where: str) -> None:
    hazards = item.data["hazards"]
    if not isinstance(hazards, list) or not hazards or not all(isinstance(name, str) for name in hazards):
        raise _refuse(f"{where}: hazards = {hazards!r}", "a list of names of rates", "name at least one of them")
    for name in hazards:
        item.reading("rate", name)
    _number(item.data, "months", where, 1e-3, 240)


def _check_range(data: Mapping[str, Any], where: str) -> None:
    months = _number(data, "months_before", where, 1, 60)
    if months != int(months):
        raise _refuse(f"{where}: months_before = {months:g}", "a whole number of months", "round it")
    if _number(data, "low", where, 1e-12) > _number(data, "high", where, 1e-12):
        raise _refuse(
            f"{where}: low {data['low']:g} above high {data['high']:g}", "low at most high", "exchange the two"
        )


def _check_strength(item: Item, world: World, where: str) -> None:
    _check_level(item, where)
    _check_range(item.data, where)
    if item.data["low"] == item.data["high"]:
        raise _refuse(f"{where}: low equals high", "a range", "say how wide the report is")


def _check_reports(item: Item, world: World, where: str) -> None:
    _check_level(item, where)
    _number(item.data, "bias", where, 0.0, 5.0)
    _number(item.data, "error", where, 1e-3, 5.0)
    reports = item.data["reports"]
    if not isinstance(reports, list) or not reports:
        raise _refuse(f"{where}: reports = {reports!r}", "a list of reports", "write reports = [{ ... }]")
    for number, report in enumerate(reports, start=1):
        here = f"{where}, report {number}"
        if not isinstance(report, dict):
            raise _refuse(here, "a table", "write { months_before = ..., low = ..., high = ..., source = ... }")
        check_keys(report, ("months_before", "low", "high", "source"), where=here)
        field(report, "source", str, where=here)
        _check_range(report, here)


def _check_level(item: Item, where: str) -> None:
    of = item.data.get("of", "")
    if not isinstance(of, str):
        raise _refuse(f"{where}: of = {of!r}", "the name of a level", "name a level of the world's readings")
    _ = item.level


def _check_classes(item: Item, world: World, where: str) -> None:
    _number(item.data, "spread", where, 1e-3, 5.0)
    classes = item.data["classes"]
    if not isinstance(classes, list) or not classes:
        raise _refuse(f"{where}: classes = {classes!r}", "a list of classes", "write classes = [{ ... }]")
    for number, one in enumerate(classes, start=1):
        here = f"{where}, class {number}"
        if not isinstance(one, dict):
            raise _refuse(here, "a table", "write { of = ..., k = ..., n = ..., reliability = ..., name = ... }")
        check_keys(one, ("of", "k", "n", "months", "reliability", "name"), where=here)
        field(one, "name", str, where=here)
        of = one.get("of")
        needed: ReadingKind = "rate" if "months" in one else "chance"
        if isinstance(of, str) and of in item.readings:
            item.reading(needed, of)
        elif of not in world.parameters:
            known = [name for name, reading in item.readings.items() if reading.kind == needed]
            raise _refuse(
                f"{here}: of = {of!r}",
                f"a {needed} of the world {world.name!r}, or a parameter",
                near_matches(str(of), (*known, *world.parameters)),
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


def _item(name: str, table: object, where: str, world: World) -> Item:
    where = f"{where}, item {name!r}"
    if not isinstance(table, dict):
        raise _refuse(where, "a table", f"write [item.{name}]")
    kind = field(table, "kind", str, where=where)
    if kind not in KINDS:
        raise _refuse(f"{where}: kind = {kind!r}", "a kind of likelihood", near_matches(kind, KINDS))
    optional = _MAY.get(kind, ())
    check_keys(table, (*_COMMON, *KINDS[kind], *optional), where=where)
    date = field(table, "date", datetime.date, where=where)
    if isinstance(date, datetime.datetime):
        date = date.date()
    if date > datetime.date.fromisoformat(world.date):
        raise _refuse(
            f"{where} is dated {date.isoformat()}",
            f"evidence known by {world.date}, the day as of which the forecast is made",
            "leave it out",
        )
    claims = strings(table, "claims", where=where)
    check_claims(claims, world.claims, where=where)
    source = field(table, "source", str, where=where, default="")
    if not source and not claims:
        raise _refuse(f"{where} has neither source nor claims", "one of the two", "say where it is from")
    informs = strings(table, "informs", where=where)
    for quantity in informs:
        if quantity not in world.parameters:
            raise _refuse(
                f"{where} informs {quantity!r}",
                f"a parameter of the world {world.name!r}",
                near_matches(quantity, world.parameters),
            )
    if not informs:
        raise _refuse(f"{where} informs nothing", "at least one parameter", "name the quantities it speaks of")
    data = {key: field(table, key, object, where=where) for key in KINDS[kind]}
    data |= {key: table[key] for key in optional if key in table}
    item = Item(
        name=name,
        date=date,
        source=source,
        claims=claims,
        figures=strings(table, "figures", where=where),
        informs=informs,
        likelihood=field(table, "likelihood", str, where=where),
        kind=kind,
        data=MappingProxyType(data),
        readings=world.recorded_readings,
    )
    _CHECKS[kind](item, world, where)
    for quantity in informs:
        if quantity not in item.reads:
            raise _refuse(
                f"{where} informs {quantity!r}, on which its likelihood does not depend",
                f"among these, on which it does: {', '.join(item.reads) or 'none'}",
                (f"write informs = {json.dumps(item.reads)}, or " if item.reads else "")
                + f"speak of what depends on {quantity}",
            )
    return item


def _read(table: Mapping[str, Any], where: str, world: World) -> dict[str, Evidence]:
    check_keys(table, ("format", "set", "item"), where=where)
    if table.get("format") != FORMAT or isinstance(table.get("format"), bool):
        raise VersionMismatch(
            f"{where} has format = {table.get('format')!r}",
            expected=f"format = {FORMAT}",
            mend=f"put format = {FORMAT} on top",
        )
    written = field(table, "item", dict, where=where, default={})
    items = {name: _item(name, one, where, world) for name, one in written.items()}
    sets: dict[str, Evidence] = {}
    for name, one in field(table, "set", dict, where=where).items():
        here = f"{where}, set {name!r}"
        if not isinstance(one, dict):
            raise InvalidFile(here, expected="a table", mend=f"write [set.{name}]")
        check_keys(one, ("title", "description", "items", "instead"), where=here)
        chosen = strings(one, "items", where=here)
        if name == NONE and chosen:
            raise _refuse(
                f"{here} is called {NONE} and has items",
                "another name: it stands for beliefs as they are",
                "rename the set",
            )
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
            world=world,
        )
    return sets


def _sets(world: World) -> Mapping[str, Evidence]:
    """Give the sets of a world, that without items first."""
    given = world.evidence
    if isinstance(given, Mapping):
        written = _read(given, f"the evidence of {world.name}", world) if given else {}
    else:
        file = Path(given)
        source = _of_file(file, stamp_of(file))
        written = _read(source.table, source.where, world)
    return {NONE: _nothing(world), **written}


def _nothing(world: World) -> Evidence:
    return Evidence(NONE, "No evidence", "The beliefs as they are.", (), {}, world=world)


@lru_cache(maxsize=16)
def _of_file(file: Path, stamp: tuple[int, int] | None) -> Source:
    # What the file holds is kept until it is another, and not the evidence: worlds that run alike are equal, whatever
    # their options, values and claims, and evidence carries its own.
    return read_toml(file)


def evidence_of_table(table: Mapping[str, Any], world: World | None = None) -> Evidence:
    """Read the set that :meth:`Evidence.to_table` wrote, of the shipped world unless another is given.

    Raises
    ------
    ForecastError
        As for :func:`load_evidence`.
    """
    return next(iter(_read(table, "the evidence of a fit", given_or_shipped(world)).values()))


def available(world: World | None = None) -> tuple[str, ...]:
    """Give the names of the sets of evidence of a world, of the shipped one by default."""
    return tuple(_sets(given_or_shipped(world)))


def default_evidence(world: World | None = None) -> str:
    """Name what the beliefs of a world are conditioned on where nothing else is said: its first set that has items.

    Returns
    -------
    str
        "none" of a world without evidence.
    """
    sets = _sets(given_or_shipped(world))
    return next((name for name, one in sets.items() if one.items), NONE)


def load_evidence(name: str | Path, *, world: World | None = None) -> Evidence:
    """Load a set of evidence.

    Parameters
    ----------
    name : str or Path
        A set of the world by name ("none" of any), or the path of a TOML file in the form of
        ``forecast/worlds/district_evidence.toml`` with exactly one set.
    world : World, optional
        The world that it is evidence for; the shipped one by default.

    Returns
    -------
    Evidence
        Checked: no item later than the origin, every likelihood one that the world has.

    Raises
    ------
    UnknownEvidence
        If there is neither such a set nor such a file.
    InvalidFile
        If the file is not TOML of this form; ``VersionMismatch`` if of another format.
    InvalidEvidence
        If an item cannot be used.

    Examples
    --------
    >>> import forecast
    >>> seen = forecast.load_evidence("seen", world=forecast.load_world("district"))
    >>> [(item.name, item.kind, item.informs) for item in seen.items]
    [('no_truce', 'no_event', ('truce_hazard',)), ('census', 'strength', ('rebels', 'growth'))]
    """
    world = given_or_shipped(world)
    if not isinstance(name, str | os.PathLike):
        raise _refuse(
            f"the evidence is {kind_of(name)}",
            "the name of a set, or a file",
            "pass it as world=..., and name a set" if isinstance(name, World) else 'pass for example "none"',
        )
    if isinstance(name, str) and name == NONE:
        # Whatever the file of the world holds, or if there is none.
        return _nothing(world)
    sets = _sets(world)
    if isinstance(name, str) and name in sets:
        return sets[name]
    path = Path(name)
    if isinstance(name, str) and path.suffix != ".toml" and not os.path.exists(path):
        raise UnknownEvidence(
            f"there is no evidence set {name!r} of the world {world.name!r}",
            expected="a set of the world or a TOML file",
            mend=of_another_world(name, sets, what="evidence"),
        )
    source = read_toml(path)
    found = _read(source.table, source.where, world)
    if len(found) != 1:
        raise InvalidEvidence(
            f"{source.where} has {len(found)} sets", expected="exactly one", mend="keep the one you want to use"
        )
    return next(iter(found.values()))
