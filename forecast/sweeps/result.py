"""What a sweep found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.errors import InvalidArgument, UnknownOutcome, near_matches
from forecast.estimates import estimate_text
from forecast.schema import OUTCOMES
from forecast.sweeps.report import SweepReport
from forecast.tables import page_of

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from matplotlib.figure import Figure

__all__ = ["DONE", "NOT_RUN", "UTILITY", "Sweep", "failed"]

DONE, NOT_RUN, UTILITY = "done", "not run", "utility"
_LEADING = "stable_success"
_ROWS = 30
"""Rows of the page; the table has all."""


@dataclass(frozen=True, repr=False)
class Sweep:
    """Outcomes and expected utility over a grid.

    Attributes
    ----------
    data : xarray.Dataset
        See :meth:`to_xarray`.
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
        return tuple(str(name) for name in self.data.data_vars if str(name) in OUTCOMES)

    @property
    def baseline(self) -> str | None:
        """The option that the others are compared with; None where there are no differences."""
        return str(self.data.attrs["baseline"]) or None

    def to_xarray(self) -> xr.Dataset:
        """Give the grid.

        Returns
        -------
        xarray.Dataset
            Dims: the axes, in the order of the grid. Each outcome's mean over worlds (a probability for yes/no), in the
            unit of its attrs, and its Monte-Carlo standard error in the variable of that name and ``_error``;
            ``utility`` and ``utility_error``, on the axis of values too. Each of them again with ``_difference`` and
            ``_difference_error``: less the baseline's in the same cell, world by world, with the standard error of
            that; ``status``, "done" or why there is no number to rely on. Cells share their worlds, so that any two of
            them differ by less than their own errors suggest.
        """
        return self.data.copy(deep=True)

    def to_frame(self) -> pd.DataFrame:
        """Tabulate.

        Returns
        -------
        pandas.DataFrame
            Index: the axes. Columns: each outcome with its ``_error`` and, where there is a baseline, ``_difference``
            and ``_difference_error``; the same of utility; status. ``attrs`` has units, worlds and the baseline.
        """
        ends = ("", "_error", *(("_difference", "_difference_error") if self.baseline else ()))
        names = [f"{name}{end}" for name in (*self.outcomes, UTILITY) for end in ends]
        frame = self.data[[*names, "status"]].drop_vars(self._beside()).to_dataframe(dim_order=list(self.axes))
        frame.attrs = {
            "units": {name: str(self.data[name].attrs["units"]) for name in (*self.outcomes, UTILITY)},
            "worlds": int(self.data.attrs["worlds"]),
            "baseline": self.baseline or "",
        }
        return frame

    def _beside(self) -> list[str]:
        return [str(name) for name in self.data.coords if name not in self.data.dims]

    def plot(
        self,
        *,
        outcome: str | None = None,
        x: str | None = None,
        by: str | None = None,
        at: Mapping[str, Any] | None = None,
        difference: bool = False,
    ) -> Figure:
        """Draw an outcome, or how far it is from the baseline's, over one axis or two.

        Parameters
        ----------
        outcome : str, optional
            One of the outcomes, or "utility". By default "stable_success" where the sweep has it, else its first.
        x : str, optional
            The axis from left to right; by default a parameter or months where there is one.
        by : str, optional
            A second axis: as lines, or, where both are numbers, as the rows of a heat map. By default options, or the
            next axis of more than one cell.
        at : mapping of str to label, optional
            Where to cut the other axes; at their first cells by default, which the picture says (differences: at the
            first option that is not the baseline).
        difference : bool
            Whether to draw the outcome less the baseline's in the same cell and worlds.

        Returns
        -------
        matplotlib.figure.Figure
            Lines with 90% Monte-Carlo intervals, or a heat map with errors; cells that failed are marked.

        Raises
        ------
        UnknownOutcome
            If the sweep does not have the outcome.
        InvalidArgument
            If an axis or a label is none of the sweep's, or there is no baseline to differ from.
        """
        from forecast.plots.sweep import drawn_sweep

        if not isinstance(difference, bool) or (difference and not self.baseline):
            raise InvalidArgument(
                f"difference = {difference!r:.60}" + ("" if self.baseline else " of a sweep without a baseline"),
                expected="True or False; True only where there is a baseline",
                mend="sweep with the baseline among the options, or leave it out",
            )

        known = (*self.outcomes, UTILITY)
        if outcome is None:
            outcome = _LEADING if _LEADING in known else known[0]
        if outcome not in known:
            raise UnknownOutcome(
                f"the sweep has no {outcome!r:.60}",
                expected="one of its outcomes, or utility",
                mend=near_matches(str(outcome), known),
            )
        wide = [axis for axis in self.axes if self.data.sizes[axis] > 1 and axis in self.data[outcome].dims]
        numbers = [axis for axis in wide if self.data[axis].dtype.kind in "if"]
        first = self._axis("x", x, outcome) or next(iter([*numbers, *wide, "options"]))
        others = [axis for axis in (*(a for a in wide if a == "options"), *wide) if axis != first]
        second = self._axis("by", by, outcome) or next(iter(others), None)
        if first == second:
            raise InvalidArgument(f"x and by are both {first!r}", expected="two axes", mend="leave by out")
        cut = self._cut(outcome, (first, second), at or {}, difference=difference)
        return drawn_sweep(self, outcome=outcome, x=first, by=second, at=cut, difference=difference)

    def _axis(self, name: str, axis: str | None, outcome: str) -> str | None:
        if axis is not None and axis not in self.data[outcome].dims:
            raise InvalidArgument(
                f"{name} = {axis!r:.60}",
                expected=f"an axis of {outcome}",
                mend=near_matches(str(axis), [str(dim) for dim in self.data[outcome].dims]),
            )
        return axis

    def _cut(
        self, outcome: str, drawn: tuple[str | None, ...], at: Mapping[str, Any], *, difference: bool
    ) -> dict[str, Any]:
        rest = [axis for axis in self.axes if axis in self.data[outcome].dims and axis not in drawn]
        for axis, label in at.items():
            if axis not in rest or label not in self.data[axis].values.tolist():
                raise InvalidArgument(
                    f"at = {{{axis!r:.40}: {label!r:.40}}}",
                    expected="a cell of an axis that is not drawn: " + (", ".join(rest) or "there is none"),
                    mend=f"use one of {self.data[axis].values.tolist()!r:.200}" if axis in rest else "leave it out",
                )
        labels = {axis: self.data[axis].values.tolist() for axis in rest}
        if difference and "options" in rest:
            labels["options"].sort(key=lambda label: label == self.baseline)
        return {axis: at.get(axis, labels[axis][0]) for axis in rest}

    def __repr__(self) -> str:
        shape = " x ".join(f"{self.data.sizes[axis]} {axis}" for axis in self.axes)
        return f"Sweep({shape}, {int(self.data.attrs['worlds']):,} worlds; {self.report.say()})"

    def _repr_html_(self) -> str:
        frame = self.to_frame().reset_index()
        names = [*self.outcomes, UTILITY]
        rows = []
        for row in frame.head(_ROWS).to_dict("records"):
            cells = [
                estimate_text(row[name], row[f"{name}_error"], unit=frame.attrs["units"].get(name, "1"))
                for name in names
            ]
            rows.append([*(str(row[axis]) for axis in self.axes), *cells, row["status"]])
        more = f" The first {_ROWS} of {len(frame):,} rows." if len(frame) > _ROWS else ""
        return page_of((*self.axes, *names, "status"), rows, repr(self) + more)


def failed(status: np.ndarray[Any, Any]) -> int:
    """Count the cells that have no numbers to rely on, though they were run."""
    return int(np.count_nonzero((status != DONE) & (status != NOT_RUN)))
