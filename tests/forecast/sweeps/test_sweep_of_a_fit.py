"""Sweeps on evidence that reaches every parameter of a world."""

import datetime

import numpy as np
import pytest

import forecast
import priors
from forecast.sweeps.sweep import sweep
from priors import PriorSet

WORLD = forecast.World(
    name="reached",
    date="2012-01-31",
    parameters=("first", "second"),
    levers=("help",),
    shocks={},
    states={"sum": forecast.number("1", "Sum")},
    origin=lambda beliefs, luck: {"sum": beliefs.first},
    month=lambda xp, state, levers, beliefs, luck, time: {"sum": state.sum + beliefs.second - levers.help},
    outcomes={
        "sum_end": forecast.end("sum", "Sum at the horizon", better="lower"),
        "below": forecast.event("Below 0", "the sum ends below 0", lambda path: path.end("sum") < 0.0, better="higher"),
    },
    readings={name: forecast.rate(name) for name in ("first", "second")},
    evidence={
        "format": 1,
        "set": {"seen": {"title": "Seen", "description": "Nothing came.", "items": ["nothing"]}},
        "item": {
            "nothing": {
                "date": datetime.date(2012, 1, 31),
                "source": "an observer",
                "informs": ["first", "second"],
                "likelihood": "Nothing came in a year.",
                "kind": "no_event",
                "hazards": ["first", "second"],
                "months": 12,
            }
        },
    },
    options={
        "nothing": forecast.Option("nothing"),
        "help": forecast.Option("help", (forecast.Phase({"help": 1.0}),)),
    },
)


def beliefs(median, name):
    one = priors.elicit("LogNormal", interval=(median / 2, median * 2), mass=0.9, unit="1/month")
    return PriorSet({"first": one, "second": one}, name=name)


@pytest.mark.parametrize("pooled", [False, True], ids=["one", "pooled"])
def test_a_cell_is_a_simulation_of_the_fit(pooled, tmp_path):
    low, high = beliefs(0.05, "low"), beliefs(0.1, "high")
    given = priors.pool({"low": low, "high": high}) if pooled else low
    how = {"beliefs": given, "world": WORLD, "worlds": 500, "seed": 2, "progress": False}
    fit = forecast.fit(given, world=WORLD, evidence="seen", seed=2, progress=False)
    expected = forecast.simulate(fit, worlds=500, months=6, seed=2)["sum_end"].mean("world")
    for _ in range(2):
        # The second is read from the store.
        found = sweep({"months": [3, 6]}, evidence="seen", store=tmp_path / "s", **how).data["sum_end"].sel(months=6)
        for option in WORLD.options:
            np.testing.assert_allclose(found.sel(options=option), expected.sel(option=option), rtol=1e-12)
