"""Rows of results as a table, for scripts and for a page."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["frame_of", "page_of"]


def frame_of(rows: Sequence[Any], kind: type[Any], *, index: Sequence[str]) -> pd.DataFrame:
    """Tabulate frozen dataclasses: some fields are the index, the others the columns, in their order.

    Parameters
    ----------
    rows : sequence
        Instances of ``kind``; none gives a table without rows.
    kind : type
        The dataclass.
    index : sequence of str
        The fields of the index.

    Returns
    -------
    pandas.DataFrame
        One row each.
    """
    import pandas as pd

    names = [field.name for field in fields(kind)]
    columns = [name for name in names if name not in index]
    if len(index) == 1:
        labels: Any = pd.Index([getattr(row, index[0]) for row in rows], name=index[0], dtype=object)
    else:
        tuples = [tuple(getattr(row, name) for name in index) for row in rows]
        labels = pd.MultiIndex.from_tuples(tuples, names=list(index)) if rows else _nothing(index)
    return pd.DataFrame({name: [getattr(row, name) for row in rows] for name in columns}, index=labels)


def _nothing(index: Sequence[str]) -> Any:
    import pandas as pd

    return pd.MultiIndex.from_arrays([[] for _ in index], names=list(index))


def page_of(heads: Sequence[str], rows: Sequence[Sequence[str]], line: str) -> str:
    """Write a table and a line under it as HTML; every cell is text and is escaped."""
    head = "".join(f"<th>{html.escape(cell)}</th>" for cell in heads)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table><p>{html.escape(line)}</p>"
