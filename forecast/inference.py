"""``fit``: from a model to its posterior, in ArviZ's groups, sampled once for every content."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeGuard, cast

import numpy as np

from forecast.arguments import whole
from forecast.beliefs import check_beliefs
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
from forecast.diagnostics.convergence import by_chains as of_chains
from forecast.diagnostics.convergence import noted
from forecast.diagnostics.fit_gates import judge_fit, state_of
from forecast.errors import FailedFit, InvalidArgument, kind_of
from forecast.likelihood import check_readings
from forecast.posterior.carried import GIVEN, group_of
from forecast.posterior.chains import as_it_is_built, by_chains, chains_of, prior_draws
from forecast.posterior.sampled import Posterior, sample_posterior
from forecast.sampling import choose_sampler, compiling, installed, quietly, shared_stats
from forecast.schema import FIT_KIND
from forecast.versions import versions
from forecast.world import World
from forecast.worlds import carried, shipped, world_for

if TYPE_CHECKING:
    import pymc as pm
    import xarray as xr

    from forecast.evidence import Evidence
    from priors import PriorSet

__all__ = [
    "FORMAT",
    "METHODS",
    "check_fit",
    "check_method",
    "conditioned",
    "fit",
    "is_fit",
    "libraries",
    "read_evidence",
    "read_model",
    "settings_of",
    "why_nuts",
]

FORMAT = 2
"""Version of the groups and attributes that a fit has."""

METHODS = ("auto", "importance", "nuts")

_DRAWS = 10_000
"""Draws of the posterior in all, where nothing else is asked for."""

_ALWAYS = ("posterior", "log_prior", "prior")
_WITH_EVIDENCE = ("observed_data", "log_likelihood", "prior_predictive", "posterior_predictive")


def fit(
    model: pm.Model | PriorSet,
    *,
    evidence: str | Path | Evidence | None = None,
    world: World | None = None,
    method: Literal["auto", "importance", "nuts"] = "auto",
    draws: int | None = None,
    chains: int = 4,
    seed: int = 1,
    tune: int | None = None,
    target_accept: float = 0.99,
    sampler: Literal["auto", "nutpie", "pymc"] = "auto",
    cache: bool = True,
    progress: bool = True,
) -> xr.DataTree:
    """Draw from the posterior: by importance sampling, or with the No-U-Turn sampler.

    Same model, settings and versions: same draws. A fit by chains is kept on disk by exactly these
    (:mod:`forecast.cache`) and read back when it is asked for again.

    Parameters
    ----------
    model : pymc.Model or PriorSet
        From :func:`forecast.build_model`; or beliefs, which by importance are fitted without PyMC.
    evidence : str, Path or Evidence, optional
        With beliefs, what they are conditioned on, as for :func:`forecast.load_evidence`: the first set of the
        world by default. A model has its evidence already.
    world : World, optional
        With beliefs, the world whose beliefs they are; that of the evidence, or the shipped one, by default.
    method : {"auto", "importance", "nuts"}
        "importance" draws independent weighted draws, block by block of what evidence links, in less than a second
        (:mod:`forecast.posterior.importance`). "nuts" runs the No-U-Turn sampler of PyMC on the model. "auto" is
        importance, except for a model that was changed by hand, and for blocks of which the gates of importance
        sampling fail (:func:`forecast.check`); the attrs ``method`` and ``why_nuts`` say so.
    draws : int, optional
        By chains, draws of each that are kept, 1..1,000,000; 2,500 by default. By importance, equally likely draws in
        all; 10,000 by default. Worlds pick from 65,536 weighted draws of each block, however many these are.
    chains : int
        Independent chains, 1..64; R-hat needs at least 2. Importance sampling has one chain of independent draws; this,
        tune, target_accept and sampler change nothing where no chains run.
    seed : int
        The one root seed, 0..2**63 - 1. ``prior`` holds the worlds that it gives the beliefs.
    tune : int, optional
        Draws of each chain before those, in which the sampler adapts, 0..1,000,000. By default 200 where chains start
        from importance draws, which they do wherever there are any, and 1,000 elsewhere.
    target_accept : float
        Mean acceptance probability that the step size of chains is tuned to, in (0, 1). Higher means smaller steps;
        with 0.9 some shipped sets had a divergence or a few in 10,000 draws, and with 0.97 one set had one, now and
        then.
    sampler : {"auto", "nutpie", "pymc"}
        What runs chains. "auto" is PyMC's own; nutpie, where it is installed, must be asked for, as it compiles longer
        than it saves in a single fit. The two give different draws of the same posterior; the attrs say which it was.
    cache : bool
        False neither reads nor keeps a fit on disk.
    progress : bool
        Show a bar on stderr if it takes more than two seconds.

    Returns
    -------
    xarray.DataTree
        In ArviZ's groups: ``posterior`` and ``log_prior`` (chain, draw), in the units of the priors; ``prior``,
        4 x 1,000 worlds drawn from the beliefs with their correlations; with evidence also ``observed_data``,
        ``log_likelihood``, ``prior_predictive`` and ``posterior_predictive``, a variable for each item;
        ``constant_data`` where the model has any; of a pool ``members``: what each member weighs before and after the
        evidence and which draws follow it, see :func:`forecast.pooled.mix`; ``given``: beliefs and evidence as text.

        By importance ``sample_stats`` has log_weight (chain, draw, block), the log of each draw's weight over the mean
        weight, and on dim block (of a pool also member) khat, effective (draws), distinct (of the equally likely
        draws), log_marginal_likelihood and its error; ``importance`` has the weighted draws themselves (block, sample).
        By chains ``sample_stats`` has lp, energy, diverging, n_steps, tree_depth, reached_max_treedepth,
        acceptance_rate and step_size. The tree's own attrs carry the provenance, and in ``gates`` what
        :func:`forecast.check` makes of it.

    Raises
    ------
    InvalidArgument
        If the model is neither from ``build_model`` nor beliefs, a setting is outside its domain, evidence or a world
        is given with a model, or importance is asked for of a model that was changed by hand.
    UnknownEvidence, InvalidEvidence, UnknownPrior
        If evidence is not known, or beliefs and evidence do not go together.
    FailedFit
        If the sampler could not start or broke off, or the beliefs make the evidence impossible.

    References
    ----------
    Hoffman & Gelman (2014), The No-U-Turn Sampler, *Journal of Machine Learning Research* 15, 1593-1623. Cappé et al.
    (2008), Adaptive importance sampling in general mixture classes, *Statistics and Computing* 18, 447-459.

    Examples
    --------
    >>> import forecast, priors
    >>> district = forecast.load_world("district")
    >>> beliefs = priors.load(district.beliefs)
    >>> fit = forecast.fit(beliefs, world=district, evidence="seen", progress=False)
    >>> fit.attrs["priors"], fit.attrs["evidence"], fit.attrs["method"], fit.attrs["gates"]
    ('district', 'seen', 'importance', 'passed')
    >>> float(fit.posterior.truce_hazard.mean()) < beliefs["truce_hazard"].mean
    True
    """
    settings: dict[str, Any] = {
        "method": check_method(method),
        "seed": whole("seed", seed, 0, 2**63 - 1),
        "draws": None if draws is None else whole("draws", draws, 1, 1_000_000),
        "chains": whole("chains", chains, 1, 64),
        "tune": None if tune is None else whole("tune", tune, 0, 1_000_000),
        "target_accept": _share("target_accept", target_accept),
        "sampler": choose_sampler(sampler),
    }
    beliefs, known, built = read_model(model, evidence, world)
    asked = _Asked(beliefs, known, settings, built, cache, progress)
    why = why_nuts(built, settings["method"])
    return asked.by_nuts(why) if why else asked.by_importance()


def read_model(
    model: object, evidence: str | Path | Evidence | None, world: World | None = None
) -> tuple[Any, Any, pm.Model | None]:
    """Read what is to be fitted: a model, or beliefs and evidence.

    Returns
    -------
    beliefs : PriorSet
        With the priors that evidence brings.
    evidence : Evidence
        What they are conditioned on.
    model : pymc.Model or None
        None where beliefs were given.

    Raises
    ------
    InvalidArgument
        If it is neither, or evidence or a world is given with a model.
    UnknownEvidence, InvalidEvidence, UnknownPrior
        If evidence is not known, or beliefs and evidence do not go together.
    """
    if _is_beliefs(model):
        known = read_evidence(evidence, world)
        check_beliefs(model, known.world)
        beliefs = known.applied(model)
        if known.items:
            check_readings(known.items, beliefs)
        return beliefs, known, None
    if evidence is not None:
        raise InvalidArgument(
            "evidence with a model",
            expected="evidence only with beliefs",
            mend="leave it out: a model from forecast.build_model has its evidence already",
        )
    if world is not None:
        raise InvalidArgument(
            "a world with a model",
            expected="a world only with beliefs",
            mend="leave it out: a model from forecast.build_model is of a world already",
        )
    return *_parts(model), cast("pm.Model", model)


BY_HAND, ASKED_FOR = "the model was changed by hand", "asked for"


def why_nuts(model: pm.Model | None, method: str) -> str:
    """Say why chains sample the whole; empty if importance sampling does.

    Parameters
    ----------
    model : pymc.Model or None
        None for beliefs, of which the model is built where it is needed.
    method : {"auto", "importance", "nuts"}
        What was asked for.

    Raises
    ------
    InvalidArgument
        If importance is asked for of a model that was changed by hand.
    """
    if model is None or as_it_is_built(model):
        return ASKED_FOR if method == "nuts" else ""
    if method == "importance":
        raise InvalidArgument(
            "importance sampling of a model that was changed by hand",
            expected="a model as forecast.build_model returns it",
            mend='leave the method out, or pass "nuts": only chains read the model itself',
        )
    return BY_HAND


@dataclass(frozen=True)
class _Asked:
    """What is to be fitted: beliefs with the priors that evidence brings, or a model."""

    beliefs: Any
    evidence: Any
    settings: dict[str, Any]
    model: pm.Model | None
    cache: bool
    progress: bool

    @property
    def world(self) -> World:
        """Whose beliefs they are; of evidence that this package did not load, the shipped one."""
        found = getattr(self.evidence, "world", None)
        return found if isinstance(found, World) else shipped()

    def by_importance(self) -> xr.DataTree:
        """Sample by importance, and by chains, or from disk, what importance cannot reach.

        Importance draws are not kept on disk: reading them takes as long as drawing them.
        """
        key = self._key("as it is built")
        found = sample_posterior(self.beliefs, self.evidence.items, seed=self.settings["seed"])
        if not np.isfinite(found.weights.log_marginal).any():
            raise FailedFit(
                f"no world drawn from the beliefs {self.beliefs.name!r} allows the evidence {self.evidence.name!r}",
                expected="evidence that the beliefs give some chance",
                mend="widen the priors of what the evidence informs, or check its items",
            )
        faults = found.faults() if self.settings["method"] == "auto" else {}
        if not faults:
            shape = (1, self._count(1))
            used = {"method": "importance", "why_nuts": "", "chains": 1, "draws": shape[1]}
            return self._named(self._judged(self._groups(found, shape), used), self._key_of_importance(shape[1]))
        why = "; ".join(f"block {block}: {fault}" for block, fault in faults.items())
        # Of a pool chains sample everything, of other beliefs the blocks that importance does not reach.
        _refuse_choices(found.choices(None if self.beliefs.pooled is not None else faults), why)
        tree = self._recalled(key, _ALWAYS)
        if tree is None and self.beliefs.pooled is not None:
            groups = self._drawn_by_nuts(self._built(), found)
            tree = self._kept(groups, {**self._nuts_settings(), "why_nuts": why}, key)
        elif tree is None:
            found, stats = self._with_chains(found, list(faults))
            groups = self._groups(found, (self.settings["chains"], self._count(self.settings["chains"])))
            groups["sample_stats"] = groups["sample_stats"].merge(stats)
            used = {**self._nuts_settings(), "method": "importance and nuts", "why_nuts": why}
            tree = self._kept(groups, used, key)
        return self._named(tree, key)

    def _groups(self, found: Posterior, shape: tuple[int, int]) -> dict[str, xr.Dataset]:
        """Give the groups of what was drawn by importance, and of the beliefs before."""
        began = time.perf_counter()
        streams = np.random.SeedSequence(self.settings["seed"]).spawn(4)
        exact, order, before, after = (int(stream.generate_state(1)[0]) for stream in streams)
        groups = found.groups(shape, seeds=(exact, order, after))
        groups["prior"] = prior_draws(self.beliefs, seed=self.settings["seed"])
        if self.evidence.items:
            groups["prior_predictive"] = found.prior_predictions(groups["prior"], seed=before)
        groups["posterior"].attrs |= {
            "by_chains": [name for one in found.sampled[0] if one.by_chains for name in one.values],
            "inference_library": "libya-forecast",
            "inference_library_version": versions()["libya-forecast"],
            "sampling_time": found.seconds + time.perf_counter() - began,
        }
        return groups

    def _with_chains(self, found: Posterior, blocks: list[str]) -> tuple[Posterior, xr.Dataset]:
        """Sample some blocks by chains; give the statistics of the chains too."""
        model = self._built()
        settings = {**self.settings, "draws": self._count(self.settings["chains"])}
        stream = np.random.SeedSequence(settings["seed"], spawn_key=(4,))
        quantities = {name for block in found.blocks if block.name in blocks for name in (*block.names, *block.own)}
        names = [node.name for node in model.free_RVs if {node.name, node.name.removesuffix("_share")} & quantities]
        with quietly(), compiling():
            tree, _ = chains_of(
                model,
                names,
                settings,
                known=found.known(blocks, seed=settings["seed"]),
                seed=int(stream.generate_state(1)[0]),
                progress=self.progress,
            )
        drawn = found.with_chains(tree["posterior"].to_dataset(), blocks)
        return drawn, shared_stats(tree["sample_stats"].to_dataset())

    def by_nuts(self, why: str) -> xr.DataTree:
        """Sample by chains, or find it on disk.

        The key of a kept fit is that of its model, and building one takes a second of importing PyMC. A model that
        nobody changed by hand follows from beliefs, evidence and code, so the key is noted under these.
        """
        groups = _ALWAYS + (_WITH_EVIDENCE if self.evidence.items else ())
        noted = self._key("as it is built") if self.model is None else None
        key = recall_answer(noted) if noted is not None and self.cache else None
        tree = None if key is None else self._recalled(key, groups)
        if key is None or tree is None:
            model = self._built()
            key = self._key(graph_hash(model))
            tree = self._recalled(key, _ALWAYS + (_WITH_EVIDENCE if model.observed_RVs else ()))
            if tree is None:
                known = None
                if why != BY_HAND:
                    known = sample_posterior(self.beliefs, self.evidence.items, seed=self.settings["seed"])
                tree = self._kept(self._drawn_by_nuts(model, known), {**self._nuts_settings(), "why_nuts": why}, key)
            if noted is not None and self.cache:
                keep_answer(noted, key)
        return self._named(tree, key)

    def _drawn_by_nuts(self, model: pm.Model, found: Posterior | None) -> dict[str, xr.Dataset]:
        """Sample by chains, which start from importance draws where there are any."""
        settings = {**self.settings, "draws": self._count(self.settings["chains"])}
        if found is not None and self.beliefs.pooled is not None and found.blocks:
            return by_chains(model, settings, weights=found.weights, member=self._member, progress=self.progress)
        known = None if found is None else found.known([block.name for block in found.blocks], seed=settings["seed"])
        return by_chains(model, settings, known=known, progress=self.progress)

    def _member(self, name: str) -> xr.DataTree:
        own = replace(self, beliefs=self.beliefs.member(name), model=None, settings={**self.settings, "method": "nuts"})
        return own.by_nuts(ASKED_FOR)

    def _built(self) -> pm.Model:
        from forecast.model import build_model

        return build_model(self.beliefs, evidence=self.evidence) if self.model is None else self.model

    def _count(self, chains: int) -> int:
        """Give the draws of each chain."""
        asked = self.settings["draws"]
        return _DRAWS // chains if asked is None else int(asked)

    def _nuts_settings(self) -> dict[str, Any]:
        kept = {key: self.settings[key] for key in ("chains", "target_accept", "sampler")}
        return {"method": "nuts", **kept, "draws": self._count(self.settings["chains"])}

    def _key(self, model: str) -> str:
        """Give the key of a fit: what is drawn from, not its name or why, so that pools share members' fits."""
        drawn_from = {**self._drawn_from(), "model": model}
        used = libraries(self.settings["sampler"])
        content = {"format": FORMAT, **self.settings, "versions": used, "code": code_hash(), **drawn_from}
        return content_key(content)

    def _drawn_from(self) -> dict[str, str]:
        return {
            "beliefs": self.beliefs.distribution_hash,
            "evidence": self.evidence.hash,
            "world": self.world.hash,
        }

    def _key_of_importance(self, draws: int) -> str:
        """Give the key of importance draws, whatever was asked of chains that were not needed."""
        drawn_from = {**self._drawn_from(), "draws": draws}
        content = {"format": FORMAT, "method": "importance", "seed": self.settings["seed"], **drawn_from}
        return content_key({**content, "versions": versions(), "code": code_hash()})

    def _recalled(self, key: str, groups: tuple[str, ...]) -> xr.DataTree | None:
        return recall(key, groups=groups) if self.cache else None

    def _judged(self, groups: dict[str, xr.Dataset], used: dict[str, Any]) -> xr.DataTree:
        """Put what was drawn into a tree, with what the gates make of it."""
        import xarray as xr

        made = xr.DataTree.from_dict(groups)
        made.attrs = {"created": datetime.now(UTC).isoformat(timespec="seconds"), **used}
        tune = made["posterior"].attrs.get("tuning_steps")
        if tune is not None:
            made.attrs["tune"] = int(tune)
        made.attrs["convergence"] = noted(of_chains(made))
        made.attrs["gates"] = str(state_of(judge_fit(made)))
        return made

    def _kept(self, groups: dict[str, xr.Dataset], used: dict[str, Any], key: str) -> xr.DataTree:
        """Keep what was drawn on disk, and give it as it is read from there."""
        content = to_bytes(self._judged(groups, used), key=key)
        if self.cache:
            keep(key, content)
        # A fresh fit takes the way of a kept one, so that the two cannot differ.
        return from_bytes(content, key=key)

    def _named(self, tree: xr.DataTree, key: str) -> xr.DataTree:
        """Say in a tree whose it is and what it follows from."""
        from forecast.evidence import Evidence

        _label(tree, self.beliefs)
        # Beliefs and evidence do not say what was changed by hand, so such a fit cannot be made again from them.
        if isinstance(self.evidence, Evidence) and tree.attrs.get("why_nuts") != BY_HAND:
            import xarray as xr

            tree[GIVEN] = xr.DataTree(group_of(self.beliefs, self.evidence))
        of = {name: tree.attrs[name] for name in _OF_THE_DRAWS if name in tree.attrs}
        tree.attrs = {
            "kind": FIT_KIND,
            "format": FORMAT,
            "origin": self.world.date,
            **carried(self.world),
            "priors": self.beliefs.name,
            "priors_hash": self.beliefs.hash,
            "evidence": self.evidence.name,
            "evidence_hash": self.evidence.hash,
            "seed": self.settings["seed"],
            **of,
            "versions": json.dumps(libraries(self.settings["sampler"])),
            "key": key,
        }
        return tree


_OF_THE_DRAWS = (
    *("method", "why_nuts", "draws", "chains", "tune", "target_accept", "sampler"),
    *("gates", "created", "convergence"),
)
"""Attributes that are kept with the draws."""


def _refuse_choices(choices: list[str], why: str) -> None:
    """Refuse beliefs with forms to choose among where a gate fails: chains cannot step in for them.

    Raises
    ------
    FailedFit
        If there are any.
    """
    if choices:
        raise FailedFit(
            f"importance sampling broke its gates ({why})",
            expected="gates that hold: there is no other sampler for the forms of " + ", ".join(choices),
            mend="fix these forms in the beliefs, widen the priors of the block, or look at what its items pull at",
        )


def check_method(method: object) -> str:
    """Refuse what is no way of sampling.

    Raises
    ------
    InvalidArgument
        If it is something else.
    """
    if not isinstance(method, str) or method not in METHODS:
        raise InvalidArgument(
            f"method (--sampler) = {method!r:.60}", expected="'auto', 'importance' or 'nuts'", mend="leave it out"
        )
    return method


def settings_of(fit: xr.DataTree) -> dict[str, Any]:
    """Give the settings to fit other beliefs or evidence as these were: by chains only if all of it was."""
    if fit.attrs.get("method") != "nuts":
        return {"method": "auto", "seed": int(fit.attrs["seed"])}
    posterior = fit["posterior"]
    names: tuple[str, ...] = ("tune", "target_accept", "sampler")
    known = {name: fit.attrs[name] for name in names if name in fit.attrs}
    size = {"draws": posterior.sizes["draw"], "chains": posterior.sizes["chain"]}
    return {"method": "nuts", "seed": int(fit.attrs["seed"]), **size, **known}


def is_fit(given: object) -> TypeGuard[xr.DataTree]:
    """Whether something is what :func:`fit` returned."""
    kind = getattr(given, "attrs", {}).get("kind")
    return isinstance(kind, str) and kind == FIT_KIND


def _is_beliefs(given: object) -> TypeGuard[PriorSet]:
    return hasattr(given, "sample") and hasattr(given, "distribution_hash")


def read_evidence(given: str | Path | Evidence | None, world: World | None = None) -> Evidence:
    """Give the evidence that is meant: the first set of the world where nothing is said.

    Parameters
    ----------
    given : str, Path, Evidence or None
        As for :func:`fit`.
    world : World, optional
        The world that it is for; that of the evidence, or the shipped one, by default.

    Raises
    ------
    InvalidArgument
        If it is neither evidence nor a name or path.
    UnknownEvidence, InvalidEvidence, InvalidFile
        As for :func:`forecast.load_evidence`; or it is for another world.
    """
    from forecast.evidence import default_evidence, load_evidence

    if given is None:
        return load_evidence(default_evidence(world), world=world)
    if hasattr(given, "applied") and hasattr(given, "hash"):
        known = cast("Evidence", given)
        return known if world is None else known.for_world(world)
    if isinstance(given, str | Path):
        return load_evidence(given, world=world)
    raise InvalidArgument(
        f"evidence is {kind_of(given)}",
        expected="a name, a file or what forecast.load_evidence returned",
        mend='name a set of the world, or "none" for beliefs as they stand',
    )


def conditioned(
    beliefs: PriorSet | xr.DataTree,
    evidence: str | Path | Evidence | None,
    *,
    seed: int,
    progress: bool,
    method: str = "auto",
    world: World | None = None,
) -> PriorSet | xr.DataTree:
    """Condition beliefs on evidence, as everything does that says what will happen.

    Parameters
    ----------
    beliefs : PriorSet or xarray.DataTree
        Beliefs; or a fit, which is returned as it is.
    evidence : str, Path, Evidence or None
        The world's first set where it is None; "none" leaves beliefs as they are.
    seed : int
        Of the fit.
    progress : bool
        As for :func:`fit`.
    method : str
        As for :func:`fit`.
    world : World, optional
        As for :func:`fit`; a fit must be of it.

    Returns
    -------
    PriorSet or xarray.DataTree
        The fit with the settings that :func:`fit` has by default, or the beliefs where the evidence has no items.

    Raises
    ------
    InvalidArgument
        If evidence is given with a fit, the fit is of another world, or ``beliefs`` is neither.
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
        world_for(beliefs, world)
        return beliefs
    if not _is_beliefs(beliefs):
        # Refused, in words, where worlds' parameters are read.
        return beliefs
    known = read_evidence(evidence, world)
    check_beliefs(beliefs, known.world)
    applied = known.applied(beliefs)
    if not known.items:
        return applied
    return fit(beliefs, evidence=known, method=cast("Any", method), seed=seed, progress=progress)


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
            f"fit is {kind_of(fit)}" + (" without a posterior" if isinstance(fit, xr.DataTree) else ""),
            expected="the DataTree that forecast.fit returns",
            mend="pass that, or read a saved one with xarray.load_datatree",
        )
    return fit


def _parts(model: object) -> tuple[Any, Any]:
    beliefs, evidence = getattr(model, "beliefs", None), getattr(model, "evidence", None)
    if not hasattr(model, "free_RVs") or not hasattr(beliefs, "sample") or not hasattr(evidence, "hash"):
        raise InvalidArgument(
            f"model is {kind_of(model)}" + (" without its beliefs" if hasattr(model, "free_RVs") else ""),
            expected="a PriorSet, or the model that forecast.build_model returns",
            mend="pass what priors.load(...) gives, or forecast.build_model(beliefs)",
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


def libraries(sampler: str) -> dict[str, str | None]:
    """Give the versions that draws can depend on."""
    names = ("pymc", "pytensor", "numba", *(("nutpie",) if sampler == "nutpie" else ()))
    return {**versions(), **{name: installed(name) for name in names}}


def _label(tree: xr.DataTree, beliefs: Any) -> None:
    """Write beside the draws what the beliefs say of each quantity."""
    for group in ("posterior", "prior"):
        for name, array in tree[group].data_vars.items():
            if name in beliefs:
                array.attrs = beliefs[name].attrs()
