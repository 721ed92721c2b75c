"""What each kind of evidence says of the parameters.

Chances and hazards are the functions of :mod:`forecast.libya`, so that belief and consequence cannot drift apart. Each
likelihood is written once for any namespace: with PyTensor it becomes a node of a PyMC model
(:mod:`forecast.model`), with NumPy the log density that is sampled by importance; a test holds the two equal.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.special as sc

from forecast.estimates import half_width
from forecast.evidence import Item
from forecast.libya.army import hold_probability
from forecast.libya.council import collapse_log_rate, endorsement_log_rate
from forecast.libya.hazards import event_probability, unrest_level
from forecast.libya.isis import earlier
from priors.distribution import ROOT_2PI
from priors.families import Distribution, HalfNormal, Normal

__all__ = [
    "Auxiliary",
    "Likelihood",
    "auxiliaries",
    "chance",
    "hazard",
    "likelihood",
    "log_density",
    "parts_of",
    "past_strength",
    "predicted",
]

Array = Any
Floats = np.ndarray[Any, np.dtype[np.float64]]

_HALF_WIDTH = half_width()
"""Half width of a central interval (90%) of a normal, in standard deviations; reported ranges are read as such."""

# Clashes a month by year before the origin, against the rate of 2015: 109 events in 2014, four fifths of them in its
# second half (docs/sources.md). Month 1 is February 2016, month 16 November 2014.
_CLASHES_2015, _CLASHES_LATE_2014 = 64 / 12, 0.8 * 109 / 6
_MONTHS_SINCE_2014 = 14

# The council's conditions at the origin. There every effect is multiplied by exactly 0, so the effects are not even
# read: what a likelihood does not depend on keeps its prior, and the sampler has ten quantities fewer. A test holds
# this equal to the hazards with the effects.
_COLLAPSE_AT_ORIGIN: Mapping[str, float] = dict.fromkeys(
    ("settled", "footprint", "blowback", "legitimate", "resolved", "invited", "revenue", "standing"), 0.0
)
_NO_COLLAPSE_EFFECTS: Mapping[str, float] = dict.fromkeys(
    ("by_footprint", "by_blowback", "by_legitimacy", "by_dispute", "by_invited", "by_revenue"), 0.0
)
_ENDORSING_AT_ORIGIN: Mapping[str, float] = dict.fromkeys(
    ("mediation", "footprint", "unrest", "resolved", "standing"), 0.0
)
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
        log_rate = collapse_log_rate(
            parameters["collapse_hazard"],
            executive=parameters["collapse_executive"],
            **_COLLAPSE_AT_ORIGIN,
            **_NO_COLLAPSE_EFFECTS,
        )
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
                unrest=float(unrest_level(np, math.log(clashes / _CLASHES_2015))),
                years=-month / 12.0,
                growth=parameters["isis_growth"],
                foreign=parameters["recruit_foreign"],
                disorder=parameters["disorder_recruitment"],
                ceiling=parameters["isis_ceiling"],
                resistance=parameters["local_resistance"],
                diversion=parameters["diversion"],
                inflow=parameters["isis_inflow"],
                fallback=parameters["inflow_fallback"],
            )
        )
    return path


def _past_log_strength(xp: Any, parameters: Mapping[str, Array], months: Sequence[int]) -> Array:
    """Give the logs of :func:`past_strength` some months before the origin, along the last axis."""

    def chosen(namespace: Any, known: Mapping[str, Array]) -> list[Array]:
        path = past_strength(namespace, known, max(months))
        return [path[month] for month in months]

    if xp is np:
        return np.log(np.stack(chosen(np, parameters), axis=-1))
    from forecast.path_op import one_op

    return xp.log(one_op(chosen, parameters))


@dataclass(frozen=True)
class Auxiliary:
    """A quantity that only a likelihood has, with the prior that goes with it.

    Attributes
    ----------
    distribution : Distribution
        Its prior; of each part independently, where it has a dim.
    dim : str
        Its dim in the model; empty for a scalar.
    size : int
        Parts; 1 for a scalar.
    """

    distribution: Distribution
    dim: str = ""
    size: int = 1


@dataclass(frozen=True)
class Likelihood:
    """What an item says of the parameters: the distribution that what was seen came from.

    Attributes
    ----------
    family : {"Bernoulli", "Binomial", "Normal"}
        By PyMC's name.
    arguments : dict of str to array
        By PyMC's names; shape (..., part) where the item has parts, else (...), with the leading shape of the
        parameters.
    observed : int, float or ndarray
        What was seen; shape (part,) where the item has parts.
    dim : str
        The dim of its parts; empty where it has none.
    """

    family: str
    arguments: Mapping[str, Array]
    observed: Array
    dim: str = ""


def auxiliaries(item: Item) -> dict[str, Auxiliary]:
    """Give the quantities that an item has of its own, by name.

    Parameters
    ----------
    item : Item
        The evidence.
    """
    if item.kind == "reports":
        return {"report_bias": Auxiliary(Normal(0.0, 1.0))}
    if item.kind == "classes":
        # Non-centred: how far each class is from the Libyan case, in units of how far classes are from cases.
        return {
            "class_spread": Auxiliary(HalfNormal(item.data["spread"])),
            "class_offset": Auxiliary(Normal(0.0, 1.0), "reference_class", len(item.data["classes"])),
        }
    return {}


def parts_of(item: Item) -> tuple[str, list[str]]:
    """Give the dim of an item's parts and their labels; an empty name and no labels where it has none."""
    if item.kind == "reports":
        return "report", [str(report["source"]) for report in item.data["reports"]]
    if item.kind == "classes":
        return "reference_class", [str(one["name"]) for one in item.data["classes"]]
    return "", []


def likelihood(xp: Any, item: Item, parameters: Mapping[str, Array]) -> Likelihood:
    """Say which distribution an item's data came from, given the parameters.

    Parameters
    ----------
    xp : namespace
        ``numpy`` or ``pytensor.tensor``: gives ``exp``, ``log``, ``sqrt``, ``minimum``, ``maximum`` and ``stack``.
    item : Item
        The evidence.
    parameters : mapping of str to array
        The world's parameters and the item's :func:`auxiliaries`, all of one shape; those with parts have another axis
        at the end.

    Returns
    -------
    Likelihood
        Of the same namespace.
    """
    return _LIKELIHOODS[item.kind](xp, item.data, parameters)


def _trials(xp: Any, data: Mapping[str, Any], parameters: Mapping[str, Array]) -> Likelihood:
    return Likelihood("Binomial", {"n": int(data["n"]), "p": chance(xp, data["chance"], parameters)}, int(data["k"]))


def _no_event(xp: Any, data: Mapping[str, Any], parameters: Mapping[str, Array]) -> Likelihood:
    # Observed is that nothing happened, so that the predictive check reads as the chance of having seen that.
    total = sum(hazard(xp, name, parameters) for name in data["hazards"])
    return Likelihood("Bernoulli", {"p": xp.exp(-data["months"] * total)}, 1)


def _strength(xp: Any, data: Mapping[str, Any], parameters: Mapping[str, Array]) -> Likelihood:
    months = int(data["months_before"])
    low, high = math.log(data["low"]), math.log(data["high"])
    spread = (high - low) / (2 * _HALF_WIDTH)
    noise = parameters["isis_noise"] * math.sqrt(months)
    expected = _past_log_strength(xp, parameters, [months])[..., 0]
    return Likelihood("Normal", {"mu": expected, "sigma": xp.sqrt(spread**2 + noise**2)}, (low + high) / 2)


def _reports(xp: Any, data: Mapping[str, Any], parameters: Mapping[str, Array]) -> Likelihood:
    reports = data["reports"]
    months = [int(report["months_before"]) for report in reports]
    low = np.log([report["low"] for report in reports])
    high = np.log([report["high"] for report in reports])
    strengths = _past_log_strength(xp, parameters, months)
    bias = parameters["report_bias"] * data["bias"]
    width = (high - low) / (2 * _HALF_WIDTH)
    noise = xp.stack([parameters["isis_noise"] * math.sqrt(month) for month in months], axis=-1)
    return Likelihood(
        "Normal",
        {
            "mu": strengths + bias[..., np.newaxis],
            "sigma": xp.sqrt(data["error"] ** 2 + width**2 + noise**2),
        },
        (low + high) / 2,
        "report",
    )


def _classes(xp: Any, data: Mapping[str, Any], parameters: Mapping[str, Array]) -> Likelihood:
    classes = data["classes"]
    rates = []
    for number, one in enumerate(classes):
        moved = parameters["class_spread"] * parameters["class_offset"][..., number]
        value = parameters[one["of"]]
        if "months" in one:
            rates.append(1.0 - xp.exp(-one["months"] * xp.exp(value + moved)))
        else:
            # Log odds moved, without taking logs.
            odds = value * xp.exp(moved)
            rates.append(odds / (1.0 - value + odds))
    # A power prior counts a case by its reliability; whole cases keep the node a plain binomial that can be simulated.
    effective = np.array([max(1, round(one["n"] * one["reliability"])) for one in classes])
    seen = np.array([min(e, round(one["k"] * one["reliability"])) for one, e in zip(classes, effective, strict=True)])
    return Likelihood("Binomial", {"n": effective, "p": xp.stack(rates, axis=-1)}, seen, "reference_class")


_LIKELIHOODS = {
    "trials": _trials,
    "no_event": _no_event,
    "strength": _strength,
    "reports": _reports,
    "classes": _classes,
}


def log_density(said: Likelihood) -> Floats:
    """Give the log density of what was seen, on plain arrays.

    Written as PyMC writes them, so that both round alike: binomial and Bernoulli probabilities and the normal density.

    Parameters
    ----------
    said : Likelihood
        From :func:`likelihood` with NumPy.

    Returns
    -------
    ndarray
        The shape of the arguments, parts included.
    """
    given, seen = said.arguments, np.asarray(said.observed, dtype=np.float64)
    # A chance that was rounded to 0 or 1 makes what it rules out impossible.
    with np.errstate(divide="ignore"):
        match said.family:
            case "Normal":
                score = (seen - given["mu"]) / given["sigma"]
                return np.asarray(-0.5 * score * score - math.log(ROOT_2PI) - np.log(given["sigma"]))
            case "Bernoulli":
                return np.asarray(np.log(given["p"]) if seen else np.log1p(-given["p"]))
            case _:
                n = np.asarray(given["n"], dtype=np.float64)
                ways = sc.gammaln(n + 1.0) - sc.gammaln(seen + 1.0) - sc.gammaln(n - seen + 1.0)
                return np.asarray(ways + sc.xlogy(seen, given["p"]) + sc.xlogy(n - seen, 1.0 - given["p"]))


def predicted(said: Likelihood, generator: np.random.Generator) -> Array:
    """Draw what might have been seen instead, in each world.

    Parameters
    ----------
    said : Likelihood
        From :func:`likelihood` with NumPy.
    generator : numpy.random.Generator
        For the draws.

    Returns
    -------
    ndarray
        The shape of the arguments, parts included; whole numbers of a count.
    """
    match said.family:
        case "Normal":
            return generator.normal(said.arguments["mu"], said.arguments["sigma"])
        case "Bernoulli":
            return (generator.random(np.shape(said.arguments["p"])) < said.arguments["p"]).astype(np.int64)
        case _:
            return generator.binomial(said.arguments["n"], said.arguments["p"])
