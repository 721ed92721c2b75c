"""Versions of this package and of the libraries that numbers depend on."""

from __future__ import annotations

import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version

__all__ = ["package_version", "versions"]


@cache
def package_version() -> str:
    """Give this package's version, or "unknown" in a tree that was never installed."""
    try:
        return version("libya-forecast")
    except PackageNotFoundError:
        return "unknown"


@cache
def versions() -> dict[str, str]:
    """Give the versions to keep with every result."""
    libraries = {name: version(name) for name in ("numpy", "scipy", "xarray")}
    return {"libya-forecast": package_version(), "python": platform.python_version(), **libraries}
