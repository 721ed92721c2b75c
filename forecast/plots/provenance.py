"""The note at the foot of pictures that are drawn from a utility: what was run, whose beliefs and whose values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forecast.estimates import counted
from forecast.outcomes.provenance import whose_note

__all__ = ["utility_note"]


def utility_note(attrs: Mapping[str, Any], worlds: int) -> str:
    """Say what was run.

    Parameters
    ----------
    attrs : mapping
        Attributes of the utility; those of another model's may say nothing.
    worlds : int
        How many worlds.
    """
    note = f"{counted(worlds, 'world')}, the same under every option."
    if whose_note(attrs):
        note += f"  {whose_note(attrs)}."
    if "values" in attrs:
        note += f"  Values: {str(attrs['values']).replace('_', ' ')}."
    return note
