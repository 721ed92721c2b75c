"""Beliefs about which of a few forms something has: against SciPy, through files, and refusals in words."""

import math

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from scipy import stats

import priors
from forecast.errors import InvalidPrior
from priors import PriorSet
from priors.discrete import Bernoulli, Categorical
from priors.distribution import to_uniforms

WEIGHTS = [(0.5, 0.5), (0.2, 0.0, 0.8), (0.0, 0.1, 0.2, 0.3, 0.4), (1.0, 0.0), (3.0, 1.0, 0.0)]


def _pairs():
    for p in (0.0, 1e-6, 0.3, 0.7, 1.0):
        yield Bernoulli(p), stats.bernoulli(p)
    for weights in WEIGHTS:
        shares = np.array(weights) / math.fsum(weights)
        yield Categorical(weights), stats.rv_discrete(values=(np.arange(shares.size), shares))


PAIRS = list(_pairs())


@pytest.mark.parametrize(("ours", "theirs"), PAIRS, ids=[str(ours) for ours, _ in PAIRS])
def test_probabilities_and_moments_are_scipys(ours, theirs):
    x = np.array([-1.0, -0.5, 0.0, 0.4, 1.0, 1.5, 2.0, 3.0, 4.0, 99.0])
    whole = x == np.floor(x)
    np.testing.assert_allclose(ours.pdf(x)[whole], theirs.pmf(x[whole]), atol=1e-15)
    assert (ours.pdf(x)[~whole] == 0).all()
    with np.errstate(divide="ignore"):
        np.testing.assert_allclose(ours.log_pdf(x), np.log(ours.pdf(x)), rtol=1e-13)
    np.testing.assert_allclose(ours.cdf(x), theirs.cdf(x), atol=1e-15)
    assert ours.mean() == pytest.approx(theirs.mean(), abs=1e-14)
    assert ours.sd() == pytest.approx(theirs.std(), abs=1e-7 if ours.sd() < 1e-6 else 1e-12)
    assert math.fsum(ours.probabilities) == pytest.approx(1.0, abs=1e-15)
    assert ours.support == (0.0, len(ours.probabilities) - 1)


@pytest.mark.parametrize(("ours", "theirs"), PAIRS, ids=[str(ours) for ours, _ in PAIRS])
def test_quantiles_are_scipys(ours, theirs):
    """Inside; at 0 SciPy gives one less than the least, where no draw can be."""
    p = np.random.default_rng(1).random(1000)
    np.testing.assert_array_equal(ours.ppf(p), theirs.ppf(p))
    # The least value at or below which there is so much: on an edge, the one that it ends.
    possible = np.flatnonzero(ours.probabilities)
    np.testing.assert_array_equal(ours.ppf(np.cumsum(ours.probabilities)[possible[:-1]]), possible[:-1])
    ends = ours.ppf([0.0, 1.0])
    assert ends[1] == possible[-1]
    assert np.isnan(ours.ppf([-0.1, 1.1, np.nan])).all()


@pytest.mark.parametrize(("ours", "theirs"), PAIRS, ids=[str(ours) for ours, _ in PAIRS])
def test_draws_are_possible_and_as_often_as_they_should(ours, theirs):
    z = np.random.default_rng(2).standard_normal(40_000)
    drawn = ours.from_normals(z)
    np.testing.assert_array_equal(drawn, ours.ppf(to_uniforms(z)))
    seen = np.bincount(drawn.astype(int), minlength=len(ours.probabilities))
    chances = np.array(ours.probabilities)
    assert (seen[chances == 0] == 0).all()
    off = seen - chances * z.size
    assert (abs(off) <= 4.5 * np.sqrt(z.size * chances * (1 - chances)) + 1).all()
    # However far out.
    assert (chances[ours.from_normals(np.array([-40.0, 40.0])).astype(int)] > 0).all()


def test_nan_stays_nan():
    for ours, _ in PAIRS:
        assert np.isnan([ours.pdf(np.nan), ours.cdf(np.nan), ours.ppf(np.nan)]).all()


def test_a_set_of_them_is_saved_and_loaded(tmp_path):
    beliefs = PriorSet(
        {
            "form": priors.elicit("Bernoulli", parameters={"p": 0.7}, unit="form", meaning="which form"),
            "kind": priors.elicit("Categorical", parameters={"weight.0": 1.0, "weight.1": 0.0, "weight.2": 3.0}),
        },
        name="forms",
    )
    read = priors.load(beliefs.save(tmp_path / "forms.toml"))
    assert read == beliefs
    assert read.hash == beliefs.hash
    assert read.distribution_hash == beliefs.distribution_hash
    assert read["form"].distribution == Bernoulli(0.7)
    assert read["kind"].distribution == Categorical((0.25, 0.0, 0.75))
    for name, values in beliefs.arrays(100, seed=1).items():
        np.testing.assert_array_equal(values, read.arrays(100, seed=1)[name])
    assert len(beliefs.to_frame()) == 2


@pytest.mark.parametrize("family", ["Bernoulli", "Categorical"])
@pytest.mark.parametrize(
    "route",
    [
        {"interval": (0.1, 0.9), "mass": 0.9},
        {"quantiles": {0.25: 0.1, 0.75: 0.9}},
        {"count": {"k": 1, "n": 2, "reliability": 1.0}},
        {"words": {"verb": "fact", "strength": "slight", "sign": "+"}},
        {"ratio": (1.0, 2.0)},
        {"hazard": (0.1, 0.5), "within": 12},
        {"probability": {"interval": (0.1, 0.5), "mass": 0.9, "months": 12, "event": "occurs"}},
    ],
    ids=lambda route: next(iter(route)),
)
def test_other_routes_are_refused(family, route):
    with pytest.raises(InvalidPrior, match=family):
        priors.elicit(family, **route)


@pytest.mark.parametrize(
    ("family", "parameters", "said"),
    [
        ("Bernoulli", {"p": 1.5}, "from 0 to 1"),
        ("Bernoulli", {"p": -0.1}, "from 0 to 1"),
        ("Bernoulli", {"q": 0.5}, "only p"),
        ("Bernoulli", {}, "the parameters p"),
        ("Categorical", {"weight.0": 1.0}, "weight.1"),
        ("Categorical", {"weight.0": 0.0, "weight.1": 0.0}, "above zero"),
        ("Categorical", {"weight.0": -1.0, "weight.1": 2.0}, "none negative"),
        ("Categorical", {"weight.0": 1.0, "weight.2": 2.0}, "weight.1"),
    ],
)
def test_wrong_parameters_are_refused_in_words(family, parameters, said):
    with pytest.raises(InvalidPrior, match=said):
        priors.elicit(family, parameters=parameters)


_ANYTHING = st.one_of(st.none(), st.booleans(), st.text(max_size=3), st.integers(-3, 3), st.floats())


@given(
    said=st.dictionaries(st.one_of(_ANYTHING, st.sampled_from(["p", "weight.0", "weight.1", "weight.2"])), _ANYTHING)
)
@pytest.mark.parametrize("family", ["Bernoulli", "Categorical"])
def test_whatever_is_given_is_a_prior_or_an_invalid_one(family, said):
    try:
        found = priors.elicit(family, parameters=said)
    except InvalidPrior:
        return
    assert math.fsum(found.distribution.probabilities) == pytest.approx(1.0, abs=1e-12)


@given(st.one_of(_ANYTHING, st.lists(_ANYTHING, max_size=4).map(tuple)))
def test_whatever_a_family_is_made_of(value):
    for kind in (Bernoulli, Categorical):
        if kind is Categorical and not isinstance(value, tuple):
            continue
        try:
            found = kind(value)
        except InvalidPrior:
            continue
        assert min(found.probabilities) >= 0


def test_a_form_goes_with_nothing():
    known = priors.load("article").replace(
        parallel_origin=priors.elicit("Bernoulli", parameters={"p": 0.7}), accept=True
    )
    with pytest.raises(InvalidPrior, match="one of a few forms"):
        known.correlate("parallel_origin", "capture_share", 0.5, reason="to have one")
