"""When to stop adding worlds: once the best option is told from all others, or when the budget ends."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from forecast.engine.reduction import GRANULE
from forecast.errors import InvalidArgument
from forecast.summary.ranking import Ranking, direction, rank
from forecast.summary.summary import Summary
from forecast.world import World

__all__ = ["RESOLVED", "Rule", "rule"]

RESOLVED = "ranking resolved"


@dataclass
class Rule:
    """Looks at the ranking after 4,096 worlds, twice that, four times, and at the end of the budget.

    Attributes
    ----------
    outcome, level, options
        As for :func:`forecast.summary.ranking.rank`, which spends the risk of a wrong claim over the looks.
    budget : int
        Most worlds.
    ranking : Ranking, optional
        What the last look saw.
    """

    outcome: str
    level: float
    options: tuple[str, ...]
    budget: int
    ranking: Ranking | None = None
    _looks: int = field(default=0, repr=False)

    def resolves(self, total: Summary) -> bool:
        """Look if it is time to; tell whether the ranking is resolved."""
        if total.worlds != self.budget and total.worlds != GRANULE << self._looks:
            return False
        self._looks += 1
        self.ranking = rank(total, outcome=self.outcome, options=self.options, look=self._looks, level=self.level)
        return self.ranking.resolved

    def attrs(self) -> dict[str, Any]:
        """Give the last look for the attributes of the result."""
        if self.ranking is None:
            return {}
        seen = self.ranking
        shown = {
            "outcome": seen.outcome,
            "better": seen.better,
            "best": seen.best,
            "rival": seen.rival,
            # JSON has no NaN.
            "difference": seen.difference if math.isfinite(seen.difference) else None,
            "error": seen.error if math.isfinite(seen.error) else None,
            "level": seen.level,
            "look": seen.look,
            "worlds": seen.worlds,
            "resolved": seen.resolved,
        }
        return {"ranking": json.dumps(shown)}


def rule(
    world: World,
    stop_when: object,
    *,
    outcome: str | None,
    level: float,
    options: tuple[str, ...],
    budget: int,
    reduce: bool,
) -> Rule | None:
    """Check when to stop; arguments and errors as for :func:`forecast.simulate`."""
    if outcome is not None:
        direction(outcome, world.outcomes)
    if isinstance(level, bool) or not isinstance(level, float | np.floating) or not 0.0 < level < 1.0:
        raise InvalidArgument(f"stop_level = {level!r:.60}", expected="a number in (0, 1)", mend="pass 0.95, say")
    if stop_when is None:
        return None
    if not isinstance(stop_when, str) or stop_when != RESOLVED:
        raise InvalidArgument(f"stop_when = {stop_when!r:.60}", expected=f"{RESOLVED!r} or None", mend="leave it out")
    if not reduce:
        raise InvalidArgument(
            "stop_when without reduce",
            expected="reduce=True, since the worlds that it takes may be too many to keep",
            mend="add reduce=True; then simulate(worlds=...) with as many worlds gives the same ones in full",
        )
    if len(options) < 2:
        raise InvalidArgument(
            f"stop_when with {len(options)} option", expected="at least two options to rank", mend="add an option"
        )
    outcome = world.leading if outcome is None else outcome
    direction(outcome, world.outcomes)
    return Rule(outcome, float(level), options, budget)
