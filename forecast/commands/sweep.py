"""``forecast sweep``: a grid from a file, computed into a store that the next run takes over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecast.commands.gates import BROKEN
from forecast.commands.options import world_named
from forecast.commands.output import paragraph, print_json, print_table, say
from forecast.commands.stages import stage
from forecast.errors import VersionMismatch
from forecast.estimates import estimate_text
from forecast.files import check_out, place, staged
from forecast.world import NOT, World
from priors.tables import check_keys, field, read_toml

if TYPE_CHECKING:
    from forecast.sweeps.result import Sweep

__all__ = ["FIGURES", "FORMAT", "TABLES", "read_grid_file", "run_sweep"]

FORMAT = 1
"""Version of the grid file."""

TABLES = ("sweep.csv", "sweep.nc")
"""The files that are written, beside the pictures."""

FIGURES = ("sweep", "difference")
"""The pictures; the second where there is a baseline to differ from."""

_KEYS = ("format", "beliefs", "evidence", "baseline", "outcomes", "worlds", "seed", "grid")
_SHOWN = 4
"""Outcomes of the printed table, or more where success may cost so many harms."""

_ROWS = 40


def read_grid_file(path: str | Path) -> dict[str, Any]:
    """Read a grid file.

    Parameters
    ----------
    path : str or Path
        TOML: ``format = 1``; ``beliefs``, ``evidence``, ``baseline``, ``outcomes``, ``worlds`` and ``seed`` as
        :func:`forecast.sweep` has them, each of which may be left out; and a table ``[grid]`` with a list of cells for
        each axis. Files that it names are looked for from the current folder.

    Returns
    -------
    dict
        Keyword arguments of :func:`forecast.sweep`, the grid among them.

    Raises
    ------
    FileMissing, InvalidFile
        If it cannot be read or has an unknown key; ``VersionMismatch`` if of another format.
    """
    source = read_toml(Path(path))
    table: Mapping[str, Any] = source.table
    check_keys(table, _KEYS, where=source.where)
    version = table.get("format")
    if version != FORMAT or isinstance(version, bool):
        raise VersionMismatch(
            f"{source.where} has format = {version!r:.60}",
            expected=f"format = {FORMAT}",
            mend=f"put format = {FORMAT} on top",
        )
    return {
        "grid": field(table, "grid", dict, where=source.where),
        "beliefs": field(table, "beliefs", str, where=source.where, default="") or None,
        "evidence": field(table, "evidence", str, where=source.where, default="") or None,
        "baseline": field(table, "baseline", str, where=source.where, default="") or None,
        "outcomes": field(table, "outcomes", list, where=source.where) if "outcomes" in table else None,
        "worlds": table.get("worlds", 10_000),
        "seed": table.get("seed", 1),
    }


def run_sweep(
    grid: str,
    *,
    world: str | None,
    store: str,
    dry_run: bool,
    out: str | None,
    force: bool,
    as_json: bool,
    figures: bool,
    quiet: bool,
) -> int:
    """Run a sweep, or say what it would take; everything that can be refused is refused before any work.

    Parameters
    ----------
    grid : str
        A grid file.
    world : str, optional
        As for :func:`forecast.load_world`; the shipped one by default. A grid file names none, as it may be a
        stranger's, and a world is code.
    store : str
        Folder of the Zarr store, made if need be.
    dry_run : bool
        Only say what is there and what the rest would take.
    out : str, optional
        Folder for :data:`TABLES` and figures/, all of them or none; nothing is written without it, or by a dry run.
    force : bool
        End with status 0 although cells failed.
    as_json : bool
        Print the whole table and the report as JSON.
    figures : bool
        Draw pictures, where there is a folder for them.
    quiet : bool
        Say nothing on standard error.

    Returns
    -------
    int
        Exit status: 0, or 1 where cells failed.

    Raises
    ------
    ForecastError
        As for :func:`forecast.sweep`, and for a grid file that cannot be read or a folder that cannot be written to.
    KeyboardInterrupt
        If it was stopped, with words on what is kept.
    """
    from forecast.sweeps.sweep import sweep

    home = world_named(world)
    asked = read_grid_file(grid)
    names = [*TABLES, *(f"figures/{name}.png" for name in FIGURES if figures)]
    folder = None if out is None else check_out(out, names)
    try:
        with stage("looking up cells" if dry_run else "sweeping", quiet=quiet, own_bar=True):
            found = sweep(**asked, world=home, store=store, dry_run=dry_run, progress=not quiet)
        if found.report.ended == "interrupted":
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            f"stopped; what was computed is in {store}, and the same command goes on from there"
        ) from None
    drawn = [name for name in FIGURES if figures and (name != "difference" or found.baseline)]
    if folder is not None and not dry_run:
        _write(found, folder, drawn, quiet)
    if as_json:
        print_json(_as_data(found))
    else:
        _print(found, home, dry_run)
        if folder is not None and not dry_run:
            say()
            say(f"Files in {folder}: " + ", ".join(TABLES) + (f", figures ({len(drawn)})" if drawn else ""))
    return BROKEN if found.report.failed and not force and not dry_run else 0


def _write(found: Sweep, folder: Path, drawn: Sequence[str], quiet: bool) -> None:
    from forecast.plots.style import save

    names = [*TABLES, *(f"figures/{name}.png" for name in drawn)]
    with staged(folder) as place_of:
        frame = found.to_frame()
        said = {**found.about.columns(), **found.fixed}
        frame = frame.assign(**{name: value for name, value in said.items() if name not in found.axes})
        frame.to_csv(place_of / TABLES[0], lineterminator="\n")
        found.to_xarray().to_netcdf(place_of / TABLES[1], engine="h5netcdf")
        if drawn:
            (place_of / "figures").mkdir()
            with stage("drawing", quiet=quiet):
                for name in drawn:
                    save(found.plot(difference=name == "difference"), place_of / "figures" / f"{name}.png")
        place(place_of, folder, names, stale=[f"figures/{name}.png" for name in FIGURES if name not in drawn])


def _as_data(found: Sweep) -> dict[str, Any]:
    from dataclasses import asdict

    frame = found.to_frame()
    attrs = {key: value for key, value in found.data.attrs.items() if key != "kind"}
    rows = frame.reset_index().to_dict("records")
    return {
        "report": asdict(found.report) | {"said": found.report.say()},
        "provenance": attrs,
        "units": frame.attrs["units"],
        "cells": [] if found.report.ended == "dry run" else rows,
    }


def _print(found: Sweep, world: World, dry_run: bool) -> None:
    said = found.report.say()
    if found.report.failed:
        paragraph(f"CELLS FAILED: {found.report.failed:,}. Their numbers are not to be relied on; see their status.")
        say()
    if not dry_run:
        _print_cells(found, _shown(found, world), "")
        if found.baseline:
            paragraph(f"Less {found.baseline} in the same cell, world by world:")
            say()
            _print_cells(found, _shown(found, world), "_difference")
    paragraph(f"{said[:1].upper()}{said[1:]} ({found.whose}).")


def _shown(found: Sweep, world: World) -> list[str]:
    """Name the outcomes of the table: how it went, what reports lead with, and the harms."""
    harms = (harm.removeprefix(NOT) for harm in world.harms)
    first = dict.fromkeys([world.leading, *list(world.columns)[:1], *harms])
    asked = [name for name in first if name in found.outcomes]
    more = [name for name in dict.fromkeys([*world.columns, *found.outcomes]) if name not in asked]
    rest = [name for name in more if name in found.outcomes][: max(_SHOWN - len(asked), 0)]
    return [*asked, *rest, "utility"]


def _print_cells(found: Sweep, names: list[str], end: str) -> None:
    frame = found.to_frame().reset_index()
    marked = bool((frame["status"] != "done").any())
    if end:
        frame = frame[frame["options"] != found.baseline]
    units = found.to_frame().attrs["units"]
    rows = []
    for row in frame.head(_ROWS).to_dict("records"):
        numbers = [
            _number(row[f"{name}{end}"], row[f"{name}{end}_error"], units[name], difference=bool(end)) for name in names
        ]
        rows.append([*(str(row[axis]) for axis in found.axes), *numbers, *([row["status"]] if marked else [])])
    heads = [*found.axes, *names, *(["status"] if marked else [])]
    print_table(heads, rows, right=tuple(range(len(found.axes), len(found.axes) + len(names))), keep=len(found.axes))
    if len(frame) > _ROWS:
        paragraph(f"The first {_ROWS} of {len(frame):,} rows; --out or --json gives all.")
    say()


def _number(value: float, error: float, unit: str, *, difference: bool) -> str:
    text = estimate_text(value, error, unit=unit).removesuffix(" utility")
    return f"{text.removesuffix(' %')} points" if difference and text.endswith(" %") else text
