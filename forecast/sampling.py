"""One run of the No-U-Turn sampler: which one is used, how it is compiled and started, and what is kept of it."""

from __future__ import annotations

import contextlib
import importlib.metadata
import logging
import multiprocessing
import os
import sys
import threading
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.errors import FailedFit, InvalidArgument
from forecast.progress import progress_bar

if TYPE_CHECKING:
    import pymc as pm
    import xarray as xr

__all__ = [
    "choose_sampler",
    "compile_mode",
    "draw_posterior",
    "installed",
    "quietly",
    "shared_stats",
    "start_method",
    "usable_cores",
]

_NUTPIE_LEAST = (0, 16, 10)
"""The oldest nutpie that PyMC 6.4 works with."""

_STATS = {
    "lp": ("lp", "logp"),
    "energy": ("energy",),
    "diverging": ("diverging",),
    "n_steps": ("n_steps",),
    "tree_depth": ("tree_depth", "depth"),
    "reached_max_treedepth": ("reached_max_treedepth", "maxdepth_reached"),
    "acceptance_rate": ("acceptance_rate", "mean_tree_accept"),
    "step_size": ("step_size",),
}
"""Statistics of the sampler that are kept: ArviZ's name, and the names that PyMC and nutpie give."""


def choose_sampler(sampler: object) -> str:
    """Name the sampler that will be used."""
    if not isinstance(sampler, str) or sampler not in ("auto", "nutpie", "pymc"):
        raise InvalidArgument(f"sampler = {sampler!r:.60}", expected="'auto', 'nutpie' or 'pymc'", mend="leave it out")
    if sampler == "pymc":
        return "pymc"
    found = installed("nutpie")
    usable = found is not None and tuple(int(part) for part in found.split(".")[:3] if part.isdigit()) >= _NUTPIE_LEAST
    if sampler == "nutpie" and not usable:
        least = ".".join(map(str, _NUTPIE_LEAST))
        raise InvalidArgument(
            "sampler = 'nutpie', " + ("which is not installed" if found is None else f"of version {found}"),
            expected=f"nutpie {least} or newer",
            mend=f"install it (pip install 'nutpie>={least}'), or leave the sampler out",
        )
    return "nutpie" if usable else "pymc"


def installed(library: str) -> str | None:
    """Give the version of a library, None where it is not installed."""
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return None


def draw_posterior(model: pm.Model, settings: dict[str, Any], *, seed: int, progress: bool, label: str) -> xr.DataTree:
    """Run the sampler once; settings as those of :func:`forecast.fit`."""
    import pymc as pm
    from pymc.sampling.parallel import ParallelSamplingError

    own = settings["sampler"] == "pymc"
    total = settings["chains"] * (settings["tune"] + settings["draws"])
    arguments: dict[str, Any] = {}
    with progress_bar(label, total=total, show=progress) as bar, _ticking(bar, not own and progress):
        if own:
            arguments["callback"] = lambda trace, draw: bar.advance()
            arguments["mp_ctx"] = start_method()
            # The beliefs' own scales are where chains start, so no start needs a log-density compiled to be checked.
            arguments["jitter_max_retries"] = 0
        try:
            with model:
                tree: xr.DataTree = pm.sample(
                    settings["draws"],
                    tune=settings["tune"],
                    chains=settings["chains"],
                    random_seed=seed,
                    nuts_sampler=settings["sampler"],
                    nuts={"target_accept": settings["target_accept"]},
                    cores=usable_cores(settings["chains"]),
                    compile_kwargs={"mode": compile_mode()},
                    compute_convergence_checks=False,
                    quiet=True,
                    **arguments,
                )
        except (RuntimeError, ValueError, ParallelSamplingError) as error:
            reason = " ".join(str(error).split())[:300]
            raise FailedFit(
                f"the sampler broke off ({type(error).__name__}: {reason})",
                expected="a log-density that is finite around the initial point",
                mend="see which term is not finite with model.point_logps(), and widen its prior or check its evidence",
            ) from error
    return tree


def compile_mode() -> Any:
    """Compile without two rewrites that take most of the time on long scalar formulas and gain these nothing."""
    from pytensor.compile import mode

    usual: Any = mode.get_default_mode
    return usual().excluding("local_greedy_distributor", "inplace")


def start_method() -> str | None:
    """Fork where that is the system's habit, so that a script needs no ``if __name__ == "__main__"``."""
    return "fork" if sys.platform == "linux" else None


@contextlib.contextmanager
def _ticking(bar: Any, on: bool) -> Iterator[None]:
    """Show the bar after two seconds although nothing advances it: nutpie counts its draws for itself."""
    if not on:
        yield
        return
    timer = threading.Timer(2.1, bar.advance, args=(0,))
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Keep PyMC from printing lines and warnings that the caller can do nothing about."""
    logger = logging.getLogger("pymc")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            # The samplers fork before any thread of theirs runs; threads of a notebook or a test are not used in them.
            warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
            # Nor do they use JAX, whose threads it warns of.
            warnings.filterwarnings("ignore", r"os\.fork\(\) was called", RuntimeWarning)
            # The prior worlds honour the correlations already, and posterior draws every potential.
            warnings.filterwarnings("ignore", "The effect of Potentials", UserWarning)
            yield
    finally:
        logger.setLevel(level)


def shared_stats(stats: xr.Dataset) -> xr.Dataset:
    """Keep what both samplers know, under one name; their clocks would make equal fits differ."""
    import xarray as xr

    kept: dict[str, Any] = {}
    for name, known in _STATS.items():
        found = next((stats[one] for one in known if one in stats), None)
        if found is not None:
            whole = np.issubdtype(found.dtype, np.integer)
            kept[name] = found.astype(np.int64) if whole else found
    return xr.Dataset(kept, coords={"chain": stats["chain"], "draw": stats["draw"]})


def usable_cores(chains: int) -> int:
    """Say how many chains to run side by side; PyMC's own guess leaves out half of the processors."""
    if multiprocessing.current_process().daemon:
        # A worker of a pool may not have children.
        return 1
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(chains, usable)
