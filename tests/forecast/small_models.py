"""Models of a few quantities, with the attributes that build_model gives, so that sampling takes a second."""

from types import SimpleNamespace

import numpy as np
import pymc as pm

import priors
from priors import PriorSet

RHO = 0.8
SEEN = np.array([0.0, 0.5, 1.0, 1.5, 2.0])


def beliefs(*names, pair=None):
    """Standard normals (their central 90% is -1.645 to 1.645), two of them correlated where asked."""
    one = priors.elicit("Normal", interval=(-1.6448536269514722, 1.6448536269514722), mass=0.9)
    chosen = PriorSet(dict.fromkeys(names, one), name="small")
    return chosen.correlate(*pair, RHO, reason="to have one") if pair else chosen


def dressed(model, known, items=()):
    model.beliefs = known
    model.evidence = SimpleNamespace(name="small", hash="0123456789abcdef", items=items)
    return model


def gaussian_copula(x, y):
    """Log density of the copula of two standard normals, as build_model writes it."""
    quadratic = (RHO**2 * (x**2 + y**2) - 2 * RHO * x * y) / (2 * (1 - RHO**2))
    return -0.5 * np.log(1 - RHO**2) - quadratic


def conjugate():
    """centre ~ N(0, 1), seen five times with error 1, so centre given y is N(sum(y) / 6, 1 / sqrt(6)).

    No item reaches the correlated pair.
    """
    with pm.Model(coords={"trial": ["first", "second", "third"]}) as model:
        centre = pm.Normal("centre", 0.0, 1.0)
        first, second = pm.Normal("first", 0.0, 1.0), pm.Normal("second", 0.0, 1.0)
        pm.Potential("copula_first", gaussian_copula(first, second))
        pm.Normal("y", centre, 1.0, observed=SEEN)
        # Says nothing of any quantity, and so moves none.
        pm.Binomial("trials", n=[1, 2, 3], p=0.5, observed=[0, 1, 2], dims="trial")
    return dressed(model, beliefs("centre", "first", "second", pair=("first", "second")))


def unseen():
    """Beliefs without evidence: nothing needs a chain, so a fit takes a fraction of a second."""
    with pm.Model() as model:
        pm.Normal("centre", 0.0, 1.0)
    return dressed(model, beliefs("centre"))


def funnel():
    """Neal (2003), centred: a scale that the sampler cannot follow into the neck."""
    with pm.Model() as model:
        width = pm.Normal("width", 0.0, 3.0)
        pm.Normal("x", 0.0, pm.math.exp(width / 2), shape=9)
    return dressed(model, beliefs())


def two_modes():
    """Two normals 40 standard deviations apart: a chain never leaves the one it starts in."""
    with pm.Model() as model:
        pm.Mixture("place", w=[0.5, 0.5], comp_dists=pm.Normal.dist([-20.0, 20.0], 1.0, shape=2))
    return dressed(model, beliefs())
