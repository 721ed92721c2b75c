"""The same worlds on a cluster of processes, also when a worker is killed in mid-run."""

import os
import signal
import threading
import time

import pytest
import xarray as xr

import forecast
from forecast.engine.reduction import GRANULE

distributed = pytest.importorskip("distributed")

SIZE = {"options": ["no_assistance", "regional_centres"], "months": 12, "seed": 4, "progress": False}


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    settings = {"distributed.scheduler.allowed-failures": 10, "distributed.comm.retry.count": 3}
    with (
        __import__("dask").config.set(settings),
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


def test_two_processes_have_the_bits_of_one(article, client):
    here = forecast.simulate(article, worlds=3000, **SIZE)
    there = forecast.simulate(article, worlds=3000, client=client, **SIZE)
    assert os.getpid() not in _workers(client)
    assert len(_workers(client)) == 2
    xr.testing.assert_identical(there.drop_attrs(), here.drop_attrs())


def test_reduced_worlds_have_the_bits_of_one_process(article, client):
    here = forecast.simulate(article, worlds=5 * GRANULE + 7, reduce=True, **SIZE)
    there = forecast.simulate(article, worlds=5 * GRANULE + 7, reduce=True, client=client, **SIZE)
    xr.testing.assert_identical(there.drop_attrs(), here.drop_attrs())


def test_a_worker_killed_in_mid_run_changes_nothing(article, client):
    worlds = 60 * GRANULE
    before = _workers(client)
    victim = min(before)

    def kill():
        time.sleep(1.0)
        os.kill(victim, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    there = forecast.simulate(article, worlds=worlds, reduce=True, client=client, **SIZE)
    assert not killer.is_alive()
    killer.join()
    assert victim not in _workers(client)
    here = forecast.simulate(article, worlds=worlds, reduce=True, **SIZE)
    xr.testing.assert_identical(there.drop_attrs(), here.drop_attrs())


def test_a_closed_client_is_refused(article, client):
    other = distributed.Client(client.cluster)
    other.close()
    with pytest.raises(forecast.errors.InvalidArgument, match="closed"):
        forecast.simulate(article, worlds=10, client=other, **SIZE)
