"""Means and spreads that merge, against exact fractions."""

import functools
import math
from fractions import Fraction

import numpy as np
import pytest

from forecast.summary.moments import ExactPairs, Moments, Pairs, variance


def exact(values):
    """Mean and variance without any rounding before the last step."""
    numbers = [Fraction(float(value)) for value in values]
    mean = sum(numbers) / len(numbers)
    return float(mean), float(sum((number - mean) ** 2 for number in numbers) / (len(numbers) - 1))


def folded(kind, arrays):
    return functools.reduce(lambda left, right: left.merge(right) or left, [kind.of(array) for array in arrays])


@pytest.mark.parametrize("centre", [0.0, 5000.0, 1e9])
def test_many_merges_stay_near_the_exact_moments(centre):
    """1,500 granules of a value that hardly varies beside its size."""
    granules = centre + np.random.default_rng(3).normal(size=(1500, 1, 8))
    made = folded(Moments, granules)
    mean, spread = exact(granules.ravel())
    assert made.n == 12_000
    assert made.mean[0] == pytest.approx(mean, rel=1e-13, abs=1e-13)
    # A double of 1e9 is itself only known to 1e-7 of the spread.
    assert variance(made.m2, made.n)[0] == pytest.approx(spread, rel=1e-9 if centre < 1e6 else 1e-6)


def test_squares_less_a_square_would_be_noticed():
    """A known-bad mutant: the textbook formula."""
    granules = 1e9 + np.random.default_rng(3).normal(size=(1500, 1, 8))
    n, total, squares = granules.size, granules.sum(), (granules**2).sum()
    assert abs((squares - total**2 / n) / (n - 1) / exact(granules.ravel())[1] - 1) > 1e-3


def test_ten_million_worlds():
    """A mean over as many granules as the largest run has loses nothing that anybody would see."""
    granule = 5000.0 + np.random.default_rng(4).choice([-1.0, 1.0], size=(1, 4096))
    made, part = Moments.of(granule), Moments.of(granule)
    for _ in range(2440):
        made.merge(part)
    n = 4096 * 2441
    assert made.n == n
    mean = math.fsum(granule[0]) / 4096
    assert made.mean[0] == pytest.approx(mean, rel=1e-14)
    assert made.m2[0] == pytest.approx(2441 * math.fsum((granule[0] - mean) ** 2), rel=1e-12)


@pytest.fixture(scope="module")
def patchy():
    """Three options; a value is unknown in some worlds, and for the third option in all worlds of some granules."""
    rng = np.random.default_rng(5)
    values = np.round(rng.gamma(3, 4, (3, 400)))
    values[1] = values[0] + (rng.random(400) < 0.2)
    values[rng.random((3, 400)) < 0.3] = np.nan
    values[2, :200] = np.nan
    return values


@pytest.mark.parametrize("kind", [Pairs, ExactPairs])
@pytest.mark.parametrize("size", [1, 40, 400])
def test_pairs_use_the_worlds_that_both_know(patchy, kind, size):
    report = folded(kind, [patchy[:, start : start + size] for start in range(0, 400, size)]).report()
    for i in range(3):
        seen = patchy[i][~np.isnan(patchy[i])]
        assert report.mean[i] == pytest.approx(seen.mean(), rel=1e-12)
        assert report.variance[i] == pytest.approx(seen.var(ddof=1), rel=1e-12)
        for j in range(3):
            both = ~np.isnan(patchy[i]) & ~np.isnan(patchy[j])
            a, b = patchy[i][both], patchy[j][both]
            assert report.known[i, j] == both.sum()
            assert report.difference[i, j] == pytest.approx((a - b).mean(), rel=1e-10, abs=1e-13)
            assert report.difference_variance[i, j] == pytest.approx((a - b).var(ddof=1), rel=1e-10)
            assert report.covariance[i, j] == pytest.approx(np.cov(a, b)[0, 1], rel=1e-10)
            if i != j:
                ratio = (a.var(ddof=1) + b.var(ddof=1)) / (a - b).var(ddof=1)
                assert report.variance_ratio[i, j] == pytest.approx(ratio, rel=1e-10)
            else:
                assert np.isnan(report.variance_ratio[i, j])


def test_differences_far_smaller_than_the_values_keep_their_spread():
    """Variances and a covariance would leave nothing but rounding."""
    rng = np.random.default_rng(6)
    base = rng.normal(1e6, 1e5, 5000)
    values = np.stack([base, base + rng.normal(0, 1e-4, 5000)])
    report = folded(Pairs, np.split(values, 10, axis=1)).report()
    assert report.difference_variance[1, 0] == pytest.approx((values[1] - values[0]).var(ddof=1), rel=1e-9)
    textbook = report.variance.sum() - 2 * report.covariance[0, 1]
    assert abs(textbook / report.difference_variance[1, 0] - 1) > 1e-3


def test_whole_numbers_are_summed_exactly_whatever_their_size():
    values = np.array([[2.0**31, 3.0, 5.0], [2.0**31 - 1, 4.0, np.nan]])
    report = folded(ExactPairs, [values[:, :1], values[:, 1:]]).report()
    assert report.mean[0] == (2**31 + 8) / 3
    assert report.difference[0, 1] == 0.0
    assert report.difference_variance[0, 1] == 2.0


@pytest.mark.parametrize("kind", [Pairs, ExactPairs])
def test_of_one_world_nothing_is_known_but_the_mean(kind):
    report = kind.of(np.array([[3.0], [np.nan]])).report()
    assert report.mean[0] == 3.0
    assert np.isnan(report.mean[1])
    assert np.isnan(report.variance).all()
    assert np.isnan(report.difference[0, 1])
    assert report.difference[0, 0] == 0.0
    assert report.known.tolist() == [[1, 0], [0, 0]]


def test_discordant_worlds():
    only, only_other = ExactPairs.of(np.array([[True, True, False, True], [False, True, True, False]])).discordant()
    assert (only[0, 1], only[1, 0], only[0, 0]) == (2, 1, 0)
    np.testing.assert_array_equal(only.T, only_other)
