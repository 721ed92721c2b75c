"""Deltas and PAWN distances whose truth comes from formulas and quadrature, and worlds drawn from the same cases."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm


@dataclass(frozen=True)
class Case:
    """Worlds of a case, and the truth of each parameter; None where nothing is claimed."""

    draw: object
    delta: tuple
    median: tuple
    mean: tuple


def _middles(count):
    return (np.arange(count) + 0.5) / count


def normal_pair(share):
    """Delta, and median and mean KS, of a standard normal outcome of which a normal parameter makes a share S1."""
    narrow = np.sqrt(1.0 - share)
    centre = np.sqrt(share) * norm.ppf(_middles(4000))
    # Where the two densities cross: the roots of a quadratic.
    a, b, c = 1.0 / narrow**2 - 1.0, -2.0 * centre / narrow**2, (centre / narrow) ** 2 + 2.0 * np.log(narrow)
    root = np.sqrt(b**2 - 4.0 * a * c)
    low, high = ((-b + sign * root) / (2.0 * a) for sign in (-1.0, 1.0))
    low, high = (norm.cdf((end - centre) / narrow) - norm.cdf(end) for end in (low, high))
    distance = np.maximum(abs(low), abs(high))
    return float(np.mean(high - low)), float(np.median(distance)), float(distance.mean())


def product():
    """The same of each of two uniforms on (0, 1), of which the outcome is the product: its density is -log y."""
    x = _middles(200_000)
    edge = np.exp(-1.0 / x)

    def below(y):
        return y - y * np.log(y)

    edge = np.maximum(edge, 1e-300)
    first, last = edge / x - below(edge), 1.0 - below(x)
    distance = np.maximum(abs(first), abs(last))
    return float(np.mean(last - first)), float(np.median(distance)), float(distance.mean())


def levels():
    """The same of a parameter that is 0, 1 or 2 with .2, .3 and .5, the outcome being normal about it."""
    shares, y = np.array([0.2, 0.3, 0.5]), np.linspace(-8.0, 10.0, 200_001)
    each = norm.cdf(y[:, np.newaxis] - np.arange(3))
    apart = each - (each @ shares)[:, np.newaxis]
    distance = abs(apart).max(axis=0)
    variation = 0.5 * abs(np.diff(apart, axis=0)).sum(axis=0)
    ranked = np.argsort(distance)
    half = ranked[np.searchsorted(np.cumsum(shares[ranked]), 0.5)]
    return float(variation @ shares), float(distance[half]), float(distance @ shares)


def yes_no():
    """The same of a uniform parameter and an event of probability .2 + .5 x^2."""
    chance = 0.2 + 0.5 * _middles(200_000) ** 2
    off = abs(chance - chance.mean())
    return float(off.mean()), float(np.median(off)), float(off.mean())


def ishigami(worlds, generator):
    x = generator.uniform(-np.pi, np.pi, (3, worlds))
    return x, np.sin(x[0]) + 7.0 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0])


def _normals(worlds, generator):
    # The last changes nothing, the one before is only correlated (.6) with the first.
    x = generator.normal(size=(5, worlds))
    x[3] = 0.6 * x[0] + 0.8 * x[3]
    luck = generator.normal(size=worlds)
    return x, np.sqrt(0.5) * x[0] + 0.5 * x[1] + np.sqrt(0.1) * x[2] + np.sqrt(0.15) * luck


def _product(worlds, generator):
    x = generator.uniform(size=(2, worlds))
    return x, x[0] * x[1]


def _levels(worlds, generator):
    x = generator.choice(3, size=worlds, p=[0.2, 0.3, 0.5]).astype(float)
    return np.array([x, generator.choice(2, size=worlds)]), x + generator.normal(size=worlds)


def _yes_no(worlds, generator):
    x = generator.uniform(size=(2, worlds))
    return x, (generator.uniform(size=worlds) < 0.2 + 0.5 * x[0] ** 2).astype(float)


def _case(draw, *truth):
    return Case(draw, *zip(*truth, strict=True))


NOTHING = (0.0, 0.0, 0.0)

CASES = {
    # design/known-answers.md; the means, and a digit more, by quadrature of the conditional distributions.
    "ishigami": _case(ishigami, (0.2625, 0.2237, 0.2297), (0.4248, 0.4103, 0.3898), (0.2101, 0.0836, 0.0925)),
    "normals": _case(
        _normals, normal_pair(0.5), normal_pair(0.25), normal_pair(0.1), normal_pair(0.5 * 0.6**2), NOTHING
    ),
    "product": _case(_product, product(), product()),
    "levels": _case(_levels, levels(), NOTHING),
    "yes_no": _case(_yes_no, yes_no(), NOTHING),
}
