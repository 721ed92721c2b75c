"""``power_scaling``: how much beliefs and outcomes depend on the strength of the prior and of the likelihood."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.diagnostics.blocks import block_numbers
from forecast.diagnostics.groups import (
    check_groups,
    draws_of_worlds,
    is_reached,
    labels_of_worlds,
    outcome_names,
    prior_terms,
    reached_names,
    scalars,
    summed,
)
from forecast.diagnostics.picked import blocks_of_worlds, is_weighted, picked
from forecast.diagnostics.slopes import slopes
from forecast.diagnostics.weights import RELIABLE, smoothed
from forecast.errors import InvalidArgument, UnknownPrior, near_matches
from forecast.estimates import block_jackknife, estimate_text
from forecast.outcomes.dataset import levels
from forecast.posterior.carried import beliefs_of
from forecast.results import Result, about_of
from forecast.schema import PARAMETER_PREFIX, outcomes_of

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

__all__ = ["ALPHAS", "CONFLICT", "NOISY", "STRONG_PRIOR", "THRESHOLD", "PowerScaling", "Scaled", "power_scaling"]

type Array = np.ndarray[Any, np.dtype[np.float64]]
type Numbers = np.ndarray[Any, np.dtype[np.intp]]

ALPHAS = (0.99, 1.01)
"""Powers at which the sensitivity is taken: ArviZ's, and those of Kallioinen et al. (2023)."""

THRESHOLD = 0.05
"""From this sensitivity on a quantity counts as sensitive (Kallioinen et al. 2023, section 3.2)."""

_FEWEST = 10
"""Worlds with an event, and without it, from which on its jackknife means something."""

CONFLICT = "possible conflict"
"""Both matter: a sign of a possible conflict between prior and data, and no proof of one (Kallioinen et al. 2023)."""
STRONG_PRIOR = "strong prior / weak likelihood"
NOISY = "too few draws to tell"


@dataclass(frozen=True)
class Scaled:
    """How one quantity answers to one component of the posterior density raised to a power.

    Attributes
    ----------
    component : str
        "prior": the joint prior of all that evidence reaches, with its correlations; "likelihood": all items of
        evidence together; "prior of NAME": that density alone.
    quantity, option : str
        A parameter (option empty), or an outcome under an option.
    sensitivity, error : float
        Distance between the distribution at power 1 and near it for each doubling of the power, as ArviZ's
        ``psense``, and its Monte-Carlo error.
    noise : float
        What the draws' number alone is estimated to add: the square root of what the squared sensitivity is too large
        by. A quantity that does not depend on the component at all has a sensitivity of about this.
    slope, slope_error : float
        Change of the quantity's mean for each doubling of the power, at power 1, in its own unit (a probability for a
        yes/no outcome), and its error.
    khat : float
        Pareto shape of the importance weights, the worse of the two powers.
    reliable : bool
        Whether k-hat is under 0.7, and noise alone is under the threshold or the sensitivity far above both.
    """

    component: str
    quantity: str
    option: str
    sensitivity: float
    error: float
    noise: float
    slope: float
    slope_error: float
    khat: float
    reliable: bool

    @property
    def sensitive(self) -> bool:
        """Whether the sensitivity, less what noise adds, reaches the threshold."""
        return self.sensitivity**2 - self.noise**2 >= THRESHOLD**2


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class PowerScaling(Result):
    """Sensitivity of every parameter that evidence reaches, and of outcomes, to the strength of prior and likelihood.

    Attributes
    ----------
    rows : tuple of Scaled
        Component by component: "prior", "likelihood", then the priors that were named.
    """

    rows: tuple[Scaled, ...]

    row, index = Scaled, ("component", "quantity", "option")

    def _paired(self) -> dict[tuple[str, str], tuple[Scaled, Scaled]]:
        found = {(row.component, row.quantity, row.option): row for row in self.rows}
        return {
            (quantity, option): (row, found["likelihood", quantity, option])
            for (component, quantity, option), row in found.items()
            if component == "prior"
        }

    def diagnosis(self, quantity: str, *, option: str = "") -> str:
        """Say what the two sensitivities of a quantity mean together.

        Returns
        -------
        str
            "possible conflict" if both prior and likelihood matter; "strong prior / weak likelihood" if only the
            prior does; "-" if neither or only the likelihood; "too few draws to tell" where a sensitivity that this
            rests on is not reliable.

        Raises
        ------
        KeyError
            If there is no such quantity.
        """
        return _diagnosed(*self._paired()[quantity, option])

    def to_frame(self) -> pd.DataFrame:
        """Tabulate prior and likelihood side by side.

        Returns
        -------
        pandas.DataFrame
            Index (quantity, option), option empty for a parameter; columns prior, prior_error, prior_noise, likelihood,
            likelihood_error, likelihood_noise, diagnosis, prior_slope, prior_slope_error, likelihood_slope,
            likelihood_slope_error, khat (the worse of the two) and reliable (both are).
        """
        import pandas as pd

        records = []
        for prior, likelihood in self._paired().values():
            record: dict[str, Any] = {}
            for one in (prior, likelihood):
                record |= {one.component: one.sensitivity}
                record |= {f"{one.component}_error": one.error, f"{one.component}_noise": one.noise}
            record["diagnosis"] = _diagnosed(prior, likelihood)
            for one in (prior, likelihood):
                record |= {f"{one.component}_slope": one.slope, f"{one.component}_slope_error": one.slope_error}
            record["khat"] = max(prior.khat, likelihood.khat)
            record["reliable"] = prior.reliable and likelihood.reliable
            records.append(record)
        index = pd.MultiIndex.from_tuples(list(self._paired()), names=["quantity", "option"])
        frame = pd.DataFrame(records, index=index)
        frame.attrs = self.about.attrs()
        return frame

    def by_component(self) -> pd.DataFrame:
        """Tabulate every component, those of single priors as well.

        Returns
        -------
        pandas.DataFrame
            Index (component, quantity, option); columns the other fields of :class:`Scaled`.
        """
        return super().to_frame()

    def _line(self) -> str:
        verdicts = [_diagnosed(*pair) for pair in self._paired().values()]
        counts = [f"{verdicts.count(word)} {word}" for word in (CONFLICT, STRONG_PRIOR, NOISY) if word in verdicts]
        return ", ".join([f"{len(verdicts)} quantities", *counts])

    def _page(self) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
        heads = ("quantity", "option", "prior", "likelihood", "diagnosis")
        return heads, [
            (*key, *(estimate_text(one.sensitivity, one.error) for one in pair), _diagnosed(*pair))
            for key, pair in self._paired().items()
        ]


def _diagnosed(prior: Scaled, likelihood: Scaled) -> str:
    if not prior.reliable:
        return NOISY
    if not prior.sensitive:
        return "-"
    if not likelihood.reliable:
        return NOISY
    return CONFLICT if likelihood.sensitive else STRONG_PRIOR


def power_scaling(
    fit: xr.DataTree,
    *,
    outcomes: xr.Dataset | None = None,
    names: Iterable[str] | str | None = None,
    priors: Iterable[str] | str = (),
) -> PowerScaling:
    """Raise the prior, and the likelihood, to a power near 1 and see what moves.

    Parameters
    ----------
    fit : xarray.DataTree
        From :func:`forecast.fit`, with evidence.
    outcomes : xarray.Dataset, optional
        From ``forecast.simulate(fit, ...)``. Each world has the prior and the likelihood of the draw that it took its
        parameters from, and so the outcomes have a sensitivity as well.
    names : iterable of str or str
        Which outcomes; those that reports lead with by default.
    priors : iterable of str or str
        Quantities whose prior density is also scaled alone, whether evidence reaches them or not. In a correlated
        group the correlation stays as it is.

    Returns
    -------
    PowerScaling
        Sensitivities by ``az.psense`` at powers 0.99 and 1.01, through Pareto-smoothed weights. Only the prior of what
        evidence reaches is scaled: the density of a hundred independent quantities together varies so much between
        draws that noise alone would pass the threshold. Errors and noise are a delete-a-block jackknife of the
        limit at power 1; blocks are of draws, with the worlds that picked them. Beliefs that were elicited to say
        something are meant to be strong priors; where the evidence matters as well, the two may pull apart, or weigh
        alike and agree: :func:`forecast.predictive_checks` tells which. The sensitivity is relative to the range of
        the draws, so compare it with the threshold and not across quantities of different tails; the slope has the
        unit of the quantity.

    Raises
    ------
    InvalidArgument
        If the fit has no evidence, the worlds were not drawn from this fit, or an outcome is not one of every world.
    UnknownOutcome, UnknownPrior
        For a name that does not exist.

    References
    ----------
    Kallioinen, Paananen, Bürkner & Vehtari (2023), Detecting and diagnosing prior and likelihood sensitivity with
    power-scaling, *Statistics and Computing* 34, 57.

    Examples
    --------
    >>> import forecast, priors
    >>> district = forecast.load_world("district")
    >>> fit = forecast.fit(priors.load(district.beliefs), world=district, evidence="seen", draws=1000, progress=False)
    >>> found = forecast.power_scaling(fit)
    >>> found.diagnosis("rebels"), found.diagnosis("truce_hazard")
    ('possible conflict', 'possible conflict')
    """
    tree = check_groups(fit, "posterior", "log_prior", "log_likelihood")
    log_prior, log_likelihood = tree["log_prior"].to_dataset(), tree["log_likelihood"].to_dataset()
    asked = [priors] if isinstance(priors, str) else [str(name) for name in priors]
    for name in asked:
        if name not in log_prior:
            raise UnknownPrior(
                f"priors with {name!r}", expected="a quantity of the fit", mend=near_matches(name, map(str, log_prior))
            )
    wanted: list[str] = []
    labels = None
    if outcomes is not None:
        labels = labels_of_worlds(tree, outcomes)
        wanted = outcome_names(outcomes, names)
    parts = {
        "prior": summed(log_prior, prior_terms(tree)),
        "likelihood": summed(log_likelihood, [str(name) for name in log_likelihood]),
        **{f"prior of {name}": summed(log_prior, [name]) for name in asked},
    }
    posterior = tree["posterior"].to_dataset()
    block = block_numbers(posterior)
    reached = reached_names(tree)
    known = scalars(posterior, [str(name) for name in posterior.data_vars if is_reached(str(name), reached)])
    quantities = {(name, ""): draws.reshape(-1) for name, draws in known.items()}
    rows = [_Component(name, density, block).rows(quantities) for name, density in parts.items()]
    if outcomes is not None and labels is not None:
        seed = int(outcomes.attrs["seed"])
        where = blocks_of_worlds(tree, seed=seed, labels=labels)
        densities = _of_worlds(tree, outcomes, labels, parts, asked)
        options = [str(option) for option in outcomes["option"].values]
        results: dict[tuple[str, str], Array] = {}
        events = {name for name, one in outcomes_of(outcomes).items() if one.is_event}
        for name in wanted:
            reached_levels = levels(outcomes, name)
            results |= {(name, option): worlds for option, worlds in zip(options, reached_levels, strict=True)}
        for number, name in enumerate(parts):
            rows[number] += _Component(name, densities[name], where, events).rows(results)
    about = about_of(tree if outcomes is None else outcomes, unit="")
    return PowerScaling(about=about, rows=tuple(row for group in rows for row in group))


def _of_worlds(
    tree: xr.DataTree, outcomes: xr.Dataset, labels: Numbers, parts: Mapping[str, Array], asked: Sequence[str]
) -> dict[str, Array]:
    """Return each component's log density in each world; ``parts`` has it at the draws of the fit."""
    if not is_weighted(tree):
        numbers = draws_of_worlds(tree, outcomes)
        return {name: density[numbers] for name, density in parts.items()}
    one = picked(tree, seed=int(outcomes.attrs["seed"]), labels=labels)
    one.check(outcomes)
    terms = one.log_prior()
    likelihood = np.zeros(labels.size)
    for item in map(str, tree["log_likelihood"].data_vars):
        likelihood += one.log_likelihood(item)[one.numbers(one.block_of(item))]
    beliefs = beliefs_of(tree)
    for name in asked:
        if name not in terms:
            if PARAMETER_PREFIX + name not in outcomes:
                raise InvalidArgument(
                    f"outcomes without {PARAMETER_PREFIX + name}",
                    expected="worlds with their parameters",
                    mend="pass outcomes as forecast.simulate returned them",
                )
            terms[name] = beliefs[name].distribution.log_pdf(outcomes[PARAMETER_PREFIX + name].values)
    reached = [name for name in terms if name not in asked or is_reached(name, reached_names(tree))]
    prior = np.add.reduce([terms[name] for name in reached])
    return {"prior": prior, "likelihood": likelihood, **{f"prior of {name}": terms[name] for name in asked}}


class _Component:
    """A component's log density at each draw or world, and what follows from it alone."""

    def __init__(self, name: str, density: Array, block: np.ndarray[Any, Any], events: Collection[str] = ()) -> None:
        self.name, self.density, self.block, self.events = name, density, block, events
        self.sizes = np.bincount(block)
        self.khat = max(smoothed((alpha - 1.0) * density)[1] for alpha in ALPHAS)
        # Equal at every draw: no power of it changes anything.
        self.constant = float(np.ptp(density)) <= 1e-12 * max(1.0, float(np.abs(density).max()))

    def rows(self, quantities: dict[tuple[str, str], Array]) -> list[Scaled]:
        found = _psense(list(quantities.values()), self.density) if not self.constant else [0.0] * len(quantities)
        return [self._row(*key, values, one) for (key, values), one in zip(quantities.items(), found, strict=True)]

    def _row(self, quantity: str, option: str, values: Array, sensitivity: float) -> Scaled:
        if self.constant:
            return Scaled(self.name, quantity, option, 0.0, 0.0, 0.0, 0.0, 0.0, self.khat, True)
        if np.ptp(values) == 0.0:
            # What is the same at every draw says nothing of how it would move: a rare event that never came.
            unknown = float("nan")
            return Scaled(self.name, quantity, option, 0.0, unknown, unknown, 0.0, unknown, self.khat, False)
        event = quantity in self.events
        squares, without, slope, slopes_without = slopes(values, self.density, self.block)
        corrected = float(block_jackknife(squares, without, self.sizes)[1])
        error = float(block_jackknife(np.sqrt(squares), np.sqrt(without), self.sizes)[0])
        slope_error = float(block_jackknife(slope, slopes_without, self.sizes)[0])
        noise = float(np.sqrt(max(0.0, float(squares) - corrected)))
        few = event and min(values.sum(), values.size - values.sum()) < _FEWEST
        quiet = noise < THRESHOLD or sensitivity - noise - 2.0 * error > THRESHOLD
        reliable = bool(self.khat < RELIABLE and quiet and np.isfinite(error) and not few)
        return Scaled(
            self.name, quantity, option, sensitivity, error, noise, float(slope), slope_error, self.khat, reliable
        )


def _psense(quantities: Sequence[Array], density: Array) -> list[float]:
    """ArviZ's sensitivity of each quantity to a component."""
    import arviz as az
    import xarray as xr

    dims = ("chain", "draw")
    coords = {"chain": [0], "draw": np.arange(density.size)}
    stacked = xr.DataArray(
        np.stack(quantities)[:, None, :],
        dims=("quantity", *dims),
        coords={**coords, "quantity": range(len(quantities))},
    )
    tree = xr.DataTree.from_dict(
        {
            "posterior": xr.Dataset({"quantities": stacked}),
            "log_prior": xr.Dataset({"component": (dims, density[None, :])}, coords=coords),
        }
    )
    with np.errstate(all="ignore"):
        found = az.psense(tree, group="prior", alphas=ALPHAS, sample_dims=list(dims))
    return [float(value) for value in found["quantities"].values]
