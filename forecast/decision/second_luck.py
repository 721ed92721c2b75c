"""A second run of the same worlds with other luck, checked to be that."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.decision.utility import utility
from forecast.decision.worlds import read_utility
from forecast.errors import InvalidArgument
from forecast.outcomes.dataset import check, parameters
from forecast.outcomes.identity import OF_PARAMETERS, check_same_run, check_same_worlds, differences, run_of

if TYPE_CHECKING:
    import xarray as xr

    from forecast.decision.values import Values

__all__ = ["checked_second", "luck_of", "utilities_of_both"]

type Array = np.ndarray[Any, np.dtype[np.float64]]

_SAME = (*OF_PARAMETERS, "months")
_MEND = "again = forecast.simulate(beliefs, ..., luck=OTHER), with everything else as for the first"


def luck_of(outcomes: xr.Dataset) -> int:
    """Return the seed of the luck of a run, which is that of its beliefs where it says no other."""
    return int(outcomes.attrs.get("luck", outcomes.attrs["seed"]))


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
    said = differences(labels[0], labels[1], parts=_SAME) if labels[0] and labels[1] else ""
    if said:
        raise _other_worlds(said)
    lucks = [run.attrs.get("luck", run.attrs.get("seed")) for run in (outcomes, again)]
    if lucks[0] == lucks[1]:
        raise _other_worlds(f"both have the luck {lucks[0]!r:.40}")
    if set(outcomes["option"].values.tolist()) != set(again["option"].values.tolist()):
        raise _other_worlds("they have other options")
    hashes = [json.loads(str(run.attrs.get("option_hashes", "{}"))) for run in (outcomes, again)]
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
