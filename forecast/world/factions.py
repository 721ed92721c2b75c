"""The factions: clashes, counter-alliances, captured aid, the patrons' own channels, and renewed war."""

from __future__ import annotations

from typing import Any

from forecast.world.hazards import ringing_time, rings
from forecast.world.state import Array, Assistance, Levers, Parameters, State, Time

__all__ = ["aid_captured", "blowback", "civil_war", "clash_rate", "clashes", "parallel_channels"]

_MOST_CLASHES = 48.0


def clash_rate(xp: Any, state: State, parameters: Parameters, aid: Assistance, unrest: Array) -> Array:
    """Mean number of factional clashes this month (P7, P9, P10, P20, P22, P29, P36, P47).

    Log-linear: partisan support, footprint, patrons' channels, last month's clashes, a counter-alliance, two armed
    rivals by the oil ports, defectors from training and open war raise it; integration beyond the origin's and
    command centres with advisers as neutral arbiters lower it. Upwards it saturates: with a ratio ``r`` to the
    origin's rate it is ``1 + h (1 - exp(-(r - 1) / h))``, which rises with slope 1 from the origin and ends at
    ``1 + h``, since even open war between all factions has a limit. At 48 a month it is cut off for the count's sake.
    """
    effects = (
        parameters.clash_partisanship * aid.partisanship
        + parameters.clash_footprint * aid.footprint
        + parameters.clash_parallel * (state.parallel_channels - 1.0)
        + parameters.clash_persistence * unrest
        + parameters.clash_blowback * state.blowback
        + parameters.clash_scramble * aid.armed_rivals
        + parameters.clash_defectors * (state.trained_defected / 1000.0)
        + parameters.clash_war * state.civil_war
        + parameters.clash_integration * (state.integration - parameters.integration_origin)
        + parameters.clash_centres * aid.advised_centres
    )
    ratio = xp.exp(effects)
    headroom = parameters.clash_headroom
    above = headroom * (1.0 - xp.exp(-xp.maximum(ratio - 1.0, 0.0) / headroom))
    return xp.minimum(parameters.clash_rate * (xp.minimum(ratio, 1.0) + above), _MOST_CLASHES)


def clashes(xp: Any, state: State, parameters: Parameters, aid: Assistance, unrest: Array, shock: Array) -> Array:
    """Count the factional clashes of this month.

    Poisson, by inverse CDF from one uniform, so that in the same world a higher rate never gives fewer clashes.
    """
    return xp.poisson_ppf(shock, clash_rate(xp, state, parameters, aid, unrest))


def blowback(xp: Any, state: State, parameters: Parameters, aid: Assistance, shock: Array, time: Time) -> Array:
    """Whether rivals have formed a counter-alliance.

    By partisan support, the more so where advisers show it (P32), much more in Sirte with Misrata alone (P33, P35),
    and with two armed rivals around the oil ports (P36). Once formed it lasts.
    """
    forms = ringing_time(
        xp,
        shock,
        parameters.blowback_hazard
        + parameters.blowback_partisanship * aid.partisanship * aid.presence
        + parameters.blowback_sirte * aid.misrata_alone
        + parameters.blowback_scramble * aid.armed_rivals,
    )
    return xp.maximum(state.blowback, rings(forms, time))


def aid_captured(state: State, parameters: Parameters, aid: Assistance) -> Array:
    """Share of the support that is turned on domestic rivals.

    Concentration raises it, vetting lowers it (N12, P29-P31, P43).
    """
    return state.aid_captured + parameters.capture_pace * (
        parameters.capture_share * aid.partisan_share - state.aid_captured
    )


def parallel_channels(
    xp: Any, state: State, levers: Levers, parameters: Parameters, aid: Assistance, shock: Array, time: Time
) -> Array:
    """Whether Egypt, Qatar or the Emirates arm clients of their own (N16, P48-P50).

    Partisan support draws them in; restraint and Western unity make starting less likely and stopping more likely
    by the same hazard ratios.
    """
    pull = (
        parameters.parallel_partisanship * aid.partisanship
        + parameters.parallel_restraint * levers.regional_restraint
        + parameters.parallel_unity * levers.western_unity
    )
    log_hazard = xp.where(state.parallel_channels, parameters.parallel_off - pull, parameters.parallel_on + pull)
    changes = rings(ringing_time(xp, shock, log_hazard), time)
    return state.parallel_channels + changes * (1.0 - 2.0 * state.parallel_channels)


def civil_war(xp: Any, state: State, parameters: Parameters, unrest: Array, shock: Array, time: Time) -> Array:
    """Whether war between the two blocs has been renewed.

    By clashes, collapse and patrons' channels (P7, P36, P53). Once renewed it lasts to the horizon.
    """
    renewed = ringing_time(
        xp,
        shock,
        parameters.war_hazard
        + parameters.war_unrest * unrest
        + parameters.war_collapse * state.council_collapsed
        + parameters.war_parallel * (state.parallel_channels - 1.0),
    )
    return xp.maximum(state.civil_war, rings(renewed, time))
