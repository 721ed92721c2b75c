"""The linear pool of several distributions, and how worlds choose among its members.

References
----------
Stone (1961), "The opinion pool", *Annals of Mathematical Statistics* 32: the linear pool.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import override

import numpy as np
from numpy.typing import ArrayLike

from forecast.errors import InvalidPrior

from .discrete import Discrete
from .families import Distribution, FloatArray

__all__ = ["Mixture", "Pick", "checked_weights", "draw", "form_weights", "is_choice", "pool_channel"]

Pick = Callable[[tuple[str, ...]], FloatArray]
"""Gives the uniforms, shape (worlds,), with which worlds choose among the named members of a pool."""

_BISECTIONS = 110


def pool_channel(names: tuple[str, ...]) -> str:
    """Name the channel of random numbers that chooses among the members of a pool."""
    return "pool:" + "|".join(name.replace("|", "||") for name in names)


def checked_weights(weights: tuple[float, ...], names: tuple[str, ...]) -> tuple[float, ...]:
    """Check the weights of a pool and scale them to sum to one.

    Raises
    ------
    InvalidPrior
        If there are not as many weights as members, or one is negative or not finite, or all are zero.
    """
    whole = all(isinstance(w, (int, float)) and not isinstance(w, bool) for w in weights)
    if len(weights) != len(names) or not whole or not all(math.isfinite(w) and w >= 0 for w in weights):
        raise InvalidPrior(
            f"weights {weights!r} for the pool of {', '.join(names)}",
            expected=f"{len(names)} finite numbers, none negative",
            mend="give one weight for each member, in the order of the members, or leave weights out",
        )
    total = math.fsum(weights)
    if total <= 0:
        raise InvalidPrior(
            f"weights {weights!r}, which sum to zero",
            expected="at least one weight above zero",
            mend="give the members that count a positive weight",
        )
    # Dividing by a total of 1 +- one ulp would change weights that a file has already normalised.
    if math.isclose(total, 1.0, rel_tol=1e-12):
        return tuple(float(w) for w in weights)
    return tuple(float(w / total) for w in weights)


@dataclasses.dataclass(frozen=True)
class Mixture(Distribution):
    """Linear pool: density ``sum_i w_i f_i(x)``.

    Parameters
    ----------
    members : tuple of Distribution
        At least one.
    weights : tuple of float
        As many, none negative; scaled to sum to one.
    names : tuple of str
        Name of each member, all different: whose belief it is.
    """

    members: tuple[Distribution, ...]
    weights: tuple[float, ...]
    names: tuple[str, ...]

    @override
    def __post_init__(self) -> None:
        if not self.members or len(self.members) != len(self.names) or len(set(self.names)) != len(self.names):
            raise InvalidPrior(
                f"a mixture of {len(self.members)} members named {self.names!r}",
                expected="at least one member, each with a name of its own",
                mend="name every member once",
            )
        object.__setattr__(self, "weights", checked_weights(self.weights, self.names))

    @property
    @override
    def parameters(self) -> dict[str, float]:
        """Weight and parameters of each member, as ``member.weight`` and ``member.parameter``."""
        out: dict[str, float] = {}
        for name, weight, member in zip(self.names, self.weights, self.members, strict=True):
            out[f"{name}.weight"] = weight
            out.update({f"{name}.{key}": value for key, value in member.parameters.items()})
        return out

    @property
    @override
    def support(self) -> tuple[float, float]:
        ends = [member.support for member in self.members]
        return min(low for low, _ in ends), max(high for _, high in ends)

    @property
    @override
    def natural_range(self) -> tuple[float, float]:
        ends = [member.natural_range for member in self.members]
        return min(low for low, _ in ends), max(high for _, high in ends)

    def _weighted(self, values: list[FloatArray]) -> FloatArray:
        total = self.weights[0] * values[0]
        for weight, value in zip(self.weights[1:], values[1:], strict=True):
            total = total + weight * value
        return np.asarray(total)

    @override
    def log_pdf(self, x: ArrayLike) -> FloatArray:
        # A member of weight zero has no say, even where its density is infinite.
        logs = [m.log_pdf(x) + math.log(w) for m, w in zip(self.members, self.weights, strict=True) if w > 0]
        with np.errstate(invalid="ignore"):
            return np.asarray(np.logaddexp.reduce(logs))

    @override
    def cdf(self, x: ArrayLike) -> FloatArray:
        return self._weighted([member.cdf(x) for member in self.members])

    @override
    def ppf(self, p: ArrayLike) -> FloatArray:
        """Quantile by bisection between the members' own quantiles, which always bracket it."""
        share = np.asarray(p, dtype=np.float64)
        # A member of weight zero has no say, and its quantile may be far outside.
        own = [m.ppf(share) for m, w in zip(self.members, self.weights, strict=True) if w > 0]
        low, high = np.minimum.reduce(own), np.maximum.reduce(own)
        inner = np.isfinite(low) & np.isfinite(high) & (share > 0) & (share < 1)
        left, right = np.where(inner, low, 0.0), np.where(inner, high, 0.0)
        # A fixed count, so that an element's bits do not depend on its neighbours.
        for _ in range(_BISECTIONS):
            middle = 0.5 * (left + right)
            below = self.cdf(middle) < share
            left, right = np.where(below, middle, left), np.where(below, right, middle)
        return np.asarray(np.where(inner, right, np.where(share >= 0.5, high, low)))

    @override
    def mean(self) -> float:
        return math.fsum(w * m.mean() for w, m in zip(self.weights, self.members, strict=True))

    @override
    def sd(self) -> float:
        mean = self.mean()
        pairs = zip(self.weights, self.members, strict=True)
        return math.sqrt(math.fsum(w * (m.sd() ** 2 + (m.mean() - mean) ** 2) for w, m in pairs))

    def __str__(self) -> str:
        parts = zip(self.names, self.weights, self.members, strict=True)
        return "Mixture(" + ", ".join(f"{weight:.3g} {name}: {member}" for name, weight, member in parts) + ")"


def is_choice(distribution: Distribution) -> bool:
    """Whether a distribution is over a few forms, itself or in all the members of its pool."""
    if isinstance(distribution, Mixture):
        return all(is_choice(member) for member in distribution.members)
    return isinstance(distribution, Discrete)


def chosen(weights: tuple[float, ...], uniforms: FloatArray) -> FloatArray:
    """Give the number of the member that each world's uniform picks; shape (worlds,), whole numbers."""
    edges = [math.fsum(weights[: i + 1]) for i in range(len(weights) - 1)]
    return np.asarray(np.searchsorted(np.array(edges), uniforms, side="right"), dtype=np.float64)


def middles(weights: tuple[float, ...]) -> FloatArray:
    """Give a uniform that picks each member: the middle of its share of (0, 1); shape (member,)."""
    edges = np.array([math.fsum(weights[:i]) for i in range(len(weights) + 1)])
    return np.asarray(0.5 * (edges[:-1] + edges[1:]))


def draw(distribution: Distribution, normals: FloatArray, pick: Pick) -> FloatArray:
    """Turn standard normals into draws, letting each world follow one member of a mixture throughout.

    Parameters
    ----------
    distribution : Distribution
        What to draw from.
    normals : ndarray
        Shape (worlds,).
    pick : callable
        Gives the uniforms of the pool with given member names.

    Returns
    -------
    ndarray
        Shape (worlds,), in the unit of the quantity.
    """
    if not isinstance(distribution, Mixture):
        return distribution.from_normals(normals)
    member_of = chosen(distribution.weights, pick(distribution.names))
    out = np.full(normals.shape, np.nan)
    for number, member in enumerate(distribution.members):
        here = member_of == number
        if here.any():

            def pick_here(names: tuple[str, ...], here: np.ndarray = here) -> FloatArray:
                return np.asarray(pick(names)[here])

            out[here] = draw(member, normals[here], pick_here)
    return out


def form_weights(distribution: Distribution) -> tuple[float, ...]:
    """Return the probability of each form of a choice, pooled over members."""
    if isinstance(distribution, Discrete):
        return distribution.probabilities
    assert isinstance(distribution, Mixture)
    own = [form_weights(member) for member in distribution.members]
    count = max(map(len, own))
    padded = [(*weights, *(0.0,) * (count - len(weights))) for weights in own]
    return tuple(
        math.fsum(share * weights[form] for share, weights in zip(distribution.weights, padded, strict=True))
        for form in range(count)
    )
