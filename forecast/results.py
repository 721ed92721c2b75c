"""What every analysis returns: a labelled table that says what it is about, with a line, a page and a picture.

:class:`About` is the one home of what a result says of itself, and :class:`GateState` of the state of the gates behind
it. They are read from the attributes of what a result was made from, and written into those of its table.
"""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from forecast.errors import InvalidArgument
from forecast.estimates import estimate_text, points_text
from forecast.plots.table import picture_of
from forecast.tables import frame_of, page_of

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from matplotlib.figure import Figure

__all__ = ["About", "Column", "GateState", "Result", "about_of", "number", "plain_attrs", "word"]

_FAILED, _PASSED, _UNCHECKED = "failed: ", "passed", "not checked"

_LONGEST = 60


@dataclass(frozen=True)
class GateState:
    """The state of the gates of the fit behind a result.

    Attributes
    ----------
    state : str
        "passed", "failed", "not checked", or empty where there is no fit and so nothing to check.
    failed : tuple of str
        The gates that failed.
    """

    state: str = ""
    failed: tuple[str, ...] = ()

    @classmethod
    def read(cls, text: object) -> GateState:
        """Read a state as ``str`` writes it; what is nothing of the kind was not checked."""
        said = str(text or "")
        if said in ("", _PASSED, _UNCHECKED):
            return cls(said)
        names = tuple(name for name in said.removeprefix(_FAILED).split(", ") if name)
        return cls("failed", names) if said.startswith(_FAILED) and names else cls(_UNCHECKED)

    @classmethod
    def of(cls, failed: Sequence[str]) -> GateState:
        """Return the state of gates that were checked, of which some failed."""
        return cls("failed", tuple(failed)) if failed else cls(_PASSED)

    def __post_init__(self) -> None:
        known = ("failed",) if self.failed else ("", _PASSED, _UNCHECKED)
        if self.state not in known:
            raise InvalidArgument(
                f"a state of gates {self.state!r:.40} with {len(self.failed)} that failed",
                expected='"passed", "not checked", empty, or "failed" with the gates that did',
                mend="use GateState.of(failed) or GateState.read(text)",
            )

    @classmethod
    def together(cls, states: Iterable[GateState]) -> GateState:
        """Return the state of several fits together: the worst that there is, with all that failed."""
        found = list(states)
        failed = tuple(dict.fromkeys(name for one in found for name in one.failed))
        if failed:
            return cls("failed", failed)
        return cls(next((worse for worse in (_UNCHECKED, _PASSED) if any(one.state == worse for one in found)), ""))

    @property
    def broken(self) -> str:
        """The gates that failed, in words; empty if none did."""
        return ", ".join(self.failed)

    def __str__(self) -> str:
        return f"{_FAILED}{self.broken}" if self.failed else self.state


@dataclass(frozen=True, kw_only=True)
class About:
    """What a result is about; what does not apply is empty.

    Attributes
    ----------
    title, unit : str
        Of the quantity; "1" is a pure number and "yes/no" a probability.
    of : str
        Under which option, and against which, in words.
    difference : bool
        Whether it is a difference between options; one of probabilities is written in points.
    worlds, months : int
        Of the run; 0 where unknown.
    seed : int, optional
        Of the run.
    luck : int, optional
        Of its luck, where that is another seed.
    beliefs, evidence : str
        Whose beliefs, on what evidence; "none" for beliefs as they stand.
    given : str
        In which worlds alone, in words.
    structure : str
        The structures that are held at a form, in words.
    values : str
        By whose values.
    gates : GateState
        Of the fit behind the beliefs.

    Examples
    --------
    >>> import forecast
    >>> about = forecast.About(title="Calm", unit="yes/no", worlds=200, beliefs="district", seed=1)
    >>> about.text(0.425, 0.035), about.words
    ('42.5 ± 3.5 %', '; beliefs: district; evidence: none (beliefs as they stand); seed 1')
    """

    title: str = ""
    unit: str = "1"
    of: str = ""
    difference: bool = False
    worlds: int = 0
    months: int = 0
    seed: int | None = None
    luck: int | None = None
    beliefs: str = ""
    evidence: str = ""
    given: str = ""
    structure: str = ""
    values: str = ""
    gates: GateState = GateState()

    @property
    def whose(self) -> str:
        """Whose beliefs on what evidence, and in which worlds alone: "beliefs: district; evidence: seen"."""
        if not self.beliefs:
            return ""
        evidence = self.evidence or "none"
        as_they_stand = " (beliefs as they stand)" if evidence == "none" else ""
        given = f"; {self.given}" if self.given else ""
        return f"beliefs: {self.beliefs}; evidence: {evidence}{as_they_stand}{given}"

    @property
    def note(self) -> str:
        """The same with the seed, as the start of a note at the foot of a picture."""
        said = "; ".join(part for part in (self.whose, self._seeds) if part)
        return said[:1].upper() + said[1:]

    @property
    def _seeds(self) -> str:
        """The seed, and that of the luck where it is another: "seed 1, luck 2"."""
        seeds = (("seed", self.seed), ("luck", self.luck))
        return ", ".join(f"{name} {seed}" for name, seed in seeds if seed is not None)

    @property
    def words(self) -> str:
        """The same with values, seed and broken gates, to be put after what it is about; empty for nothing to say."""
        parts = (
            self.whose,
            f"values: {self.values}" if self.values else "",
            self._seeds,
            f"not to be relied on, gates broken: {self.gates.broken}" if self.gates.failed else "",
        )
        return "".join(f"; {part}" for part in parts if part)

    def text(self, value: float, error: float) -> str:
        """Write a number of the quantity with its error and unit."""
        return (points_text if self.difference else estimate_text)(value, error, unit=self.unit)

    def attrs(self) -> dict[Hashable, Any]:
        """Return the attributes of a table: unit, beliefs, values and gates always, others where they are known."""
        said: dict[Hashable, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        said["gates"] = str(self.gates)
        kept = ("unit", "beliefs", "evidence", "given", "values", "gates")
        # A seed of 0 is a seed, but 0 worlds or months are so many as nobody says.
        seeds = ("seed", "luck")
        return {name: value for name, value in said.items() if value or name in kept or (name in seeds and value == 0)}

    def columns(self) -> dict[str, str | int]:
        """Return the columns that a file's table ends with, a file having no attributes: what there is to say."""
        said = self.attrs()
        named = (
            "beliefs",
            "evidence",
            "given",
            "worlds",
            "months",
            "seed",
            "luck",
            *(["gates"] if self.gates.failed else []),
        )
        return {name: said[name] for name in named if said.get(name, "") != ""}


def about_of(source: object, **known: Any) -> About:
    """Read what a result is about from what it was made from.

    Parameters
    ----------
    source : mapping or object
        Attributes of a run, or what has them in ``attrs``; a result, for what it is about itself. What another model
        made may say nothing, and then nothing is said.
    **known
        Fields of :class:`About` that the source does not say, or says of something else.

    Returns
    -------
    About
        With beliefs, evidence, given, structure, values, gates and seed of the source, and of worlds how many they are.
    """
    own = getattr(source, "about", None)
    if isinstance(own, About):
        return own
    # A Dataset is a mapping too, of its variables.
    held = getattr(source, "attrs", None)
    attrs: Mapping[Any, Any] = held if isinstance(held, Mapping) else source if isinstance(source, Mapping) else {}
    beliefs = str(attrs.get("priors", "") or "")
    read: dict[str, Any] = {
        "beliefs": beliefs,
        "evidence": str(attrs.get("evidence", "none") if beliefs else attrs.get("evidence", "") or ""),
        "given": _given(attrs.get("given", "")),
        "structure": str(attrs.get("structure", "") or ""),
        "values": str(attrs.get("values", "") or ""),
        "gates": GateState.read(attrs.get("gates", "")),
    }
    seeds = {name: int(attrs[name]) for name in ("seed", "luck") if str(attrs.get(name, "")).isdecimal()}
    read |= {name: value for name, value in seeds.items() if name == "seed" or value != seeds.get("seed")}
    sizes = getattr(source, "sizes", {})
    # A summary has no single worlds and says how many it is of.
    size: Any = sizes.get("world", attrs.get("worlds"))
    read |= {"worlds": int(size)} if str(size).isdecimal() else {}
    read |= {"months": _months(source, int(sizes["month"]))} if "month" in sizes else {}
    return About(**read | known)


def _months(source: Any, held: int) -> int:
    """Read the horizon of a run, whose steps need not be months."""
    last = np.asarray(source["month"])[-1] if held else 0
    return int(last) if np.isfinite(last) else held - 1


def _given(said: object) -> str:
    """Read in which worlds alone, from what :func:`forecast.given` keeps in the attributes."""
    if not said:
        return ""
    try:
        conditions = json.loads(str(said))
        return "; ".join(f"given {one['words']} ({one['kept']:,} of {one['of']:,} worlds)" for one in conditions)
    except (ValueError, TypeError, KeyError):
        return f"given {str(said)[:_LONGEST]}"


class Column(NamedTuple):
    """One column of a page: its head, and what stands in the cell of a row."""

    head: str
    cell: Callable[[Any], str]


def word(head: str, field: str) -> Column:
    """Return the column that writes a field as it is."""
    return Column(head, lambda row: str(getattr(row, field)))


def number(head: str, field: str, *, unit: str = "1", points: bool = False) -> Column:
    """Return the column that writes a field with its error, which is in the field of that name and ``_error``.

    Parameters
    ----------
    head, field : str
        Of the column; of the rows.
    unit : str
        As for :func:`forecast.estimates.estimate_text`.
    points : bool
        Whether a difference of probabilities is written in points.
    """
    text = points_text if points else estimate_text
    error = "error" if field == "estimate" else f"{field}_error"
    return Column(head, lambda row: text(getattr(row, field), getattr(row, error), unit=unit))


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Result:
    """What an analysis returns. A kind of result says what its rows are, and what stands in its line and on its page.

    Attributes
    ----------
    about : About
        What it is about.
    rows : tuple
        The rows of the table, of which each field is a column.

    Examples
    --------
    >>> import forecast, priors
    >>> district = forecast.load_world("district")
    >>> outcomes = forecast.simulate(priors.load(district.beliefs), world=district, evidence="none", worlds=200)
    >>> found = forecast.weight_flips(outcomes)
    >>> isinstance(found, forecast.Result), found.about.worlds
    (True, 200)
    >>> list(found.to_frame().index.names)
    ['kind', 'name', 'direction']
    """

    about: About
    rows: tuple[Any, ...] = ()

    row: ClassVar[type[Any]]
    """The dataclass of the rows."""

    index: ClassVar[tuple[str, ...]]
    """Its fields that are the index of the table."""

    picture: ClassVar[str] = ""
    """The picture of a kind that has none of its own: "rows" draws the estimate and the error of each row."""

    def to_frame(self) -> pd.DataFrame:
        """Tabulate: a row a row, with the fields of the rows as index and columns; attributes say what it is about."""
        return self._frame(self.rows, self.row, self.index)

    def to_xarray(self) -> xr.Dataset:
        """Return the table as a Dataset, a variable for each column.

        Returns
        -------
        xarray.Dataset
            A dim for each part of the index, labels in the order of the rows; where not every combination has a row,
            the one dim ``row`` with the parts as coordinates, so that nothing is filled up. It can be saved.
        """
        import xarray as xr

        frame = self.to_frame()
        if frame.index.names == [None]:
            frame = frame.set_index(list(self.index))
        attrs = plain_attrs(frame.attrs)
        for name in [name for name, kind in frame.dtypes.items() if str(kind) == "object"]:
            frame[name] = frame[name].map(_plain_cell)
        names = [str(name) for name in frame.index.names]
        labels: dict[str, list[Any]] = {name: list(dict.fromkeys(frame.index.get_level_values(name))) for name in names}
        if math.prod(map(len, labels.values())) == len(frame):
            # From a table xarray takes labels in the order of the alphabet.
            return xr.Dataset.from_dataframe(frame).reindex(labels).assign_attrs(attrs)
        flat = frame.reset_index().rename_axis("row")
        return xr.Dataset.from_dataframe(flat).set_coords(list(labels)).assign_attrs(attrs)

    def plot(self, **choices: Any) -> Figure:
        """Draw the picture of this kind of result.

        Parameters
        ----------
        **choices
            What that picture lets a reader choose, such as ``most``; a wrong one is refused with those that there are.

        Returns
        -------
        matplotlib.figure.Figure
            A figure that belongs to the caller, and shows by itself in a notebook.

        Raises
        ------
        InvalidArgument
            For a choice that the picture does not have, or a value outside its domain.
        """
        figure: Figure = picture_of(self, **choices)
        return figure

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        own = (field.name for field in fields(self) if field.compare)
        return all(_same(getattr(self, name), getattr(other, name)) for name in own)

    def __hash__(self) -> int:
        return hash((type(self), self.about))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._line()}{self.about.words}{self._after()})"

    def _repr_html_(self) -> str:
        return page_of(*self._page(), self._foot())

    def _line(self) -> str:
        """Say in a line what was found."""
        raise NotImplementedError

    def _after(self) -> str:
        """Say what stands after whose beliefs they are."""
        return ""

    def _columns(self) -> Sequence[Column]:
        """Return the columns of the page."""
        raise NotImplementedError

    def _page(self) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
        """Return the heads of the page and its rows: by default a row a row, by the columns."""
        columns = self._columns()
        return [column.head for column in columns], [
            [column.cell(row) for column in columns] for row in self._page_rows()
        ]

    def _page_rows(self) -> Sequence[Any]:
        """Return what the page has a row of: by default what the table has."""
        return self.rows

    def _foot(self) -> str:
        """Say what stands under the table of the page."""
        return repr(self)

    def _attrs(self) -> Mapping[Hashable, Any]:
        """Return what the table's attributes say besides what the result is about."""
        return {}

    def _frame(self, rows: Sequence[Any], kind: type[Any], index: tuple[str, ...]) -> pd.DataFrame:
        """Tabulate some rows, with the attributes of this result."""
        frame = frame_of(rows, kind, index=index)
        frame.attrs = {**self.about.attrs(), **self._attrs()}
        return frame

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Read what stood in the result itself before it stood in what the result is about; for one release."""
            moved = _MOVED.get(name)
            if moved is None or "about" not in self.__dict__:
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            warnings.warn(f".{name} is now .about.{moved}", DeprecationWarning, stacklevel=2)
            found = getattr(self.about, moved)
            if name == "attrs":
                return {**found(), "priors": self.about.beliefs}
            return found.broken if isinstance(found, GateState) else found


def plain_attrs(attrs: Mapping[Any, Any]) -> dict[str, Any]:
    """Return attributes as a file takes them: numbers and texts alone."""
    return {str(name): json.dumps(value) if isinstance(value, dict | bool) else value for name, value in attrs.items()}


def _plain_cell(cell: object) -> str:
    """Write a cell that is neither a number nor a text: several names, or what may be unknown."""
    return ", ".join(map(str, cell)) if isinstance(cell, tuple) else "" if cell is None else str(cell)


def _same(one: object, other: object) -> bool:
    """Whether two parts of results are the same, arrays and what was not measured included."""
    if is_dataclass(one) and type(one) is type(other):
        return all(_same(getattr(one, part.name), getattr(other, part.name)) for part in fields(one) if part.compare)
    if isinstance(one, tuple | list) and isinstance(other, tuple | list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, Mapping) and isinstance(other, Mapping) and not hasattr(one, "identical"):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if hasattr(one, "equals"):
        return bool(one.equals(other))
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return np.array_equal(one, other, equal_nan=one.dtype.kind == other.dtype.kind == "f")
    return bool(one == other or (one != one and other != other))


_MOVED = {field.name: field.name for field in fields(About)} | {"priors": "beliefs", "attrs": "attrs"}
"""What stood in results themselves, and where it is now."""
