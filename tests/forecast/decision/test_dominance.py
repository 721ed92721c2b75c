from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import forecast.decision.dominance as module
from forecast.decision import crossings
from forecast.decision.crossings import crossing
from forecast.decision.dominance import CANNOT_TELL, DOES_NOT, DOMINATES, EQUAL, dominance
from forecast.decision.utility import utility
from forecast.errors import InvalidArgument, UnknownOption


def utilities(**options):
    return xr.DataArray(
        np.array(list(options.values()), dtype=float), dims=("option", "world"), coords={"option": list(options)}
    )


def normal(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


def words(result):
    return {(row.option, row.other): (row.first, row.second) for row in result.rows}


def test_two_even_gambles_of_equal_means():
    result = dominance(utilities(safe=[2, 4], risky=[1, 5]), sampled=False)
    assert words(result) == {("safe", "risky"): (DOES_NOT, DOMINATES), ("risky", "safe"): (DOES_NOT, DOES_NOT)}
    risky = result.rows[1]
    # Under 2 the risky one falls short by 1 half of the time, the safe one by nothing.
    assert (risky.second_violation, risky.second_violation_at) == (0.5, 2.0)
    assert (risky.first_violation, risky.first_violation_at) == (0.5, 1.0)
    assert "exact" in repr(result)


def test_exact_verdicts_on_every_kind():
    result = dominance(utilities(a=[1, 2, 3], b=[3, 1, 2], c=[2, 3, 4], d=[0, 5, 5]), sampled=False)
    found = words(result)
    assert found["a", "b"] == (EQUAL, EQUAL)  # another order of the same three
    assert found["c", "a"] == (DOMINATES, DOMINATES)
    assert found["a", "c"] == (DOES_NOT, DOES_NOT)
    assert found["d", "c"] == (DOES_NOT, DOES_NOT)
    assert found["c", "d"] == (DOES_NOT, DOES_NOT)  # its mean is lower


def exact_by_definition(a, b):
    points = np.union1d(a, b)
    first = [np.mean(a <= z) - np.mean(b <= z) for z in points]
    second = [np.maximum(z - a, 0).mean() - np.maximum(z - b, 0).mean() for z in points]
    return max(first), max(second)


@given(st.data())
def test_exact_violations_are_those_of_the_definition(data):
    size = data.draw(st.integers(1, 6))
    a, b = (np.array(data.draw(st.lists(st.integers(0, 5), min_size=size, max_size=size)), float) for _ in "ab")
    row = dominance(utilities(a=a, b=b), sampled=False).rows[0]
    first, second = exact_by_definition(a, b)
    assert row.first_violation == pytest.approx(max(first, 0.0), abs=1e-12)
    assert row.second_violation == pytest.approx(max(second, 0.0), abs=1e-12)
    assert (row.first == DOES_NOT) == (first > 1e-12)
    assert (row.second == DOES_NOT) == (second > 1e-12)


def test_rounding_is_no_difference():
    result = dominance(utilities(a=[0.1 + 0.2, 1.0], b=[0.3, 1.0]), sampled=False)
    assert words(result)["a", "b"] == (EQUAL, EQUAL)
    result = dominance(utilities(a=[0.1 + 0.2, 1.0], b=[0.3, 1.0]))
    assert words(result)["a", "b"] == (EQUAL, EQUAL)


def test_evidence_in_sampled_worlds():
    z = normal(1, 4, 2000)
    result = dominance(utilities(a=z[0] + 0.5, b=z[0] + 0.1 * z[1], wide=3.0 * z[2], twin=z[3], again=z[3]))
    found = words(result)
    assert found["a", "b"] == (DOMINATES, DOMINATES)
    assert found["b", "a"] == (DOES_NOT, DOES_NOT)
    assert found["b", "wide"][0] == DOES_NOT
    assert found["wide", "b"] == (DOES_NOT, DOES_NOT)
    assert found["a", "wide"] == (DOES_NOT, DOMINATES)
    assert found["twin", "again"] == (EQUAL, EQUAL)
    assert found["twin", "b"] == (CANNOT_TELL, CANNOT_TELL)


def test_yes_or_no_utilities_are_told_by_the_exact_sign_test():
    # 12 worlds only under a, 1 only under b, the rest agree: P(Binomial(13, 1/2) <= 1) = 14 / 8192.
    a, b = np.zeros(200), np.zeros(200)
    a[:12], b[12], a[50:90], b[50:90] = 1.0, 1.0, 1.0, 1.0
    pair = crossing(a, b)
    assert pair.forward["first"].p == pytest.approx(14 / 8192, rel=1e-12)
    assert pair.backward["first"].p == pytest.approx(1 - 1 / 8192, rel=1e-12)
    assert (pair.lower, pair.upper) == (0.0, 1.0)
    row = dominance(utilities(a=a, b=b)).rows[0]
    assert row.first == DOMINATES
    # Never apart is no evidence of anything.
    assert crossing(np.r_[0.0, 1.0, 1.0], np.r_[0.0, 1.0, 1.0]).forward["first"].p == 1.0


def test_second_order_evidence_is_students_t_of_the_worlds_apart():
    a, b = np.r_[np.zeros(30), normal(3, 40)], np.r_[np.zeros(30), normal(4, 40) - 0.5]
    pair = crossing(a, b)
    low, high = pair.lower, pair.upper
    chances = []
    for z in crossings._grids(a, b)[1][1:]:
        apart = np.maximum(z - np.clip(a, low, high), 0) - np.maximum(z - np.clip(b, low, high), 0)
        chances.append(stats.ttest_1samp(apart[apart != 0], 0.0, alternative="less").pvalue)
    assert pair.forward["second"].p == pytest.approx(max(chances), rel=1e-9)


def test_the_range_is_the_middle_of_the_worlds():
    z = normal(5, 2, 10_000)
    row = dominance(utilities(a=z[0], b=z[1])).rows[0]
    # Quantiles .055 and .945 of a normal; the sd of a quantile of 20,000 is sqrt(p q / n) / density = .014.
    assert row.lower == pytest.approx(stats.norm.ppf(0.055), abs=0.07)
    assert row.upper == pytest.approx(stats.norm.ppf(0.945), abs=0.07)


def test_errors_are_those_of_paired_means():
    z = normal(6, 2, 5000)
    row = dominance(utilities(a=z[0], b=z[0] + 0.3 * z[1])).rows[0]
    at = row.first_violation_at
    differences = (z[0] <= at) * 1.0 - (z[0] + 0.3 * z[1] <= at) * 1.0
    assert row.first_violation == pytest.approx(differences.mean(), abs=1e-12)
    assert row.first_violation_error == pytest.approx(differences.std(ddof=1) / np.sqrt(5000), rel=1e-9)
    at = row.second_violation_at
    shortfalls = np.maximum(at - z[0], 0) - np.maximum(at - z[0] - 0.3 * z[1], 0)
    assert row.second_violation == pytest.approx(max(shortfalls.mean(), 0.0), abs=1e-9)


@given(st.permutations(range(4)), st.sampled_from([1.0, 7.0, 1e-3]), st.sampled_from([0.0, -40.0]))
@settings(max_examples=5)
def test_neither_the_order_of_options_nor_unit_nor_origin_matter(order, unit, origin):
    z = normal(7, 5, 300)
    values = np.array([z[0], z[0] + 0.2 + 0.1 * z[4], 2 * z[2], z[3]])
    names = list("abcd")
    plain = words(dominance(utilities(**dict(zip(names, values, strict=True)))))
    moved = {names[i]: unit * values[i] + origin for i in order}
    assert words(dominance(utilities(**moved))) == plain


def test_another_option_changes_no_number_of_a_pair():
    z = normal(8, 3, 400)
    alone = dominance(utilities(a=z[0], b=z[0] + 0.3 * z[1]))
    more = dominance(utilities(a=z[0], b=z[0] + 0.3 * z[1], copy=z[0] - 0.2))
    numbers = [name for name in alone.to_frame().columns if name not in ("first", "second")]
    for pair in (("a", "b"), ("b", "a")):
        left, right = alone.to_frame().loc[pair, numbers], more.to_frame().loc[pair, numbers]
        np.testing.assert_allclose(left.astype(float), right.astype(float), rtol=1e-9, atol=1e-11)


@given(st.integers(0, 10_000))
@settings(max_examples=8)
def test_verdicts_agree_with_each_other(seed):
    z = normal(seed, 5, 200)
    shift = np.random.default_rng(seed + 1).uniform(-0.5, 0.5, 4)[:, None]
    scale = np.random.default_rng(seed + 2).uniform(0.5, 1.5, 4)[:, None]
    found = words(dominance(utilities(**dict(zip("abcd", shift + scale * (z[:4] + z[4]), strict=True))), level=0.5))
    for (one, other), (first, second) in found.items():
        if first == DOMINATES:
            assert second == DOMINATES
        if second == DOES_NOT:
            assert first == DOES_NOT
        if second == DOMINATES:
            assert found[other, one] == (DOES_NOT, DOES_NOT)


def test_moves_are_those_of_the_paired_mean():
    # With yes and no there is one point to look at, so a move is the larger of a standard normal and 0.
    z = normal(9, 3, 4000)
    for other in (z[0] + 0.05, z[1]):
        moves = crossing((z[0] > 0) * 1.0, (other > 0) * 1.0).forward["first"].moves
        # The error of the mean over 4,000 draws is .009, of the spread that was divided by 1000 blocks 2%.
        assert moves.mean() == pytest.approx(1 / np.sqrt(2 * np.pi), abs=0.04)
    # Two that share their worlds are told apart where two that do not are not.
    a, b, stranger = z[0, :300] + 0.3, z[0, :300], z[1, :300]
    assert dominance(utilities(a=a, b=b)).rows[0].second == DOMINATES
    assert dominance(utilities(a=a, b=stranger)).rows[0].second == CANNOT_TELL


def test_a_verdict_can_be_asked_for_and_any_name_be_drawn():
    result = dominance(utilities(**{"a $1$": normal(1, 50), "b": normal(2, 50), "c": normal(3, 50)}))
    result.plot().draw_without_rendering()
    assert result.verdict("b", "c", order="second") == result.to_frame().loc[("b", "c"), "second"]
    with pytest.raises(UnknownOption):
        result.verdict("b", "d")
    with pytest.raises(InvalidArgument, match="itself"):
        result.verdict("b", "b")
    with pytest.raises(InvalidArgument, match="order"):
        result.verdict("b", "c", order="third")


def test_bad_input():
    with pytest.raises(InvalidArgument):
        dominance(utilities(a=[1.0, 2.0]))
    with pytest.raises(InvalidArgument, match="one world"):
        dominance(utilities(a=[1.0], b=[2.0]))
    with pytest.raises(InvalidArgument, match="level"):
        dominance(utilities(a=[1.0, 2.0], b=[2.0, 1.0]), level=1.0)
    for sampled in ("no", 0, None):
        with pytest.raises(InvalidArgument, match="sampled"):
            dominance(utilities(a=[1.0, 2.0], b=[2.0, 1.0]), sampled=sampled)
    assert words(dominance(utilities(a=[1.0], b=[2.0]), sampled=False))["b", "a"] == (DOMINATES, DOMINATES)


def test_the_article(small):
    result = dominance(utility(small, "balanced"))
    options = small.sizes["option"]
    assert len(result.rows) == options * (options - 1)


def bound(repetitions):
    """Most repetitions with a wrong "does not" at level .9, half of whose error is for these, that chance allows."""
    return 0.05 + 2.5 * np.sqrt(0.05 * 0.95 / repetitions)


def ties(seed):
    return utilities(**dict(zip("abcd", normal(50_000 + seed, 4, 100), strict=True)))


def opposites(seed):
    """A fair coin and its other side: one distribution, never the same."""
    heads = (normal(60_000 + seed, 301) > 0) * 1.0
    return utilities(heads=heads, tails=1 - heads)


def share_wrong(case, judge, repetitions):
    """Share of repetitions in which something is said of options that have the same distribution."""
    return np.mean(
        [any(word != CANNOT_TELL for pair in judge(case(seed)) for word in pair) for seed in range(repetitions)]
    )


def judged(u):
    return words(dominance(u, level=0.9)).values()


def each_pair_alone(u):
    """A mutant: judges pairs as if there were no others."""
    names = u.option.values
    pairs = [[one, other] for i, one in enumerate(names) for other in names[i + 1 :]]
    return [pair for chosen in pairs for pair in judged(u.sel(option=chosen))]


def crossing_with_moves_of_strangers(a, b):
    """A mutant: what one option would do in other worlds says nothing of what the other would."""
    honest, strangers = crossing(a, b), crossing(a, np.random.default_rng(1).permutation(b))
    for name in ("forward", "backward"):
        for order in crossings.ORDERS:
            known, other = getattr(honest, name)[order], getattr(strangers, name)[order]
            getattr(honest, name)[order] = replace(known, moves=other.moves * other.scale / known.scale)
    return honest


@pytest.mark.slow
def test_ties_are_called_no_more_often_than_said_and_a_mutant_without_multiplicity_is_caught():
    assert share_wrong(ties, judged, 120) < bound(120)
    assert share_wrong(ties, each_pair_alone, 120) > bound(120)


@pytest.mark.slow
def test_pairing_counts_and_a_mutant_without_it_is_caught(monkeypatch):
    # At the one point of a coin "dominates" needs more evidence than "does not", so it adds nothing.
    assert share_wrong(opposites, judged, 300) < bound(300)
    monkeypatch.setattr(module, "crossing", crossing_with_moves_of_strangers)
    assert share_wrong(opposites, judged, 300) > bound(300)


@pytest.mark.slow
def test_known_verdicts_are_found_and_their_opposites_are_not():
    wrong, found = 0, 0
    for seed in range(60):
        z = normal(70_000 + seed, 3, 400)
        # better > base at both orders; wide has the higher mean and the fatter tail, so nothing is between it and base.
        u = utilities(base=z[0], better=z[0] + 0.4 + 0.3 * z[1], wide=0.3 + 2.5 * z[2])
        said = words(dominance(u, level=0.9))
        found += said["better", "base"] == (DOMINATES, DOMINATES)
        false = [
            said["better", "base"][0] == DOES_NOT,
            said["base", "better"][0] == DOMINATES,
            said["base", "better"][1] == DOMINATES,
            DOMINATES in said["wide", "base"] + said["base", "wide"],
            DOMINATES in said["wide", "better"] or said["better", "wide"][0] == DOMINATES,
            said["better", "wide"][1] == DOES_NOT,
        ]
        wrong += any(false)
    assert wrong / 60 < 0.1 + 2.5 * 0.04
    assert found > 48
