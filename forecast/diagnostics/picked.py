"""Which draw of a fit each world took its parameters from, block by block of what evidence links."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.diagnostics.blocks import block_numbers
from forecast.diagnostics.groups import check_same_draws
from forecast.engine.draws import picked_draws, source_of
from forecast.likelihood import auxiliaries
from forecast.posterior.carried import WEIGHTED, beliefs_of, carries, evidence_of, weighted_draws
from forecast.posterior.log_prior import log_prior_terms
from forecast.posterior.target import item_log_likelihoods, over_parts
from forecast.schema import PARAMETER_PREFIX

if TYPE_CHECKING:
    import xarray as xr

    from priors import PriorSet

__all__ = ["PIECES", "Picked", "blocks_of_worlds", "is_weighted", "picked"]

type Array = np.ndarray[Any, np.dtype[np.float64]]
type Numbers = np.ndarray[Any, np.dtype[np.intp]]

PIECES = 40
"""Blocks of a jackknife over independent draws: as many as four chains have."""


def is_weighted(fit: xr.DataTree) -> bool:
    """Whether worlds of a fit pick weighted draws, block by block; else they pick a draw of all quantities."""
    return WEIGHTED in fit.children and carries(fit)


@dataclass(frozen=True)
class Picked:
    """The draws that worlds took from a fit by importance.

    Attributes
    ----------
    fit : xarray.DataTree
        From :func:`forecast.fit`.
    follows : ndarray of int
        The member of the pool that each world follows, 0 where there is none; shape (world,).
    samples : dict of str to ndarray
        The sample of each block that each world took, shape (world,).
    """

    fit: xr.DataTree
    follows: Numbers
    samples: dict[str, Numbers]

    @cached_property
    def _group(self) -> xr.Dataset:
        return weighted_draws(self.fit)[0]

    @cached_property
    def _parts(self) -> dict[str, Any]:
        return weighted_draws(self.fit)[1]

    def blocks(self) -> tuple[str, ...]:
        """Name the blocks."""
        return tuple(self._parts)

    def block_of(self, item: str) -> str:
        """Name the block that an item of evidence speaks of."""
        return next(block for block, said in self._parts.items() if item in said["items"])

    def numbers(self, block: str) -> Numbers:
        """Give the draw of a block that each world took, counted through the samples of the first member on."""
        return self.follows * self._group.sizes["sample"] + self.samples[block]

    def check(self, outcomes: xr.Dataset) -> None:
        """Refuse outcomes whose parameters are not those of the draws.

        Raises
        ------
        InvalidArgument
            If a parameter is another in some world.
        """
        for block in self.blocks():
            values, numbers = self.values(block), self.numbers(block)
            known = next((name for name in values if PARAMETER_PREFIX + name in outcomes), None)
            if known is not None:
                check_same_draws(outcomes, known, values[known][numbers])

    def jackknife_blocks(self, block: str) -> Numbers:
        """Give the block of a jackknife that each world belongs to by its draw of a block, shape (world,).

        Importance draws are independent; draws of chains stay with their neighbours.
        """
        numbers = self.numbers(block)
        posterior = self.fit["posterior"]
        if block not in np.atleast_1d(posterior.attrs.get("by_chains", [])):
            return numbers % PIECES
        count = posterior.sizes["chain"] * posterior.sizes["draw"]
        return numbers % count * PIECES // count

    def log_weights(self, block: str) -> Array:
        """Give the log weight of every draw of a block, members' weights included; they sum to 1."""
        logs = self._group["log_weight"].sel(block=block).transpose("member", "sample").values
        shares = self.fit["members"].to_dataset()["weight"].values if "members" in self.fit.children else np.ones(1)
        with np.errstate(divide="ignore"):
            return np.asarray((logs + np.log(shares)[:, None]).reshape(-1))

    def log_weights_without(self, item: str) -> Array:
        """Give the log weight, up to a constant, of every draw of an item's block in the posterior without the item.

        From the proposal and the other items, because a draw that the item makes impossible has a weight without it.
        """
        block = self.block_of(item)
        ratios = self._group["log_prior_over_proposal"].sel(block=block).transpose("member", "sample").values
        shares = np.zeros(1)
        if "members" in self.fit.children:
            # What each member weighs before the block: by its weight and by what it makes of the other blocks.
            before = self.fit["members"].to_dataset()["weight_before"].values
            found = self.fit["sample_stats"].to_dataset()["log_marginal_likelihood"].transpose("member", "block")
            others = found.values[:, found["block"].values != block].sum(axis=1)
            with np.errstate(divide="ignore"):
                shares = np.log(before) + others
        rest = [name for name in self._parts[block]["items"] if name != item]
        logs = (ratios + shares[:, None]).reshape(-1)
        return np.asarray(np.add.reduce([logs, *map(self.log_likelihood, rest)]))

    def values(self, block: str) -> dict[str, Array]:
        """Give the quantities of a block at every draw, shape (draw,), and (draw, part) of those with parts."""
        found = {}
        for name in self._parts[block]["quantities"]:
            array = self._group[name].transpose("member", "sample", ...).values
            found[name] = array.reshape(-1, *array.shape[2:])
        return found

    def log_likelihood(self, item: str) -> Array:
        """Give the log likelihood of an item at every draw of its block."""
        one = next(known for known in evidence_of(self.fit).items if known.name == item)
        found = item_log_likelihoods([one], self.values(self.block_of(item)))[item]
        return over_parts(found)

    def log_prior(self) -> dict[str, Array]:
        """Give the log prior of what evidence reaches in each world, term by term, as a fit's ``log_prior`` has it."""
        beliefs: PriorSet = beliefs_of(self.fit)
        values: dict[str, Array] = {}
        for block in self.blocks():
            values |= {name: array[self.numbers(block)] for name, array in self.values(block).items()}
        known = beliefs.only([name for name in beliefs if name in values])
        terms = log_prior_terms(known, values)
        for item in evidence_of(self.fit).items:
            for name, one in auxiliaries(item).items():
                terms[name] = over_parts(one.distribution.log_pdf(values[name]))
        return terms


def picked(fit: xr.DataTree, *, seed: int, labels: Numbers) -> Picked:
    """Say which draws worlds of these numbers took from a fit by importance.

    Parameters
    ----------
    fit : xarray.DataTree
        For which :func:`is_weighted` holds.
    seed : int
        The root seed of the simulation.
    labels : ndarray of int
        Numbers of the worlds, shape (world,).
    """
    source = source_of(fit)
    stop = int(labels.max()) + 1
    if source.weighted is None:
        return Picked(fit, np.zeros(labels.size, dtype=np.intp), {})
    follows, samples = source.samples(seed, 0, stop)
    return Picked(fit, follows[labels], {block: numbers[labels] for block, numbers in samples.items()})


def blocks_of_worlds(fit: xr.DataTree, *, seed: int, labels: Numbers) -> Numbers:
    """Give the block of a jackknife that each world belongs to, shape (world,).

    Worlds that picked the same draw of chains, or neighbours in a chain, are not independent and go together. Those of
    a fit by importance are, but for the few that have a draw of a block in common.
    """
    if is_weighted(fit):
        return np.asarray(np.arange(labels.size) * PIECES // max(labels.size, 1), dtype=np.intp)
    numbers = picked_draws(fit, worlds=int(labels.max()) + 1, seed=seed)[labels]
    found: Numbers = block_numbers(fit["posterior"].to_dataset())[numbers]
    return found
