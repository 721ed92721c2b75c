"""The simulations that many tests read. Worlds and months are set here and nowhere else."""

import os

import pytest

import forecast
import priors
from tests.forecast.probes import PROBES


@pytest.fixture(scope="session", autouse=True)
def compiled():
    """Compile the month once where a whole run is shared out over processes: a few hundred worlds are slow in NumPy.

    The bits are those of NumPy, which tests/forecast/engine holds.
    """
    if "PYTEST_XDIST_WORKER" in os.environ:
        forecast.simulate(priors.load("article"), evidence="none", worlds=1, months=1, backend="numba", progress=False)


@pytest.fixture(scope="session")
def article():
    return priors.load("article")


@pytest.fixture(scope="session")
def small(article):
    """Every shipped option, enough worlds for shapes and bits."""
    return forecast.simulate(article, evidence="none", months=6, worlds=300, seed=5, progress=False)


@pytest.fixture(scope="session")
def worlds(article):
    """The shipped options and the probes in 20,000 common worlds: the prior predictive draws."""
    options = [*forecast.options.load().values(), *PROBES]
    return forecast.simulate(article, evidence="none", options=options, worlds=20_000, seed=2016, progress=False)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
