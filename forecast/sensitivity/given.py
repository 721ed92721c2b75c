"""What a given-data analysis looks at: parameters and one number in each world, from a run or from any other model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.arguments import option_run, outcome_there, parameter_known
from forecast.decision.worlds import read_parameters
from forecast.engine.backends import choose
from forecast.engine.runner import chunks, in_order
from forecast.errors import InvalidArgument, UnknownOutcome, near_matches
from forecast.options import Option, proposal_of
from forecast.outcomes.dataset import check, is_summary, levels, titles
from forecast.progress import progress_bar
from forecast.question import REGRET, Quantity
from forecast.results import About, about_of
from forecast.schema import PARAMETER_PREFIX, number, outcomes_of
from forecast.sensitivity.repeats import Repeats, repeats_of
from forecast.sensitivity.study import Asked, Study
from forecast.world import World
from forecast.worlds import world_for

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Given", "check_known", "of_data", "of_study"]

type Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Given:
    """Worlds.

    Attributes
    ----------
    names, meanings : tuple of str
        The parameters and what they are.
    x : ndarray
        Shape (parameter, world), each in its unit.
    y : ndarray
        Shape (world,), in the unit that ``about`` says.
    about : About
        What ``y`` is, and whose beliefs the parameters are.
    repeats : Repeats, optional
        Which worlds have the same parameters, of all that there are; None where no two have.
    """

    names: tuple[str, ...]
    meanings: tuple[str, ...]
    x: Array
    y: Array
    about: About
    repeats: Repeats | None = None

    @property
    def distinct(self) -> int:
        """Number of worlds with parameters of their own."""
        return self.y.size if self.repeats is None else self.repeats.distinct

    def named(self, names: list[str] | None) -> Given:
        """Keep some parameters, in this order; see :func:`check_known`."""
        if names is None:
            return self
        check_known(names, self.names)
        rows = [self.names.index(name) for name in names]
        return replace(self, names=tuple(names), meanings=tuple(self.meanings[row] for row in rows), x=self.x[rows])


def check_known(names: list[str] | None, known: tuple[str, ...]) -> None:
    """Refuse names of parameters that are not there, none at all, or one twice.

    Raises
    ------
    InvalidArgument, UnknownPrior
    """
    if names is None:
        return
    if not names or len(set(names)) < len(names):
        raise InvalidArgument(
            f"names = {names!r:.60}", expected="at least one parameter, each once", mend="leave names out for all"
        )
    for name in names:
        parameter_known(name, known)


def of_study(study: Study, *, n: int, label: str) -> Given:
    """Run worlds of their own, each with its own luck, and return their parameters and the quantity."""
    inputs, how = study.inputs, study.how
    if study.looked is not None:
        # Each world is run once, where other analyses run it once for each input: compiling would seldom pay.
        looked = study.looked
        steps = looked.world.steps(how.horizon(looked.world))
        study = replace(study, backend=choose(how.backend, len(looked.options) * n * steps, looked.world))

    def run(start: int, stop: int) -> tuple[Array, Array]:
        x = inputs.draw(how.seed, start, stop)
        return x, study.at(start, stop)(x)[0]

    found: list[tuple[Array, Array]] = []
    with (
        progress_bar(label, total=n, show=how.progress) as bar,
        closing(in_order(run, chunks(n, study.chunk), workers=study.workers)) as parts,
    ):
        done = 0
        for stop, part in parts:
            found.append(part)
            bar.advance(stop - done)
            done = stop
    return Given(
        inputs.parameters,
        tuple(inputs.attrs[name]["long_name"] for name in inputs.parameters),
        np.concatenate([x for x, _ in found], axis=1),
        np.concatenate([y for _, y in found]),
        study.about(n),
    )


def of_data(asked: Asked) -> Given:
    """Read worlds that are there.

    Parameters
    ----------
    asked : Asked
        Of outcomes of a simulation or run, the options being among those that were run; or of any variables of numbers
        with the one dim world, where what is looked at is the name of a variable, all others being parameters.

    Returns
    -------
    Given
        Of all parameters.

    Raises
    ------
    InvalidArgument, UnknownOutcome, UnknownOption, UnknownPrior, UnknownValues, InvalidValues
        If it cannot be read.
    """
    data = asked.of
    if not is_summary(data) and not any(str(name).startswith(PARAMETER_PREFIX) for name in data.data_vars):
        return _of_variables(asked)
    check(data)
    if "world_hash" not in data.attrs:
        asked = replace(asked, world=_world_of_data(data))
    looked = asked.quantity if isinstance(asked.what, Quantity) else _among(titles(data), asked).quantity
    needed = [looked.outcome] if looked.values is None else [one.outcome for one in looked.values.attributes]
    for name in needed:
        outcome_there(name, data)
    names = list(titles(data))
    rows = [names.index(_there(option, titles(data)).name) for option in looked.options]
    y = looked({name: levels(data, name)[rows] for name in needed})
    believed = read_parameters(data, worlds=y.size)
    x = np.array(list(believed.values.values()))
    return Given(
        tuple(believed.values),
        tuple(str(attrs.get("long_name", "")) for attrs in believed.attrs.values()),
        x,
        y,
        about_of(data, title=looked.title, unit=looked.unit, of=looked.of, difference=looked.paired),
        repeats_of(x, continuous=True),
    )


def _world_of_data(data: xr.Dataset) -> World:
    """Make a world of the names of outcomes that another model made; it is never run."""
    made = outcomes_of(data)
    # Longer than any of the names, so none of them.
    state = "_".join(["state_of", *made])

    def ends(path: Any) -> Any:
        return path.end(state)

    def happens(path: Any) -> Any:
        return path.end(state) > 0.0

    return World(
        name="data",
        date="2000-01-01",
        origin=lambda beliefs, luck: {state: 0.0},
        month=lambda xp, now, levers, beliefs, luck, time: {state: getattr(now, state)},
        states={state: number("", "What another model knows")},
        parameters=(),
        levers=(),
        shocks={},
        outcomes={
            name: replace(one, reading="rule", of="", read=happens if one.is_event else ends)
            for name, one in made.items()
        },
        leading=str(data.attrs.get("leading", "")),
        options={name: Option(name, title=title) for name, title in titles(data).items()},
    )


def _there(option: str | Option, known: Mapping[str, str]) -> Option:
    """Return an option of which worlds have the name and title alone: it is read, not run."""
    name = option_run("option", option.name if isinstance(option, Option) else option, known)
    return Option(name, title=known[name])


def _among(known: Mapping[str, str], asked: Asked) -> Asked:
    """Name the options of a quantity among those that were run, which are also the rivals of a regret."""
    parts = dict(asked.parts)
    if "option" not in parts:
        parts["option"] = proposal_of(world_for(asked.of, asked.world))
    parts |= {name: _there(parts[name], known) for name in ("option", "baseline") if name in parts}
    rivals = parts.get("options", known if REGRET in (asked.what, parts.get("outcome")) else None)
    if isinstance(rivals, str | Option):
        rivals = [rivals]
    if isinstance(rivals, Iterable):
        parts["options"] = [_there(rival, known) for rival in rivals]
    return replace(asked, parts=parts)


def _of_variables(asked: Asked) -> Given:
    data, name = asked.of, asked.parts.get("outcome", asked.what)
    if set(asked.parts) - {"outcome"} or (asked.parts and asked.what is not None):
        raise InvalidArgument(
            f"{', '.join(asked.parts)} with data that is not from a simulation",
            expected="the name of a variable alone",
            mend="leave them out",
        )
    known = [str(variable) for variable in data.data_vars]
    if not isinstance(name, str) or name not in known:
        raise UnknownOutcome(
            "no outcome is named" if name is None else f"there is no variable {name!r:.60}",
            expected="which of the variables is the outcome",
            mend=near_matches(str(name), known) if known else "pass data with variables",
        )
    worlds = int(data.sizes.get("world", 0))
    read = read_parameters(data, worlds=worlds)
    y = read.values.pop(name)
    attrs: Any = data[name].attrs
    title, unit = str(attrs.get("long_name", name)), str(attrs.get("units", "1"))
    x = np.array(list(read.values.values())).reshape(-1, worlds)
    return Given(
        tuple(read.values),
        tuple(str(read.attrs[parameter].get("long_name", "")) for parameter in read.values),
        x,
        y,
        About(title=title, unit=unit, worlds=worlds, seed=asked.how.seed),
        repeats_of(x, continuous=False),
    )
