"""A model of months that a stranger brings: recorded when it is made, run alike by every backend, refused in words."""

import itertools
import pickle
import random
import subprocess
import sys

import numpy as np
import pytest

from forecast.engine import backends, layout
from forecast.engine.shocks import draw_shocks, origin_shocks
from forecast.errors import InvalidWorld
from forecast.libya.world import LIBYA
from forecast.options import Option
from forecast.paths import end
from forecast.schema import Variable
from forecast.world import World
from tests.forecast.engine.thresholds import partings_of

STEPS, WORLDS = 12, 1003


def of(kind, unit="1"):
    return Variable(unit, "", kind)


def origin(beliefs, luck):
    strength = beliefs.rebels * (1.0 + 0.0 * luck.start)
    return {"rebels": strength, "raids": 0.0, "truce": 0.0, "alarm": 0.0, "trace": strength}


def month(xp, state, levers, beliefs, luck, time):
    """Everything that people type first."""
    growth = beliefs.growth - 0.1 * levers.patrols + 0.1 * luck.noise
    trace = (
        xp.log(xp.abs(state.trace - 300.0) + 1e-310 * luck.truce)
        + 0.01 * xp.floor(state.rebels / 7.0)
        + 1e-3 * (state.rebels // 50.0)
    )
    trace = trace + 1e-9 * state.rebels**3 + state.rebels**-2 + abs(luck.noise) + xp.sqrt(state.rebels) ** 2.0
    grows = (state.rebels > 100.0) & (luck.noise < 0.5) | ~(state.raids == 0.0) | (state.raids != 2.0)
    return {
        "rebels": xp.where(grows, state.rebels * xp.exp(growth), state.rebels),
        "raids": xp.poisson_ppf(luck.raids, beliefs.rate * state.rebels / 100.0),
        "truce": xp.maximum(state.truce, luck.truce < 0.05 * time.step * (1.0 + levers.talks)),
        "alarm": xp.minimum(2.0, (state.rebels > 150.0) * 1.0 + (state.rebels > 400.0)),
        "trace": trace + time.years,
    }


DISTRICT = {
    "name": "district",
    "date": "2020-01-31",
    "origin": origin,
    "month": month,
    "states": {
        "rebels": of("continuous", "persons"),
        "raids": of("count", "raids"),
        "truce": of("yes/no", "yes/no"),
        "alarm": of("code", "code"),
        "trace": of("continuous"),
        "pressed": of("yes/no", "yes/no"),
    },
    "derived": {"pressed": lambda state: (state.rebels > 400.0) & (state.truce == 0.0)},
    "parameters": ("rebels", "growth", "rate"),
    "levers": ("patrols", "talks"),
    "shocks": {"noise": "normal", "truce": "exponential", "raids": "uniform"},
    "at_origin": {"start": "normal"},
    "step": 0.5,
}


@pytest.fixture(scope="module")
def district():
    return World(**DISTRICT)


@pytest.fixture(scope="module")
def beliefs():
    rng = np.random.default_rng(1)
    return np.array([rng.lognormal(4, 1, WORLDS), rng.normal(0, 0.05, WORLDS), rng.lognormal(0, 0.5, WORLDS)])


def run(world, backend, beliefs):
    worlds = beliefs.shape[1]
    out = layout.empty(world, 1, STEPS, worlds)
    shocks, first = draw_shocks(world, 3, STEPS, 0, worlds), origin_shocks(world, 3, 0, worlds)
    backends.load(backend)(world, (Option("nothing"),), beliefs, shocks, first, start=0, out=out)
    return layout.named(world, out)


def test_numba_has_the_bits_of_numpy_and_jax_agrees_to_rounding(district, beliefs):
    ours, same = (run(district, backend, beliefs) for backend in ("numpy", "numba"))
    assert list(ours) == list(district.states)
    for name in ours:
        np.testing.assert_array_equal(same[name], ours[name], err_msg=name)
        assert np.ptp(ours[name].astype(float)) > 0.0, name
    pytest.importorskip("jax")
    near = run(district, "jax", beliefs)
    for name in ours:
        np.testing.assert_allclose(near[name], ours[name], rtol=1e-10, atol=1e-12, err_msg=name)


def test_the_steps_are_the_function(district, beliefs):
    """Month by month against the function itself, on NumPy."""

    class Plain:
        exp, log, sqrt, floor, abs = np.exp, np.log, np.sqrt, np.floor, np.abs
        minimum, maximum = np.minimum, np.maximum

        @staticmethod
        def where(condition, yes, no):
            return np.where(np.asarray(condition) != 0, yes, no)

        @staticmethod
        def poisson_ppf(uniform, rate):
            from scipy.stats import poisson

            return poisson.ppf(uniform, rate)

    def named(names, rows):
        return type("Group", (), dict(zip(names, rows, strict=True)))

    found = run(district, "numpy", beliefs)
    shocks, first = draw_shocks(district, 3, STEPS, 0, WORLDS), origin_shocks(district, 3, 0, WORLDS)
    b = named(district.parameters, beliefs)
    state = origin(b, named(district.at_origin, first))
    for step in range(STEPS):
        time = type("Time", (), {"years": step * 0.5 / 12.0, "step": 0.5})
        current = type("State", (), {name: np.broadcast_to(value, WORLDS) for name, value in state.items()})
        state = month(
            Plain, current, named(district.levers, (0.0, 0.0)), b, named(district.shocks, shocks[:, step]), time
        )
        for name in ("rebels", "raids", "truce", "alarm", "trace"):
            np.testing.assert_allclose(found[name][0, :, step + 1], state[name], rtol=1e-9, atol=1e-9, err_msg=name)


def test_a_world_is_told_by_what_it_declares_and_does(district):
    def shifted(xp, *given):
        found = month(xp, *given)
        return found | {"raids": found["raids"] + 1.0}

    assert World(**DISTRICT) == district
    for change in (
        {"name": "other"},
        {"date": "2020-02-01"},
        {"step": 1.0},
        {"month": shifted},
        {"shocks": DISTRICT["shocks"] | {"noise": "uniform"}},
        {"states": DISTRICT["states"] | {"rebels": of("continuous", "thousands")}},
        {"levers": ("talks", "patrols")},
    ):
        assert World(**DISTRICT | change) != district, change
    assert len({district, World(**DISTRICT), LIBYA}) == 2


@pytest.mark.parametrize(
    ("written", "same"),
    [
        (lambda state: +state.rebels, lambda state: state.rebels),
        (lambda state: state.rebels ** np.int64(3), lambda state: state.rebels**3),
        (lambda state: state.rebels ** np.float64(-2.0), lambda state: state.rebels**-2),
    ],
)
def test_arithmetic_that_is_the_same_is_recorded_so(written, same):
    def with_more(more):
        def changed(xp, state, *given):
            after = month(xp, state, *given)
            return after | {"rebels": after["rebels"] + more(state)}

        return World(**DISTRICT | {"month": changed})

    assert with_more(written) == with_more(same)


def test_steps_travel_without_the_functions(district, beliefs, tmp_path):
    (tmp_path / "world.bin").write_bytes(pickle.dumps(district))
    code = (
        "import pickle, sys\n"
        "world = pickle.loads(open(sys.argv[1], 'rb').read())\n"
        "print(world.hash, 'tests' in ' '.join(sys.modules))\n"
        "try:\n    world.month()\nexcept ValueError as error:\n    print(type(error).__name__)\n"
    )
    call = [sys.executable, "-c", code, str(tmp_path / "world.bin")]
    done = subprocess.run(call, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [district.hash, "False", "InvalidWorld"]
    again = pickle.loads(pickle.dumps(district))
    for name, states in run(again, "numpy", beliefs).items():
        np.testing.assert_array_equal(states, run(district, "numpy", beliefs)[name])


def returning(**changes):
    def changed(xp, *given):
        return {name: value for name, value in (month(xp, *given) | changes).items() if value is not None}

    return {"month": changed}


def computing(compute):
    """A month in which the rebels are something else: a function of (xp, state, luck)."""

    def changed(xp, state, levers, beliefs, luck, time):
        return month(xp, state, levers, beliefs, luck, time) | {"rebels": compute(xp, state, luck)}

    return {"month": changed}


KEPT = []
CALLS = itertools.count()


def remembered(xp, state, luck):
    KEPT.append(state.rebels)
    return state.rebels + KEPT[0]


REFUSED = {
    "a value kept from another month": (computing(remembered), "another month.*as a state"),
    "a branch": (computing(lambda xp, state, luck: 1.0 if state.rebels > 3.0 else 2.0), "branches .* xp.where"),
    "and": (computing(lambda xp, state, luck: state.rebels > 3.0 and state.raids > 1.0), "branches"),
    "luck of its own": (computing(lambda xp, state, luck: state.rebels * random.random()), "something else each time"),
    "luck of NumPy": (computing(lambda xp, state, luck: np.random.default_rng().random() * state.rebels), "each time"),
    "what is seldom otherwise": (
        computing(lambda xp, state, luck: state.rebels * (2.0 if next(CALLS) % 6 == 5 else 1.0)),
        "something else each time",
    ),
    "a shock that is not declared": (computing(lambda xp, state, luck: luck.noize), "no shock 'noize'.*'noise'"),
    "a state that is not declared": (computing(lambda xp, state, luck: state.rebel), "no state 'rebel'.*'rebels'"),
    "a state that is set": (computing(lambda xp, state, luck: setattr(state, "rebels", 1.0)), "is set within"),
    "a part of time that there is not": (
        {"month": lambda xp, s, v, b, luck, time: month(xp, s, v, b, luck, time) | {"raids": time.month * 1.0}},
        "no part of time 'month'",
    ),
    "an unknown function": (computing(lambda xp, state, luck: xp.tanh(state.rebels)), "xp.tanh, which there is not"),
    "NumPy's function": (computing(lambda xp, state, luck: np.exp(state.rebels)), "raised TypeError"),
    "math's function": (computing(lambda xp, state, luck: float(state.rebels)), "makes a float"),
    "a power of a symbol": (computing(lambda xp, state, luck: state.rebels**state.raids), "power of a symbol"),
    "a broken power": (computing(lambda xp, state, luck: state.rebels**0.3), r"power 0\.3"),
    "a symbol as a power": (computing(lambda xp, state, luck: 2.0**state.rebels), "symbol as a power"),
    "a text": (computing(lambda xp, state, luck: state.rebels + "1"), "computes with a str"),
    "several numbers": (computing(lambda xp, state, luck: state.rebels + np.zeros(3)), "computes with an ndarray"),
    "a loop over a symbol": (computing(lambda xp, state, luck: sum(state.rebels)), "as if it were several"),
    "a division by zero": (computing(lambda xp, state, luck: state.rebels * (1.0 / 0.0)), "ZeroDivisionError"),
    "a state that is not returned": (returning(raids=None), "does not return raids"),
    "a derived state that is returned too": (
        returning(pressed=1.0),
        "returns 'pressed', which is derived.*leave it out",
    ),
    "a state too many": (returning(raidz=1.0), "returns 'raidz'.*'raids'"),
    "nothing returned": ({"month": lambda *given: None}, "returns a NoneType"),
    "no number returned": (returning(raids="many"), "computes with a str"),
    "too many steps": (
        computing(lambda xp, state, luck: sum((state.rebels * float(n) for n in range(2, 20_010)), state.rebels)),
        "at most 20,000",
    ),
    "a word of Python": ({"parameters": ("rebels", "growth", "rate", "lambda")}, "called 'lambda'"),
    "no name": ({"levers": ("patrols", "talks", "night raids")}, "called 'night raids'"),
    "a private name": ({"levers": ("patrols", "talks", "_x")}, "called '_x'"),
    "a name twice": ({"parameters": ("rebels", "growth", "rate", "rate")}, "'rate' twice"),
    **{
        f"the parameter {name}": ({"parameters": ("rebels", "growth", "rate", name)}, f"parameter '{name}'.*_value")
        for name in (
            *("world", "run", "world_run", "chain", "draw", "fit_draw", "sample", "block", "member", "log_weight"),
            "whose_beliefs",
        )
    },
    **{
        f"the state {name}": ({"states": DISTRICT["states"] | {name: of("continuous")}}, f"state '{name}'.*package")
        for name in ("chain", "draw")
    },
    **{
        f"the outcome {name}": ({"outcomes": {name: end("rebels", "Rebels")}}, f"outcome '{name}'.*package")
        for name in ("chain", "draw")
    },
    "an unknown kind of luck": ({"shocks": DISTRICT["shocks"] | {"noise": "gauss"}}, "kind 'gauss'"),
    "no kind of state": ({"states": DISTRICT["states"] | {"raids": "count"}}, "'raids' as a str"),
    "derived from nothing": ({"derived": {"presed": lambda state: 1.0}}, "derives 'presed'.*'pressed'"),
    "a month of other arguments": ({"month": lambda state, levers: {}}, r"def month\(xp, state, levers, beliefs"),
    "an origin that is none": ({"origin": {"rebels": 1.0}}, r"def origin\(beliefs, luck"),
    "no day": ({"date": "31.1.2020"}, "31.1.2020"),
    "no step": ({"step": 0.0}, "step=0.0"),
    "a name that is none": ({"name": "my world"}, "my world"),
}


@pytest.mark.parametrize(("change", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_work_is_refused_when_it_is_made(change, said):
    with pytest.raises(InvalidWorld, match=f"(?s){said}") as caught:
        World(**DISTRICT | change)
    assert len(str(caught.value)) < 600


def counting(kind):
    return World(
        name="counts",
        date="2020-01-31",
        origin=lambda beliefs, luck: {"seen": 0.0},
        month=lambda xp, state, levers, beliefs, luck, time: {"seen": xp.poisson_ppf(luck.seen, beliefs.rate)},
        states={"seen": of(kind)},
        parameters=("rate",),
        levers=(),
        shocks={"seen": "uniform"},
    )


def test_counts_of_any_rate_are_right_and_alike():
    from scipy.stats import poisson

    rng = np.random.default_rng(2)
    rates = np.concatenate([rng.uniform(0, 120, 400), np.exp(rng.uniform(0, np.log(30_000), 403)), [100.0, 100.0001]])
    world = counting("continuous")
    ours, same = (run(world, backend, rates[None])["seen"][0, :, 1:] for backend in ("numpy", "numba"))
    np.testing.assert_array_equal(same, ours)
    uniforms = draw_shocks(world, 3, STEPS, 0, rates.size)[0].T
    expected = poisson.ppf(uniforms, rates[:, None])
    differ = ours != expected
    # Only where the uniform is the CDF at a whole number, to rounding.
    edges = poisson.cdf(np.minimum(ours, expected), rates[:, None])
    assert (np.abs(edges - uniforms)[differ] < 1e-12).all()
    assert differ.mean() < 1e-4
    pytest.importorskip("jax")
    found = partings_of(world, (Option("nothing"),), rates[None], steps=STEPS, seed=3)
    assert not [one for one in found if not one.by]
    assert len(found) < 2
