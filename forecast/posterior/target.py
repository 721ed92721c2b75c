"""Beliefs and evidence as targets of the importance sampler: blocks of quantities that nothing links to one another.

The joint density is a product of factors: priors, correlations, pools, items of evidence. Quantities that no chain of
factors links can be drawn apart and put together at random, which multiplies no weights. What no item reaches keeps its
prior.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np
import scipy.special as sc

from forecast.evidence import Item
from forecast.likelihood import Auxiliary, auxiliaries, likelihood, log_density
from forecast.posterior.importance import Target
from priors import PriorSet
from priors.copula import components
from priors.discrete import Discrete
from priors.mixture import Mixture

__all__ = ["Block", "blocks_of", "item_log_likelihoods", "over_parts"]

type Floats = np.ndarray[Any, np.dtype[np.float64]]
type Numbers = np.ndarray[Any, np.dtype[np.intp]]
type Values = dict[str, Floats]


@dataclass(frozen=True)
class Block:
    """Quantities that evidence links to one another, and the evidence that does.

    Attributes
    ----------
    names : tuple of str
        Quantities of the beliefs, in their order.
    items : tuple of Item
        What speaks of them.
    own : dict of str to Auxiliary
        Quantities that only the items have.
    observed : dict of str to array
        By name of the item, what was seen instead of its own data; empty unless :meth:`given` other data.
    """

    names: tuple[str, ...]
    items: tuple[Item, ...]
    own: Mapping[str, Auxiliary] = field(default_factory=dict)
    observed: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Its first quantity: blocks have none in common."""
        return self.names[0]

    def given(self, observed: Mapping[str, Any]) -> Block:
        """Give the same with other data, by name of the item; an item that is not named keeps its own."""
        return replace(self, observed={item.name: observed[item.name] for item in self.items if item.name in observed})

    def of(self, beliefs: PriorSet) -> BlockTarget:
        """Give what is sampled under some beliefs, which are no pool themselves."""
        return BlockTarget(self, beliefs.only(self.names))


class BlockTarget:
    """A block under some beliefs: from coordinates to values, and to the log likelihood."""

    def __init__(self, block: Block, beliefs: PriorSet) -> None:
        self.block, self.beliefs = block, beliefs
        self._choices = [name for name, prior in beliefs.items() if isinstance(prior.distribution, Discrete)]
        self._normals = [name for name in beliefs if name not in self._choices]
        self._pools = {names: _edges(beliefs, names) for names in beliefs.pools()}
        self._own = [(name, one, one.size) for name, one in block.own.items()]
        chances = [np.asarray(self._distribution(name).probabilities) for name in self._choices]
        chances += [np.diff(edges) for edges in self._pools.values()]
        count = len(self._normals) + sum(size for _, _, size in self._own)
        self.target = Target(count, tuple(chances), self._log_likelihood)

    def _distribution(self, name: str) -> Any:
        return self.beliefs[name].distribution

    def values(self, z: Floats, cells: Numbers) -> Values:
        """Give the values of every quantity in its unit, shape (draw,), and (draw, part) of those with parts."""
        normals = dict(zip(self._normals, z, strict=False))
        for name, chosen in zip(self._choices, cells, strict=False):
            edges = np.concatenate([[0.0], np.cumsum(self._distribution(name).probabilities)])
            normals[name] = np.asarray(sc.ndtri(0.5 * (edges[:-1] + edges[1:])))[chosen]
        picks = {
            names: (0.5 * (edges[:-1] + edges[1:]))[chosen]
            for (names, edges), chosen in zip(self._pools.items(), cells[len(self._choices) :], strict=True)
        }
        drawn: Values = self.beliefs.from_normals(normals, picks.__getitem__)
        place = len(self._normals)
        for name, one, size in self._own:
            parts = [one.distribution.from_normals(np.ascontiguousarray(row)) for row in z[place : place + size]]
            drawn[name] = np.stack(parts, axis=-1) if one.dim else parts[0]
            place += size
        return drawn

    def _log_likelihood(self, z: Floats, cells: Numbers) -> Floats:
        values = self.values(z, cells)
        total = np.zeros(z.shape[1] if z.shape[0] else cells.shape[1])
        for found in item_log_likelihoods(self.block.items, values, self.block.observed).values():
            total += over_parts(found)
        # Where numbers overflow the likelihood is not known; such draws have no weight.
        return np.where(np.isnan(total), -np.inf, total)


def over_parts(densities: Floats) -> Floats:
    """Add up log densities over parts, where there are any: shape (draw,)."""
    return densities if densities.ndim == 1 else np.asarray(densities.sum(axis=-1))


def item_log_likelihoods(
    items: Sequence[Item], values: Mapping[str, Floats], observed: Mapping[str, Any] = MappingProxyType({})
) -> Values:
    """Give the log likelihood of every item, shape (draw,) and (draw, part) of those with parts.

    Parameters
    ----------
    items : sequence of Item
        The evidence.
    values : mapping of str to ndarray
        What the items depend on, shape (draw,), and (draw, part) of quantities with parts.
    observed : mapping of str to array, optional
        By name of the item, what was seen instead of its own data.
    """
    size = len(next(iter(values.values()))) if values else 1
    found: Values = {}
    # Far out a strength may be 0 and a chance 1: what was seen is impossible there, and no fault.
    with np.errstate(all="ignore"):
        for item in items:
            said = likelihood(np, item, values)
            if item.name in observed:
                said = replace(said, observed=observed[item.name])
            density = log_density(said)
            found[item.name] = (
                np.broadcast_to(density, (size, *density.shape[1:])) if density.ndim else np.full(size, float(density))
            )
    return found


def _edges(beliefs: PriorSet, names: tuple[str, ...]) -> Floats:
    """Give the places in [0, 1] between which a pool's uniform chooses the same members everywhere."""
    edges = {0.0, 1.0}
    waiting = [prior.distribution for prior in beliefs.values()]
    while waiting:
        distribution = waiting.pop()
        if isinstance(distribution, Mixture):
            waiting.extend(distribution.members)
            if distribution.names == names:
                edges |= {float(edge) for edge in np.cumsum(distribution.weights)[:-1]}
    return np.array(sorted(edge for edge in edges if 0.0 <= edge <= 1.0))


def blocks_of(beliefs: PriorSet, items: Sequence[Item]) -> tuple[Block, ...]:
    """Part the evidence into blocks.

    Parameters
    ----------
    beliefs : PriorSet
        With what the evidence brings (:meth:`forecast.evidence.Evidence.applied`). Of a pool the blocks are those that
        fit every member.
    items : sequence of Item
        The evidence.

    Returns
    -------
    tuple of Block
        In the order of the beliefs; quantities in none of them are not reached.
    """
    reads = [{name for name in item.reads if name in beliefs} for item in items]
    links = [*reads, *(set(group) for group in components(beliefs.correlations)), *_pooled_together(beliefs)]
    groups: list[set[str]] = []
    for link in links:
        touching = [group for group in groups if group & link]
        groups = [group for group in groups if not group & link] + [set(link).union(*touching)]
    found = []
    for group in groups:
        here = tuple(item for item, names in zip(items, reads, strict=True) if names and names <= group)
        if here:
            names = tuple(name for name in beliefs if name in group)
            own = {name: one for item in here for name, one in auxiliaries(item).items()}
            found.append(Block(names, here, own))
    order = list(beliefs)
    return tuple(sorted(found, key=lambda block: order.index(block.name)))


def _pooled_together(beliefs: PriorSet) -> list[set[str]]:
    """Group the quantities that follow the same member of a pool of single priors in each world."""
    members = () if beliefs.pooled is None else beliefs.pooled.members
    together: dict[tuple[str, ...], set[str]] = {}
    for name, prior in beliefs.items():
        waiting = [prior.distribution]
        while waiting:
            distribution = waiting.pop()
            if isinstance(distribution, Mixture):
                waiting.extend(distribution.members)
                # The set's own pool is taken apart by members before anything is sampled.
                if distribution.names != members:
                    together.setdefault(distribution.names, set()).add(name)
    return list(together.values())
