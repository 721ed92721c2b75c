"""W7: from nothing to an answer, each time in a fresh process.

``forecast run`` says on standard error how long each of its stages took, so the stages are read from outside and
nothing in it is changed for the measurement. Its fit comes in two parts, compiling and sampling: the saved
fit says how long sampling took.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.timing import ROOT, Row, say

STAGE = re.compile(r"^(?P<label>\S.*?)\s+(?P<seconds>\d+\.\d) s$", re.MULTILINE)


def _timed(arguments: list[str], environment: dict[str, str] | None = None) -> tuple[float, str]:
    """Run the interpreter and give the seconds it took and what it wrote to standard error."""
    began = time.perf_counter()
    ended = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )
    wall = time.perf_counter() - began
    # 1 says that a gate of the fit is broken: an answer all the same.
    if ended.returncode not in (0, 1):
        raise RuntimeError(ended.stderr.strip()[-500:])
    return wall, ended.stderr


def _best(arguments: list[str], repetitions: int) -> float:
    return min(_timed(arguments)[0] for _ in range(repetitions))


def _sampling(cache: Path) -> float | None:
    """Read how long sampling took from the fit that was kept."""
    from forecast.cache import from_bytes

    for file in cache.rglob("*.nc"):
        tree = from_bytes(file.read_bytes(), key=file.name.split("-")[0])
        return float(tree["posterior"].attrs["sampling_time"])
    return None


def _stages(said: str) -> list[tuple[str, float]]:
    return [(match["label"], float(match["seconds"])) for match in STAGE.finditer(said)]


def rows() -> list[Row]:
    """Measure the first and the second run, imports, and the help text."""
    found: list[Row] = []
    with tempfile.TemporaryDirectory() as place:
        cache, out = Path(place) / "cache", Path(place) / "out"
        pytensor = Path(place) / "pytensor"
        settings = {
            "LIBYA_FORECAST_CACHE": str(cache),
            # PyTensor keeps what it compiled, and a first time has none of that either.
            "PYTENSOR_FLAGS": f"base_compiledir={pytensor}",
        }
        command = ["-m", "forecast", "run", "--out", str(out)]
        say("W7: forecast run, first time (about a minute)")
        first, said = _timed(command, settings)
        stages = _stages(said)
        sampling = _sampling(cache)
        say("W7: forecast run, second time, and importing PyMC and ArviZ")
        imports = _best(["-c", "import pymc, arviz"], 2)
        second, said_again = min((_timed(command, settings) for _ in range(3)), key=lambda pair: pair[0])
        imports = min(imports, _best(["-c", "import pymc, arviz"], 2))
    found.append(Row("import pymc, arviz", imports, imports / second))
    found.append(
        Row(
            "forecast run, second time",
            second,
            1.0,
            note=f"{second / imports:.1f} x importing PyMC and ArviZ; {_listed(_stages(said_again), second)}",
        )
    )
    found.append(Row("forecast run, first time", first, first / second, note=_listed(stages, first)))
    fitting = next((seconds for label, seconds in stages if label.startswith("fitting")), None)
    if sampling is not None and fitting is not None:
        found.append(
            Row(
                "  of that: sampling",
                sampling,
                sampling / second,
                note=f"as the fit says; the other {max(0.0, fitting - sampling):.1f} s of the stage are importing "
                "PyMC, building and compiling",
            )
        )
    bare = _best(["-c", "pass"], 5)
    helped = _best(["-m", "forecast", "--help"], 5)
    found.append(Row("python -c pass", bare, bare / second))
    found.append(Row("forecast --help", helped, helped / second, note=f"{helped / bare:.1f} x a bare interpreter"))
    return found


def _listed(stages: list[tuple[str, float]], wall: float) -> str:
    """Name the stages with their times, and what of the whole lies outside all of them."""
    parts = [f"{label.split(' ')[0]} {seconds:.1f}" for label, seconds in stages]
    outside = wall - sum(seconds for _, seconds in stages)
    return ", ".join([*parts, f"interpreter and imports {outside:.1f} s"])
