"""The real model: posteriors are as sure as they should be, and the known faults are found. Slow."""

import importlib.util
from pathlib import Path

import pytest

from forecast.diagnostics.calibration import LEVELS, TOGETHER, all_evidence, calibrate

ROOT = Path(__file__).parents[3]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def page():
    spec = importlib.util.spec_from_file_location("docs_calibration", ROOT / "docs" / "calibration.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def run(page):
    """Half of the page's replications, which are the same ones: enough to catch an sd that is a tenth off."""
    return calibrate(page.model(), replications=page.REPLICATIONS // 2, seed=page.SEED, progress=False)


@pytest.fixture(scope="module")
def whole(page):
    return calibrate(page.model(), replications=page.REPLICATIONS, seed=page.SEED, progress=False)


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


def test_draws_are_nearly_independent_and_hardly_any_diverge(run):
    # A tenth leaves 80 of 99 draws' worth, which costs a 90% interval a fifth of a point.
    assert run.to_frame()["autocorrelation"].drop(TOGETHER).max() < 0.1
    assert run.data["diverging"].sum() < 1e-3 * run.data["drawn"].sel(quantity="log_density").size


@pytest.mark.exhaustive
def test_the_page_has_the_numbers_of_this_run(whole, page):
    """Another processor rounds differently and a chain magnifies it, so a rank may differ, but not many."""
    cells = [line.split(" | ") for line in page.PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    shown = {row[0].strip("| `"): row for row in cells}
    for name, row in whole.to_frame().iterrows():
        kept = shown["all together" if name == TOGETHER else name]
        for column, level in enumerate(LEVELS, start=2):
            coverage, error = (float(part) / 100 for part in kept[column].split(" ± "))
            assert coverage == pytest.approx(row[f"coverage_{100 * level:.0f}"], abs=0.03), (name, level)
            assert error == pytest.approx(row[f"error_{100 * level:.0f}"], abs=0.003), (name, level)
