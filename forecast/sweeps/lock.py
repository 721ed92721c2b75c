"""One writer on a store at a time."""

from __future__ import annotations

import contextlib
import json
import os
import socket
from pathlib import Path
from typing import Any

from forecast.errors import FileNotWritable

try:
    import fcntl
except ImportError:  # pragma: no cover
    # Windows: then only the process that the file names is asked for.
    fcntl = None  # type: ignore[assignment]

__all__ = ["LOCK", "Lock"]

LOCK = ".lock"
"""The file, in the store's folder; it names the process that writes."""

_TRIES = 5


class Lock:
    """The right to write to a store, held from the start to :meth:`release` or the end of the process.

    The operating system holds it (flock) and drops it when a process dies in whatever way, so that a file left by a
    dead process of this machine is taken over. A file of another machine is taken at its word, since not every shared
    disk carries such locks.

    Parameters
    ----------
    folder : Path
        The store, which exists.

    Raises
    ------
    FileNotWritable
        If another process has it.
    OSError
        If the file cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / LOCK
        self._file = -1
        for _ in range(_TRIES):
            if self._took():
                return
        raise self._refused("another process")

    def _took(self) -> bool:
        """Try once; False where the file was removed meanwhile by whoever had it."""
        file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            self._check(file)
            try:
                same = os.path.samestat(os.fstat(file), os.stat(self._path))
            except FileNotFoundError:
                same = False
            if not same:
                os.close(file)
                return False
            os.ftruncate(file, 0)
            os.pwrite(file, json.dumps({"pid": os.getpid(), "host": socket.gethostname()}).encode(), 0)
        except BaseException:
            with contextlib.suppress(OSError):
                os.close(file)
            raise
        self._file = file
        return True

    def _check(self, file: int) -> None:
        """Refuse a file that another process holds."""
        said = _said(file)
        who = f"process {said.get('pid', '?')} on {said.get('host', '?')}"
        held = False
        if fcntl is not None:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                held = True
            except BlockingIOError:
                raise self._refused(who) from None
            except OSError:
                # A file system without locks.
                pass
        if said and said.get("host") != socket.gethostname():
            raise self._refused(who)
        if said and not held and _lives(said.get("pid")):
            raise self._refused(who)

    def _refused(self, who: str) -> FileNotWritable:
        return FileNotWritable(
            f"the store {str(self._path.parent)!r} is being written by {who}",
            expected="one writer at a time",
            mend=f"wait for it, or use another store; if that process is gone, delete {self._path}",
        )

    def release(self) -> None:
        """Let others write; the file goes first, while nobody else can hold it."""
        if self._file >= 0:
            with contextlib.suppress(OSError):
                os.unlink(self._path)
            os.close(self._file)
            self._file = -1


def _said(file: int) -> dict[str, Any]:
    """Return what the file says; nothing where it is empty or was cut off while it was written."""
    try:
        said = json.loads(os.pread(file, 4096, 0))
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _lives(pid: object) -> bool:
    if not isinstance(pid, int) or isinstance(pid, bool) or pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        # It is somebody else's.
        return True
    return True
