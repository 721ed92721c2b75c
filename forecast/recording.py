"""How the functions of a world are recorded: what they read by name, and what cannot be recorded, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from forecast.engine.program import MOST_STEPS, NotArithmetic, Program, Symbol, record
from forecast.errors import ForecastError, InvalidWorld, near_matches

__all__ = ["Names", "Run", "check_same", "recorded"]

_TIMES = 8
"""How often a function is recorded: one that flips a coin does the same each time in one case of 128."""

type Run = Callable[[Any, Callable[[str, int], Symbol]], list[object]]
"""A function as :func:`forecast.engine.program.record` takes it."""


class Names:
    """Values that a function of a world reads by name."""

    def __init__(self, what: str, values: Mapping[str, Any]) -> None:
        self.__dict__.update(values)
        object.__setattr__(self, "_what", what)

    def __getattr__(self, name: str) -> Any:
        known = [one for one in self.__dict__ if one != "_what"]
        raise InvalidWorld(
            f"there is no {self.__dict__['_what']} {name!r}",
            expected="a name that the world declares",
            mend=f"{near_matches(name, known)}; or declare it, if it is another",
        )

    def __setattr__(self, name: str, value: object) -> None:
        raise InvalidWorld(
            f"the {self._what} {name!r} is set within a month",
            expected="a month that returns the new states",
            mend=f'return {{"{name}": ...}} with the others',
        )


def recorded(where: str, run: Run) -> Program:
    """Record a function several times, and say in words what cannot be recorded.

    Parameters
    ----------
    where : str
        What it is, for messages.
    run : callable
        Takes a namespace, and a function that gives an input by its group and number; gives the results.

    Raises
    ------
    InvalidWorld
        For what is no arithmetic, what differs from one time to another, and too many steps.
    """
    program = _once(where, run)
    if len(program.steps) > MOST_STEPS:
        raise InvalidWorld(
            f"{len(program.steps):,} steps in {where}",
            expected=f"at most {MOST_STEPS:,}",
            mend="write loops over many parts as fewer",
        )
    for _ in range(_TIMES - 1):
        check_same(where, program.hash, _once(where, run).hash)
    return program


def check_same(where: str, one: object, other: object) -> None:
    """Refuse what was recorded differently another time."""
    if one != other:
        raise InvalidWorld(
            f"{where} does something else each time it is run",
            expected="the same arithmetic each time; luck comes from the shocks that are declared",
            mend="declare a shock and read it from luck; draw no random numbers and ask no clock",
        )


def _once(where: str, run: Run) -> Program:
    try:
        return record(run)
    except InvalidWorld as error:
        raise InvalidWorld(f"{where}: {error.given}", expected=error.expected, mend=error.mend) from error
    except NotArithmetic as error:
        raise InvalidWorld(f"{where} {error}", expected="arithmetic on symbols", mend=error.mend) from error
    except ForecastError:
        raise
    except Exception as error:
        # Whatever a stranger's function raises, it is the world that cannot be made.
        raise InvalidWorld(
            f"{where} raised {type(error).__name__}: {error!s:.200}",
            expected="arithmetic on what it is given",
            mend="use + - * / comparisons and the functions of xp, such as xp.exp and xp.where",
        ) from error
