"""Boxes in belief space: found where they are, measured where they were not found, and not claimed on noise."""

import math
import sys
import warnings
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.text import Text
from scipy.stats import beta, binomtest, fisher_exact

import forecast
from forecast.errors import (
    ForecastError,
    InvalidArgument,
    UnknownOption,
    UnknownOutcome,
    UnknownPrior,
    UnknownValues,
)
from forecast.estimates import estimate_text, mean_error
from forecast.sensitivity.discovery.again import moved
from forecast.sensitivity.discovery.choosing import Rule
from forecast.sensitivity.discovery.discover import discover
from forecast.sensitivity.discovery.ema import found_by_ema, workbench
from forecast.sensitivity.discovery.finding import SearchSettings, find
from forecast.sensitivity.discovery.half_samples import half_of
from forecast.sensitivity.discovery.measures import Table, chance_of_table, holm, measured
from forecast.sensitivity.discovery.peel import peeled
from forecast.sensitivity.discovery.pruning import Counts, End, Pruned, counts_of, ends_of, missed, pruned, quasi_p
from forecast.sensitivity.discovery.screening import chances, ranked
from forecast.sensitivity.discovery.trajectory import Trajectory, inside

SETTINGS = SearchSettings()
needs_ema = pytest.mark.skipif(find_spec("ema_workbench") is None, reason="the extra “discovery” is not installed")


def uniform(seed, worlds=10_000, parameters=20):
    return np.random.default_rng(seed).random((worlds, parameters))


def planted(x):
    return (x[:, 0] > 0.6) & (x[:, 1] < 0.4) & (x[:, 2] > 0.3)


def dataset(x):
    return xr.Dataset({f"x{place}": ("world", column) for place, column in enumerate(x.T)})


def look(x, happened, **given_):
    array = xr.DataArray(np.asarray(happened), dims="world", name="The event")
    return discover(dataset(x), event=array, **{"refits": 0, "engine": "numpy", "progress": False} | given_)


def same(one, other):
    """Tell whether two results say the same; NaN, where there is no error, equals itself here."""
    parts = ("boxes", "curve", "chosen", "rate", "rate_error")
    return all(repr(getattr(one, part)) == repr(getattr(other, part)) for part in parts)


def truth_of(box, low=0.15, high=0.5):
    """Density of a box of uniforms whose event has a probability ``high`` in the planted box and ``low`` outside it."""
    spans = {name: [0.0, 1.0] for name in ("x0", "x1", "x2")}
    for limit in box.limits:
        spans.setdefault(limit.parameter, [0.0, 1.0])[limit.side == "below"] = limit.value
    overlap = 1.0
    for name, (start, end) in {"x0": (0.6, 1.0), "x1": (0.0, 0.4), "x2": (0.3, 1.0)}.items():
        one, other = spans[name]
        overlap *= max(0.0, min(end, other) - max(start, one)) / (other - one)
    return low + (high - low) * overlap


# The planted box (W4)


@pytest.mark.parametrize("seed", range(2))
def test_a_planted_box_is_found_with_its_three_parameters(seed):
    x = uniform(seed)
    found = look(x, planted(x))
    (box,) = found.boxes
    assert [(limit.parameter, limit.side) for limit in box.limits] == [
        ("x0", "above"),
        ("x1", "below"),
        ("x2", "above"),
    ]
    # A step peels 5% of what is left of a parameter, so a limit can be a step off; of 3,000 worlds luck adds less.
    np.testing.assert_allclose([limit.value for limit in box.limits], [0.6, 0.4, 0.3], atol=0.05)
    assert all(limit.confirmed and limit.quasi_p < 1e-6 for limit in box.limits)
    assert box.density > 0.9
    assert box.coverage > 0.9


@pytest.mark.slow
@needs_ema
def test_ema_workbench_finds_the_same_planted_box():
    x = uniform(0, 1_000, 4)
    one, other = (look(x, planted(x), engine=engine) for engine in ("numpy", "ema_workbench"))
    assert same(one, other)


def test_with_luck_in_the_event_the_density_is_a_probability():
    x = uniform(5)
    happened = np.random.default_rng(6).random(len(x)) < np.where(planted(x), 0.5, 0.15)
    (box,) = look(x, happened).boxes
    assert set(box.parameters) == {"x0", "x1", "x2"}
    assert abs(box.density - truth_of(box)) < 4 * box.density_error


def test_what_is_said_of_a_box_comes_from_the_other_half():
    x = uniform(7, 4_000, 5)
    happened = np.random.default_rng(8).random(len(x)) < np.where(planted(x), 0.6, 0.2)
    found = look(x, happened)
    (box,) = found.boxes
    within = np.ones(len(x), dtype=bool)
    for limit in box.limits:
        column = x[:, int(limit.parameter[1:])]
        within &= column >= limit.value if limit.side == "above" else column <= limit.value
        assert limit.quantile == pytest.approx(np.mean(column < limit.value))
    half = half_of(len(x), "found")
    assert box.density == pytest.approx(happened[~half & within].mean())
    assert box.coverage == pytest.approx(within[~half & happened].mean())
    assert box.mass == pytest.approx(within[~half].mean())
    assert box.found_density == pytest.approx(happened[half & within].mean())
    # What the search half shows never counts: with other events there nothing but the box itself may change.
    again = look(x, np.where(half, ~happened, happened))
    assert again.boxes != found.boxes


def test_two_planted_boxes_are_found_one_after_the_other():
    x = uniform(9, 8_000, 6)
    happened = np.random.default_rng(1).random(len(x)) < np.where(
        (x[:, 0] > 0.7) & (x[:, 1] > 0.5), 0.9, np.where((x[:, 2] < 0.2) & (x[:, 3] < 0.6), 0.8, 0.1)
    )
    found = look(x, happened, boxes=5)
    assert [set(box.parameters) for box in found.boxes[:2]] == [{"x0", "x1"}, {"x2", "x3"}]
    assert sum(box.coverage for box in found.boxes) < 1.0
    assert sum(box.mass for box in found.boxes) < 1.0
    assert repr(found.boxes[:1]) == repr(look(x, happened).boxes)
    assert found.boxes[1].measures.rate.estimate < found.boxes[0].measures.rate.estimate
    assert "also concentrates where" in found.words
    assert isinstance(found.plot(box=2), Figure)
    with pytest.raises(InvalidArgument, match="box"):
        found.plot(box=9)


# Noise


@pytest.mark.parametrize("seed", range(4))
def test_no_box_is_claimed_on_noise(seed):
    x = uniform(seed, 2_000)
    found = look(x, np.random.default_rng(100 + seed).random(len(x)) < 0.2)
    assert not found.boxes
    assert "No box" in found.words
    assert "no box" in repr(found)
    assert found.to_frame().empty
    assert isinstance(found.plot(), Figure)


def plain_search(x, happened):
    """PRIM as it is: nothing screened, nothing dropped, the last box taken."""
    found = peeled(x, happened, 0.05, 0.05)
    return ends_of(found.lows[-1], found.highs[-1])


def table_of(x, happened, ends):
    within = ~missed(x, ends).any(axis=0)
    parts = [within & happened, within & ~happened, ~within & happened, ~within & ~happened]
    return Table(*(int(part.sum()) for part in parts))


@pytest.mark.slow
def test_false_claims_keep_their_level():
    repetitions, level = 300, 0.05
    honest = flattering = claimed = 0
    for seed in range(repetitions):
        x = uniform(seed, 1_000, 5)
        happened = np.random.default_rng(10_000 + seed).random(len(x)) < 0.3
        half = half_of(len(x), "found")
        ends = plain_search(x[half], happened[half])
        honest += chance_of_table(table_of(x[~half], happened[~half], ends)) <= level
        flattering += chance_of_table(table_of(x[half], happened[half], ends)) <= level
        claimed += bool(look(x, happened).boxes)
    error = (level * (1 - level) / repetitions) ** 0.5
    # Counts are whole, so an exact test falls a little short of its level: here by up to a third.
    assert level * 2 / 3 - 3 * error < honest / repetitions < level + 3 * error
    # Dropping limits leaves few candidates on noise, so that far fewer are claimed.
    assert claimed / repetitions < level + 3 * error
    # The known-bad way: PRIM is asked in the worlds that it looked at.
    assert flattering / repetitions > 0.95


@pytest.mark.slow
def test_intervals_hold_the_truth_about_the_box_that_was_found():
    held, known = [], []
    for seed in range(70):
        x = uniform(seed, 3_000, 6)
        happened = np.random.default_rng(5_000 + seed).random(len(x)) < np.where(planted(x), 0.5, 0.15)
        for box in look(x, happened).boxes:
            density = box.measures.density
            held.append(density.lower <= truth_of(box) <= density.upper)
            known.append(set(box.parameters) <= {"x0", "x1", "x2"})
    assert len(held) > 60
    # Three binomial standard errors of intervals of 90%.
    assert np.mean(held) == pytest.approx(0.9, abs=3 * (0.09 / len(held)) ** 0.5)
    # Limits on other parameters are kept under 5%.
    assert np.mean(known) > 0.95 - 3 * (0.05 * 0.95 / len(known)) ** 0.5


@pytest.mark.slow
def test_errors_of_limits_are_at_least_the_spread_between_worlds_and_not_twice_it():
    values, errors = [], []
    for seed in range(16):
        x = uniform(seed, 3_000, 4)
        happened = np.random.default_rng(7_000 + seed).random(len(x)) < np.where(planted(x), 0.8, 0.1)
        (box,) = look(x, happened, refits=8).boxes
        values.append([limit.value for limit in box.limits[:3]])
        errors.append([limit.error for limit in box.limits[:3]])
        assert all(limit.found_in > 0.6 for limit in box.limits[:3])
    ratio = np.mean(errors, axis=0) / np.std(values, axis=0, ddof=1)
    # 16 seeds know a standard deviation to 18%.
    assert (ratio > 0.8).all()
    assert (ratio < 2.2).all()


# Worlds of the same draw


def picked(draws, worlds, seed=0):
    """Worlds that pick one of so many draws, and an event by their second parameter and luck."""
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(draws, 3))[generator.integers(0, draws, worlds)]
    return x, x[:, 1] + generator.normal(size=worlds) > 1.0


@pytest.mark.parametrize("seed", range(3))
def test_a_label_of_draws_has_no_box(seed):
    x, happened = picked(1_000, 10_000, seed)
    found = look(x, happened, names=["x0", "x2"])
    assert not found.boxes
    assert found.distinct == 1_000
    # Half of the draws, not of the worlds, are searched, and no draw is in both halves.
    assert found.found + found.measured == 10_000
    assert "with no draw of the 1,000 of a fit in both" in found.words
    (box,) = look(x, happened).boxes
    assert box.parameters == ("x1",)


def test_equal_draws_are_seen_where_one_looks_at_few_parameters():
    x, happened = picked(1_000, 5_000)
    x[:, 0] = np.round(x[:, 0], 1)
    assert look(x, happened, names="x0").distinct < 1_000
    other = dataset(x).assign(after=("world", np.random.default_rng(1).random(5_000)), words=("world", ["a"] * 5_000))
    event = xr.DataArray(happened, dims="world")
    # A variable that differs in each world, as an outcome may, or is no number, hides nothing.
    found = discover(other, event=event, names=["x1", "x2"], refits=0, engine="numpy", progress=False)
    assert found.distinct < 1_000


def test_worlds_of_a_draw_are_tested_once_and_their_errors_are_of_draws():
    x = uniform(5, 1_000, 4)
    happened = np.random.default_rng(6).random(len(x)) < np.where(planted(x), 0.9, 0.15)
    one = look(x, happened, refits=4)
    # Every world three times, which says no more than once.
    three = look(np.tile(x, (3, 1)), np.tile(happened, 3), refits=4)
    assert three.distinct == len(x)
    assert three.found == 3 * one.found
    (box,), (again,) = one.boxes, three.boxes
    assert box.p_value == again.p_value
    assert [(limit.parameter, limit.value, limit.p_value, limit.quasi_p) for limit in box.limits] == [
        (limit.parameter, limit.value, limit.p_value, limit.quasi_p) for limit in again.limits
    ]
    for mine, other in zip(box.measures, again.measures, strict=True):
        np.testing.assert_allclose(other, mine, rtol=1e-9)
    # Halves of draws once more; slices of repeated worlds fall a little elsewhere.
    for mine, other in zip(box.limits, again.limits, strict=True):
        assert other.error == pytest.approx(mine.error, rel=0.1)


def test_few_draws_are_refused():
    x, happened = picked(90, 2_000)
    data = dataset(x).rename({f"x{place}": f"parameter_x{place}" for place in range(3)})
    event = xr.DataArray(happened, dims="world")
    with pytest.raises(InvalidArgument, match="2000 worlds of 90 distinct draws"):
        discover(data, event=event, refits=0, engine="numpy", progress=False)


@pytest.mark.slow
def test_labels_of_draws_are_claimed_no_more_often_than_said():
    claimed = sum(bool(look(*picked(2_000, 6_000, seed), names=["x0", "x2"]).boxes) for seed in range(100))
    assert claimed / 100 < 0.05 + 3 * (0.05 * 0.95 / 100) ** 0.5


@pytest.mark.slow
def test_another_seed_takes_other_halves_and_the_default_is_one():
    x = uniform(13, 2_000, 4)
    happened = planted(x)
    one, two = (look(x, happened, seed=seed, refits=2) for seed in (1, 2))
    assert same(one, look(x, happened, refits=2))
    assert not same(one, two)
    assert (one.seed, two.seed) == (1, 2)
    halves = [half_of(1_000, "found", seed=seed) for seed in range(4)]
    assert len({half.tobytes() for half in halves}) == 4
    assert all(half.sum() == 500 for half in halves)
    # The refits' halves too.
    limits = [look(x, happened, seed=seed, refits=4).boxes[0].limits[0].error for seed in (1, 2)]
    assert limits[0] != limits[1]


# PRIM


def cases():
    for seed, (worlds, parameters) in enumerate([(200, 3), (333, 5), (400, 4)]):
        x = uniform(seed, worlds, parameters)
        if seed == 1:
            x = np.round(x, 1)
        if seed == 2:
            x[:, 1] = 0.5
        yield x, (x[:, 0] > 0.6) & (x[:, 2] < 0.6)
        yield x, np.random.default_rng(seed).random(worlds) < 0.3


@needs_ema
@pytest.mark.parametrize(
    ("alpha", "mass_min"),
    [pytest.param(0.05, 0.05, marks=pytest.mark.exhaustive), pytest.param(0.15, 0.02, marks=pytest.mark.slow)],
)
def test_arrays_give_ema_workbench_s_boxes_bit_for_bit(alpha, mass_min):
    for x, happened in cases():
        ours, theirs = (search(x, happened, alpha, mass_min) for search in (peeled, found_by_ema))
        np.testing.assert_array_equal(ours.lows, theirs.lows)
        np.testing.assert_array_equal(ours.highs, theirs.highs)
        assert len(ours) > 4


@needs_ema
@pytest.mark.slow
def test_arrays_give_ema_workbench_s_boxes_for_many_parameters():
    x = uniform(3, 800, 12)
    for happened in (planted(x), np.random.default_rng(4).random(len(x)) < 0.2):
        ours, theirs = (search(x, happened, 0.05, 0.05) for search in (peeled, found_by_ema))
        np.testing.assert_array_equal(ours.lows, theirs.lows)
        np.testing.assert_array_equal(ours.highs, theirs.highs)


@given(st.integers(0, 10_000), st.integers(20, 200), st.integers(1, 4))
@settings(max_examples=25)
def test_boxes_of_a_trajectory_shrink_then_grow(seed, worlds, parameters):
    x = np.round(uniform(seed, worlds, parameters), 2)
    happened = np.random.default_rng(seed).random(worlds) < 0.4
    found = peeled(x, happened, 0.1, 0.1)
    masses = [int(inside(x, low, high).sum()) for low, high in zip(found.lows, found.highs, strict=True)]
    assert masses[0] == worlds
    steps = np.diff(masses)
    turn = int(np.argmin(masses))
    assert (steps[:turn] < 0).all()
    assert (steps[turn:] > 0).all()
    assert min(masses) >= 0.1 * worlds


# Tests and measures


@needs_ema
@pytest.mark.slow
def test_quasi_p_is_that_of_ema_workbench_and_of_scipy():
    import pandas as pd

    x = uniform(1, 500, 4)
    happened = (x[:, 0] > 0.5) & (x[:, 1] < 0.7)
    prim, table = workbench(), pd.DataFrame(x, columns=list("abcd"))
    with warnings.catch_warnings():
        # pandas's warnings of what ema_workbench calls.
        warnings.simplefilter("ignore")
        box = prim.Prim(table, happened.astype(int), obj_function=prim.PRIMObjectiveFunctions.ORIGINAL).find_box()
    found = peeled(x, happened, 0.05, 0.05)
    ends = ends_of(found.lows[-1], found.highs[-1])
    ours = quasi_p(counts_of(missed(x, ends), happened))
    theirs = box.p_values[-1]
    for end, chance in zip(ends, ours, strict=True):
        assert chance == pytest.approx(theirs["abcd"[end.column]][0 if end.above else 1], rel=1e-9)


def test_quasi_p_by_hand():
    x = np.array([[0.1], [0.2], [0.3], [0.4], [0.5], [0.6]])
    happened = np.array([False, True, False, True, True, True])
    ends = ends_of(np.array([0.35]), np.array([np.inf]))
    chance = quasi_p(counts_of(missed(x, ends), happened))
    assert chance[0] == pytest.approx(binomtest(3, 3, 4 / 6, alternative="greater").pvalue)
    assert quasi_p(counts_of(missed(x, ends), np.zeros(6, dtype=bool)))[0] == 1.0


@given(st.tuples(*[st.integers(0, 60)] * 4))
def test_a_box_is_tested_by_fisher(counts):
    expected = fisher_exact([counts[:2], counts[2:]], alternative="greater").pvalue if sum(counts) else 1.0
    assert chance_of_table(Table(*counts)) == pytest.approx(expected, rel=1e-8, abs=1e-300)


def test_a_limit_stays_by_its_chance_among_all_that_were_tried():
    x = np.arange(40.0)[:, np.newaxis] / 40
    happened = (np.arange(40) % 4 == 0) | (np.arange(40) >= 32)
    found = Trajectory(np.array([[0.5]]), np.array([[np.inf]]))
    counts = counts_of(missed(x, ends_of(*found.lows, *found.highs)), happened)
    chance = float(quasi_p(counts)[0])
    assert 0.01 < chance < 0.2
    # Of two tries it passes at twice its chance and at no less; a known-bad mutant forgets the number of tries.
    assert [box.worlds for box in pruned(x, happened, found, 2.001 * chance, tries=2)] == [20]
    assert pruned(x, happened, found, 1.999 * chance, tries=2) == []
    # Half as many independent worlds leave it less sure.
    assert pruned(x, happened, found, 2.001 * chance, tries=2, share=0.5) == []


def test_quasi_p_counts_worlds_as_they_are_worth():
    counts, half = (Counts(20 * n, 12 * n, np.array([20 * n]), np.array([5 * n])) for n in (2, 1))
    assert quasi_p(counts, share=0.5)[0] == quasi_p(half)[0] > quasi_p(counts)[0]


def test_limits_move_by_the_spread_between_halves_times_the_root_of_two():
    boxes = [Pruned((End(0, True, value), End(1, False, 9.0)), 10, 5) for value in (0.2, 0.4, 0.6)]
    found = moved(End(0, True, 0.5), [*boxes, None], np.arange(10) / 10)
    # A standard deviation of .2 in values, and of .2 in places among ten beliefs.
    assert found.error == pytest.approx(math.sqrt(2) * 0.2)
    assert found.quantile_error == pytest.approx(math.sqrt(2) * 0.2)
    assert found.found_in == 0.75
    alone = moved(End(0, False, 0.5), boxes, np.arange(10) / 10)
    assert np.isnan(alone.error)
    assert alone.found_in == 0.0


def test_holm_by_hand():
    np.testing.assert_allclose(holm(np.array([0.01, 0.04, 0.03, 0.005])), [0.03, 0.06, 0.06, 0.02])


def test_errors_are_those_of_the_beta_distribution():
    table = Table(30, 20, 70, 880)
    found = measured(table)
    for measure, a, b in ((found.density, 30.5, 20.5), (found.coverage, 30.5, 70.5), (found.mass, 51.0, 951.0)):
        assert measure.error == pytest.approx(beta.std(a, b))
        np.testing.assert_allclose([measure.lower, measure.upper], beta.ppf([0.05, 0.95], a, b))
    assert found.density.error == pytest.approx(mean_error(np.repeat([1.0, 0.0], [30, 20]), event=True))
    assert (found.density.estimate, found.coverage.estimate, found.mass.estimate) == (0.6, 0.3, 0.05)
    assert found.lift.estimate == pytest.approx(0.6 / 0.1)
    later = measured(Table(30, 20, 70, 880, 100, 900))
    assert (later.coverage.estimate, later.mass.estimate) == (0.15, 0.025)
    assert later.lift.estimate == found.lift.estimate


def test_errors_are_those_of_worlds_drawn_again():
    table = Table(30, 20, 70, 880)
    drawn = np.random.default_rng(1).multinomial(1000, np.array(table[:4]) / 1000, size=20_000)
    inside_, events = drawn[:, :2].sum(axis=1), drawn[:, 0] + drawn[:, 2]
    found = measured(table)
    # The half worlds that keep an error from 0 change it by a few in a hundred.
    for measure, again in (
        (found.coverage, drawn[:, 0] / events),
        (found.density, drawn[:, 0] / inside_),
        (found.mass, inside_ / 1000),
        (found.rate, events / 1000),
        (found.lift, drawn[:, 0] / inside_ / (events / 1000)),
    ):
        assert measure.error == pytest.approx(again.std(), rel=0.05)


def test_an_empty_box_has_no_density_and_is_not_claimed():
    assert np.isnan(measured(Table(0, 0, 5, 5)).density.estimate)
    assert chance_of_table(Table(0, 0, 5, 5)) == 1.0


def test_parameters_are_screened_at_the_level_said():
    x = uniform(1, 800, 400)
    found = chances(ranked(x), np.random.default_rng(2).random(800) < 0.3)
    # 400 p-values that are uniform: three binomial errors.
    assert np.mean(found <= 0.1) == pytest.approx(0.1, abs=0.045)
    middle = np.abs(x[:, 5] - 0.5) < 0.2
    assert chances(ranked(x), middle)[5] < 1e-20


def test_the_rules_take_what_they_say():
    boxes = [Pruned((), 800, 160), Pruned((), 500, 150), Pruned((), 200, 110), Pruned((), 60, 45)]
    assert Rule(density=0.5).choose(boxes, 1000, 170) == 2
    assert Rule(density=0.7).choose(boxes, 1000, 170) == 3
    assert Rule(density=0.9).choose(boxes, 1000, 170) is None
    assert Rule(coverage=0.85).choose(boxes, 1000, 170) == 1
    scores = [(box.events - 0.17 * box.worlds) / box.worlds**0.5 for box in boxes]
    assert Rule().choose(boxes, 1000, 170) == int(np.argmax(scores))


# What it does not depend on


def test_the_order_and_scale_of_parameters_do_not_matter():
    x = uniform(11, 2_000, 5)
    happened = planted(x)
    one = look(x, happened, refits=4)
    data = dataset(x)[["x3", "x1", "x4", "x0", "x2"]]
    array = xr.DataArray(happened, dims="world", name="The event")
    assert same(discover(data, event=array, refits=4, engine="numpy", progress=False), one)
    (other,) = look(np.exp(3.0 * x), happened).boxes
    assert other.measures == one.boxes[0].measures
    assert [limit.quantile for limit in other.limits] == [limit.quantile for limit in one.boxes[0].limits]


def test_a_parameter_that_never_varies_has_no_limit():
    x = uniform(12, 1_000, 4)
    x[:, 3] = 1.0
    assert look(x, planted(x)).boxes[0].parameters == ("x0", "x1", "x2")
    assert find(x[:, 3:], ranked(x[:, 3:]), planted(x), SETTINGS, peeled, worlds=1_000).taken is None


# The trade-off


@pytest.fixture(scope="module")
def noisy():
    x = uniform(13, 4_000, 5)
    happened = np.random.default_rng(14).random(len(x)) < np.where(planted(x), 0.7, 0.1)
    return look(x, happened, refits=6)


def test_the_curve_goes_from_coverage_to_density(noisy):
    assert noisy.curve[0].found_mass > noisy.curve[-1].found_mass
    assert noisy.curve[0].coverage > 1.5 * noisy.curve[-1].coverage
    assert noisy.curve[-1].density > 2.5 * noisy.curve[0].density
    taken = noisy.curve[noisy.chosen]
    assert taken.measures == noisy.boxes[0].measures
    assert np.isnan(taken.limits[0].error)
    assert noisy.boxes[0].limits[0].error > 0


def test_another_point_is_tested_for_all_of_them(noisy):
    place = 0 if noisy.chosen else 1
    other = noisy.at(place)
    assert other.boxes[0].measures == noisy.curve[place].measures
    assert other.boxes[0].p_value == min(1.0, noisy.curve[place].p_value * len(noisy.curve))
    assert other.picked
    for limit, before in zip(other.boxes[0].limits, noisy.curve[place].limits, strict=True):
        assert limit.p_value == min(1.0, before.p_value * len(noisy.curve))
        assert limit.confirmed == (limit.p_value <= noisy.level)
    assert "picked from a curve" in other.words
    assert "flatter" in other.words
    assert "flatter" not in noisy.words
    assert other.boxes[0].limits[0].error > 0
    assert isinstance(other.plot(), Figure)
    for wrong in (-1, len(noisy.curve), 1.0, "x"):
        with pytest.raises(InvalidArgument, match="point"):
            noisy.at(wrong)
    with pytest.raises(InvalidArgument, match="without boxes"):
        look(uniform(1, 200, 3), np.arange(200) < 0).at(0)


def test_limits_of_a_picked_box_can_lose_their_confirmation(noisy):
    def limits_at(place):
        return tuple(replace(limit, p_value=0.03, confirmed=True) for limit in noisy.curve[place].limits)

    assert len(noisy.curve) > 1
    picked_box = replace(noisy, limits_at=limits_at).at(noisy.chosen)
    for limit in picked_box.boxes[0].limits:
        assert limit.p_value == min(1.0, 0.03 * len(noisy.curve))
        assert not limit.confirmed
    assert "not confirmed by itself" in picked_box.words


@pytest.mark.parametrize(("rule", "name"), [("density", "density"), ("coverage", "coverage")])
def test_a_rule_that_nothing_meets_is_named(rule, name):
    x = uniform(13, 4_000, 5)
    happened = np.random.default_rng(14).random(len(x)) < np.where(planted(x), 0.7, 0.1)
    found = look(x, happened, **{rule: 0.999})
    assert not found.boxes
    assert found.chosen is None
    most = max(getattr(box, f"found_{name}") for box in found.curve)
    assert f"none of the {len(found.curve)} boxes that a search found has a {name} of at least 99.9%" in found.words
    assert f"The most is a {name} of {100 * most:.3g}%" in found.words
    assert "No limit" not in found.words
    assert "from luck" not in found.words
    texts = " ".join(text.get_text() for text in found.plot().findobj(Text)).replace("\n", " ")
    assert f"has a {name} of at least 99.9%" in texts
    assert found.at(len(found.curve) - 1).boxes


def test_where_no_limit_passed_it_is_said():
    assert "No limit on any of 3 parameters passed" in look(uniform(1, 200, 3), np.arange(200) < 20).words


def test_the_picture_has_the_numbers_of_the_words(noisy):
    rate = noisy.boxes[0].measures.rate
    said = estimate_text(rate.estimate, rate.error, unit="yes/no")
    texts = " ".join(text.get_text() for text in noisy.plot().findobj(Text)).replace("\n", " ")
    assert f"against {said} of all worlds" in noisy.words
    assert f"against {said} of all." in texts


def test_the_label_of_density_is_within_the_picture(noisy):
    figure = noisy.plot()
    figure.draw_without_rendering()
    box = figure.axes[0].yaxis.label.get_window_extent()
    axes = figure.axes[0].get_window_extent()
    assert box.height < axes.height
    assert box.x0 >= 0.0


# The forecast's own outcomes


@pytest.fixture(scope="module")
def assaults(small):
    return discover(small, event="sirte_assaulted", option="ct_assistance", engine="numpy", refits=2, progress=False)


def test_events_are_those_of_the_outcomes(small):
    def happened(event, **given_):
        return discover(small, event=event, engine="numpy", refits=0, progress=False, **given_)

    pyrrhic = small["pyrrhic"].sel(option="regional_centres")
    assert happened("pyrrhic").rate == float(pyrrhic.mean())
    assert happened("not pyrrhic").rate == 1.0 - float(pyrrhic.mean())
    assert happened("not pyrrhic").about.title == "Not “Pyrrhic success”"
    u = forecast.utility(small, "state_building_first")
    rest = u.drop_sel(option="training").max("option") > u.sel(option="training")
    found = happened("beaten", option="training", values="state_building_first")
    assert found.rate == float(rest.mean())
    assert "values: state_building_first" in repr(found)
    assert "is 5%. Beliefs: article; evidence: none" in found.words
    assert found.words.endswith("Values: state_building_first.")
    one = happened("beaten", option="training", rival="airstrikes", values="state_building_first")
    assert one.rate == float((u.sel(option="airstrikes") > u.sel(option="training")).mean())
    many = happened(lambda under: under["clashes_total"] > 100, option="training")
    assert many.rate == float((small["clashes_total"].sel(option="training") > 100).mean())


def test_the_box_is_put_into_words_with_meanings_units_and_errors(article):
    run = forecast.simulate(
        article, evidence="none", options=["ct_assistance"], months=12, worlds=3000, seed=3, progress=False
    )
    found = discover(run, event="sirte_assaulted", option="ct_assistance", engine="numpy", refits=5, progress=False)
    assert "assault_hazard" in found.boxes[0].parameters
    assert "“Start of an assault on Sirte with no outside help" in found.words
    assert "is above " in found.words
    assert " % within 12 months (the top " in found.words
    assert "of what is believed" in found.words
    assert "An assault on Sirte began under “Back Misrata against ISIS” concentrates where" in found.words
    limit = next(limit for limit in found.boxes[0].limits if limit.parameter == "assault_hazard")
    beliefs = run["parameter_assault_hazard"].values
    assert limit.quantile == pytest.approx(np.mean(beliefs < limit.value))
    frame = found.to_frame()
    assert frame.index.names == ["box", "name", "side"]
    assert frame.loc[(1, "density", ""), "estimate"] == found.boxes[0].density
    assert frame.loc[(1, "assault_hazard", "above"), "estimate"] == limit.value
    assert "log of the monthly hazard" in frame["units"].tolist()
    page = found._repr_html_()
    assert "assault_hazard above" in page
    assert "density" in page
    assert isinstance(found.plot(), Figure)
    assert "\n" not in repr(found)


def test_broken_gates_travel_along(small):
    marked = small.assign_attrs(gates="failed: r-hat")
    found = discover(marked, engine="numpy", refits=0, progress=False)
    assert "gates broken: r-hat" in repr(found)
    assert "gates broken: r-hat." in found.words
    assert "others; the chance" in found.words
    assert found.to_frame().attrs["gates"] == "failed: r-hat"


@pytest.mark.parametrize("often", [False, True])
def test_what_happens_nowhere_or_everywhere_has_no_box(often):
    found = look(uniform(1, 200, 3), np.full(200, often))
    assert not found.boxes
    assert ("every world" if often else "no world") in found.words
    assert isinstance(found.plot(), Figure)


def test_a_candidate_that_the_other_half_does_not_bear_out_is_not_claimed():
    x = uniform(21, 2_000, 4)
    half = half_of(len(x), "found")
    # The known-bad case for a search without a second look: the box is there in the half that is searched alone.
    happened = np.where(half, planted(x), np.random.default_rng(3).random(len(x)) < 0.2)
    found = look(x, happened)
    assert not found.boxes
    assert found.curve[found.chosen].found_density > 0.9
    assert "The best candidate, on x0 and x1 and x2" in found.words
    assert "as often as all worlds, its own among them" in found.words
    assert isinstance(found.plot(), Figure)


# Refusals


def test_a_missing_extra_is_named(small, monkeypatch):
    workbench.cache_clear()
    monkeypatch.setitem(sys.modules, "ema_workbench", None)
    monkeypatch.setitem(sys.modules, "ema_workbench.analysis", None)
    with pytest.raises(InvalidArgument, match=r"libya-forecast\[discovery\]"):
        discover(small)
    workbench.cache_clear()


def counts(_):
    return xr.DataArray(np.ones(300), dims="world")


@pytest.mark.parametrize(
    ("given_", "error", "said"),
    [
        ({"event": "pyrhic"}, UnknownOutcome, "pyrrhic"),
        ({"event": "not beatn"}, UnknownOutcome, "beaten"),
        ({"event": "clashes_total"}, UnknownOutcome, "yes/no"),
        ({"event": 3}, InvalidArgument, "event"),
        ({"event": counts}, InvalidArgument, "dtype"),
        ({"event": lambda under: 3}, InvalidArgument, "one dim world"),
        ({"event": xr.DataArray(np.ones(9, dtype=bool), dims="world")}, InvalidArgument, "300"),
        (
            {"event": xr.DataArray(np.ones(300, dtype=bool), dims="world"), "option": "training"},
            InvalidArgument,
            "array",
        ),
        ({"option": "ct_asistance"}, UnknownOption, "ct_assistance"),
        ({"rival": "training"}, InvalidArgument, "beaten"),
        ({"values": "balanced"}, InvalidArgument, "beaten"),
        ({"event": "beaten", "rival": "regional_centres"}, InvalidArgument, "rival"),
        ({"event": "beaten", "rival": "trainng"}, UnknownOption, "training"),
        ({"event": "beaten", "values": "balancd"}, UnknownValues, "balanced"),
        ({"names": ["isis_grwth"]}, UnknownPrior, "isis_growth"),
        ({"names": []}, InvalidArgument, "at least one"),
        ({"names": 5}, InvalidArgument, "names"),
        ({"boxes": 0}, InvalidArgument, "boxes"),
        ({"density": 1.0}, InvalidArgument, "density"),
        ({"density": 0.5, "coverage": 0.5}, InvalidArgument, "at most one"),
        ({"coverage": "x"}, InvalidArgument, "coverage"),
        ({"mass_min": 0.001}, InvalidArgument, "mass_min"),
        ({"alpha": 0.5}, InvalidArgument, "alpha"),
        ({"level": 0}, InvalidArgument, "level"),
        ({"refits": 1}, InvalidArgument, "refits"),
        ({"refits": True}, InvalidArgument, "refits"),
        ({"seed": -1}, InvalidArgument, "seed"),
        ({"seed": 1.5}, InvalidArgument, "seed"),
        ({"engine": "sdtoolkit"}, InvalidArgument, "engine"),
    ],
)
def test_bad_input_is_refused_before_any_work(small, monkeypatch, given_, error, said):
    def work(*_, **__):
        pytest.fail("work was done before the input was refused")

    monkeypatch.setattr("forecast.sensitivity.discovery.finding.find", work)
    with pytest.raises(error, match=said):
        discover(small, **{"engine": "numpy", "progress": False} | given_)


def test_few_worlds_and_foreign_data_are_refused(small):
    with pytest.raises(InvalidArgument, match="at least 100"):
        discover(small.isel(world=slice(0, 50)), engine="numpy")
    with pytest.raises(InvalidArgument, match="no simulation made"):
        discover(dataset(uniform(1, 200, 2)), engine="numpy")
    with pytest.raises(InvalidArgument, match="no simulation made"):
        discover(5, event=xr.DataArray(np.ones(9, dtype=bool), dims="world"))


@given(
    st.fixed_dictionaries(
        {}, optional={"event": st.text(max_size=3), "boxes": st.none(), "alpha": st.floats(1.0), "refits": st.text()}
    )
)
@settings(max_examples=30)
def test_any_arguments_give_our_error(small, given_):
    if given_:
        with pytest.raises(ForecastError):
            discover(small, **{"engine": "numpy", "progress": False} | given_)
