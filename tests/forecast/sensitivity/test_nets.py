import numpy as np
import pytest
from scipy import stats

from forecast.sensitivity.nets import LEAST, NETS, Nets, jackknife, ratios


def _parts(sums):
    return sums[..., 1:] / sums[..., :1]


def test_an_interval_is_student_s_on_one_fewer_than_the_nets_where_the_denominator_is_known():
    rng = np.random.default_rng(3)
    values = rng.normal(size=NETS)
    found = ratios(np.column_stack([np.ones(NETS), values, np.full(NETS, 2.0)]), _parts)
    half = stats.t(NETS - 1).ppf(0.95) * values.std(ddof=1) / np.sqrt(NETS) / 2
    assert found.estimate[0] == pytest.approx(values.mean() / 2)
    assert found.error[0] == pytest.approx(values.std(ddof=1) / np.sqrt(NETS) / 2)
    assert (found.lower[0], found.upper[0]) == (
        pytest.approx(values.mean() / 2 - half),
        pytest.approx(values.mean() / 2 + half),
    )


def test_an_interval_s_ends_are_where_the_difference_is_just_within_its_error():
    rng = np.random.default_rng(4)
    one, other = rng.normal(0.5, 0.4, NETS), rng.normal(1.0, 1.0, NETS)
    found = ratios(np.column_stack([np.ones(NETS), one, other]), _parts)
    for end in (found.lower[0], found.upper[0]):
        off = one - end * other
        assert abs(off.mean()) / (off.std(ddof=1) / np.sqrt(NETS)) == pytest.approx(stats.t(NETS - 1).ppf(0.95))


def test_a_denominator_that_is_not_told_from_nothing_leaves_a_ratio_unknown():
    sums = np.column_stack([np.ones(NETS), np.ones(NETS), np.tile([-1.0, 1.1], NETS // 2)])
    found = ratios(sums, _parts)
    assert (found.lower[0], found.upper[0]) == (-np.inf, np.inf)


def test_intervals_of_a_ratio_hold_nine_times_in_ten_though_the_denominator_is_poorly_known():
    rng, repeats = np.random.default_rng(5), 2000
    drawn = rng.normal([0.3, 1.0], [1.0, 0.8], size=(repeats, NETS, 2))
    hits = 0
    for one in drawn:
        found = ratios(np.column_stack([np.ones(NETS), one]), _parts)
        hits += found.lower[0] <= 0.3 <= found.upper[0]
    assert abs(hits / repeats - 0.9) < 3 * np.sqrt(0.09 / repeats)


def test_what_nets_do_not_show_widens_an_interval():
    sums = np.column_stack([np.ones(NETS), np.zeros(NETS), np.full(NETS, 2.0)])
    assert ratios(sums, _parts).upper[0] == 0.0
    found = ratios(sums, _parts, extra=np.array([0.1]))
    assert found.error[0] == 0.1
    assert found.upper[0] == pytest.approx(stats.t(NETS - 1).ppf(0.95) * 0.1)


def test_the_jackknife_of_a_mean_is_the_standard_error():
    rng = np.random.default_rng(1)
    sums = np.column_stack([np.ones(10), rng.normal(size=10)])
    estimate, error = jackknife(sums, lambda s: s[..., 1:] / s[..., :1])
    assert estimate[0] == pytest.approx(sums[:, 1].mean())
    assert error[0] == pytest.approx(sums[:, 1].std(ddof=1) / np.sqrt(10))


def test_the_jackknife_takes_the_bias_of_a_square_off():
    # The square of a mean is too large by the variance of the mean, and the jackknife takes off exactly that.
    rng = np.random.default_rng(2)
    values = rng.normal(size=12)
    sums = np.column_stack([np.ones(12), values])
    estimate, _ = jackknife(sums, lambda s: (s[..., 1:] / s[..., :1]) ** 2)
    assert estimate[0] == pytest.approx(values.mean() ** 2 - values.var(ddof=1) / 12)


def test_each_net_is_a_net():
    nets = Nets(["a", "b"], 2**12, seed=5)
    for net in range(NETS):
        points = nets.uniforms(net * nets.size, (net + 1) * nets.size)
        assert points.min() > 0.0
        assert points.max() < 1.0
        for row in points:
            # One point in each of as many equal cells as there are points.
            assert np.array_equal(np.sort(np.floor(row * nets.size)), np.arange(nets.size))
        halves = np.floor(points * 16).astype(int)
        assert np.bincount(halves[0] * 16 + halves[1], minlength=256).tolist() == [1] * 256


def test_points_do_not_depend_on_how_they_are_cut_or_on_names_of_others():
    nets = Nets(["a", "b"], LEAST, seed=5)
    whole = nets.uniforms(0, LEAST)
    assert np.array_equal(whole, np.hstack([nets.uniforms(0, 10), nets.uniforms(10, LEAST)]))
    assert np.array_equal(Nets(["a", "c"], LEAST, seed=5).uniforms(0, LEAST)[0], whole[0])
    assert not np.array_equal(Nets(["a", "b"], LEAST, seed=6).uniforms(0, LEAST), whole)


def test_sums_over_nets_of_whole_nets_and_of_parts():
    nets = Nets(["a"], 2**12, seed=1)
    rows = np.arange(2.0 * 2**12).reshape(2, -1)
    truth = rows.reshape(2, NETS, nets.size).sum(axis=2).T
    for size in (nets.size // 2, nets.size, 4 * nets.size):
        found = np.zeros_like(truth)
        for start in range(0, 2**12, size):
            first, part = nets.sums(rows[:, start : start + size], start)
            found[first : first + len(part)] += part
        assert np.array_equal(found, truth)
