"""Ctrl-C as a wish that the loop fulfils between two pieces of work, so that nothing is lost or half done."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["Interruption", "interruptible"]


class Interruption:
    """Whether the user has asked to stop."""

    def __init__(self) -> None:
        self.asked = False


@contextmanager
def interruptible() -> Iterator[Interruption]:
    """Turn the first Ctrl-C into a flag. A second one interrupts at once, as usual.

    Elsewhere than in the main thread, or where the program has its own way with Ctrl-C, nothing is changed.
    """
    interruption = Interruption()
    usual = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or usual is not signal.default_int_handler:
        yield interruption
        return

    def ask(number: int, frame: FrameType | None) -> None:
        interruption.asked = True
        signal.signal(signal.SIGINT, usual)

    signal.signal(signal.SIGINT, ask)
    try:
        yield interruption
    finally:
        signal.signal(signal.SIGINT, usual)
