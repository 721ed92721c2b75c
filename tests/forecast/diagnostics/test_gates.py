"""Each gate passes on what is sound, and a known fault trips it."""

import math
import re

import numpy as np
import pytest
import xarray as xr
from scipy import stats

import forecast
from forecast.diagnostics.gates import GATE_COLUMNS, THRESHOLDS, Gates, paired_error
from forecast.errors import InvalidArgument
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
    return next(one for one in gates.gates if one.name == name)


def with_successes(outcomes, only_first, only_second, both, neither):
    """Outcomes in which the two options succeed in so many worlds."""
    first = [1] * only_first + [0] * only_second + [1] * both + [0] * neither
    second = [0] * only_first + [1] * only_second + [1] * both + [0] * neither
    worlds = len(first)
    wide = outcomes.isel(world=np.zeros(worlds, dtype=int)).assign_coords(world=np.arange(worlds))
    return wide.assign(stable_success=(("option", "world"), np.array([first, second], dtype=bool)))


# What is sound passes


def test_a_sound_fit_passes(sound):
    gates = forecast.check(tree(sound))
    assert gates.passed
    assert [one.name for one in gates.gates] == list(THRESHOLDS)
    skipped = {"ranking", "member_weights"}
    assert all((one.passed is None) == (one.name in skipped) and one.mend == "" for one in gates.gates)
    assert gates.mark == "passed"
    assert repr(gates) == "Gates(6 passed, 0 failed, 2 skipped)"


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
    assert tuple(frame.columns) == GATE_COLUMNS
    assert frame["passed"].tolist() == [True] * 5 + [None, True, None]


def test_the_page_is_escaped():
    from forecast.diagnostics.gates import Gate

    page = Gates((Gate("r_hat", False, 1.2, 1.01, "<rate>", "a & b"),))._repr_html_()
    assert "&lt;rate&gt;" in page
    assert "a &amp; b" in page
    assert "at most 1.01" in page


# Faults that each gate must see


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


# Ranking


def test_an_unresolved_ranking_of_few_worlds(sound, outcomes):
    gates = forecast.check(tree(sound), outcomes=outcomes)
    assert gate(gates, "ranking").passed is False
    assert not gates.passed


@pytest.mark.parametrize(
    ("counts", "passed"), [((60, 20, 100, 820), True), ((30, 25, 100, 845), False), ((0, 0, 10, 990), False)]
)
def test_ranking(sound, outcomes, counts, passed):
    one = gate(forecast.check(tree(sound), outcomes=with_successes(outcomes, *counts)), "ranking")
    assert one.passed is passed
    difference = (counts[0] - counts[1]) / 1000
    assert one.value == pytest.approx(difference / paired_error(counts[0], counts[1], 1000), rel=1e-12)
    assert one.evidence.startswith("training over airstrikes in stable_success by ")


def test_the_worlds_that_are_asked_for_would_do(sound, outcomes):
    mend = gate(forecast.check(tree(sound), outcomes=with_successes(outcomes, 30, 25, 100, 845)), "ranking").mend
    more = int(re.search(r"about ([\d,]+) more", mend)[1].replace(",", ""))
    times = (1000 + more) / 1000
    # The number is rounded up to two figures, by a tenth at most, and the error goes with its root.
    assert 1.645 * 0.999 <= gate_value(30 * times, 25 * times, 1000 * times) <= 1.645 * 1.1**0.5


def gate_value(first, second, worlds):
    return (first - second) / worlds / paired_error(first, second, worlds)


def test_a_tie_is_said_to_be_one(sound, outcomes):
    one = gate(forecast.check(tree(sound), outcomes=with_successes(outcomes, 5, 5, 10, 80)), "ranking")
    assert (one.passed, one.value) == (False, 0.0)
    assert "equal" in one.mend


@pytest.mark.parametrize(("first", "second", "worlds"), [(0, 0, 1), (0, 0, 40), (3, 1, 10), (60, 20, 1000)])
def test_the_error_is_that_of_the_jeffreys_posterior(first, second, worlds):
    alpha = np.array([first + 0.5, second + 0.5, worlds - first - second + 0.5])
    cov = stats.dirichlet.var(alpha)
    total = alpha.sum()
    between = -alpha[0] * alpha[1] / (total**2 * (total + 1))
    assert paired_error(first, second, worlds) == pytest.approx(math.sqrt(cov[0] + cov[1] - 2 * between), rel=1e-12)


def test_the_error_of_many_worlds_is_that_of_the_paired_differences():
    differences = np.repeat([1.0, -1.0, 0.0], [3000, 1000, 96_000])
    usual = differences.std(ddof=1) / differences.size**0.5
    assert paired_error(3000, 1000, 100_000) == pytest.approx(usual, rel=1e-3)


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


def test_one_option_has_no_rank(sound, outcomes):
    assert gate(forecast.check(tree(sound), outcomes=outcomes.isel(option=[0])), "ranking").passed is None


def test_nothing_judged_is_not_passed(sound, outcomes):
    gates = forecast.check(None, outcomes=outcomes)
    assert not Gates(tuple(one for one in gates.gates if one.passed is None)).passed


@pytest.mark.parametrize("thing", [None, {}, xr.Dataset(), xr.DataTree()], ids=["none", "dict", "dataset", "empty"])
def test_what_is_no_fit_is_refused(thing):
    with pytest.raises(InvalidArgument, match=r"forecast\.fit"):
        forecast.check(thing)


def test_what_are_no_outcomes_is_refused(sound):
    with pytest.raises(InvalidArgument, match=r"forecast\.simulate"):
        forecast.check(tree(sound), outcomes=xr.Dataset())
