"""Worlds summed up as they run: the numbers of the worlds themselves, in memory that does not grow with them."""

import json
import os
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest
import xarray as xr

import forecast
from forecast.engine import keeping
from forecast.engine.draws import source_of
from forecast.engine.job import Job
from forecast.engine.reduction import GRANULE, summarise
from forecast.engine.runner import in_order
from forecast.errors import InvalidArgument, UnknownOutcome
from forecast.libya.outcomes import STATES
from forecast.summary.dataset import dataset

OPTIONS = ["no_assistance", "regional_centres", "airstrikes"]
SIZE = {"options": OPTIONS, "months": 6, "worlds": 2 * GRANULE + 500, "seed": 4, "progress": False}


@pytest.fixture(scope="module")
def reduced(article):
    return forecast.simulate(article, evidence="none", reduce=True, **SIZE)


@pytest.fixture(scope="module")
def whole(article):
    return forecast.simulate(article, evidence="none", **SIZE)


def test_the_comparison_is_that_of_the_worlds(reduced, whole):
    ours, theirs = forecast.compare(reduced), forecast.compare(whole)
    for column in ("estimate", "error", "difference", "difference_error", "variance_ratio"):
        np.testing.assert_allclose(ours[column], theirs[column], rtol=1e-9, atol=1e-12, err_msg=column)


def test_every_state_has_the_mean_of_the_worlds(reduced, whole):
    for name in STATES:
        if name != "sirte":
            mean = whole[name].astype(float).mean("world").transpose("option", "month")
            np.testing.assert_allclose(reduced[name], mean, rtol=1e-9, atol=1e-12, err_msg=name)
    held = (whole["sirte"] == 0).mean("world").transpose("option", "month")
    np.testing.assert_allclose(reduced["sirte"].isel(code=0), held, rtol=1e-12)


def test_it_is_marked_as_complete(reduced, whole):
    for run in (reduced, whole):
        assert (run.attrs["ended"], run.attrs["worlds_asked"]) == ("complete", SIZE["worlds"])
    assert reduced.attrs["worlds"] == SIZE["worlds"]


def test_backends_and_order_of_completion_change_no_bit(article, reduced):
    again = forecast.simulate(article, evidence="none", reduce=True, backend="numpy", **SIZE)
    xr.testing.assert_equal(again, reduced)


@pytest.mark.slow
def test_a_range_of_granules_is_as_good_as_its_granules(article, reduced):
    job = Job(source_of(article), tuple(forecast.options.load()[name] for name in OPTIONS), 4, SIZE["months"], "numba")
    total = summarise(job, 0, GRANULE).merge(summarise(job, GRANULE, SIZE["worlds"]))
    ours = dataset(total, forecast.options.resolve(OPTIONS), {}, parameter_attrs=job.source.attrs)
    xr.testing.assert_equal(ours.drop_vars("run"), reduced.drop_vars("run"))


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="the system does not tell the peak")
@pytest.mark.slow
def test_memory_does_not_grow_with_the_worlds():
    code = (
        "import re, sys, forecast, priors\n"
        "forecast.simulate(priors.load('article'), evidence='none', options=['training'], months=3,"
        " worlds=int(sys.argv[1]), backend='numba', reduce=True, progress=False)\n"
        "print(re.search('VmHWM:\\s*([0-9]+)', open('/proc/self/status').read())[1])"
    )

    def peak(worlds):
        done = subprocess.run([sys.executable, "-c", code, str(worlds)], capture_output=True, text=True, check=True)
        return int(done.stdout) / 1024

    few, many = peak(12 * GRANULE), peak(90 * GRANULE)
    # Kept one by one, the additional worlds would take some 280 MB.
    assert many - few < 30


# Stopping


def test_it_stops_once_the_ranking_is_resolved(article):
    run = forecast.simulate(
        article,
        evidence="none",
        options=["no_assistance", "regional_centres"],
        worlds=10**6,
        reduce=True,
        stop_when="ranking resolved",
        seed=4,
        progress=False,
    )
    ranking = json.loads(run.attrs["ranking"])
    assert run.attrs["ended"] == "ranking resolved"
    assert run.attrs["worlds"] == ranking["worlds"] == GRANULE << (ranking["look"] - 1)
    assert run.attrs["worlds_asked"] == 10**6
    assert (ranking["best"], ranking["rival"]) == ("regional_centres", "no_assistance")
    table = forecast.compare(run, names=["stable_success"]).loc[("stable_success", "regional_centres")]
    assert ranking["difference"] == pytest.approx(table["difference"], rel=1e-12)
    assert ranking["difference"] > 2 * ranking["error"]


def test_it_stops_at_the_end_of_the_budget_and_says_so(article):
    same = forecast.options.load()["no_assistance"].renamed("the_same")
    run = forecast.simulate(
        article,
        evidence="none",
        options=["no_assistance", same],
        months=3,
        worlds=3 * GRANULE,
        reduce=True,
        stop_when="ranking resolved",
        progress=False,
    )
    ranking = json.loads(run.attrs["ranking"])
    assert run.attrs["ended"] == "budget ended, ranking not resolved"
    # Looks after one and two granules, and at the end.
    assert (ranking["look"], ranking["worlds"], ranking["difference"]) == (3, 3 * GRANULE, 0.0)


@pytest.mark.parametrize(
    ("changed", "error", "hint"),
    [
        ({"stop_when": "bored"}, InvalidArgument, "ranking resolved"),
        ({"reduce": False}, InvalidArgument, "reduce=True"),
        ({"reduce": "yes"}, InvalidArgument, "True or False"),
        ({"stop_outcome": "stable_sucess"}, UnknownOutcome, "stable_success"),
        ({"stop_outcome": "sirte_assaulted"}, InvalidArgument, "direction"),
        ({"stop_level": 1.0}, InvalidArgument, "stop_level"),
        ({"stop_level": True}, InvalidArgument, "stop_level"),
        ({"stop_when": None, "stop_level": 7.0}, InvalidArgument, "stop_level"),
        ({"stop_when": None, "stop_outcome": ["pyrrhic"]}, UnknownOutcome, "per-world"),
        ({"options": ["training"]}, InvalidArgument, "two options"),
        ({"client": "localhost"}, InvalidArgument, r"libya-forecast\[dask\]"),
    ],
)
def test_bad_rules_are_refused_before_any_work(article, monkeypatch, changed, error, hint):
    monkeypatch.setattr(keeping, "summarise", None)
    monkeypatch.setattr(keeping, "run_chunk", None)
    with pytest.raises(error, match=hint):
        forecast.simulate(
            article, evidence="none", **{"reduce": True, "stop_when": "ranking resolved", "worlds": 50} | changed
        )


# Interrupting


@pytest.fixture
def ctrl_c():
    """A shell starts what runs in its background with interrupts ignored; here they are heard."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def _interrupting(monkeypatch, *numbers):
    """Press Ctrl-C while the ranges of worlds with these numbers run."""
    lock, begun = threading.Lock(), []

    def pressing(function):
        def work(*arguments, **settings):
            with lock:
                begun.append(1)
                number = len(begun)
            if number in numbers:
                os.kill(os.getpid(), signal.SIGINT)
            return function(*arguments, **settings)

        return work

    monkeypatch.setattr(keeping, "summarise", pressing(keeping.summarise))
    monkeypatch.setattr(keeping, "run_chunk", pressing(keeping.run_chunk))


@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize("reduce", [pytest.param(True, marks=pytest.mark.slow), False])
def test_ctrl_c_returns_the_worlds_that_are_complete(article, reduce, monkeypatch):
    worlds = 100_000
    with monkeypatch.context() as patch:
        _interrupting(patch, 6)
        run = forecast.simulate(
            article, evidence="none", options=OPTIONS, months=6, worlds=worlds, seed=4, reduce=reduce, progress=False
        )
    assert (run.attrs["ended"], run.attrs["worlds_asked"]) == ("interrupted", worlds)
    done = run.attrs["worlds"] if reduce else run.sizes["world"]
    assert 0 < done < worlds
    again = forecast.simulate(
        article, evidence="none", options=OPTIONS, months=6, worlds=done, seed=4, reduce=reduce, progress=False
    )
    xr.testing.assert_equal(again, run)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_twice_interrupts(article, monkeypatch):
    monkeypatch.setattr("forecast.settings.usable_cores", lambda: 2)
    _interrupting(monkeypatch, 1, 2)
    with pytest.raises(KeyboardInterrupt):
        forecast.simulate(article, evidence="none", options=OPTIONS, worlds=50 * GRANULE, reduce=True, progress=False)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    # What was in hand may still be running; nothing more is begun.
    for thread in threading.enumerate():
        if thread.name.startswith("worlds"):
            thread.join(timeout=60)
            assert not thread.is_alive()


def test_a_program_s_own_way_with_ctrl_c_is_left_alone(article, monkeypatch):
    heard = []
    usual = signal.signal(signal.SIGINT, lambda *_: heard.append(1))
    try:
        _interrupting(monkeypatch, 1)
        run = forecast.simulate(
            article, evidence="none", options=OPTIONS, worlds=3 * GRANULE, reduce=True, progress=False
        )
    finally:
        signal.signal(signal.SIGINT, usual)
    assert (heard, run.attrs["ended"]) == ([1], "complete")


@pytest.mark.slow
@pytest.mark.parametrize("cores", [1, 3])
def test_the_number_of_threads_changes_nothing(article, reduced, whole, monkeypatch, cores):
    monkeypatch.setattr("forecast.settings.usable_cores", lambda: cores)
    for kept, reduce in ((reduced, True), (whole, False)):
        again = forecast.simulate(article, evidence="none", reduce=reduce, **SIZE)
        xr.testing.assert_equal(again, kept)


def test_an_error_in_a_thread_ends_the_run_and_leaves_no_thread():
    def fails(start, stop):
        if start == 6:
            raise ArithmeticError("in world 6")
        return start

    ranges = [(n, n + 1) for n in range(1000)]
    seen = []
    with pytest.raises(ArithmeticError, match="world 6"):
        seen.extend(part for _, part in in_order(fails, ranges, workers=3))
    assert not [one for one in threading.enumerate() if one.name.startswith("worlds")]
