"""What is kept of one state or outcome: one small accumulator for each kind, with the same three methods."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol, Self

import numpy as np

from forecast.errors import InvalidArgument
from forecast.schema import NO_NUMBER
from forecast.summary.kernels import Kernels
from forecast.summary.keys import Keys, Whole
from forecast.summary.moments import (
    ExactPairs,
    InOrder,
    Moments,
    Pairs,
    PairsReport,
    pairs_of,
    variance,
)
from forecast.summary.sketch import Sketch, quantiles

__all__ = [
    "Codes",
    "CountState",
    "Events",
    "NumberState",
    "Numbers",
    "OutcomePart",
    "StatePart",
    "Tables",
    "WholeNumbers",
    "YesNoState",
    "jeffreys_error",
]

type Array = np.ndarray[Any, Any]
type Tables = dict[str, Array]
"""Arrays by the suffix under which they are reported."""


class StatePart(Protocol):
    """What is kept of one state, values being of shape (option, month, world)."""

    def merge(self, other: Any, *, fold: bool = True) -> None:
        """Take in what was kept of later worlds, in place; ``fold`` as for :class:`InOrder`."""

    def tables(self, levels: tuple[float, ...]) -> Tables:
        """Give what is reported, on (option, month)."""


class OutcomePart(Protocol):
    """What is kept of one outcome, values being of shape (option, world)."""

    def merge(self, other: Any, *, fold: bool = True) -> None:
        """Take in what was kept of later worlds, in place; ``fold`` as for :class:`InOrder`."""

    def report(self) -> PairsReport:
        """Give means, spreads and what pairing does."""

    def tables(self, levels: tuple[float, ...]) -> Tables:
        """Give what is reported, on (option,) and (option, other)."""


def jeffreys_error(happened: Array, n: Array | int) -> Array:
    """Sd of the Jeffreys posterior of a probability, as :func:`forecast.estimates.mean_error` gives it."""
    a = np.asarray(happened, dtype=np.float64) + 0.5
    b = n - np.asarray(happened, dtype=np.float64) + 0.5
    return np.asarray(np.sqrt(a * b / ((a + b) ** 2 * (a + b + 1.0))))


def _rows(values: Array) -> Array:
    """Put (option, month, world) as (series, world)."""
    return np.ascontiguousarray(values).reshape(-1, values.shape[-1])


def _error(spread: Array, n: Array | int) -> Array:
    return np.asarray(np.sqrt(spread / np.maximum(n, 1)))


@dataclass
class YesNoState:
    """How many worlds say yes, and in which series some world says neither yes nor no."""

    n: int
    happened: Array
    spoiled: Array

    @classmethod
    def of(cls, values: Array) -> Self:
        """Count."""
        spoiled = values.min(axis=-1) < 0 if values.dtype.kind == "i" else np.zeros(values.shape[:-1], dtype=bool)
        rows = _rows(values == 1 if spoiled.any() else values).view(np.uint8)
        # Sixteen bits hold this many; adding in them is the fastest that NumPy does.
        step = 65_535
        happened = np.zeros(rows.shape[0], dtype=np.int64)
        for start in range(0, rows.shape[1], step):
            happened += rows[:, start : start + step].sum(axis=1, dtype=np.uint16)
        return cls(values.shape[-1], happened.reshape(values.shape[:-1]), spoiled)

    def merge(self, other: YesNoState, *, fold: bool = True) -> None:
        """Take in later worlds, in place."""
        self.n += other.n
        self.happened = self.happened + other.happened
        self.spoiled = self.spoiled | other.spoiled

    def tables(self, levels: tuple[float, ...]) -> Tables:
        """Give probability, error and sd; NaN where some world says neither."""
        m2 = self.happened * (1.0 - self.happened / self.n)
        found = {
            "": self.happened / self.n,
            "_error": jeffreys_error(self.happened, self.n),
            "_sd": np.sqrt(variance(m2, self.n)),
        }
        return {suffix: np.where(self.spoiled, np.nan, array) for suffix, array in found.items()}


@dataclass
class Codes:
    """How many worlds have each code, on (option, month, code); those in which it is none are in no code's number."""

    n: int
    happened: Array

    @property
    def spoiled(self) -> Array:
        """Where the code of some world is none."""
        return np.asarray(self.happened.sum(axis=-1) < self.n)

    @classmethod
    def of(cls, values: Array, codes: int) -> Self:
        """Count."""
        parts = [YesNoState.of(values == code).happened for code in range(codes)]
        happened = np.stack(parts, axis=-1)
        strange = (happened.sum(axis=-1) < values.shape[-1]).any()
        if strange and (happened.sum(axis=-1) + (values == NO_NUMBER).sum(axis=-1) < values.shape[-1]).any():
            raise InvalidArgument(
                f"a state has codes from {values.min()} to {values.max()}",
                expected=f"codes from 0 to {codes - 1}",
                mend="name every code where the world declares the state: code(long_name, words)",
            )
        return cls(values.shape[-1], happened)

    def merge(self, other: Codes, *, fold: bool = True) -> None:
        """Take in later worlds, in place."""
        self.n += other.n
        self.happened = self.happened + other.happened

    def tables(self, levels: tuple[float, ...]) -> Tables:
        """Give the probability of each code, and its error."""
        bad = self.spoiled[..., None]
        found = {"": self.happened / self.n, "_error": jeffreys_error(self.happened, self.n)}
        return {suffix: np.where(bad, np.nan, array) for suffix, array in found.items()}


@dataclass
class CountState:
    """The exact histogram of a count, from which everything follows, but for counts that share bins.

    Attributes
    ----------
    n : int
        Worlds.
    shape : tuple of int
        Of the series: (option, month).
    sketch : Sketch
        The histogram. What stands in place of a count that is none is a bin of its own, :data:`NO_NUMBER`.
    shared : ndarray of int64
        Of counts beyond :attr:`Whole.largest`: their sum, and with a count as ``65,536 high + low`` the sums of
        ``high**2``, ``high * low`` and ``low**2``, which 64 bits hold; shape (series, 4).
    """

    n: int
    shape: tuple[int, ...]
    sketch: Sketch
    shared: Array

    @classmethod
    def of(cls, values: Array, keys: Whole, kernels: Kernels | None = None) -> Self:
        """Count."""
        rows = _rows(values)
        sketch = Sketch.of(keys, rows, kernels)
        shared = np.zeros((len(rows), 4), dtype=np.int64)
        for series in np.flatnonzero(sketch.greatest > keys.largest):
            row = rows[series].astype(np.int64)
            row = row[row > keys.largest]
            high, low = row >> 16, row & 0xFFFF
            shared[series] = row.sum(), high @ high, high @ low, low @ low
        return cls(values.shape[-1], values.shape[:-1], sketch, shared)

    @property
    def spoiled(self) -> Array:
        """Which series have a world in which the count is none."""
        return np.asarray(self.sketch.least < 0).reshape(self.shape)

    def merge(self, other: CountState, *, fold: bool = True) -> None:
        """Take in later worlds, in place."""
        self.n += other.n
        self.sketch.merge(other.sketch)
        self.shared = self.shared + other.shared

    def tables(self, levels: tuple[float, ...]) -> Tables:
        """Give mean, error, sd and quantiles; NaN where a count is none."""
        counts = self.sketch.counts.astype(np.int64)
        values = np.arange(self.sketch.start, self.sketch.start + counts.shape[1])
        mean = counts @ values / self.n
        # Deviations from the mean and not squares less a square: the terms are all of one sign.
        m2 = (counts * (values - mean[:, None]) ** 2).sum(axis=1)
        for series in np.flatnonzero(self.shared[:, 0]):
            mean[series], m2[series] = self._exact(int(series), counts[series], values)
        spread = variance(m2, self.n)
        found = {"": mean, "_error": _error(spread, self.n), "_sd": np.sqrt(spread)}
        shaped = {suffix: array.reshape(self.shape) for suffix, array in found.items()}
        shaped["_quantile"] = self.sketch.quantiles(levels).reshape(*self.shape, -1)
        return {
            suffix: np.where(self.spoiled.reshape(*self.shape, *[1] * (array.ndim - len(self.shape))), np.nan, array)
            for suffix, array in shaped.items()
        }

    def _exact(self, series: int, counts: Array, values: Array) -> tuple[float, float]:
        """Give mean and sum of squared deviations of a series some of whose counts share bins."""
        assert isinstance(self.sketch.keys, Whole)
        alone = np.abs(values) <= self.sketch.keys.largest
        total, high2, product, low2 = (int(number) for number in self.shared[series])
        total += int(counts[alone] @ values[alone])
        squares = (high2 << 32) + (product << 17) + low2 + int(counts[alone] @ values[alone] ** 2)
        return total / self.n, (self.n * squares - total * total) / self.n


@dataclass
class NumberState:
    """Moments and sketch of a state that is any number; also of the parameters, whose shape is ()."""

    n: int
    shape: tuple[int, ...]
    moments: InOrder[Moments]
    sketch: Sketch

    @classmethod
    def of(cls, values: Array, keys: Keys, kernels: Kernels | None = None) -> Self:
        """Take moments and sketch."""
        rows = _rows(values)
        return cls(values.shape[-1], values.shape[:-1], InOrder([Moments.of(rows)]), Sketch.of(keys, rows, kernels))

    def merge(self, other: NumberState, *, fold: bool = True) -> None:
        """Take in later worlds, in place."""
        self.n += other.n
        self.moments.merge(other.moments, fold=fold)
        self.sketch.merge(other.sketch)

    def tables(self, levels: tuple[float, ...]) -> Tables:
        """Give mean, error, sd and quantiles."""
        moments = self.moments.total
        spread = variance(moments.m2, self.n)
        found = {"": moments.mean, "_error": _error(spread, self.n), "_sd": np.sqrt(spread)}
        shaped = {suffix: array.reshape(self.shape) for suffix, array in found.items()}
        return shaped | {"_quantile": self.sketch.quantiles(levels).reshape(*self.shape, -1)}


def _pair_tables(report: PairsReport, n: Array) -> Tables:
    """Give what every kind of outcome reports but its quantiles."""
    return {
        "": report.mean,
        "_error": _error(report.variance, n),
        "_sd": np.sqrt(report.variance),
        "_known": n,
        "_difference": report.difference,
        "_difference_error": _error(report.difference_variance, report.known),
        "_variance_ratio": report.variance_ratio,
        "_covariance": report.covariance,
        "_difference_known": report.known,
    }


@dataclass
class Events:
    """A yes/no outcome: in how many worlds it came, for each option and for each two together."""

    sums: ExactPairs

    @classmethod
    def of(cls, values: Array) -> Self:
        """Count."""
        # Where it is missing in some world it is no bool but float.
        return cls(ExactPairs.of(values if values.dtype.kind == "f" else values.astype(bool)))

    def merge(self, other: Events, *, fold: bool = True) -> None:
        """Take in later worlds, in place."""
        self.sums.merge(other.sums)

    def report(self) -> PairsReport:
        """Give means, spreads and what pairing does."""
        return self.sums.report()

    def tables(self, levels: tuple[float, ...]) -> Tables:
        """Give what is reported."""
        n, happened = np.diagonal(self.sums.n), np.diagonal(self.sums.total)
        only, only_other = self.sums.discordant()
        known = self.sums.n
        differences = np.stack([only_other, known - only - only_other, only], axis=-1)
        shape = known.shape
        return _pair_tables(self.report(), n) | {
            "_error": np.where(n > 0, jeffreys_error(happened, n), np.nan),
            "_quantile": quantiles(np.stack([n - happened, happened], axis=-1), np.array([0.0, 1.0]), levels),
            "_difference_quantile": quantiles(differences.reshape(-1, 3), np.array([-1.0, 0.0, 1.0]), levels).reshape(
                *shape, -1
            ),
            "_only": only,
        }


@dataclass
class _Sketched:
    """Sketches of an outcome, and of the differences between every two options (each pair once)."""

    own: Sketch
    differences: Sketch

    @classmethod
    def of(cls, values: Array, keys: Keys, kernels: Kernels | None = None) -> Self:
        first, second = pairs_of(values.shape[0])
        differences = values[first] - values[second]
        return cls(Sketch.of(keys, values, kernels), Sketch.of(keys, differences, kernels))

    def merge(self, other: _Sketched, *, fold: bool = True) -> None:
        self.own.merge(other.own)
        self.differences.merge(other.differences)

    def tables(self, levels: tuple[float, ...]) -> Tables:
        options = self.own.counts.shape[0]
        first, second = pairs_of(options)
        found = np.full((options, options, len(levels)), np.nan)
        found[first, second] = self.differences.quantiles(levels)
        found[second, first] = self.differences.negated().quantiles(levels)
        # An option never differs from itself, in the worlds that it knows.
        found[np.arange(options), np.arange(options)] = np.where(self.own.known > 0, 0.0, np.nan)[:, None]
        return {"_quantile": self.own.quantiles(levels), "_difference_quantile": found}


@dataclass
class WholeNumbers:
    """An outcome in whole numbers: exact sums and exact histograms."""

    sums: ExactPairs
    sketched: _Sketched

    @classmethod
    def of(cls, values: Array, keys: Keys, kernels: Kernels | None = None) -> Self:
        """Take sums and histograms."""
        numbers = values.astype(np.float64)
        known = numbers[~np.isnan(numbers)]
        if (known != np.rint(known)).any():
            raise InvalidArgument(
                f"an outcome in whole numbers has the value {known[known != np.rint(known)][0]!r}",
                expected="whole numbers, or NaN where unknown",
                mend="declare the outcome with measure(...), in a unit of its own",
            )
        return cls(ExactPairs.of(numbers), _Sketched.of(numbers, keys, kernels))

    def merge(self, other: WholeNumbers, *, fold: bool = True) -> None:
        """Take in later worlds, in place."""
        self.sums.merge(other.sums)
        self.sketched.merge(other.sketched)

    def report(self) -> PairsReport:
        """Give means, spreads and what pairing does."""
        return self.sums.report()

    def tables(self, levels: tuple[float, ...]) -> Tables:
        """Give what is reported."""
        return _pair_tables(self.report(), np.diagonal(self.sums.n)) | self.sketched.tables(levels)


@dataclass
class Numbers:
    """An outcome that is any number: moments and sketches."""

    pairs: InOrder[Pairs]
    sketched: _Sketched = field(repr=False)

    @classmethod
    def of(cls, values: Array, keys: Keys, kernels: Kernels | None = None) -> Self:
        """Take moments and sketches."""
        numbers = values.astype(np.float64, copy=False)
        return cls(InOrder([Pairs.of(numbers)]), _Sketched.of(numbers, keys, kernels))

    def merge(self, other: Numbers, *, fold: bool = True) -> None:
        """Take in later worlds, in place."""
        self.pairs.merge(other.pairs, fold=fold)
        self.sketched.merge(other.sketched)

    def report(self) -> PairsReport:
        """Give means, spreads and what pairing does."""
        return self.pairs.total.report()

    def tables(self, levels: tuple[float, ...]) -> Tables:
        """Give what is reported."""
        return _pair_tables(self.report(), np.diagonal(self.pairs.total.n)) | self.sketched.tables(levels)
