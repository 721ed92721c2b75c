"""Estimates from worlds: means and their Monte-Carlo errors, joint errors of many means, and how all are written.

Everything here knows arrays and numbers, not what is asked of them. A statistic over worlds is a mean of influences, so
its error is that of a mean. Joint errors are taken from perturbed means: blocks of worlds are weighed by random normal
multipliers, the same for every statistic, so that whatever is shared between options (beliefs, luck) cancels in their
differences as it does in the worlds.

References
----------
van der Vaart & Wellner (1996), *Weak Convergence and Empirical Processes*, section 3.6 (multiplier bootstrap).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.errors import InvalidArgument
from forecast.plots.table import picture_of
from forecast.tables import page_of
from priors.arguments import is_number
from priors.intervals import MASS, interval_label, tails
from priors.reading import scale_of
from priors.streams import keyed_normals

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from matplotlib.figure import Figure

__all__ = [
    "Estimate",
    "block_jackknife",
    "change_error",
    "counted",
    "estimate_text",
    "event_error",
    "half_width",
    "jackknife_error",
    "joint_critical_value",
    "mean_error",
    "perturbations",
    "points_text",
    "range_text",
    "rounded",
    "spread_of",
    "standard_error",
    "student_width",
    "value_text",
]

type Array = np.ndarray[Any, np.dtype[np.float64]]

_BLOCKS = 1000
"""Most blocks of worlds that are perturbed: enough that the errors are known to about 2%."""

_REPEATS = 1000

_STEP = math.sqrt(2.0 * math.pi) / 4.0
"""Errors of a variance from it to where the slope of its root is taken: the slope at 0 is then right on average."""

_PLAIN_FIGURES = 4
"""Significant figures where no error says how many are known."""

_FIGURES = 15
"""Figures that a double has."""

_LARGE, _SMALL = 1e15, 1e-9
"""A number that is not below the first, or that is below the second, is written with an exponent."""


# Means and their errors


def standard_error(values: Array) -> Array:
    """Compute the standard error of the mean over the last dim.

    Parameters
    ----------
    values : ndarray
        Shape (..., world).

    Returns
    -------
    ndarray
        Shape (...), in the unit of the values; NaN for a single world.
    """
    worlds = values.shape[-1]
    if worlds < 2:
        return np.full(values.shape[:-1], np.nan)
    return np.asarray(values.std(axis=-1, ddof=1) / np.sqrt(worlds))


def event_error(count: Any, worlds: int) -> Array:
    """Compute the Monte-Carlo error of the probability of an event that came in so many worlds.

    Parameters
    ----------
    count : array_like
        Worlds in which it came, 0..worlds, any shape.
    worlds : int
        How many there are.

    Returns
    -------
    ndarray
        The sd of the Jeffreys posterior Beta(count + 1/2, worlds - count + 1/2), which stays above 0 when the event was
        seen in no world or in all of them.

    References
    ----------
    Brown, Cai & DasGupta (2001), "Interval estimation for a binomial proportion", *Statistical Science* 16, 101-133.
    """
    a, b = count + 0.5, worlds - count + 0.5
    return np.asarray(np.sqrt(a * b / ((a + b) ** 2 * (a + b + 1.0))))


def mean_error(values: np.ndarray[Any, Any], *, event: bool | None = None) -> float:
    """Compute the Monte-Carlo error of the mean over worlds.

    Parameters
    ----------
    values : ndarray
        One value a world.
    event : bool, optional
        Whether the values say if an event came, 0 or 1, whose error is that of :func:`event_error`; by default whether
        none is anything else.

    Returns
    -------
    float
        In the outcome's unit; NaN for a quantity from a single world.
    """
    if event if event is not None else bool(np.isin(values, (0.0, 1.0)).all()):
        return float(event_error(values.sum(), values.size))
    return float(standard_error(values))


def change_error(change: Array, *, event: bool, touched: bool) -> float:
    """Compute the Monte-Carlo error of a mean change between two runs of the same worlds.

    Parameters
    ----------
    change : ndarray
        Shape (world,).
    event : bool
        Whether it is of an event: then few worlds may turn, or none by luck.
    touched : bool
        Whether any state of any world differs between the two runs.

    Returns
    -------
    float
        0 only where nothing can have turned; NaN for a single world. Of an event one more world is counted as turned
        than was seen, which keeps the error above 0 as :func:`event_error` does.
    """
    if not event or not touched or change.size < 2:
        return float(standard_error(change))
    return float(np.sqrt(((change**2).sum() + 1.0) / change.size - change.mean() ** 2) / np.sqrt(change.size))


def spread_of(variance: float, error: float) -> tuple[float, float]:
    """Compute the standard deviation that belongs to an estimate of a variance, and its error.

    Parameters
    ----------
    variance, error : float
        The estimate, which chance may put below 0, and its standard error.

    Returns
    -------
    sd, error : float
        The root, 0 for a variance below 0. Its error is the slope of the root between variances a little below and a
        little above, cut at 0, times the error of the variance: error / (2 sd) where the variance is known well (the
        delta method), and sqrt(error) / (2 pi)^(1/4) where it is estimated at 0, which is the root mean square of the
        root of a normal cut at 0.
    """
    known, step = max(variance, 0.0), _STEP * error
    ends = math.sqrt(known + step), math.sqrt(max(known - step, 0.0))
    return math.sqrt(known), (ends[0] - ends[1]) / (2.0 * _STEP)


def jackknife_error(without: Array) -> Array:
    """Compute the standard error of a statistic from its values with each of equal parts left out.

    Parameters
    ----------
    without : ndarray
        Shape (part, ...).

    Returns
    -------
    ndarray
        Shape (...).

    References
    ----------
    Efron & Stein (1981), "The jackknife estimate of variance", *Annals of Statistics* 9, 586-596.
    """
    parts = without.shape[0]
    return np.asarray(np.sqrt((parts - 1.0) / parts * ((without - without.mean(axis=0)) ** 2).sum(axis=0)))


def block_jackknife(whole: Any, without: Any, sizes: Any) -> tuple[Array, Array]:
    """Compute the standard error, and the value less its bias, of a statistic from its values with each block left out.

    Parameters
    ----------
    whole : array_like
        The statistic of everything, any shape.
    without : array_like
        Shape (block, ...): the statistic of all but that block.
    sizes : array_like
        Shape (block,): members of each block, not all equal. Blocks without members do not count.

    Returns
    -------
    error, corrected : ndarray
        Shape of ``whole``; NaN with fewer than two blocks.

    References
    ----------
    Busing, Meijer & van der Leeden (1999), Delete-m jackknife for unequal m, *Statistics and Computing* 9, 3-8.
    """
    whole = np.asarray(whole, dtype=np.float64)
    sizes = np.asarray(sizes, dtype=np.float64)
    kept = sizes > 0
    left, sizes = np.asarray(without, dtype=np.float64)[kept], sizes[kept]
    count = sizes.size
    if count < 2:
        unknown = np.full_like(whole, np.nan)
        return unknown, unknown
    times = (sizes.sum() / sizes).reshape(-1, *[1] * whole.ndim)
    corrected = count * whole - ((1.0 - 1.0 / times) * left).sum(axis=0)
    pseudo = times * whole - (times - 1.0) * left
    return np.sqrt(((pseudo - corrected) ** 2 / (times - 1.0)).mean(axis=0)), corrected


# Many means at once


@lru_cache(maxsize=8)
def _multipliers(blocks: int, repeats: int, channel: str) -> Array:
    drawn = keyed_normals(0, channel, 0, repeats, rows=blocks).T
    drawn.flags.writeable = False
    return drawn


def _block_sums(influences: Array) -> Array:
    """Sum centred influences over blocks of neighbouring worlds, over their number: (..., world) to (..., block)."""
    worlds = influences.shape[-1]
    blocks = min(worlds, _BLOCKS)
    starts = np.arange(blocks) * worlds // blocks
    centred = influences - influences.mean(axis=-1, keepdims=True)
    # With n worlds the sum of squares of n centred terms falls short by (n - 1) / n.
    widen = np.sqrt(blocks / (blocks - 1)) if blocks > 1 else np.nan
    return np.asarray(np.add.reduceat(centred, starts, axis=-1) * (widen / worlds))


def perturbations(influences: Array, *, channel: str = "decision outer", repeats: int = _REPEATS) -> Array:
    """Draw what the means of influences would be off by in other worlds.

    Parameters
    ----------
    influences : ndarray
        Shape (statistic, world).
    channel : str
        Name of the multipliers: statistics perturbed under one name move together.
    repeats : int
        Number of draws.

    Returns
    -------
    ndarray
        Shape (repeat, statistic): normal with mean 0 and the covariance of the means.
    """
    sums = _block_sums(influences)
    return np.asarray(_multipliers(sums.shape[-1], repeats, channel) @ sums.T)


def half_width(mass: float = MASS, *, of: int = 1) -> float:
    """Compute half the width of a central interval of a normal, in standard errors.

    Parameters
    ----------
    mass : float
        Probability inside, in (0, 1).
    of : int
        How many intervals hold at once with that probability, whatever goes with what (Bonferroni).

    Returns
    -------
    float
        1.645 for 0.9.
    """
    return NormalDist().inv_cdf(tails(mass)[1] if of == 1 else 1.0 - (1.0 - mass) / (2.0 * of))


def student_width(normal: float, worlds: int) -> float:
    """Widen a number of standard errors as Student's t is wider than the normal; a single world tells nothing.

    Parameters
    ----------
    normal : float
        Standard errors of known size.
    worlds : int
        How many the errors were estimated from.

    Returns
    -------
    float
        With the same probability beyond; infinite for fewer than two worlds.
    """
    from scipy.stats import norm, t

    return float(t.isf(norm.sf(normal), worlds - 1)) if worlds > 1 else np.inf


def joint_critical_value(values: Array, *, level: float, one_sided: bool = False, pairs: bool = False) -> float:
    """Compute the number of standard errors within which all means are at once.

    Whatever option comes out on top, its differences from the others are among those of all pairs, so a verdict on the
    best by them is not the less sure for the best having been picked.

    Parameters
    ----------
    values : ndarray
        Shape (statistic, world); for pairs (option, world) or (cell, option, world).
    level : float
        Joint probability, in (0, 1).
    one_sided : bool
        Whether only means below their estimates count.
    pairs : bool
        Whether the statistics are the differences of all pairs of options, of each cell. Then with few worlds the
        number is as much larger as Student's t is wider than the normal, and infinite for a single one.

    Returns
    -------
    float
        At least the normal quantile of a single one; statistics that never vary are left out.

    References
    ----------
    Hothorn, Bretz & Westfall (2008), "Simultaneous inference in general parametric models", *Biometrical Journal* 50.
    Hsu (1981), "Simultaneous confidence intervals for all distances from the best", *Annals of Statistics* 9.
    """
    from scipy.stats import norm

    worlds = values.shape[-1]
    if pairs and worlds < 2:
        return np.inf
    found = float(norm.ppf(level if one_sided else (1.0 + level) / 2.0))
    largest, varying = np.full(4 * _REPEATS, -np.inf), 0
    for cell in values.reshape(-1, *values.shape[-2:]):
        moves = perturbations(cell, channel="decision critical", repeats=4 * _REPEATS)
        if pairs:
            first, second = np.triu_indices(cell.shape[0], 1)
            moves = moves[:, first] - moves[:, second]
        spread = moves.std(axis=0)
        varied = spread > 1e-12 * max(1.0, float(np.abs(cell).max(initial=0.0)))
        if varied.any():
            scaled = moves[:, varied] / spread[varied]
            largest = np.maximum(largest, (scaled if one_sided else np.abs(scaled)).max(axis=1))
            varying += int(varied.sum())
    if varying > 1:
        found = max(found, float(np.quantile(largest, level)))
    return student_width(found, worlds) if pairs else found


# Writing numbers


def counted(number: int, noun: str) -> str:
    """Write a number with its noun: "1 month", "24 months"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _place(error: float) -> int:
    """Compute the power of ten to which an error, and so its value, is rounded."""
    mantissa, exponent = f"{error:.2e}".split("e")
    # A leading 1.00 to 3.54 keeps a second figure: with one, rounding alone could change the error by a third.
    return int(exponent) - 1 if float(mantissa) < 3.55 else int(exponent)


def _at(value: float, place: int) -> str:
    # NumPy rounds its own numbers otherwise than Python does: 44.55 would be written in two ways.
    text = f"{round(float(value), -place):,.{max(0, -place)}f}"
    # A small negative value that rounds to zero has no sign to show.
    return text.removeprefix("-") if not any(digit in text for digit in "123456789") else text


def _with_exponent(value: float, place: int) -> str:
    if not round(float(value), -place):
        return "0"
    return f"{value:.{max(math.floor(math.log10(abs(value))) - place, 0)}e}"


def rounded(value: float, error: float) -> tuple[str, str]:
    """Round a value and its error to the error's last figure worth showing.

    The error keeps one significant figure, or two when they start with 10 to 35 (the rule of the Particle Data
    Group); the value ends at the same decimal place. Thousands are separated by commas. Numbers that
    would not fit, from 1e15 and below 1e-9, have an exponent.

    Parameters
    ----------
    value : float
        The estimate.
    error : float
        Its standard error, in the same unit, >= 0; NaN where it is unknown.

    Returns
    -------
    tuple of str
        ``("0.318", "0.005")``; ``("4,880", "40")``. An unknown error is ``"?"`` and leaves the value four figures, as
        does one of 0 and one that is below the last figure of a double; a value that is NaN is ``"none"`` with an empty
        error.

    References
    ----------
    Particle Data Group (2014), Review of Particle Physics, *Chinese Physics C* 38, 090001, introduction, section 5.3.
    """
    if math.isnan(value):
        return "none", ""
    if not math.isfinite(value):
        return f"{value:g}", "?"
    known = math.isfinite(error) and error > 0.0
    largest = max(abs(value), error if known else 0.0)
    write = _at if _SMALL <= largest < _LARGE or not largest else _with_exponent
    if known:
        place = _place(error)
        # A double has no more figures than these. Where the error is in none of them nothing varied but the last bit.
        if place >= math.floor(math.log10(largest)) - _FIGURES + 1:
            return write(value, place), write(error, place)
        error = 0.0
    leading = math.floor(math.log10(abs(value))) if value else 0
    # With nothing to say otherwise a value keeps four figures, and one above 10,000 its whole units.
    place = leading - _PLAIN_FIGURES + 1
    text = write(value, place if write is _with_exponent else min(0, place)) if value else "0"
    return text, "0" if error == 0.0 else "?"


def estimate_text(value: float, error: float, *, unit: str = "1") -> str:
    """Write an estimate with its error.

    Parameters
    ----------
    value, error : float
        As for :func:`rounded`; for the unit "yes/no" a probability of 0..1 and its error.
    unit : str
        As in the schema of outcomes: "yes/no" is written as a percentage, "1" (a pure number) not at all.

    Returns
    -------
    str
        ``"0.318 ± 0.005"``, ``"31.8 ± 0.5 %"`` or ``"4,880 ± 40 fighters"``.
    """
    scale, suffix = (100.0, " %") if unit == "yes/no" else (1.0, "" if unit == "1" else f" {unit}")
    shown, margin = rounded(scale * value, scale * error)
    return f"{shown} ± {margin}{suffix}" if margin else shown


def range_text(low: float, high: float, error: float, *, unit: str = "1") -> str:
    """Write a range, its ends rounded to the last figure of an error that is worth showing.

    Parameters
    ----------
    low, high : float
        The ends.
    error : float
        Standard error of an end.
    unit : str
        As for :func:`estimate_text`; percentages stand without their sign.

    Returns
    -------
    str
        ``"3.2 to 11.6"``; one number where the ends are not told apart by it.
    """
    scale = 100.0 if unit == "yes/no" else 1.0
    ends = [rounded(scale * end, scale * error)[0] for end in (low, high)]
    return " to ".join(dict.fromkeys(ends))


def points_text(value: float, error: float, *, unit: str = "1") -> str:
    """Write a difference or a spread with its error: as :func:`estimate_text`, but of probabilities in points.

    Parameters
    ----------
    value, error, unit
        As for :func:`estimate_text`.

    Returns
    -------
    str
        ``"31.8 ± 0.5 points"`` for the unit "yes/no".
    """
    return estimate_text(value, error, unit=unit).replace(" %", " points")


def value_text(value: float, error: float, unit: str, *, named: bool = True) -> str:
    """Write the value of a parameter with its error as readers know it: a log as a factor or a chance.

    Parameters
    ----------
    value, error : float
        As for :func:`rounded`, in the parameter's unit. The error of what is shown is by the delta method.
    unit : str
        Of the parameter.
    named : bool
        Whether to say what is shown after it, or the unit where that is plain.

    Returns
    -------
    str
        ``"12 ± 3 % within 12 months"`` for a log of the monthly hazard; as :func:`estimate_text` for a plain unit.
    """
    scale = scale_of(unit)
    if math.isnan(value):
        return estimate_text(value, error)
    number = estimate_text(scale.value(value), abs(scale.slope(value)) * error, unit="yes/no" if scale.percent else "1")
    return scale.followed(number) if named else number


@dataclass(frozen=True, repr=False)
class Estimate:
    """A quantity known by sampling worlds.

    Numbers can be added to it and multiply it, its error and bounds with it; ``float`` gives its value alone, and
    ``format(estimate, ".3f")`` value and error.

    Attributes
    ----------
    value : float
        The estimate.
    error : float
        Its Monte-Carlo standard error, >= 0; 0 where nothing was sampled.
    unit : str
        Unit of both, as in the schema of outcomes.
    meaning : str
        What it is, in a few words.
    least, most : float
        Bounds that the quantity cannot pass; the interval stays between them.
    whose : str
        Whose beliefs on what evidence, and by whose values, in words; empty where nothing says.

    Examples
    --------
    >>> import forecast
    >>> gain = forecast.Estimate(0.264, 0.031, unit="1", meaning="gain")
    >>> 100 * gain
    Estimate(26.4 ± 3.1, gain)
    >>> [round(end, 2) for end in gain.interval]
    [0.21, 0.31]
    """

    value: float
    error: float
    unit: str = "1"
    meaning: str = ""
    least: float = -math.inf
    most: float = math.inf
    whose: str = ""

    @property
    def interval(self) -> tuple[float, float]:
        """The central 90% interval: what a normal error allows, within the bounds."""
        half = half_width() * self.error
        return max(self.value - half, self.least), min(self.value + half, self.most)

    def __float__(self) -> float:
        return float(self.value)

    def __format__(self, spec: str) -> str:
        return f"{self.value:{spec}} ± {self.error:{spec}}" if spec else str(self)

    def __add__(self, other: float) -> Estimate:
        plus = _number(other, "added to")
        return self._with(self.value + plus, self.error, self.least + plus, self.most + plus)

    def __sub__(self, other: float) -> Estimate:
        return self + -_number(other, "less")

    def __neg__(self) -> Estimate:
        return self._with(-self.value, self.error, -self.most, -self.least)

    def __rsub__(self, other: float) -> Estimate:
        return -self + other

    def __mul__(self, other: float) -> Estimate:
        times = _number(other, "times")
        if times < 0.0:
            return -self * -times
        # Nothing times a bound that there is not is nothing, not NaN.
        least, most = (times * end if times else 0.0 for end in (self.least, self.most))
        return self._with(times * self.value, times * self.error, least, most)

    def __truediv__(self, other: float) -> Estimate:
        return self * (1.0 / _number(other, "over"))

    __radd__, __rmul__ = __add__, __mul__

    # NumPy's numbers leave arithmetic to this class.
    __array_ufunc__ = None

    def _with(self, value: float, error: float, least: float, most: float) -> Estimate:
        return Estimate(value, error, self.unit, self.meaning, least, most, self.whose)

    def to_frame(self) -> pd.DataFrame:
        """Tabulate: one row; columns value, error, lower, upper (central 90%) and unit."""
        import pandas as pd

        lower, upper = self.interval
        row = {"value": self.value, "error": self.error, "lower": lower, "upper": upper, "unit": self.unit}
        return pd.DataFrame([row], index=pd.Index([self.meaning], name="quantity"))

    def to_xarray(self) -> xr.Dataset:
        """Return the same row as a Dataset with the dim quantity."""
        import xarray as xr

        frame = self.to_frame()
        said = {str(name): value for name, value in frame.attrs.items() if isinstance(value, str | int | float)}
        return xr.Dataset.from_dataframe(frame).assign_attrs(said)

    def plot(self) -> Figure:
        """Draw the value and its interval on an axis in its unit."""
        figure: Figure = picture_of(self)
        return figure

    def __repr__(self) -> str:
        named = f", {self.meaning}" if self.meaning else ""
        return f"Estimate({estimate_text(self.value, self.error, unit=self.unit)}{named}{self.whose})"

    def _repr_html_(self) -> str:
        heads = ("quantity", "estimate", interval_label(MASS))
        lower, upper = (estimate_text(bound, self.error, unit=self.unit).split(" ±")[0] for bound in self.interval)
        text = estimate_text(self.value, self.error, unit=self.unit)
        return page_of(heads, [(self.meaning, text, f"{lower} to {upper}")], repr(self))


def _number(value: object, how: str) -> float:
    """Check what an estimate is put together with: two estimates of the same worlds are not independent."""
    if not is_number(value):
        raise InvalidArgument(
            f"Estimate {how} {type(value).__name__}",
            expected="a number",
            mend="put values together world by world, or take float(estimate) where its error does not matter",
        )
    return float(value)
