"""Beliefs in the wrong unit."""

import dataclasses
import warnings

import numpy as np
import pytest

import priors
from forecast.beliefs import check_beliefs
from forecast.errors import ForecastWarning, InvalidPrior, PriorWarning
from priors.mixture import is_choice
from priors.plausible import bounds, check_plausible
from priors.tables import packaged

A = priors.load("article")
TYPED = priors.elicit("Normal", interval=(0.1, 0.5), mass=0.9)
"""A probability where the log of a monthly hazard belongs."""


def bound_of(prior):
    return next(bound for bound in bounds() if bound.of(prior))


@pytest.mark.parametrize("name", priors.available())
def test_every_shipped_prior_lies_well_inside(name):
    for prior in priors.load(name).values():
        bound = bound_of(prior)
        # The lowest of a few forms is the number 0 itself, which is allowed.
        below, up_to = prior.cdf((np.nextafter(bound.low, -np.inf), bound.high))
        assert below + 1 - up_to < 0.1, prior
        if is_choice(prior.distribution):
            continue
        low, high = prior.interval(0.8)
        assert bound.low <= low < high <= bound.high


def test_every_bound_says_why_and_is_used():
    units = [entry["unit"] for entry in packaged("plausible.toml").table["unit"]]
    assert len(set(units)) == len(units)
    used = {bound_of(prior) for prior in A.values()}
    assert used == set(bounds())
    for bound in bounds():
        assert bound.low < bound.high
        assert bound.derivation.endswith(".")
        assert len(bound.derivation) > 40
        assert bound.says
        assert bound.mend
        assert not bound.name or bound.name in A


def test_a_probability_where_a_log_hazard_belongs_is_refused():
    with pytest.raises(InvalidPrior) as refused:
        A.replace(collapse_hazard=TYPED)
    said = str(refused.value)
    assert "as a monthly hazard that is 1.1 to 1.6: within the month in 74% of worlds" in said
    assert A["collapse_hazard"].meaning in said
    assert "a monthly hazard from a millionth to 1" in said
    assert "accept=True" in said


SLIPS = {
    "endorse_mediation": (("Normal", (5, 7)), "as a factor on the hazard, 150 to 1,100"),
    "diversion": (("Normal", (-9, -5)), "as a factor on the rate for full unrest, 0.00012 to 0.0067"),
    "isis_growth": (("LogNormal", (1, 3)), "as a factor on strength in a year, 160,000 to"),
    "strike_attrition": (("LogNormal", (5, 40)), "as 5 to 40 log attrition a month"),
    "integration_centres": (("LogNormal", (5, 30)), "as months to half the way, 0.023 to 0.14"),
    "isis_fighters": (("LogNormal", (3, 6.5)), "as 3 to 6.5 fighters"),
    "train_lag": (("LogNormal", (150, 500)), "as 150 to 500 months"),
    "clash_headroom": (("LogNormal", (0.2, 0.9)), "as 0.2 to 0.9"),
    "raid_loss": (("LogNormal", (2, 10)), "as a loss in one raid, 86% to 100%"),
    "oil_origin": (("LogNormal", (350_000, 420_000)), "as 350,000 to 420,000 kb/d"),
}


@pytest.mark.parametrize("name", SLIPS)
def test_every_kind_of_unit_in_its_own_words(name):
    (family, interval), words = SLIPS[name]
    new = priors.elicit(family, interval=interval, mass=0.9)
    with pytest.raises(InvalidPrior) as refused:
        A.replace({name: new})
    assert f"is read {words}" in str(refused.value)
    assert A.replace({name: new}, accept=True)[name].accepted


def test_half_outside_is_the_limit():
    bound = bound_of(A["collapse_hazard"])
    for shift, refused in ((-0.01, False), (0.01, True)):
        prior = priors.elicit("Normal", parameters={"mu": bound.high + shift, "sigma": 1.0}, unit=bound.unit)
        if refused:
            with pytest.raises(InvalidPrior):
                check_plausible(prior)
        else:
            check_plausible(prior)


def test_what_has_nothing_in_common_with_the_old_is_noted():
    far = priors.elicit(hazard=(0.9, 0.99), within=12)
    with pytest.warns(PriorWarning, match="collapse_hazard is read as a monthly hazard that is 0.19 to 0.38") as noted:
        A.replace(collapse_hazard=far)
    assert noted[0].filename == __file__
    assert issubclass(PriorWarning, ForecastWarning)
    assert issubclass(ForecastWarning, UserWarning)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PriorWarning)
        assert not A.replace(collapse_hazard=far)["collapse_hazard"].accepted
    assert not A.replace(collapse_hazard=far, accept=True)["collapse_hazard"].accepted
    # Overlapping by a little is no note.
    high = A["collapse_hazard"].interval()[1]
    A.replace(collapse_hazard=priors.elicit("Normal", interval=(high - 0.01, high + 1), mass=0.9))


def test_acceptance_survives_files_and_more_edits(tmp_path):
    meant = A.replace(collapse_hazard=TYPED, accept=True)
    check_beliefs(meant)
    path = meant.save(tmp_path / "mine.toml")
    assert "accept = true" in path.read_text()
    again = priors.load(path)
    assert again == meant
    assert again.replace(collapse_hazard=again["collapse_hazard"]) == meant
    assert again.replace(oil_origin=priors.elicit("LogNormal", interval=(300, 500), mass=0.9))[
        "collapse_hazard"
    ].accepted
    # Other numbers are not meant because these are.
    with pytest.raises(InvalidPrior):
        again.replace(collapse_hazard=priors.elicit("Normal", interval=(0.2, 0.5), mass=0.9))
    assert "accept =" not in A.save(path).read_text()


def test_a_file_is_refused_with_the_same_words(tmp_path):
    with pytest.raises(InvalidPrior) as first:
        A.replace(collapse_hazard=TYPED)
    path = tmp_path / "mine.toml"
    head = 'format = 1\nname = "mine"\ntitle = "Mine"\nbase = "article"\n[prior.collapse_hazard]\n'
    body = 'elicit = { family = "Normal", interval = [0.1, 0.5], mass = 0.9 }\n'
    path.write_text(head + body)
    with pytest.raises(InvalidPrior) as second:
        priors.load(path)
    assert str(second.value) == f"{path}: {first.value}"
    path.write_text(head + "accept = true\n" + body)
    assert priors.load(path)["collapse_hazard"] == A.replace(collapse_hazard=TYPED, accept=True)["collapse_hazard"]
    # A later file that only says more about it does not take the acceptance back.
    later = tmp_path / "later.toml"
    later.write_text(
        'format = 1\nname = "later"\ntitle = "L"\nbase = "mine.toml"\n[prior.collapse_hazard]\nderivation = "Why."\n'
    )
    assert priors.load(later)["collapse_hazard"].accepted


def test_a_set_built_by_hand_does_not_get_around_it():
    for unit in ("", "log of the monthly hazard", "chance"):
        built = dataclasses.replace(A, priors={**A.priors, "collapse_hazard": dataclasses.replace(TYPED, unit=unit)})
        with pytest.raises(InvalidPrior, match=r"1\.1 to 1\.6: within the month in 74% of worlds"):
            check_beliefs(built)


def test_a_pool_of_accepted_priors_is_accepted():
    meant = A.replace(collapse_hazard=TYPED, accept=True)
    pool = priors.pool({"a": A, "b": meant}, weights=[0.2, 0.8])
    assert pool["collapse_hazard"].accepted
    check_beliefs(pool)


def test_extremes_are_said_too():
    for interval in ((800.0, 900.0), (-900.0, -800.0)):
        for name in ("collapse_hazard", "endorse_mediation"):
            with pytest.raises(InvalidPrior, match="is read as"):
                A.replace({name: priors.elicit("Normal", interval=interval, mass=0.9)})
