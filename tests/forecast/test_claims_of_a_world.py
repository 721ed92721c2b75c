"""A world's own list of claims: who is checked against it, and how it travels."""

import dataclasses
import datetime
import json
import pickle

import pytest

import forecast
import priors
from forecast.decision.reading import load_values
from forecast.errors import InvalidFile, UnknownClaim
from forecast.evidence import load_evidence
from forecast.world_data import of_dict, to_dict
from forecast.worlds import world_of
from forecast.worlds.district import DISTRICT

QUIET = {"worlds": 20, "evidence": "none", "progress": False}


@pytest.fixture(scope="module")
def beliefs():
    return priors.load(DISTRICT.beliefs)


@pytest.mark.parametrize(
    "cited",
    [
        lambda claim: declaring(options=DISTRICT.options | {"both": forecast.Option("both", claims=(claim,))}),
        lambda claim: forecast.options.resolve(forecast.Option("mine", claims=(claim,)), world=DISTRICT),
        lambda claim: load_values(valuing(claim), world=DISTRICT),
        lambda claim: load_evidence("seen", world=declaring(evidence=evidence(claim))),
        lambda claim: forecast.simulate(believing(claim), world=DISTRICT, **QUIET),
    ],
    ids=["option", "option given later", "values", "evidence", "beliefs"],
)
def test_what_meets_a_world_cites_its_list(cited):
    cited("D1")
    with pytest.raises(UnknownClaim, match=r"claim 'D9'.*D1, D2, D3.*use one of"):
        cited("D9")


VALUES = load_values("even", world=DISTRICT)


def declaring(**parts):
    return dataclasses.replace(DISTRICT, **parts)


def valuing(claim):
    attributes = tuple(dataclasses.replace(one, claims=(claim,)) for one in VALUES.attributes)
    return dataclasses.replace(VALUES, attributes=attributes)


def evidence(claim):
    return {
        "format": 1,
        "set": {"seen": {"title": "Seen", "description": "A year without a truce.", "items": ["no_truce"]}},
        "item": {
            "no_truce": {
                "date": datetime.date(2012, 1, 31),
                "claims": [claim],
                "informs": ["truce_hazard"],
                "likelihood": "No truce in a year.",
                "kind": "no_event",
                "hazards": ["truce"],
                "months": 12,
            }
        },
    }


def believing(claim):
    own = priors.load(DISTRICT.beliefs)
    return dataclasses.replace(own, priors=dict(own) | {"growth": dataclasses.replace(own["growth"], claims=(claim,))})


def test_a_world_without_a_list_takes_any_id_and_beliefs_with_one_cite_their_own(beliefs):
    open_ = declaring(claims={})
    forecast.simulate(believing("D9"), world=open_, **QUIET)
    listed = priors.load_claims({"D9": "A source of mine."} | dict.fromkeys(DISTRICT.claims, ""))
    forecast.simulate(dataclasses.replace(believing("D9"), claims=listed), world=DISTRICT, **QUIET)


def test_words_are_those_of_the_list_and_what_is_left_out_are_its_claims(beliefs):
    asked = {"world": DISTRICT, "against": "nothing", **QUIET}
    found = forecast.by_claim(beliefs, **asked)
    assert [row.paraphrase for row in found.rows] == [one.paraphrase for one in DISTRICT.claims.values()]
    assert found.rows[1].parameters == "patrol_effect"
    bars = forecast.tornado(beliefs, by="claim", world=DISTRICT, **QUIET).to_frame()
    assert bars.loc["D2", "meaning"] == "Patrols slow the rebels down."
    shares = forecast.sobol(beliefs, groups="claims", world=DISTRICT, n=256, progress=False)
    assert dict(shares.meanings)["D3"] == "Where somebody talks, a truce comes sooner."
    wordless = declaring(claims={})
    assert [row.paraphrase for row in forecast.by_claim(beliefs, **asked | {"world": wordless}).rows] == ["", "", ""]
    with pytest.raises(UnknownClaim, match="D1, D2, D3"):
        forecast.by_claim(beliefs, claims=["P1"], **asked)


def test_a_run_and_a_copy_carry_the_list(beliefs):
    run = forecast.simulate(beliefs, world=DISTRICT, **QUIET)
    for world in (world_of(run.attrs), pickle.loads(pickle.dumps(DISTRICT)), of_dict(to_dict(DISTRICT))):
        assert world.claims == DISTRICT.claims
        assert world.hash == declaring(claims={}).hash
    assert to_dict(forecast.load_world("libya"))["claims"] == "article"


@pytest.mark.parametrize("claims", ["/etc/passwd.toml", "articles", 3, None, {"D 1": "x"}, {"D1": 3}, {"D1": ["x"]}])
def test_data_that_hold_no_list_are_refused_and_name_no_file(claims):
    data = json.loads(json.dumps(to_dict(DISTRICT))) | {"claims": claims}
    with pytest.raises(InvalidFile, match="claim"):
        of_dict(data)
