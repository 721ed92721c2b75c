"""Options begun later, with nothing done until then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from forecast.errors import InvalidOption
from forecast.options import Option
from forecast.schema import states_of
from forecast.world import World

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["check_idle", "doing_nothing", "later"]


def doing_nothing(options: Mapping[str, Option], world: World) -> tuple[dict[str, Option], str]:
    """Give options of a world with that of doing nothing among them, and its name.

    Raises
    ------
    InvalidOption
        If it is not among them and another has the name that it would take.
    """
    idle = [name for name, option in options.items() if _is_idle(option)]
    if idle:
        return dict(options), idle[0]
    null = world.options.get(world.null_option)
    nothing = null if null is not None and _is_idle(null) else Option("nothing")
    if nothing.name in options:
        raise InvalidOption(
            f"an option named {nothing.name!r} does something",
            expected="the name of doing nothing for that alone",
            mend="give it another name with option.renamed(...)",
        )
    return {nothing.name: nothing, **options}, nothing.name


def _is_idle(option: Option) -> bool:
    return not option.phases and not option.triggers


def later(options: Mapping[str, Option], nothing: str, start: int) -> dict[str, Option]:
    """Give every option begun in month ``start``, by the name of the option; doing nothing stays what it is."""
    return {name: option if name == nothing else option.from_month(start) for name, option in options.items()}


def check_idle(outcomes: xr.Dataset, nothing: str, until: int) -> None:
    """Refuse options that do something up to some month.

    Parameters
    ----------
    outcomes : xarray.Dataset
        From :func:`forecast.simulate`.
    nothing : str
        The option of doing nothing.
    until : int
        The last month in which every option must be as this one, in every state of every world.

    Raises
    ------
    InvalidOption
        If one is not, as with a trigger that sets levers while the option waits.
    """
    states = states_of(outcomes)
    early = outcomes[list(states)].sel(month=slice(0, until))
    for name in states:
        array = early[name].transpose("option", "world", "month").values
        idle = array[early["option"].values.tolist().index(nothing)]
        for option, path in zip(early["option"].values.tolist(), array, strict=True):
            if not np.array_equal(path, idle):
                raise InvalidOption(
                    f"the option {option!r} changes {name} up to month {until}, before it begins",
                    expected="options that do nothing until they begin",
                    mend="take out the trigger that acts by itself, or add a condition that holds later",
                )
