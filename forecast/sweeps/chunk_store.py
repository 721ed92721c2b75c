"""What lies in the store of a sweep, by what it follows from.

``cells/CODE`` holds what one version of the model computed, CODE being the first of the SHA-256 of its source; what
another version computed lies beside it, is not used and can be deleted. In it a group for each cell, ``KEY``: the
SHA-256 of all that its worlds follow from but their number, which the group's attributes say. In that an array for each
range of worlds, ``START-STOP``. Under ``draws/KEY`` lie the draws of each fit.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecast.cache import content_key
from forecast.sweeps.node import METADATA, Damaged, read_group
from forecast.sweeps.store import CELLS, DRAWS, Store, canonical, is_group

__all__ = ["ChunkStore"]

type Floats = NDArray[np.float64]

_RANGE = re.compile(r"(0|[1-9]\d{0,8})-([1-9]\d{0,8})")
_CODE = re.compile(r"[0-9a-f]{16}")


def _cell(follows: Mapping[str, Any]) -> str:
    return f"{CELLS}/{_code(follows)}/{content_key(follows)}"


def _code(follows: Mapping[str, Any]) -> str:
    return str(follows["code"])[:16]


class ChunkStore(Store):
    """The cells and the draws of a store; see :class:`Store`."""

    def versions(self) -> dict[str, dict[str, str]]:
        """Say which versions of the model have cells here: their releases by the first of the hash of their source."""
        try:
            names = sorted(filter(_CODE.fullmatch, os.listdir(self.path / CELLS)))
        except (OSError, ValueError):
            return {}
        found = {}
        for name in names:
            try:
                found[name] = {str(key): str(value) for key, value in read_group(self.path / CELLS / name).items()}
            except Damaged:
                found[name] = {}
        return found

    def ranges(self, follows: Mapping[str, Any]) -> list[tuple[int, int]]:
        """Return the ranges of worlds that lie there of a cell, whole or damaged.

        Parameters
        ----------
        follows : mapping
            What the cell follows from, its ``code`` among that.
        """
        place = _cell(follows)
        try:
            names = os.listdir(self.path / place)
        except (OSError, ValueError):
            # There is no such cell, or no system has such a name.
            return []
        # Its arrays do not depend on what it says of itself, which is written again where that can be.
        group = {"follows_from": dict(follows)}
        if not is_group(self.path / place, group):
            self.damaged.append(place)
            if self.lock is not None:
                with self.refusing():
                    self.place_group(place, group)
        found = [match for match in map(_RANGE.fullmatch, names) if match]
        return sorted((int(match[1]), int(match[2])) for match in found)

    def read(self, follows: Mapping[str, Any], start: int, stop: int, *, shape: tuple[int, int]) -> Floats | None:
        """Return a range of a cell, or None, noting the damage, where it cannot be trusted.

        Parameters
        ----------
        follows : mapping
            What the cell follows from.
        start, stop : int
            The range.
        shape : tuple of int
            That it must have.
        """
        place = _cell(follows)
        found = self.read_array(place, f"{start}-{stop}", _said(follows, start, stop))
        if found is not None and found.shape != shape:
            self.damaged.append(f"{place}/{start}-{stop}")
            return None
        return found

    def write(
        self, follows: Mapping[str, Any], start: int, stop: int, array: Floats, *, versions: Mapping[str, str]
    ) -> None:
        """Keep a range of a cell, in place of a damaged one.

        Parameters
        ----------
        follows : mapping
            What the cell follows from.
        start, stop : int
            The range.
        array : ndarray
            Its numbers.
        versions : mapping of str to str
            The releases that its code is of, for people.

        Raises
        ------
        FileNotWritable
            If the disk refuses; the store is as it was.
        """
        with self.refusing():
            if not (self.path / CELLS / _code(follows) / METADATA).is_file():
                self.place_group(f"{CELLS}/{_code(follows)}", versions)
            group = {"follows_from": dict(follows)}
            self._write(_cell(follows), f"{start}-{stop}", array, _said(follows, start, stop), group)

    def _write(self, place: str, name: str, array: Floats, said: Mapping[str, Any], group: Mapping[str, Any]) -> None:
        assert self.lock is not None, "written without the lock"
        if not is_group(self.path / place, group):
            self.place_group(place, group)
        self.place_array(place, name, array, said)

    def read_draws(self, follows: Mapping[str, Any]) -> tuple[Floats, dict[str, Any]] | None:
        """Return the draws of a fit, shape (parameter, draw), and what was noted of it; None where there are none.

        Parameters
        ----------
        follows : mapping
            What the fit follows from.
        """
        place = f"{DRAWS}/{content_key(follows)}"
        try:
            noted = read_group(self.path / place)["noted"]
            said = _said_of_draws(follows, noted)
        except (Damaged, KeyError, TypeError):
            if os.path.lexists(self.path / place):
                self.damaged.append(place)
            return None
        array = self.read_array(place, "posterior", said)
        return None if array is None else (array, noted)

    def write_draws(self, follows: Mapping[str, Any], array: Floats, noted: Mapping[str, Any]) -> None:
        """Keep the draws of a fit.

        Raises
        ------
        FileNotWritable
            If the disk refuses; the store is as it was.
        """
        place = f"{DRAWS}/{content_key(follows)}"
        with self.refusing():
            group = {"follows_from": dict(follows), "noted": dict(noted)}
            self._write(place, "posterior", array, _said_of_draws(follows, noted), group)


def _said(follows: Mapping[str, Any], start: int, stop: int) -> dict[str, Any]:
    return {"cell": content_key(follows), "start": start, "stop": stop}


def _said_of_draws(follows: Mapping[str, Any], noted: object) -> dict[str, Any]:
    return {"fit": content_key(follows), "noted": hashlib.sha256(canonical(noted)).hexdigest()}
