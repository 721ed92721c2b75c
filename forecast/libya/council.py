"""The Presidency Council: seated or not, endorsed or not, whole or boycotted, inviting or not, alive or not."""

from __future__ import annotations

from typing import Any, NamedTuple

from forecast.libya.hazards import ringing_time, rings, turned
from forecast.libya.naming import naming
from forecast.libya.state import Aid, Array, Levers, Parameters, Shocks, State, Time

__all__ = [
    "Council",
    "collapse_log_rate",
    "council",
    "endorsement_log_rate",
    "functions",
    "legitimacy",
]

_named = naming("council")


class Council(NamedTuple):
    """The council's part of the state."""

    seated: Array
    hor: Array
    gnc: Array
    boycott: Array
    invited: Array
    collapsed: Array
    tenure: Array
    legitimacy: Array
    resolved: Array


def endorsement_log_rate(
    base: Array,
    *,
    mediation: Array,
    footprint: Array,
    unrest: Array,
    resolved: Array,
    standing: Array,
    by_mediation: Array,
    by_footprint: Array,
    by_unrest: Array,
    by_resolved: Array,
) -> Array:
    """Log monthly hazard of being seated or endorsed (P12-P16, P18, P38, P61, P65).

    Parameters
    ----------
    base : array
        Log hazard at the origin: no mediation beyond what there was, no uninvited footprint, usual unrest, and
        the army-leadership dispute open.
    mediation, footprint, unrest, resolved : array
        The conditions.
    standing : array
        What a freed city adds to the council's standing, a log hazard ratio; 0 at the origin (P41).
    by_mediation, by_footprint, by_unrest, by_resolved : array
        Log hazard ratios of each condition.

    Returns
    -------
    array
        Log hazard a month.
    """
    return (
        base
        + by_mediation * mediation
        + by_footprint * footprint
        + by_unrest * unrest
        + by_resolved * resolved
        + standing
    )


def collapse_log_rate(
    base: Array,
    *,
    executive: Array,
    settled: Array,
    footprint: Array,
    blowback: Array,
    legitimate: Array,
    resolved: Array,
    invited: Array,
    revenue: Array,
    standing: Array,
    by_footprint: Array,
    by_blowback: Array,
    by_legitimacy: Array,
    by_dispute: Array,
    by_invited: Array,
    by_revenue: Array,
) -> Array:
    """Log monthly hazard that the council or the agreement collapses (P12-P16, P37, P38, P65, N7).

    ``base`` is the log hazard at the origin, where the army's leadership is disputed, so what counts is that the
    dispute is settled (P65). ``executive`` is how this council differs from others of its kind, ``settled`` what time
    in office takes off, ``revenue`` oil output over that at the origin less 1, ``standing`` what a freed city gives.

    Returns
    -------
    array
        Log hazard a month.
    """
    return (
        base
        + executive
        - settled
        + by_footprint * footprint
        + by_blowback * blowback
        + by_legitimacy * legitimate
        - by_dispute * resolved
        + by_invited * invited
        + by_revenue * revenue
        - standing
    )


def legitimacy(*, seated: Array, hor: Array, gnc: Array, puppet_discount: Array) -> Array:
    """Legitimacy, 0..1: whole when seated with both endorsements, short of that a "puppet", discounted (P15, P16)."""
    whole = hor * gnc
    part = (1.0 + hor + gnc) / 3.0 * (1.0 - puppet_discount)
    return seated * (whole + (1.0 - whole) * part)


def functions(xp: Any, state: State) -> Array:
    """Whether the council sits with all its members, so that it can decide and back what others do (P60, P64)."""
    return _named(xp, "council decides", state.council_seated * (1.0 - state.boycott))


def council(
    xp: Any,
    state: State,
    levers: Levers,
    parameters: Parameters,
    aid: Aid,
    unrest: Array,
    beyond: Array,
    standing: Array,
    shocks: Shocks,
    time: Time,
) -> Council:
    """Move the council through the step.

    Being seated and endorsed, and settling the dispute, compete with collapse. A council that is seated in the step has
    the rest of it to ask for help. A boycott by part of the nine paralyses it, which is not collapse (P53, P60). After
    a collapse a revived agreement is possible, and starts again without seat or endorsement.
    """
    p = parameters
    alive = _named(xp, "council alive", 1.0 - state.council_collapsed)

    def endorsing(label: str, base: Array) -> Array:
        rate = endorsement_log_rate(
            base,
            mediation=levers.mediation,
            footprint=aid.footprint,
            unrest=unrest,
            resolved=state.leadership_resolved,
            standing=standing,
            by_mediation=p.endorse_mediation,
            by_footprint=p.endorse_footprint,
            by_unrest=p.endorse_unrest,
            by_resolved=p.endorse_resolved,
        )
        return _named(xp, label, rate)

    # Half of what time takes off has gone after a year.
    settled = p.council_settles * p.council_settling * (state.tenure / (state.tenure + 12.0))
    settled = _named(xp, "settled by time in office", settled)
    collapsing = collapse_log_rate(
        p.collapse_hazard,
        executive=p.collapse_executive,
        settled=settled,
        footprint=aid.footprint,
        blowback=state.blowback,
        legitimate=state.legitimacy,
        resolved=state.leadership_resolved,
        invited=state.invited,
        revenue=_named(xp, "revenue beyond the origin", state.oil_output / p.oil_origin - 1.0),
        standing=standing,
        by_footprint=p.collapse_footprint,
        by_blowback=p.collapse_blowback,
        by_legitimacy=p.collapse_legitimacy,
        by_dispute=p.collapse_dispute,
        by_invited=p.collapse_invited,
        by_revenue=p.collapse_revenue,
    )
    collapsing = _named(xp, "collapse log hazard", collapsing)
    collapses = _named(xp, "collapse log time", ringing_time(xp, shocks.collapse, collapsing, gate=alive))
    survives = _named(xp, "council survives", alive * (1.0 - rings(collapses, time)))
    revives = rings(ringing_time(xp, shocks.reviving, p.revive_hazard, gate=state.council_collapsed), time)
    revives = _named(xp, "agreement revives", revives)
    seating = ringing_time(xp, shocks.seating, endorsing("seating log hazard", p.seating_hazard), gate=alive)
    # Months into the step from which there is a seated council.
    sits_from = xp.where(state.council_seated, 0.0, xp.minimum(xp.exp(seating), time.step))
    sits_from = _named(xp, "council sits from", sits_from)
    seated = survives * (sits_from < time.step)
    east = ringing_time(xp, shocks.hor, endorsing("eastern endorsement log hazard", p.hor_hazard))
    hor = survives * xp.maximum(state.hor_endorsed, rings(east, time))
    west = ringing_time(xp, shocks.gnc, endorsing("western endorsement log hazard", p.gnc_hazard))
    gnc = survives * xp.maximum(state.gnc_endorsed, rings(west, time))
    # Mediation and a settled dispute bring members back (P61, P65) as they bring endorsements.
    back = p.boycott_end + p.endorse_mediation * levers.mediation + p.endorse_resolved * state.leadership_resolved
    back = _named(xp, "return log hazard", back)
    boycott = turned(xp, state.boycott, shocks.boycott, begins=p.boycott_hazard, ends=back, time=time)
    # Low, since hopes are overstated (P24); by need only in worlds where it moves a council.
    asking = _named(xp, "invitation log hazard", p.invite_hazard + p.invited_by_need * p.invite_need * beyond)
    invitation = _named(xp, "months to an invitation", xp.exp(ringing_time(xp, shocks.invitation, asking)))
    asks = _named(xp, "council asks", survives * (invitation < time.step - sits_from))
    agreeing = p.leadership_hazard + p.endorse_mediation * levers.mediation + p.leadership_lna * levers.support_lna
    agreeing = _named(xp, "settlement log hazard", agreeing)
    settling = _named(xp, "settlement log time", ringing_time(xp, shocks.leadership, agreeing, gate=alive))
    settles = _named(xp, "dispute settles", alive * rings(settling, time) * (settling < collapses))
    return Council(
        seated=seated,
        hor=hor,
        gnc=gnc,
        boycott=xp.where(survives, boycott, 1.0),
        invited=survives * xp.maximum(state.invited, asks),
        collapsed=1.0 - survives - revives,
        tenure=survives * (state.tenure + time.step),
        legitimacy=legitimacy(seated=seated, hor=hor, gnc=gnc, puppet_discount=p.puppet_discount),
        resolved=xp.maximum(state.leadership_resolved, settles),
    )
