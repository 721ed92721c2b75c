"""Every table, repr, page and picture says whose beliefs on what evidence."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

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


@pytest.fixture(scope="module")
def results(mine, run):
    u, believed = forecast.utility(run), forecast.parameters(run)
    again = forecast.simulate(mine, options=OPTIONS, luck=9, **PLAIN)
    study = forecast.NormalStudy("clash_war", n=10, sd=1.0)
    looked = {"option": "airstrikes", "months": 3, "seed": 2, "progress": False}
    many = forecast.simulate(mine, options=["airstrikes"], **{**PLAIN, "worlds": 1200})
    return {
        "decide": forecast.decide(u),
        "dominance": forecast.dominance(u),
        "tradeoffs": forecast.tradeoffs(run),
        "weight_map": forecast.weight_map(run),
        "weight_flips": forecast.weight_flips(run),
        "evpi": forecast.evpi(u),
        "evppi": forecast.evppi(u, believed, names="clash_war"),
        "evsi": forecast.evsi(u, believed, study=study),
        "questions": forecast.questions(u, believed),
        "breakeven": forecast.breakeven(u, believed, names="clash_war"),
        "waiting": forecast.waiting(mine, months_waited=1, options=OPTIONS, **PLAIN),
        "luck_and_ignorance": forecast.luck_and_ignorance(run, again, names="isis_fighters_end"),
        "by_beliefs": forecast.by_beliefs(sets=[mine], options=OPTIONS, **PLAIN),
        "by_claim": forecast.by_claim(mine, claims="P34", options=OPTIONS, **PLAIN),
        "tornado": forecast.tornado(mine, names="clash_war", option="airstrikes", **PLAIN),
        "sobol": forecast.sobol(mine, "isis_fighters_end", n=256, groups="mechanisms", **looked),
        "delta": forecast.delta(many, outcome="isis_fighters_end", option="airstrikes", names="clash_war"),
        "two_way": forecast.two_way(mine, "clash_war", "clash_rate", points=2, option="airstrikes", **SIZE),
        "best_map": forecast.best_map(mine, "clash_war", "clash_rate", points=2, options=OPTIONS, **SIZE),
        "discover": forecast.discover(
            many, event=many["isis_fighters_end"].sel(option="airstrikes") < 4000, engine="numpy"
        ),
        "run": forecast.run(mine, options=OPTIONS, structures=False, **PLAIN),
    }


NAME = "article (edited: clash_war)"
NAMES = [
    *("decide", "dominance", "tradeoffs", "weight_map", "weight_flips", "evpi", "evppi", "evsi", "questions"),
    *("breakeven", "waiting", "luck_and_ignorance", "by_beliefs", "by_claim", "tornado", "sobol", "delta", "two_way"),
    *("best_map", "discover", "run"),
]


@pytest.mark.parametrize("name", NAMES)
def test_a_result_says_whose_beliefs_on_what_evidence(results, name):
    result = results[name]
    for text in (repr(result), result._repr_html_()):
        assert NAME in text, text
        assert "evidence: none (beliefs as they stand)" in text
    if name == "run":
        return
    attrs = result.to_frame().attrs
    assert (attrs["beliefs"], attrs["evidence"]) == (NAME, "none")
    if name not in ("evpi", "evppi", "evsi"):
        figure = result.plot()
        words = " ".join(" ".join(text.get_text() for text in figure.texts).split())
        assert "clash_war" in words
        assert "evidence: none" in words.lower()
        plt.close(figure)


def test_what_a_run_writes_says_it_too(results, tmp_path):
    files = results["run"].save(tmp_path, figures=False, progress=False)
    for path in files:
        if path.suffix == ".csv" and path.stem != "gates":
            table = pd.read_csv(path)
            assert set(table["beliefs"]) == {NAME}
            assert set(table["evidence"]) == {"none"}
    read = forecast.load(tmp_path / "forecast.nc")
    assert read.attrs["priors"] == NAME
    assert set(read["run"].values.tolist()) == {results["run"].outcomes.attrs["run"]}


@pytest.mark.slow
def test_the_command_says_what_it_read(run, tmp_path, capsys):
    believed = run["parameter_clash_war"]
    some = forecast.given(run, believed > believed.median(), words="Clashes feed the war more than in the median")
    path = forecast.save(some, tmp_path / "given.nc")
    assert main(["decide", str(path), "--quiet"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert f"beliefs: {NAME}; evidence: none (beliefs as they stand); {about_of(some).given}; seed 2" in printed
    assert main(["decide", str(path), "--quiet", "--json"]) == 0
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
    assert "whose_beliefs" in [row.question for row in forecast.questions(u, believed).rows]
    with pytest.raises(forecast.errors.InvalidArgument, match="a code"):
        forecast.breakeven(u, believed, names="whose_beliefs")
    assert "whose_beliefs" not in {row.parameter for row in forecast.breakeven(u, believed).rows}
    moved = forecast.delta(run, outcome="isis_fighters_end", option="airstrikes", names="whose_beliefs")
    assert moved.rows[0].lower > 0.1
    few = run["isis_fighters_end"].sel(option="airstrikes") < 2000
    box = forecast.discover(run, event=few, engine="numpy", names=["whose_beliefs", "clash_war"])
    assert "“Whose beliefs the world follows: sceptic” is so" in box.words
    share = few.values[follows == pool.pooled.members.index("sceptic")].mean()
    measures = box.boxes[0].measures
    assert abs(measures.density.estimate - share) < 4 * measures.density.error


def test_a_decision_can_be_marked_later(results):
    """As a run does, whose gates are judged after the decision."""
    decision = results["decide"]
    about = dataclasses.replace(decision.about, gates=GateState.of(["r_hat"]))
    marked = dataclasses.replace(decision, about=about)
    assert "gates broken: r_hat" in repr(marked)
    assert marked.to_frame().attrs["gates"] == "failed: r_hat"
