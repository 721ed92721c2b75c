"""What backend="auto" weighs: how much there is to do in a step, and how long it takes to compile."""

import dataclasses

import pytest

from forecast.engine import backends
from forecast.worlds.district import DISTRICT

# Of another name, so that no other test has compiled them.
FEW = dataclasses.replace(DISTRICT, name="few")


def _many(xp, state, levers, beliefs, luck, time):
    after = DISTRICT.month(xp, state, levers, beliefs, luck, time)
    for trials in (10.0, 20.0, 30.0):
        after["raids"] = after["raids"] + xp.binomial_ppf(luck.raids, trials, 0.5)
    return after


MANY = dataclasses.replace(DISTRICT, name="many", month=_many)


@pytest.mark.parametrize(
    ("world", "size", "backend"),
    [(FEW, 2_000_000, "numpy"), (FEW, 20_000_000, "numba"), (MANY, 100_000, "numpy"), (MANY, 1_000_000, "numba")],
)
def test_it_is_what_takes_less_time(world, size, backend, monkeypatch):
    monkeypatch.setattr(backends, "_compiles", lambda: True)
    assert backends.choose("auto", size, world) == backend


def test_steps_count_and_not_months(monkeypatch):
    sizes = []

    def chosen(backend, size, world=None):
        sizes.append(size)
        return "numpy"

    import forecast
    import priors
    from forecast.engine import simulate

    monkeypatch.setattr(simulate, "choose", chosen)
    weekly = dataclasses.replace(DISTRICT, step=0.25)
    how = {"evidence": "none", "worlds": 20, "months": 2, "options": "both", "progress": False}
    forecast.simulate(priors.load(DISTRICT.beliefs), world=weekly, **how)
    assert sizes == [20 * 8]
