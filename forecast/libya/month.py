"""The origin, and one step, in order.

Rates follow from states and levers at the start of the step. Clocks ring, and what closes a gate stops what would ring
later. Then come the states that follow from others, and last stocks and counts.
"""

from __future__ import annotations

from typing import Any

from forecast.libya.aid import aid as derive_aid
from forecast.libya.army import centre_maturity, integration, training
from forecast.libya.council import council
from forecast.libya.factions import factions
from forecast.libya.isis import beyond_origin, isis, mobilisation, threat
from forecast.libya.oil import oil
from forecast.libya.sirte import antagonism, sirte, victory
from forecast.libya.state import Levers, OriginShocks, Parameters, Shocks, State, Time

__all__ = ["month", "origin"]


def origin(parameters: Parameters, luck: OriginShocks) -> State:
    """Set out the world at the end of February 2016.

    Sirte is held (N5), the council unseated and alive (P14), two of its nine members away, endorsed by neither
    legislature (N10), the army's leadership disputed (P18), clashes at their usual rate, the crescent's ports shut.

    Parameters
    ----------
    parameters : Parameters
        The world's parameters.
    luck : OriginShocks
        The luck of the origin.

    Returns
    -------
    State
        Arrays of the same shape as ``isis_fighters``.
    """
    p = parameters
    none = p.isis_fighters * 0.0
    return State(
        isis_fighters=p.isis_fighters,
        isis_base=p.isis_fighters * p.isis_base_share,
        rivals_left=p.rivals_pool,
        mobilisation=none,
        plots_abroad=none,
        assault=none,
        stalled=none,
        freed=none,
        antagonism=p.antagonism_origin,
        council_seated=none,
        hor_endorsed=none,
        gnc_endorsed=none,
        boycott=none + 1.0,
        invited=none,
        council_collapsed=none,
        tenure=none,
        legitimacy=none,
        leadership_resolved=none,
        centre_maturity=none,
        integration=p.integration_origin,
        programme=luck.programme,
        course_early=none,
        course_late=none,
        trained_loyal=none,
        trained_partisan=none,
        factional_clashes=p.clash_rate,
        unrest=none,
        tension=none,
        loyalty=p.loyalty_origin,
        lna_split=none,
        blowback=none,
        aid_captured=none,
        parallel_channels=(luck.parallel_origin < p.parallel_origin) * 1.0,
        civil_war=none,
        ports_open=none,
        oil_output=p.oil_origin,
        oil_raids=none,
        oil_scramble=none,
    )


def month(xp: Any, state: State, levers: Levers, parameters: Parameters, shocks: Shocks, time: Time) -> State:
    """One step of one world, or of many worlds at once.

    Parameters
    ----------
    xp : namespace
        Gives ``exp``, ``sqrt``, ``minimum``, ``maximum``, ``where(condition, yes, no)`` and
        ``poisson_ppf(uniform, rate)``.
    state : State
        The end of the last step.
    levers : Levers
        What the option does in this step, 0..1 each.
    parameters : Parameters
        The world's parameters.
    shocks : Shocks
        The luck of the step.
    time : Time
        When the step is and how long.

    Returns
    -------
    State
        The end of this step.
    """
    p = parameters
    unrest = state.unrest
    aid = derive_aid(xp, state, levers, p)
    beyond = beyond_origin(xp, state, p)
    moved = threat(xp, p, beyond)
    scrambles, standing = victory(xp, state, p)
    body = council(xp, state, levers, p, aid, unrest, beyond, standing, shocks, time)
    city = sirte(xp, state, levers, p, aid, unrest, moved, shocks, time)
    others = factions(xp, state, levers, p, aid, unrest, scrambles, shocks, time)
    fields = oil(xp, state, p, aid, unrest, scrambles, shocks, time)
    course = training(xp, state, levers, p, time)
    enemy = isis(xp, state, levers, p, aid, unrest, moved, city, shocks, time)
    return State(
        isis_fighters=enemy.fighters,
        isis_base=enemy.base,
        rivals_left=enemy.rivals,
        mobilisation=mobilisation(xp, state, p, aid, time),
        plots_abroad=enemy.plots,
        assault=city.assault,
        stalled=city.stalled,
        freed=city.freed,
        antagonism=antagonism(xp, state, levers, p, aid, time),
        council_seated=body.seated,
        hor_endorsed=body.hor,
        gnc_endorsed=body.gnc,
        boycott=body.boycott,
        invited=body.invited,
        council_collapsed=body.collapsed,
        tenure=body.tenure,
        legitimacy=body.legitimacy,
        leadership_resolved=body.resolved,
        centre_maturity=centre_maturity(xp, state, levers, p, aid, time),
        integration=integration(xp, state, levers, p, aid, unrest, body.collapsed, time),
        programme=state.programme,
        course_early=course.early,
        course_late=course.late,
        trained_loyal=course.loyal,
        trained_partisan=course.partisan,
        factional_clashes=others.clashes,
        unrest=others.unrest,
        tension=others.tension,
        loyalty=others.loyalty,
        lna_split=others.lna_split,
        blowback=others.blowback,
        aid_captured=others.captured,
        parallel_channels=others.parallel,
        civil_war=others.civil_war,
        ports_open=fields.ports_open,
        oil_output=fields.output,
        oil_raids=fields.raids,
        oil_scramble=fields.scramble,
    )
