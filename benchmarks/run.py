"""All the measurements, one table each, in one run: ``python -m benchmarks.run``; ``... w1 w5`` runs a part.

Ratios count, and only within one run. What is being measured is told on standard error, tables go to standard output.
"""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

from benchmarks.timing import HOW_TO_INSTALL, Failed, Row, table

SHOWN = ("numpy", "numba", "jax", "pymc", "pytensor", "arviz", "ema-workbench", "preliz", "salib", "scoringrules")


@dataclass(frozen=True)
class Measurement:
    """One table: its title, and where its rows come from."""

    title: str
    rows: Callable[[], list[Row]]


def _from(module: str) -> Callable[[], list[Row]]:
    # Imported when it is asked for: the help text and a part of the tables should not wait for the rest.
    def rows() -> list[Row]:
        found: list[Row] = import_module(f"benchmarks.{module}").rows()
        return found

    return rows


def _w0() -> list[Row]:
    from benchmarks import ema, plain_pymc, worlds

    fast, own = worlds.rows()

    def ours() -> float:
        return worlds.ours(fast)

    return [
        *own,
        *_tried("plain PyMC", lambda: plain_pymc.rows(ours)),
        *_tried("ema_workbench", lambda: ema.rows(ours)),
    ]


def _tried(label: str, rows: Callable[[], list[Row]]) -> list[Row]:
    """Let one peer fail without losing the table."""
    try:
        return rows()
    except (Failed, ImportError, RuntimeError) as error:
        return [Row(label, note=f"failed: {error}")]


MEASUREMENTS: Mapping[str, Measurement] = {
    "w0": Measurement("W0  every option x 10,000 worlds x 24 months, all states kept", _w0),
    "w1": Measurement("W1  neutral ground: 5 options x 10,000 worlds x 24 months", _from("neutral")),
    "w2": Measurement("W2  Sobol' indices of 20 parameters, 2^14 points, with intervals", _from("indices")),
    "w2b": Measurement("W2b  delta and PAWN of every parameter from 50,000 given worlds", _from("given_data")),
    "w3": Measurement("W3  value of every single parameter and pair of 14, 10,000 worlds", _from("information")),
    "w4": Measurement("W4  a planted box in 20 parameters, 10,000 worlds", _from("discovery")),
    "w5": Measurement("W5  CRPS of 2,000 forecasts x 2,000 draws", _from("scoring")),
    "w6": Measurement("W6  eliciting a central interval", _from("elicitation")),
    "w7": Measurement("W7  from nothing to an answer, in fresh processes", _from("startup")),
    "w8": Measurement("W8  the posterior", _from("posterior")),
}


def _machine() -> str:
    known = []
    for name in SHOWN:
        try:
            known.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            known.append(f"{name}: {HOW_TO_INSTALL}" if name not in ("jax",) else f"{name}: not installed")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{platform.machine()}, {cores} cores, Python {platform.python_version()}; " + ", ".join(known)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description="Side-by-side measurements.")
    # No choices=: argparse would refuse that none is given.
    parser.add_argument("which", nargs="*", metavar="TABLE", help=f"any of {', '.join(MEASUREMENTS)} (default: all)")
    which = parser.parse_args().which or list(MEASUREMENTS)
    if unknown := [name for name in which if name not in MEASUREMENTS]:
        parser.error(f"there is no {', '.join(unknown)}; choose from {', '.join(MEASUREMENTS)}")
    print(_machine())
    for name in which:
        measurement = MEASUREMENTS[name]
        print("\n" + table(measurement.title, _tried(name, measurement.rows)), flush=True)


if __name__ == "__main__":
    main()
