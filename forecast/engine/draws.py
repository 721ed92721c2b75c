"""The parameters of each world: drawn from beliefs, or picked from the draws of a fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.beliefs import check_names
from forecast.errors import InvalidArgument, InvalidPrior
from forecast.schema import FIT_KIND
from forecast.world.state import Parameters
from priors.streams import keyed_uniforms

if TYPE_CHECKING:
    import xarray as xr

    from priors import PriorSet

__all__ = ["Draws", "draw_parameters", "picked_draws"]


@dataclass(frozen=True)
class Draws:
    """Parameters of worlds, and where they come from.

    Attributes
    ----------
    values : dict of str to ndarray
        Each parameter of the world model, float64 of shape (world,).
    attrs : dict of str to dict
        Units, long_name and claims of each.
    provenance : dict
        For the attributes of the outcomes: priors, priors_hash, evidence and, from a fit, evidence_hash, fit
        and gates.
    """

    values: dict[str, np.ndarray[Any, Any]]
    attrs: dict[str, dict[str, str]]
    provenance: dict[str, str]


def draw_parameters(source: PriorSet | xr.DataTree, *, worlds: int, seed: int) -> Draws:
    """Give every world its parameters.

    Parameters
    ----------
    source : PriorSet or xarray.DataTree
        Beliefs, or what :func:`forecast.fit` returned. World ``w`` picks one draw of a fit by a uniform that depends on
        (seed, w) only, so all the parameters of a world come from the same draw.
    worlds : int
        How many.
    seed : int
        The root seed.

    Returns
    -------
    Draws
        Finite, for every parameter.

    Raises
    ------
    InvalidArgument
        If the source is neither.
    UnknownPrior
        If beliefs lack a parameter or have one too many.
    InvalidPrior
        If a draw is not finite.
    """
    if getattr(source, "attrs", {}).get("kind") == FIT_KIND:
        draws = _from_fit(source, worlds, seed)
    elif hasattr(source, "sample") and hasattr(source, "hash"):
        draws = _from_beliefs(source, worlds, seed)
    else:
        raise InvalidArgument(
            f"beliefs is a {type(source).__name__}",
            expected="a PriorSet, or the DataTree that forecast.fit returns",
            mend='pass priors.load("article"), or forecast.fit(forecast.build_model(...))',
        )
    for name, array in draws.values.items():
        bad = int(np.count_nonzero(~np.isfinite(array)))
        if bad:
            raise InvalidPrior(
                f"{bad} draws of {name!r} are not finite",
                expected="finite draws",
                mend="narrow the prior, choose a family with lighter tails, or see forecast.check(fit)",
            )
    return draws


def _from_beliefs(beliefs: Any, worlds: int, seed: int) -> Draws:
    check_names(beliefs)
    drawn = beliefs.sample(worlds, seed=seed)
    attrs = {}
    for name in Parameters._fields:
        prior = beliefs[name]
        attrs[name] = {"units": prior.unit, "long_name": prior.meaning, "claims": " ".join(prior.claims)}
    provenance = {"priors": beliefs.name, "priors_hash": beliefs.hash, "evidence": "none"}
    return Draws({name: _contiguous(drawn[name].values) for name in Parameters._fields}, attrs, provenance)


def _from_fit(fit: Any, worlds: int, seed: int) -> Draws:
    posterior = fit["posterior"]
    missing = [name for name in Parameters._fields if name not in posterior]
    if missing:
        raise InvalidArgument(
            f"the fit has no draws of {', '.join(missing[:5])}",
            expected="a fit of a model of every parameter",
            mend="fit what forecast.build_model returned",
        )
    picked = picked_draws(fit, worlds=worlds, seed=seed)
    values, attrs = {}, {}
    for name in Parameters._fields:
        variable = posterior[name]
        values[name] = _contiguous(variable.transpose("chain", "draw").values.reshape(-1)[picked])
        known = {key: str(value) for key, value in variable.attrs.items() if key in ("units", "long_name", "claims")}
        attrs[name] = {"units": "", "long_name": name, "claims": "", **known}
    provenance = {key: str(fit.attrs[key]) for key in ("priors", "priors_hash", "evidence", "evidence_hash")}
    provenance |= {"fit": str(fit.attrs.get("key", "")), "gates": str(fit.attrs.get("gates", "not checked"))}
    return Draws(values, attrs, provenance)


def picked_draws(fit: xr.DataTree, *, worlds: int, seed: int) -> np.ndarray[Any, np.dtype[np.intp]]:
    """Say which draw of a fit each world takes its parameters from.

    Parameters
    ----------
    fit : xarray.DataTree
        With a group ``posterior``, dims chain and draw.
    worlds : int
        How many, >= 0.
    seed : int
        The root seed of the simulation.

    Returns
    -------
    ndarray of int
        Shape (world,): the draw's number, counted through the draws of the first chain, then the second, and so on.
    """
    posterior = fit["posterior"]
    draws = posterior.sizes["chain"] * posterior.sizes["draw"]
    picked: np.ndarray[Any, np.dtype[np.intp]] = np.floor(
        keyed_uniforms(seed, "posterior", 0, worlds)[0] * draws
    ).astype(np.intp)
    return picked


def _contiguous(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    # Strided arrays may take other loops than contiguous ones, with another last bit.
    return np.ascontiguousarray(array, dtype=np.float64)
