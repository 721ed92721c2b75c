"""What is said of a world whose step is no month: nothing that is true of months alone."""

import re

import pytest
from matplotlib.text import Text

import forecast
from forecast import Condition, Option, Trigger, World, number, yes_no
from forecast.commands.options import _page
from forecast.world_page import reading_of
from tests.forecast.one_rate import BELIEFS


def world(step):
    return World(
        name="stock",
        date="2012-01-31",
        origin=lambda beliefs, luck: {"stock": 10.0, "short": 0.0},
        month=lambda xp, state, levers, beliefs, luck, time: {
            "stock": state.stock * xp.exp(-beliefs.rate * time.step) + levers.fill,
            "short": state.stock < 5.0,
        },
        states={"stock": number("kg", "In stock"), "short": yes_no("Short")},
        parameters=("rate",),
        levers=("fill",),
        shocks={},
        step=step,
        options={
            "nothing": Option("nothing"),
            "fill": Option("fill", triggers=(Trigger((Condition("short", at_least=1),), {"fill": 1.0}),)),
        },
    )


def texts(figure):
    """All words of a picture; a wrapped line goes on."""
    return " ".join(" ".join(one.get_text().split()) for one in figure.findobj(Text))


def said(step, capsys):
    """All that is said of it and of a run, as one text each."""
    one = world(step)
    run = forecast.simulate(BELIEFS, world=one, evidence="none", worlds=20, months=6, progress=False)
    _page(one.options["fill"], one)
    option = capsys.readouterr().out
    index, part = forecast.describe_world(world=one), forecast.describe_world("month", world=one)
    return {
        "option": option,
        "index": repr(index),
        "part": repr(part),
        "title": index.about.title,
        "bands": texts(forecast.plots.trajectories(run, state="stock")),
        "events": texts(forecast.plots.events(run)),
        "influence": texts(part.plot()),
    }


@pytest.mark.parametrize("step", [12 / 52, 0.5, 3.0])
def test_what_is_no_month_is_called_a_step(step, capsys):
    found = said(step, capsys)
    whole = " ".join(" ".join(text.split()) for text in found.values())
    assert not re.search(
        "month by month|[Tt]he month is one step|the month after|One month|within the month|[Tt]he whole month|"
        "The month, part|of the month:|last month|this month|first month|in that month",
        whole,
    )
    for words in (
        "the step after",
        "The step, part by part",
        "A step is",
        "One step",
        "step by step",
        "The whole step.",
    ):
        assert words in whole
    assert f"A step is {step:.6g} months" in reading_of(world(step))


def test_a_month_is_called_a_month(capsys):
    found = said(1.0, capsys)
    assert "The month is one step" in reading_of(world(1.0))
    assert "The month is one step" in " ".join(found["part"].split())
    assert "month by month" in found["bands"]
    assert "month by month" in found["events"]
    assert "One month" in found["influence"]
    assert "equations of the month:" in found["influence"]
    assert "the month after" in found["option"]
