"""Values from a TOML file, shipped or an analyst's own."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecast.arguments import outcome_there
from forecast.decision.values import Attribute, Goal, Values, rank_weights
from forecast.errors import InvalidValues, UnknownValues, VersionMismatch, near_matches
from forecast.outcomes.dataset import check
from forecast.schema import Outcome, outcomes_of
from forecast.world import World
from forecast.worlds import shipped, world_of
from priors.claims import check_claims
from priors.tables import check_keys, field, read_toml, strings

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["available_values", "load_values", "values_of"]

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


def _read(table: Mapping[str, Any], where: str, standard: Mapping[str, Values]) -> dict[str, Values]:
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


def _sets(world: World) -> dict[str, Values]:
    """Give the values that a world declares; one without any values its leading event alone."""
    if world.values_table:
        return _read(world.values_table, f"the values of {world.name}", {})
    return _leading(world.outcomes, world.leading)


def _leading(outcomes: Mapping[str, Outcome], name: str) -> dict[str, Values]:
    """Value the leading outcome alone, where it is an event of which one way is better."""
    leading = outcomes.get(name)
    if leading is None or not leading.is_event or leading.better is None:
        return {}
    worst, best = (0.0, 1.0) if leading.better == "higher" else (1.0, 0.0)
    goal = Goal(name, leading.long_name)
    values = Values(name, (goal,), (Attribute(name, name, worst, best),), {name: 1.0}, leading.long_name)
    return {name: values}


def available_values(world: World | None = None) -> tuple[str, ...]:
    """Give the names of the values of a world, of the shipped one by default."""
    return tuple(_sets(shipped() if world is None else world))


def load_values(name: str | Path | Mapping[str, float] | Values | None = None, *, world: World | None = None) -> Values:
    """Load values.

    Parameters
    ----------
    name : str, Path, mapping or Values, optional
        The name of values that the world declares, of which the first are taken by default; of the shipped one
        "balanced", "counterterrorism_first" and "state_building_first". Or the path of a TOML file in the form of
        ``forecast/libya/values.toml`` with one set of values (a file without goals and attributes keeps those of the
        world); weights of your own for the world's goals, such as ``{"isis": 2, "state": 1, "peace": 1}``, on whose
        weights readers disagree as much as on the first; or values, which are handed back.
    world : World, optional
        Whose outcomes they are of; the shipped one by default. A world that declares no values has those of its leading
        event alone.

    Returns
    -------
    Values
        Checked.

    Raises
    ------
    UnknownValues
        If there are neither such values nor such a file.
    InvalidValues, UnknownOutcome
        If scales or weights cannot be used.
    InvalidFile
        If the file is not TOML of this form; ``VersionMismatch`` if of another format.
    """
    home = shipped() if world is None else world
    found = _loaded(name, _sets(home)).of(home.outcomes)
    _check_claims(found, home)
    return found


def values_of(name: str | Path | Mapping[str, float] | Values | None, outcomes: xr.Dataset) -> Values:
    """Load values for the outcomes of a run; errors as for :func:`load_values`."""
    check(outcomes)
    known = outcomes_of(outcomes)
    of_a_world = "world_hash" in outcomes.attrs
    world = world_of(outcomes.attrs) if of_a_world else None
    declared = _sets(world) if world is not None else _leading(known, str(outcomes.attrs.get("leading", "")))
    chosen = _loaded(name, declared)
    if world is not None:
        _check_claims(chosen, world)
    declares = str(outcomes.attrs.get("variables", "")).split()
    for attribute in chosen.attributes:
        if attribute.outcome in declares:
            outcome_there(attribute.outcome, known, needed=f", which the values {chosen.name!r} need")
    return chosen.of(known)


def _check_claims(values: Values, world: World) -> None:
    for one in values.attributes:
        check_claims(one.claims, world.claims, where=f"the attribute {one.outcome!r}")


def _loaded(name: object, known: Mapping[str, Values]) -> Values:
    """Load values; ``known`` are those that are declared."""
    if isinstance(name, Values):
        return name
    if (name is None or isinstance(name, Mapping)) and not known:
        raise InvalidValues(
            "no values are given, and none are declared",
            expected="what is wanted, and how much",
            mend="pass values=forecast.Values(...), or write World(..., values=...)",
        )
    if name is None:
        return next(iter(known.values()))
    if isinstance(name, Mapping):
        return next(iter(known.values())).with_weights(name)
    if isinstance(name, str) and name in known:
        return known[name]
    if not isinstance(name, str | Path):
        raise InvalidValues(
            f"the values are a {type(name).__name__}",
            expected="a name, a file, weights of the goals, or Values",
            mend=f"pass for example {next(iter(known), 'a file')!r}",
        )
    path = Path(name)
    if isinstance(name, str) and path.suffix != ".toml" and not os.path.exists(path):
        raise UnknownValues(
            f"there are no values {name!r:.60}",
            expected="values that the world declares, or a TOML file",
            mend=near_matches(name, known),
        )
    source = read_toml(path)
    found = _read(source.table, source.where, known)
    if len(found) != 1:
        raise InvalidValues(
            f"{source.where} has {len(found)} sets of values",
            expected="exactly one",
            mend="keep the one you want to use",
        )
    return next(iter(found.values()))
