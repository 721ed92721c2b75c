"""Gates as values, and those that a fit and the worlds drawn from it are judged by on their own."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from forecast.diagnostics.convergence import by_chains, recalled
from forecast.outcomes.dataset import is_summary
from forecast.outcomes.unknown import unknown
from forecast.posterior.pareto import RELIABLE
from forecast.posterior.sampled import LEAST_EFFECTIVE, LEAST_OF_A_FORM, OFTEN
from forecast.results import GateState
from forecast.schema import states_of
from forecast.worlds import is_shipped

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["THRESHOLDS", "Gate", "judge_fit", "skipped", "state_of"]

THRESHOLDS = {
    "k_hat": ("below", RELIABLE),
    "effective_draws": ("at least", LEAST_EFFECTIVE),
    "form_draws": ("at least", LEAST_OF_A_FORM),
    "r_hat": ("at most", 1.01),
    "ess_bulk": ("at least", 400.0),
    "ess_tail": ("at least", 400.0),
    "divergences": ("at most", 0.0),
    "e_bfmi": ("at least", 0.3),
    "member_weights": ("at most", 0.02),
    "failed_worlds": ("at most", 0.0),
    "reference_classes": ("at most", 2.0),
    "ranking": ("above", 0.0),
}
"""On which side of which number each gate passes.

Importance sampling: k-hat (Vehtari et al. 2024), effective draws of a block, and of each combination of choices whose
posterior weight is above 1%. R-hat and effective sample sizes of chains (Vehtari et al. 2021, who advise 100 for each
of four chains); energy (Betancourt 2016; 0.3 as in Stan and ArviZ); a weight off by 0.02 moves a mean of the mixture by
that share of the distance between members; of some fifteen classes at 90% one or two miss by chance; an option is told
from the best where the bound of how far it is behind is above 0.
"""

_OF_IMPORTANCE = ("k_hat", "effective_draws", "form_draws")
_OF_CHAINS = ("r_hat", "ess_bulk", "ess_tail", "divergences", "e_bfmi")

_WORST = 3
"""How many of the worst quantities the evidence names."""


@dataclass(frozen=True)
class Gate:
    """One check as a value.

    Attributes
    ----------
    name : str
        A key of :data:`THRESHOLDS`.
    verdict : {"passed", "failed", "note", "skipped"}
        What is said of it.
    value : float
        What was measured, NaN where it is not defined or the gate was skipped.
    threshold : float
        What it was held against, in the same unit.
    evidence : str
        Which quantities decided it, or why it was skipped.
    mend : str
        What to do; empty unless it failed or is a note.
    """

    name: str
    verdict: Literal["passed", "failed", "note", "skipped"]
    value: float
    threshold: float
    evidence: str
    mend: str = ""

    @property
    def passed(self) -> bool | None:
        """Whether it passed or failed; None for a note and where it was skipped."""
        return {"passed": True, "failed": False}.get(self.verdict)

    def value_text(self) -> str:
        """Write what was measured; empty where it is not defined."""
        return "" if math.isnan(self.value) else f"{self.value:.4g}"

    def limit_text(self) -> str:
        """Write what it must be."""
        return f"{THRESHOLDS[self.name][0]} {self.threshold:g}"


def state_of(gates: Iterable[Gate]) -> GateState:
    """Return the state of gates, as results carry it."""
    return GateState.of([gate.name for gate in gates if gate.passed is False])


def judge_fit(tree: xr.DataTree | None, outcomes: xr.Dataset | None = None) -> tuple[Gate, ...]:
    """Judge a fit and worlds by all gates but the reference classes and the ranking, in the order of the thresholds.

    Parameters
    ----------
    tree : xarray.DataTree or None
        A fit; None for worlds drawn from priors alone.
    outcomes : xarray.Dataset, optional
        Worlds, or their summary.
    """
    if tree is None:
        names = (*_OF_IMPORTANCE, *_OF_CHAINS)
        sampler = [skipped(name, "no fit: the worlds are drawn from the priors") for name in names]
    else:
        sampler = [*_importance(tree), *_chains(tree)]
    return (*sampler, _member_weights(tree), _failed_worlds(tree, outcomes))


def _judged(name: str, value: float, evidence: str, mend: str) -> Gate:
    side, threshold = THRESHOLDS[name]
    # NaN is on neither side, so it fails.
    passed = bool({"at most": value <= threshold, "below": value < threshold}.get(side, value >= threshold))
    return Gate(name, "passed" if passed else "failed", float(value), threshold, evidence, "" if passed else mend)


def skipped(name: str, why: str) -> Gate:
    """Return a gate that could not be judged."""
    return Gate(name, "skipped", math.nan, THRESHOLDS[name][1], why)


def _diagnosed(tree: xr.DataTree, statistic: str) -> dict[str, float]:
    """Give a diagnostic for every scalar of the posterior, and of the fits of a pool's members."""
    found = recalled(by_chains(tree), statistic, tree.attrs)
    members = tree.children.get("members")
    if members is not None and statistic in members.data_vars:
        table = members.to_dataset()
        for member, row in zip(table["member"].values, table[statistic].values, strict=True):
            labels = (f"{quantity} (of {member})" for quantity in table["quantity"].values)
            found |= dict(zip(labels, map(float, row), strict=True))
    return found


def _worst(found: dict[str, float], *, largest: bool) -> tuple[float, str]:
    """Give the worst value and name the worst quantities; an undefined one is worse than any."""

    def badness(item: tuple[str, float]) -> float:
        return math.inf if math.isnan(item[1]) else item[1] if largest else -item[1]

    ranked = sorted(found.items(), key=badness, reverse=True)
    named = ", ".join(f"{name} {'not defined' if math.isnan(v) else f'{v:.4g}'}" for name, v in ranked[:_WORST])
    return (ranked[0][1] if ranked else math.nan), named or "the posterior is empty"


def _importance(tree: xr.DataTree) -> list[Gate]:
    """Judge the blocks that were drawn by importance."""
    stats = tree.children.get("sample_stats")
    if stats is None or "khat" not in stats.data_vars:
        why = "nothing was drawn by importance"
        return [skipped(name, why) for name in _OF_IMPORTANCE]
    table = stats.to_dataset()
    drawn_by_chains = set(np.atleast_1d(tree["posterior"].attrs.get("by_chains", [])))
    table = table.isel(block=[n for n, name in enumerate(table["block"].values) if name not in drawn_by_chains])
    if "member" in table.dims:
        # What hardly any world follows moves no result, however badly it is known.
        weights = tree["members"].to_dataset()["weight"].values
        table = table.isel(member=np.flatnonzero(weights > OFTEN))
    if not table["effective"].size:
        return [skipped(name, "every block was drawn by chains") for name in _OF_IMPORTANCE]
    pulls = sorted({str(name) for name in table["pulls"].values.reshape(-1)} - {""})
    mend = (
        "beliefs and evidence are far apart: see prior_posterior and predictive_checks for what the block moves, and "
        "widen its priors or leave out an item" + (f"; what pulls most is {', '.join(pulls)}" if pulls else "")
    )
    worst = _of_blocks(table, "khat")
    worst |= {f"a form of {name}": value for name, value in _of_blocks(table, "form_khat").items() if value > -math.inf}
    gates = []
    khat, named = _worst(worst, largest=True)
    gates.append(_judged("k_hat", khat, named, mend))
    logs, errors = _of_blocks(table, "log_marginal_likelihood"), _of_blocks(table, "log_marginal_likelihood_error")
    least, named = _worst(_of_blocks(table, "effective"), largest=False)
    evidence = ", ".join(f"{name} {logs[name]:.3f} ± {errors[name]:.3f}" for name in logs)
    gates.append(_judged("effective_draws", least, f"{named}; log evidence {evidence}", mend))
    forms = {name: value for name, value in _of_blocks(table, "form_effective").items() if value != math.inf}
    if forms:
        gates.append(_judged("form_draws", *_worst(forms, largest=False), mend))
    else:
        gates.append(skipped("form_draws", "no block has forms to choose among"))
    return gates


def _of_blocks(table: xr.Dataset, name: str) -> dict[str, float]:
    """Give a number of every block that was drawn by importance, by its name and, of a pool, the member's."""
    found = {}
    values = table[name].transpose("block", ...)
    for block, own in zip(table["block"].values, values.values, strict=True):
        for place, value in enumerate(np.atleast_1d(own)):
            if "member" in values.dims:
                found[f"{block} (of {table['member'].values[place]})"] = float(value)
            else:
                found[str(block)] = float(value)
    return found


def _chains(tree: xr.DataTree) -> list[Gate]:
    """Judge what was drawn by chains."""
    if not by_chains(tree).data_vars and tree["posterior"].data_vars:
        return [skipped(name, "drawn by importance: independent draws, no chains") for name in _OF_CHAINS]
    gates = [_r_hat(tree), _ess(tree, "bulk"), _ess(tree, "tail"), _divergences(tree), _e_bfmi(tree)]
    why = str(tree.attrs.get("why_nuts", ""))
    if not why.startswith("block "):
        return gates
    # Where importance sampling failed first, what it says of the block is where to look.
    return [replace(gate, mend=f"{gate.mend}; before, {why}") if gate.mend else gate for gate in gates]


def _r_hat(tree: xr.DataTree) -> Gate:
    value, named = _worst(_diagnosed(tree, "r_hat"), largest=True)
    mend = (
        "the chains disagree: look at them (az.plot_rank), tune longer, and look for a second mode or a prior and an "
        "item of evidence that contradict each other"
        if value > THRESHOLDS["r_hat"][1]
        else "it needs at least 2 chains of 4 finite draws in which every quantity moves"
    )
    return _judged("r_hat", value, named, mend)


def _ess(tree: xr.DataTree, kind: str) -> Gate:
    name = f"ess_{kind}"
    value, named = _worst(_diagnosed(tree, name), largest=False)
    draws = tree["posterior"].sizes["draw"]
    if value > 0.0:
        # In proportion to draws, a tenth more against the estimate's own error, rounded up to hundreds.
        wanted = 100 * math.ceil(1.1 * draws * THRESHOLDS[name][1] / value / 100)
        mend = f"draw about {wanted:,} a chain instead of {draws:,}: fit(model, draws={wanted})"
    else:
        mend = "it needs at least 4 finite draws a chain in which every quantity moves"
    return _judged(name, value, named, mend)


def _stat(tree: xr.DataTree, name: str) -> Any:
    stats = tree.children.get("sample_stats")
    return stats[name].values if stats is not None and name in stats.data_vars else None


def _divergences(tree: xr.DataTree) -> Gate:
    diverging = _stat(tree, "diverging")
    if diverging is None:
        return skipped("divergences", "the fit has no sample_stats/diverging")
    count = int(np.count_nonzero(diverging))
    by_chain = ", ".join(str(int(n)) for n in np.count_nonzero(diverging, axis=1))
    return _judged(
        "divergences",
        count,
        f"{count} of {diverging.size:,} draws; by chain {by_chain}",
        "take smaller steps: fit(model, target_accept=0.99); if some stay, a prior is very wide or two quantities "
        "only count together (az.plot_pair with divergences shows which)",
    )


def bfmi(energy: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Estimate the Bayesian fraction of missing information of each chain (Betancourt 2016, section 6.1).

    ArviZ has it too, but importing ArviZ takes longer than all else that judges a fit kept on disk.

    Parameters
    ----------
    energy : ndarray
        Shape (chain, draw).

    Returns
    -------
    ndarray
        Shape (chain,); NaN where the energy never moves or is not finite.
    """
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        steps = np.square(np.diff(energy, axis=-1)).sum(axis=-1)
        spread = np.square(energy - energy.mean(axis=-1, keepdims=True)).sum(axis=-1)
        return np.atleast_1d(steps / spread)


def _e_bfmi(tree: xr.DataTree) -> Gate:
    energy = _stat(tree, "energy")
    if energy is None:
        return skipped("e_bfmi", "the fit has no sample_stats/energy")
    chains = bfmi(np.asarray(energy, dtype=np.float64))
    return _judged(
        "e_bfmi",
        float(chains.min()),
        "by chain " + ", ".join(f"{value:.3g}" for value in chains),
        "tails that the sampler cannot reach: narrow the widest priors, or write the quantity non-centred; "
        "tuning longer helps a little",
    )


def _member_weights(tree: xr.DataTree | None) -> Gate:
    members = None if tree is None else tree.children.get("members")
    if members is None:
        return skipped("member_weights", "the beliefs are no pool that was fitted member by member")
    table = members.to_dataset()
    rows = zip(*(table[name].values for name in ("member", "weight", "weight_error")), strict=True)
    named = ", ".join(f"{member} {weight:.3f} ± {error:.3f}" for member, weight, error in rows)
    error = float(table["weight_error"].max())
    if "khat" in table:
        # Of a weight that importance sampling did not find neither the value nor the error is known; one that it found
        # to be very small may be ten times as large.
        unknown = (table["khat"].values >= RELIABLE) & (table["weight"].values > OFTEN / 10.0)
        if unknown.any():
            error = math.nan
            named += f"; k-hat of {', '.join(map(str, table['member'].values[unknown]))} at least {RELIABLE:g}"
    return _judged(
        "member_weights",
        error,
        named,
        "the evidence leaves few of the prior's worlds: fit the members one by one and read them side by side",
    )


def _failed_worlds(tree: xr.DataTree | None, outcomes: xr.Dataset | None) -> Gate:
    draws, bad_draws, worlds, bad_worlds = 0, 0, 0, 0
    names: list[str] = []
    if tree is not None:
        posterior = tree["posterior"].to_dataset()
        draws, bad_draws = _failed(
            {
                str(name): ~np.isfinite(array.transpose("chain", "draw", ...).values)
                for name, array in posterior.items()
            },
            (posterior.sizes["chain"], posterior.sizes["draw"]),
            names,
        )
    if is_summary(outcomes):
        assert outcomes is not None
        worlds, bad_worlds = int(outcomes.attrs["worlds"]), int(outcomes.attrs["failed_worlds"])
        names += ["states"] if bad_worlds else []
    elif outcomes is not None:
        wrong = {
            name: unknown(state, outcomes.variables[name].transpose("world", ...).values)
            for name, state in states_of(outcomes).items()
        }
        worlds, bad_worlds = _failed(wrong, (outcomes.sizes["world"],), names)
    parts = [f"{bad_draws} of {draws:,} draws"] if tree is not None else []
    parts += [f"{bad_worlds} of {worlds:,} worlds"] if outcomes is not None else []
    named = f": {', '.join(names[:_WORST])}" if names else ""
    return _judged(
        "failed_worlds",
        bad_draws + bad_worlds,
        "not finite in " + " and ".join(parts) + named,
        f"a hazard or a quantity left its range: look at the priors of what is named, {_besides(tree, outcomes)}",
    )


def _besides(tree: xr.DataTree | None, outcomes: xr.Dataset | None) -> str:
    """Say what to do about worlds that failed, beside looking at their priors: whose the world is decides that."""
    attrs: Mapping[Any, Any] = outcomes.attrs if outcomes is not None else {} if tree is None else tree.attrs
    own = "world" in attrs and not is_shipped(attrs)
    return f"and at the month of the world {attrs['world']!r:.60}" if own else "and report it with the seed"


def _failed(wrong: Mapping[str, Any], shape: tuple[int, ...], names: list[str]) -> tuple[int, int]:
    """Count the members along the first dims, and those in which anything is wrong, and add what it is to ``names``."""
    bad: Any = np.zeros(shape, dtype=bool)
    for name, where in wrong.items():
        if where.any():
            names.append(name)
            bad |= where.reshape(*shape, -1).any(axis=-1)
    return bad.size, int(np.count_nonzero(bad))
