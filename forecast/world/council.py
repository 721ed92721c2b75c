"""The Presidency Council: seated or not, endorsed or not, inviting or not, alive or not."""

from __future__ import annotations

from typing import Any, NamedTuple

from forecast.world.hazards import ringing_time, rings
from forecast.world.state import Array, Assistance, Levers, Parameters, Shocks, State, Time

__all__ = [
    "Council",
    "collapse_log_rate",
    "council",
    "endorsement_log_rate",
    "invitation_log_rate",
    "legitimacy",
]


class Council(NamedTuple):
    """The council's part of the state."""

    seated: Array
    hor: Array
    gnc: Array
    invited: Array
    collapsed: Array
    legitimacy: Array
    resolved: Array


def endorsement_log_rate(
    base: Array,
    *,
    mediation: Array,
    footprint: Array,
    unrest: Array,
    resolved: Array,
    by_mediation: Array,
    by_footprint: Array,
    by_unrest: Array,
    by_resolved: Array,
) -> Array:
    """Log monthly hazard of being seated or endorsed (P12-P16, P18, P38).

    Parameters
    ----------
    base : array
        Log hazard at the origin: no mediation beyond what there was, no uninvited footprint, usual unrest, and
        the army-leadership dispute open.
    mediation, footprint, unrest, resolved : array
        The conditions.
    by_mediation, by_footprint, by_unrest, by_resolved : array
        Log hazard ratios of each condition.

    Returns
    -------
    array
        Log hazard a month.
    """
    return base + by_mediation * mediation + by_footprint * footprint + by_unrest * unrest + by_resolved * resolved


def collapse_log_rate(
    base: Array,
    *,
    footprint: Array,
    blowback: Array,
    legitimate: Array,
    parallel: Array,
    mediation: Array,
    by_footprint: Array,
    by_blowback: Array,
    by_legitimacy: Array,
    by_parallel: Array,
    by_mediation: Array,
) -> Array:
    """Log monthly hazard that the council or the agreement collapses (P12-P16, P37, P38).

    ``base`` is the log hazard at the origin, where outside patrons run channels of their own (P50), so those
    count by how far they are from being on. Arguments as for :func:`endorsement_log_rate`.

    Returns
    -------
    array
        Log hazard a month.
    """
    return (
        base
        + by_footprint * footprint
        + by_blowback * blowback
        + by_legitimacy * legitimate
        + by_parallel * (parallel - 1.0)
        + by_mediation * mediation
    )


def invitation_log_rate(base: Array) -> Array:
    """Log monthly hazard that a seated council formally asks for help: low, since hopes are overstated (P11, P24).

    A function of its own, although constant, because evidence and world must share it.
    """
    return base


def legitimacy(
    xp: Any,
    *,
    seated: Array,
    hor: Array,
    gnc: Array,
    footprint: Array,
    puppet_discount: Array,
    footprint_discount: Array,
) -> Array:
    """Legitimacy, 0..1.

    Whole when seated with both endorsements; short of that a "puppet", discounted, and more so under a footprint
    that nobody invited (P15, P16, P38).
    """
    whole = hor * gnc
    part = (1.0 + hor + gnc) / 3.0 * (1.0 - puppet_discount)
    return seated * (whole + (1.0 - whole) * part) * (1.0 - footprint_discount * xp.minimum(footprint, 1.0))


def council(
    xp: Any,
    state: State,
    levers: Levers,
    parameters: Parameters,
    aid: Assistance,
    unrest: Array,
    shocks: Shocks,
    time: Time,
) -> Council:
    """Move the council through the step.

    Being seated, endorsed and settling the dispute compete with collapse, which is for good (P53, P60). A council that
    is seated in the step has the rest of it to ask for help.
    """
    alive = 1.0 - state.council_collapsed

    def endorsing(base: Array) -> Array:
        return endorsement_log_rate(
            base,
            mediation=levers.mediation,
            footprint=aid.footprint,
            unrest=unrest,
            resolved=state.leadership_resolved,
            by_mediation=parameters.endorse_mediation,
            by_footprint=parameters.endorse_footprint,
            by_unrest=parameters.endorse_unrest,
            by_resolved=parameters.endorse_resolved,
        )

    collapses = ringing_time(
        xp,
        shocks.collapse,
        collapse_log_rate(
            parameters.collapse_hazard,
            footprint=aid.footprint,
            blowback=state.blowback,
            legitimate=state.legitimacy,
            parallel=state.parallel_channels,
            mediation=levers.mediation,
            by_footprint=parameters.collapse_footprint,
            by_blowback=parameters.collapse_blowback,
            by_legitimacy=parameters.collapse_legitimacy,
            by_parallel=parameters.collapse_parallel,
            by_mediation=parameters.collapse_mediation,
        ),
        gate=alive,
    )
    survives = alive - rings(collapses, time) * alive
    seating = ringing_time(xp, shocks.seating, endorsing(parameters.seating_hazard), gate=alive)
    # Months into the step from which there is a seated council.
    sits_from = xp.where(state.council_seated, 0.0, xp.minimum(xp.exp(seating), time.step))
    seated = survives * (sits_from < time.step)
    hor = survives * xp.maximum(
        state.hor_endorsed, rings(ringing_time(xp, shocks.hor, endorsing(parameters.hor_hazard)), time)
    )
    gnc = survives * xp.maximum(
        state.gnc_endorsed, rings(ringing_time(xp, shocks.gnc, endorsing(parameters.gnc_hazard)), time)
    )
    invitation = xp.exp(ringing_time(xp, shocks.invitation, invitation_log_rate(parameters.invite_hazard)))
    asks = survives * (invitation < time.step - sits_from)
    settling = ringing_time(
        xp,
        shocks.leadership,
        parameters.leadership_hazard
        + parameters.leadership_mediation * levers.mediation
        + parameters.leadership_lna * levers.support_lna,
        gate=alive,
    )
    settles = alive * rings(settling, time) * (settling < collapses)
    return Council(
        seated=seated,
        hor=hor,
        gnc=gnc,
        invited=survives * xp.maximum(state.invited, asks),
        collapsed=1.0 - survives,
        legitimacy=legitimacy(
            xp,
            seated=seated,
            hor=hor,
            gnc=gnc,
            footprint=aid.footprint,
            puppet_discount=parameters.puppet_discount,
            footprint_discount=parameters.legitimacy_footprint,
        ),
        resolved=xp.maximum(state.leadership_resolved, settles),
    )
