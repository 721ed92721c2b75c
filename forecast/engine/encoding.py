"""Options as plain arrays, which compiled code can read."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from forecast.months import first_step_of
from forecast.options.option import Option
from forecast.world import World

__all__ = ["Encoded", "encode"]

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]


class Encoded(NamedTuple):
    """Options in order, and their triggers one after the other.

    Attributes
    ----------
    levels : ndarray
        Level of each lever before triggers, shape (option, step, lever).
    triggers : ndarray
        Triggers of option ``o`` are numbers ``triggers[o]`` to ``triggers[o + 1] - 1``; shape (option + 1,).
    since : ndarray
        The first step in which each trigger can set levers, shape (trigger,).
    conditions, sets : ndarray
        The same for the conditions and the levers of each trigger; shape (trigger + 1,).
    looks_at, sign, bound : ndarray
        Of each condition, which holds where ``sign * state >= sign * bound``; ``looks_at`` numbers the rows of
        the world.
    lever, level : ndarray
        What each trigger sets.
    """

    levels: Floats
    triggers: Numbers
    since: Numbers
    conditions: Numbers
    looks_at: Numbers
    sign: Floats
    bound: Floats
    sets: Numbers
    lever: Numbers
    level: Floats


@lru_cache(maxsize=32)
def encode(world: World, options: tuple[Option, ...], steps: int) -> Encoded:
    """Write options as arrays.

    Parameters
    ----------
    world : World
        Whose levers and states they name.
    options : tuple of Option
        In order.
    steps : int
        Horizon in steps of the world.
    """
    all_triggers = [trigger for option in options for trigger in option.triggers]
    conditions = [condition for trigger in all_triggers for condition in trigger.when]
    sets = [(world.levers.index(lever), level) for trigger in all_triggers for lever, level in trigger.set.items()]
    return Encoded(
        levels=np.array([option.by_step(steps, world.levers, step=world.step) for option in options], dtype=np.float64),
        triggers=_ends([len(option.triggers) for option in options]),
        since=np.array([first_step_of(trigger.start, world.step) for trigger in all_triggers], dtype=np.int64),
        conditions=_ends([len(trigger.when) for trigger in all_triggers]),
        looks_at=np.array([world.row(condition.state) for condition in conditions], dtype=np.int64),
        sign=np.array([1.0 if one.at_least is not None else -1.0 for one in conditions], dtype=np.float64),
        bound=np.array([condition.bound for condition in conditions], dtype=np.float64),
        sets=_ends([len(trigger.set) for trigger in all_triggers]),
        lever=np.array([lever for lever, _ in sets], dtype=np.int64),
        level=np.array([level for _, level in sets], dtype=np.float64),
    )


def _ends(sizes: list[int]) -> Numbers:
    return np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)]).astype(np.int64)
