"""A set of priors: sampling keyed by name and world, replacing, correlating, tabulating."""

import dataclasses
import pickle
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import kstest

import priors
from forecast.errors import InvalidArgument, InvalidPrior, UnknownPrior

WORLDS = 20_000


def scores(toy, name, n=WORLDS, seed=3):
    return ndtri(toy[name].cdf(toy.sample(n, seed=seed)[name].values))


class TestSampling:
    def test_fewer_worlds_are_a_prefix_and_later_worlds_a_continuation(self, toy):
        whole = toy.sample(2500, seed=1)
        for start, n in ((0, 1), (0, 1023), (1000, 500), (1024, 100), (2499, 1)):
            part = toy.sample(n, seed=1, start=start)
            assert part.identical(whole.isel(world=slice(start, start + n)))

    def test_a_replaced_prior_leaves_the_others_as_they_were(self, toy):
        other = toy.replace(fighters=priors.elicit("Gamma", interval=(500, 9000), mass=0.8))
        before, after = toy.sample(500, seed=1), other.sample(500, seed=1)
        for name in ("ceiling", "hazard", "share"):
            assert np.array_equal(before[name], after[name])
        assert not np.array_equal(before["fighters"], after["fighters"])
        # The same worlds stay the high ones: a replaced prior moves through its quantiles.
        assert np.array_equal(np.argsort(before["fighters"]), np.argsort(after["fighters"]))

    def test_order_and_company_do_not_matter(self, toy):
        turned = dataclasses.replace(toy, priors=dict(reversed(toy.priors.items())))
        assert np.array_equal(turned.sample(50, seed=1)["fighters"], toy.sample(50, seed=1)["fighters"])
        alone = toy["hazard"].sample(50, seed=1)
        assert np.array_equal(alone, toy.sample(50, seed=1)["hazard"])

    def test_marginals_are_kept_under_correlation(self, toy):
        drawn = toy.sample(WORLDS, seed=3)
        for name, prior in toy.items():
            assert kstest(drawn[name], prior.cdf).pvalue > 1e-4

    def test_correlation_in_normal_scores(self, toy):
        # The error of a correlation of 0.6 over 20,000 worlds is (1 - 0.36) / sqrt(20,000) = 0.0045.
        found = np.corrcoef(scores(toy, "fighters"), scores(toy, "ceiling"))[0, 1]
        assert abs(found - 0.6) < 4 * (1 - 0.36) / np.sqrt(WORLDS)
        none = np.corrcoef(scores(toy, "fighters"), scores(toy, "hazard"))[0, 1]
        assert abs(none) < 4 / np.sqrt(WORLDS)

    def test_labels_and_provenance(self, toy):
        drawn = toy.sample(3, seed=7, start=4)
        assert drawn.attrs["prior_set"] == "toy"
        assert drawn.attrs["prior_set_hash"] == toy.hash
        assert drawn.attrs["seed"] == 7
        assert drawn.attrs["origin"] == "2016-02-29"
        assert drawn["world"].values.tolist() == [4, 5, 6]
        assert drawn["fighters"].attrs == {"units": "fighters", "long_name": "ISIS fighters at the origin"}

    @pytest.mark.parametrize("bad", [{"n": 0}, {"n": 1.0}, {"seed": -1}, {"seed": 1.5}, {"start": -1}])
    def test_bad_arguments(self, toy, bad):
        arguments = {"n": 3, "seed": 1, "start": 0} | bad
        with pytest.raises(InvalidArgument):
            toy.sample(arguments["n"], seed=arguments["seed"], start=arguments["start"])


class TestReplacing:
    def test_what_is_left_empty_is_kept(self, toy):
        before = toy.hash
        new = toy.replace(fighters=priors.elicit("LogNormal", interval=(2000, 9000), mass=0.8))
        assert toy.hash == before
        assert new.hash != before
        assert new["fighters"].unit == "fighters"
        assert new["fighters"].meaning == toy["fighters"].meaning
        assert new["fighters"].claims == ("N1",)
        assert new["fighters"].name == "fighters"

    def test_the_derivation_is_never_false(self, toy):
        new = toy.replace(fighters=priors.elicit("LogNormal", interval=(2000, 9000), mass=0.8))
        said = new["fighters"].derivation
        assert said.startswith("LogNormal from 2000 to 9000")
        assert said.endswith("In place of: The published range as the central 90%.")
        newer = new.replace(fighters=priors.elicit("LogNormal", interval=(1, 2), mass=0.8), accept=True)
        assert newer["fighters"].derivation.count("In place of") == 1
        mine = priors.elicit("LogNormal", interval=(1, 2), mass=0.8, derivation="Mine.")
        assert toy.replace(fighters=mine, accept=True)["fighters"].derivation == "Mine."

    def test_a_prior_replaced_by_itself_changes_nothing(self, toy):
        assert toy.replace(**dict(toy)) == toy
        assert toy.replace() == toy

    def test_another_unit_is_refused(self, toy):
        with pytest.raises(InvalidPrior, match="the unit 'fighters'"):
            toy.replace(fighters=priors.elicit("Gamma", interval=(1, 2), mass=0.9, unit="persons"))

    def test_a_prior_that_reaches_outside_the_quantity_is_refused(self, toy):
        with pytest.raises(InvalidPrior, match="between 0 and inf"):
            toy.replace(fighters=priors.elicit("Normal", interval=(3000, 6500), mass=0.9))
        with pytest.raises(InvalidPrior, match="between 0 and 1"):
            toy.replace(share=priors.elicit("LogNormal", interval=(0.1, 0.5), mass=0.9))
        # Bounds of a scaled beta are the expert's and not the quantity's.
        assert toy.replace(ceiling=priors.elicit("LogNormal", interval=(20, 200), mass=0.9))

    def test_unknown_names(self, toy):
        with pytest.raises(UnknownPrior, match="'fighters'"):
            toy.replace(fighter=toy["fighters"])
        with pytest.raises(KeyError):
            toy["nothing"]
        assert "nothing" not in toy
        assert toy.get("nothing") is None

    def test_what_is_no_prior(self, toy):
        with pytest.raises(InvalidPrior, match=r"priors\.elicit"):
            toy.replace(fighters=4000)


class TestCorrelating:
    def test_a_pair_is_added_or_replaced(self, toy):
        more = toy.correlate("hazard", "share", -0.2, reason="So.")
        assert [one.rho for one in more.correlations] == [0.6, -0.2]
        other = toy.correlate("fighters", "ceiling", 0.1, reason="Less.")
        assert [one.rho for one in other.correlations] == [0.1]
        assert [one.rho for one in toy.correlations] == [0.6]

    def test_refusals(self, toy):
        with pytest.raises(UnknownPrior):
            toy.correlate("hazard", "shares", 0.5, reason="")
        with pytest.raises(InvalidPrior):
            toy.correlate("hazard", "share", 1.0, reason="")
        with pytest.raises(InvalidPrior, match=r"ceiling and share at 0 \(not stated\)"):
            toy.correlate("fighters", "share", 0.9, reason="")

    def test_the_same_pair_twice(self, toy):
        with pytest.raises(InvalidPrior, match="twice"):
            dataclasses.replace(toy, correlations=toy.correlations * 2)


def test_table(toy):
    frame = toy.to_frame()
    assert frame.index.name == "name"
    assert list(frame.columns) == [
        "family",
        "parameters",
        "unit",
        "lower",
        "median",
        "upper",
        "claims",
        "derivation",
    ]
    assert frame.loc["fighters", ["lower", "upper"]].tolist() == pytest.approx([3000, 6500])


def test_reprs_equality_pickling(toy):
    assert "\n" not in repr(toy)
    assert "4 priors" in repr(toy)
    ElementTree.fromstring(toy._repr_html_())
    assert pickle.loads(pickle.dumps(toy)) == toy
    assert {toy: 1}[toy] == 1
    assert toy != dataclasses.replace(toy, name="other")
    assert toy != 3


def test_only_priors_can_be_members():
    with pytest.raises(InvalidPrior):
        priors.PriorSet({"a": 3})
