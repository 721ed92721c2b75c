"""The origin, and one month, in order.

Everything moves at once from the state at the end of last month, with two exceptions: legitimacy is that of the
council as it stands at the end of the month, and the army is told of this month's collapse, because integration must
not grow from that month on (P53).
"""

from __future__ import annotations

from typing import Any

from forecast.world.army import centre_maturity, integration, training
from forecast.world.assistance import assistance
from forecast.world.council import council
from forecast.world.factions import aid_captured, blowback, civil_war, clashes, parallel_channels
from forecast.world.hazards import unrest_pull
from forecast.world.isis import fighters, mobilisation
from forecast.world.oil import oil
from forecast.world.sirte import antagonism, sirte
from forecast.world.state import Array, Levers, Parameters, Shocks, State, Time

__all__ = ["month", "origin"]


def origin(parameters: Parameters, parallel_shock: Array, programme_shock: Array) -> State:
    """Set out the world at the end of February 2016.

    Sirte is held (N5), the council unseated and alive (P14), endorsed by neither legislature (N10), the army's
    leadership disputed (P18), last month's clashes at their usual rate.

    Parameters
    ----------
    parameters : Parameters
        The world's parameters.
    parallel_shock : array
        Uniform in (0, 1): decides whether patrons' channels run at the origin (P50).
    programme_shock : array
        Uniform in (0, 1): decides how much structure a training programme's cohorts need to hold (P25).

    Returns
    -------
    State
        Arrays of the same shape as ``isis_fighters``.
    """
    none = parameters.isis_fighters * 0.0
    return State(
        isis_fighters=parameters.isis_fighters,
        mobilisation=none,
        assault=none,
        freed=none,
        antagonism=parameters.antagonism_origin,
        council_seated=none,
        hor_endorsed=none,
        gnc_endorsed=none,
        invited=none,
        council_collapsed=none,
        legitimacy=none,
        leadership_resolved=none,
        centre_maturity=none,
        integration=parameters.integration_origin,
        programme=programme_shock,
        course_early=none,
        course_middle=none,
        course_late=none,
        trained_loyal=none,
        trained_defected=none,
        factional_clashes=parameters.clash_rate,
        blowback=none,
        aid_captured=none,
        parallel_channels=(parallel_shock < parameters.parallel_origin) * 1.0,
        civil_war=none,
        oil_output=parameters.oil_origin,
        oil_raids=none,
        oil_scramble=none,
        oil_lost_to_scramble=none,
    )


def month(xp: Any, state: State, levers: Levers, parameters: Parameters, shocks: Shocks, time: Time) -> State:
    """One month of one world, or of many worlds at once.

    Parameters
    ----------
    xp : namespace
        Gives ``exp``, ``minimum``, ``maximum``, ``where(condition, yes, no)`` and ``poisson_ppf(uniform, rate)``.
    state : State
        The end of last month.
    levers : Levers
        What the option does this month, 0..1 each.
    parameters : Parameters
        The world's parameters.
    shocks : Shocks
        This month's luck.
    time : Time
        When the month is and how long.

    Returns
    -------
    State
        The end of this month.
    """
    unrest = unrest_pull(state.factional_clashes, parameters.clash_rate)
    aid = assistance(xp, state, levers, parameters)
    new_council = council(xp, state, levers, parameters, aid, unrest, shocks, time)
    new_sirte = sirte(xp, state, levers, parameters, aid, unrest, shocks, time)
    new_training = training(xp, state, levers, parameters)
    new_oil = oil(xp, state, parameters, aid, unrest, shocks.raids, shocks.scramble, time)
    return State(
        isis_fighters=fighters(xp, state, levers, parameters, aid, unrest, new_sirte.fought, time.years, shocks.isis),
        mobilisation=mobilisation(xp, state, parameters, aid),
        assault=new_sirte.assault,
        freed=new_sirte.freed,
        antagonism=antagonism(state, levers, parameters, aid),
        council_seated=new_council.seated,
        hor_endorsed=new_council.hor,
        gnc_endorsed=new_council.gnc,
        invited=new_council.invited,
        council_collapsed=new_council.collapsed,
        legitimacy=new_council.legitimacy,
        leadership_resolved=new_council.resolved,
        centre_maturity=centre_maturity(state, levers, parameters),
        integration=integration(xp, state, levers, parameters, aid, unrest, new_council.collapsed),
        programme=state.programme,
        course_early=new_training.early,
        course_middle=new_training.middle,
        course_late=new_training.late,
        trained_loyal=new_training.loyal,
        trained_defected=new_training.defected,
        factional_clashes=clashes(xp, state, parameters, aid, unrest, shocks.clashes),
        blowback=blowback(xp, state, parameters, aid, shocks.blowback, time),
        aid_captured=aid_captured(state, parameters, aid),
        parallel_channels=parallel_channels(xp, state, levers, parameters, aid, shocks.parallel, time),
        civil_war=civil_war(xp, state, parameters, unrest, shocks.civil_war, time),
        oil_output=new_oil.output,
        oil_raids=new_oil.raids,
        oil_scramble=new_oil.scramble,
        oil_lost_to_scramble=new_oil.lost_to_scramble,
    )
