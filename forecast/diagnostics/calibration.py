"""``calibrate``: whether posteriors are as sure as they should be, tried on evidence from known worlds.

Draw a world from the beliefs, draw evidence from that world, and draw from the posterior given that evidence. Where
prior, likelihood and sampler are one and the same model throughout, the world is like any draw of that posterior, so
its rank among the draws is uniform and a 90% interval holds it in 90% of replications.
"""

from __future__ import annotations

import html
import json
import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from forecast.arguments import whole
from forecast.diagnostics.replications import KEPT, TARGET_ACCEPT, THIN, TUNE, check_replicable, replicate
from forecast.diagnostics.replications_by_importance import LEAST_SHARE, replicate_by_importance
from forecast.diagnostics.uniformity import counts_below, critical, depth, p_value
from forecast.errors import InvalidArgument
from forecast.evidence import Evidence, available, load_evidence
from forecast.inference import check_method, libraries, read_model, why_nuts
from forecast.posterior.pareto import RELIABLE
from forecast.results import Result, about_of

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    import pymc as pm
    import xarray as xr

    from priors import PriorSet

__all__ = ["CALIBRATION_COLUMNS", "FAMILY_ERROR", "LEVELS", "TOGETHER", "Calibration", "all_evidence", "calibrate"]

LEVELS = (0.5, 0.8, 0.9)
"""Probabilities inside the central intervals whose coverage is counted."""

FAMILY_ERROR = 0.01
"""Probability, at most, that a calibrated run fails: half for the ranks of all quantities, half for coverage."""

_BY_IMPORTANCE, _BY_CHAINS = 1_000, 256
"""Replications where nothing is said."""

TOGETHER = "together"
"""Name of the row of all parameters together."""

CALIBRATION_COLUMNS = (
    "kind",
    *(f"{what}_{100 * level:.0f}" for level in LEVELS for what in ("coverage", "error")),
    "ecdf_difference",
    "p",
    "threshold",
    "passed",
    "autocorrelation",
)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Calibration(Result):
    """Known worlds, and the posterior draws given evidence from each.

    Attributes
    ----------
    data : xarray.Dataset
        ``truth`` (replication, quantity), ``drawn`` (replication, draw, quantity), both on the scale of the sampler:
        by importance normal scores under the beliefs. The coordinate ``kind`` is "belief", "nuisance" (what only the
        evidence has) or "check": the log density, and by importance the log likelihood of each item, which see it if
        evidence is ignored. By importance ``khat``, ``effective`` and ``weighted`` (replication, block): of the
        weighted draws, and how many they are. By chains ``diverging`` (replication). The attrs carry the provenance.
    """

    data: xr.Dataset

    @cached_property
    def ranks(self) -> xr.DataArray:
        """How many draws are below the truth, 0..number of draws; dims replication, quantity."""
        return (self.data["drawn"] < self.data["truth"]).sum("draw")

    @cached_property
    def broke_gates(self) -> xr.DataArray:
        """Whether the sampler broke a gate of its own, dim replication.

        By importance: in some block k-hat is not below 0.7, or fewer of the weighted draws are effective than a fit
        must have; there the block goes to chains. By chains: a draw diverged.
        """
        if "diverging" in self.data:
            return self.data["diverging"] > 0
        enough = self.data["effective"] >= LEAST_SHARE * self.data["weighted"]
        return ~((self.data["khat"] < RELIABLE) & enough).all("block")

    @property
    def passed(self) -> bool:
        """Whether every row of the table passes; a calibrated run does so with probability 1 - FAMILY_ERROR or more."""
        return bool(self._rank_gates().all() and self._pooled()[1] > FAMILY_ERROR / 2)

    @property
    def _points(self) -> int:
        return self.data.sizes["draw"]

    @property
    def threshold(self) -> float:
        """What the p-value of a quantity's ranks must be above."""
        return FAMILY_ERROR / 2 / self.data.sizes["quantity"]

    def _inside(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Whether each truth is in each central interval, shape (level, replication, quantity)."""
        ranks, values = self.ranks.values, self._points + 1
        tails = [values * (1.0 - level) / 2.0 for level in LEVELS]
        # Rounded because 100 * (1 - 0.9) / 2 is a little above 5 to a computer.
        return np.array([(ranks >= round(t)) & (ranks < round(values - t)) for t in tails], dtype=np.float64)

    def _rank_gates(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        n = self.data.sizes["replication"]
        found = depth(counts_below(self.ranks.values, points=self._points), n=n)
        return np.asarray(found > critical(n=n, points=self._points, error=self.threshold))

    def _pooled(self) -> tuple[list[tuple[float, float]], float]:
        """Coverage over all parameters at each level with its error, and the p-value of the worst.

        Parameters of one replication share its world and evidence, so what is independent is the replications: the
        error is that of their means. It is never taken to be less than if all parameters were independent.
        """
        from scipy.stats import t

        inside = self._inside()[:, :, self.data["kind"].values != "check"]
        _, n, count = inside.shape
        estimates, p = [], 1.0
        for level, hits in zip(LEVELS, inside, strict=True):
            means = hits.mean(axis=1)
            error = max(float(means.std(ddof=1)) / math.sqrt(n), math.sqrt(level * (1.0 - level) / (n * count)))
            estimates.append((float(means.mean()), error))
            p = min(p, 2.0 * float(t.sf(abs(means.mean() - level) / error, n - 1)))
        return estimates, min(1.0, len(LEVELS) * p)

    def scaled(self, factor: float) -> Calibration:
        """Return the same run with every posterior's sd scaled: a known fault, to see that it is found.

        Parameters
        ----------
        factor : float
            Above 0; draws are moved from or to their mean on the scale of the sampler.

        Returns
        -------
        Calibration
            Without the checks, which such draws do not have.

        Raises
        ------
        InvalidArgument
            If the factor is not a number above 0.
        """
        if isinstance(factor, bool) or not isinstance(factor, int | float | np.number) or not 0.0 < factor < math.inf:
            raise InvalidArgument(f"factor = {factor!r:.60}", expected="a number above 0", mend="pass 0.9, say")
        kept = self.data.isel(quantity=np.flatnonzero(self.data["kind"].values != "check"))
        centre = kept["drawn"].mean("draw")
        moved = kept.assign(drawn=centre + factor * (kept["drawn"] - centre))
        moved["drawn"] = moved["drawn"].transpose("replication", "draw", "quantity")
        attrs = {**self.data.attrs, "sd_scaled_by": float(factor * self.data.attrs.get("sd_scaled_by", 1.0))}
        return replace(self, data=moved.assign_attrs(attrs))

    def to_frame(self) -> pd.DataFrame:
        """Tabulate coverage and ranks.

        Returns
        -------
        pandas.DataFrame
            Index quantity, :data:`TOGETHER` last. ``kind``; ``coverage_50``, ``_80``, ``_90``: share of replications
            whose central interval holds the truth; ``error_50`` ...: its standard error, binomial at the level for one
            quantity, from the means of replications for all together. ``ecdf_difference``: the largest
            distance between the ECDF of the ranks and uniform; ``p``: probability that uniform ranks go
            as far out at any point, and for all together the smallest p-value of the three coverages, times three;
            ``threshold``: what p must be above; ``passed``. ``autocorrelation``: between one kept draw and the next,
            a mean over replications; ranks need it near 0.
        """
        import pandas as pd

        n, points = self.data.sizes["replication"], self._points
        counts = counts_below(self.ranks.values, points=points)
        differences = np.abs(counts / n - np.arange(1, points + 1)[:, None] / (points + 1)).max(axis=0)
        coverage, found, passed = self._inside().mean(axis=1), depth(counts, n=n), self._rank_gates()
        autocorrelations = _autocorrelations(self.data["drawn"].values)
        rows: list[list[Any]] = []
        for place, kind in enumerate(self.data["kind"].values):
            pairs = zip(coverage[:, place], LEVELS, strict=True)
            covered = [x for c, level in pairs for x in (float(c), math.sqrt(level * (1.0 - level) / n))]
            p = p_value(float(found[place]), n=n, points=points)
            judged = [float(differences[place]), p, self.threshold, bool(passed[place])]
            rows.append([str(kind), *covered, *judged, float(autocorrelations[place])])
        estimates, p = self._pooled()
        covered = [x for pair in estimates for x in pair]
        rows.append(["pooled", *covered, math.nan, p, FAMILY_ERROR / 2, p > FAMILY_ERROR / 2, math.nan])
        index = pd.Index([*map(str, self.data["quantity"].values), TOGETHER], name="quantity")
        frame = pd.DataFrame(rows, index=index, columns=list(CALIBRATION_COLUMNS))
        frame.attrs = {**self.about.attrs(), **self._attrs()}
        return frame

    def _attrs(self) -> Mapping[Hashable, Any]:
        scaled = self.data.attrs.get("sd_scaled_by")
        return {"sd_scaled_by": scaled} if scaled else {}

    def _line(self) -> str:
        sizes, scaled = self.data.sizes, self.data.attrs.get("sd_scaled_by")
        (_, _, (covered, error)), _ = self._pooled()
        wrong = self.data["quantity"].values[~self._rank_gates()].tolist()
        return (
            f"{'passed' if self.passed else 'failed'}: {sizes['replication']} replications, "
            f"{sizes['quantity']} quantities"
            + (f", sd scaled by {scaled:g}" if scaled else "")
            + f"; 90% intervals hold {100 * covered:.1f} +- {100 * error:.1f}%"
            + (f"; ranks not uniform: {', '.join(wrong[:3])}" + (" ..." if len(wrong) > 3 else "") if wrong else "")
        )

    def __repr__(self) -> str:
        # Whether a sampler is right is hardly a matter of whose beliefs it was tried on.
        return f"Calibration({self._line()})"

    def _repr_html_(self) -> str:
        table = self.to_frame().to_html(float_format=lambda value: f"{value:.3g}")
        return f"{table}<p>{html.escape(repr(self))}</p>"


def _autocorrelations(drawn: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Mean over replications of the correlation between one draw and the next, by quantity."""
    with np.errstate(invalid="ignore"):
        centred = drawn - drawn.mean(axis=1, keepdims=True)
        lagged: Any = (centred[:, 1:] * centred[:, :-1]).sum(axis=1) / (centred**2).sum(axis=1)
    found: np.ndarray[Any, np.dtype[np.float64]] = lagged.mean(axis=0)
    return found


def all_evidence() -> Evidence:
    """Return every item of the shipped evidence as one set, with every prior that the shipped sets bring.

    Returns
    -------
    Evidence
        With a likelihood of every kind, for every parameter that shipped evidence informs. It is for calibration,
        where evidence is synthetic; two of its items tell of the same growth, so a forecast uses one or the other.
    """
    sets = [load_evidence(name) for name in available()]
    items = {item.name: item for one in sets for item in one.items}
    instead = {name: table for one in sets for name, table in one.instead.items()}
    return Evidence("every item", "Every item", "Every item of every shipped set.", tuple(items.values()), instead)


def calibrate(
    model: pm.Model | PriorSet,
    *,
    evidence: str | Path | Evidence | None = None,
    method: Literal["auto", "importance", "nuts"] = "auto",
    replications: int | None = None,
    seed: int = 1,
    progress: bool = True,
) -> Calibration:
    """Run simulation-based calibration of the whole path: beliefs, evidence, posterior.

    Each replication draws a world from the beliefs as simulations do, with their correlations; every item of evidence
    from that world, by the likelihoods that fits use; and the posterior given that evidence, by the sampler that
    :func:`forecast.fit` uses for the same model.

    Parameters
    ----------
    model : pymc.Model or PriorSet
        From :func:`forecast.build_model`; or beliefs, which by importance are calibrated without PyMC.
    evidence : str, Path or Evidence, optional
        With beliefs, the evidence whose items are drawn, as for :func:`forecast.load_evidence`: the world's first
        set by default. Its data are not used. With :func:`all_evidence` one run covers every parameter that shipped
        evidence informs. A model has its evidence already.
    method : {"auto", "importance", "nuts"}
        As for :func:`forecast.fit`: "auto" is importance, except for a model that was changed by hand. Importance
        takes 4,096 weighted draws of each block, and 65,536 as a fit where those are too few; "nuts" takes shorter
        chains. A replication that breaks the gates of importance sampling even so counts like the others
        (:attr:`Calibration.broke_gates`).
    replications : int, optional
        10..10,000; replication r is the same however many there are. By default 1,000 by importance, which take forty
        seconds for all shipped evidence, and 256 by chains, which take about two minutes on two cores. With 200 an sd
        that is a tenth off in every parameter is found for sure, while one parameter's must be off by about a third.
    seed : int
        The one root seed, 0..2**63 - 1.
    progress : bool
        Show a bar on stderr if it takes more than two seconds.

    Returns
    -------
    Calibration
        Judged by ``passed``; ``plot()`` draws how far the ranks of each quantity are from uniform.

    Raises
    ------
    InvalidArgument
        If the model is neither from ``build_model`` nor beliefs, has no evidence or evidence that cannot be drawn, a
        setting is outside its domain, evidence is given with a model, or importance is asked for of a model that was
        changed by hand.
    UnknownEvidence, InvalidEvidence, UnknownPrior
        If evidence is not known, or beliefs and evidence do not go together.
    FailedFit
        If the sampler could not start or broke off, or the beliefs make the evidence of a world impossible.

    References
    ----------
    Talts, Betancourt, Simpson, Vehtari & Gelman (2018), Validating Bayesian inference algorithms with simulation-based
    calibration, arXiv:1804.06788. Säilynoja, Bürkner & Vehtari (2022), *Statistics and Computing* 32, 32. Modrák et
    al. (2023), Simulation-based calibration checking for Bayesian computation: the choice of test quantities shapes
    sensitivity, *Bayesian Analysis*, on the log density.

    Examples
    --------
    >>> import forecast, priors
    >>> district = forecast.load_world("district")
    >>> beliefs, seen = priors.load(district.beliefs), forecast.load_evidence("seen", world=district)
    >>> calibration = forecast.calibrate(beliefs, evidence=seen, replications=20, progress=False)
    >>> calibration.passed, calibration.data.sizes["replication"]
    (True, 20)
    """
    check_method(method)
    asked = None if replications is None else whole("replications", replications, 10, 10_000)
    root = whole("seed", seed, 0, 2**63 - 1)
    beliefs, known, built = read_model(model, evidence)
    why = why_nuts(built, method)
    attrs: dict[str, Any] = {
        "priors": beliefs.name,
        "priors_hash": beliefs.hash,
        "evidence": known.name,
        "evidence_hash": known.hash,
        "method": "nuts" if why else "importance",
        "why_nuts": why,
        "replications": asked or (_BY_CHAINS if why else _BY_IMPORTANCE),
        "seed": root,
        "draws": KEPT,
        "versions": json.dumps(libraries("pymc")),
    }
    settings = {"replications": attrs["replications"], "seed": root, "progress": progress}
    if why:
        if built is None:
            from forecast.model import build_model

            built = build_model(beliefs, evidence=known)
        data = replicate(built, check_replicable(built), **settings)
        attrs |= {"thin": THIN, "tune": TUNE, "target_accept": TARGET_ACCEPT, "sampler": "pymc"}
    else:
        data = replicate_by_importance(beliefs, known.items, **settings)
    return Calibration(about=about_of(attrs), data=data.assign_attrs(attrs))
