"""The families of distributions that a prior may take, with PyMC's parameter names.

Each family is a frozen dataclass whose fields are its parameters. The truncated normal is in
:mod:`priors.truncated`.

References
----------
Johnson, Kotz and Balakrishnan (1994, 1995), *Continuous Univariate Distributions*, vols 1 and 2: densities,
distribution functions and moments of every family here.
"""

from __future__ import annotations

import dataclasses
import math
from typing import ClassVar, override

import numpy as np
import scipy.special as sc
from numpy.typing import ArrayLike

from forecast.errors import InvalidPrior, near_matches

from .beta_table import beta_from_normals
from .discrete import Bernoulli, Categorical
from .distribution import LOG_ROOT_2PI, Distribution, FloatArray, as_array, check_ordered, inside_unit, within
from .truncated import TruncatedNormal

__all__ = [
    "FAMILIES",
    "Beta",
    "Distribution",
    "FloatArray",
    "Gamma",
    "HalfNormal",
    "LogNormal",
    "Normal",
    "ScaledBeta",
    "TruncatedNormal",
    "family_named",
]


@dataclasses.dataclass(frozen=True)
class Normal(Distribution):
    """Normal with mean ``mu`` and standard deviation ``sigma`` > 0."""

    mu: float
    sigma: float
    positive: ClassVar[tuple[str, ...]] = ("sigma",)

    @property
    @override
    def support(self) -> tuple[float, float]:
        return -math.inf, math.inf

    @override
    def log_pdf(self, x: ArrayLike) -> FloatArray:
        z = (as_array(x) - self.mu) / self.sigma
        return np.asarray(-0.5 * z * z - math.log(self.sigma) - LOG_ROOT_2PI)

    @override
    def cdf(self, x: ArrayLike) -> FloatArray:
        return np.asarray(sc.ndtr((as_array(x) - self.mu) / self.sigma))

    @override
    def ppf(self, p: ArrayLike) -> FloatArray:
        return np.asarray(self.mu + self.sigma * sc.ndtri(inside_unit(as_array(p))))

    @override
    def from_normals(self, z: FloatArray) -> FloatArray:
        return np.asarray(self.mu + self.sigma * z)

    @override
    def mean(self) -> float:
        return self.mu

    @override
    def sd(self) -> float:
        return self.sigma


@dataclasses.dataclass(frozen=True)
class LogNormal(Distribution):
    """Log-normal: the logarithm is Normal(``mu``, ``sigma``); ``sigma`` > 0."""

    mu: float
    sigma: float
    positive: ClassVar[tuple[str, ...]] = ("sigma",)

    @property
    @override
    def support(self) -> tuple[float, float]:
        return 0.0, math.inf

    @override
    def log_pdf(self, x: ArrayLike) -> FloatArray:
        value = as_array(x)
        log_value = np.log(np.where(value > 0, value, 1.0))
        z = (log_value - self.mu) / self.sigma
        return within(value > 0, value, -0.5 * z * z - log_value - math.log(self.sigma) - LOG_ROOT_2PI)

    @override
    def cdf(self, x: ArrayLike) -> FloatArray:
        value = as_array(x)
        safe = np.where(value > 0, value, 1.0)
        below = sc.ndtr((np.log(safe) - self.mu) / self.sigma)
        return np.asarray(np.where(value > 0, below, np.where(np.isnan(value), np.nan, 0.0)))

    @override
    def ppf(self, p: ArrayLike) -> FloatArray:
        with np.errstate(over="ignore"):
            return np.asarray(np.exp(self.mu + self.sigma * sc.ndtri(inside_unit(as_array(p)))))

    @override
    def from_normals(self, z: FloatArray) -> FloatArray:
        with np.errstate(over="ignore"):
            return np.asarray(np.exp(self.mu + self.sigma * as_array(z)))

    @override
    def mean(self) -> float:
        return _exp(self.mu + self.sigma**2 / 2)

    @override
    def sd(self) -> float:
        return self.mean() * math.sqrt(math.expm1(min(self.sigma**2, 700.0)))


def _exp(x: float) -> float:
    return math.exp(x) if x < 709.0 else math.inf


@dataclasses.dataclass(frozen=True)
class Beta(Distribution):
    """Beta on (0, 1) with ``alpha``, ``beta`` > 0."""

    alpha: float
    beta: float
    positive: ClassVar[tuple[str, ...]] = ("alpha", "beta")

    @property
    @override
    def support(self) -> tuple[float, float]:
        return 0.0, 1.0

    @override
    def log_pdf(self, x: ArrayLike) -> FloatArray:
        value = as_array(x)
        safe = np.clip(value, 0.0, 1.0)
        with np.errstate(divide="ignore"):
            log_density = (
                sc.xlogy(self.alpha - 1, safe) + sc.xlog1py(self.beta - 1, -safe) - sc.betaln(self.alpha, self.beta)
            )
        return within((value >= 0) & (value <= 1), value, log_density)

    @override
    def cdf(self, x: ArrayLike) -> FloatArray:
        return np.asarray(sc.betainc(self.alpha, self.beta, np.clip(as_array(x), 0.0, 1.0)))

    @override
    def ppf(self, p: ArrayLike) -> FloatArray:
        return np.asarray(sc.betaincinv(self.alpha, self.beta, inside_unit(as_array(p))))

    @override
    def from_normals(self, z: FloatArray) -> FloatArray:
        return beta_from_normals(self.alpha, self.beta, as_array(z))

    @override
    def mean(self) -> float:
        return self.alpha / (self.alpha + self.beta)

    @override
    def sd(self) -> float:
        mean = self.mean()
        return math.sqrt(mean * (1 - mean) / (self.alpha + self.beta + 1))


@dataclasses.dataclass(frozen=True)
class ScaledBeta(Distribution):
    """Beta(``alpha``, ``beta``) stretched from (0, 1) to (``lower``, ``upper``); lower < upper, finite."""

    alpha: float
    beta: float
    lower: float
    upper: float
    positive: ClassVar[tuple[str, ...]] = ("alpha", "beta")

    @override
    def __post_init__(self) -> None:
        super().__post_init__()
        check_ordered(self, self.lower, self.upper)

    @property
    def _unit(self) -> Beta:
        return Beta(self.alpha, self.beta)

    @property
    def _width(self) -> float:
        return self.upper - self.lower

    @property
    @override
    def support(self) -> tuple[float, float]:
        return self.lower, self.upper

    @property
    @override
    def natural_range(self) -> tuple[float, float]:
        return (0.0 if self.lower >= 0 else -math.inf), math.inf

    @override
    def log_pdf(self, x: ArrayLike) -> FloatArray:
        return np.asarray(self._unit.log_pdf((as_array(x) - self.lower) / self._width) - math.log(self._width))

    @override
    def cdf(self, x: ArrayLike) -> FloatArray:
        return self._unit.cdf((as_array(x) - self.lower) / self._width)

    @override
    def ppf(self, p: ArrayLike) -> FloatArray:
        return np.asarray(self.lower + self._width * self._unit.ppf(p))

    @override
    def from_normals(self, z: FloatArray) -> FloatArray:
        return np.asarray(self.lower + self._width * self._unit.from_normals(z))

    @override
    def mean(self) -> float:
        return self.lower + self._width * self._unit.mean()

    @override
    def sd(self) -> float:
        return self._width * self._unit.sd()


@dataclasses.dataclass(frozen=True)
class Gamma(Distribution):
    """Gamma with shape ``alpha`` > 0 and rate ``beta`` > 0 (mean alpha / beta), as in PyMC."""

    alpha: float
    beta: float
    positive: ClassVar[tuple[str, ...]] = ("alpha", "beta")

    @property
    @override
    def support(self) -> tuple[float, float]:
        return 0.0, math.inf

    @override
    def log_pdf(self, x: ArrayLike) -> FloatArray:
        value = as_array(x)
        inside = (value >= 0) & np.isfinite(value)
        safe = np.where(inside, value, 1.0)
        with np.errstate(divide="ignore", over="ignore"):
            log_density = (
                self.alpha * math.log(self.beta)
                + sc.xlogy(self.alpha - 1, safe)
                - self.beta * safe
                - sc.gammaln(self.alpha)
            )
        return within(inside, value, log_density)

    @override
    def cdf(self, x: ArrayLike) -> FloatArray:
        return np.asarray(sc.gammainc(self.alpha, self.beta * np.maximum(as_array(x), 0.0)))

    @override
    def ppf(self, p: ArrayLike) -> FloatArray:
        return np.asarray(sc.gammaincinv(self.alpha, inside_unit(as_array(p))) / self.beta)

    @override
    def mean(self) -> float:
        return self.alpha / self.beta

    @override
    def sd(self) -> float:
        return math.sqrt(self.alpha) / self.beta


@dataclasses.dataclass(frozen=True)
class HalfNormal(Distribution):
    """Half-normal: the absolute value of a Normal(0, ``sigma``); ``sigma`` > 0."""

    sigma: float
    positive: ClassVar[tuple[str, ...]] = ("sigma",)

    @property
    @override
    def support(self) -> tuple[float, float]:
        return 0.0, math.inf

    @override
    def log_pdf(self, x: ArrayLike) -> FloatArray:
        value = as_array(x)
        z = value / self.sigma
        return within(value >= 0, value, math.log(2.0) - 0.5 * z * z - math.log(self.sigma) - LOG_ROOT_2PI)

    @override
    def cdf(self, x: ArrayLike) -> FloatArray:
        return np.asarray(sc.erf(np.maximum(as_array(x), 0.0) / (self.sigma * math.sqrt(2.0))))

    @override
    def ppf(self, p: ArrayLike) -> FloatArray:
        # erfinv keeps relative accuracy near zero, which ndtri((1 + p) / 2) does not.
        return np.asarray(self.sigma * math.sqrt(2.0) * sc.erfinv(inside_unit(as_array(p))))

    @override
    def mean(self) -> float:
        return self.sigma * math.sqrt(2.0 / math.pi)

    @override
    def sd(self) -> float:
        return self.sigma * math.sqrt(1.0 - 2.0 / math.pi)


FAMILIES: dict[str, type[Distribution]] = {
    family.__name__: family
    for family in (Normal, LogNormal, Beta, ScaledBeta, Gamma, HalfNormal, TruncatedNormal, Bernoulli, Categorical)
}
"""The families that can be elicited, by name. A mixture comes from pooling and not from elicitation."""


def family_named(name: object) -> type[Distribution]:
    """Look a family up by its name.

    Raises
    ------
    InvalidPrior
        If no family has that name.
    """
    if not isinstance(name, str) or name not in FAMILIES:
        raise InvalidPrior(
            f"family {name!r}",
            expected="a family of distributions that priors can take",
            mend=near_matches(name if isinstance(name, str) else "", FAMILIES),
        )
    return FAMILIES[name]
