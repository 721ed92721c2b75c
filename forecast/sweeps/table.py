"""From the cells of a sweep to its labelled grid."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.decision.utility import UTILITY_UNIT
from forecast.options import Option
from forecast.results import About, GateState
from forecast.settings import Settings
from forecast.sweeps.axes import Axis, Grid
from forecast.sweeps.report import SweepReport
from forecast.sweeps.result import DONE, NOT_RUN, UTILITY, Sweep, failed
from forecast.sweeps.sources import Base, code_hash
from forecast.sweeps.statistics import Reading, outcome_reading, scales_of, utility_reading
from forecast.sweeps.store import FORMAT, KIND
from forecast.sweeps.survey import Cell
from forecast.sweeps.tree import Nodes, fold
from forecast.versions import versions
from forecast.world import World

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["assembled"]


type Arrays = dict[str, np.ndarray[Any, Any]]


def assembled(
    grid: Grid,
    cells: Sequence[Cell],
    report: SweepReport,
    *,
    names: Sequence[str],
    baseline: Option | None,
    settings: Settings,
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
    baseline : Option, optional
        What the others are compared with.
    settings : Settings
        With the worlds and the seed of every cell.
    """
    import xarray as xr

    # Cells have their places on these; the axes that were given come out of them in their own order.
    inner = [*(grid.axis(name) for name in ("beliefs", "evidence")), *grid.parameters]
    inner += [grid.axis(name) for name in ("options", "months")]
    values = grid.axis("values")
    shape = tuple(len(axis.labels) for axis in inner)
    ends = ("", "_error") if baseline is None else ("", "_error", "_difference", "_difference_error")
    plain = {f"{name}{end}": np.full(shape, np.nan) for name in names for end in ends}
    valued = {f"{UTILITY}{end}": np.full((*shape, len(values.labels)), np.nan) for end in ends}
    status = np.full(shape, NOT_RUN, dtype=object)
    for cell in cells:
        status[cell.place] = _read(cell, grid.world, values, names, baseline, settings.worlds, {**plain, **valued})
    dims = [axis.name for axis in inner]
    variables: dict[str, Any] = {name: (dims, array, _attrs(grid.world, name)) for name, array in plain.items()}
    variables |= {name: ([*dims, "values"], array, _attrs(grid.world, name)) for name, array in valued.items()}
    variables["status"] = (dims, status.astype(str), {"long_name": "Whether there is a number to rely on, or why not"})
    data = xr.Dataset(variables, coords={axis.name: list(axis.labels) for axis in (*inner, values)})
    given = [axis.name for axis in grid.axes]
    # An axis that was not given is one cell, and stays as a coordinate without a dim.
    data = data.squeeze(list(grid.fixed))
    data = data.transpose(*given).assign_coords(_words(grid))
    data = data[[*variables]]
    count, gates = failed(status), _gates(cells)
    data.attrs = {
        "kind": KIND,
        "format": FORMAT,
        "origin": grid.world.date,
        "world": grid.world.name,
        "world_hash": grid.world.hash,
        "leading": grid.world.leading,
        "axes": given,
        "worlds": settings.worlds,
        "seed": settings.seed,
        "baseline": "" if baseline is None else baseline.name,
        "failed_cells": count,
        "not_run_cells": int(np.count_nonzero(status == NOT_RUN)),
        "gates": str(gates),
        "option_hashes": json.dumps({one.name: one.hash for one in grid.axis("options").items}, sort_keys=True),
        "priors_hashes": json.dumps({one.name: one.hash for one in grid.axis("beliefs").items}, sort_keys=True),
        "code": code_hash()[:16],
        "versions": json.dumps(versions()),
    }
    about = About(unit="", worlds=settings.worlds, seed=settings.seed, gates=gates, **_shared(grid))
    return Sweep(about=about, data=_labelled(data, grid), report=replace(report, failed=count))


def _read(
    cell: Cell, world: World, values: Axis, names: Sequence[str], baseline: Option | None, worlds: int, arrays: Arrays
) -> str:
    """Read one cell into the arrays, and say how it is."""
    if cell.failed:
        return f"failed: {cell.failed}"
    if not cell.there:
        return NOT_RUN
    totals = {(one.against is not None, one.scales): fold(one.parts, one.layout) for one in cell.kept}
    if baseline is not None and (True, None) not in totals:
        # The baseline less itself: nothing, in as many worlds.
        totals |= {(True, of): Nodes(n, 0.0 * mean, 0.0 * m2) for (_, of), (n, mean, m2) in totals.items()}
    bad: dict[str, str] = {}

    def put(name: str, end: str, place: tuple[int, ...], reading: Reading) -> None:
        arrays[f"{name}{end}"][place], arrays[f"{name}{end}_error"][place] = reading.mean, reading.error
        # A difference is unknown wherever one of the two is; the cell's own trouble is said once.
        if reading.bad and name not in bad:
            of = f"{name} less the baseline's" if end else name
            bad[name] = f"{of} is not finite in {reading.bad:,} worlds"

    for less in (False, True) if baseline is not None else (False,):
        end = "_difference" if less else ""
        for name in names:
            put(
                name,
                end,
                cell.place,
                outcome_reading(totals[less, None], world.outcomes, name, worlds, difference=less),
            )
        for number, one in enumerate(values.items):
            scales = scales_of(one)
            put(UTILITY, end, (*cell.place, number), utility_reading(totals[less, scales], scales, one, worlds))
    said = list(bad.values())
    if isinstance(cell.base, Base) and cell.base.gates.failed:
        said.append(f"gates broken: {cell.base.gates.broken}")
    return "; ".join(said) or DONE


def _gates(cells: Sequence[Cell]) -> GateState:
    """Return the state of the gates of all fits together: the worst that there is."""
    return GateState.together(cell.base.gates for cell in cells if isinstance(cell.base, Base))


def _shared(grid: Grid) -> dict[str, Any]:
    """Return what all cells have in common of beliefs, evidence, values and months."""
    labels = {name: grid.axis(name).labels for name in ("beliefs", "evidence", "values", "months")}
    said = {name: given[0] for name, given in labels.items() if len(given) == 1}
    if "evidence" not in said:
        # Without it beliefs would read as beliefs as they stand.
        said.pop("beliefs", None)
    return said


def _attrs(world: World, name: str) -> dict[str, Any]:
    of = name.removesuffix("_error").removesuffix("_difference")
    said = {"units": UTILITY_UNIT, "long_name": "Expected utility"} if of == UTILITY else world.outcomes[of].attrs()
    words = said["long_name"]
    words += " less the baseline's" if "_difference" in name.removeprefix(of) else ""
    if name == of:
        return said
    more = ": Monte-Carlo standard error" if name.endswith("_error") else ""
    return {"units": said["units"], "long_name": words + more}


def _words(grid: Grid) -> dict[str, Any]:
    return {"title": ("options", [option.title for option in grid.axis("options").items])}


def _labelled(data: xr.Dataset, grid: Grid) -> xr.Dataset:
    """Return the coordinates their units and words."""
    first = grid.axis("beliefs").items[0]
    for axis in grid.parameters:
        data[axis.name].attrs = {"units": first[axis.name].unit, "long_name": first[axis.name].meaning}
    data["months"].attrs = {"units": "month", "long_name": grid.world.months_label}
    return data
