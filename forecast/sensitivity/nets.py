"""Randomised quasi-Monte Carlo: the same net of points, shifted at random several times, and the errors from that.

References
----------
L'Ecuyer & Lemieux (2002), "Recent advances in randomized quasi-Monte Carlo methods", in *Modeling Uncertainty*,
419-474: random digital shifts of a digital net. Joe & Kuo (2008), "Constructing Sobol sequences with better
two-dimensional projections", *SIAM J. Sci. Comput.* 30, 2635-2654: the net, as SciPy has it. L'Ecuyer, Nakayama, Owen &
Tuffin (2023), "Confidence intervals for randomized quasi-Monte Carlo estimators", *Winter Simulation Conference*: with
a few randomisations the plain t interval holds its level better than bootstraps do. Miller (1974), "The jackknife -
a review", *Biometrika* 61, 1-15: the error of a function of means.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import stdtrit

from forecast.arguments import whole
from forecast.errors import InvalidArgument
from forecast.estimates import jackknife_error
from priors.intervals import tails
from priors.streams import keyed_uniforms

__all__ = ["LEAST", "MOST", "NETS", "Nets", "Ratios", "base_sample", "critical", "jackknife", "ratios"]

type Array = np.ndarray[Any, np.dtype[np.float64]]

NETS = 16
"""Independent shifts. More of them give steadier errors, fewer give larger nets, which have smaller ones."""

LEAST, MOST = 2**8, 2**24

_BITS = 30


def base_sample(n: object) -> int:
    """Check the size of a base sample.

    Raises
    ------
    InvalidArgument
        If it is no power of two from 2**8 to 2**24: any other net would be uneven.
    """
    size = whole("n", n, LEAST, MOST)
    if size & (size - 1):
        raise InvalidArgument(
            f"n = {size}",
            expected="a power of two",
            mend=f"use {1 << (size.bit_length() - 1)} or {1 << size.bit_length()}",
        )
    return size


class Nets:
    """Points of ``NETS`` shifted nets, one after the other.

    Parameters
    ----------
    dims : sequence of str
        A name for each dimension, all different. Its shifts depend on the seed and the name, its coordinate of the net
        on its place here.
    n : int
        Points in all, from :func:`base_sample`.
    seed : int
        The root seed.
    """

    def __init__(self, dims: Sequence[str], n: int, seed: int) -> None:
        from scipy.stats.qmc import Sobol

        self.size = n // NETS
        points = Sobol(len(dims), scramble=False, bits=_BITS).random(self.size)
        self._base = np.ascontiguousarray((points * 2.0**_BITS).astype(np.int64).T)
        shifts = np.array([keyed_uniforms(seed, f"net:{name}", 0, NETS)[0] for name in dims])
        self._shifts = (shifts * 2.0**_BITS).astype(np.int64)

    def uniforms(self, start: int, stop: int) -> Array:
        """Give points ``start`` to ``stop - 1``, in (0, 1): shape (dim, point)."""
        rows = np.arange(start, stop)
        moved = self._base[:, rows % self.size] ^ self._shifts[:, rows // self.size]
        # The middle of its cell, so that no point lies on 0 or 1.
        return np.asarray((moved + 0.5) * 2.0**-_BITS)

    def sums(self, rows: Array, start: int) -> tuple[int, Array]:
        """Add up statistics of points within each net.

        Parameters
        ----------
        rows : ndarray
            Shape (statistic, point), points ``start`` and following: whole nets, or a part of one.
        start : int
            Number of the first point.

        Returns
        -------
        first : int
            The first net.
        sums : ndarray
            Shape (net, statistic).
        """
        each = min(self.size, rows.shape[1])
        return start // self.size, rows.reshape(rows.shape[0], -1, each).sum(axis=2).T

    def parts(self, *arrays: Array) -> Iterator[tuple[Array, ...]]:
        """Cut arrays, shape (..., point), into the nets that their points are of, as :meth:`sums` does."""
        each = min(self.size, arrays[0].shape[-1])
        for begins in range(0, arrays[0].shape[-1], each):
            yield tuple(array[..., begins : begins + each] for array in arrays)


def jackknife(sums: Array, function: Callable[[Array], Array]) -> tuple[Array, Array]:
    """Estimate a function of means from sums over independent nets, with its error.

    Parameters
    ----------
    sums : ndarray
        Shape (net, statistic).
    function : callable
        Takes sums, shape (..., statistic), of which it must depend on the ratios alone, and gives shape (..., value).

    Returns
    -------
    estimate, error : ndarray
        Shape (value,): with the first-order bias of a ratio taken off, and its standard error.
    """
    nets = sums.shape[0]
    total = sums.sum(axis=0)
    whole_sample, without = function(total), function(total - sums)
    return np.asarray(nets * whole_sample - (nets - 1) * without.mean(axis=0)), jackknife_error(without)


@dataclass(frozen=True)
class Ratios:
    """Ratios to one denominator; each attribute has shape (value,)."""

    estimate: Array
    error: Array
    lower: Array
    upper: Array


def ratios(sums: Array, function: Callable[[Array], Array], *, extra: Array | float = 0.0) -> Ratios:
    """Estimate ratios of means to one other mean, with intervals that hold where that one is not known well.

    Parameters
    ----------
    sums : ndarray
        Shape (net, statistic).
    function : callable
        As for :func:`jackknife`; the last of its values is the denominator of the others.
    extra : ndarray or float
        Standard error that nets do not show, shape (value,), in units of the ratio.

    Returns
    -------
    Ratios
        With central 90% intervals by Fieller's theorem and Student's t on one fewer than the nets; from -inf to inf
        where the denominator is not told from 0. They need not have the estimate in their middle.

    References
    ----------
    Fieller (1954), "Some problems in interval estimation", *Journal of the Royal Statistical Society B* 16, 175-185.
    """
    nets = sums.shape[0]
    estimate, error = jackknife(sums, lambda some: function(some)[..., :-1] / function(some)[..., -1:])
    values, errors = jackknife(sums, function)
    without = function(sums.sum(axis=0) - sums)
    off = without - without.mean(axis=0)
    wide = np.full(estimate.shape, np.inf)
    width = critical() ** 2
    # In units of the denominator, so that no product is out of range.
    denominator = float(values[-1])
    a = 1.0 - width * (errors[-1] / denominator) ** 2 if denominator else -1.0
    if not a > 0.0:
        return Ratios(estimate, np.hypot(error, extra), -wide, wide)
    numerator = values[:-1] / denominator
    covariance = (nets - 1) / nets * (off[:, :-1] / denominator * (off[:, -1:] / denominator)).sum(axis=0)
    # The ratios r for which |numerator - r denominator| is within its own error: a r^2 - 2 b r + c <= 0.
    b = numerator - width * covariance
    c = numerator**2 - width * ((errors[:-1] / denominator) ** 2 + extra**2)
    root = np.sqrt(np.maximum(b**2 - a * c, 0.0))
    lower, upper = (b - root) / a, (b + root) / a
    return Ratios(np.clip(estimate, lower, upper), np.hypot(error, extra), lower, upper)


def critical() -> float:
    """Give how many errors the central 90% of an estimate from ``NETS`` nets reaches to either side."""
    return float(stdtrit(NETS - 1, tails()[1]))
