"""How things are timed, and the table that they are printed in.

Absolute times mean little on a shared machine: rows of one run are compared with each other and with nothing else. Warm
times are the best of several calls, since other work on the machine can only add to a time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]

HOW_TO_INSTALL = "not installed: make bench installs it"


def say(text: str) -> None:
    """Tell on standard error what is being measured."""
    print(f"  ... {text}", file=sys.stderr, flush=True)


def best(function: Callable[[], object], repetitions: int = 5) -> float:
    """Give the shortest time of several calls, in seconds, after one that is not counted."""
    function()
    times = []
    for _ in range(repetitions):
        began = time.perf_counter()
        function()
        times.append(time.perf_counter() - began)
    return min(times)


@dataclass(frozen=True)
class Run:
    """What a fresh process found; times in seconds, memory in MB.

    ``imported`` is the time to import the module that holds the function, ``first`` the first call, ``warm`` the best
    of the later ones (of the one, where there is one). ``processor`` is the least processor time of a call, all its
    threads together, which other work on the machine hardly changes. ``before`` is the memory held just before the
    first call, ``peak`` the most that was ever held.
    ``results`` are what the calls returned.
    """

    imported: float
    first: float
    warm: float
    processor: float
    before: float
    peak: float
    results: list[Any]

    @property
    def result(self) -> Any:
        """What the last call returned."""
        return self.results[-1]

    def least(self, what: str) -> float:
        """Give the smallest of a number that every call returned; the first call counts only if it was the only one."""
        return float(min(result[what] for result in self.results[1:] or self.results))

    @property
    def cold(self) -> float:
        """Importing and the first call."""
        return self.imported + self.first


class Failed(Exception):
    """The process ended badly; the message is the last line that it wrote to standard error."""


def in_child(
    target: str,
    *arguments: object,
    repetitions: int = 0,
    prepare: Sequence[object] | None = None,
    also: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    timeout: float = 1800.0,
) -> Run:
    """Measure one function in a fresh process of the same interpreter; see :mod:`benchmarks.child`."""
    command = [sys.executable, "-m", "benchmarks.child", target, *map(str, arguments)]
    command += ["--repetitions", str(repetitions), "--also", ",".join(also)]
    if prepare is not None:
        command += ["--prepare", ",".join(map(str, prepare))]
    ended = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    if ended.returncode:
        raise Failed((ended.stderr.strip().splitlines() or [f"exit status {ended.returncode}"])[-1])
    return Run(**json.loads(ended.stdout.strip().splitlines()[-1]))


def installed(*modules: str) -> bool:
    """Tell whether peers can be imported, without importing them."""
    return all(find_spec(module) is not None for module in modules)


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Parameters
    ----------
    label : str
        What was run.
    wall : float, optional
        Seconds; None where it was not measured, and the note says why.
    ratio : float, optional
        Time in units of ours, measured in the same run.
    peak : float, optional
        MB, the whole process unless the note says otherwise.
    error : str
        How far from the truth, in words.
    note : str
        Conditions: cold or warm, extrapolated, versions, why there is no number.
    """

    label: str
    wall: float | None = None
    ratio: float | None = None
    peak: float | None = None
    error: str = ""
    note: str = ""


HEADINGS = ("", "time", "x ours", "peak", "error", "note")


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    if seconds >= 0.9995:
        return f"{seconds:.1f} s" if seconds < 99.95 else f"{seconds:.0f} s"
    return f"{1e3 * seconds:.3g} ms" if seconds >= 1e-3 else f"{1e6 * seconds:.3g} us"


def _ratio(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:,.2f}" if ratio < 9.995 else f"{ratio:,.0f}"


def _cells(row: Row) -> tuple[str, ...]:
    peak = "" if row.peak is None else f"{row.peak:,.0f} MB"
    return (row.label, _time(row.wall), _ratio(row.ratio), peak, row.error, row.note)


def table(title: str, rows: Sequence[Row]) -> str:
    """Give rows as aligned text under a title."""
    cells = [HEADINGS, *map(_cells, rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEADINGS))]
    lines = [title]
    for line in cells:
        # Numbers to the right, words to the left.
        parts = [
            text.rjust(width) if 1 <= column <= 3 else text.ljust(width)
            for column, (text, width) in enumerate(zip(line, widths, strict=True))
            if width
        ]
        lines.append(("  " + "  ".join(parts)).rstrip())
    return "\n".join(lines)
