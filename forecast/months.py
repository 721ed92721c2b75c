"""Months after the origin: how many steps are in them, which steps a month has, and what the calendar calls it."""

from __future__ import annotations

import datetime
import math

from forecast.errors import InvalidArgument

__all__ = ["HORIZON", "MOST_HORIZON", "MOST_MONTHS", "date_of", "first_step_of", "month_of", "number_of", "steps_in"]

HORIZON, MOST_HORIZON = 24, 120
"""Months of a run where neither it nor its world says how many, and the most."""

MOST_MONTHS = 1200
"""The latest month that anything may name."""

_ROUNDING = 1e-9
"""Of a month: a step of 12/52 months is no binary fraction, and thirteen of them are three months."""


def _whole(months: int, step: float) -> int | None:
    """Return the number of steps in so many months, or None if it is not whole."""
    steps = round(months / step)
    return steps if steps > 0 and abs(steps * step - months) <= _ROUNDING else None


def steps_in(months: int, step: float) -> int:
    """Return how many steps of ``step`` months are in so many months.

    Raises
    ------
    InvalidArgument
        If it is not a whole number, naming the nearest number of months below and above of which it is.
    """
    steps = _whole(months, step)
    if steps is None:
        below = next((near for near in range(months - 1, 0, -1) if _whole(near, step)), None)
        above = next((near for near in range(months + 1, MOST_MONTHS + 1) if _whole(near, step)), None)
        near = " or ".join(str(one) for one in (below, above) if one is not None)
        raise InvalidArgument(
            f"{months} months in steps of {step:.6g} months",
            expected="months that are a whole number of steps",
            mend=f"run {near} months" if near else "write a world whose step divides a whole number of months",
        )
    return steps


def month_of(number: int, step: float) -> int:
    """Return the month in which a step ends; steps and months are counted from 1."""
    return math.ceil(number * step - _ROUNDING)


def first_step_of(month: int, step: float) -> int:
    """Return the first step that ends in a month, or that begins no sooner where a step is longer than a month."""
    if step > 1.0:
        return math.ceil((month - 1 - _ROUNDING) / step) + 1
    return math.floor((month - 1 + _ROUNDING) / step) + 1


def _first(origin: datetime.date) -> int:
    """Return the calendar month that is month 1, counted from the year 0: the first that begins no sooner."""
    return origin.year * 12 + origin.month - (origin.day == 1)


def date_of(month: int, origin: datetime.date) -> str:
    """Return the year and month of a month after the origin, "2020-02".

    Month 1 is the first calendar month that begins on the day of the origin or later.
    """
    years, months = divmod(_first(origin) + month - 1, 12)
    return f"{years:04}-{months + 1:02}"


def number_of(year: int, month: int, origin: datetime.date) -> int:
    """Return the number of a calendar month after the origin, 1 or more; 0 and less is before it."""
    return year * 12 + month - _first(origin)
