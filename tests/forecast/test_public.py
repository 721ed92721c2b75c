"""The public surface: names, signatures, errors, and what importing costs."""

import inspect
import pickle
import subprocess
import sys

import pytest

import forecast
from forecast import errors

PUBLIC = [
    "errors",
    "About",
    "Attribute",
    "BinomialStudy",
    "Condition",
    "Estimate",
    "Goal",
    "IntervalReport",
    "NormalStudy",
    "Option",
    "Phase",
    "Quantity",
    "Result",
    "Run",
    "Settings",
    "Trigger",
    "Values",
    "World",
    "at",
    "best_map",
    "breakeven",
    "build_model",
    "by_beliefs",
    "by_claim",
    "by_structure",
    "calibrate",
    "chance",
    "check",
    "check_classes",
    "code",
    "compare",
    "count",
    "decide",
    "delta",
    "describe_world",
    "discover",
    "dominance",
    "end",
    "event",
    "ever",
    "evpi",
    "evppi",
    "evsi",
    "first",
    "fit",
    "from_arrays",
    "given",
    "join",
    "leave_one_out",
    "level",
    "load",
    "load_evidence",
    "load_values",
    "load_world",
    "luck_and_ignorance",
    "measure",
    "number",
    "options",
    "parameters",
    "pawn",
    "plots",
    "power_scaling",
    "predictive_checks",
    "prior_posterior",
    "questions",
    "rate",
    "run",
    "save",
    "scores",
    "shapley",
    "simulate",
    "sobol",
    "structure_ranges",
    "sweep",
    "to_arviz",
    "total",
    "tornado",
    "tradeoffs",
    "two_way",
    "utility",
    "waiting",
    "yes_no",
    "weight_flips",
    "weight_map",
]


def test_the_public_names():
    assert sorted(forecast.__all__) == sorted(PUBLIC)
    for name in PUBLIC:
        assert getattr(forecast, name) is not None
    assert set(PUBLIC) <= set(dir(forecast))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="simulte"):
        _ = forecast.simulte


KEYWORD_ONLY = [
    "at",
    "best_map",
    "breakeven",
    "by_beliefs",
    "by_claim",
    "by_structure",
    "calibrate",
    "check",
    "check_classes",
    "compare",
    "decide",
    "delta",
    "describe_world",
    "discover",
    "dominance",
    "evpi",
    "evppi",
    "evsi",
    "fit",
    "leave_one_out",
    "load",
    "load_values",
    "load_world",
    "luck_and_ignorance",
    "parameters",
    "pawn",
    "power_scaling",
    "predictive_checks",
    "prior_posterior",
    "questions",
    "run",
    "save",
    "scores",
    "shapley",
    "simulate",
    "sobol",
    "structure_ranges",
    "sweep",
    "to_arviz",
    "tornado",
    "tradeoffs",
    "two_way",
    "utility",
    "waiting",
    "weight_flips",
    "weight_map",
]


TWO = {
    "breakeven",
    "delta",
    "evppi",
    "evsi",
    "luck_and_ignorance",
    "pawn",
    "questions",
    "save",
    "scores",
    "shapley",
    "sobol",
    "structure_ranges",
    "tornado",
    "utility",
    "weight_flips",
    "weight_map",
}
"""These are about two things: outcomes and a path or values, a utility and parameters, a run and its twin, a quantity
and what varies."""

THREE = {"best_map", "two_way"}
"""These are about beliefs and two of them."""


@pytest.mark.parametrize("name", KEYWORD_ONLY)
def test_everything_after_the_first_argument_is_keyword_only(name):
    signature = inspect.signature(getattr(forecast, name))
    allowed = 3 if name in THREE else 2 if name in TWO else 1
    for position, parameter in enumerate(signature.parameters.values()):
        assert parameter.kind is not parameter.VAR_KEYWORD
        if position >= allowed:
            assert parameter.kind is parameter.KEYWORD_ONLY
        assert parameter.annotation is not parameter.empty


def test_importing_forecast_and_priors_imports_nothing_heavy():
    heavy = "{'numpy', 'scipy', 'xarray', 'pandas', 'pymc', 'rich'}"
    code = f"import sys, forecast, priors; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


NAMED = [getattr(errors, name) for name in errors.__all__]
ERRORS = [one for one in NAMED if isinstance(one, type) and not issubclass(one, Warning)]


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_every_error_says_what_was_given_what_was_expected_and_how_to_mend_it(kind):
    error = kind("the lower bound is 5", expected="a lower bound below the upper", mend="exchange the two")
    assert isinstance(error, errors.ForecastError)
    assert str(error) == ("the lower bound is 5. Expected a lower bound below the upper. To mend it: exchange the two.")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert str(again) == str(error)


def test_each_error_is_the_builtin_a_caller_would_expect():
    assert issubclass(errors.InvalidPrior, ValueError)
    assert issubclass(errors.InvalidOption, ValueError)
    assert issubclass(errors.InvalidFile, ValueError)
    assert issubclass(errors.UnknownOption, KeyError)
    assert issubclass(errors.UnknownPrior, KeyError)
    assert issubclass(errors.FileMissing, FileNotFoundError)
    assert issubclass(errors.FileNotWritable, OSError)


def test_near_matches():
    assert errors.near_matches("airstrike", ["airstrikes", "training"]) == "use 'airstrikes'"
    assert "and 3 more" in errors.near_matches("zzz", [f"name{i}" for i in range(15)])


@pytest.mark.parametrize(
    ("kwargs", "hint"),
    [
        ({"worlds": 0}, "worlds"),
        ({"worlds": 2.5}, "worlds"),
        ({"worlds": True}, "worlds"),
        ({"worlds": 10**5000}, "too long to show"),
        ({"months": 0}, "months"),
        ({"months": 121}, "120"),
        ({"seed": -1}, "seed"),
        ({"seed": "one"}, "seed"),
        ({"backend": "fortran"}, "numpy"),
        ({"options": []}, "leave it out"),
        ({"options": ["ct_asistance"]}, "ct_assistance"),
        ({"options": [None]}, "a name or an Option"),
        ({"options": "airstrikes +"}, "from month"),
    ],
)
def test_simulate_refuses_bad_input_before_any_work(article, kwargs, hint):
    with pytest.raises(errors.ForecastError, match=hint):
        forecast.simulate(article, evidence="none", **kwargs)


def test_simulate_refuses_what_is_no_prior_set(article):
    with pytest.raises(errors.InvalidArgument, match="PriorSet"):
        forecast.simulate({"isis_fighters": 1.0})


def test_simulate_refuses_a_set_that_is_not_whole(tmp_path):
    import priors

    path = tmp_path / "part.toml"
    path.write_text(
        'format = 1\nname = "part"\ntitle = "t"\ndescription = "d"\norigin = 2016-02-29\n'
        '[prior.isis_fighters]\nunit = "fighters"\nmeaning = "m"\nclaims = ["N1"]\nderivation = "d."\n'
        'elicit = { family = "LogNormal", interval = [3000, 6500], mass = 0.9 }\n',
        encoding="utf-8",
    )
    with pytest.raises(errors.UnknownPrior, match="base_matters"):
        forecast.simulate(priors.load(path), evidence="none")
