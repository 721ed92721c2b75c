"""Pictures of outcomes, one file per family of figure.

Every function takes the outcomes of :func:`forecast.simulate` and gives a ``matplotlib.figure.Figure`` that
belongs to the caller: pyplot and its backends are never touched. Matplotlib is imported when a picture is first
asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from forecast.plots.bands import trajectories
    from forecast.plots.forest import differences
    from forecast.plots.plane import trade_off
    from forecast.plots.ridges import end_states
    from forecast.plots.stack import council
    from forecast.plots.style import save
    from forecast.plots.timing import events

__all__ = ["council", "differences", "end_states", "events", "save", "trade_off", "trajectories"]

# No file has the name of its function: importing the file would then put the module in the function's place.
_HOMES = {
    "council": "stack",
    "differences": "forest",
    "end_states": "ridges",
    "events": "timing",
    "save": "style",
    "trade_off": "plane",
    "trajectories": "bands",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"forecast.plots.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'forecast.plots' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
