import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

import forecast
import priors
from forecast.errors import InvalidArgument, UnknownArgument, UnknownOutcome, UnknownPrior
from forecast.libya.state import Parameters
from forecast.schema import WHOSE
from forecast.sensitivity.moments import cross
from forecast.sensitivity.pick_freeze import _crossed, pick_freeze
from forecast.sensitivity.sobol import sobol
from tests.forecast.sensitivity.noisy import (
    ISHIGAMI,
    PI_BOUNDS,
    PRODUCT,
    UNIT_BOUNDS,
    Coin,
    coin,
    ishigami,
    product,
    sobol_g,
)

TOLERANCE = 4.0
"""Errors that an estimate may be from the truth: by chance about once in a thousand, and seeds are fixed."""


def table(result):
    return result.to_frame().set_index(["kind", "parameter"])


def near(result, kind, truths):
    rows = table(result).loc[kind]
    for name, truth in truths.items():
        assert abs(rows.loc[name, "estimate"] - truth) < TOLERANCE * rows.loc[name, "error"] + 1e-9, (kind, name)
        assert rows.loc[name, "error"] < 0.02


@pytest.mark.parametrize(
    ("function", "bounds", "truth"), [(ishigami, PI_BOUNDS, ISHIGAMI), (product, UNIT_BOUNDS, PRODUCT)]
)
def test_known_answers(function, bounds, truth):
    result = sobol(bounds, function, n=2**13, second=True)
    for kind in ("first", "total"):
        near(result, kind, dict(zip(bounds, truth[kind], strict=True)))
    # With three inputs, of which no more than two act together, a total is a first and its pairs.
    pairs = {"x0 x x1": 0.0, "x0 x x2": 0.0, "x1 x x2": 0.0}
    pairs |= {"x0 x x2": ISHIGAMI["total"][2]} if function is ishigami else {"x0 x x1": 1 / 19}
    near(result, "second", pairs)


def test_g_function_of_eight_and_of_twenty():
    result = sobol({f"x{i}": (0.0, 1.0) for i in range(8)}, sobol_g([0, 1, 4.5, 9, 99, 99, 99, 99]), n=2**14)
    near(result, "first", {"x0": 0.716192, "x1": 0.179048, "x2": 0.023676, "x3": 0.007162, "x7": 0.000072})
    near(result, "total", {"x0": 0.787144, "x1": 0.242198, "x2": 0.034317, "x3": 0.010460, "x7": 0.000105})
    result = sobol(
        {f"x{i:02}": (0.0, 1.0) for i in range(20)}, sobol_g([0, 0.5, 1, 2, 3] + [9] * 5 + [99] * 10), n=2**14
    )
    near(result, "first", {"x00": 0.424227, "x01": 0.188545, "x02": 0.106057, "x07": 0.004242, "x19": 0.000042})
    near(result, "total", {"x00": 0.568170, "x01": 0.293249, "x02": 0.174822, "x07": 0.007550, "x19": 0.000076})


def test_luck_is_no_parameter_s_doing():
    # P = .1 + .25 (x0 x1 + x2): the indices of P, and of the event's variance the rest is luck.
    study = coin(lambda x: 0.1 + 0.25 * (x[0] * x[1] + x[2]), lucks=tuple(range(8)), seed=3)
    result = pick_freeze(study, "parameter", {name: (name,) for name in UNIT_BOUNDS}, 2**14, second=False)
    for kind in ("first", "total"):
        rows = table(result).loc[kind]
        for name, truth in zip(UNIT_BOUNDS, PRODUCT[kind], strict=True):
            assert abs(rows.loc[name, "estimate"] - truth) < TOLERANCE * rows.loc[name, "error"]
            assert rows.loc[name, "error"] < 0.05
    mean = 0.1 + 0.25 * 0.75
    variance = 0.25**2 * 19 / 144
    luck = 1 - variance / (mean * (1 - mean))
    assert abs(result.luck - luck) < TOLERANCE * result.luck_error
    assert result.luck_error < 0.01
    assert abs(result.own_sd - variance**0.5) < TOLERANCE * result.own_sd_error
    assert result.own_sd_error < 0.01
    # Luck, sd and spread say one thing, but for the jackknife's correction of each.
    assert result.own_sd == pytest.approx(result.sd * np.sqrt(1 - result.luck), rel=1e-4)


def test_a_product_over_the_same_luck_would_count_luck_in():
    rng = np.random.default_rng(1)
    chance = 0.3
    events = (rng.random((2, 20_000)) < chance).astype(float)
    assert cross(events, events).mean() == pytest.approx(chance**2, abs=0.02)
    assert (events[0] * events[0]).mean() == pytest.approx(chance, abs=0.02)
    assert np.allclose(cross(events[:1], events[:1]), events[0])


def test_a_parameter_that_changes_nothing_has_exactly_nothing():
    study = coin(lambda x: 0.2 + 0.5 * x[0], lucks=(1, 2, 3))
    groups = {name: (name,) for name in UNIT_BOUNDS}
    rows = table(pick_freeze(study, "parameter", groups, 2**12, second=True))
    for kind, name in [("first", "x1"), ("total", "x1"), ("second", "x0 x x1"), ("second", "x1 x x2")]:
        assert tuple(rows.loc[(kind, name), ["estimate", "error", "lower", "upper"]]) == (0.0, 0.0, 0.0, 0.0)


def test_the_order_of_parameters_changes_nothing():
    there = table(sobol(PI_BOUNDS, ishigami, n=2**9, second=True))
    back = table(sobol(dict(reversed(PI_BOUNDS.items())), ishigami, n=2**9))
    for kind in ("first", "total"):
        for name in PI_BOUNDS:
            assert there.loc[(kind, name), "estimate"] == pytest.approx(back.loc[(kind, name), "estimate"], rel=1e-12)


def test_what_varies_came_second_until_lately(article):
    with pytest.warns(DeprecationWarning, match="what varies comes first") as warned:
        before = sobol(product, UNIT_BOUNDS, n=2**8)
    assert warned[0].filename == __file__
    assert before.rows == sobol(UNIT_BOUNDS, product, n=2**8).rows
    small = {"n": 2**8, "groups": "mechanisms", "luck": 2}
    quantity = forecast.Quantity("isis_fighters_end", option="airstrikes")
    how = forecast.Settings(months=6, seed=2, progress=False)
    now = sobol(article, quantity, **small, settings=how)
    assert (now.about.title, now.about.of, now.about.months, now.about.seed) == (quantity.title, quantity.of, 6, 2)
    parts = {"option": "airstrikes", "months": 6, "seed": 2, "threads": 1, "progress": False}
    assert now.rows == sobol(article, outcome="isis_fighters_end", **small, **parts).rows
    with pytest.warns(DeprecationWarning, match="what varies"):
        assert now.rows == sobol(quantity, article, **small, settings=how).rows


def test_units_change_nothing():
    one = sobol(PI_BOUNDS, ishigami, n=2**9)
    other = sobol(PI_BOUNDS, lambda x: 1e6 + 1e3 * ishigami(x), n=2**9)
    assert np.allclose(one.to_frame()["estimate"], other.to_frame()["estimate"], atol=1e-6)


def test_a_group_is_its_members_together():
    result = sobol(UNIT_BOUNDS, product, n=2**12, groups={"product": ["x0", "x1"], "rest": ["x2"]}, second=True)
    near(result, "first", {"product": 7 / 19, "rest": 12 / 19})
    near(result, "total", {"product": 7 / 19, "rest": 12 / 19})
    near(result, "second", {"product x rest": 0.0})


def test_groups_may_overlap_but_not_in_pairs():
    groups = {"one": ["x0", "x1"], "two": ["x1", "x2"]}
    rows = table(sobol(UNIT_BOUNDS, product, n=2**10, groups=groups))
    assert rows.loc[("total", "two"), "estimate"] == pytest.approx(16 / 19, abs=0.03)
    with pytest.raises(InvalidArgument, match="share 'x1'"):
        sobol(UNIT_BOUNDS, product, n=2**10, groups=groups, second=True)


@pytest.fixture(scope="module")
def success(article):
    return sobol(article, "stable_success", n=2**8, luck=8, months=12, progress=False)


@pytest.mark.slow
def test_what_goes_together_is_moved_together(success, article):
    names = set(success.to_frame()["parameter"])
    assert "collapse_hazard + gnc_hazard + hor_hazard + seating_hazard" in names
    assert not names & {"gnc_hazard", "isis_ceiling"}
    members = [part for name in names for part in name.split(" + ")]
    assert sorted(members) == sorted(Parameters._fields)


def test_what_an_option_does_not_use_has_nothing(success):
    rows = table(success)
    assert rows.loc[("total", "train_hold"), "error"] == 0.0
    assert 0.5 < success.luck < 1.0


def test_mechanisms_and_claims(article):
    by_mechanism = sobol(article, "isis_fighters_end", n=2**8, months=6, groups="mechanisms", progress=False)
    assert {"assault", "collapse"} <= set(by_mechanism.to_frame()["parameter"])
    by_claim = sobol(article, "isis_fighters_end", n=2**8, months=6, groups="claims", progress=False)
    assert dict(by_claim.meanings)["P54"]


@pytest.mark.slow
def test_whose_beliefs_is_an_input_of_a_pool():
    pooled = priors.load("pooled")
    result = sobol(pooled, "isis_fighters_end", n=2**8, luck=4, months=6, progress=False)
    rows = table(result)
    assert rows.loc[("total", WHOSE), "estimate"] > 3 * rows.loc[("total", WHOSE), "error"] > 0.0


def test_a_function_of_beliefs(article):
    few = article.only(["isis_fighters", "isis_ceiling", "isis_growth"])
    seen = []

    def growth(beliefs: xr.Dataset) -> xr.DataArray:
        seen.append(beliefs)
        return np.log(beliefs.isis_fighters) + beliefs.isis_growth

    result = sobol(few, growth, n=2**8)
    assert seen[0].isis_fighters.attrs["units"] == article["isis_fighters"].unit
    assert set(result.to_frame()["parameter"]) == {"isis_ceiling + isis_fighters", "isis_growth"}
    assert np.isnan([result.luck, result.own_sd, result.own_sd_error]).all()
    assert "luck" not in repr(result)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"n": 1000}, "power of two"),
        ({"n": 128}, "whole number from 256"),
        ({"n": True}, "whole number"),
        ({"seed": -1}, "seed"),
        ({"luck": 1}, "from 2 to 1000"),
        ({"groups": "people"}, "mechanisms"),
        ({"groups": {}}, "at least one"),
        ({"baseline": "airstrikes"}, "only of an outcome"),
        ({"option": "airstrikes"}, "only of an outcome"),
        ({"months": 12}, "does not follow"),
        ({"settings": forecast.Settings(worlds=500)}, "does not follow"),
        ({"second": "no"}, "True or False"),
        ({"groups": {"": ["x0"]}}, "a name"),
    ],
)
def test_what_is_refused(change, said):
    calls = []
    with pytest.raises(InvalidArgument, match=said):
        sobol(UNIT_BOUNDS, lambda x: calls.append(1), **{"n": 2**8, **change})
    assert not calls


def test_more_that_is_refused(article):
    with pytest.raises(UnknownPrior, match="x9"):
        sobol(UNIT_BOUNDS, product, n=2**8, groups={"a": ["x9"]})
    with pytest.raises(UnknownOutcome):
        sobol(article, "stable_succes")
    with pytest.raises(InvalidArgument, match="beliefs on every parameter"):
        sobol(UNIT_BOUNDS, "stable_success")
    with pytest.raises(InvalidArgument, match="all go together"):
        sobol(xr.Dataset({"x0": ("world", np.arange(5.0))}), "stable_success")
    for first, second in ((UNIT_BOUNDS, 3), (UNIT_BOUNDS, article), (product, ishigami), (product, None)):
        with pytest.raises(InvalidArgument, match="function of a Dataset"):
            sobol(first, second)
    with pytest.raises(UnknownArgument, match="that it takes"):
        sobol(article, "stable_success", group="claims")
    with pytest.raises(InvalidArgument, match="is 1 in every world"):
        sobol(UNIT_BOUNDS, lambda x: xr.ones_like(x.x0), n=2**8)
    with pytest.raises(InvalidArgument, match="of shape"):
        sobol(UNIT_BOUNDS, lambda x: x.x0.mean(), n=2**8)
    with pytest.raises(InvalidArgument, match="below 1e"):
        sobol(UNIT_BOUNDS, lambda x: 1e120 * x.x0, n=2**8)
    with pytest.raises(InvalidArgument, match="of shape"):
        sobol(UNIT_BOUNDS, lambda x: x, n=2**8)
    with pytest.raises(InvalidArgument, match="of shape"):
        sobol(UNIT_BOUNDS, lambda x: x.x0[::-1], n=2**8)
    with pytest.raises(InvalidArgument, match="returned inf in"):
        sobol(UNIT_BOUNDS, lambda x: x.x0.where(x.x0 < 0.5, np.inf), n=2**8)
    study = coin(lambda x: 0.5 + 0 * x[0], lucks=(1, 2))
    with pytest.raises(InvalidArgument, match="variance over beliefs of"):
        pick_freeze(study, "parameter", {"x0": ("x0",)}, 2**9, second=False)


@given(
    low=st.floats(allow_nan=True, allow_infinity=True),
    high=st.floats(allow_nan=True, allow_infinity=True),
    wrong=st.sampled_from([None, "ab", (1.0,), (1.0, 2.0, 3.0), ("a", "b")]),
)
def test_bounds_that_are_none(low, high, wrong):
    for name in ("", "world"):
        with pytest.raises(InvalidArgument, match="another name"):
            sobol({**UNIT_BOUNDS, name: (0.0, 1.0)}, product, n=2**8)
    for wide in ((-1e308, 1e308), (True, 2)):
        with pytest.raises(InvalidArgument, match="two finite numbers"):
            sobol({**UNIT_BOUNDS, "x1": wide}, product, n=2**8)
    if not (np.isfinite(low) and np.isfinite(high) and low < high):
        with pytest.raises(InvalidArgument, match="two finite numbers, the lower end first"):
            sobol({**UNIT_BOUNDS, "x1": (low, high)}, product, n=2**8)
    with pytest.raises(InvalidArgument, match="two finite numbers"):
        sobol({**UNIT_BOUNDS, "x1": wrong}, product, n=2**8)


def test_the_picture_has_as_many_rows_as_one_asks_for(success):
    figure = success.plot(most=5)
    assert len(figure.axes[0].get_yticks()) == 5
    with pytest.raises(InvalidArgument):
        success.plot(most=0)


def _coverage(kind_of_study, truth, repeats):
    hits = {kind: np.zeros(3) for kind in ("first", "total")}
    for seed in range(repeats):
        for row in kind_of_study(seed).rows:
            place = int(row.parameter[1:])
            hits[row.kind][place] += row.lower <= truth[row.kind][place] <= row.upper
    return {kind: found / repeats for kind, found in hits.items()}


@pytest.mark.slow
@pytest.mark.parametrize("luck", [0, 4])
def test_intervals_hold_the_truth_nine_times_in_ten(luck):
    repeats = 240
    groups = {name: (name,) for name in UNIT_BOUNDS}

    def with_luck(seed):
        study = coin(
            lambda x: 0.1 + 0.4 * (x[0] * x[1] + x[2]), lucks=tuple(10 * seed + k for k in range(luck)), seed=seed
        )
        return pick_freeze(study, "parameter", groups, 2**11, second=False)

    found = (
        _coverage(with_luck, PRODUCT, repeats)
        if luck
        else _coverage(lambda seed: sobol(PI_BOUNDS, ishigami, n=2**10, seed=seed), ISHIGAMI, repeats)
    )
    # Three binomial errors about .9; Student's t on 15 degrees is slightly wide where nets differ little.
    for kind, shares in found.items():
        assert np.all(shares > 0.9 - 3 * np.sqrt(0.09 / repeats)), (kind, shares)
        assert np.all(shares < 0.9 + 4 * np.sqrt(0.09 / repeats)), (kind, shares)


def test_never_to_have_seen_an_event_turn_twice_is_not_to_know_that_it_cannot():
    # x1 turns a world in a thousand, hardly ever under both lucks.
    class Event(Coin):
        unit = "yes/no"

    base = coin(lambda x: 0.1 + 0.8 * x[0] + 0.001 * x[1], lucks=(1, 2))
    study = Event(base.inputs, how=base.how, lucks=base.lucks, chance=base.chance)
    groups = {name: (name,) for name in UNIT_BOUNDS}
    rows = table(pick_freeze(study, "parameter", groups, 2**12, second=False)).loc["total"]
    assert rows.loc["x1", "estimate"] == 0.0 < rows.loc["x1", "error"] < 0.01
    assert rows.loc["x2", "error"] == 0.0


def test_pairs_are_drawn_under_the_parameters():
    result = sobol(PI_BOUNDS, ishigami, n=2**9, second=True)
    labels = [label.get_text() for label in result.plot(most=2).axes[0].get_yticklabels()]
    assert labels == ["x0", "x1", "x0 x x2"]


def pool_of(shift):
    """Two whose beliefs on x differ by a shift, each followed in half of the worlds, and y on which they agree."""

    def one(name, centre):
        made = {
            "x": priors.elicit("Normal", parameters={"mu": centre, "sigma": 1.0}),
            "y": priors.elicit("Normal", parameters={"mu": 0.0, "sigma": 1.0}),
        }
        return priors.PriorSet(made, name=name)

    return priors.pool({"low": one("low", -shift / 2), "high": one("high", shift / 2)})


def test_in_a_pool_a_parameter_moves_within_what_the_world_s_member_believes():
    # x = member shift + own normal: its variance is shift^2 / 4 + 1, whoever is followed.
    shift = 3.0
    variance = shift**2 / 4 + 1 + 0.25
    result = sobol(pool_of(shift), lambda w: w.x + 0.5 * w.y, n=2**13)
    truths = {WHOSE: shift**2 / 4 / variance, "x": 1 / variance, "y": 0.25 / variance}
    for kind in ("first", "total"):
        near(result, kind, truths)


def test_a_quantity_far_from_nothing_and_one_next_to_nothing():
    def far(offset, scale):
        return table(sobol(UNIT_BOUNDS, lambda w: offset + scale * product(w), n=2**10))

    plain = far(0.0, 1.0)
    for offset, scale in ((1e6, 1.0), (1e9, 1.0), (-1e9, 1.0), (0.0, 1e-14), (0.0, 1e14)):
        found = far(offset, scale)
        order = plain.index
        assert np.allclose(found.loc[order, "estimate"], plain["estimate"], atol=1e-5), (offset, scale)
        assert np.allclose(found.loc[order, "error"], plain["error"], rtol=1e-3, atol=1e-6), (offset, scale)


def test_a_function_whose_variance_is_not_known_is_not_said_to_be_luck():
    with pytest.raises(InvalidArgument, match="has a variance of") as refused:
        sobol(UNIT_BOUNDS, lambda w: (w.x0 + 1e-9) ** -3.0, n=2**8)
    assert "luck" not in str(refused.value)


def test_pairs_are_added_up_as_they_are_defined():
    rng = np.random.default_rng(0)
    to_a, to_b = rng.normal(size=(2, 4, 3, 50))
    found = _crossed(to_a, to_b)
    for i in range(4):
        for j in range(4):
            by_hand = 0.5 * (cross(to_a[i], to_b[j]) + cross(to_a[j], to_b[i]))
            assert found[i, j] == pytest.approx(by_hand.sum())


def test_an_error_of_a_parameter_that_changes_some_state_is_above_nothing(success):
    rows = table(success)
    unused = rows.loc["total"]["error"] == 0.0
    # What changes no state of any world is as nothing in every kind; all else has an error in every kind.
    for kind in ("first", "total"):
        of_kind = rows.loc[kind].reindex(unused.index)
        assert (of_kind["error"] == 0.0).equals(unused)
        assert (of_kind.loc[unused, "estimate"] == 0.0).all()
    assert 0 < unused.sum() < len(unused) - 30
