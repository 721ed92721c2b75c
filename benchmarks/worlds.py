"""W0: every shipped option x 10,000 worlds x 24 months of the full world model, all states kept."""

from __future__ import annotations

import inspect
import tempfile
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

import forecast
import priors
from benchmarks.timing import Failed, Row, best, in_child, say
from forecast.errors import ForecastError
from forecast.libya.state import SHOCK_KINDS, Shocks

WORLDS, MONTHS, SEED = 10_000, 24, 1
BACKENDS = ("numpy", "numba", "jax")
GROWTH = (10_000, 100_000, 1_000_000)


@cache
def beliefs() -> priors.PriorSet:
    """Read the article's beliefs, once a process."""
    return priors.load("article")


def simulate(backend: str, worlds: str) -> dict[str, float]:
    """Run W0 once, for :mod:`benchmarks.child`, and give the size of what came out, in MB."""
    outcomes = _simulate(backend, int(worlds))
    return {"output": outcomes.nbytes / 1e6}


def reduced(backend: str, worlds: str) -> None:
    """Run W0 and keep summaries only."""
    _simulate(backend, int(worlds), reduce=True)


def _simulate(backend: Any, worlds: int, **extra: Any) -> Any:
    return forecast.simulate(
        beliefs(), evidence="none", worlds=worlds, months=MONTHS, seed=SEED, backend=backend, progress=False, **extra
    )


_DRAWN: dict[str, Callable[[np.random.Generator, tuple[int, int]], Any]] = {
    "uniform": np.random.Generator.random,
    "normal": np.random.Generator.standard_normal,
    "log_exponential": lambda generator, shape: np.log(generator.standard_exponential(shape)),
}


def floor() -> None:
    """Draw what luck W0 needs, once: the same number, the same kinds, with PCG64."""
    generator = np.random.Generator(np.random.PCG64(SEED))
    for channel in Shocks._fields:
        _DRAWN[SHOCK_KINDS[channel]](generator, (MONTHS, WORLDS))
    # Two more uniforms a world are drawn at the origin.
    generator.random((2, WORLDS))


def available() -> dict[str, str]:
    """Give for each backend why it cannot be run here; empty where it can."""
    reasons = {}
    for backend in BACKENDS:
        try:
            _simulate(backend, 2)
            reasons[backend] = ""
        except (ForecastError, ImportError) as error:
            reasons[backend] = str(error).splitlines()[0]
    return reasons


def best_backend(runs: dict[str, Any]) -> str:
    """Name the backend that is fastest warm."""
    return min(runs, key=lambda name: float(runs[name].warm))


def ours(backend: str) -> float:
    """Measure W0 anew, in seconds: other work on the machine comes and goes, so each peer has ours beside it."""
    return in_child("benchmarks.worlds:simulate", backend, WORLDS, repetitions=3, prepare=[backend, 2]).warm


def rows() -> tuple[str, list[Row]]:
    """Measure the floor, each backend warm and cold, memory, and growth; and name our fastest backend."""
    say("W0: the floor")
    least = best(floor, 7)
    reasons = available()
    usable = [backend for backend, reason in reasons.items() if not reason]
    warm, cold = {}, {}
    for backend in usable:
        say(f"W0: {backend}, warm and cold")
        warm[backend] = in_child("benchmarks.worlds:simulate", backend, WORLDS, repetitions=4, prepare=[backend, 2])
        also = ["xarray", "scipy.special", *({"numpy": [], "numba": ["numba"], "jax": ["jax"]}[backend])]
        with tempfile.TemporaryDirectory() as place:
            # Compiled code is kept between processes: the first run ever finds none, the next does.
            empty = {"LIBYA_FORECAST_CACHE": place, "NUMBA_CACHE_DIR": place, "JAX_COMPILATION_CACHE_DIR": place}
            cold[backend] = [
                in_child("benchmarks.worlds:simulate", backend, WORLDS, also=also, environment=empty) for _ in range(2)
            ]
    fast = best_backend(warm)
    unit = warm[fast].warm
    found = [Row("floor: draw the shocks once", least, least / unit, note="PCG64, the same number and kinds of draws")]
    for backend in BACKENDS:
        if backend not in usable:
            found.append(Row(f"simulate, {backend}", note=f"not available here: {reasons[backend]}"))
            continue
        run = warm[backend]
        output = run.result["output"]
        # The memory of the modules and of a small run before it is not the model's.
        used = run.peak - run.before
        found.append(
            Row(
                f"simulate, {backend}, warm",
                run.warm,
                run.warm / unit,
                run.peak,
                note=f"{run.warm / least:.1f} x the floor; {used:.0f} MB above the {run.before:.0f} MB of imports, "
                f"{used / output:.1f} x the {output:.0f} MB of output",
            )
        )
        for label, first in zip(("first time ever", "fresh process"), cold[backend], strict=True):
            found.append(
                Row(
                    f"simulate, {backend}, {label}",
                    first.cold,
                    first.cold / unit,
                    first.peak,
                    note=f"import {first.imported:.1f} s, first run {first.first:.1f} s",
                )
            )
    return fast, found + _growth(fast)


def _growth(backend: str) -> list[Row]:
    """Time for each world, and peak memory, from 1e4 to 1e6 worlds."""
    if "reduce" not in inspect.signature(forecast.simulate).parameters:
        return [Row("growth, 1e4 to 1e6 worlds", note="not measured: simulate cannot reduce outcomes in chunks yet")]
    found: list[Row] = []
    base = 0.0
    for worlds in GROWTH:
        say(f"W0: {worlds:,} worlds, reduced, {backend}")
        repetitions = 3 if worlds <= 100_000 else 0
        try:
            run = in_child("benchmarks.worlds:reduced", backend, worlds, repetitions=repetitions, prepare=[backend, 2])
        except Failed as error:
            found.append(Row(f"growth, {worlds:,} worlds", note=f"failed: {error}"))
            continue
        # In processor time: the load of a shared machine changes between a run of a second and one of a minute.
        each = run.processor / worlds
        base = base or each
        found.append(
            Row(
                f"growth, {worlds:,} worlds, reduced",
                run.warm,
                peak=run.peak,
                note=f"{backend}: {1e6 * each:.1f} us of processor a world, {each / base:.2f} x that at {GROWTH[0]:,}; "
                f"{run.peak - run.before:.0f} MB above the imports",
            )
        )
    return found
