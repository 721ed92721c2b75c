"""Moments of worlds have the same bits however the worlds were cut up."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.sweeps.tree import fold, places, products, reduce_range, squares

LAYOUTS = {"squares": squares(3), "products": products(3)}
RANDOM = np.random.default_rng(5)
VALUES = RANDOM.normal(size=(3, 5000)) * np.array([[1.0], [1e3], [1e-3]]) + np.array([[0.0], [1e6], [0.0]])
HOLES = np.where(RANDOM.random(VALUES.shape) < 0.3, np.nan, VALUES)


def _whole(values, layout, start=0):
    stop = start + values.shape[1]
    return fold([(start, stop, reduce_range(values, start, layout))], layout)


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@settings(max_examples=25)
@given(worlds=st.integers(1, 5000), cuts=st.lists(st.integers(1, 4999), max_size=6), order=st.randoms())
def test_cuts_and_order_do_not_change_a_bit(layout, worlds, cuts, order):
    values = HOLES[:, :worlds]
    edges = sorted({0, worlds, *(cut for cut in cuts if cut < worlds)})
    parts = [
        (start, stop, reduce_range(values[:, start:stop], start, layout)) for start, stop in itertools.pairwise(edges)
    ]
    order.shuffle(parts)
    for part, whole in zip(fold(parts, layout), _whole(values, layout), strict=True):
        np.testing.assert_array_equal(part, whole)


def test_moments_are_those_of_exact_sums():
    total = _whole(HOLES, LAYOUTS["squares"])
    for row, n, mean, m2 in zip(HOLES, *(part[:, 0] for part in total), strict=True):
        known = row[np.isfinite(row)]
        assert n == known.size
        exact = math.fsum(known) / known.size
        assert mean == pytest.approx(exact, rel=1e-14, abs=1e-18)
        assert m2 == pytest.approx(math.fsum((known - exact) ** 2), rel=1e-12)


def test_products_are_those_of_the_worlds_known_to_all():
    total = _whole(HOLES, LAYOUTS["products"])
    known = HOLES[:, np.isfinite(HOLES).all(axis=0)]
    assert total.n[0, 0] == known.shape[1]
    covariance = np.cov(known)[np.triu_indices(3)]
    np.testing.assert_allclose(total.m2[:, 0] / (known.shape[1] - 1), covariance, rtol=1e-9)


def test_a_series_that_is_never_known_counts_no_worlds():
    total = _whole(np.full((3, 10), np.nan), LAYOUTS["squares"])
    assert (total.n == 0).all()
    assert (total.mean == 0).all()
    assert (total.m2 == 0).all()


@given(start=st.integers(0, 10_000), worlds=st.integers(1, 5000))
def test_places_cover_their_range_once(start, worlds):
    covered = sorted((place << level, (place + 1) << level) for level, place in places(start, start + worlds))
    assert covered[0][0] == start
    assert covered[-1][1] == start + worlds
    assert all(one[1] == two[0] for one, two in itertools.pairwise(covered))
    assert len(covered) <= 2 * worlds.bit_length()
