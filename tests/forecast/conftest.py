"""The simulations that many tests read. Worlds and months are set here and nowhere else."""

import pytest

import forecast
import priors
from tests.forecast.probes import PROBES


@pytest.fixture(scope="session")
def article():
    return priors.load("article")


@pytest.fixture(scope="session")
def small(article):
    """Every shipped option, enough worlds for shapes and bits."""
    return forecast.simulate(article, months=6, worlds=300, seed=5, progress=False)


@pytest.fixture(scope="session")
def worlds(article):
    """The shipped options and the probes in 20,000 common worlds: the prior predictive draws."""
    options = [*forecast.options.load().values(), *PROBES]
    return forecast.simulate(article, options=options, worlds=20_000, seed=2016, progress=False)
