"""The commands that print what there is: priors, the model, options."""

import json
import re
from pathlib import Path

import pytest

import forecast
import priors
from forecast.libya.parts import PARTS
from forecast.libya.world import LIBYA
from priors.intervals import MASS
from tests.forecast.command_line import call, tree

# Priors


def test_list_of_prior_sets():
    text = call("priors")[1]
    data = json.loads(call("priors", "--json")[1])
    assert [one["name"] for one in data["sets"]] == list(priors.available())
    for one in data["sets"]:
        assert one["title"] == priors.load(one["name"]).title
        assert one["title"] in text
        assert one["name"] in text


@pytest.mark.parametrize("name", priors.available())
def test_priors_of_a_set(name):
    beliefs = priors.load(name)
    status, text, _ = call("priors", "--beliefs", name)
    lines = text.splitlines()
    assert status == 0
    assert [line.split()[0] for line in lines[4:]] == list(beliefs)
    assert f"Central {100 * MASS:g}%" in lines[2]
    data = json.loads(call("priors", "--beliefs", name, "--json")[1], parse_constant=pytest.fail)
    assert data["hash"] == beliefs.hash
    for row, prior in zip(data["priors"], beliefs.values(), strict=True):
        assert (row["name"], row["unit"], row["family"]) == (prior.name, prior.unit, prior.family)
        assert (row["interval"]["lower"], row["interval"]["upper"]) == prior.interval(MASS)
        assert row["median"] == prior.median
        assert list(row["claims"]) == list(prior.claims)


def test_a_prior(article):
    status, text, _ = call("priors", "isis_fighters")
    assert status == 0
    assert text == repr(article["isis_fighters"].page()) + "\n"
    assert priors.load_claims()["N1"].paraphrase[:40] in text
    sceptic = call("priors", "isis_fighters", "--beliefs", "sceptic")[1]
    assert sceptic != text
    data = json.loads(call("priors", "isis_fighters", "--json")[1])
    assert data["parameters"] == article["isis_fighters"].parameters
    assert data["claims"] == {"N1": priors.load_claims()["N1"].paraphrase}


def test_picture_of_a_prior(here):
    assert call("priors", "isis_fighters", "--plot", "a.png")[0] == 0
    assert (here / "a.png").read_bytes().startswith(b"\x89PNG")
    before = (here / "a.png").read_bytes()
    for bad in ("a.xyz", "a", "none/a.png", "a.png/b.png", "b\0.png"):
        assert call("priors", "isis_fighters", "--plot", bad)[0] == 2
    assert call("priors", "--plot", "a.png")[0] == 2
    assert tree(here) == {"a.png": before}


# The model


def test_the_model_in_equations():
    status, text, err = call("model")
    assert (status, err) == (0, "")
    for name, part in PARTS.items():
        assert f"{name}: {part.title}." in text
    status, text, _ = call("model", "council")
    assert status == 0
    assert text == f"{forecast.describe_world('council')!r}\n"
    assert "  council decides = council_seated * (1 - boycott)\n" in text
    assert "invite_hazard (log of the monthly hazard; P24, P11)" in text


def test_what_a_claim_reaches():
    status, text, _ = call("model", "--claim", "P8")
    assert status == 0
    assert "aid: carried by the state, through state_carries_fight, fight_state" in text
    assert call("model", "isis", "--claim", "P8")[1].count("through") == 1


def test_the_model_as_data():
    data = json.loads(call("model", "oil", "--json")[1], parse_constant=pytest.fail)
    assert data["parts"] == {"oil": "Oil"}
    assert data["claim"] is None
    assert set(data["values"][0]) == {"part", "name", "equation", "reads", "parameters", "claims"}
    assert data["parameters"]["raid_rate"]["unit"] == "raids a month"
    assert set(json.loads(call("model", "--json")[1])["parts"]) == set(PARTS)


@pytest.mark.parametrize("arguments", [["counsil"], ["council", "--claim", "P99"]])
def test_a_part_or_claim_that_is_not_there_is_bad_input(arguments):
    status, text, err = call("model", *arguments)
    assert (status, text) == (2, "")
    assert "To mend it" in err


# Options


def test_list_of_options():
    shipped = forecast.options.load()
    text = call("options")[1]
    data = json.loads(call("options", "--json")[1])
    assert [one["name"] for one in data["options"]] == list(shipped)
    for option in shipped.values():
        assert option.name in text
        assert option.title in text
    assert "training=1" in text
    efforts = text[text.index("Effort over 24 months") :]
    assert re.search(r"^Name +Support +Advisers +Strikes +Diplomacy +Training$", efforts, re.MULTILINE)
    assert re.search(r"^regional_centres +30\.1 +21\.5 +2\.2 +64\.5 +0\.0$", efforts, re.MULTILINE)
    assert "what triggers set is not counted" in efforts
    assert {one["name"]: one["effort"] for one in data["options"]} == {
        name: option.effort(efforts=LIBYA.efforts) for name, option in shipped.items()
    }


@pytest.mark.parametrize("name", forecast.options.load())
def test_an_option(name):
    option = forecast.options.load()[name]
    status, text, _ = call("options", name)
    flat = " ".join(text.split())
    assert status == 0
    assert option.title in flat
    assert option.meaning in flat
    for claim in option.claims:
        assert f"{claim}: {priors.load_claims()[claim].paraphrase}" in flat
    for phase in option.phases:
        for lever in phase.levers:
            assert lever in flat
    data = json.loads(call("options", name, "--json")[1])
    assert data["hash"] == option.hash
    again = forecast.options.load()[name].to_dict()
    assert {key: data[key] for key in again} == again


def test_levers_by_month():
    text = call("options", "ct_assistance + airstrikes from month 5")[1]
    levers = dict(re.findall(r"^  (\w+) +(.*)$", text, re.MULTILINE))
    assert levers["strikes"] == "0.5 from month 5, 1 from month 6"
    assert levers["support_misrata"] == "0.333 from month 1, 0.667 from month 2, 1 from month 3"
    levers = dict(re.findall(r"^  (\w+) +(.*)$", call("options", "regional_centres")[1], re.MULTILINE))
    assert levers["mediation"] == "rises in 6 steps from 0.167 in month 1 to 1 from month 6"
    data = json.loads(call("options", "airstrikes from month 5", "--json")[1])
    assert data["levers_by_month"]["strikes"] == [0, 0, 0, 0, 0.5] + 19 * [1]


def test_levers_that_end_and_triggers(here):
    Path("mine.toml").write_text(
        "format = 1\n[option.mine]\nend = 3\nlevers = { strikes = 0.5 }\n"
        "[[option.mine.trigger]]\nset = { mediation = 1 }\n"
        'when = [{ state = "legitimacy", at_least = 0.6 }, { state = "integration", at_most = 0.5 }]\n'
    )
    text = call("options", "mine", "--options-file", "mine.toml")[1]
    assert "  strikes  0.5 from month 1, 0 from month 4\n" in text
    assert "  once legitimacy is at least 0.6 and integration is at most 0.5: mediation=1\n" in text


def test_an_expression_of_strength_and_dates():
    text = call("options", "0.5 airstrikes from 2016-05 until 2016-08")[1]
    assert "  strikes   0.25 from month 3, 0.5 from month 4, 0 from month 7\n" in text
    assert "\nEffort over 24 months: advisers 0.9, strikes 1.8 full months.\n" in text
    assert "not counted" not in text
    assert "what triggers set is not counted" in " ".join(call("options", "regional_then_national")[1].split())


def test_null_option_has_no_lever():
    assert "\n  none\n" in call("options", "no_assistance")[1]


def test_two_triggers_on_one_lever_are_told_of(tmp_path):
    (tmp_path / "mine.toml").write_text(
        "format = 1\n"
        '[[option.until.trigger]]\nwhen = [{ state = "rebels", at_least = 900 }]\nset = { patrols = 1, talks = 1 }\n'
        '[[option.until.trigger]]\nwhen = [{ state = "truce", at_least = 1 }]\nset = { patrols = 0 }\n'
        '[[option.once.trigger]]\nwhen = [{ state = "truce", at_least = 1 }]\nset = { patrols = 0 }\n',
        encoding="utf-8",
    )
    said = {}
    for name in ("until", "once"):
        status, text, _ = call("options", name, "--world", "district", "--options-file", tmp_path / "mine.toml")
        assert status == 0
        said[name] = " ".join(text.split())
    assert (
        "Where more than one of them has come that sets patrols, the one listed last holds, for good." in said["until"]
    )
    assert "listed last" not in said["once"]
