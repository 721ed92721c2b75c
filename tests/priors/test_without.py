"""Beliefs without a claim: what takes the place of a direction, of a level, and of a part of either."""

import math
from itertools import pairwise

import numpy as np
import pytest
import scipy.special as sc
from hypothesis import given, settings
from hypothesis import strategies as st

import priors
from forecast.errors import InvalidPrior, UnknownClaim
from priors.discrete import Bernoulli, Categorical
from priors.families import Beta, Gamma, HalfNormal, LogNormal, Normal, ScaledBeta
from priors.mixture import Mixture
from priors.truncated import TruncatedNormal
from priors.widening import doubled
from priors.without import parts_without, prior_without, without_claim


@pytest.fixture(scope="module")
def article():
    return priors.load("article")


@pytest.fixture(scope="module")
def reference():
    return priors.load("reference")


# Twice the spread


@given(alpha=st.floats(0.3, 50.0), beta=st.floats(0.3, 50.0))
def test_a_beta_keeps_its_median_and_doubles_the_sd_of_its_logit(alpha, beta):
    old, new = Beta(alpha, beta), doubled(Beta(alpha, beta))
    assert float(new.ppf(0.5)) == pytest.approx(float(old.ppf(0.5)), rel=1e-7)

    def variance(one):
        return sc.polygamma(1, one.alpha) + sc.polygamma(1, one.beta)

    assert variance(new) == pytest.approx(4 * variance(old), rel=1e-8)
    scaled = doubled(ScaledBeta(alpha, beta, 10.0, 30.0))
    assert (scaled.alpha, scaled.beta, scaled.lower, scaled.upper) == (new.alpha, new.beta, 10.0, 30.0)


@given(alpha=st.floats(0.3, 50.0), beta=st.floats(0.01, 50.0))
@settings(max_examples=20)
def test_a_gamma_keeps_its_median_and_doubles_the_sd_of_its_log(alpha, beta):
    old, new = Gamma(alpha, beta), doubled(Gamma(alpha, beta))
    assert float(new.ppf(0.5)) == pytest.approx(float(old.ppf(0.5)), rel=1e-7)
    assert sc.polygamma(1, new.alpha) == pytest.approx(4 * sc.polygamma(1, old.alpha), rel=1e-8)


def test_the_others_double_sigma():
    assert doubled(Normal(-3.0, 0.4)) == Normal(-3.0, 0.8)
    assert doubled(LogNormal(8.0, 0.3)) == LogNormal(8.0, 0.6)
    assert doubled(HalfNormal(0.1)) == HalfNormal(0.2)
    assert doubled(Bernoulli(0.9)) == Bernoulli(0.5)
    assert doubled(Categorical((1.0, 2.0, 5.0))) == Categorical((1.0, 1.0, 1.0))
    assert doubled(TruncatedNormal(0.0, 1.0, -1.0, 2.0)) == TruncatedNormal(0.0, 2.0, -1.0, 2.0)
    both = Mixture((Normal(0.0, 1.0), Normal(2.0, 3.0)), (0.25, 0.75), ("a", "b"))
    assert doubled(both) == Mixture((Normal(0.0, 2.0), Normal(2.0, 6.0)), (0.25, 0.75), ("a", "b"))


# One prior


def test_a_direction_is_lost_and_its_size_is_not(article):
    old = article["mobilisation_antagonism"]
    new = prior_without(old, "P35")
    assert new.family == "Normal"
    assert new.mean == 0.0
    assert new.sd**2 == pytest.approx(old.mean**2 + old.sd**2, rel=1e-12)
    assert float(new.cdf(0.0)) == 0.5
    assert (new.unit, new.meaning, new.claims) == (old.unit, old.meaning, ())
    assert new.derivation.startswith("Without P35: no direction")
    assert old.derivation in new.derivation


def test_a_level_falls_back_on_its_base_rate(article, reference):
    for name, claim in (("isis_fighters", "N1"), ("seating_hazard", "P13"), ("collapse_hazard", "P12")):
        new = prior_without(article[name], claim)
        assert new.distribution == reference[name].distribution != article[name].distribution
        assert new.figures == reference[name].figures
        assert "'reference'" in new.derivation


def test_a_level_without_a_base_rate_is_believed_half_as_firmly(article, reference):
    old = article["footprint_advisers"]
    new = prior_without(old, "P40")
    assert new.distribution == doubled(old.distribution)
    # The reference set has nothing to fall back on in its own place.
    own = reference["isis_fighters"]
    assert prior_without(own, "N1").distribution == doubled(own.distribution)


# A set


def test_a_claim_that_all_hangs_on_gives_a_set_and_no_pool(article):
    alone = article.only(["oil_origin", "oil_repair", "raid_loss"])
    without = without_claim(alone, "N7")
    assert without.pooled is None
    assert {name: prior.distribution for name, prior in without.items()} == {
        name: doubled(prior.distribution) for name, prior in alone.items()
    }
    assert without.name == "article (without N7)"


@pytest.mark.parametrize(
    ("claim", "name"), [("P7", "clash_partisanship"), ("P34", "freed_hazard"), ("P59", "isis_growth")]
)
def test_of_k_claims_a_kth_is_lost(article, claim, name):
    old = article[name]
    if claim not in old.claims:
        assert without_claim(article, claim)[name] == old
        return
    new = without_claim(article, claim)[name].distribution
    whole = prior_without(old, claim).distribution
    share = 1.0 / len(old.claims)
    x = np.linspace(*old.interval(0.99), 9)
    np.testing.assert_allclose(new.pdf(x), (1 - share) * old.pdf(x) + share * whole.pdf(x), rtol=1e-12)
    assert new.mean() == pytest.approx((1 - share) * old.mean + share * whole.mean(), rel=1e-12)


@pytest.mark.parametrize("claim", list(priors.load_claims()))
def test_every_claim_can_be_left_out(article, claim):
    parts = parts_without(article, claim)
    assert math.fsum(part.weight for part in parts) == pytest.approx(1.0, abs=1e-12)
    for before, after in pairwise(parts):
        assert set(before.changed) <= set(after.changed)
        assert set(before.loosened) <= set(after.loosened)
    resting = {name for name, prior in article.items() if claim in prior.claims}
    assert set(parts[-1].changed) == resting
    for name, prior in parts[-1].beliefs.items():
        assert claim not in prior.claims
        low, high = prior.support
        assert article[name].allowed[0] <= low
        assert high <= article[name].allowed[1]
        assert (prior == article[name]) == (name not in resting)
        assert np.isfinite(prior.ppf([0.001, 0.5, 0.999])).all()
    assert not [one for one in parts[-1].beliefs.correlations if claim in one.claims]


def test_what_rests_on_nothing_stays(article):
    assert without_claim(article, "N9") is article


def test_a_correlation_goes_with_its_claim(article):
    parts = parts_without(article, "P14")
    assert [part.loosened for part in parts] == [(), (("collapse_hazard", "seating_hazard"),)]
    assert [part.weight for part in parts] == [0.5, 0.5]


def test_worlds_without_are_those_with_where_nothing_rests_on_the_claim(article):
    before, after = article.arrays(300, seed=4), without_claim(article, "P7").arrays(300, seed=4)
    touched = parts_without(article, "P7")[-1].changed
    for name in article:
        assert np.array_equal(before[name], after[name]) == (name not in touched)
    # Half the worlds hold every prior as it stands; those that do not, do so in all that half the belief hung on.
    moved = {name: before[name] != after[name] for name in ("clash_war", "clash_integration", "war_unrest")}
    assert 0.4 < moved["clash_war"].mean() < 0.6
    assert np.array_equal(moved["clash_war"], moved["clash_integration"])


def test_what_evidence_brings_can_be_kept(article):
    parts = parts_without(article, "N1", keep=("isis_fighters",))
    assert "isis_fighters" not in parts[-1].changed


def test_it_can_be_saved(article, tmp_path):
    without = without_claim(article, "P7")
    assert priors.load(without.save(tmp_path / "set.toml")).distribution_hash == without.distribution_hash


def test_bad_input_is_refused(article):
    with pytest.raises(UnknownClaim, match="P69"):
        without_claim(article, "P69")
    with pytest.raises(InvalidPrior, match="each member"):
        without_claim(priors.load("pooled"), "P7")
