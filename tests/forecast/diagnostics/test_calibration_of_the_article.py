"""The real model: posteriors are as sure as they should be, and the known faults are found. Slow."""

import importlib.util
from dataclasses import replace
from pathlib import Path

import pytest

import forecast
from forecast.diagnostics.calibration import LEVELS, TOGETHER, all_evidence, calibrate
from forecast.posterior import importance, sampled, target

ROOT = Path(__file__).parents[3]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def page():
    spec = importlib.util.spec_from_file_location("docs_calibration", ROOT / "docs" / "calibration.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def by_importance(page):
    beliefs, evidence = page.calibrated()
    return calibrate(beliefs, evidence=evidence, replications=page.REPLICATIONS, seed=page.SEED, progress=False)


@pytest.fixture(scope="module")
def by_chains(page):
    beliefs, evidence = page.calibrated()
    model = forecast.build_model(beliefs, evidence=evidence)
    return calibrate(model, method="nuts", replications=200, seed=page.SEED, progress=False)


@pytest.fixture(scope="module")
def fewer(page):
    """Enough to catch an sd that is a tenth off."""
    beliefs, evidence = page.calibrated()
    return calibrate(beliefs, evidence=evidence, replications=200, seed=page.SEED, progress=False)


@pytest.fixture(
    params=["fewer", *(pytest.param(whole, marks=pytest.mark.exhaustive) for whole in ("by_importance", "by_chains"))]
)
def run(request):
    return request.getfixturevalue(request.param)


def test_every_parameter_that_evidence_informs_is_calibrated(run):
    assert run.data.sizes["replication"] >= 200
    assert run.passed, run.to_frame().to_string()
    informed = {name for item in all_evidence().items for name in item.informs}
    assert informed <= set(run.data["quantity"].values)


@pytest.mark.parametrize("factor", [0.5, 0.9, 1.1])
def test_a_wrong_sd_fails(run, factor):
    wrong = run.scaled(factor)
    assert not wrong.passed, wrong.to_frame().to_string()
    assert not wrong.to_frame().loc[TOGETHER, "passed"]


def test_draws_are_nearly_independent_and_hardly_any_gate_breaks(run):
    # A tenth leaves 80 of 99 draws' worth, which costs a 90% interval a fifth of a point.
    assert run.to_frame()["autocorrelation"].drop(TOGETHER).abs().max() < 0.1
    assert float(run.broke_gates.mean()) < 0.05


@pytest.mark.exhaustive
def test_the_page_has_the_numbers_of_this_run(by_importance, page):
    """Another processor may round a value across another, which moves one rank, but hardly ever three of a thousand."""
    cells = [line.split(" | ") for line in page.PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    shown = {row[0].strip("| `"): row for row in cells}
    for name, row in by_importance.to_frame().iterrows():
        kept = shown["all together" if name == TOGETHER else name]
        for column, level in enumerate(LEVELS, start=2):
            coverage, error = (float(part) / 100 for part in kept[column].split(" ± "))
            # The page has a tenth of a point.
            assert coverage == pytest.approx(row[f"coverage_{100 * level:.0f}"], abs=0.003 + 0.0005), (name, level)
            assert error == pytest.approx(row[f"error_{100 * level:.0f}"], abs=0.001 + 0.0005), (name, level)


@pytest.mark.exhaustive
def test_a_likelihood_that_counts_for_less_fails(page, monkeypatch):
    def less(of, **settings):
        flat = replace(of, log_likelihood=lambda z, cells: 0.8 * of.log_likelihood(z, cells))
        return importance.adapt(flat, **settings)

    monkeypatch.setattr(sampled, "adapt", less)
    beliefs, evidence = page.calibrated()
    assert not calibrate(beliefs, evidence=evidence, replications=page.REPLICATIONS, progress=False).passed


# Of 2.4 months in which a rare event did not happen a thousand worlds do not tell whether they count.
@pytest.mark.exhaustive
@pytest.mark.parametrize("left_out", [item.name for item in all_evidence().items if item.name != "gnc_silent"])
def test_an_item_left_out_of_the_posterior_fails(page, left_out, monkeypatch):
    def fewer(items, values, observed):
        return of_all([item for item in items if item.name != left_out], values, observed)

    of_all = target.item_log_likelihoods
    monkeypatch.setattr(target, "item_log_likelihoods", fewer)
    beliefs, evidence = page.calibrated()
    frame = calibrate(beliefs, evidence=evidence, replications=page.REPLICATIONS, progress=False).to_frame()
    assert f"log_likelihood[{left_out}]" in frame.index[~frame["passed"]]
