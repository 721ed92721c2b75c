"""What is run: the same for every chunk of worlds, in whatever process it runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecast.engine import layout
from forecast.engine.backends import load
from forecast.engine.draws import Source
from forecast.engine.shocks import draw_shocks, origin_shocks
from forecast.options import Option
from forecast.outcomes.derive import derive

__all__ = ["Job", "run_chunk"]


@dataclass(frozen=True)
class Job:
    """A simulation before it is cut into chunks.

    Attributes
    ----------
    source : Source
        Where worlds get their parameters from.
    options : tuple of Option
        In the order of the results.
    seed, months : int
        Root seed and horizon.
    backend : str
        Name of the backend.
    luck : int, optional
        Seed of the shocks; the root seed if left out.
    """

    source: Source
    options: tuple[Option, ...]
    seed: int
    months: int
    backend: str
    luck: int | None = None

    @property
    def steps(self) -> int:
        """How many steps of the world are in the horizon."""
        return self.source.world.steps(self.months)

    @property
    def shock_seed(self) -> int:
        """The seed that shocks are drawn with."""
        return self.seed if self.luck is None else self.luck


def run_chunk(
    job: Job, start: int, stop: int, *, out: layout.Stacks | None = None, at: int = 0
) -> tuple[NDArray[np.float64], layout.Stacks, dict[str, NDArray[Any]]]:
    """Run worlds ``start`` to ``stop - 1`` under every option.

    Parameters
    ----------
    job : Job
        What to run.
    start, stop : int
        Half-open range of worlds.
    out : Stacks, optional
        Where to write the states, from place ``at`` on; room is made if it is left out.
    at : int
        Where the first world goes in ``out``.

    Returns
    -------
    parameters : ndarray
        Shape (parameter, world).
    states : Stacks
        Of these worlds only: views of ``out`` where that was given.
    outcomes : dict of str to ndarray
        Each per-world outcome, shape (option, world).
    """
    world, worlds = job.source.world, stop - start
    if out is None:
        out = layout.empty(world, len(job.options), job.steps, worlds)
    parameters = job.source.matrix(job.seed, start, stop)
    load(job.backend)(
        world,
        job.options,
        parameters,
        draw_shocks(world, job.shock_seed, job.steps, start, stop),
        origin_shocks(world, job.shock_seed, start, stop),
        start=at,
        out=out,
    )
    states = layout.part(out, at, at + worlds)
    return parameters, states, derive(world, layout.read(world, states))
