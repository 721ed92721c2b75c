"""What a world is made of: its levers, parameters, shocks and state, each a flat named tuple of arrays.

Flat tuples of arrays (or of scalars) are what every backend can take as they are. Units and meanings of the
parameters stand with their priors, those of the states in :mod:`forecast.schema`; a test holds the names equal.
"""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["REFERENCE_FIGHTERS", "SHOCK_KINDS", "Assistance", "Levers", "Parameters", "Shocks", "State", "Time"]

Array = Any

REFERENCE_FIGHTERS = 4416.0
"""Median of the article's range (N1). Only a unit of account: hazards that depend on the strength of ISIS are
elicited at this strength, so that their priors do not move when the prior on the strength does."""


class Levers(NamedTuple):
    """What an option sets this month, each 0..1."""

    strikes: Array
    advisers: Array
    training: Array
    support_misrata: Array
    support_pfg: Array
    support_lna: Array
    support_south: Array
    support_sirte_officers: Array
    coordination: Array
    conditionality: Array
    mediation: Array
    western_unity: Array
    regional_restraint: Array
    national_channel: Array


class Parameters(NamedTuple):
    """What differs between worlds and not between months or options: one belief each."""

    # ISIS
    isis_fighters: Array
    isis_growth: Array
    isis_noise: Array
    isis_ceiling: Array
    isis_inflow: Array
    inflow_fallback: Array
    inflow_sirte_loss: Array
    disorder_recruitment: Array
    local_resistance: Array
    resistance_support: Array
    diversion: Array
    strike_attrition: Array
    ground_attrition: Array
    centre_intelligence: Array
    mobilisation_decay: Array
    mobilisation_footprint: Array
    mobilisation_antagonism: Array
    # Sirte
    capability_other: Array
    capability_unaided: Array
    loyal_capability: Array
    assault_hazard: Array
    assault_support: Array
    assault_strikes: Array
    assault_coordination: Array
    freed_hazard: Array
    freed_pressure: Array
    freed_strength: Array
    abandon_hazard: Array
    retake_hazard: Array
    retake_unrest: Array
    retake_antagonism: Array
    centre_steadiness: Array
    antagonism_origin: Array
    antagonism_rise: Array
    antagonism_decline: Array
    # The council
    seating_hazard: Array
    hor_hazard: Array
    gnc_hazard: Array
    endorse_mediation: Array
    endorse_footprint: Array
    endorse_unrest: Array
    endorse_resolved: Array
    invite_hazard: Array
    invited_discount: Array
    collapse_hazard: Array
    collapse_footprint: Array
    collapse_blowback: Array
    collapse_legitimacy: Array
    collapse_parallel: Array
    collapse_mediation: Array
    puppet_discount: Array
    legitimacy_footprint: Array
    leadership_hazard: Array
    leadership_mediation: Array
    leadership_lna: Array
    # The army
    centre_pace: Array
    centre_unity: Array
    centre_parallel: Array
    integration_origin: Array
    integration_centres: Array
    integration_national: Array
    integration_own_share: Array
    integration_paralysis: Array
    integration_partisan_loss: Array
    integration_clash_loss: Array
    train_intake: Array
    train_lag: Array
    train_hold: Array
    train_hold_gain: Array
    train_defection: Array
    # The factions
    vetting: Array
    national_vetting: Array
    footprint_advisers: Array
    footprint_training: Array
    clash_rate: Array
    clash_partisanship: Array
    clash_footprint: Array
    clash_parallel: Array
    clash_persistence: Array
    clash_blowback: Array
    clash_scramble: Array
    clash_defectors: Array
    clash_war: Array
    clash_headroom: Array
    clash_integration: Array
    clash_centres: Array
    blowback_hazard: Array
    blowback_partisanship: Array
    blowback_sirte: Array
    blowback_scramble: Array
    capture_share: Array
    capture_pace: Array
    parallel_origin: Array
    parallel_on: Array
    parallel_off: Array
    parallel_partisanship: Array
    parallel_restraint: Array
    parallel_unity: Array
    war_hazard: Array
    war_unrest: Array
    war_collapse: Array
    war_parallel: Array
    # Oil
    oil_origin: Array
    oil_capacity: Array
    oil_repair: Array
    raid_rate: Array
    raid_sirte_loss: Array
    raid_loss: Array
    scramble_hazard: Array
    scramble_rivals: Array
    scramble_loss: Array


class Time(NamedTuple):
    """When a step is and how long: years from the origin to its start, its length in months, and the log of that."""

    years: Array
    step: float
    log_step: float

    @classmethod
    def of_month(cls, month: int) -> Time:
        """Give a step of a month, by its number from 0."""
        return cls(years=month / 12.0, step=1.0, log_step=0.0)


class Shocks(NamedTuple):
    """The luck of one step; the names are the channels."""

    isis: Array
    assault: Array
    freeing: Array
    giving_up: Array
    retaking: Array
    collapse: Array
    seating: Array
    hor: Array
    gnc: Array
    invitation: Array
    leadership: Array
    clashes: Array
    blowback: Array
    parallel: Array
    civil_war: Array
    raids: Array
    scramble: Array


SHOCK_KINDS: dict[str, str] = dict.fromkeys(Shocks._fields, "log_exponential") | {
    "isis": "normal",
    "clashes": "uniform",
    "raids": "uniform",
}
"""Kind of each channel: the log of a standard exponential for a clock, a uniform in (0, 1) for a count, a standard
normal for noise."""


class State(NamedTuple):
    """A world at the end of a month; yes/no states are 0.0 or 1.0."""

    isis_fighters: Array
    mobilisation: Array
    assault: Array
    freed: Array
    antagonism: Array
    council_seated: Array
    hor_endorsed: Array
    gnc_endorsed: Array
    invited: Array
    council_collapsed: Array
    legitimacy: Array
    leadership_resolved: Array
    centre_maturity: Array
    integration: Array
    programme: Array
    course_early: Array
    course_middle: Array
    course_late: Array
    trained_loyal: Array
    trained_defected: Array
    factional_clashes: Array
    blowback: Array
    aid_captured: Array
    parallel_channels: Array
    civil_war: Array
    oil_output: Array
    oil_raids: Array
    oil_scramble: Array
    oil_lost_to_scramble: Array


class Assistance(NamedTuple):
    """What the levers amount to in this world this month (derived, see :mod:`forecast.world.assistance`)."""

    partisanship: Array
    partisan_share: Array
    presence: Array
    advised_centres: Array
    misrata_alone: Array
    armed_rivals: Array
    effort: Array
    visible_footprint: Array
    footprint: Array
