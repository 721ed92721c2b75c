"""Elicitation against published and closed-form answers, and against everything that must be refused."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy.special import betaincinv, ndtri
from scipy.stats import lognorm

import priors
from forecast.errors import ForecastError, InvalidPrior
from priors.families import TruncatedNormal

ARTICLE = (3000, 6500)


class TestKnownAnswers:
    """The figures of SHELF, and closed forms."""

    @pytest.mark.parametrize(("mass", "sigma"), [(0.9, 0.2350330), (0.8, 0.3016616), (0.95, 0.1972459)])
    def test_log_normal(self, mass, sigma):
        prior = priors.elicit("LogNormal", interval=ARTICLE, mass=mass, unit="fighters")
        assert prior.parameters["mu"] == pytest.approx(8.3929625, abs=5e-8)
        assert prior.parameters["sigma"] == pytest.approx(sigma, abs=5e-8)

    def test_log_normal_moments(self):
        prior = priors.elicit("LogNormal", interval=ARTICLE, mass=0.9)
        assert round(prior.median, 1) == 4415.9
        assert round(prior.mean, 1) == 4539.5

    def test_normal(self):
        prior = priors.elicit("Normal", interval=ARTICLE, mass=0.9)
        assert prior.parameters["mu"] == pytest.approx(4750)
        assert prior.parameters["sigma"] == pytest.approx(1063.92, abs=0.005)

    def test_central_is_not_merely_ninety_percent_inside(self):
        # A maximum-entropy fit puts 90% inside with 5% and 95% points at 3192 and 6783; ours has equal tails.
        low, high = priors.elicit("LogNormal", interval=ARTICLE, mass=0.9).interval(0.9)
        assert (low, high) == pytest.approx(ARTICLE, rel=1e-12)

    def test_shelf(self):
        prior = priors.elicit("ScaledBeta", quantiles={0.25: 25, 0.5: 30, 0.75: 40}, bounds=(0, 100))
        assert round(prior.parameters["alpha"], 6) == 5.452134
        # The exact minimum is 11.6055808: the published figure is cut, not rounded.
        assert prior.parameters["beta"] == pytest.approx(11.605580, abs=1.5e-6)
        assert [round(float(x), 2) for x in prior.ppf([0.05, 0.95])] == [15.17, 51.22]
        assert round(float(prior.cdf(25)), 4) == 0.2832
        assert not prior.elicited.meets
        misses = [float(prior.cdf(x)) - p for p, x in ((0.25, 25), (0.5, 30), (0.75, 40))]
        assert prior.elicited.max_error == max(map(abs, misses))

    def test_words(self):
        would = priors.elicit("Normal", words={"verb": "would", "strength": "moderate", "sign": "+"})
        # The mean ratio is 1 + (2 P - 1) (s - 1), and P(stated sign) that of the verb.
        assert math.exp(would.mean + would.sd**2 / 2) == pytest.approx(1.9, rel=1e-12)
        assert float(would.cdf(0)) == pytest.approx(0.05)
        could = priors.elicit("Normal", words={"verb": "could", "strength": "moderate", "sign": "-"})
        assert math.exp(-could.mean + could.sd**2 / 2) == pytest.approx(1.6, rel=1e-12)
        assert float(could.cdf(0)) == pytest.approx(0.8)
        assert "mean factor 0.76 (of its inverse 1.6)" in could.elicited.to_frame()["condition"].iloc[-1]

    def test_words_with_the_strength_as_median(self):
        words = {"verb": "would", "strength": "moderate", "sign": "+", "reading": "median"}
        would = priors.elicit("Normal", words=words)
        assert would.parameters == pytest.approx({"mu": math.log(2), "sigma": math.log(2) / 1.6448536}, rel=1e-7)
        assert would.elicited.request.to_table()["words"] == words

    def test_power_prior(self):
        prior = priors.elicit("Beta", count={"k": 16, "n": 17, "reliability": 0.3})
        assert prior.parameters == pytest.approx({"alpha": 5.3, "beta": 0.8})
        ignored = priors.elicit("Beta", count={"k": 16, "n": 17, "reliability": 0})
        assert ignored.parameters == {"alpha": 0.5, "beta": 0.5}

    def test_count_over_a_horizon(self):
        count = {"k": 16, "n": 17, "reliability": 0.3, "months": 12, "event": "occurs"}
        prior = priors.elicit("Normal", count=count)
        p10, p90 = betaincinv(5.3, 0.8, [0.1, 0.9])
        low, high = np.log(-np.log1p(-np.array([p10, p90])) / 12)
        assert prior.interval(0.8) == pytest.approx((low, high))
        rows = prior.elicited.to_frame()
        assert rows["kind"].tolist() == ["asked", "implied", "asked"]
        assert prior.elicited.meets

    def test_occurring_and_surviving_mirror_each_other(self):
        occurs = {"interval": (0.25, 0.5), "mass": 0.8, "months": 12, "event": "occurs"}
        survives = occurs | {"interval": (0.5, 0.75), "event": "survives"}
        one = priors.elicit("Normal", probability=occurs)
        other = priors.elicit("Normal", probability=survives)
        assert one.parameters == pytest.approx(other.parameters)
        low, high = one.interval(0.8)
        assert 1 - math.exp(-12 * math.exp(low)) == pytest.approx(0.25)
        assert 1 - math.exp(-12 * math.exp(high)) == pytest.approx(0.5)

    def test_shift_adds_means_and_variances(self):
        asked = {"interval": (0.25, 0.5), "mass": 0.8, "months": 12, "event": "occurs"}
        words = {"verb": "would", "strength": "strong", "sign": "-"}
        base = priors.elicit("Normal", probability=asked)
        extra = priors.elicit("Normal", words=words)
        both = priors.elicit("Normal", probability=asked, shift=words)
        assert both.mean == pytest.approx(base.mean + extra.mean)
        assert both.sd**2 == pytest.approx(base.sd**2 + extra.sd**2)

    def test_half_normal_meets_its_one_condition(self):
        prior = priors.elicit("HalfNormal", interval=(0, 2), mass=0.9)
        assert prior.parameters["sigma"] == pytest.approx(2 / ndtri(0.95))
        assert priors.elicit("HalfNormal", quantiles={0.9: 2}).parameters == pytest.approx(prior.parameters)


FAMILY_RANGES = {
    "Normal": (-1e4, 1e4, None),
    "LogNormal": (1e-3, 1e6, None),
    "Gamma": (1e-3, 1e6, None),
    "Beta": (1e-4, 1 - 1e-4, None),
    "ScaledBeta": (-49.9, 49.9, (-50, 50)),
}


@given(
    family=some.sampled_from(sorted(FAMILY_RANGES)),
    first=some.floats(0.0, 1.0),
    gap=some.floats(0.02, 1.0),
    mass=some.floats(0.05, 0.99),
)
def test_tails_are_equal_and_as_asked(family, first, gap, mass):
    low, high, bounds = FAMILY_RANGES[family]
    start = low + (high - low) * first * 0.97
    end = start + (high - start) * gap
    if family in ("LogNormal", "Gamma"):
        start, end = (math.exp(math.log(low) + math.log(high / low) * x) for x in (first * 0.9, first * 0.9 + gap / 10))
    prior = priors.elicit(family, interval=(start, end), mass=mass, bounds=bounds)
    tail = (1 - mass) / 2
    assert float(prior.cdf(start)) == pytest.approx(tail, abs=1e-7)
    assert 1 - float(prior.cdf(end)) == pytest.approx(tail, abs=1e-7)
    assert prior.elicited.meets
    assert len(prior.elicited.to_frame()) == 2


@given(
    mu=some.floats(-3, 12),
    sigma=some.floats(0.5, 6),
    upper=some.sampled_from([10.0, math.inf]),
    mass=some.floats(0.3, 0.95),
)
def test_a_truncated_normal_is_recovered_from_its_own_interval(mu, sigma, upper, mass):
    truth = TruncatedNormal(mu, sigma, 0.0, upper)
    ends = truth.ppf([(1 - mass) / 2, (1 + mass) / 2])
    found = priors.elicit("TruncatedNormal", interval=tuple(ends), mass=mass, bounds=(0, upper))
    np.testing.assert_allclose(found.cdf(ends), [(1 - mass) / 2, (1 + mass) / 2], atol=1e-7)
    # Near-exponential shapes leave mu and sigma loosely fixed; what they say of the quantity must agree.
    np.testing.assert_allclose(found.ppf([0.05, 0.5, 0.95]), truth.ppf([0.05, 0.5, 0.95]), rtol=1e-3)


@given(
    family=some.sampled_from(["Normal", "LogNormal", "Gamma", "Beta"]),
    a=some.floats(0.5, 20),
    b=some.floats(0.5, 20),
)
def test_least_squares_recovers_a_member_of_the_family(family, a, b):
    names = {"Normal": ("mu", "sigma"), "LogNormal": ("mu", "sigma")}.get(family, ("alpha", "beta"))
    values = (a / 10, b / 10) if names[0] == "mu" else (a, b)
    truth = priors.elicit(family, parameters=dict(zip(names, values, strict=True)))
    asked = {p: float(truth.ppf(p)) for p in (0.05, 0.25, 0.5, 0.75, 0.95)}
    found = priors.elicit(family, quantiles=asked)
    np.testing.assert_allclose(list(found.parameters.values()), values, rtol=1e-5, atol=1e-6)
    assert found.elicited.max_error < 1e-6


REFUSED = [
    ({"interval": (6500, 3000), "mass": 0.9}, "below the upper end"),
    ({"interval": (3000, 3000), "mass": 0.9}, "below the upper end"),
    ({"interval": (-1, 3), "mass": 0.9}, "strictly between 0 and inf"),
    ({"interval": (0, 3), "mass": 0.9}, "strictly between"),
    ({"interval": (math.nan, 3), "mass": 0.9}, "finite number"),
    ({"interval": (1, math.inf), "mass": 0.9}, "finite number"),
    ({"interval": (1, 2, 3), "mass": 0.9}, "two numbers"),
    ({"interval": "12", "mass": 0.9}, "two numbers"),
    ({"interval": (1, 2), "mass": 90}, "write 90% as 0.9"),
    ({"interval": (1, 2), "mass": 1.0}, "strictly between 0 and 1"),
    ({"interval": (1, 2), "mass": 0}, "strictly between 0 and 1"),
    ({"interval": (1, 2), "mass": True}, "finite number"),
    ({"interval": (1, 2)}, "mass"),
    ({"quantiles": {0.5: 1, 0.9: 2}, "mass": 0.9}, "leave mass out"),
    ({"quantiles": {0.5: 2, 0.9: 1}}, "increase"),
    ({"quantiles": {0.5: 2}}, "at least 2"),
    ({"quantiles": {}}, "mapping"),
    ({"quantiles": {1.5: 2, 0.5: 1}}, "probability"),
    ({"quantiles": {0.5: math.nan, 0.6: 1}}, "finite number"),
    ({"parameters": {"mu": 0.0}}, "without sigma"),
    ({"parameters": {"mu": 0.0, "sigma": 1.0, "tau": 1.0}}, "tau"),
    ({"parameters": {"mu": 0.0, "sigma": -1.0}}, "sigma > 0"),
    ({"parameters": [1, 2]}, "mapping"),
    ({}, "exactly one of"),
    ({"interval": (1, 2), "mass": 0.9, "parameters": {"mu": 0.0, "sigma": 1.0}}, "exactly one of"),
    ({"interval": (1, 2), "mass": 0.9, "bounds": (0, 3)}, "leave bounds out"),
    (
        {"interval": (1, 2), "mass": 0.9, "shift": {"verb": "would", "strength": "strong", "sign": "+"}},
        "a Normal",
    ),
    ({"interval": (1, 2), "mass": 0.9, "unit": 3}, "text"),
    ({"interval": (1, 2), "mass": 0.9, "claims": "N1"}, "list of claim ids"),
    ({"interval": (1, 2), "mass": 0.9, "support": (5, 9)}, "range of the quantity"),
]


@pytest.mark.parametrize(("request_", "message"), REFUSED)
def test_refused_for_a_log_normal(request_, message):
    with pytest.raises(InvalidPrior, match=message):
        priors.elicit("LogNormal", **request_)


COUNT = {"k": 3, "n": 5, "reliability": 0.5}
HORIZON = {"interval": (0.2, 0.4), "mass": 0.8, "months": 12, "event": "occurs"}
WORDS = {"verb": "would", "strength": "strong", "sign": "+"}


@pytest.mark.parametrize(
    ("family", "request_", "message"),
    [
        ("Beta", {"count": COUNT | {"k": 6}}, "0 <= k <= n"),
        ("Beta", {"count": COUNT | {"k": -1}}, "0 <= k <= n"),
        ("Beta", {"count": COUNT | {"k": 1.5}}, "whole"),
        ("Beta", {"count": COUNT | {"n": 0, "k": 0}}, "n >= 1"),
        ("Beta", {"count": COUNT | {"reliability": 1.01}}, "from 0"),
        ("Beta", {"count": COUNT | {"reliability": math.nan}}, "reliability"),
        ("Beta", {"count": {"k": 3, "n": 5}}, "without reliability"),
        ("Beta", {"count": COUNT | {"month": 3}}, "months"),
        ("Beta", {"count": COUNT | {"months": 3}}, "both"),
        ("Beta", {"count": COUNT | {"months": 12, "event": "occurs"}}, "Normal"),
        ("Normal", {"count": COUNT}, "Beta"),
        ("Normal", {"count": COUNT | {"months": 0, "event": "occurs"}}, "months > 0"),
        ("Normal", {"count": COUNT | {"months": 12, "event": "occur"}}, "'occurs'"),
        (
            "Normal",
            {"count": {"k": 10**17, "n": 10**17, "reliability": 1, "months": 1, "event": "occurs"}},
            "lower n",
        ),
        ("Normal", {"probability": HORIZON | {"interval": (0, 0.5)}}, "strictly between 0 and 1"),
        ("Normal", {"probability": HORIZON | {"interval": (0.5, 1.5)}}, "strictly between 0 and 1"),
        ("Normal", {"probability": HORIZON | {"mass": 80}}, "write 80% as 0.8"),
        ("Gamma", {"probability": HORIZON}, "Normal"),
        ("Normal", {"words": WORDS | {"verb": "cannot"}}, "structure"),
        ("Normal", {"words": WORDS | {"verb": "precludes"}}, "a gate"),
        ("Normal", {"words": WORDS | {"verb": "no chance"}}, "a gate"),
        ("Normal", {"words": WORDS | {"verb": "should"}}, "a norm"),
        ("Normal", {"words": WORDS | {"verb": "unless"}}, "a condition"),
        ("Normal", {"words": WORDS | {"verb": "wold"}}, "'would'"),
        ("Normal", {"words": WORDS | {"verb": "unlikely"}}, "more likely than not"),
        ("Normal", {"words": WORDS | {"verb": "likely", "strength": "strong"}}, "firm enough"),
        ("Normal", {"words": WORDS | {"reading": "mode"}}, "'mean'"),
        ("Normal", {"words": WORDS | {"verb": ["would"]}}, "a word of the lexicon"),
        ("Normal", {"words": WORDS | {"strength": "huge"}}, "'moderate'"),
        ("Normal", {"words": WORDS | {"sign": "up"}}, "'\\+'"),
        ("LogNormal", {"words": WORDS}, "Normal"),
        ("Normal", {"words": WORDS, "shift": WORDS}, "interval, count, probability, hazard or ratio"),
        ("HalfNormal", {"interval": (1, 2), "mass": 0.9}, "one condition"),
        ("Beta", {"interval": (0.2, 1.2), "mass": 0.9}, "between 0 and 1"),
        ("ScaledBeta", {"interval": (1, 2), "mass": 0.9}, "add bounds"),
        ("ScaledBeta", {"interval": (1, 2), "mass": 0.9, "bounds": (0, math.inf)}, "finite"),
        ("ScaledBeta", {"interval": (1, 12), "mass": 0.9, "bounds": (0, 10)}, "between 0 and 10"),
        # A U shape, which no truncated normal has.
        ("TruncatedNormal", {"interval": (0.1, 9.9), "mass": 0.5, "bounds": (0, 10)}, "some member"),
        ("ScaledBeta", {"interval": (0, 2e-309), "mass": 0.5, "bounds": (-1, 2)}, "some member"),
        ("Gamma", {"interval": (1, 1 + 1e-9), "mass": 0.5}, "some member"),
        ("Normal", {"quantiles": {0.1: 0, 0.5: 1, 0.9: 100}}, "within 0.05"),
        ("LogNorm", {"interval": (1, 2), "mass": 0.9}, "'LogNormal'"),
        (None, {"interval": (1, 2), "mass": 0.9}, "a family"),
    ],
)
def test_refused(family, request_, message):
    with pytest.raises(InvalidPrior, match=message):
        priors.elicit(family, **request_)


ANYTHING = some.recursive(
    some.none() | some.booleans() | some.floats() | some.integers() | some.text(max_size=5),
    lambda inner: (
        some.lists(inner, max_size=4) | some.dictionaries(some.text(max_size=5) | some.floats(), inner, max_size=4)
    ),
    max_leaves=6,
)
ROUTES = [
    "interval",
    "mass",
    "quantiles",
    "parameters",
    "words",
    "count",
    "probability",
    "shift",
    "bounds",
    "support",
]


@given(
    family=some.sampled_from(["Normal", "Beta", "HalfNormal", "TruncatedNormal"]) | ANYTHING,
    given_=some.data(),
)
def test_whatever_is_given_the_answer_is_a_prior_or_our_error(family, given_):
    names = given_.draw(some.lists(some.sampled_from(ROUTES), unique=True, max_size=3))
    request = {name: given_.draw(ANYTHING) for name in names}
    fault = None
    try:
        prior = priors.elicit(family, **request)
    except ForecastError as caught:
        fault = caught
    if fault is None:
        assert np.isfinite(prior.median)
    else:
        assert all((fault.given, fault.expected, fault.mend))


FLOATS = some.floats(allow_nan=True, allow_infinity=True)


@given(
    family=some.sampled_from(["Normal", "LogNormal", "Beta", "Gamma", "ScaledBeta", "TruncatedNormal", "HalfNormal"]),
    interval=some.tuples(FLOATS, FLOATS) | some.tuples(some.floats(0, 1), some.floats(0, 1)),
    mass=some.floats(0, 1),
)
def test_extreme_intervals_are_met_or_refused(family, interval, mass):
    bounds = (-1, 2) if family in ("ScaledBeta", "TruncatedNormal") else None
    try:
        prior = priors.elicit(family, interval=interval, mass=mass, bounds=bounds)
    except InvalidPrior:
        return
    assert prior.elicited.meets
    assert all(math.isfinite(value) for value in prior.parameters.values())


def test_the_request_is_kept_and_described():
    prior = priors.elicit("LogNormal", interval=ARTICLE, mass=0.9)
    assert prior.derivation == "LogNormal from 3000 to 6500 as the central 90% interval (5% on each side)."
    assert "meets 2 conditions" in repr(prior.elicited)
    frame = prior.elicited.to_frame()
    assert frame["asked"].tolist() == [0.05, 0.95]
    np.testing.assert_allclose(frame["achieved"], lognorm(0.2350330, scale=math.exp(8.3929625)).cdf(ARTICLE), atol=1e-6)
