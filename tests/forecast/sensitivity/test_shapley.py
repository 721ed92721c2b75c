from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri

import priors
from forecast.errors import InvalidArgument
from forecast.libya.state import Parameters
from forecast.sensitivity.inputs import read_inputs
from forecast.sensitivity.permutations import Permutations
from forecast.sensitivity.permuted import permuted
from forecast.sensitivity.shapley import shapley
from forecast.sensitivity.sobol import sobol
from tests.forecast.sensitivity.noisy import ISHIGAMI, PI_BOUNDS, PRODUCT, UNIT_BOUNDS, coin, ishigami, product


def near(result, truths, errors=4.0):
    rows = result.to_frame().set_index("parameter")
    for name, truth in truths.items():
        assert abs(rows.loc[name, "estimate"] - truth) < errors * rows.loc[name, "error"] + 1e-9, name
        assert rows.loc[name, "error"] < 0.03


def gaussian(**sds):
    """Independent normals by the names and standard deviations given, about 0."""
    made = {name: priors.elicit("Normal", parameters={"mu": 0.0, "sigma": sd}) for name, sd in sds.items()}
    return priors.PriorSet(made, name="gaussian")


@pytest.mark.parametrize(
    ("function", "bounds", "truth"), [(ishigami, PI_BOUNDS, ISHIGAMI), (product, UNIT_BOUNDS, PRODUCT)]
)
def test_known_answers(function, bounds, truth):
    result = shapley(bounds, function, n=2**13)
    near(result, dict(zip(bounds, truth["shapley"], strict=True)))
    assert result.to_frame()["estimate"].sum() == pytest.approx(1.0, abs=0.02)


def test_the_luck_of_worlds_is_no_parameter_s_doing():
    study = coin(lambda x: 0.1 + 0.25 * (x[0] * x[1] + x[2]), lucks=tuple(range(8)), seed=3)
    result = permuted(study, "parameter", {name: (name,) for name in UNIT_BOUNDS}, 2**14)
    near(result, dict(zip(UNIT_BOUNDS, PRODUCT["shapley"], strict=True)))
    variance = 0.25**2 * 19 / 144
    mean = 0.1 + 0.25 * 0.75
    assert abs(result.luck - (1 - variance / (mean * (1 - mean)))) < 4 * result.luck_error


@pytest.mark.parametrize("rho", [-0.7, 0.0, 0.5, 0.9])
def test_two_that_go_together_share_what_they_have_in_common(rho):
    # Owen & Prieur (2017), section 3: of b1 x1 + b2 x2, x1 gets b1^2 (1 - rho^2 / 2) + b1 b2 rho + b2^2 rho^2 / 2.
    beliefs = gaussian(one=1.0, two=2.0, three=0.5)
    if rho:
        beliefs = beliefs.correlate("one", "two", rho, reason="to see")
    variance = 1 + 4 + 2 * rho * 2 + 0.25
    own = 1 - rho**2 / 2 + 2 * rho + 4 * rho**2 / 2
    result = shapley(beliefs, lambda x: x.one + x.two + x.three, n=2**14)
    near(result, {"one": own / variance, "three": 0.25 / variance, "two": 1 - (own + 0.25) / variance})


def test_what_acts_through_another_alone_still_has_a_share():
    # b1 = 0: x1 tells about x2 by rho, and so earns rho^2 / 2. A Sobol' total that ignores the tie gives it nothing.
    beliefs = gaussian(one=1.0, two=1.0).correlate("one", "two", 0.8, reason="to see")
    near(shapley(beliefs, lambda x: x.two, n=2**13), {"one": 0.32, "two": 0.68})


def test_three_that_go_together_against_every_order_by_hand():
    # Of a linear function of normals, knowing the set u leaves b' (S - S_u S_uu^-1 S_u') b.
    rho = {("a", "b"): 0.6, ("b", "c"): -0.4, ("a", "c"): 0.2}
    weights = np.array([1.0, 0.5, 2.0])
    beliefs = gaussian(a=1.0, b=1.0, c=1.0)
    covariance = np.eye(3)
    for (one, other), value in rho.items():
        beliefs = beliefs.correlate(one, other, value, reason="to see")
        i, j = "abc".index(one), "abc".index(other)
        covariance[i, j] = covariance[j, i] = value

    def told(known):
        part = covariance[:, known]
        return weights @ part @ np.linalg.solve(covariance[np.ix_(known, known)], part.T @ weights) if known else 0.0

    from itertools import permutations

    truth = np.zeros(3)
    for order in permutations(range(3)):
        for step in range(3):
            truth[order[step]] += told(sorted(order[: step + 1])) - told(sorted(order[:step]))
    truth /= 6 * told([0, 1, 2])

    def linear(x):
        return weights[0] * x.a + weights[1] * x.b + weights[2] * x.c

    result = shapley(beliefs, linear, n=2**14)
    near(result, dict(zip("abc", truth, strict=True)))
    # Two of them as a group: the same game with two players.
    pair = (told([0, 1]) + told([0, 1, 2]) - told([2])) / 2 / told([0, 1, 2])
    grouped = shapley(beliefs, linear, n=2**14, groups={"ab": ["a", "b"]})
    near(grouped, {"ab": pair, "c": 1 - pair})


def test_a_walk_begins_at_one_point_and_ends_at_the_other(article):
    inputs = read_inputs(article)
    groups = [(name,) for name in sorted(inputs.names)]
    rng = np.random.default_rng(3)
    first, other = rng.random((2, len(inputs.names), 50))
    order = np.argsort(rng.random((len(groups), 50)), axis=0)
    permutations = Permutations(inputs, groups, first, other, order)
    tied = {name for names in inputs.tied for name in names}
    loose = [place for place, name in enumerate(inputs.parameters) if name not in tied]
    begun = permutations.matrix
    assert np.array_equal(begun[loose], inputs.values(first)[loose])
    before = begun
    for step in range(len(groups)):
        after = permutations.advance(step)
        for world in range(50):
            changed = {inputs.names[place] for place in np.flatnonzero(after[:, world] != before[:, world])}
            moved = groups[order[step, world]][0]
            # The one that moves, and of what it is tied to only what has moved before.
            done = {groups[number][0] for number in order[: step + 1, world]}
            # A structure has few values, so it may move to where it was.
            assert moved in changed or article[moved].family in ("Bernoulli", "Categorical")
            assert changed <= done
        before = after
    assert np.array_equal(before[loose], inputs.values(other)[loose])


def test_points_of_a_walk_have_the_beliefs_own_distribution(article):
    # After any number of moves a point is a draw of the beliefs, ties included.
    inputs = read_inputs(article.only(["hor_hazard", "gnc_hazard", "seating_hazard", "collapse_hazard"]))
    rng = np.random.default_rng(5)
    groups = [(name,) for name in inputs.names]
    first, other = rng.random((2, 4, 40_000))
    order = np.argsort(rng.random((4, 40_000)), axis=0)
    permutations = Permutations(inputs, groups, first, other, order)
    wanted = inputs.correlation(np.arange(4))
    for step in (None, 0, 1, 2, 3):
        if step is not None:
            permutations.advance(step)
        rows = zip(inputs.names, permutations.matrix, strict=True)
        scores = np.array([ndtri(inputs.beliefs[name].cdf(row)) for name, row in rows])
        assert np.allclose(np.corrcoef(scores), wanted, atol=0.025)


def test_without_ties_and_pairs_it_is_the_first_index():
    def additive(x):
        return 2 * x.x0 + x.x1 + 0 * x.x2

    share, first = shapley(UNIT_BOUNDS, additive, n=2**10), sobol(UNIT_BOUNDS, additive, n=2**10)
    near(share, {"x0": 0.8, "x1": 0.2, "x2": 0.0})
    near(replace(first, rows=tuple(r for r in first.rows if r.kind == "first")), {"x0": 0.8})
    assert {row.parameter: row.error for row in share.rows}["x2"] == 0.0


@pytest.mark.slow
def test_the_article(article):
    result = shapley(article, "isis_fighters_end", n=2**8, months=6, luck=2, progress=False)
    frame = result.to_frame()
    assert set(frame["parameter"]) == set(Parameters._fields)
    assert abs(frame["estimate"].sum() - 1.0) < 0.2
    assert frame.iloc[0]["parameter"] in ("isis_fighters", "isis_growth", "isis_inflow")
    assert result.plot(most=6).axes
    by = shapley(article, "isis_fighters_end", n=2**8, months=6, luck=2, groups="mechanisms", progress=False)
    assert "isis" in set(by.to_frame()["parameter"])


@settings(max_examples=15)
@given(names=st.permutations(["x0", "x1", "x2"]))
def test_the_order_of_parameters_changes_nothing(names):
    one = shapley(UNIT_BOUNDS, product, n=2**8)
    other = shapley({name: UNIT_BOUNDS[name] for name in names}, product, n=2**8)
    assert np.allclose(one.to_frame()["estimate"], other.to_frame()["estimate"], rtol=1e-12)
    assert [row.parameter for row in one.rows] == [row.parameter for row in other.rows]


def test_what_is_refused(article):
    with pytest.raises(InvalidArgument, match="rest on several claims"):
        shapley(article, "stable_success", groups="claims")
    with pytest.raises(InvalidArgument, match="share 'x1'"):
        shapley(UNIT_BOUNDS, product, groups={"a": ["x0", "x1"], "b": ["x1"]})
    with pytest.raises(InvalidArgument, match="a group called 'x2'"):
        shapley(UNIT_BOUNDS, product, groups={"x2": ["x0", "x1"]})
    with pytest.raises(InvalidArgument, match="power of two"):
        shapley(UNIT_BOUNDS, product, n=300)


@pytest.mark.slow
def test_intervals_hold_the_truth_nine_times_in_ten():
    repeats, hits = 240, np.zeros((2, 3))
    for seed in range(repeats):
        results = (
            shapley(PI_BOUNDS, ishigami, n=2**10, seed=seed),
            permuted(
                coin(
                    lambda x: 0.1 + 0.4 * (x[0] * x[1] + x[2]),
                    lucks=tuple(10 * seed + k for k in range(4)),
                    seed=seed,
                ),
                "parameter",
                {name: (name,) for name in UNIT_BOUNDS},
                2**11,
            ),
        )
        for which, (result, truth) in enumerate(zip(results, (ISHIGAMI, PRODUCT), strict=True)):
            for row in result.rows:
                place = int(row.parameter[1:])
                hits[which, place] += row.lower <= truth["shapley"][place] <= row.upper
    assert np.all(np.abs(hits / repeats - 0.9) < 3.5 * np.sqrt(0.09 / repeats)), hits / repeats


def test_neither_the_order_of_members_nor_a_group_s_name_changes_anything():
    one = shapley(UNIT_BOUNDS, product, n=2**8, groups={"g": ["x0", "x1"]})
    for groups in ({"g": ["x1", "x0"]}, {"zz": ["x0", "x1"]}):
        other = shapley(UNIT_BOUNDS, product, n=2**8, groups=groups)
        assert [row.estimate for row in one.rows] == [row.estimate for row in other.rows]


@pytest.mark.slow
def test_an_error_is_nothing_only_where_no_state_of_any_world_changes(article):
    result = shapley(article, "sirte_freed", n=2**8, months=12, luck=8, progress=False)
    rows = result.to_frame().set_index("parameter")
    # There is no training under the regional centres; blowback hardly ever decides who holds Sirte, but it can.
    assert tuple(rows.loc["train_hold", ["estimate", "error"]]) == (0.0, 0.0)
    assert rows.loc["blowback_hazard", "error"] > 0.0
    assert 0 < (rows["error"] == 0.0).sum() < 60


def test_a_member_of_a_pool_is_a_player_of_its_own():
    both = priors.pool({"sure": gaussian(x=1.0), "unsure": gaussian(x=2.0)})
    result = shapley(both, lambda w: w.x, n=2**13)
    # x = s z with s of 1 or 2 at even odds: knowing s alone tells nothing, z alone the share E[s]^2 / E[s^2].
    told = 1.5**2 / 2.5
    near(result, {"x": (1 + told) / 2, "whose_beliefs": (1 - told) / 2})
