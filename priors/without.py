"""Beliefs without one of the claims that they rest on: :func:`without_claim`.

What is left of a prior once a sentence that it rests on is taken away:

- A direction read from words (route "words") loses its direction: a Normal about 0 with the same second moment about 0,
  so that an effect is as large as before, and as likely down as up.
- A level or figure falls back on a set of base rates, where the list of claims names one and that has a prior of its
  own for the quantity. Claims listed there are inherited: they say of what the prior speaks.
- Where there is no base rate the median stays, for want of another, and the spread on the natural scale (the value of a
  Normal, the log of a LogNormal or Gamma, the logit of a Beta) is doubled. A HalfNormal, whose one number is its
  spread, has that doubled.

A prior that rests on k claims is believed to hang on each with odds 1 in k. So leaving one out is a linear pool: with
weight 1/k the prior without it, with 1 - 1/k as it stands. Worlds do without the claim in all its quantities together,
those of fewer claims first. A correlation that rests on the claim goes in the same way.

References
----------
Stone (1961), "The opinion pool", *Annals of Mathematical Statistics* 32: the linear pool.
O'Hagan et al. (2006), *Uncertain Judgements*: what an elicited belief rests on is recorded, so that it can be revised.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection

from forecast.errors import InvalidPrior

from .claims import check_claims
from .distribution import Distribution
from .edits import unedited_name
from .elicitation import elicit
from .loading import load
from .mixture import Mixture
from .pooling import pool
from .prior import Prior
from .prior_set import PriorSet
from .widening import doubled

__all__ = ["Part", "check_unpooled", "parts_without", "prior_without", "without_claim"]


@dataclasses.dataclass(frozen=True)
class Part:
    """A share of the worlds that do without a claim, and what these believe.

    Attributes
    ----------
    weight : float
        In (0, 1]; the parts' weights sum to one.
    beliefs : PriorSet
        Not pooled.
    changed : tuple of str
        The quantities whose prior is another, in the order of the set.
    loosened : tuple of (str, str)
        The pairs that no longer go together.
    """

    weight: float
    beliefs: PriorSet
    changed: tuple[str, ...]
    loosened: tuple[tuple[str, str], ...]


def without_claim(beliefs: PriorSet, claim: str) -> PriorSet:
    """Give the beliefs that would be held without one claim.

    Parameters
    ----------
    beliefs : PriorSet
        Not pooled.
    claim : str
        Its id.

    Returns
    -------
    PriorSet
        The set itself if nothing rests on the claim. A set if every prior concerned rests on it alone; else a pool of
        such sets. Each new prior's derivation says what took the place of what.

    Raises
    ------
    UnknownClaim
        If the list of claims has none such, or there is no list and nothing rests on it.
    InvalidPrior
        If the set is a pool, which keeps no record of what its members were asked.
    """
    parts = parts_without(beliefs, claim)
    if len(parts) == 1:
        return parts[0].beliefs
    names = [_part_name(beliefs, claim, part, number) for number, part in enumerate(parts)]
    members = dict(zip(names, (part.beliefs for part in parts), strict=True))
    pooled = pool(members, weights=[part.weight for part in parts])
    return dataclasses.replace(
        pooled,
        name=_without(beliefs.name, claim),
        title=_without(beliefs.title, claim),
        description=f"{beliefs.description} Without: {beliefs.known_claims.words(claim) or claim}",
    )


def _without(text: str, claim: str) -> str:
    return f"{text} (without {claim})".strip()


def _part_name(beliefs: PriorSet, claim: str, part: Part, number: int) -> str:
    # Worlds choose among the parts by these names, so that an edit leaves the choice as it was.
    held = unedited_name(beliefs) or "beliefs"
    return f"{held} without {claim} {number}" if part.changed or part.loosened else held


def parts_without(beliefs: PriorSet, claim: str, *, keep: Collection[str] = ()) -> tuple[Part, ...]:
    """Give what worlds believe without a claim, part by part; arguments and errors as for :func:`without_claim`.

    Parameters
    ----------
    keep : collection of str
        Quantities whose prior stays, as where evidence brings it.

    Returns
    -------
    tuple of Part
        First those that believe as before, if any; then from the fewest quantities changed to all.
    """
    check_claims([claim], beliefs.known_claims, where="leaving out")
    check_unpooled(beliefs)
    shares: dict[str, float] = {}
    for name, prior in beliefs.items():
        if claim in prior.claims and name not in keep:
            shares[name] = 1.0 / len(prior.claims)
    tied = {one.between: 1.0 / len(one.claims) for one in beliefs.correlations if claim in one.claims}
    steps = sorted({*shares.values(), *tied.values()})
    if not steps:
        return (Part(1.0, beliefs, (), ()),)
    new = {name: prior_without(beliefs[name], claim) for name in shares}
    parts = [Part(1.0 - steps[-1], beliefs, (), ())] if steps[-1] < 1.0 else []
    # From the largest share down: a part has everything that is changed in the part before, and more.
    for step, below in zip(reversed(steps), [*reversed(steps[:-1]), 0.0], strict=True):
        names = tuple(name for name in beliefs if shares.get(name, 0.0) >= step)
        pairs = tuple(pair for pair, share in tied.items() if share >= step)
        changed = dataclasses.replace(
            beliefs,
            priors={name: new[name] if name in names else prior for name, prior in beliefs.priors.items()},
            correlations=tuple(one for one in beliefs.correlations if one.between not in pairs),
            name=_without(beliefs.name, claim),
            title=_without(beliefs.title, claim),
        )
        parts.append(Part(step - below, changed, names, pairs))
    return tuple(parts)


def check_unpooled(beliefs: PriorSet) -> None:
    """Refuse a pool.

    Raises
    ------
    InvalidPrior
        If it is one, which keeps no record of what its members were asked.
    """
    if beliefs.pooled is not None:
        raise InvalidPrior(
            f"the pooled set {beliefs.name!r} without a claim",
            expected="a set that is not a pool, whose priors know what they were asked",
            mend="leave the claim out of each member and pool these",
        )


def prior_without(prior: Prior, claim: str) -> Prior:
    """Give what would be believed of a quantity if all rested on a claim that is left out.

    Parameters
    ----------
    prior : Prior
        With the claim among its claims.
    claim : str
        Its id.

    Returns
    -------
    Prior
        With the claims that are left, the same name, unit, meaning and range.

    Raises
    ------
    InvalidPrior
        If the family is none whose spread can be doubled.
    """
    asked = prior.elicited.request if prior.elicited is not None else None
    if asked is not None and asked.words is not None:
        moment = math.hypot(prior.mean, prior.sd)
        new: Distribution = elicit("Normal", parameters={"mu": 0.0, "sigma": moment}).distribution
        how, figures = "no direction, about 0 with the same second moment", prior.figures
    else:
        rates = prior.listed.base_rates
        other = load(rates).get(prior.name) if rates else None
        if other is not None and _is_base_rate(other, prior):
            new, figures = other.distribution, other.figures
            how = f"the prior of the set {rates!r} ({other.derivation.rstrip('.')})"
        else:
            new, figures, how = doubled(prior.distribution), prior.figures, "the same median with twice the spread"
    return dataclasses.replace(
        prior,
        distribution=new,
        claims=tuple(one for one in prior.claims if one != claim),
        derivation=f"Without {claim}: {how}. In place of: {prior.derivation}",
        elicited=None,
        figures=figures,
    )


def _is_base_rate(other: Prior, prior: Prior) -> bool:
    """Say whether a prior of the reference set is another than the one given, and read from no words."""
    if other.unit != prior.unit or other.distribution == prior.distribution or isinstance(other.distribution, Mixture):
        return False
    asked = other.elicited.request if other.elicited is not None else None
    return asked is not None and asked.words is None and asked.shift is None
