"""Pools of priors and of sets."""

import math

import numpy as np
import pytest
from scipy.stats import kstest

import priors
from forecast.errors import InvalidPrior

A = priors.elicit("Normal", parameters={"mu": 0, "sigma": 1}, name="x", unit="u", claims=["N1"])
B = priors.elicit("Normal", parameters={"mu": 2, "sigma": 2}, name="x", claims=["P5"])


def test_linear_known_answer():
    pool = priors.pool({"a": A, "b": B})
    assert pool.mean == 1
    assert pool.sd**2 == pytest.approx(3.5)
    assert pool.family == "Mixture"
    assert (pool.name, pool.unit, pool.claims) == ("x", "u", ("N1", "P5"))
    assert float(pool.cdf(0)) == pytest.approx(0.5 * 0.5 + 0.5 * float(B.cdf(0)))


def test_log_known_answer():
    pool = priors.pool({"a": A, "b": B}, method="log")
    assert pool.mean == pytest.approx(0.4)
    assert pool.sd**2 == pytest.approx(1.6)


LOG = [
    ("Normal", {"mu": 1.0, "sigma": 0.5}, {"mu": 2.0, "sigma": 1.0}),
    ("LogNormal", {"mu": 1.0, "sigma": 0.5}, {"mu": 2.0, "sigma": 1.0}),
    ("Beta", {"alpha": 2.0, "beta": 3.0}, {"alpha": 5.0, "beta": 1.5}),
    ("Gamma", {"alpha": 2.0, "beta": 3.0}, {"alpha": 5.0, "beta": 1.5}),
    ("HalfNormal", {"sigma": 1.0}, {"sigma": 3.0}),
    (
        "ScaledBeta",
        {"alpha": 2.0, "beta": 3.0, "lower": 0.0, "upper": 9.0},
        {"alpha": 3.0, "beta": 2.0, "lower": 0.0, "upper": 9.0},
    ),
    (
        "TruncatedNormal",
        {"mu": 2.0, "sigma": 3.0, "lower": 0.0, "upper": 9.0},
        {"mu": 4.0, "sigma": 2.0, "lower": 0.0, "upper": 9.0},
    ),
]


@pytest.mark.parametrize(("family", "one", "other"), LOG)
def test_log_pool_is_proportional_to_the_product_of_densities(family, one, other):
    members = {"a": priors.elicit(family, parameters=one), "b": priors.elicit(family, parameters=other)}
    pool = priors.pool(members, weights={"b": 0.7, "a": 0.3}, method="log")
    x = pool.ppf(np.linspace(0.05, 0.95, 13))
    ratio = pool.pdf(x) / (members["a"].pdf(x) ** 0.3 * members["b"].pdf(x) ** 0.7)
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-9)


def test_log_pool_without_a_closed_form():
    with pytest.raises(InvalidPrior, match="linear"):
        priors.pool({"a": A, "b": priors.elicit("Gamma", interval=(1, 2), mass=0.9)}, method="log")
    bounded = [priors.elicit("ScaledBeta", interval=(1, 2), mass=0.9, bounds=(0, top)) for top in (5, 6)]
    with pytest.raises(InvalidPrior, match="bounds"):
        priors.pool({"a": bounded[0], "b": bounded[1]}, method="log")


@pytest.mark.parametrize(
    "weights", [[1], [1, -1], [0, 0], [math.nan, 1], {"a": 1}, {"a": 1, "c": 1}, "ab", 3, [True, 1]]
)
def test_bad_weights(weights):
    with pytest.raises(InvalidPrior):
        priors.pool({"a": A, "b": B}, weights=weights)


@pytest.mark.parametrize("members", [{}, [A, B], {"a": A, "b": 3}, {"": A}, {1: A}])
def test_bad_members(members):
    with pytest.raises(InvalidPrior):
        priors.pool(members)


def test_bad_method_and_units(toy):
    with pytest.raises(InvalidPrior, match="'linear'"):
        priors.pool({"a": A, "b": B}, method="linar")
    with pytest.raises(InvalidPrior, match="one unit"):
        priors.pool({"a": A, "b": priors.elicit("Normal", interval=(0, 1), mass=0.9, unit="v")})
    with pytest.raises(InvalidPrior, match="sets with sets"):
        priors.pool({"a": A, "b": toy})


@pytest.fixture
def sceptic(toy):
    return toy.replace(
        accept=True,
        fighters=priors.elicit("LogNormal", interval=(100, 200), mass=0.9),
        hazard=priors.elicit("Normal", interval=(10, 11), mass=0.9),
    ).correlate("fighters", "ceiling", -0.5, reason="Another view.")


def test_each_world_follows_one_member_throughout(toy, sceptic):
    pool = priors.pool({"author": toy, "sceptic": sceptic}, weights=[0.7, 0.3])
    assert pool["share"].family == "Beta"
    assert pool["fighters"].family == "Mixture"
    n = 20_000
    drawn = pool.sample(n, seed=4)
    author, other = toy.sample(n, seed=4), sceptic.sample(n, seed=4)
    follows = drawn["hazard"].values > 5
    # Within a world every quantity, correlations included, is that of one member.
    for name in toy:
        assert np.array_equal(drawn[name].values, np.where(follows, other[name], author[name]))
    assert abs(follows.mean() - 0.3) < 4 * math.sqrt(0.3 * 0.7 / n)
    for name in ("fighters", "hazard"):
        assert kstest(drawn[name], pool[name].cdf).pvalue > 1e-4


def test_pooled_sets_have_prefixes_and_can_be_changed(toy, sceptic):
    pool = priors.pool({"author": toy, "sceptic": sceptic})
    whole = pool.sample(3000, seed=1)
    assert pool.sample(700, seed=1, start=1500).identical(whole.isel(world=slice(1500, 2200)))
    changed = pool.replace(hazard=priors.elicit("Normal", interval=(0, 1), mass=0.9), accept=True)
    drawn = changed.sample(3000, seed=1)
    for name in ("fighters", "ceiling", "share"):
        assert np.array_equal(drawn[name], whole[name])


def test_log_pool_of_sets(toy, sceptic):
    with pytest.raises(InvalidPrior, match="disagree"):
        priors.pool({"author": toy, "sceptic": sceptic}, method="log")
    agreed = sceptic.correlate("fighters", "ceiling", 0.6, reason="The same.")
    pool = priors.pool({"author": toy, "sceptic": agreed}, method="log")
    expected = (toy["hazard"].distribution, agreed["hazard"].distribution)
    precision = sum(0.5 / one.sigma**2 for one in expected)
    assert pool["hazard"].sd == pytest.approx(precision**-0.5)
    assert pool.pooled is None


def test_sets_of_other_quantities_or_origins(toy):
    import dataclasses

    fewer = dataclasses.replace(toy, priors={"share": toy["share"]}, correlations=())
    with pytest.raises(InvalidPrior, match="ceiling"):
        priors.pool({"a": toy, "b": fewer})
    with pytest.raises(InvalidPrior, match="origin"):
        priors.pool({"a": toy, "b": dataclasses.replace(toy, origin=None)})
    pool = priors.pool({"a": toy, "b": toy})
    with pytest.raises(InvalidPrior, match="pools themselves"):
        priors.pool({"a": pool, "b": toy})
    assert pool["fighters"] == toy["fighters"]
