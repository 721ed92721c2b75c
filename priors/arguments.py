"""Checks of the plain arguments that several public functions share."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, TypeGuard

import numpy as np

from forecast.errors import InvalidArgument, InvalidPrior, kind_of, near_matches

__all__ = ["as_number", "as_pair", "as_probability", "check_draws", "checked_table", "is_number"]


_LEAST = 1e-6


def is_number(value: object) -> TypeGuard[float]:
    """Whether a value is a real number and not a truth value."""
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)


def as_number(value: Any, *, what: str, infinite: bool = False) -> float:
    """Read one real number.

    Raises
    ------
    InvalidPrior
        If it is not a number, or is NaN, or is infinite where that is not allowed.
    """
    number = math.nan
    if is_number(value):
        # A whole number of any size is valid TOML, and not every one is a double.
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
    if math.isnan(number) or (math.isinf(number) and not infinite):
        raise InvalidPrior(
            f"{what} = {_short(value)}",
            expected="a number" if infinite else "a finite number",
            mend=f"give {what} as a plain number",
        )
    return number


def as_probability(value: Any, *, what: str) -> float:
    """Read one probability that leaves both it and its complement room: in [1e-6, 1 - 1e-6].

    Raises
    ------
    InvalidPrior
        If it is not a number in that range.
    """
    number = as_number(value, what=what)
    if not _LEAST <= number <= 1 - _LEAST:
        raise InvalidPrior(
            f"{what} = {number:g}",
            expected="a probability strictly between 0 and 1, and at least a millionth from either",
            mend=f"write {number:g}% as {number / 100:g}" if 1 < number < 100 else f"choose a {what} well inside",
        )
    return number


def as_pair(value: Any, *, what: str, infinite: bool = False) -> tuple[float, float]:
    """Read two increasing numbers.

    Raises
    ------
    InvalidPrior
        If there are not two numbers, or the first is not below the second.
    """
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):
        items: list[Any] = []
    else:
        items = list(value)
    if len(items) != 2:
        raise InvalidPrior(
            f"{what} = {_short(value)}",
            expected="two numbers, the lower first",
            mend=f"write {what} as (low, high)",
        )
    low = as_number(items[0], what=f"the lower end of {what}", infinite=infinite)
    high = as_number(items[1], what=f"the upper end of {what}", infinite=infinite)
    if not low < high:
        raise InvalidPrior(
            f"{what} = ({low:g}, {high:g})",
            expected="a lower end below the upper end",
            mend="swap the two numbers, or widen them",
        )
    return low, high


def checked_table(
    value: Any, *, what: str, required: tuple[str, ...], optional: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Check that a table has the keys it needs and no others.

    Raises
    ------
    InvalidPrior
        If it is not a table, or a key is missing or unknown.
    """
    known = (*required, *optional)
    if not isinstance(value, Mapping):
        raise InvalidPrior(
            f"{what} = {_short(value)}",
            expected=f"a table with {', '.join(known)}",
            mend=f"write {what} as a mapping of names to values",
        )
    for key in value:
        if key not in known:
            raise InvalidPrior(
                f"{what} with the key {key!r}",
                expected=f"only {', '.join(known)}",
                mend=near_matches(str(key), known),
            )
    for key in required:
        if key not in value:
            raise InvalidPrior(
                f"{what} without {key}",
                expected=f"the keys {', '.join(required)}",
                mend=f"add {key}",
            )
    return dict(value)


def check_draws(n: Any, seed: Any, start: Any = 0) -> tuple[int, int, int]:
    """Check the size, the seed and the first world of a sample.

    Raises
    ------
    InvalidArgument
        If any of them is not a whole number in its range.
    """
    for name, value, least in (("n", n, 1), ("seed", seed, 0), ("start", start, 0)):
        whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
        if not whole or int(value) < least:
            raise InvalidArgument(
                f"{name} = {_short(value)}",
                expected=f"a whole number of at least {least}",
                mend=f"give {name} as a plain int",
            )
    return int(n), int(seed), int(start)


def _short(value: object) -> str:
    # Python refuses to write out whole numbers of more than some thousands of digits.
    try:
        text = repr(value)
    except ValueError:
        text = f"{kind_of(value)} too long to show"
    return text if len(text) <= 60 else text[:57] + "..."
