"""``fit``: from a model to its posterior, in ArviZ's groups, sampled once for every content."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeGuard, cast

import numpy as np

from forecast.arguments import whole
from forecast.beliefs import check_beliefs
from forecast.blocks import part_of, reached
from forecast.cache import (
    code_hash,
    content_key,
    from_bytes,
    graph_hash,
    keep,
    keep_answer,
    recall,
    recall_answer,
    to_bytes,
)
from forecast.densities import log_densities, predictions
from forecast.errors import InvalidArgument
from forecast.sampling import choose_sampler, compiling, draw_posterior, installed, quietly, shared_stats
from forecast.schema import FIT_KIND
from forecast.versions import versions

if TYPE_CHECKING:
    import pymc as pm
    import xarray as xr

    from forecast.evidence import Evidence
    from priors import PriorSet

__all__ = ["EVIDENCE", "FORMAT", "check_fit", "conditioned", "fit", "is_fit", "read_evidence"]

EVIDENCE = "article"
"""What beliefs are conditioned on where nothing else is said."""

FORMAT = 1
"""Version of the groups and attributes that a fit has."""

_PRIOR_CHAINS, _PRIOR_DRAWS = 4, 1000
"""Shape of the prior draws: enough for a picture beside the posterior."""

_ALWAYS = ("posterior", "log_prior", "prior")
_WITH_EVIDENCE = ("observed_data", "log_likelihood", "prior_predictive", "posterior_predictive")


def fit(
    model: pm.Model | PriorSet,
    *,
    evidence: str | Path | Evidence | None = None,
    draws: int = 2500,
    chains: int = 4,
    seed: int = 1,
    tune: int = 1000,
    target_accept: float = 0.99,
    sampler: Literal["auto", "nutpie", "pymc"] = "auto",
    cache: bool = True,
    progress: bool = True,
) -> xr.DataTree:
    """Sample the posterior with the No-U-Turn sampler (Hoffman & Gelman 2014).

    Same model, settings, sampler and versions: same draws. A fit is kept on disk by exactly these
    (:mod:`forecast.cache`) and read back when it is asked for again.

    Parameters
    ----------
    model : pymc.Model or PriorSet
        From :func:`forecast.build_model`; or beliefs, of which the model is built. A kept fit of beliefs is found
        without importing PyMC.
    evidence : str, Path or Evidence, optional
        With beliefs, what they are conditioned on, as for :func:`forecast.load_evidence`: the article's evidence by
        default. A model has its evidence already.
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
        some shipped sets had a divergence or a few in 10,000 draws, and with 0.97 one set had one, now and then.
    sampler : {"auto", "nutpie", "pymc"}
        "auto" is PyMC's own; nutpie, where it is installed, must be asked for, as it compiles longer than it saves in
        a single fit. The two give different draws of the same posterior; the attrs say which it was.
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
        item; ``constant_data`` where the model has any; for a pool ``members``, see :func:`forecast.pooled.mix`. Its
        own attrs carry the provenance, and in ``gates`` what :func:`forecast.check` makes of it.

    Raises
    ------
    InvalidArgument
        If the model is neither from ``build_model`` nor beliefs, a setting is outside its domain, or evidence is given
        with a model.
    UnknownEvidence, InvalidEvidence, UnknownPrior
        If evidence is not known, or beliefs and evidence do not go together.
    FailedFit
        If the sampler could not start or broke off.

    Examples
    --------
    >>> import forecast, priors
    >>> fit = forecast.fit(priors.load("article"), evidence="article", seed=1, progress=False)
    >>> fit.attrs["priors"], fit.attrs["evidence"]
    ('article', 'article')

    References
    ----------
    Hoffman & Gelman (2014), The No-U-Turn Sampler, *Journal of Machine Learning Research* 15, 1593-1623.
    """
    settings: dict[str, Any] = {
        "seed": whole("seed", seed, 0, 2**63 - 1),
        "draws": whole("draws", draws, 1, 1_000_000),
        "chains": whole("chains", chains, 1, 64),
        "tune": whole("tune", tune, 0, 1_000_000),
        "target_accept": _share("target_accept", target_accept),
        "sampler": choose_sampler(sampler),
    }
    if _is_beliefs(model):
        return _fit_beliefs(model, read_evidence(evidence), settings, cache=cache, progress=progress)
    if evidence is not None:
        raise InvalidArgument(
            "evidence with a model",
            expected="evidence only with beliefs",
            mend="leave it out: a model from forecast.build_model has its evidence already",
        )
    return _fit_model(model, settings, cache=cache, progress=progress)


def _fit_model(model: pm.Model, settings: dict[str, Any], *, cache: bool, progress: bool) -> xr.DataTree:
    """Sample a model, or find its fit on disk."""
    from forecast.diagnostics.convergence import noted
    from forecast.diagnostics.gates import check

    beliefs, evidence = _parts(model)
    key = _key(beliefs, evidence, settings, graph_hash(model))
    groups = _ALWAYS + (_WITH_EVIDENCE if model.observed_RVs else ())
    tree = recall(key, groups=groups) if cache else None
    if tree is None:
        made = _assemble(model, beliefs, settings, cache, progress)
        made.attrs = {
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "convergence": noted(made["posterior"].to_dataset()),
        }
        made.attrs["gates"] = check(made).mark
        content = to_bytes(made, key=key)
        if cache:
            keep(key, content)
        # A fresh fit takes the way of a kept one, so that the two cannot differ.
        tree = from_bytes(content, key=key)
    return _named(tree, beliefs, evidence, settings, key)


def is_fit(given: object) -> TypeGuard[xr.DataTree]:
    """Whether something is what :func:`fit` returned."""
    kind = getattr(given, "attrs", {}).get("kind")
    return isinstance(kind, str) and kind == FIT_KIND


def _is_beliefs(given: object) -> TypeGuard[PriorSet]:
    return hasattr(given, "sample") and hasattr(given, "distribution_hash")


def _fit_beliefs(
    beliefs: PriorSet, evidence: Evidence, settings: dict[str, Any], *, cache: bool, progress: bool
) -> xr.DataTree:
    """Fit beliefs to evidence as the model built of them is fitted, and find a kept fit sooner.

    The key of a kept fit is that of its model, and building one takes a second of importing PyMC. A model that nobody
    changed by hand follows from beliefs, evidence and code, so the key is noted under these.
    """
    check_beliefs(beliefs)
    evidence.applied(beliefs)
    asked = _key(beliefs, evidence, settings, "as it is built")
    key = recall_answer(asked) if cache else None
    groups = _ALWAYS + (_WITH_EVIDENCE if evidence.items else ())
    tree = None if key is None else recall(key, groups=groups)
    if key is not None and tree is not None:
        return _named(tree, beliefs, evidence, settings, key)
    from forecast.model import build_model

    tree = _fit_model(build_model(beliefs, evidence=evidence), settings, cache=cache, progress=progress)
    if cache:
        keep_answer(asked, str(tree.attrs["key"]))
    return tree


def read_evidence(given: str | Path | Evidence | None) -> Evidence:
    """Give the evidence that is meant: the article's where nothing is said.

    Raises
    ------
    InvalidArgument
        If it is neither evidence nor a name or path.
    UnknownEvidence, InvalidEvidence, InvalidFile
        As for :func:`forecast.load_evidence`.
    """
    from forecast.evidence import load_evidence

    if given is None:
        return load_evidence(EVIDENCE)
    if hasattr(given, "applied") and hasattr(given, "hash"):
        return cast("Evidence", given)
    if isinstance(given, str | Path):
        return load_evidence(given)
    raise InvalidArgument(
        f"evidence is a {type(given).__name__}",
        expected="a name, a file or what forecast.load_evidence returned",
        mend='pass "article", or "none" for beliefs as they stand',
    )


def conditioned(
    beliefs: PriorSet | xr.DataTree,
    evidence: str | Path | Evidence | None,
    *,
    seed: int,
    progress: bool,
) -> PriorSet | xr.DataTree:
    """Condition beliefs on evidence, as everything does that says what will happen.

    Parameters
    ----------
    beliefs : PriorSet or xarray.DataTree
        Beliefs; or a fit, which is returned as it is.
    evidence : str, Path, Evidence or None
        The article's where it is None; "none" leaves beliefs as they are.
    seed : int
        Of the fit.
    progress : bool
        As for :func:`fit`.

    Returns
    -------
    PriorSet or xarray.DataTree
        The fit with the settings that :func:`fit` has by default, or the beliefs where the evidence has no items.

    Raises
    ------
    InvalidArgument
        If evidence is given with a fit, or ``beliefs`` is neither.
    ForecastError
        As for :func:`fit`.
    """
    if is_fit(beliefs):
        if evidence is not None:
            raise InvalidArgument(
                f"evidence with a fit to the evidence {beliefs.attrs.get('evidence')!r}",
                expected="evidence only with beliefs",
                mend="leave it out, or pass the beliefs and the evidence",
            )
        return beliefs
    if not _is_beliefs(beliefs):
        # Refused, in words, where worlds' parameters are read.
        return beliefs
    known = read_evidence(evidence)
    check_beliefs(beliefs)
    applied = known.applied(beliefs)
    return fit(beliefs, evidence=known, seed=seed, progress=progress) if known.items else applied


def _key(beliefs: Any, evidence: Any, settings: Mapping[str, Any], model: str) -> str:
    """Give the key of a fit: what is drawn from, not what it is called or why, so that pools share members' fits."""
    drawn_from = {"beliefs": beliefs.distribution_hash, "evidence": evidence.hash, "model": model}
    libraries = _libraries(settings["sampler"])
    return content_key({"format": FORMAT, **settings, "versions": libraries, "code": code_hash(), **drawn_from})


def _named(tree: xr.DataTree, beliefs: Any, evidence: Any, settings: Mapping[str, Any], key: str) -> xr.DataTree:
    """Say in a tree whose it is and what it follows from."""
    _label(tree, beliefs)
    tree.attrs = {
        "kind": FIT_KIND,
        "format": FORMAT,
        "origin": "2016-02-29",
        "priors": beliefs.name,
        "priors_hash": beliefs.hash,
        "evidence": evidence.name,
        "evidence_hash": evidence.hash,
        **settings,
        "versions": json.dumps(_libraries(settings["sampler"])),
        "key": key,
        **{name: tree.attrs[name] for name in ("gates", "created", "convergence")},
    }
    return tree


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


def _libraries(sampler: str) -> dict[str, str | None]:
    """Give the versions that draws can depend on."""
    names = ("pymc", "pytensor", "numba", *(("nutpie",) if sampler == "nutpie" else ()))
    return {**versions(), **{name: installed(name) for name in names}}


@dataclass(frozen=True)
class _Sampled:
    """A posterior, and what is known of how it was drawn."""

    posterior: xr.Dataset
    diagnostics: Mapping[str, xr.Dataset]
    names: list[str]
    seconds: float


def _assemble(model: pm.Model, beliefs: Any, settings: dict[str, Any], cache: bool, progress: bool) -> xr.DataTree:
    """Sample, and put what was drawn and what follows from it into groups."""
    import xarray as xr

    # Independent of the keyed streams that the prior worlds come from.
    streams = np.random.SeedSequence(settings["seed"]).spawn(5)
    sampling, exact, before, after, pooling = (int(stream.generate_state(1)[0]) for stream in streams)
    prior = _as_chains(beliefs, _PRIOR_CHAINS, _PRIOR_DRAWS, seed=settings["seed"])
    with quietly(), compiling():
        if _is_pool(model, beliefs):
            drawn = _sample_members(model, settings, seed=pooling, cache=cache, progress=progress)
        else:
            known = _as_chains(beliefs, settings["chains"], settings["draws"], seed=exact)
            drawn = _sample(model, known, settings, seed=sampling, progress=progress)
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
        "tuning_steps": settings["tune"],
        "sampled": drawn.names,
    }
    return xr.DataTree.from_dict(groups)


def _sample(model: pm.Model, known: xr.Dataset, settings: dict[str, Any], *, seed: int, progress: bool) -> _Sampled:
    """Draw what evidence reaches with a Markov chain, and keep exact draws of the rest.

    Parameters
    ----------
    known : xarray.Dataset
        Exact draws from the beliefs, dims chain and draw; those of what evidence reaches are replaced.
    """
    names = reached(model)
    if not names:
        return _Sampled(known, {}, names, 0.0)
    part = model if len(names) == len(model.free_RVs) else part_of(model, names)
    label = f"Sampling the posterior of {model.beliefs.name or 'these beliefs'}"
    tree = draw_posterior(part, settings, seed=seed, progress=progress, label=label)
    posterior = known.assign(tree["posterior"].to_dataset().drop_attrs().data_vars)
    seconds = float(tree["posterior"].attrs["sampling_time"])
    return _Sampled(posterior, {"sample_stats": shared_stats(tree["sample_stats"].to_dataset())}, names, seconds)


def _is_pool(model: pm.Model, beliefs: Any) -> bool:
    """Whether the posterior is a mixture of the posteriors of a pool's members.

    It is not where a model was changed by hand after it was built: then the model as it stands is what counts.
    """
    from forecast.model import build_model

    if getattr(beliefs, "pooled", None) is None or not model.observed_RVs:
        return False
    return graph_hash(build_model(beliefs, evidence=model.evidence)) == graph_hash(model)


def _sample_members(model: pm.Model, settings: dict[str, Any], *, seed: int, cache: bool, progress: bool) -> _Sampled:
    """Fit every member of a pool by itself, and mix the fits by what the evidence makes of each.

    Worlds of a pool belong to one member each, and a chain that has found one member's beliefs hardly ever leaves
    them, so one chain over all of them would not mix.
    """
    from forecast.model import build_model
    from forecast.pooled import mix, weigh

    given = {key: settings[key] for key in ("draws", "chains", "seed", "tune", "target_accept", "sampler")}
    models = {
        name: build_model(model.beliefs.member(name), evidence=model.evidence) for name in model.beliefs.pooled.members
    }
    weights = weigh(models, model.beliefs.pooled.weights, seed=seed)
    fits = {name: fit(member, **given, cache=cache, progress=progress) for name, member in models.items()}
    posterior, diagnostics = mix(fits, weights, seed=seed)
    seconds = sum(float(one["posterior"].attrs["sampling_time"]) for one in fits.values())
    return _Sampled(posterior, diagnostics, reached(model), seconds)


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


def _as_chains(beliefs: Any, chains: int, draws: int, *, seed: int) -> xr.Dataset:
    """Draw worlds from the beliefs with dims (chain, draw), the first worlds to the first chain."""
    import xarray as xr

    worlds = beliefs.sample(chains * draws, seed=seed)
    data = {
        name: (("chain", "draw"), np.asarray(array.values, dtype=np.float64).reshape(chains, draws))
        for name, array in worlds.data_vars.items()
    }
    return xr.Dataset(data, coords={"chain": np.arange(chains), "draw": np.arange(draws)})


def _label(tree: xr.DataTree, beliefs: Any) -> None:
    """Write beside the draws what the beliefs say of each quantity."""
    for group in ("posterior", "prior"):
        for name, array in tree[group].data_vars.items():
            if name in beliefs:
                prior = beliefs[name]
                array.attrs = {"units": prior.unit, "long_name": prior.meaning, "claims": " ".join(prior.claims)}
