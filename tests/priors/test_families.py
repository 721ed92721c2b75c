"""Each family against SciPy's own implementation and against its own definitions."""

import math

import numpy as np
import pytest
import scipy.stats as st
from hypothesis import given
from hypothesis import strategies as some

from forecast.errors import InvalidPrior
from priors.families import (
    FAMILIES,
    Beta,
    Distribution,
    Gamma,
    HalfNormal,
    LogNormal,
    Normal,
    ScaledBeta,
    TruncatedNormal,
    family_named,
)
from priors.mixture import Mixture

CASES: list[tuple[Distribution, object]] = [
    (Normal(-1.0, 2.0), st.norm(-1, 2)),
    (LogNormal(1.0, 0.5), st.lognorm(0.5, scale=math.exp(1))),
    (Beta(2.0, 5.0), st.beta(2, 5)),
    (Beta(0.4, 0.7), st.beta(0.4, 0.7)),
    (ScaledBeta(2.0, 3.0, -1.0, 4.0), st.beta(2, 3, loc=-1, scale=5)),
    (Gamma(2.5, 4.0), st.gamma(2.5, scale=0.25)),
    (HalfNormal(3.0), st.halfnorm(scale=3)),
    (TruncatedNormal(1.0, 2.0, 0.0, 3.0), st.truncnorm(-0.5, 1, loc=1, scale=2)),
    (TruncatedNormal(0.0, 1.0, 6.0, 9.0), st.truncnorm(6, 9)),
    (TruncatedNormal(0.0, 1.0, -math.inf, -6.0), st.truncnorm(-math.inf, -6)),
    (TruncatedNormal(1.0, 2.0, -math.inf, math.inf), st.norm(1, 2)),
]
IDS = [str(case[0]) for case in CASES]
PROBABILITIES = np.array([1e-6, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1 - 1e-6])


@pytest.mark.parametrize(("ours", "theirs"), CASES, ids=IDS)
def test_agrees_with_scipy(ours, theirs):
    x = theirs.ppf(PROBABILITIES)
    np.testing.assert_allclose(ours.ppf(PROBABILITIES), x, rtol=1e-9)
    np.testing.assert_allclose(ours.cdf(x), theirs.cdf(x), rtol=1e-9)
    np.testing.assert_allclose(ours.pdf(x), theirs.pdf(x), rtol=1e-9)
    assert ours.mean() == pytest.approx(theirs.mean(), rel=1e-9)
    assert ours.sd() == pytest.approx(theirs.std(), rel=1e-7)
    assert ours.support == pytest.approx(theirs.support())


MIXTURE = Mixture((Normal(0.0, 1.0), Normal(2.0, 2.0)), (0.25, 0.75), ("a", "b"))
ALL = [case[0] for case in CASES] + [MIXTURE]


@pytest.mark.parametrize("ours", ALL, ids=str)
def test_quantile_has_the_same_bits_in_any_array(ours):
    p = np.random.default_rng(3).random(1037)
    whole = ours.ppf(p)
    for size in (1, 2, 3, 7, 64, 1000):
        assert np.array_equal(ours.ppf(p[:size]), whole[:size])
    assert np.array_equal(ours.ppf(p[5:]), whole[5:])
    assert np.array_equal(ours.ppf(p[::3]), whole[::3])
    assert float(ours.ppf(p[11])) == whole[11]


@pytest.mark.parametrize("ours", ALL, ids=str)
def test_outside_the_support_and_outside_probability(ours):
    low, high = ours.support
    assert float(ours.cdf(low)) == pytest.approx(0)
    assert float(ours.cdf(high)) == pytest.approx(1)
    if math.isfinite(low):
        assert float(ours.pdf(low - 1)) == 0
        assert float(ours.cdf(low - 1)) == 0
    if math.isfinite(high):
        assert float(ours.pdf(high + 1)) == 0
        assert float(ours.cdf(high + 1)) == 1
    assert np.isnan(ours.ppf([-0.1, 1.1, math.nan])).all()
    assert np.isnan(ours.cdf(math.nan))
    assert np.isnan(ours.pdf(math.nan))
    assert float(ours.ppf(0.0)) == pytest.approx(low)
    assert float(ours.ppf(1.0)) == pytest.approx(high)


@pytest.mark.parametrize("ours", ALL, ids=str)
def test_density_is_the_slope_of_the_distribution_function(ours):
    x = ours.ppf(np.array([0.1, 0.4, 0.6, 0.9]))
    step = 1e-5 * ours.sd()
    slope = (ours.cdf(x + step) - ours.cdf(x - step)) / (2 * step)
    np.testing.assert_allclose(ours.pdf(x), slope, rtol=1e-5)


def test_mixture_quantiles_invert_its_distribution_function():
    np.testing.assert_allclose(MIXTURE.cdf(MIXTURE.ppf(PROBABILITIES)), PROBABILITIES, rtol=1e-9)
    assert MIXTURE.mean() == 1.5
    assert MIXTURE.sd() ** 2 == pytest.approx(0.25 + 0.75 * 4 + 0.25 * 0.75 * 4)


def test_a_member_of_no_weight_has_no_say():
    lonely = Mixture((Normal(0.0, 1.0), Normal(1e6, 1.0)), (1.0, 0.0), ("a", "b"))
    assert float(lonely.ppf(0.5)) == pytest.approx(0, abs=1e-12)


BAD = some.one_of(some.just(math.nan), some.just(math.inf), some.floats(max_value=0), some.booleans(), some.text())


@given(value=BAD)
@pytest.mark.parametrize(
    ("family", "others", "name"),
    [
        (Normal, {"mu": 0.0}, "sigma"),
        (LogNormal, {"mu": 0.0}, "sigma"),
        (Beta, {"alpha": 1.0}, "beta"),
        (Gamma, {"beta": 1.0}, "alpha"),
        (HalfNormal, {}, "sigma"),
        (ScaledBeta, {"beta": 1.0, "lower": 0.0, "upper": 1.0}, "alpha"),
        (TruncatedNormal, {"mu": 0.0, "lower": 0.0, "upper": 1.0}, "sigma"),
    ],
)
def test_a_scale_that_is_none_is_refused(family, others, name, value):
    with pytest.raises(InvalidPrior, match=name):
        family(**others, **{name: value})


def test_bounds_out_of_order_are_refused():
    with pytest.raises(InvalidPrior, match="lower < upper"):
        ScaledBeta(1.0, 1.0, 2.0, 2.0)
    with pytest.raises(InvalidPrior, match="lower < upper"):
        TruncatedNormal(0.0, 1.0, 3.0, 2.0)
    with pytest.raises(InvalidPrior, match="lower"):
        ScaledBeta(1.0, 1.0, -math.inf, 2.0)


def test_family_names():
    assert family_named("Gamma") is Gamma
    assert "Mixture" not in FAMILIES
    with pytest.raises(InvalidPrior, match="'LogNormal'"):
        family_named("Lognormal")
