"""The note at the foot of pictures that are drawn from a utility: what was run, whose beliefs and whose values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forecast.plots.style import beliefs_note, counted

__all__ = ["gates_of", "utility_note"]


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
    if "priors" in attrs:
        note += f"  {beliefs_note(str(attrs['priors']), str(attrs.get('evidence', 'none')))}."
    if "values" in attrs:
        note += f"  Values: {str(attrs['values']).replace('_', ' ')}."
    return note


def gates_of(attrs: Mapping[str, Any]) -> str:
    """Name the broken gates of the fit behind a utility, empty if none."""
    return str(attrs.get("gates", "")).removeprefix("failed: ").removeprefix("passed")
