"""The spread of means over forms, with luck taken out: exact cases, and repetitions against the truth."""

import dataclasses

import numpy as np
import pytest

from forecast.structures.spread import Sums, weighted_quantile


def spread_of(chances, weights, *, worlds=2000, seed=1, same_luck=True):
    """Draw worlds in which an event has one chance under each form."""
    generator = np.random.default_rng(seed)
    shares = np.array(weights, dtype=float) / np.sum(weights)
    sums = Sums(shares, worlds)
    luck = generator.random(worlds)
    for chance in chances:
        own = luck if same_luck else generator.random(worlds)
        sums.add((own < chance).astype(float)[np.newaxis])
    return sums.spread()


def ends_of(spread, seed=1):
    ends, errors = spread.ends(seed=seed)
    return ends[:, 0], errors[:, 0]


def test_structures_that_do_nothing_in_the_same_worlds_have_no_width_at_all():
    ends, errors = ends_of(spread_of([0.3] * 96, np.ones(96)))
    np.testing.assert_array_equal(ends, 0.0)
    np.testing.assert_array_equal(errors, 0.0)


def test_structures_that_do_nothing_in_worlds_of_their_own_have_a_width_of_nothing_within_error():
    """The naive spread of the same means is many errors wide."""
    beyond, naive, widths = 0, [], []
    for seed in range(40):
        spread = spread_of([0.3] * 96, np.ones(96), seed=seed, same_luck=False)
        (low, high, *_), errors = ends_of(spread)
        means = spread.means()[0]
        naive.append(np.ptp(means))
        widths.append(high - low)
        beyond += high - low > 2.5 * np.hypot(errors[0], errors[1])
    assert beyond <= 4
    assert np.mean(widths) < 0.01
    assert min(naive) > 0.03


@pytest.mark.parametrize("same_luck", [True, False])
def test_one_that_moves_a_chance_from_a_fifth_to_three_fifths_gives_these(same_luck):
    scores = []
    for seed in range(30):
        spread = spread_of([0.2, 0.6], [1, 1], seed=seed, same_luck=same_luck)
        ends, errors = ends_of(spread)
        assert 0.003 < errors[0] < 0.012
        middle = spread.means()[0].mean()
        assert abs(middle - 0.4) < 0.05
        scores.append((ends[1] - 0.2) / errors[1])
        assert ends[0] == pytest.approx(-ends[1])
        np.testing.assert_array_equal(ends[2:], ends[:2])
    assert abs(np.mean(scores)) < 0.7
    assert 0.6 < np.std(scores) < 1.5


def test_luck_left_in_does_not_pass():
    """Known bad: the spread as it is seen, of forms that differ by less than luck."""
    truth = np.linspace(0.29, 0.31, 96)
    true, found, seen = np.var(truth), [], []
    for seed in range(60):
        spread = spread_of(truth, np.ones(96), seed=seed, same_luck=False)
        found.append(float(spread.variance()[0]))
        means = spread.means()[0]
        seen.append(np.mean((means - means.mean()) ** 2))
    assert abs(np.mean(found) - true) < 0.35 * true
    assert np.mean(seen) > 2.5 * true


def test_weights_count_and_the_lightest_forms_are_left_out_of_the_least_and_greatest():
    spread = spread_of([0.05, 0.5, 0.9], [0.004, 0.896, 0.1], worlds=4000)
    (low, high, least, greatest), _ = ends_of(spread)
    means, weights = spread.means()[0], spread.weights
    middle = means @ weights
    # Nearly all that is seen is structure, so hardly anything is taken out.
    assert low == pytest.approx(means[1] - middle, rel=0.01)
    assert high == pytest.approx(means[2] - middle, rel=0.01)
    assert least == pytest.approx(means[1] - middle, rel=0.01)
    assert greatest == high


@pytest.mark.parametrize("rare", [0, 1])
def test_a_form_that_weighs_a_twentieth_is_at_the_end_of_the_range_on_either_side(rare):
    weights = [0.05, 0.95] if rare == 0 else [0.95, 0.05]
    (low, high, *_), _ = ends_of(spread_of([0.2, 0.6], weights, worlds=4000))
    assert high - low == pytest.approx(0.4, abs=0.03)


def test_many_light_forms_together_count():
    """No form weighs a hundredth, and yet the range lies between the least and the greatest."""
    generator = np.random.default_rng(4)
    chances = generator.uniform(0.2, 0.6, 300)
    (low, high, least, greatest), _ = ends_of(spread_of(chances, np.ones(300)))
    assert least < low < 0.0 < high < greatest
    assert greatest - least == pytest.approx(0.4, abs=0.03)


def test_the_error_of_weights_is_in_the_error_of_the_ends_and_forms_of_one_fit_are_off_together():
    plain = spread_of([0.2, 0.6], [0.9, 0.1])
    doubtful = dataclasses.replace(plain, errors=np.array([0.0, 0.5]))
    assert ends_of(doubtful)[1][1] > 1.5 * ends_of(plain)[1][1]
    np.testing.assert_array_equal(ends_of(doubtful)[0], ends_of(plain)[0])
    # Twenty forms of two fits are as doubtful as two forms.
    two = dataclasses.replace(plain, errors=np.array([0.3, 0.3]))
    many = spread_of([0.2] * 10 + [0.6] * 10, [0.09] * 10 + [0.01] * 10)
    apart = dataclasses.replace(many, errors=np.full(20, 0.3))
    together = dataclasses.replace(apart, fits=np.repeat([0, 1], 10))
    assert ends_of(together)[1][1] == pytest.approx(ends_of(two)[1][1], rel=0.05)
    assert ends_of(apart)[1][1] < 0.8 * ends_of(two)[1][1]


def test_one_form_has_no_range():
    ends, errors = ends_of(spread_of([0.3], [1]))
    np.testing.assert_array_equal(ends, 0.0)
    np.testing.assert_array_equal(errors, 0.0)


def test_quantities_are_apart():
    generator = np.random.default_rng(2)
    values = generator.random((3, 5, 200))
    sums = Sums(np.array([0.2, 0.3, 0.5]), 200)
    for one in values:
        sums.add(one)
    whole = sums.spread()
    together = whole.ends(seed=4)
    for place in range(5):
        alone = whole.part(slice(place, place + 1)).ends(seed=4)
        for one, other in zip(alone, together, strict=True):
            np.testing.assert_allclose(one[:, 0], other[:, place], rtol=1e-12)


@pytest.mark.parametrize("share", [0.05, 0.3, 0.5, 0.95])
def test_a_weighted_quantile_of_equal_weights_is_numpys(share):
    values = np.random.default_rng(3).random(57)
    found = weighted_quantile(values, np.full(57, 1 / 57), share)
    assert found == np.quantile(values, share, method="inverted_cdf")


def test_a_weighted_quantile_by_hand():
    values, weights = np.array([3.0, 1.0, 2.0]), np.array([0.5, 0.2, 0.3])
    assert [float(weighted_quantile(values, weights, share)) for share in (0.2, 0.21, 0.5, 0.51)] == [1, 2, 2, 3]
