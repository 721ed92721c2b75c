"""Whether a prior set speaks of the world model's parameters, all of them and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecast.errors import UnknownPrior, near_matches
from forecast.world.state import Parameters

if TYPE_CHECKING:
    from priors import PriorSet

__all__ = ["check_names"]


def check_names(beliefs: PriorSet) -> None:
    """Refuse a set that lacks a parameter or has one that the model does not use.

    Raises
    ------
    UnknownPrior
        Naming what is missing, or what is too many with near matches.
    """
    missing = [name for name in Parameters._fields if name not in beliefs]
    if missing:
        raise UnknownPrior(
            f"the prior set {beliefs.name!r} has no prior for {', '.join(missing[:5])}"
            + (f" and {len(missing) - 5} more" if len(missing) > 5 else ""),
            expected="a prior for every parameter of the world model",
            mend='start from priors.load("article") and replace what you believe differently',
        )
    extra = [name for name in beliefs if name not in Parameters._fields]
    if extra:
        raise UnknownPrior(
            f"the prior set {beliefs.name!r} has a prior for {extra[0]!r}, which the world model does not use",
            expected="only parameters of the world model",
            mend=near_matches(extra[0], Parameters._fields),
        )
