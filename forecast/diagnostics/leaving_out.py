"""``leave_one_out``: what each item of evidence does to the outcomes, by reweighting the fit's draws."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.diagnostics.arrays import effective_draws
from forecast.diagnostics.blocks import block_error, block_numbers
from forecast.diagnostics.groups import (
    check_groups,
    draws_of_worlds,
    labels_of_worlds,
    outcome_names,
    summed,
)
from forecast.diagnostics.picked import is_weighted, picked
from forecast.diagnostics.weights import RELIABLE, smoothed
from forecast.engine.simulate import simulated
from forecast.errors import ForecastError
from forecast.estimates import estimate_text, mean_error
from forecast.inference import fit as fit_again
from forecast.inference import settings_of
from forecast.options import resolve
from forecast.outcomes.dataset import levels, titles
from forecast.plain_data import attr_dict
from forecast.posterior.carried import beliefs_of, carries
from forecast.posterior.carried import evidence_of as known_evidence
from forecast.posterior.pareto import tail_shape
from forecast.results import Column, Result, about_of, word
from forecast.schema import outcomes_of
from forecast.settings import Settings
from forecast.worlds import world_of

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["LeaveOneOut", "LeftOut", "leave_one_out", "weights_without"]

type Array = np.ndarray[Any, np.dtype[np.float64]]
type Numbers = np.ndarray[Any, np.dtype[np.intp]]


@dataclass(frozen=True)
class LeftOut:
    """What one item does to one outcome under one option; the fields are the columns of the table.

    Attributes
    ----------
    item, outcome, option : str
        By name.
    estimate, error : float
        Mean over worlds on all the evidence, in the outcome's unit (a probability for yes/no), and its error.
    without, without_error : float
        The same on all evidence but the item.
    effect, effect_error : float
        ``without - estimate``: what leaving the item out does. Both are of the same worlds, so the error is of the
        paired difference.
    khat : float
        Pareto shape of the item's weights; -inf where it says the same of every draw.
    effective : float
        How many equally weighted worlds the reweighted ones are worth.
    reliable : bool
        Whether k-hat is under 0.7.
    method : str
        "reweighted", or "refitted": worlds of a fit without the item.
    """

    item: str
    outcome: str
    option: str
    estimate: float
    error: float
    without: float
    without_error: float
    effect: float
    effect_error: float
    khat: float
    effective: float
    reliable: bool
    method: str = "reweighted"


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class LeaveOneOut(Result):
    """What leaving out each item of evidence does to outcomes; index (item, outcome, option).

    Attributes
    ----------
    rows : tuple of LeftOut
        Item by item in the order of the evidence, then outcome by outcome, then option by option.
    titles : tuple of (str, str)
        Option names and their titles.
    units, words : tuple of (str, str)
        Outcomes, and their units and what they are in words.
    """

    rows: tuple[LeftOut, ...]
    titles: tuple[tuple[str, str], ...]
    units: tuple[tuple[str, str], ...]
    words: tuple[tuple[str, str], ...]

    row, index = LeftOut, ("item", "outcome", "option")

    @property
    def unreliable(self) -> tuple[str, ...]:
        """Items whose weights are too uneven: only a fit without the item can tell what it does."""
        return tuple(dict.fromkeys(row.item for row in self.rows if not row.reliable))

    @property
    def refitted(self) -> tuple[str, ...]:
        """Items without which beliefs were fitted and worlds run anew."""
        return tuple(dict.fromkeys(row.item for row in self.rows if row.method == "refitted"))

    def _attrs(self) -> Mapping[Hashable, Any]:
        return {"units": dict(self.units)}

    def _line(self) -> str:
        items = len(dict.fromkeys(row.item for row in self.rows))
        named = f"not reliable: {', '.join(self.unreliable)}" if self.unreliable else "all reliable"
        return f"{items} items, {self.about.worlds:,} worlds, {named}"

    def _columns(self) -> tuple[Column, ...]:
        units = dict(self.units)

        def mean(name: str, error: str) -> Column:
            def cell(row: LeftOut) -> str:
                return estimate_text(getattr(row, name), getattr(row, error), unit=units[row.outcome])

            return Column(name, cell)

        return (
            *(word(name, name) for name in self.index),
            mean("estimate", "error"),
            mean("without", "without_error"),
            mean("effect", "effect_error"),
            Column("k-hat", lambda row: f"{row.khat:.2f}"),
        )


def leave_one_out(fit: xr.DataTree, *, outcomes: xr.Dataset, names: Iterable[str] | str | None = None) -> LeaveOneOut:
    """Estimate what each item of evidence does to the outcomes: what they would be without it.

    Each draw of the fit is weighted by one over the item's likelihood, which turns the posterior into the one without
    the item, and each world has the weight of the draw that it took its parameters from. Where an item moved the
    beliefs far, few draws carry all the weight. Then, or where the worlds of another fit would tell the effect more
    closely, the beliefs are fitted without the item and the same options run in the same worlds and luck. That takes
    options that are known by name, and the worlds of the run as they were.

    Parameters
    ----------
    fit : xarray.DataTree
        From :func:`forecast.fit`, with evidence.
    outcomes : xarray.Dataset
        From ``forecast.simulate(fit, ...)``.
    names : iterable of str or str
        Which outcomes; those that reports lead with by default.

    Returns
    -------
    LeaveOneOut
        A row for each item, outcome and option. Means are self-normalised, weights Pareto-smoothed. Errors are from
        sums of influences over blocks of draws with the worlds that picked them, so that pairing, weights, the luck
        of worlds and the draws' autocorrelation all count; those of refitted rows are of paired worlds, taken as
        independent of one another. ``plot(outcome="calm")`` draws one outcome, the first by default.

    Raises
    ------
    InvalidArgument
        If the fit has no evidence, the worlds were not drawn from this fit, or an outcome is not one of every world.
    UnknownOutcome
        If there is no such outcome.

    References
    ----------
    Gelfand, Dey & Chang (1992), Model determination using predictive distributions, *Bayesian Statistics* 4, 147-167.
    Vehtari, Simpson, Gelman, Yao & Gabry (2024), Pareto smoothed importance sampling, *Journal of Machine Learning
    Research* 25, 1-58.

    Examples
    --------
    >>> import forecast, priors
    >>> district = forecast.load_world("district")
    >>> fit = forecast.fit(priors.load(district.beliefs), world=district, evidence="seen", draws=1000, progress=False)
    >>> outcomes = forecast.simulate(fit, options="both", worlds=200)
    >>> [(row.item, row.reliable) for row in forecast.leave_one_out(fit, outcomes=outcomes, names="calm").rows]
    [('no_truce', True), ('census', True)]
    """
    tree = check_groups(fit, "posterior", "log_likelihood")
    chosen = outcome_names(outcomes, names)
    options = [str(option) for option in outcomes["option"].values]
    arrays = {name: levels(outcomes, name) for name in chosen}
    reweighting = _of_importance(tree, outcomes) if is_weighted(tree) else _of_chains(tree, outcomes)
    rows: list[LeftOut] = []
    known = outcomes_of(outcomes)
    for item in (str(name) for name in tree["log_likelihood"].data_vars):
        worlds, khat, block = reweighting(item)
        effective = float(1.0 / (worlds**2).sum())
        own = []
        for name in chosen:
            for option, values in zip(options, arrays[name], strict=True):
                found = _left_out(values, worlds, block, event=known[name].is_event)
                own.append(LeftOut(item, name, option, *found, khat, effective, khat < RELIABLE))
        # Two independent sets of worlds would be off by this much. Only importance sampling costs less than the error.
        cheap = tree.attrs.get("method") == "importance"
        noisy = cheap and any(row.effect_error > math.sqrt(2.0) * row.error for row in own)
        again = _without(tree, outcomes, item) if noisy or not khat < RELIABLE else None
        if again is not None:
            own = [
                LeftOut(item, name, option, *_refitted(values, after, event=known[name].is_event))
                for name in chosen
                for option, values, after in zip(options, arrays[name], levels(again, name), strict=True)
            ]
        rows += own
    return LeaveOneOut(
        about=about_of(outcomes, unit=""),
        rows=tuple(rows),
        titles=tuple(titles(outcomes).items()),
        units=tuple((name, known[name].unit) for name in chosen),
        words=tuple((name, known[name].long_name) for name in chosen),
    )


def _of_chains(tree: xr.DataTree, outcomes: xr.Dataset) -> Callable[[str], tuple[Array, float, Numbers]]:
    """Return what reweights the worlds of a fit by chains: weights that sum to 1, k-hat, and blocks of a jackknife."""
    picked = draws_of_worlds(tree, outcomes)
    block = block_numbers(tree["posterior"].to_dataset())[picked]

    def without(item: str) -> tuple[Array, float, Numbers]:
        weights, khat = weights_without(tree, item)
        return weights[picked] / weights[picked].sum(), khat, block

    return without


def _of_importance(tree: xr.DataTree, outcomes: xr.Dataset) -> Callable[[str], tuple[Array, float, Numbers]]:
    """Return what reweights the worlds of a fit by importance, as :func:`_of_chains` does."""
    one = picked(tree, seed=int(outcomes.attrs["seed"]), labels=labels_of_worlds(tree, outcomes))
    one.check(outcomes)

    def without(item: str) -> tuple[Array, float, Numbers]:
        block = one.block_of(item)
        numbers, logs = one.numbers(block), one.log_weights(block)
        weights, khat = smoothed(one.log_weights_without(item))
        ratio = weights[numbers] / np.exp(logs[numbers])
        # The draws may be fit for the other posterior although few of the worlds that picked them are.
        with np.errstate(divide="ignore"):
            khat = max(khat, tail_shape(np.log(ratio)))
        return ratio / ratio.sum(), khat, one.jackknife_blocks(block)

    return without


def _without(tree: xr.DataTree, outcomes: xr.Dataset, item: str) -> xr.Dataset | None:
    """Run the same options in the worlds of a fit without an item; None where what was run is not known."""
    labels = outcomes["world"].values
    whole = np.array_equal(labels, np.arange(labels[0], labels[0] + labels.size)) and not outcomes.attrs.get("given")
    if not carries(tree) or not whole:
        return None
    try:
        world = world_of(outcomes.attrs)
        known = resolve([str(name) for name in outcomes["option"].values], world=world)
    except ForecastError:
        return None
    hashes = attr_dict(outcomes.attrs, "option_hashes")
    if any(option.hash != hashes.get(name) for name, option in known.items()):
        return None
    refitted = fit_again(
        beliefs_of(tree),
        evidence=known_evidence(tree).without(item),
        progress=False,
        **settings_of(tree),
    )
    return simulated(
        refitted,
        options=known.values(),
        world=world,
        worlds=range(int(labels[0]), int(labels[-1]) + 1),
        settings=Settings(
            months=int(outcomes["month"].values[-1]),
            seed=int(outcomes.attrs["seed"]),
            luck=int(outcomes.attrs.get("luck", outcomes.attrs["seed"])),
            progress=False,
        ),
    )


def _refitted(
    before: Array, after: Array, *, event: bool
) -> tuple[float, float, float, float, float, float, float, float, bool, str]:
    """Return the means of a run and of that without an item, and their paired difference, each with its error."""
    error, without_error = mean_error(before, event=event), mean_error(after, event=event)
    moved = after - before
    effect_error = float(np.hypot(error, without_error)) if np.ptp(moved) == 0.0 else mean_error(moved, event=False)
    return (
        float(before.mean()),
        error,
        float(after.mean()),
        without_error,
        float(moved.mean()),
        effect_error,
        -math.inf,
        float(before.size),
        True,
        "refitted",
    )


def weights_without(fit: xr.DataTree, item: str) -> tuple[Array, float]:
    """Return each draw's weight in the posterior without an item, and the k-hat of these weights.

    Parameters
    ----------
    fit : xarray.DataTree
        With a group ``log_likelihood`` that has the item.
    item : str
        Its name.

    Returns
    -------
    weights : ndarray
        Shape (chain x draw,), chain by chain, summing to 1.
    khat : float
        As :func:`forecast.diagnostics.weights.smoothed` gives it.
    """
    group = fit["log_likelihood"].to_dataset()
    log_likelihood = summed(group, [item])
    likelihood = np.exp(log_likelihood - log_likelihood.max()).reshape(group.sizes["chain"], group.sizes["draw"])
    return smoothed(-log_likelihood, relative_efficiency=effective_draws(likelihood) / likelihood.size)


def _left_out(
    values: Array, weights: Array, block: Any, *, event: bool
) -> tuple[float, float, float, float, float, float]:
    """Return the mean, the weighted mean and their difference, each with its error."""
    mean, without = float(values.mean()), float(weights @ values)
    if np.ptp(values) == 0.0:
        # An event that came in no world or in all: the errors are those of its being so rare.
        error = mean_error(values, event=event)
        kept = error * float(np.sqrt(values.size * (weights**2).sum()))
        return mean, error, without, kept, 0.0, kept
    plain, weighted = (values - mean) / values.size, weights * (values - without)
    return (
        mean,
        block_error(plain, block),
        without,
        block_error(weighted, block),
        without - mean,
        block_error(weighted - plain, block),
    )
