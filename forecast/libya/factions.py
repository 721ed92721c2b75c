"""The factions: who minds whom, loyalty, clashes, counter-alliances, captured aid, patrons' channels, renewed war."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from forecast.libya.hazards import ringing_time, rings, turned, unrest_level
from forecast.libya.naming import naming
from forecast.libya.state import Aid, Array, Levers, Parameters, Shocks, State, Time

__all__ = ["Factions", "clash_level", "clash_log_ratio", "factions", "rivalry", "sum_over_pairs"]

_DIRE, _MODERATE, _SLIGHT = 0, 1, 2

_PAIRS = (
    # Misrata overran Sirte in 2011, and the risk is called dire (N17, P33, P35).
    (0, 4, _DIRE),
    # The oil between them (P36), and the two constellations (N8).
    (0, 1, _MODERATE),
    (0, 2, _MODERATE),
    # The article names no quarrel between the others beyond that all are split (P9, P20).
    (0, 3, _SLIGHT),
    (1, 2, _SLIGHT),
    (1, 3, _SLIGHT),
    (1, 4, _SLIGHT),
    (2, 3, _SLIGHT),
    (2, 4, _SLIGHT),
    (3, 4, _SLIGHT),
)
"""Pairs of factions with how much each minds what the other gets: Misrata 0, the oil guards 1, the LNA 2, the south 3,
officers from Sirte 4."""

_MOST_CLASHES = 48.0

_named = naming("factions")


def rivalry(parameters: Parameters) -> tuple[Array, Array, Array]:
    """Give how much a pair minds, by level; the dire one is the unit."""
    return 1.0, parameters.rivalry_moderate, parameters.rivalry_slight


def sum_over_pairs(weights: tuple[Array, ...], value: Callable[[int, int], Array]) -> Array:
    """Add up what a function gives for each pair, weighted by how much the pair minds."""
    total: Array = 0.0
    for one, other, level in _PAIRS:
        total = total + weights[level] * value(one, other)
    return total


class Factions(NamedTuple):
    """The factions' part of the state."""

    clashes: Array
    unrest: Array
    tension: Array
    loyalty: Array
    lna_split: Array
    blowback: Array
    captured: Array
    parallel: Array
    civil_war: Array


def clash_log_ratio(
    state: State, parameters: Parameters, aid: Aid, tension: Array, years: Array, scramble_size: Array
) -> Array:
    """Log of clashes over their rate at the origin, were there no limit to them (P7, P9, P20, P22, P29, P36, P47).

    Re-centred at the origin. Violence was falling into the origin, and half of a long-run decline comes in the first
    year.
    """
    p = parameters
    return (
        tension
        - p.clash_decline * years / (1.0 + years)
        # A thousand trained men who went over are to the factions what full support to one of them is (P22).
        + p.clash_partisanship * (aid.partisanship + state.trained_partisan / 1000.0)
        + p.clash_footprint * aid.footprint
        + p.clash_parallel * (state.parallel_channels - 1.0)
        + p.clash_lna_split * state.lna_split
        + p.clash_war * state.civil_war
        + p.clash_integration * (state.integration - p.integration_origin)
        + p.clash_centres * aid.arbitration
        + scramble_size * state.freed
    )


def clash_level(xp: Any, parameters: Parameters, log_ratio: Array) -> Array:
    """Mean number of factional clashes a month.

    Upwards it saturates: with a ratio ``r`` to the origin's rate it is ``1 + h (1 - exp(-(r - 1) / h))``, which rises
    with slope 1 from the origin and ends at ``1 + h``, since even open war between all factions has a limit.
    """
    p = parameters
    ratio = _named(xp, "clash ratio", xp.exp(log_ratio))
    above = p.clash_headroom * (1.0 - xp.exp(-xp.maximum(ratio - 1.0, 0.0) / p.clash_headroom))
    above = _named(xp, "clashes above the origin", above)
    return _named(xp, "clashes a month", xp.minimum(p.clash_rate * (xp.minimum(ratio, 1.0) + above), _MOST_CLASHES))


def factions(
    xp: Any,
    state: State,
    levers: Levers,
    parameters: Parameters,
    aid: Aid,
    unrest: Array,
    scramble_size: Array,
    shocks: Shocks,
    time: Time,
) -> Factions:
    """Move the factions through the step.

    Tension is a log deviation of the clash rate that fades at a constant rate and is refreshed by shocks, so that its
    spread is the same at any step (Ornstein and Uhlenbeck 1930). Counter-alliances, channels and war begin and end.
    """
    p = parameters
    kept = _named(xp, "tension kept", xp.exp(-p.clash_pace * time.step))
    tension = kept * state.tension + p.clash_spread * xp.sqrt(1.0 - kept * kept) * shocks.tension
    log_ratio = clash_log_ratio(state, p, aid, tension, time.years, scramble_size)
    log_ratio = _named(xp, "clash log ratio", log_ratio)

    # Conditions move partners a little by themselves (P43), and more where centres bring them together (P44).
    pull = levers.conditionality * (p.loyalty_conditionality + p.loyalty_centres * state.centre_maturity)
    pull = _named(xp, "pull to the council", pull)
    loyalty = 1.0 - (1.0 - state.loyalty) * xp.exp(-pull * (1.0 - state.council_collapsed) * time.step)

    splits = ringing_time(xp, shocks.lna_split, p.lna_split_hazard)

    against = (
        p.blowback_hazard
        + p.blowback_partisanship * aid.partisanship * aid.presence
        + p.clash_centres * aid.arbitration
    )
    against = _named(xp, "counter alliance log hazard", against)
    blowback = turned(xp, state.blowback, shocks.blowback, begins=against, ends=p.blowback_end, time=time)

    pace = _named(xp, "pace of capture", 1.0 - xp.exp(-p.capture_pace * time.step))
    captured = state.aid_captured + pace * (p.capture_share * aid.partisan_share - state.aid_captured)

    # Partisan help draws patrons in; restraint acts on beginning and ending alike.
    pull = p.parallel_partisanship * aid.partisanship + p.parallel_restraint * aid.restraint
    pull = _named(xp, "pull of patrons", pull)
    parallel = turned(
        xp,
        state.parallel_channels,
        shocks.parallel,
        begins=_named(xp, "channels begin log hazard", p.parallel_on + pull),
        ends=_named(xp, "channels end log hazard", p.parallel_off - pull),
        time=time,
    )
    breaking = p.war_hazard + p.war_unrest * unrest + p.war_collapse * state.council_collapsed
    war = turned(
        xp,
        state.civil_war,
        shocks.civil_war,
        begins=_named(xp, "war begins log hazard", breaking),
        ends=_named(xp, "war ends log hazard", p.war_end_hazard - p.war_unrest * unrest),
        time=time,
    )
    return Factions(
        clashes=xp.poisson_ppf(shocks.clashes, clash_level(xp, p, log_ratio) * time.step),
        unrest=unrest_level(xp, log_ratio),
        tension=tension,
        loyalty=loyalty,
        lna_split=xp.maximum(state.lna_split, rings(splits, time)),
        blowback=blowback,
        captured=captured,
        parallel=parallel,
        civil_war=war,
    )
