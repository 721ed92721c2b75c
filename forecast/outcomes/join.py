"""``join``: options, or worlds, of one run that were simulated apart."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.errors import InvalidArgument, MismatchedRuns
from forecast.outcomes.dataset import check, said_apart
from forecast.outcomes.identity import check_labels, check_same_run, run_of, world_span
from forecast.plain_data import attr_dict
from forecast.results import GateState
from forecast.schema import PARAMETER_PREFIX

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["join"]

_RUN_APART = "simulate what is missing with the same world, beliefs, evidence, seed, luck and months"


def join(*outcomes: xr.Dataset) -> xr.Dataset:
    """Put together options, or worlds, of one run that were simulated apart.

    Parameters
    ----------
    *outcomes : xarray.Dataset
        Two or more from :func:`forecast.simulate`, not reduced, with the same beliefs, evidence, seed, luck, months and
        version: other options in the same worlds, or other worlds under the same options.

    Returns
    -------
    xarray.Dataset
        Dims (option, world, month), with the bits of one run of all of them. Options stand in the order given, worlds
        in that of their labels.

    Raises
    ------
    MismatchedRuns
        If they are of different runs, or hold an option or a world twice; the message says what differs.
    InvalidArgument
        If one is no simulation, a summary, or there is only one.

    Examples
    --------
    >>> import forecast, priors
    >>> district = forecast.load_world("district")
    >>> beliefs, how = priors.load(district.beliefs), {"world": district, "evidence": "none"}
    >>> first, more = (forecast.simulate(beliefs, worlds=worlds, **how) for worlds in (50, range(50, 80)))
    >>> forecast.join(first, more).sizes["world"]
    80
    """
    if len(outcomes) < 2:
        raise InvalidArgument(
            f"{len(outcomes)} run to join", expected="two or more", mend="pass forecast.join(first, second)"
        )
    first = outcomes[0]
    for one in outcomes:
        check(one)
        if run_of(one) is None:
            raise InvalidArgument(
                "outcomes that do not say which run they are of",
                expected="the coordinate run that forecast.simulate gives",
                mend="run them again with this release",
            )
    for place, one in enumerate(outcomes[1:], start=2):
        names = ("the first", f"the {_ordinal(place)}")
        check_same_run(first, one, names, mend=_RUN_APART)
        _check_form(first, one, names)
    if all(np.array_equal(one["world"].values, first["world"].values) for one in outcomes):
        return _options_joined(outcomes)
    if any(one.attrs.get("given") for one in outcomes):
        raise MismatchedRuns(
            "worlds of which some were left out by a condition",
            expected="whole runs",
            mend="join them first, then forecast.given",
        )
    if all(set(_options(one)) == set(_options(first)) for one in outcomes):
        return _worlds_joined([one.sel(option=first["option"].values) for one in outcomes])
    place, other = next(
        (place, one)
        for place, one in enumerate(outcomes, start=1)
        if not np.array_equal(one["world"].values, first["world"].values)
    )
    raise MismatchedRuns(
        f"the first has {', '.join(_options(first))!s:.80} in {world_span(first['world'].values)} and the "
        f"{_ordinal(place)} {', '.join(_options(other))!s:.80} in {world_span(other['world'].values)}",
        expected="other options in the same worlds, or other worlds under the same options",
        mend="simulate the options in the same worlds, or the worlds under the same options",
    )


def _ordinal(place: int) -> str:
    return {2: "second", 3: "third"}.get(place, f"{place}th")


def _options(outcomes: xr.Dataset) -> list[str]:
    return [str(name) for name in outcomes["option"].values]


def _hashes(attrs: Mapping[str, Any]) -> dict[str, str]:
    return attr_dict(attrs, "option_hashes")


def _check_form(first: xr.Dataset, other: xr.Dataset, names: tuple[str, str]) -> None:
    """Refuse two runs that do not hold the same variables, conditions, or option of one name."""
    apart = sorted(map(str, set(first.variables) ^ set(other.variables)))
    if apart:
        raise MismatchedRuns(
            f"only one of {names[0]} and {names[1]} has {', '.join(apart[:3])}",
            expected="the same variables in both",
            mend="join them before dropping variables",
        )
    said = said_apart(first, other)
    if said:
        raise MismatchedRuns(
            f"{names[0]} and {names[1]} are of worlds that say different things: {said}",
            expected="one world",
            mend="run both with the same world",
        )
    same_worlds = np.array_equal(first["world"].values, other["world"].values)
    if same_worlds and first.attrs.get("given", "") != other.attrs.get("given", ""):
        raise MismatchedRuns(
            f"{names[0]} and {names[1]} are given other conditions",
            expected="the same condition on both",
            mend="join them first, then forecast.given",
        )
    known = _hashes(first.attrs)
    for name, said in _hashes(other.attrs).items():
        if name in known and known[name] != said:
            raise MismatchedRuns(
                f"the option {name!r} is another in {names[1]}",
                expected="one option a name",
                mend="rename one of them with option.renamed(...) and run it again",
            )


def _options_joined(outcomes: tuple[xr.Dataset, ...]) -> xr.Dataset:
    first = outcomes[0]
    for one in outcomes[1:]:
        # What is said of a run is one thing; that its worlds are the same is what pairing rests on.
        for name in (str(name) for name in first.data_vars if str(name).startswith(PARAMETER_PREFIX)):
            if not np.array_equal(first[name].values, one[name].values):
                raise MismatchedRuns(
                    f"the parameter {name.removeprefix(PARAMETER_PREFIX)} is not the same in every world",
                    expected="the same worlds in both",
                    mend=_RUN_APART,
                )
    return _concatenated(outcomes, "option")


def _worlds_joined(outcomes: list[xr.Dataset]) -> xr.Dataset:
    found = _concatenated(outcomes, "world")
    labels = found["world"].values
    return found if np.all(labels[1:] > labels[:-1]) else found.sortby("world")


def _concatenated(outcomes: Sequence[xr.Dataset], dim: str) -> xr.Dataset:
    import xarray as xr

    labels = xr.concat([one[dim] for one in outcomes], dim=dim, coords="minimal", compat="override")
    check_labels(labels, "these runs")
    found: xr.Dataset = xr.concat(
        list(outcomes),
        dim=dim,
        data_vars="minimal",
        coords="minimal",
        compat="override",
        join="exact",
        combine_attrs="override",
    )
    found = found.transpose("option", "world", "month", ..., missing_dims="ignore")
    found.attrs = _attrs([one.attrs for one in outcomes], worlds=dim == "world")
    return found


def _attrs(attrs: list[dict[str, Any]], *, worlds: bool) -> dict[str, Any]:
    found = dict(attrs[0])

    def each(key: str) -> list[Any]:
        return [one[key] for one in attrs if key in one]

    def first_not(key: str, usual: str) -> str:
        return next((str(value) for value in each(key) if value != usual), usual)

    made: dict[str, Callable[[], Any]] = {
        "option_hashes": lambda: json.dumps({name: said for one in attrs for name, said in _hashes(one).items()}),
        "backend": lambda: ", ".join(dict.fromkeys(map(str, each("backend")))),
        "created": lambda: max(map(str, each("created"))),
        "ended": lambda: first_not("ended", "complete"),
        "gates": lambda: str(GateState.together(map(GateState.read, each("gates")))),
    }
    if worlds:
        made["worlds_asked"] = lambda: sum(each("worlds_asked"))
        made["first_world"] = lambda: min(each("first_world"))
    return found | {key: make() for key, make in made.items() if each(key)}
