"""Two worlds that the package does not ship, run through every public function, every backend and every picture."""

import dataclasses
import importlib.util
import inspect
import pickle
import re
import shutil
import subprocess
import sys
from functools import cached_property
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

import forecast
import priors
from forecast import paths, plots, readings, schema
from forecast.engine.draws import source_of
from forecast.engine.job import Job
from forecast.errors import ForecastError
from forecast.results import Result
from forecast.worlds import world_of

EXAMPLES = Path(__file__).parents[2] / "examples"
HOW = {"backend": "numba", "progress": False}
"""Machine code is made once a world; NumPy takes a hundred times as long for many counts."""


def example(name, folder=EXAMPLES):
    """Run the file of an example, as its user does."""
    spec = importlib.util.spec_from_file_location(name, folder / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclasses.dataclass(frozen=True)
class Foreign:
    """A world, what is believed of it, and small runs of it."""

    name: str
    months: int
    state: str
    event: str
    x: str
    y: str
    store: Path

    @cached_property
    def path(self):
        return EXAMPLES / f"{self.name}.toml"

    @cached_property
    def world(self):
        return example(self.name).WORLD

    @cached_property
    def beliefs(self):
        return priors.load(self.path)

    @cached_property
    def options(self):
        """A file of options."""
        path = self.store / "options.toml"
        path.write_text(f"format = 1\n[option.a]\nlevers = {{ {self.world.levers[0]} = 0.5 }}\n", encoding="utf-8")
        return path

    @cached_property
    def evidence(self):
        return forecast.load_evidence("seen" if self.world.evidence else "none", world=self.world)

    @cached_property
    def kept(self):
        """An outcome that is no event and no time."""
        return next(name for name, one in self.world.outcomes.items() if not one.is_event and not one.is_time)

    @cached_property
    def asked(self):
        """What an analysis of beliefs is given."""
        return {"world": self.world, "months": self.months, **HOW}

    @cached_property
    def prior(self):
        return self.simulated(range(1000))

    def simulated(self, worlds, **more):
        return forecast.simulate(self.beliefs, evidence="none", worlds=worlds, **self.asked, **more)

    @cached_property
    def fit(self):
        return forecast.fit(self.beliefs, evidence=self.evidence, world=self.world, progress=False)

    @cached_property
    def outcomes(self):
        return forecast.simulate(self.fit, worlds=600, months=self.months, **HOW)

    @cached_property
    def utility(self):
        return forecast.utility(self.prior)

    @cached_property
    def parameters(self):
        return forecast.parameters(self.prior)

    def sweep(self, **more):
        grid = {self.x: self.beliefs[self.x].interval(), "months": [self.months - 3, self.months]}
        return forecast.sweep(grid, store=self.store / self.name, **self.swept, **more)

    @cached_property
    def swept(self):
        return {
            "beliefs": self.beliefs,
            "evidence": "none",
            "world": self.world,
            "worlds": 100,
            "progress": False,
        }


NAMED = re.compile("isis|sirte|council|libya(?!-forecast)", re.IGNORECASE)

FOREIGN = {
    "your_own_world": {"months": 30, "state": "households", "event": "kept", "x": "breach", "y": "high_waters"},
    "an_epidemic": {"months": 6, "state": "ill", "event": "crowded_ever", "x": "contacts", "y": "tracing_effect"},
}


TRIED = ["your_own_world", pytest.param("an_epidemic", marks=pytest.mark.slow)]


@pytest.fixture(scope="module", params=TRIED)
def foreign(request, tmp_path_factory):
    return Foreign(request.param, store=tmp_path_factory.mktemp("stores"), **FOREIGN[request.param])


def test_two_worlds_are_quite_different():
    town, epidemic = (example(name).WORLD for name in FOREIGN)
    kinds = [{one.kind for one in world.states.values()} for world in (town, epidemic)]
    assert kinds == [{"continuous", "count", "yes/no"}, {"count", "yes/no", "code"}]
    assert town.step == 1.0 != epidemic.step
    assert (town.null_option, epidemic.null_option) == ("leave_it", "let_it_run")
    assert (town.outcomes[town.leading].is_event, epidemic.outcomes[epidemic.leading].is_event) == (True, False)
    assert set(town.shocks.values()) == {"uniform", "exponential"}
    assert set(epidemic.shocks.values()) == {"uniform", "log_exponential"}
    assert not any((town.at_origin, town.hidden, town.derived, epidemic.evidence))
    assert all((epidemic.at_origin, epidemic.hidden, epidemic.derived, town.evidence))


RUN = {"worlds": 200, "structures": False, "classes": False}
CALLS = {
    "at": lambda c: forecast.at(c.prior, month=3),
    "best_map": lambda c: forecast.best_map(c.beliefs, c.x, c.y, worlds=100, points=3, **c.asked),
    "breakeven": lambda c: forecast.breakeven(c.utility, c.parameters),
    "build_model": lambda c: forecast.build_model(c.beliefs, evidence=c.evidence, world=c.world),
    "by_beliefs": lambda c: forecast.by_beliefs(sets={"these": c.beliefs, "those": c.beliefs}, worlds=100, **c.asked),
    "by_claim": lambda c: forecast.by_claim(c.beliefs, worlds=100, **c.asked),
    "by_structure": lambda c: forecast.by_structure(c.beliefs, worlds=100, **c.asked),
    "calibrate": lambda c: forecast.calibrate(c.beliefs, evidence=c.evidence, replications=10, progress=False),
    "check": lambda c: forecast.check(
        c.fit, outcomes=c.outcomes, decision=forecast.decide(forecast.utility(c.outcomes))
    ),
    "check_classes": lambda c: forecast.check_classes(c.beliefs, world=c.world, worlds=100, **HOW),
    "compare": lambda c: forecast.compare(c.prior),
    "decide": lambda c: forecast.decide(c.utility),
    "delta": lambda c: forecast.delta(c.prior, c.kept),
    "describe_world": lambda c: forecast.describe_world(world=c.world),
    "discover": lambda c: forecast.discover(c.prior, event=c.event, option=c.world.proposal, engine="numpy"),
    "dominance": lambda c: forecast.dominance(c.utility),
    "evpi": lambda c: forecast.evpi(c.utility),
    "evppi": lambda c: forecast.evppi(c.utility, c.parameters, names=c.x),
    "evsi": lambda c: forecast.evsi(c.utility, c.parameters, study=forecast.IntervalReport(c.x, factor=2.0)),
    "fit": lambda c: c.fit,
    "given": lambda c: forecast.given(c.prior, c.event, under=c.world.proposal),
    "join": lambda c: forecast.join(c.prior, c.simulated(range(1000, 1050))),
    "leave_one_out": lambda c: forecast.leave_one_out(c.fit, outcomes=c.outcomes),
    "load": lambda c: forecast.at(forecast.load(forecast.save(c.prior, c.store / "loaded.nc")), month=3),
    "load_evidence": lambda c: c.evidence,
    "load_values": lambda c: forecast.load_values(world=c.world),
    "luck_and_ignorance": lambda c: forecast.luck_and_ignorance(c.prior, beliefs=c.beliefs, progress=False),
    "parameters": lambda c: c.parameters,
    "pawn": lambda c: forecast.pawn(c.prior, c.kept),
    "power_scaling": lambda c: forecast.power_scaling(c.fit, outcomes=c.outcomes),
    "predictive_checks": lambda c: forecast.predictive_checks(c.fit),
    "prior_posterior": lambda c: forecast.prior_posterior(c.fit),
    "questions": lambda c: forecast.questions(c.utility, c.parameters),
    "run": lambda c: forecast.run(c.path, **RUN, **c.asked),
    "save": lambda c: forecast.save(c.outcomes, c.store / "saved.nc"),
    "scores": lambda c: forecast.scores(c.prior),
    "shapley": lambda c: forecast.shapley(c.beliefs, n=256, luck=2, **c.asked),
    "simulate": lambda c: c.simulated(10),
    "sobol": lambda c: forecast.sobol(c.beliefs, n=256, luck=2, **c.asked),
    "structure_ranges": lambda c: forecast.structure_ranges(c.beliefs, worlds=100, **c.asked),
    "sweep": lambda c: c.sweep(),
    "to_arviz": lambda c: forecast.to_arviz(c.outcomes),
    "tornado": lambda c: forecast.tornado(c.beliefs, worlds=100, **c.asked),
    "tradeoffs": lambda c: forecast.tradeoffs(c.prior),
    "two_way": lambda c: forecast.two_way(c.beliefs, c.x, c.y, worlds=100, points=3, **c.asked),
    "utility": lambda c: c.utility,
    "waiting": lambda c: forecast.waiting(c.beliefs, evidence="none", worlds=200, months_waited=3, **c.asked),
    "weight_flips": lambda c: forecast.weight_flips(c.prior),
    "weight_map": lambda c: forecast.weight_map(c.prior, weightings=100),
    "options.baseline_of": lambda c: forecast.options.baseline_of(None, list(c.world.options), world=c.world),
    "options.check_starts": lambda c: forecast.options.check_starts(c.world.options, c.months, world=c.world),
    "options.load": lambda c: forecast.options.load(c.world),
    "options.parse": lambda c: forecast.options.parse(f"0.5 {c.world.proposal} from month 2", world=c.world),
    "options.proposal_of": lambda c: forecast.options.proposal_of(c.world),
    "options.read": lambda c: forecast.options.read(c.options, world=c.world),
    "options.resolve": lambda c: forecast.options.resolve(None, world=c.world),
    "plots.council": lambda c: plots.council(c.prior),
    "plots.differences": lambda c: plots.differences(c.prior),
    "plots.end_states": lambda c: plots.end_states(c.prior),
    "plots.events": lambda c: plots.events(c.prior),
    "plots.save": lambda c: plots.save(plots.differences(c.prior), c.store / "saved.png"),
    "plots.trade_off": lambda c: plots.trade_off(c.prior),
    "plots.trajectories": lambda c: plots.trajectories(c.prior),
}
"""Every public function, as it is called on a world; results are drawn as well."""


DECLARING = {"World", "load_world", "from_arrays", *paths.__all__, *readings.__all__, *schema.__all__}
"""What declares a world, or is of none; tested by themselves."""


def test_no_public_function_is_left_out():
    homes = {"": forecast, "options.": forecast.options, "plots.": plots}
    public = {
        prefix + name
        for prefix, home in homes.items()
        for name in home.__all__
        if inspect.isfunction(getattr(home, name))
    }
    assert set(CALLS) == public - DECLARING


REFUSED = {
    "by_structure": "beliefs in which no structure is open",
    "check_classes": "has no reference classes",
    "plots.council": "the picture of the Presidency Council of Libya, of a run of the world",
}
"""Not for every world: what each says of these two."""

WITHOUT_EVIDENCE = {
    "calibrate": "beliefs without evidence",
    "leave_one_out": "the fit has no log_likelihood",
    "power_scaling": "the fit has no log_likelihood",
    "predictive_checks": "the fit has no observed_data",
}
"""What these say of a world that declares no evidence."""

NOT_YET: dict[str, str] = {}
"""What is still to be made general."""


def test_few_functions_are_not_for_every_world():
    assert len(REFUSED) <= 5


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.xfail(strict=True, reason=NOT_YET[name])) if name in NOT_YET else name
        for name in CALLS
    ],
)
def test_it_runs_on_a_foreign_world(foreign, name):
    said = REFUSED.get(name) or (None if foreign.world.evidence else WITHOUT_EVIDENCE.get(name))
    if name == "by_claim" and not foreign.beliefs.known_claims:
        said = "the beliefs '.*', which rest on no claim"
    if said:
        with pytest.raises(ForecastError, match=said) as caught:
            CALLS[name](foreign)
        assert len(str(caught.value)) < 400
        return
    found = CALLS[name](foreign)
    assert not NAMED.search(repr(found)), "it speaks of a world that this is not"
    if isinstance(found, xr.Dataset) and "world" in found.dims and "world_hash" in found.attrs:
        assert world_of(found.attrs) == foreign.world
    if isinstance(found, Result):
        assert not found.to_frame().empty
        assert not NAMED.search(found.to_frame().reset_index().to_string())
        if found.picture:
            assert isinstance(found.plot(), Figure)


def test_what_is_named_is_drawn(foreign):
    assert isinstance(plots.trajectories(foreign.prior, state=foreign.state), Figure)
    assert isinstance(plots.end_states(foreign.prior, names=[foreign.kept]), Figure)


def by_backend(foreign, backend):
    # NumPy and JAX take long for counts week by week.
    months = 3 if foreign.world.step < 1.0 else foreign.months
    small = foreign.asked | {"months": months, "backend": backend}
    return forecast.simulate(foreign.beliefs, evidence="none", worlds=60, seed=7, **small)


def test_numpy_has_the_bits_of_numba(foreign):
    ours, same = (by_backend(foreign, backend) for backend in ("numba", "numpy"))
    for name in (*foreign.world.states, *foreign.world.outcomes):
        np.testing.assert_array_equal(same[name], ours[name], err_msg=name)
    assert np.ptp(ours[foreign.state].values[:, :, -1]) > 0.0


def test_a_reduced_run_has_the_means_of_the_kept_one(foreign):
    kept, reduced = foreign.simulated(600), foreign.simulated(600, reduce=True)
    table, same = forecast.compare(kept), forecast.compare(reduced)
    events = [name for name in foreign.world.headline if not foreign.world.outcomes[name].is_time]
    np.testing.assert_allclose(
        same.loc[events, ["estimate", "error"]], table.loc[events, ["estimate", "error"]], rtol=1e-12
    )
    assert world_of(reduced.attrs) == foreign.world


def test_a_sweep_is_taken_up_again_and_an_edited_month_is_not(foreign):
    first, again = foreign.sweep(), foreign.sweep()
    assert (again.report.there, again.report.computed) == (again.report.cells, 0)
    xr.testing.assert_equal(again.to_xarray(), first.to_xarray())
    own = foreign.world.month

    def edited(xp, state, *given):
        found = own(xp, state, *given)
        return found | {foreign.state: 0.5 * found[foreign.state] // 1.0}

    changed = remade(foreign.world, month=edited)
    assert changed.hash != foreign.world.hash
    other = forecast.sweep(
        {"months": [foreign.months]}, store=foreign.store / foreign.name, **foreign.swept | {"world": changed}
    )
    assert (other.report.there, other.report.computed) == (0, other.report.cells)


def remade(world, **changes):
    """Make a world again, with something else."""
    given = {one.name: getattr(world, one.name) for one in dataclasses.fields(world) if one.init}
    return type(world)(**given | changes)


ELSEWHERE = """
import pickle, sys
import numpy as np
import forecast
from forecast.engine.job import run_chunk
for folder in sys.argv[1:]:
    job = pickle.loads(open(folder + "/job", "rb").read())
    _, states, outcomes = run_chunk(job, 0, 20)
    kept = forecast.load(folder + "/kept.nc")
    for name, values in outcomes.items():
        np.testing.assert_array_equal(values, kept[name].values)
    print(job.source.world.name, forecast.at(kept, month=3).sizes["world"])
"""


@pytest.mark.slow
def test_a_job_and_a_file_go_on_where_there_is_no_file_of_the_world(tmp_path):
    folders = []
    for name, said in FOREIGN.items():
        one = Foreign(name, store=tmp_path, **said)
        folders.append(tmp_path / name)
        folders[-1].mkdir()
        job = Job(source_of(one.beliefs, one.world), tuple(one.world.options.values()), 1, one.months, "numba")
        (folders[-1] / "job").write_bytes(pickle.dumps(job))
        forecast.save(one.simulated(20), folders[-1] / "kept.nc")
    call = [sys.executable, "-c", ELSEWHERE, *folders]
    done = subprocess.run(call, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["river_town", "20", "epidemic", "20"]


@pytest.mark.exhaustive
def test_workers_need_no_file_of_the_world(foreign, tmp_path):
    pytest.importorskip("dask")
    distributed = pytest.importorskip("distributed")
    folder = tmp_path / "gone"
    shutil.copytree(EXAMPLES, folder)
    world = example(foreign.name, folder).WORLD
    (folder / f"{foreign.name}.py").unlink()
    small = {"evidence": "none", "world": world, "months": foreign.months, "worlds": 3000, **HOW}
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, local_directory=str(tmp_path / "workers")
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        there = forecast.simulate(foreign.beliefs, client=client, **small)
        reduced = forecast.simulate(foreign.beliefs, client=client, reduce=True, **small)
    xr.testing.assert_equal(there, forecast.simulate(foreign.beliefs, **small))
    xr.testing.assert_equal(reduced, forecast.simulate(foreign.beliefs, reduce=True, **small))
