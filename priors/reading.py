"""What a value in a technical unit means in plain terms: logs read back as factors, chances and half-lives.

The one home of the conversion: pages, tables and pictures show values through :func:`scale_of`. Tables for scripts keep
the numbers in the units of their quantities.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

from .belief import Belief

__all__ = ["HAZARD", "Scale", "figure", "implied", "reading", "scale_of", "two_figures", "with_unit"]

HAZARD = "log of the monthly hazard"
"""Unit of the quantities that say how soon something happens."""

_YEAR = 12.0
_LARGEST = 700.0


def _exp(value: float) -> float:
    return math.exp(min(value, _LARGEST))


def figure(value: float) -> str:
    """Write a number for a reader: four figures, thousands separated."""
    if abs(value) < 1e-12:  # rounding of a quantile that is 0
        return "0"
    if not math.isfinite(value):
        return f"{value:g}"
    if 1e3 <= abs(value) < 1e9:
        return f"{float(f'{value:.4g}'):,.0f}"
    return f"{value:.4g}"


def with_unit(unit: str) -> str:
    """Return a unit as it follows a number: " per month" for "1/month"; a pure number ("1") has none to show."""
    if unit.startswith("1/") and " " not in unit:
        return f" per {unit[2:]}"
    return "" if unit in ("", "1") else f" {unit}"


def two_figures(value: float) -> str:
    """Write a number with two significant figures, thousands separated."""
    if math.isinf(value):
        return "∞" if value > 0 else "\N{MINUS SIGN}∞"
    if 100 <= abs(value) < 1e9:
        return f"{float(f'{value:.2g}'):,.0f}"
    return f"{value:.2g}"


def _percent(share: float) -> str:
    """Write a share of 0..1 with two figures, and as many as it takes to tell it from 100%."""
    percent = 100 * share
    return f"{percent:.2g}%" if percent < 9.95 else f"{percent:.0f}%" if percent < 99 else f"{percent:.3g}%"


@dataclasses.dataclass(frozen=True)
class Scale:
    """How values in a unit are shown.

    Attributes
    ----------
    label : str
        What a shown value is, as an axis or a heading names it: "chance within 12 months".
    suffix : str
        What follows a shown value: "within 12 months". Empty for a pure number.
    words : str
        What stands before a shown value: "as a chance within 12 months". Empty where the unit is plain already.
    value, slope : callable
        From a value in the unit to the one shown, and the derivative of that. A chance or share is of 0..1.
    percent : bool
        Whether what is shown is a chance or share, written in per cent.
    ratio : bool
        Whether the unit is the log of a ratio.
    """

    label: str
    suffix: str
    words: str
    value: Callable[[float], float]
    slope: Callable[[float], float]
    percent: bool = False
    ratio: bool = False

    @property
    def plain(self) -> bool:
        """Whether values are shown as they stand."""
        return not self.words

    def text(self, value: float) -> str:
        """Write a value in the unit as it is shown, without its suffix: "13%"."""
        shown = self.value(value)
        if self.plain:
            return figure(shown)
        return _percent(shown) if self.percent else two_figures(shown)

    def shown(self, value: float) -> str:
        """Write a value in the unit as it is shown: "13% within 12 months"."""
        return self.followed(self.text(value))

    def span(self, low: float, high: float) -> str:
        """Write two values, the smaller as shown first, without their suffix: "4% to 36%"."""
        return " to ".join(self._ends(low, high))

    def between(self, low: float, high: float) -> str:
        """Write two values as the ends of an interval: "between 4% and 36%"."""
        return "between " + " and ".join(self._ends(low, high))

    def followed(self, text: str) -> str:
        """Put the suffix behind a text of :meth:`text` or :meth:`span`."""
        return f"{text} {self.suffix}" if self.suffix else text

    def _ends(self, low: float, high: float) -> tuple[str, str]:
        # A half-life falls as the rate rises; the smaller number is told first in any case.
        first, second = sorted((low, high), key=self.value)
        return self.text(first), self.text(second)


def _chance(value: float) -> float:
    return -math.expm1(-_YEAR * _exp(value))


def _cut(value: float) -> float:
    return -math.expm1(-_YEAR * value) if value > -_LARGEST / _YEAR else -math.inf


def _half_life(rate: float) -> float:
    return math.log(2.0) / rate if rate > 0.0 else math.inf


def _half_life_slope(rate: float) -> float:
    return -math.log(2.0) / rate**2 if rate > 0.0 else math.nan


# How a unit begins, and how it is shown; the rest of the unit is a condition that follows. The first that fits is used.
_SCALES: dict[str, Scale] = {
    "log hazard ratio": Scale("factor on the hazard", "times the hazard", "as a factor on the hazard", _exp, _exp),
    "log rate ratio": Scale("factor on the rate", "times the rate", "as a factor on the rate", _exp, _exp),
    HAZARD: Scale(
        "chance within 12 months",
        "within 12 months",
        "as a chance within 12 months",
        _chance,
        lambda value: _YEAR * math.exp(min(value, _LARGEST) - _YEAR * _exp(value)),
        percent=True,
    ),
    "log growth a month": Scale(
        "factor on strength in a year",
        "times the strength in a year",
        "as a factor on strength in a year",
        lambda value: _exp(_YEAR * value),
        lambda value: _YEAR * _exp(_YEAR * value),
    ),
    "log attrition a month": Scale(
        "cut in strength in a year",
        "less strength in a year",
        "as a cut in strength in a year",
        _cut,
        lambda value: _YEAR * _exp(-_YEAR * value),
        percent=True,
    ),
    # Of a rate at which something approaches what it comes to. Other rates, of events and of growth, are plain.
    "share of the way a month": Scale(
        "months to half the way", "months to half the way", "months to half the way", _half_life, _half_life_slope
    ),
    "log loss per raid": Scale(
        "loss in one raid",
        "lost in one raid",
        "as a loss in one raid",
        lambda value: -math.expm1(-max(value, -_LARGEST)),
        lambda value: _exp(-value),
        percent=True,
    ),
}
_RATIOS = ("log hazard ratio", "log rate ratio")


def scale_of(unit: str) -> Scale:
    """Say how values in a unit are shown.

    Parameters
    ----------
    unit : str
        Of a quantity; what follows the technical term is a condition, as in "log hazard ratio per unit of effort".

    Returns
    -------
    Scale
        Values as they stand, with their unit, where that is no technical one.

    Examples
    --------
    >>> from priors.reading import scale_of
    >>> scale_of("log of the monthly hazard").text(-4.5)
    '12%'
    >>> scale_of("log rate ratio for full unrest").followed("2")
    '2 times the rate for full unrest'
    """
    for start, scale in _SCALES.items():
        if unit == start or unit.startswith(f"{start} "):
            condition = unit.removeprefix(start)
            return dataclasses.replace(
                scale,
                label=scale.label + condition,
                suffix=scale.suffix + condition,
                words=scale.words + condition,
                ratio=start in _RATIOS,
            )
    plain = with_unit(unit).strip()
    return Scale(plain, plain, "", lambda value: value, lambda value: 1.0)


def reading(prior: Belief) -> str:
    """Read a prior back in plain terms.

    Parameters
    ----------
    prior : Belief
        Any; its unit decides how it is read.

    Returns
    -------
    str
        For example ``"as a chance within 12 months: 13%, between 4% and 36%"``: the median and the central 90%
        interval, carried over exactly because every reading is monotone. Empty where the unit is plain already.
    """
    scale = scale_of(prior.unit)
    if scale.plain:
        return ""
    return f"{scale.words}: {scale.text(prior.median)}, {scale.between(*prior.interval())}"


def implied(prior: Belief) -> str:
    """Say what the central 90% of a prior comes to, also where it is far from what can be.

    Takes what :func:`reading` takes. For example ``"as a factor on the hazard, 1 to 16"``. Of a hazard the hazard
    itself, and how often it strikes within the month: a chance within 12 months would only be near 100%.
    """
    low, high = prior.interval()
    if prior.unit == HAZARD:
        at_once = _percent(-math.expm1(-_exp(prior.median)))
        span = f"{two_figures(_exp(low))} to {two_figures(_exp(high))}"
        return f"as a monthly hazard that is {span}: within the month in {at_once} of worlds"
    scale = scale_of(prior.unit)
    if scale.plain or scale.value(low) == scale.value(high):
        return f"as {figure(low)} to {figure(high)}{with_unit(prior.unit)}"
    return f"as {scale.words.removeprefix('as ')}, {scale.span(low, high)}"
