"""Means over common worlds and the best of them."""

import numpy as np
import pytest
from scipy import stats

from forecast.decision.paired import Best
from forecast.estimates import joint_critical_value, perturbations, standard_error


def normals(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def test_perturbations_have_the_covariance_of_the_means():
    common = normals(20_000)
    values = np.array([common, common + 0.1 * normals(20_000, 1), normals(20_000, 2)])
    moves = perturbations(values, repeats=20_000)
    expected = np.cov(values) / 20_000
    # The blocks know a variance to 1 / sqrt(2 x 1000), the repeats to 1 / sqrt(2 x 20,000): about 2.3%; four of these.
    assert np.cov(moves.T) == pytest.approx(expected, rel=0.1, abs=0.1 * expected[2, 2])
    assert np.var(moves[:, 1] - moves[:, 0]) == pytest.approx(0.01 / 20_000, rel=0.1)


def test_few_worlds_are_blocks_of_their_own():
    values = np.array([[0.0, 1.0, 2.0, 5.0]])
    moves = perturbations(values, repeats=50_000)
    assert moves.std() == pytest.approx(float(standard_error(values)[0]), rel=0.02)


def test_the_joint_quantile_of_independent_means_is_sidaks():
    # Of K independent normals the largest of the absolute values is below c with probability (2 Phi(c) - 1)^K.
    expected = stats.norm.ppf((1 + 0.95 ** (1 / 5)) / 2)
    assert joint_critical_value(normals((5, 50_000)), level=0.95) == pytest.approx(expected, rel=0.03)


def test_a_mean_and_its_copies_need_no_more_than_one():
    row = normals(1000)
    copies = np.array([row, row, row, np.zeros(1000)])
    assert joint_critical_value(copies, level=0.9) == pytest.approx(stats.norm.ppf(0.95), rel=0.05)


def excesses(options, repeats, worlds=500):
    """What plug-in and corrected maxima of equal means are off by, in units of the error of one mean."""
    plug_in, corrected = [], []
    for seed in range(repeats):
        values = normals((options, worlds), seed)
        best = Best(values)
        plug_in.append(values.mean(axis=1).max() * np.sqrt(worlds))
        corrected.append(plug_in[-1] - best.excess * np.sqrt(worlds))
    return np.array(plug_in), np.array(corrected)


def test_the_largest_of_equal_means_is_corrected_for_having_been_picked():
    plug_in, corrected = excesses(5, 100)
    error = corrected.std() / np.sqrt(100)
    # The mutant, the maximum as it stands, is too large by the expected maximum of five standard normals.
    assert plug_in.mean() == pytest.approx(1.1629645, abs=4 * error)
    assert abs(corrected.mean()) < 3 * error


def test_options_far_apart_need_no_correction():
    values = normals((3, 2000)) + np.array([[0.0], [1.0], [2.0]])
    assert Best(values).excess == 0.0


def test_what_all_options_of_a_world_share_changes_nothing():
    values, shift = normals((4, 1000)), 100.0 * normals(1000, 9)
    one, other = Best(values), Best(values + shift)
    achieved = values.max(axis=0)
    assert one.index == other.index
    assert one.gain(achieved) == pytest.approx(other.gain(achieved + shift), rel=1e-9)


def test_the_order_of_options_changes_nothing():
    values = normals((4, 1000))
    assert Best(values).gain(values.max(axis=0)) == pytest.approx(Best(values[::-1]).gain(values.max(axis=0)), rel=1e-9)


def test_a_copy_that_is_always_worse_changes_nothing():
    values = normals((3, 1000))
    more = np.vstack([values, values[1] - 0.5])
    assert Best(more).gain(more.max(axis=0)) == pytest.approx(Best(values).gain(values.max(axis=0)), rel=1e-9)


def test_worlds_that_are_all_there_is_have_no_error():
    best = Best(np.array([[2.0, 4.0], [1.0, 5.0]]), sampled=False)
    assert best.excess == 0.0
    assert best.gain(np.array([2.0, 5.0])) == (0.5, 0.0)
