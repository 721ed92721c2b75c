"""A summary says of the worlds what the worlds themselves say."""

import copy
import functools
import pickle

import numpy as np
import pytest
import xarray as xr

from forecast.errors import InvalidArgument
from forecast.estimates import mean_error
from forecast.libya.outcomes import SIRTE_CODES, STATES
from forecast.libya.state import Parameters
from forecast.libya.world import LIBYA
from forecast.schema import FORMAT, PARAMETER_PREFIX, SUMMARY_KIND
from forecast.summary.dataset import dataset
from forecast.summary.kernels import Kernels, compiled, count_numbers, count_wholes
from forecast.summary.keys import Relative, Whole
from forecast.summary.layout import LEVELS, dims, kind_of
from forecast.summary.moments import Pairs
from forecast.summary.sketch import Sketch
from forecast.summary.summary import Summary
from tests.forecast.summary.makings import bits, granules, merged, options_of

# Form


def test_dims_coords_and_attrs(summary, run):
    assert {n: v.dims for n, v in summary.data_vars.items() if not n.startswith(PARAMETER_PREFIX)} == dims(
        STATES, LIBYA.outcomes
    )
    assert summary.sizes == {
        "option": 11,
        "other": 11,
        "month": 10,
        "quantile": 5,
        "code": 3,
        "parameter": len(Parameters._fields),
    }
    assert summary["quantile"].values.tolist() == [0.05, 0.25, 0.5, 0.75, 0.95]
    assert summary["other"].values.tolist() == summary["option"].values.tolist() == run["option"].values.tolist()
    assert summary["title"].values.tolist() == run["title"].values.tolist()
    assert summary["code"].values.tolist() == list(SIRTE_CODES)
    ours = {"kind": SUMMARY_KIND, "format": FORMAT, "worlds": 2500, "failed_worlds": 0, "relative_error": 1 / 256}
    assert summary.attrs.items() >= (run.attrs | ours).items()
    assert summary.attrs["outside"] == "{}"


def test_every_variable_says_its_unit_and_meaning(summary):
    for name in summary.data_vars:
        assert summary[name].attrs["units"], name
        assert summary[name].attrs["long_name"], name
    assert summary["isis_fighters_end_difference"].attrs["units"] == "fighters"
    assert summary["pyrrhic"].attrs["units"] == "1"
    assert summary["pyrrhic"].attrs["rule"]
    assert summary["oil_output_end_covariance"].attrs["units"] == "(kb/d)2"
    assert summary["sirte"].attrs["units"] == "1"
    assert summary["parameter_unit"].sel(parameter="isis_fighters") == "fighters"


def test_a_floor_is_far_under_what_anybody_would_tell_apart():
    for variable in (*STATES.values(), *LIBYA.outcomes.values()):
        if variable.is_number:
            assert variable.floor == {"1": 2**-14, "fighters": 1 / 8, "persons": 1 / 8, "kb/d": 2**-6}[variable.unit]
    kinds = {name: kind_of(outcome) for name, outcome in LIBYA.outcomes.items()}
    assert kinds["clashes_total"] == kinds["first_month_seated"] == "whole"
    assert kinds["isis_fighters_end"] == "continuous"


# The same as from the worlds


def test_states_against_the_worlds(summary, run):
    n = run.sizes["world"]
    for name, variable in STATES.items():
        values = run[name].astype(float)
        if variable.kind == "code":
            for code, word in enumerate(SIRTE_CODES):
                xr.testing.assert_allclose(
                    summary[name].sel(code=word, drop=True).drop_vars("run"),
                    (run[name] == code).mean("world").rename(name).drop_vars("run"),
                )
            continue
        mean, sd = values.mean("world").values, values.std("world", ddof=1).values
        np.testing.assert_allclose(summary[name].values, mean, rtol=1e-12)
        np.testing.assert_allclose(summary[f"{name}_sd"].values, sd, rtol=1e-9, atol=1e-15)
        if variable.kind == "yes/no":
            k = run[name].sum("world").values
            expected = np.sqrt((k + 0.5) * (n - k + 0.5) / ((n + 1.0) ** 2 * (n + 2.0)))
            np.testing.assert_allclose(summary[f"{name}_error"].values, expected, rtol=1e-12)
            continue
        np.testing.assert_allclose(summary[f"{name}_error"].values, sd / np.sqrt(n), rtol=1e-9, atol=1e-15)
        quantiles = values.quantile(list(LEVELS), dim="world").transpose("option", "month", "quantile").values
        whole = variable.kind == "count"
        loose = {"rtol": 0, "atol": 1e-12} if whole else {"rtol": 1 / 256, "atol": variable.floor}
        np.testing.assert_allclose(summary[f"{name}_quantile"].values, quantiles, **loose)


def test_errors_of_outcomes_are_those_of_the_comparison(summary, run):
    for name, outcome in LIBYA.outcomes.items():
        for option, values in zip(run["option"].values, run[name].values.astype(float), strict=True):
            seen = values[~np.isnan(values)]
            assert summary[f"{name}_known"].sel(option=option) == seen.size
            if seen.size:
                expected = mean_error(seen, event=outcome.is_event)
                assert float(summary[f"{name}_error"].sel(option=option)) == pytest.approx(expected, rel=1e-9)


def test_pairs_of_options(summary, run):
    for name in ("isis_fighters_end", "stable_success", "first_month_collapsed"):
        values = run[name].values.astype(float)
        for i, j in ((2, 5), (5, 2)):
            both = ~np.isnan(values[i]) & ~np.isnan(values[j])
            pair = summary.isel(option=i, other=j)
            assert pair[f"{name}_difference_known"] == both.sum()
            assert float(pair[f"{name}_covariance"]) == pytest.approx(
                np.cov(values[i][both], values[j][both])[0, 1], rel=1e-9
            )
    happened = run["stable_success"].values
    assert summary["stable_success_only"].isel(option=2, other=5) == (happened[2] & ~happened[5]).sum()


def test_parameters(summary, run):
    values = run["parameter_isis_fighters"].values
    row = summary.sel(parameter="isis_fighters")
    assert float(row["parameter_mean"]) == pytest.approx(values.mean(), rel=1e-12)
    assert float(row["parameter_sd"]) == pytest.approx(values.std(ddof=1), rel=1e-9)
    assert float(row["parameter_error"]) == pytest.approx(values.std(ddof=1) / 50, rel=1e-9)
    np.testing.assert_allclose(row["parameter_quantile"], np.quantile(values, LEVELS), rtol=1 / 256)


# Merging


def test_merged_in_order_the_same_bits_and_the_right_hand_one_left_alone(parts, whole):
    before = [bits(part) for part in parts]
    # As it comes back from a worker.
    travelled = merged([pickle.loads(pickle.dumps(part)) for part in parts])
    assert bits(travelled) == bits(whole)
    assert [bits(part) for part in parts] == before


@pytest.mark.parametrize("cuts", [(1,), (2, 3), (1, 4)])
def test_workers_that_do_several_granules_leave_no_trace(parts, whole, cuts):
    before = [bits(part) for part in parts]
    batches = [parts[i:j] for i, j in zip((0, *cuts), (*cuts, len(parts)), strict=True)]
    collected = [
        functools.reduce(lambda left, right: left.collect(right), batch[1:], copy.deepcopy(batch[0]))
        for batch in batches
    ]
    travelled = merged([pickle.loads(pickle.dumps(batch)) for batch in collected])
    assert bits(travelled) == bits(whole)
    assert [bits(part) for part in parts] == before
    # Read before it is merged, a batch is what it would be if its granules had been merged.
    assert bits(collected[-1].outcomes["oil_output_end"].report()) == bits(
        merged(batches[-1]).outcomes["oil_output_end"].report()
    )


def test_folding_within_workers_would_be_noticed(parts, whole):
    """A known-bad mutant: batches that are merged by themselves first."""
    assert bits(merged([merged(parts[:1]), merged(parts[1:])])) != bits(whole)


def test_what_is_counted_does_not_depend_on_the_grouping(run, parts, whole):
    """Neither sketches nor anything in whole numbers; means of other numbers only in their last digits."""
    states, outcomes, parameters = next(granules(run, run.sizes["world"]))
    at_once = Summary.of(LIBYA, states, outcomes, parameters=parameters)
    backwards = merged(parts[::-1])
    for other in (at_once, backwards):
        for name, variable in STATES.items():
            ours, theirs = whole.states[name], other.states[name]
            if variable.kind == "continuous":
                assert bits(ours.sketch) == bits(theirs.sketch)
                np.testing.assert_allclose(ours.moments.total.mean, theirs.moments.total.mean, rtol=1e-12)
                np.testing.assert_allclose(ours.moments.total.m2, theirs.moments.total.m2, rtol=1e-9)
            else:
                assert bits(ours) == bits(theirs)
        for name, outcome in LIBYA.outcomes.items():
            ours, theirs = whole.outcomes[name], other.outcomes[name]
            if kind_of(outcome) == "continuous":
                assert bits(ours.sketched) == bits(theirs.sketched)
            else:
                assert bits(ours) == bits(theirs)


def test_the_order_of_options_is_only_an_order(run, whole):
    turned = run.isel(option=[3, 0, 6, 1, 10, 5, 2, 8, 4, 9, 7])
    again = merged([Summary.of(LIBYA, *arrays[:2]) for arrays in granules(turned, 512)])
    ours = dataset(whole, options_of(run), {})
    theirs = dataset(again, options_of(turned), {})
    names = list(dims(STATES, LIBYA.outcomes))
    order = list(options_of(run))
    theirs = theirs[names].sel(option=order, other=order)
    for name in names:
        # Rounding alone: covariance and quantiles of a pair are taken the other way round.
        np.testing.assert_allclose(theirs[name], ours[name], rtol=1e-12, atol=1e-12, err_msg=name)


def test_a_merge_that_forgets_the_step_between_the_means_would_be_noticed(parts, run, monkeypatch):
    """A known-bad mutant of Chan's formula."""

    def forgetful(self, other):
        self.difference_m2 = self.difference_m2 + other.difference_m2
        self.n = self.n + other.n

    monkeypatch.setattr(Pairs, "merge", forgetful)
    values = run["isis_fighters_end"].values
    spread = merged(parts).outcomes["isis_fighters_end"].report().difference_variance[0, 1]
    assert abs(spread / (values[0] - values[1]).var(ddof=1) - 1) > 1e-9


# Compiled


@pytest.fixture(scope="module")
def kernels():
    return compiled()


def test_compiled_loops_leave_no_trace(run, parts, kernels):
    states, outcomes, parameters = next(granules(run, 512))
    made = Summary.of(LIBYA, states, outcomes, parameters=parameters, kernels=kernels)
    assert bits(made) == bits(parts[0])


def test_the_loops_as_python_runs_them(run):
    """Uncompiled they take long, so they are given few worlds."""
    states, outcomes, _ = next(granules(run, 20))
    made = Summary.of(LIBYA, states, outcomes, kernels=Kernels(count_numbers, count_wholes))
    assert bits(made) == bits(Summary.of(LIBYA, states, outcomes))


def test_compiled_loops_meet_every_kind_of_number(kernels):
    odd = np.array([[0.0, -0.0, 5e-324, -3.0, np.nan, np.inf, -np.inf, 1e300, -1e300, 7.5], [np.nan] * 10])
    whole = np.array([[0.0, -4.0, np.nan, 65_535.0, 65_536.0, -1e300, np.inf, 3.0]])
    for keys, values in ((Relative(0.25), odd), (Whole(), whole), (Whole(), np.array([[3, -9, 32_767]], np.int16))):
        assert bits(Sketch.of(keys, values, kernels)) == bits(Sketch.of(keys, values))


# Corners


def test_one_world(run):
    states, outcomes, parameters = next(granules(run.isel(world=[7]), 1))
    one = dataset(Summary.of(LIBYA, states, outcomes, parameters=parameters), options_of(run), run.attrs)
    np.testing.assert_array_equal(one["isis_fighters"], run["isis_fighters"].isel(world=7))
    np.testing.assert_array_equal(one["isis_fighters_quantile"].sel(quantile=0.5), run["isis_fighters"].isel(world=7))
    assert one["isis_fighters_error"].isnull().all()
    assert one["isis_fighters_end_difference_error"].isnull().all()
    assert (one["council_seated_error"] > 0).all()


def test_an_event_that_came_in_no_world():
    nan = np.full((2, 5), np.nan)
    made = Summary.of(LIBYA, {}, {"first_month_blowback": nan})
    made.merge(Summary.of(LIBYA, {}, {"first_month_blowback": nan}))
    table = made.outcomes["first_month_blowback"].tables(LEVELS)
    assert table["_known"].tolist() == [0, 0]
    for suffix in ("", "_error", "_sd", "_quantile", "_difference", "_difference_quantile", "_variance_ratio"):
        assert np.isnan(table[suffix]).all(), suffix
    # Months that come later are found.
    made.merge(Summary.of(LIBYA, {}, {"first_month_blowback": np.array([[3.0], [5.0]])}))
    table = made.outcomes["first_month_blowback"].tables(LEVELS)
    assert table["_difference"][1, 0] == 2.0
    assert table["_difference_quantile"][0, 1].tolist() == [-2.0] * 5


def test_worlds_that_are_not_finite_are_counted_and_told_of():
    fighters = np.full((2, 3, 4), 5000.0)
    fighters[0, 1, 2], fighters[1, 2, 2], fighters[0, 0, 3] = np.nan, np.inf, -np.inf
    made = Summary.of(LIBYA, {"isis_fighters": fighters}, {"isis_fighters_end": fighters[:, -1]})
    assert made.failed == 2
    assert (
        made.merge(made.__class__.of(LIBYA, {"isis_fighters": fighters}, {"isis_fighters_end": fighters[:, -1]})).failed
        == 4
    )
    data = dataset(made, {"a": options_of_one("A"), "b": options_of_one("B")}, {})
    assert data.attrs["failed_worlds"] == 4
    assert "isis_fighters" in data.attrs["outside"]
    assert float(data["isis_fighters"].isel(option=1, month=0)) == 5000.0
    assert not np.isfinite(data["isis_fighters"].isel(option=0, month=1))


def options_of_one(title):
    from types import SimpleNamespace

    return SimpleNamespace(title=title)


def test_size_is_flat_and_small(parts, whole):
    """Five granules take about what one does: only the bins of rarer values are new."""
    assert whole.nbytes < 1.3 * parts[0].nbytes
    assert whole.nbytes < 20e6


@pytest.mark.parametrize(
    ("states", "outcomes", "says"),
    [
        ({}, {}, "no worlds"),
        ({"blowback": np.zeros((1, 2, 0), bool)}, {}, "0 worlds"),
        ({"blowback": np.zeros((1, 2, 3), bool)}, {"pyrrhic": np.zeros((1, 4), bool)}, "3, 4 worlds"),
        ({"sirte": np.full((1, 2, 3), 7, np.int8)}, {}, "codes from 7 to 7"),
        ({}, {"clashes_total": np.array([[1.0, 2.5]])}, "2.5"),
    ],
)
def test_what_cannot_be_summarised_is_refused(states, outcomes, says):
    with pytest.raises(InvalidArgument, match=says) as caught:
        Summary.of(LIBYA, states, outcomes)
    assert caught.value.mend


def test_parts_of_different_runs_do_not_merge():
    one = Summary.of(LIBYA, {}, {"pyrrhic": np.zeros((2, 4), bool)})
    for other in ({"pyrrhic": np.zeros((3, 4), bool)}, {"stable_success": np.zeros((2, 4), bool)}, {}):
        with pytest.raises(InvalidArgument):
            one.merge(Summary.of(LIBYA, {"blowback": np.zeros((2, 2, 4), bool)} if not other else {}, other))
    one.worlds = 2**31 - 2
    with pytest.raises(InvalidArgument, match="too many"):
        one.merge(Summary.of(LIBYA, {}, {"pyrrhic": np.zeros((2, 4), bool)}))
