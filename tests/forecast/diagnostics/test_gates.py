"""Each gate passes on what is sound, and a known fault trips it."""

import math
import re

import numpy as np
import pytest
import xarray as xr

import forecast
from forecast.diagnostics.fit_gates import THRESHOLDS, Gate
from forecast.diagnostics.gates import Gates
from forecast.errors import InvalidArgument
from forecast.results import About
from tests.forecast.small_models import conjugate, funnel, two_modes

SAMPLER = ("r_hat", "ess_bulk", "ess_tail", "divergences", "e_bfmi")


@pytest.fixture(autouse=True)
def no_cache_of_the_user(tmp_path, monkeypatch):
    monkeypatch.setenv("LIBYA_FORECAST_CACHE", str(tmp_path))


def tree(draws, *, energy=None, diverging=None, stats=True):
    """Draws of shape (chain, draw) as a fit."""
    chains, count = np.shape(draws)
    coords = {"chain": np.arange(chains), "draw": np.arange(count)}
    dims = ("chain", "draw")
    fine = np.random.default_rng(2).standard_normal((chains, count))
    kept = {
        "energy": (dims, fine if energy is None else energy),
        "diverging": (dims, np.zeros((chains, count), bool) if diverging is None else diverging),
    }
    groups = {"posterior": xr.Dataset({"rate": (dims, draws), "other": (dims, fine)}, coords=coords)}
    if stats:
        groups["sample_stats"] = xr.Dataset(kept, coords=coords)
    return xr.DataTree.from_dict(groups)


@pytest.fixture
def sound():
    return np.random.default_rng(1).standard_normal((4, 1000))


@pytest.fixture(scope="module")
def outcomes(article):
    return forecast.simulate(
        article, evidence="none", options=["training", "airstrikes"], months=3, worlds=40, seed=3, progress=False
    )


def gate(gates, name):
    return next(one for one in gates.rows if one.name == name)


def gates_of(*rows):
    return Gates(about=About(), rows=rows)


# What is sound passes


def test_a_sound_fit_passes(sound):
    gates = forecast.check(tree(sound))
    assert gates.passed
    assert [one.name for one in gates.rows] == list(THRESHOLDS)
    assert gates.gates == gates.rows
    skipped = {"ranking", "reference_classes", "member_weights", "k_hat", "effective_draws", "form_draws"}
    assert all((one.passed is None) == (one.name in skipped) and one.mend == "" for one in gates.rows)
    assert gates.mark == str(gates.about.gates) == "passed"
    assert repr(gates) == "Gates(6 passed, 0 failed, 6 skipped)"


@pytest.mark.slow
def test_a_real_fit_passes():
    gates = forecast.check(forecast.fit(conjugate(), draws=1000, tune=500, sampler="pymc", cache=False, progress=False))
    assert gates.passed, gates.to_frame().to_string()


def test_values_are_arviz_s(sound):
    import arviz as az

    fit = tree(sound)
    gates = forecast.check(fit)
    posterior = fit["posterior"].to_dataset()
    for name, found in (
        ("r_hat", az.rhat(posterior, method="rank").to_array().max()),
        ("ess_bulk", az.ess(posterior, method="bulk").to_array().min()),
        ("ess_tail", az.ess(posterior, method="tail").to_array().min()),
        ("e_bfmi", np.min(az.bfmi(fit["sample_stats"]["energy"].values))),
    ):
        assert gate(gates, name).value == pytest.approx(float(found), rel=1e-12)


def test_the_table(sound):
    frame = forecast.check(tree(sound)).to_frame()
    assert frame.index.name == "gate"
    assert list(frame.columns) == ["verdict", "passed", "value", "threshold", "evidence", "mend"]
    assert frame.attrs["gates"] == "passed"
    assert frame["passed"].tolist() == [None] * 3 + [True] * 5 + [None, True, None, None]
    assert frame["verdict"].tolist() == ["skipped"] * 3 + ["passed"] * 5 + ["skipped", "passed", "skipped", "skipped"]


def test_the_page_is_escaped():
    page = gates_of(Gate("r_hat", "failed", 1.2, 1.01, "<rate>", "a & b"))._repr_html_()
    assert "&lt;rate&gt;" in page
    assert "a &amp; b" in page
    assert "at most 1.01" in page


# Faults that each gate must see


@pytest.mark.slow
def test_funnel():
    """Neal's funnel, sampled for real: divergences, and energy that momentum does not reach."""
    fit = forecast.fit(
        funnel(), draws=1000, tune=500, sampler="pymc", seed=1, target_accept=0.8, cache=False, progress=False
    )
    gates = forecast.check(fit)
    assert not gates.passed
    assert gate(gates, "divergences").passed is False
    assert gate(gates, "e_bfmi").passed is False
    assert "target_accept=0.99" in gate(gates, "divergences").mend
    assert "width" in gate(gates, "ess_bulk").evidence


@pytest.mark.slow
def test_two_modes():
    """Chains that started in different modes, sampled for real."""
    fit = forecast.fit(two_modes(), draws=200, tune=200, sampler="pymc", seed=1, cache=False, progress=False)
    sides = np.sign(fit["posterior"]["place"].mean("draw").values)
    assert set(sides) == {-1.0, 1.0}
    one = gate(forecast.check(fit), "r_hat")
    assert one.passed is False
    assert one.value > 1.5
    assert one.evidence.startswith("place ")
    assert "second mode" in one.mend


def test_too_few_draws(sound):
    gates = forecast.check(tree(sound[:, :50]))
    for name in ("ess_bulk", "ess_tail"):
        one = gate(gates, name)
        assert one.passed is False
        wanted = int(re.search(r"draws=(\d+)", one.mend)[1])
        # 4 x 50 nearly independent draws are worth about 200, so about twice as many are needed.
        assert 100 <= wanted <= 400
        assert 1.1 * 50 * 400 / one.value <= wanted < 1.1 * 50 * 400 / one.value + 100


def test_one_divergence(sound):
    diverging = np.zeros((4, 1000), bool)
    diverging[2, 7] = True
    one = gate(forecast.check(tree(sound, diverging=diverging)), "divergences")
    assert (one.passed, one.value) == (False, 1.0)
    assert one.evidence == "1 of 4,000 draws; by chain 0, 0, 1, 0"


def test_energy_that_crawls(sound):
    # A random walk with steps a tenth of its spread: the fraction of missing information is near 1.
    energy = np.cumsum(np.random.default_rng(3).standard_normal((4, 1000)), axis=1)
    assert gate(forecast.check(tree(sound, energy=energy)), "e_bfmi").passed is False


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_draw_that_is_not_finite(sound, bad):
    sound[1, 3] = bad
    gates = forecast.check(tree(sound))
    one = gate(gates, "failed_worlds")
    assert (one.passed, one.value) == (False, 1.0)
    assert "1 of 4,000 draws: rate" in one.evidence
    if np.isnan(bad):
        # Infinity has a rank and NaN has none, so here what ranks are for fails as well.
        assert [gate(gates, name).passed for name in ("r_hat", "ess_bulk", "ess_tail")] == [False] * 3


def test_a_hazard_that_is_not_a_number(sound, outcomes):
    states = outcomes["isis_fighters"].copy(deep=True)
    states[1, 5, 2] = np.nan
    states[0, 5, 2] = np.nan
    states[0, 7, 1] = np.inf
    one = gate(forecast.check(tree(sound), outcomes=outcomes.assign(isis_fighters=states)), "failed_worlds")
    assert (one.passed, one.value) == (False, 2.0)
    assert "2 of 40 worlds: isis_fighters" in one.evidence
    # A first month is NaN where nothing happened, which is no fault.
    assert np.isnan(outcomes["first_month_civil_war"]).any()
    assert gate(forecast.check(tree(sound), outcomes=outcomes), "failed_worlds").passed


def test_a_quantity_that_never_moves(sound):
    gates = forecast.check(tree(np.zeros((4, 1000))))
    assert gate(gates, "r_hat").passed is False
    assert "rate not defined" in gate(gates, "r_hat").evidence


def test_one_chain(sound):
    one = gate(forecast.check(tree(sound[:1])), "r_hat")
    assert one.passed is False
    assert "at least 2 chains" in one.mend


# Ranking, which is judged by the decision and never fails


def decided(values, **how):
    u = xr.DataArray(np.asarray(values), dims=("option", "world"), coords={"option": ["training", "airstrikes"]})
    return forecast.decide(u.assign_attrs(values="balanced"), **how)


def test_a_ranking_that_is_told_passes_and_one_that_is_not_is_a_note(sound, outcomes):
    luck = np.random.default_rng(0).normal(size=(2, 400))
    for lead, verdict in ((1.0, "passed"), (0.0, "note")):
        decision = decided([luck[0] + lead, luck[1]])
        gates = forecast.check(tree(sound), outcomes=outcomes, decision=decision)
        one = gate(gates, "ranking")
        assert one.verdict == verdict
        assert (verdict == "passed") == decision.verdict.resolved
        behind = decision.to_frame()["behind_lower"].drop(decision.verdict.best).item()
        assert (one.value, one.threshold) == (behind, 0.0)
        assert (one.value > 0.0) == decision.verdict.resolved
        assert "by the values balanced" in one.evidence
        assert gates.passed
        assert gates.failed == ()
        assert gates.mark == "passed"
        assert ("1 note: ranking" in repr(gates)) == (verdict == "note")
        assert f"<td>{verdict}</td>" in gates._repr_html_()


def test_the_farthest_rival_is_no_verdict_on_the_nearest(sound):
    """Of three options two are apart and two are not: the least bound decides."""
    luck = np.random.default_rng(0).normal(size=(3, 400))
    decision = forecast.decide(xr.DataArray(luck + np.array([[0.0], [0.0], [-9.0]]), dims=("option", "world")))
    one = gate(forecast.check(tree(sound), decision=decision), "ranking")
    assert one.verdict == "note"
    assert one.value == min(
        decision.columns["behind_lower"][place] for place in (0, 1, 2) if decision.columns["behind"][place]
    )
    assert "not told from option_" in one.evidence
    assert "option_2" not in one.evidence


def test_an_option_as_good_in_practice_is_named_as_the_decision_names_it(sound, outcomes):
    luck = np.random.default_rng(0).normal(size=400)
    decision = decided([luck, luck + 0.001], indifference=0.005)
    one = gate(forecast.check(tree(sound), outcomes=outcomes, decision=decision), "ranking")
    assert one.verdict == "passed"
    assert one.evidence.endswith("as good in practice: training")


def test_a_failed_gate_beside_a_note_is_the_only_one_that_is_marked(sound, outcomes):
    same = decided(np.zeros((2, 40)))
    states = outcomes["isis_fighters"].copy()
    states[0, 5, 1] = np.nan
    gates = forecast.check(tree(sound), outcomes=outcomes.assign(isis_fighters=states), decision=same)
    assert gate(gates, "ranking").verdict == "note"
    assert gates.mark == str(gates.about.gates) == "failed: failed_worlds"
    assert "failed: failed_worlds" in repr(gates)
    assert "not to be relied on" not in repr(gates)
    assert not gates.passed


def test_one_world_tells_nothing_apart(sound, outcomes):
    decision = decided([[1.0], [2.0]])
    one = gate(forecast.check(tree(sound), outcomes=outcomes, decision=decision), "ranking")
    assert one.verdict == "note"
    assert math.isnan(one.value)


# What cannot be judged


def test_without_statistics_those_gates_are_skipped_and_the_rest_count(sound):
    gates = forecast.check(tree(sound, stats=False))
    assert gates.passed
    for name in ("divergences", "e_bfmi"):
        assert gate(gates, name).passed is None
        assert "sample_stats" in gate(gates, name).evidence
    assert gates.failed == ()


def test_worlds_from_priors_alone(outcomes):
    gates = forecast.check(None, outcomes=outcomes)
    assert [gate(gates, name).verdict for name in SAMPLER] == ["skipped"] * 5
    assert gate(gates, "failed_worlds").passed


def test_without_a_decision_or_a_rival_there_is_no_rank(sound, outcomes):
    one = gate(forecast.check(tree(sound), outcomes=outcomes), "ranking")
    assert (one.verdict, one.mend) == ("skipped", "")
    assert "no decision" in one.evidence
    alone = forecast.decide(xr.DataArray(np.zeros((1, 40)), dims=("option", "world")))
    one = gate(forecast.check(tree(sound), decision=alone), "ranking")
    assert (one.verdict, one.evidence) == ("skipped", "one option has no rank")


@pytest.mark.parametrize(
    ("decision", "said"), [("resolved", "is a str"), (decided([[0.0, 1.0], [1.0, 0.0]]), "no_assistance")]
)
def test_a_decision_that_is_none_or_of_other_options_is_refused(sound, outcomes, decision, said):
    other = outcomes.assign_coords(option=["training", "no_assistance"])
    with pytest.raises(InvalidArgument, match=said):
        forecast.check(tree(sound), outcomes=other, decision=decision)


def test_nothing_judged_is_not_passed(sound, outcomes):
    gates = forecast.check(None, outcomes=outcomes)
    assert not gates_of(*(one for one in gates.rows if one.passed is None)).passed


@pytest.mark.parametrize("thing", [None, {}, xr.Dataset(), xr.DataTree()], ids=["none", "dict", "dataset", "empty"])
def test_what_is_no_fit_is_refused(thing):
    with pytest.raises(InvalidArgument, match=r"forecast\.fit"):
        forecast.check(thing)


def test_what_are_no_outcomes_is_refused(sound):
    with pytest.raises(InvalidArgument, match=r"forecast\.simulate"):
        forecast.check(tree(sound), outcomes=xr.Dataset())
