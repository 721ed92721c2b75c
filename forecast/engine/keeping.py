"""What becomes of the worlds of a run: kept one by one, or summed up."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from forecast.engine import layout
from forecast.engine.draws import Draws
from forecast.engine.job import Job, run_chunk
from forecast.engine.reduction import GRANULE, summarise
from forecast.engine.runner import CHUNK
from forecast.outcomes.dataset import assemble
from forecast.schema import CODE, WHOSE
from forecast.summary.dataset import dataset

if TYPE_CHECKING:
    import xarray as xr

    from forecast.options import Option
    from forecast.summary.summary import Summary

__all__ = ["Every", "Summed"]

Part = tuple[NDArray[np.float64], layout.Stacks, dict[str, NDArray[Any]]]


class Every:
    """Keeps every state of every world."""

    remote = staticmethod(run_chunk)

    def __init__(self, job: Job, worlds: range) -> None:
        self._job, self._first, self._worlds = job, worlds.start, len(worlds)
        self.size = CHUNK[job.backend]
        self._states = layout.empty(job.source.world, len(job.options), job.steps, self._worlds)
        self._parameters = np.empty((len(job.source.world.parameters), self._worlds))
        self._lock = threading.Lock()
        self._outcomes: dict[str, NDArray[Any]] = {}

    def run(self, start: int, stop: int) -> None:
        """Run worlds here, straight into their places."""
        parameters, _, outcomes = run_chunk(self._job, start, stop, out=self._states, at=start - self._first)
        self._place(start, stop, parameters, outcomes)

    def take(self, start: int, stop: int, part: Part | None) -> None:
        """Take in worlds that ran elsewhere."""
        if part is not None:
            parameters, states, outcomes = part
            kinds: tuple[NDArray[Any], ...] = self._states
            parts: tuple[NDArray[Any], ...] = states
            for array, some in zip(kinds, parts, strict=True):
                array[:, :, start - self._first : stop - self._first] = some
            self._place(start, stop, parameters, outcomes)

    def _place(
        self, start: int, stop: int, parameters: NDArray[np.float64], outcomes: Mapping[str, NDArray[Any]]
    ) -> None:
        place = slice(start - self._first, stop - self._first)
        self._parameters[:, place] = parameters
        with self._lock:
            for name, values in outcomes.items():
                if name not in self._outcomes:
                    self._outcomes[name] = np.empty((len(values), self._worlds), dtype=values.dtype)
                self._outcomes[name][:, place] = values

    def finish(self, done: int, options: Mapping[str, Option], attrs: Mapping[str, Any]) -> xr.Dataset:
        """Give the first ``done`` worlds as a Dataset."""
        source = self._job.source
        values = dict(zip(source.world.parameters, self._parameters[:, :done], strict=True))
        whose = source.whose(self._job.seed, self._first, self._first + done)
        said: dict[str, dict[str, Any]] = dict(source.attrs)
        if whose is not None:
            values[WHOSE] = whose
            said[WHOSE] = {
                "units": CODE,
                "long_name": "Whose beliefs the world follows",
                "flag_values": list(range(len(source.members))),
                "flag_meanings": "; ".join(source.members),
                "claims": "",
            }
        return assemble(
            source.world,
            layout.read(source.world, layout.part(self._states, 0, done)),
            {name: array[:, :done] for name, array in self._outcomes.items()},
            Draws(values, said),
            options=options,
            provenance=attrs,
            first=self._first,
        )


class Summed:
    """Keeps a summary of the worlds."""

    remote = staticmethod(summarise)

    def __init__(self, job: Job) -> None:
        self._job = job
        self.size = GRANULE
        self.total: Summary | None = None

    def run(self, start: int, stop: int) -> Summary:
        """Run and summarise worlds here."""
        return summarise(self._job, start, stop)

    def take(self, start: int, stop: int, part: Summary) -> None:
        """Take in the summary of the worlds that come next."""
        self.total = part if self.total is None else self.total.merge(part)

    def finish(self, done: int, options: Mapping[str, Option], attrs: Mapping[str, Any]) -> xr.Dataset:
        """Give the summary as a Dataset."""
        assert self.total is not None
        return dataset(self.total, options, attrs, parameter_attrs=self._job.source.attrs)
