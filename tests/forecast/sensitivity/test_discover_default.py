"""What is looked for where no event is named, in any world."""

import dataclasses

import pytest

import forecast
import priors
from forecast.errors import InvalidArgument
from forecast.worlds.district import DISTRICT

HOW = {"engine": "numpy", "refits": 0, "progress": False}


def run(**changed):
    world = dataclasses.replace(DISTRICT, **changed)
    beliefs = priors.load(DISTRICT.beliefs)
    return forecast.simulate(
        beliefs, world=world, options="both", evidence="none", worlds=400, months=12, progress=False
    )


@pytest.mark.parametrize(
    ("changed", "event"),
    [({}, "calm"), ({"leading": "truce_ever"}, "truce_ever"), ({"leading": "rebels_end"}, "truce_ever")],
)
def test_it_is_the_leading_event_or_the_first(changed, event):
    outcomes = run(**changed)
    own, named = (forecast.discover(outcomes, **given, **HOW) for given in ({}, {"event": event}))
    assert own.about == named.about
    assert own.words == named.words


def test_without_an_event_it_is_asked_for():
    outcomes = {name: one for name, one in DISTRICT.outcomes.items() if not one.is_event}
    without = run(outcomes=outcomes, leading="", harms=(), columns={}, headline=(), gain=(), values={})
    with pytest.raises(InvalidArgument, match="no event, and outcomes without one"):
        forecast.discover(without, **HOW)
