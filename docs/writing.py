"""What the generated pages are written with: tables in Markdown, and signed differences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from forecast.estimates import points_text

__all__ = ["markdown_table", "signed_text"]


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def signed_text(value: float, error: float, *, unit: str) -> str:
    """Write a difference with its error and its sign, probabilities in points."""
    text = points_text(value, error, unit=unit)
    return text if text.startswith(("-", "0 ")) else f"+{text}"
