"""Means over common worlds and the best of them."""

import numpy as np
import pytest

from forecast.decision.paired import Best


def normals(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def excesses(options, repeats, worlds=500):
    """What plug-in and corrected maxima of equal means are off by, in units of the error of one mean."""
    plug_in, corrected = [], []
    for seed in range(repeats):
        values = normals((options, worlds), seed)
        best = Best(values)
        plug_in.append(values.mean(axis=1).max() * np.sqrt(worlds))
        corrected.append(plug_in[-1] - best.excess * np.sqrt(worlds))
    return np.array(plug_in), np.array(corrected)


@pytest.mark.slow
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
