"""What a picture is asked to show, checked before anything is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.arguments import option_run, outcome_there
from forecast.errors import InvalidArgument, UnknownOutcome, near_matches
from forecast.estimates import event_error
from forecast.outcomes.dataset import check, refuse_missing
from forecast.outcomes.unknown import as_numbers
from forecast.schema import outcome_of, states_of

if TYPE_CHECKING:
    import xarray as xr

__all__ = [
    "chosen_baseline",
    "chosen_names",
    "chosen_options",
    "event_errors",
    "values",
]

type Array = np.ndarray[Any, np.dtype[np.float64]]


def _run(outcomes: xr.Dataset) -> list[str]:
    return [str(option) for option in outcomes["option"].values]


def _listed(names: object, argument: str) -> list[str]:
    if isinstance(names, str):
        return [names]
    if not isinstance(names, Iterable):
        raise InvalidArgument(
            f"{argument} = {names!r}",
            expected="a name or several names",
            mend="leave it out for the usual ones",
        )
    # A name given twice would be drawn twice over.
    chosen = list(dict.fromkeys(str(name) for name in names))
    if not chosen:
        raise InvalidArgument(
            f"{argument} is empty", expected="at least one name", mend="leave it out for the usual ones"
        )
    return chosen


def chosen_options(outcomes: xr.Dataset, options: Iterable[str] | str | None) -> list[str]:
    """Give the names of the options to draw, in the order asked for; all that were run by default.

    Raises
    ------
    InvalidArgument
        If ``outcomes`` is not from a simulation, or ``options`` is empty.
    UnknownOption
        If an option was not run.
    """
    check(outcomes)
    run = _run(outcomes)
    if options is None:
        return run
    chosen = _listed(options, "options")
    for name in chosen:
        option_run("option", name, run)
    return chosen


def chosen_baseline(outcomes: xr.Dataset, baseline: str | None) -> str | None:
    """Give the option to compare with: the one named, else the world's null option where it was run, else none.

    Raises
    ------
    UnknownOption
        If the option named was not run.
    """
    run = _run(outcomes)
    if baseline is None:
        null = str(outcomes.attrs.get("null_option", ""))
        return null if null in run else None
    return option_run("option", baseline, run)


def chosen_names(names: Iterable[str] | str, known: Iterable[str], *, argument: str, what: str) -> list[str]:
    """Give the names to draw, each of which must be known.

    Parameters
    ----------
    names : iterable of str or str
        What was asked for.
    known : iterable of str
        What can be drawn.
    argument, what : str
        The argument's name, and what one of its names stands for, for the message.

    Raises
    ------
    InvalidArgument
        If there is none.
    UnknownOutcome
        If one is not known.
    """
    chosen, drawable = _listed(names, argument), list(known)
    for name in chosen:
        if name not in drawable:
            raise UnknownOutcome(f"{argument} with {name!r}", expected=what, mend=near_matches(str(name), drawable))
    return chosen


def values(outcomes: xr.Dataset, name: str, options: Sequence[str]) -> np.ndarray[Any, Any]:
    """Give a state, (option, world, month), or a per-world outcome, (option, world), of the options named.

    Raises
    ------
    UnknownOutcome
        If these outcomes were saved or cut down without it.
    """
    outcome_there(name, outcomes.data_vars)
    dims = [dim for dim in ("option", "world", "month") if dim in outcomes[name].dims]
    picked: np.ndarray[Any, Any] = outcomes[name].sel(option=list(options)).transpose(*dims).values
    state = states_of(outcomes).get(name)
    if state is not None:
        picked = as_numbers(state, picked)
    known = outcome_of(outcomes, name)
    is_time = known is not None and known.is_time
    refuse_missing(name, picked, is_time=is_time)
    if is_time:
        return picked
    # What ``where`` left as objects is what it was.
    return picked.astype(np.float64) if picked.dtype == object else picked


def event_errors(happened: np.ndarray[Any, Any]) -> Array:
    """Monte-Carlo standard error of the share of worlds in which something happened.

    Parameters
    ----------
    happened : ndarray of bool
        Shape (option, world, ...).

    Returns
    -------
    ndarray
        Shape (option, ...): :func:`forecast.estimates.mean_error` of each, so that figure and table agree.
    """
    return event_error(happened.astype(np.float64).sum(axis=1), happened.shape[1])
