"""``forecast sensitivity``: what an outcome owes to beliefs, from the command line."""

import json

import pandas as pd
import pytest

import forecast
from forecast.cli import main
from forecast.commands.sensitivity import DEFAULT, METHODS

SMALL = ("--worlds", "1000", "--months", "6")


@pytest.fixture
def call(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        status = main(["sensitivity", *map(str, arguments)])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


@pytest.mark.slow
def test_it_says_what_each_belief_and_claim_does(call):
    small = ("--worlds", 256, "--months", 6)
    status, text, err = call("isis_fighters_end", *small, "--evidence", "none", "--quiet")
    assert (status, err) == (0, "")
    for heading in ("ONE BELIEF AT A TIME", "ONE CLAIM AT A TIME", "ALL TOGETHER: SHARES OF THE VARIANCE"):
        assert f"\n{heading}\n" in f"\n{text}"
    assert "isis_growth" in text
    said = " ".join(text.split())
    stand = "beliefs: article; evidence: none (beliefs as they stand)"
    assert said.count(f"worlds; {stand}; seed 1).") == 2
    assert f"worlds run ({stand}, by design; seed 1)." in said
    assert "Luck makes" in text
    assert "the mean over luck differs between worlds with an sd of" in " ".join(text.split())
    assert "±" in text
    assert "Files in" not in text


@pytest.mark.slow
def test_the_numbers_are_those_of_the_functions(call, article):
    option, against = "ct_with_air", "no_assistance"
    arguments = ("utility", "--option", option, "--baseline", against, "--groups", "mechanisms", "--seed", 4)
    data = {}
    for methods, worlds in (("tornado,sobol", 256), ("sobol,delta", 1000)):
        asked = ("--methods", methods, "--worlds", worlds, "--months", 6, "--evidence", "none", "--json", "--quiet")
        status, text, _ = call(*arguments, *asked)
        assert status == 0
        data |= json.loads(text)
    assert (data["beliefs"], data["seed"]) == ("article", 4)
    assert {data[name]["evidence"] for name in ("tornado", "sobol", "delta")} == {"none"}
    given = {"option": option, "baseline": against, "months": 6, "seed": 4, "progress": False}
    bars = forecast.tornado(article, evidence="none", outcome="utility", worlds=256, **given)
    assert [row["parameter"] for row in data["tornado"]["rows"]] == [row.parameter for row in bars.rows]
    assert [row["estimate"] for row in data["tornado"]["rows"]] == [row.estimate for row in bars.rows]
    shares = forecast.sobol(article, "utility", n=512, groups="mechanisms", **given)
    assert [row["estimate"] for row in data["sobol"]["rows"]] == [row.estimate for row in shares.rows]
    assert data["sobol"]["luck"] == shares.luck
    assert data["sobol"]["own_sd"] == shares.own_sd
    moved = forecast.delta(article, "utility", evidence="none", n=1000, **given)
    assert [row["estimate"] for row in data["delta"]["rows"]] == [row.estimate for row in moved.rows]


@pytest.mark.slow
def test_tables_and_pictures_are_written(call, tmp_path):
    methods = "tornado,shapley,pawn"
    plain = ("--evidence", "none", "--quiet")
    status, text, _ = call("isis_fighters_end", "--methods", methods, *SMALL, "--out", "out", *plain)
    assert status == 0
    assert "Files in out: tornado.csv, shapley.csv, pawn.csv, figures (3)" in text
    for name in methods.split(","):
        assert len(pd.read_csv(tmp_path / "out" / f"{name}.csv")) > 100
        assert (tmp_path / "out" / "figures" / f"{name}.png").stat().st_size > 10_000
    # Another run takes away pictures that are no longer of it.
    assert call("isis_fighters_end", "--methods", "pawn", *SMALL, "--out", "out", "--no-figures", *plain)[0] == 0
    assert not (tmp_path / "out" / "figures").exists()
    assert (tmp_path / "out" / "tornado.csv").exists()


def test_the_default_is_some_of_the_methods():
    assert set(DEFAULT) < set(METHODS)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["stable_succes"], "'stable_success'"),
        (["--option", "regional"], "regional_centres"),
        (["--methods", "sobel"], "'sobol'"),
        (["--methods", ""], "some of tornado"),
        (["--groups", "people"], "mechanisms or claims"),
        (["--groups", "claims", "--methods", "shapley"], "leave shapley out"),
        (["--groups", "mechanisms", "--methods", "tornado,delta"], "look at single beliefs"),
        (["--methods", "sobol,delta", "--worlds", "600"], "at least 1,000"),
        (["--evidence", "articel", "--methods", "tornado"], "article"),
        (["--beliefs", "nobody"], "article"),
        (["--months", "0"], "1 to 120"),
        (["--baseline", "nobody"], "no_assistance"),
        (["sirte_freed", "--values", "balanced"], 'only of "utility" or "regret"'),
        (["regret", "--baseline", "training"], "one of the two"),
        (["--out", "/dev/null/x"], "folder"),
    ],
)
def test_what_cannot_be_done_is_refused_before_any_work(call, arguments, said):
    status, text, err = call(*arguments, "--quiet")
    assert (status, text) == (2, "")
    assert said in err


@pytest.mark.slow
def test_what_one_method_cannot_tell_takes_nothing_from_the_others(call, tmp_path):
    # In 256 worlds of six months stable success hardly comes, and its variance cannot be shared out.
    small = ("--worlds", 256, "--months", 6, "--evidence", "none", "--methods", "tornado,sobol")
    status, text, _ = call("stable_success", *small, "--out", "out", "--quiet")
    assert status == 0
    assert "ONE BELIEF AT A TIME" in text
    assert "Not told by these worlds: Stable success" in text
    assert (tmp_path / "out" / "tornado.csv").exists()
    assert not (tmp_path / "out" / "sobol.csv").exists()
    status, text, _ = call("stable_success", *small, "--json", "--quiet")
    assert list(json.loads(text)["refused"]) == ["sobol"]
    status, text, err = call("stable_success", *small[:-1], "sobol", "--quiet")
    assert (status, text) == (2, "")
    assert "has a variance" in err
