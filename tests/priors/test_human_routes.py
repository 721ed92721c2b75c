"""Elicitation in human units: a chance within some months, and a factor."""

import dataclasses
import math
import tomllib

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as some

import priors
from forecast.errors import ForecastError, InvalidPrior
from priors import elicit

A = priors.load("article")
chances = some.floats(1e-6, 1 - 1e-6)
factors = some.floats(1e-3, 1e3)
masses = some.floats(0.1, 0.99)


@given(chances, chances, some.floats(0.1, 240), masses)
def test_a_hazard_reads_back(low, high, within, mass):
    assume(high - low > 1e-4)
    prior = elicit(hazard=(low, high), within=within, mass=mass)
    ends = np.exp(prior.ppf([(1 - mass) / 2, (1 + mass) / 2]))
    assert -np.expm1(-within * ends) == pytest.approx([low, high], abs=1e-12)
    assert prior.unit == "log of the monthly hazard"
    assert prior.family == "Normal"


@given(factors, factors, masses)
def test_a_ratio_reads_back(low, high, mass):
    assume(high > 1.001 * low)
    prior = elicit(ratio=(low, high), mass=mass)
    assert np.exp(prior.ppf([(1 - mass) / 2, (1 + mass) / 2])) == pytest.approx([low, high], rel=1e-11)


def test_the_mass_is_ninety_per_cent():
    assert (
        elicit(hazard=(0.1, 0.5), within=12).distribution == elicit(hazard=(0.1, 0.5), within=12, mass=0.9).distribution
    )
    score = 1.6448536269514722
    mu, sigma = elicit(ratio=(1, 4)).parameters.values()
    assert (mu, sigma) == (pytest.approx(math.log(2), abs=1e-15), pytest.approx(math.log(2) / score, abs=1e-15))
    low, high = (math.log(-math.log1p(-p) / 12) for p in (0.1, 0.5))
    mu, sigma = elicit(hazard=(0.1, 0.5), within=12).parameters.values()
    assert (mu, sigma) == (
        pytest.approx((low + high) / 2, abs=1e-14),
        pytest.approx((high - low) / 2 / score, abs=1e-14),
    )


def test_a_hazard_is_the_probability_that_it_occurs():
    long = elicit("Normal", probability={"interval": (0.1, 0.5), "mass": 0.9, "months": 6, "event": "occurs"})
    short = elicit(hazard=(0.1, 0.5), within=6)
    assert short.distribution == long.distribution
    assert short.elicited == long.elicited


def test_they_take_the_place_of_a_prior_as_they_are():
    new = A.replace(collapse_hazard=elicit(hazard=(0.10, 0.50), within=12))
    assert new["collapse_hazard"].unit == A["collapse_hazard"].unit
    assert new["collapse_hazard"].interval() == pytest.approx(elicit(hazard=(0.1, 0.5), within=12).interval())
    new = A.replace(endorse_mediation=elicit(ratio=(1, 4)), disorder_recruitment=elicit(ratio=(1, 4)))
    assert new["endorse_mediation"].unit == "log hazard ratio"
    assert new["disorder_recruitment"].unit == "log rate ratio for full unrest"
    assert new["disorder_recruitment"].derivation.startswith(
        "Normal from a factor of 1 to 4 as the central 90% interval"
    )


def test_for_another_kind_of_quantity_they_are_refused():
    with pytest.raises(InvalidPrior, match="a ratio for isis_growth, which is in 'log growth a month'"):
        A.replace(isis_growth=elicit(ratio=(1, 4)))
    with pytest.raises(InvalidPrior, match="a ratio for collapse_hazard"):
        A.replace(collapse_hazard=elicit(ratio=(1, 4)))
    with pytest.raises(InvalidPrior, match="the unit 'log hazard ratio'"):
        A.replace(endorse_mediation=elicit(hazard=(0.1, 0.5), within=12))


def test_a_shift_adds_its_mean():
    shift = {"verb": "would", "strength": "strong", "sign": "+"}
    for asked in ({"hazard": (0.1, 0.5), "within": 12}, {"ratio": (0.5, 2)}):
        moved = elicit(**asked, shift=shift).mean - elicit(**asked).mean
        assert moved == pytest.approx(elicit("Normal", words=shift).mean)


def test_files_keep_them(tmp_path):
    beliefs = A.replace(collapse_hazard=elicit(hazard=(0.1, 0.5), within=6), clash_war=elicit(ratio=(1, 4), mass=0.8))
    path = beliefs.save(tmp_path / "mine.toml")
    assert priors.load(path) == beliefs
    saved = tomllib.loads(path.read_text())["prior"]
    assert saved["clash_war"]["elicit"] == {"family": "Normal", "ratio": [1, 4], "mass": 0.8}
    path.write_text(
        'format = 1\nname = "mine"\ntitle = "Mine"\nbase = "article"\n'
        "[prior.collapse_hazard]\nelicit = { hazard = [0.1, 0.5], within = 6 }\n"
        "[prior.clash_war]\nelicit = { ratio = [1, 4], mass = 0.8 }\n"
    )
    mine = priors.load(path)
    assert dict(mine) == dict(beliefs)
    assert dataclasses.replace(mine["clash_war"].elicited, rows=()) == dataclasses.replace(
        beliefs["clash_war"].elicited, rows=()
    )


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"hazard": (0.1, 0.5)}, "within = None"),
        ({"within": 12, "ratio": (1, 4)}, "within = 12 with ratio"),
        ({"hazard": (0.0, 0.5), "within": 12}, "strictly between 0 and 1"),
        ({"hazard": (0.1, 1.0), "within": 12}, "strictly between 0 and 1"),
        ({"hazard": (10, 50), "within": 12}, "strictly between 0 and 1"),
        ({"hazard": (0.5, 0.1), "within": 12}, "lower end below"),
        ({"hazard": (0.1, 0.5), "within": 0}, "months > 0"),
        ({"hazard": (0.1, 0.5), "within": -1}, "months > 0"),
        ({"hazard": (0.1, 0.5), "within": math.inf}, "finite"),
        ({"hazard": (0.1, 0.5), "within": "a year"}, "finite number"),
        ({"hazard": 0.3, "within": 12}, "two numbers"),
        ({"ratio": (0, 4)}, "above 0"),
        ({"ratio": (-1, 4)}, "above 0"),
        ({"ratio": (4, 1)}, "lower end below"),
        ({"ratio": (2, 2)}, "lower end below"),
        ({"ratio": 4}, "two numbers"),
        ({"ratio": (1, 4), "mass": 1.0}, "strictly between 0 and 1"),
        ({"ratio": (1, 4), "hazard": (0.1, 0.5), "within": 12}, "exactly one of"),
        ({"ratio": (1, 4), "interval": (0, 1), "mass": 0.9}, "exactly one of"),
        ({"family": "LogNormal", "ratio": (1, 4)}, "LogNormal for a ratio"),
        ({"family": "Beta", "hazard": (0.1, 0.5), "within": 12}, "Beta for a hazard"),
        ({"family": "Normal", "interval": (0, 1)}, "mass = None"),
        ({"family": "Normal", "quantiles": {0.1: 0, 0.9: 1}, "mass": 0.9}, "leave mass out"),
        ({"interval": (0, 1), "mass": 0.9}, "without a family"),
        ({}, "nothing to go on"),
        ({"ratio": (1, 4), "unit": "fighters"}, "a log hazard ratio or a log rate ratio"),
        ({"hazard": (0.1, 0.5), "within": 12, "unit": "log hazard ratio"}, "log of the monthly hazard"),
        ({"ratio": (1, 4), "bounds": (0, 1)}, "leave bounds out"),
    ],
)
def test_refused_in_one_sentence(asked, said):
    with pytest.raises(InvalidPrior, match=said) as refused:
        elicit(**asked)
    assert str(refused.value).count("To mend it") == 1


@given(
    some.one_of(some.none(), some.floats(), some.text(max_size=3), some.tuples(some.floats(), some.floats())),
    some.one_of(some.none(), some.floats(), some.text(max_size=3)),
    some.one_of(some.none(), some.floats()),
    some.sampled_from(["hazard", "ratio"]),
)
def test_whatever_is_given_is_a_prior_or_refused(pair, within, mass, route):
    try:
        prior = elicit(**{route: pair}, within=within, mass=mass)
    except InvalidPrior:
        return
    assert all(math.isfinite(value) for value in prior.parameters.values())
    assert prior.elicited.meets


@pytest.mark.parametrize(
    ("form", "units"),
    [
        ("ratio = [1, 5]", ["log hazard ratio", "log rate ratio"]),
        ("hazard = [0.1, 0.5], within = 12", ["log of the monthly hazard"]),
    ],
)
def test_a_wrong_unit_and_none_in_a_file_are_mended_alike(tmp_path, form, units):
    def load(line):
        path = tmp_path / "new.toml"
        path.write_text(
            'format = 1\nname = "new"\ntitle = "New"\n[prior.neglect]\nmeaning = "m"\nderivation = "d"\n'
            f"{line}\nelicit = {{ {form} }}\n"
        )
        return priors.load(path)

    said = []
    for line in ('unit = "1"', ""):
        with pytest.raises(ForecastError, match=form.split()[0]) as caught:
            load(line)
        said.append((caught.value.expected, caught.value.mend))
    assert said[0] == said[1]
    assert all(f'"{unit}"' in said[0][1] for unit in units)
    assert "leave" not in said[0][1]
    # What it says to write is taken.
    assert all(load(f'unit = "{unit}"')["neglect"].unit == unit for unit in units)
