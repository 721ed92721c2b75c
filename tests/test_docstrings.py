"""The examples in docstrings run, and print what they say."""

import doctest
import importlib

import pytest

EXAMPLES = (
    "forecast.decision.breakeven",
    "forecast.decision.by_beliefs",
    "forecast.decision.by_claim",
    "forecast.decision.decide",
    "forecast.decision.dominance",
    "forecast.decision.evsi",
    "forecast.decision.flips",
    "forecast.decision.information",
    "forecast.decision.luck",
    "forecast.decision.questions",
    "forecast.decision.tradeoffs",
    "forecast.decision.waiting",
    "forecast.decision.weights",
    "forecast.diagnostics.calibration",
    "forecast.diagnostics.classes",
    "forecast.diagnostics.gates",
    "forecast.diagnostics.moved",
    "forecast.diagnostics.predictive",
    "forecast.diagnostics.scaling",
    "forecast.engine.simulate",
    pytest.param("forecast.inference", marks=pytest.mark.slow),
    "forecast.outcomes.at",
    "forecast.outcomes.dataset",
    "forecast.outcomes.given",
    "forecast.outcomes.join",
    "forecast.runs.run",
    "forecast.sensitivity.discovery.discover",
    "forecast.sensitivity.given_data",
    "forecast.sensitivity.shapley",
    "forecast.sensitivity.sobol",
    "forecast.structures.by_structure",
    "forecast.structures.ranges",
    "forecast.sweeps.sweep",
    "forecast.world",
    "forecast.world_page",
    "forecast.worlds.loading",
    "priors.classes",
    "priors.elicitation",
    "priors.forms",
    "priors.prior_set",
)


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_in_docstrings_run(name):
    found = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert found.attempted > 0
    assert found.failed == 0
