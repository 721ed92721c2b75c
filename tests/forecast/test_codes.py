"""Codes: what words they may have, and that no trigger waits for what a code or a yes/no state cannot be."""

import pytest

import forecast
from forecast import Condition, Option, Trigger, World, code, count, number, yes_no
from forecast.errors import InvalidOption, InvalidWorld

STATES = {
    "mode": code("Mode", ("calm", "crowded", "crisis")),
    "strike": yes_no("A strike"),
    "deaths": count("persons", "Deaths"),
    "beds": number("beds", "Beds"),
}


@pytest.mark.parametrize(
    "words", ["calm crowded crisis", ("calm",), (), ("calm", 2), ("calm", ""), None, tuple(map(str, range(129)))]
)
def test_words_that_are_none_are_refused(words):
    with pytest.raises(InvalidWorld, match=r"code 'Mode' has the words .*2 to 128 words"):
        code("Mode", words)


def test_words_may_be_a_list_and_as_many_as_there_are_codes():
    assert code("Mode", ["calm", "crisis"]) == code("Mode", ("calm", "crisis"))
    assert code("Mode", tuple(map(str, range(128)))).greatest == 127


def world(*conditions):
    return World(
        name="ward",
        date="2012-01-31",
        origin=lambda beliefs, luck: dict.fromkeys(STATES, 0.0),
        month=lambda xp, state, levers, beliefs, luck, time: {
            name: getattr(state, name) + 0.0 * levers.agency for name in STATES
        },
        states=STATES,
        parameters=(),
        levers=("agency",),
        shocks={},
        options={"nothing": Option("nothing"), "agency": waiting(*conditions)},
    )


def waiting(*conditions):
    return Option("agency", triggers=(Trigger(conditions, {"agency": 1.0}),))


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        (Condition("mode", at_least=3), "'mode' is at least 3, which never comes: Mode: 0 calm, 1 crowded, 2 crisis"),
        (Condition("mode", at_most=-1), "'mode' is at most -1, which never comes.*from 0 to 2"),
        (Condition("strike", at_least=1.5), "'strike' is at least 1.5, which never comes: A strike.*at_least = 1"),
        (Condition("strike", at_most=-0.5), "'strike' is at most -0.5, which never comes"),
    ],
)
def test_a_trigger_that_can_never_fire_is_refused(condition, said):
    with pytest.raises(InvalidOption, match=said):
        world(condition)
    with pytest.raises(InvalidOption, match=said):
        forecast.options.resolve(
            [waiting(Condition("beds", at_least=1), condition)], world=world(Condition("beds", at_least=1))
        )


def test_other_triggers_are_taken():
    for condition in (
        Condition("mode", at_least=2),
        Condition("mode", at_most=0),
        Condition("strike", at_least=1),
        Condition("strike", at_least=0.5),
        Condition("strike", at_most=0),
        Condition("deaths", at_least=1e6),
        Condition("beds", at_most=-1),
    ):
        assert world(condition).options["agency"].triggers[0].when == (condition,)
