"""Beliefs about which of a few forms something has: 0 or 1, or one of several.

They are elicited by their parameters, the weights themselves: a few values have no quantiles to ask for.
"""

from __future__ import annotations

import dataclasses
import math
from abc import abstractmethod
from collections.abc import Mapping
from typing import override

import numpy as np
from numpy.typing import ArrayLike

from forecast.errors import InvalidPrior

from .distribution import Distribution, FloatArray, as_array, inside_unit

__all__ = ["Bernoulli", "Categorical", "Discrete"]


@dataclasses.dataclass(frozen=True)
class Discrete(Distribution):
    """A distribution over the whole numbers from 0; ``pdf`` and ``log_pdf`` give the probability of each."""

    @property
    @abstractmethod
    def probabilities(self) -> tuple[float, ...]:
        """Probability of 0, 1, ..., which sum to 1."""

    @property
    @override
    def support(self) -> tuple[float, float]:
        return 0.0, float(len(self.probabilities) - 1)

    @override
    def log_pdf(self, x: ArrayLike) -> FloatArray:
        value = as_array(x)
        with np.errstate(divide="ignore"):
            logs = np.log(np.array(self.probabilities))
        known = (value >= 0) & (value < logs.size) & (value == np.floor(value))
        found = logs[np.where(known, value, 0.0).astype(np.intp)]
        return np.asarray(np.where(known, found, np.where(np.isnan(value), np.nan, -np.inf)))

    @override
    def cdf(self, x: ArrayLike) -> FloatArray:
        value = as_array(x)
        below = np.concatenate([[0.0], np.cumsum(self.probabilities)])
        below[-1] = 1.0
        place = np.clip(np.floor(np.where(np.isnan(value), 0.0, value)) + 1.0, 0.0, len(below) - 1.0)
        return np.asarray(np.where(np.isnan(value), np.nan, below[place.astype(np.intp)]))

    @override
    def ppf(self, p: ArrayLike) -> FloatArray:
        share = inside_unit(as_array(p))
        chances = np.array(self.probabilities)
        last = int(np.flatnonzero(chances)[-1])
        place = np.minimum(np.searchsorted(np.cumsum(chances)[:last], share, side="left"), last)
        return np.asarray(np.where(np.isnan(share), np.nan, place.astype(np.float64)))

    @override
    def mean(self) -> float:
        return math.fsum(value * chance for value, chance in enumerate(self.probabilities))

    @override
    def sd(self) -> float:
        mean = self.mean()
        return math.sqrt(math.fsum((value - mean) ** 2 * chance for value, chance in enumerate(self.probabilities)))


@dataclasses.dataclass(frozen=True)
class Bernoulli(Discrete):
    """1 with probability ``p`` in [0, 1], else 0."""

    p: float

    @override
    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0.0 <= self.p <= 1.0:
            raise InvalidPrior(
                f"Bernoulli(p={self.p!r})", expected="a probability, from 0 to 1", mend="give the weight of 1"
            )

    @property
    @override
    def probabilities(self) -> tuple[float, ...]:
        return 1.0 - self.p, self.p


@dataclasses.dataclass(frozen=True)
class Categorical(Discrete):
    """0, 1, ... with the given weights, none negative; scaled to sum to one."""

    weights: tuple[float, ...]

    @override
    def __post_init__(self) -> None:
        numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in self.weights)
        if len(self.weights) < 2 or not numbers or not all(math.isfinite(one) and one >= 0 for one in self.weights):
            raise InvalidPrior(
                f"Categorical(weights={self.weights!r:.60})",
                expected="at least two finite numbers, none negative",
                mend="give one weight for each form",
            )
        total = math.fsum(self.weights)
        if total <= 0:
            raise InvalidPrior(
                f"Categorical(weights={self.weights!r:.60}), which sum to zero",
                expected="at least one weight above zero",
                mend="give the forms that count a positive weight",
            )
        object.__setattr__(self, "weights", tuple(float(one) / total for one in self.weights))

    @property
    @override
    def probabilities(self) -> tuple[float, ...]:
        return self.weights

    @property
    @override
    def parameters(self) -> dict[str, float]:
        """Weight of each value, as ``weight.value``."""
        return {f"weight.{value}": weight for value, weight in enumerate(self.weights)}

    @classmethod
    @override
    def parameter_names(cls, count: int = 2) -> tuple[str, ...]:
        return tuple(f"weight.{value}" for value in range(max(2, count)))

    @classmethod
    @override
    def from_parameters(cls, parameters: Mapping[str, float]) -> Categorical:
        return cls(tuple(parameters[name] for name in cls.parameter_names(len(parameters))))
