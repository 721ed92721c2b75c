"""Exponentials, logarithms, and quantiles of counts, as sums and products in a fixed order.

Libraries differ in the last bit of ``exp`` and ``log``, between vendors and between processors. Written out in IEEE
additions, multiplications and divisions (which no compiler here may fuse or reorder) they have the same bits in every
backend that runs them, so the choice of a backend changes no world. :mod:`forecast.engine.lanes` compiles the same
steps.

References
----------
Cody & Waite (1980), *Software Manual for the Elementary Functions*, chapter 6: reduction by two-part ln 2.
Sun Microsystems (1993), *fdlibm*, e_log.c: the logarithm and its coefficients.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "BIAS",
    "COEFFICIENTS",
    "FRACTION",
    "HALF",
    "HIGHEST",
    "LEAST_FRACTION",
    "LEAST_NORMAL",
    "LN2_HIGH",
    "LN2_LOW",
    "LOG2_E",
    "LOG_UP",
    "LOWEST",
    "MOST_RATE",
    "MOST_TERMS",
    "MOST_TRIALS",
    "NEGLIGIBLE",
    "SHIFTER",
    "SUMMED",
    "TWO_PI",
    "UP",
    "at_the_mode",
    "binomial_at_the_mode",
    "binomial_of_none",
    "binomial_ppf",
    "exp",
    "log",
    "log_exponential",
    "log_of",
    "poisson_ppf",
    "use",
]

Floats = NDArray[np.float64]

LOWEST, HIGHEST = -708.3, 710.0
"""Arguments are cut off here: the results, 0 and infinity, are those of all that is lower and higher."""

LOG2_E = 1.4426950408889634
LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
"""ln 2 in two parts; the first has 32 bits, so that its product with a whole number up to 2^20 is exact."""

SHIFTER = 6755399441055744.0
"""1.5 x 2^52: adding it rounds to a whole number, which then stands in the lowest bits."""

TWO_PI = 6.283185307179586

BIAS = 1023 << 52
"""Bits of the exponent of 1.0."""

HALF = 1022 << 52
"""Bits of 0.5. Half of 2^1024 is a double, and half of the least power that is left is 0."""

COEFFICIENTS = tuple(2.0 / math.factorial(n) for n in range(14))
"""Twice Taylor's, from the lowest power: for ``|r| <= ln(2) / 2`` what is left out is below 5e-18 of the result."""

_LOG_COEFFICIENTS = (
    6.666666666666735130e-01,
    3.999999999940941908e-01,
    2.857142874366239149e-01,
    2.222219843214978396e-01,
    1.818357216161805012e-01,
    1.531383769920937332e-01,
    1.479819860511658591e-01,
)
"""Of ``(log(1 + f) - 2 s) / s``, where ``s = f / (2 + f)``, in powers of ``s^2`` from the first."""

LEAST_FRACTION = 0x3FE6A09E00000000
"""Bits of a number just above the root of 1/2: fractions are taken between it and its double."""

FRACTION = (1 << 52) - 1
"""Mask of the bits below the exponent."""

LEAST_NORMAL = 2.0**-1022
UP, LOG_UP = 2.0**54, 54.0 * (LN2_HIGH + LN2_LOW)
"""Numbers below the least normal one are multiplied by this before their logarithm is taken."""

MOST_TERMS = 300
"""Terms of a sum from 0: for means up to :data:`SUMMED` they leave less than 1e-50 of the mass out."""

SUMMED, MOST_RATE = 100.0, 1e12
"""Means up to which a sum begins at 0, and Poisson rates beyond which there is no quantile: it would take too long."""

MOST_TRIALS = 1e12
"""Trials of a binomial beyond which there is no quantile: the sum goes over some 28 standard deviations."""

NEGLIGIBLE = 2.0**-70
"""A probability that changes no sum of others."""


def exp(x: ArrayLike) -> Floats:
    """Exponential with an error below one unit in the last place, the same bits everywhere.

    Parameters
    ----------
    x : array_like
        Of any shape.

    Returns
    -------
    ndarray
        Of the same shape. ``exp(0)`` is 1 exactly. What would be below 3.2e-308 is 0, what is above all doubles is
        infinite.
    """
    inside = np.minimum(np.maximum(np.asarray(x, dtype=np.float64), LOWEST), HIGHEST)
    # One dimension at least, so that steps can be made in place.
    flat = np.atleast_1d(inside)
    whole = flat * LOG2_E
    whole += SHIFTER
    scale = ((whole.view(np.int64) << 52) + HALF).view(np.float64)
    whole -= SHIFTER
    step = whole * LN2_HIGH
    rest = flat - step
    np.multiply(whole, LN2_LOW, out=step)
    rest -= step
    terms: list[Floats] = []
    for even, odd in zip(COEFFICIENTS[::2], COEFFICIENTS[1::2], strict=True):
        term = rest * odd
        term += even
        terms.append(term)
    # Estrin's scheme: neighbours in pairs, the power squared each time. The chain of steps that wait for one another is
    # a third of Horner's, and processors run the rest side by side.
    power = rest
    while len(terms) > 1:
        power = power * power
        for first, second in zip(terms[::2], terms[1::2], strict=False):
            second *= power
            first += second
        terms = terms[::2]
    total = terms[0]
    with np.errstate(over="ignore"):
        total *= scale
    return total.reshape(inside.shape)


def log_of(exponent: Any, fraction: Any) -> Any:
    """Natural logarithm of ``fraction * 2^exponent``, of arrays or of symbols (:mod:`forecast.engine.program`)."""
    f = fraction - 1.0
    half_square = 0.5 * f * f
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    one, two, three, four, five, six, seven = _LOG_COEFFICIENTS
    even = w * (two + w * (four + w * six))
    odd = z * (one + w * (three + w * (five + w * seven)))
    return s * (half_square + (odd + even)) + exponent * LN2_LOW - half_square + f + exponent * LN2_HIGH


def log(x: ArrayLike) -> Floats:
    """Natural logarithm with an error below one unit in the last place, the same bits everywhere.

    Parameters
    ----------
    x : array_like
        Of any shape; of 0 it is minus infinity, of a negative number NaN.
    """
    given = np.asarray(x, dtype=np.float64)
    flat = np.atleast_1d(given)
    small = flat < LEAST_NORMAL
    found = _log_of_bits(np.where(small, np.where(small, flat, 0.0) * UP, flat))
    found = np.where(small, found - LOG_UP, found)
    found = np.where(flat == 0.0, -np.inf, found)
    found = np.where(~(flat >= 0.0), np.nan, found)
    return np.where(flat == np.inf, flat, found).reshape(given.shape)


def _log_of_bits(values: Floats) -> Floats:
    """Take the logarithm of positive normal numbers."""
    moved = np.ascontiguousarray(values).view(np.int64) + (BIAS - LEAST_FRACTION)
    exponent = ((moved >> 52) - 1023).astype(np.float64)
    fraction = ((moved & FRACTION) + LEAST_FRACTION).view(np.float64)
    return np.asarray(log_of(exponent, fraction))


def _log_exponential_arrays(values: Floats) -> None:
    np.subtract(1.0, values, out=values)
    for last in (False, True):
        values[...] = _log_of_bits(values)
        if not last:
            np.negative(values, out=values)


_turning: list[Callable[[Floats], None]] = [_log_exponential_arrays]


def use(function: Callable[[Floats], None]) -> None:
    """Draw by compiled code, which works in place on flat arrays. The numbers are the same, bit for bit."""
    _turning[0] = function


def log_exponential(uniform: Floats) -> None:
    """Turn uniforms into logs of standard exponentials in place, ``log(-log(1 - u))``.

    An event with hazard ``h`` happens within a time ``t`` when this is below ``log h + log t``, so no exponential has
    to be taken for it; small uniforms are early events.

    Parameters
    ----------
    uniform : ndarray
        In (0, 1), odd multiples of 2^-53, so that ``1 - u`` is exact; C-contiguous.
    """
    _turning[0](uniform.reshape(-1))


def poisson_ppf(uniform: Floats, rate: Floats) -> Floats:
    """Poisson quantile: the smallest count whose CDF reaches ``uniform``.

    Sums the CDF upwards until every world is decided; further terms would change no world that is decided already. At
    rates above :data:`SUMMED` the sum begins at the mode.

    Parameters
    ----------
    uniform : ndarray
        From 0 to below 1.
    rate : ndarray
        Mean count, 0 or more, of the same shape.

    Returns
    -------
    ndarray
        Whole numbers as floats; NaN for rates above :data:`MOST_RATE`, and for anything outside its range.
    """
    known = (uniform >= 0.0) & (uniform < 1.0) & (rate >= 0.0) & (rate <= MOST_RATE)
    if not known.all():
        count = poisson_ppf(np.where(known, uniform, 0.0), np.where(known, rate, 0.0))
        return np.where(known, count, np.nan)
    large = rate > SUMMED
    if not large.any():
        return _from_zero(uniform, rate)
    count = _from_zero(uniform, np.where(large, 0.0, rate))
    some = rate[large]
    mode = np.floor(some)
    peak = at_the_mode(_ARRAYS, some, mode)
    count[large] = _from_the_mode(uniform[large], mode, peak, lambda k: k / some, lambda k: some / k)
    return count


def binomial_ppf(uniform: Floats, trials: Floats, chance: Floats) -> Floats:
    """Binomial quantile: the smallest count whose CDF reaches ``uniform``.

    Chances above 1/2 count what does not happen. The sum begins at 0 where the mean of what is counted is at most
    :data:`SUMMED`, else near the mode.

    Parameters
    ----------
    uniform : ndarray
        From 0 to below 1.
    trials : ndarray
        Whole numbers from 0 to :data:`MOST_TRIALS`, of the same shape.
    chance : ndarray
        Of each trial, from 0 to 1, of the same shape.

    Returns
    -------
    ndarray
        Whole numbers as floats; NaN for anything outside its range, and where the trials are no whole number.
    """
    known = (uniform >= 0.0) & (uniform < 1.0) & (trials >= 0.0) & (trials <= MOST_TRIALS)
    known &= (trials == np.floor(trials)) & (chance >= 0.0) & (chance <= 1.0)
    uniform, trials, chance = (np.where(known, part, 0.0) for part in (uniform, trials, chance))
    turned = chance > 0.5
    # Not happening has the smallest count whose CDF is above 1 - uniform, and so reaches the next number.
    reach = np.where(turned, np.nextafter(1.0 - uniform, 1.0), uniform)
    share, other = np.where(turned, 1.0 - chance, chance), np.where(turned, chance, 1.0 - chance)
    large = trials * share > SUMMED
    count = _binomial_from_zero(reach, np.where(large, 0.0, trials), share, other)
    if large.any():
        n, p, q = trials[large], share[large], other[large]
        mode, up, down = np.floor(n * p), p / q, q / p
        peak = binomial_at_the_mode(_ARRAYS, n, p, q, mode)
        count[large] = _from_the_mode(
            reach[large], mode, peak, lambda k: k / (n - k + 1.0) * down, lambda k: (n - k + 1.0) / k * up
        )
    count = np.where(turned, trials - count, count)
    return np.where(known, np.where(uniform == 0.0, 0.0, count), np.nan)


def binomial_of_none(xp: Any, trials: Any, share: Any, other: Any) -> Any:
    """Probability that nothing happens, of arrays or of symbols; ``other`` is 1 less the share, and at least 1/2.

    References
    ----------
    Goldberg (1991), *What Every Computer Scientist Should Know About Floating-Point Arithmetic*, theorem 4: the log of
    a number near 1.
    """
    gone = 1.0 - other
    none = gone == 0.0
    return xp.exp(trials * xp.where(none, -share, xp.log(other) * (share / xp.where(none, 1.0, gone))))


def binomial_at_the_mode(xp: Any, trials: Any, share: Any, other: Any, mode: Any) -> Any:
    """Probability of a count within 1 of the mean, of arrays or of symbols, for means from 100 and shares up to 1/2.

    References
    ----------
    As for :func:`at_the_mode`.
    """
    mean, rest = trials * share, trials - mode
    below = mode - mean
    deviance = _deviance(below, mode, mean) + _deviance(-below, rest, trials * other)
    stirling = _stirling(mode) + _stirling(rest) - _stirling(trials)
    return xp.exp(-(deviance + stirling)) * xp.sqrt(trials / (TWO_PI * mode * rest))


def at_the_mode(xp: Any, rate: Any, mode: Any) -> Any:
    """Probability of a Poisson distribution's mode, of arrays or of symbols, for rates of 100 and more.

    References
    ----------
    Loader (2000), *Fast and Accurate Computation of Binomial Probabilities*: the deviance and Stirling's error.
    """
    below = mode - rate
    return xp.exp(-(_deviance(below, mode, rate) + _stirling(mode))) / xp.sqrt(TWO_PI * mode)


def _deviance(below: Any, mode: Any, mean: Any) -> Any:
    """Return ``mode log(mode / mean) + mean - mode``, for what is near; ``below`` is the one less the other."""
    v = below / (mode + mean)
    square = v * v
    series = square * (1.0 / 3.0 + square * (0.2 + square * (1.0 / 7.0 + square * (1.0 / 9.0))))
    return below * v + 2.0 * mode * v * series


def _stirling(number: Any) -> Any:
    """Return what Stirling's formula leaves out of the log of a factorial, of numbers of about 100 and more."""
    n = 1.0 / number
    n2 = n * n
    return n * (1.0 / 12.0 - n2 * (1.0 / 360.0 - n2 * (1.0 / 1260.0 - n2 * (1.0 / 1680.0))))


def _from_the_mode(
    uniform: Floats, mode: Floats, peak: Floats, fallen: Callable[[Floats], Floats], risen: Callable[[Floats], Floats]
) -> Floats:
    """Sum the CDF at the mode, and go from there to the quantile.

    ``fallen(k)`` is the probability of ``k - 1`` over that of ``k``, ``risen(k)`` that of ``k`` over that of ``k - 1``.
    """
    total, term, k = peak.copy(), peak.copy(), mode.copy()
    while (term > NEGLIGIBLE).any():
        term = term * fallen(k)
        total = total + term
        k = k - 1.0
    count, below, term, k = mode.copy(), total.copy(), peak.copy(), mode.copy()
    while True:
        # As long as the CDF below reaches the uniform too, the quantile is lower.
        below = below - term
        lower = (uniform <= below) & (term > NEGLIGIBLE)
        if not lower.any():
            break
        count = count - lower
        term = term * fallen(k)
        k = k - 1.0
    cumulative, term, k = total, peak, mode
    while True:
        higher = (uniform > cumulative) & (term > NEGLIGIBLE)
        if not higher.any():
            return count
        count = count + higher
        k = k + 1.0
        term = term * risen(k)
        cumulative = cumulative + term


def _from_zero(uniform: Floats, rate: Floats) -> Floats:
    term = exp(-rate)
    cumulative = term.copy()
    count = np.zeros_like(term)
    above = np.empty(term.shape, dtype=bool)
    for k in range(1, MOST_TERMS):
        np.greater(uniform, cumulative, out=above)
        if not above.any():
            break
        count += above
        # The factor first: it does not wait for the term before.
        term *= rate * (1.0 / k)
        cumulative += term
    return count


def _binomial_from_zero(uniform: Floats, trials: Floats, share: Floats, other: Floats) -> Floats:
    odds, mean = share / other, trials * share
    term = binomial_of_none(_ARRAYS, trials, share, other)
    cumulative = term.copy()
    count = np.zeros_like(term)
    for k in range(1, MOST_TERMS):
        above = (uniform > cumulative) & ((term > NEGLIGIBLE) | (k <= mean))
        if not above.any():
            break
        count += above
        term = term * ((trials + 1.0 - k) * odds * (1.0 / k))
        cumulative = cumulative + term
    # A sum of all probabilities may stay below 1.
    return np.asarray(np.minimum(count, trials))


_ARRAYS = SimpleNamespace(exp=exp, log=log, sqrt=np.sqrt, where=np.where)
"""What functions of arrays or of symbols need, on arrays."""
