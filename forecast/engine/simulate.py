"""``simulate``: from beliefs and options to an outcome for every option, world and month."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Unpack

from forecast.arguments import flag
from forecast.engine.backends import choose
from forecast.engine.cluster import in_order_on
from forecast.engine.draws import Source, source_of
from forecast.engine.interrupt import interruptible
from forecast.engine.job import Job
from forecast.engine.keeping import Every, Summed
from forecast.engine.runner import chunks, in_order
from forecast.engine.stopping import RESOLVED, Rule, rule
from forecast.inference import conditioned
from forecast.options import Option, check_starts, resolve
from forecast.outcomes.dataset import provenance
from forecast.progress import progress_bar
from forecast.settings import RunKeywords, Settings, check_range, settings_of, takes
from forecast.world import World
from forecast.worlds import world_for

if TYPE_CHECKING:
    import xarray as xr

    from forecast.evidence import Evidence
    from priors import PriorSet

__all__ = ["simulate", "simulated"]


@takes(RunKeywords)
def simulate(
    beliefs: PriorSet | xr.DataTree,
    *,
    evidence: str | Path | Evidence | None = None,
    options: Iterable[str | Option] | str | Option | None = None,
    reduce: bool = False,
    stop_when: Literal["ranking resolved"] | None = None,
    stop_outcome: str | None = None,
    stop_level: float = 0.95,
    settings: Settings | None = None,
    **keywords: Unpack[RunKeywords],
) -> xr.Dataset:
    """Condition beliefs on evidence and run every option in the same possible worlds.

    World ``w`` has the same parameters and the same luck under every option, so two options differ only by what
    they change. Same seed, same worlds, bit for bit, whatever the options, the number of worlds or of months, and
    whoever runs them: one thread or many, this process or a cluster of like processors, NumPy or numba. Another kind of
    processor may round a last bit otherwise.

    Ctrl-C ends the run after the worlds in hand and returns those that are complete, with ``ended`` in the attrs saying
    so; pressed twice it interrupts at once, as usual.

    Parameters
    ----------
    beliefs : PriorSet or xarray.DataTree
        A prior for every parameter of the world model, e.g. from :func:`priors.load`; or the fit of such beliefs to
        evidence, from :func:`forecast.fit`.
    evidence : str, Path or Evidence, optional
        What beliefs are conditioned on, as for :func:`forecast.load_evidence`: by default that of the world, as
        ``forecast run`` takes it; "none" draws worlds from the beliefs as they stand. A fit has its evidence already.
    options : iterable of str or Option, optional
        Names, expressions ("patrols + both from month 5") or options; all of the world by default.
    reduce : bool
        Keep a summary in place of the worlds, in memory that does not grow with their number: a core holds 4,096 worlds
        at a time, about 12 MB an option over 24 months.
    stop_when : {"ranking resolved"}, optional
        Add worlds until the option with the best mean of ``stop_outcome`` is told from every other, paired world by
        world, or the budget ends; needs ``reduce``. The attrs ``ended`` and ``ranking`` say which, and what was seen.
    stop_outcome : str, optional
        A per-world outcome of which the world says which way is better; its leading one by default.
    stop_level : float
        Probability, in (0, 1), that no wrong claim is made over all the looks together; see
        :mod:`forecast.summary.ranking`.
    settings : Settings, optional
        How worlds are run.
    **keywords
        ``world``, a :class:`forecast.World` whose beliefs they are, by default that of a fit or else the shipped one;
        and the fields of :class:`forecast.Settings`, in place of it: ``months``, ``worlds``, ``seed``, ``luck``,
        ``backend``, ``threads``, ``client``, ``progress``. ``worlds`` may also be a range: ``range(10_000, 20_000)``
        gives the second half of a run of 20,000, bit for bit, which :func:`forecast.join` puts behind the first. With
        ``stop_when`` it is the budget.

    Returns
    -------
    xarray.Dataset
        Dims (option, world, month), month 0 being the origin: every state with unit and long_name in its attrs;
        per-world outcomes on (option, world); each world's parameters on (world,), prefixed ``parameter_``.
        Provenance in the attrs. Reduced: means, spreads, errors and quantiles of every state on (option, month) and of
        every outcome on (option,), paired differences between options on (option, other); :func:`forecast.compare`
        takes it as it takes worlds. See :mod:`forecast.summary.dataset`.

    Raises
    ------
    InvalidArgument
        For a number, backend, rule or client outside its domain, workers without this release, or evidence with a fit.
    UnknownPrior
        If a parameter has no prior, or a prior no parameter.
    UnknownOption, InvalidOption
        For an option that does not exist or cannot be run, or that starts after the horizon.
    UnknownEvidence, InvalidEvidence, FailedFit
        As for :func:`forecast.fit`.
    UnknownOutcome
        If ``stop_outcome`` is none.
    LostWorkers
        If the cluster gave up.

    Examples
    --------
    >>> import forecast, priors
    >>> district = forecast.load_world("district")
    >>> outcomes = forecast.simulate(priors.load(district.beliefs), world=district, evidence="none", worlds=200)
    >>> dict(outcomes.sizes)
    {'option': 3, 'world': 200, 'month': 25}
    >>> outcomes.calm.mean("world").round(2).to_series().to_dict()
    {'nothing': 0.22, 'patrols': 0.48, 'both': 0.42}
    """
    asked = keywords.get("worlds")
    run = check_range(asked) if isinstance(asked, range) else None
    how = settings_of(settings, keywords if run is None else {**keywords, "worlds": len(run)})
    run = range(how.worlds) if run is None else run
    flag("reduce", reduce)
    world = world_for(beliefs, keywords.get("world"))
    chosen = resolve(options, world=world)
    check_starts(chosen, how.horizon(world), world=world)
    stop = rule(
        world,
        stop_when,
        outcome=stop_outcome,
        level=stop_level,
        options=tuple(chosen),
        budget=how.worlds,
        reduce=reduce,
    )
    known = conditioned(beliefs, evidence, seed=how.seed, progress=how.progress, world=world)
    source = source_of(known, world)
    return _outcomes(source, chosen, run, how, reduce=reduce, stop=stop)


def simulated(
    known: PriorSet | xr.DataTree,
    *,
    options: Iterable[str | Option],
    settings: Settings,
    worlds: range | None = None,
    world: World | None = None,
) -> xr.Dataset:
    """Run what :func:`forecast.inference.conditioned` gave: a fit, or beliefs that stand as they are.

    Parameters
    ----------
    known : PriorSet or xarray.DataTree
        Beliefs without evidence, or a fit.
    options : iterable of str or Option
        What is run.
    settings : Settings
        How.
    worlds : range, optional
        Which worlds, in place of as many as the settings say.
    world : World, optional
        What is run; that of a fit, or else the shipped one, by default.
    """
    run = range(settings.worlds) if worlds is None else worlds
    world = world_for(known, world)
    chosen = resolve(list(options), world=world)
    check_starts(chosen, settings.horizon(world), world=world)
    return _outcomes(source_of(known, world), chosen, run, settings)


def _outcomes(
    source: Source,
    chosen: Mapping[str, Option],
    run: range,
    how: Settings,
    *,
    reduce: bool = False,
    stop: Rule | None = None,
) -> xr.Dataset:
    """Run options in some worlds, and keep them or their summary."""
    months = how.horizon(source.world)
    backend = choose(how.backend, len(chosen) * len(run) * source.world.steps(months), source.world)
    job = Job(source, tuple(chosen.values()), how.seed, months, backend, how.luck)
    kept: Every | Summed = Summed(job) if reduce else Every(job, run)
    done, ended = _run(kept, job, run, stop, how)
    attrs = provenance(
        chosen,
        seed=how.seed,
        luck=job.shock_seed,
        months=months,
        backend=job.backend,
        source=source.provenance,
        world=source.world,
    )
    attrs |= {"worlds_asked": len(run), "first_world": run.start, "ended": ended} | (stop.attrs() if stop else {})
    return kept.finish(done, chosen, attrs)


def _run(kept: Every | Summed, job: Job, run: range, stop: Rule | None, how: Settings) -> tuple[int, str]:
    """Run worlds until there are enough; return how many are complete and why it ended."""
    worlds, ranges = len(run), chunks(len(run), kept.size, start=run.start)
    done, ended = 0, "complete" if stop is None else "budget ended, ranking not resolved"
    bar_of = progress_bar("Simulating worlds", total=worlds, show=how.progress)
    with bar_of as bar, interruptible() as interruption, ExitStack() as stack:
        parts: Generator[tuple[int, Any]] = (
            in_order(kept.run, ranges, workers=how.workers)
            if how.client is None
            else in_order_on(how.client, kept.remote, job, ranges, until=lambda: interruption.asked and done > 0)
        )
        stack.enter_context(closing(parts))
        for end, part in parts:
            kept.take(run.start + done, end, part)
            bar.advance(end - run.start - done)
            done = end - run.start
            if stop is not None and isinstance(kept, Summed) and kept.total is not None and stop.resolves(kept.total):
                ended = RESOLVED
                break
            if interruption.asked and done < worlds:
                ended = "interrupted"
                break
        else:
            if done < worlds:
                # The cluster's results were no longer waited for.
                ended = "interrupted"
    return done, ended
