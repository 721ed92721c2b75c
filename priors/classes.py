"""Reference classes: what was seen elsewhere, or in Libya before the origin, of what the world model speaks of.

They are data with sources, in ``classes.toml``, which says what each key means.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from forecast.errors import ForecastError, InvalidArgument, InvalidFile, UnknownPrior, UnknownPriorSet, near_matches

from .arguments import as_number, as_pair
from .claims import Claims, check_claims
from .format import read_claims
from .intervals import MASS, tails
from .loading import available, load
from .tables import Source, check_format, check_keys, field, packaged, read_toml, strings

__all__ = [
    "HORIZON",
    "ROLES",
    "WIDE",
    "Count",
    "Data",
    "Excuse",
    "Quantity",
    "Rate",
    "ReferenceClass",
    "Reported",
    "load_classes",
]

ROLES = ("gate", "evidence", "prior", "report")
"""What a class can be to a set of beliefs; only a gate judges it."""

WIDE = 0.99
"""Probability inside the wide interval of a class; that inside the other is :data:`priors.intervals.MASS`."""

HORIZON = 24
"""The last month that a class can speak of."""

_DEFAULT = "article"
_YEAR = 12
_MOST = 1_000_000_000
_CLASS_KEYS = ("measures", "data", "source", "reliability", "doubt", "quantity", "option", "role", "excuse")
_QUANTITY_KEYS = ("by", "at", "after", "after_months", "at_most", "at_least", "ratio_to_origin")
_SUBJECTS = ("outcome", "parameter", "structure")
_SIDES = ("below", "above")


@dataclasses.dataclass(frozen=True)
class Count:
    """So many cases of so many; the intervals of their share are Jeffreys'.

    Attributes
    ----------
    k, n : int
        Cases, and among how many.

    References
    ----------
    Brown, Cai & DasGupta (2001), Interval estimation for a binomial proportion, *Statistical Science* 16, 101-133.
    """

    k: int
    n: int

    @property
    def value(self) -> float:
        """The share, 0 to 1."""
        return self.k / self.n

    @cached_property
    def interval(self) -> tuple[float, float]:
        """Central 90% of the share."""
        return self._between(MASS)

    @cached_property
    def wide(self) -> tuple[float, float]:
        """Central 99% of the share."""
        return self._between(WIDE)

    def _between(self, mass: float) -> tuple[float, float]:
        from scipy.special import betaincinv

        low, high = (float(betaincinv(self.k + 0.5, self.n - self.k + 0.5, tail)) for tail in tails(mass))
        return low, high


@dataclasses.dataclass(frozen=True)
class Rate:
    """So many events in so many months at risk; the intervals are the gamma's with half an event added (Jeffreys').

    Attributes
    ----------
    events : int
        How often it came.
    months : float
        Time at risk.
    """

    events: int
    months: float

    @property
    def value(self) -> float:
        """Events a month."""
        return self.events / self.months

    @cached_property
    def interval(self) -> tuple[float, float]:
        """Central 90% of the rate."""
        return self._between(MASS)

    @cached_property
    def wide(self) -> tuple[float, float]:
        """Central 99% of the rate."""
        return self._between(WIDE)

    def _between(self, mass: float) -> tuple[float, float]:
        from scipy.special import gammaincinv

        low, high = (float(gammaincinv(self.events + 0.5, tail)) / self.months for tail in tails(mass))
        return low, high


@dataclasses.dataclass(frozen=True)
class Reported:
    """An estimate with intervals of its own.

    Attributes
    ----------
    value : float
        The estimate.
    interval, wide : tuple of float
        Its central 90% and 99%.
    """

    value: float
    interval: tuple[float, float]
    wide: tuple[float, float]


type Data = Count | Rate | Reported


@dataclasses.dataclass(frozen=True)
class Quantity:
    """What of the model a class is compared with.

    Attributes
    ----------
    subject : {"outcome", "parameter", "structure"}
        Something that comes out of worlds, or a belief: about a number, or about whether a link exists.
    name : str
        Of the outcome or belief.
    by, at : int, optional
        Within so many months, or in that month.
    after : str
        Counted from when this outcome first holds, or among worlds in which it does.
    after_months : int, optional
        The month in which ``after`` is read.
    at_most, at_least : float, optional
        A bound on the outcome, which makes it an event.
    ratio_to_origin : bool
        Taken over its value at the origin.
    """

    subject: Literal["outcome", "parameter", "structure"]
    name: str
    by: int | None = None
    at: int | None = None
    after: str = ""
    after_months: int | None = None
    at_most: float | None = None
    at_least: float | None = None
    ratio_to_origin: bool = False

    @property
    def within(self) -> int:
        """Months within which a chance is told: a year where the class does not say."""
        return self.by or self.at or _YEAR

    def __str__(self) -> str:
        words = [self.name]
        if self.ratio_to_origin:
            words.append("over that at the origin")
        if self.at_most is not None:
            words.append(f"at most {self.at_most:g}")
        if self.at_least is not None:
            words.append(f"at least {self.at_least:g}")
        from_then = self.after and self.after_months is None
        if self.by is not None:
            words.append(f"within {self.by} months" if from_then else f"by month {self.by}")
        if self.at is not None:
            words.append(f"in month {self.at}")
        if self.after:
            words.append(f"after {self.after}" if from_then else f"after {self.after} by month {self.after_months}")
        return " ".join(words)


@dataclasses.dataclass(frozen=True)
class Excuse:
    """Why Libya may lie beyond a class.

    Attributes
    ----------
    side : {"below", "above"}
        On which side.
    claims : tuple of str
        Claims of the article that say so.
    reason : str
        What they say.
    """

    side: Literal["below", "above"]
    claims: tuple[str, ...]
    reason: str


@dataclasses.dataclass(frozen=True)
class ReferenceClass:
    """One reference class.

    Attributes
    ----------
    name, measures : str
        Its name, and what is counted among what.
    data : Count, Rate or Reported
        What was seen.
    source, reliability, doubt : str
        Where it comes from, how well it is measured and carries over in one word, and why not better.
    quantity : Quantity
        What of the model it is compared with.
    option : str
        The treatment that the class had.
    roles : mapping of str to str
        By set of beliefs: "gate", "evidence", "prior" or "report".
    excuse : Excuse or None
        Why Libya may lie beyond it.
    """

    name: str
    measures: str
    data: Data
    source: str
    reliability: str
    doubt: str
    quantity: Quantity
    option: str
    roles: Mapping[str, str]
    excuse: Excuse | None = None

    def role(self, beliefs: str) -> str:
        """Give its role in a set of beliefs; sets that it does not name are as "article"."""
        return self.roles.get(beliefs, self.roles[_DEFAULT])


def load_classes(path: str | os.PathLike[str] | None = None) -> dict[str, ReferenceClass]:
    """Load reference classes.

    Parameters
    ----------
    path : str or path, optional
        A TOML file in the form of ``classes.toml``; the shipped classes by default.

    Returns
    -------
    dict of str to ReferenceClass
        By name, in the order of the file.

    Raises
    ------
    FileMissing, InvalidFile, VersionMismatch
        If the file is not there, is damaged, or is of another format version.
    UnknownClaim, UnknownPrior, UnknownPriorSet
        If it names a claim, a belief or a set of beliefs that does not exist.

    Examples
    --------
    >>> import priors
    >>> found = priors.load_classes()["units_beat_target"]
    >>> found.data.k, found.data.n, found.role("article")
    (3, 14, 'gate')
    >>> tuple(round(end, 2) for end in found.data.interval)
    (0.08, 0.43)
    """
    if path is not None and not isinstance(path, str | os.PathLike):
        raise InvalidArgument(f"{path!r:.60}", expected="the path of a TOML file", mend="leave it out for the shipped")
    source = packaged("classes.toml") if path is None else read_toml(Path(path))
    check_format(source)
    check_keys(source.table, ("format", "claims", "class"), where=source.where)
    tables = field(source.table, "class", dict, where=source.where)
    claims = read_claims(source.table, None, where=source.where, folder=source.folder)
    return {name: _class(source, name, claims) for name in tables}


def _class(source: Source, name: str, claims: Claims) -> ReferenceClass:
    where = f"{source.where}, class {name!r}"
    table = field(source.table["class"], name, dict, where=source.where)
    check_keys(table, _CLASS_KEYS, where=where)
    words = ("measures", "source", "reliability", "doubt", "option")
    try:
        return ReferenceClass(
            name=name,
            data=_data(field(table, "data", dict, where=where), f"{where}, data"),
            quantity=_quantity(field(table, "quantity", dict, where=where), f"{where}, quantity"),
            roles=_roles(field(table, "role", dict, where=where), f"{where}, role"),
            excuse=_excuse(table, claims, where),
            **{word: field(table, word, str, where=where) for word in words},
        )
    except ForecastError as fault:
        # What checks plain numbers does not know which file they are from.
        if source.where in fault.given:
            raise
        raise InvalidFile(f"{where}: {fault.given}", expected=fault.expected, mend=fault.mend) from fault


def _data(table: dict[str, Any], where: str) -> Data:
    keys = set(table)
    if keys == {"k", "n"}:
        k, n = (field(table, key, int, where=where) for key in ("k", "n"))
        if not 0 <= k <= n or not 0 < n <= _MOST:
            raise InvalidFile(
                f"{where}: k = {k!s:.20}, n = {n!s:.20}",
                expected=f"k cases of n, with 0 <= k <= n and n from 1 to {_MOST:,}",
                mend="give n at least k",
            )
        return Count(k, n)
    if keys == {"events", "months"}:
        events = field(table, "events", int, where=where)
        months = as_number(table["months"], what="months")
        if not 0 <= events <= _MOST or months <= 0.0:
            raise InvalidFile(
                f"{where}: {events!s:.20} events in {months:g} months",
                expected=f"0 to {_MOST:,} events in some time at risk",
                mend="give months above 0",
            )
        return Rate(events, months)
    if keys == {"value", "interval", "wide"}:
        value = as_number(table["value"], what="value")
        interval, wide = (as_pair(table[key], what=key) for key in ("interval", "wide"))
        if not wide[0] <= interval[0] <= value <= interval[1] <= wide[1]:
            raise InvalidFile(
                f"{where}: {value:g}, interval {interval[0]:g} to {interval[1]:g}, wide {wide[0]:g} to {wide[1]:g}",
                expected="the value inside its 90% interval, and that inside its 99%",
                mend="put the bounds in order",
            )
        return Reported(value, interval, wide)
    raise InvalidFile(
        f"{where}: the keys {', '.join(sorted(keys)) or 'of an empty table'}",
        expected="k and n; or events and months; or value, interval and wide",
        mend="write one of these three",
    )


def _quantity(table: dict[str, Any], where: str) -> Quantity:
    check_keys(table, (*_SUBJECTS, *_QUANTITY_KEYS), where=where)
    subjects = [subject for subject in _SUBJECTS if subject in table]
    if len(subjects) != 1:
        raise InvalidFile(
            f"{where}: {' and '.join(subjects) or 'nothing to compare with'}",
            expected="one of " + ", ".join(_SUBJECTS),
            mend="name one thing of the model",
        )
    subject: Any = subjects[0]
    name = field(table, subject, str, where=where)
    if subject != "outcome" and name not in load(_DEFAULT):
        raise UnknownPrior(
            f"{where}: the {subject} {name!r:.60}",
            expected="a belief of the world model",
            mend=near_matches(name, load(_DEFAULT)),
        )
    by, at, after_months = (_month(table, key, where) for key in ("by", "at", "after_months"))
    at_most, at_least = (as_number(table[key], what=key) if key in table else None for key in ("at_most", "at_least"))
    for one, other in (("by", "at"), ("at_most", "at_least")):
        if one in table and other in table:
            raise InvalidFile(f"{where}: {one} and {other}", expected="one of them", mend="remove one")
    after = field(table, "after", str, where=where, default="")
    if after_months is not None and (not after or by is None or after_months >= by):
        raise InvalidFile(
            f"{where}: after_months = {after_months}",
            expected="an outcome in after, and a later month in by",
            mend="give both, or leave after_months out",
        )
    ratio = field(table, "ratio_to_origin", bool, where=where, default=False)
    return Quantity(subject, name, by, at, after, after_months, at_most, at_least, ratio)


def _month(table: dict[str, Any], key: str, where: str) -> int | None:
    if key not in table:
        return None
    month: int = field(table, key, int, where=where)
    if not 1 <= month <= HORIZON:
        raise InvalidFile(
            f"{where}: {key} = {month!s:.20}",
            expected=f"a month from 1 to {HORIZON}",
            mend="count months from the end of February 2016",
        )
    return month


def _roles(table: dict[str, Any], where: str) -> Mapping[str, str]:
    field(table, _DEFAULT, str, where=where)
    for name in table:
        if name not in available():
            raise UnknownPriorSet(
                f"{where}: the set {name!r:.60}", expected="a shipped set", mend=near_matches(name, available())
            )
        role = field(table, name, str, where=where)
        if role not in ROLES:
            raise InvalidFile(
                f"{where}: {role!r:.60}", expected="one of " + ", ".join(ROLES), mend=near_matches(role, ROLES)
            )
    return MappingProxyType(dict(table))


def _excuse(of: dict[str, Any], known: Claims, where: str) -> Excuse | None:
    if "excuse" not in of:
        return None
    table = field(of, "excuse", dict, where=where)
    where = f"{where}, excuse"
    check_keys(table, ("side", "claims", "reason"), where=where)
    side: Any = field(table, "side", str, where=where)
    if side not in _SIDES:
        raise InvalidFile(f"{where}: side {side!r:.60}", expected="below or above", mend=near_matches(side, _SIDES))
    claims = strings(table, "claims", where=where)
    if not claims:
        raise InvalidFile(f"{where}: no claims", expected="the claims that excuse it", mend='add claims = ["P12"]')
    check_claims(claims, known, where=where)
    return Excuse(side, claims, field(table, "reason", str, where=where))
