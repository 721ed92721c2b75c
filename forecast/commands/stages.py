"""Telling on standard error which stage a run is in, and how long each took."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["stage", "waiting"]

_PATIENCE = 2.0


@contextmanager
def stage(label: str, *, quiet: bool, own_bar: bool = False) -> Iterator[None]:
    """Run one stage and print its time.

    Parameters
    ----------
    label : str
        What is being done.
    quiet : bool
        Print nothing.
    own_bar : bool
        The stage draws a progress bar of its own.
    """
    began = time.monotonic()
    with waiting(label, show=not (quiet or own_bar)):
        yield
    if not quiet:
        print(f"{label:<44} {time.monotonic() - began:6.1f} s", file=sys.stderr, flush=True)


@contextmanager
def waiting(label: str, *, show: bool, patience: float = _PATIENCE) -> Iterator[None]:
    """Show that work without a measure of its progress goes on, once it has taken more than two seconds.

    Parameters
    ----------
    label : str
        What is being done.
    show : bool
        False never draws; a standard error that is no terminal is never drawn on.
    patience : float
        Seconds before it appears.
    """
    if not show or not sys.stderr.isatty():
        yield
        return
    drawn: list[Any] = []
    timer = threading.Timer(patience, lambda: drawn.append(_pulse(label)))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        for bar in drawn:
            bar.stop()


def _pulse(label: str) -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    bar = Progress(*columns, console=Console(file=sys.stderr), transient=True)
    bar.add_task(label, total=None)
    bar.start()
    return bar
