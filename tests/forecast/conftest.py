"""The simulations that many tests read. Worlds and months are set here and nowhere else."""

import pytest

import forecast
import priors
from forecast.options import Option, Phase


@pytest.fixture(scope="session")
def article():
    return priors.load("article")


@pytest.fixture(scope="session")
def small(article):
    """Every shipped option, enough worlds for shapes and bits."""
    return forecast.simulate(article, months=6, worlds=300, seed=5, progress=False)


def single(name, **levers):
    return Option(name, phases=(Phase(levers),))


PROBES = (
    single("misrata_only", support_misrata=1.0),
    single("pfg_only", support_pfg=1.0),
    single("misrata_led_by_sirte", support_misrata=1.0, support_sirte_officers=1.0),
    single("misrata_with_rules", support_misrata=1.0, conditionality=1.0),
    single("misrata_with_rules_and_centres", support_misrata=1.0, conditionality=1.0, coordination=1.0),
    single("strikes_only", strikes=1.0),
    single("advisers_only", advisers=1.0),
    single("strikes_with_centres", strikes=1.0, coordination=1.0),
    single("centres_only", coordination=1.0),
    single("centres_and_unity", coordination=1.0, western_unity=1.0),
    single("centres_and_restraint", coordination=1.0, regional_restraint=1.0),
    single("mediation_only", mediation=1.0),
)
"""Options that pull one lever, to put a claim about that lever to the test."""


@pytest.fixture(scope="session")
def worlds(article):
    """The shipped options and the probes in 20,000 common worlds: the prior predictive draws."""
    options = [*forecast.options.load().values(), *PROBES]
    return forecast.simulate(article, options=options, worlds=20_000, seed=2016, progress=False)
