"""The strength of ISIS, in its base and elsewhere, how far it can mobilise, and plots abroad."""

from __future__ import annotations

from typing import Any, NamedTuple

from forecast.libya.naming import naming
from forecast.libya.sirte import Sirte
from forecast.libya.state import REFERENCE_FIGHTERS, Aid, Array, Levers, Parameters, Shocks, State, Time

__all__ = [
    "Isis",
    "arrival_rate",
    "beyond_origin",
    "earlier",
    "free_growth",
    "growth_factor",
    "isis",
    "mobilisation",
    "resistance_rate",
    "threat",
]

_RECEPTION = 0.1
"""Share of the reference strength at which a branch can take half of those who would come to a large one. It hardly
matters after the origin; before it, it keeps arrivals from exceeding what a small branch could absorb."""

_MOST_PLOTS = 10.0

_named = naming("isis")


class Isis(NamedTuple):
    """Fighters in all and in the base, what is left of rival groups to take, and plots abroad in the step."""

    fighters: Array
    base: Array
    rivals: Array
    plots: Array


def beyond_origin(xp: Any, state: State, parameters: Parameters) -> Array:
    """Strength of ISIS over its own at the origin, less 1: 0 at the origin, and at most 2."""
    beyond = xp.minimum(state.isis_fighters / parameters.isis_fighters, 3.0) - 1.0
    return _named(xp, "strength beyond the origin", beyond)


def threat(xp: Any, parameters: Parameters, beyond: Array) -> Array:
    """Log factor on what Libyans do by themselves from an ISIS stronger than at the origin, or weaker (P59)."""
    return _named(xp, "moved by the threat", parameters.threat_moves * parameters.resistance_threat * beyond)


def free_growth(
    xp: Any,
    *,
    mobilised: Array,
    unrest: Array,
    growth: Array,
    foreign: Array,
    disorder: Array,
    without_base: Array,
    months: float,
) -> Array:
    """Factor by which recruitment would multiply ISIS far below its ceiling (P4, P39, P57).

    Disorder draws foreign recruits (P4), propaganda about foreign intervention recruits of any kind (P39); both need
    territory, in worlds where that matters.
    """
    rate = growth * (foreign * xp.exp(disorder * unrest) + (1.0 - foreign)) * (1.0 + mobilised)
    return xp.exp(rate * xp.exp(-without_base) * months)


def growth_factor(xp: Any, strength: Array, free: Array, ceiling: Array) -> Array:
    """Factor by which recruitment multiplies ISIS, before attrition, drying up at a ceiling (P56, P57).

    The exact solution of logistic growth, ``S' = S E / (1 + (E - 1) S / K)`` with ``E`` the free factor (Verhulst
    1838), so it cannot overshoot; above the ceiling there is no growth, and no shrinking either.
    """
    return free / (1.0 + (free - 1.0) * xp.minimum(strength / ceiling, 1.0))


def reception(strength: Array) -> Array:
    """How many of those who would come find a branch that can take them, against one of the reference strength."""
    half = REFERENCE_FIGHTERS * _RECEPTION
    return (1.0 + _RECEPTION) * strength / (strength + half)


def arrival_rate(xp: Any, *, base: Array, fallback: Array, years: Array) -> Array:
    """Fighters a month who would come while a base is held, ``years`` from the origin, negative before it (N2, N3)."""
    return base * xp.exp(fallback * xp.minimum(years, 2.0))


def resistance_rate(
    xp: Any, *, base: Array, support: Array, effort: Array, diversion: Array, unrest: Array, carried: Array
) -> Array:
    """Log attrition a month by Libyans outside any assault: raised by support, cut by diversion (P10, P34, P59)."""
    return base * xp.exp(support * effort + diversion * unrest + carried)


def isis(
    xp: Any,
    state: State,
    levers: Levers,
    parameters: Parameters,
    aid: Aid,
    unrest: Array,
    threat: Array,
    city: Sirte,
    shocks: Shocks,
    time: Time,
) -> Isis:
    """Move the strength of ISIS through the step.

    Half of the growth comes before attrition and arrivals and half after them. Local resistance (P59), which support
    strengthens (P34) and factional fighting diverts (P10), and strikes wear it down everywhere; the ground effort
    wears down the base for as much of the step as the assault runs, and pursues the rest once the city is free.
    Recruits join in proportion to where ISIS is; arrivals go to the base. When the city is freed a share of its
    garrison scatters and the others are killed or captured; when it is taken again the base has its share of the whole
    as at the origin.
    """
    p = parameters
    without_base = _named(xp, "lost with the base", p.base_matters * p.base_recruitment * state.freed)
    free = free_growth(
        xp,
        mobilised=state.mobilisation,
        unrest=unrest,
        growth=p.isis_growth,
        foreign=p.recruit_foreign,
        disorder=p.disorder_recruitment,
        without_base=without_base,
        months=0.5 * time.step,
    )
    free = _named(xp, "free growth factor", free)
    resistance = resistance_rate(
        xp,
        base=p.local_resistance,
        support=p.resistance_support,
        effort=aid.effort,
        diversion=p.diversion,
        unrest=unrest,
        carried=aid.carried + threat,
    )
    resistance = _named(xp, "resistance", resistance)
    sharper = _named(xp, "sharper by deconfliction", xp.exp(aid.deconfliction))
    everywhere = _named(xp, "attrition everywhere", resistance + sharper * p.strike_attrition * levers.strikes)
    ground = _named(xp, "ground effort", sharper * (p.capability_unaided + aid.effort))
    noise = xp.exp(p.isis_noise * xp.sqrt(time.step) * shocks.isis - 0.5 * p.isis_noise * p.isis_noise * time.step)
    noise = _named(xp, "noise factor", noise)

    before = _named(xp, "growth before", growth_factor(xp, state.isis_fighters, free, p.isis_ceiling))
    stays = _named(xp, "factor that stays", xp.exp(-everywhere * time.step) * noise * before)
    base = state.isis_base * stays * xp.exp(-p.ground_attrition * ground * city.fought * time.step)
    base = _named(xp, "base after attrition", base)
    elsewhere = (
        (state.isis_fighters - state.isis_base)
        * stays
        * xp.exp(-p.pursuit_attrition * ground * state.freed * time.step)
    )
    elsewhere = _named(xp, "elsewhere after attrition", elsewhere)
    strength = _named(xp, "strength after attrition", base + elsewhere)
    coming = arrival_rate(xp, base=p.isis_inflow, fallback=p.inflow_fallback, years=time.years)
    arriving = xp.minimum(
        _named(xp, "arrivals with a base", coming) * xp.exp(-without_base) * reception(strength) * time.step,
        xp.maximum(0.0, p.isis_ceiling - strength),
    )
    arriving = _named(xp, "arrivals", arriving)
    after = _named(xp, "growth after", growth_factor(xp, strength + arriving, free, p.isis_ceiling))
    held = 1.0 - state.freed
    garrison = _named(xp, "garrison", (base + arriving * held) * after)
    others = _named(xp, "rest of ISIS", (elsewhere + arriving * state.freed) * after)
    joining = xp.minimum(
        state.rivals_left * (1.0 - xp.exp(-p.rivals_pace * time.step)),
        xp.maximum(0.0, p.isis_ceiling - garrison - others),
    )
    joining = _named(xp, "rivals joining", joining)
    others = _named(xp, "rest with rivals", others + joining)
    moved = _named(xp, "share back to the base", city.lost * p.isis_base_share)
    base = garrison * (1.0 - city.won) + moved * others
    elsewhere = others * (1.0 - moved) + city.won * p.freeing_scatter * garrison
    elsewhere = _named(xp, "elsewhere at the end", elsewhere)
    fighters = base + elsewhere
    plotting = p.plot_rate * (state.isis_fighters / REFERENCE_FIGHTERS) * xp.exp(-p.haven * state.freed)
    plotting = _named(xp, "plots a month", plotting)
    return Isis(
        fighters=fighters,
        base=base,
        rivals=state.rivals_left - joining,
        plots=xp.poisson_ppf(shocks.plots, xp.minimum(plotting * time.step, _MOST_PLOTS)),
    )


def mobilisation(xp: Any, state: State, parameters: Parameters, aid: Aid, time: Time) -> Array:
    """Extra recruitment that propaganda draws from a visible footprint and an antagonised Sirte (P35, P39).

    It approaches ``exp(effects) - 1``, never below 0, so that a lasting full air campaign multiplies recruitment
    by the hazard ratio of its prior, and it decays when the cause is gone.
    """
    effects = parameters.mobilisation_footprint * aid.visible_footprint + parameters.mobilisation_antagonism * (
        state.antagonism - parameters.antagonism_origin
    )
    target = _named(xp, "mobilisation aimed at", xp.maximum(0.0, xp.exp(effects) - 1.0))
    pace = _named(xp, "pace of mobilisation", 1.0 - xp.exp(-parameters.mobilisation_pace * time.step))
    return state.mobilisation + pace * (target - state.mobilisation)


def earlier(
    xp: Any,
    strength: Array,
    *,
    unrest: float,
    years: float,
    growth: Array,
    foreign: Array,
    disorder: Array,
    ceiling: Array,
    resistance: Array,
    diversion: Array,
    inflow: Array,
    fallback: Array,
) -> Array:
    """Strength a month before as one pool with a base held, had there been no noise, assistance, rivals or threat.

    The inverse of such a month of :func:`isis`.

    Parameters
    ----------
    xp : namespace
        Gives ``exp``, ``minimum``, ``maximum`` and ``sqrt``.
    strength : array
        Fighters at the end of the month, below the ceiling.
    unrest : float
        Unrest of the month, -1..1.
    years : float
        Years from the origin to the start of the month, negative before it.
    growth, foreign, disorder, ceiling, resistance, diversion, inflow, fallback : array
        The parameters of those names.

    Returns
    -------
    array
        Fighters at the end of the month before, always above 0.
    """
    free = free_growth(
        xp,
        mobilised=0.0,
        unrest=unrest,
        growth=growth,
        foreign=foreign,
        disorder=disorder,
        without_base=0.0,
        months=0.5,
    )

    def grown_back(reached: Array) -> Array:
        return reached / xp.maximum(free - (free - 1.0) * reached / ceiling, 1.0)

    # Arrivals are rate * (1 + r) m / (m + h) for those m who stayed: a quadratic in m with one positive root, which
    # cancels where arrivals were many; it is never below what the few who stayed would be to first order.
    half = REFERENCE_FIGHTERS * _RECEPTION
    most = (1.0 + _RECEPTION) * arrival_rate(xp, base=inflow, fallback=fallback, years=years)
    before = grown_back(strength)
    middle = before - half - most
    root = 0.5 * (middle + xp.sqrt(middle * middle + 4.0 * half * before))
    stayed = xp.maximum(root, before * (half / (half + most)))
    attrition = resistance_rate(
        xp, base=resistance, support=0.0, effort=0.0, diversion=diversion, unrest=unrest, carried=0.0
    )
    return grown_back(stayed * xp.exp(attrition))
