"""Groups and arrays of a Zarr store (format 3), written whole and read with their checksums.

A node is some JSON and a block of bytes. They are written here and not through the zarr package because a sweep has
thousands of small arrays: that package took 2.9 ms to write one of 10 kB and 1.9 ms to read it (zarr 3.4.2, two cores),
where this takes 0.3 and 0.1 ms, and it leaves threads behind in a process that may go on to fork. zarr reads them.

References
----------
Zarr core specification, version 3.0: https://zarr-specs.readthedocs.io/en/latest/v3/core/index.html, with the codecs
"bytes" and "crc32c" (Castagnoli's polynomial, RFC 3720, appended as four bytes, least first).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["CHUNK", "METADATA", "Damaged", "read_array", "read_group", "write_array", "write_group"]

METADATA, CHUNK = "zarr.json", "c.0.0"
"""The files of a node of two dims that is one chunk; without folders between them, each of which would take a block."""


class Damaged(Exception):
    """What is there is not what was written."""


def write_group(folder: Path, attributes: Mapping[str, Any]) -> None:
    """Make a folder a group.

    Parameters
    ----------
    folder : Path
        Exists.
    attributes : mapping
        Plain data.
    """
    _write_json(folder, {"zarr_format": 3, "node_type": "group", "attributes": dict(attributes)})


def read_group(folder: Path) -> dict[str, Any]:
    """Return the attributes of a group.

    Raises
    ------
    Damaged
        If it is none.
    """
    document = _read_json(folder)
    attributes = document.get("attributes", {})
    if document.get("zarr_format") != 3 or document.get("node_type") != "group" or not isinstance(attributes, dict):
        raise Damaged("no Zarr group of format 3")
    return attributes


def write_array(folder: Path, array: NDArray[np.float64], attributes: Mapping[str, Any]) -> None:
    """Make a folder an array of one chunk with a checksum.

    Parameters
    ----------
    folder : Path
        Exists and is empty.
    array : ndarray of float64
        Of two dims.
    attributes : mapping
        Plain data.
    """
    content = np.ascontiguousarray(array, dtype="<f8").tobytes()
    with open(folder / CHUNK, "wb") as file:
        file.write(content + _checksum(content))
    _write_json(folder, _document(array.shape, attributes))


def read_array(folder: Path) -> tuple[NDArray[np.float64], dict[str, Any]]:
    """Return what :func:`write_array` wrote, and its attributes.

    Raises
    ------
    Damaged
        If a file is missing, cut off or changed.
    """
    document = _read_json(folder)
    shape, attributes = document.get("shape"), document.get("attributes")
    whole = isinstance(shape, list) and len(shape) == 2 and all(type(size) is int and size > 0 for size in shape)
    if not whole or not isinstance(attributes, dict) or document != _document(tuple(shape or ()), attributes):
        raise Damaged("no array of a sweep")
    try:
        content = (folder / CHUNK).read_bytes()
    except OSError as error:
        raise Damaged(f"its chunk cannot be read ({error.strerror})") from error
    content, checksum = content[:-4], content[-4:]
    assert shape is not None
    if len(content) != 8 * shape[0] * shape[1] or checksum != _checksum(content):
        raise Damaged("its chunk does not match its checksum")
    return np.frombuffer(content, dtype="<f8").reshape(shape).astype(np.float64), attributes


def _document(shape: tuple[int, ...], attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "zarr_format": 3,
        "node_type": "array",
        "shape": list(shape),
        "data_type": "float64",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": list(shape)}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "."}},
        "fill_value": "NaN",
        "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "crc32c"}],
        "attributes": dict(attributes),
    }


def _checksum(content: bytes) -> bytes:
    import google_crc32c

    return int(google_crc32c.value(content)).to_bytes(4, "little")


def _write_json(folder: Path, document: Mapping[str, Any]) -> None:
    with open(folder / METADATA, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=1, sort_keys=True, allow_nan=False)


def _read_json(folder: Path) -> dict[str, Any]:
    try:
        document = json.loads((folder / METADATA).read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise Damaged(f"its {METADATA} cannot be read ({getattr(error, 'strerror', None) or error})") from error
    if not isinstance(document, dict):
        raise Damaged(f"its {METADATA} is no table")
    return document
