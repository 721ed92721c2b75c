"""Options: what they do month by month, how they compose, and that no file can break the reader."""

import math
import pickle
import tomllib
from importlib.resources import files

import numpy as np
import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

import forecast
import priors
from forecast import options
from forecast.errors import (
    FileMissing,
    ForecastError,
    InvalidArgument,
    InvalidFile,
    InvalidOption,
    UnknownClaim,
    UnknownOption,
    VersionMismatch,
)
from forecast.libya.state import Levers, State
from forecast.libya.world import LIBYA
from forecast.options import Condition, Option, Phase, Trigger, parse, read, resolve
from forecast.options.option import effort_text

SHIPPED = files("forecast.libya").joinpath("options.toml").read_text(encoding="utf-8")
LEVERS, STATES = Levers._fields, State._fields
EFFORTS = {
    "support": ("support_misrata", "support_pfg", "support_lna", "support_south", "support_sirte_officers"),
    "advisers": ("advisers",),
    "strikes": ("strikes",),
    "diplomacy": ("mediation", "western_unity", "regional_restraint"),
    "training": ("training",),
}


def column(option, lever, months=8):
    return schedule(option, months)[:, LEVERS.index(lever)]


def schedule(option, months):
    return option.schedule(months, LEVERS)


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
        levels = schedule(option, 24)
        assert levels.shape == (24, len(LEVERS))
        assert ((levels >= 0.0) & (levels <= 1.0)).all()
    return found


# What an option does


def test_schedule_of_a_ramp():
    option = Option("x", phases=(Phase({"strikes": 0.6}, start=2, ramp=3, end=6),))
    np.testing.assert_allclose(column(option, "strikes"), [0, 0.2, 0.4, 0.6, 0.6, 0.6, 0, 0], rtol=1e-15, atol=0)
    assert schedule(option, 8).sum() == column(option, "strikes").sum()


def test_schedule_without_ramp_is_exact():
    assert column(Option("x", phases=(Phase({"training": 0.3}, start=3),)), "training", 4).tolist() == [0, 0, 0.3, 0.3]


def test_shorter_schedule_is_the_start_of_a_longer_one():
    for option in options.load().values():
        np.testing.assert_array_equal(schedule(option, 24)[:7], schedule(option, 7))


def test_null_option_does_nothing():
    null = options.load()["no_assistance"]
    assert null.phases == ()
    assert null.triggers == ()
    assert not schedule(null, 120).any()


def test_adding_the_null_option_changes_nothing():
    shipped = options.load()
    for option in shipped.values():
        assert (option + shipped["no_assistance"]).hash == option.hash
        assert (shipped["no_assistance"] + option).hash == option.hash


levels = st.floats(0.0, 1.0)
levers = st.dictionaries(st.sampled_from(LEVERS), levels, max_size=4)
phases = st.builds(Phase, levers, start=st.integers(1, 30), ramp=st.integers(1, 12))
conditions = st.builds(Condition, st.sampled_from(STATES), at_least=st.floats(-10, 10))
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
def test_composing_takes_the_higher_level_and_all_triggers(a, b):
    both = a + b
    np.testing.assert_array_equal(schedule(both, 30), np.maximum(schedule(a, 30), schedule(b, 30)))
    np.testing.assert_array_equal(schedule(both, 30), schedule(b + a, 30))
    assert both.triggers == a.triggers + b.triggers


@given(some_options, st.integers(1, 30))
def test_from_month_shifts_the_whole_option(option, start):
    moved = option.from_month(start)
    first = min((phase.start for phase in option.phases), default=1)
    later = start - first
    before, after = schedule(option, 60), schedule(moved, 60)
    if later >= 0:
        np.testing.assert_array_equal(after[later:], before[: 60 - later])
        assert not after[:later].any()
    else:
        np.testing.assert_array_equal(after[:later], before[-later:])
    assert [one.start for one in moved.triggers] == [max(1, one.start + later) for one in option.triggers]
    assert [(one.when, one.set) for one in moved.triggers] == [(one.when, one.set) for one in option.triggers]


def test_until_is_the_last_month_in_which_it_acts():
    option = Option("x", phases=(Phase({"strikes": 0.6}, start=2, ramp=3),))
    assert column(option.until_month(5), "strikes", 7).tolist() == [0, 0.6 / 3, 0.6 * (2 / 3), 0.6, 0.6, 0, 0]
    assert column(option.until_month(2), "strikes", 4).tolist() == [0, 0.6 / 3, 0, 0]
    assert option.until_month(5).phases == (Phase({"strikes": 0.6}, start=2, ramp=3, end=5),)


def test_until_leaves_out_what_starts_later_and_prolongs_nothing():
    early, late = Phase({"strikes": 1.0}, end=3), Phase({"training": 1.0}, start=6)
    option = Option("x", phases=(early, late))
    assert option.until_month(5).phases == (early,)
    assert option.until_month(6).phases == (early, Phase({"training": 1.0}, start=6, end=6))


@given(some_options, st.integers(1, 40))
def test_until_keeps_every_month_up_to_it_and_ends_all_others(option, end):
    ended, error = attempt(lambda: option.until_month(end))
    late = end < min((phase.start for phase in option.phases), default=1)
    raising = any(level > 0 for trigger in option.triggers for level in trigger.set.values())
    assert (error is not None) == (late or raising)
    if ended is not None:
        np.testing.assert_array_equal(schedule(ended, 60)[:end], schedule(option, 60)[:end])
        assert not schedule(ended, 60)[end:].any()
        assert ended.triggers == option.triggers


def test_an_option_whose_trigger_raises_a_lever_cannot_be_ended():
    with pytest.raises(InvalidOption, match="stays for good"):
        parse("regional_then_national until month 12")
    stopping = Trigger((Condition("legitimacy", at_least=0.6),), {"strikes": 0.0})
    option = Option("x", phases=(Phase({"strikes": 1.0}),), triggers=(stopping,))
    assert option.until_month(3).triggers == (stopping,)


@given(some_options, st.floats(0.0, 1.0, exclude_min=True))
def test_strength_multiplies_every_level_of_phases_and_triggers(option, strength):
    weak = option.scaled(strength)
    for was, now in zip((*option.phases, *option.triggers), (*weak.phases, *weak.triggers), strict=True):
        before, after = (part.levers if isinstance(part, Phase) else part.set for part in (was, now))
        assert dict(after) == {lever: level * strength for lever, level in before.items()}
    assert [(one.start, one.ramp, one.end) for one in weak.phases] == [
        (one.start, one.ramp, one.end) for one in option.phases
    ]
    assert [(one.when, one.start) for one in weak.triggers] == [(one.when, one.start) for one in option.triggers]


@given(st.floats(0.0, 1.0, exclude_min=True))
def test_options_of_two_strengths_have_two_names(strength):
    option, near = options.load()["airstrikes"], math.nextafter(strength, 0.0) or 1.0
    assert option.scaled(strength).name != option.scaled(near).name


@pytest.mark.parametrize("strength", [0, -0.5, 1.0000001, math.nan, math.inf, True, None, "0.5", 10**400])
def test_a_strength_outside_its_range_is_refused(strength):
    with pytest.raises(InvalidOption, match="strength of 'airstrikes'") as caught:
        options.load()["airstrikes"].scaled(strength)
    assert "above 0 and at most 1" in caught.value.expected
    assert caught.value.mend


def test_two_halves_are_not_one_whole():
    whole, half = parse("airstrikes"), parse("0.5 airstrikes")
    halves = parse("0.5 airstrikes + 0.5 airstrikes")
    np.testing.assert_array_equal(schedule(halves, 24), schedule(half, 24))
    np.testing.assert_array_equal(schedule(halves, 24), 0.5 * schedule(whole, 24))
    assert halves.hash != whole.hash


def test_effort_of_the_shipped_options():
    # Full months of a ramp over n months are n fewer than the horizon and (n + 1) / 2.
    two, three, six = 22 + 1.5, 21 + 2, 18 + 3.5
    nothing = dict.fromkeys(EFFORTS, 0.0)
    regional = {"support": 1.4 * six, "advisers": six, "strikes": 0.1 * six, "diplomacy": 3 * six}
    expected = {
        "no_assistance": {},
        "diplomacy": {"diplomacy": 3 * three},
        "training": {"advisers": 0.1 * three, "training": three},
        "ct_assistance": {"support": three, "advisers": three},
        "ct_two_factions": {"support": 2 * three, "advisers": three},
        "ct_with_air": {"support": three, "advisers": three, "strikes": two},
        # What a trigger raises is not in it.
        "airstrikes_on_invitation": {},
        "bridge_then_assist": {"diplomacy": 3 * three},
        "airstrikes": {"strikes": two, "advisers": 0.5 * two},
        "regional_centres": regional,
        "regional_then_national": regional,
    }
    for name, option in options.load().items():
        assert option.effort(efforts=LIBYA.efforts) == pytest.approx(nothing | expected[name], rel=1e-12)
    assert list(LIBYA.efforts) == ["support", "advisers", "strikes", "diplomacy", "training"]
    assert parse("airstrikes").effort(3) == {"strikes": 2.5, "advisers": 1.25}
    assert parse("0.5 airstrikes from month 2 until month 3").effort(12)["strikes"] == 0.75


@given(some_options, st.integers(1, 40))
def test_effort_is_the_sum_of_levels(option, months):
    by_month, effort = schedule(option, months), option.effort(months, efforts=EFFORTS)
    counted = {lever for levers in EFFORTS.values() for lever in levers}
    assert set(LEVERS) - counted == {"coordination", "conditionality", "national_channel"}
    for kind, levers in EFFORTS.items():
        each = [by_month[month, LEVERS.index(lever)] for month in range(months) for lever in levers]
        assert effort[kind] == pytest.approx(math.fsum(each), rel=1e-12, abs=0)


@pytest.mark.parametrize("months", [0, -1, 1.5, 1201, math.nan, "24"])
def test_effort_over_no_horizon_is_refused(months):
    with pytest.raises(InvalidOption, match="horizon"):
        options.load()["airstrikes"].effort(months)


def test_effort_in_words():
    def words(option, months=24):
        return effort_text(option, months, efforts=LIBYA.efforts)

    shipped = options.load()
    assert words(shipped["ct_assistance"]) == "effort over 24 months: support 23.0, advisers 23.0 full months"
    assert words(shipped["airstrikes"], 1) == "effort over 1 month: advisers 0.2, strikes 0.5 full months"
    assert words(shipped["no_assistance"]) == "effort over 24 months: none"
    assert words(parse("0.001 training"), 1).endswith("advisers 3e-05, training 0.0003 full months")
    assert words(shipped["regional_then_national"]).endswith("; what triggers set is not counted")
    page = parse("ct_assistance until month 12")._repr_html_()
    assert "<td>support_misrata</td><td>1</td><td>1</td><td>3</td><td>12</td>" in page


@given(some_options)
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
     "training from month 5 from month 6", "1training", "0.5training", "0.5", "0.5 *", "0.5 0.5 training", "* training",
     "training 0.5", "training * 0.5", "0 training", "0.0 * training", "-0.5 training", "1.5 training",
     "1.0001 * training", "50% training", "nan training", "1e-999 training", "9" * 5000 + " training",
     "training until", "training until month 0", "training until month 1201", "training until 5",
     "training until month 5 from month 3", "training from month 5 until month 4",
     "training until month 3 until month 4",
     "no_assistance from month 5 until month 4", "training from 2016-05 until month 2", "training from 2016-02",
     "training until 2016-02", "training from 2015-04", "training from 2016-13", "training from 2016-00",
     "training from 2016-4", "training from 2016-04-01", "training from 16-04", "training from 9999-12",
     "training from 99999-12", "training from month 2016-04", "training from 2016-04 until", "training from 2116-03"],
)  # fmt: skip
def test_expression_that_is_none(text):
    with pytest.raises(InvalidOption) as caught:
        parse(text)
    assert caught.value.mend


@given(st.text(max_size=40))
def test_any_text_is_an_option_or_refused(text):
    option, error = attempt(lambda: parse(text))
    assert isinstance(option, Option) or isinstance(error, (InvalidOption, UnknownOption))


@given(
    st.lists(
        st.one_of(
            st.sampled_from([*options.load(), "from", "until", "month", "5", "+", "x", "*", "2016-04", "2016-02"]),
            st.sampled_from(["month 3", "from month 3", "from 2017-01", "until month 12", "until 2016-12"]),
            st.floats().map(repr),
            st.dates().map(lambda date: date.isoformat()[:7]),
        ),
        max_size=8,
    ).map(" ".join)
)
def test_any_words_are_an_option_or_refused(text):
    option, error = attempt(lambda: parse(text))
    assert isinstance(option, Option) or isinstance(error, (InvalidOption, UnknownOption))


def test_expression_of_strength_start_and_end():
    airstrikes, training = options.load()["airstrikes"], options.load()["training"]
    assert parse("airstrikes until month 12") == airstrikes.until_month(12)
    made = parse("0.5 airstrikes from month 3 until month 5")
    assert made == airstrikes.scaled(0.5).from_month(3).until_month(5)
    assert made.name == "airstrikes_at_0_5_from_3_until_5"
    assert made.title == "Sustained airstrikes at strength 0.5 from month 3 until month 5"
    assert column(made, "strikes").tolist() == [0, 0, 0.25, 0.5, 0.5, 0, 0, 0]
    assert column(made, "advisers").tolist() == [0, 0, 0.125, 0.25, 0.25, 0, 0, 0]
    both = parse("training from 2016-04 until 2017-03 + 0.5 airstrikes")
    assert both == training.from_month(2).until_month(13) + airstrikes.scaled(0.5)
    assert column(both, "training", 15).tolist() == [0, 1 / 3, 2 / 3, *[1.0] * 10, 0, 0]


@pytest.mark.parametrize(
    "text", ["0.5 airstrikes", "0.5*airstrikes", ".5 * airstrikes", " 0.50  airstrikes ", "5e-1 airstrikes"]
)
def test_a_strength_may_be_written_in_several_ways(text):
    assert parse(text) == options.load()["airstrikes"].scaled(0.5)


@given(st.floats(0.0, 1.0, exclude_min=True))
def test_any_strength_is_read_as_python_writes_it(strength):
    assert parse(f"{strength!r} training") == options.load()["training"].scaled(strength)


@pytest.mark.parametrize("name", options.load())
def test_full_strength_is_the_option_itself(name):
    option = options.load()[name]
    for text in (f"1 {name}", f"1.0 * {name}", option.name):
        assert parse(text) == option
        assert schedule(parse(text), 24).tobytes() == schedule(option, 24).tobytes()


@given(st.integers(1, 1200), st.integers(1, 1200))
def test_dates_are_months_after_the_origin(start, end):
    def date(month):
        return str(np.datetime64("2016-02", "M") + np.timedelta64(month, "M"))

    assert parse(f"training from {date(start)}") == parse(f"training from month {start}")
    texts = [
        f"training from {first} until {last}"
        for first in (f"month {start}", date(start))
        for last in (f"month {end}", date(end))
    ]
    if start <= end:
        assert len({parse(text) for text in texts}) == 1
    else:
        for text in texts:
            with pytest.raises(InvalidOption, match=f"ends in month {end} and starts in month {start}"):
                parse(text)


def test_the_first_month_is_march_2016():
    assert parse("training from 2016-03").phases[0].start == 1
    assert parse("training from 2016-04").phases[0].start == 2
    assert parse("training from 2017-02").phases[0].start == 12
    assert parse("training until 2018-02").phases[0].end == 24
    with pytest.raises(InvalidOption, match="'2016-02'") as caught:
        parse("training from 2016-02")
    assert "2016-03" in caught.value.expected


def test_an_end_at_the_horizon_changes_nothing():
    for name, option in options.load().items():
        if not option.triggers:
            assert schedule(parse(f"{name} until month 24"), 24).tobytes() == schedule(option, 24).tobytes()
    ran = forecast.simulate(
        priors.load("article"),
        options=["airstrikes", "airstrikes until month 24", "airstrikes until month 23", "1 airstrikes"],
        evidence="none",
        worlds=200,
        progress=False,
    )
    whole, ended, cut = (ran.sel(option=name) for name in ("airstrikes", "airstrikes_until_24", "airstrikes_until_23"))
    states = [name for name in ran.data_vars if "world" in ran[name].dims and "option" in ran[name].dims]
    assert states
    for name in states:
        np.testing.assert_array_equal(ended[name].values, whole[name].values)
    assert any(not np.array_equal(cut[name].values, whole[name].values) for name in states)


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


@pytest.mark.parametrize("start", ['"2016-04"', "2016-04-01", "2016-04-30", "2"])
@pytest.mark.parametrize("end", ['"2017-03"', "2017-03-31", "13"])
def test_file_may_have_dates(tmp_path, start, end):
    path = tmp_path / "mine.toml"
    path.write_text(
        f"format = 1\n[option.a]\nstart = {start}\nend = {end}\nlevers = {{ strikes = 0.5 }}\n"
        f"[[option.a.trigger]]\nstart = {start}\nset = {{ strikes = 0 }}\n"
        'when = [{ state = "legitimacy", at_least = 0.6 }]\n',
        encoding="utf-8",
    )
    option = read(path)["a"]
    assert option.phases == (Phase({"strikes": 0.5}, start=2, end=13),)
    assert option.triggers[0].start == 2


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
    "end before start by date": '[option.a]\nstart = "2016-05"\nend = 2016-04-30',
    "start before the origin": '[option.a]\nstart = "2016-02"',
    "start on the day of the origin": "[option.a]\nstart = 2016-02-29",
    "start in no month": '[option.a]\nstart = "2016-13"',
    "start a number as text": '[option.a]\nstart = "5"',
    "start a time": "[option.a]\nstart = 07:30:00",
    "end in words": '[option.a]\nend = "March 2017"',
    "end long past": "[option.a]\nend = 0001-01-01",
    "end far off": "[option.a]\nend = 9999-12-31",
    "ramp a date": "[option.a]\nramp = 2016-04-01",
    "trigger start before the origin": "[[option.a.trigger]]\nstart = 2016-02-01\n"
    'when = [{ state = "legitimacy", at_least = 1 }]\nset = { strikes = 1 }',
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
    with pytest.raises(InvalidFile, match="not of a folder"):
        read(tmp_path)
    with pytest.raises(InvalidFile):
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
def test_any_bytes(anywhere, content):
    anywhere.write_bytes(content)
    assert quietly(anywhere) is None


@given(cut=st.integers(0, len(SHIPPED)))
def test_a_file_cut_short(anywhere, cut):
    anywhere.write_text(SHIPPED[:cut], encoding="utf-8")
    found = quietly(anywhere)
    # A cut at the end of a line may leave a whole file of fewer options: then they are the shipped ones' names.
    assert found is None or list(found) == list(options.load())[: len(found)]


@given(place=st.integers(0, len(SHIPPED) - 1), put=st.characters(codec="utf-8"))
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
        st.sampled_from([*LEVERS, *options.load(), *STATES]),
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
    mine = Option("mine", claims=("P69",))
    with pytest.raises(UnknownClaim, match="P69"):
        options.resolve(mine)
    with pytest.raises(InvalidArgument, match="two words"):
        Option("mine", claims=("two words",))
