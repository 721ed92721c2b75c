"""The parameters of each world: drawn from beliefs, or picked from the draws of a fit."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.beliefs import check_beliefs
from forecast.errors import InvalidArgument, InvalidPrior, kind_of
from forecast.posterior.carried import WEIGHTED, beliefs_of, carries, weighted_draws
from forecast.schema import FIT_KIND
from forecast.world import World
from forecast.worlds import world_for
from priors.forms import structures
from priors.mixture import chosen, form_weights, is_choice, pool_channel
from priors.streams import keyed_uniforms

if TYPE_CHECKING:
    import xarray as xr

    from priors import PriorSet

_SAID = ("units", "long_name", "claims", "flag_meanings", "size")
"""What the draws of a fit say of each quantity, see :meth:`priors.Prior.attrs`."""

__all__ = ["Draws", "Source", "Weighted", "held_structures", "picked", "picked_draws", "source_of"]

Floats = np.ndarray[Any, np.dtype[np.float64]]
Numbers = np.ndarray[Any, np.dtype[np.intp]]


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
class Weighted:
    """Weighted draws of what evidence reaches, in blocks that are independent of one another.

    Attributes
    ----------
    blocks : tuple of (str, tuple of str)
        The name of each block, and which of the parameters it has.
    values : ndarray
        Shape (member, parameter, sample), parameters in the order of the blocks; one member where there is no pool.
    edges : ndarray
        Shape (member, block, sample): cumulative weights, 1 at the end.
    shares : tuple of float
        What each member weighs.
    """

    blocks: tuple[tuple[str, tuple[str, ...]], ...]
    values: Floats
    edges: Floats
    shares: tuple[float, ...] = (1.0,)

    @property
    def names(self) -> tuple[str, ...]:
        """Parameters in the order of the values."""
        return tuple(name for _, names in self.blocks for name in names)

    def samples(self, seed: int, start: int, stop: int, follows: Numbers) -> dict[str, Numbers]:
        """Say which sample of each block worlds take, by inverting the weights; each of shape (world,)."""
        found = {}
        for number, (block, _) in enumerate(self.blocks):
            uniforms = keyed_uniforms(seed, f"posterior:{block}", start, stop)[0]
            chosen = np.zeros(stop - start, dtype=np.intp)
            for member in range(len(self.shares)):
                here = follows == member
                chosen[here] = np.searchsorted(self.edges[member, number], uniforms[here], side="right")
            found[block] = np.minimum(chosen, self.edges.shape[2] - 1)
        return found

    def fill(self, world: World, matrix: Floats, samples: Mapping[str, Numbers], follows: Numbers) -> None:
        """Write the values of the chosen samples into a matrix of shape (parameter of the world model, world)."""
        row = 0
        for block, names in self.blocks:
            for name in names:
                matrix[world.parameter(name)] = self.values[follows, row, samples[block]]
                row += 1

    def quantiles(self, name: str, chances: Floats) -> Floats:
        """Give quantiles of a parameter over all members: the least value that so much weight is at or below."""
        row = self.names.index(name)
        block = next(number for number, (_, names) in enumerate(self.blocks) if name in names)
        weights = np.diff(self.edges[:, block], axis=1, prepend=0.0) * np.array(self.shares)[:, None]
        values = self.values[:, row].reshape(-1)
        order = np.argsort(values, kind="stable")
        edges = np.cumsum(weights.reshape(-1)[order])
        place = np.minimum(np.searchsorted(edges / edges[-1], chances, side="left"), values.size - 1)
        return np.asarray(values[order][place])


@dataclass(frozen=True)
class Source:
    """Where worlds get their parameters from. It can be sent to another process.

    Attributes
    ----------
    world : World
        Whose parameters they are.
    attrs : dict of str to dict
        Units, long_name and claims of each parameter.
    provenance : dict
        For the attributes of results: priors, priors_hash, evidence and, from a fit, evidence_hash, fit, gates, and a
        digest (``fit_draws``) and the shape (``fit_shape``) of its draws.
    beliefs : PriorSet, optional
        What to draw from: every parameter, or those that no evidence reaches.
    weighted : Weighted, optional
        Draws of what evidence reaches.
    posterior : ndarray, optional
        Or the draws of a fit to pick from, shape (parameter, draw).
    members : tuple of str
        Of a pooled set, its members; else empty.
    follows : ndarray of int, optional
        Of a fit of a pooled set with plain draws, the number of the member that each draw follows, shape (draw,).
    fixed : tuple of (str, float)
        Parameters that have one value in every world, in their units; all others are drawn as they would be. What a
        fixed parameter is correlated with stays as it was drawn: this is to set it, not to learn it.
    """

    world: World
    attrs: dict[str, dict[str, str]]
    provenance: dict[str, str]
    beliefs: PriorSet | None = None
    weighted: Weighted | None = None
    posterior: Floats | None = None
    members: tuple[str, ...] = ()
    follows: np.ndarray[Any, Any] | None = None
    fixed: tuple[tuple[str, float], ...] = ()

    def matrix(self, seed: int, start: int, stop: int) -> Floats:
        """Give worlds ``start`` to ``stop - 1`` their parameters.

        Returns
        -------
        ndarray
            Shape (parameter, world), parameters in the order of the world.

        Raises
        ------
        InvalidPrior
            If a draw is not finite.
        """
        matrix = self._drawn(seed, start, stop)
        for name, value in self.fixed:
            matrix[self.world.parameter(name)] = value
        return matrix

    def whose(self, seed: int, start: int, stop: int) -> np.ndarray[Any, np.dtype[np.int8]] | None:
        """Say which member of a pool worlds ``start`` to ``stop - 1`` follow, by its number; None where there is none.

        Returns
        -------
        ndarray of int8 or None
            Shape (world,).
        """
        return np.asarray(self._follows(seed, start, stop), dtype=np.int8) if self.members else None

    def samples(self, seed: int, start: int, stop: int) -> tuple[Numbers, dict[str, Numbers]]:
        """Say which member each world follows and which sample of each block it takes; each of shape (world,)."""
        assert self.weighted is not None
        follows = self._follows(seed, start, stop)
        return follows, self.weighted.samples(seed, start, stop, follows)

    def quantiles(self, name: str, chances: Floats) -> Floats:
        """Give quantiles of a parameter, in its unit."""
        if self.posterior is not None:
            return np.asarray(np.quantile(self.posterior[self.world.parameter(name)], chances))
        if self.weighted is not None and name in self.weighted.names:
            return self.weighted.quantiles(name, chances)
        assert self.beliefs is not None
        return np.asarray(self.beliefs[name].ppf(chances))

    def forms(self, name: str) -> tuple[int, ...]:
        """Give the forms that a structure can have, by number; none of a parameter that is no structure."""
        drawn: Floats | None = None
        if self.posterior is not None:
            drawn = self.posterior[self.world.parameter(name)]
        elif self.weighted is not None and name in self.weighted.names:
            drawn = self.weighted.values[:, self.weighted.names.index(name)]
        if drawn is not None:
            # Draws of a fit do not say of what family they are, but what the quantity is.
            return tuple(int(form) for form in np.unique(drawn)) if "flag_meanings" in self.attrs[name] else ()
        assert self.beliefs is not None
        distribution = self.beliefs[name].distribution
        if not is_choice(distribution):
            return ()
        return tuple(form for form, weight in enumerate(form_weights(distribution)) if weight > 0.0)

    def _follows(self, seed: int, start: int, stop: int) -> Numbers:
        if not self.members:
            return np.zeros(stop - start, dtype=np.intp)
        if self.follows is not None:
            return np.asarray(self.follows[picked(self.follows.size, seed, start, stop)], dtype=np.intp)
        assert self.beliefs is not None
        if self.weighted is None:
            return self.beliefs.follows(stop - start, seed=seed, start=start)
        uniforms = keyed_uniforms(seed, pool_channel(self.members), start, stop)[0]
        return chosen(self.weighted.shares, uniforms).astype(np.intp)

    def _drawn(self, seed: int, start: int, stop: int) -> Floats:
        if self.posterior is not None:
            return np.take(self.posterior, picked(self.posterior.shape[1], seed, start, stop), axis=1)
        assert self.beliefs is not None
        follows: Numbers | None = None
        samples: dict[str, Numbers] = {}
        if self.weighted is not None:
            follows, samples = self.samples(seed, start, stop)
        drawn = self.beliefs.arrays(stop - start, seed=seed, start=start, follows=follows if self.members else None)
        matrix = np.empty((len(self.world.parameters), stop - start))
        for row, name in enumerate(self.world.parameters):
            if name in drawn:
                matrix[row] = drawn[name]
        if self.weighted is not None and follows is not None:
            self.weighted.fill(self.world, matrix, samples, follows)
        if not np.isfinite(matrix).all():
            _refuse(matrix, self.world.parameters)
        return matrix


def source_of(beliefs: PriorSet | xr.DataTree, world: World | None = None) -> Source:
    """Read beliefs, or a fit, as the source of worlds' parameters.

    Parameters
    ----------
    beliefs : PriorSet or xarray.DataTree
        Beliefs, or what :func:`forecast.fit` returned. Of a fit by importance world ``w`` picks a weighted draw of each
        block by a uniform that depends on (seed, block, w) only, and has what no evidence reaches from the beliefs, as
        it would without evidence. Of a fit by Markov chains it picks one draw for all its parameters.
    world : World, optional
        Whose parameters they are; the shipped one by default.

    Raises
    ------
    InvalidArgument
        If it is neither, or the fit is of another world.
    UnknownPrior
        If beliefs lack a parameter or have one too many.
    InvalidPrior
        If a draw of a fit is not finite.
    """
    world = world_for(beliefs, world)
    if getattr(beliefs, "attrs", {}).get("kind") == FIT_KIND:
        return _from_fit(beliefs, world)
    if hasattr(beliefs, "sample") and hasattr(beliefs, "hash"):
        return _from_beliefs(beliefs, world)
    raise InvalidArgument(
        f"beliefs is {kind_of(beliefs)}",
        expected="a PriorSet, or the DataTree that forecast.fit returns",
        mend="pass what priors.load(...) gives, or forecast.fit(priors.load(...))",
    )


def _refuse(matrix: Floats, names: Iterable[str]) -> None:
    for name, row in zip(names, matrix, strict=True):
        bad = int(np.count_nonzero(~np.isfinite(row)))
        if bad:
            raise InvalidPrior(
                f"{bad} draws of {name!r} are not finite",
                expected="finite draws",
                mend="narrow the prior, choose a family with lighter tails, or see forecast.check(fit)",
            )


def _from_beliefs(beliefs: Any, world: World) -> Source:
    check_beliefs(beliefs, world)
    attrs = {}
    for name in world.parameters:
        prior = beliefs[name]
        attrs[name] = prior.attrs()
    provenance = {"priors": beliefs.name, "priors_hash": beliefs.hash, "evidence": "none"} | held_structures(beliefs)
    members = beliefs.pooled.members if beliefs.pooled is not None else ()
    return Source(world, attrs, provenance, beliefs=beliefs, members=members)


def _from_fit(fit: Any, world: World) -> Source:
    # Once: a group of a tree is made anew at each look, of all that is in it.
    posterior = fit["posterior"].to_dataset().variables
    missing = [name for name in world.parameters if name not in posterior]
    if missing:
        raise InvalidArgument(
            f"the fit has no draws of {', '.join(missing[:5])}",
            expected="a fit of a model of every parameter",
            mend="fit what forecast.build_model returned",
        )
    attrs = {}
    for name in world.parameters:
        known = {key: str(value) for key, value in posterior[name].attrs.items() if key in _SAID}
        attrs[name] = {"units": "", "long_name": name, "claims": "", **known}
    provenance = {key: str(fit.attrs[key]) for key in ("priors", "priors_hash", "evidence", "evidence_hash")}
    provenance |= {"fit": str(fit.attrs.get("key", "")), "gates": str(fit.attrs.get("gates", "not checked"))}
    provenance |= held_structures(beliefs_of(fit)) if carries(fit) else {}
    if WEIGHTED in fit.children and carries(fit):
        return _from_weighted(fit, world, attrs, provenance)
    return _from_draws(fit, world, attrs, provenance)


def held_structures(beliefs: PriorSet) -> dict[str, str]:
    """Say which structures are held at a form; nothing where all are open."""
    held = [f"{one.name} = {one.possible[0]}" for one in structures(beliefs).values() if len(one.possible) == 1]
    return {"structure": ", ".join(held)} if held else {}


def _from_weighted(fit: Any, world: World, attrs: dict[str, dict[str, str]], provenance: dict[str, str]) -> Source:
    """Read a fit whose worlds pick weighted draws of what evidence reaches, and draw all else from the beliefs."""
    beliefs, (group, parts) = beliefs_of(fit), weighted_draws(fit)
    blocks = tuple(
        (str(block), tuple(name for name in said["quantities"] if name in world.parameters))
        for block, said in parts.items()
    )
    members = beliefs.pooled.members if beliefs.pooled is not None else ()
    names = [name for _, own in blocks for name in own]
    if not names:
        return Source(world, attrs, provenance, beliefs=beliefs, members=members)
    values = np.stack([group[name].transpose("member", "sample").values for name in names], axis=1)
    weights = np.exp(group["log_weight"].transpose("member", "block", "sample").values)
    edges = np.cumsum(weights, axis=2)
    edges /= edges[:, :, -1:]
    shares = tuple(map(float, fit["members"]["weight"].values)) if members else (1.0,)
    if not (np.isfinite(values).all() and np.isfinite(edges).all()):
        _refuse(values.transpose(1, 0, 2).reshape(len(names), -1), names)
    digest = hashlib.blake2b(digest_size=16)
    for array in (values, edges, np.array(shares)):
        digest.update(np.ascontiguousarray(array).tobytes())
    # Draws may be changed by hand.
    provenance["fit_draws"] = digest.hexdigest()
    rest = beliefs.only([name for name in beliefs if name not in names])
    return Source(
        world, attrs, provenance, beliefs=rest, weighted=Weighted(blocks, values, edges, shares), members=members
    )


def _from_draws(fit: Any, world: World, attrs: dict[str, dict[str, str]], provenance: dict[str, str]) -> Source:
    """Read a fit whose worlds pick one of its draws for all their parameters."""
    posterior = fit["posterior"].to_dataset()
    draws = np.array(
        [posterior.variables[name].transpose("chain", "draw").values.reshape(-1) for name in world.parameters],
        dtype=np.float64,
    )
    if not np.isfinite(draws).all():
        _refuse(draws, world.parameters)
    # Another machine may draw others under the same key, and draws may be changed by hand.
    provenance["fit_draws"] = hashlib.blake2b(draws, digest_size=16).hexdigest()
    provenance["fit_shape"] = " x ".join(str(posterior.sizes[dim]) for dim in ("chain", "draw"))
    members = fit.children.get("members")
    if members is None or "follows" not in members.data_vars:
        return Source(world, attrs, provenance, posterior=draws)
    follows = members["follows"].transpose("chain", "draw").values.reshape(-1)
    return Source(
        world, attrs, provenance, posterior=draws, members=tuple(map(str, members["member"].values)), follows=follows
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
