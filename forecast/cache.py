"""Fits kept on disk by their content, so that the same question is sampled once.

An entry is a netCDF file named by its key and by the SHA-256 of its own bytes. What does not match both is computed
again: a cache may cost time and never correctness. A place that cannot be written costs only time.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import logging
import os
import re
import secrets
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

__all__ = [
    "code_hash",
    "content_key",
    "folder",
    "from_bytes",
    "graph_hash",
    "keep",
    "keep_answer",
    "recall",
    "recall_answer",
    "to_bytes",
]

_log = logging.getLogger(__name__)

_KIND = "libya-forecast cached fit"
_LIMIT = 32
"""Entries that stay; a fit of the shipped beliefs is about 20 MB."""

_PACKED, _PACKED_NAMES, _ATTRS = "packed", "packed_names", "attrs"

_ENTRY = re.compile(r"[0-9a-f]{64}-[0-9a-f]{32}\.nc")
_ANSWER = re.compile(r"[0-9a-f]{64}\.key")
"""Files of any other name in the folder are not ours to touch."""

_CODE = (
    "cache.py",
    "inference.py",
    "sampling.py",
    "pooled.py",
    "blocks.py",
    "densities.py",
    "diagnostics/convergence.py",
    "diagnostics/fit_gates.py",
    "model.py",
    "likelihood.py",
    "posterior",
    "path_op.py",
    "engine/adjoint.py",
    "engine/program.py",
    "evidence.py",
    "readings.py",
    "../priors",
)
"""What turns beliefs and evidence into a posterior, relative to this package; the world has a hash of its own."""


def folder() -> Path:
    """Give the folder of the cache, which need not exist.

    Returns
    -------
    Path
        ``LIBYA_FORECAST_CACHE`` where it is set; else ``libya-forecast`` in the user's cache folder: ``XDG_CACHE_HOME``
        where it is set (absolute paths only, as the XDG specification says), else what the system has for it.

    Raises
    ------
    RuntimeError
        If the user has no home folder.
    """
    own = os.environ.get("LIBYA_FORECAST_CACHE")
    if own:
        return Path(own)
    shared = os.environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(shared):
        return Path(shared) / "libya-forecast"
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return (Path(local) if local else Path.home() / "AppData" / "Local") / "libya-forecast" / "Cache"
    return Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "libya-forecast"


def content_key(content: Mapping[str, object]) -> str:
    """Give the SHA-256, in hexadecimal, of what a fit follows from.

    Parameters
    ----------
    content : mapping of str to object
        Texts, numbers, or nested mappings of them.
    """
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


@cache
def code_hash() -> str:
    """Give the SHA-256 of the source that turns beliefs and evidence into a posterior.

    A release that changes the model must not meet the fits of the one before it.
    """
    here = Path(__file__).parent
    files: list[Path] = []
    for name in _CODE:
        place = here / name
        files += sorted(place.rglob("*.py")) if place.is_dir() else [place] if place.is_file() else []
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


@cache
def source_hash() -> str:
    """Give the SHA-256 of all source and data of both packages: what rests on much of them is kept under it."""
    here = Path(__file__).parent
    digest = hashlib.sha256()
    for package in (here, here.parent / "priors"):
        for file in sorted((*package.rglob("*.py"), *package.rglob("*.toml"))):
            digest.update(str(file.relative_to(package.parent)).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def graph_hash(model: Any) -> str:
    """Give the SHA-256 of a model: its nodes with their distributions, transforms, potentials, data and coordinates.

    A model that was changed by hand after it was built has another one. The inside of a ``CustomDist`` is not read.

    Parameters
    ----------
    model : pymc.Model
        Any model.
    """
    from pytensor.compile.sharedvalue import SharedVariable
    from pytensor.graph.basic import Constant
    from pytensor.graph.traversal import ancestors
    from pytensor.printing import debugprint

    nodes = [*model.basic_RVs, *model.potentials, *model.deterministics]
    data = [model.rvs_to_values[node] for node in model.observed_RVs]
    digest = hashlib.sha256(str(debugprint([*nodes, *data], file="str")).encode())
    named = {node.name: type(model.rvs_to_transforms.get(node)).__name__ for node in nodes}
    coords = {name: None if labels is None else list(map(str, labels)) for name, labels in model.coords.items()}
    digest.update(
        json.dumps([named, coords, {name: list(dims) for name, dims in model.named_vars_to_dims.items()}]).encode()
    )
    # The printed graph shortens long arrays.
    for node in ancestors([*nodes, *data]):
        if isinstance(node, Constant | SharedVariable):
            value = node.data if isinstance(node, Constant) else node.container.storage[0]
            if isinstance(value, np.ndarray):
                digest.update(f"{value.dtype}{value.shape}".encode() + value.tobytes())
    return digest.hexdigest()


def to_bytes(tree: xr.DataTree, *, key: str) -> bytes:
    """Write a tree as netCDF in memory.

    The plain numbers of a group go into one array, because HDF5 spends milliseconds on each variable, and attributes
    into one JSON text, because netCDF keeps neither their types nor more than 64 kB of them.

    Parameters
    ----------
    tree : xarray.DataTree
        One level of groups; attributes that are texts, numbers or lists of them.
    key : str
        Written into the file, so that it can be asked whose it is.
    """
    import xarray as xr

    attrs: dict[str, Any] = {"": tree.attrs}
    groups: dict[str, xr.Dataset] = {}
    for group, node in tree.children.items():
        data = node.to_dataset()
        attrs[group] = {
            "own": data.attrs,
            "order": [str(name) for name in data.data_vars],
            "variables": {str(name): variable.attrs for name, variable in data.variables.items()},
        }
        plain = [
            str(name)
            for name, array in data.data_vars.items()
            if array.dims == ("chain", "draw") and array.dtype == "f8"
        ]
        # Made at once, because each change of a Dataset of many variables copies them all.
        bare: dict[str, Any] = {
            str(name): (variable.dims, variable.values)
            for name, variable in data.variables.items()
            if str(name) not in plain
        }
        if plain:
            bare[_PACKED] = ((_PACKED_NAMES, "chain", "draw"), np.array([data[name].values for name in plain]))
            bare[_PACKED_NAMES] = (_PACKED_NAMES, plain)
        groups[group] = xr.Dataset(bare)
    root = xr.Dataset({_ATTRS: ((), json.dumps(attrs, default=_plain))}, attrs={"kind": _KIND, "key": key})
    buffer = io.BytesIO()
    xr.DataTree.from_dict({"/": root, **groups}).to_netcdf(buffer, engine="h5netcdf")
    return buffer.getvalue()


def _plain(value: Any) -> Any:
    """Give a NumPy number or array as Python's own."""
    return value.tolist()


def from_bytes(content: bytes, *, key: str) -> xr.DataTree:
    """Read what :func:`to_bytes` wrote; everything as it was, attributes with their types.

    Raises
    ------
    ValueError
        If it was written for another key or is not such a file.
    """
    import xarray as xr

    with io.BytesIO(content) as buffer:
        raw = xr.load_datatree(buffer, engine="h5netcdf")
    if raw.attrs.get("kind") != _KIND or raw.attrs.get("key") != key:
        raise ValueError("written for another key")
    attrs = json.loads(str(raw[_ATTRS].item()))
    groups: dict[str, xr.Dataset] = {}
    for group, kept in attrs.items():
        if not group:
            continue
        data = raw.children[group].to_dataset(inherit=False)
        read = {str(name): (variable.dims, variable.values) for name, variable in data.variables.items()}
        if _PACKED in read:
            names, (dims, plain) = read.pop(_PACKED_NAMES)[1], read.pop(_PACKED)
            read |= {str(name): (dims[1:], array) for name, array in zip(names, plain, strict=True)}
        variables = {name: (*read[name], own) for name, own in kept["variables"].items()}
        coords = {name: variables[name] for name in variables if name not in kept["order"]}
        data = xr.Dataset({name: variables[name] for name in kept["order"]}, coords=coords, attrs=kept["own"])
        groups[group] = data
    tree = xr.DataTree.from_dict(groups)
    tree.attrs = attrs[""]
    return tree


def recall(key: str, *, groups: Iterable[str]) -> xr.DataTree | None:
    """Give the entry of a key, or None where there is none that can be trusted.

    Parameters
    ----------
    key : str
        From :func:`content_key`.
    groups : iterable of str
        What the tree must have.
    """
    try:
        entries = sorted(folder().glob(f"{key}-*.nc"))
    except (OSError, RuntimeError):
        return None
    for entry in entries:
        # Whatever is wrong with an entry, and damage can surface as any exception of HDF5, the answer is to sample.
        with contextlib.suppress(Exception):
            content = entry.read_bytes()
            # Before HDF5 sees it: it may hang on damage, and does not check what it reads.
            if entry.name == _name(key, content):
                tree = from_bytes(content, key=key)
                if set(groups) <= set(tree.children):
                    with contextlib.suppress(OSError):
                        os.utime(entry)
                    return tree
    return None


def keep(key: str, content: bytes) -> Path | None:
    """Write an entry whole or not at all, and remove what it replaces and what is beyond the limit.

    Parameters
    ----------
    key : str
        From :func:`content_key`.
    content : bytes
        From :func:`to_bytes`.

    Returns
    -------
    Path or None
        Where it is; None, after one line in the log, where it could not be written.
    """
    part: Path | None = None
    try:
        place = folder()
        place.mkdir(parents=True, exist_ok=True)
        entry = place / _name(key, content)
        part = place / f".{secrets.token_hex(8)}.part"
        with open(part, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, entry)
    except (OSError, RuntimeError, ValueError) as error:
        # ValueError for a folder name that no system takes, RuntimeError for a user without a home.
        _log.warning("The fit is not kept: %s. Set LIBYA_FORECAST_CACHE to a folder that can be written.", error)
        if part is not None:
            with contextlib.suppress(OSError, ValueError):
                part.unlink(missing_ok=True)
        return None
    _prune(place, entry, key)
    return entry


def keep_answer(asked: str, key: str) -> None:
    """Note which entry answers a question, so that it is found again without building the model.

    Parameters
    ----------
    asked : str
        The :func:`content_key` of what the model follows from.
    key : str
        That of the model, by which its fit is kept.
    """
    part: Path | None = None
    try:
        place = folder()
        part = place / f".{secrets.token_hex(8)}.part"
        part.write_text(_answer(asked, key), encoding="ascii")
        os.replace(part, place / f"{asked}.key")
    except (OSError, RuntimeError, ValueError):
        # The entry itself could not be kept either, which has been said.
        if part is not None:
            with contextlib.suppress(OSError, ValueError):
                part.unlink(missing_ok=True)


def recall_answer(asked: str) -> str | None:
    """Give the key that :func:`keep_answer` noted, or None where there is none that can be trusted."""
    try:
        text = (folder() / f"{asked}.key").read_text(encoding="ascii")
    except (OSError, RuntimeError, ValueError):
        return None
    key = text[:64]
    return key if text == _answer(asked, key) else None


def _answer(asked: str, key: str) -> str:
    return f"{key} {hashlib.sha256(f'{asked} {key}'.encode()).hexdigest()}\n"


def _name(key: str, content: bytes) -> str:
    return f"{key}-{hashlib.sha256(content).hexdigest()[:32]}.nc"


def _prune(place: Path, newest: Path, key: str) -> None:
    # Another process may remove the same files at the same time, and a damaged answer may not be text.
    with contextlib.suppress(OSError, ValueError):
        others = [entry for entry in place.iterdir() if entry != newest and _ENTRY.fullmatch(entry.name)]
        dated = sorted(others, key=lambda entry: entry.stat().st_mtime, reverse=True)
        for rank, entry in enumerate(dated, start=1):
            if rank >= _LIMIT or entry.name.startswith(f"{key}-"):
                entry.unlink(missing_ok=True)
        # An answer whose entry is gone is of no use, and is made again with it.
        for answer in [file for file in place.iterdir() if _ANSWER.fullmatch(file.name)]:
            if not any(place.glob(f"{answer.read_text(encoding='ascii')[:64]}-*.nc")):
                answer.unlink(missing_ok=True)
