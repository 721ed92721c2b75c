"""Where the worlds without a claim come from: beliefs drawn anew, a fit reweighted, or other fits."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.beliefs import check_beliefs
from forecast.decision.without_claim import combined, mapped, ratio_of
from forecast.diagnostics.blocks import block_error
from forecast.diagnostics.picked import Picked, blocks_of_worlds, is_weighted, picked
from forecast.diagnostics.weights import RELIABLE
from forecast.engine.draws import picked_draws
from forecast.engine.simulate import simulated
from forecast.errors import InvalidArgument, UnknownEvidence, UnknownPriorSet
from forecast.estimates import standard_error
from forecast.evidence import Evidence, load_evidence
from forecast.inference import check_fit, conditioned, fit, read_evidence, settings_of
from forecast.posterior.carried import GIVEN, WEIGHTED, beliefs_of, carries, evidence_of, group_of
from forecast.schema import FIT_KIND
from forecast.settings import Settings
from forecast.world import World
from forecast.worlds import world_of
from priors import PriorSet, load
from priors.without import Part, check_unpooled, parts_without, without_claim

if TYPE_CHECKING:
    import xarray as xr

    from forecast.options import Option

__all__ = ["ClaimSource", "Without", "claim_source"]

type Array = np.ndarray[Any, np.dtype[np.float64]]
type Measure = Callable[[xr.Dataset], xr.DataArray]

REDRAWN, REWEIGHTED, REFITTED, UNTOUCHED = "redrawn", "reweighted", "refitted", "nothing rests on it"


@dataclass(frozen=True)
class Without:
    """Worlds without a claim.

    Attributes
    ----------
    found : xarray.DataArray
        What is looked at, dims (option, world), such that means over worlds are the estimates and spreads give their
        errors.
    touched : tuple of str
        Quantities whose prior rests on the claim, then correlations as ``one~other``.
    method : str
        How the worlds came about.
    khat, effective : float
        Of the weights; -inf and the number of worlds where there are none.
    """

    found: xr.DataArray
    touched: tuple[str, ...]
    method: str
    khat: float
    effective: float


@dataclass(frozen=True)
class ClaimSource:
    """Plain beliefs, whose worlds are drawn anew with the same uniforms and luck.

    Attributes
    ----------
    beliefs : PriorSet
        What is believed with all claims, evidence's own priors included.
    measure : callable
        Takes outcomes and gives what is looked at in each world, a DataArray (option, world).
    options, settings, world
        What is run, how, and in which world.
    fit : xarray.DataTree, optional
        The fit of the beliefs to evidence, if it is of one.
    brought : tuple of str
        Quantities whose priors the evidence brought.
    """

    beliefs: PriorSet
    measure: Measure
    options: tuple[Option, ...]
    settings: Settings
    world: World
    fit: xr.DataTree | None = None
    brought: tuple[str, ...] = ()

    def run(self, source: PriorSet | xr.DataTree) -> xr.DataArray:
        """Return what is looked at, under every option in every world of some beliefs or fit."""
        return self.measure(simulated(source, options=self.options, settings=self.settings.quiet(), world=self.world))

    @cached_property
    def base(self) -> xr.DataArray:
        """What is looked at with all claims."""
        return self.run(self.beliefs if self.fit is None else self.fit)

    def error(self, values: Array) -> float:
        """Compute the standard error of a mean over worlds, shape (world,)."""
        return float(standard_error(values))

    def without(self, claim: str) -> Without:
        """Return the worlds without a claim."""
        parts = parts_without(self.beliefs, claim, keep=self.brought)
        # The last part does without the claim in everything.
        touched = parts[-1].changed + tuple("~".join(pair) for pair in parts[-1].loosened)
        if not touched:
            return Without(self.base, (), UNTOUCHED, -math.inf, float(self.settings.worlds))
        return self._without(claim, parts, touched)

    def _without(self, claim: str, parts: tuple[Part, ...], touched: tuple[str, ...]) -> Without:
        ones = np.ones(self.settings.worlds)
        runs, khats, redrawn = [], [], False
        for part in parts:
            if not part.changed and not part.loosened:
                runs.append((part.weight, ones, self.base.values))
                continue
            ratio, khat, u = self._other(part)
            redrawn = redrawn or u is not self.base
            khats.append(khat)
            runs.append((part.weight, ratio, u.values))
        values, effective = combined(runs)
        weighted = any(np.ptp(ratio) > 0.0 for _, ratio, _ in runs)
        used = ((REDRAWN, redrawn or not weighted), (REWEIGHTED, weighted))
        method = " and ".join(name for name, is_used in used if is_used)
        return Without(self.base.copy(data=values), touched, method, max(khats), effective)

    def _other(self, part: Part) -> tuple[Array, float, xr.DataArray]:
        """Return the weight of each world under other beliefs, its k-hat, and what is looked at in the worlds."""
        return np.ones(self.settings.worlds), -math.inf, self.run(part.beliefs)


@dataclass(frozen=True)
class _FitSource(ClaimSource):
    """A fit, whose draws are mapped where evidence does not reach and reweighted where it does, or fitted again."""

    fit: xr.DataTree = field(kw_only=True)
    evidence: Evidence = field(kw_only=True)
    refit: bool = field(kw_only=True)

    @cached_property
    def _picked(self) -> np.ndarray[Any, np.dtype[np.intp]]:
        return picked_draws(self.fit, worlds=self.settings.worlds, seed=self.settings.seed)

    @cached_property
    def _by_importance(self) -> Picked:
        return picked(self.fit, seed=self.settings.seed, labels=np.arange(self.settings.worlds))

    @cached_property
    def _blocks(self) -> np.ndarray[Any, np.dtype[np.intp]]:
        return blocks_of_worlds(self.fit, seed=self.settings.seed, labels=np.arange(self.settings.worlds))

    def error(self, values: Array) -> float:
        # Worlds that picked the same draw, or neighbours in a chain, are not independent.
        return block_error((values - values.mean()) / values.size, self._blocks)

    def _without(self, claim: str, parts: tuple[Part, ...], touched: tuple[str, ...]) -> Without:
        if not self.refit:
            found = super()._without(claim, parts, touched)
            if REWEIGHTED not in found.method or not self._is_noisy(found):
                return found
        again = fit(
            without_claim(self.beliefs, claim),
            evidence=self.evidence,
            progress=False,
            **settings_of(self.fit),
        )
        return Without(self.run(again), touched, REFITTED, -math.inf, float(self.settings.worlds))

    def _other(self, part: Part) -> tuple[Array, float, xr.DataArray]:
        if is_weighted(self.fit):
            moved = ratio_of(self._by_importance, self.beliefs, part)
            u = self.run(self._believing(part.beliefs)) if moved.redrawn else self.base
            return moved.values, moved.khat, u
        mapping = mapped(self.fit, self.beliefs, part)
        u = self.run(self._with(mapping.values)) if mapping.values else self.base
        weights = mapping.weights[self._picked]
        # The weights sum to one; their mean ratio says how well the part foretells the evidence beside the others.
        ratio = weights / weights.mean() * float(np.exp(mapping.log_ratio)[self._picked].mean())
        return ratio, mapping.khat, u

    def _is_noisy(self, found: Without) -> bool:
        """Whether the worlds of a fit of their own would tell the difference more closely, and cost less than a run.

        Only importance sampling costs that little. Two independent sets of worlds would be off by the root of two.
        """
        if self.fit.attrs.get("method") != "importance":
            return False
        base = self.base.values
        pairs = zip(found.found.values, base, strict=True)
        errors = [(self.error(after - before), self.error(before)) for after, before in pairs]
        return not found.khat < RELIABLE or any(paired > math.sqrt(2.0) * one for paired, one in errors)

    def _believing(self, beliefs: PriorSet) -> xr.DataTree:
        """Return the fit with other beliefs about what evidence does not reach."""
        names = ("posterior", WEIGHTED, "members")
        kept = {name: self.fit[name].to_dataset() for name in names if name in self.fit.children}
        return self._tree({**kept, GIVEN: group_of(beliefs, self.evidence)})

    def _with(self, values: Mapping[str, Array]) -> xr.DataTree:
        """Return the fit with other draws of some quantities."""
        posterior = self.fit["posterior"].to_dataset()
        shape = (posterior.sizes["chain"], posterior.sizes["draw"])
        data = {
            name: (("chain", "draw"), array.reshape(shape), posterior[name].attrs) for name, array in values.items()
        }
        return self._tree({"posterior": posterior.assign(data)})

    def _tree(self, groups: Mapping[str, xr.Dataset]) -> xr.DataTree:
        import xarray as xr

        tree = xr.DataTree.from_dict(groups)
        tree.attrs = dict(self.fit.attrs)
        return tree


def claim_source(
    beliefs: PriorSet | xr.DataTree,
    *,
    evidence: str | Path | Evidence | None,
    measure: Measure,
    options: tuple[Option, ...],
    settings: Settings,
    world: World,
    refit: bool = False,
    priors: PriorSet | None = None,
) -> ClaimSource:
    """Return where worlds without a claim come from; arguments and errors as for :func:`forecast.by_claim`."""
    if isinstance(beliefs, PriorSet):
        if priors is not None:
            raise InvalidArgument(
                "priors with beliefs", expected="these with a fit only", mend="leave priors out: beliefs say it all"
            )
        known = read_evidence(evidence, world)
        check_beliefs(beliefs, world)
        held: PriorSet = known.applied(beliefs)
        # Refuses a pool before anything is run.
        check_unpooled(held)
        if refit and not known.items:
            raise InvalidArgument(
                "refit without evidence",
                expected="evidence that beliefs are fitted to",
                mend="leave refit out: worlds of beliefs as they stand are drawn anew for each claim",
            )
        tree = conditioned(beliefs, known, seed=settings.seed, progress=settings.progress, world=world)
        if isinstance(tree, PriorSet):
            return ClaimSource(held, measure, options, settings, world)
    else:
        tree = check_fit(beliefs)
        if tree.attrs.get("kind") != FIT_KIND:
            raise InvalidArgument(
                "a tree that no fit made", expected="beliefs, or a fit of them", mend="pass what forecast.fit returned"
            )
        # Refuses evidence beside a fit.
        conditioned(tree, evidence, seed=settings.seed, progress=settings.progress, world=world)
        shipped = _evidence(tree)
        held = _beliefs(tree, shipped, priors)
        check_unpooled(held)
        if refit and shipped is None:
            raise InvalidArgument(
                f"the evidence {tree.attrs.get('evidence', '')!r} is not shipped",
                expected="a fit to shipped evidence",
                mend="pass the beliefs and evidence=... in place of the fit",
            )
        known = shipped if shipped is not None else load_evidence("none", world=world)
    return _FitSource(
        held, measure, options, settings, world, brought=tuple(known.instead), fit=tree, evidence=known, refit=refit
    )


def _evidence(tree: xr.DataTree) -> Evidence | None:
    """Return the evidence of a fit, if it holds it or it is a shipped set."""
    if carries(tree):
        return evidence_of(tree)
    try:
        found = load_evidence(str(tree.attrs.get("evidence", "none")), world=world_of(tree.attrs))
    except UnknownEvidence:
        return None
    return found if found.hash == tree.attrs.get("evidence_hash") else None


def _beliefs(tree: xr.DataTree, evidence: Evidence | None, given: PriorSet | None) -> PriorSet:
    """Return the beliefs that a fit is of, with what evidence brought."""
    if given is None and carries(tree):
        return beliefs_of(tree)
    name = str(tree.attrs.get("priors", ""))
    try:
        held = load(name) if given is None else given
    except UnknownPriorSet:
        held = None
    if held is not None:
        for one in (held, evidence.applied(held) if evidence is not None else held):
            if one.hash == tree.attrs.get("priors_hash"):
                return one
    raise InvalidArgument(
        f"the beliefs {name!r} that the fit is of are not known" if given is None else "priors of another fit",
        expected="the beliefs that were fitted",
        mend="pass priors=..., the set that build_model was given",
    )
