"""The choice under each set of beliefs: pairing, a set built to turn it, errors, and bad input."""

import numpy as np
import pytest

import forecast
import priors
from forecast.decision.by_beliefs import by_beliefs
from forecast.decision.decide import decide
from forecast.engine.simulate import simulated
from forecast.errors import InvalidArgument, InvalidOption, UnknownOption, UnknownPriorSet, UnknownValues

OPTIONS = ["no_assistance", "ct_assistance", "airstrikes"]
GIVEN = {"options": OPTIONS, "months": 8, "worlds": 1500, "seed": 3, "progress": False}


@pytest.fixture(scope="module")
def harmless(article):
    """Beliefs under which help to one faction frees Sirte at no cost."""
    easy = priors.elicit("Normal", interval=(3.0, 4.0), mass=0.9)
    harm = priors.elicit("Normal", interval=(-4.0, -3.0), mass=0.9)
    helped = dict.fromkeys(("assault_support", "freed_pressure"), easy)
    spared = dict.fromkeys(("clash_partisanship", "blowback_partisanship"), harm)
    return article.replace({**helped, **spared}, accept=True)


@pytest.fixture(scope="module")
def found(article, harmless):
    return by_beliefs(sets={"article": article, "same": article, "harmless": harmless}, evidence="none", **GIVEN)


def test_a_set_that_makes_help_harmless_turns_the_choice(found):
    frame = found.to_frame()
    assert frame.loc["harmless", "best"] == "ct_assistance"
    assert frame.loc["harmless", "changed"]
    assert frame.loc["harmless", "resolved"]
    assert frame.loc["harmless", "first_behind"] > 3 * frame.loc["harmless", "first_behind_error"]
    assert "Under harmless" in found.say()


def test_the_same_beliefs_give_the_same_numbers(found):
    """Same luck and same quantiles: not a close choice but the same one."""
    utilities = found.utilities()["expected_utility"].unstack()
    np.testing.assert_array_equal(utilities.loc["article"], utilities.loc["same"])
    row = found.to_frame().loc["same"]
    assert (row["changed"], row["first_behind"], row["first_behind_error"]) == (False, 0.0, 0.0)


def test_each_set_is_decided_as_by_hand(found, harmless):
    u = forecast.utility(forecast.simulate(harmless, evidence="none", **GIVEN), "balanced")
    by_hand = decide(u, level=1 - 0.05 / 3)
    utilities = found.utilities().xs("harmless", level="beliefs")
    for column in ("expected_utility", "expected_utility_error", "behind", "behind_error"):
        np.testing.assert_array_equal(utilities[column], by_hand.to_frame()[column])
    row = found.to_frame().loc["harmless"]
    assert row["contenders"] == ", ".join(by_hand.verdict.contenders)
    assert (row["ahead"], row["ahead_error"]) == (by_hand.verdict.ahead, by_hand.verdict.ahead_error)
    first = found.rows[0].best
    difference = u.sel(option="ct_assistance") - u.sel(option=first)
    assert row["first_behind"] == pytest.approx(difference.mean().item(), rel=1e-12)
    assert row["first_behind_error"] == pytest.approx(difference.std(ddof=1).item() / 1500**0.5, rel=1e-9)


def test_the_order_of_options_does_not_matter(article, harmless):
    small = GIVEN | {"worlds": 200}
    sets = {"article": article, "harmless": harmless}
    one = by_beliefs(sets=sets, evidence="none", **small)
    other = by_beliefs(sets=sets, evidence="none", **small | {"options": OPTIONS[::-1]})
    frame = other.utilities().loc[one.utilities().index]
    np.testing.assert_allclose(frame, one.utilities(), atol=1e-12)
    assert one.to_frame()["best"].tolist() == other.to_frame()["best"].tolist()


def test_all_shipped_sets_by_default_with_the_article_first():
    shipped = by_beliefs(evidence="none", options=OPTIONS[:2], months=2, worlds=60, progress=False)
    assert shipped.rows[0].beliefs == "article"
    assert {row.beliefs for row in shipped.rows} == set(priors.available())
    assert {row.method for row in shipped.rows} == {"drawn"}


def test_tables_and_picture(found):
    frame = found.to_frame()
    assert frame.index.name == "beliefs"
    assert frame.attrs["level"] == 0.95
    assert len(found.utilities()) == 9
    (ax,) = found.plot().axes
    assert len(ax.containers) == 9
    assert [label.get_text() for label in ax.get_yticklabels()] == ["article", "same", "harmless"]
    assert "another choice" in ax.texts[2].get_text()


def test_broken_gates_of_a_set_are_said_with_its_name(article, harmless, monkeypatch):
    def run(known, **given):
        outcomes = simulated(known, **given)
        outcomes.attrs["gates"] = "failed: r_hat" if known.hash == harmless.hash else "passed"
        return outcomes

    monkeypatch.setattr("forecast.decision.by_beliefs.simulated", run)
    small = GIVEN | {"worlds": 60}
    broken = by_beliefs(sets={"article": article, "harmless": harmless}, evidence="none", **small)
    assert [row.gates for row in broken.rows] == ["", "r_hat"]
    assert broken.to_frame().attrs["gates"] == "failed: harmless: r_hat"
    assert "gates broken: harmless: r_hat" in repr(broken)
    assert str(by_beliefs(sets=article, evidence="none", **small).about.gates) == "passed"


def test_structures_that_some_sets_hold_are_said_of_these(article):
    held, small = article.with_structure(base_matters=1), GIVEN | {"worlds": 60}
    one = by_beliefs(sets={"held": held}, evidence="none", **small)
    both = by_beliefs(sets={"article": article, "held": held}, evidence="none", **small)
    assert (one.about.structure, both.about.structure) == ("base_matters = 1", "held: base_matters = 1")


def test_one_option_is_no_choice(article):
    one = by_beliefs(sets=article, evidence="none", options="training", months=2, worlds=60, progress=False)
    assert one.rows[0].resolved
    assert np.isnan(one.rows[0].ahead)


@pytest.mark.parametrize(
    ("changed", "error", "match"),
    [
        ({"sets": ()}, InvalidArgument, "no set"),
        ({"sets": ("article", "article")}, InvalidArgument, "two sets are named 'article'"),
        ({"sets": (1,)}, InvalidArgument, "is an int"),
        ({"sets": 5}, InvalidArgument, "sets = 5"),
        ({"options": 5}, InvalidOption, "options are 5"),
        ({"sets": {"": priors.load("article")}}, InvalidArgument, "no name"),
        ({"sets": "artcle"}, UnknownPriorSet, "article"),
        ({"values": "balancd"}, UnknownValues, "balanced"),
        ({"options": "trainig"}, UnknownOption, "training"),
        ({"level": 1.0}, InvalidArgument, "level"),
        ({"worlds": 0}, InvalidArgument, "worlds"),
        ({"evidence": "artcle"}, forecast.errors.UnknownEvidence, "article"),
    ],
)
def test_bad_input_is_refused_before_any_work(changed, error, match, monkeypatch):
    def work(*_, **__):
        pytest.fail("work was done before the input was refused")

    monkeypatch.setattr("forecast.engine.keeping.run_chunk", work)
    monkeypatch.setattr("forecast.inference.fit", work)
    with pytest.raises(error, match=match):
        by_beliefs(**{"sets": "article", "evidence": "none", "months": 2, "worlds": 60, "progress": False} | changed)


@pytest.mark.slow
def test_each_set_is_fitted_to_evidence():
    """The sceptic's fit is kept by other tests too; what is asked is that worlds come from it."""
    fitted = by_beliefs(sets="sceptic", evidence="article", options=OPTIONS, months=4, worlds=400, progress=False)
    plain = by_beliefs(sets="sceptic", evidence="none", options=OPTIONS, months=4, worlds=400, progress=False)
    assert fitted.rows[0].method == "refitted"
    assert fitted.about.evidence == "article"
    assert not np.allclose(fitted.utilities()["expected_utility"], plain.utilities()["expected_utility"], atol=1e-6)
