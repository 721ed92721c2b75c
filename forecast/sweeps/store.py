"""A folder that is the Zarr store of a sweep: recognised or refused, held by one writer, its nodes placed whole.

A node is written beside its place and moved there, and an array is read only if its bytes have the SHA-256 that its
attributes say. Nothing is forced to the disk, because what a power cut takes away is found to be damaged.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecast.arguments import shown
from forecast.errors import FileNotWritable, InvalidArgument, InvalidFile, VersionMismatch
from forecast.sweeps.lock import LOCK, Lock
from forecast.sweeps.node import METADATA, Damaged, read_array, read_group, write_array, write_group

__all__ = ["CELLS", "DRAWS", "FORMAT", "KIND", "Store", "canonical"]

KIND, FORMAT = "libya-forecast sweep", 1
CELLS, DRAWS = "cells", "draws"
"""The two folders of a store."""

_PART = ".part-"

type Floats = NDArray[np.float64]


class Store:
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
    InvalidArgument
        If the path is none.
    InvalidFile
        If something else is there; ``VersionMismatch`` for a store of another format.
    FileNotWritable
        If it cannot be read.
    """

    def __init__(self, path: str | Path) -> None:
        if not isinstance(path, str | os.PathLike) or not os.fspath(path):
            raise InvalidArgument(
                f"store = {shown(path)}", expected="the path of a folder", mend='pass for example "sweep.zarr"'
            )
        self.path = Path(path)
        self.damaged: list[str] = []
        self.lock: Lock | None = None
        self._check()

    def _check(self) -> None:
        try:
            if not os.path.lexists(self.path):
                return
            # A writer that was stopped before anything else leaves a folder with nothing of its own in it.
            if self.path.is_dir() and all(map(self._is_begun, os.listdir(self.path))):
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

    def _is_begun(self, name: str) -> bool:
        """Tell whether a name in the folder is left of a writer that was stopped before the store had its own."""
        folder = self.path / name
        if name not in (CELLS, DRAWS):
            return name == LOCK or name.startswith(_PART)
        return folder.is_dir() and (not os.listdir(folder) or is_group(folder, {}))

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
            self.lock = Lock(self.path)
        except FileNotWritable:
            raise
        except (OSError, ValueError) as error:
            raise _unwritable(self.path, error) from error
        try:
            self._check()
            with self.refusing():
                self._prepare()
            yield
        finally:
            self.lock.release()
            self.lock = None

    def _prepare(self) -> None:
        for left in self.path.glob(f"{_PART}*"):
            shutil.rmtree(left, ignore_errors=True)
        for name in (CELLS, DRAWS):
            if not is_group(self.path / name, {}):
                if os.path.lexists(self.path / name / METADATA):
                    self.damaged.append(name)
                self.place_group(name, {})
        # Last, because it says that the rest is there.
        if not (self.path / METADATA).is_file():
            self.place_group("", {"kind": KIND, "format": FORMAT})

    def place_group(self, place: str, attributes: Mapping[str, Any]) -> None:
        """Make a folder a group, or write its description again; what is in it stays."""
        with self._part() as part:
            (part / "group").mkdir()
            write_group(part / "group", attributes)
            if os.path.lexists(self.path / place):
                os.replace(part / "group" / METADATA, self.path / place / METADATA)
            else:
                os.replace(part / "group", self.path / place)

    def place_array(self, place: str, name: str, array: Floats, said: Mapping[str, Any]) -> None:
        """Put an array into a group, in the place of one that is damaged."""
        target = self.path / place / name
        with self._part() as part:
            (part / "new").mkdir()
            write_array(part / "new", array, {**said, "sha256": _digest(array, said)})
            if os.path.lexists(target):
                os.replace(target, part / "old")
            os.replace(part / "new", target)

    def read_array(self, place: str, name: str, said: Mapping[str, Any]) -> Floats | None:
        """Return an array; None where there is none, or, noting that, where it is not what was written."""
        folder = self.path / place / name
        if not os.path.lexists(folder):
            return None
        try:
            array, attributes = read_array(folder)
            if attributes != {**said, "sha256": _digest(array, said)}:
                raise Damaged("its bytes are not those that were written")
        except Damaged:
            self.damaged.append(f"{place}/{name}")
            return None
        return array

    @contextlib.contextmanager
    def refusing(self) -> Iterator[None]:
        """Put what the file system says against writing into words."""
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


def is_group(folder: Path, attributes: Mapping[str, Any]) -> bool:
    """Tell whether a folder is a group with these attributes."""
    try:
        return read_group(folder) == dict(attributes)
    except Damaged:
        return False


def canonical(data: object) -> bytes:
    """Return plain data as bytes, the same whatever its order."""
    return json.dumps(data, sort_keys=True).encode()


def _digest(array: Floats, said: Mapping[str, Any]) -> str:
    """Return the SHA-256 of numbers and of whose they are, so that an array is not taken for another's."""
    digest = hashlib.sha256(canonical([dict(said), list(array.shape)]))
    digest.update(np.ascontiguousarray(array, dtype="<f8").tobytes())
    return digest.hexdigest()


def _unwritable(path: Path, error: Exception) -> FileNotWritable:
    return FileNotWritable(
        f"the store {str(path)!r} cannot be written ({getattr(error, 'strerror', None) or error})",
        expected="a folder that can be written to and has room",
        mend="make room or choose another place, and run again: what is there is whole and is not computed again",
    )
