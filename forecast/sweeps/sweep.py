"""``sweep``: every cell of a grid of beliefs, evidence, options, values and months, computed once and kept."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from forecast.arguments import flag, listed, outcome_known
from forecast.engine.cluster import in_order_on
from forecast.engine.interrupt import interruptible
from forecast.engine.runner import in_order, usable_cores
from forecast.errors import FileNotWritable
from forecast.progress import progress_bar
from forecast.settings import Settings, settings_of, takes
from forecast.sweeps.axes import Grid, baseline_of, read_grid
from forecast.sweeps.chunk_store import ChunkStore
from forecast.sweeps.cost import FIT_BYTES, FIT_SECONDS, bytes_of, seconds_of
from forecast.sweeps.report import SweepReport
from forecast.sweeps.result import Sweep
from forecast.sweeps.sources import Base, Unfitted, base_of, check_workers, code_hash, fit_base, releases
from forecast.sweeps.survey import Cell, Step, cells_of, look_up, steps_of
from forecast.sweeps.table import assembled
from forecast.sweeps.work import Done, run_at
from forecast.world import World
from forecast.worlds import world_for

if TYPE_CHECKING:
    from forecast.evidence import Evidence
    from priors import PriorSet

__all__ = ["sweep"]

Bases = dict[tuple[int, int], Base | Unfitted]


class SweepKeywords(TypedDict, total=False):
    """The fields of :class:`forecast.Settings` that a sweep follows, and the world."""

    world: World | None
    worlds: int
    seed: int
    client: Any
    progress: bool


@takes(SweepKeywords)
def sweep(
    grid: Mapping[str, Iterable[Any]],
    *,
    store: str | Path,
    beliefs: str | Path | PriorSet | None = None,
    evidence: str | Path | Evidence | None = None,
    baseline: str | None = None,
    outcomes: Iterable[str] | str | None = None,
    dry_run: bool = False,
    settings: Settings | None = None,
    **keywords: Unpack[SweepKeywords],
) -> Sweep:
    """Run every cell of a grid in the same possible worlds, and keep what was run.

    A cell is kept by all that it follows from: beliefs or draws of a fit, fixed parameters, option, months, seed,
    worlds and code. So a sweep that was stopped, in whatever way, goes on where it was, with the bits of one that was
    not; a larger one, or one of more worlds, takes over what is there and changes none of it; what is damaged is
    computed again and reported; and the order of axes and cells does not matter. All outcomes are kept, and the scores
    by each scale: other outcomes, and values of other weights on known scales, cost nothing.

    Ctrl-C ends the sweep after the worlds in hand, with what is done so far; pressed twice it interrupts at once.

    Parameters
    ----------
    grid : mapping of str to iterable
        Cells of each axis: ``beliefs`` (names, files or sets), ``evidence`` (names, files or sets, "none" among them; a
        fit each), ``options`` (names, expressions or options; all of the world by default), ``values`` (names, files,
        weights or values; those of the world by default), ``months`` (1..120; those of the world by default), and any
        parameter of the world (values in its unit, fixed in every world while all else and the shocks stay as they
        are).
    store : str or Path
        Folder of the Zarr store (format 3), made if need be.
    beliefs : str, Path or PriorSet, optional
        For a grid without that axis; those that the world declares by default.
    evidence : str, Path or Evidence, optional
        For a grid without that axis: what beliefs are conditioned on; the world's first set by default, "none" for
        beliefs as they stand.
    baseline : str, optional
        An option of the grid; all others are compared with it in each cell, world by world, so that the difference has
        an error of its own. The world's null option by default, where the grid has it; "none" for no differences.
    outcomes : iterable of str or str
        Outcomes of the world to report; those that reports lead with by default.
    dry_run : bool
        Say what is there, and what the rest would take, and compute no cell: a few hundred worlds are timed.
    settings : Settings, optional
        How worlds are run; or its fields as keywords.
    **keywords
        The fields ``worlds`` (of every cell), ``seed`` (of fits too), ``client`` and ``progress`` of
        :class:`forecast.Settings`. Months are an axis of the grid; the backend and the number of threads are chosen.

    Returns
    -------
    Sweep
        The grid as a table, a picture or an xarray.Dataset, and a report of what was done. Cells that failed are in it
        with the reason, and counted. ``plot(outcome="utility", x="months", by="options", at={"evidence": "none"},
        difference=True)`` draws an outcome, or how far it is from the baseline's, over one axis or two.

    Raises
    ------
    InvalidArgument, InvalidPrior, UnknownArgument, UnknownPrior, UnknownOption, UnknownOutcome
        If an axis, a cell or an argument is outside its domain; nothing is run then.
    ForecastError
        Where beliefs, evidence, options or values cannot be read.
    InvalidFile
        If the store is something else; ``VersionMismatch`` if of another format. It is left as it is.
    FileNotWritable
        If another process writes to the store, or the disk refuses; what was done stays, and the next run goes on.
    LostWorkers
        If the cluster gave up.

    Examples
    --------
    >>> import forecast, tempfile
    >>> district = forecast.load_world("district")
    >>> grid = {"raid_rate": [0.2, 1.5], "options": ["nothing", "both"], "months": [6]}
    >>> with tempfile.TemporaryDirectory() as store:
    ...     found = forecast.sweep(grid, store=store, world=district, evidence="none", worlds=50, progress=False)
    >>> found.axes, found.report.computed
    (('raid_rate', 'options', 'months'), 4)
    """
    began = time.monotonic()
    world = world_for(beliefs, keywords.get("world"))
    names = _outcome_names(world, outcomes)
    flag("dry_run", dry_run)
    how = settings_of(settings, keywords).without("months", "luck", "backend", "threads", where="sweep")
    read = read_grid(grid, beliefs=beliefs, evidence=evidence, world=world)
    base = baseline_of(read, baseline)
    check_workers(how.client)
    chunks = ChunkStore(store)

    def look(bases: Bases) -> list[Cell]:
        cells = cells_of(read, bases, baseline=base, seed=how.seed)
        for cell in cells:
            look_up(cell, chunks, how.worlds)
        return cells

    def result(cells: list[Cell], report: SweepReport) -> Sweep:
        return assembled(read, cells, report, names=names, baseline=base, settings=how)

    if dry_run:
        bases = _bases(read, chunks, how.seed)
        cells = look(bases)
        steps = steps_of(cells, seed=how.seed)
        fits = sum(isinstance(one, Unfitted) for one in bases.values())
        seconds = seconds_of(read, steps, cells, how) + FIT_SECONDS * fits
        told = _report(cells, chunks, None, "dry run", fits=fits, seconds=seconds, size=bytes_of(steps))
        return result(cells, told)
    with ExitStack() as stack:
        refused = None
        try:
            stack.enter_context(chunks.writing())
        except FileNotWritable as error:
            # Where everything is there, nothing needs to be written.
            refused = error
        bases = _bases(read, chunks, how.seed)
        unfitted = [place for place, one in bases.items() if isinstance(one, Unfitted)]
        if unfitted and refused is not None:
            raise refused
        for i, j in unfitted:
            held, known = read.axis("beliefs").items[i], read.axis("evidence").items[j]
            bases[i, j] = fit_base(held, known, seed=how.seed, chunks=chunks, progress=how.progress)
        cells = look(bases)
        there = sum(cell.there for cell in cells)
        steps = steps_of(cells, seed=how.seed)
        if refused is not None and steps:
            raise refused
        size = bytes_of(steps)
        done = _run(steps, chunks, how)
        if done < len(steps):
            size = bytes_of(steps[:done])
    ended = "read only" if refused is not None else "complete" if done == len(steps) else "interrupted"
    took = time.monotonic() - began
    report = _report(cells, chunks, there, ended, fits=len(unfitted), seconds=took, size=size)
    return result(cells, report)


def _outcome_names(world: World, outcomes: Iterable[str] | str | None) -> tuple[str, ...]:
    if outcomes is None:
        return world.headline
    return tuple(dict.fromkeys(outcome_known(name, world.outcomes) for name in listed("outcomes", outcomes)))


def _bases(grid: Grid, chunks: ChunkStore, seed: int) -> Bases:
    return {
        (i, j): base_of(beliefs, evidence, seed=seed, chunks=chunks)
        for i, beliefs in enumerate(grid.axis("beliefs").items)
        for j, evidence in enumerate(grid.axis("evidence").items)
    }


def _report(
    cells: Sequence[Cell], chunks: ChunkStore, there: int | None, ended: str, *, fits: int, seconds: float, size: int
) -> SweepReport:
    """Count; what was there before is all that is there now where nothing was to be run."""
    complete = sum(cell.there for cell in cells)
    there = complete if there is None else there
    failed = sum(bool(cell.failed) for cell in cells)
    others = {code: said for code, said in chunks.versions().items() if code != code_hash()[:16]}
    return SweepReport(
        cells=len(cells),
        there=there,
        computed=complete - there,
        to_do=len(cells) - complete - failed,
        failed=failed,
        repaired=tuple(dict.fromkeys(chunks.damaged)),
        other_versions=tuple(" ".join([code, *(f"{k} {v}" for k, v in said.items())]) for code, said in others.items()),
        fits=fits,
        seconds=seconds,
        size=size + FIT_BYTES * fits,
        ended=ended,
    )


def _run(steps: Sequence[Step], chunks: ChunkStore, how: Settings) -> int:
    """Run what is to be done and keep each piece as it comes; tell how many of the steps are done."""
    tasks = tuple(step.task for step in steps)
    ranges = [(number, number + 1) for number in range(len(tasks))]
    done = 0
    bar_of = progress_bar("Sweeping, chunks", total=sum(len(step.goals) for step in steps), show=how.progress)
    with bar_of as bar, interruptible() as interruption, ExitStack() as stack:
        results: Generator[tuple[int, list[Done]]] = (
            in_order(lambda start, stop: run_at(tasks, start, stop), ranges, workers=usable_cores())
            if how.client is None
            else in_order_on(how.client, run_at, tasks, ranges, until=lambda: interruption.asked)
        )
        stack.enter_context(closing(results))
        for end, (found,) in results:
            _keep(steps[end - 1], found, chunks)
            bar.advance(len(steps[end - 1].goals))
            done = end
            if interruption.asked:
                break
    return done


def _keep(step: Step, found: Done, chunks: ChunkStore) -> None:
    start, stop = step.task.start, step.task.stop
    for number, (cell, kept) in enumerate(step.goals):
        nodes = found if isinstance(found, str) else found[number]
        if isinstance(nodes, str):
            cell.failed = nodes
            continue
        chunks.write(kept.follows, start, stop, nodes, versions=releases())
        kept.parts.append((start, stop, nodes))
        kept.missing.remove((start, stop))
