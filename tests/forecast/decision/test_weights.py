import math

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.decision.crossed import Crossed
from forecast.decision.flips import weight_flips
from forecast.decision.reading import load_values
from forecast.decision.simplex import Contrasts, simplex_grid
from forecast.decision.utility import utility
from forecast.decision.values import Attribute, Goal, Values
from forecast.decision.weights import weight_map
from forecast.errors import InvalidArgument, UnknownValues
from forecast.schema import OUTCOMES_KIND
from tests.forecast.described import described

LEVELS = ("integration_end", "aid_captured_end", "mobilisation_end", "legitimacy_end")
"""Shares, which here are scores as they stand."""


def normal(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


def synthetic(**options):
    """Outcomes of which option `name` has the scores given, shape (goal, world)."""
    stacked = np.array(list(options.values()), dtype=float)
    return described(
        xr.Dataset(
            {level: (("option", "world"), stacked[:, goal]) for goal, level in enumerate(LEVELS[: stacked.shape[1]])},
            coords={
                "option": list(options),
                "title": ("option", [name.upper() for name in options]),
                "month": [0, 24],
            },
            attrs={"kind": OUTCOMES_KIND, "priors": "article"},
        )
    )


def of_goals(*weights, concentration=0.0):
    goals = tuple(Goal(f"g{i}") for i in range(len(weights)))
    attributes = tuple(
        Attribute(level, goal.name, worst=0.0, best=1.0) for level, goal in zip(LEVELS, goals, strict=False)
    )
    given = {goal.name: weight for goal, weight in zip(goals, weights, strict=True)}
    return Values("mine", goals, attributes, given, concentration=concentration)


def around(*means, seed, worlds=400, spread=0.02):
    """Scores with exactly these means."""
    z = normal(seed, len(means), worlds)
    return np.array(means)[:, None] + spread * (z - z.mean(axis=1, keepdims=True))


def test_a_flip_is_the_root_of_a_line():
    outcomes = synthetic(a=around(0.8, 0.2, seed=1), b=around(0.4, 0.6, seed=2), c=around(0.1, 0.1, seed=3))
    result = weight_flips(outcomes, of_goals(0.7, 0.3))
    frame = result.to_frame()
    down = frame.loc[("goal", "g0", "lower")]
    # .4 w = .4 (1 - w)
    assert (down.best, down.to, down.weight) == ("a", "b", 0.7)
    assert down.flip == pytest.approx(0.5, abs=1e-12)
    up = frame.loc[("goal", "g0", "higher")]
    assert up.to == "never"
    assert math.isnan(up.flip)
    assert (down.p_flip, up.p_flip) == (1.0, 0.0)
    # Of two weights the one is the other's rest.
    assert frame.loc[("goal", "g1", "higher")].flip == pytest.approx(0.5, abs=1e-12)
    # With one attribute a goal, attributes are the goals.
    assert frame.loc[("attribute", LEVELS[0], "lower")].flip == pytest.approx(0.5, abs=1e-12)


def test_others_keep_their_proportions():
    outcomes = synthetic(a=around(0.9, 0.1, 0.5, seed=1), b=around(0.2, 0.6, 0.7, seed=2))
    flip = weight_flips(outcomes, of_goals(0.5, 0.3, 0.2)).to_frame().loc[("goal", "g0", "lower")]
    # The rest leads by .6 x -.5 + .4 x -.2 = -.38 against .7.
    assert flip.flip == pytest.approx(0.38 / (0.38 + 0.7), abs=1e-12)
    alone = weight_flips(outcomes, of_goals(1.0, 0.0, 0.0)).to_frame().loc[("goal", "g0", "lower")]
    assert alone.flip == pytest.approx(0.35 / (0.35 + 0.7), abs=1e-12)
    assert ("goal", "g0", "higher") not in weight_flips(outcomes, of_goals(1.0, 0.0, 0.0)).to_frame().index


@pytest.mark.slow
def test_the_error_of_a_flip_is_how_far_it_moves_from_one_set_of_worlds_to_another():
    levels = dict(zip(LEVELS, ("g0", "g1"), strict=False))
    # Normal scores would be cut off at 0 and 1, so the scale is made wide.
    attributes = tuple(Attribute(level, goal, worst=-10.0, best=10.0) for level, goal in levels.items())
    values = Values("wide", (Goal("g0"), Goal("g1")), attributes, {"g0": 0.8, "g1": 0.2})
    found = []
    for seed in range(40):
        shared, own, other = (
            0.3 * normal(seed, 1, 300),
            0.1 * normal(100 + seed, 2, 300),
            0.1 * normal(200 + seed, 2, 300),
        )
        a, b = np.array([[0.8], [0.2]]) + shared + own, np.array([[0.4], [0.6]]) + shared + other
        found.append(weight_flips(synthetic(a=a, b=b), values).to_frame().loc[("goal", "g0", "lower")])
    flips = np.array([row.flip for row in found])
    # The sd of 40 draws is known to 11%.
    assert np.mean([row.flip_error for row in found]) == pytest.approx(flips.std(ddof=1), rel=0.33)
    assert flips.mean() == pytest.approx(0.5, abs=3.5 * flips.std(ddof=1) / np.sqrt(40))


def test_twins_are_no_flip():
    a = around(0.8, 0.2, seed=1)
    frame = weight_flips(synthetic(b=a, a=a), of_goals(0.5, 0.5)).to_frame()
    assert (frame["best"] == "a").all()
    assert (frame["to"] == "never").all()
    assert (frame["p_flip"] == 0.0).all()


@pytest.mark.parametrize("name", ["balanced", "counterterrorism_first"])
def test_on_either_side_of_a_flip_of_the_article_the_best_option_is_another(small, name):
    values = load_values(name)
    for row in weight_flips(small, values).rows:
        if row.kind != "goal" or row.to == "never":
            continue
        others = {goal: weight for goal, weight in values.goal_weights.items() if goal != row.name}
        side = 1e-6 if row.direction == "higher" else -1e-6
        for weight, option in ((row.flip - side, row.best), (row.flip + side, row.to)):
            rest = {goal: (1 - weight) * part / sum(others.values()) for goal, part in others.items()}
            means = utility(small, values.with_weights({row.name: weight, **rest})).mean("world")
            assert float(means.sel(option=option)) == pytest.approx(float(means.max()), abs=1e-12)


def test_the_grid_of_all_weights():
    for goals, steps in ((2, 7), (3, 5), (4, 3)):
        grid = simplex_grid(goals, steps)
        assert len(grid) == math.comb(steps + goals - 1, goals - 1)
        assert len({tuple(row) for row in np.round(steps * grid).astype(int).tolist()}) == len(grid)
        np.testing.assert_allclose(grid.sum(axis=1), 1.0, atol=1e-12)
        assert grid.min() == 0.0
        assert grid.max() == 1.0


def test_shares_of_known_weights():
    outcomes = synthetic(a=around(0.8, 0.2, seed=1), b=around(0.5, 0.6, seed=2))
    # a is best where .3 w > .4 (1 - w), w > 4/7; evenly spread weights are there 3/7 of the time.
    result = weight_map(outcomes, of_goals(0.5, 0.5, concentration=2.0), weightings=2000)
    frame = result.to_frame()
    assert frame.loc["a", "share"] == pytest.approx(3 / 7, abs=3.5 * np.sqrt(12 / 49 / 2000))
    assert frame["share"].sum() == pytest.approx(1.0, abs=1e-12)
    assert frame.loc["a", "share_error"] > np.sqrt(12 / 49 / 2000) * 0.9
    assert (frame["share_sure"] <= frame["share"]).all()
    point = next(point for point in result.points if point.weights == (1.0, 0.0))
    assert (point.best, point.within) == ("a", ())
    assert point.lead == pytest.approx(0.3, abs=1e-12)
    first = np.array([outcomes[LEVELS[0]].sel(option=name).values for name in "ab"])
    assert point.lead_error == pytest.approx(np.std(first[0] - first[1], ddof=1) / np.sqrt(400), rel=1e-9)
    unsure = [point for point in result.points if point.within]
    assert unsure
    assert all(abs(point.weights[0] - 4 / 7) < 0.05 for point in unsure)


def test_exact_weights_leave_only_facts():
    outcomes = synthetic(a=around(0.52, 0.4, seed=1, spread=0.1), b=around(0.5, 0.5, seed=2, spread=0.1))
    result = weight_map(outcomes, of_goals(0.9, 0.1))
    frame = result.to_frame()
    assert frame["share"].tolist() == [1.0, 0.0]
    parts = result.variance_frame()["share"]
    assert parts["best option"].tolist() == pytest.approx([0.0, 1.0, 0.0], abs=1e-9)
    worlds = utility(outcomes, of_goals(0.9, 0.1)).values
    assert frame.loc["a", "best"] == (worlds[0] > worlds[1]).mean()


def test_without_doubt_about_facts_only_values_decide():
    flat = {"a": np.full((2, 50), 0.0), "b": np.full((2, 50), 0.5)}
    flat["a"][0] = 0.9
    parts = weight_map(synthetic(**flat), of_goals(1, 1, concentration=2.0)).variance_frame()["share"]
    assert parts["best option"].tolist() == pytest.approx([1.0, 0.0, 0.0], abs=1e-9)
    assert parts["regret"].tolist() == pytest.approx([1.0, 0.0, 0.0], abs=1e-9)


def test_nothing_that_varies_has_no_sources():
    flat = {"a": np.full((2, 50), 0.9), "b": np.full((2, 50), 0.5)}
    result = weight_map(synthetic(**flat), of_goals(1, 1, concentration=2.0))
    assert result.variance_frame()["share"].isna().all()
    result.plot()
    assert "none" in result._repr_html_()


def filled(table):
    crossed = Crossed(*table.shape, parts=1)
    for row, cells in enumerate(table):
        crossed.add(row, cells[np.newaxis])
    return crossed.shares()


def test_sources_of_variance_of_a_known_table():
    w, o = normal(4, 300)[:, None], normal(5, 3000)[None, :]
    shares, errors = filled(w + np.sqrt(2) * o + np.sqrt(3) * w * o)
    # Variances 1, 2 and 3; the spread of 300 normals is known to 8%.
    assert (np.abs(shares - np.array([1, 2, 3]) / 6) < 4 * errors).all()
    assert (errors < 0.05).all()
    shares, _ = filled(w + o)
    assert shares[2] == pytest.approx(0.0, abs=1e-9)
    assert shares[0] == pytest.approx(w.var(ddof=1) / (w.var(ddof=1) + o.var(ddof=1)), abs=1e-9)


def test_few_weightings_do_not_pass_for_values():
    # Without an effect of the weights the naive variance of row means is 1/n of the rest; corrected it averages 0.
    found = [filled(normal(seed, 20, 40))[0] for seed in range(30)]
    assert np.mean(found, axis=0)[2] == pytest.approx(1.0, abs=0.02)


@pytest.mark.slow
def test_errors_of_shares_are_how_far_they_move():
    found, errors = [], []
    for seed in range(100):
        w, o = normal(2 * seed, 60)[:, None], normal(2 * seed + 1, 200)[None, :]
        shares, error = filled(w + o + w * o)
        found.append(shares)
        errors.append(error)
    # The jackknife leans upwards (Efron & Stein 1981); the sd of 100 is known to 7%.
    ratio = np.mean(errors, axis=0) / np.std(found, axis=0, ddof=1)
    assert (ratio > 0.8).all()
    assert (ratio < 1.4).all()


def test_contrasts_are_paired_and_joint():
    z = 3 * normal(6, 2, 1, 500)
    found = np.concatenate([z, z + 0.1 * normal(7, 2, 1, 500) + 0.1], axis=1)
    alone, all_ways = (
        Contrasts(found, ["a", "b"], weights, level=0.95) for weights in (np.array([[1.0, 0.0]]), simplex_grid(2, 50))
    )
    # One difference alone: 1.96, known from 1,000 blocks to 2% and from 4,000 draws to 2%.
    assert alone.bar == pytest.approx(1.96, abs=0.12)
    assert alone.bar < all_ways.bar < 3.0
    best, lead, error, within = all_ways.judge(np.array([0.5, 0.5]))
    difference = (found[:, 1] - found[:, 0]).mean(axis=0)
    assert (best, within) == ("b", ())
    assert lead == pytest.approx(difference.mean(), abs=1e-12)
    assert error == pytest.approx(difference.std(ddof=1) / np.sqrt(500), rel=1e-9)
    # A mutant that pairs the worlds of one option with others' cannot tell.
    strangers = found.copy()
    strangers[:, 1] = np.roll(strangers[:, 1], 1, axis=-1)
    assert Contrasts(strangers, ["a", "b"], simplex_grid(2, 50), level=0.95).judge(np.array([0.5, 0.5]))[3] == ("a",)


def wrongly_sure(seed, level, judge_alone):
    """Whether some option is told from its equals somewhere on the map."""
    found = normal(seed, 2, 3, 300)
    grid = simplex_grid(2, 20)
    contrasts = Contrasts(found, list("abc"), grid[:1] if judge_alone else grid, level=level)
    if judge_alone:
        contrasts.bar = 1.2816  # a mutant: the one-sided 10% of a single difference
    return any(not contrasts.judge(weights)[3] for weights in grid)


@pytest.mark.slow
def test_equals_are_told_apart_no_more_often_than_said_and_a_mutant_is_caught():
    bound = 0.1 + 2.5 * np.sqrt(0.09 / 100)
    assert np.mean([wrongly_sure(seed, 0.9, False) for seed in range(100)]) < bound
    assert np.mean([wrongly_sure(seed, 0.9, True) for seed in range(100)]) > bound


def test_the_map_of_the_article_is_the_utility_s(small):
    result = weight_map(small, "balanced", weightings=100)
    values = load_values("balanced")
    for point in result.points[::97]:
        weights = dict(zip(values.goal_weights, point.weights, strict=True))
        means = utility(small, values.with_weights(weights)).mean("world").to_series()
        assert means[point.best] == pytest.approx(means.max(), abs=1e-12)
        assert point.lead == pytest.approx(means.max() - means.drop(point.best).max(), abs=1e-12)
    assert result.map_frame().index.names == ["isis", "state", "peace"]
    assert [title for title, _ in result.presets] == ["Balanced", "Counterterrorism first", "State-building first"]


@given(st.permutations(range(3)))
@settings(max_examples=3)
def test_the_order_of_options_does_not_matter(order):
    known = {
        name: around(*means, seed=seed, spread=0.3)
        for seed, (name, means) in enumerate({"a": (0.8, 0.2), "b": (0.5, 0.5), "c": (0.3, 0.6)}.items())
    }
    known["twin"] = known["a"]
    names = [list("abc")[i] for i in order] + ["twin"]
    values = of_goals(1, 1, concentration=2.0)
    plain, turned = (
        weight_map(synthetic(**{name: known[name] for name in ordered}), values, weightings=100)
        for ordered in (["a", "b", "c", "twin"], names)
    )
    assert [(p.best, set(p.within)) for p in turned.points] == [(p.best, set(p.within)) for p in plain.points]
    left, right = plain.to_frame(), turned.to_frame().loc[plain.to_frame().index]
    np.testing.assert_allclose(right, left, atol=1e-9)
    assert left.loc["a", "share"] == left.loc["twin", "share"]
    flips = [weight_flips(synthetic(**{n: known[n] for n in ordered}), values) for ordered in ("abc", names[:3])]
    for one, other in zip(flips[0].rows, flips[1].rows, strict=True):
        assert (one.best, one.to) == (other.best, other.to)
        assert one.flip == pytest.approx(other.flip, abs=1e-9, nan_ok=True)


def test_two_goals_and_no_flip_have_a_line_and_a_picture():
    outcomes = synthetic(a=around(0.8, 0.2, seed=1), b=around(0.5, 0.6, seed=2))
    two = weight_map(outcomes, of_goals(1, 1, concentration=2.0), weightings=100)
    two.plot().draw_without_rendering()
    never = weight_flips(synthetic(a=around(0.8, 0.9, seed=1), b=around(0.5, 0.6, seed=2)), of_goals(1, 1))
    assert repr(never).startswith("WeightFlips(a is best whatever one weight is")
    never.plot().draw_without_rendering()


def test_bad_input(small):
    pair = synthetic(a=around(0.8, 0.2, seed=1), b=around(0.5, 0.6, seed=2))
    with pytest.raises(UnknownValues):
        weight_map(small, "ballanced")
    with pytest.raises(InvalidArgument, match="level"):
        weight_map(small, level=0.0)
    with pytest.raises(InvalidArgument, match="weightings"):
        weight_map(small, weightings=1)
    with pytest.raises(InvalidArgument, match="seed"):
        weight_map(small, seed=-1)
    with pytest.raises(InvalidArgument, match="goals"):
        weight_map(synthetic(a=around(1, 2, 3, 4, seed=1), b=around(1, 2, 3, 4, seed=2)), of_goals(1, 1, 1, 1))
    with pytest.raises(InvalidArgument, match="goals"):
        weight_map(pair, of_goals(1.0))
    with pytest.raises(InvalidArgument, match="one attribute"):
        weight_flips(pair, of_goals(1.0))
    for call in (weight_map, weight_flips):
        with pytest.raises(InvalidArgument, match="simulation"):
            call(utility(small))
        with pytest.raises(InvalidArgument, match="two options"):
            call(pair.isel(option=[0]), of_goals(1, 1))
        with pytest.raises(InvalidArgument, match="two worlds"):
            call(pair.isel(world=[0]), of_goals(1, 1))
