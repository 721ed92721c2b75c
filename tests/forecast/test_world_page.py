"""The month in equations: what is shown is what is computed, and every claim that acts reaches a value."""

import math
import re
from dataclasses import fields

import numpy as np
import pytest

import forecast
import priors
from forecast.engine.elementary import poisson_ppf
from forecast.engine.formula import formula_of
from forecast.engine.program import record
from forecast.engine.shocks import draw_shocks
from forecast.errors import InvalidArgument, UnknownClaim
from forecast.libya.month import month, origin
from forecast.libya.parts import PARTS
from forecast.libya.state import SHOCK_KINDS, Levers, OriginShocks, Parameters, Shocks, State
from forecast.libya.world import LIBYA
from forecast.world import World

WORLDS = 60
YES_NO = (
    *("stalled", "council_seated", "hor_endorsed", "gnc_endorsed", "boycott", "invited", "leadership_resolved"),
    *("lna_split", "blowback", "parallel_channels", "civil_war", "ports_open", "oil_scramble", "council_collapsed"),
)


@pytest.fixture(scope="module")
def inputs(article):
    """Beliefs, and states, levers and luck that no run need reach, by group."""
    rng = np.random.default_rng(7)
    drawn = article.sample(WORLDS, seed=7)
    state = {name: rng.random(WORLDS) for name in State._fields} | {
        name: (rng.random(WORLDS) < 0.5) * 1.0 for name in YES_NO
    }
    city = rng.integers(0, 3, WORLDS)
    state |= {"assault": (city == 1) * 1.0, "freed": (city == 2) * 1.0}
    state["isis_fighters"] = rng.uniform(500.0, 12_000.0, WORLDS)
    state["isis_base"] = state["isis_base"] * state["isis_fighters"]
    state["unrest"], state["tension"] = rng.uniform(-1.0, 1.0, WORLDS), rng.normal(size=WORLDS)
    state["oil_output"] = rng.uniform(100.0, 900.0, WORLDS)
    for name in ("rivals_left", "trained_loyal", "trained_partisan", "course_early", "course_late"):
        state[name] = 1000.0 * state[name]
    levers = rng.random((len(Levers._fields), WORLDS)) * (rng.random((len(Levers._fields), WORLDS)) < 0.7)
    return {
        "state": [state[name] for name in State._fields],
        "levers": list(levers),
        "parameters": [drawn[name].values.astype(float) for name in Parameters._fields],
        "shocks": list(draw_shocks(LIBYA, 7, 1, 0, WORLDS)[:, 0]),
        "years": [np.full(WORLDS, 0.75)],
        "at_origin": list(rng.random((2, WORLDS))),
    }


OPERATIONS = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "negative": np.negative,
    "minimum": np.minimum,
    "maximum": np.maximum,
    "less": lambda a, b: (a < b) * 1.0,
    "exp": np.exp,
    "sqrt": np.sqrt,
    "where": np.where,
    "poisson_ppf": poisson_ppf,
}


def _run(program, inputs):
    """Give the value of every step."""
    values = []
    for operation, operands in program.steps:
        if operation == "constant":
            values.append(np.full(WORLDS, operands[0]))
        elif operation == "input":
            values.append(np.asarray(inputs[operands[0]][operands[1]], dtype=float))
        else:
            values.append(OPERATIONS[operation](*(values[number] for number in operands)))
    return values


@pytest.fixture(scope="module")
def known(inputs):
    """Give the value of every name, from the steps themselves."""
    program, first = LIBYA.month_program, LIBYA.origin_program
    values = _run(program, inputs)
    shared = set(State._fields) & set(Parameters._fields)
    found = {"years": inputs["years"][0]}
    found |= dict(zip(State._fields, inputs["state"], strict=True))
    found |= {f"lever({name})": value for name, value in zip(Levers._fields, inputs["levers"], strict=True)}
    found |= {f"shock({name})": value for name, value in zip(Shocks._fields, inputs["shocks"], strict=True)}
    found |= {
        f"parameter({name})" if name in shared else name: value
        for name, value in zip(Parameters._fields, inputs["parameters"], strict=True)
    }
    found |= {
        f"shock({name} at the origin)": value
        for name, value in zip(("parallel", "programme"), inputs["at_origin"], strict=True)
    }
    found |= {name.label: values[name.number] for name in program.names}
    found |= {f"next {name}": values[number] for name, number in zip(State._fields, program.results, strict=False)}
    at_first = _run(first, inputs)
    found |= {
        f"{name} at the origin": at_first[number] for name, number in zip(State._fields, first.results, strict=False)
    }
    return found


def _read(text, known):
    """Read an equation as Python, its names as look-ups."""
    names = sorted(known, key=len, reverse=True)
    pattern = re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, names)) + r")(?!\w)")
    found = []

    def place(match):
        found.append(match[0])
        return f"_v{len(found) - 1}_"

    code = pattern.sub(place, text).replace("^", "**").replace("[", "holds(").replace("]", ")")
    return re.sub(r"_v(\d+)_", lambda match: f"v[{found[int(match[1])]!r}]", code), set(found)


def _poisson(uniform, rate):
    return float(poisson_ppf(np.array([uniform]), np.array([rate]))[0])


FUNCTIONS = {"exp": math.exp, "sqrt": math.sqrt, "min": min, "max": max, "inf": math.inf, "holds": float}


def test_every_equation_gives_the_value_that_the_month_computes(known):
    """The text itself is read and worked out from the names that stand in it; six figures of a constant are shown."""
    for row in forecast.describe_world().rows:
        code, names = _read(row.equation, known)
        assert names == set(row.reads), row.name
        compiled = compile(code, row.name, "eval")
        for world in range(WORLDS):
            here = {name: float(known[name][world]) for name in names}
            value = eval(compiled, {"__builtins__": {}}, {**FUNCTIONS, "poisson": _poisson, "v": here})
            expected = float(known[row.name][world])
            assert value == pytest.approx(expected, rel=1e-5, abs=1e-9), (row.name, row.equation)


def test_names_change_no_step():
    """Of a namespace that takes no names down, the month has the same steps and the same hash."""

    class Silent:
        def __init__(self, xp):
            for name in ("exp", "sqrt", "minimum", "maximum", "where", "poisson_ppf"):
                setattr(self, name, getattr(xp, name))

    given = {one.name: getattr(LIBYA, one.name) for one in fields(World) if one.init}
    unnamed = World(**given | {"month": lambda xp, *of: month(Silent(xp), *of)}).month_program
    assert unnamed.names == ()
    assert len(LIBYA.month_program.names) > 100
    assert unnamed == LIBYA.month_program
    assert unnamed.hash == LIBYA.month_program.hash


def test_no_label_is_given_twice_or_is_the_name_of_anything_else():
    program = LIBYA.month_program
    labels = [name.label for name in program.names]
    assert len(set(labels)) == len(labels)
    inputs = {*State._fields, *Levers._fields, *Parameters._fields, *Shocks._fields}
    assert inputs.isdisjoint(label.replace(" ", "_") for label in labels)
    for label in labels:
        assert re.fullmatch(r"[A-Za-z]+( [A-Za-z]+)*", label), label
    assert not {name.number for name in program.names} & set(program.results)
    assert {name.part for name in program.names} <= set(PARTS)


def test_every_state_and_every_clock_has_its_equation():
    rows = {row.name: row for row in forecast.describe_world().rows}
    assert {f"next {name}" for name in State._fields} <= set(rows)
    assert {f"{name} at the origin" for name in State._fields} <= set(rows)
    assert sorted(name for one in PARTS.values() for name in one.states) == sorted(State._fields)
    read = {name for row in rows.values() for name in row.reads}
    assert {f"shock({name})" for name in SHOCK_KINDS} <= read
    assert {f"lever({name})" for name in Levers._fields} <= read
    # A clock rings by a hazard that is named, or by one belief.
    for name, kind in SHOCK_KINDS.items():
        if kind == "log_exponential":
            (ringing,) = [row for row in rows.values() if f"shock({name})" in row.reads]
            assert any("log hazard" in one or one.endswith(("_hazard", "_end")) for one in ringing.reads), name


def test_no_equation_is_too_long_to_read():
    for row in forecast.describe_world().rows:
        assert len(row.equation) < 520, row.name
        lines = row.line(100).splitlines()
        assert max(map(len, lines)) <= 100
        assert " ".join(line.strip() for line in lines) == f"{row.name} = {row.equation}"


def test_every_claim_that_acts_through_a_prior_reaches_a_value():
    acting = {claim for prior in priors.load("article").values() for claim in prior.claims}
    for claim in acting:
        assert forecast.describe_world(claim=claim).rows, claim


def test_every_parameter_enters_where_its_claims_say():
    article = priors.load("article")
    rows = forecast.describe_world().rows
    assert {name for row in rows for name in row.parameters} == set(Parameters._fields)
    for row in rows:
        assert set(row.claims) == {claim for name in row.parameters for claim in article[name].claims}


def test_a_part_and_a_claim_choose_rows():
    whole = forecast.describe_world()
    frame = whole.to_frame()
    assert frame.index.names == ["part", "name"]
    assert len(frame) == len(whole.rows)
    council = forecast.describe_world("council")
    assert council.to_frame().index.get_level_values("part").unique().tolist() == ["council"]
    assert "collapse_hazard + collapse_executive" in repr(council)
    assert "Kept as rules" in repr(council)
    assert "log of the monthly hazard; P12, P13" in repr(council)
    assert "collapse log hazard" in " ".join(repr(whole).split())
    assert "council: next legitimacy, through puppet_discount" in repr(forecast.describe_world(claim="P16"))
    assert "kept as a rule" in repr(forecast.describe_world(claim="N9"))
    assert "It enters no value here." in repr(forecast.describe_world("oil", claim="P16"))
    assert "<table>" in council._repr_html_()


def test_unknown_parts_and_claims_are_refused():
    with pytest.raises(InvalidArgument, match="'council'"):
        forecast.describe_world("counsil")
    with pytest.raises(UnknownClaim, match="P99"):
        forecast.describe_world(claim="P99")


def test_pictures_show_every_part_and_state():
    shown = [text.get_text() for text in forecast.describe_world().plot().axes[0].texts]
    assert {one.title for name, one in PARTS.items() if name != "origin"} <= set(shown)
    assert set(State._fields) <= set(shown)
    (states,) = forecast.describe_world().plot(states=True).axes
    assert [tick.get_text() for tick in states.get_yticklabels()] == [
        f"next {state}" for one in PARTS.values() for state in one.states
    ]
    above = {tick.get_text() for tick in states.get_xticklabels()}
    assert {f"lever({name})" for name in Levers._fields} <= above
    (sirte,) = forecast.describe_world("sirte").plot().axes
    assert "effort" in [tick.get_text() for tick in sirte.get_xticklabels()]


def test_the_picture_of_every_state_has_its_name_of_before_for_one_release():
    with pytest.warns(DeprecationWarning, match="states=True"):
        forecast.describe_world("oil").plot_states()
    with pytest.raises(InvalidArgument, match="states"):
        forecast.describe_world().plot(states="every")


FORMULAS = {
    "a + (b - (c - a))": (lambda xp, a, b, c: a + (b - (c - a)), "a + b - c + a"),
    "a product of sums": (lambda xp, a, b, c: 0.5 * ((a + b) * (c - 1.0)), "0.5 * (a + b) * (c - 1)"),
    "a quotient of quotients": (lambda xp, a, b, c: a * (1.0 / b) / c, "a / (b * c)"),
    "a square": (lambda xp, a, b, c: a * a * -2.0, "-2 * a^2"),
    "nothing": (lambda xp, a, b, c: 0.0 + a * 0.0 + b, "b"),
    "a clock": (lambda xp, a, b, c: (xp.where(a, b - c, math.inf) < 0.0) * 1.0, "[a and b < c]"),
    "a choice made": (lambda xp, a, b, c: xp.where(1.0, a, b) - c, "a - c"),
    "a choice": (lambda xp, a, b, c: xp.where(a < b, c, 0.0) + 1.0, "(c if a < b else 0) + 1"),
    "what varies first": (lambda xp, a, b, c: a * (c > 1.5), "a * [c > 1.5]"),
    "functions": (lambda xp, a, b, c: xp.exp(-a) - xp.minimum(b, xp.sqrt(c)), "exp(-a) - min(b, sqrt(c))"),
}


@pytest.mark.parametrize("case", FORMULAS)
def test_formulas(case):
    function, text = FORMULAS[case]
    program = record(lambda xp, given: [function(xp, *(given(name, 0) for name in "abc"))])
    names = {n: step.operands[0] for n, step in enumerate(program.steps) if step.operation == "input"}
    assert formula_of(program, program.results[0], names=names).text == text


def test_equations_of_the_origin_are_those_of_the_origin(inputs, known):
    """Held against the function itself, not its record."""
    state = origin(Parameters(*inputs["parameters"]), OriginShocks(*inputs["at_origin"]))
    for name, value in zip(State._fields, state, strict=True):
        np.testing.assert_array_equal(known[f"{name} at the origin"], np.broadcast_to(value, WORLDS))
