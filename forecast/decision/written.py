"""Values as their file has them: a table of goals, attributes and sets of values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forecast.decision.values import Attribute, Goal, Values, rank_weights
from forecast.errors import InvalidValues, VersionMismatch
from priors.tables import check_keys, field, strings

__all__ = ["read_values"]

FORMAT = 1
_LEVEL = (int, float, str)
_MEND = "see docs/values.md for the form"


def _goal(name: str, table: object, where: str) -> Goal:
    where = f"{where}, goal {name!r}"
    known = _table(table, ("title", "meaning"), where)
    return Goal(
        name,
        field(known, "title", str, where=where, default=name),
        field(known, "meaning", str, where=where, default=""),
    )


def _attribute(name: str, table: object, where: str) -> Attribute:
    where = f"{where}, attribute {name!r}"
    known = _table(table, ("goal", "worst", "best", "share", "risk_aversion", "meaning", "claims"), where)
    return Attribute(
        outcome=name,
        goal=field(known, "goal", str, where=where),
        worst=field(known, "worst", _LEVEL, where=where),
        best=field(known, "best", _LEVEL, where=where),
        share=known.get("share", 1.0),
        risk_aversion=known.get("risk_aversion", 0.0),
        meaning=field(known, "meaning", str, where=where, default=""),
        claims=strings(known, "claims", where=where),
    )


def _table(table: object, keys: tuple[str, ...], where: str) -> Mapping[str, Any]:
    if not isinstance(table, Mapping):
        raise InvalidValues(f"{where} is {table!r:.60}", expected="a table", mend=_MEND)
    check_keys(table, keys, where=where)
    return table


def _rank(given: object, goals: list[str], where: str) -> tuple[tuple[str, ...], ...]:
    fits = isinstance(given, list) and all(isinstance(tied, list) and tied for tied in given)
    rank = tuple(tuple(map(str, tied)) for tied in given) if isinstance(given, list) and fits else ()
    if sorted(name for tied in rank for name in tied) != sorted(goals):
        raise InvalidValues(
            f"{where} ranks {given!r:.80}",
            expected=f"lists in order of importance that name each of {', '.join(goals)} once",
            mend=f"write for example rank = {[[name] for name in goals]!r}".replace("'", '"'),
        )
    return rank


def _values(name: str, table: object, goals: tuple[Goal, ...], attributes: tuple[Attribute, ...], where: str) -> Values:
    where = f"{where}, values {name!r}"
    known = _table(table, ("title", "meaning", "rank", "weights", "concentration"), where)
    if ("rank" in known) == ("weights" in known):
        raise InvalidValues(
            f"{where} has {'both' if 'rank' in known else 'neither'} of rank and weights",
            expected="exactly one of them",
            mend=f"write weights = {{ {', '.join(f'{goal.name} = 1' for goal in goals)} }}",
        )
    names = [goal.name for goal in goals]
    weights = (
        rank_weights(_rank(known["rank"], names, where))
        if "rank" in known
        else field(known, "weights", dict, where=where)
    )
    return Values(
        name=name,
        goals=goals,
        attributes=attributes,
        goal_weights=weights,
        title=field(known, "title", str, where=where, default=name.replace("_", " ")),
        meaning=field(known, "meaning", str, where=where, default=""),
        concentration=known.get("concentration", 0.0),
    )


def read_values(
    table: Mapping[str, Any], where: str, standard: Mapping[str, Values] | None = None
) -> dict[str, Values]:
    """Read sets of values by name; a table of weights alone keeps the scales of the ``standard`` ones.

    Raises
    ------
    InvalidValues, InvalidFile, VersionMismatch
        For what is no table of this form, or goals, scales and weights that do not fit together.
    """
    check_keys(table, ("format", "goal", "attribute", "values"), where=where)
    version = table.get("format")
    if version != FORMAT or isinstance(version, bool):
        raise VersionMismatch(
            f"{where} has format = {version!r:.60}", expected=f"format = {FORMAT}", mend=f"put format = {FORMAT} on top"
        )
    given = {key: field(table, key, dict, where=where, default={}) for key in ("goal", "attribute", "values")}
    goals = tuple(_goal(name, one, where) for name, one in given["goal"].items())
    attributes = tuple(_attribute(name, one, where) for name, one in given["attribute"].items())
    if standard and not given["goal"] and not given["attribute"]:
        # A file of weights alone keeps the scales of the world.
        first = next(iter(standard.values()))
        goals, attributes = first.goals, first.attributes
    if not given["values"]:
        raise InvalidValues(f"{where} has no values", expected="at least one table [values.NAME]", mend=_MEND)
    return {name: _values(name, one, goals, attributes, where) for name, one in given["values"].items()}
