"""``Summary``: what a run keeps of its worlds when it does not keep the worlds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from forecast.errors import InvalidArgument
from forecast.outcomes.unknown import unknown
from forecast.schema import NO_MONTH, Outcome, Variable
from forecast.summary.kernels import Kernels
from forecast.summary.keys import Whole
from forecast.summary.layout import keys_of, kind_of, parameter_keys
from forecast.summary.parts import (
    Codes,
    CountState,
    Events,
    Numbers,
    NumberState,
    OutcomePart,
    StatePart,
    WholeNumbers,
    YesNoState,
)
from forecast.world import World

__all__ = ["Summary"]

Arrays = Mapping[str, np.ndarray[Any, Any]]

_MOST_WORLDS = 2**31 - 1
"""What the counts of a histogram hold."""


@dataclass
class Summary:
    """What is kept of some worlds, all options together. It pickles as plain arrays.

    Merging keeps counts, histograms and everything of whole numbers exactly, in whatever order and grouping. Means and
    spreads of other numbers are the same to the last bit only if the same granules are merged in the same order, so
    merge them in the order of their first world, and let workers that do several granules :meth:`collect` them.

    Attributes
    ----------
    worlds : int
        How many.
    failed : int
        Worlds in which some state is not finite, or a count or a code is none, for some option in some month.
    states, outcomes, parameters : dict
        What is kept of each, by name.
    world : World
        What they are of.
    missing : dict of str to ndarray
        In how many worlds each outcome is missing under each option, shape (option,).
    """

    worlds: int
    failed: int
    states: dict[str, StatePart] = field(repr=False)
    outcomes: dict[str, OutcomePart] = field(repr=False)
    parameters: dict[str, NumberState] = field(repr=False)
    world: World = field(repr=False)
    missing: dict[str, np.ndarray[Any, Any]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(
        cls,
        world: World,
        states: Arrays,
        outcomes: Arrays,
        *,
        parameters: Arrays | None = None,
        kernels: Kernels | None = None,
    ) -> Self:
        """Summarise worlds.

        Parameters
        ----------
        world : World
            What the worlds are of.
        states : mapping of str to ndarray
            Its states, in their dtypes, shape (option, month, world).
        outcomes : mapping of str to ndarray
            Its outcomes, shape (option, world), as :func:`forecast.outcomes.derive.derive` gives them.
        parameters : mapping of str to ndarray, optional
            The worlds' parameters, shape (world,).
        kernels : Kernels, optional
            The loops of :mod:`forecast.summary.kernels`, compiled; NumPy by default. The result is the same to the
            last bit.

        Raises
        ------
        InvalidArgument
            If there is no world, or a code or a whole number is none.
        """
        worlds = _worlds(states, outcomes)
        # What is not finite spoils its own mean and spread, quietly: ``failed`` tells of it.
        with np.errstate(invalid="ignore"):
            kept = {name: _state(world.states[name], array, kernels) for name, array in states.items()}
            return cls(
                worlds,
                _failed(world, states, kept),
                kept,
                {name: _outcome(world.outcomes[name], array, kernels) for name, array in outcomes.items()},
                {name: NumberState.of(array, parameter_keys(), kernels) for name, array in (parameters or {}).items()},
                world,
                {name: _missing(world.outcomes[name], array) for name, array in outcomes.items()},
            )

    def merge(self, other: Summary) -> Self:
        """Take in the summary of later worlds, in place, and return this one.

        Parameters
        ----------
        other : Summary
            Of the same options, months and variables. It is left as it was.

        Raises
        ------
        InvalidArgument
            If it is of other options, months or variables, or the worlds would be more than 2,147,483,647.
        """
        return self._take(other, fold=True)

    def collect(self, other: Summary) -> Self:
        """Take in the summary of later worlds without folding means, in place, and return this one.

        For a worker that does several granules and sends one summary of them. Where that is merged, or read, the
        granules' means and spreads are folded one by one, so that the outcome is the same to the last bit as if each
        granule had been merged by itself. It costs some 100 kB a granule until then.

        Parameters
        ----------
        other : Summary
            As for :meth:`merge`.

        Raises
        ------
        InvalidArgument
            As :meth:`merge` does.
        """
        return self._take(other, fold=False)

    def _take(self, other: Summary, *, fold: bool) -> Self:
        if self._form() != other._form():
            raise InvalidArgument(
                "the summaries are of other options, months or variables",
                expected="two parts of one run",
                mend="merge the granules of one run only",
            )
        if self.worlds + other.worlds > _MOST_WORLDS:
            raise InvalidArgument(
                f"{self.worlds + other.worlds:,} worlds are too many", expected=f"{_MOST_WORLDS:,} at most", mend="stop"
            )
        with np.errstate(invalid="ignore"):
            for name, state in self.states.items():
                state.merge(other.states[name], fold=fold)
            for name, outcome in self.outcomes.items():
                outcome.merge(other.outcomes[name], fold=fold)
            for name, parameter in self.parameters.items():
                parameter.merge(other.parameters[name], fold=fold)
        self.missing = {name: counted + other.missing[name] for name, counted in self.missing.items()}
        self.worlds += other.worlds
        self.failed += other.failed
        return self

    @property
    def nbytes(self) -> int:
        """Bytes of memory that the arrays take."""
        return _nbytes([self.states, self.outcomes, self.parameters])

    def _form(self) -> tuple[Any, ...]:
        def shape(part: Any) -> Any:
            return next(np.shape(a) for a in _arrays(part, counts=False))

        return self.world.hash, tuple((name, shape(part)) for group in self._groups() for name, part in group.items())

    def _groups(self) -> tuple[Mapping[str, Any], ...]:
        return self.states, self.outcomes, self.parameters


def _worlds(states: Arrays, outcomes: Arrays) -> int:
    sizes = {array.shape[-1] for array in (*states.values(), *outcomes.values())}
    if len(sizes) != 1 or 0 in sizes:
        raise InvalidArgument(
            f"the arrays have {', '.join(map(str, sorted(sizes))) or 'no'} worlds",
            expected="the same worlds in all arrays, at least one",
            mend="give states and outcomes of one granule",
        )
    return int(sizes.pop())


def _state(variable: Variable, array: np.ndarray[Any, Any], kernels: Kernels | None) -> StatePart:
    if variable.kind == "yes/no":
        return YesNoState.of(array)
    if variable.kind == "code":
        return Codes.of(array, len(variable.words))
    if variable.kind == "count":
        return CountState.of(array, Whole(), kernels)
    return NumberState.of(array, keys_of(variable.floor, whole=False), kernels)


def _outcome(outcome: Outcome, array: np.ndarray[Any, Any], kernels: Kernels | None) -> OutcomePart:
    kind = kind_of(outcome)
    if kind == "yes/no":
        return Events.of(array)
    if outcome.is_time:
        array = np.where(array == NO_MONTH, np.nan, array)
    keys = keys_of(outcome.floor, whole=kind == "whole")
    return (WholeNumbers if kind == "whole" else Numbers).of(array, keys, kernels)


def _missing(outcome: Outcome, array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Count the worlds in which an outcome is missing, shape (option,); of a time NaN says that it never came."""
    return np.asarray(np.count_nonzero(array == NO_MONTH if outcome.is_time else ~np.isfinite(array), axis=1))


def _failed(world: World, states: Arrays, kept: Mapping[str, StatePart]) -> int:
    """Count the worlds with a state that is not finite, or that is no count, code, or yes or no."""
    bad: np.ndarray[Any, np.dtype[np.bool_]] | bool = False
    for name, part in kept.items():
        if _may_fail(part):
            where = unknown(world.states[name], states[name])
            bad = bad | where.any(axis=tuple(range(where.ndim - 1)))
    return int(np.count_nonzero(bad))


def _may_fail(part: StatePart) -> bool:
    if isinstance(part, NumberState):
        # A mean is finite only if all that is in it is, short of an overflow, and is there already.
        return not np.isfinite(part.moments.total.mean).all()
    return isinstance(part, CountState | Codes | YesNoState) and bool(part.spoiled.any())


def _arrays(part: Any, *, counts: bool = True) -> list[np.ndarray[Any, Any]]:
    """Give the arrays within an accumulator; its histograms grow, and can be left out."""
    if isinstance(part, np.ndarray):
        return [part]
    if isinstance(part, Mapping):
        return [array for value in part.values() for array in _arrays(value, counts=counts)]
    if isinstance(part, list):
        return [array for value in part for array in _arrays(value, counts=counts)]
    if hasattr(part, "__dict__"):
        inner = {name: value for name, value in vars(part).items() if counts or name != "counts"}
        return _arrays(inner, counts=counts)
    return []


def _nbytes(part: Any) -> int:
    return sum(array.nbytes for array in _arrays(part))
