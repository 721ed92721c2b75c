"""Worlds, their synthetic evidence, and the posterior given each: what simulation-based calibration ranks.

Packages for this (simuk 0.3) call ``pm.sample`` once a replication, which compiles anew each time, twenty seconds for
this model; so the log density is compiled once here, with the evidence as shared variables. The sampler is PyMC's own,
set up as :func:`forecast.fit` does with ``sampler="pymc"``; nutpie is not calibrated here.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.blocks import COPULA_PREFIXES, part_of, reached
from forecast.densities import predictions
from forecast.errors import FailedFit, InvalidArgument
from forecast.progress import progress_bar
from forecast.sampling import compile_mode, compiling, quietly, start_method, unconstrained, usable_cores

if TYPE_CHECKING:
    import pymc as pm
    import xarray as xr

__all__ = ["KEPT", "LOG_DENSITY", "TARGET_ACCEPT", "THIN", "TUNE", "check_replicable", "replicate"]

KEPT = 99
"""Draws kept of each posterior: then a rank is one of 100 values, and 50, 80 and 90 of them are a central interval."""

THIN = 4
"""One draw in so many is kept, because ranks are uniform only if draws are independent."""

TUNE = 300
"""Draws before those, in which the sampler adapts."""

TARGET_ACCEPT = 0.99
"""As :func:`forecast.fit` has it."""

LOG_DENSITY = "log_density"
"""The log posterior density up to a constant, ranked like a quantity.

A posterior that takes no notice of the evidence still has uniform ranks in every parameter, but not in a function of
parameters and evidence together (Modrák et al. 2023).
"""

Array = np.ndarray[Any, np.dtype[np.float64]]


def check_replicable(model: pm.Model) -> list[str]:
    """Name the quantities to rank: those that the sampler draws.

    Parameters
    ----------
    model : pymc.Model
        From :func:`forecast.build_model`.

    Returns
    -------
    list of str
        Those of the beliefs first, both in the model's order.

    Raises
    ------
    InvalidArgument
        If there is no evidence, or it or what it hangs on cannot be drawn.
    """
    if not model.observed_RVs:
        raise InvalidArgument(
            "a model without evidence",
            expected="at least one item that worlds can be given anew",
            mend="pass forecast.build_model(beliefs, evidence=...), with a set that has items",
        )
    terms = [node.name for node in model.potentials if not node.name.startswith(COPULA_PREFIXES)]
    if terms:
        raise InvalidArgument(
            f"the potential {terms[0]!r}",
            expected="evidence as observed nodes, which can be drawn",
            mend="write it as an observed distribution",
        )
    names = reached(model)
    for name in names:
        # A nuisance quantity is drawn alone.
        above = _parents(model, name)
        if name not in model.beliefs and above:
            raise InvalidArgument(
                f"{name!r}, which depends on {', '.join(above)}",
                expected="quantities beside the beliefs that depend on nothing",
                mend="write it non-centred",
            )
    return [n for n in names if n in model.beliefs] + [n for n in names if n not in model.beliefs]


def _parents(model: pm.Model, name: str) -> list[str]:
    from pytensor.graph.traversal import ancestors

    free = set(model.free_RVs) - {model[name]}
    return [str(node.name) for node in ancestors([model[name]]) if node in free]


def replicate(model: pm.Model, names: list[str], *, replications: int, seed: int, progress: bool) -> xr.Dataset:
    """Draw worlds, evidence from each, and the posterior given that evidence.

    Parameters
    ----------
    model : pymc.Model
        From :func:`forecast.build_model`.
    names : list of str
        From :func:`check_replicable`.
    replications : int
        How many worlds. Replication r is the same however many there are.
    seed : int
        The one root seed.
    progress : bool
        Show a bar.

    Returns
    -------
    xarray.Dataset
        ``truth`` (replication, quantity) and ``drawn`` (replication, draw, quantity) on the scale of the sampler, where
        a positive quantity is its log and a share its log odds; ``diverging`` (replication), a count. A vector is
        as many quantities, ``name[0]`` and so on; the last quantity is :data:`LOG_DENSITY`. The coordinate ``kind``
        (quantity) is "belief", "nuisance" or "check".

    Raises
    ------
    FailedFit
        If the sampler could not start or broke off.
    """
    import xarray as xr

    with quietly(), compiling():
        truths = _truths(model, names, replications, seed)
        evidence = predictions(model, truths, seed=int(_stream(seed, 1).generate_state(1)[0]))
        chain = _Chain(model, names, truths, evidence, seed)
        quantities, kinds = chain.labels(model.beliefs)
        drawn = np.empty((replications, KEPT, len(quantities)))
        truth = np.empty((replications, len(quantities)))
        diverging = np.zeros(replications, dtype=np.int64)
        with progress_bar("Calibrating", total=replications, show=progress) as bar:
            for number, truth_here, drawn_here, count in _all(chain, replications):
                truth[number], drawn[number], diverging[number] = truth_here, drawn_here, count
                bar.advance()
    return xr.Dataset(
        {
            "truth": (("replication", "quantity"), truth),
            "drawn": (("replication", "draw", "quantity"), drawn),
            "diverging": (("replication",), diverging),
        },
        coords={
            "replication": np.arange(replications),
            "draw": np.arange(KEPT),
            "quantity": quantities,
            "kind": ("quantity", kinds),
        },
    )


def _stream(seed: int, *key: int) -> np.random.SeedSequence:
    return np.random.SeedSequence(seed, spawn_key=key)


def _truths(model: pm.Model, names: list[str], replications: int, seed: int) -> xr.Dataset:
    """Draw worlds as simulations do, and what only the evidence has from its prior."""
    import pymc as pm
    import xarray as xr

    worlds = model.beliefs.sample(replications, seed=seed)
    data = {name: (("chain", "draw"), worlds[name].values[None].astype(np.float64)) for name in worlds.data_vars}
    loose = []
    for name in names:
        scaled = name.removesuffix("_share")
        if name in worlds:
            continue
        if name.endswith("_share") and scaled in worlds:
            # A belief between two bounds is sampled as its share of the way between them.
            bounds = model.beliefs[scaled].distribution.parameters
            share = (worlds[scaled].values - bounds["lower"]) / (bounds["upper"] - bounds["lower"])
            data[name] = (("chain", "draw"), share[None])
        else:
            loose.append(model[name])
    coords: dict[str, Any] = {"chain": [0], "draw": np.arange(replications)}
    drawn = pm.draw(loose, draws=replications, random_seed=np.random.default_rng(_stream(seed, 0))) if loose else []
    for node, values in zip(loose, drawn, strict=True):
        own = model.named_vars_to_dims.get(node.name) or [f"{node.name}_dim_{axis}" for axis in range(node.ndim)]
        coords |= {dim: list(model.coords[dim]) for dim in own if model.coords.get(dim) is not None}
        data[node.name] = (("chain", "draw", *own), np.asarray(values, dtype=np.float64)[None])
    return xr.Dataset(data, coords=coords)


class _Chain:
    """The posterior of a model under evidence that changes; compiled once."""

    def __init__(self, model: pm.Model, names: list[str], truths: xr.Dataset, evidence: xr.Dataset, seed: int) -> None:
        from pymc.blocking import DictToArrayBijection
        from pytensor.compile import sharedvalue

        shared: Any = sharedvalue.shared
        # Always a copy: the caller's model keeps its own evidence.
        self._part = part_of(model, names)
        self._shared, self._evidence, self._seed, self._names = {}, evidence, seed, names
        for node in self._part.observed_RVs:
            kept = np.asarray(self._part.rvs_to_values[node].eval())
            self._shared[node.name] = shared(kept, name=node.name, shape=kept.shape)
            self._part.rvs_to_values[node] = self._shared[node.name]
            self._part.values_to_rvs[self._shared[node.name]] = node
        # In the order of the names: that of the part's own variables may differ from run to run.
        self._values = [self._part.rvs_to_values[self._part[name]] for name in names]
        self._density: Any = self._part.logp_dlogp_function(self._values, ravel_inputs=True, mode=compile_mode())
        self._density.trust_input = True
        self._density.set_extra_values({})
        self._initial = self._part.initial_point()
        self._centre: Any = DictToArrayBijection.map({value.name: self._initial[value.name] for value in self._values})
        # The first call compiles the most: once here, not once in every worker.
        self._density([self._centre.data])
        self._truth = np.concatenate(
            [unconstrained(self._part, name, truths[name].values[0]) for name in names], axis=1
        )

    def labels(self, beliefs: Any) -> tuple[list[str], list[str]]:
        """Name the columns of what :meth:`replication` gives, and say of what kind each is."""
        quantities, kinds = [], []
        for name, value in zip(self._names, self._values, strict=True):
            shape = np.shape(self._initial[value.name])
            own = [f"{name}[{', '.join(map(str, place))}]" if place else name for place in np.ndindex(shape)]
            quantities += own
            known = name in beliefs or name.removesuffix("_share") in beliefs
            kinds += ["belief" if known else "nuisance"] * len(own)
        return [*quantities, LOG_DENSITY], [*kinds, "check"]

    def replication(self, number: int) -> tuple[int, Array, Array, int]:
        """Draw one posterior. Nothing of another replication is in it: every part that adapts is new."""
        import pymc as pm
        from pymc.step_methods.hmc.quadpotential import QuadPotentialDiagAdapt

        for name, shared in self._shared.items():
            shared.set_value(self._evidence[name].values[0, number].astype(shared.dtype))
        starting, momenta, proposals, chain = map(np.random.default_rng, _stream(self._seed, 2, number).spawn(4))
        start = self._centre.data + starting.uniform(-1.0, 1.0, self._centre.data.size)
        potential = QuadPotentialDiagAdapt(start.size, start, np.ones_like(start), 10, rng=momenta)
        step = pm.NUTS(
            self._values,
            model=self._part,
            potential=potential,
            target_accept=TARGET_ACCEPT,
            logp_dlogp_func=self._density,
            initial_point=self._initial,
            rng=proposals,
        )
        step.setup_chain(chain, TUNE, KEPT * THIN)
        point = self._centre._replace(data=start)
        drawn, diverging = np.empty((KEPT, start.size + 1)), 0
        for _ in range(TUNE):
            point, _stats = step.astep(point)
        step.stop_tuning()
        for draw in range(KEPT * THIN):
            point, (stats,) = step.astep(point)
            diverging += int(stats["diverging"])
            drawn[draw // THIN] = [*point.data, stats["model_logp"]]
        truth = self._truth[number]
        return number, np.append(truth, self._density([truth])[0]), drawn, diverging


_chain: _Chain | None = None
"""In a worker process: what it works with."""


def _take(chain: _Chain) -> None:
    global _chain
    _chain = chain


def _one(number: int) -> tuple[int, Array, Array, int]:
    assert _chain is not None
    return _chain.replication(number)


def _all(chain: _Chain, replications: int) -> Iterator[tuple[int, Array, Array, int]]:
    """Run replications side by side where processes can be forked, as what is compiled cannot be sent to them."""
    from pymc.exceptions import SamplingError

    workers = usable_cores(replications) if start_method() == "fork" else 1
    try:
        if workers == 1:
            yield from map(chain.replication, range(replications))
            return
        with multiprocessing.get_context("fork").Pool(workers, _take, (chain,)) as pool:
            yield from pool.imap_unordered(_one, range(replications))
    except (SamplingError, ValueError, FloatingPointError) as error:
        reason = " ".join(str(error).split())[:300]
        raise FailedFit(
            f"the sampler broke off ({type(error).__name__}: {reason})",
            expected="a log-density that is finite around the initial point, whatever the evidence",
            mend="narrow the priors whose worlds have evidence that the initial point makes impossible",
        ) from error
