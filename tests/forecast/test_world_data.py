"""A world as plain data: read back it is the same world, and whatever else a file holds is refused in a sentence."""

import base64
import contextlib
import copy
import json
import math
import pickle
import time
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast import path_op, readings
from forecast.engine import backends, numpy_backend
from forecast.engine.program import MOST_STEPS, OPERANDS, Program, Runner, record
from forecast.errors import InvalidFile, InvalidOption, InvalidWorld, VersionMismatch
from forecast.options import Condition, Option, Phase, Trigger
from forecast.paths import end, event, first
from forecast.readings import chance, level
from forecast.schema import Variable
from forecast.world import World
from forecast.world_data import of_dict, of_json, packed, to_dict, to_json, unpacked
from forecast.worlds import shipped, world_of
from tests.forecast.test_world import DISTRICT, WORLDS, month, run


def toy_month(xp, state, levers, beliefs, luck, time):
    """The month of the district, with constants that JSON has no numbers for."""
    after = month(xp, state, levers, beliefs, luck, time)
    nothing = xp.where(state.truce > 2.0, float("nan"), 0.0)
    nothing = nothing + 1.0 / xp.maximum(float("-inf"), float("inf") + state.truce)
    nothing = nothing - (-state.truce <= -1.0)
    return after | {"trace": after["trace"] + nothing, "hurt": xp.binomial_ppf(luck.hurt, 9.0, 0.5)}


TOY = DISTRICT | {
    "origin": lambda beliefs, luck: DISTRICT["origin"](beliefs, luck) | {"hurt": 0.0},
    "month": toy_month,
    "states": {**DISTRICT["states"], "hurt": Variable("persons", "Persons hurt", "count")},
    "shocks": DISTRICT["shocks"] | {"hurt": "uniform"},
    "title": "A border district, 2020",
    "outcomes": {
        "rebels_end": end("rebels", "Rebels at the end", better="lower"),
        "first_truce": first("truce", "Month of the truce"),
        "calm": event("Calm", "no raid in the last three", lambda path: path.total("raids", last=3) == 0.0),
    },
    "options": {
        "nothing": Option("nothing"),
        "both": Option(
            "both",
            (Phase({"patrols": 0.5}, start=2, ramp=3, end=9),),
            (Trigger((Condition("rebels", at_least=120.0),), {"talks": 1.0}, start=4),),
            title="Both at once",
        ),
    },
    "proposal": "both",
    "readings": {
        "calms": chance(lambda xp, beliefs: xp.exp(-beliefs.rate)),
        "rebels": level("rebels", past=lambda xp, level, beliefs, time: level * xp.exp(-beliefs.growth)),
    },
}


@pytest.fixture(scope="module")
def toy():
    return World(**TOY)


@pytest.fixture(scope="module")
def beliefs():
    rng = np.random.default_rng(1)
    return np.array([rng.lognormal(4, 1, WORLDS), rng.normal(0, 0.05, WORLDS), rng.lognormal(0, 0.5, WORLDS)])


# There and back


@pytest.mark.parametrize("which", ["toy", "libya"])
def test_a_world_read_back_is_the_one_written(which, toy):
    world = toy if which == "toy" else shipped()
    text = to_json(world)
    for again in (
        of_json(text),
        of_dict(to_dict(world)),
        of_json(json.dumps(json.loads(text), sort_keys=True, indent=1)),
    ):
        assert (again, hash(again), again.hash) == (world, hash(world), world.hash)
        assert repr(again) == repr(world)
        for field in ("name", "title", "date", "step", "states", "hidden", "parameters", "levers", "shocks", "rows"):
            assert getattr(again, field) == getattr(world, field), field
            assert type(getattr(again, field)) is type(getattr(world, field)), field
        assert list(again.states) == list(world.states)
        assert repr(again.month_program) == repr(world.month_program)
        assert again.origin_program.names == world.origin_program.names
        assert to_dict(again) == to_dict(world)


def test_it_is_small():
    assert len(to_json(shipped())) < 75_000
    # An attribute of an HDF5 file holds 64 kB.
    assert len(packed(shipped())) < 20_000


def test_strict_json_holds_it(toy):
    def refuse(word):
        raise AssertionError(word)

    assert json.loads(to_json(toy), parse_constant=refuse) == to_dict(toy)
    constants = {one[1] for one in to_dict(toy)["month_program"]["steps"] if one[0] == "constant"}
    assert {"nan", "inf", "-inf"} <= constants


@pytest.mark.parametrize("backend", backends.BACKENDS)
def test_it_runs_to_the_same_bits(toy, beliefs, backend):
    if backend == "jax":
        pytest.importorskip("jax")
    again = of_json(to_json(toy))
    ours, same = run(toy, backend, beliefs), run(again, backend, beliefs)
    assert list(ours) == list(same)
    for name in ours:
        np.testing.assert_array_equal(same[name], ours[name], err_msg=name)
    if backend == "numba":
        for name, expected in run(toy, "numpy", beliefs).items():
            np.testing.assert_array_equal(ours[name], expected, err_msg=name)


def test_it_travels_on_and_its_functions_are_gone(toy):
    again = pickle.loads(pickle.dumps(of_json(to_json(toy))))
    assert again == toy
    assert to_dict(again) == to_dict(pickle.loads(pickle.dumps(toy))) == to_dict(toy)
    with pytest.raises(InvalidWorld, match="came from another process or a file"):
        again.month()
    with pytest.raises(InvalidWorld, match="came from another process or a file"):
        again.origin()


def test_every_table_of_operations_has_those_that_there_are(toy):
    drawn = {"poisson_ppf", "binomial_ppf"}
    assert set(numpy_backend.OPERATIONS) == set(OPERANDS)
    # Of a reading there is a derivative, so that it draws nothing.
    assert set(readings.NUMPY) == set(path_op._PYTENSOR) == set(OPERANDS) - drawn
    for name, operands in OPERANDS.items():
        numpy_backend.OPERATIONS[name](*[np.array([0.5])] * operands)
    # What is compiled has no table to look at: that it has the bits of NumPy is seen of the toy, which uses them all.
    used = {step.operation for program in (toy.origin_program, toy.month_program) for step in program.steps}
    assert used - {"constant", "input"} == set(OPERANDS)
    jax_backend = pytest.importorskip("forecast.engine.jax_backend")
    assert set(jax_backend._OPERATIONS) == set(OPERANDS)


def test_a_whole_number_of_months_stays_one():
    world = World(**DISTRICT | {"step": 2})
    assert of_json(to_json(world)) == world


# Attacks


def changed(*path, value=None, of=None):
    """A change of what stands at the end of a path: to a value, or by a function."""

    def change(data):
        at = data
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = of(at[path[-1]]) if of else value

    return change


def step(number, value):
    return changed("month_program", "steps", number, value=value)


def without(*path):
    def change(data):
        at = data
        for key in path[:-1]:
            at = at[key]
        del at[path[-1]]

    return change


M, S = "month_program", "steps"

DEEP: list = []
for _ in range(100_000):
    DEEP = [DEEP]

BOMB = base64.b85encode(zlib.compress(b" " * 50_000_000, 9)).decode()

REFUSED = {
    "no dict": (lambda data: [data], "a list of 1.*a dict"),
    "nothing": (lambda data: None, "None"),
    "another kind": (changed("kind", value="libya-forecast fit"), "of the kind 'libya-forecast fit'"),
    "no kind": (without("kind"), "without 'kind'"),
    "another format": (changed("format", value=2), "format 2"),
    "a format that is true": (changed("format", value=True), "format of a world is True"),
    "a part too few": (without("levers"), "without 'levers'"),
    "a part too many": (changed("month", value="import os"), "the key 'month'"),
    "a key that is no text": (changed(7, value=1), "the key 7"),
    "another hash": (changed("hash", value="0" * 64), "another hash"),
    "no hash": (changed("hash", value=None), "hash of a world is None"),
    "a constant changed": (
        changed(M, S, of=lambda steps: [["constant", 0.25] if one == ["constant", 0.1] else one for one in steps]),
        "another hash",
    ),
    "a unit changed": (changed("states", 0, 1, "unit", value="thousands"), "another hash"),
    "states in another order": (changed("states", of=lambda states: states[::-1]), "another hash"),
    "a name of another world": (changed("name", value="other"), "another hash"),
    "no name": (changed("name", value=""), "the world ''"),
    "a name that is a number": (changed("name", value=1), "the name of a world is 1"),
    "a name that is a sentence": (changed("name", value="my world"), "my world"),
    "a long name": (changed("name", value="x" * 10_000_000), "a text of 10,000,000 characters"),
    "half a character": (changed("title", value="\ud800"), "not halves"),
    "no day": (changed("date", value="yesterday"), "yesterday"),
    "a step that is true": (changed("step", value=True), "step of a world is True"),
    "a step of nothing": (changed("step", value=0.0), "0.0"),
    "a step without end": (changed("step", value=math.inf), "inf"),
    "a step that is a huge number": (changed("step", value=10**5000), "a very large number"),
    "a step of text": (changed("step", value="1"), "step of a world is '1'"),
    "states as a dict": (changed("states", of=dict), "states of a world is a dict"),
    "a state without a kind": (without("states", 0, 1, "kind"), "without 'kind'"),
    "a state of another kind": (changed("states", 0, 1, "kind", value="object"), "'object'.*continuous"),
    "a state of a kind that is a list": (changed("states", 0, 1, "kind", value=[]), "a list of 0"),
    "a state twice": (changed("states", of=lambda states: [*states, states[0]]), "a name twice"),
    "a pair of three": (changed("states", 0, of=lambda pair: [*pair, 1]), "a list of 2"),
    "a state that is private": (changed("states", 0, 0, value="__class__"), "'__class__'"),
    "a word of Python": (changed("parameters", 0, value="lambda"), "'lambda'"),
    "a parameter twice": (changed("parameters", of=lambda names: [*names[:-1], names[0]]), "twice"),
    "parameters as a text": (changed("parameters", value="rebels"), "'rebels'.*a list"),
    "too many parameters": (changed("parameters", value=["x"] * 10_001), "a list of 10,001"),
    "a lever that is a number": (changed("levers", 0, value=3), "is 3"),
    "luck of another kind": (changed("shocks", 0, 1, value="gauss"), "'gauss'"),
    "luck that is a list": (changed("shocks", 0, 1, value=["normal"]), "a list of 1"),
    "luck twice": (changed("at_origin", 0, 0, value="noise"), "'noise' twice"),
    "rows too few": (changed("rows", of=lambda rows: rows[:-1]), "a list of"),
    "rows of other names": (changed("rows", 0, value="rebelz"), "rows .* are not its states"),
    "no program": (changed(M, value=None), "None"),
    "a program that is code": (changed(M, value="lambda: 0"), "'lambda: 0'"),
    "steps too many": (changed(M, S, value=[["constant", 0.0]] * (MOST_STEPS + 1)), "a list of 20,001"),
    "no steps": (changed(M, S, value=[]), "result"),
    "a step that is no list": (step(5, "add"), "step 5 .* 'add'"),
    "a step of nothing at all": (step(5, []), "step 5 .* a list of 0"),
    "a step of five": (step(5, ["add", 0, 1, 2, 3]), "step 5 .* a list of 5"),
    "an operation that there is not": (step(5, ["tanh", 0]), "operation 'tanh'"),
    "an operation of Python": (step(5, ["__import__", "os"]), "operation '__import__'"),
    "an operation that is a number": (step(5, [1, 0]), "begins with 1"),
    "an operation that is a list": (step(5, [[], 0]), "begins with a list"),
    "an operand too few": (step(5, ["add", 0]), "works on is a list of 1"),
    "an operand too many": (step(5, ["exp", 0, 1]), "works on is a list of 2"),
    "an operand that is itself": (step(5, ["exp", 5]), "is 5.*0 to 4"),
    "an operand to come": (step(5, ["add", 0, 6]), "is 6"),
    "an operand below nothing": (step(5, ["add", 0, -1]), "is -1"),
    "an operand that is true": (step(5, ["add", 0, True]), "is True"),
    "an operand that is a float": (step(5, ["add", 0, 1.0]), r"is 1\.0"),
    "an operand that is a text": (step(5, ["add", 0, "1"]), "is '1'"),
    "an operand that is none": (step(5, ["add", 0, None]), "is None"),
    "a huge operand": (step(5, ["add", 0, 10**5000]), "a very large number"),
    "a constant that is whole": (step(5, ["constant", 1]), "is 1.*with a point"),
    "a constant that is true": (step(5, ["constant", True]), "is True"),
    "a constant that is a text": (step(5, ["constant", "1e5"]), "is '1e5'"),
    "a constant in another word": (step(5, ["constant", "Infinity"]), "is 'Infinity'"),
    "a constant that is NaN": (step(5, ["constant", math.nan]), "is nan"),
    "a constant that is a list": (step(5, ["constant", [0.5]]), "a list of 1"),
    "an input of no group": (step(5, ["input", "files", 0]), "reads 'files'.*state"),
    "an input of the origin": (step(5, ["input", "at_origin", 0]), "reads 'at_origin'"),
    "an input of what was taken out": (step(5, ["input", "once", 0]), "reads 'once'"),
    "an input of a group that is a number": (step(5, ["input", 0, 0]), "group of step 5"),
    "an input beyond the group": (step(5, ["input", "levers", 2]), "is 2.*0 to 1"),
    "an input far beyond": (step(5, ["input", "state", 10**9]), "1000000000"),
    "an input before the group": (step(5, ["input", "state", -1]), "is -1"),
    "an input that is a float": (step(5, ["input", "years", 0.0]), r"is 0\.0"),
    "an input that is false": (step(5, ["input", "years", False]), "is False"),
    "a result too few": (changed(M, "results", of=lambda results: results[:-1]), "results .* a list of"),
    "a result too many": (changed(M, "results", of=lambda results: [*results, 0]), "results .* a list of"),
    "a result that is no step": (changed(M, "results", 0, value=10**6), "a result"),
    "a result that is true": (changed(M, "results", 0, value=True), "a result"),
    "results as a dict": (changed(M, "results", value={}), "a dict of 0"),
    "names as a text": (changed(M, "names", value="x"), "'x'"),
    "a name of no step": (changed(M, "names", value=[[10**6, "a", "b"]]), "a step in the names"),
    "a name for an input": (changed(M, "names", value=[[0, "a", "b"]]), "for step 0"),
    "a name that is a list": (changed(M, "names", value=[[9, [], "b"]]), "a list of 0"),
    "two names for a step": (changed(M, "names", value=[[9, "a", "b"], [9, "a", "c"]]), "for step 9"),
    "an array": (changed("kind", value=np.zeros(3)), "an ndarray"),
    "an array for a hash": (changed("hash", value=np.zeros(3)), "an ndarray"),
    "an array in a step": (step(5, ["add", 0, np.int64(1)]), "an int64"),
    "an outcome of another reading": (changed("outcomes", 0, 1, "reading", value="eval"), "'eval'"),
    "an outcome that is half whole": (changed("outcomes", 0, 1, "whole", value=1), "true or false"),
    "a floor that is no power of two": (changed("outcomes", 0, 1, "floor", value=0.3), "a power of two"),
    "a rule of no outcome": (without("rules", 0), "rules .* are not those of its outcomes"),
    "a rule that reads what there is not": (
        changed("rules", 0, 1, "result", "steps", 0, value=["input", "path", 7]),
        "is 7",
    ),
    "a rule that reads nothing": (
        changed("rules", 0, 1, "result", "steps", 0, value=["constant", 1.0]),
        "reads nothing",
    ),
    "a rule that reads otherwise": (changed("rules", 0, 1, "leaves", 0, 0, value="median"), "'median'"),
    "another rule": (changed("rules", 0, 1, "leaves", 0, 0, value="origin"), "another hash"),
    "a leading outcome that there is not": (changed("leading", value="peace"), "'peace'"),
    "a lever that there is not": (
        changed("options", 1, 1, "phase", 0, "levers", value={"bombs": 1.0}),
        "'bombs'",
    ),
    "a reading that draws": (
        changed("recorded_readings", 0, 1, "of", "steps", 0, value=["poisson_ppf", 0, 0]),
        "step 0|poisson_ppf",
    ),
    "a reading of another kind": (changed("recorded_readings", 0, 1, "kind", value="odds"), "'odds'"),
    "too deep": (changed("states", value=DEEP), "a list of"),
    "too deep in a step": (step(5, ["constant", DEEP]), "a list of 1"),
}


def attacked(toy, change):
    data = to_dict(toy)
    made = change(data)
    return data if made is None and change.__name__ != "<lambda>" else made


@pytest.mark.parametrize(("change", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_world_is_refused_in_a_sentence(toy, change, said):
    data = attacked(toy, change)
    begun = time.perf_counter()
    with pytest.raises((InvalidFile, InvalidWorld, InvalidOption), match=f"(?s){said}") as caught:
        of_dict(data)
    assert time.perf_counter() - begun < 1.0
    assert len(str(caught.value)) < 700
    assert str(caught.value).isprintable()


def test_there_are_enough_of_them():
    assert len(REFUSED) > 60


def test_another_format_is_told_as_such(toy):
    with pytest.raises(VersionMismatch):
        of_dict(to_dict(toy) | {"format": 2})


TEXTS = {
    "nothing": ("", "Expecting value"),
    "half a world": (None, "JSON"),
    "more than one": ("{} {}", "Extra data"),
    "a number that is none": ('{"kind": NaN}', "NaN, which is no JSON"),
    "a number without end": ('{"kind": -Infinity}', "-Infinity"),
    "a key twice": ('{"kind": 1, "kind": 2}', "a key twice"),
    "a huge number": ("1" * 1_000_000, "more than 20 digits"),
    "a huge float": ('{"kind": 1e999999}', "without 'format'"),
    "deep lists": ("[" * 1_000_000, "lists within lists"),
    "deep objects": ('{"a":' * 1_000_000, "lists within lists"),
    "a hundred megabytes": ("[" + "0," * 50_000_000 + "0]", "a text of 100,000,003 characters"),
    "bytes": (b"{}", "a bytes"),
    "a pickle": ("\x80\x04", "Expecting value"),
    "a text": ('"import os"', "'import os'"),
}


@pytest.mark.parametrize(("text", "said"), TEXTS.values(), ids=TEXTS.keys())
def test_a_text_that_is_no_world_is_refused_in_a_sentence(toy, text, said):
    begun = time.perf_counter()
    with pytest.raises(InvalidFile, match=f"(?s){said}") as caught:
        of_json(to_json(toy)[:500] if text is None else text)
    assert time.perf_counter() - begun < 1.0
    assert len(str(caught.value)) < 500


ANYTHING = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-2, 30),
        st.integers(),
        st.floats(),
        st.text(max_size=8),
        st.sampled_from([*OPERANDS, "constant", "input", "state", "levers", "nan", "code", "uniform"]),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(st.text(max_size=8), inner, max_size=4)),
    max_leaves=8,
)


def places(data, path=()):
    """Give the path of everything in plain data."""
    yield path
    if isinstance(data, dict | list):
        for key, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield from places(value, (*path, key))


@pytest.fixture(scope="module")
def written(toy):
    data = to_dict(toy)
    return data, list(places(data))


@given(st.data())
def test_whatever_is_changed_it_is_refused_or_the_same_world(written, toy, data):
    good, paths = written
    mutated = copy.deepcopy(good)
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(paths[1:]))
        value = data.draw(ANYTHING)
        try:
            at = mutated
            for key in path[:-1]:
                at = at[key]
            at[path[-1]] = value
        except (KeyError, IndexError, TypeError):
            continue
    for read, given_ in ((of_dict, mutated), (of_json, json.dumps(mutated))):
        world = None
        with contextlib.suppress(InvalidFile, InvalidWorld, InvalidOption):
            world = read(given_)
        # Only what says nothing of what is computed may differ: titles, long names, names of steps.
        assert world is None or world == toy


QUICK = {"poisson_ppf": lambda u, rate: u * rate, "binomial_ppf": lambda u, n, p: u * n * p}
"""In place of what takes long where a rate is absurd."""


@given(st.data())
def test_what_is_wrong_in_its_hash_alone_can_be_run(written, data):
    """Who changes a file can write its hash, too: whatever gets as far as that reads nothing but what it is given."""
    made, real = [], World.of_parts
    mutated = copy.deepcopy(written[0])
    steps = mutated["month_program"]["steps"]
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.sampled_from(steps))
        if len(at) > 1:
            at[data.draw(st.integers(1, len(at) - 1))] = data.draw(st.one_of(st.integers(-2, 90), ANYTHING))
    with pytest.MonkeyPatch.context() as patch, contextlib.suppress(InvalidFile, InvalidWorld, InvalidOption):
        patch.setattr(World, "of_parts", lambda parts: made.append(real(parts)) or made[-1])
        of_dict(mutated)
    sizes = {"state": 7, "levers": 2, "parameters": 3, "shocks": 4, "years": 1}
    for world in made:
        for number, (operation, operands) in enumerate(world.month_program.steps):
            if operation == "input":
                assert 0 <= operands[1] < sizes[operands[0]]
            elif operation != "constant":
                assert len(operands) == OPERANDS[operation]
                assert all(0 <= operand < number for operand in operands)
        with np.errstate(all="ignore"):
            found = Runner(world.month_program, numpy_backend.OPERATIONS | QUICK)(
                {group: [np.full(2, 0.5)] * size for group, size in sizes.items()}
            )
        assert len(found) == len(world.rows) == 7


# Packed, as a run or a fit carries it


@pytest.mark.parametrize("text", ["", "?", None, 7, b"x", "A" * 2_000_000, BOMB], ids=str)
def test_what_is_not_packed_so_is_refused(text):
    begun = time.perf_counter()
    with pytest.raises(InvalidFile, match=r"cannot be read|is no|with"):
        unpacked(text)
    assert time.perf_counter() - begun < 2.0


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"format": 2}, VersionMismatch, "format 2"),
        ({"name": "other"}, InvalidFile, "another hash"),
        ({"date": "31 January"}, InvalidWorld, "31 January"),
    ],
)
def test_what_is_wrong_with_a_packed_world_is_said(toy, change, error, said):
    text = base64.b85encode(zlib.compress(json.dumps(to_dict(toy) | change).encode())).decode()
    with pytest.raises(error, match=said) as caught:
        unpacked(text)
    assert type(caught.value) is error
    with pytest.raises(error, match=said):
        world_of({"world_hash": toy.hash, "world_data": text})


def test_packed_and_unpacked(toy):
    assert unpacked(packed(toy)) == toy
    assert to_dict(unpacked(packed(toy))) == to_dict(toy)


# Programs by themselves


def test_what_is_not_finite_is_a_result_and_no_warning():
    program = record(lambda xp, given: [xp.log(given("x", 0)), 1.0 / given("x", 0), xp.sqrt(given("x", 0) - 1.0)])
    found = Runner(program, numpy_backend.OPERATIONS)({"x": np.array([[0.0, 1e308]])})
    assert [np.isfinite(one).tolist() for one in found] == [[False, True]] * 3


def test_a_program_of_other_groups():
    program = record(lambda xp, given: [xp.exp(given("path", 3)) * given("end", 0), 2.0])
    data = program.to_dict()
    assert Program.of_dict(data, "a rule", groups={"path": 4, "end": 1}, results=2) == program
    for groups, results, said in (
        ({"path": 3, "end": 1}, 2, "is 3.*0 to 2"),
        ({"path": 4}, 2, "reads 'end'"),
        ({"path": 4, "end": 0}, 2, "there being none"),
        ({"path": 4, "end": 1}, 1, "a list of 2.*a list of 1"),
    ):
        with pytest.raises(InvalidFile, match=f"(?s){said}"):
            Program.of_dict(data, "a rule", groups=groups, results=results)
