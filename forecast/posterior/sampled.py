"""A posterior by importance sampling: every block of every member of the beliefs, its gates, and its draws as groups.

Blocks are drawn apart and put together at random: they share no factor of the joint density. Of a pool each member is
drawn by itself and weighs its prior weight times the likelihood of the evidence under it.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.evidence import Item
from forecast.likelihood import auxiliaries, likelihood, parts_of, predicted
from forecast.pooled import MemberWeights, pick_members
from forecast.posterior.carried import WEIGHTED
from forecast.posterior.importance import DEFENSIVE, DRAWS, PILOT, Draws, adapt, effective, shares
from forecast.posterior.log_prior import log_prior_terms
from forecast.posterior.pareto import RELIABLE, tail_shape
from forecast.posterior.target import Block, blocks_of, item_log_likelihoods, over_parts
from priors import PriorSet
from priors.mixture import is_choice

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["LEAST_EFFECTIVE", "LEAST_OF_A_FORM", "OFTEN", "Posterior", "sample_posterior"]

type Floats = np.ndarray[Any, np.dtype[np.float64]]
type Numbers = np.ndarray[Any, np.dtype[np.intp]]
type Values = dict[str, Floats]

LEAST_EFFECTIVE = 4_000.0
"""Effective draws that a block must have."""

_LEAST_KNOWN, _KNOWN = 100.0, 1_000
"""Effective draws from which on draws tell chains where to start and how far to step, and how many they are told."""

LEAST_OF_A_FORM, OFTEN = 100.0, 0.01
"""Effective draws that each combination of choices must have whose posterior weight is above the second."""


@dataclass(frozen=True)
class Form:
    """A combination of the choices of a block, e.g. of the structures that it has.

    Attributes
    ----------
    cells : tuple of int
        The cell of each choice.
    weight : float
        Posterior probability.
    effective, khat : float
        Of the draws of this combination alone.
    """

    cells: tuple[int, ...]
    weight: float
    effective: float
    khat: float


@dataclass(frozen=True)
class Sampled:
    """A block under the beliefs of one member.

    Attributes
    ----------
    block : Block
        What is drawn.
    draws : Draws
        Weighted draws of its coordinates.
    values : dict of str to ndarray
        The quantities at these, shape (draw,), and (draw, part) of those with parts.
    by_chains : bool
        Whether the draws are those of Markov chains, one chain after the other, all of one weight.
    """

    block: Block
    draws: Draws
    values: Values
    by_chains: bool = False

    @cached_property
    def weights(self) -> Floats:
        """Weights that sum to 1, shape (draw,)."""
        return self.draws.weights

    @cached_property
    def khat(self) -> float:
        """Pareto shape of the weights."""
        return self.draws.khat

    @cached_property
    def forms(self) -> tuple[Form, ...]:
        """Combinations of choices whose posterior weight is above :data:`OFTEN`, the likeliest first; empty if none."""
        if not self.draws.cells.shape[0]:
            return ()
        combinations, place = np.unique(self.draws.cells, axis=1, return_inverse=True)
        place = place.reshape(-1)
        weight = np.bincount(place, weights=self.weights, minlength=combinations.shape[1])
        found = []
        for number in np.flatnonzero(weight > OFTEN):
            logs = self.draws.log_weights[place == number]
            cells = tuple(int(cell) for cell in combinations[:, number])
            found.append(Form(cells, float(weight[number]), effective(shares(logs)), tail_shape(logs)))
        return tuple(sorted(found, key=lambda form: -form.weight))

    @property
    def least_of_a_form(self) -> float:
        """The least effective number of draws of any frequent form; infinite where there are none."""
        return min((form.effective for form in self.forms), default=math.inf)

    @property
    def worst_of_a_form(self) -> float:
        """The largest k-hat of any frequent form; minus infinity where there are none."""
        return max((form.khat for form in self.forms), default=-math.inf)

    @property
    def fault(self) -> str:
        """Say which gates the draws break; empty if none."""
        worst = max(self.khat, self.worst_of_a_form)
        parts = []
        if not self.draws.effective >= LEAST_EFFECTIVE:
            parts.append(f"{self.draws.effective:,.0f} effective draws, not {LEAST_EFFECTIVE:,.0f}")
        if not worst < RELIABLE:
            parts.append(f"k-hat {worst:.2f}, not below {RELIABLE:g}")
        if not self.least_of_a_form >= LEAST_OF_A_FORM:
            parts.append(f"{self.least_of_a_form:,.0f} effective draws of one form, not {LEAST_OF_A_FORM:,.0f}")
        return ", ".join(parts)

    @cached_property
    def pulls(self) -> str:
        """Name the item that pulls draws away from the beliefs most, where a gate is broken; empty elsewhere.

        It is the one that leaves the fewest of those draws effective that come from the beliefs.
        """
        if self.by_chains or not self.fault:
            return ""
        first = round(DEFENSIVE * self.weights.size)
        values = {name: array[:first] for name, array in self.values.items()}
        found = {
            name: effective(shares(over_parts(density)))
            for name, density in item_log_likelihoods(self.block.items, values, self.block.observed).items()
        }
        return min(found, key=lambda name: found[name])

    def resampled(self, count: int, generator: np.random.Generator) -> Numbers:
        """Give so many equally likely draws: systematic resampling (Douc, Cappé & Moulines 2005), in random order.

        Those of chains keep their order, by which convergence is judged.
        """
        if self.by_chains:
            return np.arange(count, dtype=np.intp) % self.draws.log_weights.size
        edges = np.cumsum(self.weights)
        places = (np.arange(count) + generator.random()) / count * edges[-1]
        chosen = np.minimum(np.searchsorted(edges, places, side="right"), edges.size - 1)
        return np.asarray(generator.permutation(chosen), dtype=np.intp)


@dataclass(frozen=True)
class Posterior:
    """What is believed once the evidence is taken in.

    Attributes
    ----------
    beliefs : PriorSet
        With the priors that the evidence brings.
    items : tuple of Item
        The evidence.
    blocks : tuple of Block
        Of the quantities that it reaches.
    sampled : tuple of tuple of Sampled
        For each member of the beliefs, one where they are no pool, every block.
    seconds : float
        What drawing took.
    """

    beliefs: PriorSet
    items: tuple[Item, ...]
    blocks: tuple[Block, ...]
    sampled: tuple[tuple[Sampled, ...], ...]
    seconds: float = 0.0

    @property
    def members(self) -> tuple[str, ...]:
        """Names of the members; one without a name where the beliefs are no pool."""
        return ("",) if self.beliefs.pooled is None else self.beliefs.pooled.members

    @property
    def reached(self) -> list[str]:
        """Names of the quantities that evidence reaches, and of those that only it has, block by block."""
        return [name for block in self.blocks for name in (*block.names, *block.own)]

    @cached_property
    def weights(self) -> MemberWeights:
        """What each member weighs: blocks are independent, so their marginal likelihoods multiply."""
        before = np.ones(1) if self.beliefs.pooled is None else np.array(self.beliefs.pooled.weights)
        found = np.array([[one.draws.log_marginal for one in own] for own in self.sampled])
        if not self.blocks:
            return MemberWeights(before, np.zeros(before.size), np.zeros(before.size))
        khats = np.array([max(one.khat for one in own) for own in self.sampled])
        logs, errors = found[:, :, 0].sum(axis=1), np.sqrt((found[:, :, 1] ** 2).sum(axis=1))
        return MemberWeights(before, logs, errors, khats)

    def faults(self) -> dict[str, str]:
        """Say what is wrong with each block that breaks a gate: of a pool under members of weight above 1%."""
        after = self.weights.after
        found: dict[str, str] = {}
        for number, own in enumerate(self.sampled):
            for one in own:
                if one.fault and after[number] > OFTEN:
                    whose = f" (under {self.members[number]})" if self.beliefs.pooled is not None else ""
                    found.setdefault(one.block.name, f"{one.fault}{whose}; the item {one.pulls} pulls most")
        return found

    def choices(self, blocks: Iterable[str] | None = None) -> list[str]:
        """Name the quantities, of some blocks or of all, that are one of a few forms, which chains cannot sample."""
        chosen = [name for name, prior in self.beliefs.items() if is_choice(prior.distribution)]
        if blocks is None:
            return chosen
        reached = {name for one in self.sampled[0] if one.block.name in set(blocks) for name in one.values}
        return [name for name in chosen if name in reached]

    def known(self, blocks: Iterable[str], *, seed: int) -> Values | None:
        """Give equally likely draws of some blocks for chains to start from; None where they are worth too few."""
        found: Values = {}
        generator = np.random.default_rng(seed)
        for one in self.sampled[0]:
            if one.block.name in blocks:
                if not one.draws.effective >= _LEAST_KNOWN:
                    return None
                chosen = one.resampled(_KNOWN, generator)
                found |= {name: array[chosen] for name, array in one.values.items()}
        return found

    def with_chains(self, drawn: xr.Dataset, blocks: Iterable[str]) -> Posterior:
        """Give the same with some blocks drawn by chains.

        Parameters
        ----------
        drawn : xarray.Dataset
            Quantities of these blocks, dims chain, draw and their own.
        blocks : iterable of str
            Names of the blocks; the beliefs are no pool.
        """
        own = []
        for one in self.sampled[0]:
            if one.block.name in blocks:
                values = {}
                for name in one.values:
                    array = drawn[name].transpose("chain", "draw", ...).values.astype(np.float64)
                    values[name] = array.reshape(-1, *array.shape[2:])
                size = drawn.sizes["chain"] * drawn.sizes["draw"]
                nothing = np.empty((0, size))
                # Of one weight, whatever the likelihood: the ratio is what makes it so.
                ratios = -np.add.reduce(
                    [over_parts(found) for found in item_log_likelihoods(one.block.items, values).values()]
                )
                plain = Draws(nothing, nothing.astype(np.intp), ratios, np.zeros(size), one.draws.rounds, False)
                own.append(Sampled(one.block, plain, values, by_chains=True))
            else:
                own.append(one)
        return replace(self, sampled=(tuple(own),))

    @property
    def observed(self) -> dict[str, Any]:
        """What was seen instead of the items' own data, by their names."""
        return {name: seen for block in self.blocks for name, seen in block.observed.items()}

    def chosen(self, which: Numbers, generator: np.random.Generator) -> Numbers:
        """Pick equally likely draws among the weighted ones.

        Parameters
        ----------
        which : ndarray of int
            The member that each follows, shape (draw,).
        generator : numpy.random.Generator
            For the picks.

        Returns
        -------
        ndarray of int
            Shape (draw, block): places among the weighted draws of that member and block.
        """
        found = np.empty((which.size, len(self.blocks)), dtype=np.intp)
        for number, own in enumerate(self.sampled):
            here = which == number
            for place, one in enumerate(own):
                found[here, place] = one.resampled(int(here.sum()), generator)
        return found

    def at(self, which: Numbers, chosen: Numbers) -> Values:
        """Give what evidence reaches at some picks of :meth:`chosen`, shape (draw,), and (draw, part) with parts."""
        values: Values = {}
        for number, own in enumerate(self.sampled):
            here = which == number
            for place, one in enumerate(own):
                for name, array in one.values.items():
                    found = values.setdefault(name, np.empty((which.size, *array.shape[1:])))
                    found[here] = array[chosen[here, place]]
        return values

    def groups(self, shape: tuple[int, int], *, seeds: Sequence[int]) -> dict[str, xr.Dataset]:
        """Give equally likely draws, what follows from them, and the weighted draws, as ArviZ's groups.

        Parameters
        ----------
        shape : (int, int)
            Chains and draws of each: one chain, unless some blocks are drawn by chains.
        seeds : sequence of int
            For what evidence does not reach, for the order of the draws, and for predictions.

        Returns
        -------
        dict of str to xarray.Dataset
            ``posterior``, ``sample_stats``, ``log_prior``, ``importance``; with evidence ``log_likelihood``,
            ``observed_data`` and ``posterior_predictive``; of a pool ``members``.
        """
        exact, order, after = seeds
        draws = shape[0] * shape[1]
        which = pick_members(self.weights.after, 1, draws, seed=order)[0]
        pooled = self.beliefs.pooled is not None
        chosen = self.chosen(which, np.random.default_rng(order))
        values: Values = self.beliefs.arrays(draws, seed=exact, follows=which if pooled else None)
        values |= self.at(which, chosen)
        log_weights, distinct = np.zeros((draws, len(self.blocks))), np.zeros((len(self.sampled), len(self.blocks)))
        for number, own in enumerate(self.sampled):
            here = which == number
            for place, one in enumerate(own):
                log_weights[here, place] = np.log(_positive(one.weights)[chosen[here, place]] * one.weights.size)
                distinct[number, place] = np.unique(chosen[here, place]).size
        groups = {
            "posterior": self._dataset(values, shape),
            "sample_stats": self._statistics(log_weights, distinct, shape),
            "log_prior": self._dataset(self._log_prior(values), shape),
            WEIGHTED: self._weighted(),
        }
        if pooled:
            groups["members"] = self._members(which)
        if self.items:
            groups["log_likelihood"] = self._dataset(item_log_likelihoods(self.items, values, self.observed), shape)
            groups["observed_data"] = self._observed(values)
            groups["posterior_predictive"] = self.predictions(values, shape, seed=after)
        groups["posterior"].attrs["sampled"] = self.reached
        for group in groups.values():
            group.attrs["sample_dims"] = [dim for dim in ("chain", "draw") if dim in group.dims]
        return groups

    def prior_predictions(self, prior: xr.Dataset, *, seed: int) -> xr.Dataset:
        """Draw every item of evidence in worlds of the prior, dims chain and draw."""
        shape = (prior.sizes["chain"], prior.sizes["draw"])
        values = {str(name): array.values.reshape(-1) for name, array in prior.data_vars.items()}
        generator = np.random.default_rng(seed)
        for item in self.items:
            for name, one in auxiliaries(item).items():
                size = (shape[0] * shape[1], one.size) if one.dim else (shape[0] * shape[1],)
                values[name] = one.distribution.from_normals(generator.standard_normal(size))
        return self.predictions(values, shape, seed=int(generator.integers(2**63)))

    def predictions(self, values: Values, shape: tuple[int, int], *, seed: int) -> xr.Dataset:
        """Draw every item of evidence anew in each world; dims chain, draw and its own."""
        generator = np.random.default_rng(seed)
        size = shape[0] * shape[1]
        drawn = {}
        for item in self.items:
            # Far out in a wide prior a strength may be 0, and its log no number.
            with np.errstate(all="ignore"):
                said = likelihood(np, item, values)
                found = predicted(said, generator)
            drawn[item.name] = np.broadcast_to(found, (size, *np.shape(said.observed)))
        return self._dataset(drawn, shape)

    def _log_prior(self, values: Values) -> Values:
        terms = log_prior_terms(self.beliefs, values)
        for block in self.blocks:
            terms |= {name: one.distribution.log_pdf(values[name]) for name, one in block.own.items()}
        return terms

    def _dims(self) -> dict[str, tuple[str, list[str]]]:
        """Give the dim, with its labels, of every quantity and item that has parts."""
        found = {}
        for item in self.items:
            dim, labels = parts_of(item)
            if dim:
                found[item.name] = dim, labels
                found |= {name: (one.dim, labels) for name, one in auxiliaries(item).items() if one.dim}
        return found

    def _dataset(self, values: Values, shape: tuple[int, int]) -> xr.Dataset:
        import xarray as xr

        data: dict[str, Any] = {}
        coords: dict[str, Any] = {"chain": np.arange(shape[0]), "draw": np.arange(shape[1])}
        dims = self._dims()
        for name, array in values.items():
            own = [dims[name]] if array.ndim > 1 else []
            data[name] = (("chain", "draw", *(dim for dim, _ in own)), array.reshape(*shape, *array.shape[1:]))
            coords |= dict(own)
        return xr.Dataset(data, coords=coords)

    def _observed(self, values: Values) -> xr.Dataset:
        import xarray as xr

        dims = self._dims()
        data: dict[str, Any] = {}
        coords: dict[str, Any] = {}
        one = {name: array[:1] for name, array in values.items()}
        for item in self.items:
            seen = np.asarray(self.observed.get(item.name, likelihood(np, item, one).observed))
            own = [dims[item.name]] if seen.ndim else []
            data[item.name] = ([dim for dim, _ in own], seen)
            coords |= dict(own)
        return xr.Dataset(data, coords=coords)

    def _statistics(self, log_weights: Floats, distinct: Floats, shape: tuple[int, int]) -> xr.Dataset:
        """Give the log weight of each draw against the mean, and what is known of each block."""
        import xarray as xr

        def table(of: Callable[[Sampled], float]) -> Any:
            return ("member", "block"), [
                [math.nan if one.by_chains else float(of(one)) for one in own] for own in self.sampled
            ]

        names = [block.name for block in self.blocks]
        data: dict[str, Any] = {"log_weight": (("chain", "draw", "block"), log_weights.reshape(*shape, len(names)))}
        if names:
            data |= {
                "khat": table(lambda one: one.khat),
                "effective": table(lambda one: one.draws.effective),
                "distinct": (("member", "block"), distinct),
                "log_marginal_likelihood": table(lambda one: one.draws.log_marginal[0]),
                "log_marginal_likelihood_error": table(lambda one: one.draws.log_marginal[1]),
                "rounds": table(lambda one: one.draws.rounds),
                "form_effective": table(lambda one: one.least_of_a_form),
                "form_khat": table(lambda one: one.worst_of_a_form),
                "pulls": (("member", "block"), [[one.pulls for one in own] for own in self.sampled]),
            }
        coords: dict[str, Any] = {"chain": np.arange(shape[0]), "draw": np.arange(shape[1])}
        coords |= {"block": names, "member": list(self.members)}
        return self._of_members(xr.Dataset(data, coords=coords))

    def _of_members(self, data: xr.Dataset) -> xr.Dataset:
        """Leave out the dim of members where the beliefs are no pool."""
        return data if self.beliefs.pooled is not None else data.isel(member=0, drop=True)

    def _weighted(self) -> xr.Dataset:
        """Give the weighted draws; dims member (of a pool), block, sample and those of quantities with parts."""
        import xarray as xr

        data: dict[str, Any] = {}
        coords: dict[str, Any] = {"block": [block.name for block in self.blocks], "member": list(self.members)}
        dims = self._dims()
        size = max((one.weights.size for own in self.sampled for one in own), default=0)
        for place, block in enumerate(self.blocks):
            for name in (*block.names, *block.own):
                arrays = [_padded(own[place].values[name], size) for own in self.sampled]
                own = [dims[name]] if arrays[0].ndim > 1 else []
                data[name] = (("member", "sample", *(dim for dim, _ in own)), np.array(arrays))
                coords |= dict(own)
        if self.blocks:
            logs = [[np.log(_positive(_evenly(one.weights, size))) for one in own] for own in self.sampled]
            data["log_weight"] = (("member", "block", "sample"), np.array(logs))
            ratios = [[np.resize(one.draws.log_ratios, size) for one in own] for own in self.sampled]
            data["log_prior_over_proposal"] = (("member", "block", "sample"), np.array(ratios))
        said = {
            block.name: {"quantities": [*block.names, *block.own], "items": [item.name for item in block.items]}
            for block in self.blocks
        }
        return self._of_members(xr.Dataset(data, coords=coords)).assign_attrs(blocks=json.dumps(said))

    def _members(self, which: Numbers) -> xr.Dataset:
        import xarray as xr

        return xr.Dataset(
            {"follows": (("chain", "draw"), which.astype(np.int8)[None]), **self.weights.variables()},
            coords={"member": list(self.members), "chain": [0], "draw": np.arange(which.size)},
        )


def _padded(values: Floats, size: int) -> Floats:
    """Repeat draws until there are so many."""
    return values if len(values) == size else np.resize(values, (size, *values.shape[1:]))


def _evenly(weights: Floats, size: int) -> Floats:
    """Give the weights of draws that are repeated until there are so many: the last, broken round has none."""
    repeated = np.resize(weights, size)
    repeated[size // weights.size * weights.size :] = 0.0
    return repeated


def _positive(weights: Floats) -> Floats:
    """Keep weights off 0, whose log no file format and no mean would take."""
    return np.maximum(weights, np.finfo(np.float64).tiny)


def sample_posterior(
    beliefs: PriorSet,
    items: Sequence[Item],
    *,
    seed: int,
    draws: int = DRAWS,
    pilot: int = PILOT,
    blocks: Sequence[Block] | None = None,
) -> Posterior:
    """Draw the posterior by importance.

    Parameters
    ----------
    beliefs : PriorSet
        With the priors that the evidence brings.
    items : sequence of Item
        The evidence.
    seed : int
        The one root seed. Members of a pool share their random numbers, so that equal beliefs get equal weights.
    draws, pilot : int
        Weighted draws of each block, and those of each round before.
    blocks : sequence of Block, optional
        As :func:`forecast.posterior.target.blocks_of` gives them, with other data where that is wanted.
    """
    began = time.perf_counter()
    blocks = blocks_of(beliefs, items) if blocks is None else tuple(blocks)
    members = [beliefs] if beliefs.pooled is None else [beliefs.member(name) for name in beliefs.pooled.members]
    sampled = []
    for member in members:
        own = []
        for block in blocks:
            under = block.of(member)
            drawn = adapt(under.target, seed=seed, channel=f"importance:{block.name}", draws=draws, pilot=pilot)
            own.append(Sampled(block, drawn, under.values(drawn.normals, drawn.cells)))
        sampled.append(tuple(own))
    return Posterior(beliefs, tuple(items), blocks, tuple(sampled), time.perf_counter() - began)
