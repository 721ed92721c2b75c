"""Chains step in for a block that importance sampling does not reach. Slow."""

import numpy as np
import pytest

import forecast
import priors
from forecast.evidence import evidence_of_table

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def far():
    """A strength that is known to a few hundredths of a percent: a thin sheet in nine dimensions."""
    table = forecast.load_evidence("article").to_table()
    table["item"]["growth"] |= {"low": 499.9, "high": 500.1}
    noise = priors.elicit("LogNormal", interval=(0.0027, 0.0033), mass=0.9)
    return priors.load("article").replace(isis_noise=noise, accept=True), evidence_of_table(table)


@pytest.fixture(scope="module")
def fit(far):
    beliefs, evidence = far
    # Too few to mix, which is not what is asked here.
    return forecast.fit(beliefs, evidence=evidence, draws=50, tune=50, chains=2, cache=False, progress=False)


def test_the_fit_says_which_block_and_which_item(far, fit):
    assert fit.attrs["method"] == "importance and nuts"
    assert fit.attrs["why_nuts"].startswith("block isis_fighters: ")
    assert fit.attrs["why_nuts"].endswith("the item growth pulls most")
    beliefs, evidence = far
    kept = forecast.fit(beliefs, evidence=evidence, method="importance", progress=False)
    broken = {gate.name: gate for gate in forecast.check(kept).failed}
    assert "effective_draws" in broken
    assert "isis_fighters" in broken["effective_draws"].evidence
    assert "growth" in broken["effective_draws"].mend


def test_only_that_block_is_of_chains(fit):
    assert dict(fit["posterior"].sizes) == {"chain": 2, "draw": 50}
    by_chains = list(fit["posterior"].attrs["by_chains"])
    assert "isis_growth" in by_chains
    assert "capture_share" not in by_chains
    gates = {gate.name: gate for gate in forecast.check(fit).gates}
    assert gates["r_hat"].verdict in ("passed", "failed")
    assert gates["k_hat"].verdict == "passed"
    assert "isis_fighters" not in gates["k_hat"].evidence
    stats = fit["sample_stats"].to_dataset()
    assert stats["diverging"].dims == ("chain", "draw")
    assert np.isnan(float(stats["khat"].sel(block="isis_fighters")))


def test_worlds_pick_the_draws_of_both(fit):
    outcomes = forecast.simulate(fit, options="no_assistance", worlds=500, months=1, progress=False)
    drawn = fit["posterior"]["isis_growth"].values.reshape(-1)
    assert np.isin(outcomes["parameter_isis_growth"].values, drawn).all()
    # Of 65,536 weighted draws hardly two worlds have the same.
    assert np.unique(outcomes["parameter_capture_share"].values).size > 450
