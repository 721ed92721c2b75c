"""What a given-data analysis looks at: parameters and one number in each world, from a run or from any other model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.decision.names import listed
from forecast.decision.reading import load_values
from forecast.decision.utility import utility
from forecast.decision.values import Values
from forecast.decision.worlds import read_parameters
from forecast.engine.backends import choose
from forecast.engine.runner import chunks, in_order
from forecast.errors import InvalidArgument, UnknownOption, UnknownOutcome, UnknownPrior, near_matches
from forecast.options import Option
from forecast.outcomes.dataset import check, is_summary, levels
from forecast.outcomes.provenance import gates_of, given_note
from forecast.progress import progress_bar
from forecast.question import REGRET, UTILITY
from forecast.schema import OUTCOMES, PARAMETER_PREFIX
from forecast.sensitivity.repeats import Repeats, repeats_of
from forecast.sensitivity.study import Study

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
        Shape (world,), in ``unit``.
    title, unit, of : str
        What ``y`` is, its unit, and under which option.
    priors, evidence, gates : str
        Whose beliefs on what evidence, and the broken gates of the fit behind them.
    repeats : Repeats, optional
        Which worlds have the same parameters, of all that there are; None where no two have.
    """

    names: tuple[str, ...]
    meanings: tuple[str, ...]
    x: Array
    y: Array
    title: str
    unit: str
    of: str = ""
    priors: str = ""
    evidence: str = ""
    gates: str = ""
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
        if name not in known:
            raise UnknownPrior(
                f"there is no parameter {name!r:.60}",
                expected="one of the worlds' parameters",
                mend=near_matches(name, known),
            )


def of_study(study: Study, *, n: int, seed: int, label: str, progress: bool) -> Given:
    """Run worlds of their own, each with its own luck, and give their parameters and the quantity."""
    inputs = study.inputs
    if study.looked is not None:
        # Each world is run once, where other analyses run it once for each input: compiling would seldom pay.
        study = replace(study, backend=choose("auto", len(study.looked.options) * n * study.months))

    def run(start: int, stop: int) -> tuple[Array, Array]:
        x = inputs.draw(seed, start, stop)
        return x, study.at(start, stop)(x)[0]

    found: list[tuple[Array, Array]] = []
    with (
        progress_bar(label, total=n, show=progress) as bar,
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
        study.title,
        study.unit,
        study.of,
        inputs.name,
        "none" if study.looked is not None else "",
    )


def of_data(
    data: xr.Dataset,
    *,
    outcome: str | None,
    option: str | Option | None,
    baseline: str | Option | None,
    values: str | Path | Mapping[str, float] | Values | None,
    options: Iterable[str | Option] | str | Option | None,
) -> Given:
    """Read worlds that are there.

    Parameters
    ----------
    data : xarray.Dataset
        Outcomes of a simulation or run, or any variables of numbers with the one dim world.
    outcome : str
        Of outcomes, as for :func:`forecast.question.Quantity`; of other data the name of a variable, all
        others being parameters.
    option, baseline, values, options : optional
        Of outcomes, among their options.

    Returns
    -------
    Given
        Of all parameters.

    Raises
    ------
    InvalidArgument, UnknownOutcome, UnknownOption, UnknownPrior, UnknownValues, InvalidValues
        If it cannot be read.
    """
    if not is_summary(data) and not any(str(name).startswith(PARAMETER_PREFIX) for name in data.data_vars):
        if baseline is not None or values is not None or options is not None or option is not None:
            raise InvalidArgument(
                "option, baseline, values or options with data that is not from a simulation",
                expected="these only of outcomes",
                mend="leave them out",
            )
        return _of_variables(data, outcome)
    check(data)
    if outcome is None:
        raise InvalidArgument(
            "no outcome is named", expected="which of the outcomes to look at", mend='pass outcome="stable_success"'
        )
    _check_outcome(data, outcome, baseline=baseline, values=values, options=options)
    first = _place(data, "regional_centres" if option is None else option)
    title, unit = outcome.capitalize(), "utility"
    if outcome in OUTCOMES:
        reached = levels(data, outcome)
        title, unit = OUTCOMES[outcome].long_name, OUTCOMES[outcome].unit
    else:
        chosen = load_values("balanced" if values is None else values)
        reached = utility(data, chosen).values
        title = f"{title}, {chosen.title}"
    y, of = reached[first], f"under “{data['title'].values[first]}”"
    if baseline is not None:
        other = _place(data, baseline)
        y, of = y - reached[other], f"{of} less “{data['title'].values[other]}”"
    if outcome == REGRET:
        rivals = (
            range(len(reached)) if options is None else [first, *(_place(data, rival) for rival in _listed(options))]
        )
        y = reached[list(rivals)].max(axis=0) - y
    of = ", ".join(part for part in (of, given_note(data.attrs)) if part)
    believed = read_parameters(data, worlds=y.size)
    x = np.array(list(believed.values.values()))
    return Given(
        tuple(believed.values),
        tuple(str(attrs.get("long_name", "")) for attrs in believed.attrs.values()),
        x,
        y,
        title,
        unit,
        of,
        str(data.attrs.get("priors", "")),
        str(data.attrs.get("evidence", "")),
        gates_of(data.attrs),
        repeats_of(x, continuous=True),
    )


def _check_outcome(data: xr.Dataset, outcome: str, *, baseline: object, values: object, options: object) -> None:
    known = [name for name in OUTCOMES if name in data] + [UTILITY, REGRET]
    if outcome not in known:
        raise UnknownOutcome(
            f"there is no outcome {outcome!r:.60}",
            expected='a per-world outcome of these worlds, "utility" or "regret"',
            mend=near_matches(str(outcome), known),
        )
    if outcome in OUTCOMES and OUTCOMES[outcome].unit == "month":
        raise InvalidArgument(
            f"the outcome {outcome!r} is a first month, which no world has in which the event did not come",
            expected="an outcome that every world has",
            mend="look at whether it happened instead",
        )
    for name, given, only in (
        ("values", values, (UTILITY, REGRET)),
        ("options", options, (REGRET,)),
        ("a baseline", baseline, (*OUTCOMES, UTILITY)),
    ):
        if given is not None and outcome not in only:
            raise InvalidArgument(
                f"{name} with the outcome {outcome!r}", expected="arguments that go together", mend="leave it out"
            )


def _listed(options: Iterable[str | Option] | str | Option) -> list[str | Option]:
    if isinstance(options, str | Option):
        return [options]
    if not isinstance(options, Iterable):
        listed("options", options)
    return [rival if isinstance(rival, Option) else str(rival) for rival in options]


def _place(data: xr.Dataset, option: str | Option) -> int:
    name = option.name if isinstance(option, Option) else option
    names = [str(known) for known in data["option"].values]
    if name not in names:
        raise UnknownOption(
            f"there is no option {name!r:.60} in these worlds",
            expected="one of those that were run",
            mend=near_matches(str(name), names),
        )
    return names.index(name)


def _of_variables(data: xr.Dataset, outcome: str | None) -> Given:
    known = [str(name) for name in data.data_vars]
    if outcome not in known:
        raise UnknownOutcome(
            f"there is no variable {outcome!r:.60}" if outcome is not None else "no outcome is named",
            expected="which of the variables is the outcome",
            mend=near_matches(str(outcome), known) if known else "pass data with variables",
        )
    worlds = int(data.sizes.get("world", 0))
    read = read_parameters(data, worlds=worlds)
    y = read.values.pop(str(outcome))
    attrs = data[outcome].attrs
    x = np.array(list(read.values.values())).reshape(-1, worlds)
    return Given(
        tuple(read.values),
        tuple(str(read.attrs[name].get("long_name", "")) for name in read.values),
        x,
        y,
        str(attrs.get("long_name", outcome)),
        str(attrs.get("units", "1")),
        repeats=repeats_of(x, continuous=False),
    )
