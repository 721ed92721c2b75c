"""Which quantities evidence reaches: only those need a Markov chain.

The joint density is a product of factors: the prior of each quantity, the correlations, the items of evidence.
Quantities that no chain of factors links to an item are independent of it, so their posterior is their prior, and
the beliefs draw from that exactly and without autocorrelation. The sampler gets the rest, which is a smaller model.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pymc as pm

__all__ = ["COPULA_PREFIXES", "free_above", "part_of", "reached"]

COPULA_PREFIXES = ("copula_", "one_member_a_world")
"""Potentials that are the beliefs' own correlations, which the beliefs draw with. Any other is taken as evidence."""


def reached(model: pm.Model) -> list[str]:
    """Name the free variables that a Markov chain must draw.

    Parameters
    ----------
    model : pymc.Model
        From :func:`forecast.build_model`; its ``beliefs`` say what can be drawn without a chain.

    Returns
    -------
    list of str
        In the model's order: every free variable linked to an item of evidence, or that the beliefs do not have, or
        linked to one of those.
    """
    factors = [free_above(model, [node]) for node in (*model.basic_RVs, *model.potentials)]
    evidence = {node.name for node in model.observed_RVs}
    evidence |= {node.name for node in model.potentials if not node.name.startswith(COPULA_PREFIXES)}
    names = [node.name for node in (*model.basic_RVs, *model.potentials)]
    linked = {node.name for node in model.free_RVs if node.name not in model.beliefs}
    for name, members in zip(names, factors, strict=True):
        if name in evidence:
            linked |= members
    # Links pass on until nothing new is linked.
    growing = True
    while growing:
        touched = [members for members in factors if members & linked and not members <= linked]
        linked = linked.union(*touched)
        growing = bool(touched)
    return [node.name for node in model.free_RVs if node.name in linked]


def part_of(model: pm.Model, names: Iterable[str]) -> pm.Model:
    """Give the part of a model over some free variables that nothing links to the others.

    Parameters
    ----------
    model : pymc.Model
        The whole.
    names : iterable of str
        From :func:`reached`.

    Returns
    -------
    pymc.Model
        A copy with these, the items of evidence, and the potentials and derived quantities over these alone.
    """
    from pymc.model.fgraph import ModelVar, fgraph_from_model, model_from_fgraph
    from pytensor.graph.traversal import ancestors

    kept = set(names)
    stays = [
        node
        for node in (*model.basic_RVs, *model.potentials, *model.deterministics)
        if free_above(model, [node]) <= kept
    ]
    graph, copied = fgraph_from_model(model)
    needed = {node.owner for node in ancestors([copied[node] for node in stays])}
    for node in [node for node in graph.apply_nodes if isinstance(node.op, ModelVar) and node not in needed]:
        graph.remove_node(node)
    part: pm.Model = model_from_fgraph(graph, mutate_fgraph=True)
    return part


def free_above(model: pm.Model, nodes: list[Any]) -> set[str]:
    """Name the free variables that some nodes are or depend on."""
    from pytensor.graph.traversal import ancestors

    free = set(model.free_RVs)
    return {str(node.name) for node in ancestors(nodes) if node in free}
