"""Granules of worlds, run and summarised where they are run."""

from __future__ import annotations

import hashlib
import threading
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from forecast.engine import layout
from forecast.engine.job import Job, run_chunk
from forecast.summary import kernels
from forecast.summary.summary import Summary

__all__ = ["GRANULE", "summarise"]

GRANULE = 4096
"""Worlds that are summarised together. Means are summed by granules, so this is part of the last bit of a mean."""

_compiling = threading.Lock()


def summarise(job: Job, start: int, stop: int) -> Summary:
    """Run worlds ``start`` to ``stop - 1`` and keep a summary of them.

    Parameters
    ----------
    job : Job
        What to run.
    start, stop : int
        Half-open range of worlds; ``start`` is that of the run, or a multiple of :data:`GRANULE` after it.
    """
    total: Summary | None = None
    for first in range(start, stop, GRANULE):
        last = min(first + GRANULE, stop)
        # Sketches go through the worlds of a month, so these lie side by side here.
        out = layout.empty(job.source.world, len(job.options), job.steps, last - first, months_first=True)
        parameters, states, outcomes = run_chunk(job, first, last, out=out)
        part = Summary.of(
            job.source.world,
            {name: np.moveaxis(array, 2, 1) for name, array in layout.read(job.source.world, states).items()},
            outcomes,
            parameters=dict(zip(job.source.world.parameters, parameters, strict=True)),
            kernels=_kernels() if job.backend == "numba" else None,
        )
        total = part if total is None else total.collect(part)
    assert total is not None
    return total


def _kernels() -> kernels.Kernels:
    with _compiling:
        return _compiled()


@cache
def _compiled() -> kernels.Kernels:
    from forecast.engine.compiled_cache import compile_kept

    content = hashlib.sha256(Path(kernels.__file__).read_bytes()).hexdigest()
    functions: dict[str, Any] = {"numbers": kernels.count_numbers, "wholes": kernels.count_wholes}
    return kernels.Kernels(
        **{
            name: compile_kept(function, kernels.SIGNATURES[name], f"{content} {name}")
            for name, function in functions.items()
        }
    )
