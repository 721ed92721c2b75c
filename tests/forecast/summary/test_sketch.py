"""Quantiles from histograms: exact for whole numbers, within the stated error otherwise, the same in any order."""

import functools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from forecast.summary.keys import RELATIVE_ERROR, Relative, Whole
from forecast.summary.sketch import Sketch, quantiles

LEVELS = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
FLOOR = 2.0**-10

numbers = st.floats(-1e9, 1e9)
values = hnp.arrays(np.float64, st.tuples(st.integers(1, 3), st.integers(1, 60)), elements=numbers)
wholes = hnp.arrays(np.int64, st.tuples(st.integers(1, 3), st.integers(1, 60)), elements=st.integers(-500, 65_535))


def order_statistics(row, level):
    ranked, position = np.sort(row), (row.size - 1) * level
    return ranked[int(np.floor(position))], ranked[min(int(np.floor(position)) + 1, row.size - 1)]


def assert_within_the_stated_error(sketch, given, floor=FLOOR):
    for row, found in zip(given, sketch.quantiles(LEVELS), strict=True):
        for level, quantile in zip(LEVELS, found, strict=True):
            around = max(abs(value) for value in order_statistics(row, level))
            # The last term is rounding of the interpolation itself.
            allowed = RELATIVE_ERROR * around + floor + 1e-14 * around
            assert abs(quantile - np.quantile(row, level)) <= allowed


@given(values)
def test_the_stated_error(given):
    assert_within_the_stated_error(Sketch.of(Relative(FLOOR), given), given)


@given(st.floats(FLOOR, 1e9))
def test_a_value_is_within_half_a_bin_of_what_stands_for_it(value):
    keys = Relative(FLOOR)
    key = keys.of(np.array([value, -value]), -value, value)
    assert key[1] == -key[0]
    assert keys.centres(key)[0] == pytest.approx(value, rel=RELATIVE_ERROR)
    # The next bin is another one, and above.
    above = value * (1 + 2.1 * RELATIVE_ERROR)
    assert keys.of(np.array([above]), above, above)[0] > key[0]


def test_every_power_of_two_starts_a_bin():
    keys = Relative(FLOOR)
    edges = 2.0 ** np.arange(-10, 30)
    under = np.nextafter(edges, 0)
    first, last = keys.of(edges, edges[0], edges[-1]), keys.of(under, under[0], under[-1])
    np.testing.assert_array_equal(first - last, 1)
    np.testing.assert_array_equal(np.diff(first), 128)
    assert last[0] == 0


def test_a_bin_too_wide_would_be_noticed(monkeypatch):
    """A known-bad mutant: six bits of the mantissa under the same promise."""
    monkeypatch.setattr("forecast.summary.keys._SHIFT", 46)
    given = np.random.default_rng(1).uniform(1, 1000, (1, 2000))
    with pytest.raises(AssertionError):
        assert_within_the_stated_error(Sketch.of(Relative(FLOOR), given), given)


@given(wholes)
def test_whole_numbers_are_exact(given):
    sketch = Sketch.of(Whole(), given)
    np.testing.assert_array_equal(sketch.quantiles(LEVELS), np.quantile(given, LEVELS, axis=1).T)
    np.testing.assert_array_equal(sketch.negated().quantiles(LEVELS), np.quantile(-given, LEVELS, axis=1).T)
    assert sketch.outside == 0


@given(values, st.data())
def test_order_and_grouping_leave_no_trace(given, data):
    size = given.shape[1]
    cuts = sorted(data.draw(st.lists(st.integers(0, size), max_size=5)))
    parts = [part for part in np.split(given[:, data.draw(st.permutations(range(size)))], cuts, axis=1) if part.size]
    sketches = data.draw(st.permutations([Sketch.of(Relative(FLOOR), part) for part in parts]))
    at_once, together = Sketch.of(Relative(FLOOR), given), Sketch.empty(Relative(FLOOR), given.shape[0])
    for sketch in sketches:
        together.merge(sketch)
    assert at_once.counts.tobytes() == together.counts.tobytes()
    assert (at_once.start, at_once.counts.shape) == (together.start, together.counts.shape)
    np.testing.assert_array_equal(at_once.least, together.least)
    np.testing.assert_array_equal(at_once.greatest, together.greatest)


@given(hnp.arrays(np.float64, (2, 30), elements=st.one_of(st.just(np.nan), st.integers(1, 24).map(float))))
def test_unknown_values_are_left_out(given):
    sketch = Sketch.of(Whole(), given)
    np.testing.assert_array_equal(sketch.known, np.isfinite(given).sum(axis=1))
    for row, found in zip(given, sketch.quantiles(LEVELS), strict=True):
        seen = row[~np.isnan(row)]
        np.testing.assert_array_equal(found, np.quantile(seen, LEVELS) if seen.size else np.nan)


def test_values_farther_out_than_the_bins_are_counted_and_told_of():
    given = np.array([[1.0, 2.0, 3.0, 1e300, np.inf], [1.0, 2.0, -1e300, 0.0, 0.0]])
    sketch = Sketch.of(Relative(FLOOR), given)
    assert sketch.outside == 3
    assert sketch.known.tolist() == [5, 5]
    assert sketch.quantiles([0.5])[:, 0] == pytest.approx([3.0, 0.0], rel=RELATIVE_ERROR)
    # All that is known of them is that they are farther out.
    assert sketch.quantiles([1.0])[0, 0] == FLOOR * 2.0**48
    many = Sketch.of(Whole(), np.array([[5.0, 1e19, -1e300]]))
    assert many.outside == 2
    assert many.quantiles([0.5])[0, 0] == 5.0


def test_both_zeros_and_what_is_under_the_floor_count_as_nothing():
    sketch = Sketch.of(Relative(FLOOR), np.array([[0.0, -0.0, FLOOR / 2, -FLOOR / 2, 5.0]]))
    assert sketch.counts[0, -sketch.start] == 4
    assert sketch.quantiles([0.5])[0, 0] == 0.0


def test_a_constant_is_exact():
    given = np.full((1, 10), 0.7)
    np.testing.assert_array_equal(Sketch.of(Relative(FLOOR), given).quantiles(LEVELS), np.full((1, 7), 0.7))


def test_nothing_has_no_quantile():
    assert np.isnan(Sketch.empty(Whole(), 2).quantiles(LEVELS)).all()
    assert np.isnan(quantiles(np.zeros((1, 3), dtype=int), np.arange(3.0), LEVELS)).all()


def test_large_and_small_batches_agree():
    """The blocks that fit the cache leave no trace."""
    given = np.random.default_rng(2).lognormal(3, 2, (37, 3000))
    by_row = [Sketch.of(Relative(FLOOR), row[None]) for row in given]
    together = Sketch.of(Relative(FLOOR), given)
    for row, sketch in enumerate(by_row):
        np.testing.assert_array_equal(together.quantiles(LEVELS)[row], sketch.quantiles(LEVELS)[0])
    halves = functools.reduce(
        lambda left, right: left.merge(right) or left,
        [Sketch.of(Relative(FLOOR), given[:, :1]), Sketch.of(Relative(FLOOR), given[:, 1:])],
    )
    np.testing.assert_array_equal(halves.counts, together.counts)


def test_a_floor_is_a_power_of_two():
    with pytest.raises(ValueError, match="power of two"):
        Relative(0.3)
