"""What of a sweep is in its store, and what is to be done."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from numpy.typing import NDArray

from forecast.decision.values import Values
from forecast.engine.backends import choose
from forecast.engine.reduction import GRANULE
from forecast.options import Option
from forecast.sweeps.axes import Grid
from forecast.sweeps.chunk_store import ChunkStore
from forecast.sweeps.sources import Base, Unfitted, code_hash
from forecast.sweeps.statistics import Scales, layout_of, scales_of
from forecast.sweeps.tree import Layout, places
from forecast.sweeps.work import Task, Wanted
from forecast.world import World

__all__ = ["Cell", "Kept", "Step", "cells_of", "look_up", "steps_of"]

_BATCH = 192
"""Options times months of a task: about 100 MB of states for 4,096 worlds."""

type Part = tuple[int, int, NDArray[Any]]


@dataclass
class Kept:
    """What is kept of a cell in one layout.

    Attributes
    ----------
    scales : tuple of Attribute, optional
        Of scores; outcomes without them.
    against : Option, optional
        The baseline that is taken off world by world; nothing is without it.
    follows : mapping
        What it follows from.
    layout : Layout
        Of the numbers that are kept.
    parts : list of (start, stop, ndarray)
        What is there.
    missing : list of (start, stop)
        What is not.
    """

    scales: Scales | None
    against: Option | None
    follows: Mapping[str, Any]
    layout: Layout
    parts: list[Part] = field(default_factory=list)
    missing: list[tuple[int, int]] = field(default_factory=list)


@dataclass
class Cell:
    """One cell; values are read out of it, so that it has a place on every other axis only.

    Attributes
    ----------
    place : tuple of int
        On the axes of :func:`cells_of`.
    base : Base or Unfitted
        Where its worlds come from.
    fixed : tuple of (str, float)
        Parameters that are fixed.
    option : Option
        What is done.
    months : int
        The horizon.
    kept : tuple of Kept
        Outcomes and scores by each of the scales; and again, less those of the baseline, where there is one.
    failed : str
        Why it has no numbers, empty where it has.
    """

    place: tuple[int, ...]
    base: Base | Unfitted
    fixed: tuple[tuple[str, float], ...]
    option: Option
    months: int
    kept: tuple[Kept, ...] = ()
    failed: str = ""

    @property
    def there(self) -> bool:
        """Whether nothing is missing."""
        return bool(self.kept) and not any(one.missing for one in self.kept)


@dataclass(frozen=True)
class Step:
    """A task, and where what it brings belongs."""

    task: Task
    goals: tuple[tuple[Cell, Kept], ...]


def cells_of(
    grid: Grid, bases: Mapping[tuple[int, int], Base | Unfitted], *, baseline: Option | None, seed: int
) -> list[Cell]:
    """Return every cell, without looking at the store.

    Parameters
    ----------
    grid : Grid
        The axes; a cell's place is on beliefs, evidence, the parameters by name, options and months, in this order.
    bases : mapping
        By the places of beliefs and evidence.
    baseline : Option, optional
        What all other options are compared with in the same worlds.
    seed : int
        The one root seed.
    """
    values: tuple[Values, ...] = grid.axis("values").items
    scales = list(dict.fromkeys(scales_of(one) for one in values))
    options, months = grid.axis("options"), grid.axis("months")
    cells = []
    for first, base in bases.items():
        for combination in itertools.product(*(enumerate(axis.items) for axis in grid.parameters)):
            fixed = tuple((axis.name, value) for axis, (_, value) in zip(grid.parameters, combination, strict=True))
            middle = tuple(number for number, _ in combination)
            for (i, option), (j, horizon) in itertools.product(enumerate(options.items), enumerate(months.items)):
                cell = Cell((*first, *middle, i, j), base, fixed, option, horizon)
                if isinstance(base, Base):
                    # An option less itself is nothing in every world.
                    less = (None,) if baseline is None or option.hash == baseline.hash else (None, baseline)
                    outcomes = len(base.source.world.outcomes)
                    cell.kept = tuple(
                        Kept(
                            one,
                            against,
                            _follows(base, fixed, option, horizon, seed, one, against),
                            layout_of(one, outcomes),
                        )
                        for against, one in itertools.product(less, (None, *scales))
                    )
                else:
                    cell.failed = base.why
                cells.append(cell)
    return cells


def _follows(
    base: Base,
    fixed: Iterable[tuple[str, float]],
    option: Option,
    months: int,
    seed: int,
    scales: Scales | None,
    against: Option | None,
) -> dict[str, Any]:
    what: Any = "outcomes"
    if scales is not None:
        what = [[one.outcome, one.worst.hex(), one.best.hex(), one.risk_aversion.hex()] for one in scales]
    return {
        "what": what,
        "source": dict(base.follows),
        "fixed": {name: value.hex() for name, value in fixed},
        "option": option.hash,
        "months": months,
        "seed": seed,
        "world": base.source.world.hash,
        "code": code_hash(),
        **({} if against is None else {"against": against.hash}),
    }


def look_up(cell: Cell, chunks: ChunkStore, worlds: int) -> None:
    """Read what is there of a cell, and note what is missing."""
    for one in cell.kept:
        columns = one.layout.columns

        def read(start: int, stop: int, one: Kept = one, columns: int = columns) -> NDArray[Any] | None:
            return chunks.read(one.follows, start, stop, shape=(len(places(start, stop)), columns))

        one.parts, one.missing = _cover(chunks.ranges(one.follows), read, worlds)


def _cover(
    ranges: Sequence[tuple[int, int]], read: Callable[[int, int], NDArray[Any] | None], worlds: int
) -> tuple[list[Part], list[tuple[int, int]]]:
    """Cover worlds 0 to ``worlds - 1`` with whole ranges that are there, and name those to be run."""
    parts, missing = [], []
    start = 0
    while start < worlds:
        end = min(worlds, (start // GRANULE + 1) * GRANULE)
        here = [stop for first, stop in ranges if first == start and stop <= end]
        if here:
            # A damaged one is computed again as it was, though a shorter one may be whole: so it is mended for good.
            stop = max(here)
            rows = read(start, stop)
        else:
            stop, rows = min([end, *(first for first, _ in ranges if start < first)]), None
        if rows is None:
            missing.append((start, stop))
        else:
            parts.append((start, stop, rows))
        start = stop
    return parts, missing


def steps_of(cells: Sequence[Cell], *, seed: int) -> list[Step]:
    """Make tasks of all that is missing: the options of one source in one range of worlds are run together.

    Parameters
    ----------
    cells : sequence of Cell
        Looked up.
    seed : int
        The one root seed.
    """
    groups: dict[tuple[Any, ...], dict[str, list[tuple[Cell, Kept]]]] = {}
    for cell in cells:
        for one in cell.kept:
            for start, stop in one.missing:
                group = groups.setdefault((id(cell.base), cell.fixed, start, stop), {})
                group.setdefault(cell.option.hash, []).append((cell, one))
    batches = [
        (start, stop, goals)
        for (_, _, start, stop), by_option in groups.items()
        for goals in _batches(list(by_option.values()))
    ]
    backend = "numpy"
    if batches:
        world = _world_of(batches[0][2])
        months = sum(
            (stop - start) * len(_run_for(goals)) * max(cell.months for cell, _ in goals)
            for start, stop, goals in batches
        )
        backend = choose("auto", world.steps(months), world)
    return [_step(start, stop, goals, seed, backend) for start, stop, goals in batches]


def _world_of(goals: Sequence[tuple[Cell, Kept]]) -> World:
    base = goals[0][0].base
    assert isinstance(base, Base)
    return base.source.world


def _batches(by_option: list[list[tuple[Cell, Kept]]]) -> list[list[tuple[Cell, Kept]]]:
    longest = max(cell.months for goals in by_option for cell, _ in goals)
    size = max(1, _BATCH // longest)
    return [[goal for goals in batch for goal in goals] for batch in itertools.batched(by_option, size)]


def _run_for(goals: Iterable[tuple[Cell, Kept]]) -> dict[str, Option]:
    """Return the options that must be run, by their hashes, the baseline among them where something is less it."""
    return {option.hash: option for cell, one in goals for option in (cell.option, one.against) if option is not None}


def _step(start: int, stop: int, goals: list[tuple[Cell, Kept]], seed: int, backend: str) -> Step:
    options = _run_for(goals)
    at = {key: place for place, key in enumerate(options)}
    first = goals[0][0]
    assert isinstance(first.base, Base)
    wanted = tuple(
        Wanted(at[cell.option.hash], cell.months, one.scales, None if one.against is None else at[one.against.hash])
        for cell, one in goals
    )
    source = replace(first.base.source, fixed=first.fixed)
    return Step(Task(source, tuple(options.values()), seed, start, stop, backend, wanted), tuple(goals))
