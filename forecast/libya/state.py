"""What a world is made of: its levers, parameters, shocks and state, each a flat named tuple of arrays.

Flat tuples of arrays (or of scalars) are what every backend can take as they are. Units and meanings of the
parameters stand with their priors, those of the states in :mod:`forecast.libya.outcomes`; a test holds the names equal.
"""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = [
    "REFERENCE_FIGHTERS",
    "SHOCK_KINDS",
    "Aid",
    "Levers",
    "OriginShocks",
    "Parameters",
    "Shocks",
    "State",
    "Time",
]

Array = Any

REFERENCE_FIGHTERS = 4416.0
"""Median of the article's range (N1). Only a unit of account: what depends on the strength of ISIS is elicited at this
strength, so that its priors do not move when the prior on the strength does."""


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
    """What differs between worlds and not between months or options: one belief each.

    Those named by a structure are 0 or 1 (``victory``: 0, 1 or 2): whether a link exists. The size of the link beside
    it is read only where it does.
    """

    # Structures
    base_matters: Array
    threat_moves: Array
    state_carries_fight: Array
    victory: Array
    invited_by_need: Array
    council_settles: Array
    # ISIS
    isis_fighters: Array
    isis_base_share: Array
    isis_growth: Array
    isis_noise: Array
    isis_ceiling: Array
    isis_inflow: Array
    inflow_fallback: Array
    recruit_foreign: Array
    disorder_recruitment: Array
    base_recruitment: Array
    rivals_pool: Array
    rivals_pace: Array
    local_resistance: Array
    resistance_support: Array
    resistance_threat: Array
    diversion: Array
    strike_attrition: Array
    ground_attrition: Array
    pursuit_attrition: Array
    mobilisation_pace: Array
    mobilisation_footprint: Array
    mobilisation_antagonism: Array
    plot_rate: Array
    haven: Array
    # Sirte
    capability_unaided: Array
    loyal_capability: Array
    assault_hazard: Array
    assault_support: Array
    assault_strikes: Array
    stall_share: Array
    freed_hazard: Array
    stalled_hazard: Array
    freed_pressure: Array
    abandon_hazard: Array
    freeing_scatter: Array
    retake_hazard: Array
    retake_antagonism: Array
    antagonism_origin: Array
    antagonism_rise: Array
    antagonism_decline: Array
    fight_state: Array
    victory_size: Array
    # The factions
    capability_pfg: Array
    capability_lna: Array
    capability_south: Array
    capability_sirte_officers: Array
    rivalry_moderate: Array
    rivalry_slight: Array
    loyalty_origin: Array
    loyalty_conditionality: Array
    loyalty_centres: Array
    eligibility: Array
    vetting: Array
    capture_share: Array
    capture_pace: Array
    lna_split_hazard: Array
    clash_lna_split: Array
    # Fighting
    footprint_advisers: Array
    footprint_training: Array
    clash_rate: Array
    clash_spread: Array
    clash_pace: Array
    clash_decline: Array
    clash_partisanship: Array
    clash_footprint: Array
    clash_parallel: Array
    clash_war: Array
    clash_headroom: Array
    clash_integration: Array
    clash_centres: Array
    blowback_hazard: Array
    blowback_partisanship: Array
    blowback_end: Array
    parallel_origin: Array
    parallel_on: Array
    parallel_off: Array
    parallel_partisanship: Array
    parallel_restraint: Array
    war_hazard: Array
    war_unrest: Array
    war_collapse: Array
    war_end_hazard: Array
    # The Presidency Council
    seating_hazard: Array
    hor_hazard: Array
    gnc_hazard: Array
    endorse_mediation: Array
    endorse_footprint: Array
    endorse_unrest: Array
    endorse_resolved: Array
    boycott_hazard: Array
    boycott_end: Array
    invite_hazard: Array
    invite_need: Array
    invited_discount: Array
    collapse_hazard: Array
    collapse_executive: Array
    collapse_footprint: Array
    collapse_blowback: Array
    collapse_legitimacy: Array
    collapse_dispute: Array
    collapse_invited: Array
    collapse_revenue: Array
    council_settling: Array
    revive_hazard: Array
    puppet_discount: Array
    leadership_hazard: Array
    leadership_lna: Array
    # Centres, integration, training
    unity_achieved: Array
    restraint_achieved: Array
    centre_pace: Array
    centre_unity: Array
    centre_parallel: Array
    centre_unbacked: Array
    air_ground: Array
    integration_origin: Array
    integration_centres: Array
    integration_national: Array
    integration_own_share: Array
    integration_loss: Array
    train_intake: Array
    train_lag: Array
    train_hold: Array
    train_hold_gain: Array
    train_capture: Array
    train_defection: Array
    # Oil
    oil_origin: Array
    oil_repair: Array
    ports_output: Array
    ports_open_hazard: Array
    ports_shut_hazard: Array
    raid_rate: Array
    raid_loss: Array
    scramble_hazard: Array
    scramble_end_hazard: Array
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
    tension: Array
    stall: Array
    clashes: Array
    raids: Array
    plots: Array
    assault: Array
    freeing: Array
    giving_up: Array
    retaking: Array
    collapse: Array
    reviving: Array
    seating: Array
    hor: Array
    gnc: Array
    boycott: Array
    invitation: Array
    leadership: Array
    lna_split: Array
    blowback: Array
    parallel: Array
    civil_war: Array
    ports: Array
    scramble: Array


SHOCK_KINDS: dict[str, str] = dict.fromkeys(Shocks._fields, "log_exponential") | {
    "isis": "normal",
    "tension": "normal",
    "stall": "uniform",
    "clashes": "uniform",
    "raids": "uniform",
    "plots": "uniform",
}
"""Kind of each channel: the log of a standard exponential for a clock, a uniform in (0, 1) for a count or a share, a
standard normal for noise."""


class OriginShocks(NamedTuple):
    """Luck that is drawn once a world, uniforms.

    Whether outside patrons run channels of their own at the origin (P50), and how much structure a training programme
    needs to hold in this world (N11, P25).
    """

    parallel_origin: Array
    programme: Array


class State(NamedTuple):
    """A world at the end of a step; yes/no states are 0.0 or 1.0."""

    isis_fighters: Array
    isis_base: Array
    rivals_left: Array
    mobilisation: Array
    plots_abroad: Array
    assault: Array
    stalled: Array
    freed: Array
    antagonism: Array
    council_seated: Array
    hor_endorsed: Array
    gnc_endorsed: Array
    boycott: Array
    invited: Array
    council_collapsed: Array
    tenure: Array
    legitimacy: Array
    leadership_resolved: Array
    centre_maturity: Array
    integration: Array
    programme: Array
    course_early: Array
    course_late: Array
    trained_loyal: Array
    trained_partisan: Array
    factional_clashes: Array
    unrest: Array
    tension: Array
    loyalty: Array
    lna_split: Array
    blowback: Array
    aid_captured: Array
    parallel_channels: Array
    civil_war: Array
    ports_open: Array
    oil_output: Array
    oil_raids: Array
    oil_scramble: Array


class Aid(NamedTuple):
    """What the levers amount to in this world this step (derived, see :mod:`forecast.libya.aid`)."""

    partisanship: Array
    partisan_share: Array
    presence: Array
    arbitration: Array
    deconfliction: Array
    misrata_alone: Array
    armed_rivals: Array
    effort: Array
    carried: Array
    visible_footprint: Array
    footprint: Array
    unity: Array
    restraint: Array
