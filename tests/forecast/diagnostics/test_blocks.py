"""Errors from blocks: closed forms, and known correlation inside the blocks."""

import numpy as np
import pytest
import xarray as xr

from forecast.diagnostics.blocks import block_error, block_numbers
from forecast.estimates import block_jackknife


def test_a_chain_has_ten_blocks():
    numbers = block_numbers(xr.Dataset(coords={"chain": range(3), "draw": range(25)}))
    assert numbers.shape == (75,)
    assert np.unique(numbers).tolist() == list(range(30))
    assert set(np.bincount(numbers)) == {2, 3}
    assert (np.diff(numbers) >= 0).all()


def test_a_short_chain_has_as_many_as_it_has_draws():
    assert block_numbers(xr.Dataset(coords={"chain": range(2), "draw": range(3)})).tolist() == [0, 1, 2, 3, 4, 5]


def test_the_jackknife_of_a_mean_is_the_usual_error():
    values = np.random.default_rng(1).standard_normal(50)
    left = (values.sum() - values) / 49
    error, corrected = block_jackknife(values.mean(), left, np.ones(50))
    assert error == pytest.approx(values.std(ddof=1) / 50**0.5, rel=1e-12)
    assert corrected == pytest.approx(values.mean(), rel=1e-12)


def test_it_takes_away_the_bias_of_a_square():
    """The square of a mean is too large by the variance of the mean; the jackknife knows without the formula."""
    rng = np.random.default_rng(2)
    values = 0.3 + rng.standard_normal((400, 50))
    means = values.mean(axis=1)
    left = ((values.sum(axis=1, keepdims=True) - values) / 49) ** 2
    corrected = np.array([block_jackknife(m**2, one, np.ones(50))[1] for m, one in zip(means, left, strict=True)])
    spread = corrected.std() / 20
    assert abs(corrected.mean() - 0.09) < 4 * spread
    assert (means**2).mean() - 0.09 == pytest.approx(0.02, abs=4 * spread)


def test_blocks_of_different_sizes_and_empty_ones():
    rng = np.random.default_rng(3)
    sizes = np.array([10, 0, 25, 40, 5, 20])
    block = np.repeat(np.arange(6), sizes)
    errors = []
    means = []
    for _ in range(400):
        values = rng.standard_normal(100)
        sums = np.bincount(block, weights=values, minlength=6)
        errors.append(block_jackknife(values.mean(), (values.sum() - sums) / (100 - sizes), sizes)[0])
        means.append(values.mean())
    # Five blocks give an error of their own error of a third; over 400 the root mean square is known to two percent.
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(0.1, rel=0.08)
    assert np.std(means) == pytest.approx(0.1, rel=0.15)


def test_one_block_knows_no_error():
    assert np.isnan(block_jackknife(1.0, [1.0], [5])[0])
    assert np.isnan(block_error(np.ones(5), np.zeros(5, dtype=int)))


def test_influences_that_go_together_count_together():
    """Each value four times over is worth a quarter as much."""
    values = np.random.default_rng(4).standard_normal(4000)
    repeated = np.repeat(values, 4)
    block = np.arange(16_000) // 400
    found = block_error((repeated - repeated.mean()) / repeated.size, block)
    # Forty blocks know an error to 1 / sqrt(2 x 39) of itself, so three of these.
    assert found == pytest.approx(values.std() / values.size**0.5, rel=3 / 78**0.5)
