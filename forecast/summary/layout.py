"""What a summary holds: its levels, the floor of each unit, and every variable with its dims, in one place."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from forecast.schema import OUTCOMES, SIRTE_CODES, STATES, Outcome
from forecast.summary.keys import Keys, Relative, Whole
from priors.intervals import tails

__all__ = ["CODES", "FLOORS", "LEVELS", "dims", "keys_of", "kind_of", "parameter_keys"]

LEVELS = (tails()[0], 0.25, 0.5, 0.75, tails()[1])
"""Probabilities of the quantiles that are reported; the outer two bound the interval of every table."""

FLOORS: Mapping[str, float] = MappingProxyType(
    {"1": 2.0**-14, "fighters": 2.0**-3, "persons": 2.0**-3, "kb/d": 2.0**-6}
)
"""By unit, the size under which a value counts as 0 in a quantile. Far under what anybody would tell apart."""

CODES = SIRTE_CODES

_PARAMETER_FLOOR = 2.0**-24
"""Parameters have units and sizes of all kinds, and are few."""

Kind = Literal["yes/no", "whole", "continuous"]


def kind_of(outcome: Outcome) -> Kind:
    """Say whether an outcome is yes or no, a whole number, or any number."""
    if outcome.is_event:
        return "yes/no"
    state = STATES.get(outcome.state)
    counted = state is not None and (state.kind == "count" or (state.kind == "yes/no" and outcome.reading == "total"))
    return "whole" if outcome.unit == "month" or counted else "continuous"


def keys_of(unit: str, *, whole: bool) -> Keys:
    """Give the way to bin values of a unit."""
    return Whole() if whole else Relative(FLOORS[unit])


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


def dims() -> dict[str, tuple[str, ...]]:
    """Give the dims of every variable of a whole summary; parameters come beside these."""
    found: dict[str, tuple[str, ...]] = {}
    for name, variable in STATES.items():
        if variable.kind == "code":
            found |= {name + suffix: ("option", "month", "code") for suffix in ("", "_error")}
            continue
        for suffix, more in _OF_STATE.items():
            if suffix != "_quantile" or variable.kind != "yes/no":
                found[name + suffix] = ("option", "month", *more)
    for name, outcome in OUTCOMES.items():
        found |= {name + suffix: ("option", *more) for suffix, more in _OF_OUTCOME.items()}
        found |= {name + suffix: ("option", "other", *more) for suffix, more in _OF_PAIR.items()}
        if outcome.is_event:
            found[name + "_only"] = ("option", "other")
    return found
