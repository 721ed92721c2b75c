"""A small prior set in TOML, for tests that must not depend on the shipped sets."""

from pathlib import Path

import pytest

import priors

TOY = """
format = 1
name = "toy"
title = "A toy set"
description = "Four quantities."
origin = 2016-02-29
claims = "article"

[prior.fighters]
unit = "fighters"
meaning = "ISIS fighters at the origin"
claims = ["N1"]
derivation = "The published range as the central 90%."
elicit = { family = "LogNormal", interval = [3000, 6500], mass = 0.9 }

[prior.ceiling]
unit = "fighters"
meaning = "Ceiling"
claims = ["P57"]
derivation = "Three quantiles."

[prior.ceiling.elicit]
family = "ScaledBeta"
probabilities = [0.25, 0.5, 0.75]
values = [25, 30, 40]
bounds = [0, 100]

[prior.hazard]
unit = "log monthly hazard"
meaning = "Seating"
claims = []
derivation = "A chance within a year, raised."
support = [-inf, inf]

[prior.hazard.elicit]
family = "Normal"
probability = { interval = [0.25, 0.5], mass = 0.8, months = 12, event = "survives" }
shift = { verb = "could", strength = "slight", sign = "+" }

[prior.share]
unit = "share"
meaning = "Units that hold together"
claims = ["N11"]
derivation = "Seven of seventeen."
elicit = { family = "Beta", count = { k = 7, n = 17, reliability = 0.3 } }

[[correlation]]
between = ["fighters", "ceiling"]
rho = 0.6
reason = "Both follow recruitment."
claims = ["N1"]
"""


@pytest.fixture
def toy_file(tmp_path: Path) -> Path:
    path = tmp_path / "toy.toml"
    path.write_text(TOY, encoding="utf-8")
    return path


@pytest.fixture
def toy(toy_file: Path) -> priors.PriorSet:
    return priors.load(toy_file)
