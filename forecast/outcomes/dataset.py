"""Outcomes: assembling what an engine ran into one labelled Dataset, and deriving the per-world outcomes."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from forecast.arguments import option_run
from forecast.errors import InvalidArgument, kind_of
from forecast.outcomes.identity import (
    RUN,
    WORLD_RUN,
    check_horizon,
    check_labels,
    parameters_label,
    run_label,
    run_of,
    world_key,
)
from forecast.outcomes.unknown import as_numbers
from forecast.plain_data import attr_dict, attr_list
from forecast.schema import (
    FORMAT,
    OUTCOMES_KIND,
    PARAMETER_PREFIX,
    SUMMARY_KIND,
    outcome_of,
    outcomes_of,
    states_of,
)
from forecast.versions import package_version, versions
from forecast.worlds import carried, world_of

if TYPE_CHECKING:
    import xarray as xr

    from forecast.engine.draws import Draws
    from forecast.options import Option
    from forecast.world import World

__all__ = [
    "assemble",
    "baseline_or_null",
    "check",
    "events_of",
    "gain_of",
    "harms_of",
    "headline_of",
    "is_summary",
    "levels",
    "option_coords",
    "parameters",
    "provenance",
    "read_states",
    "refuse_missing",
    "said_apart",
    "titles",
    "to_arviz",
]

Arrays = Mapping[str, np.ndarray[Any, Any]]


def assemble(
    world: World,
    states: Arrays,
    outcomes: Arrays,
    drawn: Draws,
    *,
    options: Mapping[str, Option],
    provenance: Mapping[str, Any],
    first: int = 0,
) -> xr.Dataset:
    """Put states, derived outcomes, parameters and provenance into one Dataset.

    Parameters
    ----------
    world : World
        What was run.
    states : mapping of str to ndarray
        Each state, shape (option, world, month).
    outcomes : mapping of str to ndarray
        Each outcome, as :func:`forecast.outcomes.derive.derive` gives them, shape (option, world).
    drawn : Draws
        The worlds' parameters, and what is said of them.
    options : mapping of str to Option
        What was run.
    provenance : mapping
        What else the attributes say; ``run`` becomes the coordinate of that name.
    first : int
        Label of the first world.

    Returns
    -------
    xarray.Dataset
        Each variable with what it is in its attributes; see :mod:`forecast.schema`.
    """
    import xarray as xr

    data: dict[str, Any] = {}
    of_parameters = parameters_label(provenance["run"])
    for name, variable in world.states.items():
        data[name] = (("option", "world", "month"), states[name], variable.attrs())
    for name, array in outcomes.items():
        data[name] = (("option", "world"), array, world.outcomes[name].attrs())
    for name, array in drawn.values.items():
        # So that a parameter by itself still says which run it is of.
        data[PARAMETER_PREFIX + name] = (("world",), array, {**drawn.attrs[name], RUN: of_parameters})

    worlds, held = next(iter(states.values())).shape[1:]
    key = np.full(worlds, world_key(provenance["run"]), dtype=np.uint32)
    return xr.Dataset(
        data,
        coords={
            **option_coords(options, provenance["run"]),
            "world": ("world", np.arange(first, first + worlds), {"long_name": "Possible world"}),
            WORLD_RUN: ("world", key, {"long_name": "Key of the run that the world is of"}),
            "month": ("month", world.months_at(held - 1), {"long_name": world.months_label}),
        },
        attrs={"kind": OUTCOMES_KIND, "format": FORMAT, **provenance},
    )


def option_coords(options: Mapping[str, Option], run: str) -> dict[str, Any]:
    """Give the coordinates of dim option: names, titles in words, and the label of the run that each is of."""
    titles = [option.title for option in options.values()]
    return {
        "option": ("option", list(options), {"long_name": "Intervention option"}),
        "title": ("option", titles, {"long_name": "Option in words"}),
        RUN: ("option", [run] * len(titles), {"long_name": "Run that the option is of"}),
    }


def provenance(
    options: Mapping[str, Option],
    *,
    seed: int,
    luck: int,
    months: int,
    backend: str,
    source: Mapping[str, str],
    world: World,
) -> dict[str, Any]:
    """Say where results come from, for their attributes.

    Parameters
    ----------
    options : mapping of str to Option
        What was run.
    seed : int
        The root seed.
    luck : int
        The seed of the shocks.
    months : int
        Horizon.
    backend : str
        What ran it.
    source : mapping of str to str
        What :class:`forecast.engine.draws.Source` says of the beliefs or the fit.
    world : World
        What was run.
    """
    said = {"seed": seed, "luck": luck, **source}
    return {
        "origin": world.date,
        **carried(world),
        "null_option": world.null_option,
        "proposal": world.proposal,
        "leading": world.leading,
        "headline": " ".join(world.headline),
        "gain": " ".join(world.gain),
        "harms": json.dumps(world.harms),
        "events": json.dumps(world.titled_events),
        "variables": " ".join((*world.states, *world.outcomes)),
        **said,
        "run": run_label(said, months=months, version=package_version(), world=world.hash),
        "option_hashes": json.dumps({name: option.hash for name, option in options.items()}),
        "backend": backend,
        "versions": json.dumps(versions()),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def parameters(outcomes: xr.Dataset) -> xr.Dataset:
    """Give the parameters of each world under their own names.

    Parameters
    ----------
    outcomes : xarray.Dataset
        From :func:`forecast.simulate`.

    Returns
    -------
    xarray.Dataset
        One variable a parameter, dim world, named as its prior. The scalar coordinate ``run`` says which run they are
        of, so that another run's utility is not put beside them.

    Examples
    --------
    >>> import forecast, priors
    >>> district = forecast.load_world("district")
    >>> outcomes = forecast.simulate(priors.load(district.beliefs), world=district, evidence="none", worlds=200)
    >>> believed = forecast.parameters(outcomes)
    >>> list(believed), dict(believed.sizes)
    (['rebels', 'growth', 'patrol_effect', 'raid_rate', 'truce_hazard', 'talks_effect'], {'world': 200})
    """
    check(outcomes)
    names = [str(name) for name in outcomes.data_vars if str(name).startswith(PARAMETER_PREFIX)]
    found = outcomes[names].rename({name: name.removeprefix(PARAMETER_PREFIX) for name in names})
    run = run_of(outcomes)
    # Parameters of several options that are of no run any more are anybody's.
    return found.drop_vars(RUN, errors="ignore") if run is None else found.assign_coords({RUN: run})


def levels(outcomes: xr.Dataset, name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Read an outcome of every option in every world.

    Parameters
    ----------
    outcomes : xarray.Dataset
        From :func:`forecast.simulate`.
    name : str
        An outcome that is there.

    Returns
    -------
    ndarray
        Shape (option, world); NaN only in a time, where it never came.

    Raises
    ------
    InvalidArgument
        If it is missing in some world: a missing value is not a value.
    """
    array = outcomes.variables[name].transpose("option", "world").values.astype(np.float64)
    known = outcome_of(outcomes, name)
    refuse_missing(name, array, outcomes, is_time=known is not None and known.is_time)
    return array


def _first_missing(outcomes: xr.Dataset) -> tuple[str, bool]:
    """Say which states are no numbers first, and in which month: a world fails for what a step of it gives.

    And whether all these are neither yes nor no.
    """
    found: dict[int, list[str]] = {}
    known = states_of(outcomes)
    for name, variable in known.items():
        values = as_numbers(variable, outcomes.variables[name].transpose("month", ...).values)
        missing = ~np.isfinite(values.astype(np.float64)).reshape(len(values), -1).all(axis=1)
        if missing.any():
            found.setdefault(int(missing.argmax()), []).append(name)
    if not found:
        return "", False
    month = float(outcomes["month"].values[min(found)])
    names = found[min(found)]
    neither = all(known[name].kind == "yes/no" for name in names)
    verb, none = ("is", "no number") if len(names) == 1 else ("are", "no numbers")
    return f"; {', '.join(names)} {verb} {'neither 0 nor 1' if neither else none} from month {month:.3g} on", neither


def read_states(outcomes: xr.Dataset, names: Iterable[str]) -> dict[str, np.ndarray[Any, Any]]:
    """Read states of every option, world and month, in the types that they are kept in.

    Raises
    ------
    InvalidArgument
        If one is missing in some world, or does not say what it is.
    """
    found, known = {}, states_of(outcomes)
    for name in names:
        if name not in known:
            raise InvalidArgument(
                f"outcomes whose state {name!r:.60} does not say of which kind it is",
                expected="the attributes that forecast.simulate gave it",
                mend="leave the attributes of a run as they were, or run it again",
            )
        array = outcomes.variables[name].transpose("option", "world", "month").values
        refuse_missing(name, as_numbers(known[name], array))
        found[name] = array.astype(known[name].dtype, copy=False)
    return found


def refuse_missing(
    name: str, array: np.ndarray[Any, Any], outcomes: xr.Dataset | None = None, *, is_time: bool = False
) -> None:
    """Refuse an array (option, world, ...) in which a value is missing in some world.

    Parameters
    ----------
    name, array : str, ndarray
        What is looked at.
    outcomes : Dataset, optional
        The run that it is of, to say which of its states failed.
    is_time : bool
        Whether NaN says that it never came.

    Raises
    ------
    InvalidArgument
        Saying in how many.
    """
    if array.dtype.kind in "biu":
        return
    numbers = array.astype(np.float64)
    missing = np.isinf(numbers) if is_time else ~np.isfinite(numbers)
    if missing.any():
        worlds = np.moveaxis(missing, 1, 0).reshape(array.shape[1], -1).any(axis=1)
        cause, neither = ("", False) if outcomes is None else _first_missing(outcomes)
        leave_out = "leave those worlds out of every option with outcomes.sel(world=...) or forecast.given"
        if neither:
            mend = f"return a comparison for it, or xp.minimum(1.0, ...) of several; or {leave_out}"
        elif cause:
            mend = (
                "look in the month of the world for a division by 0, a logarithm of 0, a count that is no whole "
                f"number, or a chance outside 0..1; or {leave_out}"
            )
        else:
            mend = leave_out
        raise InvalidArgument(
            f"{name} is missing in {int(np.count_nonzero(worlds)):,} of {worlds.size:,} worlds{cause}",
            expected="a value under every option in every world",
            mend=mend,
        )


def baseline_or_null(outcomes: xr.Dataset, baseline: str | None) -> str:
    """Give the option to compare with: the world's null option, or else the first, where none is named.

    Raises
    ------
    UnknownOption
        If it was not run.
    """
    options = [str(name) for name in outcomes["option"].values]
    null = str(outcomes.attrs.get("null_option", "")) or options[0]
    return option_run("baseline", null if baseline is None else baseline, options)


def headline_of(outcomes: xr.Dataset) -> list[str]:
    """Give the outcomes that reports lead with."""
    return str(outcomes.attrs.get("headline", "")).split()


def gain_of(outcomes: xr.Dataset) -> list[str]:
    """Give the outcomes that say what an option gains."""
    return str(outcomes.attrs.get("gain", "")).split()


def harms_of(outcomes: xr.Dataset) -> list[str]:
    """Give the events that are harms that success may cost: outcomes, or "not" and one."""
    return [str(name) for name in attr_list(outcomes.attrs, "harms")]


def events_of(outcomes: xr.Dataset) -> dict[str, str]:
    """Give what pictures show month by month, each with its title or an empty one."""
    return {name: str(title) for name, title in attr_dict(outcomes.attrs, "events").items()}


def said_apart(first: xr.Dataset, other: xr.Dataset) -> str:
    """Tell what two runs of worlds that run alike say differently of the same thing; empty if nothing.

    What a code stands for, which way is better, a unit or a value is no part of how a world runs.
    """
    said: list[tuple[str, Any, Any]] = []
    for variables_of in (states_of, outcomes_of):
        mine, theirs = variables_of(first), variables_of(other)
        # A picture's axis is no matter.
        said += [
            (f"the {part.replace('_', ' ')} of {name!r}", value, getattr(theirs[name], part))
            for name in mine
            if name in theirs
            for part, value in vars(mine[name]).items()
            if part != "log"
        ]
    of_worlds = ("leading", "headline", "gain", "harms", "events", "null_option")
    said += [(f"the {key.replace('_', ' ')}", first.attrs.get(key), other.attrs.get(key)) for key in of_worlds]
    for what, here, there in said:
        if here != there:
            return f"{what} is {here!r:.80} in one and {there!r:.80} in the other"
    same = all(first.attrs.get(key) == other.attrs.get(key) for key in ("world_hash", "world_data"))
    if not same and world_of(first.attrs).values_table != world_of(other.attrs).values_table:
        return "the values of their worlds are others"
    return ""


def titles(outcomes: xr.Dataset) -> dict[str, str]:
    """Give the option titles, in words, by option name; the names where the titles are gone."""
    names = [str(name) for name in outcomes["option"].values]
    return dict(zip(names, outcomes["title"].values.tolist() if "title" in outcomes.coords else names, strict=True))


def check(outcomes: object, *, summaries: bool = False, whole_horizon: bool = True) -> None:
    """Refuse what is not a Dataset from :func:`forecast.simulate`.

    Parameters
    ----------
    outcomes : object
        What was given.
    summaries : bool
        Whether a summary will do, which ``simulate(..., reduce=True)`` returns and which has no single worlds.
    whole_horizon : bool
        Refuse outcomes of a later month than the last that is there.

    Raises
    ------
    InvalidArgument
        If it is something else, or a summary where worlds are needed.
    MismatchedRuns
        If it holds options of different runs, an option or a world twice, or fewer months than its outcomes are of.
    """
    if is_summary(outcomes) and not summaries:
        raise InvalidArgument(
            "outcomes is a summary, which has no single worlds",
            expected="the outcome of every world",
            mend="simulate without reduce=True, with as many worlds as memory holds",
        )
    attrs = getattr(outcomes, "attrs", {})
    if attrs.get("kind") != OUTCOMES_KIND and not is_summary(outcomes):
        raise InvalidArgument(
            f"outcomes is {kind_of(outcomes)} that no simulation made",
            expected="the Dataset that forecast.simulate returns",
            mend="pass that, or read a saved one with forecast.load",
        )
    known = cast("xr.Dataset", outcomes)
    sizes = known.sizes
    lacking = [dim for dim in ("option", *(() if is_summary(known) else ("world",))) if not sizes.get(dim)]
    if lacking:
        raise InvalidArgument(
            f"outcomes of dims {dict(sizes)!s:.80}",
            expected=f"at least one {lacking[0]}, along a dim of that name",
            mend=f"select with a list, as in outcomes.sel(option=[name]), and keep the dim {lacking[0]}",
        )
    check_labels(known)
    run_of(known)
    if whole_horizon:
        check_horizon(known)


def is_summary(outcomes: object) -> bool:
    """Say whether outcomes are a summary, without single worlds."""
    # A file may hold anything as its kind, an array too.
    kind = getattr(outcomes, "attrs", {}).get("kind")
    return isinstance(kind, str) and kind == SUMMARY_KIND


def to_arviz(outcomes: xr.Dataset) -> xr.DataTree:
    """Give outcomes as a tree in ArviZ's form, with one chain whose draws are the worlds.

    Parameters
    ----------
    outcomes : xarray.Dataset
        From :func:`forecast.simulate`.

    Returns
    -------
    xarray.DataTree
        Worlds of a fit: group ``posterior`` with the parameters that they used (chain, draw) and
        ``posterior_predictive`` with states and outcomes (chain, draw, option, ...). Of a fit by Markov chains the
        coordinate ``fit_draw`` on draw says which draw each world picked, counted through the first chain, then the
        second, and so on.
        Worlds drawn forward from beliefs: ``prior`` and ``prior_predictive``. Numbers are float64, as ArviZ expects,
        and NaN where a state is none.

    Examples
    --------
    >>> import forecast, priors
    >>> district = forecast.load_world("district")
    >>> outcomes = forecast.simulate(priors.load(district.beliefs), world=district, evidence="none", worlds=200)
    >>> found = forecast.to_arviz(outcomes)
    >>> sorted(found.children), dict(found["prior"].sizes)
    (['prior', 'prior_predictive'], {'chain': 1, 'draw': 200})
    """
    import xarray as xr

    beliefs, known = parameters(outcomes), states_of(outcomes)
    results = outcomes[[str(n) for n in outcomes.data_vars if not str(n).startswith(PARAMETER_PREFIX)]]

    def reshaped(data: xr.Dataset) -> xr.Dataset:
        apart = [
            str(name) for name, array in data.coords.items() if array.dtype.kind not in "biuf" and name != "option"
        ]
        moved = data.drop_vars(apart).rename(world="draw").expand_dims(chain=[0])
        numbers = {str(name): array.astype(np.float64) for name, array in moved.data_vars.items()}
        for name in known.keys() & numbers.keys():
            numbers[name] = numbers[name].copy(data=as_numbers(known[name], moved[name].values).astype(np.float64))
        return moved.assign(numbers).assign_coords(picked).transpose("chain", "draw", ...)

    when = "posterior" if outcomes.attrs.get("fit_draws") else "prior"
    picked = {"fit_draw": ("draw", _fit_draws(outcomes))} if "fit_shape" in outcomes.attrs else {}
    groups = {when: reshaped(beliefs), f"{when}_predictive": reshaped(results)}
    for group in groups.values():
        group.attrs = {**outcomes.attrs, "sample_dims": ["chain", "draw"]}
    return xr.DataTree.from_dict(groups)


def _fit_draws(outcomes: xr.Dataset) -> np.ndarray[Any, np.dtype[np.intp]]:
    """Say which draw of its fit each world has, as it was picked."""
    from forecast.engine.draws import picked

    draws = math.prod(int(size) for size in str(outcomes.attrs["fit_shape"]).split(" x "))
    labels = outcomes["world"].values
    if labels.dtype.kind not in "iu" or labels.min() < 0:
        raise InvalidArgument(
            "the worlds have lost their numbers", expected="worlds from 0 on", mend="keep the coordinate world as it is"
        )
    first = int(labels.min())
    found = picked(draws, int(outcomes.attrs["seed"]), first, int(labels.max()) + 1)
    return np.asarray(found[labels - first])
