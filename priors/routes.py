"""The seven routes of an elicitation: each gives a distribution and the conditions it was to meet.

References
----------
Constant hazard h a month: P(event within T months) = 1 - exp(-h T), so eta = log h = log(-log(1 - p) / T).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import scipy.special as sc

from forecast.errors import InvalidPrior, near_matches

from .arguments import as_number, as_pair, as_probability, checked_table
from .families import Beta, Distribution, HalfNormal, Normal
from .fitting import fit_least_squares, fit_two
from .intervals import tails
from .lexicon import load_lexicon
from .request import Count, Horizon, Request, Row, Words

__all__ = ["ROUTES", "read_count", "read_horizon", "read_ratio", "read_words", "shifted"]

Fitted = tuple[Distribution, tuple[Row, ...]]

_EVENTS = ("occurs", "survives")
_COUNT_MASS = 0.8


def read_words(value: Any, *, what: str) -> Words:
    """Check a table of verb, strength and sign against the lexicon."""
    table = checked_table(value, what=what, required=("verb", "strength", "sign"), optional=("reading",))
    reading = table.get("reading", "mean")
    if reading not in ("mean", "median"):
        raise InvalidPrior(
            f"{what} with the reading {reading!r:.60}",
            expected="'mean' (the strength is that of an effect that is there) or 'median'",
            mend="leave reading out, or write it as one of the two",
        )
    load_lexicon().effect(table["verb"], table["strength"], reading=reading)
    if table["sign"] not in ("+", "-"):
        raise InvalidPrior(
            f"{what} with the sign {table['sign']!r}",
            expected="'+' for an effect that raises the rate or '-' for one that lowers it",
            mend="write sign as '+' or '-'",
        )
    return Words(table["verb"], table["strength"], table["sign"], reading)


def read_count(value: Any) -> Count:
    """Check k of n, with its reliability."""
    table = checked_table(value, what="count", required=("k", "n", "reliability"), optional=("months", "event"))
    k, n, reliability = (as_number(table[key], what=f"count {key}") for key in ("k", "n", "reliability"))
    if not (n >= 1 and 0 <= k <= n and k == round(k) and n == round(n)):
        raise InvalidPrior(
            f"a count of {k:g} of {n:g}",
            expected="whole numbers with 0 <= k <= n and n >= 1",
            mend="check the numerator and the denominator",
        )
    if not 0 <= reliability <= 1:
        raise InvalidPrior(
            f"reliability = {reliability:g}",
            expected="a number from 0 (ignore the class) to 1 (take it at face value)",
            mend="write 30% as 0.3",
        )
    if ("months" in table) != ("event" in table):
        raise InvalidPrior(
            "a count with only one of months and event",
            expected="both (for a hazard) or neither (for a proportion)",
            mend="add the other one",
        )
    if "months" not in table:
        return Count(k, n, reliability)
    return Count(k, n, reliability, _months(table["months"]), _event(table["event"]))


def read_horizon(value: Any) -> Horizon:
    """Check an interval for a probability over a horizon."""
    table = checked_table(value, what="probability", required=("interval", "mass", "months", "event"))
    low, high = as_pair(table["interval"], what="the interval of probability")
    if not 0 < low < high < 1:
        raise InvalidPrior(
            f"a probability between {low:g} and {high:g}",
            expected="both ends strictly between 0 and 1",
            mend="move the ends inside: a constant hazard makes nothing impossible or certain",
        )
    mass = as_probability(table["mass"], what="the mass of probability")
    return Horizon((low, high), mass, _months(table["months"]), _event(table["event"]))


def read_ratio(value: Any) -> tuple[float, float]:
    """Check an interval for a factor."""
    low, high = as_pair(value, what="ratio")
    if low <= 0:
        raise InvalidPrior(
            f"a ratio between {low:g} and {high:g}",
            expected="factors above 0",
            mend="write a halving as 0.5: 1 changes nothing, and less than 1 lowers the rate",
        )
    return low, high


def _months(value: Any) -> float:
    months = as_number(value, what="months")
    if months <= 0:
        raise InvalidPrior(f"months = {months:g}", expected="months > 0", mend="give the horizon in months")
    return months


def _event(value: Any) -> str:
    if not isinstance(value, str) or value not in _EVENTS:
        raise InvalidPrior(
            f"event = {value!r}",
            expected="'occurs' or 'survives' (does not occur)",
            mend=near_matches(value if isinstance(value, str) else "", _EVENTS),
        )
    return value


def log_hazard(p: float, months: float, event: str) -> float:
    """Give the log monthly hazard at which an event occurs (or not, "survives") with probability p.

    Parameters
    ----------
    p : float
        In (0, 1).
    months : float
        Horizon.
    event : str
        "occurs" or "survives".
    """
    if not 0 < p < 1:
        raise InvalidPrior(
            f"a probability of {p:g} within {months:g} months",
            expected="a probability that is distinguishable from 0 and from 1",
            mend="lower n or the reliability: so many like cases leave no doubt to elicit",
        )
    cumulative = -math.log1p(-p) if event == "occurs" else -math.log(p)
    return math.log(cumulative) - math.log(months)


def _need(kind: type[Distribution], wanted: type[Distribution], why: str) -> None:
    if kind is not wanted:
        raise InvalidPrior(
            f"{kind.__name__} for {why}",
            expected=wanted.__name__,
            mend=f"write elicit({wanted.__name__!r}, ...)",
        )


def _row(distribution: Distribution, p: float, x: float, *, kind: str = "asked", condition: str = "") -> Row:
    return Row(condition or f"P(X <= {x:g}) = {p:g}", x, p, float(distribution.cdf(x)), kind)


def _from_interval(kind: type[Distribution], request: Request) -> Fitted:
    assert request.interval is not None
    assert request.mass is not None
    low, high = request.interval
    if kind is HalfNormal:
        half = HalfNormal(high / (math.sqrt(2.0) * float(sc.erfinv(request.mass))))
        return half, (_row(half, request.mass, high),)
    below, above = tails(request.mass)
    fitted = fit_two(kind, (below, low), (above, high), request.bounds)
    return fitted, (_row(fitted, below, low), _row(fitted, above, high))


def _from_quantiles(kind: type[Distribution], request: Request) -> Fitted:
    pairs = request.quantiles or ()
    free = 1 if kind is HalfNormal else 2
    if len(pairs) < free:
        raise InvalidPrior(
            f"{len(pairs)} quantile for {kind.__name__}",
            expected=f"at least {free}: one for each parameter",
            mend="add a quantile",
        )
    if len(pairs) > 2 or kind is HalfNormal:
        fitted = fit_least_squares(kind, pairs, request.bounds)
    else:
        fitted = fit_two(kind, pairs[0], pairs[1], request.bounds)
    return fitted, tuple(_row(fitted, p, x) for p, x in pairs)


def _from_parameters(kind: type[Distribution], request: Request) -> Fitted:
    return kind.from_parameters(dict(request.parameters or ())), ()


def _words_normal(words: Words) -> Normal:
    size, sd = load_lexicon().effect(words.verb, words.strength, reading=words.reading)
    return Normal(math.copysign(size, 1 if words.sign == "+" else -1), sd)


def _from_words(kind: type[Distribution], request: Request) -> Fitted:
    words = request.words
    assert words is not None
    _need(kind, Normal, "words, which give a log hazard ratio")
    fitted = _words_normal(words)
    p = load_lexicon().probability(words.verb)
    below_zero = 1 - p if words.sign == "+" else p
    mean = math.exp(fitted.mu + 0.5 * fitted.sigma**2)
    # A factor that lowers and its inverse do not have inverse means.
    inverse = f" (of its inverse {math.exp(-fitted.mu + 0.5 * fitted.sigma**2):.3g})" if words.sign == "-" else ""
    return fitted, (
        _row(fitted, below_zero, 0.0, condition=f"P({'X > 0' if words.sign == '+' else 'X < 0'}) = {p:g}"),
        _row(fitted, 0.5, fitted.mu, condition=f"median {fitted.mu:.4g}, mean factor {mean:.3g}{inverse}"),
    )


def _from_count(kind: type[Distribution], request: Request) -> Fitted:
    count = request.count
    assert count is not None
    share = Beta(0.5 + count.reliability * count.k, 0.5 + count.reliability * (count.n - count.k))
    if count.months is None or count.event is None:
        _need(kind, Beta, "a count without months, which gives a proportion")
        return share, ()
    _need(kind, Normal, "a count with months, which gives a log monthly hazard")
    below, above = tails(_COUNT_MASS)
    stated = [(p, float(share.ppf(p))) for p in (below, 0.5, above)]
    return _hazard_normal(stated, count.months, count.event)


def _from_probability(kind: type[Distribution], request: Request) -> Fitted:
    horizon = request.probability
    assert horizon is not None
    _need(kind, Normal, "a probability over months, which gives a log monthly hazard")
    below, above = tails(horizon.mass)
    stated = [(below, horizon.interval[0]), (above, horizon.interval[1])]
    return _hazard_normal(stated, horizon.months, horizon.event)


def _from_ratio(kind: type[Distribution], request: Request) -> Fitted:
    assert request.ratio is not None
    assert request.mass is not None
    _need(kind, Normal, "a ratio, which gives its log")
    stated = list(zip(tails(request.mass), request.ratio, strict=True))
    first, second = ((p, math.log(factor)) for p, factor in stated)
    fitted = fit_two(Normal, first, second, None)
    rows = (_row(fitted, p, math.log(factor), condition=f"P(factor <= {factor:g}) = {p:g}") for p, factor in stated)
    return fitted, tuple(rows)


def _hazard_normal(stated: list[tuple[float, float]], months: float, event: str) -> Fitted:
    """Match a Normal on the log monthly hazard to the outer two of some quantiles of a probability."""
    falling = event == "survives"
    points = []
    for p, probability in stated:
        share = 1 - p if falling else p
        points.append((share, log_hazard(probability, months, event), probability))
    points.sort()
    fitted = fit_two(Normal, points[0][:2], points[-1][:2], None)
    rows = []
    for number, (share, eta, probability) in enumerate(points):
        kind = "asked" if number in (0, len(points) - 1) else "implied"
        asked = round(share, 12)
        bound = "at least" if falling else "at most"
        when = f"{months:g} months" if falling else f"within {months:g} months"
        condition = f"chance that it {event} {when} is {bound} {probability:.3g}: P = {asked:g}"
        rows.append(_row(fitted, asked, eta, kind=kind, condition=condition))
    return fitted, tuple(rows)


def shifted(distribution: Distribution, request: Request, route: str) -> Normal:
    """Add an independent Normal from words to a Normal: means add, variances add.

    Raises
    ------
    InvalidPrior
        If there is no Normal to shift.
    """
    if not isinstance(distribution, Normal) or route not in ("interval", "count", "probability", "ratio"):
        raise InvalidPrior(
            f"a shift of {distribution.family} from {route}",
            expected="a Normal from interval, count, probability, hazard or ratio",
            mend="leave shift out, or elicit the log rate as a Normal",
        )
    assert request.shift is not None
    extra = _words_normal(request.shift)
    return Normal(distribution.mu + extra.mu, math.hypot(distribution.sigma, extra.sigma))


ROUTES: dict[str, Callable[[type[Distribution], Request], Fitted]] = {
    "interval": _from_interval,
    "quantiles": _from_quantiles,
    "parameters": _from_parameters,
    "words": _from_words,
    "count": _from_count,
    "probability": _from_probability,
    "ratio": _from_ratio,
}
"""How each argument of an elicitation becomes a distribution and the conditions it meets."""
