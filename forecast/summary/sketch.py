"""Quantiles of many series from exact integer histograms, the same bit for bit in whatever order values arrive.

Own code, because the sketches on PyPI (ddsketch, datasketches, tdigest, hdrhistogram) take one series and mostly one
value at a time, of some 2,000 series here, and only histograms with fixed bins merge to the same bits in any grouping.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from forecast.summary.kernels import Kernels
from forecast.summary.keys import Keys

__all__ = ["Sketch", "quantiles"]

type Floats = np.ndarray[Any, np.dtype[np.float64]]
type Counts = np.ndarray[Any, np.dtype[np.int32]]

_BLOCK = 64
"""Bins are made room for in blocks of this many, so that the room depends on the values and not on their order."""

_CACHED_VALUES, _CACHED_BINS = 32_768, 262_144
"""Values and bins that are worked on together: about what the second-level cache holds."""


def quantiles(counts: np.ndarray[Any, Any], values: Floats, levels: Sequence[float]) -> Floats:
    """Give quantiles of a histogram, by the convention of ``numpy.quantile`` (linear between order statistics).

    Parameters
    ----------
    counts : ndarray
        Whole numbers, shape (series, bin).
    values : ndarray
        What stands for each bin, rising; shape (series, bin) or (bin,).
    levels : sequence of float
        Probabilities, in [0, 1].

    Returns
    -------
    ndarray
        Shape (series, level); NaN for a series of nothing.
    """
    series = counts.shape[0]
    out = np.full((series, len(levels)), np.nan)
    if counts.shape[1] == 0:
        return out
    below = counts.cumsum(axis=1, dtype=np.int64)
    n = below[:, -1]
    some = n > 0
    values = np.broadcast_to(values, counts.shape)
    rows = np.arange(series)
    for column, level in enumerate(levels):
        position = np.maximum(n - 1, 0) * level
        lower = np.floor(position)
        share = position - lower

        def ranked(rank: np.ndarray[Any, Any]) -> Floats:
            bins = (below <= rank[:, None]).sum(axis=1)
            return np.asarray(values[rows, np.minimum(bins, counts.shape[1] - 1)])

        a, b = ranked(lower.astype(np.int64)), ranked(np.minimum(lower.astype(np.int64) + 1, np.maximum(n - 1, 0)))
        # numpy's own way of going from a to b, so that whole numbers come out the same to the last bit.
        step = b - a
        between = np.where(share >= 0.5, b - step * (1.0 - share), a + step * share)
        out[some, column] = between[some]
    return out


@dataclass
class Sketch:
    """Histograms of many series with one way of numbering bins.

    A quantile is within ``keys``'s relative error of the larger of the two order statistics that it lies between, or
    under its floor; for whole numbers it is exact. The least and greatest value of each series are exact.

    Attributes
    ----------
    keys : Keys
        How values are binned.
    counts : ndarray of int32
        Shape (series, bin).
    start : int
        Key of the first bin.
    least, greatest : ndarray of float64
        Shape (series,); inf and -inf where a series has no value.
    """

    keys: Keys
    counts: Counts
    start: int
    least: Floats
    greatest: Floats

    @classmethod
    def empty(cls, keys: Keys, series: int) -> Self:
        """Give a sketch of no values."""
        return cls(keys, np.zeros((series, 0), dtype=np.int32), 0, np.full(series, np.inf), np.full(series, -np.inf))

    @classmethod
    def of(cls, keys: Keys, values: np.ndarray[Any, Any], kernels: Kernels | None = None) -> Self:
        """Sketch values of shape (series, world), as :meth:`add` does."""
        sketch = cls.empty(keys, values.shape[0])
        sketch.add(values, kernels)
        return sketch

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        return self.counts.nbytes + self.least.nbytes + self.greatest.nbytes

    @property
    def known(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Number of values of each series."""
        return np.asarray(self.counts.sum(axis=1, dtype=np.int64))

    @property
    def outside(self) -> int:
        """How many values, of all series together, lie farther out than the bins reach."""
        ends = [key - self.start for key in (-self.keys.last, self.keys.last)]
        return sum(int(self.counts[:, end].sum()) for end in ends if 0 <= end < self.counts.shape[1])

    def add(self, values: np.ndarray[Any, Any], kernels: Kernels | None = None) -> None:
        """Count values of shape (series, world); NaN are left out.

        Parameters
        ----------
        values : ndarray
            Shape (series, world).
        kernels : Kernels, optional
            Compiled loops, with which it takes about half as long. The result is the same to the last bit.
        """
        if values.size == 0:
            return
        least, greatest = values.min(axis=1).astype(np.float64), values.max(axis=1).astype(np.float64)
        some_unknown = bool(np.isnan(least).any())
        if some_unknown:
            # These pass over NaN, and are slower.
            least, greatest = np.fmin.reduce(values, axis=1), np.fmax.reduce(values, axis=1)
            least, greatest = np.where(np.isnan(least), np.inf, least), np.where(np.isnan(greatest), -np.inf, greatest)
        low, high = float(least.min()), float(greatest.max())
        if low > high:
            return
        first, last = (int(key) for key in self.keys.of(np.array([low, high]), low, high))
        self._reach(first, last)
        np.minimum(self.least, least, out=self.least)
        np.maximum(self.greatest, greatest, out=self.greatest)
        if kernels is not None:
            self.keys.count(kernels, values, self.counts, self.start)
            return
        width = self.counts.shape[1]
        rows = max(1, min(_CACHED_VALUES // values.shape[1], _CACHED_BINS // width))
        offsets = np.arange(rows)[:, None] * width - self.start
        for row in range(0, values.shape[0], rows):
            part = values[row : row + rows]
            size = part.shape[0]
            if some_unknown:
                unknown = np.isnan(part)
                places = self.keys.of(np.where(unknown, low, part), low, high)
                places += offsets[:size]
                # What is unknown is counted in a bin behind all others, which is then left out: faster than picking.
                np.putmask(places, unknown, size * width)
            else:
                places = self.keys.of(part, low, high)
                places += offsets[:size]
            counted = np.bincount(places.ravel(), minlength=size * width)
            self.counts[row : row + size] += counted[: size * width].reshape(size, width)

    def _reach(self, first: int, last: int) -> None:
        """Make room for keys from the first to the last."""
        low, high = first // _BLOCK * _BLOCK, (last // _BLOCK + 1) * _BLOCK
        width = self.counts.shape[1]
        if width:
            low, high = min(low, self.start), max(high, self.start + width)
        if (low, high - low) == (self.start, width):
            return
        counts = np.zeros((self.counts.shape[0], high - low), dtype=np.int32)
        if width:
            counts[:, self.start - low : self.start - low + width] = self.counts
        self.counts, self.start = counts, low

    def merge(self, other: Sketch) -> None:
        """Take in another sketch of the same series, in place."""
        width = other.counts.shape[1]
        if width == 0:
            return
        self._reach(other.start, other.start + width - 1)
        at = other.start - self.start
        self.counts[:, at : at + width] += other.counts
        np.minimum(self.least, other.least, out=self.least)
        np.maximum(self.greatest, other.greatest, out=self.greatest)

    def negated(self) -> Sketch:
        """Give the sketch of minus the values."""
        start = -(self.start + self.counts.shape[1] - 1)
        return Sketch(self.keys, self.counts[:, ::-1], start, -self.greatest, -self.least)

    def values(self) -> Floats:
        """Give what stands for each bin, shape (series, bin): its middle, or the least or greatest value if nearer."""
        centres = self.keys.centres(np.arange(self.start, self.start + self.counts.shape[1], dtype=np.int64))
        return np.asarray(np.clip(centres, self.least[:, None], self.greatest[:, None]), dtype=np.float64)

    def quantiles(self, levels: Sequence[float]) -> Floats:
        """Give quantiles, shape (series, level); NaN for a series of nothing."""
        some = self.least <= self.greatest
        out = np.full((self.counts.shape[0], len(levels)), np.nan)
        if some.any():
            # A series of nothing has no least value to clip by.
            out[some] = quantiles(self.counts[some], self.values()[some], levels)
        return out
