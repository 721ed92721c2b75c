"""Ranges of worlds on the workers of a ``dask.distributed`` cluster, with the bits of one process."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Generator, Iterable
from dataclasses import fields
from itertools import islice
from typing import Any

from forecast.errors import InvalidArgument, LostWorkers, kind_of

__all__ = ["check_client", "fingerprint", "in_order_on"]

_PATIENCE = 0.5
"""Seconds between two looks at whether the user has asked to stop."""

_ASK = "__import__('forecast.engine.cluster', fromlist=['fingerprint']).fingerprint()"
"""As text, because a function of this package cannot be sent to a worker that does not have it."""


def fingerprint() -> str:
    """Say what runs of a job follow from here besides its own world: what it says, and the releases that are used."""
    from forecast.engine.draws import Source
    from forecast.engine.job import Job
    from forecast.versions import versions

    # An older release would overlook a field that it does not know, and run other worlds.
    said = " ".join(field.name for kind in (Job, Source) for field in fields(kind))
    return f"jobs {hashlib.sha256(said.encode()).hexdigest()[:12]}, " + ", ".join(
        f"{name} {version}" for name, version in sorted(versions().items())
    )


def check_client(client: Any) -> None:
    """Refuse a client whose workers could not run worlds as they would run here.

    Raises
    ------
    InvalidArgument
        If it is no client, is closed or asynchronous, has no worker, or a worker lacks this package or has another one.
    """
    if client is None:
        return
    if not all(callable(getattr(client, name, None)) for name in ("submit", "ncores", "run")):
        raise InvalidArgument(
            f"client is {kind_of(client)}",
            expected="a dask.distributed.Client",
            mend="pip install 'libya-forecast[dask]', then client=distributed.Client(), or leave it out",
        )
    if getattr(client, "status", "running") != "running" or getattr(client, "asynchronous", False):
        kind = "asynchronous" if getattr(client, "asynchronous", False) else getattr(client, "status", "")
        raise InvalidArgument(
            f"client is {kind}", expected="a client that is connected and waits for answers", mend="make a new one"
        )
    if not client.ncores():
        raise InvalidArgument(
            "client has no worker", expected="at least one worker", mend="call client.wait_for_workers(1) first"
        )
    try:
        found = client.run(eval, _ASK)
    except Exception as error:
        raise InvalidArgument(
            f"a worker of the client cannot import this package ({type(error).__name__}: {error})",
            expected="workers that have it",
            mend="install libya-forecast where the workers run",
        ) from error
    here = fingerprint()
    for worker, there in found.items():
        if there != here:
            raise InvalidArgument(
                f"the worker {worker} has {there}",
                expected=here,
                mend="install the same releases there as here, so that a seed gives the same worlds",
            )


def _same(value: Any) -> Any:
    return value


def in_order_on[J, T](
    client: Any,
    function: Callable[[J, int, int], T],
    job: J,
    ranges: Iterable[tuple[int, int]],
    *,
    until: Callable[[], bool] = lambda: False,
) -> Generator[tuple[int, T]]:
    """Run a function on ranges of worlds on a cluster, and give its results in the order of the ranges.

    The job is the result of a task of its own: it is sent once, and made again if the worker that holds it dies, as is
    every range that a dead worker had in hand or had finished and not delivered. A range depends on nothing but the job
    and itself, so a second run has the same bits.

    Parameters
    ----------
    client : dask.distributed.Client
        Checked already.
    function : callable
        Given the job and a range.
    job, ranges
        What to give it.
    until : callable
        Asked twice a second while a result is waited for; once it is true the iteration ends.

    Yields
    ------
    stop : int
        The end of the range.
    result
        What the function returned.

    Raises
    ------
    LostWorkers
        If workers died too often on the same range, or the client was closed.
    """
    import dask
    from distributed import CancelledError, KilledWorker

    # A fit has some 10 MB of draws, which dask would warn of; they are sent once.
    with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 GB"}):
        held = client.submit(_same, job, pure=False)
    waiting: deque[tuple[int, Any]] = deque()
    left = iter(ranges)
    try:
        while not until():
            # Asked for anew, because a cluster may grow and shrink.
            for start, stop in islice(left, max(0, 2 * max(1, sum(client.ncores().values())) - len(waiting))):
                waiting.append((stop, client.submit(function, held, start, stop, pure=False)))
            if not waiting:
                return
            end, future = waiting[0]
            if not _arrives(future, until):
                return
            waiting.popleft()
            yield end, future.result()
    except (KilledWorker, CancelledError) as error:
        raise LostWorkers(
            f"the cluster gave up ({type(error).__name__}: {error})",
            expected="workers that live long enough to finish a range of worlds",
            mend="look at the workers' logs (memory?) and run again: the same seed gives the same worlds",
        ) from error
    finally:
        for _, future in waiting:
            future.cancel()
        held.release()


def _arrives(future: Any, until: Callable[[], bool]) -> bool:
    """Wait for a result; tell whether it came before the wish to stop."""
    import distributed

    # dask has no types for it.
    wait: Any = distributed.wait
    while True:
        try:
            wait(future, timeout=_PATIENCE)
            return True
        except TimeoutError:
            if until():
                return False
