"""One run of the sampler: which one, what becomes of Ctrl-C and of errors, and what is left behind."""

import contextlib
import errno
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import arviz as az
import numpy as np
import pymc as pm
import pytest
import xarray as xr
from pytensor.configdefaults import config
from scipy import special

import forecast
from forecast import sampling
from forecast.blocks import part_of, reached
from forecast.diagnostics.replications import _truths
from forecast.errors import FailedFit, InvalidArgument
from tests.forecast.small_models import SEEN, beliefs, conjugate, dressed

ROOT = Path(__file__).parents[2]
SETTINGS = {"draws": 500, "tune": 500, "chains": 4, "sampler": "pymc", "progress": False}


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """No test may read or fill the user's cache."""
    monkeypatch.setenv("LIBYA_FORECAST_CACHE", str(tmp_path / "kept"))
    return tmp_path / "kept"


# Which sampler


@pytest.mark.parametrize("version", [None, "0.16.9", "0.16.10", "0.17.0rc1"])
def test_auto_is_pymc_s_own_whatever_is_installed(monkeypatch, version):
    monkeypatch.setattr(sampling, "installed", lambda library: version)
    assert sampling.choose_sampler("auto") == sampling.choose_sampler("pymc") == "pymc"


@pytest.mark.parametrize("version", ["0.16.10", "0.17.0rc1", "1.0"])
def test_nutpie_is_taken_where_it_is_asked_for(monkeypatch, version):
    monkeypatch.setattr(sampling, "installed", lambda library: version)
    assert sampling.choose_sampler("nutpie") == "nutpie"


@pytest.mark.parametrize(("version", "hint"), [(None, "not installed"), ("0.16.9", "of version 0.16.9")])
def test_nutpie_that_is_missing_or_too_old(monkeypatch, version, hint):
    monkeypatch.setattr(sampling, "installed", lambda library: version)
    with pytest.raises(InvalidArgument, match=f"{hint}.*pip install"):
        sampling.choose_sampler("nutpie")


def test_the_other_sampler_gives_the_same_groups():
    pytest.importorskip("nutpie")
    own, other = (forecast.fit(conjugate(), **SETTINGS | {"sampler": name}) for name in ("pymc", "nutpie"))
    assert other.attrs["sampler"] == "nutpie"
    assert json.loads(other.attrs["versions"])["nutpie"]
    for group in own.children:
        assert list(other[group].data_vars) == list(own[group].data_vars)
        assert other[group].sizes == own[group].sizes
    centre = other["posterior"]["centre"]
    assert abs(float(centre.mean()) - SEEN.sum() / 6) < 4 * float(az.mcse(centre, method="mean"))


# From draws that are known


SHORT = {"draws": 1000, "tune": 200, "chains": 4, "sampler": "pymc", "target_accept": 0.9}


def three():
    """Posteriors in closed form, on three scales: Gamma(503, 0.101), Beta(8, 94), and Normal(0.5, 0.5) twice."""
    with pm.Model() as model:
        rate = pm.Gamma("rate", 3.0, 0.001)
        chance = pm.Beta("chance", 1.0, 1.0)
        centre = pm.Normal("centre", 0.0, 1.0, shape=2)
        pm.Poisson("calls", 0.1 * rate, observed=500)
        pm.Binomial("hits", 100, chance, observed=7)
        pm.Normal("seen", centre, 3**-0.5, observed=[2 / 3, 2 / 3])
    return model


EXACT = {
    "rate": (503 / 0.101, 503**0.5 / 0.101),
    "chance": (8 / 102, (8 * 94 / 103) ** 0.5 / 102),
    "centre": (0.5, 0.5),
}


def roughly(seed=1, size=50, width=1.5):
    """Too wide, somewhat off, and few."""
    rng = np.random.default_rng(seed)
    shape = (2, size // 2)
    return xr.Dataset(
        {
            # Not in the model's order.
            "centre": (("chain", "draw", "place"), rng.normal(0.8, 0.5 * width, (*shape, 2))),
            "chance": (("chain", "draw"), rng.beta(8 / width, 94 / width, shape)),
            "rate": (("chain", "draw"), rng.gamma(503 / width**2, width**2 / 0.101, shape)),
        }
    )


def drawn(seed=1, **change):
    with sampling.quietly(), sampling.compiling():
        return sampling.draw_posterior(three(), SHORT | change, seed=seed, progress=False, label="", known=roughly())


@pytest.mark.slow
def test_known_draws_do_not_change_the_posterior():
    tree = drawn()
    for name, (mean, sd) in EXACT.items():
        array = tree["posterior"][name]
        assert float(az.rhat(array).max()) < 1.02
        assert np.all(np.abs(array.mean(["chain", "draw"]) - mean) < 4 * az.mcse(array, method="mean"))
        assert np.all(np.abs(array.std(["chain", "draw"]) - sd) < 4 * az.mcse(array, method="sd"))
    assert int(tree["sample_stats"]["diverging"].sum()) == 0


@pytest.mark.slow
def test_same_seed_and_known_draws_same_bits():
    short = {"draws": 30, "tune": 30, "chains": 2}
    one, two, other = (drawn(seed, **short)["posterior"].to_dataset() for seed in (1, 1, 2))
    xr.testing.assert_equal(one, two)
    for name, array in one.data_vars.items():
        assert not np.array_equal(array, other[name])


@pytest.mark.slow
def test_chains_start_at_known_draws_far_from_each_other():
    known = roughly(size=40)
    begun = [sampling._begun(three(), known, SHORT, seed)["initvals"] for seed in (1, 1, 2)]
    where = [[known["rate"].values.ravel().tolist().index(start["rate"]) for start in starts] for starts in begun]
    assert where[0] == where[1] != where[2]
    for places, starts in zip(where, begun, strict=True):
        # One in each quarter of the draws.
        assert [place // 10 for place in places] == [0, 1, 2, 3]
        for place, start in zip(places, starts, strict=True):
            assert start["centre"].tolist() == known["centre"].values.reshape(-1, 2)[place].tolist()
            assert start["chance"] == known["chance"].values.ravel()[place]


def test_the_mass_matrix_begins_with_the_known_spread():
    known = roughly(size=40)
    step = sampling._begun(three(), known, SHORT, 1)["step"]
    rate, chance = np.log(known["rate"].values), special.logit(known["chance"].values)
    expected = [rate.var(), chance.var(), *known["centre"].values.reshape(-1, 2).var(axis=0)]
    np.testing.assert_allclose(step.potential._var, expected, rtol=1e-12)


def test_known_draws_on_a_bound_are_passed_over():
    known = roughly(size=40)
    known["chance"][:, 1:] = 1.0
    starts = sampling._begun(three(), known, SHORT, 1)["initvals"]
    assert {float(start["chance"]) for start in starts} == set(known["chance"].values[:, 0].tolist())
    known["chance"][:] = 0.0
    with pytest.raises(InvalidArgument, match="40 known draws"):
        sampling._begun(three(), known, SHORT, 1)


@pytest.mark.exhaustive
def test_the_article_s_chains_need_little_tuning_from_known_draws(article):
    model = forecast.build_model(article)
    names = reached(model)
    part = part_of(model, names)
    # Worlds of the beliefs as they stand, which is as rough as it can be.
    known = _truths(model, names, 2000, 1)
    settings = SHORT | {"draws": 2500, "target_accept": 0.99}
    posteriors = []
    for begun, tune in ((known, 200), (None, 1000)):
        with sampling.quietly(), sampling.compiling():
            tree = sampling.draw_posterior(
                part, settings | {"tune": tune}, seed=1, progress=False, label="", known=begun
            )
        assert int(tree["sample_stats"]["diverging"].sum()) == 0
        posteriors.append(tree["posterior"].to_dataset()[names])
    short, long = posteriors
    for name in names:
        assert float(az.rhat(short[name])) < 1.01, name
        assert float(az.ess(short[name])) > 4000, name
        error = np.hypot(*(float(az.mcse(one[name], method="mean")) for one in posteriors))
        assert abs(float(short[name].mean() - long[name].mean())) < 4.5 * error, name


# What goes wrong


def test_a_density_that_is_nowhere_finite(place):
    with pm.Model() as model:
        pm.Normal("y", pm.math.log(-(pm.Normal("a") ** 2) - 1.0), observed=0.0)
    with pytest.raises(FailedFit, match="point_logps"):
        forecast.fit(dressed(model, beliefs("a")), **SETTINGS)
    assert not place.exists()


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space left on device"), BrokenPipeError(errno.EPIPE, "Broken pipe"), EOFError()]
)
def test_what_the_system_refuses_is_not_blamed_on_the_density(monkeypatch, error):
    def refused(*_, **__):
        raise error

    monkeypatch.setattr(pm, "sample", refused)
    with pytest.raises(FailedFit, match=f"{type(error).__name__}.*base_compiledir") as failed:
        forecast.fit(conjugate(), **SETTINGS)
    assert "log-density" not in str(failed.value)


def test_a_folder_that_is_full(monkeypatch):
    def full(**_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    with pytest.raises(FailedFit, match=r"No space left on device.*base_compiledir"):
        forecast.fit(conjugate(), **SETTINGS)


class Bar:
    """Does something at the twentieth draw."""

    def __init__(self, deed):
        self.drawn, self.deed = 0, deed

    def advance(self, amount=1):
        self.drawn += amount
        if self.drawn == 20:
            self.deed()


@pytest.fixture
def at_the_twentieth_draw(monkeypatch):
    def does(deed):
        monkeypatch.setattr(sampling, "progress_bar", lambda label, total, show: contextlib.nullcontext(Bar(deed)))

    return does


def test_a_worker_that_is_killed_is_not_blamed_on_the_density(monkeypatch, place, at_the_twentieth_draw):
    monkeypatch.setattr(sampling, "usable_cores", lambda chains: 2)
    # Of two chains both run; of more, one might be killed that waits, which nobody would miss for long.
    at_the_twentieth_draw(lambda: multiprocessing.active_children()[0].kill())
    with pytest.raises(FailedFit, match=r"free memory"):
        forecast.fit(conjugate(), **SETTINGS | {"draws": 1_000_000, "chains": 2})
    assert not place.exists()


# Ctrl-C


@pytest.mark.parametrize("cores", [1, 2])
def test_an_interrupt_that_no_signal_brought(monkeypatch, place, at_the_twentieth_draw, cores):
    def interrupt():
        raise KeyboardInterrupt

    monkeypatch.setattr(sampling, "usable_cores", lambda chains: cores)
    at_the_twentieth_draw(interrupt)
    with pytest.raises(KeyboardInterrupt):
        forecast.fit(conjugate(), **SETTINGS | {"tune": 0})
    assert not place.exists()


@pytest.mark.parametrize("cores", [1, 2])
def test_what_ctrl_c_does_afterwards_is_what_it_did_before(monkeypatch, at_the_twentieth_draw, cores):
    monkeypatch.setattr(sampling, "usable_cores", lambda chains: cores)
    at_the_twentieth_draw(lambda: signal.raise_signal(signal.SIGINT))
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        forecast.fit(conjugate(), **SETTINGS)
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.slow
def test_a_program_keeps_its_own_way_with_ctrl_c(monkeypatch, at_the_twentieth_draw):
    heard = []

    def own(number, frame):
        heard.append(number)

    monkeypatch.setattr(sampling, "usable_cores", lambda chains: 1)
    at_the_twentieth_draw(lambda: signal.raise_signal(signal.SIGINT))
    before = signal.signal(signal.SIGINT, own)
    try:
        tree = forecast.fit(conjugate(), **SETTINGS | {"draws": 50, "tune": 50})
        assert signal.getsignal(signal.SIGINT) is own
    finally:
        signal.signal(signal.SIGINT, before)
    assert heard == [signal.SIGINT]
    assert tree["posterior"].sizes["draw"] == 50


# In a process of its own


class Child:
    """A fit in another process, which says when chains run."""

    def __init__(self, tmp_path, body, **environment):
        self.place = tmp_path / "kept"
        environment = {"LIBYA_FORECAST_CACHE": str(self.place), "PYTHONPATH": str(ROOT)} | environment
        self.process = subprocess.Popen(
            [sys.executable, "-c", HEAD + body],
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A group of its own, as a terminal gives to a command.
            start_new_session=True,
        )

    def wait_for_draws(self):
        assert self.process.stdout.readline() == "drawing\n"

    def end(self):
        out, err = self.process.communicate(timeout=120)
        return self.process.returncode, out, err

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()


HEAD = """
import contextlib, signal, sys
import forecast
from forecast import sampling
from forecast.blocks import part_of, reached
from forecast.diagnostics.replications import _truths
from forecast.errors import FailedFit
from tests.forecast.small_models import conjugate

# A shell starts its background jobs with Ctrl-C ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)

class Bar:
    drawn = 0
    def advance(self, amount=1):
        self.drawn += amount
        if self.drawn == 20:
            print("drawing", flush=True)

@contextlib.contextmanager
def telling(label, *, total, show):
    yield Bar()

"""

ENDLESS = """
sampling.progress_bar = telling
sampling.usable_cores = lambda chains: {cores}
try:
    forecast.fit(conjugate(), draws=1_000_000, tune={tune}, chains=3, sampler="pymc", progress=False)
except KeyboardInterrupt:
    print("interrupted")
    sys.exit(130)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("cores", "tune", "everyone"),
    [(1, 0, True), (2, 0, False), (1, 1_000_000, False), (2, 1_000_000, True)],
    ids=["one after another", "side by side", "one after another, tuning", "side by side, tuning"],
)
def test_an_interrupted_fit_is_no_fit(tmp_path, cores, tune, everyone):
    with Child(tmp_path, ENDLESS.format(cores=cores, tune=tune)) as child:
        child.wait_for_draws()
        # A terminal interrupts every process of a command, kill only the one.
        (os.killpg if everyone else os.kill)(child.process.pid, signal.SIGINT)
        assert child.end() == (130, "interrupted\n", "")
        assert not child.place.exists()


# What is left behind, and where

ONE_FIT = """
try:
    forecast.fit(conjugate(), draws=20, tune=20, chains=2, sampler="pymc", progress=False)
except FailedFit as error:
    print(error)
    sys.exit(1)
print("done")
"""


@pytest.mark.slow
def test_a_fit_leaves_no_temporary_file(tmp_path):
    empty = tmp_path / "tmp"
    empty.mkdir()
    with Child(tmp_path, ONE_FIT, TMPDIR=str(empty)) as child:
        assert child.end() == (0, "done\n", "")
    assert list(empty.iterdir()) == []


def test_where_pytensor_keeps_its_sources(tmp_path):
    before = config.generated_src_dir
    with config.change_flags(generated_src_dir=""), sampling.compiling():
        assert config.generated_src_dir == str(config.base_compiledir / "sources")
    with config.change_flags(generated_src_dir=str(tmp_path)), sampling.compiling():
        assert config.generated_src_dir == str(tmp_path)
    assert config.generated_src_dir == before


@pytest.mark.slow
def test_a_home_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with Child(tmp_path, ONE_FIT, HOME=str(tmp_path / "file" / "home"), MPLCONFIGDIR=str(tmp_path)) as child:
        status, out, err = child.end()
    assert (status, err) == (1, "")
    assert "file/home/.pytensor cannot be written (Not a directory)" in out
    assert "PYTENSOR_FLAGS=base_compiledir=" in out
    assert "log-density" not in out
    assert not child.place.exists()


def test_pytensor_gets_a_folder_of_its_own_where_home_has_none(tmp_path):
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "tmp").mkdir()
    code = (
        "from forecast.sampling import find_compile_folder; find_compile_folder();"
        "from pytensor.configdefaults import config; print(config.compiledir.is_dir(), config.base_compiledir)"
    )
    home = {"HOME": str(tmp_path / "file" / "home"), "TMPDIR": str(tmp_path / "tmp"), "PYTENSOR_FLAGS": ""}
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | home, capture_output=True, text=True, check=True
    )
    made, place = done.stdout.split()
    assert made == "True"
    assert place.startswith(str(tmp_path / "tmp"))
    assert list((tmp_path / "tmp").iterdir()) == []
