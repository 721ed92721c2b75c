"""What evidence as of the origin may speak of: chances, hazards of the council, and the strength of ISIS before.

They are the functions of the month in the conditions of the origin, so that belief and consequence cannot drift apart.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from forecast.libya.army import hold_probability
from forecast.libya.council import collapse_log_rate, endorsement_log_rate
from forecast.libya.hazards import event_probability, unrest_level
from forecast.libya.isis import earlier
from forecast.libya.state import Array

__all__ = ["CHANCES", "HAZARDS", "strength_before"]

# Clashes a month by year before the origin, against the rate of 2015: 109 events in 2014, four fifths of them in its
# second half (docs/sources.md). Month 1 is February 2016, month 16 November 2014.
_CLASHES_2015, _CLASHES_LATE_2014 = 64 / 12, 0.8 * 109 / 6
_MONTHS_SINCE_2014 = 14

# The council's conditions at the origin. There every effect is multiplied by exactly 0, so the effects are not even
# read: what a likelihood does not depend on keeps its prior, and the sampler has ten quantities fewer. A test holds
# this equal to the hazards with the effects.
_COLLAPSE_AT_ORIGIN: Mapping[str, float] = dict.fromkeys(
    ("settled", "footprint", "blowback", "legitimate", "resolved", "invited", "revenue", "standing"), 0.0
)
_NO_COLLAPSE_EFFECTS: Mapping[str, float] = dict.fromkeys(
    ("by_footprint", "by_blowback", "by_legitimacy", "by_dispute", "by_invited", "by_revenue"), 0.0
)
_ENDORSING_AT_ORIGIN: Mapping[str, float] = dict.fromkeys(
    ("mediation", "footprint", "unrest", "resolved", "standing"), 0.0
)
_NO_ENDORSING_EFFECTS: Mapping[str, float] = dict.fromkeys(
    ("by_mediation", "by_footprint", "by_unrest", "by_resolved"), 0.0
)


def _collapse(xp: Any, beliefs: Any) -> Array:
    """Hazard a month that the council collapses, in the conditions of the origin."""
    log_rate = collapse_log_rate(
        beliefs.collapse_hazard,
        executive=beliefs.collapse_executive,
        **_COLLAPSE_AT_ORIGIN,
        **_NO_COLLAPSE_EFFECTS,
    )
    return xp.exp(log_rate)


def _endorsing(xp: Any, log_hazard: Array) -> Array:
    """Hazard a month of being seated or endorsed, in the conditions of the origin."""
    return xp.exp(endorsement_log_rate(log_hazard, **_ENDORSING_AT_ORIGIN, **_NO_ENDORSING_EFFECTS))


HAZARDS: Mapping[str, Callable[..., Array]] = {
    "collapse": _collapse,
    "seating": lambda xp, beliefs: _endorsing(xp, beliefs.seating_hazard),
    "hor": lambda xp, beliefs: _endorsing(xp, beliefs.hor_hazard),
    "gnc": lambda xp, beliefs: _endorsing(xp, beliefs.gnc_hazard),
}
"""Hazards of the council at the origin, a month."""

CHANCES: Mapping[str, Callable[..., Array]] = {
    # With no structures to join there is nothing for a programme to gain from, so the gain is not read.
    "train_hold": lambda xp, beliefs: hold_probability(beliefs.train_hold, 0.0, 0.0),
    "capture_share": lambda xp, beliefs: beliefs.capture_share,
    "parallel_origin": lambda xp, beliefs: beliefs.parallel_origin,
    "hor_in_a_month": lambda xp, beliefs: event_probability(xp, xp.log(_endorsing(xp, beliefs.hor_hazard))),
}
"""Chances that a trial succeeds."""


def strength_before(xp: Any, level: Array, beliefs: Any, time: Any) -> Array:
    """Strength of ISIS a month before, by the factional fighting of that month."""
    unrest = xp.where(
        time.years < -(_MONTHS_SINCE_2014 + 0.5) / 12.0,
        unrest_level(xp, math.log(_CLASHES_LATE_2014 / _CLASHES_2015)),
        unrest_level(xp, math.log(_CLASHES_2015 / _CLASHES_2015)),
    )
    return earlier(
        xp,
        level,
        unrest=unrest,
        years=time.years,
        growth=beliefs.isis_growth,
        foreign=beliefs.recruit_foreign,
        disorder=beliefs.disorder_recruitment,
        ceiling=beliefs.isis_ceiling,
        resistance=beliefs.local_resistance,
        diversion=beliefs.diversion,
        inflow=beliefs.isis_inflow,
        fallback=beliefs.inflow_fallback,
    )
