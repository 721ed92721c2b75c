"""From the cells of a sweep to its labelled grid."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.decision.utility import UTILITY_UNIT
from forecast.schema import OUTCOMES
from forecast.sweeps.axes import Axis, Grid
from forecast.sweeps.result import DONE, NOT_RUN, UTILITY, Sweep, SweepReport, failed
from forecast.sweeps.shelf import FORMAT, KIND
from forecast.sweeps.sources import Base, code_hash
from forecast.sweeps.statistics import layout_of, outcome_reading, scales_of, utility_reading
from forecast.sweeps.survey import Cell
from forecast.sweeps.tree import fold
from forecast.versions import versions

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["assembled"]


def assembled(
    grid: Grid, cells: Sequence[Cell], report: SweepReport, *, names: Sequence[str], worlds: int, seed: int
) -> Sweep:
    """Read the numbers out of all cells and label them.

    Parameters
    ----------
    grid : Grid
        The axes.
    cells : sequence of Cell
        With what is known of each.
    report : SweepReport
        Of what was done; the failed cells are counted here.
    names : sequence of str
        The outcomes.
    worlds, seed : int
        Of every cell.
    """
    import xarray as xr

    # Cells have their places on these; the axes that were given come out of them in their own order.
    inner = [*(grid.axis(name) for name in ("beliefs", "evidence")), *grid.parameters]
    inner += [grid.axis(name) for name in ("options", "months")]
    values = grid.axis("values")
    shape = tuple(len(axis.labels) for axis in inner)
    plain = {name: np.full(shape, np.nan) for one in names for name in (one, f"{one}_error")}
    valued = {name: np.full((*shape, len(values.labels)), np.nan) for name in (UTILITY, f"{UTILITY}_error")}
    status = np.full(shape, NOT_RUN, dtype=object)
    for cell in cells:
        status[cell.place] = _read(cell, values, names, worlds, plain, valued)
    dims = [axis.name for axis in inner]
    variables: dict[str, Any] = {name: (dims, array, _attrs(name)) for name, array in plain.items()}
    variables |= {name: ([*dims, "values"], array, _attrs(name)) for name, array in valued.items()}
    variables["status"] = (dims, status.astype(str), {"long_name": "Whether there is a number to rely on, or why not"})
    data = xr.Dataset(variables, coords={axis.name: list(axis.labels) for axis in (*inner, values)})
    given = [axis.name for axis in grid.axes]
    # An axis that was not given is one cell, and stays as a coordinate without a dim.
    data = data.squeeze(list(grid.fixed))
    data = data.transpose(*given).assign_coords(_words(grid))
    data = data[[*variables]]
    count = failed(status)
    data.attrs = {
        "kind": KIND,
        "format": FORMAT,
        "origin": "2016-02-29",
        "axes": given,
        "worlds": worlds,
        "seed": seed,
        "failed_cells": count,
        "not_run_cells": int(np.count_nonzero(status == NOT_RUN)),
        "gates": _gates(cells),
        "option_hashes": json.dumps({one.name: one.hash for one in grid.axis("options").items}, sort_keys=True),
        "priors_hashes": json.dumps({one.name: one.hash for one in grid.axis("beliefs").items}, sort_keys=True),
        "code": code_hash()[:16],
        "versions": json.dumps(versions()),
    }
    return Sweep(_labelled(data, grid), replace(report, failed=count))


def _read(
    cell: Cell,
    values: Axis,
    names: Sequence[str],
    worlds: int,
    plain: dict[str, np.ndarray[Any, Any]],
    valued: dict[str, np.ndarray[Any, Any]],
) -> str:
    """Read one cell into the arrays, and say how it is."""
    if cell.failed:
        return f"failed: {cell.failed}"
    if not cell.there:
        return NOT_RUN
    totals = {one.scales: fold(one.parts, layout_of(one.scales)) for one in cell.kept}
    bad = []
    for name in names:
        reading = outcome_reading(totals[None], name, worlds)
        plain[name][cell.place], plain[f"{name}_error"][cell.place] = reading.mean, reading.error
        bad += [f"{name} is not finite in {reading.bad:,} worlds"] if reading.bad else []
    for number, one in enumerate(values.items):
        scales = scales_of(one)
        reading = utility_reading(totals[scales], scales, one, worlds)
        place = (*cell.place, number)
        valued[UTILITY][place], valued[f"{UTILITY}_error"][place] = reading.mean, reading.error
        bad += [f"utility is not finite in {reading.bad:,} worlds"] if reading.bad and number == 0 else []
    if isinstance(cell.base, Base) and cell.base.gates:
        bad.append(f"gates broken: {cell.base.gates}")
    return "; ".join(bad) or DONE


def _gates(cells: Sequence[Cell]) -> str:
    broken = dict.fromkeys(cell.base.gates for cell in cells if isinstance(cell.base, Base) and cell.base.gates)
    return f"failed: {'; '.join(broken)}" if broken else ""


def _attrs(name: str) -> dict[str, str]:
    outcome = name.removesuffix("_error")
    unit, words = (UTILITY_UNIT, "Expected utility") if outcome == UTILITY else ("", "")
    if outcome in OUTCOMES:
        unit, words = OUTCOMES[outcome].unit, OUTCOMES[outcome].long_name
    return {"units": unit, "long_name": words if outcome == name else f"{words}: Monte-Carlo standard error"}


def _words(grid: Grid) -> dict[str, Any]:
    return {"title": ("options", [option.title for option in grid.axis("options").items])}


def _labelled(data: xr.Dataset, grid: Grid) -> xr.Dataset:
    """Give the coordinates their units and words."""
    first = grid.axis("beliefs").items[0]
    for axis in grid.parameters:
        data[axis.name].attrs = {"units": first[axis.name].unit, "long_name": first[axis.name].meaning}
    data["months"].attrs = {"units": "month", "long_name": "Months after the end of February 2016"}
    return data
