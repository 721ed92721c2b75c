import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from forecast.comparison import compare
from forecast.decision.frontier import ON, UNTOLD, frontier_verdicts, undominated
from forecast.decision.reading import load_values
from forecast.decision.tradeoffs import _rows, tradeoffs
from forecast.decision.utility import utility
from forecast.errors import InvalidArgument, UnknownOption, UnknownOutcome
from forecast.estimates import perturbations


def normal(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


def column(*points):
    """Points of options as one case, shape (criterion, option, 1)."""
    return np.array(points, dtype=float).T[:, :, np.newaxis]


def test_a_known_frontier():
    free = undominated(column((0, 3), (1, 2), (1, 1), (2, 0), (0, 0), (1, 2)))[:, 0]
    # Of the two at (1, 2) neither is better by anything.
    assert free.tolist() == [True, True, False, True, False, True]


def test_a_difference_of_rounding_is_no_domination():
    assert undominated(column((0.1 + 0.2, 0.5), (0.3, 0.5))).all()


@given(st.data())
def test_a_frontier_is_never_empty_and_takes_what_wins_under_some_weights(data):
    points = data.draw(st.lists(st.tuples(*[st.integers(0, 4)] * 3), min_size=1, max_size=6))
    scores = column(*points)
    free = undominated(scores)[:, 0]
    assert free.any()
    weights = np.array(data.draw(st.tuples(*[st.integers(1, 9)] * 3)))
    values = weights @ scores[:, :, 0]
    assert free[values == values.max()].all()
    for i in np.flatnonzero(~free):
        assert any(
            (scores[:, j] >= scores[:, i]).all() and (scores[:, j] > scores[:, i]).any() for j in range(len(points))
        )
    order = data.draw(st.permutations(range(len(points))))
    assert undominated(scores[:, order])[:, 0].tolist() == free[list(order)].tolist()


def test_the_probability_of_the_frontier_is_that_of_the_paired_mean():
    z = normal(1, 2, 4000)
    # On one criterion the frontier is the best: the difference has mean about .02 and error .3 / sqrt(4000).
    found = np.array([[z[0], z[0] + 0.3 * z[1] + 0.005]])
    differences = found[0, 1] - found[0, 0]
    expected = norm.cdf(differences.mean() / (differences.std(ddof=1) / np.sqrt(4000)))
    rows = _rows(found, ["a", "b"], ["c"], 0, 0.95)
    # The error of a share of 4,000 draws is .008, and blocks know the spread to 2%.
    assert rows[1].p_frontier == pytest.approx(expected, abs=0.04)
    assert rows[0].p_frontier == pytest.approx(1 - expected, abs=0.04)
    assert rows[1].gain == pytest.approx(differences.mean(), abs=1e-12)
    assert rows[1].gain_error == pytest.approx(differences.std(ddof=1) / np.sqrt(4000), rel=1e-9)
    # Without pairing (a known-bad mutant) the luck that both share would hide which is better.
    mutant = _rows(np.array([[z[0], np.roll(found[0, 1], 1)]]), ["a", "b"], ["c"], 0, 0.95)
    assert abs(mutant[1].p_frontier - expected) > 0.04


def test_twins_never_push_each_other_off():
    z = normal(2, 3, 500)
    found = np.array([[z[0], z[0], z[0] - 1], [z[1], z[1], z[1] - 0.5]])
    rows = _rows(found, ["a", "twin", "worse"], ["c", "d"], 2, 0.95)
    assert [(row.verdict, row.p_frontier, row.share_undominated) for row in rows[::2]] == [
        ("on", 1.0, 1.0),
        ("on", 1.0, 1.0),
        ("off", 0.0, 0.0),
    ]


def worse_everywhere(seed, criteria, behind, worlds=2000):
    """Two options, the second behind on every criterion; shape (criterion, option, world)."""
    z = normal(seed, criteria, 2, worlds)
    return 0.5 + 0.1 * z - behind * np.array([0.0, 1.0])[:, np.newaxis]


@pytest.mark.parametrize(("criteria", "behind"), [(3, 1e-4), (8, 1e-3)])
def test_an_option_that_is_worse_on_everything_is_seldom_said_to_be_on_the_frontier(criteria, behind):
    wrong = mutant = 0
    for seed in range(40):
        found = worse_everywhere(seed, criteria, behind)
        wrong += frontier_verdicts(found, level=0.95)[1] == ON
        apart = found[:, 1] - found[:, 0]
        moved = apart.mean(axis=1) + perturbations(apart)
        mutant += (moved > 0.0).any(axis=1).mean() >= 0.95
    # At most 5% of 40, and three standard errors more.
    assert wrong <= 6
    # The share of draws in which it is undominated (a known-bad mutant) says so far more often.
    assert mutant > 12


def test_few_worlds_are_no_reason_to_be_sure():
    # Of three worlds' errors the normal quantile (a known-bad mutant) makes 28% wrong.
    wrong = sum(
        ON in frontier_verdicts(worse_everywhere(seed, 4, 1e-6, worlds=3), level=0.95)[1:] for seed in range(200)
    )
    assert wrong <= 10 + 3 * np.sqrt(200 * 0.05 * 0.95)


def test_verdicts_are_sure_where_leads_are():
    z = 0.1 * normal(3, 2, 3, 1000)
    # Two lead each other on a criterion each; the third is far behind both, or hardly behind the first.
    lead = np.array([[0.5, 0.3, 0.2], [0.3, 0.5, 0.2]])[:, :, np.newaxis]
    assert frontier_verdicts(z + lead, level=0.95) == ["on", "on", "off"]
    lead[:, 2, 0] = 0.499, 0.299
    assert frontier_verdicts(z + lead, level=0.95) == [UNTOLD, "on", UNTOLD]


def test_what_is_the_same_in_every_world_neither_leads_nor_stands_in_the_way():
    z = normal(4, 3, 400)
    found = np.array([[z[0], z[0], z[0]], [z[1], z[1] + 1.0, z[1] + 1.0], [z[2], z[2], z[2] - 0.1]])
    assert frontier_verdicts(found, level=0.95) == ["off", "on", "off"]
    assert frontier_verdicts(found[:, :1], level=0.95) == ["on"]


def test_the_article(small):
    result = tradeoffs(small)
    frame = result.to_frame()
    values = load_values("balanced")
    assert frame.index.names == ["option", "criterion"]
    assert len(frame) == small.sizes["option"] * len(values.attributes)
    assert set(result.frontier) <= set(small.option.values)
    # Weighing the scores gives the utility.
    weights = dict(zip([a.outcome for a in values.attributes], values.weights, strict=True))
    expected = frame["score"].unstack().mul(weights).sum(axis=1)
    found = utility(small).mean("world").to_series()
    np.testing.assert_allclose(expected[found.index], found, atol=1e-12)
    assert (frame.loc["no_assistance", ["gain", "gain_error"]] == 0.0).all(axis=None)


def test_the_plane_is_that_of_compare_and_of_the_other_picture(small):
    result = tradeoffs(small)
    fighters = compare(small, names=["isis_fighters_end"]).loc["isis_fighters_end"]
    cost = (~small["council_survives"] | small["civil_war_ever"] | small["blowback_ever"]).mean("world").values
    for point, paid in zip(result.plane.points, cost, strict=True):
        assert point.gain == pytest.approx(-fighters.loc[point.option, "difference"], abs=1e-9)
        assert point.gain_error == pytest.approx(fighters.loc[point.option, "difference_error"], rel=1e-9)
        assert point.harm == pytest.approx(paid - cost[0], abs=1e-12)


def test_the_order_of_options_does_not_matter(small):
    plain = tradeoffs(small, by="goal").to_frame()
    turned = tradeoffs(small.isel(option=slice(None, None, -1)), by="goal").to_frame().loc[plain.index]
    numbers = plain.select_dtypes("number").columns
    np.testing.assert_allclose(turned[numbers], plain[numbers], atol=1e-12)
    assert (turned["verdict"] == plain["verdict"]).all()


def test_weights_do_not_matter(small):
    plain = tradeoffs(small, values="balanced").to_frame()
    other = tradeoffs(small, values="state_building_first").to_frame()
    assert plain.equals(other)


def test_goals_are_the_shares_of_their_attributes(small):
    goals, attributes = tradeoffs(small, by="goal").to_frame(), tradeoffs(small).to_frame()
    isis = attributes["score"].unstack()[["isis_fighters_end", "sirte_freed"]].mean(axis=1)
    np.testing.assert_allclose(goals["score"].unstack()["isis"], isis, atol=1e-12)


def test_every_option_has_one_verdict_and_one_label(small):
    result = tradeoffs(small)
    assert sorted(sum(result.verdicts.values(), ())) == sorted(small.option.values)
    assert [text.get_text() for text in result.plot().axes[0].texts] == small.title.values.tolist()


def test_bad_input(small):
    with pytest.raises(UnknownOption, match="baseline"):
        tradeoffs(small, baseline="nothing")
    with pytest.raises(InvalidArgument, match="by"):
        tradeoffs(small, by="option")
    with pytest.raises(InvalidArgument, match="level"):
        tradeoffs(small, level=2.0)
    with pytest.raises(InvalidArgument, match="simulation"):
        tradeoffs(utility(small))
    with pytest.raises(InvalidArgument, match="single world"):
        tradeoffs(small.isel(world=[0]))
    with pytest.raises(UnknownOutcome):
        tradeoffs(small.drop_vars("blowback_ever"))
