"""Writing numbers: an estimate with no more figures than its error allows, a count with its noun."""

from __future__ import annotations

import math

from priors.reading import scale_of

__all__ = ["counted", "estimate_text", "points_text", "range_text", "rounded", "value_text"]

_PLAIN_FIGURES = 4
"""Significant figures where no error says how many are known."""


def counted(number: int, noun: str) -> str:
    """Give a number with its noun: "1 month", "24 months"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _place(error: float) -> int:
    """Power of ten to which an error, and so its value, is rounded."""
    mantissa, exponent = f"{error:.2e}".split("e")
    # A leading 1.00 to 3.54 keeps a second figure: with one, rounding alone could change the error by a third.
    return int(exponent) - 1 if float(mantissa) < 3.55 else int(exponent)


def _at(value: float, place: int) -> str:
    # NumPy rounds its own numbers otherwise than Python does: 44.55 would be written in two ways.
    text = f"{round(float(value), -place):,.{max(0, -place)}f}"
    # A small negative value that rounds to zero has no sign to show.
    return text.removeprefix("-") if not any(digit in text for digit in "123456789") else text


def rounded(value: float, error: float) -> tuple[str, str]:
    """Round a value and its error to the error's last figure worth showing.

    The error keeps one significant figure, or two when they start with 10 to 35 (the rule of the Particle Data
    Group); the value ends at the same decimal place. Thousands are separated by commas.

    Parameters
    ----------
    value : float
        The estimate.
    error : float
        Its standard error, in the same unit, >= 0; NaN where it is unknown.

    Returns
    -------
    tuple of str
        ``("0.318", "0.005")``; ``("4,880", "40")``. An unknown error is ``"?"`` and leaves the value four figures;
        a value that is NaN is ``"none"`` with an empty error.

    References
    ----------
    Particle Data Group (2014), Review of Particle Physics, *Chinese Physics C* 38, 090001, introduction, section 5.3.
    """
    if math.isnan(value):
        return "none", ""
    if not math.isfinite(value):
        return f"{value:g}", "?"
    if math.isfinite(error) and error > 0.0:
        place = _place(error)
        return _at(value, place), _at(error, place)
    leading = math.floor(math.log10(abs(value))) if value else 0
    # With nothing to say otherwise a value keeps four figures, and one above 10,000 its whole units.
    text = _at(value, min(0, leading - _PLAIN_FIGURES + 1)) if value else "0"
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
