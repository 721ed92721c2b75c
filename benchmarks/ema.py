"""W0 and W1 driven by ema_workbench: options are policies, worlds are scenarios, one experiment a world and option.

The month is the package's own, on plain Python numbers with ``math``: with one world at a time NumPy would be several
times slower. Luck is looked up by the number of the world, so an experiment is the same world as ours and is checked to
rounding, not to a Monte-Carlo error. Time for each experiment does not depend on how many there are, so a few hundred
are run and the time is scaled up.
"""

from __future__ import annotations

import logging
import math
import time
import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

import forecast
from benchmarks.timing import HOW_TO_INSTALL, Failed, Row, in_child, installed, say
from benchmarks.transition import OPTIONS, drawn_parameters, kept, schedules, switches, triggered
from benchmarks.worlds import MONTHS, SEED, WORLDS, beliefs
from forecast.engine.shocks import draw_shocks, origin_shocks
from forecast.libya.month import month, origin
from forecast.libya.outcomes import STATES
from forecast.libya.state import OriginShocks, Parameters, Shocks, Time
from forecast.libya.world import LIBYA

MEASURED = 200
"""Worlds that are run, under every option."""


class Namespace:
    """What the month asks of an array library, for one world in plain Python numbers."""

    exp = staticmethod(math.exp)
    sqrt = staticmethod(math.sqrt)
    minimum = staticmethod(min)
    maximum = staticmethod(max)

    @staticmethod
    def where(condition: float, yes: float, no: float) -> float:
        """Choose."""
        return yes if condition else no

    @staticmethod
    def poisson_ppf(uniform: float, rate: float) -> float:
        """Sum the distribution function up to the uniform."""
        term = cumulative = math.exp(-rate)
        count = 0
        while uniform > cumulative and count < 149:
            count += 1
            term *= rate / count
            cumulative += term
        return float(count)


@cache
def _luck(worlds: int) -> tuple[list[Any], list[Any]]:
    """Give the shocks of each world by month, as plain numbers: [world][month], and those at the origin: [world]."""
    shocks = np.array(draw_shocks(LIBYA, SEED, MONTHS, 0, worlds)).transpose(2, 1, 0).tolist()
    return [[Shocks(*now) for now in world] for world in shocks], np.array(
        origin_shocks(LIBYA, SEED, 0, worlds)
    ).T.tolist()


@cache
def _parameters(worlds: int) -> list[dict[str, float]]:
    drawn = {name: values.tolist() for name, values in drawn_parameters(worlds).items()}
    return [{name: values[world] for name, values in drawn.items()} for world in range(worlds)]


@cache
def _levers() -> tuple[list[Any], list[Any]]:
    return schedules().tolist(), switches().tolist()


def run_world(*, world: int, option: int, **values: float) -> dict[str, list[float]]:
    """Run one world under one option: the model that the workbench is given.

    Parameters
    ----------
    world, option : int
        Their numbers.
    **values : float
        The world's parameters.
    """
    xp = Namespace()
    parameters = Parameters(**values)
    shocks, at_origin = _luck(MEASURED)
    plan, own = _levers()
    state = origin(parameters, OriginShocks(*at_origin[int(world)]))
    latches: list[Any] = [0.0] * len(own[int(option)])
    path = [kept(state)]
    for step in range(MONTHS):
        levels, latches = triggered(xp, plan[int(option)][step], latches, own[int(option)], state)
        state = month(xp, state, levels, parameters, shocks[int(world)][step], Time.of_month(step))
        path.append(kept(state))
    return dict(zip(STATES, map(list, zip(*path, strict=True)), strict=True))


def looked_up(*, world: int, option: int) -> dict[str, list[float]]:
    """Run one world whose parameters are looked up by its number, like its luck."""
    values = _parameters(MEASURED)
    return run_world(world=world, option=option, **values[int(world)])


def no_world(**_: float) -> dict[str, list[float]]:
    """Take no time: what is left is the workbench's own."""
    return _NOTHING


MODELS = {"full": run_world, "lean": looked_up, "empty": no_world}
_NOTHING = {name: [0.0] * (MONTHS + 1) for name in STATES}


def experiments(what: str, evaluator: str) -> tuple[float, Any, Any]:
    """Run every option in the first worlds and give the seconds, the experiments and the outcomes."""
    from ema_workbench import (
        IntegerParameter,
        Model,
        MultiprocessingEvaluator,
        RealParameter,
        Sample,
        SequentialEvaluator,
        TimeSeriesOutcome,
        ema_logging,
    )

    ema_logging.log_to_stderr(logging.ERROR)
    model = Model("libya", function=MODELS[what])
    told = _parameters(MEASURED) if what != "lean" else [{} for _ in range(MEASURED)]
    model.uncertainties = [
        IntegerParameter("world", 0, MEASURED - 1),
        *(
            RealParameter(name, min(one[name] for one in told) - 1.0, max(one[name] for one in told) + 1.0)
            for name in told[0]
        ),
    ]
    model.levers = [IntegerParameter("option", 0, len(OPTIONS) - 1)]
    model.outcomes = [TimeSeriesOutcome(name) for name in STATES]
    scenarios = [Sample(f"world {number}", world=number, **values) for number, values in enumerate(told)]
    policies = [Sample(name, option=number) for number, name in enumerate(OPTIONS)]
    kinds = {"sequential": SequentialEvaluator, "multiprocessing": MultiprocessingEvaluator}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with kinds[evaluator](model) as chosen:
            began = time.perf_counter()
            found, outcomes = chosen.perform_experiments(scenarios=scenarios, policies=policies)
            return time.perf_counter() - began, found, outcomes


def drive(evaluator: str, what: str) -> dict[str, Any]:
    """Run the experiments, for :mod:`benchmarks.child`, and compare them with ours where the model is the full one."""
    # Luck and levers are looked up, and looking them up for the first time is no part of an experiment.
    _luck(MEASURED), _levers(), _parameters(MEASURED)
    seconds, found, outcomes = experiments(what, evaluator)
    result: dict[str, Any] = {"each": seconds / (MEASURED * len(OPTIONS))}
    if what != "empty":
        ours = forecast.simulate(
            beliefs(), evidence="none", worlds=MEASURED, months=MONTHS, seed=SEED, backend="numpy", progress=False
        )
        worlds = found["world"].astype(int).to_numpy()
        options = found["option"].astype(int).to_numpy()
        result["apart"] = _apart(outcomes, ours, options, worlds)
    return result


def _apart(outcomes: Any, ours: Any, options: Any, worlds: Any) -> float:
    """Give the largest relative difference from our worlds in any state and month."""
    worst = 0.0
    for name, variable in STATES.items():
        mine = ours[name].values.astype(float)[options, worlds]
        theirs = np.asarray(outcomes[name], dtype=float)
        if variable.kind == "count":
            theirs = np.rint(theirs)
        worst = max(worst, float(np.max(np.abs(theirs - mine) / np.maximum(1.0, np.abs(mine)))))
    return worst


def rows(ours: Callable[[], float]) -> list[Row]:
    """Measure W0 under the workbench.

    Parameters
    ----------
    ours : callable
        Measures our time for W0, in seconds.
    """
    if not installed("ema_workbench"):
        return [Row("ema_workbench", note=HOW_TO_INSTALL)]
    total = WORLDS * len(OPTIONS)
    found = []
    for label, evaluator, what in (
        ("ema_workbench, sequential", "sequential", "full"),
        ("ema_workbench, multiprocessing", "multiprocessing", "full"),
        ("ema_workbench, sequential, told only the world's number", "sequential", "lean"),
        ("ema_workbench, multiprocessing, told only the world's number", "multiprocessing", "lean"),
        ("ema_workbench, a model of no cost", "sequential", "empty"),
    ):
        say(f"W0: {label}")
        try:
            run = in_child("benchmarks.ema:drive", evaluator, what, repetitions=2)
        except Failed as error:
            found.append(Row(label, note=f"failed: {error}"))
            continue
        each, beside = run.least("each"), ours()
        wall = each * total
        apart = run.result.get("apart")
        found.append(
            Row(
                label,
                wall,
                wall / beside,
                run.peak,
                error="" if apart is None else f"{apart:.0e} from ours",
                note=f"{MEASURED * len(OPTIONS)} experiments of {1e6 * each:.0f} us, scaled to {total:,}",
            )
        )
    return found
