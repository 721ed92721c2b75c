"""What studies report, and what seeing the report is worth."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from forecast.decision.evsi import evsi
from forecast.decision.information import evppi
from forecast.decision.studies import BinomialStudy, IntervalReport, NormalStudy
from forecast.errors import ForecastError, InvalidArgument, UnknownPrior
from tests.forecast.information_cases import normal_case, parameters, utility

WORLDS = 10_000
ERRORS = 3.5

EVSI_P1 = {10: 0.0723251, 100: 0.0821176, 1000: 0.0831946}
"""Of the normal case, observations of p1 with sd 1 (closed form)."""


@pytest.fixture(scope="module")
def normal():
    return normal_case(WORLDS, seed=2)


@pytest.mark.parametrize("n", EVSI_P1)
def test_observations_of_the_normal_case(normal, n):
    found = evsi(*normal, study=NormalStudy("p1", n, 1.0))
    assert abs(found.value - EVSI_P1[n]) < ERRORS * found.error
    assert found.error < 0.012


def test_one_case_for_two_equally_likely_chances():
    # Chances .2 and .8; going pays 1 where it is .8 and -1 where it is .2. Seeing one case: choose by it, right in .8,
    # so half the time go and gain .8 - .2: .3. Knowing the chance: .5.
    chance = np.tile([0.2, 0.8], WORLDS // 2)
    u = utility(np.zeros(WORLDS), np.where(chance > 0.5, 1.0, -1.0))
    found = evsi(u, parameters(chance=chance), study=BinomialStudy("chance", 1))
    assert abs(found.value - 0.3) < ERRORS * found.error
    assert evppi(u, parameters(chance=chance)).value == pytest.approx(0.5, abs=1e-9)


def test_larger_studies_are_worth_more_and_none_more_than_knowing(normal):
    known = evppi(*normal, names="p2").value
    worth = [evsi(*normal, study=NormalStudy("p2", 1, sd)).value for sd in (1e6, 4.0, 1.0, 0.1, 1e-9)]
    assert worth[0] == 0.0
    assert worth == sorted(worth)
    assert worth[-1] == pytest.approx(known, abs=1e-9)


@pytest.mark.slow
@settings(max_examples=8)
@given(seed=st.integers(0, 1000), worlds=st.integers(50, 80), sd=st.floats(0.01, 100.0))
def test_a_study_is_worth_something_between_nothing_and_knowing(seed, worlds, sd):
    u, drawn = normal_case(worlds, seed)
    for name in ("p1", "idle"):
        assert 0.0 <= evsi(u, drawn, study=NormalStudy(name, 1, sd)).value <= evppi(u, drawn, names=name).value


def test_a_study_depends_on_its_seed_alone(normal):
    study = NormalStudy("p2", 1, 2.0)
    one, same, other = (evsi(*normal, study=study, seed=seed) for seed in (1, 1, 2))
    assert one.value == same.value
    assert one.value != other.value
    values = normal[1]["p2"].values
    assert np.array_equal(study.reported(values, seed=3)[:100], study.reported(values[:100], seed=3))


def test_reports_have_the_distributions_that_they_say():
    chance = np.full(WORLDS, 0.3)
    cases = BinomialStudy("p", 5).reported(chance, seed=1)
    seen = np.bincount(cases.astype(int), minlength=6)
    assert stats.chisquare(seen, WORLDS * stats.binom.pmf(np.arange(6), 5, 0.3)).pvalue > 1e-4
    mean = NormalStudy("p", 4, 3.0).reported(chance, seed=1)
    assert stats.kstest(mean, stats.norm(0.3, 1.5).cdf).pvalue > 1e-4


@pytest.mark.parametrize("mass", [0.5, 0.9])
def test_an_interval_reported_holds_the_truth_as_often_as_it_says(mass):
    truth = np.exp(np.random.default_rng(0).normal(size=WORLDS))
    # The interval is from centre / sqrt(factor) to centre x sqrt(factor), or centre -+ width / 2.
    by_factor = IntervalReport("r", factor=4.0, mass=mass).reported(truth, seed=1) / truth
    by_width = IntervalReport("r", width=3.0, mass=mass).reported(truth, seed=1) - truth
    for inside in (np.abs(np.log(by_factor)) <= math.log(2.0), np.abs(by_width) <= 1.5):
        assert abs(inside.mean() - mass) < ERRORS * math.sqrt(mass * (1.0 - mass) / WORLDS)


def test_an_interval_report_is_worth_less_the_wider_it_is(normal):
    wide, narrow = (evsi(*normal, study=IntervalReport("p2", width=width)).value for width in (20.0, 2.0))
    assert wide < narrow <= evppi(*normal, names="p2").value


def test_what_a_study_is_called():
    assert "10 observations of p1" in repr(evsi(*normal_case(100), study=NormalStudy("p1", 10, 1.0)))
    assert BinomialStudy("p", 1).meaning == "counting 1 case of p"
    assert IntervalReport("p", factor=3).meaning == "a report on p within a factor of 3 (90%)"


@pytest.mark.parametrize(
    "make",
    [
        lambda: BinomialStudy("p", 0),
        lambda: BinomialStudy("p", 1.5),
        lambda: BinomialStudy("p", True),
        lambda: BinomialStudy("", 1),
        lambda: BinomialStudy(3, 1),
        lambda: NormalStudy("p", 0, 1.0),
        lambda: BinomialStudy("p", 10**400),
        lambda: NormalStudy("p", 10**400, 1.0),
        lambda: NormalStudy("p", 1, 10**400),
        lambda: IntervalReport("p", factor=10**400),
        lambda: IntervalReport("p", width=10**400),
        lambda: NormalStudy("p", 1, 0.0),
        lambda: NormalStudy("p", 1, -1.0),
        lambda: NormalStudy("p", 1, math.inf),
        lambda: NormalStudy("p", 1, "1"),
        lambda: IntervalReport("p"),
        lambda: IntervalReport("p", factor=2.0, width=1.0),
        lambda: IntervalReport("p", factor=1.0),
        lambda: IntervalReport("p", width=0.0),
        lambda: IntervalReport("p", width=1.0, mass=1.0),
    ],
)
def test_studies_that_cannot_be_made_are_refused(make):
    with pytest.raises(InvalidArgument):
        make()


@pytest.mark.parametrize(
    ("study", "seed", "error"),
    [
        (BinomialStudy("p1", 5), 1, InvalidArgument),
        (IntervalReport("p1", factor=2.0), 1, InvalidArgument),
        (NormalStudy("p3", 5, 1.0), 1, UnknownPrior),
        ("p1", 1, InvalidArgument),
        (None, 1, InvalidArgument),
        (NormalStudy("p1", 5, 1.0), -1, InvalidArgument),
        (NormalStudy("p1", 5, 1.0), 1.0, InvalidArgument),
    ],
)
def test_studies_that_do_not_fit_are_refused(study, seed, error):
    with pytest.raises(error) as caught:
        evsi(*normal_case(100), study=study, seed=seed)
    assert isinstance(caught.value, ForecastError)


@pytest.mark.slow
def test_intervals_hold_the_truth_as_often_as_they_say():
    found = [evsi(*normal_case(1000, seed), study=NormalStudy("p1", 10, 1.0), seed=seed) for seed in range(50)]
    inside = np.mean([each.interval[0] <= EVSI_P1[10] <= each.interval[1] for each in found])
    # Binomial with 50 tries and .9: sd .042; two and a half of these, and what learning the rule costs.
    assert inside > 0.79
