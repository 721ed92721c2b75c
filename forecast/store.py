"""Saving outcomes to netCDF and reading them back, with nothing half written and nothing foreign trusted."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from forecast.errors import FileMissing, FileNotWritable, InvalidFile, VersionMismatch
from forecast.outcomes import check
from forecast.schema import FORMAT, OUTCOMES, STATES

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["load", "save"]


def save(outcomes: xr.Dataset, path: str | Path) -> Path:
    """Save outcomes as netCDF.

    The file is written beside its place and then moved there, so a file at ``path`` is always whole.

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
    FileNotWritable
        If the folder does not exist, or the disk refuses.
    """
    check(outcomes)
    path = Path(path)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    except OSError as error:
        raise _unwritable(path, error) from error
    os.close(handle)
    part = Path(name)
    try:
        outcomes.to_netcdf(part, engine="h5netcdf")
        os.replace(part, path)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        part.unlink(missing_ok=True)
    return path


def _unwritable(path: Path, error: OSError) -> FileNotWritable:
    return FileNotWritable(
        f"{str(path)!r} cannot be written ({error.strerror or error})",
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
        raise FileMissing(
            f"there is no file {str(path)!r}", expected="a file of saved outcomes", mend="check the path"
        )
    try:
        outcomes = xr.load_dataset(path, engine="h5netcdf")
    except (OSError, ValueError, KeyError, RuntimeError, TypeError) as error:
        raise InvalidFile(
            f"{str(path)!r} cannot be read as netCDF ({type(error).__name__}: {error})",
            expected="a whole file that forecast.save wrote",
            mend="save the outcomes again; a truncated file cannot be repaired",
        ) from error
    if outcomes.attrs.get("kind") != "libya-forecast outcomes":
        raise InvalidFile(
            f"{str(path)!r} is a netCDF file of something else",
            expected="a file that forecast.save wrote",
            mend="check the path",
        )
    if outcomes.attrs.get("format") != FORMAT:
        raise VersionMismatch(
            f"{str(path)!r} has outcome format {outcomes.attrs.get('format')!r}",
            expected=f"format {FORMAT}",
            mend="run the forecast again with this release; seed and hashes are in the file's attributes",
        )
    missing = [name for name in (*STATES, *OUTCOMES) if name not in outcomes]
    if missing:
        raise InvalidFile(
            f"{str(path)!r} lacks {', '.join(missing[:5])}",
            expected="every variable of the schema",
            mend="save the outcomes again",
        )
    # NetCDF has no yes/no type of its own; h5netcdf keeps booleans through xarray's dtype attribute.
    outcomes.attrs = {key: int(v) if key in ("seed", "format") else v for key, v in outcomes.attrs.items()}
    return outcomes
