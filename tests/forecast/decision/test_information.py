"""Values of information against closed forms, their order, and the questions they rank."""

import itertools

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from forecast.decision.bases import Basis
from forecast.decision.evsi import evsi
from forecast.decision.information import evpi, evppi
from forecast.decision.order_constraints import ordered, with_subsets
from forecast.decision.policies import Policies
from forecast.decision.questions import questions
from forecast.decision.studies import NormalStudy
from forecast.errors import ForecastError, InvalidArgument, UnknownPrior
from forecast.estimates import standard_error
from tests.forecast.information_cases import (
    EVPI,
    EVPPI_P1,
    EVPPI_P2,
    FIVE,
    five_alike,
    normal_case,
    parameters,
    utility,
    wildcatter,
)

ERRORS = 3.5
"""Standard errors allowed: a sound estimate passes 1,999 times in 2,000."""


@pytest.fixture(scope="module")
def normal():
    return normal_case(10_000)


# Perfect information


def test_evpi_of_the_normal_case(normal):
    found = evpi(normal[0])
    assert abs(found.value - EVPI) < ERRORS * found.error
    assert 0.005 < found.error < 0.015


def test_evpi_of_options_all_alike():
    found = evpi(five_alike(10_000)[0])
    assert abs(found.value - FIVE) < ERRORS * found.error


def test_evpi_of_the_wildcatter_is_exact():
    found = evpi(wildcatter()[0], sampled=False)
    assert found.value == pytest.approx(35.0, abs=1e-12)
    assert found.error == 0.0


def bias(estimate, repetitions=80, worlds=100):
    """Give the mean distance of an estimate of EVPI from the truth where five options tie, in its standard errors."""
    off = np.array([estimate(five_alike(worlds, seed)[0]) - FIVE for seed in range(repetitions)])
    return float(off.mean() / standard_error(off))


@pytest.mark.slow
def test_evpi_has_no_bias_where_options_tie_and_the_plug_in_has():
    def plug_in(u):
        return float(u.max("option").mean() - u.mean("world").max())

    assert bias(plug_in) < -5.0
    assert abs(bias(lambda u: evpi(u).value)) < ERRORS


# Partial perfect information


@pytest.mark.parametrize(("names", "truth"), [("p1", EVPPI_P1), ("p2", EVPPI_P2), (["p1", "p2"], EVPI)])
def test_evppi_of_the_normal_case(normal, names, truth):
    found = evppi(*normal, names=names)
    assert abs(found.value - truth) < ERRORS * found.error
    assert found.error < 0.015
    assert not found.moved


def test_evppi_of_the_wildcatters_test_is_the_gross_value_less_drilling():
    found = evppi(*wildcatter(), names="closure")
    assert found.value == pytest.approx(12.5, abs=1e-9)
    assert evppi(*wildcatter(), names="oil").value == pytest.approx(35.0, abs=1e-9)


def test_what_changes_nothing_is_worth_nothing(normal):
    found = evppi(*normal, names="idle")
    assert found.value == 0.0
    assert found.raw == 0.0
    u, drawn = normal
    constant = evppi(u, drawn.assign(constant=("world", np.ones(10_000))), names="constant")
    assert constant.value == 0.0


def test_a_value_of_nothing_where_options_tie_has_an_error():
    # A line with a slope of three standard errors, which noise hides, would be worth 1.2 of them: 3 E max(0, N(0, 1)).
    found = evppi(*five_alike(1000), names="idle")
    assert found.value <= found.error
    assert found.error == pytest.approx(1.2 * np.sqrt(2.0 / 1000), rel=0.1)


@pytest.mark.slow
def test_intervals_hold_effects_that_are_mostly_not_seen():
    # Going is worth -1 + .5 x and luck of sd 3: a slope of 2.4 standard errors. E max(0, N(-1, sd .5)) by the unit
    # normal loss integral.
    truth, found = 0.5 * stats.norm.pdf(2.0) - stats.norm.sf(2.0), []
    for seed in range(40):
        x, luck = np.random.default_rng(seed).normal(size=(2, 200))
        found.append(evppi(utility(np.zeros(200), -1.0 + 0.5 * x + 3.0 * luck), parameters(x=x)))
    assert np.mean([each.value == 0.0 for each in found]) > 0.5
    # The mutant, a floor of one standard error, holds it in 55%; .9 less two and a half binomial sd.
    assert np.mean([each.interval[0] <= truth <= each.interval[1] for each in found]) > 0.78


def test_an_unseen_effect_of_options_far_apart_is_exactly_nothing():
    # What could be unseen is a number like 1e-30 there: neither it nor its error is worth writing.
    x, luck = np.random.default_rng(0).normal(size=(2, 1000))
    u, drawn = utility(np.zeros(1000), -1.3 + luck), parameters(x=x)
    found = evppi(u, drawn)
    assert (found.value, found.error, found.interval) == (0.0, 0.0, (0.0, 0.0))
    assert "0 ± 0 " in repr(found)
    assert evsi(u, drawn, study=NormalStudy("x", 10, 1.0)).error == 0.0
    table = questions(u, drawn)
    assert table.rows[0].evppi_error == table.rows[0].share_error == 0.0
    assert "0.0000" not in repr(table) + table._repr_html_()


def in_sample(u, drawn):
    """A known-bad estimate: the regression of Strong, Oakley & Brennan, maximised over the worlds it was fitted to."""
    design = np.vander(drawn["idle"].values, 6)
    fitted = design @ np.linalg.lstsq(design, u.values.T, rcond=None)[0]
    return fitted.max(axis=1).mean() - fitted.mean(axis=0).max()


@pytest.mark.slow
def test_evppi_of_nothing_has_no_bias_upwards_and_the_regression_in_sample_has():
    cases = [five_alike(200, seed) for seed in range(30)]
    bad = np.array([in_sample(*case) for case in cases])
    good = np.array([evppi(*case).raw for case in cases])
    assert bad.mean() > 8.0 * standard_error(bad)
    assert good.mean() < 3.0 * standard_error(good)


def test_values_do_not_depend_on_the_order_of_options_or_on_what_is_added_to_all():
    u, drawn = five_alike(500)
    u = u + xr.DataArray([0.5, 0.0, 0.2, -0.3, 0.1], dims="option") * drawn["idle"]
    expected = evppi(u, drawn)
    for order in ([4, 2, 0, 1, 3], [1, 0, 4, 3, 2]):
        assert evppi(u.isel(option=order), drawn).value == pytest.approx(expected.value, abs=1e-12)
    luck = xr.DataArray(np.random.default_rng(1).normal(size=500), dims="world")
    assert evppi(u + luck, drawn).value == pytest.approx(expected.value, abs=1e-10)
    assert evppi(1e3 * u, drawn).value == pytest.approx(1e3 * expected.value, rel=1e-10)
    assert evppi(1e3 * u, drawn).error == pytest.approx(1e3 * expected.error, rel=1e-8)


def test_other_orders_of_names_give_the_same(normal):
    one, other = evppi(*normal, names=["p1", "p2", "idle"]), evppi(*normal, names=["idle", "p2", "p1"])
    assert one.value == pytest.approx(other.value, abs=1e-12)


# The order


@pytest.mark.slow
def test_adding_a_parameter_lowers_nothing():
    # A published package let a value fall from 6189 to 0.07 when a parameter was added: on a scale of thousands, with
    # little worlds, many idle parameters and a copy of the first.
    u, drawn = normal_case(200, seed=3)
    generator = np.random.default_rng(0)
    idle = {f"idle{place}": ("world", generator.normal(size=200)) for place in range(8)}
    drawn = drawn.assign(idle).assign(copy=drawn["p2"] * 1e6)
    u = 1e4 * u
    names = ["p2"]
    before = evppi(u, drawn, names=names).value
    assert before > 1e3
    for name in ["idle", "copy", "p1", *idle]:
        names.append(name)
        after = evppi(u, drawn, names=names).value
        assert after >= evppi(u, drawn, names="p2").value
        if len(names) <= 4:
            assert after >= before
        before = after
    assert before <= evpi(u).value


@pytest.mark.slow
@settings(max_examples=8)
@given(
    worlds=st.integers(50, 80), options=st.integers(1, 5), seed=st.integers(0, 10_000), values=st.sampled_from([2, 900])
)
def test_the_order_holds_whatever_is_given(worlds, options, seed, values):
    generator = np.random.default_rng(seed)
    u = utility(*generator.standard_t(2, size=(options, worlds)))
    drawn = parameters(**{name: generator.integers(0, values, worlds) for name in "abc"})
    most = evpi(u).value
    worth = {
        names: evppi(u, drawn, names=names).value for size in (1, 2, 3) for names in itertools.combinations("abc", size)
    }
    for names, value in worth.items():
        assert 0.0 <= value <= most
        for other, more in worth.items():
            if set(names) < set(other):
                assert value <= more


def test_sets_are_held_against_their_parts_and_never_pass_everything():
    a, b, ab = frozenset("a"), frozenset("b"), frozenset("ab")
    found = ordered({a: (0.5, 0.01), b: (-0.2, 0.01), ab: (0.1, 0.2), frozenset("c"): (2.0, 0.1)}, most=1.0)
    assert (found[a].value, found[a].moved) == (0.5, False)
    assert (found[b].value, found[b].moved) == (0.0, True)
    # Within two errors of its own: not a contradiction, though it is lifted.
    assert (found[ab].value, found[ab].error, found[ab].moved) == (0.5, 0.01, False)
    assert (found[frozenset("c")].value, found[frozenset("c")].moved) == (1.0, True)


def test_subsets_are_all_there_for_few_names_and_singles_for_many():
    assert len(with_subsets([("a", "b", "c")])) == 7
    assert with_subsets([("b", "a"), ("a", "b")]) == [("b",), ("a",), ("b", "a")]
    many = tuple("abcdefg")
    assert with_subsets([many]) == [*((name,) for name in many), many]


def test_what_was_achieved_is_kept():
    u, drawn = five_alike(200, seed=5)
    found = evppi(u, drawn.assign(other=("world", np.random.default_rng(9).normal(size=200))))
    assert found.value >= found.raw
    assert found.interval[0] >= 0.0


@pytest.mark.slow
def test_intervals_hold_the_truth_where_the_best_option_is_a_tie():
    # Going is worth x and luck of sd 3: E max(0, x) = .399. The mutant, whose error takes the best option for known,
    # holds it in 82%.
    truth, found = stats.norm.pdf(0.0), []
    for seed in range(120):
        x, luck = np.random.default_rng(seed).normal(size=(2, 400))
        found.append(evppi(utility(np.zeros(400), x + 3.0 * luck), parameters(x=x)))
    assert np.mean([each.interval[0] <= truth <= each.interval[1] for each in found]) > 0.84


@pytest.mark.slow
def test_intervals_hold_the_truth_as_often_as_they_say():
    tables = [questions(*normal_case(1000, seed), names=["p1", "p2"], pairs=True).to_frame() for seed in range(80)]
    for question, truth in (("p1", EVPPI_P1), ("p2", EVPPI_P2), ("p1 + p2", EVPI)):
        rows = [table.loc[question] for table in tables]
        inside = np.mean([row["evppi_lower"] <= truth <= row["evppi_upper"] for row in rows])
        # Binomial with 80 tries and .9: sd .034; two and a half of these and what learning the rule costs.
        assert 0.81 < inside < 0.985
        off = np.array([row["evppi"] - truth for row in rows])
        assert abs(off.mean()) < ERRORS * standard_error(off) + 0.003


# Changes


def test_how_often_the_choice_changes(normal):
    u, drawn = normal
    table = questions(u, drawn, tolerance=0.0).to_frame()
    # P(p2 > 1) with p2 ~ N(0, sd 2), and P(p1 < 0) with p1 ~ N(1, 1).
    for name, truth in (("p2", 0.3085375), ("p1", 0.1586553)):
        row = table.loc[name]
        assert abs(row["p_change"] - truth) < ERRORS * row["p_change_error"]
        assert 0.0 < row["p_change_error"] < 0.03
    assert table.loc["idle", "p_change"] == 0.0
    assert table.loc["idle", "p_change_error"] > 0.0


def test_a_gain_below_the_tolerance_is_no_change():
    generator = np.random.default_rng(0)
    x = generator.normal(size=1000)
    u = utility(np.zeros(1000), 1e-3 * x, x - 5.0)
    assert questions(u, parameters(x=x), tolerance=0.0).rows[0].p_change == pytest.approx(0.5, abs=0.05)
    assert questions(u, parameters(x=x), tolerance=0.01).rows[0].p_change == 0.0
    policy = Policies(u.values, tolerance=0.01).of([[Basis(x)]])[0]
    assert policy.value > 0.0


# Questions


def test_questions_are_ranked_by_what_their_answers_are_worth(normal):
    found = questions(*normal)
    assert [row.question for row in found.rows] == ["p2", "p1", "idle"]
    table = found.to_frame()
    assert table.index.name == "question"
    assert table.loc["p2", "evppi"] == pytest.approx(evppi(*normal, names="p2").value, abs=1e-12)
    assert table.loc["p2", "share"] == pytest.approx(EVPPI_P2 / EVPI, abs=0.05)
    assert found.everything.value == evpi(normal[0]).value
    assert found.together.value <= found.everything.value
    assert table.attrs["tolerance"] == pytest.approx(0.05 * found.everything.value)


def test_pairs_are_worth_no_less_than_their_parameters(normal):
    table = questions(*normal, pairs=True).to_frame()["evppi"]
    assert len(table) == 6
    for one, other in itertools.combinations(("p1", "p2", "idle"), 2):
        assert table[f"{one} + {other}"] >= max(table[one], table[other])
    assert table["p1 + p2"] == pytest.approx(EVPI, abs=0.04)


def test_groups_of_ones_own_by_claim_and_by_mechanism():
    u, drawn = normal_case(500)
    drawn = drawn.rename(p1="go_one", p2="go_two", idle="stay_one")
    for name, claims in (("go_one", "N1 P2"), ("go_two", "P2"), ("stay_one", "")):
        drawn[name].attrs["claims"] = claims
    assert set(questions(u, drawn, groups={"a": ["go_one", "stay_one"]}).to_frame().index) == {"a"}
    by_claim = questions(u, drawn, groups="claims").to_frame()
    assert by_claim["parameters"].to_dict() == {"N1": 1, "P2": 2}
    assert set(by_claim["kind"]) == {"claim"}
    assert by_claim.loc["P2", "evppi"] >= by_claim.loc["N1", "evppi"]
    by_mechanism = questions(u, drawn, groups="mechanisms").to_frame()
    assert by_mechanism["parameters"].to_dict() == {"go": 2, "stay": 1}


def test_outcomes_prefixes_are_understood(normal):
    u, drawn = normal
    prefixed = drawn.rename({name: f"parameter_{name}" for name in drawn.data_vars})
    assert evppi(u, prefixed, names="p2").value == evppi(u, drawn, names="p2").value


def test_a_single_option_is_never_changed():
    u, drawn = normal_case(100)
    found = questions(u.isel(option=[1]), drawn)
    assert found.everything.value == 0.0
    assert all(row.evppi == 0.0 and row.p_change == 0.0 and np.isnan(row.share) for row in found.rows)
    assert "none" not in repr(found)
    assert found._repr_html_()
    assert found.plot()


def test_questions_show_themselves(normal):
    u, drawn = normal
    drawn = drawn.copy()
    drawn["p2"].attrs["long_name"] = "Benefit of going, per $ spent <now>"
    found = questions(u.assign_attrs(units="lives"), drawn)
    assert "lives" in repr(found)
    assert "p2" in repr(found)
    assert "\n" not in repr(found)
    assert "<td>p2</td>" in found._repr_html_()
    figure = found.plot(most=2)
    ax = figure.axes[0]
    assert [label.get_text().split("\n")[0] for label in ax.get_yticklabels()] == ["p2", "p1"]
    assert "lives" in ax.get_xlabel()
    figure.draw_without_rendering()
    with pytest.raises(InvalidArgument, match="most"):
        found.plot(most=0)


# Bad input


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"names": "p3"}, UnknownPrior),
        ({"names": []}, InvalidArgument),
        ({"names": 5}, InvalidArgument),
        ({"names": np.array(5)}, InvalidArgument),
        ({"names": ["p1", "p1"]}, InvalidArgument),
        ({"u": "u"}, InvalidArgument),
        ({"u": normal_case(40)[0]}, InvalidArgument),
        ({"parameters": normal_case(99)[1]}, InvalidArgument),
        ({"parameters": None}, InvalidArgument),
    ],
)
def test_bad_input_is_refused(changed, error):
    u, drawn = normal_case(100)
    given_ = {"u": u, "parameters": drawn, "names": None} | changed
    for function in (evppi, questions):
        with pytest.raises(error):
            function(given_["u"], given_["parameters"], names=given_["names"])


def test_few_worlds_are_refused():
    with pytest.raises(InvalidArgument, match="at least 50"):
        evppi(*normal_case(49))


@pytest.mark.parametrize(
    "bad",
    [
        {"groups": "claim"},
        {"groups": "claims"},
        {"groups": {}},
        {"groups": {"a": []}},
        {"groups": {"a": "p1"}},
        {"groups": {"a": ["p1", "p1"]}},
        {"groups": {"a": ["p3"]}},
        {"groups": 3},
        {"pairs": 1},
        {"pairs": True, "groups": "mechanisms"},
        {"tolerance": -1.0},
        {"tolerance": float("nan")},
        {"tolerance": True},
        {"tolerance": 10**400},
        {"tolerance": np.complex128(1.0)},
        {"tolerance": "1"},
    ],
)
def test_bad_questions_are_refused(bad):
    with pytest.raises(ForecastError):
        questions(*normal_case(100), **bad)


def test_a_value_of_information_says_whose_it_is(normal):
    u, drawn = normal
    u = u.assign_attrs(priors="mine", evidence="none", values="balanced", gates="failed: r_hat", units="lives")
    known = {"beliefs": "mine", "evidence": "none", "values": "balanced", "gates": "failed: r_hat", "unit": "lives"}
    for found in (evpi(u), evppi(u, drawn, names="p2"), evsi(u, drawn, study=NormalStudy("p2", 10, 1.0))):
        assert found.to_frame().attrs == found.about.attrs()
        assert known.items() <= found.to_frame().attrs.items()
        assert found.about.worlds == u.sizes["world"]
        assert "gates broken: r_hat" in repr(found)
        # So does what is made of it.
        assert (2.0 * found - 1.0).about == found.about


def test_sampled_is_a_truth_value():
    with pytest.raises(InvalidArgument, match="sampled"):
        evpi(wildcatter()[0], sampled=0)
