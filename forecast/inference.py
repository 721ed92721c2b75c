"""``fit``: from a model to its posterior, in ArviZ's groups, sampled once for every content."""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import logging
import multiprocessing
import os
import sys
import threading
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from forecast.arguments import whole
from forecast.blocks import part_of, reached
from forecast.cache import code_hash, content_key, from_bytes, graph_hash, keep, recall, to_bytes
from forecast.densities import log_densities, predictions
from forecast.errors import FailedFit, InvalidArgument
from forecast.progress import progress_bar
from forecast.schema import FIT_KIND
from forecast.versions import versions

if TYPE_CHECKING:
    import pymc as pm
    import xarray as xr

__all__ = ["FORMAT", "check_fit", "fit"]

FORMAT = 1
"""Version of the groups and attributes that a fit has."""

_PRIOR_CHAINS, _PRIOR_DRAWS = 4, 1000
"""Shape of the prior draws: enough for a picture beside the posterior."""

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

_ALWAYS = ("posterior", "log_prior", "prior")
_WITH_EVIDENCE = ("observed_data", "log_likelihood", "prior_predictive", "posterior_predictive")


def fit(
    model: pm.Model,
    *,
    draws: int = 2500,
    chains: int = 4,
    seed: int = 1,
    tune: int = 1000,
    target_accept: float = 0.97,
    sampler: Literal["auto", "nutpie", "pymc"] = "auto",
    cache: bool = True,
    progress: bool = True,
) -> xr.DataTree:
    """Sample the posterior with the No-U-Turn sampler (Hoffman & Gelman 2014).

    Same model, settings, sampler and versions: same draws. A fit is kept on disk by exactly these
    (:mod:`forecast.cache`) and read back when it is asked for again.

    Parameters
    ----------
    model : pymc.Model
        From :func:`forecast.build_model`.
    draws : int
        Draws of each chain that are kept, 1..1,000,000.
    chains : int
        Independent chains, 1..64; R-hat needs at least 2.
    seed : int
        The one root seed, 0..2**63 - 1. ``prior`` holds the worlds that it gives the beliefs.
    tune : int
        Draws of each chain before those, in which the sampler adapts, 0..1,000,000.
    target_accept : float
        Mean acceptance probability that the step size is tuned to, in (0, 1). Higher means smaller steps; with 0.9
        some shipped sets had a divergence or a few in 10,000 draws.
    sampler : {"auto", "nutpie", "pymc"}
        "auto" is nutpie where it is installed and PyMC's own sampler otherwise. The two give different draws of the
        same posterior; the attrs say which it was.
    cache : bool
        False neither reads nor keeps a fit on disk.
    progress : bool
        Show a bar on stderr if it takes more than two seconds.

    Returns
    -------
    xarray.DataTree
        In ArviZ's groups: ``posterior`` and ``log_prior`` (chain, draw), in the units of the priors;
        ``sample_stats``: lp, energy, diverging, n_steps, tree_depth, reached_max_treedepth, acceptance_rate,
        step_size; ``prior``, 4 x 1,000 worlds drawn from the beliefs with their correlations; with evidence also
        ``observed_data``, ``log_likelihood``, ``prior_predictive`` and ``posterior_predictive``, a variable for each
        item; ``constant_data`` where the model has any. Its own attrs carry the provenance.

    Raises
    ------
    InvalidArgument
        If the model is not from ``build_model``, or a setting is outside its domain.
    FailedFit
        If the sampler could not start or broke off.

    References
    ----------
    Hoffman & Gelman (2014), The No-U-Turn Sampler, *Journal of Machine Learning Research* 15, 1593-1623.
    """
    beliefs, evidence = _parts(model)
    settings: dict[str, Any] = {
        "seed": whole("seed", seed, 0, 2**63 - 1),
        "draws": whole("draws", draws, 1, 1_000_000),
        "chains": whole("chains", chains, 1, 64),
        "tune": whole("tune", tune, 0, 1_000_000),
        "target_accept": _share("target_accept", target_accept),
        "sampler": _choose(sampler),
    }
    libraries = _libraries(settings["sampler"])
    identity = {
        "kind": FIT_KIND,
        "format": FORMAT,
        "origin": "2016-02-29",
        "priors": beliefs.name,
        "priors_hash": beliefs.hash,
        "evidence": evidence.name,
        "evidence_hash": evidence.hash,
        **settings,
        "versions": json.dumps(libraries),
    }
    key = content_key({**identity, "code": code_hash(), "model": graph_hash(model)})
    groups = _ALWAYS + (_WITH_EVIDENCE if model.observed_RVs else ())
    kept = recall(key, groups=groups) if cache else None
    if kept is not None:
        return kept
    tree = _assemble(model, beliefs, settings, progress)
    tree.attrs = {**identity, "key": key, "created": datetime.now(UTC).isoformat(timespec="seconds")}
    content = to_bytes(tree, key=key)
    if cache:
        keep(key, content)
    # A fresh fit takes the way of a kept one, so that the two cannot differ.
    return from_bytes(content, key=key)


def check_fit(fit: object) -> xr.DataTree:
    """Refuse what is not a tree with a posterior.

    Raises
    ------
    InvalidArgument
        If it is something else.
    """
    import xarray as xr

    if not isinstance(fit, xr.DataTree) or "posterior" not in fit.children:
        raise InvalidArgument(
            f"fit is a {type(fit).__name__}" + (" without a posterior" if isinstance(fit, xr.DataTree) else ""),
            expected="the DataTree that forecast.fit returns",
            mend="pass that, or read a saved one with xarray.load_datatree",
        )
    return fit


def _parts(model: object) -> tuple[Any, Any]:
    beliefs, evidence = getattr(model, "beliefs", None), getattr(model, "evidence", None)
    if not hasattr(model, "free_RVs") or not hasattr(beliefs, "sample") or not hasattr(evidence, "hash"):
        raise InvalidArgument(
            f"model is a {type(model).__name__}" + (" without its beliefs" if hasattr(model, "free_RVs") else ""),
            expected="the model that forecast.build_model returns",
            mend="pass forecast.build_model(beliefs)",
        )
    return beliefs, evidence


def _share(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, float | np.floating) or not 0.0 < value < 1.0:
        raise InvalidArgument(
            f"{name} = {value!r:.60}",
            expected="a number between 0 and 1",
            mend="leave it out, or pass 0.99 for small steps",
        )
    return float(value)


def _choose(sampler: object) -> str:
    """Name the sampler that will be used."""
    if not isinstance(sampler, str) or sampler not in ("auto", "nutpie", "pymc"):
        raise InvalidArgument(f"sampler = {sampler!r:.60}", expected="'auto', 'nutpie' or 'pymc'", mend="leave it out")
    if sampler == "pymc":
        return "pymc"
    found = _version("nutpie")
    usable = found is not None and tuple(int(part) for part in found.split(".")[:3] if part.isdigit()) >= _NUTPIE_LEAST
    if sampler == "nutpie" and not usable:
        least = ".".join(map(str, _NUTPIE_LEAST))
        raise InvalidArgument(
            "sampler = 'nutpie', " + ("which is not installed" if found is None else f"of version {found}"),
            expected=f"nutpie {least} or newer",
            mend=f"install it (pip install 'nutpie>={least}'), or leave the sampler out",
        )
    return "nutpie" if usable else "pymc"


def _version(library: str) -> str | None:
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return None


def _libraries(sampler: str) -> dict[str, str | None]:
    """Give the versions that draws can depend on."""
    names = ("pymc", "pytensor", "numba", *(("nutpie",) if sampler == "nutpie" else ()))
    return {**versions(), **{name: _version(name) for name in names}}


def _assemble(model: pm.Model, beliefs: Any, settings: dict[str, Any], progress: bool) -> xr.DataTree:
    """Sample, and put what was drawn and what follows from it into groups."""
    import xarray as xr

    # Independent of the keyed streams that the prior worlds come from.
    streams = np.random.SeedSequence(settings["seed"]).spawn(4)
    sampling, exact, before, after = (int(stream.generate_state(1)[0]) for stream in streams)
    prior = _as_chains(beliefs, _PRIOR_CHAINS, _PRIOR_DRAWS, seed=settings["seed"])
    posterior = _as_chains(beliefs, settings["chains"], settings["draws"], seed=exact)
    groups: dict[str, xr.Dataset] = {}
    with _quiet():
        names = reached(model)
        seconds = 0.0
        if names:
            part = model if len(names) == len(model.free_RVs) else part_of(model, names)
            tree = _draw(part, settings, seed=sampling, progress=progress)
            seconds = float(tree["posterior"].attrs["sampling_time"])
            drawn = tree["posterior"].to_dataset()
            for name in drawn.data_vars:
                # What the beliefs say of a quantity stays with it.
                kept = posterior[name].attrs if name in posterior else {}
                posterior[name] = drawn[name].assign_attrs(kept)
            groups["sample_stats"] = _shared_stats(tree["sample_stats"].to_dataset())
        groups = {"posterior": posterior, **groups, "prior": prior}
        groups["log_prior"], likelihood = log_densities(model, posterior)
        if model.observed_RVs:
            groups["log_likelihood"] = likelihood
            groups["observed_data"] = _observed(model, likelihood)
            groups["prior_predictive"] = predictions(model, prior, seed=before)
            groups["posterior_predictive"] = predictions(model, posterior, seed=after)
        if model.data_vars:
            groups["constant_data"] = _constants(model)
    for group in groups.values():
        # ArviZ's attributes, less the moment, which would make equal fits differ.
        group.attrs = {"sample_dims": [dim for dim in ("chain", "draw") if dim in group.dims]}
    posterior.attrs |= {
        "inference_library": settings["sampler"],
        "inference_library_version": _version(settings["sampler"]),
        "sampling_time": seconds,
        "tuning_steps": settings["tune"],
        "sampled": names,
    }
    return xr.DataTree.from_dict(groups)


def _observed(model: pm.Model, likelihood: xr.Dataset) -> xr.Dataset:
    """Give the data of every item on the dims of its likelihood."""
    import xarray as xr

    data = {}
    for node in model.observed_RVs:
        dims = [dim for dim in likelihood[node.name].dims if dim not in ("chain", "draw")]
        data[node.name] = (dims, np.asarray(model.rvs_to_values[node].eval()))
    return xr.Dataset(data, coords={dim: likelihood[dim] for dim in likelihood.coords if dim not in ("chain", "draw")})


def _constants(model: pm.Model) -> xr.Dataset:
    import xarray as xr

    data = {}
    for node in model.data_vars:
        array = np.asarray(node.get_value())
        dims = model.named_vars_to_dims.get(node.name) or [f"{node.name}_dim_{i}" for i in range(array.ndim)]
        data[node.name] = (list(dims), array)
    return xr.Dataset(data)


def _draw(model: pm.Model, settings: dict[str, Any], *, seed: int, progress: bool) -> xr.DataTree:
    import pymc as pm
    from pymc.sampling.parallel import ParallelSamplingError

    own = settings["sampler"] == "pymc"
    total = settings["chains"] * (settings["tune"] + settings["draws"])
    arguments: dict[str, Any] = {}
    with progress_bar("Sampling the posterior", total=total, show=progress) as bar, _ticking(bar, not own and progress):
        if own:
            arguments["callback"] = lambda trace, draw: bar.advance()
            arguments["mp_ctx"] = _start_method()
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
                    cores=_cores(settings["chains"]),
                    compile_kwargs={"mode": _mode()},
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


def _mode() -> Any:
    """Compile without two rewrites that take most of the time on long scalar formulas and gain these nothing."""
    from pytensor.compile import mode

    usual: Any = mode.get_default_mode
    return usual().excluding("local_greedy_distributor", "inplace")


def _start_method() -> str | None:
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
def _quiet() -> Iterator[None]:
    """Keep PyMC from printing lines and warnings that the caller can do nothing about."""
    logger = logging.getLogger("pymc")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            # The samplers fork before any thread of theirs runs; threads of a notebook or a test are not used in them.
            warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
            # The prior worlds honour the correlations already, and posterior draws every potential.
            warnings.filterwarnings("ignore", "The effect of Potentials", UserWarning)
            yield
    finally:
        logger.setLevel(level)


def _shared_stats(stats: xr.Dataset) -> xr.Dataset:
    """Keep what both samplers know, under one name; their clocks would make equal fits differ."""
    import xarray as xr

    kept: dict[str, Any] = {}
    for name, known in _STATS.items():
        found = next((stats[one] for one in known if one in stats), None)
        if found is not None:
            whole = np.issubdtype(found.dtype, np.integer)
            kept[name] = found.astype(np.int64) if whole else found
    return xr.Dataset(kept, coords={"chain": stats["chain"], "draw": stats["draw"]})


def _as_chains(beliefs: Any, chains: int, draws: int, *, seed: int) -> xr.Dataset:
    """Draw worlds from the beliefs with dims (chain, draw), the first worlds to the first chain."""
    import xarray as xr

    worlds = beliefs.sample(chains * draws, seed=seed)
    data = {}
    for name, array in worlds.data_vars.items():
        attrs = {**array.attrs, "claims": " ".join(beliefs[name].claims)}
        data[name] = (("chain", "draw"), np.asarray(array.values, dtype=np.float64).reshape(chains, draws), attrs)
    return xr.Dataset(data, coords={"chain": np.arange(chains), "draw": np.arange(draws)})


def _cores(chains: int) -> int:
    """Say how many chains to run side by side; PyMC's own guess leaves out half of the processors."""
    if multiprocessing.current_process().daemon:
        # A worker of a pool may not have children.
        return 1
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(chains, usable)
