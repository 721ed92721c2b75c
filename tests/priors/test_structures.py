"""Structures of a set: which they are, and what is believed where one is known to have a form."""

import dataclasses
import math

import numpy as np
import pytest

import forecast
import priors
from forecast.errors import InvalidFile, InvalidPrior, UnknownPrior
from forecast.libya.world import LIBYA
from priors.edits import first_name
from priors.forms import with_size

SHIPPED = [name for name in priors.available() if name != "pooled"]


@pytest.mark.parametrize("name", priors.available())
def test_every_shipped_set_has_the_six_structures_with_words_and_a_size_of_its_own(name):
    beliefs = priors.load(name)
    found = priors.structures(beliefs)
    assert len(found) == 6
    for one in found.values():
        assert math.fsum(one.weights) == pytest.approx(1.0, abs=1e-12)
        assert len(one.forms) == len(one.weights) == len(set(one.forms))
        assert one.size in beliefs
        assert one.derivation
        assert one.claims or one.name == "invited_by_need"
    assert len({one.size for one in found.values()}) == 6


@pytest.mark.parametrize("name", priors.structures(priors.load("article")))
def test_a_size_is_read_only_where_its_link_exists(name):
    """Worlds are the same whatever the size where the link is absent, and differ somewhere where it is there."""
    article = priors.load("article")
    size = priors.structures(article)[name].size
    run = {"evidence": "none", "options": ["ct_two_factions", "airstrikes"], "worlds": 400, "progress": False}
    states = list(LIBYA.states)

    def differ(form):
        held = article.with_structure({name: form})
        larger = with_size(held, name, 3.0)
        one, other = (forecast.simulate(beliefs, **run) for beliefs in (held, larger))
        return any(not np.array_equal(one[state].values, other[state].values) for state in states)

    assert size
    assert [differ(form) for form in (0, 1)] == [False, True]


def test_what_is_known_has_all_the_weight_and_the_rest_is_as_it_was():
    article = priors.load("article")
    held = article.with_structure(base_matters=True, victory=2)
    assert held.name == "article (base_matters = 1, victory = 2)"
    assert priors.structures(held)["base_matters"].weights == (0.0, 1.0)
    assert priors.structures(held)["victory"].weights == (0.0, 0.0, 1.0)
    assert {name for name in article if held[name] != article[name]} == {"base_matters", "victory"}
    drawn, before = held.sample(500, seed=3), article.sample(500, seed=3)
    assert (drawn["victory"] == 2).all()
    np.testing.assert_array_equal(drawn["isis_growth"], before["isis_growth"])
    assert held["victory"].derivation.startswith("Held at 2: victors scramble. In place of: ")


def test_members_of_a_pool_weigh_by_what_they_believed_of_the_form():
    weights = {"article": 0.2, "reference": 0.5, "sceptic": 0.3}
    pooled = priors.pool({name: priors.load(name) for name in weights}, weights=weights)
    chances = {name: priors.structures(priors.load(name))["state_carries_fight"].weights[0] for name in weights}
    total = math.fsum(weights[name] * chances[name] for name in weights)
    held = pooled.with_structure(state_carries_fight=0)
    assert priors.structures(pooled)["state_carries_fight"].weights[0] == pytest.approx(total)
    assert held.pooled.weights == pytest.approx([weights[name] * chances[name] / total for name in weights])
    # All that the members disagree on follows: also the other structure, in the weights of the pool as it is now.
    base = [priors.structures(priors.load(name))["base_matters"].weights[1] for name in weights]
    expected = math.fsum(w * p for w, p in zip(held.pooled.weights, base, strict=True))
    assert priors.structures(held)["base_matters"].weights[1] == pytest.approx(expected)
    drawn = held.sample(20_000, seed=1)
    assert (drawn["state_carries_fight"] == 0).all()
    assert abs(float(drawn["base_matters"].mean()) - expected) < 4 * math.sqrt(0.25 / 20_000)
    # Conditioning on one form after the other is conditioning on both.
    both = pooled.with_structure(state_carries_fight=0, base_matters=1)
    one_by_one = pooled.with_structure(base_matters=1).with_structure(state_carries_fight=0)
    assert both.pooled.weights == pytest.approx(one_by_one.pooled.weights)


def test_a_held_set_is_saved_and_read_back(tmp_path):
    held = priors.load("pooled").with_structure(victory=1)
    again = priors.load(held.save(tmp_path / "held.toml"))
    assert again == held
    assert again.hash == held.hash
    assert priors.structures(again)["victory"].forms == priors.structures(held)["victory"].forms


@pytest.mark.parametrize(
    ("forms", "error", "said"),
    [
        ({}, InvalidPrior, "without a structure"),
        ({"base_maters": 1}, UnknownPrior, "'base_matters'"),
        ({"isis_growth": 1}, UnknownPrior, "no structure 'isis_growth'"),
        ({"victory": 3}, InvalidPrior, "2 (victors scramble)"),
        ({"victory": -1}, InvalidPrior, "victory = -1"),
        ({"victory": 1.0}, InvalidPrior, "victory = 1.0"),
        ({"victory": "1"}, InvalidPrior, "victory = '1'"),
        ({"victory": None}, InvalidPrior, "victory = None"),
    ],
)
def test_what_is_no_form_is_refused(forms, error, said):
    with pytest.raises(error) as caught:
        priors.load("article").with_structure(forms)
    assert said in str(caught.value)


@pytest.mark.parametrize("forms", [5, None, "base_matters", ["base_matters"], {1: 2}, {None: 1}])
def test_what_is_no_mapping_of_names_is_refused(forms):
    with pytest.raises(InvalidPrior):
        priors.load("article").with_structure(forms)


@pytest.mark.parametrize("beliefs", [None, "article", 3, {}])
def test_structures_of_what_is_no_set_are_refused(beliefs):
    with pytest.raises(InvalidPrior, match="a PriorSet"):
        priors.structures(beliefs)


def test_a_structure_twice_is_refused_and_numpy_s_truth_is_taken():
    article = priors.load("article")
    with pytest.raises(InvalidPrior, match="each structure once"):
        article.with_structure({"base_matters": 0}, base_matters=1)
    assert article.with_structure(base_matters=np.True_) == article.with_structure(base_matters=1)


def test_a_continuous_belief_in_place_of_a_structure_has_no_size():
    edited = priors.load("article").replace(base_matters=priors.elicit("Beta", interval=(0.2, 0.9), mass=0.9))
    assert edited["base_matters"].size == ""
    assert "base_matters" not in priors.structures(edited)


def test_a_held_set_comes_from_the_one_that_was_held():
    reference = priors.load("reference")
    assert first_name(reference.with_structure(base_matters=1, victory=2)) == "reference"
    edited = reference.replace(isis_growth=priors.load("sceptic")["isis_growth"])
    assert first_name(edited.with_structure(victory=0)) == "reference"


def test_a_form_that_is_held_impossible_is_refused():
    held = priors.load("article").with_structure(base_matters=1)
    with pytest.raises(InvalidPrior, match="hold impossible"):
        held.with_structure(base_matters=0)


def test_forms_that_no_member_believes_together_are_refused():
    article = priors.load("article")
    one = article.with_structure(base_matters=1, victory=0)
    other = article.with_structure(base_matters=0, victory=1)
    pooled = priors.pool({"one": one, "other": other})
    with pytest.raises(InvalidPrior, match="no member believes together"):
        pooled.with_structure(base_matters=1, victory=1)


def test_a_pool_that_is_shared_with_another_quantity_alone_is_refused():
    article = priors.load("article")

    def mixed(name, low, high):
        return priors.pool({"a": low, "b": high})

    bernoulli = [priors.elicit("Bernoulli", parameters={"p": p}) for p in (0.2, 0.8)]
    hazards = [priors.elicit("Normal", parameters={"mu": mu, "sigma": 0.3}) for mu in (-3.0, -2.0)]
    own = article.replace(base_matters=mixed("base_matters", *bernoulli))
    assert priors.structures(own)["base_matters"].weights == pytest.approx((0.5, 0.5))
    assert priors.structures(own.with_structure(base_matters=1))["base_matters"].weights == (0.0, 1.0)
    with pytest.raises(InvalidPrior, match="pooled together with 'seating_hazard'"):
        own.replace(seating_hazard=mixed("seating_hazard", *hazards)).with_structure(base_matters=1)


def test_words_of_forms_are_as_many_as_the_values(tmp_path):
    with pytest.raises(InvalidPrior, match="2 forms in words"):
        priors.Prior("x", priors.load("article")["victory"].distribution, forms=("a", "b"))
    with pytest.raises(InvalidPrior, match="semicolon"):
        priors.Prior("x", priors.load("article")["base_matters"].distribution, forms=("a; b", "c"))
    file = tmp_path / "x.toml"
    file.write_text('format = 1\nname = "x"\nbase = "article"\n[prior.victory]\nforms = "one"\n', encoding="utf-8")
    with pytest.raises(InvalidFile, match="forms"):
        priors.load(file)


def test_a_size_of_what_is_no_structure_is_refused():
    article = priors.load("article")
    odd = dataclasses.replace(article["isis_growth"], size="isis_noise")
    with pytest.raises(InvalidPrior, match="a size of 'isis_growth'"):
        priors.PriorSet({**article.priors, "isis_growth": odd}, correlations=article.correlations)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_size_is_halved_and_doubled_at_every_quantile(name):
    beliefs = priors.load(name)
    for structure, one in priors.structures(beliefs).items():
        for factor in (0.5, 2.0):
            other = with_size(beliefs, structure, factor)
            chances = np.array([0.05, 0.5, 0.95])
            np.testing.assert_allclose(other[one.size].ppf(chances), factor * beliefs[one.size].ppf(chances), rtol=1e-9)


def test_the_picture_of_a_structure_has_a_bar_a_form():
    ax = priors.load("article")["victory"].plot()
    assert [bar.get_height() for bar in ax.patches] == pytest.approx([100 / 3] * 3)
    assert [label.get_text() for label in ax.get_xticklabels()][2] == "victors scramble"
    assert priors.load("article").with_structure(base_matters=True)["base_matters"].plot().patches
