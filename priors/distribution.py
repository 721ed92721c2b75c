"""What every family of distributions offers: density, distribution function, quantiles and moments.

Quantiles are computed element by element with the special functions of SciPy, so that a quantile has the
same bits in an array of one as in a million.
"""

from __future__ import annotations

import dataclasses
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import scipy.special as sc
from numpy.typing import ArrayLike, NDArray

from forecast.errors import InvalidPrior

__all__ = [
    "LOG_ROOT_2PI",
    "ROOT_2PI",
    "Distribution",
    "FloatArray",
    "as_array",
    "check_ordered",
    "inside_unit",
    "to_uniforms",
    "within",
]

FloatArray = NDArray[np.float64]
ROOT_2PI = math.sqrt(2.0 * math.pi)
LOG_ROOT_2PI = math.log(ROOT_2PI)
_LARGEST = 1.0 - 2.0**-53


@dataclasses.dataclass(frozen=True)
class Distribution(ABC):
    """A continuous distribution over the real line.

    Attributes
    ----------
    positive : tuple of str
        Parameters that must be greater than zero.
    unbounded : tuple of str
        Parameters that may be infinite.
    """

    positive: ClassVar[tuple[str, ...]] = ()
    unbounded: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        for name in self.parameter_names():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
                raise InvalidPrior(
                    f"{self.family}({name}={value!r})",
                    expected=f"a number for {name}",
                    mend=f"give {name} as a plain number",
                )
            value = float(value)
            if math.isnan(value) or (math.isinf(value) and name not in self.unbounded):
                raise InvalidPrior(
                    f"{self.family}({name}={value!r})",
                    expected=f"a finite {name}",
                    mend="check how the number was computed: it is missing or infinite",
                )
            if name in self.positive and value <= 0:
                raise InvalidPrior(
                    f"{self.family}({name}={value!r})",
                    expected=f"{name} > 0",
                    mend=f"give a positive {name}, or describe the belief with an interval",
                )
            object.__setattr__(self, name, value)

    @property
    def family(self) -> str:
        """Name of the family, as PyMC writes it where PyMC has it."""
        return type(self).__name__

    @classmethod
    def parameter_names(cls, count: int = 0) -> tuple[str, ...]:
        """Names of the parameters, in order; ``count`` is how many there are, where a family may have any number."""
        return tuple(field.name for field in dataclasses.fields(cls))

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, float]) -> Distribution:
        """Give the distribution with these parameters, by name."""
        return cls(**parameters)

    @property
    def parameters(self) -> dict[str, float]:
        """Parameter names and values."""
        return {name: getattr(self, name) for name in self.parameter_names()}

    @property
    @abstractmethod
    def support(self) -> tuple[float, float]:
        """Lower and upper end of the range with positive density."""

    @property
    def natural_range(self) -> tuple[float, float]:
        """Range that the quantity itself could take, as far as the family tells.

        Bounds chosen by an expert (ScaledBeta, TruncatedNormal) belong to the belief and not to the
        quantity, so they widen to the half line or the whole line.
        """
        return self.support

    @abstractmethod
    def log_pdf(self, x: ArrayLike) -> FloatArray:
        """Log of the density at x, per unit of the quantity; minus infinity outside the support."""

    def pdf(self, x: ArrayLike) -> FloatArray:
        """Density at x, per unit of the quantity; 0 outside the support."""
        with np.errstate(over="ignore"):
            return np.asarray(np.exp(self.log_pdf(x)))

    @abstractmethod
    def cdf(self, x: ArrayLike) -> FloatArray:
        """Probability of a value at or below x."""

    @abstractmethod
    def ppf(self, p: ArrayLike) -> FloatArray:
        """Quantile: the value with probability p at or below it; NaN outside [0, 1]."""

    def from_normals(self, z: FloatArray) -> FloatArray:
        """Quantile at each standard normal score: ``ppf(Phi(z))``, finite for every finite score.

        Families for which this is simpler than both steps do it in one, to the same value but for rounding.
        """
        return self.ppf(to_uniforms(z))

    @abstractmethod
    def mean(self) -> float:
        """Give the expected value, in the unit of the quantity."""

    @abstractmethod
    def sd(self) -> float:
        """Give the standard deviation, in the unit of the quantity."""

    def __str__(self) -> str:
        # What is 0 but for rounding is written as 0.
        shown = {name: 0.0 if abs(value) < 1e-12 else value for name, value in self.parameters.items()}
        inside = ", ".join(f"{name}={value:.5g}" for name, value in shown.items())
        return f"{self.family}({inside})"


def to_uniforms(normals: FloatArray) -> FloatArray:
    """Map standard normals to uniforms strictly inside (0, 1), whose quantiles are finite."""
    return np.asarray(np.clip(sc.ndtr(normals), 2.0**-1000, _LARGEST))


def as_array(values: ArrayLike) -> FloatArray:
    """Read numbers as a contiguous array of doubles."""
    # Contiguous, because NumPy's vector loops for strided input need not give the same last bit.
    return np.ascontiguousarray(values, dtype=np.float64).reshape(np.shape(values))


def within(inside: NDArray[np.bool_], x: FloatArray, log_density: FloatArray) -> FloatArray:
    """Keep a log density where a value is inside the support: minus infinity elsewhere, NaN where it is no number."""
    return np.asarray(np.where(inside, log_density, np.where(np.isnan(x), np.nan, -np.inf)))


def inside_unit(p: FloatArray) -> FloatArray:
    """Replace what is no probability by NaN."""
    return np.where((p >= 0) & (p <= 1), p, np.nan)


def check_ordered(distribution: Distribution, lower: float, upper: float) -> None:
    """Refuse bounds that are not in order."""
    if not lower < upper:
        raise InvalidPrior(
            f"{distribution.family} with lower={lower!r} and upper={upper!r}",
            expected="lower < upper",
            mend="swap the bounds, or widen them",
        )
