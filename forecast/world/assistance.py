"""What the levers amount to: how partisan, how visible and how able the assistance is in this world."""

from __future__ import annotations

from typing import Any

from forecast.world.state import Assistance, Levers, Parameters, State

__all__ = ["assistance"]


def assistance(xp: Any, state: State, levers: Levers, parameters: Parameters) -> Assistance:
    """Derive partisanship, footprint and effort from levers and state.

    Parameters
    ----------
    xp : namespace
        Gives ``maximum``.
    state : State
        The world at the end of last month.
    levers : Levers
        This month's levers, 0..1.
    parameters : Parameters
        The world's parameters.

    Returns
    -------
    Assistance
        ``partisanship``: support times its concentration (Herfindahl: 1 for one faction), after vetting (P30, P31,
        P43, P51, P52), so 1 is one faction fully supported with no vetting. ``partisan_share``: the same per unit of
        support, with Misrata and the oil guards counted as one partisan whole, since each turns its support on the
        other (P36). ``presence``: how far the support shows, 1/2 without and 1 with full advisers (P32).
        ``advised_centres``: maturity of command centres that advisers sit in (P47). ``misrata_alone``: support to
        Misrata times the square of its share in all support, less where officers from Sirte are in the lead (P33,
        P35, P46). ``armed_rivals``: Misrata and the oil guards supported at once (P36). ``effort``: fighting
        capability added against ISIS, in units of Misrata fully supported (P34). ``visible_footprint``: strikes,
        advisers and trainers in units of a full air campaign (P40); ``footprint``: the same, discounted once the
        council has invited help (P11, P24).
    """
    others = levers.support_pfg + levers.support_lna + levers.support_south + levers.support_sirte_officers
    support = levers.support_misrata + others
    squares = (
        levers.support_misrata * levers.support_misrata
        + levers.support_pfg * levers.support_pfg
        + levers.support_lna * levers.support_lna
        + levers.support_south * levers.support_south
        + levers.support_sirte_officers * levers.support_sirte_officers
    )
    # With no support at all every numerator is an exact 0, so the floor only avoids 0/0.
    per_support = 1.0 / xp.maximum(support, 1e-12)
    # A national chain of command serves a government: after a collapse there is none to vet through.
    national = levers.national_channel * state.integration * (1.0 - state.council_collapsed)
    unvetted = (1.0 - parameters.vetting * levers.conditionality * state.centre_maturity) * (
        1.0 - parameters.national_vetting * national
    )
    partisanship = squares * per_support * unvetted
    armed_rivals = levers.support_misrata * levers.support_pfg * unvetted
    misrata_share = levers.support_misrata * per_support
    visible = (
        levers.strikes
        + parameters.footprint_advisers * levers.advisers
        + parameters.footprint_training * levers.training
    )
    supported = levers.support_misrata + parameters.capability_other * others
    return Assistance(
        partisanship=partisanship,
        partisan_share=(partisanship + 2.0 * armed_rivals * per_support) * per_support,
        presence=0.5 * (1.0 + levers.advisers),
        advised_centres=state.centre_maturity * levers.advisers,
        misrata_alone=levers.support_misrata * misrata_share * misrata_share * (1.0 - levers.support_sirte_officers),
        armed_rivals=armed_rivals,
        effort=supported * (1.0 - state.aid_captured) + parameters.loyal_capability * (state.trained_loyal / 1000.0),
        visible_footprint=visible,
        footprint=visible * (1.0 - parameters.invited_discount * state.invited),
    )
