"""One call from beliefs to a decision: what it takes, and what it says it is about."""

import pytest

import forecast
from forecast.errors import InvalidArgument, UnknownArgument

PLAIN = {"evidence": "none", "structures": False, "classes": False}
SIZE = {"worlds": 40, "months": 3, "seed": 7, "progress": False}
OPTIONS = ["no_assistance", "airstrikes"]


@pytest.fixture(scope="module")
def ran():
    return forecast.run(options=OPTIONS, **PLAIN, **SIZE)


def test_settings_are_their_fields(ran):
    again = forecast.run(options=OPTIONS, settings=forecast.Settings(**SIZE), **PLAIN)
    assert again.outcomes.attrs["run"] == ran.outcomes.attrs["run"]
    assert again.decision.to_frame().equals(ran.decision.to_frame())


def test_it_says_what_it_is_about(ran):
    about = ran.about
    assert (about.worlds, about.months, about.seed) == (40, 3, 7)
    assert (about.beliefs, about.evidence, about.values) == ("article", "none", ran.values.title)
    assert about.gates.broken == ", ".join(gate.name for gate in ran.gates.failed)


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        ({"wordls": 10}, UnknownArgument),
        ({"settings": forecast.Settings(), "worlds": 10}, InvalidArgument),
        ({"structures": "no"}, InvalidArgument),
    ],
)
def test_what_it_does_not_take_is_refused(bad, error):
    with pytest.raises(error):
        forecast.run(**bad)
