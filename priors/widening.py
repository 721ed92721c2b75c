"""The same belief, held half as firmly: the median stays and the spread on the natural scale is doubled."""

from __future__ import annotations

import dataclasses
import math

import scipy.special as sc

from forecast.errors import InvalidPrior, with_article

from .discrete import Bernoulli, Categorical
from .distribution import Distribution
from .families import Beta, Gamma, HalfNormal, LogNormal, Normal, ScaledBeta, TruncatedNormal
from .mixture import Mixture

__all__ = ["doubled"]

_FACTOR = 2.0


def doubled(distribution: Distribution) -> Distribution:
    """Double the spread of a distribution about its median.

    Parameters
    ----------
    distribution : Distribution
        Of any family of this package.

    Returns
    -------
    Distribution
        Of the same family and bounds. The standard deviation of the value (Normal), of its log (LogNormal, Gamma) or
        logit (Beta, ScaledBeta, whose value is taken as its share of the way between the bounds) is twice what it was,
        with the median kept. HalfNormal and TruncatedNormal have ``sigma`` doubled. A mixture has each member's.
        Of a choice among forms nothing is known any more: even odds.

    Raises
    ------
    InvalidPrior
        For another family.

    References
    ----------
    Johnson, Kotz and Balakrishnan (1995), *Continuous Univariate Distributions*, vol. 2, chapter 25: for Beta(a, b) the
    variance of the logit is psi'(a) + psi'(b); vol. 1, chapter 17: for Gamma(a) that of the log is psi'(a).
    """
    match distribution:
        case Normal() | LogNormal() | HalfNormal() | TruncatedNormal():
            return dataclasses.replace(distribution, sigma=_FACTOR * distribution.sigma)
        case Beta(alpha, beta):
            return Beta(*_beta(alpha, beta))
        case ScaledBeta(alpha, beta, lower, upper):
            return ScaledBeta(*_beta(alpha, beta), lower, upper)
        case Gamma():
            shape = _inverse_trigamma(_FACTOR**2 * _trigamma(distribution.alpha))
            scale = float(distribution.ppf(0.5)) / float(sc.gammaincinv(shape, 0.5))
            return Gamma(shape, 1.0 / scale)
        case Bernoulli():
            return Bernoulli(0.5)
        case Categorical():
            return Categorical((1.0,) * len(distribution.weights))
        case Mixture():
            return dataclasses.replace(distribution, members=tuple(doubled(one) for one in distribution.members))
    raise InvalidPrior(
        f"twice the spread of {with_article(distribution.family)}",
        expected="a family of this package",
        mend="elicit it again",
    )


def _trigamma(x: float) -> float:
    return float(sc.polygamma(1, x))


def _inverse_trigamma(value: float) -> float:
    from scipy.optimize import brentq

    # psi'(x) lies between 1/x and 1/x + 1/x^2.
    low, high = 0.5 / (1.0 + value), 2.0 / value + 2.0
    while _trigamma(low) < value:
        low *= 0.5
    return float(math.exp(brentq(lambda log: _trigamma(math.exp(log)) - value, math.log(low), math.log(high))))


def _beta(alpha: float, beta: float) -> tuple[float, float]:
    """Find the Beta with the same median whose logit has twice the standard deviation."""
    from scipy.optimize import brentq

    median = float(sc.betaincinv(alpha, beta, 0.5))
    variance = _FACTOR**2 * (_trigamma(alpha) + _trigamma(beta))

    def pair(share: float) -> tuple[float, float]:
        return _inverse_trigamma(share * variance), _inverse_trigamma((1.0 - share) * variance)

    def miss(share: float) -> float:
        return float(sc.betaincinv(*pair(share), 0.5)) - median

    # The more of the variance is the first parameter's, the smaller that is, and the lower the median.
    return pair(float(brentq(miss, 1e-9, 1.0 - 1e-9, xtol=1e-14)))
