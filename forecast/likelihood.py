"""What each kind of evidence says of the parameters.

Chances, rates and levels are the readings of the world, recorded as steps like its month, so that belief and
consequence cannot drift apart. Each likelihood is written once for any namespace: with PyTensor it becomes a node of
a PyMC model (:mod:`forecast.model`), with NumPy the log density that is sampled by importance; a test holds the two
equal.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.special as sc

from forecast.engine.adjoint import CHOICES
from forecast.engine.program import Program, Runner
from forecast.errors import InvalidEvidence
from forecast.estimates import half_width
from forecast.evidence import Item
from forecast.readings import NUMPY, ReadingKind, Recorded
from priors.distribution import ROOT_2PI
from priors.families import Distribution, HalfNormal, Normal
from priors.prior_set import PriorSet

__all__ = [
    "Auxiliary",
    "Likelihood",
    "auxiliaries",
    "check_readings",
    "levels_before",
    "likelihood",
    "log_density",
    "parts_of",
    "predicted",
    "read",
]

Array = Any
Floats = np.ndarray[Any, np.dtype[np.float64]]

_HALF_WIDTH = half_width()
"""Half width of a central interval (90%) of a normal, in standard deviations; reported ranges are read as such."""


_LOOKED_AT = 200
"""Worlds in which readings are looked at before anything is sampled."""

_SOUND: Mapping[ReadingKind, tuple[str, str, Callable[[Floats], Any]]] = {
    # A chance may be above 1 by rounding.
    "chance": (
        "a probability, 0 to 1, in every world",
        "write xp.minimum(1.0, ...)",
        lambda p: (p >= 0) & (p < 1 + 1e-9),
    ),
    "rate": ("0 or more events a month in every world", "write xp.maximum(0.0, ...)", lambda rate: rate >= 0),
    "level": ("a level above 0 in every world", "write xp.maximum(1e-9, ...)", lambda level: level > 0),
}
"""Of each kind of reading, what it must be, how it may be made so, and whether it is."""


class _Numbered:
    """Parameters by their number in the world."""

    def __init__(self, names: Sequence[str], values: Mapping[str, Array]) -> None:
        self._names, self._values = names, values

    def __getitem__(self, number: int) -> Array:
        return self._values[self._names[number]]


def _runner(xp: Any, program: Program) -> Runner:
    if xp is np:
        return Runner(program, NUMPY)
    from forecast.path_op import operations_of

    return Runner(program, operations_of(xp))


def read(xp: Any, reading: Recorded, parameters: Mapping[str, Array]) -> Array:
    """Give a reading at some parameters.

    Parameters
    ----------
    xp : namespace
        ``numpy``, ``pytensor.tensor``, or one that records.
    reading : Recorded
        From the world.
    parameters : mapping of str to array
        The world's parameters.

    Returns
    -------
    array
        A probability, a rate a month, or a level at the origin.
    """
    return _value(xp, reading.of, reading.parameters, parameters)


def _value(xp: Any, program: Program, names: Sequence[str], parameters: Mapping[str, Array]) -> Array:
    if xp is not np and any(step.operation in CHOICES for step in program.steps):
        from forecast.path_op import is_graph, one_op

        if is_graph(xp):
            # PyTensor's own derivative is no number where what a choice leaves aside is none.
            return one_op(lambda namespace, known: [_value(namespace, program, names, known)], parameters)[0]
    return _runner(xp, program)({"parameters": _Numbered(names, parameters)})[0]


def check_readings(items: Iterable[Item], beliefs: PriorSet) -> None:
    """Refuse evidence of what is no probability, no rate or no level in some of a few worlds of the beliefs.

    Raises
    ------
    InvalidEvidence
        Naming the reading, and a value that it has.
    """
    drawn = beliefs.sample(_LOOKED_AT, seed=0)
    parameters = {str(name): drawn[name].values for name in drawn.data_vars}
    for item in items:
        # A parameter by itself is believed in its own domain.
        for name in filter(item.readings.__contains__, item.speaks_of):
            reading = item.readings[name]
            with np.errstate(all="ignore"):
                values = np.broadcast_to(read(np, reading, parameters), (_LOOKED_AT,))
            expected, mend, holds = _SOUND[reading.kind]
            wrong = np.flatnonzero(~holds(values))
            if wrong.size:
                raise InvalidEvidence(
                    f"the item {item.name!r} speaks of the {reading.kind} {name!r}, which is {values[wrong[0]]:.4g} "
                    f"in a world of the beliefs {beliefs.name!r:.60} (so in {wrong.size} of {_LOOKED_AT})",
                    expected=expected,
                    mend=f"{mend}, or narrow the beliefs that it reads",
                )


def levels_before(xp: Any, reading: Recorded, parameters: Mapping[str, Array], months: int) -> list[Array]:
    """Give a level at the end of each month before the origin that the beliefs imply, without noise.

    Parameters
    ----------
    xp : namespace
        As for :func:`read`.
    reading : Recorded
        A level of the world.
    parameters : mapping of str to array
        The world's parameters.
    months : int
        How far back.

    Returns
    -------
    list of array
        ``months + 1`` entries; entry m is the level m months before the origin.
    """
    path = [read(xp, reading, parameters)]
    if reading.past is None:
        return path * (months + 1)
    known, earlier = _Numbered(reading.parameters, parameters), _runner(xp, reading.past)
    for month in range(1, months + 1):
        path += earlier({"parameters": known, "level": path[-1:], "years": [-month / 12.0]})
    return path


def _log_levels(xp: Any, reading: Recorded, parameters: Mapping[str, Array], months: Sequence[int]) -> Array:
    """Give the logs of :func:`levels_before` some months before the origin, along the last axis."""

    def chosen(namespace: Any, known: Mapping[str, Array]) -> list[Array]:
        path = levels_before(namespace, reading, known, max(months))
        return [path[month] for month in months]

    if xp is np:
        return np.log(np.stack(chosen(np, parameters), axis=-1))
    from forecast.path_op import one_op

    return xp.log(one_op(chosen, parameters))


def _noise(xp: Any, reading: Recorded, parameters: Mapping[str, Array], months: int) -> Array:
    """Give the standard deviation of the log of a level so many months before the origin, by noise alone."""
    if reading.noise is None:
        return np.float64(0.0)
    return _value(xp, reading.noise, reading.parameters, parameters) * math.sqrt(months)


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
        # Non-centred: how far each class is from the case at hand, in units of how far classes are from cases.
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
    return _LIKELIHOODS[item.kind](xp, item, parameters)


def _trials(xp: Any, item: Item, parameters: Mapping[str, Array]) -> Likelihood:
    name = item.data["chance"]
    # A chance that is no reading is a parameter.
    p = read(xp, item.reading("chance", name), parameters) if name in item.readings else parameters[name]
    return Likelihood("Binomial", {"n": int(item.data["n"]), "p": p}, int(item.data["k"]))


def _no_event(xp: Any, item: Item, parameters: Mapping[str, Array]) -> Likelihood:
    # Observed is that nothing happened, so that the predictive check reads as the chance of having seen that.
    total = sum(read(xp, item.reading("rate", name), parameters) for name in item.data["hazards"])
    return Likelihood("Bernoulli", {"p": xp.exp(-item.data["months"] * total)}, 1)


def _strength(xp: Any, item: Item, parameters: Mapping[str, Array]) -> Likelihood:
    level = item.level
    months = int(item.data["months_before"])
    low, high = math.log(item.data["low"]), math.log(item.data["high"])
    spread = (high - low) / (2 * _HALF_WIDTH)
    noise = _noise(xp, level, parameters, months)
    expected = _log_levels(xp, level, parameters, [months])[..., 0]
    return Likelihood("Normal", {"mu": expected, "sigma": xp.sqrt(spread**2 + noise**2)}, (low + high) / 2)


def _reports(xp: Any, item: Item, parameters: Mapping[str, Array]) -> Likelihood:
    level, reports = item.level, item.data["reports"]
    months = [int(report["months_before"]) for report in reports]
    low = np.log([report["low"] for report in reports])
    high = np.log([report["high"] for report in reports])
    levels = _log_levels(xp, level, parameters, months)
    bias = parameters["report_bias"] * item.data["bias"]
    width = (high - low) / (2 * _HALF_WIDTH)
    noise = xp.stack([_noise(xp, level, parameters, month) for month in months], axis=-1)
    return Likelihood(
        "Normal",
        {
            "mu": levels + bias[..., np.newaxis],
            "sigma": xp.sqrt(item.data["error"] ** 2 + width**2 + noise**2),
        },
        (low + high) / 2,
        "report",
    )


def _classes(xp: Any, item: Item, parameters: Mapping[str, Array]) -> Likelihood:
    classes = item.data["classes"]
    rates = []
    for number, one in enumerate(classes):
        moved = parameters["class_spread"] * parameters["class_offset"][..., number]
        rates.append(_class_chance(xp, item, one, parameters, moved))
    # A power prior counts a case by its reliability; whole cases keep the node a plain binomial that can be simulated.
    effective = np.array([max(1, round(one["n"] * one["reliability"])) for one in classes])
    seen = np.array([min(e, round(one["k"] * one["reliability"])) for one, e in zip(classes, effective, strict=True)])
    return Likelihood("Binomial", {"n": effective, "p": xp.stack(rates, axis=-1)}, seen, "reference_class")


def _class_chance(xp: Any, item: Item, one: Mapping[str, Any], parameters: Mapping[str, Array], moved: Array) -> Array:
    """Give the chance of a case of a class that is moved by so much in the log of the rate, or in log odds."""
    name = one["of"]
    is_reading = name in item.readings
    if "months" in one:
        # A reading is the rate itself, a parameter its log.
        if is_reading:
            rate = read(xp, item.reading("rate", name), parameters) * xp.exp(moved)
        else:
            rate = xp.exp(parameters[name] + moved)
        return 1.0 - xp.exp(-one["months"] * rate)
    value = read(xp, item.reading("chance", name), parameters) if is_reading else parameters[name]
    odds = value * xp.exp(moved)
    return odds / (1.0 - value + odds)


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
