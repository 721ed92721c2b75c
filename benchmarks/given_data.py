"""W2b: delta and PAWN of every parameter from 50,000 given worlds, with intervals that hold the truth."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.timing import HOW_TO_INSTALL, Row, in_child, installed, say

WORLDS = 50_000
TARGET = 1.0
TIMES = 100
"""Samples by which the intervals are judged: of one, some parameter is out now and then by right."""

LEAST = 0.88
"""How often 95% intervals hold in so many samples, but once in a thousand times."""

RESAMPLES = 10
"""Of the peer's delta, which by default takes 100 and then some ten minutes a call."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """Worlds, and the truth of each parameter (design/known-answers.md; a digit more by quadrature)."""

    label: str
    draw: Callable[[np.random.Generator], tuple[Floats, Floats]]
    delta: tuple[float, ...]
    pawn: tuple[float, ...]


def _ishigami(generator: np.random.Generator) -> tuple[Floats, Floats]:
    x = generator.uniform(-math.pi, math.pi, (3, WORLDS))
    return x, np.sin(x[0]) + 7.0 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0])


SHARES = (1 / 10, 1 / 4, 1 / 3)


def _normals(generator: np.random.Generator) -> tuple[Floats, Floats]:
    # The last changes nothing; what the shares leave is luck.
    x = generator.normal(size=(4, WORLDS))
    weights = np.sqrt([*SHARES, 0.0])
    return x, weights @ x + math.sqrt(1.0 - sum(SHARES)) * generator.normal(size=WORLDS)


CASES = {
    "ishigami": Case("Ishigami", _ishigami, (0.2625, 0.4248, 0.2101), (0.2237, 0.4103, 0.0836)),
    "normals": Case("linear, normal", _normals, (0.107092, 0.184608, 0.224060, 0.0), (0.0896, 0.1535, 0.1860, 0.0)),
}


def ours(kind: str, x: Floats, y: Floats, seed: int = 1) -> Any:
    """Estimate an index of every parameter, with errors."""
    from forecast.sensitivity.given_delta import deltas
    from forecast.sensitivity.given_pawn import pawns

    return deltas(x, y, seed=seed) if kind == "delta" else pawns(x, y, seed=seed)


def salib(kind: str, x: Floats, y: Floats) -> tuple[Floats, Floats | None]:
    """Ask the peer: estimates and half widths of 95% intervals, which it gives of delta alone."""
    from SALib.analyze import delta, pawn

    problem = {"num_vars": len(x), "names": [f"x{place}" for place in range(len(x))], "bounds": [[0.0, 1.0]] * len(x)}
    columns = np.ascontiguousarray(x.T)
    if kind == "pawn":
        return np.asarray(pawn.analyze(problem, columns, y, seed=1)["median"]), None
    found = delta.analyze(problem, columns, y, seed=1, method="delta", num_resamples=RESAMPLES)
    return np.asarray(found["delta_raw"]), np.asarray(found["delta_raw_conf"])


def estimate(kind: str, name: str, way: str) -> dict[str, Any]:
    """Estimate once, for :mod:`benchmarks.child`, and give how far off it is; its time is less that of drawing."""
    case = CASES[name]
    x, y = case.draw(np.random.default_rng(1))
    began = time.perf_counter()
    if way == "ours":
        found = ours(kind, x, y)
        values, halves = found.estimate, 1.96 * found.error
    else:
        values, halves = salib(kind, x, y)
    took = time.perf_counter() - began
    off = np.abs(values - np.array(case.delta if kind == "delta" else case.pawn))
    widths = None if halves is None else float(np.max(off / np.maximum(halves, 1e-12)))
    return {"took": took, "off": float(off.max()), "halves": widths}


def held(kind: str, name: str) -> tuple[float, float]:
    """Give how often our 95% intervals hold the truth: of the worst parameter, and of all together."""
    case = CASES[name]
    truth = np.array(case.delta if kind == "delta" else case.pawn)
    generator = np.random.default_rng(2)
    inside = []
    for seed in range(TIMES):
        found = ours(kind, *case.draw(generator), seed=seed)
        inside.append(np.abs(found.estimate - truth) <= 1.96 * found.error)
    rate = np.mean(inside, axis=0)
    return float(rate.min()), float(rate.mean())


def _error(result: dict[str, Any]) -> str:
    if result["halves"] is None:
        return f"at most {result['off']:.4f} off, no interval"
    return f"at most {result['off']:.4f} off, {result['halves']:.1f} of its half 95% intervals"


def rows() -> list[Row]:
    """Measure both indices in both cases, ours and the peer's."""
    found = []
    for kind in ("delta", "pawn"):
        for name, case in CASES.items():
            say(f"W2b: {kind}, {case.label}")
            label = f"{kind}, {case.label}"
            mine = in_child("benchmarks.given_data:estimate", kind, name, "ours", repetitions=4)
            took = mine.least("took")
            worst, mean = held(kind, name)
            met = took <= TARGET and worst >= LEAST
            found.append(
                Row(
                    label,
                    took,
                    1.0,
                    mine.peak,
                    _error(mine.result),
                    f"95% intervals held {mean:.0%} of truths in {TIMES} samples, {worst:.0%} of the worst parameter; "
                    f"target truth inside, {TARGET:g} s {'met' if met else 'not met'}",
                )
            )
            if not installed("SALib"):
                found.append(Row(f"{label}, SALib", note=HOW_TO_INSTALL))
                continue
            if kind == "delta" and name != "ishigami":
                found.append(Row(f"{label}, SALib", note="not run: more than a minute a call, as above"))
                continue
            peer = in_child("benchmarks.given_data:estimate", kind, name, "salib")
            note = (
                f"one call, delta alone, {RESAMPLES} of its 100 resamples" if kind == "delta" else "one call, defaults"
            )
            wall = peer.least("took")
            found.append(Row(f"{label}, SALib", wall, wall / took, peer.peak, _error(peer.result), note))
    return found
