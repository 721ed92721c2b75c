"""What a result says about the utility behind it: whose values, and the gates that its fit broke."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from forecast.plots.provenance import gates_of

__all__ = ["provenance_of", "provenance_words"]


def provenance_of(attrs: Mapping[str, Any]) -> dict[Hashable, Any]:
    """Give, for a table: ``values``, whose they are, and ``gates``, "failed: ..." or empty, as ``decide`` has them.

    Parameters
    ----------
    attrs : mapping
        Attributes of the utility; those of another model's may say nothing.
    """
    broken = gates_of(attrs)
    return {"values": str(attrs.get("values", "")), "gates": f"failed: {broken}" if broken else ""}


def provenance_words(attrs: Mapping[str, Any]) -> str:
    """Say the same in a line, to be put after what it is about; empty where there is nothing to say."""
    whose, broken = str(attrs.get("values", "")), gates_of(attrs)
    words = f", values: {whose}" if whose else ""
    return words + (f"; not to be relied on, gates broken: {broken}" if broken else "")
