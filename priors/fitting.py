"""From quantiles to the parameters of a family.

Two quantiles fix a family of two parameters; the equations are solved on the scale of normal scores, where
they are nearly linear. More quantiles than parameters are met by least squares on the distribution function.

References
----------
van Dorp and Mazzuchi (2000), "Solving for the parameters of a beta distribution under two quantile
constraints", *Journal of Statistical Computation and Simulation* 67: existence for the beta.
Oakley and O'Hagan, SHELF (R package ``SHELF``, function ``fitdist``): least squares on the cdf.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import scipy.special as sc

from forecast.errors import InvalidPrior

from .families import (
    Beta,
    Distribution,
    FloatArray,
    Gamma,
    HalfNormal,
    LogNormal,
    Normal,
    ScaledBeta,
    TruncatedNormal,
)

__all__ = ["fit_least_squares", "fit_two"]

Pair = tuple[float, float]
"""A probability and the value below which it lies."""

_SOLVED = 1e-9
_EXTREME = 1e12
# Quantiles closer than this ask for a shape beyond 1e12, where the incomplete beta and gamma lose their digits.
_NARROW = 1e-6


def fit_two(family: type[Distribution], first: Pair, second: Pair, bounds: Pair | None) -> Distribution:
    """Fit a family of two free parameters through two quantiles, exactly.

    Parameters
    ----------
    family : type of Distribution
        Any family but HalfNormal.
    first, second : (probability, value)
        In increasing order of both.
    bounds : (lower, upper) or None
        For ScaledBeta and TruncatedNormal.

    Raises
    ------
    InvalidPrior
        If a value lies outside the support or no member of the family has these quantiles.
    """
    _check_support(family, (first[1], second[1]), bounds)
    (p1, x1), (p2, x2) = first, second
    z1, z2 = float(sc.ndtri(p1)), float(sc.ndtri(p2))
    if family is Normal:
        sigma = (x2 - x1) / (z2 - z1)
        return Normal(x1 - z1 * sigma, sigma)
    if family is LogNormal:
        sigma = math.log(x2 / x1) / (z2 - z1)
        if sigma <= 0 or math.isinf(sigma):
            raise _no_solution(family, first, second)
        return LogNormal(math.log(x1) - z1 * sigma, sigma)
    if family is Gamma:
        return _gamma(first, second)
    if family is Beta:
        return Beta(*_beta(first, second, family))
    if bounds is not None and family is ScaledBeta:
        low, high = bounds
        unit = [(p, (x - low) / (high - low)) for p, x in (first, second)]
        return ScaledBeta(*_beta(unit[0], unit[1], family), low, high)
    if bounds is not None and family is TruncatedNormal:
        return _truncated(first, second, bounds)
    raise InvalidPrior(
        f"two quantiles for {family.__name__}",
        expected="a family of two free parameters",
        mend="give HalfNormal one quantile, or choose another family",
    )


def _check_support(family: type[Distribution], values: Sequence[float], bounds: Pair | None) -> None:
    low, high = -math.inf, math.inf
    if family in (LogNormal, Gamma, HalfNormal):
        low = 0.0
    elif family is Beta:
        low, high = 0.0, 1.0
    elif bounds is not None:
        low, high = bounds
    outside = [value for value in values if not low < value < high]
    if outside:
        raise InvalidPrior(
            f"the value {outside[0]:g} for {family.__name__}",
            expected=f"values strictly between {low:g} and {high:g}",
            mend="move the value inside, or choose a family (or bounds) that reaches it",
        )


def _no_solution(family: type[Distribution], first: Pair, second: Pair, why: str = "") -> InvalidPrior:
    given = ", ".join(f"P(X <= {x:g}) = {p:g}" for p, x in (first, second))
    return InvalidPrior(
        f"{family.__name__} with {given}{why}",
        expected="quantiles that some member of the family has",
        mend="choose another family, or move the values apart or away from the bounds",
    )


def _gamma(first: Pair, second: Pair) -> Gamma:
    """Solve for the shape alone: the ratio of two quantiles does not depend on the rate."""
    from scipy.optimize import brentq

    (p1, x1), (p2, x2) = first, second
    wanted = math.log(x2) - math.log(x1)
    if wanted < _NARROW:
        raise _no_solution(Gamma, first, second)

    def gap(log_shape: float) -> float:
        shape = math.exp(log_shape)
        low, high = float(sc.gammaincinv(shape, p1)), float(sc.gammaincinv(shape, p2))
        # A shape so small that the lower quantile underflows spreads further than any interval asked.
        return _EXTREME if low <= 0 else math.log(high) - math.log(low) - wanted

    # log X has variance near 1/shape, which puts the root close to (z2 - z1)^2 / wanted^2.
    guess = 2 * math.log(max(float(sc.ndtri(p2) - sc.ndtri(p1)) / wanted, 1e-150))
    low, high = guess - 1.0, guess + 1.0
    while gap(low) < 0 and low > -40:
        low -= 2.0
    while gap(high) > 0 and high < 40:
        high += 2.0
    if not gap(low) > 0 > gap(high):
        raise _no_solution(Gamma, first, second)
    shape = math.exp(brentq(gap, low, high, xtol=1e-14, rtol=1e-15))
    return Gamma(shape, float(sc.gammaincinv(shape, p2)) / x2)


def _scores(cdf: Callable[[float], float], pairs: tuple[Pair, Pair]) -> tuple[float, float]:
    (p1, x1), (p2, x2) = pairs
    return float(sc.ndtri(cdf(x1)) - sc.ndtri(p1)), float(sc.ndtri(cdf(x2)) - sc.ndtri(p2))


def _newton(
    residuals: Callable[[float, float], tuple[float, float]], start: tuple[float, float], step: float = 1e-6
) -> tuple[float, float] | None:
    """Solve two equations by damped Newton steps; None where that does not reach a solution."""
    a, b = start
    f, g = residuals(a, b)
    size = f * f + g * g
    for _ in range(60):
        if not math.isfinite(size):
            return None
        if max(abs(f), abs(g)) < 1e-13:
            break
        fa, ga = residuals(a + step, b)
        fb, gb = residuals(a, b + step)
        j11, j21, j12, j22 = (fa - f) / step, (ga - g) / step, (fb - f) / step, (gb - g) / step
        determinant = j11 * j22 - j12 * j21
        if not math.isfinite(determinant) or determinant == 0:
            return None
        da, db = (j12 * g - j22 * f) / determinant, (j21 * f - j11 * g) / determinant
        scale = min(1.0, 2.0 / max(abs(da), abs(db), 1e-300))
        for _ in range(30):
            fn, gn = residuals(a + scale * da, b + scale * db)
            new = fn * fn + gn * gn
            if math.isfinite(new) and new < size:
                break
            scale /= 2
        else:
            break
        a, b, f, g, size = a + scale * da, b + scale * db, fn, gn, new
    return (a, b) if max(abs(f), abs(g)) < _SOLVED else None


def _beta(first: Pair, second: Pair, family: type[Distribution]) -> tuple[float, float]:
    (p1, x1), (p2, x2) = first, second
    pairs = (first, second)

    def residuals(log_alpha: float, log_beta: float) -> tuple[float, float]:
        if max(abs(log_alpha), abs(log_beta)) > 40:
            return math.inf, math.inf
        alpha, beta = math.exp(log_alpha), math.exp(log_beta)
        return _scores(lambda x: float(sc.betainc(alpha, beta, x)), pairs)

    # Start from the beta whose logit has about the spread that the two logits show.
    z1, z2 = float(sc.ndtri(p1)), float(sc.ndtri(p2))
    low, high = float(sc.logit(x1)), float(sc.logit(x2))
    spread = (high - low) / (z2 - z1)
    if spread < _NARROW:
        raise _no_solution(family, first, second)
    centre = float(sc.expit(low - z1 * spread))
    centre = min(max(centre, 1e-6), 1 - 1e-6)
    count = min(max(1.0 / (spread**2 * centre * (1 - centre)), 1e-2), 1e12)
    found = _newton(residuals, (math.log(count * centre), math.log(count * (1 - centre))))
    if found is None:
        found = _beta_nested(first, second)
    if found is None:
        raise _no_solution(family, first, second)
    alpha, beta = math.exp(found[0]), math.exp(found[1])
    if max(abs(r) for r in residuals(*found)) > 1e-6:
        raise _no_solution(family, first, second)
    return alpha, beta


def _beta_nested(first: Pair, second: Pair) -> tuple[float, float] | None:
    """Solve by nested bisection: the mean for each total count, then the count; slow and hard to defeat."""
    from scipy.optimize import brentq

    (p1, x1), (p2, x2) = first, second

    def logit_mean(log_count: float) -> float:
        count = math.exp(log_count)

        def low_gap(logit: float) -> float:
            mean = float(sc.expit(logit))
            return float(sc.betainc(count * mean, count * float(sc.expit(-logit)), x1)) - p1

        return float(brentq(low_gap, -200.0, 200.0, xtol=1e-13))

    def high_gap(log_count: float) -> float:
        logit, count = logit_mean(log_count), math.exp(log_count)
        return float(sc.betainc(count * float(sc.expit(logit)), count * float(sc.expit(-logit)), x2)) - p2

    try:
        log_count = float(brentq(high_gap, -12.0, 32.0, xtol=1e-13))
        logit = logit_mean(log_count)
    except (ValueError, RuntimeError):
        return None
    return log_count + float(sc.log_expit(logit)), log_count + float(sc.log_expit(-logit))


def _truncated(first: Pair, second: Pair, bounds: Pair) -> TruncatedNormal:
    (p1, x1), (p2, x2) = first, second
    low, high = bounds
    unit = (x2 - x1) / float(sc.ndtri(p2) - sc.ndtri(p1))
    centre = x1 - float(sc.ndtri(p1)) * unit

    def member(shift: float, log_scale: float) -> TruncatedNormal:
        return TruncatedNormal(centre + unit * shift, unit * math.exp(log_scale), low, high)

    def residuals(shift: float, log_scale: float) -> tuple[float, float]:
        # Beyond this the family is an exponential curve in all but name: no normal is left to speak of.
        if abs(shift) > 1e4 or abs(log_scale) > 8:
            return math.inf, math.inf
        candidate = member(shift, log_scale)
        return _scores(lambda x: float(candidate.cdf(x)), (first, second))

    for start in ((0.0, 0.0), (0.0, 0.7), (0.0, 1.5), (-2.0, 1.0), (2.0, 1.0)):
        found = _newton(residuals, start)
        if found is not None:
            return member(*found)
    raise _no_solution(TruncatedNormal, first, second, f" between {low:g} and {high:g}")


def fit_least_squares(family: type[Distribution], pairs: Sequence[Pair], bounds: Pair | None) -> Distribution:
    """Fit a family to more quantiles than it has parameters, by least squares on the cdf.

    Minimises ``sum_i (F(x_i) - p_i)^2``, which is SHELF's criterion.

    Raises
    ------
    InvalidPrior
        If a value lies outside the support, or the search does not settle.
    """
    from scipy.optimize import least_squares

    _check_support(family, [x for _, x in pairs], bounds)
    asked = np.array([p for p, _ in pairs])
    values = np.array([x for _, x in pairs])
    build, start = _free_parameters(family, pairs, bounds)

    def misses(theta: FloatArray) -> FloatArray:
        if not np.all(np.isfinite(theta)) or np.max(np.abs(theta)) > 500:
            return np.full(asked.shape, 1e3)
        try:
            return np.asarray(build(theta).cdf(values) - asked)
        except (InvalidPrior, OverflowError):
            return np.full(asked.shape, 1e3)

    found = least_squares(misses, start, method="trf", x_scale=0.1, xtol=1e-14, ftol=1e-14, gtol=1e-14)
    if not np.all(np.isfinite(found.x)) or np.max(np.abs(found.fun)) >= 1.0:
        raise _no_solution(family, pairs[0], pairs[-1])
    return build(found.x)


def _free_parameters(
    family: type[Distribution], pairs: Sequence[Pair], bounds: Pair | None
) -> tuple[Callable[[FloatArray], Distribution], FloatArray]:
    """Give a map from unbounded numbers near zero to the family, and where to start."""
    if family is HalfNormal:
        p, x = pairs[-1]
        sigma = x / (math.sqrt(2.0) * float(sc.erfinv(p)))
        return (lambda theta: HalfNormal(sigma * math.exp(theta[0]))), np.zeros(1)
    first = fit_two(family, pairs[0], pairs[-1], bounds)
    if isinstance(first, (Normal, LogNormal)):
        mu, sigma, kind = first.mu, first.sigma, type(first)
        return (lambda t: kind(mu + sigma * t[0], sigma * math.exp(t[1]))), np.zeros(2)
    if isinstance(first, TruncatedNormal):
        mu, sigma, low, high = first.mu, first.sigma, first.lower, first.upper
        return (lambda t: TruncatedNormal(mu + sigma * t[0], sigma * math.exp(t[1]), low, high)), np.zeros(2)
    if isinstance(first, ScaledBeta):
        alpha, beta, low, high = first.alpha, first.beta, first.lower, first.upper
        return (lambda t: ScaledBeta(alpha * math.exp(t[0]), beta * math.exp(t[1]), low, high)), np.zeros(2)
    assert isinstance(first, (Beta, Gamma))
    alpha, beta, shape = first.alpha, first.beta, type(first)
    return (lambda t: shape(alpha * math.exp(t[0]), beta * math.exp(t[1]))), np.zeros(2)
