"""Finding and reading prior sets: shipped by name, or from a file."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

from forecast.errors import ForecastError, InvalidArgument, InvalidFile, UnknownPriorSet, near_matches

from .edits import checked_name, unedited_name
from .format import read_again, read_claims, read_correlations, read_edited, read_origin, read_pooled, read_priors
from .plausible import check_plausible
from .pooling import pool_sets
from .prior_set import PriorSet
from .tables import Source, check_format, check_keys, field, packaged, packaged_names, read_toml, strings

__all__ = ["available", "load", "of_table"]

_KEYS = (
    *("format", "name", "title", "description", "origin", "base", "pool", "pooled", "edited", "claims"),
    *("prior", "correlation", "reading"),
)
_SET_MARKS = ("prior", "pool", "base")


@cache
def available() -> tuple[str, ...]:
    """Name the prior sets that are shipped.

    Examples
    --------
    >>> import priors
    >>> priors.available()
    ('article', 'hedges_widen', 'officials', 'pooled', 'reference', 'sceptic')
    """
    names = [name.removesuffix(".toml") for name in packaged_names()]
    return tuple(name for name in names if any(mark in packaged(f"{name}.toml").table for mark in _SET_MARKS))


def load(name_or_path: str | os.PathLike[str]) -> PriorSet:
    """Load a prior set.

    Parameters
    ----------
    name_or_path : str or path
        Name of a shipped set (see :func:`available`), or path of a TOML file. A file may name another set or
        file as its ``base`` and override some priors, or pool several in a ``pool`` table.

    Returns
    -------
    PriorSet
        One that a file gives the name of a shipped set, and that differs from it, is named as edited.

    Raises
    ------
    UnknownPriorSet
        If it is neither a shipped name nor a path.
    FileMissing, InvalidFile, VersionMismatch
        If the file is not there, is damaged, or is of another format version.
    InvalidPrior, UnknownPrior, UnknownClaim
        If a belief in it cannot be a distribution, lies mostly where its quantity cannot be and is not said to be
        meant (``accept = true``), or it names a quantity or a claim that does not exist.

    Examples
    --------
    >>> import forecast, priors
    >>> priors.load("article")["collapse_hazard"].unit
    'log of the monthly hazard'
    >>> list(priors.load(forecast.load_world("district").beliefs))
    ['rebels', 'growth', 'patrol_effect', 'raid_rate', 'truce_hazard', 'talks_effect']
    """
    if not isinstance(name_or_path, (str, os.PathLike)):
        raise InvalidArgument(
            f"{name_or_path!r:.60}",
            expected="the name of a prior set or a path",
            mend='write load("article")',
        )
    return _find(name_or_path, folder=None, trail=())


def of_table(table: dict[str, Any], *, where: str, part: bool = False) -> PriorSet:
    """Read a set that stands by itself, as :func:`priors.saving.to_table` wrote it.

    A part of a set may have no quantities.

    Raises
    ------
    InvalidFile, InvalidPrior, VersionMismatch
        If it is not such a table, or builds on another set.
    """
    leaning = [key for key in ("base", "pool") if key in table]
    if leaning:
        raise InvalidFile(
            f"{where}: {leaning[0]}", expected="a set that stands by itself", mend="write out what it is based on"
        )
    return _read(Source(table, where=where, folder=None), (), least=0 if part else 1)


def _find(name_or_path: str | os.PathLike[str], *, folder: Path | None, trail: tuple[str, ...]) -> PriorSet:
    text = os.fsdecode(name_or_path)
    if isinstance(name_or_path, str) and text in available():
        # The cache holds finished sets only, so a set that is based on itself is seen in the trail.
        return _shipped(text) if not trail else _read(packaged(f"{text}.toml"), trail)
    path = Path(text) if folder is None else folder / text
    named = isinstance(name_or_path, str) and not text.endswith(".toml") and Path(text).name == text
    if named and not _is_file(path):
        raise UnknownPriorSet(
            f"the prior set {text!r:.60}",
            expected="a shipped set or the path of a TOML file",
            mend=near_matches(text, available()),
        )
    return _read(read_toml(path), trail)


def _is_file(path: Path) -> bool:
    # A name can be too long, or hold characters that no file system takes.
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


@cache
def _shipped(name: str) -> PriorSet:
    return _read(packaged(f"{name}.toml"), ())


def _read(source: Source, trail: tuple[str, ...], *, least: int = 1) -> PriorSet:
    where, table = source.where, source.table
    key = str(Path(where).resolve()) if source.folder is not None else where
    if key in trail:
        raise InvalidFile(
            f"{where}, which is based on itself through {' and '.join(trail)}",
            expected="bases that end somewhere",
            mend="remove one base or pool member",
        )
    trail = (*trail, key)
    check_format(source)
    check_keys(table, _KEYS, where=where)
    text = {
        name: field(table, name, str, where=where, default="" if name == "description" else None)
        for name in ("name", "title", "description")
    }
    origin = read_origin(table, where=where)
    start = _foundation(source, trail)
    if "reading" in table:
        start = read_again(start, field(table, "reading", str, where=where), where=where)
    priors = read_priors(table, start, where=where)
    if len(priors) < least:
        raise InvalidFile(f"{where}: no priors", expected="at least one [prior.NAME]", mend="add a prior or a base")
    correlations = read_correlations(table, start, where=where)
    claims = read_claims(table, start, where=where, folder=source.folder)
    pooled = read_pooled(table, where=where)
    if start is not None:
        origin = origin if origin is not None else start.origin
        pooled = pooled if pooled is not None else start.pooled
    edited = read_edited(table, where=where)
    try:
        found = PriorSet(
            priors, correlations=correlations, origin=origin, pooled=pooled, edited=edited, claims=claims, **text
        )
        for prior in found.values():
            check_plausible(prior)
    except ForecastError as fault:
        raise type(fault)(f"{where}: {fault.given}", expected=fault.expected, mend=fault.mend) from fault
    if source.folder is None:
        return found
    name = unedited_name(found)
    return checked_name(found, _shipped(name) if name in available() else None)


def _foundation(source: Source, trail: tuple[str, ...]) -> PriorSet | None:
    """Load the set that a file builds on: its base, or the pool of its members."""
    table, where = source.table, source.where
    if "base" in table and "pool" in table:
        raise InvalidFile(f"{where}: base and pool", expected="one of them", mend="remove one")
    if "base" in table:
        return _find(field(table, "base", str, where=where), folder=source.folder, trail=trail)
    if "pool" not in table:
        return None
    entry = field(table, "pool", dict, where=where)
    check_keys(entry, ("members", "weights", "method"), where=f"{where}, pool")
    names = strings(entry, "members", where=f"{where}, pool")
    weights: list[Any] | None = field(entry, "weights", list, where=where) if "weights" in entry else None
    method = field(entry, "method", str, where=where, default="linear")
    members = {name: _find(name, folder=source.folder, trail=trail) for name in names}
    if len(members) != len(names):
        raise InvalidFile(f"{where}, pool: a member twice", expected="each member once", mend="remove one")
    try:
        return pool_sets(members, weights=weights, method=method)
    except ForecastError as fault:
        raise type(fault)(f"{where}, pool: {fault.given}", expected=fault.expected, mend=fault.mend) from fault
