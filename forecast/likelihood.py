"""What each kind of evidence says of the parameters, as nodes of a PyMC model.

Chances and hazards are the functions of :mod:`forecast.world`, called with PyTensor, so that belief and consequence
cannot drift apart; :func:`chance` and :func:`hazard` take any namespace, and a test holds NumPy and PyTensor equal.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from statistics import NormalDist
from typing import Any

import numpy as np

from forecast.evidence import Item
from forecast.world.army import hold_probability
from forecast.world.council import collapse_log_rate, endorsement_log_rate
from forecast.world.hazards import event_probability, unrest_pull
from forecast.world.isis import earlier
from priors.intervals import MASS, tails

__all__ = ["add_item", "chance", "hazard", "past_strength"]

Array = Any

_HALF_WIDTH = NormalDist().inv_cdf(tails(MASS)[1])
"""Half width of a central interval (90%) of a normal, in standard deviations; reported ranges are read as such."""

# Clashes a month by year before the origin, against the rate of 2015: 109 events in 2014, four fifths of them in its
# second half (docs/sources.md). Month 1 is February 2016, month 16 November 2014.
_CLASHES_2015, _CLASHES_LATE_2014 = 64 / 12, 0.8 * 109 / 6
_MONTHS_SINCE_2014 = 14

# The council's conditions at the origin. There every effect is multiplied by exactly 0, so the effects are not even
# read: what a likelihood does not depend on keeps its prior, and the sampler has ten quantities fewer. A test holds
# this equal to the hazards with the effects.
_COLLAPSE_AT_ORIGIN: Mapping[str, float] = {
    "footprint": 0.0,
    "blowback": 0.0,
    "legitimate": 0.0,
    "parallel": 1.0,
    "mediation": 0.0,
}
_NO_COLLAPSE_EFFECTS: Mapping[str, float] = dict.fromkeys(
    ("by_footprint", "by_blowback", "by_legitimacy", "by_parallel", "by_mediation"), 0.0
)
_ENDORSING_AT_ORIGIN: Mapping[str, float] = dict.fromkeys(("mediation", "footprint", "unrest", "resolved"), 0.0)
_NO_ENDORSING_EFFECTS: Mapping[str, float] = dict.fromkeys(
    ("by_mediation", "by_footprint", "by_unrest", "by_resolved"), 0.0
)


def hazard(xp: Any, name: str, parameters: Mapping[str, Array]) -> Array:
    """Monthly hazard of one of the council's events in the conditions of the origin.

    Parameters
    ----------
    xp : namespace
        Gives ``exp``.
    name : {"collapse", "seating", "hor", "gnc"}
        The event.
    parameters : mapping of str to array
        The world's parameters.

    Returns
    -------
    array
        Rate a month.
    """
    if name == "collapse":
        log_rate = collapse_log_rate(parameters["collapse_hazard"], **_COLLAPSE_AT_ORIGIN, **_NO_COLLAPSE_EFFECTS)
    else:
        log_rate = endorsement_log_rate(parameters[f"{name}_hazard"], **_ENDORSING_AT_ORIGIN, **_NO_ENDORSING_EFFECTS)
    return xp.exp(log_rate)


def chance(xp: Any, name: str, parameters: Mapping[str, Array]) -> Array:
    """Chance that a trial succeeds.

    Parameters
    ----------
    xp : namespace
        Gives ``exp`` (and ``log`` for chances within a month).
    name : {"train_hold", "capture_share", "parallel_origin", "hor_in_a_month"}
        Of what.
    parameters : mapping of str to array
        The world's parameters.

    Returns
    -------
    array
        Probability.
    """
    if name == "hor_in_a_month":
        return event_probability(xp, xp.log(hazard(xp, "hor", parameters)))
    if name == "train_hold":
        # With no structures to join there is nothing for a programme to gain from, so the gain is not read.
        return hold_probability(parameters["train_hold"], 0.0, 0.0)
    return parameters[name]


def past_strength(xp: Any, parameters: Mapping[str, Array], months: int) -> list[Array]:
    """Strength of ISIS at the end of each month before the origin that the model implies, without noise.

    Parameters
    ----------
    xp : namespace
        Gives ``exp``, ``minimum`` and ``maximum``.
    parameters : mapping of str to array
        The world's parameters.
    months : int
        How far back.

    Returns
    -------
    list of array
        ``months + 1`` entries; entry m is the strength m months before the origin.
    """
    path = [parameters["isis_fighters"]]
    for month in range(1, months + 1):
        clashes = _CLASHES_2015 if month <= _MONTHS_SINCE_2014 else _CLASHES_LATE_2014
        path.append(
            earlier(
                xp,
                path[-1],
                unrest=float(unrest_pull(clashes, _CLASHES_2015)),
                years=-month / 12.0,
                growth=parameters["isis_growth"],
                disorder=parameters["disorder_recruitment"],
                ceiling=parameters["isis_ceiling"],
                resistance=parameters["local_resistance"],
                diversion=parameters["diversion"],
                inflow=parameters["isis_inflow"],
                fallback=parameters["inflow_fallback"],
            )
        )
    return path


def add_item(item: Item, parameters: Mapping[str, Array]) -> None:
    """Add the observed node of one item to the model in whose context this is called.

    Parameters
    ----------
    item : Item
        The evidence; the node takes its name.
    parameters : mapping of str to variable
        The model's nodes, by parameter.
    """
    _ADD[item.kind](item, parameters)


def _add_trials(item: Item, parameters: Mapping[str, Array]) -> None:
    import pymc as pm
    import pytensor.tensor as pt

    pm.Binomial(
        item.name, n=int(item.data["n"]), p=chance(pt, item.data["chance"], parameters), observed=int(item.data["k"])
    )


def _add_no_event(item: Item, parameters: Mapping[str, Array]) -> None:
    import pymc as pm
    import pytensor.tensor as pt

    # Observed is that nothing happened, so that the predictive check reads as the chance of having seen that.
    total = sum(hazard(pt, name, parameters) for name in item.data["hazards"])
    pm.Bernoulli(item.name, p=pt.exp(-item.data["months"] * total), observed=1)


def _add_strength(item: Item, parameters: Mapping[str, Array]) -> None:
    import pymc as pm
    import pytensor.tensor as pt

    months = int(item.data["months_before"])
    low, high = math.log(item.data["low"]), math.log(item.data["high"])
    spread = (high - low) / (2 * _HALF_WIDTH)
    noise = parameters["isis_noise"] * math.sqrt(months)
    pm.Normal(
        item.name,
        mu=pt.log(past_strength(pt, parameters, months)[months]),
        sigma=pt.sqrt(spread**2 + noise**2),
        observed=(low + high) / 2,
    )


def _add_reports(item: Item, parameters: Mapping[str, Array]) -> None:
    import pymc as pm
    import pytensor.tensor as pt

    reports = item.data["reports"]
    months = np.array([int(report["months_before"]) for report in reports])
    low = np.log([report["low"] for report in reports])
    high = np.log([report["high"] for report in reports])
    path = past_strength(pt, parameters, int(months.max()))
    bias = pm.Normal("report_bias", 0.0, 1.0) * item.data["bias"]
    width = (high - low) / (2 * _HALF_WIDTH)
    noise = parameters["isis_noise"] * np.sqrt(months)
    pm.Normal(
        item.name,
        mu=pt.log(pt.stack([path[month] for month in months])) + bias,
        sigma=pt.sqrt(item.data["error"] ** 2 + width**2 + noise**2),
        observed=(low + high) / 2,
        dims="report",
    )


def _add_classes(item: Item, parameters: Mapping[str, Array]) -> None:
    import pymc as pm
    import pytensor.tensor as pt

    classes = item.data["classes"]
    # Non-centred: how far each class is from the Libyan case, in units of how far classes are from cases.
    spread = pm.HalfNormal("class_spread", item.data["spread"])
    offset = pm.Normal("class_offset", 0.0, 1.0, dims="reference_class")
    rates = []
    for number, one in enumerate(classes):
        moved = spread * offset[number]
        value = parameters[one["of"]]
        if "months" in one:
            rates.append(1.0 - pt.exp(-one["months"] * pt.exp(value + moved)))
        else:
            rates.append(pt.sigmoid(pt.log(value) - pt.log1p(-value) + moved))
    # A power prior counts a case by its reliability; whole cases keep the node a plain binomial that can be simulated.
    effective = np.array([max(1, round(one["n"] * one["reliability"])) for one in classes])
    seen = np.array([min(e, round(one["k"] * one["reliability"])) for one, e in zip(classes, effective, strict=True)])
    pm.Binomial(item.name, n=effective, p=pt.stack(rates), observed=seen, dims="reference_class")


_ADD = {
    "trials": _add_trials,
    "no_event": _add_no_event,
    "strength": _add_strength,
    "reports": _add_reports,
    "classes": _add_classes,
}
