"""Saving outcomes to netCDF and reading them back, with nothing half written and nothing foreign trusted."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecast.errors import FileMissing, FileNotWritable, InvalidFile, VersionMismatch
from forecast.outcomes import check
from forecast.schema import FORMAT, OUTCOMES, STATES

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["load", "save"]

_CHUNK_WORLDS = 4096
"""Worlds in one block of a file: about a megabyte of a 24-month state."""


def save(outcomes: xr.Dataset, path: str | Path) -> Path:
    """Save outcomes as netCDF.

    The file is written beside its place and then moved there, so a file at ``path`` is always whole. Every block of
    numbers carries a checksum (HDF5's Fletcher-32), so that reading tells of damage instead of giving wrong numbers.

    Parameters
    ----------
    outcomes : xarray.Dataset
        From :func:`forecast.simulate`.
    path : str or Path
        Where to; an existing file is replaced.

    Returns
    -------
    Path
        Where it was saved.

    Raises
    ------
    InvalidArgument
        If it is not a Dataset from a simulation.
    FileNotWritable
        If the folder does not exist, or the disk refuses.
    """
    check(outcomes)
    path = Path(path)
    part = path.parent / f".forecast-{secrets.token_hex(8)}.part"
    try:
        outcomes.to_netcdf(part, engine="h5netcdf", encoding=_encoding(outcomes))
        os.replace(part, path)
    except (OSError, RuntimeError, ValueError) as error:
        # h5py reports a full disk as any of the three, and a path with a NUL as a ValueError.
        raise _unwritable(path, error) from error
    finally:
        with contextlib.suppress(OSError, ValueError):
            part.unlink(missing_ok=True)
    return path


def _encoding(outcomes: xr.Dataset) -> dict[str, dict[str, Any]]:
    """Blocks of one option and some thousand worlds, of equal size so that no block is mostly empty."""
    worlds = outcomes.sizes["world"]
    blocks = -(-worlds // _CHUNK_WORLDS)
    size = {"option": 1, "world": -(-worlds // blocks)}
    return {
        str(name): {
            "fletcher32": True,
            "chunksizes": tuple(size.get(str(dim), variable.sizes[dim]) for dim in variable.dims),
        }
        for name, variable in outcomes.data_vars.items()
    }


def _unwritable(path: Path, error: Exception) -> FileNotWritable:
    return FileNotWritable(
        f"{str(path)!r} cannot be written ({getattr(error, 'strerror', None) or error})",
        expected="a place that exists, is writable and has room",
        mend="choose another place, or make the folder first",
    )


def load(path: str | Path) -> xr.Dataset:
    """Read saved outcomes, whole, into memory.

    Parameters
    ----------
    path : str or Path
        A file that :func:`save` wrote.

    Returns
    -------
    xarray.Dataset
        As :func:`forecast.simulate` returned it.

    Raises
    ------
    FileMissing
        If there is no such file.
    InvalidFile
        If it is truncated, damaged, or not such a file; ``VersionMismatch`` if of another format.
    """
    import xarray as xr

    path = Path(path)
    if not path.is_file():
        raise FileMissing(f"there is no file {str(path)!r}", expected="a file of saved outcomes", mend="check the path")
    try:
        outcomes = xr.load_dataset(path, engine="h5netcdf")
    except Exception as error:
        # Damage can surface as any exception of HDF5, h5py, h5netcdf or xarray.
        raise InvalidFile(
            f"{str(path)!r} cannot be read as netCDF ({type(error).__name__}: {error})",
            expected="a whole file that forecast.save wrote",
            mend="save the outcomes again; a truncated or damaged file cannot be repaired",
        ) from error
    _check_format(outcomes.attrs, path)
    _check_variables(outcomes, path)
    outcomes.attrs |= {key: int(outcomes.attrs[key]) for key in ("seed", "format")}
    return outcomes


def _check_format(attrs: dict[Any, Any], path: Path) -> None:
    if not isinstance(attrs.get("kind"), str) or attrs["kind"] != "libya-forecast outcomes":
        raise InvalidFile(
            f"{str(path)!r} is a netCDF file of something else",
            expected="a file that forecast.save wrote",
            mend="check the path",
        )
    if not _is_whole(attrs.get("format")) or attrs["format"] != FORMAT:
        raise VersionMismatch(
            f"{str(path)!r} has outcome format {attrs.get('format')!r}",
            expected=f"format {FORMAT}",
            mend="run the forecast again with this release; seed and hashes are in the file's attributes",
        )
    if not _is_whole(attrs.get("seed")):
        raise InvalidFile(
            f"{str(path)!r} has the seed {attrs.get('seed')!r}",
            expected="a whole number",
            mend="save the outcomes again",
        )


def _is_whole(value: object) -> bool:
    import numpy as np

    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _check_variables(outcomes: xr.Dataset, path: Path) -> None:
    dims = dict.fromkeys(STATES, ("option", "world", "month")) | dict.fromkeys(OUTCOMES, ("option", "world"))
    missing = [name for name in (*dims, "option", "world", "month", "title") if name not in outcomes.variables]
    if missing:
        raise InvalidFile(
            f"{str(path)!r} lacks {', '.join(missing[:5])}",
            expected="every variable of the schema",
            mend="save the outcomes again",
        )
    for name, expected in dims.items():
        if outcomes[name].dims != expected:
            raise InvalidFile(
                f"{str(path)!r} has {name} on ({', '.join(map(str, outcomes[name].dims))})",
                expected=f"dims ({', '.join(expected)})",
                mend="save the outcomes again",
            )
