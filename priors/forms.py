"""Structures: beliefs about which of a few forms a part of the world has, as :func:`structures` lists them.

Whether a link exists is such a belief: form 1 if it does, form 0 if not, with a weight each. How large the link is,
where it exists, is a belief of its own, which the structure names as its ``size``.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from forecast.errors import InvalidPrior, UnknownPrior, kind_of, near_matches

from .beliefs import Beliefs
from .discrete import Bernoulli, Categorical, Discrete
from .distribution import Distribution
from .families import Gamma, HalfNormal, LogNormal, Normal
from .mixture import Mixture, form_weights, is_choice
from .prior import Prior

__all__ = ["Forms", "chance_of", "structures", "with_forms", "with_size"]


@dataclasses.dataclass(frozen=True)
class Forms:
    """What is believed of one structure.

    Attributes
    ----------
    name, meaning : str
        Of the quantity.
    forms : tuple of str
        What its values 0, 1, ... stand for.
    weights : tuple of float
        The probability of each form, which sum to 1.
    size : str
        The quantity that says how large the link is where it exists; empty if there is none.
    claims : tuple of str
        What it rests on.
    derivation : str
        Where the weights came from.

    Examples
    --------
    >>> import priors
    >>> whether = priors.structures(priors.load("article"))["base_matters"]
    >>> whether.forms, whether.possible
    (('recruits need no base', 'recruits need a base'), (0, 1))
    """

    name: str
    meaning: str
    forms: tuple[str, ...]
    weights: tuple[float, ...]
    size: str
    claims: tuple[str, ...]
    derivation: str

    @property
    def possible(self) -> tuple[int, ...]:
        """The forms that have a weight."""
        return tuple(form for form, weight in enumerate(self.weights) if weight > 0.0)


def structures(beliefs: Beliefs) -> dict[str, Forms]:
    """List the structures of a set: its quantities that have one of a few forms.

    Parameters
    ----------
    beliefs : PriorSet
        Any, pools included.

    Returns
    -------
    dict of str to Forms
        By name, in the order of the set; one that is held at a form has all its weight there.

    Raises
    ------
    InvalidPrior
        If it is no set.

    Examples
    --------
    >>> import priors
    >>> article = priors.load("article")
    >>> priors.structures(article)["base_matters"].weights[1]
    0.68
    >>> priors.structures(article.with_structure(base_matters=True))["base_matters"].weights
    (0.0, 1.0)
    """
    if not hasattr(beliefs, "distribution_hash"):
        raise InvalidPrior(
            f"the structures of {kind_of(beliefs)}",
            expected="a PriorSet",
            mend="pass what priors.load(...) gives",
        )
    found = {}
    for name, prior in beliefs.items():
        if is_choice(prior.distribution):
            weights, size = form_weights(prior.distribution), prior.size if prior.size in beliefs else ""
            found[name] = Forms(name, prior.meaning, prior.form_words(), weights, size, prior.claims, prior.derivation)
    return found


def with_forms[Set: Beliefs](beliefs: Set, forms: Mapping[str, Any]) -> Set:
    """Hold structures at forms; see :meth:`priors.PriorSet.with_structure`."""
    known = structures(beliefs)
    if not all(isinstance(name, str) for name in forms):
        raise InvalidPrior(
            f"structures named {list(forms)!r:.60}", expected="their names", mend='write {"base_matters": 1}'
        )
    wanted = {name: _form(known, name, form) for name, form in forms.items()}
    if not wanted:
        raise InvalidPrior(
            "with_structure without a structure",
            expected="the form of at least one structure",
            mend=f"write {next(iter(known), 'name')}=True",
        )
    together = _shares(beliefs, wanted)
    total = math.fsum(together)
    if total <= 0.0:
        raise InvalidPrior(
            " and ".join(f"{name} = {form}" for name, form in wanted.items()) + ", which no member believes together",
            expected="forms that a member of the pool holds possible together",
            mend="hold one of them only",
        )
    # Those who believed in the forms weigh more (Bayes' rule).
    shares = tuple(share / total for share in together)
    members = beliefs.pooled.members if beliefs.pooled is not None else ()
    priors = {}
    for name, prior in beliefs.items():
        if name in wanted:
            _check_own_pool(beliefs, name, members)
            priors[name] = _held(prior, wanted[name], known[name])
        elif isinstance(prior.distribution, Mixture) and prior.distribution.names == members:
            priors[name] = dataclasses.replace(
                prior, distribution=dataclasses.replace(prior.distribution, weights=shares)
            )
        else:
            priors[name] = prior
    said = ", ".join(f"{name} = {form}" for name, form in wanted.items())
    words = "; ".join(f"{known[name].meaning}: {known[name].forms[form]}" for name, form in wanted.items())
    return dataclasses.replace(
        beliefs,
        priors=priors,
        name=f"{beliefs.name} ({said})".strip(),
        title=f"{beliefs.title} ({said})".strip(),
        description=f"{beliefs.description} Given: {words}.".strip(),
        pooled=dataclasses.replace(beliefs.pooled, weights=shares) if beliefs.pooled is not None else None,
    )


def _form(known: Mapping[str, Forms], name: str, form: Any) -> int:
    if name not in known:
        raise UnknownPrior(
            f"there is no structure {name!r:.60}",
            expected=f"one of {', '.join(known)}" if known else "a set in which a quantity has one of a few forms",
            mend=near_matches(name, known),
        )
    count = len(known[name].weights)
    if not isinstance(form, bool | int | np.integer | np.bool_) or not 0 <= int(form) < count:
        choices = ", ".join(f"{number} ({words})" for number, words in enumerate(known[name].forms))
        raise InvalidPrior(f"{name} = {form!r:.60}", expected=f"one of {choices}", mend="give its number")
    if known[name].weights[int(form)] <= 0.0:
        raise InvalidPrior(
            f"{name} = {int(form)}, which these beliefs hold impossible",
            expected="a form that has a weight",
            mend=f"give it one first: beliefs.replace({name}=...)",
        )
    return int(form)


def chance_of(beliefs: Beliefs, forms: Mapping[str, int]) -> float:
    """Return how probable some forms are together before any evidence.

    Parameters
    ----------
    beliefs : PriorSet
        Any, pools included: there forms go together that the same members believe in.
    forms : mapping of str to int
        By name of the structure.
    """
    return math.fsum(_shares(beliefs, forms))


def _shares(beliefs: Beliefs, wanted: Mapping[str, int]) -> list[float]:
    """Return how probable the forms are with each member of a pool; of a set that is none, one number."""
    pooled = beliefs.pooled
    shares = list(pooled.weights) if pooled is not None else [1.0]
    for name, form in wanted.items():
        distribution = beliefs[name].distribution
        if pooled is not None and isinstance(distribution, Mixture) and distribution.names == pooled.members:
            own = [form_weights(member) for member in distribution.members]
        else:
            own = [form_weights(distribution)] * len(shares)
        shares = [
            share * (weights[form] if form < len(weights) else 0.0) for share, weights in zip(shares, own, strict=True)
        ]
    return shares


def _check_own_pool(beliefs: Beliefs, name: str, members: tuple[str, ...]) -> None:
    """Refuse a pool of a structure's own that other quantities follow too: holding it would tell of these."""
    own = beliefs[name].distribution
    if not isinstance(own, Mixture) or own.names == members:
        return
    for other, prior in beliefs.items():
        if other != name and isinstance(prior.distribution, Mixture) and prior.distribution.names == own.names:
            raise InvalidPrior(
                f"the structure {name!r}, which is pooled together with {other!r} alone",
                expected="a structure with weights of its own, or a pool of whole sets",
                mend="pool the sets with priors.pool",
            )


def _held(prior: Prior, form: int, known: Forms) -> Prior:
    count = len(known.weights)
    point: Discrete = Bernoulli(float(form)) if count == 2 else Categorical(tuple(map(float, np.eye(count)[form])))
    return dataclasses.replace(
        prior,
        distribution=point,
        elicited=None,
        accepted=True,
        derivation=f"Held at {form}: {known.forms[form]}. In place of: {prior.derivation}",
    )


def with_size[Set: Beliefs](beliefs: Set, name: str, factor: float) -> Set | None:
    """Multiply what is believed of the size of a structure's link; None where it has none that can be multiplied.

    How well a form foretells the evidence depends on how large its link was believed to be, so its weight is to be
    looked at under other sizes too (Lindley 1957, "A statistical paradox", *Biometrika* 44, 187-192).

    Parameters
    ----------
    beliefs : PriorSet
        Any.
    name : str
        The structure.
    factor : float
        Above 0.
    """
    size = structures(beliefs)[name].size
    new = _times(beliefs[size].distribution, factor) if size else None
    if new is None:
        return None
    prior = dataclasses.replace(beliefs[size], distribution=new, elicited=None, accepted=True)
    return dataclasses.replace(beliefs, priors={**beliefs.priors, size: prior})


def _times(distribution: Distribution, factor: float) -> Distribution | None:
    match distribution:
        case LogNormal():
            return dataclasses.replace(distribution, mu=distribution.mu + math.log(factor))
        case HalfNormal():
            return dataclasses.replace(distribution, sigma=distribution.sigma * factor)
        case Normal():
            return dataclasses.replace(distribution, mu=distribution.mu * factor, sigma=distribution.sigma * factor)
        case Gamma():
            return dataclasses.replace(distribution, beta=distribution.beta / factor)
        case Mixture():
            members = tuple(_times(member, factor) for member in distribution.members)
            known = tuple(member for member in members if member is not None)
            return dataclasses.replace(distribution, members=known) if len(known) == len(members) else None
    return None
