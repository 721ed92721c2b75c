"""The truncated normal, exact in its far tails.

References
----------
Johnson, Kotz and Balakrishnan (1994), *Continuous Univariate Distributions*, vol. 1, section 13.10.
"""

from __future__ import annotations

import dataclasses
import math
from typing import ClassVar, override

import numpy as np
import scipy.special as sc
from numpy.typing import ArrayLike

from .distribution import (
    LOG_ROOT_2PI,
    ROOT_2PI,
    Distribution,
    FloatArray,
    as_array,
    check_ordered,
    inside_unit,
    within,
)

__all__ = ["TruncatedNormal"]


@dataclasses.dataclass(frozen=True)
class TruncatedNormal(Distribution):
    """Normal(``mu``, ``sigma``) kept only between ``lower`` and ``upper`` (either may be infinite).

    ``mu`` and ``sigma`` are those of the normal before truncation, as in PyMC.
    """

    mu: float
    sigma: float
    lower: float
    upper: float
    positive: ClassVar[tuple[str, ...]] = ("sigma",)
    unbounded: ClassVar[tuple[str, ...]] = ("lower", "upper")

    @override
    def __post_init__(self) -> None:
        super().__post_init__()
        check_ordered(self, self.lower, self.upper)

    @property
    @override
    def support(self) -> tuple[float, float]:
        return self.lower, self.upper

    @property
    @override
    def natural_range(self) -> tuple[float, float]:
        return (0.0 if self.lower >= 0 else -math.inf), math.inf

    def _mirrored(self) -> tuple[bool, float, float]:
        """Give standardised bounds, reflected when both lie in the right tail (where 1 - cdf cancels)."""
        a, b = (self.lower - self.mu) / self.sigma, (self.upper - self.mu) / self.sigma
        return (True, -b, -a) if a > 0 else (False, a, b)

    def _log_mass(self) -> float:
        _, a, b = self._mirrored()
        low, high = float(sc.log_ndtr(a)), float(sc.log_ndtr(b))
        return high + math.log(-math.expm1(low - high)) if low > -math.inf else high

    @override
    def log_pdf(self, x: ArrayLike) -> FloatArray:
        value = as_array(x)
        z = (value - self.mu) / self.sigma
        inside = (value >= self.lower) & (value <= self.upper)
        log_density = -0.5 * np.where(inside, z * z, 0.0) - self._log_mass() - math.log(self.sigma) - LOG_ROOT_2PI
        return within(inside, value, log_density)

    @override
    def cdf(self, x: ArrayLike) -> FloatArray:
        z = (np.clip(as_array(x), self.lower, self.upper) - self.mu) / self.sigma
        mirrored, a, _ = self._mirrored()
        start = float(sc.log_ndtr(a))
        log_z = sc.log_ndtr(-z if mirrored else z)
        with np.errstate(divide="ignore", invalid="ignore"):
            # log(exp(log_z) - exp(start)), which is log_z itself when the lower bound is minus infinity.
            gap = log_z + np.log1p(-np.exp(start - log_z)) if start > -math.inf else log_z
            below = np.exp(gap - self._log_mass())
        below = np.clip(below, 0.0, 1.0)
        return np.asarray(1.0 - below if mirrored else below)

    @override
    def ppf(self, p: ArrayLike) -> FloatArray:
        mirrored, a, b = self._mirrored()
        share = inside_unit(as_array(p))
        share = 1.0 - share if mirrored else share
        with np.errstate(divide="ignore", invalid="ignore"):
            # Phi(x) = (1 - p) Phi(a) + p Phi(b), kept in logarithms so that far tails stay exact.
            log_target = np.logaddexp(np.log1p(-share) + sc.log_ndtr(a), np.log(share) + sc.log_ndtr(b))
        z = sc.ndtri_exp(np.minimum(log_target, 0.0))
        value = self.mu + self.sigma * (-z if mirrored else z)
        return np.asarray(np.clip(value, self.lower, self.upper))

    def _standard_moments(self) -> tuple[float, float]:
        """Mean and variance of the standardised, possibly mirrored variable (Johnson et al. 1994, 13.10)."""
        _, a, b = self._mirrored()
        log_mass = self._log_mass()

        def height(z: float) -> float:
            return 0.0 if math.isinf(z) else math.exp(-0.5 * z * z - log_mass) / ROOT_2PI

        def moment(z: float) -> float:
            return 0.0 if math.isinf(z) else z * height(z)

        mean = height(a) - height(b)
        return mean, max(1.0 + moment(a) - moment(b) - mean * mean, 0.0)

    @override
    def mean(self) -> float:
        mean, _ = self._standard_moments()
        mirrored, _, _ = self._mirrored()
        return self.mu + self.sigma * (-mean if mirrored else mean)

    @override
    def sd(self) -> float:
        return self.sigma * math.sqrt(self._standard_moments()[1])
