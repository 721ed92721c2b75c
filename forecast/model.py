"""Beliefs and evidence as one PyMC model: a named node for every quantity, the copula, and a node for every item."""

from __future__ import annotations

import math
from collections import ChainMap
from collections.abc import Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.beliefs import check_beliefs
from forecast.errors import InvalidArgument, kind_of, with_article
from forecast.evidence import Evidence, Item, default_evidence, load_evidence
from forecast.likelihood import auxiliaries, likelihood, parts_of
from forecast.sampling import find_compile_folder
from forecast.world import World
from priors.copula import components, factor
from priors.discrete import Bernoulli, Categorical
from priors.families import Beta, Distribution, Gamma, HalfNormal, LogNormal, Normal, ScaledBeta
from priors.forms import structures
from priors.mixture import Mixture
from priors.prior import Prior
from priors.truncated import TruncatedNormal

if TYPE_CHECKING:
    import pymc as pm

    from priors import PriorSet

__all__ = ["ForecastModel", "build_model"]

ForecastModel = Any
"""A ``pm.Model`` that carries ``beliefs`` (PriorSet) and ``evidence`` (Evidence) as plain attributes."""

_FARTHEST = 8.0
"""Normal scores are held inside +-8, where a double still tells a probability from 0 and 1."""


def build_model(
    beliefs: PriorSet, *, evidence: str | Path | Evidence | None = None, world: World | None = None
) -> pm.Model:
    """Build the model of what is believed once the evidence is taken in. Nothing is sampled.

    Parameters
    ----------
    beliefs : PriorSet
        A prior for every parameter of the world model. Where the evidence brings priors of its own, those count.
    evidence : str, Path or Evidence, optional
        A set of the world by name, "none", a TOML file, or an :class:`forecast.evidence.Evidence`; the first set of the
        world by default.
    world : World, optional
        The world whose beliefs they are; that of the evidence, or the shipped one, by default.

    Returns
    -------
    pymc.Model
        One free scalar node for each quantity, named as its prior; one observed node for each item of evidence, named
        as the item (dims "report" and "reference_class" where it has several parts); potentials for correlations
        (Gaussian copula; Nelsen 2006, section 2.3) and, in a pooled set, for the members' beliefs keeping together.
        ``model.beliefs`` and ``model.evidence`` say what it was built from.

    Raises
    ------
    InvalidArgument
        If ``beliefs`` is no prior set.
    UnknownPrior
        If a parameter has no prior.
    InvalidEvidence
        If the evidence cannot be used, is for another world, or uses a figure twice.

    Examples
    --------
    >>> import forecast, priors
    >>> district = forecast.load_world("district")
    >>> seen = forecast.load_evidence("seen", world=district)
    >>> model = forecast.build_model(priors.load(district.beliefs), evidence=seen, world=district)
    >>> [node.name for node in model.observed_RVs]
    ['no_truce', 'census']
    """
    find_compile_folder()
    import pymc as pm

    if not hasattr(beliefs, "sample") or not hasattr(beliefs, "hash"):
        raise InvalidArgument(
            f"beliefs is {kind_of(beliefs)}", expected="a PriorSet", mend="pass what priors.load(...) gives"
        )
    name = default_evidence(world) if evidence is None else evidence
    known = name if isinstance(name, Evidence) else load_evidence(name, world=world)
    if world is not None:
        known = known.for_world(world)
    check_beliefs(beliefs, known.world)
    beliefs = known.applied(beliefs)

    with pm.Model(coords=_coords(known)) as model:
        nodes = {name: _node(name, prior.distribution) for name, prior in beliefs.items()}
        if beliefs.pooled is None:
            for group in components(beliefs.correlations):
                lower = factor(group, beliefs.correlations)
                dists = [beliefs[name].distribution for name in group]
                pm.Potential(
                    f"copula_{group[0]}",
                    _copula(lower, [_score(d, nodes[n]) for d, n in zip(dists, group, strict=True)]),
                )
        else:
            pm.Potential("one_member_a_world", _pooled(beliefs, nodes))
        known_forms = structures(beliefs)
        held = {name: np.float64(one.possible[0]) for name, one in known_forms.items() if len(one.possible) == 1}
        forms = {name: beliefs[name] for name in known_forms if name not in held}
        given = _Continuous(nodes | held, forms)
        for item in known.items:
            _add_item(item, given)
    model.beliefs = beliefs
    model.evidence = known
    return model


class _Continuous(dict[str, Any]):
    """Nodes of which the forms that something may have must not be read: chains cannot sample them.

    Those that no evidence reaches stand beside the others and keep their prior; one that is held at a form is a number.
    """

    def __init__(self, nodes: Mapping[str, Any], forms: Mapping[str, Prior]) -> None:
        super().__init__(nodes)
        self.forms = forms

    def __getitem__(self, name: str) -> Any:
        if name in self.forms:
            raise InvalidArgument(
                f"evidence that reaches {name!r}, {with_article(self.forms[name].distribution.family)}",
                expected="continuous priors: PyMC's chains cannot sample the forms that something may have",
                mend=f'hold it at a form, beliefs.with_structure({name}=1), or fit with method="importance"',
            )
        return super().__getitem__(name)


def _coords(evidence: Evidence) -> dict[str, list[str]]:
    return {dim: labels for dim, labels in map(parts_of, evidence.items) if dim}


def _exact(distribution: Distribution) -> dict[str, Any]:
    # A plain 0.5 would become a single-precision constant, and densities computed from it as well.
    return {name: np.float64(value) for name, value in distribution.parameters.items()}


def _component(distribution: Distribution) -> Any:
    """Give a family as an unnamed PyMC distribution."""
    import pymc as pm

    given = _exact(distribution)
    match distribution:
        case Normal():
            return pm.Normal.dist(**given)
        case LogNormal():
            return pm.LogNormal.dist(**given)
        case Beta():
            return pm.Beta.dist(**given)
        case Gamma():
            return pm.Gamma.dist(**given)
        case HalfNormal():
            return pm.HalfNormal.dist(**given)
        case TruncatedNormal():
            return pm.TruncatedNormal.dist(**given)
        case Bernoulli():
            return pm.Bernoulli.dist(**given)
        case Categorical():
            return pm.Categorical.dist(p=np.array(distribution.probabilities))
    raise InvalidArgument(
        f"{with_article(distribution.family)} inside a pool",
        expected="Normal, LogNormal, Beta, Gamma, HalfNormal or TruncatedNormal",
        mend="write a ScaledBeta as a Beta of the share of the way between its bounds",
    )


def _add_item(item: Item, nodes: MutableMapping[str, Any]) -> None:
    """Add the observed node of an item to the model, and the nodes of what only its likelihood has."""
    import pymc as pm
    import pytensor.tensor as pt

    own = {name: _node(name, one.distribution, one.dim) for name, one in auxiliaries(item).items()}
    said = likelihood(pt, item, ChainMap(own, nodes))
    family = getattr(pm, said.family)
    family(item.name, **said.arguments, observed=said.observed, dims=said.dim or None)


def _node(name: str, distribution: Distribution, dim: str = "") -> Any:
    import pymc as pm

    if isinstance(distribution, Mixture):
        weights = np.array(distribution.weights)
        return pm.Mixture(name, w=weights, comp_dists=[_component(member) for member in distribution.members])
    given = _exact(distribution) | ({"dims": dim} if dim else {})
    match distribution:
        case Normal():
            return pm.Normal(name, **given)
        case LogNormal():
            return pm.LogNormal(name, **given)
        case Beta():
            return pm.Beta(name, **given)
        case Gamma():
            return pm.Gamma(name, **given)
        case HalfNormal():
            return pm.HalfNormal(name, **given)
        case TruncatedNormal():
            return pm.TruncatedNormal(name, **given)
        case ScaledBeta():
            share = pm.Beta(f"{name}_share", given["alpha"], given["beta"])
            return pm.Deterministic(name, given["lower"] + (given["upper"] - given["lower"]) * share)
        case Bernoulli():
            return pm.Bernoulli(name, **given)
        case Categorical():
            return pm.Categorical(name, p=np.array(distribution.probabilities))
    raise InvalidArgument(
        f"a prior of the family {distribution.family}", expected="a family of this package", mend="elicit it again"
    )


def _score(distribution: Distribution, value: Any) -> Any:
    """Give the normal score of a value under its prior: the copula's scale."""
    import pymc as pm
    import pytensor.tensor as pt

    match distribution:
        case Normal(mu, sigma):
            return (value - mu) / sigma
        case LogNormal(mu, sigma):
            return (pt.log(value) - mu) / sigma
        case ScaledBeta(alpha, beta, lower, upper):
            cumulative = pt.exp(pm.logcdf(pm.Beta.dist(alpha, beta), (value - lower) / (upper - lower)))
        case _:
            cumulative = pt.exp(pm.logcdf(_component(distribution), value))
    return pt.clip(math.sqrt(2.0) * pt.erfinv(2.0 * cumulative - 1.0), -_FARTHEST, _FARTHEST)


def _copula(lower: Sequence[Sequence[float]], scores: Sequence[Any]) -> Any:
    """Log density of a Gaussian copula at normal scores: log N(z; 0, R) less log N(z; 0, I)."""
    import pytensor.tensor as pt

    root = np.array(lower)
    precision = np.linalg.inv(root @ root.T) - np.eye(len(root))
    z = pt.stack(list(scores))
    return -0.5 * (z * (precision * z).sum(axis=1)).sum() - float(np.log(np.diag(root)).sum())


def _pooled(beliefs: PriorSet, nodes: Mapping[str, Any]) -> Any:
    """Log of the mixture of the members' joint densities, less the log marginals that the nodes bring already.

    A world holds one member's beliefs together, so the joint is a mixture of joints and not a product of mixtures.
    """
    import pymc as pm
    import pytensor.tensor as pt

    pooled = beliefs.pooled
    assert pooled is not None
    divided = {
        name: prior.distribution
        for name, prior in beliefs.items()
        # A quantity that was given a pool of its own afterwards is not divided among the members.
        if isinstance(prior.distribution, Mixture) and prior.distribution.names == pooled.members
    }
    joint = []
    for weight, member in zip(pooled.weights, pooled.members, strict=True):
        own = beliefs.member(member)
        terms: list[Any] = [pt.constant(math.log(weight) if weight > 0 else -math.inf)]
        terms += [pm.logp(_component(own[name].distribution), nodes[name]) for name in divided]
        for group in components(own.correlations):
            scores = [_score(own[name].distribution, nodes[name]) for name in group]
            terms.append(_copula(factor(group, own.correlations), scores))
        # Summed as one stack: PyTensor's uncompiled mode takes at most 32 terms in a chain of additions.
        joint.append(pt.stack(terms).sum())
    marginals = [
        pm.logp(
            pm.Mixture.dist(w=np.array(mixed.weights), comp_dists=[_component(one) for one in mixed.members]),
            nodes[name],
        )
        for name, mixed in divided.items()
    ]
    return pm.math.logsumexp(pt.stack(joint)) - pt.stack(marginals).sum()
