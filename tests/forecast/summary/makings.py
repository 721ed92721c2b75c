"""Summaries of the worlds of a Dataset, in granules."""

import copy
import functools
from types import SimpleNamespace

import numpy as np

from forecast.libya.outcomes import STATES
from forecast.libya.world import LIBYA
from forecast.schema import PARAMETER_PREFIX


def granules(run, size):
    """Give states, outcomes and parameters of each granule as an engine has them."""
    worlds = run.sizes["world"]
    for start in range(0, worlds, size):
        part = run.isel(world=slice(start, start + size))
        states = {n: np.ascontiguousarray(np.moveaxis(part[n].values, 1, 2)) for n in STATES if n in part}
        outcomes = {n: part[n].values for n in LIBYA.outcomes if n in part}
        parameters = {
            str(n).removeprefix(PARAMETER_PREFIX): part[n].values
            for n in part.data_vars
            if str(n).startswith(PARAMETER_PREFIX)
        }
        yield states, outcomes, parameters


def merged(parts):
    """Merge one by one, in order, and leave the parts as they are."""
    first, *rest = parts
    return functools.reduce(lambda left, right: left.merge(right), rest, copy.deepcopy(first))


def options_of(run):
    titles = run["title"].values if "title" in run.coords else run["option"].values
    return {str(name): SimpleNamespace(title=str(t)) for name, t in zip(run["option"].values, titles, strict=True)}


def bits(part):
    """Give all that a summary holds, arrays as bytes, in a form that compares."""
    if isinstance(part, np.ndarray):
        return part.dtype.str, part.shape, part.tobytes()
    if isinstance(part, list):
        return [bits(value) for value in part]
    if isinstance(part, dict):
        return {name: bits(value) for name, value in part.items()}
    if hasattr(part, "__dict__"):
        return type(part).__name__, bits(vars(part))
    return part
