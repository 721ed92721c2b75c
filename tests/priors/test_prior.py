"""One prior: equality, sampling, pages and pictures."""

import dataclasses
import pickle
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import kstest

import priors
from forecast.errors import InvalidArgument, InvalidPrior
from priors.families import Normal

PRIORS = {
    "LogNormal": priors.elicit("LogNormal", interval=(3000, 6500), mass=0.9, unit="fighters", claims=["N1"], name="x"),
    "U-shaped Beta": priors.elicit("Beta", count={"k": 0, "n": 1, "reliability": 0}),
    "Gamma": priors.elicit("Gamma", interval=(0.01, 5), mass=0.9),
    "HalfNormal": priors.elicit("HalfNormal", interval=(0, 3), mass=0.9),
    "ScaledBeta": priors.elicit("ScaledBeta", quantiles={0.25: 25, 0.5: 30, 0.75: 40}, bounds=(0, 100)),
    "TruncatedNormal": priors.elicit("TruncatedNormal", interval=(1, 9), mass=0.9, bounds=(0, 10)),
    "Normal": priors.elicit("Normal", words={"verb": "could", "strength": "slight", "sign": "-"}),
}
PRIORS["Mixture"] = priors.pool({"one": PRIORS["LogNormal"], "other": PRIORS["Gamma"]})


@pytest.mark.parametrize("kind", PRIORS)
def test_pages_and_pictures_build(kind):
    prior = PRIORS[kind]
    text = repr(prior.page())
    assert "central 90% interval" in text
    assert max(map(len, text.splitlines())) <= 110
    ElementTree.fromstring(prior._repr_html_())
    ax = prior.plot()
    low, high = ax.get_xlim()
    assert low < prior.median < high
    assert prior.unit in ax.get_xlabel()
    assert "\n" not in repr(prior)


def test_the_page_says_what_the_claims_say():
    alone = PRIORS["LogNormal"]
    assert "3,000 to 6,500 fighters" in repr(alone.page())
    assert repr(alone.page()).endswith("Claims\n  N1")
    listed = priors.PriorSet({"x": alone}, claims=priors.load_claims())["x"]
    assert priors.load_claims()["N1"].paraphrase[:40] in repr(listed.page())
    assert priors.load_claims()["N1"].paraphrase in listed._repr_html_()
    assert listed == alone


def test_html_is_escaped():
    prior = priors.elicit("Normal", interval=(0, 1), mass=0.9, name="<b>", meaning="a < b & c", unit="<i>")
    ElementTree.fromstring(prior._repr_html_())
    assert "<b>&lt;b&gt;" not in prior._repr_html_()


def test_the_picture_marks_what_was_asked_and_shades_the_interval():
    ax = PRIORS["LogNormal"].plot()
    marks = [line for line in ax.get_lines() if line.get_marker() == "^"]
    assert marks[0].get_xdata().tolist() == [3000, 6500]
    shaded = ax.collections[0].get_paths()[0].vertices[:, 0]
    # The shade ends at the last of 600 points inside the interval.
    step = (ax.get_xlim()[1] - ax.get_xlim()[0]) / 600
    assert shaded.min() == pytest.approx(3000, abs=1.01 * step)
    assert shaded.max() == pytest.approx(6500, abs=1.01 * step)
    assert "central 90%" in ax.get_legend_handles_labels()[1][0]


def test_a_given_axes_is_used():
    from matplotlib.figure import Figure

    ax = Figure().subplots()
    assert PRIORS["Gamma"].plot(ax) is ax


def test_a_notebook_shows_the_picture():
    ax = PRIORS["Gamma"].plot()
    assert ax._repr_png_().startswith(b"\x89PNG")
    assert PRIORS["Gamma"].page().plot().figure._repr_png_().startswith(b"\x89PNG")


@pytest.mark.parametrize("kind", PRIORS)
def test_samples_follow_the_distribution(kind):
    prior = PRIORS[kind]
    draws = prior.sample(4000, seed=5).values
    assert kstest(draws, prior.cdf).pvalue > 1e-4
    assert np.array_equal(prior.sample(100, seed=5).values, draws[:100])
    assert not np.array_equal(prior.sample(100, seed=6).values, draws[:100])


def test_sample_is_labelled():
    draws = PRIORS["LogNormal"].sample(3, seed=0)
    assert draws.dims == ("world",)
    assert draws["world"].values.tolist() == [0, 1, 2]
    assert draws.attrs == {"units": "fighters", "long_name": ""}


@pytest.mark.parametrize(("n", "seed"), [(0, 1), (-3, 1), (2.5, 1), (True, 1), (3, -1), (3, None), ("3", 1)])
def test_bad_sizes_and_seeds(n, seed):
    with pytest.raises(InvalidArgument):
        PRIORS["Normal"].sample(n, seed=seed)


@pytest.mark.parametrize("mass", [0, 1, 90, float("nan"), None, True])
def test_bad_masses(mass):
    with pytest.raises(InvalidPrior):
        PRIORS["Normal"].interval(mass)


def test_equality_and_pickling():
    again = priors.elicit("LogNormal", interval=(3000, 6500), mass=0.9, unit="fighters", claims=["N1"], name="x")
    assert again == PRIORS["LogNormal"]
    assert hash(again) == hash(PRIORS["LogNormal"])
    assert again != dataclasses.replace(again, unit="persons")
    for prior in PRIORS.values():
        assert pickle.loads(pickle.dumps(prior)) == prior


def test_a_request_never_outlives_its_distribution():
    moved = dataclasses.replace(PRIORS["LogNormal"], distribution=Normal(0.0, 1.0))
    assert dict(moved.elicited.request.parameters) == {"mu": 0.0, "sigma": 1.0}
    assert moved.elicited.request.interval is None


def test_interval_moments_and_attributes():
    prior = priors.elicit("Normal", parameters={"mu": 1, "sigma": 2}, unit="kb/d")
    assert prior.interval() == pytest.approx((1 - 2 * ndtri(0.95), 1 + 2 * ndtri(0.95)))
    assert (prior.mean, prior.sd, prior.median) == (1, 2, 1)
    assert (prior.family, prior.support) == ("Normal", (-np.inf, np.inf))
    with pytest.raises(dataclasses.FrozenInstanceError):
        prior.unit = "b/d"
