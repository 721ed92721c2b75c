"""Saving outcomes to netCDF and reading them back, with nothing half written and nothing foreign trusted."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecast.errors import FileMissing, FileNotWritable, InvalidArgument, InvalidFile, VersionMismatch
from forecast.outcomes.dataset import check, is_summary
from forecast.schema import FORMAT, OUTCOMES_KIND, SUMMARY_KIND, outcomes_of, states_of

if TYPE_CHECKING:
    from collections.abc import Iterator

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
        From :func:`forecast.simulate`, worlds or summary.
    path : str or Path
        Where to; an existing file is replaced.

    Returns
    -------
    Path
        Where it was saved.

    Raises
    ------
    InvalidArgument
        If it is not a Dataset from a simulation, or not all of its variables and dims.
    FileNotWritable
        If the folder does not exist, or the disk refuses.

    Examples
    --------
    >>> import forecast, pathlib, priors, tempfile
    >>> district = forecast.load_world("district")
    >>> outcomes = forecast.simulate(priors.load(district.beliefs), world=district, evidence="none", worlds=200)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     forecast.save(outcomes, pathlib.Path(folder, "district.nc")).name
    'district.nc'
    """
    import xarray as xr

    check(outcomes, summaries=True)
    fault = _fault(outcomes)
    if fault is not None:
        raise InvalidArgument(
            f"outcomes {fault[0]}",
            expected=fault[1],
            mend="save what forecast.simulate returned" + ("" if is_summary(outcomes) else ", or whole worlds of it"),
        )
    path = Path(path)
    part = path.parent / f".forecast-{secrets.token_hex(8)}.part"
    try:
        _check_place(path)
        _reserve(part, room_for(outcomes))
        # Coordinates first: each that comes late is tied anew to all that use it, and a summary takes twice as long.
        ordered = xr.Dataset(coords=outcomes.coords, attrs=outcomes.attrs).assign(outcomes.data_vars)
        ordered.to_netcdf(part, engine="h5netcdf", encoding=_encoding(outcomes))
        os.replace(part, path)
    except TypeError as error:
        raise InvalidArgument(
            f"outcomes with an attribute that no file holds ({error!s:.200})",
            expected="attributes that are texts, numbers or arrays",
            mend="leave the attributes of a run as they were",
        ) from None
    except (OSError, RuntimeError, ValueError) as error:
        # h5py reports a full disk as any of the three, and a path with a NUL as a ValueError.
        raise _unwritable(path, error) from error
    finally:
        with contextlib.suppress(OSError, ValueError):
            part.unlink(missing_ok=True)
    return path


def _check_place(path: Path) -> None:
    """Meet, before any work, what only moving the finished file into its place would meet."""
    with contextlib.suppress(FileNotFoundError):
        if stat.S_ISDIR(os.stat(path).st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))


def room_for(outcomes: xr.Dataset) -> int:
    """Give bytes that a file of these outcomes will not exceed: the numbers, and what HDF5 keeps of each variable."""
    return int(1.05 * outcomes.nbytes) + 16_384 * len(outcomes.variables)


def _reserve(part: Path, size: int) -> None:
    """Take the room that a file will need before it is written.

    HDF5 brings the process down when it meets a full disk or a quota half-way, so those are met here.
    """
    with open(part, "wb") as file:
        try:
            os.posix_fallocate(file.fileno(), 0, size)
        except (AttributeError, OSError) as error:
            unable = (errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)
            if isinstance(error, OSError) and error.errno not in unable:
                raise
            if shutil.disk_usage(part.parent).free < size:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error


def _encoding(outcomes: xr.Dataset) -> dict[str, dict[str, Any]]:
    """Blocks of one option and some thousand worlds, of equal size so that no block is mostly empty."""
    if is_summary(outcomes):
        # Small arrays, each a block by itself.
        return {str(name): {"fletcher32": True, "chunksizes": v.shape} for name, v in outcomes.data_vars.items()}
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

    Examples
    --------
    >>> import forecast, pathlib, priors, tempfile
    >>> district = forecast.load_world("district")
    >>> outcomes = forecast.simulate(priors.load(district.beliefs), world=district, evidence="none", worlds=200)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = forecast.save(outcomes, pathlib.Path(folder, "district.nc"))
    ...     again = forecast.load(path)
    >>> again.identical(outcomes)
    True
    """
    import xarray as xr

    path = Path(path)
    if not path.is_file():
        raise FileMissing(f"there is no file {str(path)!r}", expected="a file of saved outcomes", mend="check the path")
    with _damage(path):
        attrs = _attributes(path)
    # Before the numbers are read, because a foreign file may be large.
    _check_format(attrs, path)
    with _damage(path):
        outcomes = xr.load_dataset(path, engine="h5netcdf")
    fault = _fault(outcomes)
    if fault is not None:
        raise InvalidFile(f"{str(path)!r} {fault[0]}", expected=fault[1], mend="save the outcomes again")
    whole = ("seed", "luck", "format", "worlds_asked", "first_world", "worlds", "failed_worlds")
    outcomes.attrs |= {key: int(outcomes.attrs[key]) for key in whole if _is_whole(outcomes.attrs.get(key))}
    if is_summary(outcomes):
        outcomes.attrs["relative_error"] = float(outcomes.attrs["relative_error"])
    return outcomes


@contextlib.contextmanager
def _damage(path: Path) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        # Damage can surface as any exception of HDF5, h5py, h5netcdf or xarray.
        raise InvalidFile(
            f"{str(path)!r} cannot be read as netCDF ({type(error).__name__}: {error})",
            expected="a whole file that forecast.save wrote",
            mend="save the outcomes again; a truncated or damaged file cannot be repaired",
        ) from error


def _attributes(path: Path) -> dict[Any, Any]:
    # Not through xarray: where these are damaged, h5netcdf leaves a half-made object that complains when it is freed.
    import h5py

    with h5py.File(path, "r") as file:
        # A number is kept as an array of one.
        return {key: value[0] if getattr(value, "shape", ()) == (1,) else value for key, value in file.attrs.items()}


def _check_format(attrs: dict[Any, Any], path: Path) -> None:
    if not isinstance(attrs.get("kind"), str) or attrs["kind"] not in (OUTCOMES_KIND, SUMMARY_KIND):
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
    # What another model computed has none.
    if "world_hash" in attrs and not _is_whole(attrs.get("seed")):
        raise InvalidFile(
            f"{str(path)!r} has the seed {attrs.get('seed')!r}",
            expected="a whole number",
            mend="save the outcomes again",
        )


def _is_whole(value: object) -> bool:
    import numpy as np

    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _fault(outcomes: xr.Dataset) -> tuple[str, str] | None:
    """Say what the outcomes lack of the schema, and what is expected; None if nothing."""
    dims: dict[str, tuple[str, ...]]
    coords: tuple[str, ...]
    variables = outcomes.attrs.get("variables")
    if not isinstance(variables, str):
        return "does not say its variables", "the variables that a simulation returns"
    states, known = states_of(outcomes), outcomes_of(outcomes)
    lacking = [name for name in variables.split() if name not in states and name not in known]
    if lacking:
        return f"lacks {', '.join(lacking[:5])}", "every variable of its world"
    if is_summary(outcomes):
        from forecast.summary.layout import dims as dims_of_summary

        dims, coords = dims_of_summary(states, known), ("option", "other", "month", "quantile", "title")
        attrs = [key for key in ("worlds", "failed_worlds") if not _is_whole(outcomes.attrs.get(key))]
        if attrs or not isinstance(outcomes.attrs.get("relative_error"), float):
            return f"does not say its {(*attrs, 'relative_error')[0]}", "a summary that says what it is made of"
    else:
        dims = dict.fromkeys(states, ("option", "world", "month")) | dict.fromkeys(known, ("option", "world"))
        coords = ("option", "world", "month", "title")
    missing = [name for name in (*dims, *coords) if name not in outcomes.variables]
    if missing:
        return f"lacks {', '.join(missing[:5])}", "every variable of the schema"
    for name, expected in dims.items():
        if outcomes[name].dims != expected:
            return f"has {name} on ({', '.join(map(str, outcomes[name].dims))})", f"dims ({', '.join(expected)})"
    empty = [str(dim) for dim, size in outcomes.sizes.items() if size == 0]
    return (f"has no {empty[0]}", "at least one option, world and month") if empty else None
