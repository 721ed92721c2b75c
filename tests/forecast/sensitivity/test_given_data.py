"""Delta and PAWN from given data: truth inside the intervals, traps, and the ways in."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

import forecast
import priors
from forecast.errors import (
    ForecastError,
    InvalidArgument,
    InvalidOption,
    UnknownOption,
    UnknownOutcome,
    UnknownPrior,
    UnknownValues,
)
from forecast.sensitivity.given_data import delta, pawn
from forecast.sensitivity.given_delta import deltas
from forecast.sensitivity.given_pawn import pawns
from forecast.sensitivity.held_out import blocks_of, cut, extrapolated
from forecast.sensitivity.levels import levels_of, smoothers
from forecast.sensitivity.regions import regions
from forecast.sensitivity.repeats import Repeats, repeats_of
from tests.forecast.closed_fits import normal_fit
from tests.forecast.sensitivity.distances import CASES, ishigami, normal_pair, product

WORLDS = 4000


def drawn(name, worlds=WORLDS, seed=1):
    return CASES[name].draw(worlds, np.random.default_rng(seed))


def far(found, truth):
    return np.abs(found.estimate - truth) / np.maximum(found.error, 1e-12)


# The truth


def test_the_quadratures_are_those_published():
    # Borgonovo's delta of a linear model of normals, by its share of the variance (design/known-answers.md).
    for share, truth in ((0.1, 0.107092), (0.25, 0.184608), (1 / 3, 0.224060), (0.5, 0.305994)):
        assert normal_pair(share)[0] == pytest.approx(truth, abs=2e-5)
    # The larger of two distances at a product's value is at least their mean over values.
    assert product()[0] >= product()[2]


@pytest.mark.parametrize("name", CASES)
def test_estimates_are_near_the_truth(name):
    # 12 numbers of each kind; beyond 3.5 of its errors lies one in 2,000.
    x, y = drawn(name)
    assert far(deltas(x, y), CASES[name].delta).max() < 3.5
    assert far(pawns(x, y), CASES[name].median).max() < 3.5
    assert far(pawns(x, y, over="mean"), CASES[name].mean).max() < 3.5


def test_more_worlds_are_nearer_and_say_so():
    x, y = ishigami(50_000, np.random.default_rng(3))
    many, few = deltas(x, y), deltas(x[:, :5000], y[:5000])
    assert (many.error < 0.7 * few.error).all()
    assert far(many, CASES["ishigami"].delta).max() < 2.5
    assert far(pawns(x, y), CASES["ishigami"].median).max() < 2.5
    assert (many.error < 0.01).all()


def test_plain_tables_would_not_do():
    # What the work is for: a table's own excess, on the same worlds, is far above 0 for a parameter without effect.
    x, y = drawn("normals")
    one, other = (levels_of(values, [20])[0].index for values in (x[-1], y))
    table = np.zeros((20, 20))
    np.add.at(table, (one, other), 1 / y.size)
    plain = 0.5 * np.abs(table - np.outer(table.sum(1), table.sum(0))).sum()
    found = deltas(x, y)
    assert plain > 0.05
    assert found.lower[-1] == 0.0
    assert plain > found.upper[-1]


def test_the_largest_distance_is_over_the_central_values():
    x, y = drawn("yes_no", 10_000)
    found = pawns(x, y, over="max")
    # abs(P(yes | x) - P(yes)) at x = .95.
    assert far(found, (0.5 * 0.95**2 - 0.5 / 3, 0.0)).max() < 3.5


# Traps


def test_constants_have_nothing_without_error():
    x, y = drawn("normals", 1000)
    for found in (deltas([np.ones(1000), x[0]], y), pawns([np.ones(1000), x[0]], y), deltas(x[:1], np.zeros(1000))):
        assert (found.estimate[0], found.error[0], found.lower[0], found.upper[0]) == (0.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize("estimator", [deltas, pawns])
def test_a_yes_no_that_one_tells_entirely(estimator):
    generator = np.random.default_rng(1)
    told = generator.uniform(size=3000) < 0.3
    found = estimator(told[np.newaxis].astype(float), told.astype(float))
    # The mean of abs(P(yes | x) - .3) is .3 x .7 + .7 x .3; PAWN's median is that where it is false.
    assert found.estimate[0] == pytest.approx(0.42 if estimator is deltas else 0.3, abs=3.5 * found.error[0])
    assert found.error[0] < 0.02


@pytest.mark.parametrize("estimator", [deltas, pawns])
def test_scale_order_and_company_change_nothing(estimator):
    x, y = drawn("normals", 1500)
    found = estimator(x, y)
    again = estimator([np.exp(x[2]), x[0] ** 3 + x[0]], np.arctan(y))
    for field in ("estimate", "error", "lower", "upper"):
        np.testing.assert_allclose(getattr(again, field), getattr(found, field)[[2, 0]], rtol=1e-12)


@pytest.mark.parametrize("estimator", [deltas, pawns])
def test_worlds_in_a_pattern_are_held_out_at_random(estimator):
    x, y = drawn("normals", 2000)
    order = np.argsort(x[0])
    assert far(estimator(x[:, order], y[order]), estimator(x, y).estimate).max() < 2.0
    assert not np.array_equal(estimator(x, y, seed=2).estimate, estimator(x, y).estimate)


@given(
    st.integers(1, 40),
    st.sampled_from(["ties", "atom", "heavy", "two"]),
    st.sampled_from([deltas, pawns]),
)
@settings(max_examples=15)
def test_any_columns_give_indices_within_their_bounds(seed, kind, estimator):
    generator = np.random.default_rng(seed)
    y = generator.standard_cauchy(1000)
    column = {
        "ties": np.round(y + generator.normal(size=1000)),
        "atom": np.where(generator.uniform(size=1000) < 0.4, 0.0, y),
        "heavy": generator.standard_cauchy(1000) * 1e200,
        "two": (y > generator.normal(size=1000)).astype(float),
    }[kind]
    found = estimator([column], np.maximum(y, -0.5))
    assert np.isfinite([found.estimate, found.error, found.lower, found.upper]).all()
    assert 0.0 <= found.lower[0] <= found.estimate[0] <= found.upper[0] <= 1.0


# Parts


def test_classes_keep_ties_together_and_what_many_share_alone():
    values = np.concatenate([np.zeros(500), np.linspace(1, 2, 400), np.full(100, 1.5)])
    (found,) = levels_of(values, [10])
    assert found.share.sum() == pytest.approx(1.0)
    for value in np.unique(values):
        assert np.unique(found.index[values == value]).size == 1
    assert found.share[found.atom].tolist() == [0.5]
    assert np.unique(values[found.index == 0]).tolist() == [0.0]
    order = np.argsort(values)
    assert (np.diff(found.index[order]) >= 0).all()


def test_a_class_that_some_worlds_do_not_have_is_in_no_region():
    counts = np.array([[[30.0, 10.0], [10.0, 30.0], [0.0, 0.0]], [[30.0, 10.0], [10.0, 30.0], [1.0, 0.0]]])
    (region,) = regions(counts, np.eye(3, dtype=np.float32)[np.newaxis], np.eye(2, dtype=np.float32)[np.newaxis])
    assert region[0].tolist() == [[True, False], [False, True], [False, False]]


def test_smoothers_keep_quadratics():
    (found,) = levels_of(np.arange(1000.0), [32])
    curve = 1.0 - found.middle + 3.0 * found.middle**2
    for smoother in smoothers(found):
        np.testing.assert_allclose(smoother @ curve, curve, atol=1e-8)


def test_what_is_missing_of_a_power_law_is_found():
    # Missing .08, .04 and .02: a ratio of a half, so .02 is what the last step leaves.
    value, error = extrapolated(np.array([0.38, 0.36, 0.32]), np.zeros((3, 3)), 10**6)
    # Half way to the ratio believed before, .57 +/- .12, which would add .0265.
    assert 0.4 < value < 0.407
    assert 0.0 < error < 0.02


def test_intervals_are_those_of_normals():
    found = cut([(0.5, 0.1), (0.05, 0.1), (0.95, 0.1)])
    # The central 90% of a normal is 1.644854 standard deviations to each side.
    np.testing.assert_allclose(found.lower, [0.3355146, 0.0, 0.7855146], atol=1e-6)
    np.testing.assert_allclose(found.upper, [0.6644854, 0.2144854, 1.0], atol=1e-6)


def test_the_error_of_a_delta_is_that_of_the_sample():
    # Of two yes/no that are one, delta is 2 p (1 - p), whose error by p alone is 2 abs(1 - 2 p) sqrt(p (1 - p) / n).
    n, p = 40_000, 0.2
    told = (np.arange(n) < p * n).astype(float)[np.newaxis]
    found = deltas(told, told[0])
    assert found.estimate[0] == pytest.approx(0.32, abs=1e-3)
    # What is learnt from noise counts twice, at most.
    assert 1.0 <= found.error[0] / (2 * 0.6 * (p * (1 - p) / n) ** 0.5) < 1.5


# Worlds of the same draw


def picked(draws, worlds, seed=1):
    """Three independent parameters of so many draws, each world one of them, and an outcome by the second and luck."""
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(3, draws))[:, generator.integers(0, draws, worlds)]
    return x, x[1] + generator.normal(size=worlds)


def test_equal_vectors_are_found_in_any_order_of_parameters():
    x, _ = picked(300, 1000)
    x = np.concatenate([np.round(x[:1] > 0), np.ones((1, 1000)), x])
    for continuous in (True, False):
        found = repeats_of(x, continuous=continuous)
        truth = np.unique(x, axis=1, return_inverse=True)[1].ravel()
        np.testing.assert_array_equal(found.vector[:, None] == found.vector, truth[:, None] == truth)
        np.testing.assert_array_equal(repeats_of(x[::-1], continuous=continuous).vector, found.vector)
        # By their first worlds: numbers are given in order.
        np.testing.assert_array_equal(found.vector[found.first], np.arange(found.distinct))
        assert found.any


@pytest.mark.parametrize(
    "x",
    [
        np.random.default_rng(1).normal(size=(2, 1000)),
        np.random.default_rng(1).integers(0, 2, (3, 1000)).astype(float),
        np.random.default_rng(1).integers(0, 500, (1, 1000)).astype(float),
        np.random.default_rng(1).normal(size=(2, 1000)).round(2),
    ],
)
def test_vectors_of_discrete_parameters_are_equal_by_chance(x):
    found = repeats_of(x, continuous=False)
    assert not found.any
    assert found.share() == 1.0
    np.testing.assert_array_equal(found.vector, np.arange(1000))


def test_worlds_of_a_draw_are_held_out_together_and_others_as_ever():
    alone, both = Repeats(np.arange(1000)), Repeats(np.arange(2000) % 1000)
    blocks = blocks_of(both, 3)
    np.testing.assert_array_equal(blocks[:1000], blocks[1000:])
    assert np.ptp(np.bincount(blocks)) <= 2
    # A world's block does not depend on others' being repeated.
    np.testing.assert_array_equal(blocks[:1000], blocks_of(alone, 3))


def test_errors_of_repeats_by_hand():
    both = Repeats(np.array([0, 0, 1, 2, 2, 2]))
    assert both.share() == pytest.approx(6 / (4 + 1 + 9))
    assert both.share(np.array([True, True, True, False, False, False])) == pytest.approx(3 / 5)
    effects = np.array([[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]])
    # Sums over draws, less their share of the mean: -4, -.5 and 4.5.
    assert both.covariance(effects)[0, 0] == pytest.approx((16 + 0.25 + 20.25) * 1.5 / 36)
    twice = Repeats(np.arange(1000) % 500)
    once = np.random.default_rng(1).normal(size=(2, 500))
    np.testing.assert_allclose(twice.covariance(np.tile(once, 2)), Repeats(np.arange(500)).covariance(once), rtol=1e-9)


@pytest.mark.parametrize("estimator", [deltas, pawns])
def test_a_label_of_draws_is_no_effect(estimator):
    truth = normal_pair(0.5)[0 if estimator is deltas else 1]
    found = []
    for seed in range(4):
        x, y = picked(1000, 10_000, seed)
        # The known-bad way, each world for itself: what tells draws apart tells the second parameter.
        assert (estimator(x, y).lower[[0, 2]] > 0.0).all()
        found.append(estimator(x, y, repeats=repeats_of(x, continuous=False)))
        assert abs(found[-1].estimate[1] - truth) < 3.5 * found[-1].error[1]
    # Of eight intervals one in twenty starts above 0.
    assert sum(int((one.lower[[0, 2]] > 0.0).sum()) for one in found) <= 2
    assert np.mean([one.estimate[[0, 2]] for one in found]) < (0.02 if estimator is deltas else 0.05)


@pytest.mark.parametrize("estimator", [deltas, pawns])
def test_worlds_three_times_over_say_no_more_than_once(estimator):
    x, y = drawn("normals", 1500)
    once = estimator(x, y)
    thrice = estimator(np.tile(x, 3), np.tile(y, 3), repeats=Repeats(np.arange(4500) % 1500))
    for field in ("estimate", "error", "lower", "upper"):
        np.testing.assert_allclose(getattr(thrice, field), getattr(once, field), rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("index", [delta, pawn])
def test_equal_draws_are_seen_where_not_all_parameters_are_looked_at(index):
    x, y = picked(1000, 10_000)
    data = xr.Dataset({"a": ("world", x[0].round(1)), "b": ("world", x[1]), "c": ("world", x[2]), "y": ("world", y)})
    found = index(data, outcome="y", names="a")
    assert found.rows[0].estimate < 2.5 * found.rows[0].error


def drawn_fit(article, draws):
    """A fit of four chains of so many distinct draws of all parameters."""
    fit = normal_fit(draws=draws, article=article)
    believed = article.sample(4 * draws, seed=5)
    there = fit["posterior"].to_dataset()
    fresh = {name: (("chain", "draw"), believed[name].values.reshape(4, -1)) for name in believed.data_vars}
    fit["posterior"] = there.assign({name: array for name, array in fresh.items() if name in there})
    return fit


def test_draws_are_what_is_counted(article):
    worlds = forecast.simulate(drawn_fit(article, 250), worlds=1500, months=6, options=["training"], progress=False)
    with pytest.raises(InvalidArgument, match=r"1500 worlds, of 7.. distinct draws"):
        delta(worlds, outcome="isis_fighters_end", option="training", names=NAMES)


# The ways in


def test_a_function_between_bounds():
    def total(parameters):
        return parameters["a"] * parameters["b"]

    found = delta({"a": (0, 1), "b": (0, 1), "idle": (5, 6)}, total, n=4000)
    frame = found.to_frame().set_index("parameter")
    for name, truth in (("a", product()[0]), ("b", product()[0]), ("idle", 0.0)):
        assert abs(frame.loc[name, "estimate"] - truth) < 3.5 * frame.loc[name, "error"]
    assert found.mean == pytest.approx(0.25, abs=4 * found.mean_error)
    assert repr(found).startswith("Indices(total: delta most by")
    assert pawn({"a": (0, 1), "b": (0, 1)}, total, n=1000, over="mean").kinds == ("pawn",)


@pytest.fixture(scope="module")
def outcomes(article):
    return forecast.simulate(
        article,
        evidence="none",
        options=["regional_centres", "ct_assistance"],
        worlds=1500,
        months=12,
        seed=4,
        progress=False,
    )


NAMES = ["assault_support", "isis_growth"]


def test_an_outcome_of_a_fit_is_asked_in_its_worlds(article):
    fit = drawn_fit(article, 2500)
    given = {"option": "training", "baseline": "no_assistance", "names": NAMES}
    worlds = forecast.simulate(fit, worlds=1200, months=6, options=["training", "no_assistance"], progress=False)
    there = delta(worlds, outcome="isis_fighters_end", **given)
    run = delta(fit, "isis_fighters_end", n=1200, months=6, progress=False, **given)
    assert [(row.parameter, row.estimate, row.error) for row in run.rows] == [
        (row.parameter, row.estimate, row.error) for row in there.rows
    ]
    assert run.about.whose == there.about.whose
    with pytest.raises(InvalidArgument, match="evidence with a fit"):
        delta(fit, "isis_fighters_end", evidence="article", n=1200)
    with pytest.raises(InvalidArgument, match="with a function"):
        delta(BOUNDS, total, evidence="article")


def test_a_run_and_its_outcomes_are_the_same_worlds(article, outcomes):
    run = delta(
        article,
        "sirte_freed",
        evidence="none",
        names=NAMES,
        n=1500,
        months=12,
        seed=4,
        option="ct_assistance",
        progress=False,
    )
    there = delta(outcomes, outcome="sirte_freed", option="ct_assistance", names=NAMES, seed=4)
    assert [(row.parameter, row.estimate, row.error) for row in run.rows] == [
        (row.parameter, row.estimate, row.error) for row in there.rows
    ]
    assert run.about == there.about
    assert run.mean == pytest.approx(float(outcomes["sirte_freed"].sel(option="ct_assistance").mean()))


def test_differences_utilities_and_regrets_are_read(outcomes):
    x = outcomes["parameter_assault_support"].values[np.newaxis]
    u = forecast.utility(outcomes, "balanced").transpose("option", "world").values
    fighters = outcomes["isis_fighters_end"].transpose("option", "world").values.astype(float)
    for y, asked in (
        (fighters[0] - fighters[1], {"outcome": "isis_fighters_end", "baseline": "ct_assistance"}),
        (u[0], {"outcome": "utility", "values": "balanced"}),
        (np.maximum(u[1] - u[0], 0.0), {"outcome": "regret"}),
        (np.maximum(u[1] - u[0], 0.0), {"outcome": "regret", "options": "ct_assistance"}),
    ):
        found = delta(outcomes, names="assault_support", **asked)
        if "options" not in asked and asked["outcome"] != "regret":
            assert delta(outcomes, forecast.Quantity(**asked), names="assault_support").rows == found.rows
        assert found.rows[0].estimate == pytest.approx(deltas(x, y).estimate[0], abs=1e-12)


def test_worlds_of_a_fit_and_of_another_model(article):
    worlds = forecast.simulate(drawn_fit(article, 2500), worlds=1200, months=6, options=["training"], progress=False)
    assert pawn(worlds, outcome="isis_fighters_end", option="training", names=NAMES).about.evidence != ""
    x, y = drawn("product", 1000)
    data = xr.Dataset({"a": ("world", x[0]), "b": ("world", x[1]), "y": ("world", y, {"units": "EUR"})})
    found = delta(data, outcome="y")
    assert delta(data, "y").rows == found.rows
    assert (found.about.unit, found.n, len(found.rows)) == ("EUR", 1000, 2)
    np.testing.assert_allclose(sorted(row.estimate for row in found.rows), sorted(deltas(x, y).estimate))


def total(parameters):
    return parameters["a"]


BOUNDS = {"a": (0.0, 1.0)}


@pytest.mark.parametrize(
    ("first", "given_", "error", "said"),
    [
        (total, {}, InvalidArgument, "what varies first"),
        (5, {"quantity_or_function": total}, InvalidArgument, "beliefs_or_bounds"),
        (5, {}, ForecastError, "beliefs"),
        (BOUNDS, {"quantity_or_function": 5}, InvalidArgument, "function"),
        (BOUNDS, {}, InvalidArgument, "beliefs on every parameter"),
        (BOUNDS, {"quantity_or_function": total, "n": 999}, InvalidArgument, "1000"),
        (BOUNDS, {"quantity_or_function": total, "outcome": "a"}, InvalidArgument, "outcome with a function"),
        (BOUNDS, {"quantity_or_function": total, "names": "b"}, UnknownPrior, "'a'"),
        (BOUNDS, {"quantity_or_function": total, "names": []}, InvalidArgument, "at least one"),
        (BOUNDS, {"quantity_or_function": total, "names": ["a", "a"]}, InvalidArgument, "each once"),
        (BOUNDS, {"quantity_or_function": total, "names": 3}, InvalidArgument, "names"),
        (BOUNDS, {"quantity_or_function": total, "seed": -1}, InvalidArgument, "seed"),
        (BOUNDS, {"quantity_or_function": lambda p: 0 * p["a"], "n": 1000}, InvalidArgument, "every world"),
        ("outcomes", {"outcome": "stable_sucess"}, UnknownOutcome, "stable_success"),
        ("outcomes", {"outcome": "first_month_seated"}, InvalidArgument, "first month"),
        ("outcomes", {"outcome": "stable_success", "n": 2000}, InvalidArgument, "leave them out"),
        ("outcomes", {"outcome": "stable_success", "months": 6}, InvalidArgument, "does not follow"),
        ("outcomes", {"quantity_or_function": total}, InvalidArgument, "there already"),
        ("outcomes", {"outcome": "stable_success", "option": "training"}, UnknownOption, "regional_centres"),
        ("outcomes", {"outcome": "stable_success", "baseline": "trainin"}, UnknownOption, "ct_assistance"),
        ("outcomes", {"outcome": "stable_success", "values": "balanced"}, InvalidArgument, "values only of"),
        ("outcomes", {"outcome": "stable_success", "options": "ct_assistance"}, InvalidArgument, "rivals only of"),
        ("outcomes", {"outcome": "regret", "baseline": "ct_assistance"}, InvalidArgument, "one of the two"),
        ("outcomes", {"outcome": "regret", "options": 5}, InvalidOption, "options"),
        ("outcomes", {"outcome": "utility", "values": "balancd"}, UnknownValues, "balanced"),
        ("outcomes", {"outcome": "stable_success", "names": "isis_grwth"}, UnknownPrior, "isis_growth"),
        ("lacking", {"outcome": "regret"}, UnknownOutcome, "no 'sirte_freed'"),
        (
            "outcomes",
            {"quantity_or_function": forecast.Quantity("regret")},
            UnknownOption,
            "one of the options of these outcomes",
        ),
        ("few", {"outcome": "stable_success"}, InvalidArgument, "at least 1000"),
        ("data", {"outcome": "z"}, UnknownOutcome, "outcome"),
        ("data", {}, UnknownOutcome, "which of the variables"),
        ("data", {"outcome": "y", "option": "training"}, InvalidArgument, "leave them out"),
        ("data", {"quantity_or_function": "y", "outcome": "y"}, InvalidArgument, "leave them out"),
        ("gaps", {"outcome": "y"}, InvalidArgument, "NaN"),
    ],
)
def test_bad_input_is_refused(outcomes, first, given_, error, said):
    named = {
        "outcomes": outcomes,
        "lacking": outcomes.drop_vars("sirte_freed"),
        "few": outcomes.isel(world=slice(900)),
        "data": xr.Dataset({"x": ("world", np.arange(1000.0)), "y": ("world", np.arange(1000.0))}),
        "gaps": xr.Dataset({"x": ("world", np.full(1000, np.nan)), "y": ("world", np.arange(1000.0))}),
    }
    for index in (delta, pawn):
        with pytest.raises(error, match=said):
            index(named.get(first, first) if isinstance(first, str) else first, **given_)


def test_other_refusals(article):
    with pytest.raises(InvalidArgument, match="over"):
        pawn(BOUNDS, total, over="sum")
    with pytest.raises(InvalidArgument, match="beliefs on every parameter"):
        delta(BOUNDS, "stable_success")
    with pytest.raises(InvalidArgument, match="first month"):
        delta(article, "first_month_seated", evidence="none")
    summary = forecast.simulate(article, evidence="none", worlds=50, months=2, reduce=True, progress=False)
    with pytest.raises(InvalidArgument, match="summary"):
        delta(summary, outcome="stable_success")
    assert isinstance(priors.load("article"), priors.PriorSet)


@given(st.one_of(st.none(), st.integers(), st.text(max_size=3), st.lists(st.integers(), max_size=2)))
@settings(max_examples=30)
def test_any_first_arguments_give_our_error(first):
    for given_ in ((BOUNDS, first), (first, total if not isinstance(first, str) else None)):
        with pytest.raises(ForecastError):
            delta(*given_, n=1000)


# Coverage


@pytest.mark.slow
@pytest.mark.parametrize("estimator", [deltas, pawns])
def test_intervals_hold_the_truth_where_worlds_share_draws(estimator):
    truth = normal_pair(0.5)[0 if estimator is deltas else 1]
    held, seen = [], []
    for seed in range(60):
        x, y = picked(2000, 5000, seed)
        found = estimator(x, y, seed=seed, repeats=repeats_of(x, continuous=False))
        held.append(found.lower[1] <= truth <= found.upper[1])
        seen.append(found.lower[[0, 2]] > 0.0)
    assert np.mean(held) >= binom.ppf(0.001, 60, 0.9) / 60
    # Intervals that start above 0 where there is nothing: 5% of 120, but for noise.
    assert np.mean(seen) <= binom.ppf(0.999, 120, 0.05) / 120


@pytest.mark.slow
@pytest.mark.parametrize(("name", "worlds"), [("ishigami", 5000), ("normals", 2000), ("yes_no", 2000)])
def test_intervals_hold_the_truth_as_often_as_they_say(name, worlds):
    case, times = CASES[name], 60
    generator = np.random.default_rng(17)
    held = {kind: [] for kind in ("delta", "median")}
    for seed in range(times):
        x, y = case.draw(worlds, generator)
        for kind, estimator in (("delta", deltas), ("median", pawns)):
            found = estimator(x, y, seed=seed)
            truth = np.array(getattr(case, kind))
            held[kind].append((found.lower <= truth) & (truth <= found.upper))
    for kind, inside in held.items():
        rate = np.mean(inside, axis=0)
        # All parameters together hold 90% or more, but for noise; each by itself holds no less than 85% does.
        assert rate.mean() >= binom.ppf(0.001, times, 0.9) / times, (kind, rate)
        assert rate.min() >= binom.ppf(0.001, times, 0.85) / times, (kind, rate)
        # Nor is all this bought with width: in known cases an interval misses sometimes.
        assert rate.mean() < 1.0, (kind, rate)
