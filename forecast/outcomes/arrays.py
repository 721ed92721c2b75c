"""``from_arrays``: what another model computed, in the form of outcomes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from forecast.arguments import one_of, shown
from forecast.errors import InvalidArgument, kind_of, near_matches
from forecast.schema import (
    FORMAT,
    OUTCOMES_KIND,
    PARAMETER_PREFIX,
    RESERVED,
    RESERVED_PARAMETERS,
    YES_NO,
    Outcome,
    is_name,
)

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

__all__ = ["from_arrays"]

type Array = np.ndarray[Any, Any]

_OF_WORLDS = ({"world"}, {"draw"}, {"chain", "draw"})
"""Dims that may stand for the worlds."""


class _Read(NamedTuple):
    """An array as it is kept, with the labels of its worlds where it has any."""

    array: Array
    labels: pd.Index | None


def from_arrays(
    outcomes: Mapping[str, Any],
    *,
    options: Sequence[str] | None = None,
    parameters: Mapping[str, Any] | None = None,
    better: Mapping[str, str] | None = None,
    units: Mapping[str, str] | None = None,
    leading: str = "",
    null_option: str = "",
) -> xr.Dataset:
    """Make outcomes of arrays that another model computed, for every analysis that runs no worlds.

    Parameters
    ----------
    outcomes : mapping of str to array
        By name: arrays or DataArrays of dims (option, world), tables whose columns are options, or a Dataset of these.
        A DataArray may have (chain, draw), or draw alone, in place of world. True and False make an event.
    options : sequence of str, optional
        Names of the options; by default those of the first array's coordinate or columns.
    parameters : mapping of str to array, optional
        What differs between worlds: shape (world,) each, as a mapping, a Dataset or a table. Worlds that have labels,
        in coordinates or in the index of a table, must have the same in all, in one order; arrays without are taken as
        they lie.
    better : mapping of str to {"higher", "lower"}, optional
        Which way an outcome is better, where that is so.
    units : mapping of str to str, optional
        "1" of what is not named.
    leading : str
        The outcome that says how it went; by default the first event of which it is said which way is better.
    null_option : str
        The option that others are compared with; the first by default.

    Returns
    -------
    xarray.Dataset
        Dims (option, world), in the form of :func:`forecast.simulate` without months: :func:`forecast.compare`,
        ``utility``, ``tradeoffs``, ``weight_map``, ``delta``, ``discover`` and the rest read it. It is of no run, so
        what takes worlds of its own says what it lacks.

    Raises
    ------
    InvalidArgument
        For arrays of other dims, sizes or types, worlds in another order, missing values, or names that are not there.

    Examples
    --------
    >>> import forecast
    >>> made = forecast.from_arrays(
    ...     {"saved": [[3.0, 5.0, 4.0], [6.0, 6.0, 9.0]]}, options=["nothing", "dam"], better={"saved": "higher"}
    ... )
    >>> float(forecast.compare(made).loc[("saved", "dam"), "difference"])
    3.0
    """
    import xarray as xr

    items = _items(outcomes, "outcomes")
    if not items:
        raise InvalidArgument("outcomes is empty", expected="at least one array", mend='pass {"saved": array}')
    names = list(options) if options is not None else _labels(next(iter(items.values())))
    if not names or not all(isinstance(name, str) and name for name in names) or len(set(names)) < len(names):
        raise InvalidArgument(
            f"the options are {shown(names)}", expected="a name for each, each once", mend='pass options=["a", "b"]'
        )
    read = {name: _of_options(name, array, names) for name, array in items.items()}
    arrays = {name: one.array for name, one in read.items()}
    sizes = {name: array.shape[1] for name, array in arrays.items()}
    if len(set(sizes.values())) > 1:
        raise InvalidArgument(
            f"the outcomes have {', '.join(f'{name} {size:,}' for name, size in sizes.items())} worlds",
            expected="the same worlds in all",
            mend="take them from one run of the model",
        )
    worlds = next(iter(sizes.values()))
    ways, known = dict(better or {}), dict(units or {})
    for what, given in (("better", ways), ("units", known)):
        for name in given:
            if name not in arrays:
                raise InvalidArgument(
                    f"{what} of {name!r:.60}", expected="one of the outcomes", mend=near_matches(str(name), arrays)
                )
    data: dict[str, Any] = {}
    for name, array in arrays.items():
        event = array.dtype == np.bool_
        way = one_of(f"better[{name!r}]", ways[name], "higher", "lower") if name in ways else None
        unit = YES_NO if event else str(known.get(name, "1"))
        outcome = Outcome(unit, name.replace("_", " "), "rule", better=way)  # type: ignore[arg-type]
        data[name] = (("option", "world"), array if event else array.astype(np.float64), outcome.attrs())
    for name, given in _items({} if parameters is None else parameters, "parameters").items():
        one = read[f"the parameter {name}"] = _of_worlds(f"the parameter {name}", given, worlds)
        data[PARAMETER_PREFIX + str(name)] = (("world",), one.array.astype(np.float64), {"units": "1"})
    _check_order({name: one.labels for name, one in read.items() if one.labels is not None})
    judged = [name for name in arrays if name in ways]
    first = next((name for name in judged if arrays[name].dtype == np.bool_), next(iter(judged), next(iter(arrays))))
    for what, name, among in (("leading", leading, list(arrays)), ("null_option", null_option, names)):
        if name and name not in among:
            raise InvalidArgument(f"{what} = {name!r:.60}", expected="one of them", mend=near_matches(name, among))
    return xr.Dataset(
        data,
        coords={
            "option": ("option", names, {"long_name": "Option"}),
            "title": ("option", [name.replace("_", " ").capitalize() for name in names]),
            "world": ("world", np.arange(worlds), {"long_name": "Possible world"}),
            "month": ("month", [0], {"long_name": "Months, of which there are none"}),
        },
        attrs={
            "kind": OUTCOMES_KIND,
            "format": FORMAT,
            "leading": leading or first,
            "headline": " ".join(arrays),
            "null_option": null_option or names[0],
            "variables": " ".join(arrays),
        },
    )


def _items(given: object, argument: str) -> dict[str, Any]:
    """Return arrays by name, of a Dataset its variables alone."""
    variables = getattr(given, "data_vars", given)
    if hasattr(given, "children") or not hasattr(variables, "items"):
        raise InvalidArgument(
            f"{argument} is {kind_of(given)}",
            expected="arrays by name",
            mend=f'pass {argument}=tree["posterior"].to_dataset()'
            if hasattr(given, "children")
            else f'pass {argument}={{"name": array}}',
        )
    found = dict(variables.items())
    for name in found:
        if argument == "parameters":
            taken = name in RESERVED_PARAMETERS
        else:
            taken = name in RESERVED or str(name).startswith(PARAMETER_PREFIX)
        if taken or not is_name(name):
            words = "_".join(re.findall(r"[A-Za-z0-9]+", str(name))) if isinstance(name, str) else ""
            better = f"{words}_value" if taken else words if is_name(words) else "lives_saved"
            raise InvalidArgument(
                f"{argument} has the name {shown(name)}" + (", which is the package's own" if taken else ""),
                expected="letters, digits and underscores, starting with a letter, and no word of Python's own",
                mend=f'call it for example "{better:.60}"',
            )
    return found


def _labels(array: Any) -> list[str]:
    """Return the names of options that an array or a table has of its own."""
    if hasattr(array, "columns"):
        return [str(name) for name in array.columns]
    if "option" in getattr(array, "coords", ()):
        return [str(name) for name in np.atleast_1d(array["option"].values)]
    raise InvalidArgument(
        f"options is left out, and the first outcome is {kind_of(array)} without their names",
        expected="the name of each option",
        mend='pass options=["a", "b"]',
    )


def _of_options(name: str, given: Any, options: list[str]) -> _Read:
    """Return an outcome, shape (option, world)."""
    labels = None
    if hasattr(given, "columns"):
        if [str(column) for column in given.columns] != options:
            raise InvalidArgument(
                f"{name} has the columns {shown([str(column) for column in given.columns])}",
                expected=f"the options {shown(options)}",
                mend="select and order them: table[options]",
            )
        array, labels = _plain(name, given).T, _index(given)
    elif hasattr(given, "dims"):
        ordered, labels = _ordered(name, given, "option")
        own = [str(one) for one in ordered["option"].values] if "option" in ordered.coords else options
        if own != options:
            raise InvalidArgument(
                f"{name} is of the options {shown(own)}", expected=f"{shown(options)}", mend="select and order them"
            )
        array = np.asarray(ordered.values).reshape(ordered.sizes["option"], -1)
    else:
        array = _plain(name, given)
    if array.ndim != 2 or array.shape[0] != len(options) or not array.size:
        raise InvalidArgument(
            f"{name} has the shape {array.shape}",
            expected=f"({len(options)}, worlds): options by worlds",
            mend="transpose it, or name every option",
        )
    return _Read(_numbers(name, array), labels)


def _of_worlds(name: str, given: Any, worlds: int) -> _Read:
    """Return a parameter, shape (world,)."""
    if hasattr(given, "dims"):
        ordered, labels = _ordered(name, given)
        array = np.asarray(ordered.values).reshape(-1)
    else:
        array, labels = _plain(name, given), _index(given)
    if array.shape != (worlds,):
        raise InvalidArgument(
            f"{name} has the shape {array.shape}", expected=f"({worlds},)", mend="give one value a world"
        )
    return _Read(_numbers(name, array), labels)


def _ordered(name: str, given: Any, *first: str) -> tuple[Any, pd.Index | None]:
    """Return a DataArray with its worlds last, chain by chain, and their labels."""
    import pandas as pd

    rest = [dim for dim in ("chain", "draw", "world") if dim in given.dims]
    if {*given.dims} != {*first, *rest} or set(rest) not in _OF_WORLDS:
        own = "".join(f"{dim}, " for dim in first)
        raise InvalidArgument(
            f"{name} has the dims {tuple(map(str, given.dims))}",
            expected=f"({own}world), or ({own}chain, draw)",
            mend="rename them",
        )
    known = [given.get_index(dim) for dim in rest if dim in given.coords]
    labels = None if len(known) < len(rest) else known[0] if len(known) == 1 else pd.MultiIndex.from_product(known)
    return given.transpose(*first, *rest), labels


def _index(given: Any) -> pd.Index | None:
    """Return the labels of the rows of a table or of one of its columns."""
    import pandas as pd

    return given.index if isinstance(given, pd.DataFrame | pd.Series) else None


def _check_order(labels: Mapping[str, pd.Index]) -> None:
    """Refuse worlds that have other labels in one array than in another, or the same in another order."""
    first: dict[int, tuple[str, pd.Index]] = {}
    for name, own in labels.items():
        # A number does not say which draw of which chain it is.
        other, known = first.setdefault(own.nlevels, (name, own))
        if not own.equals(known):
            place = next((number for number in range(len(own)) if own[number] != known[number]), 0)
            raise InvalidArgument(
                f"world {place} of {name} is labelled {own[place]!s:.40}, and that of {other} {known[place]!s:.40}",
                expected="the same worlds in all, in one order",
                mend="order them alike, with .sel(world=...) or .loc[...]; plain arrays are taken as they lie",
            )


def _plain(name: str, given: Any) -> Array:
    """Return an array of what has no names; masked values are missing."""
    array = np.ma.asarray(given)
    missing = int(np.ma.count_masked(array))
    if missing:
        raise _incomplete(name, missing, array.size)
    return np.asarray(array.data)


def _numbers(name: str, array: Array) -> Array:
    if array.dtype.kind not in "biuf":
        raise InvalidArgument(
            f"{name} holds {array.dtype}", expected="numbers, or True and False", mend="convert it with astype"
        )
    bad = int(np.count_nonzero(~np.isfinite(array)))
    if bad:
        raise _incomplete(name, bad, array.size)
    return array


def _incomplete(name: str, bad: int, size: int) -> InvalidArgument:
    return InvalidArgument(
        f"{name} is missing or infinite in {bad:,} of {size:,} places",
        expected="a number under every option in every world",
        mend="leave those worlds out of every array",
    )
