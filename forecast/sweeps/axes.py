"""The axes of a sweep, read and checked before any work."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecast import options as option_files
from forecast.arguments import shown, whole
from forecast.beliefs import check_beliefs, read_beliefs
from forecast.decision.reading import load_values
from forecast.decision.values import Values
from forecast.errors import InvalidArgument, InvalidPrior, UnknownOption, UnknownPrior, near_matches
from forecast.evidence import Evidence, default_evidence, load_evidence
from forecast.months import MOST_HORIZON
from forecast.options import Option, check_starts
from forecast.world import World
from priors.arguments import is_number
from priors.mixture import is_choice

if TYPE_CHECKING:
    from priors import PriorSet

__all__ = ["AXES", "NO_BASELINE", "Axis", "Grid", "baseline_of", "read_grid"]

AXES = ("beliefs", "evidence", "options", "values", "months")
"""The axes beside the parameters."""

NO_BASELINE = "none"
"""Said in place of an option where there are to be no differences."""

_MOST_CELLS = 100_000
"""What is known of a cell takes about 10 kB of memory, and reading it half a millisecond."""


@dataclass(frozen=True)
class Axis:
    """One axis.

    Attributes
    ----------
    name : str
        Of :data:`AXES`, or a parameter.
    labels : tuple of str, int or float
        What its cells are called, each once.
    items : tuple
        What they are: sets of beliefs or of evidence, options, values, months, or a parameter's values.
    """

    name: str
    labels: tuple[Any, ...]
    items: tuple[Any, ...]


@dataclass(frozen=True)
class Grid:
    """A grid, complete.

    Attributes
    ----------
    axes : tuple of Axis
        Those that were given, in their order, and ``options`` in any case.
    fixed : mapping of str to Axis
        Those of :data:`AXES` that were not, each of one cell.
    world : World
        What is run.
    """

    axes: tuple[Axis, ...]
    fixed: Mapping[str, Axis]
    world: World

    def axis(self, name: str) -> Axis:
        """Return one of :data:`AXES`, given or not."""
        return next((axis for axis in self.axes if axis.name == name), None) or self.fixed[name]

    @property
    def parameters(self) -> tuple[Axis, ...]:
        """The axes that are parameters, by name, so that the order of the grid is no part of a cell."""
        return tuple(sorted((axis for axis in self.axes if axis.name not in AXES), key=lambda axis: axis.name))


def read_grid(
    grid: Mapping[str, Any],
    *,
    beliefs: str | Path | PriorSet | None,
    evidence: str | Path | Evidence | None = None,
    world: World,
) -> Grid:
    """Read a grid.

    Parameters
    ----------
    grid : mapping
        As for :func:`forecast.sweep`.
    beliefs : str, Path or PriorSet, optional
        For a grid without an axis of them; the world's own by default.
    evidence : str, Path or Evidence, optional
        For a grid without an axis of it; the world's own by default.
    world : World
        What is run.

    Raises
    ------
    InvalidArgument
        If the grid is no table, an axis is empty or has a cell twice, a number is outside its domain, or there are
        too many cells.
    UnknownPrior
        For an axis that is none.
    ForecastError
        Where beliefs, evidence, an option or values cannot be read.
    """
    if not isinstance(grid, Mapping) or not grid:
        raise InvalidArgument(
            f"the grid is {shown(grid)}",
            expected="a table of axes with their cells",
            mend=f'pass for example {{"options": {list(world.options)[:2]}, "months": [12, 24]}}',
        )
    for name in grid:
        if name not in AXES and name not in world.parameters:
            raise UnknownPrior(
                f"the grid has an axis {shown(name)}",
                expected=f"{', '.join(AXES)}, or a parameter of the world model",
                mend=near_matches(str(name), (*AXES, *world.parameters)),
            )
    for name, told in (("beliefs", beliefs is not None), ("evidence", evidence is not None)):
        if name in grid and told:
            raise InvalidArgument(
                f"{name} is both an axis of the grid and an argument", expected="one of them", mend=f"leave {name}= out"
            )
    given = {name: _axis(name, cells, world) for name, cells in grid.items()}
    given.setdefault("options", _axis("options", list(option_files.load(world)), world))
    rest = {
        "beliefs": read_beliefs(beliefs, world) if beliefs is None else beliefs,
        "evidence": default_evidence(world) if evidence is None else evidence,
        "months": world.months,
        "values": load_values(world=world),
    }
    read = Grid(
        tuple(given.values()),
        {name: _axis(name, [one], world) for name, one in rest.items() if name not in given},
        world,
    )
    if math.prod(len(axis.labels) for axis in read.axes) > _MOST_CELLS:
        raise InvalidArgument(
            f"a grid of {math.prod(len(axis.labels) for axis in read.axes):,} cells",
            expected=f"at most {_MOST_CELLS:,}",
            mend="sweep fewer axes at a time, or fewer cells an axis",
        )
    for months in read.axis("months").items:
        check_starts(read.axis("options").items, months, world=world)
    _check_against_beliefs(read)
    return read


def baseline_of(grid: Grid, name: object) -> Option | None:
    """Return the option that the others are compared with.

    Parameters
    ----------
    grid : Grid
        Its options.
    name : str, optional
        One of them, or "none"; by default the world's null option where the grid has it.

    Raises
    ------
    UnknownOption
        If the grid has no such option.
    """
    options: dict[str, Option] = {option.name: option for option in grid.axis("options").items}
    if name is None:
        return options.get(grid.world.null_option)
    if name == NO_BASELINE and name not in options:
        return None
    if isinstance(name, str) and name not in options:
        # An expression, as the grid may have it.
        name = next(iter(option_files.resolve([name], world=grid.world)))
    if not isinstance(name, str) or name not in options:
        raise UnknownOption(
            f"the baseline is {shown(name)}",
            expected=f'one of the options of the grid, or "{NO_BASELINE}"',
            mend=near_matches(str(name), options),
        )
    return options[name]


def _axis(name: str, cells: object, world: World) -> Axis:
    # The cells of a set have no order, and tables are read by theirs.
    if isinstance(cells, str | bytes | Mapping | Set) or not isinstance(cells, Iterable):
        raise InvalidArgument(
            f"the axis {name!r} is {shown(cells)}", expected="a list of cells", mend="put it in square brackets"
        )
    listed = list(cells)
    if not listed:
        raise InvalidArgument(f"the axis {name!r} is empty", expected="at least one cell", mend="leave the axis out")
    items = [_item(name, one, world) for one in listed]
    labels = tuple(_label(name, item, one) for item, one in zip(items, listed, strict=True))
    if len(set(labels)) < len(labels):
        twice = next(label for label in labels if labels.count(label) > 1)
        raise InvalidArgument(
            f"the axis {name!r} has two cells {twice!r}", expected="each cell once", mend="remove or rename one"
        )
    return Axis(name, labels, tuple(items))


def _item(name: str, given: Any, world: World) -> Any:
    if name == "options":
        return next(iter(option_files.resolve([given], world=world).values()))
    if name == "values":
        return load_values(given, world=world)
    if name == "months":
        return whole("months", given, 1, MOST_HORIZON)
    if name == "evidence":
        if isinstance(given, Evidence):
            return given.for_world(world)
        if isinstance(given, str | Path):
            return load_evidence(given, world=world)
        raise InvalidArgument(
            f"an evidence is {shown(given)}", expected="a name, a file or Evidence", mend='pass for example "none"'
        )
    if name == "beliefs":
        if given is None:
            raise InvalidArgument(
                "a set of beliefs is None", expected="a name, a file or a PriorSet", mend="leave the axis out"
            )
        return read_beliefs(given, world)
    try:
        number = float(given) if is_number(given) else math.nan
    except OverflowError:
        number = math.nan
    if not math.isfinite(number):
        raise InvalidArgument(f"{name} = {shown(given)}", expected="a finite number", mend="pass a plain number")
    return number


def _label(name: str, item: Any, given: Any) -> Any:
    if name == "values" and isinstance(given, Mapping):
        # Weights of the reader's own have no name, and two of them must not have the same.
        return ", ".join(f"{goal} {weight:.6g}" for goal, weight in item.goal_weights.items())
    if isinstance(item, Option | Values | Evidence) or name == "beliefs":
        return item.name
    return item


def _check_against_beliefs(grid: Grid) -> None:
    """Refuse evidence that does not fit the beliefs, and values that a parameter cannot take."""
    for beliefs in grid.axis("beliefs").items:
        check_beliefs(beliefs, grid.world)
        for evidence in grid.axis("evidence").items:
            evidence.applied(beliefs)
        for axis in grid.parameters:
            low, high = beliefs[axis.name].allowed
            chosen = is_choice(beliefs[axis.name].distribution)
            for value in axis.items:
                if chosen and value not in range(int(high) + 1):
                    raise InvalidPrior(
                        f"{axis.name} = {value:g}, which has one of a few forms",
                        expected=f"a whole number from 0 to {int(high)}",
                        mend="give the number of a form, see priors.structures",
                    )
                if not low <= value <= high:
                    raise InvalidPrior(
                        f"{axis.name} = {value:g}",
                        expected=f"a value from {low:g} to {high:g}, the range of the quantity",
                        mend="choose one that it can take",
                    )
