"""Checks of arguments that several functions take."""

from __future__ import annotations

import numpy as np

from forecast.errors import InvalidArgument

__all__ = ["flag", "whole"]


def flag(name: str, value: object) -> bool:
    """Return a truth value.

    Raises
    ------
    InvalidArgument
        If it is anything else.
    """
    if not isinstance(value, bool):
        raise InvalidArgument(f"{name} = {value!r:.60}", expected="True or False", mend="leave it out")
    return value


def whole(name: str, value: object, low: int, high: int) -> int:
    """Give a whole number between two bounds, both allowed.

    Raises
    ------
    InvalidArgument
        If it is anything else; a truth value is no number.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not low <= value <= high:
        try:
            given = f"{name} = {value!r:.60}"
        except ValueError:
            # Python refuses to write out whole numbers of more than some thousands of digits.
            given = f"{name} is a whole number too long to show"
        raise InvalidArgument(given, expected=f"a whole number from {low} to {high}", mend=f"pass such a {name}")
    return int(value)
