"""Run one measured function in a process of its own: ``python -m benchmarks.child MODULE:FUNCTION [ARGUMENT ...]``.

Only a fresh process shows a cold start and peak memory as they are. ``tracemalloc`` sees nothing that compiled code
allocates, and ``ru_maxrss`` of a child starts, on Linux, at the size of the process that started it, so the peak is
read from the kernel's own account of this process wherever there is one.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

STATUS = Path("/proc/self/status")


def _account(field: str) -> float | None:
    """Give one line of the kernel's account of this process, in MB."""
    if not STATUS.exists():
        return None
    for line in STATUS.read_text().splitlines():
        if line.startswith(field):
            return float(line.split()[1]) * 1024 / 1e6
    return None


def _most_resident(who: int) -> float:
    # Kilobytes everywhere but on macOS, which counts bytes.
    return resource.getrusage(who).ru_maxrss * (1.0 if sys.platform == "darwin" else 1024.0) / 1e6


def peak_mb() -> float:
    """Give the most memory that this process has held, in MB; of processes that it started, the largest is added."""
    own = _account("VmHWM:")
    return (own if own is not None else _most_resident(resource.RUSAGE_SELF)) + _children_mb()


def _children_mb() -> float:
    return _most_resident(resource.RUSAGE_CHILDREN)


def held_mb() -> float:
    """Give the memory that this process holds now, in MB."""
    now = _account("VmRSS:")
    return now if now is not None else _most_resident(resource.RUSAGE_SELF)


def measure(
    target: str, arguments: list[str], *, repetitions: int, prepare: list[str] | None, also: list[str]
) -> dict[str, Any]:
    """Import, call once, then call again for the best time.

    Parameters
    ----------
    target : str
        "module:function"; the function takes strings and gives None or something JSON can hold.
    arguments : list of str
        For the function.
    repetitions : int
        Calls after the first.
    prepare : list of str, optional
        Arguments of a small call made before anything is timed, so that compiling counts in neither time nor memory.
    also : list of str
        Further modules to import first: those that the function would import when it is called.
    """
    module, name = target.split(":")
    began = time.perf_counter()
    for other in also:
        import_module(other)
    function: Callable[..., Any] = getattr(import_module(module), name)
    imported = time.perf_counter() - began
    if prepare is not None:
        function(*prepare)
    before = held_mb()
    times, processor, results = [], [], []
    for _ in range(1 + repetitions):
        began, busy = time.perf_counter(), time.process_time()
        results.append(function(*arguments))
        times.append(time.perf_counter() - began)
        processor.append(time.process_time() - busy)
    return {
        "imported": imported,
        "first": times[0],
        "warm": min(times[1:], default=times[0]),
        "processor": min(processor[1:], default=processor[0]),
        "before": before,
        "peak": peak_mb(),
        "results": results,
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("target")
    parser.add_argument("arguments", nargs="*")
    parser.add_argument("--repetitions", type=int, default=0)
    parser.add_argument("--prepare", help="arguments between commas")
    parser.add_argument("--also", default="", help="modules between commas")
    given = parser.parse_args()
    prepare = None if given.prepare is None else given.prepare.split(",")
    also = [name for name in given.also.split(",") if name]
    found = measure(given.target, given.arguments, repetitions=given.repetitions, prepare=prepare, also=also)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
