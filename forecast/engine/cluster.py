"""Ranges of worlds on the workers of a ``dask.distributed`` cluster, with the bits of one process."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from typing import Any

from forecast.errors import InvalidArgument

__all__ = ["check_client", "in_order_on"]


def check_client(client: object) -> None:
    """Refuse what cannot run tasks.

    Raises
    ------
    InvalidArgument
        If it is no client, or one that is closed.
    """
    if client is None:
        return
    if not all(callable(getattr(client, name, None)) for name in ("submit", "ncores", "scheduler_info")):
        raise InvalidArgument(
            f"client is a {type(client).__name__}",
            expected="a dask.distributed.Client",
            mend="pip install 'libya-forecast[dask]', then client=distributed.Client(), or leave it out",
        )
    if getattr(client, "status", "running") != "running":
        raise InvalidArgument(
            f"client has the status {getattr(client, 'status', '')!r}",
            expected="a client that is connected",
            mend="make a new one",
        )


def _same(value: Any) -> Any:
    return value


def in_order_on[J, T](
    client: Any, function: Callable[[J, int, int], T], job: J, ranges: Iterable[tuple[int, int]]
) -> Generator[tuple[int, T]]:
    """Run a function on ranges of worlds on a cluster, and give its results in the order of the ranges.

    The job is the result of a task of its own: it is sent once, and made again if the worker that holds it dies, as is
    every range that a dead worker had in hand or had finished and not delivered. A range depends on nothing but the job
    and itself, so a second run has the same bits.

    Yields
    ------
    stop : int
        The end of the range.
    result
        What the function returned.
    """
    threads = max(1, sum(client.ncores().values()))
    held = client.submit(_same, job, pure=False)
    waiting: deque[tuple[int, Any]] = deque()
    try:
        for start, stop in ranges:
            waiting.append((stop, client.submit(function, held, start, stop, pure=False)))
            if len(waiting) >= 2 * threads:
                end, future = waiting.popleft()
                yield end, future.result()
        while waiting:
            end, future = waiting.popleft()
            yield end, future.result()
    finally:
        for _, future in waiting:
            future.cancel()
        held.release()
