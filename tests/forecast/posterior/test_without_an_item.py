"""What a fit's own draws say of the posterior without an item, against fitting again."""

import math

import numpy as np
import pytest

import forecast
import priors
from forecast.diagnostics.picked import picked
from forecast.diagnostics.weights import smoothed
from forecast.posterior.carried import carries
from forecast.posterior.pareto import RELIABLE
from forecast.posterior.sampled import sample_posterior


@pytest.fixture(scope="module")
def pooled():
    beliefs = priors.load("pooled")
    return beliefs, forecast.load_evidence("article"), forecast.fit(beliefs, seed=3, progress=False)


@pytest.mark.slow
@pytest.mark.parametrize("item", ["trained_force", "growth"])
def test_members_weigh_what_they_would_without_it(pooled, item):
    beliefs, known, fit = pooled
    one = picked(fit, seed=1, labels=np.arange(10))
    weights, _ = smoothed(one.log_weights_without(item))
    count = fit["importance"].sizes["sample"]
    shares = weights.reshape(-1, count).sum(axis=1)
    again = sample_posterior(beliefs, known.without(item).items, seed=4).weights
    # Both are of draws of their own.
    error = math.sqrt(2.0) * again.error + fit["members"].to_dataset()["weight_error"].values
    assert (np.abs(shares - again.after) < 4 * error + 1e-4).all(), (shares, again.after)
    # The test can fail: with the item they weigh something else.
    if item == "trained_force":
        assert (np.abs(fit["members"]["weight"].values - again.after) > 4 * error).any()


def test_one_impossible_draw_does_not_make_the_others_equal():
    ratios = np.random.default_rng(1).standard_normal(1_000)
    weights, khat = smoothed(np.append(ratios, -np.inf))
    assert weights[-1] < 1e-100
    assert np.ptp(weights[:-1]) > 1e-4
    assert np.isfinite(khat)


def test_nothing_that_is_possible_is_refused():
    with pytest.raises(forecast.errors.InvalidArgument, match="all 0"):
        smoothed(np.full(100, -np.inf))


@pytest.mark.slow
def test_worlds_that_hardly_follow_the_other_posterior_are_not_reliable():
    """The draws of the fit are fit for the posterior without the reports, but its worlds are where the reports are."""
    fit = forecast.fit(priors.load("sceptic"), evidence="article+reports", progress=False)
    outcomes = forecast.simulate(fit, options="no_assistance", months=1, worlds=4_000, progress=False)
    some = outcomes.isel(world=slice(0, None, 2))
    rows = forecast.leave_one_out(fit, outcomes=some, names="isis_fighters_end").to_frame().loc["strength_reports"]
    assert rows["method"].tolist() == ["reweighted"]
    assert rows["khat"].item() > RELIABLE
    assert not rows["reliable"].item()
    whole = forecast.leave_one_out(fit, outcomes=outcomes, names="isis_fighters_end").to_frame()
    assert whole.xs("strength_reports")["method"].tolist() == ["refitted"]


@pytest.mark.slow
def test_a_fit_of_a_model_that_was_changed_by_hand_does_not_hold_what_it_is_of():
    pm = pytest.importorskip("pymc")
    model = forecast.build_model(priors.load("article"), evidence="none")
    with model:
        pm.Potential("by_hand", -(model["parallel_origin"] ** 2))
    settings = {"draws": 20, "tune": 20, "chains": 2, "cache": False, "progress": False}
    for method in ("auto", "nuts"):
        fit = forecast.fit(model, method=method, **settings)
        assert fit.attrs["why_nuts"] == "the model was changed by hand"
        assert not carries(fit)
