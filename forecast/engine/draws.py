"""The parameters of each world: drawn from beliefs, or picked from the draws of a fit."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.beliefs import check_beliefs
from forecast.errors import InvalidArgument, InvalidPrior
from forecast.outcomes.provenance import gates_of
from forecast.schema import FIT_KIND
from forecast.world.state import Parameters
from priors.streams import keyed_uniforms

if TYPE_CHECKING:
    import xarray as xr

    from priors import PriorSet

__all__ = ["Draws", "Source", "picked", "picked_draws", "source_of"]

Floats = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Draws:
    """Parameters of worlds, and what is said of them.

    Attributes
    ----------
    values : dict of str to ndarray
        Each parameter of the world model, shape (world,), and of a pool whose beliefs each world follows.
    attrs : dict of str to dict
        Units, long_name and claims of each.
    """

    values: dict[str, np.ndarray[Any, Any]]
    attrs: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Source:
    """Where worlds get their parameters from. It can be sent to another process.

    Attributes
    ----------
    attrs : dict of str to dict
        Units, long_name and claims of each parameter.
    provenance : dict
        For the attributes of results: priors, priors_hash, evidence and, from a fit, evidence_hash, fit, gates, and a
        digest (``fit_draws``) and the shape (``fit_shape``: chains x draws) of its draws.
    beliefs : PriorSet, optional
        What to draw from.
    posterior : ndarray, optional
        Or the draws of a fit to pick from, shape (parameter, draw).
    members : tuple of str
        Of a pooled set, its members; else empty.
    follows : ndarray of int, optional
        Of a fit of a pooled set, the number of the member that each draw follows, shape (draw,).
    fixed : tuple of (str, float)
        Parameters that have one value in every world, in their units; all others are drawn as they would be. What a
        fixed parameter is correlated with stays as it was drawn: this is to set it, not to learn it.
    """

    attrs: dict[str, dict[str, str]]
    provenance: dict[str, str]
    beliefs: PriorSet | None = None
    posterior: Floats | None = None
    members: tuple[str, ...] = ()
    follows: np.ndarray[Any, Any] | None = None
    fixed: tuple[tuple[str, float], ...] = ()

    @property
    def broken(self) -> str:
        """Broken gates of the fit, as its provenance names them; empty if none, or if they were not checked."""
        return gates_of(self.provenance)

    def matrix(self, seed: int, start: int, stop: int) -> Floats:
        """Give worlds ``start`` to ``stop - 1`` their parameters.

        Returns
        -------
        ndarray
            Shape (parameter, world), parameters in the order of ``Parameters``.

        Raises
        ------
        InvalidPrior
            If a draw is not finite.
        """
        matrix = self._drawn(seed, start, stop)
        for name, value in self.fixed:
            matrix[Parameters._fields.index(name)] = value
        return matrix

    def whose(self, seed: int, start: int, stop: int) -> np.ndarray[Any, np.dtype[np.int8]] | None:
        """Say which member of a pool worlds ``start`` to ``stop - 1`` follow, by its number; None where there is none.

        Returns
        -------
        ndarray of int8 or None
            Shape (world,).
        """
        if not self.members:
            return None
        if self.follows is not None:
            return np.asarray(self.follows[picked(self.follows.size, seed, start, stop)], dtype=np.int8)
        assert self.beliefs is not None
        return np.asarray(self.beliefs.follows(stop - start, seed=seed, start=start), dtype=np.int8)

    def _drawn(self, seed: int, start: int, stop: int) -> Floats:
        if self.posterior is not None:
            return np.take(self.posterior, picked(self.posterior.shape[1], seed, start, stop), axis=1)
        assert self.beliefs is not None
        drawn = self.beliefs.arrays(stop - start, seed=seed, start=start)
        matrix = np.array([drawn[name] for name in Parameters._fields])
        if not np.isfinite(matrix).all():
            _refuse(matrix)
        return matrix


def source_of(beliefs: PriorSet | xr.DataTree) -> Source:
    """Read beliefs, or a fit, as the source of worlds' parameters.

    Parameters
    ----------
    beliefs : PriorSet or xarray.DataTree
        Beliefs, or what :func:`forecast.fit` returned. World ``w`` picks one draw of a fit by a uniform that depends on
        (seed, w) only, so all the parameters of a world come from the same draw.

    Raises
    ------
    InvalidArgument
        If it is neither.
    UnknownPrior
        If beliefs lack a parameter or have one too many.
    InvalidPrior
        If a draw of a fit is not finite.
    """
    if getattr(beliefs, "attrs", {}).get("kind") == FIT_KIND:
        return _from_fit(beliefs)
    if hasattr(beliefs, "sample") and hasattr(beliefs, "hash"):
        return _from_beliefs(beliefs)
    raise InvalidArgument(
        f"beliefs is a {type(beliefs).__name__}",
        expected="a PriorSet, or the DataTree that forecast.fit returns",
        mend='pass priors.load("article"), or forecast.fit(priors.load("article"))',
    )


def _refuse(matrix: Floats) -> None:
    for name, row in zip(Parameters._fields, matrix, strict=True):
        bad = int(np.count_nonzero(~np.isfinite(row)))
        if bad:
            raise InvalidPrior(
                f"{bad} draws of {name!r} are not finite",
                expected="finite draws",
                mend="narrow the prior, choose a family with lighter tails, or see forecast.check(fit)",
            )


def _from_beliefs(beliefs: Any) -> Source:
    check_beliefs(beliefs)
    attrs = {}
    for name in Parameters._fields:
        prior = beliefs[name]
        attrs[name] = {"units": prior.unit, "long_name": prior.meaning, "claims": " ".join(prior.claims)}
    provenance = {"priors": beliefs.name, "priors_hash": beliefs.hash, "evidence": "none"}
    members = beliefs.pooled.members if beliefs.pooled is not None else ()
    return Source(attrs, provenance, beliefs=beliefs, members=members)


def _from_fit(fit: Any) -> Source:
    posterior = fit["posterior"]
    missing = [name for name in Parameters._fields if name not in posterior]
    if missing:
        raise InvalidArgument(
            f"the fit has no draws of {', '.join(missing[:5])}",
            expected="a fit of a model of every parameter",
            mend="fit what forecast.build_model returned",
        )
    attrs = {}
    for name in Parameters._fields:
        known = {
            key: str(value) for key, value in posterior[name].attrs.items() if key in ("units", "long_name", "claims")
        }
        attrs[name] = {"units": "", "long_name": name, "claims": "", **known}
    draws = np.array(
        [posterior[name].transpose("chain", "draw").values.reshape(-1) for name in Parameters._fields],
        dtype=np.float64,
    )
    if not np.isfinite(draws).all():
        _refuse(draws)
    provenance = {key: str(fit.attrs[key]) for key in ("priors", "priors_hash", "evidence", "evidence_hash")}
    provenance |= {"fit": str(fit.attrs.get("key", "")), "gates": str(fit.attrs.get("gates", "not checked"))}
    # Another machine may draw others under the same key, and draws may be changed by hand.
    provenance["fit_draws"] = hashlib.blake2b(draws, digest_size=16).hexdigest()
    provenance["fit_shape"] = " x ".join(str(posterior.sizes[dim]) for dim in ("chain", "draw"))
    members = fit.children.get("members")
    if members is None or "follows" not in members.data_vars:
        return Source(attrs, provenance, posterior=draws)
    follows = members["follows"].transpose("chain", "draw").values.reshape(-1)
    return Source(
        attrs, provenance, posterior=draws, members=tuple(map(str, members["member"].values)), follows=follows
    )


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
    return picked(posterior.sizes["chain"] * posterior.sizes["draw"], seed, 0, worlds)


def picked(draws: int, seed: int, start: int, stop: int) -> np.ndarray[Any, np.dtype[np.intp]]:
    """Say which of so many draws worlds ``start`` to ``stop - 1`` take; shape (world,)."""
    uniforms = keyed_uniforms(seed, "posterior", start, stop)[0]
    return np.asarray(np.floor(uniforms * draws).astype(np.intp))
