"""A posterior by Markov chains: PyMC's No-U-Turn sampler on the model, its draws and what follows from them as groups.

It is the check on the importance sampler, and what samples a model that was changed by hand or a block that importance
sampling cannot reach.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.blocks import part_of, reached
from forecast.cache import graph_hash
from forecast.densities import log_densities, predictions
from forecast.errors import ForecastError
from forecast.pooled import MemberWeights, mix
from forecast.sampling import compiling, draw_posterior, installed, quietly, shared_stats

if TYPE_CHECKING:
    import pymc as pm
    import xarray as xr

__all__ = ["TUNE", "TUNE_FROM_KNOWN", "as_chains", "as_it_is_built", "by_chains", "chains_of", "prior_draws"]

type Values = Mapping[str, np.ndarray[Any, Any]]

TUNE, TUNE_FROM_KNOWN = 1000, 200
"""Draws of each chain in which the sampler adapts: where it knows nothing, and where it starts from known draws."""


@dataclass(frozen=True)
class _Sampled:
    """A posterior, and what is known of how it was drawn."""

    posterior: xr.Dataset
    diagnostics: Mapping[str, xr.Dataset]
    names: list[str]
    seconds: float
    tune: int


def by_chains(
    model: pm.Model,
    settings: Mapping[str, Any],
    *,
    known: Values | None = None,
    weights: MemberWeights | None = None,
    member: Callable[[str], xr.DataTree] | None = None,
    progress: bool,
) -> dict[str, xr.Dataset]:
    """Sample a model, and put what was drawn and what follows from it into groups.

    Parameters
    ----------
    model : pymc.Model
        From :func:`forecast.build_model`.
    settings : mapping
        draws, chains, seed, tune (None for what fits), target_accept and sampler.
    known : mapping of str to ndarray, optional
        Approximate draws of what evidence reaches, by name, shape (draw, ...): chains start there.
    weights : MemberWeights, optional
        Of a pool, what each member weighs: then members are fitted one by one.
    member : callable, optional
        Fits a member of the pool, by its name.
    progress : bool
        Show a bar.
    """
    beliefs = model.beliefs
    # Independent of the keyed streams that the prior worlds come from.
    streams = np.random.SeedSequence(settings["seed"]).spawn(5)
    sampling, exact, before, after, pooling = (int(stream.generate_state(1)[0]) for stream in streams)
    prior = prior_draws(beliefs, seed=settings["seed"])
    with quietly(), compiling():
        if weights is not None and member is not None:
            drawn = _sample_members(model, weights, member, seed=pooling)
        else:
            independent = as_chains(beliefs, settings["chains"], settings["draws"], seed=exact)
            drawn = _sample(model, independent, settings, known=known, seed=sampling, progress=progress)
        posterior = drawn.posterior
        groups = {"posterior": posterior, **drawn.diagnostics, "prior": prior}
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
        "inference_library_version": installed(settings["sampler"]),
        "sampling_time": drawn.seconds,
        "tuning_steps": drawn.tune,
        "sampled": drawn.names,
    }
    return groups


def as_it_is_built(model: pm.Model) -> bool:
    """Whether a model equals the one that its beliefs and evidence give; one that was changed by hand does not."""
    from forecast.evidence import Evidence
    from forecast.model import build_model
    from priors import PriorSet

    if not isinstance(model.beliefs, PriorSet) or not isinstance(model.evidence, Evidence):
        return False
    try:
        built = build_model(model.beliefs, evidence=model.evidence)
    except ForecastError:
        # What it says it was built from does not build a model.
        return False
    return graph_hash(built) == graph_hash(model)


def _sample(
    model: pm.Model,
    independent: xr.Dataset,
    settings: Mapping[str, Any],
    *,
    known: Values | None,
    seed: int,
    progress: bool,
) -> _Sampled:
    """Draw what evidence reaches with a Markov chain, and keep exact draws of the rest.

    Parameters
    ----------
    independent : xarray.Dataset
        Exact draws from the beliefs, dims chain and draw; those of what evidence reaches are replaced.
    """
    names = reached(model)
    if not names:
        return _Sampled(independent, {}, names, 0.0, 0)
    tree, tune = chains_of(model, names, settings, known=known, seed=seed, progress=progress)
    posterior = independent.assign(tree["posterior"].to_dataset().drop_attrs().data_vars)
    seconds = float(tree["posterior"].attrs["sampling_time"])
    return _Sampled(posterior, {"sample_stats": shared_stats(tree["sample_stats"].to_dataset())}, names, seconds, tune)


def chains_of(
    model: pm.Model,
    names: list[str],
    settings: Mapping[str, Any],
    *,
    known: Values | None,
    seed: int,
    progress: bool,
) -> tuple[xr.DataTree, int]:
    """Run chains over the free variables of these names, which nothing links to the others.

    Returns
    -------
    tree : xarray.DataTree
        What the sampler returned.
    tune : int
        Draws in which each chain adapted.
    """
    part = model if len(names) == len(model.free_RVs) else part_of(model, names)
    start = None if known is None else _as_start(model, names, known)
    tune = settings["tune"]
    if tune is None:
        tune = TUNE if start is None else TUNE_FROM_KNOWN
    label = f"Sampling the posterior of {model.beliefs.name or 'these beliefs'}"
    given = {**settings, "tune": tune}
    return draw_posterior(part, given, seed=seed, progress=progress, label=label, known=start), tune


def _as_start(model: pm.Model, names: list[str], known: Values) -> xr.Dataset | None:
    """Give known draws as one chain of the model's free variables; None where some are not known."""
    import xarray as xr

    data = {}
    for name in names:
        scaled = name.removesuffix("_share")
        if name in known:
            values = known[name]
        elif scaled in known:
            # A belief between two bounds is sampled as its share of the way between them.
            bounds = model.beliefs[scaled].distribution.parameters
            values = (known[scaled] - bounds["lower"]) / (bounds["upper"] - bounds["lower"])
        else:
            return None
        own = model.named_vars_to_dims.get(name) or [f"{name}_dim_{axis}" for axis in range(values.ndim - 1)]
        data[name] = (("chain", "draw", *own), values[None])
    return xr.Dataset(data)


def _sample_members(
    model: pm.Model, weights: MemberWeights, member: Callable[[str], xr.DataTree], *, seed: int
) -> _Sampled:
    """Fit every member of a pool by itself, and mix the fits by what the evidence makes of each.

    Worlds of a pool belong to one member each, and a chain that has found one member's beliefs hardly ever leaves
    them, so one chain over all of them would not mix.
    """
    fits = {name: member(name) for name in model.beliefs.pooled.members}
    posterior, diagnostics = mix(fits, weights, seed=seed)
    of = [one["posterior"].attrs for one in fits.values()]
    seconds = sum(float(attrs["sampling_time"]) for attrs in of)
    return _Sampled(posterior, diagnostics, reached(model), seconds, max(int(attrs["tuning_steps"]) for attrs in of))


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


def prior_draws(beliefs: Any, *, seed: int) -> xr.Dataset:
    """Draw 4 x 1,000 worlds from the beliefs: enough for a picture beside the posterior."""
    return as_chains(beliefs, 4, 1000, seed=seed)


def as_chains(beliefs: Any, chains: int, draws: int, *, seed: int) -> xr.Dataset:
    """Draw worlds from the beliefs with dims (chain, draw), the first worlds to the first chain."""
    import xarray as xr

    worlds = beliefs.sample(chains * draws, seed=seed)
    data = {
        name: (("chain", "draw"), np.asarray(array.values, dtype=np.float64).reshape(chains, draws))
        for name, array in worlds.data_vars.items()
    }
    return xr.Dataset(data, coords={"chain": np.arange(chains), "draw": np.arange(draws)})
