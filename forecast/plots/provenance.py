"""The note at the foot of pictures that are drawn from a utility: what was run, whose beliefs and whose values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecast.estimates import counted

if TYPE_CHECKING:
    from forecast.results import About

__all__ = ["utility_note"]


def utility_note(about: About) -> str:
    """Say what was run; of another model's utility there may be nothing but the worlds to say."""
    said = (
        f"{counted(about.worlds, 'world')}, the same under every option",
        about.note,
        f"Values: {about.values.replace('_', ' ')}" if about.values else "",
    )
    return "  ".join(f"{part}." for part in said if part)
