"""Values from a TOML file, shipped or an analyst's own."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from forecast.arguments import outcome_there
from forecast.decision.values import Attribute, Goal, Values
from forecast.decision.written import read_values
from forecast.errors import InvalidValues, UnknownValues, kind_of, near_matches
from forecast.outcomes.dataset import check
from forecast.schema import Outcome, outcomes_of
from forecast.world import World
from forecast.worlds import given_or_shipped, world_of
from priors.claims import check_claims
from priors.tables import read_toml

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["available_values", "load_values", "values_of"]


def _sets(world: World) -> dict[str, Values]:
    """Give the values that a world declares; one without any values its leading event alone."""
    if world.values_table:
        return read_values(world.values_table, f"the values of {world.name}")
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
    return tuple(_sets(given_or_shipped(world)))


def load_values(name: str | Path | Mapping[str, float] | Values | None = None, *, world: World | None = None) -> Values:
    """Load values.

    Parameters
    ----------
    name : str, Path, mapping or Values, optional
        The name of values that the world declares, of which the first are taken by default. Or the path of a TOML file
        in the form of ``forecast/worlds/district_values.toml`` with one set of values (a file without goals and
        attributes keeps those of the world); weights of your own for the world's goals, such as ``{"quiet": 2,
        "peace": 1}``, on whose weights readers disagree as much as on the first; or values, which are handed back.
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

    Examples
    --------
    >>> import forecast
    >>> forecast.load_values("quiet_first", world=forecast.load_world("district"))
    <Values quiet_first: quiet 0.75, peace 0.25>
    """
    home = given_or_shipped(world)
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
            f"the values are {kind_of(name)}",
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
    found = read_values(source.table, source.where, known)
    if len(found) != 1:
        raise InvalidValues(
            f"{source.where} has {len(found)} sets of values",
            expected="exactly one",
            mend="keep the one you want to use",
        )
    return next(iter(found.values()))
