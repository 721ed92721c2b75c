"""The army: command centres, the integration of forces, and the trained units."""

from __future__ import annotations

from typing import Any, NamedTuple

from forecast.world.state import Array, Assistance, Levers, Parameters, State

__all__ = ["Training", "centre_maturity", "centre_reach", "hold_probability", "integration", "training"]

_STAGES = 3.0


class Training(NamedTuple):
    """Recruits on the course, by stage, and what became of those who left it; persons."""

    early: Array
    middle: Array
    late: Array
    loyal: Array
    defected: Array


def centre_maturity(state: State, levers: Levers, parameters: Parameters) -> Array:
    """How far joint regional command centres work, 0..1: a slow approach to what coordination allows (P44, P47).

    What it allows is less without Western unity (P48) and while outside patrons run channels of their own (P49).
    """
    allowed = centre_reach(state, levers, parameters)
    return state.centre_maturity + parameters.centre_pace * (allowed - state.centre_maturity)


def centre_reach(state: State, levers: Levers, parameters: Parameters) -> Array:
    """Tell how far this month's coordination, Western unity and patrons let command centres grow, 0..1 (P48, P49)."""
    return (
        levers.coordination
        * (1.0 - parameters.centre_unity * (1.0 - levers.western_unity))
        * (1.0 - parameters.centre_parallel * state.parallel_channels)
    )


def integration(
    xp: Any,
    state: State,
    levers: Levers,
    parameters: Parameters,
    aid: Assistance,
    unrest: Array,
    collapsed: Array,
) -> Array:
    """Share of forces under one integrated command, 0..1.

    It grows through command centres under conditions of eligibility (P41-P45), slower while the council is paralysed
    for want of its seat or of an endorsement (P53, P60), and nationally where the council is
    legitimate and the army-leadership dispute is settled (P17-P19), mostly when assistance flows that way (P52).
    It falls with partisan support and with clashes (P20-P22). It cannot grow from the month in which the council
    collapses (P53), which is why this month's collapse is given.
    """
    national = (
        parameters.integration_national
        * (parameters.integration_own_share + (1.0 - parameters.integration_own_share) * levers.national_channel)
        * state.legitimacy
        * state.leadership_resolved
    )
    whole = state.council_seated * state.hor_endorsed * state.gnc_endorsed
    functioning = 1.0 - parameters.integration_paralysis * (1.0 - whole)
    centres = parameters.integration_centres * state.centre_maturity * levers.conditionality * functioning
    gain = (1.0 - collapsed) * (centres + national)
    loss = parameters.integration_partisan_loss * aid.partisanship + parameters.integration_clash_loss * xp.maximum(
        unrest, 0.0
    )
    moved = state.integration + gain * (1.0 - state.integration) - loss * state.integration
    return xp.minimum(xp.maximum(moved, 0.0), 1.0)


def hold_probability(hold: Array, gain: Array, structures: Array) -> Array:
    """Chance that a graduating cohort holds together and stays loyal (P25-P27).

    Parameters
    ----------
    hold : array
        The chance with no national structures to join.
    gain : array
        The share of the rest that full structures win.
    structures : array
        Legitimacy times integration, 0..1.

    Returns
    -------
    array
        Probability.
    """
    return hold + (1.0 - hold) * gain * structures


def training(xp: Any, state: State, levers: Levers, parameters: Parameters) -> Training:
    """Move recruits through the course and out of it.

    The course has three stages with equal mean times (a linear chain), so almost nobody graduates in the first
    months (P28) and the mean is ``train_lag``. One draw decides for the whole programme how much structure its cohorts
    need to hold, as the precedents are whole programmes; later cohorts may hold where earlier ones did not. A cohort
    that does not hold goes home, but a share of it turns up with the factions.
    """
    leaving = xp.minimum(1.0, _STAGES / parameters.train_lag)
    graduates = leaving * state.course_late
    holds = (
        state.programme
        < hold_probability(parameters.train_hold, parameters.train_hold_gain, state.legitimacy * state.integration)
    ) * 1.0
    return Training(
        early=state.course_early + parameters.train_intake * levers.training - leaving * state.course_early,
        middle=state.course_middle + leaving * (state.course_early - state.course_middle),
        late=state.course_late + leaving * (state.course_middle - state.course_late),
        loyal=state.trained_loyal + graduates * holds,
        defected=state.trained_defected + graduates * (1.0 - holds) * parameters.train_defection,
    )
