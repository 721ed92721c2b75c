"""Run a job in chunks of worlds, several at a time, in order. No result depends on the chunks or on who ran them."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

__all__ = ["CHUNK", "chunks", "in_order", "usable_cores"]

CHUNK = {"numpy": 4096, "numba": 1024, "jax": 8192}
"""Worlds in a chunk, by backend: as few as the cost of a call allows, so that ten thousand keep several cores busy."""


def chunks(worlds: int, size: int, *, start: int = 0) -> list[tuple[int, int]]:
    """Cut worlds ``start`` to ``start + worlds - 1`` into half-open ranges of at most ``size``."""
    stop = start + worlds
    return [(first, min(first + size, stop)) for first in range(start, stop, size)]


def in_order[T](
    function: Callable[[int, int], T], ranges: Iterable[tuple[int, int]], *, workers: int
) -> Generator[tuple[int, T]]:
    """Run a function on ranges of worlds in threads, and give its results in the order of the ranges.

    At most two results a worker wait at any time, so memory does not grow with the number of ranges. When the caller
    stops, or is interrupted, what has not begun is dropped and what runs is waited for. The threads end with the
    iteration: a process that goes on to fork has none of them.

    Yields
    ------
    stop : int
        The end of the range.
    result
        What the function returned.
    """
    if workers <= 1:
        for start, stop in ranges:
            yield stop, function(start, stop)
        return
    with ThreadPoolExecutor(workers, thread_name_prefix="worlds") as pool:
        waiting: deque[tuple[int, Any]] = deque()
        try:
            for start, stop in ranges:
                waiting.append((stop, pool.submit(function, start, stop)))
                if len(waiting) >= 2 * workers:
                    end, future = waiting.popleft()
                    yield end, future.result()
            while waiting:
                end, future = waiting.popleft()
                yield end, future.result()
        finally:
            for _, future in waiting:
                future.cancel()


def usable_cores() -> int:
    """Say how many threads can run at once."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
