"""Calibration by the sampler of fits: what is right passes, and a sampler with a known fault fails."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from scipy import stats

import forecast
import priors
from forecast.diagnostics.calibration import TOGETHER, Calibration, calibrate
from forecast.diagnostics.replications import KEPT, LOG_DENSITY
from forecast.diagnostics.replications_by_importance import LEAST_SHARE, replicate_by_importance
from forecast.errors import FailedFit, InvalidArgument
from forecast.evidence import Evidence
from forecast.libya.state import Parameters
from forecast.likelihood import auxiliaries
from forecast.posterior import importance, sampled, target
from forecast.results import About
from priors import PriorSet
from tests.forecast.small_models import conjugate

CHANCES = ("train_hold", "capture_share", "parallel_origin")


def trials(chance, n):
    """Some trials of a chance; how many succeeded does not matter."""
    like = next(item for item in forecast.load_evidence("article").items if item.kind == "trials")
    data = {"chance": chance, "k": 0, "n": n}
    return replace(like, name=f"{chance}_tried", claims=("N11",), figures=(), informs=(chance,), data=data)


def evidence_of(*items):
    return Evidence("trials", "Trials", "Of a few chances.", items, {})


def of_small(beliefs, item, replications):
    """Calibrate beliefs about less than the world has parameters."""
    data = replicate_by_importance(beliefs, [item], replications=replications, seed=1, progress=False)
    return Calibration(about=About(), data=data)


@pytest.fixture(scope="module")
def evidence():
    """A hundred trials of each of three chances: three blocks of one quantity, whose posteriors are Betas."""
    return evidence_of(*(trials(chance, 100) for chance in CHANCES))


@pytest.fixture(scope="module")
def run(article, evidence):
    return calibrate(article, evidence=evidence, replications=400, progress=False)


# What is right, and known faults


def test_what_is_right_passes(run):
    assert run.passed, run.to_frame().to_string()
    checks = [f"log_likelihood[{chance}_tried]" for chance in CHANCES]
    assert run.data["quantity"].values.tolist() == [
        *sorted(CHANCES, key=Parameters._fields.index),
        *checks,
        LOG_DENSITY,
    ]
    assert run.data["kind"].values.tolist() == ["belief"] * 3 + ["check"] * 4
    assert run.data.attrs["method"] == "importance"
    assert not run.broke_gates.any()
    for factor in (0.5, 0.9, 1.1):
        assert not run.scaled(factor).to_frame().loc[TOGETHER, "passed"], factor


def weights_ignored(of, **settings):
    drawn = importance.adapt(of, **settings)
    return replace(drawn, log_weights=np.zeros_like(drawn.log_weights))


def less_likelihood(of, **settings):
    flat = replace(of, log_likelihood=lambda z, cells: 0.8 * of.log_likelihood(z, cells))
    return importance.adapt(flat, **settings)


@pytest.mark.parametrize("wrong", [pytest.param(weights_ignored, marks=pytest.mark.slow), less_likelihood])
def test_a_sampler_that_is_wrong_fails(article, evidence, wrong, monkeypatch):
    monkeypatch.setattr(sampled, "adapt", wrong)
    found = calibrate(article, evidence=evidence, replications=400, progress=False)
    assert not found.passed
    # Both are not sure enough: the proposal is wider than the posterior.
    assert found.to_frame().loc[TOGETHER, "coverage_80"] > 0.82


def test_an_item_left_out_of_the_posterior_fails(article, evidence, monkeypatch):
    """The ranks of its quantity stay uniform, as those of any posterior of less data; its likelihood shows it."""

    def fewer(items, values, observed):
        return target_of_all([item for item in items if item.name != "capture_share_tried"], values, observed)

    target_of_all = target.item_log_likelihoods
    monkeypatch.setattr(target, "item_log_likelihoods", fewer)
    frame = calibrate(article, evidence=evidence, replications=100, progress=False).to_frame()
    assert frame.index[~frame["passed"]].tolist() == ["log_likelihood[capture_share_tried]", LOG_DENSITY]


@pytest.mark.slow
def test_data_that_are_not_the_world_s_fail(article, evidence, monkeypatch):
    monkeypatch.setattr(target.Block, "given", lambda block, data: block)
    assert not calibrate(article, evidence=evidence, replications=50, progress=False).passed


# Replications


def test_the_truths_are_the_worlds_of_simulations(run, article):
    worlds = article.sample(400, seed=1)
    for chance in CHANCES:
        truth = article[chance].distribution.ppf(stats.norm.cdf(run.data["truth"].sel(quantity=chance).values))
        np.testing.assert_allclose(truth, worlds[chance].values, rtol=1e-9)


def test_replications_are_the_same_however_many_there_are(run, article, evidence):
    fewer = calibrate(article, evidence=evidence, replications=12, progress=False)
    xr.testing.assert_identical(
        fewer.data.drop_attrs(deep=False), run.data.isel(replication=slice(12)).drop_attrs(deep=False)
    )
    other = calibrate(article, evidence=evidence, replications=12, seed=2, progress=False)
    assert not (other.data["truth"] == fewer.data["truth"]).any()


@pytest.mark.slow
def test_a_model_is_calibrated_as_its_beliefs_and_evidence(article):
    model = forecast.build_model(article, evidence="article+reference")
    found = calibrate(model, replications=10, progress=False)
    known = calibrate(article, evidence="article+reference", replications=10, progress=False)
    xr.testing.assert_identical(found.data, known.data)
    own = {name for item in model.evidence.items for name in auxiliaries(item)}
    assert {str(name).split("[")[0] for name in known.data["quantity"].values[known.data["kind"] == "nuisance"]} == own
    informed = {name for item in model.evidence.items for name in item.informs}
    assert informed <= set(known.data["quantity"].values)


@pytest.mark.slow
def test_a_pool_is_calibrated_over_its_members(monkeypatch):
    """Where the evidence tells the members apart, their prior weights are wrong afterwards."""
    members = {
        name: PriorSet({"capture_share": priors.elicit("Beta", interval=interval, mass=0.9)}, name=name)
        for name, interval in {"low": (0.02, 0.3), "high": (0.6, 0.95)}.items()
    }
    pool = priors.pool(members, weights={"low": 0.3, "high": 0.7})
    right = of_small(pool, trials("capture_share", 10), 200)
    assert right.passed, right.to_frame().to_string()
    monkeypatch.setattr(sampled.MemberWeights, "after", property(lambda weights: weights.before))
    assert not of_small(pool, trials("capture_share", 10), 200).passed


@pytest.mark.slow
def test_a_choice_among_forms_is_ranked_without_ties():
    """0 or 1 as the log of a monthly hazard: half a month without an event leaves both open."""
    like = next(item for item in forecast.load_evidence("article").items if item.name == "gnc_silent")
    item = replace(like, data={"hazards": ["gnc"], "months": 0.5}, figures=())
    beliefs = PriorSet({"gnc_hazard": priors.elicit("Bernoulli", parameters={"p": 0.4})}, name="two forms")
    found = of_small(beliefs, item, 300)
    assert found.data["quantity"].values[0] == "gnc_hazard"
    assert found.to_frame().loc["gnc_hazard", "passed"]
    assert np.unique(found.data["drawn"].sel(quantity="gnc_hazard")).size == 300 * KEPT
    # What is drawn is 0 or 1, each as often over all replications as the beliefs have it: to four errors.
    ones = (found.data["drawn"].sel(quantity="gnc_hazard") > stats.norm.ppf(0.6)).mean("draw")
    assert float(ones.mean()) == pytest.approx(0.4, abs=4 * float(ones.std()) / 300**0.5)


def test_gates_that_broke_are_counted():
    sizes = ("replication", "block")
    data = xr.Dataset(
        {
            "khat": (sizes, [[0.1, 0.2], [0.8, 0.1], [0.1, 0.1], [-np.inf, 0.1]]),
            "effective": (sizes, [[900.0, 900.0], [900.0, 900.0], [900.0, 900.0], [900.0, LEAST_SHARE * 4096 - 1]]),
            "weighted": (sizes, [[4096, 4096], [4096, 4096], [4096, 65536], [4096, 4096]]),
        }
    )
    assert Calibration(about=About(), data=data).broke_gates.values.tolist() == [False, True, True, True]
    by_chains = xr.Dataset({"diverging": ("replication", [0, 3])})
    assert Calibration(about=About(), data=by_chains).broke_gates.values.tolist() == [False, True]


# Bad input


def test_what_cannot_be_calibrated_by_importance_is_refused(article):
    with pytest.raises(InvalidArgument, match="changed by hand"):
        calibrate(conjugate(), method="importance")
    with pytest.raises(InvalidArgument, match="evidence with a model"):
        calibrate(conjugate(), evidence="article")
    with pytest.raises(InvalidArgument, match="beliefs without evidence"):
        calibrate(article, evidence="none")
    with pytest.raises(InvalidArgument, match="evidence is an int"):
        calibrate(article, evidence=3)
    with pytest.raises(InvalidArgument, match="method"):
        calibrate(article, method="hmc")


def test_evidence_that_no_draw_allows_is_refused(article, evidence, monkeypatch):
    def impossible(of):
        return replace(of, log_likelihood=lambda z, cells: np.full(z.shape[1], -np.inf))

    monkeypatch.setattr(sampled, "adapt", lambda of, **settings: importance.adapt(impossible(of), **settings))
    with pytest.raises(FailedFit, match="allows the evidence of world 0"):
        calibrate(article, evidence=evidence, replications=10, progress=False)
