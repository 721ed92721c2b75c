"""Checks of arguments that several functions take: what was given, what was expected, how to mend it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from forecast.errors import InvalidArgument, UnknownOption, UnknownOutcome, UnknownPrior, kind_of, near_matches
from priors.arguments import is_number

__all__ = [
    "flag",
    "listed",
    "one_of",
    "option_run",
    "outcome_known",
    "outcome_there",
    "parameter_known",
    "probability",
    "shown",
    "whole",
]


_SHOWN = 80


def shown(value: object) -> str:
    """Write a value as a message shows it: short, and whatever it is."""
    try:
        text = repr(value)
    except ValueError:
        # Python refuses to write out whole numbers of more than some thousands of digits.
        text = f"{kind_of(value)} too long to show"
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


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
    """Return a whole number between two bounds, both allowed.

    Raises
    ------
    InvalidArgument
        If it is anything else; a truth value is no number.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not low <= value <= high:
        raise InvalidArgument(
            f"{name} = {shown(value)}", expected=f"a whole number from {low} to {high}", mend="pass such a number"
        )
    return int(value)


def probability(name: str, value: Any, *, mend: str = "pass one, for example 0.95") -> float:
    """Return a probability strictly between 0 and 1."""
    if not is_number(value) or not 0.0 < value < 1.0:
        raise InvalidArgument(f"{name} = {shown(value)}", expected="a probability above 0 and below 1", mend=mend)
    return float(value)


def one_of(name: str, value: object, *choices: str) -> str:
    """Return a word that is one of a few."""
    if not isinstance(value, str) or value not in choices:
        expected = " or ".join(f'"{choice}"' for choice in choices)
        raise InvalidArgument(f"{name} = {value!r:.60}", expected=expected, mend=near_matches(str(value), choices))
    return value


def option_run(argument: str, name: object, options: Iterable[str]) -> str:
    """Return the name of an option that was run."""
    known = list(options)
    if not isinstance(name, str) or name not in known:
        raise UnknownOption(
            f"the {argument} {name!r:.60} was not run",
            expected="one of the options of these outcomes",
            mend=near_matches(str(name), known),
        )
    return name


def outcome_known(name: object, known: Iterable[str]) -> str:
    """Return the name of a per-world outcome that there is."""
    outcomes = list(known)
    if not isinstance(name, str) or name not in outcomes:
        raise UnknownOutcome(
            f"there is no outcome {shown(name)}",
            expected="a per-world outcome",
            mend=near_matches(str(name), outcomes),
        )
    return name


def parameter_known(name: object, known: Iterable[str], *, argument: str = "parameter") -> str:
    """Return the name of a parameter that there is."""
    parameters = list(known)
    if name not in parameters:
        raise UnknownPrior(
            f"there is no {argument} {shown(name)}",
            expected="a parameter of the worlds",
            mend=near_matches(str(name), parameters),
        )
    return str(name)


def outcome_there(name: str, outcomes: Iterable[object], *, needed: str = "") -> None:
    """Refuse outcomes from which a variable was dropped that is needed, and say by whom."""
    if name not in outcomes:
        raise UnknownOutcome(
            f"these outcomes have no {name!r}{needed}",
            expected="the outcomes of a whole simulation",
            mend="ask before dropping variables",
        )


def listed(argument: str, value: Iterable[str] | str) -> list[str]:
    """Return the names that an argument has, one name being a list of one.

    Parameters
    ----------
    argument : str
        What the argument is called.
    value : iterable of str or str
        What was given for it.

    Returns
    -------
    list of str
        In the order given; whether they are known, and each once, is for the caller to say.

    Raises
    ------
    InvalidArgument
        If it is neither: a number, say, bytes or a mapping.
    """
    if isinstance(value, str):
        return [value]
    try:
        if isinstance(value, bytes | Mapping):
            raise TypeError
        return [str(name) for name in value]
    except TypeError:
        raise InvalidArgument(
            f"{argument} is {kind_of(value)}",
            expected="a name, or several in a list",
            mend=f"pass {argument}=['a', 'b'], or leave it out",
        ) from None
