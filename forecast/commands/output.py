"""Standard output: tables for people, JSON for programs."""

from __future__ import annotations

import json
import math
import sys
import textwrap
from collections.abc import Sequence
from typing import Any

__all__ = ["WIDTH", "paragraph", "print_json", "print_table", "say"]

WIDTH = 100
"""Characters in a line of text."""

_GAP = 2
_LEAST = 36
"""Narrowest that the last column of a plain table is folded to."""

_DRAWN_GAP = 3
_FOLDED = 15
"""Narrowest that a repeated column of a drawn table is folded to."""


def say(text: str = "") -> None:
    """Print a line; what the encoding of the output does not have becomes a question mark."""
    encoding = sys.stdout.encoding or "utf-8"
    print(text.encode(encoding, "replace").decode(encoding))


def paragraph(text: str, *, first: str = "", rest: str | None = None) -> None:
    """Print text wrapped to :data:`WIDTH`, with an indent for the first line and one for the rest."""
    after = first if rest is None else rest
    say(textwrap.fill(text, WIDTH, initial_indent=first, subsequent_indent=after, break_on_hyphens=False))


def _plain_data(value: Any) -> Any:
    """Give data as strict JSON has it: what is not a finite number is null."""
    if isinstance(value, dict):
        return {str(key): _plain_data(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain_data(item) for item in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return value


def print_json(data: dict[str, Any]) -> None:
    """Print data as JSON; NaN and infinities are null. Numbers read back to the same bits."""
    print(json.dumps(_plain_data(data), indent=2, allow_nan=False))


def print_table(
    headings: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = (), keep: int | None = None
) -> None:
    """Print a table: drawn on a terminal, plain aligned text elsewhere.

    Parameters
    ----------
    headings : sequence of str
        One a column.
    rows : sequence of sequence of str
        The cells.
    right : sequence of int
        Columns that are set to the right.
    keep : int, optional
        Where columns do not fit on the terminal beside each other, they go into further tables that each repeat
        this many first columns. None folds long cells instead.
    """
    if sys.stdout.isatty() and (sys.stdout.encoding or "").lower().startswith("utf"):
        _drawn(headings, rows, right, keep)
        return
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
    last = len(headings) - 1
    if last not in right:
        widths[last] = min(widths[last], max(WIDTH - sum(widths[:last]) - _GAP * last, _LEAST))
    for line in (headings, ["-" * width for width in widths], *rows):
        folded = textwrap.wrap(line[last], widths[last]) or [""]
        for cells in ([*line[:last], folded[0]], *([""] * last + [more] for more in folded[1:])):
            set_cells = (cells[i].rjust(w) if i in right else cells[i].ljust(w) for i, w in enumerate(widths))
            say((" " * _GAP).join(set_cells).rstrip())


def _drawn(headings: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int], keep: int | None) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    console = Console(markup=False, highlight=False, emoji=False)
    cells = [max((len(row[i]) for row in rows), default=1) for i in range(len(headings))]
    for columns in _blocks(headings, cells, console.width, keep):
        table = Table(box=SIMPLE_HEAD, pad_edge=False)
        for i in columns:
            # Numbers are never folded; words of the repeated columns may be.
            least = None if keep is None else cells[i] if i >= keep else min(cells[i], _FOLDED)
            table.add_column(headings[i], justify="right" if i in right else "left", min_width=least, overflow="fold")
        for row in rows:
            table.add_row(*(row[i] for i in columns))
        console.print(table)


def _blocks(headings: Sequence[str], cells: Sequence[int], width: int, keep: int | None) -> list[list[int]]:
    """Share columns out over tables that fit the width."""
    everything = list(range(len(headings)))
    if keep is None:
        return [everything]
    needed = [max(cells[i], *(len(word) for word in headings[i].split())) + _DRAWN_GAP for i in everything]
    first = sum(min(needed[i], _FOLDED + _DRAWN_GAP) for i in everything[:keep])
    blocks: list[list[int]] = []
    room = 0
    for i in everything[keep:]:
        if not blocks or needed[i] > room:
            blocks.append(everything[:keep])
            room = width - first
        blocks[-1].append(i)
        room -= needed[i]
    return blocks
