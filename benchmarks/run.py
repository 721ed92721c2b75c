"""The measurements, one table in one run: ``make bench``.

Absolute times mean little on a shared machine, so each row is a ratio against something measured in the same run.
A row is timed warm, as the smallest of several repetitions.
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable

import numpy as np

import forecast
import priors
from benchmarks.posterior import w8
from forecast.engine.shocks import NORMAL_CHANNELS
from forecast.world.state import Shocks

WORLDS, MONTHS = 10_000, 24


def best(function: Callable[[], object], repetitions: int = 5) -> float:
    """Give the shortest time of several, in seconds, after one warm-up."""
    function()
    times = []
    for _ in range(repetitions):
        began = time.perf_counter()
        function()
        times.append(time.perf_counter() - began)
    return min(times)


def peak(function: Callable[[], object]) -> float:
    """Give the peak memory of NumPy and Python during one call, in MB."""
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


def floor() -> None:
    """Draw the shocks of W0 once: the same number, the same kinds, PCG64."""
    generator = np.random.Generator(np.random.PCG64(1))
    for channel in Shocks._fields:
        draw = generator.standard_normal if channel in NORMAL_CHANNELS else generator.random
        draw((MONTHS, WORLDS))


def w0() -> list[str]:
    """Every shipped option x 10,000 worlds x 24 months, all states kept."""
    beliefs = priors.load("article")

    def ours() -> object:
        return forecast.simulate(beliefs, worlds=WORLDS, months=MONTHS, progress=False)

    mine, least = best(ours, 3), best(floor)
    output = ours().nbytes / 1e6  # type: ignore[attr-defined]
    return [
        f"W0  simulate, NumPy        {mine:7.3f} s   {mine / least:6.1f} x the floor of drawing the shocks "
        f"({least:.3f} s)   peak {peak(ours):.0f} MB for {output:.0f} MB of output"
    ]


def w6() -> list[str]:
    """Elicit 1,000 central intervals, a mix of families."""
    generator = np.random.default_rng(6)
    lows, widths = generator.uniform(0.02, 0.4, 1000), generator.uniform(0.05, 0.5, 1000)
    families = ("LogNormal", "Normal", "Beta", "Gamma")

    def ours() -> None:
        for number, (low, width) in enumerate(zip(lows, widths, strict=True)):
            priors.elicit(families[number % 4], interval=(low, low + width), mass=0.9)

    mine = best(ours, 3)
    rows = [f"W6  1,000 intervals        {mine:7.3f} s   {1e3 * mine / 1000:.3f} ms each"]
    try:
        import preliz  # type: ignore[import-not-found]
    except ImportError:
        return [*rows, "    PreliZ maxent           not installed"]

    def peer() -> None:
        for low, width in zip(lows[:20], widths[:20], strict=True):
            preliz.maxent(preliz.Beta(), lower=low, upper=low + width, mass=0.9, plot=False)

    theirs = best(peer, 1) / 20
    return [*rows, f"    PreliZ maxent           {1e3 * theirs:7.1f} ms each: {theirs / (mine / 1000):.0f} x ours"]


if __name__ == "__main__":
    for measure in (w0, w6, w8):
        for row in measure():
            print(row)
