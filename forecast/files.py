"""A run's files appear together and whole, or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from pathlib import Path

from forecast.errors import FileNotWritable

__all__ = ["check_out", "paths_from", "place", "staged", "stamp_of", "whole_path", "write_whole"]

_HERE: ContextVar[Path | None] = ContextVar("_HERE", default=None)
"""The folder of the file that is being run; no working directory is changed for it, which all threads share."""


@contextlib.contextmanager
def paths_from(folder: Path) -> Iterator[None]:
    """Let :func:`whole_path` start from a folder, in this thread and until the block ends."""
    token = _HERE.set(folder)
    try:
        yield
    finally:
        _HERE.reset(token)


def whole_path(path: str | Path) -> Path:
    """Write a path in full, from the folder of the file that is being run, or else from the working directory."""
    here = _HERE.get()
    return Path(path).absolute() if here is None else here / path


def stamp_of(path: Path) -> tuple[int, int] | None:
    """Return what differs once a file is written again; None if there is no file."""
    try:
        found = path.stat() if path.is_file() else None
    except OSError:
        return None
    return None if found is None else (found.st_mtime_ns, found.st_size)


def _refused(given: str, *, mend: str = "choose another folder") -> FileNotWritable:
    return FileNotWritable(given, expected="a folder, or a place where one can be made", mend=mend)


def _standing(out: Path) -> Path:
    """Give the folder itself, or the nearest one above it that exists."""
    return next((path for path in (out, *out.parents) if os.path.lexists(path)), Path())


def check_out(out: str, names: Sequence[str]) -> Path:
    """Refuse, before any work, an output folder that could not be written to.

    Parameters
    ----------
    out : str
        The folder; it and those above it may not exist yet.
    names : sequence of str
        Files that will be written there, with their sub-folders.

    Returns
    -------
    Path
        The folder. Nothing is left of the attempt.

    Raises
    ------
    FileNotWritable
        If it is a file, cannot be made or written to, or has a folder where a file must go.
    """
    if not out.strip():
        raise _refused("the output folder has no name")
    path = Path(out)
    try:
        standing = _standing(path)
        if not standing.is_dir():
            raise _refused(f"{str(standing)!r}, where the output should go, is not a folder")
        for name in names:
            for target, folder in ((path / name, False), *((path / up, True) for up in Path(name).parents[:-1])):
                if os.path.lexists(target) and target.is_dir() != folder:
                    raise _refused(
                        f"{str(target)!r} is {'not a folder' if folder else 'a folder'}",
                        mend="move it away, or choose another folder",
                    )
        _try(path)
    except FileNotWritable:
        raise
    except (OSError, ValueError) as error:
        raise _refused(f"{out!r} cannot be written to ({getattr(error, 'strerror', None) or error})") from error
    return path


def _try(folder: Path) -> None:
    """Make the folder and write into it, and take all of it away again: the one sure way to know that it can be."""
    made: list[Path] = []
    try:
        _make_folders(folder, made)
        os.rmdir(_stage_in(folder))
    finally:
        for path in reversed(made):
            with contextlib.suppress(OSError, ValueError):
                path.rmdir()


def _stage_in(folder: Path) -> str:
    return tempfile.mkdtemp(prefix=".forecast-", suffix=".part", dir=folder)


def _terminated(number: int, _: object) -> None:
    raise SystemExit(128 + number)


@contextlib.contextmanager
def staged(out: Path) -> Iterator[Path]:
    """Give a temporary folder on the same disk, gone afterwards whatever happens.

    It is inside ``out`` where that exists, because ``out`` may be the only place on its disk that can be written to.
    A request to terminate (SIGTERM) clears it away too.

    Raises
    ------
    FileNotWritable
        If it cannot be made, or whatever is done with it meets an error of the file system.
    """
    before = None
    if threading.current_thread() is threading.main_thread():
        before = signal.signal(signal.SIGTERM, _terminated)
    folder = None
    try:
        folder = _stage_in(_standing(out))
        yield Path(folder)
    except FileNotWritable:
        raise
    except OSError as error:
        raise _refused(
            f"writing to {str(out)!r} failed ({error.strerror or error})", mend="make room, or choose another folder"
        ) from error
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        if before is not None:
            signal.signal(signal.SIGTERM, before)


def place(stage: Path, out: Path, names: Sequence[str], *, stale: Sequence[str] = ()) -> None:
    """Move finished files from the temporary folder to where they belong.

    If that is interrupted or fails part of the way, what was there before is put back.

    Parameters
    ----------
    stage : Path
        From :func:`staged`, with the files.
    out : Path
        The output folder; made if need be.
    names : sequence of str
        The files, with their sub-folders.
    stale : sequence of str
        Files of an earlier run that are removed from ``out``, with their sub-folder if that leaves it empty.
    """
    kept = Path(tempfile.mkdtemp(prefix="before-", dir=stage))
    made: list[Path] = []
    begun: list[str] = []
    try:
        for name in (*names, *(name for name in stale if (out / name).exists())):
            # Noted first: an interrupt may fall between any two of these lines.
            begun.append(name)
            target, before = out / name, kept / name
            _make_folders(target.parent, made)
            if target.exists():
                before.parent.mkdir(exist_ok=True)
                os.replace(target, before)
            if name in names:
                os.replace(stage / name, target)
        for folder in {(out / name).parent for name in stale} - {(out / name).parent for name in names}:
            # A folder that the removal left empty goes too; one with anything in it stays.
            with contextlib.suppress(OSError):
                folder.rmdir()
    except BaseException:
        for name in reversed(begun):
            with contextlib.suppress(OSError):
                if (kept / name).exists():
                    (out / name).parent.mkdir(exist_ok=True)
                    os.replace(kept / name, out / name)
                elif name in names and not (stage / name).exists():
                    (out / name).unlink(missing_ok=True)
        for folder in reversed(made):
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise


def _make_folders(folder: Path, made: list[Path]) -> None:
    """Make a folder and those above it, and note which were not there."""
    for path in reversed([folder, *folder.parents]):
        if not path.exists():
            made.append(path)
            path.mkdir()


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Write one file beside its place and move it there.

    Parameters
    ----------
    path : Path
        The file; an existing one is replaced.
    write : callable
        Writes to the path it is given, which ends like ``path``.

    Raises
    ------
    FileNotWritable
        If it cannot be written.
    """
    part = path.parent / f".forecast-{secrets.token_hex(8)}{path.suffix}"
    try:
        write(part)
        os.replace(part, path)
    except (OSError, ValueError) as error:
        raise FileNotWritable(
            f"{str(path)!r} cannot be written ({getattr(error, 'strerror', None) or error})",
            expected="a file in a folder that exists",
            mend="make the folder first, or choose another place",
        ) from error
    finally:
        with contextlib.suppress(OSError, ValueError):
            part.unlink(missing_ok=True)
