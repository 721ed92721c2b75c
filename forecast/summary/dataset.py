"""A summary as a labelled Dataset.

For each state, on (option, month): the mean under its own name (a probability for a yes/no state; for a state in codes
the probability of each, on (option, month, code)), ``_error`` its Monte-Carlo standard error, ``_sd`` the standard
deviation over worlds, and ``_quantile`` on (option, month, quantile) unless it is yes or no.

For each outcome, on (option,): the same and ``_known``, the number of worlds in which it is known. On (option, other),
of option less other in the same world: ``_difference``, its ``_difference_error`` and ``_difference_quantile``,
``_variance_ratio``, ``_covariance`` of the two, ``_difference_known``, and for yes/no outcomes ``_only``, the number of
worlds in which only the option has it.

For the parameters, if given, on (parameter,): ``parameter_mean``, ``parameter_error``, ``parameter_sd`` and, on
(parameter, quantile), ``parameter_quantile``, each in its unit, which the coordinate ``parameter_unit`` names. They
share a dim because HDF5 keeps no checksum of a number by itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.outcomes.dataset import option_coords
from forecast.outcomes.identity import with_worlds
from forecast.schema import FORMAT, PARAMETER_PREFIX, SUMMARY_KIND, WORLD_UNITS
from forecast.summary.keys import RELATIVE_ERROR
from forecast.summary.layout import LEVELS, code_dim
from forecast.summary.parts import Tables
from forecast.summary.summary import Summary

if TYPE_CHECKING:
    import xarray as xr

    from forecast.options import Option

__all__ = ["dataset", "outside"]

_SAYS = {
    "": "",
    "_error": ": Monte-Carlo standard error of the mean",
    "_sd": ": standard deviation over worlds",
    "_quantile": ": quantile over worlds",
    "_known": ": worlds in which it is known",
    "_difference": ": option less other",
    "_difference_error": ": Monte-Carlo standard error of option less other",
    "_difference_quantile": ": quantile over worlds of option less other",
    "_variance_ratio": ": what pairing the worlds divides the variance of a difference by",
    "_covariance": ": covariance of option and other over worlds",
    "_difference_known": ": worlds in which it is known of option and other",
    "_only": ": worlds in which only option has it, and not other",
}

_COUNTS = ("_known", "_difference_known", "_only")
"""What counts worlds."""


def _unit(suffix: str, unit: str) -> str:
    if suffix in _COUNTS:
        return "worlds"
    if suffix == "_variance_ratio":
        return "1"
    # A probability, and what is made of probabilities, has no unit; nor has the probability of a code.
    plain = "1" if unit in ("yes/no", "code") else unit
    return f"({plain})2" if suffix == "_covariance" and plain != "1" else plain


def _dims(suffix: str, base: tuple[str, ...]) -> tuple[str, ...]:
    paired = ("_difference", "_difference_error", "_variance_ratio", "_covariance", "_difference_known", "_only")
    if suffix in paired:
        return ("option", "other")
    if suffix == "_difference_quantile":
        return ("option", "other", "quantile")
    return (*base, "quantile") if suffix == "_quantile" else base


def _without(tables: Tables, missing: np.ndarray[Any, Any]) -> Tables:
    """Leave out what is said of options under which an outcome is missing in some world, counts of worlds apart."""

    def left(suffix: str, array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        if suffix in _COUNTS:
            return array
        paired = "other" in _dims(suffix, ("option",))
        where = missing[:, None] | missing if paired else missing
        return np.where(where.reshape(where.shape + (1,) * (array.ndim - where.ndim)), np.nan, array)

    return {suffix: left(suffix, array) for suffix, array in tables.items()} if missing.any() else tables


def _variables(name: str, tables: Tables, base: tuple[str, ...], attrs: Mapping[str, Any]) -> dict[str, Any]:
    unit, words = str(attrs["units"]), str(attrs["long_name"])

    def said(suffix: str) -> dict[str, Any]:
        own = {"units": _unit(suffix, unit), "long_name": words + _SAYS[suffix]}
        # What the variable is of a world is said once, by its mean.
        return {**attrs, WORLD_UNITS: unit, **own} if not suffix else own

    return {name + suffix: (_dims(suffix, base), array, said(suffix)) for suffix, array in tables.items()}


def dataset(
    summary: Summary,
    options: Mapping[str, Option],
    attrs: Mapping[str, Any],
    *,
    parameter_attrs: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
) -> xr.Dataset:
    """Return a summary as a Dataset.

    Parameters
    ----------
    summary : Summary
        Of all worlds.
    options : mapping of str to Option
        What was run, in the order of the arrays.
    attrs : mapping
        Provenance, as the Dataset of a simulation carries it.
    parameter_attrs : mapping, optional
        Attributes (units, long_name) of each parameter.

    Returns
    -------
    xarray.Dataset
        Dims option, other (the same options), month, quantile, code. Units and meanings in the attrs of each variable;
        in its own attrs the provenance, ``worlds``, ``failed_worlds``, and how near a quantile is: within
        ``relative_error`` of itself, or ``floors`` (JSON, by unit) of 0; exact for whole numbers up to 65,535.
        ``outside`` (JSON) counts by name the values beyond what the bins reach, which no run of the article has.
    """
    import xarray as xr

    world = summary.world
    data: dict[str, Any] = {}
    codes: dict[str, Any] = {}
    for name, state in summary.states.items():
        variable = world.states[name]
        base: tuple[str, ...] = ("option", "month")
        if variable.kind == "code":
            dim = code_dim(name, world.states)
            base = (*base, dim)
            codes[dim] = (dim, list(variable.words), {"long_name": "What a code stands for"})
        data |= _variables(name, state.tables(LEVELS), base, variable.attrs())
    for name, part in summary.outcomes.items():
        tables = _without(part.tables(LEVELS), summary.missing[name] > 0)
        data |= _variables(name, tables, ("option",), world.outcomes[name].attrs())
    data |= _parameters(summary)

    names = list(options)
    first = int(attrs.get("first_world", 0))
    run = range(first, first + summary.worlds)
    coords: dict[str, Any] = {
        **option_coords(options, with_worlds(str(attrs.get("run", "")), run)),
        "other": ("other", names, {"long_name": "Option that is compared with"}),
        "quantile": ("quantile", list(LEVELS), {"long_name": "Share of worlds below"}),
        **codes,
    }
    months = [part.tables(LEVELS)[""].shape[1] for part in list(summary.states.values())[:1]]
    if months:
        coords["month"] = ("month", world.months_at(months[0] - 1), {"long_name": world.months_label})
    if summary.parameters:
        units = [str(parameter_attrs.get(name, {}).get("units", "")) for name in summary.parameters]
        coords["parameter"] = ("parameter", list(summary.parameters), {"long_name": "Parameter of the world model"})
        coords["parameter_unit"] = ("parameter", units, {"long_name": "Unit of the parameter"})
    said: tuple[Mapping[str, Any], ...] = (world.states, world.outcomes)
    numbers = [one for group in said for one in group.values() if one.is_number]
    floors = {one.unit: one.floor for one in numbers}
    return xr.Dataset(
        data,
        coords=coords,
        attrs={
            **attrs,
            "kind": SUMMARY_KIND,
            "format": FORMAT,
            "worlds": summary.worlds,
            "failed_worlds": summary.failed,
            "relative_error": RELATIVE_ERROR,
            "floors": json.dumps(floors),
            "outside": json.dumps(outside(summary)),
        },
    )


def _parameters(summary: Summary) -> dict[str, Any]:
    tables = [part.tables(LEVELS) for part in summary.parameters.values()]
    if not tables:
        return {}
    return {
        PARAMETER_PREFIX + (suffix.removeprefix("_") or "mean"): (
            ("parameter", "quantile") if suffix == "_quantile" else ("parameter",),
            np.stack([table[suffix] for table in tables]),
            {"units": "that of the parameter", "long_name": "Parameter" + (_SAYS[suffix] or ": mean over worlds")},
        )
        for suffix in tables[0]
    }


def outside(summary: Summary) -> dict[str, int]:
    """Count by name the values that lie farther out than the bins reach, where there are any."""
    found: dict[str, int] = {}
    groups: tuple[Mapping[str, Any], ...] = (summary.states, summary.outcomes, summary.parameters)
    for group in groups:
        for name, part in group.items():
            sketched = getattr(part, "sketched", None)
            sketches = [sketched.own, sketched.differences] if sketched else [getattr(part, "sketch", None)]
            number = sum(sketch.outside for sketch in sketches if sketch is not None)
            if number:
                found[name] = found.get(name, 0) + number
    return found
