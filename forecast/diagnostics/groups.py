"""Reading the groups of a fit: what evidence reaches, scalars by name, and the draw of each world."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.arguments import listed, outcome_known
from forecast.blocks import COPULA_PREFIXES
from forecast.engine.draws import picked_draws
from forecast.errors import InvalidArgument, UnknownOption
from forecast.inference import check_fit
from forecast.outcomes.dataset import check as check_outcomes
from forecast.outcomes.dataset import headline_of
from forecast.schema import PARAMETER_PREFIX, outcomes_of

if TYPE_CHECKING:
    import xarray as xr

__all__ = [
    "check_groups",
    "check_same_draws",
    "draws_of_worlds",
    "is_reached",
    "labels_of_worlds",
    "outcome_names",
    "prior_terms",
    "reached_names",
    "scalars",
    "summed",
]

type Array = np.ndarray[Any, np.dtype[np.float64]]
type Numbers = np.ndarray[Any, np.dtype[np.intp]]


def check_groups(fit: object, *groups: str) -> xr.DataTree:
    """Refuse what is not a fit with these groups.

    Raises
    ------
    InvalidArgument
        If it is no fit, or a group is missing: a fit without evidence has no likelihood and nothing was predicted.
    """
    tree = check_fit(fit)
    missing = [name for name in groups if name not in tree.children or not tree[name].data_vars]
    if missing:
        raise InvalidArgument(
            f"the fit has no {' and no '.join(missing)}",
            expected="a fit of beliefs to evidence",
            mend="fit the beliefs to a set of evidence that has items: forecast.fit(beliefs, evidence=...)",
        )
    return tree


def reached_names(fit: xr.DataTree) -> set[str] | None:
    """Name the free variables that evidence reaches, or None where the fit does not say."""
    sampled = fit["posterior"].attrs.get("sampled")
    if sampled is None:
        return None
    return {str(sampled)} if isinstance(sampled, str) else {str(name) for name in np.atleast_1d(sampled)}


def is_reached(name: str, reached: set[str] | None) -> bool:
    """Say whether evidence reaches a quantity; a quantity with bounds is drawn as its share of the way between them."""
    return reached is None or name in reached or f"{name}_share" in reached


def prior_terms(fit: xr.DataTree) -> list[str]:
    """Name the terms of ``log_prior`` that are the prior of what evidence reaches.

    The densities of these quantities, and the correlations (``copula_...``, named by the first of those they tie)
    among them. Terms of any other potential count as well.
    """
    reached = reached_names(fit)
    terms = [str(name) for name in fit["log_prior"].data_vars]
    if reached is None:
        return terms
    quantities = {str(name) for name in fit["posterior"].data_vars}
    chosen = []
    for name in terms:
        tied = name.removeprefix(COPULA_PREFIXES[0])
        known = tied if tied in quantities else name
        if is_reached(known, reached) or (known not in quantities and not known.endswith("_share")):
            chosen.append(name)
    return chosen


def scalars(group: xr.Dataset, names: Iterable[str]) -> dict[str, Array]:
    """Give every scalar of some variables as (chain, draw), by a name such as ``rate[2]``."""
    found: dict[str, Array] = {}
    for name in names:
        array = group[name].transpose(..., "chain", "draw").values.astype(np.float64)
        for place in np.ndindex(array.shape[:-2]):
            found[f"{name}[{', '.join(map(str, place))}]" if place else str(name)] = array[place]
    return found


def summed(group: xr.Dataset, names: Sequence[str]) -> Array:
    """Add up log densities over variables and their own dims: shape (chain x draw,), chain by chain."""
    total = np.zeros(group.sizes["chain"] * group.sizes["draw"])
    for name in names:
        array = group[name].transpose("chain", "draw", ...).values.astype(np.float64)
        total += array.reshape(total.size, -1).sum(axis=1)
    return total


def labels_of_worlds(fit: xr.DataTree, outcomes: xr.Dataset) -> Numbers:
    """Give the numbers of worlds that were drawn from a fit.

    Parameters
    ----------
    fit : xarray.DataTree
        From :func:`forecast.fit`.
    outcomes : xarray.Dataset
        From ``forecast.simulate(fit, ...)``; worlds may have been left out or put in another order.

    Raises
    ------
    InvalidArgument
        If the worlds were not drawn from this very fit.
    """
    check_outcomes(outcomes)
    mend = "pass outcomes = forecast.simulate(fit, ...) of the same fit"
    if "fit" not in outcomes.attrs:
        raise InvalidArgument("the worlds were drawn from beliefs", expected="worlds drawn from the fit", mend=mend)
    theirs, ours = str(outcomes.attrs["fit"]), str(fit.attrs.get("key", ""))
    if theirs != ours:
        raise InvalidArgument(
            f"the worlds were drawn from the fit {theirs[:12] or '(without a key)'}",
            expected=f"worlds drawn from this fit, {ours[:12] or '(without a key)'}",
            mend=mend,
        )
    numbers: Numbers = outcomes["world"].values.astype(np.intp)
    if numbers.size == 0 or numbers.min() < 0:
        raise InvalidArgument("the worlds have lost their numbers", expected="worlds from 0 on", mend=mend)
    return numbers


def draws_of_worlds(fit: xr.DataTree, outcomes: xr.Dataset) -> Numbers:
    """Give the number of the draw that each world's parameters are, chain by chain, of a fit by Markov chains.

    Parameters and errors as for :func:`labels_of_worlds`.
    """
    numbers = labels_of_worlds(fit, outcomes)
    picked = picked_draws(fit, worlds=int(numbers.max()) + 1, seed=int(outcomes.attrs["seed"]))[numbers]
    for name in map(str, fit["posterior"].data_vars):
        if PARAMETER_PREFIX + name in outcomes:
            drawn = fit["posterior"][name].transpose("chain", "draw").values.reshape(-1)[picked]
            check_same_draws(outcomes, name, drawn)
            break
    return picked


def check_same_draws(outcomes: xr.Dataset, name: str, drawn: Array) -> None:
    """Refuse worlds whose parameter is not that of the draws they were given.

    Raises
    ------
    InvalidArgument
        If it is another in some world.
    """
    if not np.array_equal(drawn, outcomes[PARAMETER_PREFIX + name].values):
        raise InvalidArgument(
            f"the worlds' {name} is not that of the draws they were given",
            expected="worlds as forecast.simulate returned them",
            mend="pass outcomes = forecast.simulate(fit, ...) of the same fit",
        )


def outcome_names(outcomes: xr.Dataset, names: Iterable[str] | str | None) -> list[str]:
    """Give the outcomes asked for, each of which every world must have; those that reports lead with by default.

    Raises
    ------
    UnknownOutcome
        If there is no such outcome.
    InvalidArgument
        If none is asked for, or a first month is, which worlds without the event do not have.
    UnknownOption
        If the outcomes have no options.
    """
    known = outcomes_of(outcomes)
    if names is None:
        chosen = [name for name in headline_of(outcomes) if name not in known or not known[name].is_time]
    else:
        chosen = listed("names", names)
    if not chosen:
        raise InvalidArgument("no names of outcomes", expected="at least one", mend='name one, as in names="OUTCOME"')
    for name in chosen:
        outcome_known(name, known)
        if known[name].is_time:
            raise InvalidArgument(
                f"names with {name!r}, which worlds without the event do not have",
                expected="outcomes of every world",
                mend="use the event itself",
            )
    if outcomes.sizes.get("option", 0) == 0:
        raise UnknownOption("no option was run", expected="at least one option", mend="simulate some")
    return chosen
