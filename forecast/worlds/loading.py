"""``load_world``: a world that the package ships, or that a file of its user defines."""

from __future__ import annotations

import contextlib
import os
import runpy
import sys
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from forecast.arguments import shown
from forecast.errors import (
    FileMissing,
    ForecastError,
    InvalidArgument,
    InvalidFile,
    InvalidWorld,
    kind_of,
    near_matches,
)
from forecast.evidence import available
from forecast.files import paths_from
from forecast.world import World
from forecast.worlds import shipped, shipped_names

__all__ = ["load_world"]

_EXAMPLE = "write MY_WORLD = forecast.World(...) in it"


def load_world(name_or_file: str | os.PathLike[str]) -> World:
    """Load a world: one that the package ships, or the one that a Python file defines.

    Parameters
    ----------
    name_or_file : str or path
        "libya", which is run where no world is named; "district", a toy; or a Python file, which is run. The file
        defines exactly one World, or the one that is meant is named after it: "my_world.py:NAME".

    Returns
    -------
    World
        Relative paths of its beliefs, options, evidence and values are looked for from the folder of the file. Nothing
        else of the file is looked for there: it can import what is installed, and no file beside it. The working
        directory and ``sys.path`` are as before, and ``__name__`` in it is not "__main__".

    Raises
    ------
    FileMissing
        If there is neither such a world nor such a file.
    InvalidFile
        If it is no file, or not Python.
    InvalidWorld
        If the file raises an error, or defines no world, several, or not the one that is named.
    ForecastError
        What making the World raises, with the name of the file; and what reading its evidence raises.

    Examples
    --------
    >>> import forecast
    >>> world = forecast.load_world("district")
    >>> world.title, list(world.options)
    ('A border district', ['nothing', 'patrols', 'both'])
    """
    if not isinstance(name_or_file, str | os.PathLike):
        raise InvalidArgument(
            f"the world is {shown(name_or_file)}",
            expected="the name of a shipped world, or a Python file",
            mend='pass for example "my_world.py"; a forecast.World is one already',
        )
    text = os.fsdecode(name_or_file)
    if isinstance(name_or_file, str) and text in shipped_names():
        return shipped(text)
    path, name = _split(text)
    world = _chosen(path, name, _run(path))
    # Options and values were checked when it was made.
    available(world)
    return world


def _split(text: str) -> tuple[Path, str]:
    """Tell a file from the name of the world that is meant in it."""
    file, colon, name = text.rpartition(":")
    # A folder of Windows has a colon too, and so may any file.
    if colon and file.endswith(".py") and not _is_file(Path(text)):
        return Path(file), name
    return Path(text), ""


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        # A name can be too long, or hold characters that no file system takes.
        return False


def _run(path: Path) -> Mapping[str, Any]:
    """Run a file and return what it defines."""
    if not _is_file(path):
        if os.path.lexists(str(path).replace("\0", "")):
            raise InvalidFile(f"{str(path)!r} is no file", expected="a Python file", mend="give the path of the file")
        raise FileMissing(
            f"there is neither a world nor a file {str(path)!r:.200}",
            expected=f"{', '.join(shipped_names())}, or a Python file that defines a World",
            mend=f"{near_matches(path.name, shipped_names())}, or check the path",
        )
    whole = path.absolute()
    try:
        compile(whole.read_bytes(), str(whole), "exec", dont_inherit=True)
    except OSError as error:
        raise InvalidFile(
            f"{str(path)!r} cannot be read ({error.strerror})", expected="a Python file", mend="check its permissions"
        ) from None
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = f" in line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        said = error.msg if isinstance(error, SyntaxError) else str(error)
        raise InvalidFile(
            f"{str(path)!r} is no Python{line} ({said})", expected="a Python file that defines a World", mend=_EXAMPLE
        ) from None
    try:
        with paths_from(whole.parent), _surroundings_kept():
            return runpy.run_path(str(whole), run_name=f"<the world of {path.name}>")
    except ForecastError as error:
        raise type(error)(f"{str(path)!r}: {error.given}", expected=error.expected, mend=error.mend) from None
    except (Exception, SystemExit) as error:
        # Whatever a stranger's file raises, it is the world that cannot be made.
        said = " ".join(str(error).split())
        missing = isinstance(error, ModuleNotFoundError)
        raise InvalidWorld(
            f"{str(path)!r} raises {type(error).__name__}{_line_of(error, whole)}" + (f": {said:.300}" if said else ""),
            expected="a Python file that runs and defines a World",
            mend="install what it imports, or write it into this file: no file beside it is imported"
            if missing
            else "run it with Python to see more",
        ) from None


@contextlib.contextmanager
def _surroundings_kept() -> Iterator[None]:
    """Put the working directory and ``sys.path`` back as they were, whatever a file does to them."""
    try:
        folder = os.getcwd()
    except FileNotFoundError:
        # Somebody else removed it.
        folder = ""
    places = list(sys.path)
    try:
        yield
    finally:
        if folder:
            os.chdir(folder)
        sys.path[:] = places


def _line_of(error: BaseException, path: Path) -> str:
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return f" in line {lines[-1]}" if lines else ""


def _chosen(path: Path, name: str, defined: Mapping[str, Any]) -> World:
    """Return the world that a file defines, or the one of a name."""
    worlds = {key: value for key, value in defined.items() if isinstance(value, World)}
    if name:
        if name in worlds:
            return worlds[name]
        there = f"is {kind_of(defined[name])}" if name in defined else "is not there"
        raise InvalidWorld(
            f"{name!r:.60} of {str(path)!r} {there}",
            expected="the name of a World in the file",
            mend=near_matches(name, worlds) if worlds else _EXAMPLE,
        )
    several = {id(world): key for key, world in worlds.items()}
    if len(several) != 1:
        raise InvalidWorld(
            f"{str(path)!r} defines {'no World' if not several else f'{len(several)} worlds, ' + ', '.join(worlds)}",
            expected="exactly one World",
            mend=f'name the one that is meant, as in "{path}:{next(iter(worlds))}"' if several else _EXAMPLE,
        )
    return next(iter(worlds.values()))
