"""Maps over two beliefs."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from matplotlib.figure import Figure

import forecast
import priors
from forecast.errors import (
    ForecastError,
    InvalidArgument,
    UnknownOption,
    UnknownOutcome,
    UnknownPrior,
    UnknownValues,
)
from forecast.estimates import estimate_text
from forecast.plots.two_way import contour_levels
from forecast.question import Quantity
from forecast.sensitivity.means import compared
from forecast.sensitivity.tornado import tornado
from forecast.sensitivity.two_way import two_way
from tests.forecast.closed_fits import normal_fit

SIZE = {"worlds": 600, "months": 12, "seed": 4, "progress": False}
X, Y = "assault_support", "assault_hazard"
UNUSED = ("train_hold", "assault_strikes")
LOOKED = {"outcome": "sirte_freed", "option": "ct_assistance"}


@pytest.fixture(scope="module")
def found(article):
    return two_way(article, X, Y, points=3, **LOOKED, **SIZE)


def held(fit, **at):
    """The fit with every draw of some parameters at one value."""
    fixed = fit.copy()
    fixed["posterior"] = (
        fit["posterior"].to_dataset().assign({name: 0.0 * fit["posterior"][name] + at[name] for name in at})
    )
    return fixed


# The same worlds


@pytest.mark.parametrize("given_", [LOOKED, {"outcome": "isis_fighters_end", "baseline": "no_assistance"}])
def test_a_cell_is_the_simulation_with_both_parameters_fixed_bit_for_bit(article, given_):
    fit = normal_fit(article=article)
    cells = two_way(fit, X, Y, points=3, **given_, **SIZE).data
    names = [given_.get("option", "regional_centres"), *([given_["baseline"]] if "baseline" in given_ else [])]
    for at in ((0, 0), (2, 1)):
        values = {X: cells[X].values[at[0]], Y: cells[Y].values[at[1]]}
        worlds = forecast.simulate(held(fit, **values), options=names, **SIZE)[given_["outcome"]].astype(float)
        number = worlds.sel(option=names[0]).values - (worlds.sel(option=names[1]).values if len(names) > 1 else 0.0)
        assert cells["estimate"].values[at] == number.mean()


def test_beliefs_are_held_as_if_their_priors_were_points(article):
    def narrow(name, value):
        return priors.elicit("Normal", interval=(value - 1e-10, value + 1e-10), mass=0.9, unit=article[name].unit)

    cells = two_way(article, "isis_growth", "collapse_hazard", outcome="isis_fighters_end", points=2, **SIZE).data
    values = {name: float(cells[name][1]) for name in ("isis_growth", "collapse_hazard")}
    growth = priors.elicit(
        "LogNormal",
        interval=(values["isis_growth"] - 1e-10, values["isis_growth"] + 1e-10),
        mass=0.9,
        unit=article["isis_growth"].unit,
    )
    points = article.replace(isis_growth=growth, collapse_hazard=narrow("collapse_hazard", values["collapse_hazard"]))
    run = forecast.simulate(points, evidence="none", options=["regional_centres"], **SIZE)
    assert float(cells["estimate"][1, 1]) == pytest.approx(float(run["isis_fighters_end"].mean()), rel=1e-6)


def test_x_and_y_swapped_give_the_map_transposed_exactly(article, found):
    other = two_way(article, Y, X, points=3, **LOOKED, **SIZE)
    for name in found.data.data_vars:
        np.testing.assert_array_equal(found.data[name].values, other.data[name].values.T)
    assert (found.base, found.centre) == (other.base, other.centre)
    assert found.medians == other.medians[::-1]
    assert found.interaction == pytest.approx(other.interaction, rel=1e-9)
    assert found.interaction_error == pytest.approx(other.interaction_error, rel=1e-9)


def test_the_ends_are_those_of_a_tornado_where_the_other_belief_is_not_used(article):
    bar = tornado(article, evidence="none", names=[X], **LOOKED, **SIZE).to_frame().loc[X]
    for other in UNUSED:
        data = two_way(article, X, other, points=2, **LOOKED, **SIZE).data
        assert list(data[X].values) == [bar["low"], bar["high"]]
        for row, end in enumerate(("low", "high")):
            assert (data["estimate"].values[row] == bar[f"at_{end}"]).all()
            assert (data["error"].values[row] == bar[f"at_{end}_error"]).all()


def test_what_the_option_does_not_use_gives_constant_rows_exactly(article):
    both = two_way(article, *UNUSED, points=3, **LOOKED, **SIZE)
    for name in ("difference", "difference_error", "difference_lower", "difference_upper"):
        assert (both.data[name] == 0.0).all()
    assert not both.data["distinct"].any()
    assert (both.data["estimate"] == both.base).all()
    assert np.isnan(both.interaction)
    one = two_way(article, X, UNUSED[0], points=3, **LOOKED, **SIZE)
    for name in one.data.data_vars:
        assert (one.data[name] == one.data[name][:, :1]).all(), name
    assert one.interaction == 0.0 == one.interaction_error


def test_the_centre_is_the_cell_of_medians_and_differs_from_itself_by_nothing(article, found):
    assert float(found.data["estimate"][1, 1]) == found.centre
    assert found.data[X].values[1] == article[X].median == found.medians[0]
    assert (float(found.data["difference"][1, 1]), float(found.data["difference_error"][1, 1])) == (0.0, 0.0)
    np.testing.assert_allclose(found.data["difference"], found.data["estimate"] - found.centre, atol=1e-12)
    np.testing.assert_allclose(found.data["x_quantile"], [0.05, 0.5, 0.95])
    assert found.base == tornado(article, evidence="none", names=[X], **LOOKED, **SIZE).base


def test_worlds_are_the_same_whatever_the_points_and_chunks(article, found):
    more = two_way(article, X, Y, points=5, **LOOKED, **SIZE).data
    np.testing.assert_array_equal(more["estimate"].values[::2, ::2], found.data["estimate"].values)


# What is told from noise


def test_the_map_goes_the_way_of_the_claims(found):
    # P34: Misrata's forces are able to retake Sirte; both log hazards raise the chance of an assault.
    means = found.data["estimate"].values
    assert (np.diff(means, axis=0) > 0).all()
    assert (np.diff(means, axis=1) > 0).all()
    assert found.data["distinct"].values[0, 0]
    assert found.data["distinct"].values[2, 2]


def test_errors_are_the_spread_between_seeds(article):
    size = SIZE | {"worlds": 200, "months": 4}
    names = ("isis_growth", "isis_fighters")
    runs = [
        two_way(article, *names, points=2, outcome="isis_fighters_end", **size | {"seed": seed}) for seed in range(25)
    ]
    for name, error in (("estimate", "error"), ("difference", "difference_error")):
        spread = np.std([run.data[name].values for run in runs], axis=0, ddof=1)
        said = np.mean([run.data[error].values for run in runs], axis=0)
        # 25 seeds know a standard deviation to 14%; three of these.
        np.testing.assert_allclose(spread, said, rtol=0.43)


def test_of_maps_of_noise_one_in_ten_has_a_cell_told_from_the_centre():
    quantity = Quantity("isis_fighters_end", option="training", baseline=None, options=None, values=None)
    rng, maps, touched = np.random.default_rng(7), 100, np.ones(9, dtype=bool)
    called = single = 0
    for _ in range(maps):
        worlds = rng.standard_normal((10, 300))
        found = compared(worlds[1:], worlds[0], quantity, touched=touched)
        called += found["distinct"].any()
        single += (np.abs(found["difference"]) > 1.645 * found["difference_error"]).any()
    # Ten maps, and three standard deviations of 3; what is right for one cell by itself is wrong for a map.
    assert 1 <= called <= 19
    assert single > 26


def test_intervals_of_probabilities_stay_inside_them(article):
    data = two_way(article, X, Y, points=2, outcome="pyrrhic", **SIZE | {"worlds": 20, "months": 3}).data
    assert float(data["estimate"].min()) == 0.0 == float(data["lower"].min())
    assert float(data["upper"].max()) <= 1.0


@pytest.mark.slow
def test_the_share_of_interaction_is_inside_its_interval_as_often_as_it_says(article):
    size = {"points": 3, "months": 12, "progress": False, **LOOKED}
    truth = two_way(article, X, Y, worlds=60_000, seed=10_001, **size).interaction
    runs = [two_way(article, X, Y, worlds=500, seed=seed, **size) for seed in range(60)]
    shares, errors = (np.array([getattr(run, name) for run in runs]) for name in ("interaction", "interaction_error"))
    # 90%, and three standard deviations of 4%; the mean within four of its errors, the truth's own being a fifth of it.
    assert np.mean(np.abs(shares - truth) < 1.645 * errors) > 0.78
    assert abs(shares.mean() - truth) < 4 * shares.std() / np.sqrt(60)
    assert shares.std() == pytest.approx(np.sqrt((errors**2).mean()), rel=0.4)


@pytest.mark.parametrize(
    ("gates", "broken"), [("passed", ""), ("not checked", ""), ("failed: rhat, ess", "rhat, ess"), (None, "")]
)
def test_only_gates_that_failed_are_broken(article, gates, broken):
    fit = normal_fit(article=article)
    if gates is not None:
        fit.attrs["gates"] = gates
    found = two_way(fit, X, Y, points=2, **LOOKED, **SIZE | {"worlds": 20})
    assert found.about.gates.broken == broken
    assert found.to_frame().attrs["gates"] == (gates or "not checked")
    assert tornado(fit, names=[X], **LOOKED, **SIZE | {"worlds": 20}).about.gates == found.about.gates
    with pytest.warns(DeprecationWarning, match="about.gates"):
        assert found.gates == broken


def test_a_fit_is_mapped_over_its_own_quantiles(article):
    fit = normal_fit(article=article)
    data = two_way(fit, X, Y, points=3, **LOOKED, **SIZE).data
    np.testing.assert_array_equal(data[Y], np.quantile(fit["posterior"][Y].values.ravel(), [0.05, 0.5, 0.95]))
    with pytest.raises(InvalidArgument, match="not all different"):
        two_way(held(fit, **{X: 1.0}), X, Y, **LOOKED, **SIZE)


# What is shown


def test_line_page_and_table(article, found):
    assert repr(found).startswith("TwoWay(Sirte freed at the horizon, under “Back Misrata against ISIS”, by assault")
    assert "interaction" in repr(found)
    cells = found.to_frame().sort_values("estimate").iloc[[0, -1]]
    ends = [estimate_text(row["estimate"], row["error"], unit="yes/no") for _, row in cells.iterrows()]
    # With errors of their own.
    assert len({end.partition("±")[2] for end in ends}) == 2
    assert f": {ends[0]} to {ends[1]}; " in repr(found)
    assert "\n" not in repr(found)
    assert f"{Y} \\ {X}" in found._repr_html_()
    frame = found.to_frame()
    assert frame.index.names == [X, Y]
    assert len(frame) == 9
    at = (frame.index[5][0], frame.index[5][1])
    assert frame.loc[at, "estimate"] == float(found.data["estimate"].sel({X: at[0], Y: at[1]}))
    assert frame.attrs["interaction"] == found.interaction
    flat = two_way(article, *UNUSED, points=2, **LOOKED, **SIZE)
    assert "not told from flat" in repr(flat)
    assert "too few of its errors" in flat.plot().axes[1].get_ylabel()


def test_one_world_has_no_error_and_still_a_picture(article):
    one = two_way(article, X, Y, outcome="isis_fighters_end", points=2, **SIZE | {"worlds": 1})
    assert one.data["error"].isnull().all()
    assert not one.data["distinct"].any()
    assert isinstance(one.plot(), Figure)
    assert "?" in one._repr_html_()


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6), st.floats(0, 1e6))
@example(0.0, 5e-324, 0.0)
@example(-5e-324, 0.0, 1.0)
@example(1.0, 0.0, 2.2e-309)
@example(0.0, 1e-200, 0.0)
def test_levels_are_no_finer_than_the_error_and_bound_the_map(low, span, error):
    levels = contour_levels(low, low + span, error)
    assert levels[0] <= low
    assert low + span <= levels[-1]
    assert len(levels) <= 11
    assert np.diff(levels).min() > 0
    assert np.diff(levels).min() >= 2 * error * (1 - 1e-6)
    # Nor is a level drawn around what is out by less than two errors.
    inside = levels[1:-1]
    assert ((inside >= low + 2 * error * (1 - 1e-6)) & (inside <= low + span - 2 * error * (1 - 1e-6))).all()


def test_levels_of_known_maps():
    np.testing.assert_allclose(contour_levels(3.8, 73.9, 0.5), np.arange(0, 81, 10))
    np.testing.assert_allclose(contour_levels(-0.3, 14.3, 0.4), [-2, 2, 4, 6, 8, 10, 12, 16])
    np.testing.assert_allclose(contour_levels(0.0344, 0.0445, 0.0022), [0.03, 0.04, 0.045])
    np.testing.assert_allclose(contour_levels(0.0, 5e-324, 0.0), [-0.5, 0.5])
    np.testing.assert_allclose(contour_levels(29.0, 29.5, 0.8), [28, 30])
    np.testing.assert_allclose(contour_levels(20.0, 29.5, np.nan), [20, 30])


# Refusals


@pytest.mark.parametrize(
    ("given_", "error", "said"),
    [
        ({"outcome": "sirte_fred"}, UnknownOutcome, "sirte_freed"),
        ({"outcome": "first_month_seated"}, InvalidArgument, "first month"),
        ({"option": "ct_asistance"}, UnknownOption, "ct_assistance"),
        ({"baseline": "nothing"}, UnknownOption, "nothing"),
        ({"outcome": "regret", "baseline": "no_assistance"}, InvalidArgument, "one of the two"),
        ({"values": "balanced", "outcome": "pyrrhic"}, InvalidArgument, "leave them out"),
        ({"options": ["training"]}, InvalidArgument, "rivals"),
        ({"outcome": "utility", "values": "balancd"}, UnknownValues, "balanced"),
        ({"x": "isis_grwth"}, UnknownPrior, "isis_growth"),
        ({"y": float("nan")}, UnknownPrior, "for y: nan"),
        ({"y": None}, UnknownPrior, "for y: None"),
        ({"x": [X]}, UnknownPrior, "no parameter for x"),
        ({"x": Y}, InvalidArgument, "two parameters"),
        ({"points": 1}, InvalidArgument, "points"),
        ({"points": 26}, InvalidArgument, "points"),
        ({"points": 3.0}, InvalidArgument, "points"),
        ({"worlds": 0}, InvalidArgument, "worlds"),
        ({"beliefs": "article"}, InvalidArgument, "PriorSet"),
    ],
)
def test_bad_input_is_refused_before_any_work(article, monkeypatch, given_, error, said):
    def work(*_, **__):
        pytest.fail("work was done before the input was refused")

    monkeypatch.setattr("forecast.sensitivity.common_worlds.draw_shocks", work)
    with pytest.raises(error, match=said):
        two_way(**{"beliefs": article, "x": X, "y": Y} | SIZE | given_)


anything = st.one_of(st.none(), st.floats(), st.text(max_size=3), st.lists(st.integers(), max_size=2), st.binary())


@given(st.fixed_dictionaries({}, optional={"x": anything, "y": anything, "outcome": anything, "months": st.floats()}))
def test_any_arguments_give_our_error(article, given_):
    if any(value is not None for value in given_.values()):
        with pytest.raises(ForecastError):
            two_way(**{"beliefs": article, "x": X, "y": Y} | SIZE | given_)
