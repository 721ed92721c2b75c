"""What a sensitivity analysis runs: a function of parameters, or an outcome of the world model with its luck."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.arguments import whole
from forecast.beliefs import check_beliefs, claims_known
from forecast.engine.backends import choose
from forecast.engine.draws import held_structures
from forecast.engine.runner import CHUNK
from forecast.errors import InvalidArgument, kind_of
from forecast.options import check_starts
from forecast.question import Quantity, QuantityKeywords, about_run, quantity_of
from forecast.results import About, about_of
from forecast.sensitivity.evaluate import Evaluate, EvaluateWorlds
from forecast.sensitivity.inputs import Inputs, read_inputs
from forecast.sensitivity.nets import LEAST
from forecast.settings import BasicKeywords, Settings, settings_of
from forecast.world import World
from forecast.worlds import world_for
from priors.claims import NO_CLAIMS, Claims

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Asked", "Function", "Study", "StudyKeywords", "asked_study", "read_study"]

type Array = np.ndarray[Any, np.dtype[np.float64]]
type Function = Callable[[xr.Dataset], xr.DataArray]

_LARGEST = 1e70
"""Numbers whose products are still numbers."""

_FUNCTION_CHUNK, _MOST_NUMBERS = 2**12, 2**22
"""Worlds that a function is given at once at most, and numbers in one array of a chunk."""


class StudyKeywords(QuantityKeywords, BasicKeywords):
    """What analyses of all beliefs together take as keywords: the parts of a quantity, and some of settings."""


@dataclass(frozen=True)
class Asked:
    """What is asked of what.

    Attributes
    ----------
    where : str
        Name of the analysis.
    of : object
        What varies: beliefs, a fit, or bounds; or worlds that are there.
    what : callable, str, Quantity or None
        What is looked at.
    parts : mapping
        Parts of a quantity that are keywords.
    how : Settings
        How worlds are run.
    world : World, optional
        Which, as it was given.
    """

    where: str
    of: Any
    what: Function | str | Quantity | None
    parts: Mapping[str, Any]
    how: Settings
    world: World | None = None

    @property
    def function(self) -> Function | None:
        """What is looked at, if it is a function of parameters."""
        return None if self.what is None or isinstance(self.what, str | Quantity) else self.what

    @cached_property
    def quantity(self) -> Quantity:
        """What is looked at, if it is an outcome of the world model."""
        assert self.what is None or isinstance(self.what, str | Quantity)
        return quantity_of(self.what, self.parts, world_for(self.of, self.world))


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
    how : Settings
        How worlds are run.
    lucks : tuple of int
        Seeds of its luck: each world is run once with each. Empty for a function, which has no luck.
    backend : str
        Of the world model.
    """

    inputs: Inputs
    function: Function | None = None
    looked: Quantity | None = None
    how: Settings = field(default_factory=Settings)
    lucks: tuple[int, ...] = ()
    backend: str = ""

    @property
    def claims(self) -> Claims:
        """The claims that inputs may rest on."""
        if self.looked is not None:
            return claims_known(self.inputs.beliefs, self.looked.world)
        return NO_CLAIMS if self.inputs.beliefs is None else self.inputs.beliefs.known_claims

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

    def about(self, worlds: int) -> About:
        """Say what a result on it is about, of which so many worlds were run."""
        known = self.inputs.beliefs
        source = {} if known is None else {"priors": self.inputs.name, "evidence": "none"} | held_structures(known)
        if self.looked is None:
            return about_of(source, title=self.title, worlds=worlds, seed=self.how.seed)
        return replace(about_run(source, self.looked, self.how), worlds=worlds)

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
        return self.how.workers if self.looked is not None else 1

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
        world = self.looked.world
        order = [self.inputs.parameters.index(name) for name in world.parameters]
        months = self.how.horizon(world)
        return EvaluateWorlds(
            self.looked, world, self.backend, order, self.lucks, months=months, start=start, stop=stop
        )

    def reference(self, matrix: Array) -> float:
        """Estimate about where the quantity lies, from a few worlds' parameters, shape (parameter, world).

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


def asked_study(where: str, first: Any, second: Any, settings: Settings | None, keywords: Mapping[str, Any]) -> Asked:
    """Read what is asked of what, in this order or, for one release, in the one before.

    Parameters
    ----------
    where : str
        Name of the analysis.
    first, second
        What varies, or worlds; and a quantity, an outcome's name, a function, or None for what the keywords say.
    settings, keywords
        As for :func:`forecast.question.asked`; only of :class:`StudyKeywords`.

    Raises
    ------
    UnknownArgument
        For a keyword that is no part of either.
    InvalidArgument
        For two of a kind, settings that are not followed, or a value outside its domain.
    """
    if _asks(first) and not _asks(second) and second is not None:
        warnings.warn(
            f"{where}(quantity, beliefs) is now {where}(beliefs, quantity): what varies comes first",
            DeprecationWarning,
            stacklevel=4,
        )
        first, second = second, first
    if _asks(first) or not (second is None or _asks(second)):
        both = kind_of(first) + ("" if second is None else f" and {kind_of(second)}")
        raise InvalidArgument(
            f"{where} of {both}",
            expected="what varies first, and then a Quantity, the name of an outcome, or a function of a Dataset",
            mend=f'pass {where}(priors.load("..."), "NAME")',
        )
    how = settings_of(settings, keywords).without("worlds", "luck", "client", where=where)
    parts = {name: keywords[name] for name in QuantityKeywords.__annotations__ if keywords.get(name) is not None}
    return Asked(where, first, second, parts, how, keywords.get("world"))


def _asks(given: object) -> bool:
    """Whether something says what is looked at, rather than what varies."""
    return isinstance(given, str) or callable(given)


def read_study(asked: Asked, n: int, *, luck: int, least_luck: int = 1) -> Study:
    """Check what is to be analysed.

    Parameters
    ----------
    asked : Asked
        An outcome needs beliefs on every parameter of the world model.
    n : int
        The most worlds that are run at once, >= 1.
    luck : int
        How many times each world is run with luck of its own, from ``least_luck`` to 1000; the first luck is that of a
        simulation with this seed.
    least_luck : int
        1, or 2 for an analysis that must tell luck apart.

    Raises
    ------
    InvalidArgument, UnknownPrior, UnknownOutcome, UnknownOption, UnknownValues
        For what cannot be analysed.
    """
    luck, how = whole("luck", luck, least_luck, 1000), asked.how
    if asked.function is not None:
        if asked.parts:
            raise InvalidArgument(
                f"{', '.join(asked.parts)} with a function",
                expected="the parts of a quantity only of an outcome",
                mend="leave them out",
            )
        how.without("months", "backend", "threads", where=f"{asked.where} of a function")
        return Study(read_inputs(asked.of), function=asked.function, how=how)
    looked = asked.quantity
    months = how.horizon(looked.world)
    check_starts(looked.options, months, world=looked.world)
    inputs = read_inputs(asked.of)
    if inputs.beliefs is None:
        raise InvalidArgument(
            "an outcome of the world model with bounds",
            expected="beliefs on every parameter of the world model",
            mend="pass what priors.load(...) gives, with the priors replaced that you hold to be uniform",
        )
    check_beliefs(inputs.beliefs, looked.world)
    backend = choose(
        how.backend, len(looked.options) * n * looked.world.steps(months) * luck * len(inputs.names), looked.world
    )
    seeds = tuple(how.seed if number == 0 else _another(how.seed, number) for number in range(luck))
    return Study(inputs, looked=looked, how=how, lucks=seeds, backend=backend)


def _another(seed: int, number: int) -> int:
    """Derive the seed of the ``number``-th luck: no small step from the root, which may be the root of another run."""
    return int.from_bytes(hashlib.sha256(f"{seed} luck {number}".encode()).digest()[:7], "little")
