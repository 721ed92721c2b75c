"""One run of the No-U-Turn sampler: which one is used, how it is compiled and started, and what is kept of it."""

from __future__ import annotations

import atexit
import contextlib
import importlib.metadata
import logging
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
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
    "compiling",
    "draw_posterior",
    "find_compile_folder",
    "installed",
    "quietly",
    "shared_stats",
    "start_method",
    "unconstrained",
    "usable_cores",
]

Array = np.ndarray[Any, np.dtype[np.float64]]

_NUTPIE_LEAST = (0, 16, 10)
"""The oldest nutpie that PyMC 6.4 works with."""

_KNOWN_WEIGHT = 50
"""For how many draws of the tuning the known variances count, against some 150 that they are adapted with.

Fixed variances give a tenth more effective draws on the article's model where what is known is good, and a third of
them where it is three draws.
"""

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
    """Name the sampler that will be used.

    "auto" is PyMC's own. nutpie draws faster, but compiles so much longer that a single fit takes longer with it.
    """
    if not isinstance(sampler, str) or sampler not in ("auto", "nutpie", "pymc"):
        raise InvalidArgument(f"sampler = {sampler!r:.60}", expected="'auto', 'nutpie' or 'pymc'", mend="leave it out")
    if sampler != "nutpie":
        return "pymc"
    found = installed("nutpie")
    if found is None or tuple(int(part) for part in found.split(".")[:3] if part.isdigit()) < _NUTPIE_LEAST:
        least = ".".join(map(str, _NUTPIE_LEAST))
        raise InvalidArgument(
            "sampler = 'nutpie', " + ("which is not installed" if found is None else f"of version {found}"),
            expected=f"nutpie {least} or newer",
            mend=f"install it (pip install 'nutpie>={least}'), or leave the sampler out",
        )
    return "nutpie"


def installed(library: str) -> str | None:
    """Give the version of a library, None where it is not installed."""
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return None


def draw_posterior(
    model: pm.Model,
    settings: dict[str, Any],
    *,
    seed: int,
    progress: bool,
    label: str,
    known: xr.Dataset | None = None,
) -> xr.DataTree:
    """Run the sampler once, within :func:`quietly` and :func:`compiling`.

    Parameters
    ----------
    model : pymc.Model
        With continuous free variables only.
    settings : dict
        As those of :func:`forecast.fit`: draws, tune, chains, sampler ("pymc" or "nutpie") and target_accept.
    seed : int
        Of all chains.
    progress : bool
        Show a bar on stderr if it takes more than two seconds.
    label : str
        What the bar is called.
    known : xarray.Dataset, optional
        Approximate draws of the posterior: all free variables of the model, dims chain, draw and their own. The chains
        start at some of them, and PyMC's own sampler takes its diagonal mass matrix from them, so that it has little
        left to adapt and a tune of 200 is enough. nutpie takes no notice of them.

    Returns
    -------
    xarray.DataTree
        What PyMC or nutpie returns; always every draw of every chain.

    Raises
    ------
    FailedFit
        If the sampler could not start or broke off.
    InvalidArgument
        If none of the known draws is possible.
    KeyboardInterrupt
        If it was interrupted, also where the samplers themselves would give what they have.
    """
    import pymc as pm
    from pymc.sampling.parallel import ParallelSamplingError

    own = settings["sampler"] == "pymc"
    total = settings["chains"] * (settings["tune"] + settings["draws"])
    drawn = 0
    with (
        progress_bar(label, total=total, show=progress) as bar,
        _ticking(bar, not own and progress),
        _interruptible() as after_a_draw,
    ):

        def count(trace: object, draw: object) -> None:
            nonlocal drawn
            drawn += 1
            bar.advance()
            # When one chain is interrupted PyMC begins the next.
            after_a_draw()

        arguments: dict[str, Any] = {}
        if own:
            arguments["callback"] = count
            arguments["mp_ctx"] = start_method()
        try:
            if own and known is not None:
                arguments |= _begun(model, known, settings, seed)
            else:
                arguments["nuts"] = {"target_accept": settings["target_accept"]}
                # The beliefs' own scales are where chains start, so no start needs a log-density compiled to be
                # checked.
                arguments["jitter_max_retries"] = 0
            with model:
                tree: xr.DataTree = pm.sample(
                    settings["draws"],
                    tune=settings["tune"],
                    chains=settings["chains"],
                    random_seed=seed,
                    nuts_sampler=settings["sampler"],
                    cores=usable_cores(settings["chains"]),
                    compile_kwargs={"mode": compile_mode()},
                    compute_convergence_checks=False,
                    quiet=True,
                    **arguments,
                )
        except (RuntimeError, ValueError, OSError, EOFError, ParallelSamplingError) as error:
            raise _failed(error) from error
    if own and drawn < total:
        # Whatever raised it, PyMC takes a KeyboardInterrupt for the end of a run.
        raise KeyboardInterrupt
    return tree


def _begun(model: pm.Model, known: xr.Dataset, settings: dict[str, Any], seed: int) -> dict[str, Any]:
    """Give the arguments of PyMC by which chains start at known draws, and with their scales."""
    import pymc as pm
    from pymc.step_methods.hmc.quadpotential import QuadPotentialDiagAdapt

    # A step reads a point in the order of the model's variables, whatever order it is given.
    names = [node.name for node in model.free_RVs]
    worlds = {name: _worlds(known[name]) for name in names}
    free = np.concatenate([unconstrained(model, name, worlds[name]) for name in names], axis=1)
    # A draw that was rounded to a bound is infinite on this scale.
    usable = np.flatnonzero(np.isfinite(free).all(axis=1))
    if not usable.size:
        raise InvalidArgument(
            f"{len(free)} known draws, all of them on a bound",
            expected="at least one that is possible",
            mend="leave known out",
        )
    free = free[usable]
    spread = free.var(axis=0)
    # The streams of the chains are spawned from this one, which none of them uses.
    within = np.random.default_rng(seed).random(settings["chains"])
    parts = (np.arange(settings["chains"]) + within) / settings["chains"]
    starts = [{name: worlds[name][one] for name in names} for one in usable[(parts * usable.size).astype(int)]]
    potential = QuadPotentialDiagAdapt(
        spread.size,
        free.mean(axis=0),
        np.where(spread > 0.0, spread, 1.0),
        _KNOWN_WEIGHT,
        # One window, so that what is known is never given up for a few draws.
        adaptation_window=settings["tune"] + 1,
        early_update=True,
    )
    initial = model.initial_point()
    values = [model.rvs_to_values[node] for node in model.free_RVs]
    density = model.logp_dlogp_function(values, ravel_inputs=True, initial_point=initial, mode=compile_mode())
    density.trust_input = True
    step = pm.NUTS(
        values,
        model=model,
        potential=potential,
        target_accept=settings["target_accept"],
        logp_dlogp_func=density,
        initial_point=initial,
    )
    return {"step": step, "initvals": starts}


def _failed(error: Exception) -> FailedFit:
    """Say what broke the sampler off: the model, or the machine."""
    # A process that is killed leaves an end of file without words.
    reason = " ".join(str(error).split())[:300] or "a chain's process ended"
    given = f"the sampler broke off ({type(error).__name__}: {reason})"
    # What happens to a chain in a process of its own comes wrapped.
    if any(isinstance(one, OSError | EOFError) for one in (error, error.__cause__)):
        return FailedFit(
            given,
            expected="processes that are left alone, and room for what is compiled and drawn",
            mend="free memory and disk, or ask for fewer chains; PYTENSOR_FLAGS=base_compiledir=/some/folder in the "
            "environment puts what is compiled elsewhere",
        )
    return FailedFit(
        given,
        expected="a log-density that is finite around the initial point",
        mend="see which term is not finite with model.point_logps(), and widen its prior or check its evidence",
    )


@contextlib.contextmanager
def _interruptible() -> Iterator[Callable[[], None]]:
    """Raise Ctrl-C again where the samplers took it for the end of one chain, or of a run.

    Gives what is to be called after each draw, and raises it there. Once that was called, a first Ctrl-C waits for the
    draw under way, as talk with another process may not be broken off; a second interrupts at once. Elsewhere than in
    the main thread, where no Ctrl-C arrives, and where the program does nothing at Ctrl-C, nothing is changed.
    """
    pressed = counted = False
    here, usual = os.getpid(), signal.getsignal(signal.SIGINT)

    def raise_again() -> None:
        if pressed:
            raise KeyboardInterrupt

    def after_a_draw() -> None:
        nonlocal counted
        counted = True
        raise_again()

    if threading.current_thread() is not threading.main_thread() or not callable(usual):
        yield after_a_draw
        return

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        if os.getpid() != here:
            # A terminal sends Ctrl-C to forked workers as well, and those are stopped by this process.
            return
        if usual is signal.default_int_handler and counted and not pressed:
            pressed = True
            return
        try:
            usual(number, frame)
        except KeyboardInterrupt:
            pressed = True
            raise

    signal.signal(signal.SIGINT, note)
    try:
        yield after_a_draw
    finally:
        signal.signal(signal.SIGINT, usual)
        raise_again()


@contextlib.contextmanager
def compiling() -> Iterator[None]:
    """Let PyTensor compile in a folder that can be written, leaving nothing among the system's temporary files.

    PyTensor writes the source of every function that it generates into a file of its own, which it never removes,
    unless it has a folder for these. There a file is named by its content, and goes when it is out of use.

    Raises
    ------
    FailedFit
        If PyTensor's folder cannot be written.
    """
    from pytensor.configdefaults import config

    base = config.base_compiledir
    try:
        # Making this folder is a side effect of asking for it. In the other one are functions that Numba compiled.
        for place in (config.compiledir, base / "numba"):
            place.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=place):
                pass
    except (OSError, ValueError) as error:
        # PyTensor wraps what the system says, where it says it.
        cause = error if isinstance(error, OSError) else error.__context__
        reason = cause.strerror if isinstance(cause, OSError) else error
        raise FailedFit(
            f"PyTensor's folder {base} cannot be written ({reason})",
            expected="a folder for what PyMC compiles",
            mend="name one with PYTENSOR_FLAGS=base_compiledir=/some/folder in the environment, or a HOME that can be "
            "written, before Python starts",
        ) from error
    with config.change_flags(generated_src_dir=config.generated_src_dir or str(base / "sources")):
        yield


def _worlds(draws: xr.DataArray) -> Array:
    """Give draws one a row, chain by chain."""
    values = np.asarray(draws.transpose("chain", "draw", ...).values, dtype=np.float64)
    return values.reshape(-1, *values.shape[2:])


def unconstrained(model: pm.Model, name: str, values: Array) -> Array:
    """Give values of a free variable as the sampler sees them: without bounds.

    Parameters
    ----------
    model : pymc.Model
        Where no bound depends on another free variable.
    name : str
        Of the variable.
    values : ndarray
        One a row, of the variable's shape.

    Returns
    -------
    ndarray
        One a row, flat; a bound itself is infinite.
    """
    node = model[name]
    transform = model.rvs_to_transforms[node]
    if transform is not None:
        with np.errstate(divide="ignore"):
            values = np.asarray(transform.forward(values, *node.owner.inputs).eval(mode="FAST_COMPILE"))
    return values.reshape(len(values), -1)


def find_compile_folder() -> None:
    """Give PyTensor a folder of its own for this process where the user's home cannot be written.

    It settles its folder when it is first imported, so this comes before that. A folder that the user has named is left
    as it is, and :func:`compiling` says what is wrong with it.
    """
    if "pytensor" in sys.modules or "base_compiledir" in os.environ.get("PYTENSOR_FLAGS", ""):
        return
    try:
        usual = Path.home() / ".pytensor"
        usual.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=usual):
            return
    except (OSError, RuntimeError):
        own = tempfile.mkdtemp(prefix="libya-forecast-")
        atexit.register(_remove_here, own, os.getpid())
        flags = [os.environ.get("PYTENSOR_FLAGS", ""), f"base_compiledir={own}"]
        os.environ["PYTENSOR_FLAGS"] = ",".join(flag for flag in flags if flag)


def _remove_here(folder: str, process: int) -> None:
    """Remove a folder when the process that made it ends; chains are forked, and end sooner."""
    if os.getpid() == process:
        shutil.rmtree(folder, ignore_errors=True)


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
