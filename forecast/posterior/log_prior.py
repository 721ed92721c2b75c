"""The log density of beliefs at given values, in NumPy: what :func:`forecast.densities.log_densities` gives with PyMC.

References
----------
Nelsen (2006), *An Introduction to Copulas*, section 2.3: the Gaussian copula.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import scipy.special as sc

from forecast.blocks import COPULA_PREFIXES
from priors import PriorSet
from priors.copula import Correlation, components, factor
from priors.mixture import Mixture

__all__ = ["joint_log_density", "log_prior_terms", "normal_scores"]

type Floats = np.ndarray[Any, np.dtype[np.float64]]

_FARTHEST = 8.2
"""Normal score beyond which a distribution function is 0 or 1 to the last bit."""


def normal_scores(beliefs: PriorSet, group: Sequence[str], values: Mapping[str, Floats]) -> Floats:
    """Give the normal scores of some quantities, shape (quantity, draw)."""
    with np.errstate(divide="ignore"):
        found = np.array([sc.ndtri(beliefs[name].cdf(values[name])) for name in group])
    return np.asarray(np.clip(found, -_FARTHEST, _FARTHEST))


def joint_log_density(beliefs: PriorSet, group: Sequence[str], values: Mapping[str, Floats]) -> Floats:
    """Give the joint log density of some quantities that nothing ties to others: margins and Gaussian copula.

    Parameters
    ----------
    beliefs : PriorSet
        Not pooled.
    group : sequence of str
        As :func:`priors.copula.components` gives them, or one that is in none.
    values : mapping of str to ndarray
        Each of shape (draw,).

    Returns
    -------
    ndarray
        Shape (draw,).
    """
    total = np.add.reduce([beliefs[name].distribution.log_pdf(values[name]) for name in group], axis=0)
    if len(group) > 1:
        total = total + _copula(normal_scores(beliefs, group, values), group, beliefs.correlations)
    return np.asarray(total)


def _copula(scores: Floats, group: Sequence[str], correlations: Sequence[Correlation]) -> Floats:
    """Log density of the copula: that of correlated normals less that of independent ones, by forward substitution."""
    lower = factor(list(group), correlations)
    total = np.zeros(scores.shape[1])
    solved: list[Floats] = []
    for i, row in enumerate(lower):
        rest = scores[i].copy()
        for j in range(i):
            rest -= row[j] * solved[j]
        solved.append(rest / row[i])
        total += 0.5 * (scores[i] ** 2 - solved[i] ** 2) - math.log(row[i])
    return total


def log_prior_terms(beliefs: PriorSet, values: Mapping[str, Floats]) -> dict[str, Floats]:
    """Give the log density of every quantity in its own unit, and the terms by which they go together.

    Parameters
    ----------
    beliefs : PriorSet
        All its quantities are in ``values``.
    values : mapping of str to ndarray
        Each of shape (draw,).

    Returns
    -------
    dict of str to ndarray
        By quantity; then ``copula_NAME`` of each group that is tied, by its first name, or ``one_member_a_world`` of a
        pool: how far the members' joint density is from the product of the quantities' own. They sum to the log of the
        joint density.
    """
    terms = {name: prior.distribution.log_pdf(values[name]) for name, prior in beliefs.items()}
    if beliefs.pooled is None:
        for group in components(beliefs.correlations):
            scores = normal_scores(beliefs, group, values)
            terms[COPULA_PREFIXES[0] + group[0]] = _copula(scores, group, beliefs.correlations)
        return terms
    pooled = beliefs.pooled
    # A quantity that was given a pool of its own afterwards is not divided among the members.
    divided = [
        name
        for name, prior in beliefs.items()
        if isinstance(prior.distribution, Mixture) and prior.distribution.names == pooled.members
    ]
    joint = []
    for weight, member in zip(pooled.weights, pooled.members, strict=True):
        if weight == 0.0:
            continue
        own = beliefs.member(member)
        total = np.full(len(next(iter(values.values()))), math.log(weight))
        for name in divided:
            total += own[name].distribution.log_pdf(values[name])
        for group in components(own.correlations):
            total += _copula(normal_scores(own, group, values), group, own.correlations)
        joint.append(total)
    apart = np.add.reduce([terms[name] for name in divided], axis=0)
    with np.errstate(invalid="ignore"):
        terms[COPULA_PREFIXES[1]] = np.asarray(np.logaddexp.reduce(joint) - apart)
    return terms
