"""The forms that the structures of a set can have together, what each weighs, and where its worlds come from."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.engine.draws import Source, source_of
from forecast.errors import FailedFit
from forecast.inference import conditioned
from forecast.posterior.carried import weighted_draws
from forecast.posterior.target import blocks_of
from forecast.sensitivity.common_worlds import Setting
from priors import PriorSet
from priors.forms import Forms, chance_of, structures
from priors.mixture import Mixture

if TYPE_CHECKING:
    import xarray as xr

    from forecast.evidence import Evidence

__all__ = ["Cells", "cells_of", "log_marginal", "open_structures", "posterior_weights", "reached"]

type Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Cells:
    """Every combination of forms that has a weight.

    Attributes
    ----------
    structures : tuple of Forms
        Those that are open: of which more than one form is possible.
    forms : ndarray of int
        Shape (cell, structure).
    weights, errors : ndarray
        Shape (cell,): what each weighs given the evidence, which sum to 1, and the standard errors of their logs.
    fits : ndarray of int
        Shape (cell,): the number of the fit behind each.
    origins : tuple of Source
        By the number of a fit, where its worlds get their parameters from.
    """

    structures: tuple[Forms, ...]
    forms: np.ndarray[Any, np.dtype[np.intp]]
    weights: Array
    errors: Array
    fits: np.ndarray[Any, np.dtype[np.intp]]
    origins: tuple[Source, ...]

    def settings(self, cells: Iterable[int]) -> list[Setting]:
        """Hold the structures at the forms of some cells; where none is open, hold nothing."""
        rows = tuple(self.origins[0].world.parameter(one.name) for one in self.structures)
        return [Setting(rows, tuple(map(float, self.forms[cell]))) if rows else Setting() for cell in cells]

    def of(self, name: str) -> np.ndarray[Any, np.dtype[np.intp]]:
        """Return the form of one structure in every cell, shape (cell,)."""
        return np.asarray(self.forms[:, [one.name for one in self.structures].index(name)])


def open_structures(beliefs: PriorSet) -> dict[str, Forms]:
    """Return the structures of which more than one form is possible."""
    return {name: known for name, known in structures(beliefs).items() if len(known.possible) > 1}


def cells_of(
    beliefs: PriorSet,
    known: Evidence,
    *,
    seed: int,
    source: PriorSet | xr.DataTree | None = None,
    progress: bool = False,
) -> Cells:
    """Part beliefs by the forms of their structures.

    Structures that no evidence reaches, and on which the members of a pool agree, are as they were believed to be
    whatever else is: their cells share one fit. The others are fitted form by form, and a cell weighs what was believed
    of its forms times how well it foretells the evidence (Bayes' rule).

    Parameters
    ----------
    beliefs : PriorSet
        Whose.
    known : Evidence
        What they are conditioned on.
    seed : int
        Of the fits.
    source : PriorSet or DataTree, optional
        The beliefs given the evidence, where they are at hand.
    progress : bool
        Show the bars of fits.

    Raises
    ------
    FailedFit
        If importance sampling cannot tell how well some form foretells the evidence.
    """
    applied = known.applied(beliefs)
    found = open_structures(applied)
    linked = reached(applied, known)
    fitted = [one for one in found.values() if one.name in linked]
    free = [one for one in found.values() if one not in fitted]
    parts: list[tuple[dict[str, int], float, float, Source]] = []
    for forms in itertools.product(*(one.possible for one in fitted)):
        chosen = {one.name: form for one, form in zip(fitted, forms, strict=True)}
        if not chosen:
            held = (
                conditioned(beliefs, known, seed=seed, progress=progress, world=known.world)
                if source is None
                else source
            )
            parts.append((chosen, 0.0, 0.0, source_of(held, known.world)))
            continue
        weight = chance_of(applied, chosen)
        if weight > 0.0:
            held = conditioned(beliefs.with_structure(chosen), known, seed=seed, progress=progress, world=known.world)
            log, error = (0.0, 0.0) if isinstance(held, PriorSet) else log_marginal(held, linked)
            parts.append((chosen, math.log(weight) + log, error, source_of(held, known.world)))
    shares = _shares(np.array([log for _, log, _, _ in parts]))
    rows, weights, errors, fits = [], [], [], []
    for number, ((chosen, _, error, _), share) in enumerate(zip(parts, shares, strict=True)):
        for forms in itertools.product(*(one.possible for one in free)):
            own = {one.name: form for one, form in zip(free, forms, strict=True)}
            rows.append([{**chosen, **own}[name] for name in found])
            weights.append(share * math.prod(one.weights[own[one.name]] for one in free))
            errors.append(error)
            fits.append(number)
    total = np.array(weights)
    return Cells(
        tuple(found.values()),
        np.array(rows, dtype=np.intp).reshape(len(rows), len(found)),
        total / total.sum(),
        np.array(errors),
        np.array(fits, dtype=np.intp),
        tuple(origin for _, _, _, origin in parts),
    )


def posterior_weights(
    before: Sequence[float], fits: Sequence[xr.DataTree | None], names: Collection[str] = ()
) -> tuple[Array, Array]:
    """Return what forms weigh given the evidence, and the standard errors.

    Parameters
    ----------
    before : sequence of float
        Their weights before it, in any scale.
    fits : sequence of DataTree or None
        The fit of each; None where there is no evidence.
    names : collection of str
        The structures in which they differ: blocks of evidence without them are the same in all.

    Returns
    -------
    tuple of ndarray
        Shape (form,) each.
    """
    told = [(0.0, 0.0) if fit is None else log_marginal(fit, names) for fit in fits]
    shares = _shares(np.log(before) + np.array([log for log, _ in told]))
    # Of w = e / sum(e): the derivative by the log of another e is -w w', by that of its own w (1 - w).
    slopes = shares[:, np.newaxis] * (np.eye(shares.size) - shares)
    return shares, np.sqrt((slopes**2) @ np.square([error for _, error in told]))


def _shares(logs: Array) -> Array:
    """Return weights that sum to 1 from their logs in any scale."""
    found = np.exp(logs - logs.max())
    return np.asarray(found / found.sum())


def log_marginal(fit: xr.DataTree, names: Collection[str] = ()) -> tuple[float, float]:
    """Return the log of how probable the evidence was before it was seen, and its standard error.

    Parameters
    ----------
    fit : xarray.DataTree
        By importance.
    names : collection of str
        Only what evidence says of blocks with one of these, where there are any and the beliefs are no pool.

    Raises
    ------
    FailedFit
        If some block was drawn by chains, which do not tell it.
    """
    if "members" in fit.children:
        members = fit["members"].to_dataset()
        terms = np.log(np.maximum(members["weight_before"].values, np.finfo(np.float64).tiny))
        terms = terms + members["log_marginal_likelihood"].values
        shares = np.exp(terms - terms.max())
        total = float(terms.max() + math.log(shares.sum()))
        own = shares / shares.sum() * members["log_marginal_likelihood_error"].values
        return total, float(np.sqrt(np.sum(own * own)))
    stats = fit["sample_stats"]
    if "block" not in stats.dims:
        return 0.0, 0.0
    if fit.attrs.get("method") != "importance":
        raise FailedFit(
            f"the weight of {fit.attrs['priors']}, whose fit is by chains ({fit.attrs.get('why_nuts', '')})",
            expected="forms whose fits pass the gates of importance sampling, which tells how well each foretells",
            mend="hold that structure at a form with beliefs.with_structure, or widen the priors of the blocks named",
        )
    blocks = weighted_draws(fit)[1]
    about = [block for block, said in blocks.items() if not names or set(names) & set(said["quantities"])]
    stats = stats.sel(block=about)
    logs, errors = stats["log_marginal_likelihood"], stats["log_marginal_likelihood_error"]
    return float(logs.sum()), float(np.sqrt((errors**2).sum()))


def reached(beliefs: PriorSet, known: Evidence) -> frozenset[str]:
    """Name the structures on which other quantities, or whose beliefs a world follows, depend given the evidence."""
    linked = {name for block in blocks_of(beliefs, known.items) for name in block.names}
    return frozenset(
        name for name in structures(beliefs) if name in linked or isinstance(beliefs[name].distribution, Mixture)
    )
