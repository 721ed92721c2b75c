"""``simulate``: from beliefs and options to an outcome for every option, world and month."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from forecast.arguments import whole
from forecast.engine.backends import choose
from forecast.engine.cluster import check_client, in_order_on
from forecast.engine.draws import source_of
from forecast.engine.interrupt import interruptible
from forecast.engine.job import Job
from forecast.engine.keeping import Every, Summed
from forecast.engine.program import world_hash
from forecast.engine.runner import chunks, in_order, usable_cores
from forecast.engine.stopping import RESOLVED, Rule, rule
from forecast.errors import InvalidArgument
from forecast.inference import conditioned, is_fit
from forecast.options import Option, check_starts, resolve
from forecast.outcomes.dataset import provenance
from forecast.progress import progress_bar

if TYPE_CHECKING:
    import xarray as xr

    from forecast.evidence import Evidence
    from priors import PriorSet

__all__ = ["check_size", "check_worlds", "simulate", "simulated"]

_MOST_WORLDS = 10_000_000


def check_size(*, months: int, worlds: int, seed: int) -> tuple[int, int, int]:
    """Refuse a size that cannot be run; arguments and errors as for :func:`simulate`."""
    return (
        whole("months", months, 1, 120),
        whole("worlds", worlds, 1, _MOST_WORLDS),
        whole("seed", seed, 0, 2**63 - 1),
    )


def check_worlds(worlds: int | range) -> range:
    """Give the worlds to run: the first so many, or those of a range.

    Raises
    ------
    InvalidArgument
        If it is anything else, empty, or beyond 10,000,000.
    """
    if not isinstance(worlds, range):
        return range(whole("worlds", worlds, 1, _MOST_WORLDS))
    if worlds.step != 1 or not 0 <= worlds.start < worlds.stop <= _MOST_WORLDS:
        raise InvalidArgument(
            f"worlds = {worlds!r:.60}",
            expected=f"a number of worlds, or a range of them within 0..{_MOST_WORLDS:,} in steps of 1",
            mend="pass for example worlds=range(10_000, 20_000)",
        )
    return worlds


def simulate(
    beliefs: PriorSet | xr.DataTree,
    *,
    evidence: str | Path | Evidence | None = None,
    options: Iterable[str | Option] | str | Option | None = None,
    months: int = 24,
    worlds: int | range = 10_000,
    seed: int = 1,
    luck: int | None = None,
    backend: Literal["auto", "numpy", "numba", "jax"] = "auto",
    reduce: bool = False,
    stop_when: Literal["ranking resolved"] | None = None,
    stop_outcome: str = "stable_success",
    stop_level: float = 0.95,
    client: Any = None,
    progress: bool = True,
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
        A prior for every parameter of the world model, e.g. ``priors.load("article")``; or the fit of such beliefs to
        evidence, from :func:`forecast.fit`.
    evidence : str, Path or Evidence, optional
        What beliefs are conditioned on, as for :func:`forecast.load_evidence`: the article's evidence by default, as
        ``forecast run`` does; "none" draws worlds from the beliefs as they stand. A fit has its evidence already.
    options : iterable of str or Option, optional
        Names, expressions ("ct_assistance + airstrikes from month 5") or options; all shipped ones by default.
    months : int
        Horizon, 1..120.
    worlds : int or range
        Number of worlds, 1..10,000,000, or a range of them: ``range(10_000, 20_000)`` gives the second half of a run of
        20,000, bit for bit, which :func:`forecast.join` puts behind the first. About 2.9 kB of memory for each world
        and option over 24 months, unless they are reduced. With ``stop_when`` it is the budget.
    seed : int
        The one root seed, >= 0.
    luck : int, optional
        A seed, >= 0, of the shocks alone; the root seed by default. With another, world ``w`` has the same parameters
        as ever and other luck, which tells luck from ignorance: see :func:`forecast.luck_and_ignorance`.
    backend : {"auto", "numpy", "numba", "jax"}
        How to run the month. NumPy and numba give the same bits; "auto" takes numba where it is faster. JAX (extra
        ``jax``) runs on accelerators; it agrees to 1e-10 on continuous states, and on events except where a shock lies
        within rounding of its threshold.
    reduce : bool
        Keep a summary in place of the worlds, in memory that does not grow with their number: a core holds 4,096 worlds
        at a time, about 12 MB an option over 24 months.
    stop_when : {"ranking resolved"}, optional
        Add worlds until the option with the best mean of ``stop_outcome`` is told from every other, paired world by
        world, or the budget ends; needs ``reduce``. The attrs ``ended`` and ``ranking`` say which, and what was seen.
    stop_outcome : str
        A per-world outcome of which the article says which way is better.
    stop_level : float
        Probability, in (0, 1), that no wrong claim is made over all the looks together; see
        :mod:`forecast.summary.ranking`.
    client : dask.distributed.Client, optional
        Run on the workers of a cluster (extra ``dask``), where this release of the package must be installed. The
        workers that are there at the start are asked for it.
    progress : bool
        Show a bar if it takes more than two seconds.

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
    >>> beliefs = priors.load("article")
    >>> outcomes = forecast.simulate(beliefs, evidence="none", options=["no_assistance", "airstrikes"], worlds=50)
    >>> dict(outcomes.sizes)
    {'option': 2, 'world': 50, 'month': 25}
    """
    run = check_worlds(worlds)
    worlds = len(run)
    months, _, seed = check_size(months=months, worlds=worlds, seed=seed)
    if not isinstance(reduce, bool):
        raise InvalidArgument(f"reduce = {reduce!r:.60}", expected="True or False", mend="pass one of these")
    luck = None if luck is None else whole("luck", luck, 0, 2**63 - 1)
    chosen = resolve(options)
    check_starts(chosen, months)
    stop = rule(stop_when, outcome=stop_outcome, level=stop_level, options=tuple(chosen), budget=worlds, reduce=reduce)
    chosen_backend = choose(backend, len(chosen) * worlds * months)
    check_client(client)
    source = source_of(conditioned(beliefs, evidence, seed=seed, progress=progress))
    job = Job(source, tuple(chosen.values()), seed, months, chosen_backend, luck)
    kept: Every | Summed = Summed(job) if reduce else Every(job, run)
    done, ended = _run(kept, job, run, stop, client, progress)
    attrs = provenance(
        chosen,
        seed=seed,
        luck=job.shock_seed,
        months=months,
        backend=job.backend,
        source=source.provenance,
        world=world_hash(),
    )
    attrs |= {"worlds_asked": worlds, "first_world": run.start, "ended": ended} | (stop.attrs() if stop else {})
    return kept.finish(done, chosen, attrs)


def simulated(known: PriorSet | xr.DataTree, **settings: Any) -> xr.Dataset:
    """Run what :func:`forecast.inference.conditioned` gave: a fit, or beliefs that stand as they are."""
    return simulate(known, evidence=None if is_fit(known) else "none", **settings)


def _run(kept: Every | Summed, job: Job, run: range, stop: Rule | None, client: Any, progress: bool) -> tuple[int, str]:
    """Run worlds until there are enough; give how many are complete and why it ended."""
    worlds, ranges = len(run), chunks(len(run), kept.size, start=run.start)
    done, ended = 0, "complete" if stop is None else "budget ended, ranking not resolved"
    bar_of = progress_bar("Simulating worlds", total=worlds, show=progress)
    with bar_of as bar, interruptible() as interruption, ExitStack() as stack:
        parts: Generator[tuple[int, Any]] = (
            in_order(kept.run, ranges, workers=usable_cores())
            if client is None
            else in_order_on(client, kept.remote, job, ranges, until=lambda: interruption.asked and done > 0)
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
