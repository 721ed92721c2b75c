"""Compiled code kept on disk, so that only the first run compiles.

numba's own cache follows the file of the compiled function only: it would go on using the machine code of an older
world, and it fails on a damaged index. Here an entry is named by what the code follows from, the processor among it,
and by the SHA-256 of its bytes, which tells damage; what does not match is compiled again. A place that cannot be read
or written costs time and nothing else. The bytes are numba's own form of compiled code: as with numba's own cache,
whoever can write to the folder can have code run.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import pickle
import re
import secrets
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numba
from numba.core.caching import NullCache
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps

from forecast.cache import folder

__all__ = ["CompiledCache", "compile_kept", "is_kept"]

_log = logging.getLogger(__name__)

# numba has no types for these two.
_rebuild: Any = CompileResult._rebuild
_dumps: Any = dumps

_LIMIT = 64
"""Entries that stay; one is about 200 kB, and a version of the world has four."""

_ENTRY = re.compile(r"[0-9a-f]{64}-[0-9a-f]{32}\.bin")
"""Files of any other name in the folder are not ours to touch."""


class CompiledCache(NullCache):
    """What numba asks when it needs a function, and tells when it has compiled one.

    Parameters
    ----------
    content : str
        What the function follows from: anything that changes its machine code must change this.
    """

    def __init__(self, content: str) -> None:
        self._content = content

    def _stem(self, signature: Any, codegen: Any) -> str:
        parts = (self._content, numba.__version__, sys.version, repr(signature), repr(codegen.magic_tuple()))
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def load_overload(self, signature: Any, target_context: Any) -> Any:
        """Give the compiled function, None if there is no sound one."""
        try:
            target_context.refresh()
            entries = _found(_folder(), self._stem(signature, target_context.codegen()))
        except (OSError, RuntimeError) as error:
            _log.debug("compiled code could not be looked for: %s", error)
            return None
        for path in entries:
            try:
                return _rebuild(target_context, *pickle.loads(_sound(path)))
            except Exception as error:
                # Whatever is wrong with what was kept, compiling again is the answer.
                _log.debug("compiled code could not be read: %s", error)
                with contextlib.suppress(OSError):
                    path.unlink()
        return None

    def save_overload(self, signature: Any, result: Any) -> None:
        """Keep a compiled function; what cannot be kept is let go."""
        try:
            _keep(_folder(), self._stem(signature, result.codegen), _dumps(result._reduce()))
        except Exception as error:
            _log.debug("compiled code could not be kept: %s", error)


def compile_kept(function: Callable[..., None], signatures: Iterable[Any], content: str) -> Any:
    """Compile a function for some signatures, or load it from disk; it runs without the interpreter's lock.

    Parameters
    ----------
    function : callable
        In what numba compiles.
    signatures : iterable
        Signatures of numba.
    content : str
        What the machine code follows from besides numba, the signature and the processor.
    """
    dispatcher: Any = numba.njit(function, nogil=True)
    dispatcher._cache = CompiledCache(content)
    for signature in signatures:
        dispatcher.compile(signature)
    # Another signature would be a mistake, and compiled in silence.
    dispatcher.disable_compile()
    return dispatcher


def is_kept(content: str, signature: Any, codegen: Any) -> bool:
    """Tell whether a function is on disk, without loading it."""
    cache = CompiledCache(content)
    try:
        return bool(_found(_folder(), cache._stem(signature, codegen)))
    except (OSError, RuntimeError):
        return False


def _folder() -> Path:
    return folder() / "compiled"


def _found(place: Path, stem: str) -> list[Path]:
    return [path for path in sorted(place.glob(f"{stem}-*.bin")) if _ENTRY.fullmatch(path.name)]


def _sound(path: Path) -> bytes:
    """Read an entry; raise ValueError if it is damaged."""
    data = path.read_bytes()
    if not path.stem.endswith(f"-{hashlib.sha256(data).hexdigest()[:32]}"):
        raise ValueError("the bytes are not those of the name")
    with contextlib.suppress(OSError):
        # The age of a file tells which was used last.
        os.utime(path)
    return data


def _keep(place: Path, stem: str, data: bytes) -> None:
    place.mkdir(parents=True, exist_ok=True)
    part = place / f".{secrets.token_hex(8)}.part"
    try:
        part.write_bytes(data)
        os.replace(part, place / f"{stem}-{hashlib.sha256(data).hexdigest()[:32]}.bin")
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
    ours = [path for path in place.iterdir() if _ENTRY.fullmatch(path.name)]
    by_age = sorted(ours, key=lambda path: path.stat().st_mtime, reverse=True)
    for old in by_age[_LIMIT:]:
        with contextlib.suppress(OSError):
            old.unlink()
