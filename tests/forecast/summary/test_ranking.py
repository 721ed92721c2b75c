"""The rule that stops a run: closed forms, and how often it claims what is not so."""

import math

import numpy as np
import pytest
from scipy.stats import binomtest, norm

from forecast.errors import InvalidArgument, UnknownOutcome
from forecast.libya.world import LIBYA
from forecast.summary import ranking
from forecast.summary.moments import ExactPairs
from forecast.summary.parts import Events
from forecast.summary.ranking import LEAST_DIFFERING, LEAST_WORLDS, rank, spent
from forecast.summary.summary import Summary

AB = ("a", "b")


BETTER = {name: outcome.better for name, outcome in LIBYA.outcomes.items() if outcome.better}


def events(*rows, name="stable_success"):
    return Summary.of(LIBYA, {}, {name: np.array(rows, dtype=bool)})


def numbers(*rows, name="oil_output_end"):
    return Summary.of(LIBYA, {}, {name: np.array(rows, dtype=float)})


# Closed forms


def test_what_looks_spend_adds_up_to_the_level():
    assert sum(3 * spent(0.95, look, 4) for look in range(1, 100_000)) == pytest.approx(0.05, rel=1e-4)
    assert spent(0.95, 1, 2) == pytest.approx(0.025)


def test_events_are_told_apart_by_the_exact_test():
    one = [True] * 40 + [False] * 60
    other = [False] * 25 + [True] * 15 + [True] * 5 + [False] * 55
    found = rank(events(one, other), outcome="stable_success", options=AB)
    rival = found.rivals[0]
    assert rival.differing == 30
    assert rival.p_value == pytest.approx(binomtest(25, 30).pvalue)
    assert found.difference == pytest.approx(0.2)
    assert found.error == pytest.approx(math.sqrt((0.3 - 0.04) * 100 / 99 / 100))
    assert found.resolved
    assert (found.best, found.rival, found.better) == ("a", "b", "higher")
    assert not rank(events(one, other), outcome="stable_success", options=AB, look=40).resolved
    turned = rank(events(one, other, name="pyrrhic"), outcome="pyrrhic", options=AB)
    assert (turned.best, turned.resolved) == ("b", True)
    assert turned.difference == pytest.approx(-0.2)


def test_means_are_told_apart_by_their_paired_difference():
    rng = np.random.default_rng(1)
    base = rng.normal(400, 100, 5000)
    better = base + rng.normal(0.3, 5, 5000)
    found = rank(numbers(base, better), outcome="oil_output_end", options=AB)
    difference = better - base
    t = difference.mean() / (difference.std(ddof=1) / math.sqrt(5000))
    assert found.best == "b"
    assert found.difference == pytest.approx(difference.mean())
    # Next to no skewness to mend, and what there is makes it only harder.
    assert 2 * norm.sf(t) * (1 - 1e-9) <= found.rivals[0].p_value < 1.3 * 2 * norm.sf(t)
    assert found.resolved


@pytest.mark.parametrize("turn", [1, -1])
@pytest.mark.parametrize("order", [1, -1])
def test_rare_large_losses_make_a_claim_harder(turn, order):
    """The same mean and error, but the skewness against the best: whichever way better is, and whoever comes first."""
    rng = np.random.default_rng(2)
    gain = np.where(rng.random(20_000) < 0.1, -rng.lognormal(1, 1, 20_000), 0.55)
    worlds = 500 + turn * np.stack([np.zeros(20_000), gain])[::order]
    name = "oil_output_end" if turn == 1 else "isis_fighters_end"
    found = rank(numbers(*worlds, name=name), outcome=name, options=AB)
    if found.best != AB[::order][1]:
        pytest.fail("the seed gives a gain")
    t = abs(found.difference) / found.error
    g = float(((gain - gain.mean()) ** 3).mean() / gain.std() ** 3 / math.sqrt(20_000))
    mended = t + g / 3 * t**2 + g**2 / 27 * t**3 + g / 6
    assert mended < t
    assert found.rivals[0].p_value == pytest.approx(2 * norm.sf(mended), rel=0.02)


def test_few_worlds_or_few_that_differ_settle_no_mean():
    few = numbers(np.zeros(LEAST_WORLDS - 1), np.arange(1.0, LEAST_WORLDS))
    found = rank(few, outcome="oil_output_end", options=AB)
    assert (found.best, found.resolved) == ("b", False)
    assert "4,096" in found.rivals[0].why
    rare = np.zeros(100_000)
    rare[: LEAST_DIFFERING - 1] = 7.0
    found = rank(numbers(np.zeros(100_000), rare), outcome="oil_output_end", options=AB)
    assert not found.resolved
    assert "differ in fewer than 1,000" in found.rivals[0].why
    rare[: LEAST_DIFFERING + 1] = 7.0
    assert rank(numbers(np.zeros(100_000), rare), outcome="oil_output_end", options=AB).resolved


def test_options_that_never_differ_are_named_and_never_resolved():
    rng = np.random.default_rng(3)
    low, high = rng.random(9000) < 0.2, rng.random(9000) < 0.9
    found = rank(events(high, low, high), outcome="stable_success", options=("x", "y", "z"))
    assert (found.best, found.rival, found.resolved) == ("x", "z", False)
    assert found.equal == (("x", "z"),)
    assert found.to_frame().loc["z", "why"] == "the same in every world so far"
    assert found.to_frame().loc["y", "told_apart"]
    # Two that are equal and behind do not stand in the way.
    found = rank(events(low, high, low), outcome="stable_success", options=("x", "y", "z"))
    assert found.resolved
    assert found.equal == (("x", "z"),)


def test_the_order_of_options_does_not_matter():
    rng = np.random.default_rng(4)
    rows = rng.normal(0, 30, (4, 6000)) + np.array([[400.0], [401.5], [404.0], [403.0]])
    names = np.array(["a", "b", "c", "d"])
    found = rank(numbers(*rows), outcome="oil_output_end", options=list(names))
    for order in ([3, 1, 0, 2], [2, 3, 1, 0]):
        again = rank(numbers(*rows[order]), outcome="oil_output_end", options=list(names[order]))
        assert (again.best, again.rival, again.resolved) == (found.best, found.rival, found.resolved)
        frame = found.to_frame()
        np.testing.assert_allclose(again.to_frame().loc[frame.index, "p_value"], frame["p_value"], rtol=1e-3)


def test_one_line_and_a_table():
    found = rank(events([1] * 300 + [0] * 700, [0] * 1000), outcome="stable_success", options=AB, look=2)
    assert repr(found) == (
        "<Ranking by stable_success: a over b by 30.0 ± 1.4 %, resolved at 95% (look 2, 1,000 worlds)>"
    )
    assert list(found.to_frame().columns) == ["difference", "error", "p_value", "differing", "told_apart", "why"]
    assert found.to_frame().attrs["best"] == "a"


# How often it is wrong


def cells(rng, worlds, chances):
    """Sums of independent yes/no outcomes without drawing every world: one multinomial over all combinations."""
    options = len(chances)
    combinations = np.array(list(np.ndindex(*[2] * options)))
    odds = np.prod(np.where(combinations == 1, chances, 1 - np.array(chances)), axis=1)
    counts = rng.multinomial(worlds, odds)
    products = (combinations * counts[:, None]).T @ combinations
    happened = np.broadcast_to(np.diagonal(products)[:, None], products.shape).copy()
    return ExactPairs(np.full((options, options), worlds), happened, happened.copy(), products)


def wrong_claims(rng, chances, *, repetitions, looks=5, worlds=4096):
    """Share of runs that at some look claim a best option that is not alone the best."""
    options = [str(chance) for chance in range(len(chances))]
    best = [i for i, chance in enumerate(chances) if chance == max(chances)]
    wrong = 0
    for _ in range(repetitions):
        so_far = None
        for look in range(1, looks + 1):
            part = Summary(worlds, 0, {}, {"stable_success": Events(cells(rng, worlds, chances))}, {}, LIBYA)
            so_far = part if so_far is None else so_far.merge(part)
            found = rank(so_far, outcome="stable_success", options=options, look=look)
            if found.resolved:
                wrong += len(best) > 1 or int(found.best) != best[0]
                break
    return wrong / repetitions


def most(share, repetitions):
    """Three standard errors above a share."""
    return share + 3 * math.sqrt(share * (1 - share) / repetitions)


@pytest.mark.slow
@pytest.mark.parametrize("chances", [(0.3, 0.3), (0.3, 0.3, 0.1), (0.2, 0.2, 0.2), (0.3, 0.2985, 0.2985)])
def test_wrong_claims_are_as_rare_as_promised(chances):
    rate = wrong_claims(np.random.default_rng(5), chances, repetitions=700)
    assert rate <= most(0.05, 700)


@pytest.mark.slow
def test_looking_again_without_paying_for_it_would_be_noticed(monkeypatch):
    """A known-bad mutant: every look spends the whole."""
    monkeypatch.setattr(ranking, "spent", lambda level, look, options: (1 - level) / (options - 1))
    assert wrong_claims(np.random.default_rng(5), (0.3, 0.3), repetitions=700) > most(0.05, 700)


@pytest.mark.slow
def test_wrong_claims_from_means_are_as_rare_as_promised():
    rng, repetitions, looks = np.random.default_rng(6), 300, 4

    def rate():
        wrong = 0
        for _ in range(repetitions):
            so_far = None
            for look in range(1, looks + 1):
                part = numbers(*(300 + rng.normal(size=(2, 4096))))
                so_far = part if so_far is None else so_far.merge(part)
                if rank(so_far, outcome="oil_output_end", options=AB, look=look).resolved:
                    wrong += 1
                    break
        return wrong / repetitions

    assert rate() <= most(0.05, repetitions)


def test_a_clear_best_is_found_soon():
    rng = np.random.default_rng(7)
    found = [
        rank(
            Summary(8192, 0, {}, {"stable_success": Events(cells(rng, 8192, (0.3, 0.25, 0.2)))}, {}, LIBYA),
            outcome="stable_success",
            options="abc",
            look=2,
        )
        for _ in range(50)
    ]
    # Five points are seven standard errors.
    assert sum(one.resolved and one.best == "a" for one in found) >= 49


# Directions and bad input


def test_directions_are_of_outcomes_that_every_world_has():
    assert set(BETTER) <= set(LIBYA.outcomes)
    assert set(BETTER.values()) == {"higher", "lower"}
    assert not any(LIBYA.outcomes[name].unit == "month" for name in BETTER)
    for name, better in {
        "isis_fighters_end": "lower",
        "stable_success": "higher",
        "pyrrhic": "lower",
        "clashes_total": "lower",
        "oil_output_end": "higher",
        "council_survives": "higher",
    }.items():
        assert BETTER[name] == better


@pytest.mark.parametrize(
    ("kwargs", "error", "hint"),
    [
        ({"outcome": "stable_sucess"}, UnknownOutcome, "stable_success"),
        ({"outcome": "first_month_seated"}, InvalidArgument, "which way"),
        ({"outcome": "pyrrhic"}, InvalidArgument, "has no pyrrhic"),
        ({"better": "more"}, InvalidArgument, "'higher' or 'lower'"),
        ({"options": ("a",)}, InvalidArgument, "2 were run"),
        ({"options": ("a", "b", "c")}, InvalidArgument, "2 were run"),
        ({"look": 0}, InvalidArgument, "look"),
        ({"look": 1.5}, InvalidArgument, "look"),
        ({"level": 1.0}, InvalidArgument, "level"),
        ({"level": 95}, InvalidArgument, "level"),
        ({"level": True}, InvalidArgument, "level"),
    ],
)
def test_bad_input_is_refused_with_a_hint(kwargs, error, hint):
    made = events([True, False], [False, False])
    with pytest.raises(error, match=hint) as caught:
        rank(made, **({"outcome": "stable_success", "options": AB} | kwargs))
    assert caught.value.mend


def test_one_option_has_no_rank():
    with pytest.raises(InvalidArgument, match="several options"):
        rank(events([True, False]), outcome="stable_success", options=("a",))
