"""What decision analysis takes as a utility, as parameters, and as a level."""

import numpy as np
import pytest
import xarray as xr

import forecast
from forecast.arguments import probability
from forecast.decision.breakeven import breakeven
from forecast.decision.evsi import evsi
from forecast.decision.information import evppi
from forecast.decision.questions import questions
from forecast.decision.utility import scores, utility
from forecast.decision.worlds import read_parameters, read_utility
from forecast.errors import InvalidArgument

Z = np.random.default_rng(1).normal(size=(3, 80))


def made(**coords):
    return xr.DataArray(Z[:2], dims=("option", "world"), coords=coords)


def believed(**coords):
    return xr.Dataset({"x": ("world", Z[2])}, coords=coords)


@pytest.mark.parametrize(
    "analysed",
    [
        lambda u, p: evppi(u, p, names="x"),
        questions,
        breakeven,
        lambda u, p: evsi(u, p, study=forecast.NormalStudy("x", n=10, sd=1.0)),
    ],
)
def test_worlds_that_differ_are_refused(analysed):
    u, moved = made(world=np.arange(80)), believed(world=np.arange(80) + 1)
    with pytest.raises(InvalidArgument, match="same worlds in the same order"):
        analysed(u, moved)
    with pytest.raises(InvalidArgument, match="in another order"):
        analysed(u, believed(world=np.arange(80)[::-1]))
    # Where one of the two says nothing of its worlds they are taken to be the same.
    for fine in (believed(), believed(world=np.arange(80))):
        analysed(u, fine)
    analysed(made(), moved)


def test_labels_of_another_kind_differ_too():
    labels = np.array([f"world {i}" for i in range(80)])
    with pytest.raises(InvalidArgument, match="same worlds"):
        read_parameters(believed(world=labels), worlds=80, labels=np.arange(80))
    assert read_parameters(believed(world=labels), worlds=80, labels=labels).values["x"].shape == (80,)


def test_utilities_and_scores_keep_the_worlds(small):
    some = small.isel(world=slice(10, 60))
    for found in (utility(some), scores(some)):
        np.testing.assert_array_equal(found["world"], np.arange(10, 60))
    with pytest.raises(InvalidArgument, match="same worlds"):
        evppi(utility(some), forecast.parameters(small.isel(world=slice(0, 50))), names="clash_war")


@pytest.mark.parametrize("dtype", ["timedelta64[s]", "datetime64[s]", "complex128", "U4"])
def test_only_real_numbers_are_utilities_and_parameters(dtype):
    odd = np.ones((2, 80), dtype=int).astype(dtype)
    with pytest.raises(InvalidArgument, match="real numbers"):
        read_utility(xr.DataArray(odd, dims=("option", "world")))
    with pytest.raises(InvalidArgument, match="real numbers"):
        read_parameters(xr.Dataset({"x": ("world", odd[0])}), worlds=80)


@pytest.mark.parametrize("title", ["one", ("world", [f"world {i}" for i in range(80)])])
def test_a_title_is_that_of_an_option(title):
    with pytest.raises(InvalidArgument, match="a title for each option"):
        read_utility(made(title=title))


def test_names_are_names():
    with pytest.raises(InvalidArgument, match="names is an int"):
        read_parameters(believed(), worlds=80, names=5)


@pytest.mark.parametrize("level", [10**400, -(10**400), 0, 1, True, "0.9", None, 0.5j, float("nan")])
def test_a_level_is_a_probability(level):
    with pytest.raises(InvalidArgument, match="level"):
        probability("level", level)


def test_a_number_too_long_to_write_out_is_refused_too():
    with pytest.raises(InvalidArgument, match="too long to show"):
        probability("level", 10**5000)
