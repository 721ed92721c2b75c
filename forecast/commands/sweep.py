"""``forecast sweep``: a grid from a file, computed into a store that the next run takes over."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecast.commands.gates import BROKEN
from forecast.commands.output import paragraph, print_json, print_table, say
from forecast.commands.stages import stage
from forecast.comparison import HEADLINE
from forecast.errors import InvalidArgument, VersionMismatch
from forecast.rounding import estimate_text
from priors.tables import check_keys, field, read_toml

if TYPE_CHECKING:
    from forecast.sweeps.result import Sweep

__all__ = ["FORMAT", "read_grid_file", "run_sweep"]

FORMAT = 1
"""Version of the grid file."""

_KEYS = ("format", "beliefs", "outcomes", "worlds", "seed", "grid")
_SHOWN = ("stable_success", "isis_degraded", "council_survives", "civil_war_ever")
"""The outcomes of the printed table, where they are asked for."""

_ROWS = 40


def read_grid_file(path: str | Path) -> dict[str, Any]:
    """Read a grid file.

    Parameters
    ----------
    path : str or Path
        TOML: ``format = 1``; ``beliefs``, ``outcomes``, ``worlds`` and ``seed`` as :func:`forecast.sweep` has them,
        each of which may be left out; and a table ``[grid]`` with a list of cells for each axis. Files that it names
        are looked for from the current folder.

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
        "beliefs": field(table, "beliefs", str, where=source.where, default="article"),
        "outcomes": field(table, "outcomes", list, where=source.where, default=list(HEADLINE)),
        "worlds": table.get("worlds", 10_000),
        "seed": table.get("seed", 1),
    }


def run_sweep(file: str, *, store: str, dry_run: bool, out: str | None, force: bool, as_json: bool, quiet: bool) -> int:
    """Run a sweep, or say what it would take.

    Parameters
    ----------
    file : str
        A grid file.
    store : str
        Folder of the Zarr store, made if need be.
    dry_run : bool
        Only say what is there and what the rest would take.
    out : str, optional
        A file for the table as CSV, written whole or not at all.
    force : bool
        End with status 0 although cells failed.
    as_json : bool
        Print the whole table and the report as JSON.
    quiet : bool
        Say nothing on standard error.

    Returns
    -------
    int
        Exit status: 0, or 1 where cells failed.

    Raises
    ------
    ForecastError
        As for :func:`forecast.sweep`, and for a grid file that cannot be read.
    KeyboardInterrupt
        If it was stopped; what was done is in the store.
    """
    from forecast.commands.whole import write_whole
    from forecast.sweeps.sweep import sweep

    asked = read_grid_file(file)
    if out is not None and not Path(out).parent.is_dir():
        raise InvalidArgument(
            f"the folder of {out!r} does not exist", expected="a file in a folder that exists", mend="make it first"
        )
    with stage("looking up cells" if dry_run else "sweeping", quiet=quiet, own_bar=True):
        found = sweep(**asked, store=store, dry_run=dry_run, progress=not quiet)
    if found.report.ended == "interrupted":
        raise KeyboardInterrupt
    if out is not None and not dry_run:
        write_whole(Path(out), lambda part: found.to_frame().to_csv(part, lineterminator="\n"))
    if as_json:
        print_json(_as_data(found))
    else:
        _print(found, dry_run)
    return BROKEN if found.report.failed and not force and not dry_run else 0


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


def _print(found: Sweep, dry_run: bool) -> None:
    said = found.report.say()
    if found.report.failed:
        paragraph(f"CELLS FAILED: {found.report.failed:,}. Their numbers are not to be relied on; see their status.")
        say()
    if not dry_run:
        frame = found.to_frame().reset_index()
        shown = [name for name in _SHOWN if name in found.outcomes] or list(found.outcomes[:4])
        names = [*shown, "utility"]
        marked = bool((frame["status"] != "done").any())
        rows = [
            [
                *(str(row[axis]) for axis in found.axes),
                *(
                    estimate_text(row[name], row[f"{name}_error"], unit=frame.attrs["units"][name]).removesuffix(
                        " utility"
                    )
                    for name in names
                ),
                *([row["status"]] if marked else []),
            ]
            for row in frame.head(_ROWS).to_dict("records")
        ]
        heads = [*found.axes, *names, *(["status"] if marked else [])]
        places = tuple(range(len(found.axes), len(found.axes) + len(names)))
        print_table(heads, rows, right=places, keep=len(found.axes))
        if len(frame) > _ROWS:
            paragraph(f"The first {_ROWS} of {len(frame):,} rows; --out or --json gives all.")
        say()
    paragraph(f"{said[:1].upper()}{said[1:]}.")
