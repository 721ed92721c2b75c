"""The army: command centres, the integration of forces, and the trained units."""

from __future__ import annotations

from typing import Any, NamedTuple

from forecast.libya.council import functions
from forecast.libya.naming import naming
from forecast.libya.state import Aid, Array, Levers, Parameters, State, Time

__all__ = ["Training", "centre_maturity", "centre_reach", "hold_probability", "integration", "training"]

_STAGES = 2.0

_named = naming("army")


class Training(NamedTuple):
    """Recruits on the course, by stage, and what became of those who left it; persons."""

    early: Array
    late: Array
    loyal: Array
    partisan: Array


def centre_reach(xp: Any, state: State, levers: Levers, parameters: Parameters, aid: Aid) -> Array:
    """Tell how far coordination, Western unity and patrons let command centres grow, 0..1 (P48, P49)."""
    reach = (
        levers.coordination
        * (1.0 - parameters.centre_unity * (1.0 - aid.unity))
        * (1.0 - parameters.centre_parallel * state.parallel_channels)
    )
    return _named(xp, "reach of centres", reach)


def centre_maturity(xp: Any, state: State, levers: Levers, parameters: Parameters, aid: Aid, time: Time) -> Array:
    """How far joint regional command centres work, 0..1: a slow approach to what is allowed (P44, P47)."""
    pace = _named(xp, "pace of centres", 1.0 - xp.exp(-parameters.centre_pace * time.step))
    return state.centre_maturity + pace * (centre_reach(xp, state, levers, parameters, aid) - state.centre_maturity)


def integration(
    xp: Any,
    state: State,
    levers: Levers,
    parameters: Parameters,
    aid: Aid,
    unrest: Array,
    collapsed: Array,
    time: Time,
) -> Array:
    """Share of forces under one integrated command, 0..1.

    It grows only while the council sits and takes decisions: there is no chance of it under one that is paralysed or
    collapsed (P53, P60, P64). It grows through command centres under conditions of eligibility (P41-P45), and
    nationally where the council is legitimate and the army-leadership dispute is settled (P17-P19), faster when
    assistance flows that way (P52). It falls with partisan support and with clashes (P20-P22). Gains and losses are
    rates, and the step is the exact solution for constant ones.
    """
    p = parameters
    helped = 1.0 + levers.national_channel * (1.0 / p.integration_own_share - 1.0)
    national = p.integration_national * helped * state.legitimacy * state.leadership_resolved
    national = _named(xp, "integration by the nation", national)
    centres = p.integration_centres * state.centre_maturity * levers.conditionality
    centres = _named(xp, "integration by centres", centres)
    gain = _named(xp, "gain of integration", (1.0 - collapsed) * functions(xp, state) * (centres + national))
    loss = p.integration_loss * (aid.partisanship + xp.maximum(unrest, 0.0))
    loss = _named(xp, "loss of integration", loss)
    both = _named(xp, "turnover of integration", gain + loss)
    kept = _named(xp, "integration kept", xp.exp(-both * time.step))
    return state.integration * kept + gain / xp.maximum(both, 1e-12) * (1.0 - kept)


def hold_probability(hold: Array, gain: Array, structures: Array) -> Array:
    """Chance that a graduating cohort holds together and stays loyal (P25-P27).

    Parameters
    ----------
    hold : array
        The chance with no national structures to join.
    gain : array
        The share of the rest that full structures win.
    structures : array
        Structures to join or a roadmap to them, 0..1.

    Returns
    -------
    array
        Probability.
    """
    return hold + (1.0 - hold) * gain * structures


def training(xp: Any, state: State, levers: Levers, parameters: Parameters, time: Time) -> Training:
    """Move recruits through the course and out of it.

    The course has stages with equal mean times (a linear chain), so few graduate in the first months (P28) and the mean
    is ``train_lag``. One draw decides for the whole programme how much structure its cohorts need to hold, as the
    precedents are whole programmes; later cohorts may hold where earlier ones did not. Of a cohort that does not hold a
    share goes to the factions man by man, and where the unit is captured as it stands all of it does (N12, P22).
    """
    p = parameters
    leaves = _named(xp, "share leaving a stage", 1.0 - xp.exp(-_STAGES / p.train_lag * time.step))
    moves = _named(xp, "moving on", leaves * state.course_early)
    graduates = _named(xp, "graduates", leaves * state.course_late)
    # Structures to join, or a council that decides and an agreed commander, which is what a roadmap takes (P26).
    structures = xp.maximum(state.legitimacy * state.integration, functions(xp, state) * state.leadership_resolved)
    structures = _named(xp, "structures to join", structures)
    chance = _named(xp, "chance of holding", hold_probability(p.train_hold, p.train_hold_gain, structures))
    # The same draw: those next above the chance of holding are captured whole.
    holds = _named(xp, "cohort holds", (state.programme < chance) * 1.0)
    captured = (state.programme < chance + (1.0 - chance) * p.train_capture) * 1.0 - holds
    captured = _named(xp, "cohort captured", captured)
    lost = _named(xp, "share to the factions", captured + (1.0 - holds - captured) * p.train_defection)
    return Training(
        early=state.course_early + p.train_intake * levers.training * time.step - moves,
        late=state.course_late + moves - graduates,
        loyal=state.trained_loyal + graduates * holds,
        partisan=state.trained_partisan + graduates * lost,
    )
