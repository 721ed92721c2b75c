"""What a sweep would take, told before it is run."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace

from forecast.engine.draws import source_of
from forecast.engine.runner import usable_cores
from forecast.settings import Settings
from forecast.sweeps.axes import Grid
from forecast.sweeps.survey import Cell, Step
from forecast.sweeps.tree import places
from forecast.sweeps.work import Task, Wanted, run_at

__all__ = ["FIT_BYTES", "FIT_SECONDS", "bytes_of", "seconds_of"]

FIT_SECONDS, FIT_BYTES = 1.0, 12_000_000
"""What a fit by importance takes and its draws need, about."""

_PROBE = 2048
"""Worlds that are timed: with fewer, what a call costs however few they are would count too much."""

_BLOCK = 4096
"""Bytes that a small file, or a folder, takes on most disks, however little is in it."""


def seconds_of(grid: Grid, steps: Sequence[Step], cells: Sequence[Cell], settings: Settings) -> float:
    """Estimate what steps will take, without fits, from the time of some worlds of the first of them.

    Parameters
    ----------
    grid : Grid
        The axes.
    steps : sequence of Step
        What is known to be missing.
    cells : sequence of Cell
        All; those that wait for a fit have no steps yet.
    settings : Settings
        With the worlds and the seed of every cell, and the cluster whose cores count; those of this machine without it.
    """
    tasks = [step.task for step in steps]
    unknown = [cell for cell in cells if not cell.kept and not cell.failed]
    if not tasks and not unknown:
        return 0.0
    client = settings.client
    workers = usable_cores() if client is None else max(1, sum(client.ncores().values()))
    size = sum(task.size for task in tasks) + sum(settings.worlds * cell.months for cell in unknown)
    if tasks:
        task = tasks[0]
    else:
        first = unknown[0]
        source = source_of(grid.axis("beliefs").items[0], grid.world)
        wanted = (Wanted(0, first.months, None),)
        task = Task(source, (first.option,), settings.seed, 0, settings.worlds, "numpy", wanted)
    probe = replace(task, stop=min(task.stop, task.start + _PROBE))
    # The first call loads or compiles what the others have.
    run_at((replace(task, stop=task.start + 1),), 0, 1)
    began = time.perf_counter()
    run_at((probe,), 0, 1)
    return (time.perf_counter() - began) * size / probe.size / workers


def bytes_of(steps: Iterable[Step]) -> int:
    """Say how much room on the disk the store will need more, in bytes: whole blocks, since its files are small."""
    total, groups = 0, set()
    for step in steps:
        nodes = len(places(step.task.start, step.task.stop))
        for _, one in step.goals:
            chunk = 8 * nodes * one.layout.columns
            # Beside it a description, and the folder of both.
            total += (-(-chunk // _BLOCK) + 2) * _BLOCK
            if not one.parts:
                groups.add(id(one))
    return total + 2 * _BLOCK * len(groups)
