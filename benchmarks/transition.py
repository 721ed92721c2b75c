"""The world model as the peers of W0 run it: the same month, the same options, the same parameters.

What a peer lends is only the machinery around the month (loops, random numbers, storage), so the month itself is the
package's own definition, given the peer's array namespace.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import forecast.options
from benchmarks.worlds import MONTHS, SEED, beliefs
from forecast.libya.outcomes import STATES
from forecast.libya.state import Levers, Parameters, State
from forecast.options import Condition, Option

OPTIONS: dict[str, Option] = forecast.options.load()
TRIGGERS = tuple(trigger for option in OPTIONS.values() for trigger in option.triggers)
"""Triggers of all the options; an option has those that are its own."""

CHECKED = ("isis_fighters", "sirte", "integration", "factional_clashes", "oil_output", "council_collapsed", "civil_war")
"""States whose means at the horizon are compared with ours: at least one of every part of the world."""


def drawn_parameters(worlds: int) -> dict[str, Any]:
    """Draw each world's parameters, the same that ``simulate`` draws."""
    sample = beliefs().sample(worlds, seed=SEED)
    return {name: np.ascontiguousarray(sample[name].values) for name in Parameters._fields}


def schedules() -> Any:
    """Give the levers of every option, shape (option, month, lever)."""
    return np.stack([option.schedule(MONTHS, Levers._fields) for option in OPTIONS.values()])


def switches() -> Any:
    """Tell which of :data:`TRIGGERS` are an option's own: shape (option, trigger), 0 or 1."""
    return np.array([[float(trigger in option.triggers) for trigger in TRIGGERS] for option in OPTIONS.values()])


def _met(condition: Condition, state: State) -> Any:
    value = getattr(state, condition.state)
    return value >= condition.bound if condition.at_least is not None else value <= condition.bound


def triggered(xp: Any, levels: list[Any], latches: list[Any], own: list[Any], state: State) -> tuple[Levers, list[Any]]:
    """Set what triggers set, from the month after their conditions first hold together.

    Parameters
    ----------
    xp : namespace
        Gives ``maximum``.
    levels : list
        The schedule's levers this month.
    latches, own : list
        For each of :data:`TRIGGERS` whether it has fired, and whether it is this option's: 0 or 1.
    state : State
        The end of last month.
    """
    levels, fired = list(levels), []
    for trigger, latch, switch in zip(TRIGGERS, latches, own, strict=True):
        met: Any = switch
        for condition in trigger.when:
            met = met * _met(condition, state)
        latch = xp.maximum(latch, met * 1.0)
        fired.append(latch)
        for lever, level in trigger.set.items():
            column = Levers._fields.index(lever)
            levels[column] = levels[column] * (1.0 - latch) + level * latch
    return Levers(*levels), fired


def kept(state: State) -> list[Any]:
    """Give the states that a simulation keeps, in the schema's order."""
    return [state.assault + 2.0 * state.freed if name == "sirte" else getattr(state, name) for name in STATES]


def differences(means: dict[str, Any], errors: dict[str, Any], ours: Any) -> float:
    """Give the largest difference from our means, in standard errors.

    Parameters
    ----------
    means, errors : dict of str to ndarray
        For each of :data:`CHECKED`, by option: the peer's mean at the horizon, and its Monte-Carlo standard error.
    ours : xarray.Dataset
        From ``simulate``.
    """
    worst = 0.0
    for name in CHECKED:
        at_end = ours[name].isel(month=-1).astype(float)
        error = np.hypot(errors[name], at_end.std("world").values / np.sqrt(ours.sizes["world"]))
        # Where no world of either differs from another there is no error to measure by.
        apart = np.abs(means[name] - at_end.mean("world").values)
        worst = max(worst, float(np.max(np.where(error > 0, apart / np.maximum(error, 1e-300), apart > 1e-9))))
    return worst
