"""Log densities and predictions of a model over many draws, each in one pass over all of them.

PyMC evaluates these draw by draw in a compiled function; for a model of a hundred named scalars compiling alone takes
longer than sampling. Here every node is given an axis of draws and runs as array arithmetic, without compiling.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pymc as pm
    import xarray as xr

__all__ = ["log_densities", "predictions"]


def _uncompiled() -> Any:
    """Give the mode that runs a graph as it stands: canonical sums may have more terms than NumPy's limit of 32."""
    from pytensor.compile import mode

    usual: Any = mode.get_mode
    return usual("FAST_COMPILE").excluding("canonicalize", "fusion", "add_mul_fusion")


def log_densities(model: pm.Model, posterior: xr.Dataset) -> tuple[xr.Dataset, xr.Dataset]:
    """Give the log density of every factor at every draw.

    Parameters
    ----------
    model : pymc.Model
        The model.
    posterior : xarray.Dataset
        All its free variables, dims chain, draw and their own.

    Returns
    -------
    log_prior : xarray.Dataset
        The log prior density of each free variable given those it depends on, in its own unit (no transform), and
        each potential, by name; they sum to the log of the joint prior density, up to a constant.
    log_likelihood : xarray.Dataset
        The log probability or density of each item of evidence.
    """
    import pymc as pm

    free = {node: node.type() for node in model.free_RVs}
    terms = [pm.logp(node, value, warn_rvs=False) for node, value in free.items()]
    terms += model.potentials
    terms += [pm.logp(node, model.rvs_to_values[node], warn_rvs=False) for node in model.observed_RVs]
    named = [*model.free_RVs, *model.potentials, *model.observed_RVs]
    values = _evaluated(terms, free, posterior)
    parts = {
        node.name: _with_dims(model, node.name, value, posterior, term.ndim)
        for node, term, value in zip(named, terms, values, strict=True)
    }
    prior = [node.name for node in (*model.free_RVs, *model.potentials)]
    items = [node.name for node in model.observed_RVs]
    return _dataset(model, posterior, parts, prior), _dataset(model, posterior, parts, items)


def _evaluated(terms: list[Any], free: dict[Any, Any], posterior: xr.Dataset) -> list[Any]:
    """Evaluate terms with every free variable, and the value that stands for it, at all draws at once."""
    from pytensor.compile.maker import function as compiled
    from pytensor.graph.replace import vectorize_graph

    replace: dict[Any, Any] = {}
    inputs, arrays = [], []
    for node, value in free.items():
        array = posterior[node.name].transpose("chain", "draw", ...).values.astype(node.dtype)
        array = array.reshape(-1, *array.shape[2:])
        batch = node.type.clone(shape=(None, *array.shape[1:]))()
        replace[node] = replace[value] = batch
        inputs.append(batch)
        arrays.append(array)
    batched = vectorize_graph(terms, replace=replace)
    function = compiled(inputs, batched, mode=_uncompiled(), on_unused_input="ignore", trust_input=True)
    return list(function(*arrays))


def predictions(model: pm.Model, given: xr.Dataset, *, seed: int) -> xr.Dataset:
    """Draw every item of evidence anew in each given world.

    Parameters
    ----------
    model : pymc.Model
        The model.
    given : xarray.Dataset
        Quantities of the model, dims chain, draw and their own. Free variables that are missing, and have no parents
        in the model, are drawn from their prior.
    seed : int
        For the draws.

    Returns
    -------
    xarray.Dataset
        A variable for each item, dims chain, draw and its own.
    """
    import pymc as pm
    import xarray as xr
    from pymc.sampling.forward import vectorize_over_posterior

    known = [node for node in (*model.free_RVs, *model.deterministics) if node.name in given]
    items = list(model.observed_RVs)
    plain = [_shaped_by_parameters(node, model.rvs_to_values[node].type.shape) for node in items]
    if any(node is None for node in plain):
        names = [node.name for node in items]
        bare = xr.DataTree.from_dict({"posterior": given[[node.name for node in known]]})
        with model:
            slow = pm.sample_posterior_predictive(bare, var_names=names, random_seed=seed, progressbar=False)
        predicted: xr.Dataset = slow["posterior_predictive"].to_dataset()
        return predicted[names].drop_attrs()
    batched = vectorize_over_posterior(plain, given, known)
    drawn = pm.draw(batched, draws=1, random_seed=seed, mode=_uncompiled())
    parts = {
        node.name: _with_dims(model, node.name, value, given, node.ndim)
        for node, value in zip(items, drawn, strict=True)
    }
    return _dataset(model, given, parts, [node.name for node in items])


def _shaped_by_parameters(node: Any, seen: tuple[int | None, ...]) -> Any:
    """Give a random node without a size of its own, or None where its parameters do not imply its shape.

    PyTensor 3.3 gives a sized node an axis of draws only when the first parameter varies, so not Binomial(n=2, p).
    The shape is that of what was seen: a node with dims does not know the length of its own.
    """
    from pytensor.tensor.random.op import RandomVariable
    from pytensor.tensor.type_other import NoneConst

    if not isinstance(node.owner.op, RandomVariable):
        return None
    generator, _, *parameters = node.owner.inputs
    op: Any = node.owner.op
    free = op.make_node(generator, NoneConst, *parameters).outputs[1]
    if None in seen or free.type.shape != seen:
        return None
    free.name = node.name
    return free


def _with_dims(model: pm.Model, name: str, value: Any, draws: xr.Dataset, ndim: int) -> tuple[tuple[str, ...], Any]:
    """Give the dims of an array over draws, whose own axes are the last ``ndim``."""
    own = tuple(str(dim) for dim in model.named_vars_to_dims.get(name, ()))
    if len(own) != ndim:
        own = tuple(f"{name}_dim_{axis}" for axis in range(ndim))
    array = np.asarray(value)
    shape = (draws.sizes["chain"], draws.sizes["draw"])
    rest = array.shape[array.ndim - ndim :]
    # A term without parents is the same at every draw and has no axis for them.
    whole = np.broadcast_to(array, (*shape, *rest)) if array.ndim == ndim else array.reshape(*shape, *rest)
    return ("chain", "draw", *own), whole


def _dataset(model: pm.Model, draws: xr.Dataset, parts: dict[str, Any], names: list[str]) -> xr.Dataset:
    import xarray as xr

    data = xr.Dataset({name: parts[name] for name in names})
    labels: dict[str, Any] = {"chain": draws["chain"].values, "draw": draws["draw"].values}
    for dim in data.dims:
        if dim not in labels:
            known = model.coords.get(dim)
            labels[str(dim)] = np.arange(data.sizes[dim]) if known is None else list(known)
    return data.assign_coords(labels)
