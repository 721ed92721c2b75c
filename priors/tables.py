"""Reading TOML that a person wrote: every fault becomes an error that names the file and the key."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from forecast.errors import FileMissing, InvalidFile, VersionMismatch, near_matches

__all__ = ["Source", "check_keys", "field", "packaged", "packaged_names", "parsed_toml", "read_toml"]

FORMAT = 1
"""Version of the file format that this release reads and writes."""


class Source:
    """A parsed file and the name by which errors speak of it.

    Parameters
    ----------
    table : dict
        The parsed TOML.
    where : str
        Path of the file, or name of the packaged file.
    folder : Path or None
        Where relative names in the file are looked up; None for packaged files.
    """

    def __init__(self, table: dict[str, Any], *, where: str, folder: Path | None) -> None:
        self.table = table
        self.where = where
        self.folder = folder


def read_toml(path: Path) -> Source:
    """Read a TOML file from disk.

    Raises
    ------
    FileMissing
        If there is no such file.
    InvalidFile
        If it is a directory, cannot be read, is not text, or is not TOML.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError as missing:
        raise FileMissing(
            f"there is no file {str(path)!r}", expected="a file that exists", mend="check the path"
        ) from missing
    except (OSError, ValueError) as unreadable:
        raise InvalidFile(
            f"{str(path)!r}, which cannot be read ({unreadable})",
            expected="a readable TOML file",
            mend="give the path of a file, not of a folder",
        ) from unreadable
    return Source(parsed_toml(content, str(path)), where=str(path), folder=path.parent)


def packaged(name: str) -> Source:
    """Read a TOML file that is shipped in this package.

    Raises
    ------
    FileMissing
        If the package has no such file.
    """
    from importlib.resources import files

    resource = files("priors").joinpath(name)
    if not resource.is_file():
        raise FileMissing(
            f"the packaged file {name!r}",
            expected="a complete installation",
            mend="install the package again",
        )
    return Source(parsed_toml(resource.read_bytes(), name), where=name, folder=None)


def packaged_names() -> list[str]:
    """List the TOML files that are shipped in this package."""
    from importlib.resources import files

    return sorted(item.name for item in files("priors").iterdir() if item.name.endswith(".toml"))


def parsed_toml(content: bytes, where: str) -> dict[str, Any]:
    """Read the text of a TOML file.

    Parameters
    ----------
    content : bytes
        UTF-8.
    where : str
        Its name, for messages.

    Raises
    ------
    InvalidFile
        If it is none.
    """
    # tomllib lets UnicodeDecodeError, RecursionError and the ValueError of huge integers through.
    try:
        return tomllib.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as fault:
        raise InvalidFile(
            f"{where}, which is not TOML ({str(fault)[:120]})",
            expected="a UTF-8 text file in TOML",
            mend="open it in an editor and repair the place named, or save it again",
        ) from fault


def check_keys(table: Mapping[str, Any], known: tuple[str, ...], *, where: str) -> None:
    """Refuse a key that the format does not have.

    Raises
    ------
    InvalidFile
        Naming the file, the key and its near matches.
    """
    for key in table:
        if key not in known:
            raise InvalidFile(
                f"{where}: the key {key!r:.60}",
                expected=f"only {', '.join(known)}",
                mend=near_matches(key, known),
            )


def field(table: Mapping[str, Any], key: str, kind: type | tuple[type, ...], *, where: str, default: Any = None) -> Any:
    """Take one value of a given type out of a table.

    Parameters
    ----------
    default : object
        What a missing key means; None makes the key required.

    Raises
    ------
    InvalidFile
        If a required key is missing or the value is of another type.
    """
    if key not in table:
        if default is not None:
            return default
        raise InvalidFile(f"{where}: no {key!r}", expected=f"the key {key!r}", mend=f"add {key} = ...")
    value = table[key]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        names = " or ".join(one.__name__ for one in (kind if isinstance(kind, tuple) else (kind,)))
        raise InvalidFile(
            f"{where}: {key} is of type {type(value).__name__}",
            expected=f"{names} for {key}",
            mend=f"write {key} as in the shipped sets",
        )
    return value


def strings(table: Mapping[str, Any], key: str, *, where: str) -> tuple[str, ...]:
    """Take an optional list of strings out of a table.

    Raises
    ------
    InvalidFile
        If it is not a list of strings.
    """
    value = field(table, key, list, where=where, default=[])
    if not all(isinstance(item, str) for item in value):
        raise InvalidFile(
            f"{where}: {key} holds something that is not text",
            expected="a list of strings",
            mend=f'write {key} = ["L1", "L2"]',
        )
    return tuple(value)


def check_format(source: Source) -> None:
    """Refuse a file that was written for another version of the format.

    Raises
    ------
    VersionMismatch
        If its ``format`` is another whole number.
    InvalidFile
        If it has no ``format`` or one that is not a whole number.
    """
    version = field(source.table, "format", int, where=source.where)
    if version != FORMAT:
        raise VersionMismatch(
            f"{source.where}: format {version if abs(version) < 1e9 else 'out of range'}",
            expected=f"format {FORMAT}",
            mend="use the release that wrote the file, or bring the file up to this format",
        )
