"""From a value to the whole number of its bin, and back.

Two ways: whole numbers are their own bins, so nothing is lost, up to a size that few reach; other numbers take theirs
from the bits of the double.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from forecast.summary.kernels import Kernels

__all__ = ["RELATIVE_ERROR", "Keys", "Relative", "Whole"]

type Floats = np.ndarray[Any, np.dtype[np.float64]]
type Ints = np.ndarray[Any, np.dtype[np.int64]]

_MANTISSA_BITS = 7
_SHIFT = 52 - _MANTISSA_BITS
_PER_OCTAVE = 1 << _MANTISSA_BITS
_MAGNITUDE = np.int64(2**63 - 1)

RELATIVE_ERROR = 2.0 ** -(_MANTISSA_BITS + 1)
"""A value is reported within this share of itself (1/256): half a bin, of which there are 128 in each octave."""


class Keys(Protocol):
    """A way to number bins. Keys rise with the value, and the key of -x is minus the key of x."""

    @property
    def last(self) -> int:
        """The bin of all that is farther out than the bins reach; minus it, on the negative side."""

    def of(self, values: np.ndarray[Any, Any], low: float, high: float) -> Ints:
        """Give the key of each value, all of which are from low to high and none of which is NaN."""

    def count(self, kernels: Kernels, values: np.ndarray[Any, Any], counts: np.ndarray[Any, Any], start: int) -> None:
        """Count values of shape (series, world) into bins from key ``start`` on, by compiled code; NaN are left out."""

    def centres(self, keys: Ints) -> Floats:
        """Give the value that stands for each bin."""


@dataclass(frozen=True)
class Whole:
    """Whole numbers, each its own bin as long as they are not very large.

    Parameters
    ----------
    largest : int
        Numbers up to this, of either sign, are kept apart; a power of two less 1. Larger ones share the bins of
        :class:`Relative`.
    """

    largest: int = 65_535

    @property
    def _beyond(self) -> Relative:
        # As far as 2^62, whatever the largest is.
        return Relative(self.largest + 1.0, octaves=62 - self.largest.bit_length())

    @property
    def last(self) -> int:
        """The bin of all that is farther out."""
        return self.largest + self._beyond.last

    def of(self, values: np.ndarray[Any, Any], low: float, high: float) -> Ints:
        """Give the key of each value, all of which are from low to high."""
        if -self.largest <= low and high <= self.largest:
            return values.astype(np.int64)
        near = np.clip(values, -self.largest, self.largest).astype(np.int64)
        return np.asarray(near + self._beyond.of(np.asarray(values, dtype=np.float64), low, high))

    def count(self, kernels: Kernels, values: np.ndarray[Any, Any], counts: np.ndarray[Any, Any], start: int) -> None:
        """Count values of shape (series, world) into bins from key ``start`` on, by compiled code; NaN are left out."""
        kind = np.int32 if values.dtype == np.int32 else np.float64
        kernels.wholes(np.ascontiguousarray(values, dtype=kind), counts, start, self.largest, self.last)

    def centres(self, keys: Ints) -> Floats:
        """Give the value that stands for each bin: the number itself, or the middle."""
        near = np.clip(keys, -self.largest, self.largest)
        return np.asarray(np.where(near == keys, keys, self._beyond.centres(keys - near)), dtype=np.float64)


@dataclass(frozen=True)
class Relative:
    """Bins of which 128 share each octave, told by exponent and first seven bits of the mantissa.

    The idea is that of HdrHistogram and DDSketch [1]_; bits instead of logarithms make a key a shift and a
    subtraction. The middle of a bin is within 1/256 of any value in it.

    Parameters
    ----------
    floor : float
        A power of two, in the unit of the values. What is smaller than it counts as 0.
    octaves : int
        Octaves above the floor; values beyond them are counted together.

    References
    ----------
    .. [1] Masson, Rim and Lee (2019). DDSketch: a fast and fully-mergeable quantile sketch with relative-error
       guarantees. PVLDB 12(12).
    """

    floor: float
    octaves: int = 48

    def __post_init__(self) -> None:
        if not (self.floor > 0 and math.frexp(self.floor)[0] == 0.5):
            raise ValueError(f"floor = {self.floor!r} is no power of two")

    @property
    def _base(self) -> int:
        # The floor itself has key 1.
        return int(np.float64(self.floor).view(np.int64) >> _SHIFT) - 1

    @property
    def last(self) -> int:
        """The bin of all that is farther out."""
        return self.octaves * _PER_OCTAVE + 1

    def of(self, values: np.ndarray[Any, Any], low: float, high: float) -> Ints:
        """Give the key of each value, all of which are from low to high."""
        bits = np.ascontiguousarray(values, dtype=np.float64).view(np.int64)
        if low >= 0.0:
            # The usual case, with fewer passes. A negative zero has negative bits, and ends at key 0 as it should.
            keys = bits >> _SHIFT
            keys -= self._base
            np.maximum(keys, 0, out=keys)
        else:
            keys = (bits & _MAGNITUDE) >> _SHIFT
            keys -= self._base
            np.maximum(keys, 0, out=keys)
            np.negative(keys, out=keys, where=bits < 0)
        if max(-low, high) >= math.ldexp(self.floor, self.octaves):
            np.clip(keys, -self.last, self.last, out=keys)
        return keys

    def count(self, kernels: Kernels, values: np.ndarray[Any, Any], counts: np.ndarray[Any, Any], start: int) -> None:
        """Count values of shape (series, world) into bins from key ``start`` on, by compiled code; NaN are left out."""
        bits = np.ascontiguousarray(values, dtype=np.float64).view(np.int64)
        kernels.numbers(bits, counts, _SHIFT, self._base, start, self.last)

    def centres(self, keys: Ints) -> Floats:
        """Give the value that stands for each bin: its middle, 0 for what is under the floor."""
        size = np.abs(keys)
        low = ((size + self._base) << _SHIFT).view(np.float64)
        high = ((size + self._base + 1) << _SHIFT).view(np.float64)
        # Nothing is known of what is farther out but that it is at least this.
        middle = np.where(size >= self.last, low, 0.5 * (low + high))
        return np.asarray(np.where(size == 0, 0.0, np.sign(keys) * middle), dtype=np.float64)
