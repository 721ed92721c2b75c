"""The share of a map that is not additive."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.sensitivity.interaction import interaction_share


def uniform(points):
    """The middles of as many equally likely parts of U(0, 1)."""
    return (np.arange(points) + 0.5) / points


def product(points, noise):
    x = uniform(points)
    return np.multiply.outer(x, x)[..., np.newaxis] + noise


def naive(cells):
    """The textbook's two-way analysis of variance of the means, which takes noise for interaction."""
    means = cells.mean(axis=2)
    deviation = means - means.mean()
    residual = deviation - deviation.mean(axis=0) - deviation.mean(axis=1)[:, np.newaxis]
    return (residual**2).sum() / (deviation**2).sum()


def test_x1_x2_plus_x3_is_one_part_in_seven():
    # S1 = S2 = 3/19 and ST1 = 4/19 (known answers): of the variance of E[f | X1, X2], 1 of 7 parts is interaction.
    # x3 is the same in every cell of a world and goes with no noise at all.
    x3 = np.random.default_rng(1).random(50)
    points = 9
    # The variance of equally spaced middles is (1 - 1/points^2)/12.
    variance = (1 - points**-2) / 12
    share, error = interaction_share(product(points, x3))
    assert share == pytest.approx(variance / (0.5 + variance), rel=1e-12)
    assert error == pytest.approx(0.0, abs=1e-10)
    assert interaction_share(product(60, x3))[0] == pytest.approx(1 / 7, rel=1e-3)


def test_what_adds_up_in_every_world_is_exactly_zero():
    x, rng = uniform(7), np.random.default_rng(2)
    slopes = rng.standard_normal((3, 400))
    cells = slopes[0] * x[:, None, None] + slopes[1] * np.exp(x)[None, :, None] + slopes[2] + 3.0 * x[:, None, None]
    assert interaction_share(cells) == (0.0, 0.0)


def test_a_flat_map_has_no_share():
    assert np.isnan(interaction_share(np.full((3, 3, 10), 0.3))).all()
    rng = np.random.default_rng(3)
    assert np.isnan(interaction_share(np.tile(rng.standard_normal(10), (3, 3, 1)))).all()
    # Noise alone, one sided 95%: in 200 maps no more than chance allows (mean 10, sd 3).
    called = sum(np.isfinite(interaction_share(rng.standard_normal((3, 3, 40)))[0]) for _ in range(200))
    assert called <= 20


def test_one_or_two_worlds_say_nothing():
    assert np.isnan(interaction_share(product(3, np.zeros(2)))).all()


def test_means_over_pairs_have_no_bias_and_the_naive_share_has():
    rng = np.random.default_rng(4)
    repeats, points, worlds = 200, 5, 60
    variance = (1 - points**-2) / 12
    # Own noise in each cell; and none but a slope common to a row, which makes worlds' own interaction.
    truth, found, raw = variance / (0.5 + variance), [], []
    for _ in range(repeats):
        cells = product(points, 0.4 * rng.standard_normal((points, points, worlds)))
        found.append(interaction_share(cells))
        raw.append(naive(cells))
    shares, errors = np.array(found).T
    standard = shares.std(ddof=1) / np.sqrt(repeats)
    # Four standard errors; a ratio is off by a term of order 1/worlds besides.
    assert abs(shares.mean() - truth) < 4 * standard + 0.01
    assert np.mean(raw) - truth > 10 * standard
    # The jackknife is right or up to the root of 2 too large; 200 repeats know a standard deviation to 5%.
    assert 0.85 * shares.std(ddof=1) < np.sqrt((errors**2).mean()) < 1.6 * shares.std(ddof=1)
    inside = np.mean(np.abs(shares - truth) < 1.645 * errors)
    assert inside > 0.9 - 3 * np.sqrt(0.09 / repeats)


def test_no_interaction_with_noise_is_within_its_error_of_zero():
    rng = np.random.default_rng(5)
    x = uniform(5)
    found = []
    for _ in range(100):
        cells = np.add.outer(x, 2 * x)[..., np.newaxis] + rng.standard_normal((5, 5, 400))
        found.append(interaction_share(cells))
    shares, errors = np.array(found).T
    assert abs(shares.mean()) < 4 * shares.std() / 10
    # 90% would be right; the jackknife is too large by the root of 2 here. 3 sd of 100 repeats are 9%.
    assert np.mean(np.abs(shares) < 1.645 * errors) > 0.85


def test_the_formula_is_the_mean_over_pairs_of_different_worlds():
    rng = np.random.default_rng(6)
    cells = product(3, 0.05 * rng.standard_normal((3, 3, 7)))
    deviation = cells - cells.mean(axis=(0, 1))
    residual = deviation - deviation.mean(axis=0) - deviation.mean(axis=1)[:, np.newaxis]

    def over_pairs(part, worlds):
        return np.mean([(part[..., w] * part[..., v]).sum() for w in worlds for v in worlds if w != v])

    def share(worlds):
        return over_pairs(residual, worlds) / over_pairs(deviation, worlds)

    every = list(range(7))
    without = np.array([share([w for w in every if w != left]) for left in every])
    value, error = interaction_share(cells)
    assert value == pytest.approx(share(every), rel=1e-10)
    assert error == pytest.approx(np.sqrt(6 / 7 * ((without - without.mean()) ** 2).sum()), rel=1e-9)


@given(st.floats(1e-3, 1e3), st.floats(-100, 100), st.integers(0, 1000))
@settings(max_examples=25)
def test_scale_shift_swap_and_order_change_nothing(scale, shift, seed):
    rng = np.random.default_rng(seed)
    cells = product(4, 0.1 * rng.standard_normal((4, 4, 50)))
    base = interaction_share(cells)
    order = rng.permutation(50)
    for other in (scale * cells + scale * shift, cells.transpose(1, 0, 2), cells[::-1], cells[..., order]):
        np.testing.assert_allclose(interaction_share(other), base, rtol=1e-6)
