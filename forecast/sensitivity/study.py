"""What a sensitivity analysis runs: a function of parameters, or an outcome of the world model with its luck."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.arguments import whole
from forecast.beliefs import check_beliefs
from forecast.decision.values import Values
from forecast.engine.backends import choose
from forecast.engine.runner import CHUNK, usable_cores
from forecast.errors import InvalidArgument
from forecast.options import Option, check_starts
from forecast.question import Quantity
from forecast.sensitivity.evaluate import Evaluate, EvaluateWorlds
from forecast.sensitivity.inputs import Inputs, read_inputs
from forecast.sensitivity.nets import LEAST
from forecast.settings import check_size
from forecast.world.state import Parameters

if TYPE_CHECKING:
    import xarray as xr

    from priors import PriorSet

__all__ = ["Function", "Study", "read_study"]

type Array = np.ndarray[Any, np.dtype[np.float64]]
type Function = Callable[[xr.Dataset], xr.DataArray]

_LARGEST = 1e70
"""Numbers whose products are still numbers."""

_FUNCTION_CHUNK, _MOST_NUMBERS = 2**12, 2**22
"""Worlds that a function is given at once at most, and numbers in one array of a chunk."""


@dataclass(frozen=True)
class Study:
    """A quantity of parameters.

    Attributes
    ----------
    inputs : Inputs
        What varies.
    function : callable, optional
        Of parameters.
    looked : Quantity, optional
        Or the quantity of the world model.
    months : int
        Of the world model.
    lucks : tuple of int
        Seeds of its luck: each world is run once with each. Empty for a function, which has no luck.
    backend : str
        Of the world model.
    """

    inputs: Inputs
    function: Function | None = None
    looked: Quantity | None = None
    months: int = 0
    lucks: tuple[int, ...] = ()
    backend: str = ""

    @property
    def title(self) -> str:
        """The quantity in words."""
        if self.looked is not None:
            return self.looked.title
        return str(getattr(self.function, "__name__", "function")).replace("<lambda>", "function")

    @property
    def unit(self) -> str:
        """The quantity's unit."""
        return "1" if self.looked is None else self.looked.unit

    @property
    def of(self) -> str:
        """Under which option, and against which."""
        if self.looked is None:
            return ""
        under = f"under “{self.looked.options[0].title}”"
        return f"{under} less “{self.looked.options[1].title}”" if self.looked.paired else under

    @property
    def chunk(self) -> int:
        """How many worlds to evaluate at a time."""
        if self.looked is not None:
            return CHUNK[self.backend]
        # What goes together is kept after each number of moves.
        row = max(len(self.inputs.names), max((len(names) + 1 for names in self.inputs.tied), default=0) ** 2)
        size = _FUNCTION_CHUNK
        while size > LEAST and size * row > _MOST_NUMBERS:
            size //= 2
        return size

    @property
    def workers(self) -> int:
        """How many chunks at a time. A user's function may not bear threads."""
        return usable_cores() if self.looked is not None else 1

    def at(self, start: int, stop: int) -> Evaluate:
        """Prepare worlds ``start`` to ``stop - 1``, whose luck is then the same however often they are evaluated.

        Returns
        -------
        Evaluate
            Takes parameters, shape (parameter, world), and gives the quantity, shape (luck, world); a function has one
            luck.

        Raises
        ------
        InvalidArgument
            On evaluation, if a function returns anything but a finite number for each world.
        """
        if self.looked is None:
            return Evaluate(lambda matrix: self._called(matrix, start, stop))
        order = [self.inputs.parameters.index(name) for name in Parameters._fields]
        return EvaluateWorlds(self.looked, self.backend, order, self.lucks, months=self.months, start=start, stop=stop)

    def reference(self, matrix: Array) -> float:
        """Give about where the quantity lies, from a few worlds' parameters, shape (parameter, world).

        Products of numbers far from 0 would lose what their variance is in, so they are taken about this.
        """
        return float(self.at(0, matrix.shape[1])(matrix).mean())

    def _called(self, matrix: Array, start: int, stop: int) -> Array:
        import xarray as xr

        assert self.function is not None
        given = xr.Dataset(
            {
                name: ("world", row, {k: v for k, v in self.inputs.attrs[name].items() if v})
                for name, row in zip(self.inputs.parameters, matrix, strict=True)
            },
            coords={"world": np.arange(start, stop)},
        )
        found: Any = self.function(given)
        dims = getattr(found, "dims", ("world",))
        values = np.zeros(0) if isinstance(found, xr.Dataset) else np.asarray(found)
        moved = (
            isinstance(found, xr.DataArray) and "world" in found.coords and not found["world"].equals(given["world"])
        )
        if moved or dims != ("world",) or values.shape != (stop - start,) or values.dtype.kind not in "fiub":
            raise InvalidArgument(
                f"the function returned {type(found).__name__} of shape {values.shape} for {stop - start} worlds",
                expected="a DataArray of numbers with the dim world alone",
                mend="compute it from the variables of the dataset, world by world",
            )
        numbers = values.astype(np.float64)
        bad = np.flatnonzero(~(np.abs(numbers) < _LARGEST))
        if bad.size:
            first = {name: float(row[bad[0]]) for name, row in zip(self.inputs.parameters, matrix, strict=True)}
            raise InvalidArgument(
                f"the function returned {numbers[bad[0]]} in {bad.size} of {numbers.size} worlds, as at {first!r:.99}",
                expected=f"a finite number below {_LARGEST:g} in every world",
                mend="mend the function, or narrow the bounds",
            )
        return numbers[np.newaxis]


def read_study(
    function_or_outcome: Function | str,
    beliefs_or_bounds: PriorSet | Mapping[str, tuple[float, float]],
    *,
    option: str | Option,
    baseline: str | Option | None,
    values: str | Path | Mapping[str, float] | Values | None,
    options: Iterable[str | Option] | str | Option | None,
    months: int,
    worlds: int,
    seed: int,
    luck: int,
    least_luck: int = 1,
) -> Study:
    """Check what is to be analysed.

    Parameters
    ----------
    function_or_outcome : callable or str
        Takes a Dataset of parameters (dim world) and returns a DataArray (world); or a per-world outcome, "utility" or
        "regret".
    beliefs_or_bounds : PriorSet or mapping
        As for :func:`read_inputs`. An outcome needs beliefs on every parameter of the world model.
    option, baseline, values, options, months
        Of an outcome, as for :class:`forecast.question.Quantity`.
    worlds : int
        The most worlds that are run at once, >= 1.
    seed : int
        The root seed; the first luck is that of a simulation with this seed.
    luck : int
        How many times each world is run with luck of its own, from ``least_luck`` to 1000.
    least_luck : int
        1, or 2 for an analysis that must tell luck apart.

    Raises
    ------
    InvalidArgument, UnknownPrior, UnknownOutcome, UnknownOption, UnknownValues
        For what cannot be analysed.
    """
    months, worlds, seed = check_size(months=months, worlds=worlds, seed=seed)
    luck = whole("luck", luck, least_luck, 1000)
    if not isinstance(function_or_outcome, str):
        if not callable(function_or_outcome):
            raise InvalidArgument(
                f"function_or_outcome is a {type(function_or_outcome).__name__}",
                expected="a function of a Dataset of parameters, or the name of an outcome",
                mend='pass "stable_success", or a function',
            )
        if option != "regional_centres" or baseline is not None or values is not None or options is not None:
            raise InvalidArgument(
                "option, baseline, values or options with a function",
                expected="these only of an outcome",
                mend="leave them out",
            )
        return Study(read_inputs(beliefs_or_bounds), function=function_or_outcome)
    looked = Quantity(function_or_outcome, option=option, baseline=baseline, options=options, values=values)
    check_starts(looked.options, months)
    inputs = read_inputs(beliefs_or_bounds)
    if inputs.beliefs is None:
        raise InvalidArgument(
            "an outcome of the world model with bounds",
            expected="beliefs on every parameter of the world model",
            mend='pass priors.load("article"), with the priors replaced that you hold to be uniform',
        )
    check_beliefs(inputs.beliefs)
    backend = choose("auto", len(looked.options) * worlds * months * luck * len(inputs.names))
    seeds = tuple(seed if number == 0 else _another(seed, number) for number in range(luck))
    return Study(inputs, looked=looked, months=months, lucks=seeds, backend=backend)


def _another(seed: int, number: int) -> int:
    """Give the seed of the ``number``-th luck: no small step from the root, which may be the root of another run."""
    return int.from_bytes(hashlib.sha256(f"{seed} luck {number}".encode()).digest()[:7], "little")
