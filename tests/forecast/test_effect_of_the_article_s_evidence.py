"""What the article's evidence changed, on real fits: reweighting against fitting again. Slow."""

import numpy as np
import pytest

import forecast
import priors
from forecast.diagnostics.leaving_out import weights_without

pytestmark = pytest.mark.slow

SETTINGS = {"cache": False, "progress": False}
WORLDS = 10_000
OPTIONS = ["no_assistance", "airstrikes"]


@pytest.fixture(scope="module")
def fit():
    return forecast.fit(forecast.build_model(priors.load("article")), **SETTINGS)


@pytest.fixture(scope="module")
def refit():
    """The same beliefs without the growth of ISIS since 2014."""
    evidence = forecast.load_evidence("article").without("growth")
    return forecast.fit(forecast.build_model(priors.load("article"), evidence=evidence), **SETTINGS)


@pytest.fixture(scope="module")
def outcomes(fit):
    return forecast.simulate(fit, options=OPTIONS, worlds=WORLDS, seed=5, progress=False)


SHARE = 0.5
"""Near the limit of k-hat the weights of a few draws decide, and their error is known too low: of what an item moved,
at least half must be moved back, beyond four errors."""


@pytest.mark.parametrize(("item", "belief"), [("captured_unit", "capture_share"), ("trained_force", "train_hold")])
def test_without_its_only_item_a_chance_is_its_prior(fit, item, belief):
    """Exact, because a trial is conjugate to a Beta prior; and these items move little, so the weights are light."""
    weights, khat = weights_without(fit, item)
    assert khat < 0.7
    draws = fit["posterior"][belief].values.reshape(-1)
    prior = priors.load("article")[belief]
    error = prior.sd * (weights**2).sum() ** 0.5
    assert abs(weights @ draws - prior.mean) < 4 * error
    # The test can fail: with the item it is elsewhere.
    assert abs(draws.mean() - prior.mean) > 4 * error


def test_reweighting_is_fitting_again_for_beliefs(fit, refit):
    weights, khat = weights_without(fit, "growth")
    # Near the limit: the item moves what it informs by up to three quarters of a prior sd.
    assert 0.4 < khat < 0.9
    for name in ("isis_growth", "isis_fighters", "local_resistance", "train_hold"):
        draws, exact = fit["posterior"][name].values.reshape(-1), refit["posterior"][name].values
        error = exact.std() * (weights**2).sum() ** 0.5
        moved = abs(draws.mean() - exact.mean())
        assert abs(weights @ draws - exact.mean()) < 4 * error + SHARE * moved, name


def test_reweighting_is_simulating_the_fit_without_the_item(fit, refit, outcomes):
    frame = forecast.leave_one_out(fit, outcomes=outcomes).to_frame().loc["growth"]
    again = forecast.simulate(refit, options=OPTIONS, worlds=WORLDS, seed=5, progress=False)
    # Hardly a world of the fit has ISIS degraded, so no weights can tell how often it is without this item.
    for outcome in ("isis_fighters_end", "sirte_freed", "council_survives", "stable_success"):
        for option in OPTIONS:
            row, worlds = frame.loc[outcome, option], again[outcome].sel(option=option).values.astype(float)
            error = np.hypot(row["without_error"], worlds.std() / WORLDS**0.5)
            moved = abs(row["estimate"] - worlds.mean())
            assert abs(row["without"] - worlds.mean()) < 4 * error + SHARE * moved, (outcome, option)


def test_what_the_evidence_moved(fit):
    result = forecast.prior_posterior(fit)
    frame = result.to_frame()
    assert set(frame.index[frame["reached"]]) == set(fit["posterior"].attrs["sampled"])
    assert result.rows[0].parameter == "isis_growth"
    assert frame.loc["isis_growth", "shift"] == pytest.approx(0.75, abs=0.15)
    # One success of one trial: Beta(a + 1, b), by conjugacy.
    prior = priors.load("article")["capture_share"]
    alpha, beta = prior.parameters["alpha"], prior.parameters["beta"]
    shift = ((alpha + 1) / (alpha + beta + 1) - alpha / (alpha + beta)) / prior.sd
    row = frame.loc["capture_share"]
    assert abs(row["shift"] - shift) < 4 * row["shift_error"]


def test_nothing_seen_is_a_surprise(fit):
    frame = forecast.predictive_checks(fit).to_frame()
    assert not frame["conflict"].any()
    assert not frame["misfit"].any()
    # A chance that did not come: 1 less the prior's mean, by the rule of total probability.
    hold = priors.load("article")["train_hold"]
    row = frame.loc["trained_force", ""]
    assert abs(row["prior_tail"] - (1 - hold.mean)) < 4 * row["prior_tail_error"]


def test_power_scaling_of_the_article(fit, outcomes):
    scaled = forecast.power_scaling(fit, outcomes=outcomes)
    frame = scaled.to_frame()
    assert (frame.xs("", level="option")["khat"] < 0.7).all()
    # Beliefs were elicited to say something, so their strength matters to everything that evidence reaches.
    assert (frame.xs("", level="option")["prior"] > 0.05).all()
    assert scaled.diagnosis("council_survives", option="no_assistance") == "-"
