"""What a sensitivity analysis looks at: an outcome, a paired difference, a utility or a regret, a number a world."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from forecast.decision.reading import load_values
from forecast.decision.values import Values
from forecast.errors import InvalidArgument, UnknownOutcome, near_matches
from forecast.options import Option, parse, resolve
from forecast.schema import OUTCOMES

__all__ = ["REGRET", "UTILITY", "Looked", "looked_at"]

type Array = np.ndarray[Any, np.dtype[np.float64]]

UTILITY, REGRET = "utility", "regret"


@dataclass(frozen=True)
class Looked:
    """One quantity.

    Attributes
    ----------
    outcome : str
        A per-world outcome of the schema, "utility" or "regret".
    options : tuple of Option
        What must be run; the one looked at first, then the baseline or the rivals.
    paired : bool
        Whether the number is the first option's less the second's.
    values : Values or None
        Of a utility or regret.
    unit, title : str
        Of the number: "yes/no" is a probability in the mean, and of a difference a difference of probabilities.
    """

    outcome: str
    options: tuple[Option, ...]
    paired: bool
    values: Values | None
    unit: str
    title: str

    def __call__(self, outcomes: Mapping[str, np.ndarray[Any, Any]]) -> Array:
        """Read it from the outcomes of some worlds, each of shape (option, world): shape (world,)."""
        levels = self.levels(outcomes)
        if self.outcome == REGRET:
            return np.asarray(levels.max(axis=0) - levels[0])
        return np.asarray(levels[0] - levels[1] if self.paired else levels[0])

    def levels(self, outcomes: Mapping[str, np.ndarray[Any, Any]]) -> Array:
        """Give the outcome, or of utility and regret the utility, under each option: shape (option, world)."""
        if self.values is None:
            return np.asarray(outcomes[self.outcome].astype(np.float64))
        return self.values.total(outcomes)


def looked_at(
    outcome: str,
    *,
    option: str | Option,
    baseline: str | Option | None,
    options: Iterable[str | Option] | str | Option | None,
    values: str | Path | Mapping[str, float] | Values | None,
) -> Looked:
    """Check what a sensitivity analysis is asked to look at.

    Parameters
    ----------
    outcome : str
        A per-world outcome that every world has, "utility" or "regret".
    option : str or Option
        Under which option.
    baseline : str or Option, optional
        Look at the difference from this option in the same world; not with regret, which is a difference already.
    options : iterable of str or Option, optional
        The rivals that regret is measured against; all shipped ones by default.
    values : optional
        As for :func:`forecast.utility`, for a utility or regret; "balanced" by default.

    Returns
    -------
    Looked
        The quantity.

    Raises
    ------
    UnknownOutcome, UnknownOption, InvalidOption, UnknownValues, InvalidValues
        For a name that does not exist.
    InvalidArgument
        For a first month, which not every world has, or arguments that do not go together.
    """
    if outcome not in (*OUTCOMES, UTILITY, REGRET):
        raise UnknownOutcome(
            f"there is no outcome {outcome!r:.60}",
            expected='a per-world outcome, "utility" or "regret"',
            mend=near_matches(str(outcome), [*OUTCOMES, UTILITY, REGRET]),
        )
    first = _one(option)
    valued = outcome in (UTILITY, REGRET)
    if valued != (values is not None) and not valued:
        raise InvalidArgument(
            f"values with the outcome {outcome!r}",
            expected='values only of "utility" or "regret"',
            mend="leave them out",
        )
    if options is not None and outcome != REGRET:
        raise InvalidArgument(
            f"options with the outcome {outcome!r}", expected='rivals only of "regret"', mend="leave them out"
        )
    if outcome == REGRET and baseline is not None:
        raise InvalidArgument(
            "regret over a baseline", expected="one of the two", mend="leave the baseline out, or look at utility"
        )
    if not valued and OUTCOMES[outcome].unit == "month":
        raise InvalidArgument(
            f"the outcome {outcome!r} is a first month, which no world has in which the event did not come",
            expected="an outcome that every world has",
            mend="look at whether it happened instead",
        )
    chosen = load_values("balanced" if values is None else values) if valued else None
    others: tuple[Option, ...] = () if baseline is None else (_one(baseline),)
    if outcome == REGRET:
        others = tuple(rival for rival in resolve(options).values() if rival != first)
    title = f"{outcome.capitalize()}, {chosen.title}" if chosen is not None else OUTCOMES[outcome].long_name
    unit = "utility" if valued else OUTCOMES[outcome].unit
    return Looked(outcome, (first, *others), baseline is not None, chosen, unit, title)


def _one(option: str | Option) -> Option:
    return parse(option) if isinstance(option, str) else next(iter(resolve(option).values()))
