"""The pictures of outcomes, each with its home.

No file has the name of its function: importing the file would then put the module in the function's place.
"""

import collections.abc

import xarray as xr

import priors.pictures

from .bands import trajectories as trajectories
from .forest import differences as differences
from .plane import trade_off as trade_off
from .ridges import end_states as end_states
from .style import save as save
from .timing import events as events

def council(
    outcomes: xr.Dataset, *, options: collections.abc.Iterable[str] | str | None = None
) -> priors.pictures.Picture: ...
