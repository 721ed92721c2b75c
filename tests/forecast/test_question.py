"""What is asked, and how worlds are run: one object each, whether it is passed or made of keywords."""

import contextlib
import inspect

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import forecast
from forecast.errors import ForecastError, InvalidArgument, UnknownArgument, UnknownOption, UnknownOutcome
from forecast.question import Keywords, Quantity, QuantityKeywords, asked, asked_choice
from forecast.settings import Settings, settings_of

OUTCOMES = {
    "sirte_freed": np.array([[True, False, True], [False, False, True]]),
    "isis_fighters_end": np.array([[100.0, 50.0, 10.0], [90.0, 80.0, 30.0]]),
}
anything = st.one_of(st.none(), st.floats(), st.text(max_size=3), st.lists(st.integers(), max_size=2), st.binary())


# Quantities


def test_nothing_asked_is_what_the_article_hopes_for_under_what_it_proposes():
    quantity = Quantity()
    assert (quantity.outcome, quantity.options[0].name) == ("stable_success", "regional_centres")
    assert quantity.event
    assert Quantity(None, option=None) == quantity


def test_a_difference_is_taken_world_by_world():
    quantity = Quantity("isis_fighters_end", option="airstrikes", baseline="no_assistance")
    assert [option.name for option in quantity.options] == ["airstrikes", "no_assistance"]
    assert quantity(OUTCOMES).tolist() == [10.0, -30.0, -20.0]
    assert not quantity.event
    assert quantity.of == "under “Sustained airstrikes” less “No assistance”"
    assert not Quantity("sirte_freed", baseline="no_assistance").event


def test_values_alone_ask_for_the_utility_and_regret_is_of_it():
    assert Quantity(values="balanced") == Quantity("utility")
    assert Quantity(values="balanced", regret=True) == Quantity("regret") == Quantity("utility", regret=True)
    assert asked(None, None, None, {"regret": True})[0] == Quantity("regret")
    assert hash(Quantity("regret")) == hash(Quantity(values="balanced", regret=True))
    one = Quantity(regret=True, option="airstrikes", options=["airstrikes", "training"])
    assert [option.name for option in one.options] == ["airstrikes", "training"]


@pytest.mark.parametrize(
    ("parts", "error", "said"),
    [
        ({"outcome": "sirte_fred"}, UnknownOutcome, "sirte_freed"),
        ({"outcome": "first_month_seated"}, InvalidArgument, "first month"),
        ({"outcome": "sirte_freed", "values": "balanced"}, InvalidArgument, "leave them out"),
        ({"outcome": "sirte_freed", "options": ["training"]}, InvalidArgument, "leave them out"),
        ({"outcome": "sirte_freed", "regret": True}, InvalidArgument, "regret of a utility"),
        ({"regret": True, "baseline": "training"}, InvalidArgument, "one of the two"),
        ({"regret": 1}, InvalidArgument, "True or False"),
        ({"option": ["training", "airstrikes"]}, InvalidArgument, "one option"),
        ({"baseline": ["training", "airstrikes"]}, InvalidArgument, "one option"),
        ({"option": "training", "baseline": "training"}, InvalidArgument, "against itself"),
        ({"option": "training", "options": "training", "regret": True}, InvalidArgument, "against itself"),
        ({"option": "trainin"}, UnknownOption, "training"),
    ],
)
def test_parts_that_do_not_go_together_are_refused(parts, error, said):
    with pytest.raises(error, match=said):
        Quantity(**parts)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(QuantityKeywords.__annotations__, anything)))
def test_any_parts_make_a_quantity_or_our_error(parts):
    with contextlib.suppress(ForecastError):
        Quantity(**parts)


# Settings


def test_settings_hold_their_domain():
    assert Settings(months=6).months == 6
    assert Settings(worlds=np.int64(7)).worlds == 7
    assert Settings(seed=3).shock_seed == 3
    assert Settings(seed=3, luck=4).shock_seed == 4
    assert Settings(threads=1).workers == 1
    assert not Settings().quiet().progress


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"months": 0}, "months"),
        ({"worlds": 1.5}, "worlds"),
        ({"seed": -1}, "seed"),
        ({"luck": True}, "luck"),
        ({"threads": 0}, "threads"),
        ({"backend": "cuda"}, "backend"),
        ({"client": 3}, "client"),
        ({"progress": 1}, "progress"),
    ],
)
def test_settings_outside_it_are_refused(fields, said):
    with pytest.raises(InvalidArgument, match=said):
        Settings(**fields)


def test_what_an_analysis_cannot_follow_is_refused():
    assert Settings(luck=3).without("client", where="tornado").luck == 3
    with pytest.raises(InvalidArgument, match="luck = 3 for sobol"):
        Settings(luck=3).without("client", "luck", where="sobol")


def test_sweeps_and_second_lucks_take_settings_and_refuse_the_rest(small, tmp_path):
    grid = {"options": ["no_assistance", "training"], "months": [2]}
    given = {"worlds": 60, "seed": 7}
    shown = [
        forecast.sweep(grid, store=tmp_path / name, evidence="none", **how).to_frame()
        for name, how in (("keywords", given), ("settings", {"settings": Settings(**given)}))
    ]
    pd.testing.assert_frame_equal(*shown)
    with pytest.raises(InvalidArgument, match="months = 6 for sweep"):
        forecast.sweep(grid, store=tmp_path / "none", settings=Settings(months=6))
    with pytest.raises(UnknownArgument, match=r"sweep\(mnths=\.\.\.\)"):
        forecast.sweep(grid, store=tmp_path / "none", mnths=6)
    found = [
        forecast.luck_and_ignorance(small, names="sirte_freed", **how).to_frame()
        for how in ({"luck": 9}, {"settings": Settings(luck=9)})
    ]
    pd.testing.assert_frame_equal(*found)
    with pytest.raises(InvalidArgument, match="worlds = 60 for luck_and_ignorance"):
        forecast.luck_and_ignorance(small, settings=Settings(worlds=60))
    assert not (tmp_path / "none").exists()


# Keywords


def test_keywords_and_objects_ask_the_same():
    made = asked(None, None, None, {"outcome": "sirte_freed", "option": "training", "worlds": 50})
    assert made == (Quantity("sirte_freed", option="training"), Settings(worlds=50))
    assert asked(None, "sirte_freed", None, {"option": "training", "worlds": 50}) == made
    assert asked(None, *made, {}) == made
    assert asked(None, made[0], made[1], {"baseline": None}) == made


@pytest.mark.parametrize(
    ("quantity", "settings", "keywords", "error", "said"),
    [
        (Quantity(), None, {"baseline": "training"}, InvalidArgument, "baseline beside it"),
        ("pyrrhic", None, {"outcome": "sirte_freed"}, InvalidArgument, "outcome beside it"),
        (None, Settings(), {"worlds": 3}, InvalidArgument, "worlds beside them"),
        (None, {"worlds": 3}, {}, InvalidArgument, "settings is a dict"),
        (3, None, {}, UnknownOutcome, "no outcome 3.*beliefs first"),
    ],
)
def test_both_at_once_and_neither_are_refused(quantity, settings, keywords, error, said):
    with pytest.raises(error, match=said):
        asked(None, quantity, settings, keywords)


def test_a_keyword_that_does_not_exist_is_refused_with_a_near_one(article):
    with pytest.raises(UnknownArgument, match=r"tornado\(month=\.\.\.\).*use 'months'"):
        forecast.tornado(article, month=3)
    with pytest.raises(UnknownArgument, match="use 'groups'"):
        forecast.sobol(article, group="mechanisms")
    with pytest.raises(UnknownArgument, match="its size is n"):
        forecast.sobol(article, worlds=500)
    with pytest.raises(TypeError, match="missing"):
        forecast.tornado()


def test_a_choice_is_among_options_by_values():
    choice, how = asked_choice(None, None, {"options": ["training", "airstrikes"], "months": 6})
    assert list(choice.options) == ["training", "airstrikes"]
    assert choice.values.name == "balanced"
    assert how.months == 6
    with pytest.raises(ForecastError, match="month"):
        asked_choice(None, None, {"options": ["airstrikes from month 9"], "months": 6})


def test_other_defaults_of_an_analysis():
    assert settings_of(None, {}, worlds=200).worlds == 200
    assert settings_of(None, {"worlds": 7}, worlds=200).worlds == 7


def test_keywords_are_shown_by_name_with_their_defaults():
    shown = inspect.signature(forecast.tornado).parameters
    assert set(Keywords.__annotations__) <= set(shown)
    assert (shown["months"].default, shown["worlds"].default, shown["option"].default) == (None, 10_000, None)
    assert all(one.kind is not one.VAR_KEYWORD for one in shown.values())
