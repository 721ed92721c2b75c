"""What a sweep found."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.estimates import estimate_text
from forecast.results import About, Result, plain_attrs
from forecast.schema import outcomes_of
from forecast.sweeps.report import SweepReport

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

__all__ = ["DONE", "NOT_RUN", "UTILITY", "Sweep", "failed"]

DONE, NOT_RUN, UTILITY = "done", "not run", "utility"
_ROWS = 30
"""Rows of the page; the table has all."""


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Sweep(Result):
    """Outcomes and expected utility over a grid.

    Attributes
    ----------
    data : xarray.Dataset
        Dims: the axes, in the order of the grid. Each outcome's mean over worlds (a probability for yes/no), in the
        unit of its attrs, and its Monte-Carlo standard error in the variable of that name and ``_error``; ``utility``
        and ``utility_error``, on the axis of values too. Each of them again with ``_difference`` and
        ``_difference_error``: less the baseline's in the same cell, world by world, with the standard error of that;
        ``status``, "done" or why there is no number to rely on. Cells share their worlds, so that any two of them
        differ by less than their own errors suggest.
    report : SweepReport
        What was done.
    """

    data: xr.Dataset
    report: SweepReport

    @property
    def axes(self) -> tuple[str, ...]:
        """The axes of the grid, in their order."""
        return tuple(map(str, self.data.attrs["axes"]))

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The outcomes, in their order."""
        return tuple(outcomes_of(self.data))

    @property
    def baseline(self) -> str | None:
        """The option that the others are compared with; None where there are no differences."""
        return str(self.data.attrs["baseline"]) or None

    @property
    def fixed(self) -> dict[str, str]:
        """The beliefs and the evidence where they are no axis, so that all cells have the same."""
        return {name: str(self.data[name].item()) for name in ("beliefs", "evidence") if name not in self.axes}

    @property
    def whose(self) -> str:
        """The same and the seed, in words."""
        fixed, seed = self.fixed, f"seed {self.about.seed}"
        if len(fixed) == 2:
            return f"{About(beliefs=fixed['beliefs'], evidence=fixed['evidence']).whose}; {seed}"
        return "; ".join([*(f"{name}: {label}" for name, label in fixed.items()), seed])

    def to_xarray(self) -> xr.Dataset:
        """Return a copy of ``data``, which says what it is about in its attributes."""
        return self.data.copy(deep=True).assign_attrs(plain_attrs({**self.about.attrs(), **self._attrs()}))

    def to_frame(self) -> pd.DataFrame:
        """Tabulate.

        Returns
        -------
        pandas.DataFrame
            Index: the axes. Columns: each outcome with its ``_error`` and, where there is a baseline, ``_difference``
            and ``_difference_error``; the same of utility; status. ``attrs`` has units, the baseline and what the sweep
            is about.
        """
        ends = ("", "_error", *(("_difference", "_difference_error") if self.baseline else ()))
        names = [f"{name}{end}" for name in (*self.outcomes, UTILITY) for end in ends]
        beside = [name for name in self.data.coords if name not in self.data.dims]
        frame = self.data[[*names, "status"]].drop_vars(beside).to_dataframe(dim_order=list(self.axes))
        frame.attrs = {**self.about.attrs(), **self._attrs()}
        return frame

    def _attrs(self) -> Mapping[Hashable, Any]:
        units = {name: str(self.data[name].attrs["units"]) for name in (*self.outcomes, UTILITY)}
        return {"units": units, "baseline": self.baseline or ""}

    def _line(self) -> str:
        shape = " x ".join(f"{self.data.sizes[axis]} {axis}" for axis in self.axes)
        return f"{shape}, {self.about.worlds:,} worlds; {self.report.say()}"

    def _page(self) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
        frame = self.to_frame().reset_index()
        units = frame.attrs["units"]
        rows = []
        for row in frame.head(_ROWS).to_dict("records"):
            cells = [estimate_text(row[name], row[f"{name}_error"], unit=unit) for name, unit in units.items()]
            rows.append([*(str(row[axis]) for axis in self.axes), *cells, row["status"]])
        return (*self.axes, *units, "status"), rows

    def _foot(self) -> str:
        cells = self.data["utility"].size
        return repr(self) + (f" The first {_ROWS} of {cells:,} rows." if cells > _ROWS else "")


def failed(status: np.ndarray[Any, Any]) -> int:
    """Count the cells that have no numbers to rely on, though they were run."""
    return int(np.count_nonzero((status != DONE) & (status != NOT_RUN)))
