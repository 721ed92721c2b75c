"""What a sweep says is what single runs say, and what it keeps is taken over by the next."""

import dataclasses
import json

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

import forecast
import priors
from forecast.errors import (
    ForecastError,
    InvalidArgument,
    InvalidPrior,
    UnknownEvidence,
    UnknownOption,
    UnknownOutcome,
    UnknownPrior,
    UnknownPriorSet,
    UnknownValues,
)
from forecast.libya.world import LIBYA
from forecast.sweeps.chunk_store import ChunkStore
from forecast.sweeps.sweep import sweep

OPTIONS = ["no_assistance", "ct_assistance + airstrikes from month 2"]
NAMES = ["no_assistance", "ct_assistance_and_airstrikes_from_2"]
"""What tables call them."""
GRID = {
    "collapse_hazard": [-4.0, -3.0],
    "options": OPTIONS,
    "months": [2, 4],
    "values": ["balanced", "state_building_first"],
}
QUICK = {"progress": False, "seed": 3}
PLAIN = {"evidence": "none"}


def _bytes(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return tmp_path_factory.mktemp("sweep") / "store.zarr"


@pytest.fixture(scope="module")
def swept(store):
    return sweep(GRID, evidence="none", store=store, outcomes=list(LIBYA.outcomes), worlds=300, **QUICK)


@pytest.mark.parametrize("months", [2, 4])
@pytest.mark.parametrize("hazard", [-4.0, -3.0])
def test_cells_are_what_single_runs_say(swept, monkeypatch, months, hazard):
    # The oracle: a single run, and forecast.compare on its worlds.
    import forecast.engine.simulate as engine

    usual = engine.source_of
    monkeypatch.setattr(
        engine, "source_of", lambda b, world: dataclasses.replace(usual(b, world), fixed=(("collapse_hazard", hazard),))
    )
    outcomes = forecast.simulate(
        priors.load("article"), evidence="none", options=OPTIONS, months=months, worlds=300, **QUICK
    )
    assert (forecast.parameters(outcomes)["collapse_hazard"] == hazard).all()
    table = forecast.compare(outcomes)
    cell = swept.data.sel(months=months, collapse_hazard=hazard)
    for (name, option), row in table.iterrows():
        found = cell.sel(options=option)
        assert found[name].item() == pytest.approx(row.estimate, rel=1e-12, abs=1e-15, nan_ok=True)
        assert found[f"{name}_error"].item() == pytest.approx(row.error, rel=1e-10, abs=1e-15, nan_ok=True)
        less, error = found[f"{name}_difference"].item(), found[f"{name}_difference_error"].item()
        assert less == pytest.approx(row.difference, rel=1e-10, abs=1e-13, nan_ok=True)
        assert error == pytest.approx(row.difference_error, rel=1e-10, abs=1e-13, nan_ok=True)
    for values in GRID["values"]:
        u = forecast.utility(outcomes, values)
        found = cell.sel(values=values)
        np.testing.assert_allclose(found["utility"], u.mean("world"), rtol=1e-13)
        np.testing.assert_allclose(found["utility_error"], u.std("world", ddof=1) / np.sqrt(300), rtol=1e-10)
        less = u - u.sel(option="no_assistance")
        np.testing.assert_allclose(found["utility_difference"], less.mean("world"), rtol=1e-11, atol=1e-15)
        error = less.std("world", ddof=1) / np.sqrt(300)
        np.testing.assert_allclose(found["utility_difference_error"], error, rtol=1e-10, atol=1e-15)


def test_a_fixed_parameter_changes_no_other_and_no_shock(article):
    from forecast.engine.draws import source_of
    from forecast.libya.state import Parameters

    source = source_of(article)
    here, there = source.matrix(1, 5, 50), dataclasses.replace(source, fixed=(("vetting", 0.25),)).matrix(1, 5, 50)
    row = Parameters._fields.index("vetting")
    assert (there[row] == 0.25).all()
    np.testing.assert_array_equal(np.delete(here, row, 0), np.delete(there, row, 0))


def test_the_grid_is_labelled(swept):
    data = swept.to_xarray()
    assert swept.axes == ("collapse_hazard", "options", "months", "values")
    assert data["stable_success"].dims == ("collapse_hazard", "options", "months")
    assert data["utility"].dims == swept.axes
    assert data["collapse_hazard"].attrs["units"]
    assert data["beliefs"].item() == "article"
    assert data.attrs["failed_cells"] == 0
    frame = swept.to_frame()
    assert frame.index.names == list(swept.axes)
    assert len(frame) == 16
    assert frame.loc[(-3.0, "no_assistance", 4, "balanced"), "utility"] == data["utility"].sel(
        collapse_hazard=-3.0, options="no_assistance", months=4, values="balanced"
    )
    assert "8 of 8 cells" in repr(swept) or "8 computed" in repr(swept)
    assert "\n" not in repr(swept)
    assert swept._repr_html_().startswith("<table>")
    with pytest.raises(dataclasses.FrozenInstanceError):
        swept.data = None


def test_all_is_there_the_second_time_and_no_byte_changes(swept, store):
    before = _bytes(store)
    again = sweep(GRID, evidence="none", store=store, outcomes=list(LIBYA.outcomes), worlds=300, **QUICK)
    xr.testing.assert_identical(again.data, swept.data)
    assert (again.report.there, again.report.computed, again.report.repaired) == (8, 0, ())
    assert _bytes(store) == before


def test_the_order_of_the_grid_does_not_matter(swept, tmp_path, store):
    turned = {name: GRID[name][::-1] for name in reversed(GRID)}
    again = sweep(turned, evidence="none", store=tmp_path / "s", outcomes=list(LIBYA.outcomes), worlds=300, **QUICK)
    assert _bytes(tmp_path / "s") == _bytes(store)
    sorted_ = again.data.transpose(*GRID).sel({name: swept.data[name].values for name in GRID})
    xr.testing.assert_equal(sorted_, swept.data)


EXTENSIONS = {
    "worlds": ({}, 5000),
    "an option": ({"options": [*OPTIONS, "training"]}, 300),
    "a value of a parameter": ({"collapse_hazard": [-4.0, -3.5, -3.0]}, 300),
    "a parameter": ({"vetting": [0.2, 0.8]}, 300),
    "months": ({"months": [2, 3, 4, 5]}, 300),
    "beliefs": ({"beliefs": ["article", "reference"]}, 300),
}


@pytest.mark.parametrize(("more", "worlds"), EXTENSIONS.values(), ids=EXTENSIONS)
def test_an_extension_changes_nothing_that_is_there(more, worlds, tmp_path):
    small = {**GRID, "months": [2]}
    sweep(small, evidence="none", store=tmp_path / "grown", worlds=300, **QUICK)
    before = _bytes(tmp_path / "grown")
    grown = sweep({**small, **more}, evidence="none", store=tmp_path / "grown", worlds=worlds, **QUICK)
    after = _bytes(tmp_path / "grown")
    assert {name: after[name] for name in before} == before
    fresh = sweep({**small, **more}, evidence="none", store=tmp_path / "fresh", worlds=worlds, **QUICK)
    xr.testing.assert_identical(grown.data, fresh.data)
    if worlds > 300:
        # Worlds 0 to 299 were taken over and not run again.
        added = set(after) - set(before)
        assert {name.split("/")[3] for name in added} == {"300-4096", "4096-5000"}
        # Fewer than there are, which no ranges that are there cover, come out right too.
        fewer = sweep(small, evidence="none", store=tmp_path / "grown", worlds=1000, **QUICK)
        xr.testing.assert_identical(
            fewer.data, sweep(small, evidence="none", store=tmp_path / "third", worlds=1000, **QUICK).data
        )


def test_other_weights_and_outcomes_cost_nothing(swept, store):
    before = _bytes(store)
    weights = {"isis": 1.0, "state": 3.0, "peace": 0.0}
    more = sweep(
        {**GRID, "values": [weights]}, evidence="none", store=store, outcomes="invitation", worlds=300, **QUICK
    )
    assert more.report.computed == 0
    assert more.data["values"].item() == "isis 0.25, state 0.75, peace 0"
    assert _bytes(store) == before


def test_other_scales_are_kept_apart(swept, store, tmp_path):
    before = _bytes(store)
    usual = forecast.load_values("balanced")
    own = dataclasses.replace(
        usual, name="own", attributes=tuple(dataclasses.replace(a, risk_aversion=2.0) for a in usual.attributes)
    )
    more = sweep({**GRID, "values": [own]}, evidence="none", store=store, worlds=300, **QUICK)
    assert more.report.computed == 8
    after = _bytes(store)
    assert {name: after[name] for name in before} == before
    outcomes = forecast.simulate(
        priors.load("article"), evidence="none", options=OPTIONS, months=4, worlds=300, **QUICK
    )
    plain = sweep(
        {"options": OPTIONS, "months": [4], "values": [own]}, evidence="none", store=tmp_path / "s", worlds=300, **QUICK
    )
    np.testing.assert_allclose(
        plain.data["utility"].values.ravel(), forecast.utility(outcomes, own).mean("world"), rtol=1e-13
    )


def test_a_dry_run_tells_the_cost_and_computes_nothing(tmp_path):
    told = sweep(GRID, evidence="none", store=tmp_path / "s", worlds=5000, dry_run=True, **QUICK)
    assert not (tmp_path / "s").exists()
    assert (told.report.cells, told.report.there, told.report.to_do) == (8, 0, 8)
    assert told.report.seconds > 0
    assert told.data["stable_success"].isnull().all()
    assert (told.data["status"] == "not run").all()
    assert "to do: 8" in repr(told)
    done = sweep(GRID, evidence="none", store=tmp_path / "s", worlds=5000, **QUICK)
    # On the disk: whole blocks for files and folders, as most file systems have them.
    files = [-(-len(content) // 4096) for content in _bytes(tmp_path / "s").values()]
    folders = sum(path.is_dir() for path in (tmp_path / "s").rglob("*"))
    assert told.report.size == done.report.size == pytest.approx(4096 * (sum(files) + folders), rel=0.1)
    after = sweep(GRID, evidence="none", store=tmp_path / "s", worlds=5000, dry_run=True, **QUICK)
    assert (after.report.there, after.report.to_do, after.report.seconds, after.report.size) == (8, 0, 0.0, 0)
    xr.testing.assert_equal(after.data, done.data)


def test_a_cell_with_what_is_not_finite_is_counted_and_shown(tmp_path, monkeypatch):
    import forecast.sweeps.work as work

    usual = work.run_chunk

    def broken(job, start, stop):
        parameters, states, outcomes = usual(job, start, stop)
        outcomes["oil_output_end"][0, :3] = np.nan
        return parameters, states, outcomes

    monkeypatch.setattr(work, "run_chunk", broken)
    found = sweep(
        {"options": OPTIONS, "months": [2]}, evidence="none", store=tmp_path / "s", baseline="none", worlds=100, **QUICK
    )
    assert found.report.failed == 1
    assert "1 failed" in repr(found)
    status = found.data["status"].sel(options="no_assistance").item()
    assert "oil_output_end is not finite in 3 worlds" in status
    assert "utility is not finite in 3 worlds" in status
    cell = found.data.sel(options="no_assistance", months=2)
    assert np.isnan(cell["oil_output_end"])
    assert np.isnan(cell["utility"])
    assert np.isfinite(cell["isis_fighters_end"])
    assert found.data.attrs["failed_cells"] == 1
    assert "oil_output_end" in found._repr_html_()
    assert len(found.to_frame()) == 2


def test_a_parameter_far_out_fails_its_own_cells_only(tmp_path):
    grid = {"isis_fighters": [0.0, 4000.0], "options": OPTIONS, "months": [6]}
    found = sweep(grid, evidence="none", store=tmp_path / "s", worlds=50, **QUICK)
    usual = sweep({**grid, "isis_fighters": [4000.0]}, evidence="none", store=tmp_path / "t", worlds=50, **QUICK)
    assert (found.data["status"].sel(isis_fighters=0.0) != "done").all()
    assert (found.data["status"].sel(isis_fighters=4000.0) == "done").all()
    assert found.report.failed == int((found.data["status"] != "done").sum()) >= 2
    xr.testing.assert_equal(found.data.sel(isis_fighters=[4000.0]), usual.data)


def test_values_whose_attribute_is_not_finite_are_told_whichever_they_are(tmp_path, monkeypatch):
    import forecast.sweeps.work as work

    usual = work.run_chunk

    def broken(job, start, stop):
        parameters, states, outcomes = usual(job, start, stop)
        outcomes["trained_loyal_end"][1, :3] = np.nan
        return parameters, states, outcomes

    monkeypatch.setattr(work, "run_chunk", broken)
    balanced = forecast.load_values("balanced")
    loyal = dataclasses.replace(
        balanced,
        name="loyal",
        attributes=tuple(
            dataclasses.replace(a, outcome="trained_loyal_end", worst=0.0, best=1000.0)
            if a.outcome == "oil_output_end"
            else a
            for a in balanced.attributes
        ),
    )
    grid = {"options": OPTIONS, "months": [2], "values": ["balanced", loyal]}
    found = sweep(grid, evidence="none", store=tmp_path / "s", worlds=100, **QUICK)
    assert found.data["status"].values.ravel().tolist() == ["done", "utility is not finite in 3 worlds"]
    assert found.data["utility"].isnull().values.ravel().tolist() == [False, False, False, True]
    assert found.report.failed == 1


def test_a_difference_from_a_baseline_that_is_not_finite_is_told(tmp_path, monkeypatch):
    import forecast.sweeps.work as work

    usual = work.run_chunk

    def broken(job, start, stop):
        parameters, states, outcomes = usual(job, start, stop)
        outcomes["isis_fighters_end"][0, :3] = np.inf
        return parameters, states, outcomes

    monkeypatch.setattr(work, "run_chunk", broken)
    found = sweep({"options": OPTIONS, "months": [2]}, evidence="none", store=tmp_path / "s", worlds=100, **QUICK)
    own, other = found.data["status"].values.ravel().tolist()
    assert own.startswith("isis_fighters_end is not finite in 3 worlds")
    assert other.startswith("isis_fighters_end less the baseline's is not finite in 3 worlds")
    assert np.isfinite(found.data["isis_fighters_end"].sel(options=NAMES[1])).all()
    assert found.data["isis_fighters_end_difference"].isnull().all()
    assert found.report.failed == 2


def test_the_baseline_is_a_choice_that_costs_what_differs(swept, store, tmp_path):
    assert swept.baseline == "no_assistance"
    assert swept.data["options"].values.tolist() == NAMES
    zero = swept.data.sel(options="no_assistance")
    assert (zero["isis_fighters_end_difference"] == 0.0).all()
    assert (zero["utility_difference_error"] == 0.0).all()
    before = _bytes(store)
    none = sweep(GRID, evidence="none", store=store, baseline="none", worlds=300, **QUICK)
    assert (none.baseline, none.report.computed) == (None, 0)
    assert not [name for name in none.data if "difference" in name]
    assert _bytes(store) == before
    with pytest.raises(InvalidArgument, match="baseline"):
        none.plot(difference=True)
    # The other way round: the same numbers with the other sign, in a store that had none of them or all.
    turned = sweep(GRID, evidence="none", store=store, baseline=OPTIONS[1], worlds=300, **QUICK)
    after = _bytes(store)
    assert {name: after[name] for name in before} == before
    fresh = sweep(GRID, evidence="none", store=tmp_path / "s", baseline=OPTIONS[1], worlds=300, **QUICK)
    xr.testing.assert_identical(turned.data, fresh.data)
    for name in ("utility_difference", "pyrrhic_difference"):
        there, here = swept.data[name].sel(options=NAMES[1]), turned.data[name].sel(options="no_assistance")
        np.testing.assert_allclose(here, -there, rtol=1e-12, atol=1e-15)
    # What a third option has less the one is not taken for what it has less the other.
    three = {"options": [*OPTIONS, "training"], "months": [2]}
    for baseline in OPTIONS:
        kept = sweep(three, evidence="none", store=tmp_path / "three", baseline=baseline, worlds=50, **QUICK)
        alone = sweep(
            three, evidence="none", store=tmp_path / f"only {baseline}", baseline=baseline, worlds=50, **QUICK
        )
        xr.testing.assert_identical(kept.data, alone.data)
    # A grid without the usual baseline has no differences.
    assert (
        sweep(
            {"options": ["training"], "months": [1]}, evidence="none", store=tmp_path / "s", worlds=9, **QUICK
        ).baseline
        is None
    )


def test_weights_that_are_nearly_the_same_are_two_cells(tmp_path):
    close = [{"isis": 0.3333, "state": 0.3333, "peace": 0.3334}, {"isis": 0.3334, "state": 0.3333, "peace": 0.3333}]
    told = sweep(
        {"values": close, "months": [1]}, evidence="none", store=tmp_path / "s", dry_run=True, worlds=9, **QUICK
    )
    assert told.data.sizes["values"] == 2


BAD = {
    "no table": ([], InvalidArgument),
    "empty": ({}, InvalidArgument),
    "an axis that is none": ({"option": ["training"]}, UnknownPrior),
    "a text for a list": ({"options": "training"}, InvalidArgument),
    "an empty axis": ({"months": []}, InvalidArgument),
    "an option that is none": ({"options": ["trainign"]}, UnknownOption),
    "months twice": ({"months": [2, 2]}, InvalidArgument),
    "months beyond": ({"months": [121]}, InvalidArgument),
    "values that are none": ({"values": ["nobody"]}, UnknownValues),
    "beliefs that are none": ({"beliefs": ["nobody"]}, UnknownPriorSet),
    "beliefs of another kind": ({"beliefs": [1]}, InvalidArgument),
    "evidence that is none": ({"evidence": ["nothing"]}, UnknownEvidence),
    "a name that is no file's": ({"evidence": ["a" * 5000]}, UnknownEvidence),
    "values of such a name": ({"values": ["a" * 5000]}, UnknownValues),
    "evidence of another kind": ({"evidence": [None]}, InvalidArgument),
    "a parameter that is NaN": ({"vetting": [float("nan")]}, InvalidArgument),
    "a parameter that is text": ({"vetting": ["high"]}, InvalidArgument),
    "a parameter out of range": ({"vetting": [1.5]}, InvalidPrior),
    "cells without an order": ({"options": {"training", "no_assistance"}}, InvalidArgument),
    "a parameter beyond numbers": ({"isis_ceiling": [10**400]}, InvalidArgument),
    "too many": (
        {name: np.linspace(0.1, 0.9, 200) for name in ("vetting", "train_hold", "capture_share")},
        ForecastError,
    ),
}


@pytest.mark.parametrize(("grid", "error"), BAD.values(), ids=BAD)
def test_a_bad_grid_is_refused_before_anything_is_made(grid, error, tmp_path):
    with pytest.raises(error, match="To mend it"):
        sweep(grid, **({} if "evidence" in grid else PLAIN), store=tmp_path / "s", **QUICK)
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        ({"outcomes": ["stable_succes"]}, UnknownOutcome),
        ({"outcomes": 3}, InvalidArgument),
        ({"outcomes": [["pyrrhic"]]}, UnknownOutcome),
        ({"outcomes": {"pyrrhic": 1}}, InvalidArgument),
        ({"store": None}, InvalidArgument),
        ({"store": ""}, InvalidArgument),
        ({"baseline": "trainign"}, UnknownOption),
        ({"baseline": 3}, UnknownOption),
        ({"worlds": 0}, InvalidArgument),
        ({"seed": -1}, InvalidArgument),
        ({"dry_run": 1}, InvalidArgument),
        ({"client": "cluster"}, InvalidArgument),
        ({"beliefs": "nobody"}, UnknownPriorSet),
    ],
)
def test_a_bad_argument_is_refused_before_anything_is_made(bad, error, tmp_path):
    with pytest.raises(error, match="To mend it"):
        sweep({"months": [2]}, evidence="none", **{"store": tmp_path / "s", **QUICK, **bad})
    assert not (tmp_path / "s").exists()


def test_workers_of_another_source_are_refused(tmp_path):
    class Client:
        def submit(self):
            raise AssertionError("work was given")

        def ncores(self):
            return {"tcp://here": 1}

        def run(self, function, text):
            return {"tcp://here": "another" if "code_hash" in text else function(text)}

    with pytest.raises(InvalidArgument, match="tcp://here has another source"):
        sweep({"months": [2]}, evidence="none", store=tmp_path / "s", client=Client(), **QUICK)
    assert not (tmp_path / "s").exists()


@settings(max_examples=15)
@given(name=st.text(max_size=12), cells=st.one_of(st.none(), st.integers(), st.lists(st.text(max_size=5), max_size=2)))
def test_whatever_the_grid_the_error_is_one_of_ours(name, cells):
    with pytest.raises(ForecastError):
        sweep({name: cells}, evidence="none", store="/nowhere/at/all", **QUICK)


def test_zarr_reads_the_store(swept, store):
    zarr = pytest.importorskip("zarr")
    root = zarr.open_group(str(store), mode="r")
    assert root.attrs["kind"] == "libya-forecast sweep"
    [(code, cells)] = root["cells"].groups()
    assert set(cells.attrs) == {"libya-forecast", "numpy", "scipy"}
    groups = dict(cells.groups())
    assert len(groups) >= 16
    for key, group in groups.items():
        follows = group.attrs["follows_from"]
        assert forecast.cache.content_key(follows) == key
        assert follows["code"].startswith(code)
        array = group["0-300"]
        np.testing.assert_array_equal(array[...], ChunkStore(store).read(follows, 0, 300, shape=array.shape))
        assert json.dumps(follows)


def test_pictures(swept):
    from matplotlib.figure import Figure

    assert isinstance(swept.plot(), Figure)
    lines = swept.plot(outcome="council_survives", x="collapse_hazard", by="options", at={"months": 4})
    axes = lines.axes[0]
    drawn = [container.lines[0].get_ydata() for container in axes.containers]
    for option, line in zip(swept.data["options"].values, drawn, strict=True):
        np.testing.assert_allclose(line, 100 * swept.data["council_survives"].sel(options=option, months=4), rtol=1e-12)
    heat = swept.plot(outcome="utility", x="months", by="collapse_hazard", at={"values": "state_building_first"})
    assert len(heat.axes) == 2
    assert "state_building_first" in " ".join(text.get_text() for text in heat.texts)
    for bad in ({"x": "nowhere"}, {"by": "values"}, {"at": {"months": 3}}, {"x": "months", "by": "months"}):
        with pytest.raises(InvalidArgument):
            swept.plot(**bad)
    with pytest.raises(UnknownOutcome):
        swept.plot(outcome="nothing")


def test_pictures_of_differences(swept):
    [axes] = swept.plot(outcome="pyrrhic", x="collapse_hazard", at={"months": 4}, difference=True).axes
    [line] = [container.lines[0].get_ydata() for container in axes.containers]
    drawn = swept.data["pyrrhic_difference"].sel(options=NAMES[1], months=4)
    np.testing.assert_allclose(line, 100 * drawn, rtol=1e-12)
    assert "percentage points" in axes.get_ylabel()
    figure = swept.plot(outcome="utility", x="months", by="collapse_hazard", difference=True)
    assert "airstrikes" in " ".join(text.get_text() for text in figure.texts)
    low, high = figure.axes[0].collections[0].get_clim()
    assert low == -high
    with pytest.raises(InvalidArgument):
        swept.plot(difference=1)
