"""A progress bar that appears only when something takes more than two seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["ProgressBar", "progress_bar"]

_PATIENCE = 2.0


class ProgressBar:
    """Counts work done, and starts drawing once two seconds have passed."""

    def __init__(self, label: str, total: int, show: bool) -> None:
        self._label, self._total, self._show = label, total, show
        self._done = 0
        self._began = time.monotonic()
        self._bar: Any = None
        self._task: Any = None

    def advance(self, amount: int = 1) -> None:
        """Report that ``amount`` more of the total is done."""
        self._done += amount
        if self._bar is None and self._show and time.monotonic() - self._began > _PATIENCE:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
                console=Console(file=sys.stderr),
            )
            self._bar.start()
            self._task = self._bar.add_task(self._label, total=self._total)
        if self._bar is not None:
            self._bar.update(self._task, completed=self._done)

    def close(self) -> None:
        """Stop drawing."""
        if self._bar is not None:
            self._bar.stop()


@contextmanager
def progress_bar(label: str, *, total: int, show: bool = True) -> Iterator[ProgressBar]:
    """Give a bar to advance, closed on leaving.

    Parameters
    ----------
    label : str
        What is being done.
    total : int
        Units of work.
    show : bool
        False never draws.
    """
    bar = ProgressBar(label, total, show)
    try:
        yield bar
    finally:
        bar.close()
