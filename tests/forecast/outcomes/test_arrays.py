"""What another model computed, read by every analysis that runs no worlds."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import stats

import forecast
from forecast.errors import InvalidArgument, InvalidOption, InvalidValues, UnknownOutcome

WORLDS = 4000
X = np.random.default_rng(0).normal(size=WORLDS)
NOISE = np.random.default_rng(1).normal(size=WORLDS)
SAVED = np.stack([X, X + 1.0 + 0.5 * NOISE])
FLOOD = np.stack([X < 0.0, X < -1.0])
OPTIONS = ["nothing", "dam"]
TREE = xr.DataTree.from_dict({"posterior": xr.Dataset({"x": (("chain", "draw"), X[None])})})


@pytest.fixture(scope="module")
def made():
    return forecast.from_arrays(
        {"saved": SAVED, "flood": FLOOD},
        options=OPTIONS,
        parameters={"x": X},
        better={"saved": "higher", "flood": "lower"},
        units={"saved": "km2"},
    )


def test_what_is_compared_is_what_was_given(made):
    table = forecast.compare(made)
    assert table.loc[("saved", "dam"), "difference"] == pytest.approx(np.mean(SAVED[1] - SAVED[0]))
    assert table.loc[("flood", "dam"), "estimate"] == pytest.approx(FLOOD[1].mean())
    assert table.attrs["units"] == {"saved": "km2", "flood": "yes/no"}
    assert table.attrs["baseline"] == "nothing"


def test_without_values_the_leading_event_alone_is_valued(made):
    u = forecast.utility(made)
    np.testing.assert_array_equal(u.values, 1.0 - FLOOD)
    decided = forecast.decide(u)
    assert decided.verdict.best == "dam"
    # Knowing whether there is a flood gains nothing: the dam is never worse.
    assert forecast.evpi(u).value == 0.0


def test_indices_of_the_one_parameter(made):
    found = forecast.delta(made, "saved", option="nothing")
    assert found.rows[0].parameter == "x"
    against = forecast.delta(made, "saved", option="dam", baseline="nothing")
    # The difference is noise of its own, which the parameter says nothing of.
    assert against.rows[0].estimate < 0.1 < found.rows[0].estimate
    box = forecast.discover(made, event="flood", option="dam", engine="numpy").boxes[0]
    assert box.density > 0.95


@pytest.mark.parametrize("form", ["dataset", "chains", "table", "lists"])
def test_all_forms_are_the_same(form, made):
    chains = xr.DataArray(SAVED.T.reshape(4, -1, 2), dims=("chain", "draw", "option"), coords={"option": OPTIONS})
    given = {
        "dataset": xr.Dataset({"saved": (("world", "option"), SAVED.T)}, coords={"option": OPTIONS}),
        "chains": {"saved": chains},
        "table": {"saved": pd.DataFrame(SAVED.T, columns=OPTIONS)},
        "lists": {"saved": SAVED.tolist()},
    }[form]
    again = forecast.from_arrays(given, options=OPTIONS if form == "lists" else None)
    np.testing.assert_array_equal(again["saved"].values, made["saved"].values)
    assert again["option"].values.tolist() == OPTIONS


CHAINS = {"chain": range(4), "draw": range(1000)}
DRAWS = xr.DataArray(X.reshape(4, 1000), dims=("chain", "draw"), coords=CHAINS)
LABELLED = xr.DataArray(SAVED, dims=("option", "world"), coords={"option": OPTIONS, "world": range(WORLDS)})


@pytest.mark.parametrize("dims", [("chain", "draw"), ("draw", "chain")])
def test_chains_lie_alike_in_outcomes_and_parameters(dims):
    saved = LABELLED.drop_vars("world").values.reshape(2, 4, 1000)
    outcome = xr.DataArray(saved, dims=("option", "chain", "draw"), coords={"option": OPTIONS} | CHAINS)
    given = {"x": DRAWS.transpose(*dims), "y": pd.Series(X, index=pd.MultiIndex.from_product(CHAINS.values()))}
    made = forecast.from_arrays({"saved": outcome.transpose(..., "option")}, parameters=given)
    for name in given:
        np.testing.assert_array_equal(made[f"parameter_{name}"], made["saved"].sel(option="nothing"))
    np.testing.assert_array_equal(made["saved"].sel(option="nothing"), X)


BACK = {"world": range(WORLDS - 1, -1, -1)}
TABLE = pd.DataFrame(SAVED.T, columns=OPTIONS)


@pytest.mark.parametrize(
    ("given", "parameters", "said"),
    [
        ({"a": LABELLED, "b": LABELLED.sel(BACK)}, {}, "world 0 of b is labelled 3999, and that of a 0"),
        ({"a": LABELLED}, LABELLED.sel(option="dam").sel(BACK).to_dataset(name="x"), "parameter x is labelled 3999"),
        ({"a": LABELLED}, {"x": pd.Series(X)[::-1]}, "parameter x is labelled 3999"),
        ({"a": TABLE, "b": TABLE[::-1]}, {}, "world 0 of b is labelled 3999"),
        ({"a": TABLE}, {"x": pd.Series(X, index=range(1, WORLDS + 1))}, "parameter x is labelled 1, .* of a 0"),
        ({"a": LABELLED.expand_dims("draw")}, {}, "draw.*option.*world"),
        ({"a": SAVED}, {"x": xr.DataArray(X.reshape(4, -1), dims=("world", "draw"))}, "'world', 'draw'"),
        ({"a": SAVED}, {"x": X.reshape(4, 1000)}, r"\(4, 1000\)"),
        ({"a": SAVED}, {"x": np.ma.masked_less(X, 0.0)}, r"missing or infinite in 2,\d\d\d of 4,000"),
        ({"a": np.ma.masked_less(SAVED, 0.0)}, {}, "missing"),
        ({"a": [np.ma.masked_less(row, 0.0) for row in SAVED]}, {}, "missing"),
    ],
)
def test_worlds_in_another_order_are_refused(given, parameters, said):
    with pytest.raises(InvalidArgument, match=said):
        forecast.from_arrays(given, options=OPTIONS, parameters=parameters)


def test_it_is_saved_and_loaded(made, tmp_path):
    forecast.save(made, tmp_path / "made.nc")
    again = forecast.load(tmp_path / "made.nc")
    pd.testing.assert_frame_equal(forecast.compare(again), forecast.compare(made))


@pytest.mark.parametrize(
    ("given", "more", "said"),
    [
        ({}, {}, "empty"),
        ({"parameter_x": SAVED}, {"parameters": {"x": X}}, "'parameter_x', which is the package's own"),
        ({1: SAVED, "1": SAVED + 1.0}, {}, "outcomes has the name 1"),
        ({"lives saved": SAVED}, {}, "'lives saved'.*call it for example \"lives_saved\""),
        ({"a": SAVED}, {"parameters": {"the rate": X}}, "parameters has the name 'the rate'"),
        ({"a": SAVED}, {"parameters": {0: X}}, "parameters has the name 0"),
        ({"a": SAVED}, {"parameters": TREE}, r"DataTree.*tree\[\"posterior\"\]"),
        *(
            ({name: SAVED}, {}, f"'{name}', which is the package's own")
            for name in ("world", "option", "title", "month")
        ),
        (3, {}, "int"),
        ({"a": SAVED}, {"options": None}, "left out"),
        ({"a": SAVED}, {"options": ["x"]}, r"\(1, worlds\)"),
        ({"a": SAVED}, {"options": ["x", "x"]}, "each once"),
        ({"a": SAVED, "b": SAVED[:, :9]}, {}, "same worlds"),
        ({"a": SAVED.astype(object)}, {}, "object"),
        ({"a": np.array([["1", "2"], ["3", "4"]])}, {}, "numbers"),
        ({"a": np.where(SAVED > 2.0, np.nan, SAVED)}, {}, "missing"),
        ({"a": np.where(SAVED > 2.0, np.inf, SAVED)}, {}, "infinite"),
        ({"a": SAVED[0]}, {}, r"\(4000,\)"),
        ({"a": SAVED[:, :0]}, {}, r"\(2, 0\)"),
        ({"a": xr.DataArray(SAVED, dims=("option", "month"))}, {}, "month"),
        ({"a": pd.DataFrame(SAVED.T, columns=["dam", "nothing"])}, {}, "columns"),
        ({"a": SAVED}, {"better": {"b": "higher"}}, "'b'"),
        ({"a": SAVED}, {"better": {"a": "more"}}, "higher"),
        ({"a": SAVED}, {"units": {"b": "m"}}, "'b'"),
        ({"a": SAVED}, {"parameters": {"x": X[:5]}}, r"\(5,\)"),
        ({"a": SAVED}, {"leading": "b"}, "'b'"),
        ({"a": SAVED}, {"null_option": "b"}, "'b'"),
    ],
)
def test_bad_arrays_are_refused(given, more, said):
    with pytest.raises(InvalidArgument, match=said):
        forecast.from_arrays(given, **{"options": OPTIONS} | more)


def test_what_takes_worlds_of_its_own_says_what_it_lacks(made):
    for call, error in (
        (lambda: forecast.at(made, month=1), InvalidArgument),
        (lambda: forecast.luck_and_ignorance(made), InvalidArgument),
        (lambda: forecast.utility(made, {"g": 1.0, "h": 2.0}), InvalidValues),
        (lambda: forecast.delta(made, "saved"), InvalidOption),
        (lambda: forecast.delta(made, "savd", option="dam"), UnknownOutcome),
    ):
        with pytest.raises(error):
            call()
    numbers = forecast.from_arrays({"saved": SAVED}, options=OPTIONS, better={"saved": "higher"})
    with pytest.raises(InvalidValues, match="declared"):
        forecast.utility(numbers)
    assert stats.norm.cdf(-1.0) == pytest.approx(FLOOD[1].mean(), abs=0.02)
