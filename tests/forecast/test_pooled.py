"""A pool's posterior is the mixture of its members' posteriors, weighed by what the evidence makes of each."""

import numpy as np
import pymc as pm
import pytest
import xarray as xr
from scipy import stats

import forecast
import priors
from forecast.diagnostics.fit_gates import THRESHOLDS
from forecast.errors import InvalidPrior, UnknownPrior
from forecast.pooled import MemberWeights, mix, pick_members
from priors import PriorSet
from tests.forecast.small_models import SEEN, dressed

CENTRES = {"low": 0.0, "high": 2.0}


def member(centre):
    """theta ~ N(centre, 1), seen five times with error 1."""
    with pm.Model() as model:
        theta = pm.Normal("theta", centre, 1.0)
        pm.Normal("y", theta, 1.0, observed=SEEN)
    interval = (centre - 1.6448536269514722, centre + 1.6448536269514722)
    return dressed(model, PriorSet({"theta": priors.elicit("Normal", interval=interval, mass=0.9)}, name="one"))


@pytest.fixture(scope="module")
def members():
    return {name: member(centre) for name, centre in CENTRES.items()}


def exact_log_marginal(centre):
    """The data are jointly normal: variance 1 + 1 on the diagonal and 1 elsewhere."""
    n = SEEN.size
    return stats.multivariate_normal(np.full(n, centre), np.eye(n) + 1.0).logpdf(SEEN)


def test_a_member_of_no_weight_keeps_none():
    weights = MemberWeights(np.array([0.0, 1.0]), np.array([50.0, 0.0]), np.array([0.1, 0.1]))
    assert weights.after.tolist() == [0.0, 1.0]
    assert weights.error.tolist() == [0.0, 0.0]


def test_the_error_of_the_weights_by_simulation():
    logs, errors = np.array([0.0, 0.7, -0.4]), np.array([0.05, 0.02, 0.08])
    weights = MemberWeights(np.array([0.2, 0.5, 0.3]), logs, errors)
    noisy = logs + errors * np.random.default_rng(1).standard_normal((20_000, 3))
    raw = weights.before * np.exp(noisy)
    spread = (raw / raw.sum(axis=1, keepdims=True)).std(axis=0)
    # The delta method leaves out terms of the order of the error itself, 8%.
    np.testing.assert_allclose(weights.error, spread, rtol=0.1)


def test_every_chain_has_each_member_s_share():
    picked = pick_members(np.array([0.1, 0.0, 0.65, 0.25]), 3, 1000, seed=2)
    for chain in picked:
        assert abs(np.bincount(chain, minlength=4) - [100, 0, 650, 250]).max() <= 1
        # In random order: the first tenth has about a tenth of each.
        assert abs(np.count_nonzero(chain[:100] == 2) - 65) < 4 * (100 * 0.65 * 0.35) ** 0.5
    assert not np.array_equal(picked[0], picked[1])
    np.testing.assert_array_equal(picked, pick_members(np.array([0.1, 0.0, 0.65, 0.25]), 3, 1000, seed=2))


@pytest.fixture(scope="module")
def mixed(members):
    settings = {"draws": 1000, "tune": 500, "sampler": "pymc", "progress": False, "cache": False}
    with pytest.MonkeyPatch.context() as patch:
        # Chains of so little work take longer to send to other processes.
        patch.setattr("forecast.sampling.usable_cores", lambda chains: 1)
        fits = {name: forecast.fit(model, **settings) for name, model in members.items()}
    logs = np.array([exact_log_marginal(centre) for centre in CENTRES.values()])
    weights = MemberWeights(np.array([0.5, 0.5]), logs, np.array([0.003, 0.004]))
    return fits, weights, *mix(fits, weights, seed=3)


@pytest.mark.slow
def test_the_mixture_is_that_of_the_members_posteriors(mixed):
    _, weights, posterior, _ = mixed
    centres = np.array([(SEEN.sum() + centre) / 6 for centre in CENTRES.values()])
    mean = weights.after @ centres
    variance = weights.after @ (1 / 6 + (centres - mean) ** 2)
    draws = posterior["theta"].values.ravel()
    error = (variance / 2000) ** 0.5  # the 4,000 draws are worth about half of that many
    assert abs(draws.mean() - mean) < 4 * error
    assert draws.var() == pytest.approx(variance, rel=0.15)


@pytest.mark.slow
def test_every_draw_is_a_member_s_own(mixed):
    fits, _, posterior, _ = mixed
    own = [fit["posterior"]["theta"].values for fit in fits.values()]
    assert ((posterior["theta"].values == own[0]) | (posterior["theta"].values == own[1])).all()


@pytest.mark.slow
def test_diagnostics_are_of_every_member(mixed):
    fits, weights, posterior, diagnostics = mixed
    stats_of = diagnostics["sample_stats"]
    assert stats_of.sizes == {"chain": 8, "draw": 1000}
    assert stats_of["member"].values.tolist() == ["low"] * 4 + ["high"] * 4
    np.testing.assert_array_equal(stats_of["energy"].values[4:], fits["high"]["sample_stats"]["energy"].values)
    members = diagnostics["members"]
    assert members["weight"].values.tolist() == weights.after.tolist()
    assert members["r_hat"].dims == ("member", "quantity")
    tree = xr.DataTree.from_dict({"posterior": posterior, **diagnostics})
    gates = forecast.check(tree)
    assert gates.passed
    assert [one.passed for one in gates.rows if one.name == "member_weights"] == [True]


@pytest.mark.slow
def test_a_member_whose_chains_disagree_breaks_the_gate(mixed):
    """In the mixture a member of little weight would hide it."""
    _, _, posterior, diagnostics = mixed
    members = diagnostics["members"].copy(deep=True)
    members["r_hat"][1, 0] = 1.2
    gates = forecast.check(xr.DataTree.from_dict({"posterior": posterior, **diagnostics, "members": members}))
    assert [one.name for one in gates.failed] == ["r_hat"]
    assert "theta (of high) 1.2" in gates.failed[0].evidence


@pytest.mark.slow
def test_weights_that_are_not_known_break_the_gate(mixed):
    _, _, posterior, diagnostics = mixed
    members = diagnostics["members"].copy(deep=True)
    members["weight_error"][:] = 2 * THRESHOLDS["member_weights"][1]
    gates = forecast.check(xr.DataTree.from_dict({"posterior": posterior, **diagnostics, "members": members}))
    assert [one.name for one in gates.failed] == ["member_weights"]


# Members of a pooled set


@pytest.mark.parametrize("name", ["article", "reference", "sceptic", "officials"])
def test_a_member_draws_what_the_set_it_came_from_draws(name):
    member, whole = priors.load("pooled").member(name), priors.load(name)
    assert member.pooled is None
    assert member.distribution_hash == whole.distribution_hash
    xr.testing.assert_equal(member.sample(50, seed=3), whole.sample(50, seed=3))


def test_a_member_that_is_not_there():
    with pytest.raises(UnknownPrior, match="'sceptic'"):
        priors.load("pooled").member("skeptic")
    with pytest.raises(UnknownPrior, match=r"priors\.pool"):
        priors.load("article").member("sceptic")


def test_a_part_has_the_worlds_of_the_whole(article):
    tied = article.correlations[0].between
    part = article.only([*tied, "blowback_hazard"])
    xr.testing.assert_equal(part.sample(40, seed=6), article.sample(40, seed=6)[[*tied, "blowback_hazard"]])
    with pytest.raises(InvalidPrior, match="name both"):
        article.only(tied[:1])
    with pytest.raises(UnknownPrior, match="isis_fighters"):
        article.only(["isis_fighter"])


def test_the_distribution_hash_is_of_what_is_drawn(article):
    assert priors.load("article").distribution_hash == article.distribution_hash
    told = article.replace(
        isis_fighters=priors.elicit("LogNormal", interval=(3000, 6500), mass=0.9, derivation="Told otherwise.")
    )
    assert told.hash != article.hash
    assert told.distribution_hash == article.distribution_hash
    moved = article.replace(isis_fighters=priors.elicit("LogNormal", interval=(3000, 6501), mass=0.9))
    tied = article.correlate("isis_fighters", "isis_growth", 0.1, reason="to have one")
    hashes = {one.distribution_hash for one in (article, moved, tied, priors.load("pooled"))}
    assert len(hashes) == 4
