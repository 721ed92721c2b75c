"""``given``: the worlds in which something holds, under every option."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.arguments import option_run
from forecast.errors import InvalidArgument, MismatchedRuns, UnknownOutcome, kind_of, near_matches
from forecast.estimates import mean_error
from forecast.outcomes.dataset import check, levels, titles
from forecast.outcomes.identity import OF_PARAMETERS, PARTS, RUN, check_same_run, check_same_worlds
from forecast.plain_data import attr_list
from forecast.schema import outcome_of, outcomes_of

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["given"]


def given(
    outcomes: xr.Dataset, condition: xr.DataArray | str, *, under: str | None = None, words: str | None = None
) -> xr.Dataset:
    """Keep the worlds in which something holds, for all options.

    Options stay paired: a world is kept under every option or under none, so the condition has to say under which
    option it is to hold, unless it is the same under all, as a condition on parameters is.

    Parameters
    ----------
    outcomes : xarray.Dataset
        From :func:`forecast.simulate`, not reduced.
    condition : xarray.DataArray or str
        True or False in each world, dims (world) or (option, world); or the name of a yes/no outcome.
    under : str, optional
        The option under which the condition is to hold.
    words : str, optional
        What the condition says, for everything that is told of these worlds; by default an outcome's own words, or what
        the condition is on.

    Returns
    -------
    xarray.Dataset
        As ``outcomes``, with the worlds kept, under their labels. ``attrs["given"]`` (JSON) lists every condition in
        words with the number of worlds kept and looked at, their share and its Monte-Carlo error.

    Raises
    ------
    InvalidArgument
        If the condition is not yes or no in each world, holds in none, or differs between options and ``under`` is
        not given.
    MismatchedRuns
        If it is of another run or other worlds.
    UnknownOption, UnknownOutcome
        For a name that is not there.

    Notes
    -----
    Conditioning on what happens under an option picks parameters and luck that favour it: what other options do in
    these worlds is what they would have done there, not what they do in general.

    Examples
    --------
    >>> import forecast, priors
    >>> district = forecast.load_world("district")
    >>> outcomes = forecast.simulate(priors.load(district.beliefs), world=district, evidence="none", worlds=200)
    >>> peaceful = forecast.given(outcomes, "truce_ever", under="both")
    >>> peaceful.sizes["world"], bool(peaceful.truce_ever.sel(option="both").all())
    (170, True)
    """
    check(outcomes)
    options = [str(name) for name in outcomes["option"].values]
    if under is not None:
        option_run("option", under, options)
    array, said_of_it = _read(outcomes, condition)
    if words is not None and (not isinstance(words, str) or not words.strip()):
        raise InvalidArgument(f"words = {words!r:.60}", expected="a few words", mend="say what the condition says")
    words = said_of_it if words is None else " ".join(words.split())[:200]
    holds = _in_each_world(outcomes, array, under, options)
    kept, of = int(np.count_nonzero(holds)), holds.size
    if not kept:
        raise InvalidArgument(
            f"{words} in none of {of:,} worlds",
            expected="a condition that holds in some world",
            mend="run more worlds, or ask for less",
        )
    if under is not None and ("option" in array.coords or "option" in array.dims):
        words += f" under {titles(outcomes)[under]}"
    said = {
        "words": words,
        "under": under or "",
        "kept": kept,
        "of": of,
        "share": kept / of,
        "error": mean_error(holds, event=True),
    }
    before = attr_list(outcomes.attrs, "given")
    return outcomes.isel(world=np.flatnonzero(holds)).assign_attrs(given=json.dumps([*before, said]))


def _read(outcomes: xr.Dataset, condition: object) -> tuple[xr.DataArray, str]:
    import xarray as xr

    if isinstance(condition, str):
        known = outcomes_of(outcomes)
        if condition not in outcomes.data_vars or condition not in known or not known[condition].is_event:
            events = [name for name, outcome in known.items() if outcome.is_event]
            raise UnknownOutcome(
                f"there is no yes/no outcome {condition!r:.60}",
                expected="one of these outcomes, or an array",
                mend=near_matches(condition, events),
            )
        happened = levels(outcomes, condition).astype(bool)
        condition = outcomes[condition].transpose("option", "world").copy(data=happened)
    if not isinstance(condition, xr.DataArray):
        raise InvalidArgument(
            f"the condition is {kind_of(condition)}",
            expected="an array of True and False with dim world, or the name of a yes/no outcome",
            mend='pass a comparison, such as outcomes["NAME"] < 3000',
        )
    if condition.dtype != np.bool_ or set(condition.dims) - {"option", "world"} or "world" not in condition.dims:
        raise InvalidArgument(
            f"the condition has dtype {condition.dtype} and dims {tuple(map(str, condition.dims))}",
            expected="True or False, dims world, or option and world",
            mend="compare it first, and select the month",
        )
    names = ("the condition", "the outcomes")
    # A condition on parameters alone holds whatever the luck and the horizon.
    of_parameters = RUN in condition.coords and condition.coords[RUN].ndim == 0 and "option" not in condition.coords
    check_same_run(condition, outcomes, names, parts=OF_PARAMETERS if of_parameters else PARTS)
    if condition.sizes["world"] != outcomes.sizes["world"]:
        raise MismatchedRuns(
            f"the condition is of {condition.sizes['world']:,} worlds and the outcomes of {outcomes.sizes['world']:,}",
            expected="the same worlds in both",
            mend="take both from the same simulation",
        )
    labels = condition.coords["world"].values if "world" in condition.coords else None
    check_same_worlds(labels, outcomes["world"].values, names)
    return condition, _words(outcomes, condition)


def _words(outcomes: xr.Dataset, condition: xr.DataArray) -> str:
    """Say what a condition is: an outcome, or something about one, whose words a comparison keeps as its own."""
    name = str(condition.name or "")
    if name not in outcomes.data_vars:
        return f"a condition on {name}" if name else "a condition"
    known = outcome_of(outcomes, name)
    if known is not None:
        # A comparison with what is missing is no answer.
        levels(outcomes, name)
    source = outcomes[name]
    if "option" in source.dims and "option" in condition.coords:
        source = source.sel(option=condition["option"].values)
    plain = source.dtype == np.bool_ and source.sizes == condition.sizes
    if plain and np.array_equal(source.transpose(*condition.dims).values, condition.values):
        return str(source.attrs.get("long_name", name))
    return f"a condition on {name}"


def _in_each_world(
    outcomes: xr.Dataset, array: xr.DataArray, under: str | None, options: list[str]
) -> np.ndarray[Any, np.dtype[np.bool_]]:
    if array.ndim == 1:
        of = array.coords["option"].item() if "option" in array.coords and array.coords["option"].ndim == 0 else None
        if of is not None and under != of:
            raise InvalidArgument(
                f"the condition is of the option {of!s:.60}, and under is {under!r:.60}",
                expected="the option of the condition",
                mend=f"pass under={of!r:.60}",
            )
        return np.asarray(array.values)
    if "option" not in array.coords or set(array["option"].values.tolist()) != set(options):
        raise InvalidArgument(
            "the condition has other options than the outcomes",
            expected="the same options in both",
            mend="compute it from the outcomes, or select one option of it",
        )
    each = array.transpose("option", "world").sel(option=outcomes["option"].values).values
    if under is not None:
        return np.asarray(each[options.index(under)])
    if not (each == each[0]).all():
        shares = dict(zip(options, each.mean(axis=1), strict=True))
        low, high = min(shares, key=lambda name: shares[name]), max(shares, key=lambda name: shares[name])
        raise InvalidArgument(
            f"the condition differs between options: it holds in {100 * shares[low]:.1f}% of worlds under {low} and "
            f"{100 * shares[high]:.1f}% under {high}",
            expected="the option under which it is to hold",
            mend=f"pass under={low!r} or under={high!r}",
        )
    return np.asarray(each[0])
