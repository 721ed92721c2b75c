"""``simulate``: from beliefs and options to an outcome for every option, world and month."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from forecast.arguments import whole
from forecast.engine import layout
from forecast.engine.backends import choose
from forecast.engine.draws import Draws, source_of
from forecast.engine.job import Job, run_chunk
from forecast.engine.runner import CHUNK, chunks, in_order, usable_cores
from forecast.options import Option, resolve
from forecast.outcomes import assemble, provenance
from forecast.progress import progress_bar
from forecast.world.state import Parameters

if TYPE_CHECKING:
    import xarray as xr

    from priors import PriorSet

__all__ = ["check_size", "simulate"]


def check_size(*, months: int, worlds: int, seed: int) -> tuple[int, int, int]:
    """Refuse a size that cannot be run; arguments and errors as for :func:`simulate`."""
    return (
        whole("months", months, 1, 120),
        whole("worlds", worlds, 1, 10_000_000),
        whole("seed", seed, 0, 2**63 - 1),
    )


def simulate(
    beliefs: PriorSet | xr.DataTree,
    *,
    options: Iterable[str | Option] | str | Option | None = None,
    months: int = 24,
    worlds: int = 10_000,
    seed: int = 1,
    backend: Literal["auto", "numpy", "numba", "jax"] = "auto",
    progress: bool = True,
) -> xr.Dataset:
    """Run every option in the same possible worlds.

    World ``w`` has the same parameters and the same luck under every option, so two options differ only by what
    they change. Same seed, same worlds, bit for bit, whatever the options, the number of worlds or of months.

    Parameters
    ----------
    beliefs : PriorSet or xarray.DataTree
        A prior for every parameter of the world model, e.g. ``priors.load("article")``; or the fit of such beliefs to
        evidence, from :func:`forecast.fit`.
    options : iterable of str or Option, optional
        Names, expressions ("ct_assistance + airstrikes from month 5") or options; all shipped ones by default.
    months : int
        Horizon, 1..120.
    worlds : int
        Number of worlds, 1..10,000,000 (about 2.3 kB of memory for each world, option and 24 months).
    seed : int
        The one root seed, >= 0.
    backend : {"auto", "numpy"}
        How to run the month; "auto" chooses.
    progress : bool
        Show a bar if it takes more than two seconds.

    Returns
    -------
    xarray.Dataset
        Dims (option, world, month), month 0 being the origin: every state with unit and long_name in its attrs;
        per-world outcomes on (option, world); each world's parameters on (world,), prefixed ``parameter_``.
        Provenance in the attrs.

    Raises
    ------
    InvalidArgument
        For a number or backend outside its domain.
    UnknownPrior
        If a parameter has no prior, or a prior no parameter.
    UnknownOption, InvalidOption
        For an option that does not exist or cannot be run.
    """
    months, worlds, seed = check_size(months=months, worlds=worlds, seed=seed)
    chosen = resolve(options)
    source = source_of(beliefs)
    runs_on = choose(backend, len(chosen) * worlds * months)
    job = Job(source, tuple(chosen.values()), seed, months, runs_on)
    states = layout.empty(len(chosen), months, worlds)
    parameters = np.empty((len(Parameters._fields), worlds))
    outcomes: dict[str, np.ndarray[Any, Any]] = {}

    def run(start: int, stop: int) -> None:
        drawn, _, derived = run_chunk(job, start, stop, out=states, at=start)
        parameters[:, start:stop] = drawn
        for name, values in derived.items():
            if name not in outcomes:
                outcomes[name] = np.empty((len(chosen), worlds), dtype=values.dtype)
            outcomes[name][:, start:stop] = values

    with progress_bar("Simulating worlds", total=worlds, show=progress) as bar:
        done = 0
        for stop, _ in in_order(run, chunks(worlds, CHUNK[runs_on]), workers=usable_cores()):
            bar.advance(stop - done)
            done = stop
    return assemble(
        layout.named(states),
        outcomes,
        Draws(dict(zip(Parameters._fields, parameters, strict=True)), source.attrs),
        options=chosen,
        provenance=provenance(chosen, seed=seed, backend=runs_on, source=source.provenance),
    )
