"""W1, neutral ground: a small model that every peer can run, whose truth is known.

Five options x 10,000 worlds x 24 months. A world has a revenue R0, growth g, cost k, attack rate lam and hazard h0; an
option ``i`` adds .03 i to the cost and takes .003 i from growth. Luck is shared by the options, the path is kept.

Ours is the package itself: the model as a :class:`forecast.world.World`, from beliefs to a Dataset of every state and
outcome. Beside it stands the same model written by hand in Numba, over worlds, and in vectorised NumPy.
"""

from __future__ import annotations

import json
import math
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.timing import HOW_TO_INSTALL, Failed, Row, Run, in_child, installed, say

OPTIONS, WORLDS, MONTHS, SEED = 5, 10_000, 24, 1
SCRIPT = Path(__file__).with_name("neutral.mjs")

TRUTH = {
    "log_r": (8.38229, 8.23829, 8.09429, 7.95029, 7.80629),
    "attacks": (28.79, 26.70, 24.82, 23.12, 21.57),
    "event": (0.1312, 0.1226, 0.1147, 0.1075, 0.1007),
}
TRUTH_ERROR = {"log_r": 0.000005, "attacks": 0.017, "event": 0.0004}
"""Standard errors of the truths; E ln R24 is exact, to the digits given."""

FARTHEST = 4.0
"""Standard errors within which all 15 figures must be: by chance one is farther once in a thousand runs."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Result:
    """Means by option with their spread over worlds, and the spread of the paired difference of option 4 and 0."""

    worlds: int
    log_r: tuple[float, ...]
    log_r_sd: tuple[float, ...]
    attacks: tuple[float, ...]
    attacks_sd: tuple[float, ...]
    event: tuple[float, ...]
    paired: float

    def apart(self, *names: str) -> float:
        """Give the largest distance from the truth, in standard errors of both together.

        Parameters
        ----------
        *names : str
            Which of "log_r", "attacks" and "event"; all by default.
        """
        spread = {
            "log_r": self.log_r_sd,
            "attacks": self.attacks_sd,
            "event": tuple(math.sqrt(truth * (1.0 - truth)) for truth in TRUTH["event"]),
        }
        means = {"log_r": self.log_r, "attacks": self.attacks, "event": self.event}
        return max(
            abs(mean - truth) / math.hypot(TRUTH_ERROR[name], sd / math.sqrt(self.worlds))
            for name in names or TRUTH
            for mean, truth, sd in zip(means[name], TRUTH[name], spread[name], strict=True)
        )


def summary(path: Floats, attacks: Floats, first: Floats) -> Result:
    """Reduce a run to what is checked.

    Parameters
    ----------
    path : ndarray
        R by (month, option, world).
    attacks, first : ndarray
        Attacks in all, and the month of the event (25 = none), each (option, world).
    """
    happened = (first <= MONTHS) * 1.0
    log_r = np.log(path[-1])
    return Result(
        worlds=path.shape[-1],
        log_r=tuple(log_r.mean(axis=1).tolist()),
        log_r_sd=tuple(log_r.std(axis=1).tolist()),
        attacks=tuple(attacks.mean(axis=1).tolist()),
        attacks_sd=tuple(attacks.std(axis=1).tolist()),
        event=tuple(happened.mean(axis=1).tolist()),
        paired=float((happened[4] - happened[0]).std()),
    )


def with_numpy(worlds: int, seed: int) -> tuple[Floats, Floats, Floats]:
    """Run the model on arrays of all worlds and options, a month at a time; results as :func:`summary` takes them."""
    generator = np.random.default_rng(seed)
    r0, g, k, lam, h0 = (
        generator.uniform(low, high, worlds)
        for low, high in ((3000, 6500), (0, 0.04), (0.05, 0.4), (0.1, 0.4), (0.001, 0.01))
    )
    number = np.arange(OPTIONS)[:, None]
    drift = g - 0.003 * number - (k + 0.03 * number) * 0.1
    x = np.log(r0) + np.zeros((OPTIONS, 1))
    per_attack, per_event = lam / 1000.0, h0 / 4400.0
    path = np.empty((MONTHS, OPTIONS, worlds))
    attacks = np.zeros((OPTIONS, worlds))
    first = np.full((OPTIONS, worlds), 25.0)
    for step in range(MONTHS):
        x += drift
        x += generator.normal(0.0, 0.05, worlds)
        r = np.exp(x, out=path[step])
        attacks += generator.poisson(per_attack * r)
        happens = generator.random(worlds) < per_event * r
        np.minimum(first, np.where(happens, step + 1.0, 25.0), out=first)
    return path, attacks, first


@cache
def _kernel() -> Callable[..., None]:
    import numba

    def kernel(world: Floats, eps: Floats, u: Floats, v: Floats, path: Floats, attacks: Floats, first: Floats) -> None:
        # A block of worlds at a time: what a block writes in one month lies together in memory.
        worlds = world.shape[1]
        block = 256
        for b in numba.prange((worlds + block - 1) // block):
            for i in range(attacks.shape[0]):
                for w in range(b * block, min((b + 1) * block, worlds)):
                    drift = world[1, w] - 0.003 * i - (world[2, w] + 0.03 * i) * 0.1
                    x = math.log(world[0, w])
                    total = 0.0
                    when = 25.0
                    for step in range(eps.shape[0]):
                        x += drift + eps[step, w]
                        r = math.exp(x)
                        path[step, i, w] = r
                        # Poisson by inversion of one uniform: rates here are around 1.
                        rate = world[3, w] * r / 1000.0
                        term = math.exp(-rate)
                        cumulative = term
                        count = 0
                        while v[step, w] > cumulative and count < 200:
                            count += 1
                            term *= rate / count
                            cumulative += term
                        total += count
                        if when > 24.5 and u[step, w] < world[4, w] * r / 4400.0:
                            when = step + 1.0
                    attacks[i, w] = total
                    first[i, w] = when

    compiled: Any = numba.njit(kernel, parallel=True)
    return compiled  # type: ignore[no-any-return]


def with_numba(worlds: int, seed: int) -> tuple[Floats, Floats, Floats]:
    """Run the model one world at a time in compiled code, worlds in parallel; luck is drawn by NumPy beforehand."""
    generator = np.random.default_rng(seed)
    bounds = ((3000, 6500), (0, 0.04), (0.05, 0.4), (0.1, 0.4), (0.001, 0.01))
    world = np.stack([generator.uniform(low, high, worlds) for low, high in bounds])
    eps = generator.normal(0.0, 0.05, (MONTHS, worlds))
    u, v = generator.random((MONTHS, worlds)), generator.random((MONTHS, worlds))
    path = np.empty((MONTHS, OPTIONS, worlds))
    attacks, first = np.empty((OPTIONS, worlds)), np.empty((OPTIONS, worlds))
    _kernel()(world, eps, u, v, path, attacks, first)
    return path, attacks, first


@cache
def _asked() -> tuple[Any, Any]:
    """Return the beliefs and the world."""
    import priors
    from forecast.options import Option, Phase
    from forecast.paths import ever, first, total
    from forecast.schema import count, number, yes_no
    from forecast.world import World

    def month(xp: Any, state: Any, levers: Any, beliefs: Any, luck: Any, time: Any) -> dict[str, Any]:
        cost = beliefs.k + 0.12 * levers.burden
        r = state.r * xp.exp(beliefs.g - 0.012 * levers.burden - 0.1 * cost + 0.05 * luck.eps)
        return {
            "r": r,
            "attacks": xp.poisson_ppf(luck.v, beliefs.lam * r / 1000.0),
            "event": xp.maximum(state.event, luck.u < beliefs.h0 * r / 4400.0),
        }

    world = World(
        name="neutral",
        date="2000-01-31",
        origin=lambda beliefs, luck: {"r": beliefs.r0, "attacks": 0.0, "event": 0.0},
        month=month,
        states={
            "r": number("1", "Revenue"),
            "attacks": count("attacks", "Attacks in the month"),
            "event": yes_no("The event came"),
        },
        parameters=("r0", "g", "k", "lam", "h0"),
        levers=("burden",),
        shocks={"eps": "normal", "u": "uniform", "v": "uniform"},
        outcomes={
            "attacks_total": total("attacks", "Attacks"),
            "event_ever": ever("event", "The event came"),
            "first": first("event", "Month of the event"),
        },
        options={
            f"p{number}": Option(f"p{number}", (Phase({"burden": number / 4.0}),) if number else ())
            for number in range(OPTIONS)
        },
    )
    bounds = {"r0": (3000.0, 6500.0), "g": (0.0, 0.04), "k": (0.05, 0.4), "lam": (0.1, 0.4), "h0": (0.001, 0.01)}
    even = {"alpha": 1.0, "beta": 1.0}
    believed = {
        name: priors.elicit("ScaledBeta", parameters={**even, "lower": low, "upper": high})
        for name, (low, high) in bounds.items()
    }
    return priors.PriorSet(believed, name="neutral"), world


def with_package(worlds: int, seed: int) -> tuple[Floats, Floats, Floats]:
    """Run the model through ``simulate``, on the Numba backend."""
    import forecast

    beliefs, world = _asked()
    found = forecast.simulate(
        beliefs, world=world, evidence="none", worlds=worlds, seed=seed, backend="numba", progress=False
    )
    path = np.moveaxis(found["r"].values[:, :, 1:], 2, 0)
    first = np.nan_to_num(found["first"].values, nan=25.0)
    return path, found["attacks_total"].values, first


WAYS: Mapping[str, Callable[[int, int], tuple[Floats, Floats, Floats]]] = {
    "package": with_package,
    "numba": with_numba,
    "numpy": with_numpy,
}


def run(way: str, worlds: str) -> None:
    """Run once and drop the outcome, for :mod:`benchmarks.child`."""
    WAYS[way](int(worlds), SEED)


MEASURED = 1000
"""Worlds that ema_workbench runs, under every option; its time for each experiment does not depend on their number."""


@cache
def _noise(worlds: int) -> tuple[Any, Any, Any]:
    generator = np.random.default_rng(SEED + 1)
    shape = (worlds, MONTHS)
    return (
        generator.normal(0.0, 0.05, shape).tolist(),
        generator.random(shape).tolist(),
        generator.random(shape).tolist(),
    )


def one_world(
    *, world: int, option: int, r0: float, g: float, k: float, lam: float, h0: float
) -> dict[str, float | list[float]]:
    """Run one world in plain Python, which for single numbers is faster than NumPy."""
    eps, u, v = (noise[int(world)] for noise in _noise(MEASURED))
    drift = g - 0.003 * option - (k + 0.03 * option) * 0.1
    x, attacks, first = math.log(r0), 0, 25
    path = []
    for step in range(MONTHS):
        x += drift + eps[step]
        r = math.exp(x)
        path.append(r)
        rate = lam * r / 1000.0
        term = cumulative = math.exp(-rate)
        count = 0
        while v[step] > cumulative and count < 200:
            count += 1
            term *= rate / count
            cumulative += term
        attacks += count
        if first == 25 and u[step] < h0 * r / 4400.0:
            first = step + 1
    return {"path": path, "attacks": attacks, "first": first}


def with_ema(evaluator: str) -> dict[str, Any]:
    """Run the model under ema_workbench, for :mod:`benchmarks.child`."""
    import logging
    import time
    import warnings

    import ema_workbench as ema

    ema.ema_logging.log_to_stderr(logging.ERROR)
    model = ema.Model("neutral", function=one_world)
    bounds = {"r0": (3000, 6500), "g": (0, 0.04), "k": (0.05, 0.4), "lam": (0.1, 0.4), "h0": (0.001, 0.01)}
    model.uncertainties = [
        ema.IntegerParameter("world", 0, MEASURED - 1),
        *(ema.RealParameter(name, *ends) for name, ends in bounds.items()),
    ]
    model.levers = [ema.IntegerParameter("option", 0, OPTIONS - 1)]
    model.outcomes = [
        ema.TimeSeriesOutcome("path"),
        ema.ScalarOutcome("attacks"),
        ema.ScalarOutcome("first"),
    ]
    generator = np.random.default_rng(SEED)
    drawn = {name: generator.uniform(*ends, MEASURED).tolist() for name, ends in bounds.items()}
    scenarios = [
        ema.Sample(f"world {world}", world=world, **{name: values[world] for name, values in drawn.items()})
        for world in range(MEASURED)
    ]
    policies = [ema.Sample(f"option {option}", option=option) for option in range(OPTIONS)]
    _noise(MEASURED)
    kinds = {"sequential": ema.SequentialEvaluator, "multiprocessing": ema.MultiprocessingEvaluator}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with kinds[evaluator](model) as chosen:
            began = time.perf_counter()
            found, outcomes = chosen.perform_experiments(scenarios=scenarios, policies=policies)
            seconds = time.perf_counter() - began
    at = (found["option"].astype(int).to_numpy(), found["world"].astype(int).to_numpy())
    attacks, first = np.empty((OPTIONS, MEASURED)), np.empty((OPTIONS, MEASURED))
    path = np.empty((OPTIONS, MEASURED, MONTHS))
    path[at], attacks[at], first[at] = outcomes["path"], outcomes["attacks"], outcomes["first"]
    result = summary(np.moveaxis(path, 2, 0), attacks, first)
    return {"each": seconds / (MEASURED * OPTIONS), "apart": result.apart(), "paired": result.paired}


def squiggle_home() -> Path | None:
    """Find where node would look for the language from the script's own folder."""
    for folder in SCRIPT.parents:
        if (folder / "node_modules" / "@quri" / "squiggle-lang").is_dir():
            return folder
    return None


def with_squiggle(worlds: int, *, full: bool) -> tuple[list[float], float, Result]:
    """Run the script under node and give the seconds of each run, its peak memory in MB, and the result."""
    command = ["node", str(SCRIPT), str(worlds), *(["full"] if full else [])]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    if ended.returncode:
        raise Failed((ended.stderr.strip().splitlines() or ["node failed"])[-1])
    found = json.loads(ended.stdout)
    names = ("log_r", "log_r_sd", "attacks", "attacks_sd", "event")
    result = Result(worlds=worlds, **{name: tuple(found[name]) for name in names}, paired=found["paired"])
    return found["seconds"], found["peak"], result


def _checked(row: Row, apart: float) -> Row:
    """Withhold the time of what gives another answer than the truth."""
    if apart <= FARTHEST:
        return row
    return Row(row.label, note=f"not timed: {apart:.1f} standard errors from the truth")


def ours() -> float:
    """Measure ours anew, in seconds: other work on the machine comes and goes, so each peer has ours beside it."""
    return in_child("benchmarks.neutral:run", "package", WORLDS, repetitions=9).warm


def rows() -> list[Row]:
    """Measure ours, the hand-written kernel, plain NumPy, ema_workbench and Squiggle."""
    runs: dict[str, Run] = {}
    results: dict[str, Result] = {}
    for way, function in WAYS.items():
        say(f"W1: {way}")
        results[way] = summary(*function(WORLDS, SEED))
        runs[way] = in_child("benchmarks.neutral:run", way, WORLDS, repetitions=7)
    unit = runs["package"].warm
    found = []
    labels = {"package": "ours: through World", "numba": "by hand: Numba over worlds", "numpy": "by hand: NumPy"}
    for way, label in labels.items():
        result, one = results[way], runs[way]
        row = Row(
            label,
            one.warm,
            one.warm / unit,
            one.peak,
            error=f"{result.apart():.1f} se",
            note=f"first call {one.first:.2f} s, import {one.imported:.2f} s; sd of p4-p0 {result.paired:.4f}",
        )
        found.append(_checked(row, result.apart()))
    return found + _ema() + _squiggle()


def _ema() -> list[Row]:
    if not installed("ema_workbench"):
        return [Row("ema_workbench", note=HOW_TO_INSTALL)]
    found = []
    for evaluator in ("sequential", "multiprocessing"):
        label = f"ema_workbench, {evaluator}"
        say(f"W1: {label}")
        try:
            one = in_child("benchmarks.neutral:with_ema", evaluator, repetitions=2)
        except Failed as error:
            found.append(Row(label, note=f"failed: {error}"))
            continue
        result = one.result
        each = one.least("each")
        wall = each * WORLDS * OPTIONS
        unit = ours()
        row = Row(
            label,
            wall,
            wall / unit,
            one.peak,
            error=f"{result['apart']:.1f} se",
            note=f"{MEASURED * OPTIONS:,} experiments of {1e6 * each:.0f} us, scaled to {WORLDS * OPTIONS:,}; "
            f"sd of p4-p0 {result['paired']:.4f}",
        )
        found.append(_checked(row, result["apart"]))
    return found


def _squiggle() -> list[Row]:
    if shutil.which("node") is None or squiggle_home() is None:
        return [Row("Squiggle", note="not installed: with node and npm at hand, make bench installs it")]
    say("W1: Squiggle, the path alone")
    seconds, peak, path = with_squiggle(WORLDS, full=False)
    warm, unit = min(seconds[1:]), ours()
    row = Row(
        "Squiggle, path only",
        warm,
        warm / unit,
        peak,
        error=f"{path.apart('log_r'):.1f} se",
        note=f"no attacks, no event; first run {seconds[0]:.2f} s",
    )
    found = [_checked(row, path.apart("log_r"))]
    tenth = WORLDS // 10
    say("W1: Squiggle, all of it (about ten seconds)")
    seconds, peak, whole = with_squiggle(tenth, full=True)
    wall, unit = seconds[0] * WORLDS / tenth, ours()
    row = Row(
        "Squiggle, all of it",
        wall,
        wall / unit,
        peak,
        error=f"{whole.apart():.1f} se",
        note=f"{tenth:,} worlds in {seconds[0]:.1f} s, scaled to {WORLDS:,}; a function called once a sample; "
        f"sd of p4-p0 {whole.paired:.4f}",
    )
    return [*found, _checked(row, whole.apart())]
