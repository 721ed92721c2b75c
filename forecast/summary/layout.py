"""What a summary holds: its levels, how values are binned, and every variable with its dims, in one place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from forecast.schema import Outcome, Variable
from forecast.summary.keys import Keys, Relative, Whole
from priors.intervals import tails

__all__ = ["LEVELS", "code_dim", "dims", "keys_of", "kind_of", "parameter_keys"]

LEVELS = (tails()[0], 0.25, 0.5, 0.75, tails()[1])
"""Probabilities of the quantiles that are reported; the outer two bound the interval of every table."""

_PARAMETER_FLOOR = 2.0**-24
"""Parameters have units and sizes of all kinds, and are few."""

Kind = Literal["yes/no", "whole", "continuous"]


def kind_of(outcome: Outcome) -> Kind:
    """Say whether an outcome is yes or no, a whole number, or any number."""
    if outcome.is_event:
        return "yes/no"
    return "whole" if outcome.whole else "continuous"


def keys_of(floor: float, *, whole: bool) -> Keys:
    """Give the way to bin values, those under the floor counting as 0."""
    return Whole() if whole else Relative(floor)


def code_dim(name: str, states: Mapping[str, Variable]) -> str:
    """Give the dim of what the numbers of a state stand for: "code" where there is one such state."""
    return "code" if sum(state.kind == "code" for state in states.values()) == 1 else f"{name}_code"


def parameter_keys() -> Keys:
    """Give the way to bin a parameter."""
    return Relative(_PARAMETER_FLOOR)


_OF_STATE = {"": (), "_error": (), "_sd": (), "_quantile": ("quantile",)}
_OF_OUTCOME = {"": (), "_error": (), "_sd": (), "_known": (), "_quantile": ("quantile",)}
_OF_PAIR = {
    "_difference": (),
    "_difference_error": (),
    "_difference_quantile": ("quantile",),
    "_variance_ratio": (),
    "_covariance": (),
    "_difference_known": (),
}


def dims(states: Mapping[str, Variable], outcomes: Mapping[str, Outcome]) -> dict[str, tuple[str, ...]]:
    """Give the dims of every variable of a summary of these; parameters come beside them."""
    found: dict[str, tuple[str, ...]] = {}
    for name, variable in states.items():
        if variable.kind == "code":
            found |= {name + suffix: ("option", "month", code_dim(name, states)) for suffix in ("", "_error")}
            continue
        for suffix, more in _OF_STATE.items():
            if suffix != "_quantile" or variable.kind != "yes/no":
                found[name + suffix] = ("option", "month", *more)
    for name, outcome in outcomes.items():
        found |= {name + suffix: ("option", *more) for suffix, more in _OF_OUTCOME.items()}
        found |= {name + suffix: ("option", "other", *more) for suffix, more in _OF_PAIR.items()}
        if outcome.is_event:
            found[name + "_only"] = ("option", "other")
    return found
