"""From a figure, an interval, quantiles, words or k of n to a distribution: :func:`elicit`.

Intervals are central: as much probability below as above. Every result says how well it meets the request.

References
----------
O'Hagan et al. (2006), *Uncertain Judgements: Eliciting Experts' Probabilities*.
Ibrahim and Chen (2000), "Power prior distributions for regression models", *Statistical Science* 15.
Jeffreys (1946): Beta(1/2, 1/2) as the start of a proportion.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

from forecast.errors import InvalidPrior, near_matches

from .arguments import as_number, as_pair, as_probability
from .discrete import Discrete
from .families import Distribution, HalfNormal, Normal, ScaledBeta, TruncatedNormal, family_named
from .intervals import MASS
from .prior import Prior
from .reading import HAZARD, scale_of
from .request import Elicitation, Request
from .routes import ROUTES, read_count, read_horizon, read_ratio, read_words, shifted

__all__ = ["UNITS", "WORST_MISS", "elicit"]

WORST_MISS = 0.05
"""Largest miss, in probability, of a fit to more quantiles than parameters that is not refused."""

UNITS: Mapping[str, tuple[str, str]] = {
    "hazard": (f"the unit {HAZARD!r} for a hazard", f'write unit = "{HAZARD}"'),
    "ratio": (
        "a log hazard ratio or a log rate ratio for a ratio",
        'write unit = "log hazard ratio" where it is a factor on the hazard of an event, and "log rate ratio" on '
        "another rate",
    ),
}
"""Which unit a form that is Normal on a log has, and how to write it: wrong and missing units are mended alike."""


def elicit(
    family: str | None = None,
    *,
    interval: tuple[float, float] | None = None,
    mass: float | None = None,
    quantiles: Mapping[float, float] | None = None,
    parameters: Mapping[str, float] | None = None,
    words: Mapping[str, str] | None = None,
    count: Mapping[str, Any] | None = None,
    probability: Mapping[str, Any] | None = None,
    hazard: tuple[float, float] | None = None,
    within: float | None = None,
    ratio: tuple[float, float] | None = None,
    shift: Mapping[str, str] | None = None,
    bounds: tuple[float, float] | None = None,
    support: tuple[float, float] | None = None,
    unit: str = "",
    name: str = "",
    meaning: str = "",
    claims: Iterable[str] = (),
    derivation: str = "",
) -> Prior:
    """Turn a stated belief into a prior, by exactly one of eight routes.

    Parameters
    ----------
    family : str, optional
        "Normal", "LogNormal", "Beta", "ScaledBeta", "Gamma", "HalfNormal" or "TruncatedNormal"; by ``parameters`` also
        "Bernoulli" and "Categorical". With ``hazard`` and ``ratio`` it is Normal and can be left out.
    interval : (low, high), optional
        Central interval in the unit of the quantity: ``P(X < low) = P(X > high) = (1 - mass) / 2``. For
        HalfNormal, whose one parameter cannot meet two conditions, low must be 0 and ``P(X < high) = mass``.
    mass : float, optional
        Probability inside the interval, in (0, 1). Needed with ``interval``; 0.9 unless given with ``hazard`` and
        ``ratio``; with nothing else.
    quantiles : {probability: value}, optional
        Two are met exactly (one for HalfNormal); more by least squares on the cdf, refused when the fit
        misses one by more than 0.05 in probability.
    parameters : {name: value}, optional
        The parameters themselves, with PyMC's names.
    words : {"verb", "strength", "sign"}, optional
        For Normal: a log hazard ratio with median ``sign * log(ratio of the strength)`` and
        P(stated sign) from the verb, both from the lexicon.
    count : {"k", "n", "reliability"}, optional
        k of n cases. For Beta: the power prior Beta(1/2 + r k, 1/2 + r (n - k)). With "months" and "event"
        ("occurs" or "survives") and Normal: the log monthly hazard matched to that beta's central 80%.
    probability : {"interval", "mass", "months", "event"}, optional
        For Normal: the log monthly hazard whose probability that the event occurs (or, for "survives",
        does not) within so many months has this central interval.
    hazard : (low, high), optional
        Central interval of the probability that the event occurs within ``within`` months: a Normal on the log of the
        monthly hazard, ``log(-log(1 - p) / within)``, with that unit. Short for ``probability`` with "occurs".
    within : float, optional
        Months, above 0. Needed with ``hazard`` and only there.
    ratio : (low, high), optional
        Central interval of a factor on a hazard or a rate, both ends above 0: a Normal on its log. The unit is that of
        the prior that it replaces, which must be a log ratio.
    shift : {"verb", "strength", "sign"}, optional
        Beside ``interval``, ``count``, ``probability``, ``hazard`` or ``ratio`` on a Normal: adds an independent Normal
        from words (means add, variances add). The sign is that of the effect on the log rate.
    bounds : (lower, upper), optional
        For ScaledBeta (finite) and TruncatedNormal (either may be infinite).
    support : (lower, upper), optional
        The range that the quantity can take; a distribution that reaches outside is refused.
    unit, name, meaning, derivation : str, optional
        What the quantity is, and where its numbers come from; unless given, written from the request.
    claims : iterable of str, optional
        Ids of the claims that it rests on.

    Returns
    -------
    Prior
        With ``.elicited`` saying how well the request is met.

    Raises
    ------
    InvalidPrior
        If the request contradicts itself, lies outside the family's support, or has no solution.

    Examples
    --------
    >>> from priors import elicit
    >>> elicit("LogNormal", interval=(150, 400), mass=0.9, unit="persons").parameters
    {'mu': 5.501049..., 'sigma': 0.298150...}

    A chance of 10% to 50% within a year, as a log of the monthly hazard:

    >>> soon = elicit(hazard=(0.10, 0.50), within=12)
    >>> soon.parameters
    {'mu': -3.793..., 'sigma': 0.572...}
    >>> soon.unit
    'log of the monthly hazard'

    An effect that leaves a rate as it is, or raises it up to fourfold:

    >>> elicit(ratio=(1, 4)).parameters
    {'mu': 0.693147..., 'sigma': 0.421403...}
    """
    given = {
        "interval": interval,
        "quantiles": quantiles,
        "parameters": parameters,
        "words": words,
        "count": count,
        "probability": probability,
        "hazard": hazard,
        "ratio": ratio,
    }
    route = _one_route(given)
    _check_mass(mass, route)
    kind = _kind(family, route)
    inside = MASS if mass is None else as_probability(mass, what="mass")
    if (within is not None) != (route == "hazard"):
        raise InvalidPrior(
            f"within = {within!r:.60} with {route}",
            expected="within with hazard, and only there",
            mend="add within=12 to the hazard" if within is None else "leave within out",
        )
    if route == "hazard":
        # One request for one question: the probability that it occurs within some months.
        route, probability = "probability", {"interval": hazard, "mass": inside, "months": within, "event": "occurs"}
        unit = unit or HAZARD
        _check_unit(unit, fits=unit == HAZARD, form="hazard")
    if route == "ratio" and unit:
        _check_unit(unit, fits=scale_of(unit).ratio, form="ratio")
    request = Request(
        family=kind.__name__,
        interval=_interval(interval, kind.__name__) if interval is not None else None,
        ratio=read_ratio(ratio) if ratio is not None else None,
        mass=inside if route in ("interval", "ratio") else None,
        quantiles=_quantiles(quantiles) if quantiles is not None else None,
        parameters=_parameters(parameters, kind) if parameters is not None else None,
        words=read_words(words, what="words") if words is not None else None,
        count=read_count(count) if count is not None else None,
        probability=read_horizon(probability) if probability is not None else None,
        shift=read_words(shift, what="shift") if shift is not None else None,
        bounds=_bounds(bounds, kind, route),
    )
    distribution, rows = ROUTES[route](kind, request)
    if request.shift is not None:
        distribution = shifted(distribution, request, route)
    elicited = Elicitation(request, distribution, rows)
    _refuse_bad_fit(elicited, distribution, route)
    return Prior(
        name=_text(name, "name"),
        distribution=distribution,
        unit=_text(unit, "unit"),
        meaning=_text(meaning, "meaning"),
        claims=_claims(claims),
        derivation=_text(derivation, "derivation") or request.sentence(),
        elicited=elicited,
        domain=as_pair(support, what="support", infinite=True) if support is not None else None,
    )


def _one_route(given: dict[str, Any]) -> str:
    routes = [name for name, value in given.items() if value is not None]
    if len(routes) != 1:
        raise InvalidPrior(
            "an elicitation with " + (" and ".join(routes) if routes else "nothing to go on"),
            expected="exactly one of " + ", ".join(given),
            mend="keep one of them" if routes else "give an interval and its mass, for example",
        )
    return routes[0]


def _check_mass(mass: Any, route: str) -> None:
    needed, taken = route == "interval", route in ("interval", "hazard", "ratio")
    if (mass is None and needed) or (mass is not None and not taken):
        raise InvalidPrior(
            f"mass = {mass!r} with {route}",
            expected="mass with interval, and with hazard and ratio if it is not 0.9, and only there",
            mend="add mass=0.9 to the interval" if mass is None else "leave mass out",
        )


def _kind(family: Any, route: str) -> type[Distribution]:
    """Give the family; a hazard and a ratio are Normal on the log, and need not say so."""
    on_log = route in ("hazard", "ratio")
    if family is None and not on_log:
        raise InvalidPrior(
            f"an elicitation from {route} without a family",
            expected="a family of distributions that priors can take",
            mend='name it first, as in elicit("Normal", ...)',
        )
    kind = Normal if family is None else family_named(family)
    if on_log and kind is not Normal:
        raise InvalidPrior(f"{family} for a {route}", expected="Normal, on the log of it", mend="leave the family out")
    if issubclass(kind, Discrete) and route != "parameters":
        raise InvalidPrior(
            f"{family} from {route}",
            expected="its parameters: a few values have no quantiles to ask for",
            mend='write parameters={"p": 0.7} for Bernoulli, {"weight.0": 0.2, "weight.1": 0.8} for Categorical',
        )
    return kind


def _check_unit(unit: Any, *, fits: bool, form: str) -> None:
    if not fits:
        expected, mend = UNITS[form]
        raise InvalidPrior(f"a {form} with unit = {unit!r:.60}", expected=expected, mend=mend)


def _interval(value: Any, family: str) -> tuple[float, float]:
    low, high = as_pair(value, what="interval")
    if family == HalfNormal.__name__ and low != 0:
        raise InvalidPrior(
            f"HalfNormal with the interval ({low:g}, {high:g})",
            expected="an interval from 0: its one parameter can meet one condition, P(X < high) = mass",
            mend=f"write (0, {high:g}), or choose LogNormal or Gamma to fix both ends",
        )
    return low, high


def _quantiles(value: Any) -> tuple[tuple[float, float], ...]:
    if not isinstance(value, Mapping) or not value:
        raise InvalidPrior(
            f"quantiles = {value!r:.60}",
            expected="a mapping of probabilities to values",
            mend="write {0.25: 25, 0.5: 30, 0.75: 40}",
        )
    pairs = sorted((as_probability(p, what="probability"), as_number(x, what="value")) for p, x in value.items())
    for (p, x), (q, y) in pairwise(pairs):
        if not (q - p >= 1e-6 and x < y):
            raise InvalidPrior(
                f"quantiles {x:g} at {p:g} and {y:g} at {q:g}",
                expected="values that increase with their probabilities",
                mend="check the order of the values",
            )
    return tuple(pairs)


def _parameters(value: Any, kind: type[Distribution]) -> tuple[tuple[str, float], ...]:
    if not isinstance(value, Mapping):
        raise InvalidPrior(
            f"parameters = {value!r:.60}",
            expected="a mapping of parameter names to numbers",
            mend="write {" + ", ".join(f"'{n}': ..." for n in kind.parameter_names()) + "}",
        )
    names = kind.parameter_names(len(value))
    for key in value:
        if key not in names:
            raise InvalidPrior(
                f"{kind.__name__} with a parameter {key!r}",
                expected=f"only {', '.join(names)}",
                mend=near_matches(str(key), names),
            )
    missing = [n for n in names if n not in value]
    if missing:
        raise InvalidPrior(
            f"{kind.__name__} without {', '.join(missing)}",
            expected=f"the parameters {', '.join(names)}",
            mend=f"give a value for {missing[0]}",
        )
    return tuple((n, as_number(value[n], what=n, infinite=n in kind.unbounded)) for n in names)


def _bounds(value: Any, kind: type[Distribution], route: str) -> tuple[float, float] | None:
    bounded = kind in (ScaledBeta, TruncatedNormal) and route != "parameters"
    if (value is not None) != bounded:
        raise InvalidPrior(
            f"{kind.__name__} from {route} " + ("without bounds" if bounded else "with bounds"),
            expected="bounds for ScaledBeta and TruncatedNormal (not beside parameters) and no other family",
            mend="add bounds=(lower, upper)" if bounded else "leave bounds out",
        )
    if value is None:
        return None
    return as_pair(value, what="bounds", infinite=kind is TruncatedNormal)


def _refuse_bad_fit(elicited: Elicitation, distribution: Distribution, route: str) -> None:
    limit = WORST_MISS if route == "quantiles" else elicited.tolerance
    # A NaN miss must be refused too, so the test is for a good fit and not for a bad one.
    if not (elicited.max_error <= limit and all(math.isfinite(row.achieved) for row in elicited.rows)):
        worst = max(elicited.rows, key=lambda row: abs(row.error))
        raise InvalidPrior(
            f"{elicited.request.sentence().rstrip('.')}: the best {distribution.family} puts "
            f"{worst.achieved:.3f} where {worst.condition} was asked",
            expected=f"a family that meets every condition within {limit:g} in probability",
            mend="choose a family whose shape fits (a skewed one for skewed quantiles), or drop a condition",
        )


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise InvalidPrior(f"{what} = {value!r:.60}", expected="text", mend=f"write {what} as a string")
    return value


def _claims(value: Any) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise InvalidPrior(f"claims = {value!r:.60}", expected="a list of claim ids", mend='write claims=["L1", "L2"]')
    return tuple(_text(item, "a claim id") for item in value)
