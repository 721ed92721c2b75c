"""The table of claims and the table of structure."""

import dataclasses
import pickle
import tomllib

import pytest

import priors
from forecast.errors import InvalidArgument, InvalidFile, UnknownClaim
from priors.claims import DIRECTIONS, NO_CLAIMS, check_claims
from priors.loading import of_table
from priors.saving import to_table
from priors.tables import Source
from priors.without import prior_without


def test_every_claim_is_there_once():
    claims = priors.load_claims()
    expected = [f"N{number}" for number in range(1, 19)] + [f"P{number}" for number in range(1, 69)]
    assert sorted(claims) == sorted(expected)
    for claim in claims.values():
        assert claim.direction in DIRECTIONS
        assert all((claim.paraphrase, claim.quantity, claim.says, claim.verb, claim.certainty, claim.where))


def test_the_table_cannot_be_changed_through_what_is_returned():
    assert not hasattr(priors.load_claims(), "clear")
    with pytest.raises(TypeError):
        priors.load_claims().entries["N1"] = None
    assert len(priors.load_claims()) == 86


def test_unknown_claims_are_refused_with_near_matches():
    with pytest.raises(UnknownClaim, match="'P6"):
        check_claims(["P69"], priors.load_claims(), where="here")
    check_claims(["P69"], NO_CLAIMS, where="here")
    for one in ("", "two words", "a\tb", 3, None, "x" * 61):
        with pytest.raises(InvalidArgument, match="here"):
            check_claims([one], NO_CLAIMS, where="here")


# A list of one's own

OWN = {"L1": "Talks hold only while patrols do.", "L2": {"paraphrase": "Raids follow the harvest.", "direction": "+"}}

FILE = """format = 1
source = { author = "A district officer" }
[[claim]]
id = "L1"
paraphrase = "Talks hold only while patrols do."
[[claim]]
id = "L2"
paraphrase = "Raids follow the harvest."
direction = "+"
"""

SET = """format = 1
name = "mine"
title = "Mine"
{claims}
[prior.growth]
unit = "1"
meaning = "Growth"
claims = ["{cited}"]
derivation = "x"
elicit = {{ family = "Normal", interval = [0, 1], mass = 0.9 }}
{table}
"""


def test_a_mapping_a_file_and_a_table_in_the_beliefs_say_the_same(tmp_path):
    (tmp_path / "claims.toml").write_text(FILE, encoding="utf-8")
    listed = priors.load_claims(tmp_path / "claims.toml")
    assert listed == priors.load_claims(OWN)
    assert (listed["L2"].direction, listed["L1"].direction, listed.base_rates) == ("+", "", "")
    inside = 'claims.L1 = "Talks hold only while patrols do."\nclaims.L2.paraphrase = "Raids follow the harvest."\n'
    for number, claims in enumerate(('claims = "claims.toml"', inside + 'claims.L2.direction = "+"')):
        path = tmp_path / f"{number}.toml"
        path.write_text(SET.format(claims=claims, cited="L1", table=""), encoding="utf-8")
        found = priors.load(path)
        assert found.claims == listed
        assert found["growth"].page().claims() == [("L1", "Talks hold only while patrols do.")]
        path.write_text(SET.format(claims=claims, cited="L3", table=""), encoding="utf-8")
        with pytest.raises(UnknownClaim, match=r"prior\.growth: claim 'L3'.*L1, L2"):
            priors.load(path)


def test_without_a_list_any_id_is_a_source_and_a_list_goes_over_that_of_the_base(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(SET.format(claims="", cited="P999", table=""), encoding="utf-8")
    found = priors.load(path)
    assert not found.claims
    assert list(found.known_claims) == ["P999"]
    text = 'format = 1\nname = "x"\ntitle = "x"\nbase = "article"\nclaims.L1 = "Mine."\n'
    text += '[prior.isis_growth]\nclaims = ["{}"]\n'
    path.write_text(text.format("L1"), encoding="utf-8")
    found = priors.load(path)
    assert [*found.claims] == [*priors.load_claims(), "L1"]
    assert found.claims.base_rates == "reference"
    assert priors.load("article").claims is priors.load_claims()
    path.write_text(text.format("L2"), encoding="utf-8")
    with pytest.raises(UnknownClaim, match="L2"):
        priors.load(path)


def test_a_list_is_saved_with_the_beliefs_and_is_no_part_of_their_hash(toy, tmp_path):
    article = priors.load("article")
    mine = dataclasses.replace(toy, claims=priors.load_claims({**priors.load_claims(), **OWN}))
    for beliefs in (article, mine):
        again = priors.load(beliefs.save(tmp_path / "again.toml"))
        assert again == beliefs
        assert again.claims == beliefs.claims
    assert mine.hash == toy.hash
    assert dataclasses.replace(article, claims={}).hash == article.hash
    assert pickle.loads(pickle.dumps(mine)).claims == mine.claims


def test_data_that_are_no_file_of_the_user_name_no_file(toy, tmp_path):
    (tmp_path / "claims.toml").write_text(FILE, encoding="utf-8")
    table = to_table(toy) | {"claims": str(tmp_path / "claims.toml")}
    with pytest.raises(InvalidFile, match="a list of claims that stands in it"):
        of_table(table, where="the beliefs of a fit")


def test_only_the_article_s_levels_fall_back_on_its_base_rates():
    article = priors.load("article")
    name = next(one for one in article if "'reference'" in prior_without(article[one], "x").derivation)
    other = dataclasses.replace(article, claims=priors.load_claims(dict(article.claims)))
    assert other.claims == article.claims
    assert "twice the spread" in prior_without(other[name], "x").derivation


def shipped(monkeypatch, text):
    table = tomllib.loads(text)
    monkeypatch.setattr("priors.claims.packaged", lambda name: Source(table, where=name, folder=None))


ENTRY = 'format = 1\n[[structure]]\nid = "gate"\nmeaning = "m"\nclaims = ["P19"]\nwhere = "forecast.libya:f"\n'


def test_structure_is_read(monkeypatch):
    assert priors.load_claims()
    shipped(monkeypatch, ENTRY)
    assert [(one.id, one.claims, one.where) for one in priors.load_structure()] == [
        ("gate", ("P19",), "forecast.libya:f")
    ]


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [("P19", "P99", UnknownClaim), ("meaning", "means", InvalidFile), ("[[structure]]", "[a]", InvalidFile)],
)
def test_damaged_structure_is_refused(monkeypatch, old, new, error):
    assert priors.load_claims()
    shipped(monkeypatch, ENTRY.replace(old, new))
    with pytest.raises(error):
        priors.load_structure()
