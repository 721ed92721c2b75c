"""One piece of a sweep's work: some options in a range of worlds of one source, here or on a worker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecast.engine import layout
from forecast.engine.draws import Source
from forecast.engine.job import Job, run_chunk
from forecast.errors import InvalidPrior
from forecast.options import Option
from forecast.outcomes.derive import derive
from forecast.schema import NO_MONTH
from forecast.sweeps.statistics import Scales, layout_of, series_of
from forecast.sweeps.tree import reduce_range

__all__ = ["Done", "Task", "Wanted", "run_at"]

type Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Wanted:
    """What is to be kept of one option.

    Attributes
    ----------
    option : int
        Its place in the task.
    months : int
        The horizon.
    scales : tuple of Attribute, optional
        Scores by these; the outcomes themselves without them.
    against : int, optional
        The place of the option to be taken off in the same world; nothing is without it.
    """

    option: int
    months: int
    scales: Scales | None
    against: int | None = None


@dataclass(frozen=True)
class Task:
    """Worlds to be run once for all that is wanted of them.

    Attributes
    ----------
    source : Source
        Where the parameters come from.
    options : tuple of Option
        What is run.
    seed, start, stop : int
        Root seed and half-open range of worlds.
    backend : str
        Name of the backend.
    wanted : tuple of Wanted
        What is kept, at least one.
    """

    source: Source
    options: tuple[Option, ...]
    seed: int
    start: int
    stop: int
    backend: str
    wanted: tuple[Wanted, ...]

    @property
    def months(self) -> int:
        """The longest horizon; the first months of a world do not depend on it."""
        return max(one.months for one in self.wanted)

    @property
    def size(self) -> int:
        """Worlds times options times months."""
        return (self.stop - self.start) * len(self.options) * self.months


Done = tuple[Floats | str, ...] | str
"""Nodes of all that was wanted, in its order; or why there are none."""


def run(task: Task) -> Done:
    """Run a task."""
    # A parameter that is fixed far out may give what is no number; such worlds are counted when a cell is read.
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return _run(task)


def _run(task: Task) -> Done:
    job = Job(task.source, task.options, task.seed, task.months, task.backend)
    try:
        _, states, outcomes = run_chunk(job, task.start, task.stop)
    except InvalidPrior as error:
        return str(error)
    world = task.source.world
    named = layout.read(world, states)
    at: dict[int, dict[str, NDArray[Any]]] = {task.months: outcomes}
    for months in {one.months for one in task.wanted} - {task.months}:
        at[months] = derive(world, {name: array[..., : world.steps(months) + 1] for name, array in named.items()})
    kept = len(world.outcomes)
    times = [name for name, outcome in world.outcomes.items() if outcome.is_time]

    def nodes(one: Wanted) -> Floats | str:
        # Of a time what is not finite is where it never came, and not where it is missing.
        for name in () if one.scales is not None else times:
            for option in (one.option, one.option if one.against is None else one.against):
                missing = int(np.count_nonzero(at[one.months][name][option] == NO_MONTH))
                if missing:
                    return f"{name} is missing in {missing:,} worlds, where a state that its rule reads is no number"
        series = series_of(at[one.months], one.option, one.scales, one.against)
        return reduce_range(series, task.start, layout_of(one.scales, kept))

    return tuple(nodes(one) for one in task.wanted)


def run_at(tasks: tuple[Task, ...], start: int, stop: int) -> list[Done]:
    """Run some of the tasks, by their numbers; the form in which the runners take work."""
    return [run(task) for task in tasks[start:stop]]
