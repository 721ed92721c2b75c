"""Options: what they do month by month, how they compose, and that no file can break the reader."""

import pickle
import tomllib
from importlib.resources import files

import numpy as np
import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast import options
from forecast.errors import (
    FileMissing,
    ForecastError,
    InvalidFile,
    InvalidOption,
    UnknownOption,
    VersionMismatch,
)
from forecast.options import LEVERS, Condition, Option, Phase, Trigger, parse, read, resolve
from forecast.options.option import TRIGGER_STATES

SHIPPED = files("forecast.options").joinpath("options.toml").read_text(encoding="utf-8")


def column(option, lever, months=8):
    return option.schedule(months)[:, LEVERS.index(lever)]


def attempt(call):
    """Give the result or the error; an error of any other kind, or one that does not say how to mend it, fails."""
    error = None
    try:
        return call(), None
    except ForecastError as caught:
        error = caught
    assert error.given
    assert error.expected
    assert error.mend
    return None, error


def quietly(path):
    """Read a file that may hold anything: options that can be run, or an error that says how to mend it."""
    found, error = attempt(lambda: read(path))
    if error is not None:
        return None
    for option in found.values():
        levels = option.schedule(24)
        assert levels.shape == (24, len(LEVERS))
        assert ((levels >= 0.0) & (levels <= 1.0)).all()
    return found


# What an option does


def test_schedule_of_a_ramp():
    option = Option("x", phases=(Phase({"strikes": 0.6}, start=2, ramp=3, end=6),))
    np.testing.assert_allclose(column(option, "strikes"), [0, 0.2, 0.4, 0.6, 0.6, 0.6, 0, 0], rtol=1e-15, atol=0)
    assert option.schedule(8).sum() == column(option, "strikes").sum()


def test_schedule_without_ramp_is_exact():
    assert column(Option("x", phases=(Phase({"training": 0.3}, start=3),)), "training", 4).tolist() == [0, 0, 0.3, 0.3]


def test_shorter_schedule_is_the_start_of_a_longer_one():
    for option in options.load().values():
        np.testing.assert_array_equal(option.schedule(24)[:7], option.schedule(7))


def test_null_option_does_nothing():
    null = options.load()["no_assistance"]
    assert null.phases == ()
    assert null.triggers == ()
    assert not null.schedule(120).any()


def test_adding_the_null_option_changes_nothing():
    shipped = options.load()
    for option in shipped.values():
        assert (option + shipped["no_assistance"]).hash == option.hash
        assert (shipped["no_assistance"] + option).hash == option.hash


levels = st.floats(0.0, 1.0)
levers = st.dictionaries(st.sampled_from(LEVERS), levels, max_size=4)
phases = st.builds(Phase, levers, start=st.integers(1, 30), ramp=st.integers(1, 12))
conditions = st.builds(Condition, st.sampled_from(TRIGGER_STATES), at_least=st.floats(-10, 10))
triggers = st.builds(
    Trigger,
    st.lists(conditions, min_size=1, max_size=2).map(tuple),
    st.dictionaries(st.sampled_from(LEVERS), levels, min_size=1, max_size=2),
    st.integers(1, 30),
)
words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=20)
some_options = st.builds(
    Option,
    name=st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True),
    phases=st.lists(phases, max_size=3).map(tuple),
    triggers=st.lists(triggers, max_size=2).map(tuple),
    title=words,
    meaning=words,
    claims=st.lists(st.sampled_from(("N1", "P5", "P60")), max_size=2).map(tuple),
)


@given(some_options, some_options)
@settings(max_examples=50, deadline=None)
def test_composing_takes_the_higher_level_and_all_triggers(a, b):
    both = a + b
    np.testing.assert_array_equal(both.schedule(30), np.maximum(a.schedule(30), b.schedule(30)))
    np.testing.assert_array_equal(both.schedule(30), (b + a).schedule(30))
    assert both.triggers == a.triggers + b.triggers


@given(some_options, st.integers(1, 30))
@settings(max_examples=50, deadline=None)
def test_from_month_shifts_the_whole_option(option, start):
    moved = option.from_month(start)
    first = min((phase.start for phase in option.phases), default=1)
    later = start - first
    before, after = option.schedule(60), moved.schedule(60)
    if later >= 0:
        np.testing.assert_array_equal(after[later:], before[: 60 - later])
        assert not after[:later].any()
    else:
        np.testing.assert_array_equal(after[:later], before[-later:])
    assert [one.start for one in moved.triggers] == [max(1, one.start + later) for one in option.triggers]
    assert [(one.when, one.set) for one in moved.triggers] == [(one.when, one.set) for one in option.triggers]


@given(some_options)
@settings(max_examples=50, deadline=None)
def test_hash_ignores_words(option):
    assert option.renamed("other", title="Other words").hash == option.hash
    assert Option("z", option.phases, option.triggers, meaning="m", claims=("P1",)).hash == option.hash


def test_hash_sees_what_is_done():
    base = Option("x", phases=(Phase({"strikes": 0.5}),))
    others = [
        Option("x", phases=(Phase({"strikes": 0.5000001}),)),
        Option("x", phases=(Phase({"advisers": 0.5}),)),
        Option("x", phases=(Phase({"strikes": 0.5}, start=2),)),
        Option("x", phases=(Phase({"strikes": 0.5}, ramp=2),)),
        Option("x", phases=(Phase({"strikes": 0.5}, end=12),)),
        base + Option("t", triggers=(Trigger((Condition("legitimacy", at_least=0.5),), {"strikes": 0.0}),)),
    ]
    assert len({option.hash for option in (base, *others)}) == 1 + len(others)


def test_hash_does_not_depend_on_the_order_of_levers():
    a = Option("x", phases=(Phase({"strikes": 0.5, "advisers": 1}),))
    assert Option("x", phases=(Phase({"advisers": 1.0, "strikes": 0.5}),)).hash == a.hash


@given(some_options)
@settings(max_examples=50, deadline=None)
def test_an_option_survives_its_file(tmp_path_factory, option):
    path = tmp_path_factory.mktemp("options") / "mine.toml"
    path.write_text(tomli_w.dumps({"format": 1, "option": {option.name: option.to_dict()}}), encoding="utf-8")
    assert read(path) == {option.name: option}


def test_options_travel_to_other_processes():
    for option in options.load().values():
        again = pickle.loads(pickle.dumps(option))
        assert again == option
        assert again.hash == option.hash


# Expressions


def test_expression():
    shipped = options.load()
    made = parse("ct_assistance + airstrikes from month 5")
    assert made.hash == (shipped["ct_assistance"] + shipped["airstrikes"].from_month(5)).hash
    np.testing.assert_array_equal(column(made, "strikes"), [0, 0, 0, 0, 0.5, 1, 1, 1])
    assert made.title == "Back Misrata against ISIS + sustained airstrikes from month 5"
    assert parse(" training ") is shipped["training"]


@pytest.mark.parametrize(
    "text",
    ["", " ", "+", "training +", "training from month", "training from month 0", "training from month 1201",
     "training from month -1", "training from month 2.5", "training from month 99999", "training; airstrikes",
     "training from month 5 from month 6", "1training"],
)  # fmt: skip
def test_expression_that_is_none(text):
    with pytest.raises(InvalidOption) as caught:
        parse(text)
    assert caught.value.mend


@given(st.text(max_size=40))
@settings(max_examples=200, deadline=None)
def test_any_text_is_an_option_or_refused(text):
    option, error = attempt(lambda: parse(text))
    assert isinstance(option, Option) or isinstance(error, (InvalidOption, UnknownOption))


@given(st.lists(st.sampled_from([*options.load(), "from", "month", "5", "+", "x"]), max_size=8).map(" ".join))
@settings(max_examples=200, deadline=None)
def test_any_words_are_an_option_or_refused(text):
    option, error = attempt(lambda: parse(text))
    assert isinstance(option, Option) or isinstance(error, (InvalidOption, UnknownOption))


def test_unknown_name_has_near_matches():
    with pytest.raises(UnknownOption, match="'airstrikes'"):
        parse("airstrike")


@pytest.mark.parametrize("given_", [[], [None], [5], ["training", Option("training")], [b"training"], "trainin"])
def test_resolve_refuses(given_):
    with pytest.raises(ForecastError) as caught:
        resolve(given_)
    assert caught.value.mend


def test_resolve_keeps_the_order_and_drops_repeats():
    assert list(resolve(["training", "airstrikes", "training"])) == ["training", "airstrikes"]
    assert list(resolve(None)) == list(options.load())


# Files


def test_shipped_options_survive_a_file(tmp_path):
    data = {"format": 1, "option": {name: option.to_dict() for name, option in options.load().items()}}
    path = tmp_path / "all.toml"
    path.write_text(tomli_w.dumps(data), encoding="utf-8")
    assert read(path) == options.load()


def test_file_may_compose_shipped_options_and_those_above(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        'format = 1\n[option.a]\ncompose = "training"\nlevers = { strikes = 0.5 }\nstart = 4\n'
        '[option.b]\ncompose = "a + airstrikes from month 3"\n',
        encoding="utf-8",
    )
    found = read(path)
    assert column(found["a"], "strikes", 5).tolist() == [0, 0, 0, 0.5, 0.5]
    assert column(found["b"], "strikes", 5).tolist() == [0, 0, 0.5, 1, 1]
    np.testing.assert_array_equal(column(found["b"], "training"), column(options.load()["training"], "training"))


BAD = {
    "unknown lever": "[option.a.levers]\nstrike = 1",
    "level above 1": "[option.a.levers]\nstrikes = 1.5",
    "level below 0": "[option.a.levers]\nstrikes = -0.1",
    "level nan": "[option.a.levers]\nstrikes = nan",
    "level inf": "[option.a.levers]\nstrikes = inf",
    "level huge": f"[option.a.levers]\nstrikes = {'9' * 400}",
    "level too long to show": f"[option.a.levers]\nstrikes = 0x{'f' * 5000}",
    "title too long to show": f"[option.a]\ntitle = 0x{'f' * 5000}",
    "compose too long to show": f"[option.a]\ncompose = 0x{'f' * 5000}",
    "level true": "[option.a.levers]\nstrikes = true",
    "level text": '[option.a.levers]\nstrikes = "1"',
    "level date": "[option.a.levers]\nstrikes = 2016-02-29",
    "levers a list": "[option.a]\nlevers = [1]",
    "start 0": "[option.a]\nstart = 0",
    "start half": "[option.a]\nstart = 1.5",
    "start huge": f"[option.a]\nstart = {'9' * 400}",
    "end before start": "[option.a]\nstart = 5\nend = 4",
    "ramp 0": "[option.a]\nramp = 0",
    "unknown key": "[option.a]\nrampp = 1",
    "title a number": "[option.a]\ntitle = 1",
    "claims text": '[option.a]\nclaims = "P1"',
    "claims numbers": "[option.a]\nclaims = [1]",
    "bad name": '[option."a b"]\nstart = 1',
    "empty name": '[option.""]\nstart = 1',
    "option a number": "option.a = 1",
    "no options": "",
    "compose unknown": '[option.a]\ncompose = "b"',
    "compose below": '[option.a]\ncompose = "b"\n[option.b]\nstart = 1',
    "compose itself": '[option.a]\ncompose = "a"',
    "compose a list": '[option.a]\ncompose = ["training"]',
    "trigger a table": "[option.a.trigger]\nset = { strikes = 1 }",
    "trigger without when": "[[option.a.trigger]]\nset = { strikes = 1 }",
    "trigger without set": '[[option.a.trigger]]\nwhen = [{ state = "legitimacy", at_least = 1 }]',
    "trigger on unknown state": '[[option.a.trigger]]\nwhen = [{ state = "x", at_least = 1 }]\nset = { strikes = 1 }',
    "trigger without bound": '[[option.a.trigger]]\nwhen = [{ state = "legitimacy" }]\nset = { strikes = 1 }',
    "trigger start of zero": "[[option.a.trigger]]\nstart = 0\n"
    'when = [{ state = "legitimacy", at_least = 1 }]\nset = { strikes = 1 }',
    "trigger bound nan": '[[option.a.trigger]]\nwhen = [{ state = "sirte", at_least = nan }]\nset = { strikes = 1 }',
    "trigger state a number": "[[option.a.trigger]]\nwhen = [{ state = 0x%s }]\nset = { strikes = 1 }" % ("f" * 5000),
    "trigger state a list": "[[option.a.trigger]]\nwhen = [{ state = [], at_least = 1 }]\nset = { strikes = 1 }",
    "phase a number": "[option.a]\nphase = [1]",
    "unknown table": "[optoin.a]\nstart = 1",
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD.keys())
def test_bad_file_is_refused(tmp_path, text):
    path = tmp_path / "bad.toml"
    path.write_text("format = 1\n" + text, encoding="utf-8")
    with pytest.raises(ForecastError) as caught:
        read(path)
    assert caught.value.mend


@pytest.mark.parametrize("version", ["2", "0", "true", '"1"', "1.5", "[]", "9" * 400, "0x" + "f" * 5000])
def test_other_format_is_refused(tmp_path, version):
    path = tmp_path / "other.toml"
    path.write_text(SHIPPED.replace("format = 1\n", f"format = {version}\n"), encoding="utf-8")
    with pytest.raises(VersionMismatch):
        read(path)
    path.write_text(SHIPPED.replace("format = 1\n", ""), encoding="utf-8")
    with pytest.raises(VersionMismatch):
        read(path)


def test_file_that_is_not_there(tmp_path):
    with pytest.raises(FileMissing):
        read(tmp_path / "none.toml")
    with pytest.raises(FileMissing):
        read(tmp_path)
    with pytest.raises(FileMissing):
        read("a\0b")


def test_number_too_long_to_read(tmp_path):
    path = tmp_path / "long.toml"
    path.write_text(f"format = 1\n[option.a]\nstart = {'9' * 5000}\n", encoding="utf-8")
    with pytest.raises(InvalidFile):
        read(path)


@pytest.fixture(scope="module")
def anywhere(tmp_path_factory):
    return tmp_path_factory.mktemp("options") / "any.toml"


@given(content=st.binary(max_size=200))
@settings(max_examples=150, deadline=None)
def test_any_bytes(anywhere, content):
    anywhere.write_bytes(content)
    assert quietly(anywhere) is None


@given(cut=st.integers(0, len(SHIPPED)))
@settings(max_examples=60, deadline=None)
def test_a_file_cut_short(anywhere, cut):
    anywhere.write_text(SHIPPED[:cut], encoding="utf-8")
    found = quietly(anywhere)
    # A cut at the end of a line may leave a whole file of fewer options: then they are the shipped ones' names.
    assert found is None or list(found) == list(options.load())[: len(found)]


@given(place=st.integers(0, len(SHIPPED) - 1), put=st.characters(codec="utf-8"))
@settings(max_examples=100, deadline=None)
def test_a_file_with_a_slip(anywhere, place, put):
    anywhere.write_text(SHIPPED[:place] + put + SHIPPED[place + 1 :], encoding="utf-8")
    quietly(anywhere)


values = st.recursive(
    st.one_of(
        st.booleans(),
        st.integers(-(10**30), 10**30),
        st.floats(),
        words,
        st.dates(),
        st.datetimes(),
        st.sampled_from([*LEVERS, *options.load(), *TRIGGER_STATES]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.one_of(words, st.sampled_from(["levers", "start", "state", "at_least", "when", "set", *LEVERS])),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=6,
)


def places(data, path=()):
    """Give the path of every value inside a document."""
    found = [path] if path else []
    entries = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in entries:
        found += places(value, (*path, key))
    return found


PLACES = places(tomllib.loads(SHIPPED))


@given(place=st.sampled_from(PLACES), value=values)
@settings(max_examples=250, deadline=None)
def test_a_file_with_any_value_anywhere(anywhere, place, value):
    data = tomllib.loads(SHIPPED)
    inside = data
    for key in place[:-1]:
        inside = inside[key]
    inside[place[-1]] = value
    anywhere.write_bytes(tomli_w.dumps(data).encode("utf-8"))
    quietly(anywhere)


def test_an_option_is_hashable_and_equal_options_hash_alike():
    first, second = options.load()["airstrikes"], parse("airstrikes")
    assert {first: 1}[second] == 1


def test_an_unknown_claim_is_refused():
    with pytest.raises(ForecastError, match="P61"):
        Option("mine", claims=("P61",))
