"""From sentence to number and back: every claim is used, and everything that is believed names its claims."""

import importlib
import re
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

import forecast
import priors
from forecast.libya.state import Parameters

SETS = priors.available()


def _used():
    beliefs = {claim for name in SETS for prior in priors.load(name).values() for claim in prior.claims}
    structure = {claim for piece in priors.load_structure() for claim in piece.claims}
    return beliefs | structure


def test_the_claims_are_those_of_the_article():
    assert list(priors.load_claims()) == [f"N{n}" for n in range(1, 19)] + [f"P{n}" for n in range(1, 69)]


def test_every_claim_is_used_and_no_other():
    assert _used() == set(priors.load_claims())


def test_every_option_names_its_claims():
    known = set(priors.load_claims())
    for option in forecast.options.load().values():
        assert option.claims
        assert set(option.claims) <= known


def test_the_six_sets_are_there():
    assert set(SETS) == {"article", "reference", "sceptic", "officials", "pooled", "hedges_widen"}


@pytest.mark.parametrize("name", SETS)
def test_every_parameter_has_its_prior_in_every_set(name):
    assert set(priors.load(name)) == set(Parameters._fields)


@pytest.mark.parametrize("name", SETS)
def test_every_prior_says_what_it_is_and_where_it_comes_from(name):
    article = priors.load("article")
    for prior in priors.load(name).values():
        assert prior.claims, prior.name
        assert prior.unit, prior.name
        assert prior.unit == article[prior.name].unit
        assert prior.meaning, prior.name
        assert prior.derivation.endswith("."), prior.name
        assert prior.derivation.count(". ") <= 1 or name == "pooled", prior.name


@pytest.mark.parametrize("name", [name for name in SETS if name != "pooled"])
def test_every_elicitation_meets_what_was_asked(name):
    for prior in priors.load(name).values():
        assert prior.elicited is not None, prior.name
        assert prior.elicited.meets, prior.name


@pytest.mark.parametrize("name", [name for name in SETS if name not in ("article", "pooled")])
def test_the_variants_differ_only_where_they_say_so(name):
    article, variant = priors.load("article"), priors.load(name)
    text = files("priors").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    overridden = set(re.findall(r"^\[prior\.(\w+)\]", text, flags=re.MULTILINE))
    if 'reading = "median"' in text:
        asked = {key: prior.elicited.request for key, prior in article.items()}
        overridden |= {key for key, request in asked.items() if request.words or request.shift}
    differing = {key for key in article if article[key].parameters != variant[key].parameters}
    assert differing == overridden


@pytest.mark.parametrize("piece", priors.load_structure(), ids=lambda piece: piece.id)
def test_structure_is_where_it_says(piece):
    module, _, path = piece.where.partition(":")
    found = importlib.import_module(module)
    for part in path.split("."):
        found = getattr(found, part)
    assert callable(found)


# Data releases and methods published after the origin; a study of the subject matter is no ground if it was.
PUBLISHED_LATER = (
    "Wintle et al. (2019)",
    "Davies, Pettersson, Sollenberg and Öberg (2025)",
    "Fraser, H., Wills, B. C., Nicholson, A. E. and Fidler, F. (2019)",
    "wintle2019",
)


def test_nothing_later_than_the_origin_is_told():
    """No year after 2016 but those of named studies, and no month of 2016 after the article's own."""
    root = Path(__file__).parents[2]
    pages = [*root.glob("priors/*.toml"), *root.glob("forecast/**/*.toml"), *root.glob("docs/*.md"), root / "README.md"]
    assert len(pages) > 10
    months = "April|May|June|July|August|September|October|November|December"
    for path in pages:
        text = path.read_text(encoding="utf-8")
        for study in PUBLISHED_LATER:
            text = text.replace(study, "")
        assert not re.findall(rf"\b(?:{months}) 2016", text), path.name
        assert not re.findall(r".{0,40}\b20(?:1[7-9]|2\d)\b.{0,20}", text), path.name


def test_paraphrases_do_not_quote():
    """Paraphrase, with at most a few words quoted: no entry holds a quotation mark with more than four words."""
    for claim in priors.load_claims().values():
        for quoted in re.findall(r"[\"“]([^\"”]+)[\"”]", claim.paraphrase + claim.says):
            assert len(quoted.split()) <= 4


READ_OTHERWISE = {
    "resistance_support": "could",
    "assault_support": "would",
    "assault_strikes": "could",
    "freed_pressure": "would",
    "parallel_restraint": "fact",
    "war_collapse": "would",
    "endorse_mediation": "could",
    "endorse_resolved": "would",
    "leadership_lna": "could",
    "collapse_revenue": "could",
    "air_ground": "could",
}
"""Effects whose verb is not one of their claims': the claim states something else, from which they are inferred."""


def test_the_verb_of_a_prior_is_one_of_its_claims():
    """Save the exceptions above, whose derivations say why; and a norm alone gives no size."""
    lexicon, claims = priors.load_lexicon(), priors.load_claims()
    otherwise = {}
    for name, entry in tomllib.loads((files("priors") / "article.toml").read_text(encoding="utf-8"))["prior"].items():
        if words := entry["elicit"].get("words"):
            verbs = [lexicon.find(claims[claim].verb) for claim in entry["claims"]]
            if lexicon.find(words["verb"]) not in verbs:
                otherwise[name] = words["verb"]
                assert re.search("inferred|promised|purpose|read as fact", entry["derivation"]), name
            assert any(verb.kind != "norm" for verb in verbs), name
    assert otherwise == READ_OTHERWISE
