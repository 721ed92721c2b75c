"""The same worlds with a second luck: run again from what outcomes say of themselves, or checked to be that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np

import priors
from forecast.decision.utility import utility
from forecast.decision.worlds import read_utility
from forecast.engine.draws import source_of
from forecast.engine.simulate import simulated
from forecast.errors import ForecastError, InvalidArgument
from forecast.inference import conditioned, is_fit
from forecast.options import Option, resolve
from forecast.outcomes.dataset import check, parameters, said_apart
from forecast.outcomes.identity import (
    OF_PARAMETERS,
    check_same_run,
    check_same_worlds,
    differences,
    run_of,
    world_names,
)
from forecast.plain_data import attr_dict, attr_seed
from forecast.settings import Backend, Settings, next_seed
from forecast.world import World
from forecast.worlds import world_of

if TYPE_CHECKING:
    import xarray as xr

    from forecast.decision.values import Values
    from priors import PriorSet

__all__ = ["SecondLuckKeywords", "checked_second", "luck_of", "second_run", "utilities_of_both"]

type Array = np.ndarray[Any, np.dtype[np.float64]]

_SAME = (*OF_PARAMETERS, "months")
_MEND = "again = forecast.simulate(beliefs, ..., luck=OTHER), with everything else as for the first"


class SecondLuckKeywords(TypedDict, total=False):
    """How the same worlds are run with a second luck: the fields of :class:`forecast.Settings` that outcomes leave."""

    luck: int | None
    backend: Backend
    threads: int | None
    client: Any
    progress: bool


def luck_of(outcomes: xr.Dataset) -> int:
    """Return the seed of the luck of a run, which is that of its beliefs where it says no other."""
    return attr_seed(outcomes.attrs, "luck" if "luck" in outcomes.attrs else "seed")


def second_run(outcomes: xr.Dataset, beliefs: PriorSet | xr.DataTree | None, settings: Settings) -> xr.Dataset:
    """Run the same options in the same worlds with a second luck.

    Parameters
    ----------
    outcomes : xarray.Dataset
        From :func:`forecast.simulate`; any of its worlds, in any order.
    beliefs : PriorSet or xarray.DataTree, optional
        What it was run from; by default the shipped beliefs of the name that it has, conditioned on the evidence of the
        name that it has.
    settings : Settings
        How. The seed of the luck is by default one more than that of the first; months and seed are the outcomes'.

    Raises
    ------
    InvalidArgument
        If the options, the beliefs or the evidence cannot be had by name, or are not those of the outcomes.
    """
    check(outcomes)
    world = world_of(outcomes.attrs)
    options = _options(outcomes, world)
    worlds, seed = outcomes["world"].values, attr_seed(outcomes.attrs, "seed")
    source = _believed(outcomes, beliefs, seed, world, progress=settings.progress)
    for part, known in source_of(source, world).provenance.items():
        # Gates may have been judged after the run.
        if part != "gates" and known != str(outcomes.attrs.get(part, "")):
            raise _not_again(f"{part} is {outcomes.attrs.get(part, '')!r:.40} there, and {known!r:.40} here")
    luck = next_seed(luck_of(outcomes)) if settings.luck is None else settings.luck
    settings = replace(settings, months=int(outcomes["month"].values[-1]), seed=seed, luck=luck)
    if settings.luck == luck_of(outcomes):
        raise InvalidArgument(
            f"luck = {settings.luck}, which is that of the outcomes",
            expected="another seed for the second luck",
            mend="leave it out for the next one",
        )
    if worlds.size < 2:
        raise InvalidArgument("a single world", expected="two worlds at least", mend="simulate more")
    whole = range(int(worlds.min()), int(worlds.max()) + 1)
    return simulated(source, options=options, settings=settings, worlds=whole, world=world).sel(world=worlds)


def _options(outcomes: xr.Dataset, world: World) -> list[Option]:
    """Return the options that were run, where they are known by name and are still the same."""
    names = [str(name) for name in outcomes["option"].values]
    try:
        options = list(resolve(names, world=world).values())
    except ForecastError as error:
        raise _not_again(f"not all of the options are the world's ({error.given})") from error
    hashes = attr_dict(outcomes.attrs, "option_hashes")
    for name, option in zip(names, options, strict=True):
        if (option.name, option.hash) != (name, hashes.get(name)):
            raise _not_again(f"the world's option {name!r} is another one")
    return options


def _believed(
    outcomes: xr.Dataset, beliefs: PriorSet | xr.DataTree | None, seed: int, world: World, *, progress: bool
) -> PriorSet | xr.DataTree:
    """Return what worlds were drawn from: what is given, or shipped beliefs on shipped evidence."""
    try:
        given = priors.load(str(outcomes.attrs.get("priors", ""))) if beliefs is None else beliefs
        evidence = None if is_fit(given) else str(outcomes.attrs.get("evidence", ""))
        return conditioned(given, evidence, seed=seed, progress=progress, world=world)
    except ForecastError as error:
        raise _not_again(f"it is not known what they were run from ({error.given})") from error


def _not_again(why: str) -> InvalidArgument:
    return InvalidArgument(
        f"outcomes that cannot be run again: {why}",
        expected="shipped options, and shipped beliefs on shipped evidence or beliefs=WHAT_THEY_WERE_RUN_FROM",
        mend=f"pass beliefs, such as the fit; or the second run: {_MEND}",
    )


def checked_second(outcomes: xr.Dataset, again: xr.Dataset) -> xr.Dataset:
    """Check that a run is of the same worlds with other luck, and return it with its options in the same order.

    Parameters
    ----------
    outcomes, again : xarray.Dataset
        From :func:`forecast.simulate`.

    Raises
    ------
    InvalidArgument
        If they differ in anything but luck, or do not differ in that, or have fewer than two worlds.
    """
    check(outcomes)
    check(again)
    labels = [run_of(run) for run in (outcomes, again)]
    worlds = world_names(outcomes, again)
    said = differences(labels[0], labels[1], parts=_SAME, worlds=worlds) if labels[0] and labels[1] else ""
    said = said or said_apart(outcomes, again)
    if said:
        raise _other_worlds(said)
    lucks = [run.attrs.get("luck", run.attrs.get("seed")) for run in (outcomes, again)]
    if lucks[0] == lucks[1]:
        raise _other_worlds(f"both have the luck {lucks[0]!r:.40}")
    if set(outcomes["option"].values.tolist()) != set(again["option"].values.tolist()):
        raise _other_worlds("they have other options")
    hashes = [attr_dict(run.attrs, "option_hashes") for run in (outcomes, again)]
    for name in outcomes["option"].values.tolist():
        if hashes[0].get(name) != hashes[1].get(name):
            raise _other_worlds(f"the option {name!r} is another in the second")
    for dim in ("world", "month"):
        if not np.array_equal(outcomes[dim].values, again[dim].values):
            raise _other_worlds(f"they have other {dim}s ({outcomes.sizes[dim]} and {again.sizes[dim]})")
    # What was said is one thing; that the parameters are the same is what everything rests on.
    first, second = parameters(outcomes), parameters(again)
    for name in map(str, first.data_vars):
        if name not in second or not np.array_equal(first[name].values, second[name].values):
            raise _other_worlds(f"the parameter {name!r} is not the same in every world")
    if outcomes.sizes["world"] < 2:
        raise InvalidArgument("one world", expected="at least two", mend="simulate thousands")
    return again.sel(option=outcomes["option"].values)


def _other_worlds(why: str) -> InvalidArgument:
    return InvalidArgument(
        f"the two runs are not of the same worlds with other luck: {why}",
        expected="the same worlds with other luck",
        mend=_MEND,
    )


def utilities_of_both(
    outcomes: xr.Dataset,
    again: xr.Dataset,
    values: str | Path | Mapping[str, float] | Values | tuple[xr.DataArray, xr.DataArray],
) -> tuple[Array, Array, str]:
    """Return the utility of two runs, each of shape (option, world), and whose values these are.

    Parameters
    ----------
    outcomes, again : xarray.Dataset
        The same worlds with other luck, with their options in the same order.
    values : str, Path, mapping, Values, or two DataArrays
        By what to value them, or their utilities.

    Raises
    ------
    InvalidArgument
        If utilities are given that are not of these options and worlds.
    """
    given = values if isinstance(values, tuple) else (utility(outcomes, values), utility(again, values))
    if len(given) != 2:
        raise InvalidArgument(
            f"{len(given)} utilities", expected="two, one of each run", mend="pass (utility(outcomes), utility(again))"
        )
    names = [str(name) for name in outcomes["option"].values]
    found = []
    for array, run, which in zip(given, (outcomes, again), ("first", "second"), strict=True):
        read = read_utility(array)
        names_of_both = (f"the {which} utility", f"the {which} run")
        check_same_run(read.run, run, names_of_both, mend="pass (utility(outcomes), utility(again)), in this order")
        check_same_worlds(read.labels, run["world"].values, names_of_both)
        if set(read.names) != set(names) or read.worlds != outcomes.sizes["world"]:
            raise InvalidArgument(
                f"a utility of {len(read.names)} options in {read.worlds} worlds",
                expected=f"the {len(names)} options and {outcomes.sizes['world']} worlds of the outcomes",
                mend="pass (forecast.utility(outcomes, v), forecast.utility(again, v))",
            )
        found.append(read.values[[read.names.index(name) for name in names]])
    return found[0], found[1], str(given[0].attrs.get("values", "given"))
