"""Sweeps on a cluster, and over evidence."""

import pytest
import xarray as xr

from forecast.sweeps.sweep import sweep

GRID = {"vetting": [0.2, 0.8], "options": ["no_assistance", "training"], "months": [2, 4]}
SIZE = {"worlds": 5000, "seed": 2, "progress": False}
PLAIN = {"evidence": "none", **SIZE}


def _bytes(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_a_cluster_has_the_bits_of_threads(tmp_path):
    distributed = pytest.importorskip("distributed")
    here = sweep(GRID, store=tmp_path / "here", **PLAIN)
    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            local_directory=str(tmp_path / "workers"),
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        assert sweep(GRID, store=tmp_path / "there", client=client, dry_run=True, **PLAIN).report.to_do == 8
        there = sweep(GRID, store=tmp_path / "there", client=client, **PLAIN)
    xr.testing.assert_identical(there.data, here.data)
    assert _bytes(tmp_path / "there") == _bytes(tmp_path / "here")


@pytest.mark.slow
def test_evidence_is_fitted_once_and_its_draws_are_kept(tmp_path, monkeypatch):
    grid = {"evidence": ["none", "article"], "options": ["no_assistance"], "months": [2]}
    store = tmp_path / "s"
    # The fit of the usual seed, which other tests need too.
    size = {**SIZE, "seed": 1}
    told = sweep(grid, store=store, dry_run=True, **size)
    assert (told.report.fits, told.report.to_do) == (1, 2)
    import forecast.inference

    usual, made = forecast.inference.fit, []

    def noted(*arguments, **options):
        made.append(usual(*arguments, **options))
        return made[-1]

    with monkeypatch.context() as patched:
        patched.setattr(forecast.inference, "fit", noted)
        first = sweep(grid, store=store, **size)
    assert first.report.fits == 1
    assert first.report.failed == 0
    cell = first.data.sel(options="no_assistance", months=2)["isis_fighters_end"]
    assert cell.sel(evidence="none") != cell.sel(evidence="article")

    def never(*_, **__):
        raise AssertionError("fitted again")

    with monkeypatch.context() as patched:
        patched.setattr(forecast.inference, "fit", never)
        again = sweep(grid, store=store, **size)
    assert (again.report.fits, again.report.computed) == (0, 0)
    xr.testing.assert_identical(again.data, first.data)

    # Damaged draws are found out; another fit has the same ones again (held elsewhere), here the first is given twice.
    [chunk] = store.glob("draws/*/posterior/c.0.0")
    content = bytearray(chunk.read_bytes())
    content[1000] ^= 1
    chunk.write_bytes(content)
    with monkeypatch.context() as patched:
        patched.setattr(forecast.inference, "fit", lambda *_, **__: made[0])
        mended = sweep(grid, store=store, **size)
    assert mended.report.repaired == (str(chunk.parent.relative_to(store)),)
    assert (mended.report.fits, mended.report.computed) == (1, 0)
    xr.testing.assert_identical(mended.data, first.data)


def test_a_fit_that_fails_is_a_failed_cell_and_one_with_broken_gates_is_marked(tmp_path, monkeypatch):
    import forecast.sweeps.sweep as module
    from forecast.engine.draws import source_of
    from forecast.results import GateState
    from forecast.sweeps.sources import Base, Unfitted

    grid = {"evidence": ["none", "article", "article+reports"], "options": ["no_assistance"], "months": [2]}

    def fitted(beliefs, evidence, **_):
        if evidence.name == "article":
            return Unfitted("the sampler could not start")
        return Base(source_of(beliefs), {"draws": "those of a fit"}, GateState.of(["rhat 1.3"]))

    monkeypatch.setattr(module, "fit_base", fitted)
    found = sweep(grid, store=tmp_path / "s", **{**SIZE, "worlds": 50})
    status = found.data["status"].squeeze()
    assert status.sel(evidence="none") == "done"
    assert status.sel(evidence="article") == "failed: the sampler could not start"
    assert status.sel(evidence="article+reports") == "gates broken: rhat 1.3"
    assert found.data["utility"].sel(evidence="article").isnull().all()
    assert found.data["utility"].sel(evidence="article+reports").notnull().all()
    assert (found.report.failed, found.report.cells, found.report.to_do) == (2, 3, 0)
    assert found.data.attrs["gates"] == "failed: rhat 1.3"
    assert found.about.gates.broken == "rhat 1.3"
    assert (found.about.beliefs, found.to_frame().attrs["gates"]) == ("", "failed: rhat 1.3")
    assert "2 failed" in repr(found)
    words = " ".join(" ".join(t.get_text() for t in found.plot(outcome="utility", x="evidence").texts).split())
    assert "Not to be relied on" in words
    assert "2 cells failed" in words
    assert f"Beliefs: article; seed {SIZE['seed']}. Cut at options" in words
