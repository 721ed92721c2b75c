"""The table of claims and the table of structure."""

import tomllib

import pytest

import priors
from forecast.errors import InvalidFile, UnknownClaim
from priors.claims import DIRECTIONS, check_claims
from priors.tables import Source


def test_every_claim_is_there_once():
    claims = priors.load_claims()
    expected = [f"N{number}" for number in range(1, 19)] + [f"P{number}" for number in range(1, 69)]
    assert sorted(claims) == sorted(expected)
    for claim in claims.values():
        assert claim.direction in DIRECTIONS
        assert all((claim.paraphrase, claim.quantity, claim.says, claim.verb, claim.certainty, claim.where))


def test_the_table_cannot_be_changed_through_what_is_returned():
    priors.load_claims().clear()
    assert priors.load_claims()


def test_unknown_claims_are_refused_with_near_matches():
    with pytest.raises(UnknownClaim, match="'P6"):
        check_claims(["P69"], where="here")


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
