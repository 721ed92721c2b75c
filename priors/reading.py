"""What a prior on a technical scale means in plain terms: logs read back as factors, chances and half-lives."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from .intervals import MASS

if TYPE_CHECKING:
    from .prior import Prior

__all__ = ["reading"]

_YEAR = 12.0


def _factor(value: float) -> str:
    return f"{math.exp(value):.2g}"


def _chance(value: float) -> str:
    return f"{100 * -math.expm1(-_YEAR * math.exp(value)):.0f}%"


def _growth(value: float) -> str:
    return f"{math.exp(_YEAR * value):.2g}"


def _cut(value: float) -> str:
    return f"{100 * -math.expm1(-_YEAR * value):.0f}%"


def _half_life(value: float) -> str:
    return f"{math.log(0.5) / math.log1p(-value):.0f}"


def _loss(value: float) -> str:
    return f"{100 * -math.expm1(-value):.2g}%"


# How a unit begins, how its reading is worded, and how a value reads. The first that fits is used.
_READINGS: tuple[tuple[str, str, Callable[[float], str]], ...] = (
    ("log hazard ratio", "as a factor on the hazard", _factor),
    ("log rate ratio", "as a factor on the rate", _factor),
    ("log of the monthly hazard", "as a chance within 12 months", _chance),
    ("log growth a month", "as a factor on strength in a year", _growth),
    ("log attrition a month", "as a cut in strength in a year", _cut),
    ("share a month", "months to half the way", _half_life),
    ("log loss per raid", "as a loss in one raid", _loss),
)


def reading(prior: Prior) -> str:
    """Read a prior back in plain terms.

    Parameters
    ----------
    prior : Prior
        Any prior; its unit decides how it is read.

    Returns
    -------
    str
        For example ``"as a chance within 12 months: 13%, between 4% and 36%"``: the median and the central 90%
        interval, carried over exactly because every reading is monotone. Empty where the unit is plain already.
    """
    for start, words, read in _READINGS:
        if prior.unit.startswith(start):
            low, high = prior.interval(MASS)
            # A half-life falls as the share rises; the smaller number is told first in any case.
            ends = (low, high) if read is not _half_life else (high, low)
            condition = prior.unit.removeprefix(start)
            return f"{words}{condition}: {read(prior.median)}, between {read(ends[0])} and {read(ends[1])}"
    return ""
