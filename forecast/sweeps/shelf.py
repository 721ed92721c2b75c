"""The store of a sweep: what has been computed, by what it follows from.

Under ``cells/KEY`` lies a group for each cell, KEY being the SHA-256 of all that its worlds follow from but their
number, which the group's attributes say. In it lies an array for each range of worlds, ``START-STOP``. Under
``draws/KEY`` lie the draws of each fit. An array is written beside its place and moved there whole, never changed
after, and read only if its bytes have the SHA-256 that its attributes say: what does not is computed again. Nothing is
forced to the disk, because what a power cut takes away is found to be damaged.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecast.cache import content_key
from forecast.errors import FileNotWritable, InvalidFile, VersionMismatch
from forecast.sweeps.lock import LOCK, Lock
from forecast.sweeps.node import METADATA, Damaged, read_array, read_group, write_array, write_group

__all__ = ["FORMAT", "KIND", "Shelf"]

KIND, FORMAT = "libya-forecast sweep", 1

type Floats = NDArray[np.float64]

_CELLS, _DRAWS = "cells", "draws"
_PART = ".part-"
_RANGE = re.compile(r"(0|[1-9]\d{0,8})-([1-9]\d{0,8})")


class Shelf:
    """A store, to be read, and once it is locked to be written.

    Parameters
    ----------
    path : str or Path
        Its folder, which need not exist.

    Attributes
    ----------
    damaged : list of str
        What was found to be damaged, by its place in the store.

    Raises
    ------
    InvalidFile
        If something else is there; ``VersionMismatch`` for a store of another format.
    FileNotWritable
        If it cannot be read.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.damaged: list[str] = []
        self._lock: Lock | None = None
        self._check()

    def _check(self) -> None:
        try:
            if not os.path.lexists(self.path):
                return
            # A writer that was stopped before anything else leaves an empty folder.
            if self.path.is_dir() and not [one for one in os.listdir(self.path) if not _passing(one)]:
                return
        except (OSError, ValueError) as error:
            raise _unwritable(self.path, error) from error
        try:
            attributes = read_group(self.path)
        except Damaged as error:
            raise InvalidFile(
                f"{str(self.path)!r} is not the store of a sweep ({error})",
                expected="a store that forecast.sweep made, or a place where nothing is",
                mend=f"name another folder; if it is a sweep whose {METADATA} was damaged, delete that file, and it is "
                "made anew",
            ) from error
        if attributes.get("kind") != KIND:
            raise InvalidFile(
                f"{str(self.path)!r} is a Zarr store of something else",
                expected="a store that forecast.sweep made, or a place where nothing is",
                mend="name another folder",
            )
        version = attributes.get("format")
        if type(version) is not int or version != FORMAT:
            raise VersionMismatch(
                f"the store {str(self.path)!r} has format {version!r:.20}",
                expected=f"format {FORMAT}",
                mend="use the release that wrote it, or name another folder; nothing in it was changed",
            )

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Make the store if need be, and hold it as its one writer.

        Raises
        ------
        FileNotWritable
            If another process writes to it, or it cannot be written to.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock = Lock(self.path)
        except FileNotWritable:
            raise
        except (OSError, ValueError) as error:
            raise _unwritable(self.path, error) from error
        try:
            self._check()
            with self._refusing():
                self._prepare()
            yield
        finally:
            self._lock.release()
            self._lock = None

    def _prepare(self) -> None:
        for left in self.path.glob(f"{_PART}*"):
            shutil.rmtree(left, ignore_errors=True)
        for name in (_CELLS, _DRAWS):
            if not (self.path / name / METADATA).is_file():
                self._place_group(self.path / name, {})
        # Last, because it says that the rest is there.
        if not (self.path / METADATA).is_file():
            self._place_group(self.path, {"kind": KIND, "format": FORMAT})

    def _place_group(self, folder: Path, attributes: Mapping[str, Any]) -> None:
        with self._part() as part:
            write_group(part, attributes)
            folder.mkdir(exist_ok=True)
            os.replace(part / METADATA, folder / METADATA)

    @contextlib.contextmanager
    def _refusing(self) -> Iterator[None]:
        try:
            yield
        except FileNotWritable:
            raise
        except OSError as error:
            raise _unwritable(self.path, error) from error

    @contextlib.contextmanager
    def _part(self) -> Iterator[Path]:
        part = Path(tempfile.mkdtemp(prefix=_PART, dir=self.path))
        try:
            yield part
        finally:
            shutil.rmtree(part, ignore_errors=True)

    def ranges(self, follows: Mapping[str, Any]) -> list[tuple[int, int]]:
        """Give the ranges of worlds that lie there of a cell, whole or damaged.

        Parameters
        ----------
        follows : mapping
            What the cell follows from.
        """
        try:
            names = os.listdir(self.path / _CELLS / content_key(follows))
        except (OSError, ValueError):
            # There is no such cell, or no system has such a name.
            return []
        self._check_description(follows)
        found = [match for match in map(_RANGE.fullmatch, names) if match]
        return sorted((int(match[1]), int(match[2])) for match in found)

    def _check_description(self, follows: Mapping[str, Any]) -> None:
        """Note, and where the store is locked mend, what a cell says of itself; its arrays do not depend on it."""
        key = content_key(follows)
        group = {"follows_from": dict(follows)}
        if not _is_group(self.path / _CELLS / key, group):
            self.damaged.append(f"{_CELLS}/{key}")
            if self._lock is not None:
                with self._refusing():
                    self._place_group(self.path / _CELLS / key, group)

    def read(self, follows: Mapping[str, Any], start: int, stop: int, *, shape: tuple[int, int]) -> Floats | None:
        """Give a range of a cell, or None, noting the damage, where it cannot be trusted.

        Parameters
        ----------
        follows : mapping
            What the cell follows from.
        start, stop : int
            The range.
        shape : tuple of int
            That it must have.
        """
        key = content_key(follows)
        found = self._read(_CELLS, key, f"{start}-{stop}", {"cell": key, "start": start, "stop": stop})
        if found is not None and found.shape != shape:
            self.damaged.append(f"{_CELLS}/{key}/{start}-{stop}")
            return None
        return found

    def _read(self, place: str, key: str, name: str, said: Mapping[str, Any]) -> Floats | None:
        folder = self.path / place / key / name
        if not os.path.lexists(folder):
            return None
        try:
            array, attributes = read_array(folder)
            if attributes != {**said, "sha256": _digest(array, said)}:
                raise Damaged("its bytes are not those that were written")
        except Damaged:
            self.damaged.append(f"{place}/{key}/{name}")
            return None
        return array

    def write(self, follows: Mapping[str, Any], start: int, stop: int, array: Floats) -> None:
        """Keep a range of a cell, in place of a damaged one.

        Raises
        ------
        FileNotWritable
            If the disk refuses; the store is as it was.
        """
        key = content_key(follows)
        said = {"cell": key, "start": start, "stop": stop}
        self._write(_CELLS, key, f"{start}-{stop}", array, said, {"follows_from": dict(follows)})

    def _write(
        self, place: str, key: str, name: str, array: Floats, said: Mapping[str, Any], group: Mapping[str, Any]
    ) -> None:
        assert self._lock is not None, "written without the lock"
        cell = self.path / place / key
        with self._refusing(), self._part() as part:
            if not _is_group(cell, group):
                (part / "cell").mkdir()
                write_group(part / "cell", group)
                if os.path.lexists(cell):
                    # Its description is damaged, and what is in it says for itself that it is whole.
                    os.replace(part / "cell" / METADATA, cell / METADATA)
                else:
                    os.replace(part / "cell", cell)
            (part / "new").mkdir()
            write_array(part / "new", array, {**said, "sha256": _digest(array, said)})
            if os.path.lexists(cell / name):
                os.replace(cell / name, part / "old")
            os.replace(part / "new", cell / name)

    def read_draws(self, follows: Mapping[str, Any]) -> tuple[Floats, dict[str, Any]] | None:
        """Give the draws of a fit, shape (parameter, draw), and what was noted of it; None where there are none.

        Parameters
        ----------
        follows : mapping
            What the fit follows from.
        """
        key = content_key(follows)
        try:
            noted = read_group(self.path / _DRAWS / key)["noted"]
            said = {"fit": key, "noted": hashlib.sha256(_canonical(noted)).hexdigest()}
        except (Damaged, KeyError, TypeError):
            if os.path.lexists(self.path / _DRAWS / key):
                self.damaged.append(f"{_DRAWS}/{key}")
            return None
        array = self._read(_DRAWS, key, "posterior", said)
        return None if array is None else (array, noted)

    def write_draws(self, follows: Mapping[str, Any], array: Floats, noted: Mapping[str, Any]) -> None:
        """Keep the draws of a fit.

        Raises
        ------
        FileNotWritable
            If the disk refuses; the store is as it was.
        """
        key = content_key(follows)
        said = {"fit": key, "noted": hashlib.sha256(_canonical(noted)).hexdigest()}
        group = {"follows_from": dict(follows), "noted": dict(noted)}
        self._write(_DRAWS, key, "posterior", array, said, group)


def _passing(name: str) -> bool:
    return name == LOCK or name.startswith(_PART) or name in (_CELLS, _DRAWS)


def _is_group(folder: Path, attributes: Mapping[str, Any]) -> bool:
    try:
        return read_group(folder) == dict(attributes)
    except Damaged:
        return False


def _canonical(data: object) -> bytes:
    return json.dumps(data, sort_keys=True).encode()


def _digest(array: Floats, said: Mapping[str, Any]) -> str:
    """Give the SHA-256 of numbers and of whose they are, so that an array is not taken for another's."""
    digest = hashlib.sha256(_canonical([dict(said), list(array.shape)]))
    digest.update(np.ascontiguousarray(array, dtype="<f8").tobytes())
    return digest.hexdigest()


def _unwritable(path: Path, error: Exception) -> FileNotWritable:
    return FileNotWritable(
        f"the store {str(path)!r} cannot be written ({getattr(error, 'strerror', None) or error})",
        expected="a folder that can be written to and has room",
        mend="make room or choose another place, and run again: what is there is whole and is not computed again",
    )
