"""Bands and p-values for ranks, against every case there is and against ArviZ."""

import itertools

import numpy as np
import pytest

from forecast.diagnostics.uniformity import band, counts_below, critical, depth, p_value


def test_counts():
    counts = counts_below(np.array([0, 0, 2, 3]), points=3)
    assert counts.tolist() == [2, 2, 3]


@pytest.mark.parametrize(("n", "points"), [(1, 1), (3, 2), (5, 3)])
def test_p_values_are_those_of_all_samples_that_there_are(n, points):
    ranks = np.array(list(itertools.product(range(points + 1), repeat=n))).T
    found = depth(counts_below(ranks, points=points), n=n)
    for value in np.unique(found):
        assert p_value(value, n=n, points=points) == pytest.approx((found <= value).mean(), abs=1e-12)


def test_the_critical_depth_is_the_last_that_is_rare_enough():
    ranks = np.array(list(itertools.product(range(4), repeat=5))).T
    found = depth(counts_below(ranks, points=3), n=5)
    for error in (0.001, 0.01, 0.1, 0.3):
        share = (found <= critical(n=5, points=3, error=error)).mean()
        assert share <= error
        deeper = found[found > critical(n=5, points=3, error=error)].min()
        assert (found <= deeper).mean() > error


def test_uniform_ranks_leave_the_band_as_often_as_stated():
    ranks = np.random.default_rng(1).integers(0, 100, (200, 10_000))
    counts = counts_below(ranks, points=99)
    lower, upper = band(n=200, points=99, error=0.05)
    outside = ((counts < lower[:, None]) | (counts > upper[:, None])).any(axis=0)
    assert np.array_equal(outside, depth(counts, n=200) <= critical(n=200, points=99, error=0.05))
    # Counts are whole, so the error is a little under 0.05; three standard errors of 10,000 samples.
    assert outside.mean() == pytest.approx(0.05, abs=3 * (0.05 * 0.95 / 10_000) ** 0.5)


def test_the_band_is_arviz_s():
    from arviz_stats.ecdf_utils import get_pointwise_confidence_band, simulate_confidence_bands

    at = np.arange(1, 100) / 100
    pointwise = simulate_confidence_bands(256, 1, at, 0.95, 5000, np.random.default_rng(2))
    theirs = np.array(get_pointwise_confidence_band(pointwise, 256, at)) * 256
    # Theirs is simulated; a band is in whole counts.
    assert np.abs(theirs - np.array(band(n=256, points=99, error=0.05))).max() <= 1
