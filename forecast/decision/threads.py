"""Doing the same with many small matrices, several at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any

from forecast.engine.runner import usable_cores

__all__ = ["in_threads"]


@lru_cache(maxsize=1)
def _libraries() -> Any:
    # Kept, because looking for the loaded libraries takes longer than a small problem.
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def in_threads[Item, Found](
    make: Callable[[Item], Found], items: Sequence[Item], *, threads: int | None = None
) -> list[Found]:
    """Make something of each item.

    Parameters
    ----------
    make : callable
        Takes an item, and changes nothing that another item needs.
    items : sequence
        One or more.
    threads : int, optional
        How many at a time; as many as there are processors by default.

    Returns
    -------
    list
        In the order of the items, the same for any number of threads.
    """
    # Matrices this small are multiplied faster by one thread each than by several together, which wait for each other.
    with _libraries().limit(limits=1, user_api="blas"):
        number = min(threads or usable_cores(), len(items))
        if number <= 1:
            return [make(item) for item in items]
        with ThreadPoolExecutor(number) as pool:
            return list(pool.map(make, items))
