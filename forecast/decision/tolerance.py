"""From what gain on a change of choice counts."""

from __future__ import annotations

from forecast.decision.numbers import finite
from forecast.errors import InvalidArgument

__all__ = ["checked_tolerance"]

_PART = 0.05


def checked_tolerance(given: object, everything: float) -> float:
    """Return a tolerance in the utility's unit; of None, 5% of the value of knowing everything.

    Raises
    ------
    InvalidArgument
        If it is no finite number from 0 on.
    """
    if given is None:
        return _PART * everything
    number = finite(given)
    if not number >= 0.0:
        raise InvalidArgument(
            f"tolerance = {given!r:.60}",
            expected="a number from 0 on, in the utility's unit",
            mend="leave it out for 5% of the value of knowing everything",
        )
    return number
