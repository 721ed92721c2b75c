"""The same worlds on a cluster of processes, also when a worker is killed in mid-run."""

import os
import signal
import threading
import time
from types import SimpleNamespace

import pytest
import xarray as xr

import forecast
from forecast.engine.cluster import fingerprint
from forecast.engine.reduction import GRANULE
from forecast.errors import InvalidArgument, LostWorkers

dask, distributed = pytest.importorskip("dask"), pytest.importorskip("distributed")

SIZE = {"options": ["no_assistance", "regional_centres"], "months": 12, "seed": 4, "progress": False}


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    # A killed worker is to be given up soon: by default half a minute for each of several tries.
    settings = {"distributed.comm.timeouts.connect": "5s"}
    with (
        dask.config.set(settings),
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            local_directory=str(tmp_path_factory.mktemp("workers")),
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def _workers(client):
    return set(client.run(os.getpid).values())


@pytest.mark.slow
def test_two_processes_have_the_bits_of_one(article, client):
    here = forecast.simulate(article, evidence="none", worlds=3000, **SIZE)
    there = forecast.simulate(article, evidence="none", worlds=3000, client=client, **SIZE)
    assert os.getpid() not in _workers(client)
    assert len(_workers(client)) == 2
    xr.testing.assert_equal(there, here)


@pytest.mark.slow
def test_reduced_worlds_have_the_bits_of_one_process(article, client):
    here = forecast.simulate(article, evidence="none", worlds=5 * GRANULE + 7, reduce=True, **SIZE)
    there = forecast.simulate(article, evidence="none", worlds=5 * GRANULE + 7, reduce=True, client=client, **SIZE)
    xr.testing.assert_equal(there, here)


@pytest.mark.slow
def test_a_worker_killed_in_mid_run_changes_nothing(article, client):
    worlds = 60 * GRANULE
    before = _workers(client)
    victim = min(before)

    def kill():
        time.sleep(1.0)
        os.kill(victim, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    there = forecast.simulate(article, evidence="none", worlds=worlds, reduce=True, client=client, **SIZE)
    killer.join()
    assert victim not in _workers(client)
    here = forecast.simulate(article, evidence="none", worlds=worlds, reduce=True, **SIZE)
    xr.testing.assert_equal(there, here)


@pytest.mark.slow
def test_a_worker_killed_while_every_world_is_kept_changes_nothing(article, client):
    client.wait_for_workers(2)
    victim = min(_workers(client))
    killer = threading.Timer(0.5, os.kill, (victim, signal.SIGKILL))
    killer.start()
    there = forecast.simulate(article, evidence="none", worlds=60_000, client=client, **SIZE)
    killer.join()
    assert victim not in _workers(client)
    xr.testing.assert_equal(there, forecast.simulate(article, evidence="none", worlds=60_000, **SIZE))


@pytest.mark.slow
def test_ctrl_c_on_a_cluster_returns_the_worlds_that_are_complete(article, client):
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        client.wait_for_workers(2)
        presser = threading.Timer(3.0, os.kill, (os.getpid(), signal.SIGINT))
        presser.start()
        run = forecast.simulate(article, evidence="none", worlds=10**7, reduce=True, client=client, **SIZE)
        presser.join()
    finally:
        signal.signal(signal.SIGINT, usual)
    assert run.attrs["ended"] == "interrupted"
    assert 0 < run.attrs["worlds"] < 10**7


@pytest.mark.slow
def test_a_closed_client_is_refused(article, client):
    other = distributed.Client(client.cluster)
    other.close()
    with pytest.raises(InvalidArgument, match="closed"):
        forecast.simulate(article, evidence="none", worlds=10, client=other, **SIZE)


class Pretended:
    """A client in form only."""

    status, asynchronous = "running", False

    def __init__(self, *, cores=1, answer=None, error=None):
        self._cores, self._answer, self._error = cores, answer, error

    def submit(self, *_, **__):
        pytest.fail("work was done before the client was refused")

    def ncores(self):
        return dict.fromkeys(["tcp://one"] * bool(self._cores), self._cores)

    def run(self, *_):
        if self._error:
            raise self._error
        return {"tcp://one": self._answer}


@pytest.mark.parametrize(
    ("client", "hint"),
    [
        (Pretended(cores=0), "wait_for_workers"),
        (Pretended(error=ModuleNotFoundError("No module named 'forecast'")), "where the workers run"),
        (Pretended(answer=fingerprint().replace("jobs ", "jobs 0")), "tcp://one"),
    ],
)
def test_workers_that_cannot_run_these_worlds_are_refused(article, client, hint):
    with pytest.raises(InvalidArgument, match=hint):
        forecast.simulate(article, evidence="none", worlds=10, client=client, **SIZE)


def test_an_asynchronous_client_is_refused(article):
    client = Pretended(answer=fingerprint())
    client.asynchronous = True
    with pytest.raises(InvalidArgument, match="asynchronous"):
        forecast.simulate(article, evidence="none", worlds=10, client=client, **SIZE)


@pytest.mark.slow
def test_a_cluster_that_gives_up_is_an_error_of_its_own(article, client, monkeypatch):
    def gives_up(future, until):
        raise distributed.KilledWorker("range", SimpleNamespace(address="tcp://one"), 3)

    monkeypatch.setattr("forecast.engine.cluster._arrives", gives_up)
    with pytest.raises(LostWorkers, match="same seed"):
        forecast.simulate(article, evidence="none", worlds=10, client=client, **SIZE)
