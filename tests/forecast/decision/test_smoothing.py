"""Regression on parameters: what is predicted, and that it is predicted from other worlds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.decision.bases import Basis
from forecast.decision.curves import fitted_curve
from forecast.decision.folds import FOLDS, folds_of
from forecast.decision.smoothing import CrossFit, conditional_means
from forecast.errors import InvalidArgument

WORLDS = 2000


def drawn(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def explained(smooth, targets):
    return 1.0 - ((targets - smooth.predicted) ** 2).mean(axis=0) / targets.var(axis=0)


def test_a_worlds_fold_depends_on_its_number_alone():
    many = folds_of(1003)
    assert np.array_equal(many[:57], folds_of(57))
    assert np.bincount(many).max() - np.bincount(many).min() <= 1
    # In no fixed order: a table whose cases come in a cycle of five would else fall apart by fold.
    assert len({tuple(many[start : start + FOLDS]) for start in range(0, 100, FOLDS)}) > 10


def test_a_basis_is_the_line_and_rougher_functions():
    basis = Basis(drawn(10_000))
    gram = basis.functions @ basis.functions.T / 10_000
    assert np.array_equal(basis.functions[0], np.ones(10_000))
    # Orthonormal for a normal score: rounding of the ends of 10,000 ranks apart.
    assert gram[:6, :6] == pytest.approx(np.eye(6), abs=0.05)
    assert np.all(np.diff(basis.roughness)[1:] > 0.0)
    assert np.array_equal(basis.roughness[:3], [0.0, 0.0, 1.0])
    line = np.sort(basis.functions[1])
    assert np.all(np.diff(line) > 0.0)


def test_what_is_jointly_normal_is_a_line():
    # The normal scores are within about 1 / sqrt(n) of the standardised values.
    x, luck = drawn(2, WORLDS)
    smooth = conditional_means(x[:, np.newaxis], (3.0 * x + luck)[:, np.newaxis])
    assert explained(smooth, (3.0 * x)[:, np.newaxis])[0] > 0.99
    assert not smooth.flat.any()


def test_one_two_and_more_parameters():
    x, luck = drawn(WORLDS, 3), drawn(WORLDS, seed=1)
    wave = np.sin(2.0 * x[:, 0])
    both = wave + x[:, 0] * x[:, 1]
    three = both + x[:, 2] ** 2
    for columns, mean in ((x[:, :1], wave), (x[:, :2], both), (x, three)):
        smooth = conditional_means(columns, (mean + 0.3 * luck)[:, np.newaxis])
        # A dozen to 150 columns cost some variance: (columns / worlds) x .09 against a variance of about .5 to 3.
        assert explained(smooth, mean[:, np.newaxis])[0] > 0.95


def test_monotone_changes_of_scale_do_not_matter():
    x, luck = drawn(2, WORLDS)
    target = (np.tanh(x) + luck)[:, np.newaxis]
    plain = conditional_means(x[:, np.newaxis], target)
    heavy = conditional_means(np.exp(5.0 * x)[:, np.newaxis], target)
    assert heavy.predicted == pytest.approx(plain.predicted, abs=1e-10)


def test_the_scale_of_targets_does_not_matter():
    x, luck = drawn(2, WORLDS)
    target = (x + luck)[:, np.newaxis]
    plain, large = conditional_means(x[:, None], target), conditional_means(x[:, None], 1e6 + 1e3 * target)
    assert (large.predicted - 1e6) / 1e3 == pytest.approx(plain.predicted, abs=1e-7)


@pytest.mark.parametrize("parameters", [1, 2, 4])
def test_no_world_is_predicted_from_its_own_fold(parameters):
    # The mutant to be caught: smoothness or coefficients that saw the fold.
    x, luck = drawn(400, parameters), drawn(400, seed=1)
    target = x[:, 0] + luck
    folds = folds_of(400)
    before = conditional_means(x, target[:, np.newaxis])
    for fold in range(FOLDS):
        spoilt = np.where(folds == fold, 1e3 * drawn(400, seed=2), target)
        after = conditional_means(x, spoilt[:, np.newaxis])
        inside = folds == fold
        # What is added to all worlds changes the centre, and so the last digits.
        assert after.predicted[inside] == pytest.approx(before.predicted[inside], abs=1e-7)
        assert after.means[fold] == pytest.approx(before.means[fold], abs=1e-9)


def test_two_values_are_two_means():
    x = (drawn(500) > 0.3).astype(float)
    target = 2.0 * x + drawn(500, seed=1)
    smooth = conditional_means(x[:, np.newaxis], target[:, np.newaxis])
    folds = folds_of(500)
    for fold in range(FOLDS):
        rest = folds != fold
        expected = np.array([target[rest & (x == value)].mean() for value in (0.0, 1.0)])
        inside = folds == fold
        assert smooth.predicted[inside, 0] == pytest.approx(expected[x[inside].astype(int)], abs=1e-6)


def test_what_changes_nothing_is_the_mean_exactly():
    # 8% of idle parameters are taken for more in some fold (measured): of 60, five; 12 is three sd above.
    targets = drawn(WORLDS, 1)
    fit = CrossFit(targets)
    found = [fit.given([Basis(drawn(WORLDS, seed=seed))]) for seed in range(1, 61)]
    assert sum(not smooth.flat.all() for smooth in found) <= 12
    flat = next(smooth for smooth in found if smooth.flat.all())
    assert np.array_equal(flat.predicted, flat.means[folds_of(WORLDS)])


def test_a_constant_tells_nothing():
    targets = drawn(100, 2)
    alone, none = conditional_means(np.ones((100, 1)), targets), CrossFit(targets).given([])
    assert alone.flat.all()
    assert np.array_equal(alone.predicted, none.predicted)
    x = targets[:, :1]
    beside = conditional_means(np.column_stack([x, np.ones(100)]), targets)
    assert np.array_equal(beside.predicted, conditional_means(x, targets).predicted)


def test_threads_do_not_matter():
    x, luck = drawn(300, 3), drawn(300, seed=1)
    fit, bases = CrossFit((x[:, 0] + luck)[:, np.newaxis]), [Basis(column) for column in x.T]
    sets = [[bases[0]], [bases[1]], bases[:2], bases]
    one, more = (fit.each(sets, lambda smooth: smooth.predicted, threads=threads) for threads in (1, 3))
    assert all(np.array_equal(a, b) for a, b in zip(one, more, strict=True))


def test_by_fold_agrees_with_the_predictions():
    x, luck = drawn(300, 2), drawn(300, seed=1)
    smooth = conditional_means(x, (x[:, 0] + luck)[:, np.newaxis])
    # In an order of their own: as sets of numbers they hold every fold's own predictions.
    for fold in range(FOLDS):
        own = smooth.predicted[folds_of(300) == fold, 0]
        assert np.isin(np.round(own, 9), np.round(smooth.by(fold)[:, 0], 9)).all()


def test_few_worlds_are_refused():
    with pytest.raises(InvalidArgument, match="at least 50"):
        conditional_means(np.zeros((49, 1)), np.zeros((49, 1)))


@settings(max_examples=25)
@given(
    worlds=st.integers(50, 90),
    seed=st.integers(0, 10_000),
    values=st.sampled_from([1, 2, 3, 5, 1000]),
    parameters=st.integers(1, 4),
)
def test_whatever_is_given_the_predictions_are_finite_and_no_wilder_than_the_targets(worlds, seed, values, parameters):
    generator = np.random.default_rng(seed)
    columns = generator.integers(0, values, size=(worlds, parameters)).astype(float)
    columns[:, -1] = columns[:, 0]
    targets = generator.standard_t(2, size=(worlds, 2))
    smooth = conditional_means(columns, targets)
    assert np.isfinite(smooth.predicted).all()
    assert np.abs(smooth.predicted).max() <= 20.0 * np.abs(targets).max()


def test_a_curve_of_a_difference_is_the_difference_of_curves():
    x, luck = drawn(WORLDS), drawn(WORLDS, 2, seed=1)
    targets = np.column_stack([np.sin(x), x]) + luck
    curve = fitted_curve(x, np.column_stack([targets, targets[:, 0] - targets[:, 1]]))
    assert curve.means[:, 2] == pytest.approx(curve.means[:, 0] - curve.means[:, 1], abs=1e-10)
    assert curve.moves[:, :, 2] == pytest.approx(curve.moves[:, :, 0] - curve.moves[:, :, 1], abs=1e-10)


def test_a_curve_of_nothing_has_the_error_of_the_mean():
    target = drawn(WORLDS, 1, seed=1)
    for values in (drawn(WORLDS), np.ones(WORLDS)):
        curve = fitted_curve(values, target)
        assert np.unique(np.round(curve.means, 9)).size == 1
        # 500 draws know an sd to 3%.
        assert curve.errors == pytest.approx(target.std() / np.sqrt(WORLDS), rel=0.12)


@pytest.mark.slow
def test_the_errors_of_a_curve_are_right():
    at = np.exp([-1.5, 0.0, 0.5, 1.5])
    inside = []
    for seed in range(150):
        x, luck = drawn(2, 1000, seed=seed)
        curve = fitted_curve(np.exp(x), (np.sin(2.0 * x) + luck)[:, np.newaxis], at=at)
        inside.append(np.abs(curve.means[:, 0] - np.sin(2.0 * np.log(at))) <= 1.645 * curve.errors[:, 0])
    # 90% nominal less what smoothing leaves out; 600 points of 150 repetitions know it to about 2%.
    assert 0.8 < np.mean(inside) < 0.96
