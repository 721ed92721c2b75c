"""Levels and widths of the prior predictive draws, each inside its bounds by two Monte-Carlo errors."""

import numpy as np
import pytest

from forecast.estimates import mean_error
from forecast.options import load
from forecast.schema import OUTCOMES, STATES


def inside(events, low, high):
    events = np.asarray(events, dtype=float)
    error = mean_error(events, event=True)
    assert low + 2 * error <= events.mean() <= high - 2 * error, f"{events.mean():.4f} +- {error:.4f}"


@pytest.fixture(scope="module")
def null(worlds):
    return worlds.sel(option="no_assistance")


def test_survival_of_the_council(null):
    collapsed = null["council_collapsed"]
    inside(~collapsed.sel(month=12), 0.45, 0.85)
    inside(~collapsed.sel(month=24), 0.30, 0.75)


def test_strength_after_a_year(null):
    low, high = null["isis_fighters"].sel(month=12).quantile([0.05, 0.95]).values
    assert 800 < low < high < 20_000


def test_sirte_once_assaulted(null):
    began = null["first_month_assault"].values
    # Twelve months must be left to see, so only assaults of the first year count.
    early = began <= 12
    within = null["first_month_sirte_freed"].values[early] - began[early] <= 12
    inside(within, 0.6, 0.95)


def test_integration_after_a_year(worlds):
    for option in worlds["option"].values:
        inside(worlds["integration"].sel(option=option, month=12) <= 0.5, 0.8, 1.01)


def test_parallel_channels(null):
    inside(null["parallel_ever"], 0.5, 1.01)
    inside(null["parallel_channels"].sel(month=24), 0.5, 0.99)


@pytest.mark.parametrize("option", load())
@pytest.mark.parametrize("name", [name for name, outcome in OUTCOMES.items() if outcome.is_event])
def test_no_outcome_is_sure_by_construction(worlds, option, name):
    inside(worlds[name].sel(option=option), 0.001, 0.999)


@pytest.mark.parametrize("option", load())
@pytest.mark.parametrize("name", [name for name, state in STATES.items() if state.kind == "yes/no"])
def test_no_state_is_sure_at_the_horizon(worlds, option, name):
    inside(worlds[name].sel(option=option, month=24), 0.005, 0.995)
