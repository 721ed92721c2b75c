"""Running the command, in this process or in one of its own."""

import contextlib
import io
import os
import signal
import subprocess
import sys
from pathlib import Path

from forecast.cli import main

ROOT = Path(__file__).parents[2]


def call(*arguments):
    """Run a command in this process; its exit status and what it printed on each stream."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main([str(argument) for argument in arguments])
    return status, out.getvalue(), err.getvalue()


def process(*arguments, **kwargs):
    # A shell starts what runs in its background with interrupts ignored, and children inherit that; a handler of
    # our own at the moment of starting makes the child begin with the default.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=kwargs.pop("cwd"),
            env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
    finally:
        signal.signal(signal.SIGINT, before)


def tree(folder):
    """Give every file of a folder, by its relative path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
