"""Every table, repr, page and picture says whose beliefs on what evidence."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

import forecast
import priors
from forecast.cli import main
from forecast.results import GateState, about_of

SIZE = {"months": 3, "worlds": 300, "seed": 2, "progress": False}
PLAIN = {"evidence": "none", **SIZE}
OPTIONS = ["no_assistance", "airstrikes", "regional_centres"]


@pytest.fixture(scope="module")
def mine(article):
    return article.replace(clash_war=priors.elicit(ratio=(1.0, 3.0)))


@pytest.fixture(scope="module")
def run(mine):
    return forecast.simulate(mine, options=OPTIONS, **PLAIN)


NAME = "article (edited: clash_war)"


def test_a_result_names_edited_beliefs_and_so_does_what_a_run_writes(mine, tmp_path, monkeypatch):
    saved = []

    def save(outcomes, path):
        saved.append(outcomes)
        path.write_text("worlds")

    monkeypatch.setattr("forecast.store.save", save)
    found = forecast.run(mine, options=OPTIONS, structures=False, classes=False, **PLAIN)
    for text in (repr(found), found._repr_html_(), repr(found.decision), found.decision._repr_html_()):
        assert f"beliefs: {NAME}; evidence: none (beliefs as they stand)" in text
    figure = found.decision.plot()
    words = " ".join(" ".join(text.get_text() for text in figure.texts).split())
    assert f"Beliefs: {NAME}; evidence: none" in words
    files = found.save(tmp_path, figures=False, progress=False)
    for path in files:
        if path.suffix == ".csv" and path.stem != "gates":
            table = pd.read_csv(path)
            assert set(table["beliefs"]) == {NAME}
            assert set(table["evidence"]) == {"none"}
    (kept,) = saved
    assert kept.attrs["priors"] == NAME
    assert set(kept["run"].values.tolist()) == {found.outcomes.attrs["run"]}


@pytest.mark.slow
def test_the_command_says_what_it_read(run, capsys, monkeypatch):
    believed = run["parameter_clash_war"]
    some = forecast.given(run, believed > believed.median(), words="Clashes feed the war more than in the median")
    monkeypatch.setattr("forecast.store.load", lambda _: some)
    assert main(["decide", "given.nc", "--quiet"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert f"beliefs: {NAME}; evidence: none (beliefs as they stand); {about_of(some).given}; seed 2" in printed
    assert main(["decide", "given.nc", "--quiet", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["given"] == about_of(some).given


def test_the_comparison_says_it(run):
    attrs = forecast.compare(run).attrs
    assert (attrs["beliefs"], attrs["evidence"]) == (NAME, "none")


def test_what_is_given_is_said_in_everything_that_follows(run):
    some = forecast.given(run, "sirte_assaulted", under="airstrikes")
    note = about_of(some).given
    assert note.startswith("given An assault on Sirte began under Sustained airstrikes (")
    assert note.endswith(" of 300 worlds)")
    u = forecast.utility(some)
    for text in (repr(forecast.decide(u)), repr(forecast.evpi(u)), repr(forecast.tradeoffs(some))):
        assert note in text
    assert forecast.compare(some).attrs["given"] == note
    (said,) = json.loads(some.attrs["given"])
    assert 0 < said["error"] < 0.05


def test_whose_beliefs_of_a_pool_can_be_asked_for():
    pool = priors.load("pooled")
    run = forecast.simulate(pool, options=OPTIONS, **{**PLAIN, "worlds": 4000, "months": 12})
    u, believed = forecast.utility(run), forecast.parameters(run)
    follows = believed["whose_beliefs"].values
    members = np.arange(len(pool.pooled.members))
    # What knowing the member is worth, by the means of the members' worlds.
    best = sum((follows == k).mean() * u.values[:, follows == k].mean(axis=1).max() for k in members)
    exact = best - u.values.mean(axis=1).max()
    found = forecast.evppi(u, believed, names="whose_beliefs")
    assert abs(found.value - exact) < 3 * found.error + 1e-4
    some = believed[["whose_beliefs", "clash_war", "isis_growth"]]
    assert "whose_beliefs" in [row.question for row in forecast.questions(u, some).rows]
    with pytest.raises(forecast.errors.InvalidArgument, match="a code"):
        forecast.breakeven(u, believed, names="whose_beliefs")
    assert {row.parameter for row in forecast.breakeven(u, some).rows} == {"clash_war", "isis_growth"}
    moved = forecast.delta(run, outcome="isis_fighters_end", option="airstrikes", names="whose_beliefs")
    assert moved.rows[0].lower > 0.1
    few = run["isis_fighters_end"].sel(option="airstrikes") < 2000
    box = forecast.discover(run, event=few, engine="numpy", names=["whose_beliefs", "clash_war"])
    assert "“Whose beliefs the world follows: sceptic” is so" in box.words
    share = few.values[follows == pool.pooled.members.index("sceptic")].mean()
    measures = box.boxes[0].measures
    assert abs(measures.density.estimate - share) < 4 * measures.density.error


def test_a_decision_can_be_marked_later(run):
    """As a run does, whose gates are judged after the decision."""
    decision = forecast.decide(forecast.utility(run))
    about = dataclasses.replace(decision.about, gates=GateState.of(["r_hat"]))
    marked = dataclasses.replace(decision, about=about)
    assert "gates broken: r_hat" in repr(marked)
    assert marked.to_frame().attrs["gates"] == "failed: r_hat"
