"""Maps of the best option over two beliefs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

import forecast
from forecast.errors import ForecastError, InvalidArgument, InvalidOption, UnknownOption, UnknownPrior, UnknownValues
from forecast.estimates import joint_critical_value
from forecast.sensitivity.best_map import best_map
from forecast.sensitivity.two_way import two_way
from tests.forecast.closed_fits import normal_fit
from tests.forecast.sensitivity.test_two_way import held

SIZE = {"worlds": 300, "months": 12, "seed": 4, "progress": False}
X, Y = "collapse_hazard", "assault_support"
OPTIONS = ["no_assistance", "ct_assistance", "regional_centres"]


@pytest.fixture(scope="module")
def found(article):
    return best_map(article, X, Y, options=OPTIONS, points=2, **SIZE)


def test_a_cell_is_the_decision_with_both_parameters_fixed(article):
    fit = normal_fit(article=article)
    data = best_map(fit, X, Y, options=OPTIONS, points=2, values="state_building_first", **SIZE).data
    fixed = held(fit, **{X: float(data[X][0]), Y: float(data[Y][1])})
    run = forecast.simulate(fixed, options=OPTIONS, **SIZE)
    table = forecast.decide(forecast.utility(run, "state_building_first")).to_frame().loc[OPTIONS]
    cell = data.isel({X: 0, Y: 1})
    np.testing.assert_allclose(cell["expected_utility"], table["expected_utility"], rtol=1e-12)
    np.testing.assert_allclose(cell["behind"], table["behind"], atol=1e-12)
    np.testing.assert_allclose(cell["behind_error"], table["behind_error"], atol=1e-12)
    order = table["expected_utility"].sort_values(ascending=False).index
    assert (cell["best"].item(), cell["second"].item()) == (order[0], order[1])


def test_utilities_are_those_of_a_two_way_map(article, found):
    for option in OPTIONS:
        other = two_way(article, X, Y, outcome="utility", option=option, points=2, **SIZE).data
        np.testing.assert_allclose(found.data["expected_utility"].sel(option=option), other["estimate"], rtol=1e-12)


def test_the_order_of_options_and_of_beliefs_changes_nothing(article, found):
    other = best_map(article, Y, X, options=OPTIONS[::-1], points=2, **SIZE).data
    for name, column in found.data.data_vars.items():
        turned = other[name].transpose(*column.dims)
        turned = turned.sel(option=OPTIONS) if "option" in column.dims else turned
        if column.dtype.kind == "f":
            np.testing.assert_allclose(column, turned, atol=1e-12)
        else:
            np.testing.assert_array_equal(column, turned)


def test_the_same_option_twice_over_is_never_told_from_itself(article):
    twin = forecast.options.load()["regional_centres"].renamed("a_twin")
    data = best_map(article, X, Y, options=["regional_centres", twin], points=2, **SIZE).data
    assert not data["resolved"].any()
    assert (data["best"] == "a_twin").all()
    assert (data["lead"] == 0.0).all()
    assert data["tied"].sel(option="regional_centres").all()


def test_one_cell_has_the_critical_value_of_all_pairs():
    values = np.random.default_rng(1).standard_normal((1, 4, 500))
    assert joint_critical_value(values, pairs=True, level=0.9) == pytest.approx(
        joint_critical_value(values[0], pairs=True, level=0.9), rel=1e-12
    )
    more = np.concatenate([values, np.random.default_rng(2).standard_normal((5, 4, 500))])
    assert joint_critical_value(more, pairs=True, level=0.9) > joint_critical_value(values, pairs=True, level=0.9) > 1.7


@pytest.mark.slow
def test_of_maps_of_noise_one_in_ten_is_called_resolved_somewhere():
    from forecast.sensitivity.best_map import _verdicts

    rng, maps = np.random.default_rng(3), 60
    called = sum(_verdicts(rng.standard_normal((4, 3, 200)), ["a", "b", "c"])["resolved"].any() for _ in range(maps))
    # At most six of sixty, less still as the best must be told from two others; three standard deviations above: 13.
    assert called <= 13


def test_what_is_far_ahead_is_resolved():
    from forecast.sensitivity.best_map import _verdicts

    values = np.random.default_rng(4).standard_normal((2, 3, 500))
    values[0, 1] += 1.0
    values[1, 2] += 1.0
    found = _verdicts(values, ["a", "b", "c"])
    assert found["best"].tolist() == ["b", "c"]
    assert found["resolved"].all()
    assert not found["tied"].any()


def test_line_page_and_table(article, found):
    assert repr(found).startswith("BestMap(by collapse_hazard and assault_support, 4 cells: ")
    assert "\n" not in repr(found)
    assert "ahead of" in found._repr_html_()
    frame = found.to_frame()
    assert frame.index.names == [X, Y]
    assert list(frame.columns) == ["best", "second", "lead", "lead_error", "resolved"]
    one = best_map(article, X, "train_hold", options=OPTIONS[:2], points=2, **SIZE | {"worlds": 1})
    assert not one.data["resolved"].any()
    assert isinstance(one.plot(), Figure)


@pytest.mark.parametrize(
    ("given_", "error", "said"),
    [
        ({"options": ["training"]}, InvalidOption, "two or more"),
        ({"options": ["training", "trainng"]}, UnknownOption, "training"),
        ({"values": "balancd"}, UnknownValues, "balanced"),
        ({"x": "isis_grwth"}, UnknownPrior, "isis_growth"),
        ({"x": float("nan")}, UnknownPrior, "for x: nan"),
        ({"x": Y}, InvalidArgument, "two parameters"),
        ({"points": 16}, InvalidArgument, "points"),
        ({"worlds": 0}, InvalidArgument, "worlds"),
        ({"beliefs": None}, InvalidArgument, "PriorSet"),
    ],
)
def test_bad_input_is_refused_before_any_work(article, monkeypatch, given_, error, said):
    def work(*_, **__):
        pytest.fail("work was done before the input was refused")

    monkeypatch.setattr("forecast.sensitivity.common_worlds.draw_shocks", work)
    with pytest.raises(error, match=said):
        best_map(**{"beliefs": article, "x": X, "y": Y} | SIZE | given_)


@given(st.fixed_dictionaries({}, optional={"x": st.none() | st.floats(), "points": st.floats(), "y": st.binary()}))
@settings(max_examples=25)
def test_any_arguments_give_our_error(article, given_):
    if given_:
        with pytest.raises(ForecastError):
            best_map(**{"beliefs": article, "x": X, "y": Y} | SIZE | given_)
