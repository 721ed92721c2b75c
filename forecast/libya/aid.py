"""What the levers amount to: how partisan, how visible and how able the assistance is in this world."""

from __future__ import annotations

from typing import Any

from forecast.libya.council import functions
from forecast.libya.factions import rivalry, sum_over_pairs
from forecast.libya.naming import naming
from forecast.libya.state import Aid, Array, Levers, Parameters, State

__all__ = ["aid", "dose", "state_of_the_state"]

_named = naming("aid")

_FACTIONS = ("Misrata", "oil guards", "LNA", "south", "Sirte officers")
"""Names in the order of :data:`forecast.libya.factions._PAIRS`."""


def dose(xp: Any, x: Array) -> Array:
    """Saturate what goes beyond a dose of 1, of which a word speaks: slope 1 at 1, and never above 2."""
    above = xp.maximum(x - 1.0, 0.0)
    return xp.minimum(x, 1.0) + (1.0 - xp.exp(-above))


def state_of_the_state(state: State, parameters: Parameters) -> Array:
    """Say how far there is a state to fight for: 0 as at the origin, 1 a whole council over integrated forces (P8)."""
    return 0.5 * (state.legitimacy + state.integration - parameters.integration_origin)


def aid(xp: Any, state: State, levers: Levers, parameters: Parameters) -> Aid:
    """Derive partisanship, footprint and effort from levers and state.

    Returns
    -------
    Aid
        ``partisanship``: how much rivals mind the support, 1 for Misrata alone, fully supported and not vetted: each
        faction minds what another gets, the less the more it gets itself, by how the two stand to one another
        (N17, P33-P36), less where partners are loyal (P42, P51) and where help flows through one command (P52).
        ``partisan_share``: the same per unit of support that is given. ``presence``: how far it shows, 1/2 without
        and 1 with full advisers (P32). ``arbitration``: advisers in working centres, as neutral arbiters (P47);
        ``deconfliction``: centres in which air and ground are told of each other (P63). ``misrata_alone``: support to
        Misrata by the square of its share, less where officers from Sirte are in the lead (P33, P35, P46).
        ``armed_rivals``: Misrata and the oil guards at once (P36). ``effort``: capability brought against ISIS, Misrata
        fully supported as 1 (P34). ``carried``: log factor on the fight by the state of the state (P8, P22, P41).
        ``footprint``: what is seen of foreigners, a full air campaign as 1 (P40), less once the council has asked for
        help (P11, P24). ``unity``, ``restraint``: what is achieved of what is asked (P48, P49).
    """
    p = parameters
    supports = (
        levers.support_misrata,
        levers.support_pfg,
        levers.support_lna,
        levers.support_south,
        levers.support_sirte_officers,
    )
    capabilities = (
        1.0,
        p.capability_pfg,
        # A split army brings one of its halves.
        p.capability_lna * (1.0 - 0.5 * state.lna_split),
        p.capability_south,
        p.capability_sirte_officers,
    )
    support = _named(xp, "support in all", supports[0] + supports[1] + supports[2] + supports[3] + supports[4])
    # With no support at all every numerator is an exact 0, so the floor only avoids 0/0.
    per_support = 1.0 / xp.maximum(support, 1e-12)
    # Under conditions part of the support is withheld from those who do not accept the government.
    given = _named(xp, "share given", 1.0 - levers.conditionality * p.eligibility * (1.0 - state.loyalty))
    national = levers.national_channel * state.integration * (1.0 - state.council_collapsed)
    national = _named(xp, "share through one command", national)
    vetted = _named(xp, "share vetted", p.vetting * (1.0 - (1.0 - state.loyalty) * (1.0 - national)))
    unvetted = _named(xp, "unvetted share", given * (1.0 - vetted))
    weights = rivalry(p)
    minded = sum_over_pairs(
        weights,
        lambda i, j: _named(
            xp,
            f"{_FACTIONS[i]} against {_FACTIONS[j]}",
            supports[i] * (1.0 - supports[j]) + supports[j] * (1.0 - supports[i]),
        ),
    )
    # Arming both is no balance between these two: the oil is between them (P36).
    minded = _named(xp, "rivalry over all", minded + p.rivalry_moderate * supports[0] * supports[1])
    misrata = sum_over_pairs(weights, lambda i, j: 1.0 if i == 0 else 0.0)
    misrata = _named(xp, "rivalry over Misrata alone", misrata)
    per_misrata = _named(xp, "rivalry", minded / misrata)
    share = _named(xp, "share of Misrata", supports[0] * per_support)
    able = sum(one * other for one, other in zip(supports, capabilities, strict=True))
    able = _named(xp, "capability supported", able)
    backing = (1.0 - p.centre_unbacked) * functions(xp, state) + p.centre_unbacked
    backing = _named(xp, "backing of centres", backing)
    works = _named(xp, "centres at work", state.centre_maturity * backing)
    seen = levers.strikes + p.footprint_advisers * levers.advisers + p.footprint_training * levers.training
    visible = _named(xp, "visible footprint", dose(xp, _named(xp, "foreigners in sight", seen)))
    return Aid(
        partisanship=_named(xp, "partisanship", per_misrata * unvetted),
        # Of what is given, so that what is withheld counts once, in the effort.
        partisan_share=_named(xp, "partisan share", xp.minimum(per_misrata * (1.0 - vetted) * per_support, 1.0)),
        presence=_named(xp, "presence", 0.5 * (1.0 + levers.advisers)),
        arbitration=_named(xp, "arbitration", works * levers.advisers),
        deconfliction=_named(xp, "deconfliction", p.air_ground * works * levers.advisers),
        misrata_alone=_named(xp, "support to Misrata alone", supports[0] * share * share * (1.0 - supports[4])),
        armed_rivals=_named(xp, "rivals armed at once", supports[0] * supports[1] * unvetted),
        effort=_named(
            xp,
            "effort",
            dose(
                xp,
                _named(
                    xp,
                    "capability brought",
                    able * given * (1.0 - state.aid_captured) + p.loyal_capability * (state.trained_loyal / 1000.0),
                ),
            ),
        ),
        carried=_named(
            xp,
            "carried by the state",
            p.state_carries_fight * p.fight_state * _named(xp, "state of the state", state_of_the_state(state, p)),
        ),
        visible_footprint=visible,
        footprint=_named(xp, "footprint", visible * (1.0 - p.invited_discount * state.invited)),
        unity=_named(xp, "unity of the West", p.unity_achieved * levers.western_unity),
        restraint=_named(xp, "restraint of patrons", p.restraint_achieved * levers.regional_restraint),
    )
