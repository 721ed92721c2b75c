"""Reading an argument that takes a number."""

from __future__ import annotations

import math

from priors.arguments import is_number

__all__ = ["finite"]


def finite(value: object) -> float:
    """Give a number as a double; NaN for what is no real number, is infinite, or is too large for a double.

    A truth value is no number. What to say of a NaN is for the caller, who knows what the number is for.
    """
    if not is_number(value):
        return math.nan
    try:
        number = float(value)
    except OverflowError:
        return math.nan
    return number if math.isfinite(number) else math.nan
