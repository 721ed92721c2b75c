"""Pooling several people's beliefs about the same quantities: :func:`pool`.

References
----------
Genest and Zidek (1986), "Combining probability distributions: a critique and an annotated bibliography",
*Statistical Science* 1: the linear and the logarithmic opinion pool.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, overload

from forecast.errors import InvalidPrior, near_matches

from .beliefs import Pooled
from .claims import NO_CLAIMS
from .copula import Correlation
from .families import (
    Beta,
    Distribution,
    Gamma,
    HalfNormal,
    LogNormal,
    Normal,
    ScaledBeta,
    TruncatedNormal,
)
from .mixture import Mixture, checked_weights
from .prior import Prior
from .prior_set import PriorSet

__all__ = ["METHODS", "pool", "pool_sets"]

METHODS = ("linear", "log")
"""Linear: any member may be right. Log: what the members' densities, multiplied, still allow."""

Weights = Mapping[str, float] | Sequence[float] | None


@overload
def pool(members: Mapping[str, Prior], *, weights: Weights = None, method: str = "linear") -> Prior: ...


@overload
def pool(members: Mapping[str, PriorSet], *, weights: Weights = None, method: str = "linear") -> PriorSet: ...


def pool(
    members: Mapping[str, Prior] | Mapping[str, PriorSet], *, weights: Weights = None, method: str = "linear"
) -> Prior | PriorSet:
    """Pool priors, or whole sets of priors, of several people.

    Parameters
    ----------
    members : mapping of str to Prior, or of str to PriorSet
        Whose belief each is. At least one; all of the same kind.
    weights : mapping or sequence of float, optional
        One for each member, none negative; scaled to sum to one. Equal unless given.
    method : {"linear", "log"}
        "linear" gives a mixture. In a pooled set each world follows one member in all its quantities, so
        that a person's beliefs stay together. "log" multiplies the densities to the power of the weights,
        in closed form for members of one family (with the same bounds).

    Returns
    -------
    Prior or PriorSet
        As the members.

    Raises
    ------
    InvalidPrior
        If the members describe different quantities or units, the weights are not usable, or a log pool
        has no closed form.
    """
    if not isinstance(members, Mapping) or not members:
        raise InvalidPrior(
            f"members = {members!r:.60}",
            expected="a mapping of names to priors or sets",
            mend='write {"a": x, "b": y}',
        )
    held: dict[Any, Any] = dict(members)
    if all(isinstance(member, Prior) for member in held.values()):
        return _pool_priors(held, _weights(held, weights), _method(method))
    if all(isinstance(member, PriorSet) for member in held.values()):
        return pool_sets(held, weights=weights, method=method)
    raise InvalidPrior(
        "members of kinds " + ", ".join(sorted({type(member).__name__ for member in held.values()})),
        expected="only Prior, or only PriorSet",
        mend="pool priors with priors and sets with sets",
    )


def _method(method: Any) -> str:
    if not isinstance(method, str) or method not in METHODS:
        raise InvalidPrior(
            f"method = {method!r:.60}",
            expected="'linear' or 'log'",
            mend=near_matches(method if isinstance(method, str) else "", METHODS),
        )
    return method


def _weights(members: Mapping[str, object], weights: Any) -> tuple[float, ...]:
    names = tuple(members)
    for name in names:
        if not isinstance(name, str) or not name:
            raise InvalidPrior(f"a member named {name!r:.60}", expected="a name", mend="name every member")
    if weights is None:
        return checked_weights((1.0,) * len(names), names)
    if isinstance(weights, Mapping):
        if set(weights) != set(names):
            raise InvalidPrior(
                f"weights for {', '.join(map(str, weights))}",
                expected=f"weights for {', '.join(names)}",
                mend="give one weight for each member",
            )
        return checked_weights(tuple(weights[name] for name in names), names)
    listed = tuple(weights) if isinstance(weights, Iterable) and not isinstance(weights, (str, bytes)) else (weights,)
    return checked_weights(listed, names)


def _pool_priors(members: Mapping[str, Prior], weights: tuple[float, ...], method: str) -> Prior:
    priors = list(members.values())
    units = dict.fromkeys(prior.unit for prior in priors if prior.unit)
    if len(units) > 1:
        raise InvalidPrior(
            f"a pool of {' and '.join(map(repr, units))}",
            expected="one unit",
            mend="convert the members to one unit",
        )
    names = dict.fromkeys(prior.name for prior in priors)
    shares = ", ".join(f"{name} {weight:.3g}" for name, weight in zip(members, weights, strict=True))
    distributions = tuple(prior.distribution for prior in priors)
    pooled: Distribution
    if method == "linear":
        pooled = Mixture(distributions, weights, tuple(members))
    else:
        pooled = _log_pool(distributions, weights)
    domains = {prior.domain for prior in priors}
    return Prior(
        name=next(iter(names)) if len(names) == 1 else "",
        distribution=pooled,
        unit=next(iter(units), ""),
        meaning=next((prior.meaning for prior in priors if prior.meaning), ""),
        claims=tuple(dict.fromkeys(claim for prior in priors for claim in prior.claims)),
        figures=tuple(dict.fromkeys(figure for prior in priors for figure in prior.figures)),
        derivation=f"{method.capitalize()} pool of {shares}.",
        domain=domains.pop() if len(domains) == 1 else None,
        accepted=any(prior.accepted for prior in priors),
        forms=next((prior.forms for prior in priors if prior.forms), ()),
        size=next((prior.size for prior in priors if prior.size), ""),
    )


def pool_sets(members: Mapping[str, PriorSet], *, weights: Weights, method: str) -> PriorSet:
    """Pool sets of priors; see :func:`pool`."""
    shares, how = _weights(members, weights), _method(method)
    names, sets = tuple(members), list(members.values())
    first = sets[0]
    for name, other in members.items():
        odd = sorted(set(first) ^ set(other))
        if odd:
            raise InvalidPrior(
                f"sets {names[0]} and {name}, which do not both describe {', '.join(odd[:6])}",
                expected="sets of the same quantities",
                mend="base both on one set, or pool single priors",
            )
    if len({other.origin for other in sets}) > 1:
        raise InvalidPrior(
            "sets with different origins",
            expected="one origin",
            mend="pool beliefs that were held on the same day",
        )
    if any(other.pooled is not None for other in sets):
        raise InvalidPrior(
            "a pool of pooled sets",
            expected="sets that are not pools themselves",
            mend="pool the underlying sets together, with the products of the weights",
        )
    priors = {}
    for name in first:
        own = {member: other[name] for member, other in members.items()}
        same = len({(prior.distribution, prior.unit) for prior in own.values()}) == 1
        priors[name] = first[name] if same else _pool_priors(own, shares, how)
    return PriorSet(
        priors,
        name="pool of " + ", ".join(names),
        title=f"{how.capitalize()} pool of {', '.join(names)}",
        description="; ".join(f"{name} weighs {share:.3g}" for name, share in zip(names, shares, strict=True)),
        correlations=_pool_correlations(members, how),
        origin=first.origin,
        pooled=Pooled(names, shares) if how == "linear" else None,
        claims=functools.reduce(lambda below, other: other.claims.over(below), sets, NO_CLAIMS),
    )


def _pool_correlations(members: Mapping[str, PriorSet], method: str) -> tuple[Correlation, ...]:
    """Keep the correlations that all members share, and give each member's own to that member alone."""
    believed: dict[tuple[tuple[str, str], float], list[str]] = {}
    entry: dict[tuple[tuple[str, str], float], Correlation] = {}
    for name, beliefs in members.items():
        for one in beliefs.correlations:
            believed.setdefault((one.between, one.rho), []).append(name)
            entry.setdefault((one.between, one.rho), one)
    out = []
    for key, names in believed.items():
        shared = len(names) == len(members)
        if not shared and method == "log":
            first, second = key[0]
            raise InvalidPrior(
                f"a log pool of sets that disagree on the correlation of {first} and {second}",
                expected="the same correlations in every member",
                mend='use method="linear", or give the sets the same correlations',
            )
        out.append(dataclasses.replace(entry[key], members=() if shared else tuple(names)))
    return tuple(out)


def _log_pool(members: Sequence[Distribution], weights: Sequence[float]) -> Distribution:
    kinds = {type(member) for member in members}
    bounds = {(getattr(member, "lower", None), getattr(member, "upper", None)) for member in members}
    kind = type(members[0])
    if len(kinds) > 1 or len(bounds) > 1 or kind not in _CLOSED:
        raise InvalidPrior(
            "a log pool of " + ", ".join(map(str, members)),
            expected="members of one family, with the same bounds where it has bounds",
            mend='elicit them in one family, or use method="linear"',
        )
    return _CLOSED[kind](members, weights)


def _precision_weighted(members: Sequence[Any], weights: Sequence[float]) -> tuple[float, float]:
    precision = math.fsum(w / m.sigma**2 for m, w in zip(members, weights, strict=True))
    mu = math.fsum(w * m.mu / m.sigma**2 for m, w in zip(members, weights, strict=True)) / precision
    return mu, 1 / math.sqrt(precision)


def _averaged(members: Sequence[Any], weights: Sequence[float]) -> tuple[float, float]:
    alpha = math.fsum(w * m.alpha for m, w in zip(members, weights, strict=True))
    return alpha, math.fsum(w * m.beta for m, w in zip(members, weights, strict=True))


def _half_normal(members: Sequence[Any], weights: Sequence[float]) -> HalfNormal:
    return HalfNormal(1 / math.sqrt(math.fsum(w / m.sigma**2 for m, w in zip(members, weights, strict=True))))


# Exponential families: the product of densities to powers has the weighted mean of the natural parameters.
_CLOSED: dict[type[Distribution], Callable[[Sequence[Any], Sequence[float]], Distribution]] = {
    Normal: lambda m, w: Normal(*_precision_weighted(m, w)),
    LogNormal: lambda m, w: LogNormal(*_precision_weighted(m, w)),
    TruncatedNormal: lambda m, w: TruncatedNormal(*_precision_weighted(m, w), m[0].lower, m[0].upper),
    Beta: lambda m, w: Beta(*_averaged(m, w)),
    ScaledBeta: lambda m, w: ScaledBeta(*_averaged(m, w), m[0].lower, m[0].upper),
    Gamma: lambda m, w: Gamma(*_averaged(m, w)),
    HalfNormal: _half_normal,
}
