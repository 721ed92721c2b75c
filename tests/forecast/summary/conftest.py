"""One run of the shipped options, whole and in granules. Worlds and months are set here and nowhere else."""

import pytest

import forecast
from forecast.libya.world import LIBYA
from forecast.summary.dataset import dataset
from forecast.summary.summary import Summary
from tests.forecast.summary.makings import granules, merged, options_of

GRANULE = 512
"""Small, so that a few thousand worlds are several granules and the last one is not full."""


@pytest.fixture(scope="session")
def run(article):
    return forecast.simulate(article, evidence="none", months=9, worlds=2500, seed=11, progress=False)


@pytest.fixture(scope="session")
def parts(run):
    """The summary of each granule; merging must leave the right-hand one as it was, so copy the left one."""
    return [Summary.of(LIBYA, *arrays[:2], parameters=arrays[2]) for arrays in granules(run, GRANULE)]


@pytest.fixture(scope="session")
def whole(parts):
    return merged(parts)


@pytest.fixture(scope="session")
def summary(run, whole):
    units = {"isis_fighters": {"units": "fighters"}}
    return dataset(whole, options_of(run), run.attrs, parameter_attrs=units)
