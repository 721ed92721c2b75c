"""Where the worlds of a cell get their parameters from, and what they follow from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast import cache as fits
from forecast.engine.draws import Source, Weighted, source_of
from forecast.errors import FailedFit, InvalidArgument
from forecast.results import GateState
from forecast.versions import versions
from forecast.world import World
from priors.loading import of_table
from priors.saving import to_table

if TYPE_CHECKING:
    from forecast.evidence import Evidence
    from forecast.sweeps.chunk_store import ChunkStore
    from priors import PriorSet

type Floats = np.ndarray[Any, np.dtype[np.float64]]

__all__ = ["Base", "Unfitted", "base_of", "check_workers", "code_hash", "fit_base", "releases"]

_CODE = (
    *("engine", "months.py", "options/option.py", "outcomes/derive.py", "outcomes/unknown.py", "decision/values.py"),
    *("sweeps/tree.py", "sweeps/statistics.py", "sweeps/work.py", "../priors"),
)
"""What turns beliefs, options and the steps of a world into the numbers of a cell, relative to this package."""

_ASK = "__import__('forecast.sweeps.sources', fromlist=['code_hash']).code_hash()"
"""As text, because a function of this package cannot be sent to a worker that does not have it."""


@cache
def code_hash() -> str:
    """Return the SHA-256 of the source, and of the libraries' versions, that cells follow from."""
    here = Path(__file__).parent.parent
    digest = hashlib.sha256()
    for name in _CODE:
        place = here / name
        for file in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    # Their functions round the last bits of draws and steps.
    digest.update("".join(versions()[name] for name in ("numpy", "scipy")).encode())
    return digest.hexdigest()


def releases() -> dict[str, str]:
    """Name the releases that :func:`code_hash` is of, for people: two may have the same hash."""
    return {name: versions()[name] for name in ("libya-forecast", "numpy", "scipy")}


def check_workers(client: Any) -> None:
    """Refuse workers whose source is not the one by which their cells would be kept.

    Parameters
    ----------
    client : dask.distributed.Client, optional
        Checked by :func:`forecast.engine.cluster.check_client`.

    Raises
    ------
    InvalidArgument
        If a worker has another source, or other releases of the libraries under it.
    """
    for worker, there in {} if client is None else client.run(eval, _ASK).items():
        if there != code_hash():
            raise InvalidArgument(
                f"the worker {worker} has another source of the model ({str(there)[:16]})",
                expected=code_hash()[:16],
                mend="install the same package there as here, so that what it computes is kept by what it follows from",
            )


@dataclass(frozen=True)
class Base:
    """Beliefs, or their fit to evidence.

    Attributes
    ----------
    source : Source
        To draw from.
    follows : mapping
        What its draws follow from.
    gates : GateState
        Of the fit.
    """

    source: Source
    follows: Mapping[str, Any]
    gates: GateState = field(default_factory=GateState)


@dataclass(frozen=True)
class Unfitted:
    """A fit that is not there: not made yet, or it failed.

    Attributes
    ----------
    why : str
        Why it failed; empty where it was not tried.
    """

    why: str = ""


def _asked(beliefs: PriorSet, evidence: Evidence, seed: int) -> dict[str, Any]:
    from forecast.sampling import choose_sampler

    return {
        "beliefs": beliefs.distribution_hash,
        "evidence": evidence.hash,
        "world": evidence.world.hash,
        "seed": seed,
        "sampler": choose_sampler("auto"),
        "code": fits.code_hash(),
        "versions": versions(),
    }


def base_of(beliefs: PriorSet, evidence: Evidence, *, seed: int, chunks: ChunkStore) -> Base | Unfitted:
    """Return the beliefs on the evidence, where that takes no fitting.

    Parameters
    ----------
    beliefs : PriorSet
        The beliefs before the evidence.
    evidence : Evidence
        Perhaps without items.
    seed : int
        The one root seed.
    chunks : ChunkStore
        Where draws of fits are kept.

    Returns
    -------
    Base or Unfitted
        The latter where no whole draws of the fit are kept.
    """
    if not evidence.items:
        return Base(source_of(beliefs, evidence.world), {"beliefs": beliefs.distribution_hash})
    kept = chunks.read_draws(_asked(beliefs, evidence, seed))
    return Unfitted() if kept is None else _from_draws(*kept, evidence.world)


def fit_base(
    beliefs: PriorSet, evidence: Evidence, *, seed: int, chunks: ChunkStore, progress: bool
) -> Base | Unfitted:
    """Fit the beliefs to evidence and keep the draws with the sweep, whose cells then need no fit again.

    Parameters
    ----------
    beliefs, evidence, seed, chunks
        As for :func:`base_of`; the store is locked.
    progress : bool
        As for :func:`forecast.fit`.
    """
    from forecast.inference import fit

    try:
        source = source_of(
            fit(beliefs, evidence=evidence, seed=seed, progress=progress, world=evidence.world), evidence.world
        )
    except FailedFit as error:
        return Unfitted(str(error))
    array, noted = _packed(source)
    chunks.write_draws(_asked(beliefs, evidence, seed), array, noted)
    return _from_draws(array, noted, evidence.world)


def _packed(source: Source) -> tuple[Floats, dict[str, Any]]:
    """Return the draws of a fit as one array, and all else that worlds are drawn from as plain data."""
    noted: dict[str, Any] = {"attrs": source.attrs, "provenance": source.provenance, "members": list(source.members)}
    if source.posterior is not None:
        noted["parameters"] = list(source.world.parameters)
        if source.follows is not None:
            noted["follows"] = [int(number) for number in source.follows]
        return source.posterior, noted
    assert source.beliefs is not None
    noted["beliefs"] = to_table(source.beliefs) | {"origin": None}
    if source.weighted is None:
        # No evidence reaches anything: an array of the store is never empty.
        return np.zeros((1, 1)), noted
    one = source.weighted
    noted |= {"blocks": [[name, list(names)] for name, names in one.blocks], "shares": list(one.shares)}
    # An array of the store has two dims: what each member has, one member after the other.
    return np.concatenate([one.values, one.edges], axis=1).reshape(-1, one.values.shape[2]), noted


def _unpacked(array: Floats, noted: Mapping[str, Any], world: World) -> Source:
    """Return what :func:`_packed` was given."""
    given: dict[str, Any] = {
        "world": world,
        "attrs": dict(noted["attrs"]),
        "provenance": dict(noted["provenance"]),
        "members": tuple(noted["members"]),
    }
    if "beliefs" not in noted:
        follows = np.array(noted["follows"], dtype=np.intp) if "follows" in noted else None
        return Source(**given, posterior=array, follows=follows)
    table = {key: value for key, value in noted["beliefs"].items() if value is not None}
    # What evidence reaches is not among them, and it may reach everything.
    beliefs = of_table(table, where="the beliefs of a fit in the store", part=True)
    if "blocks" not in noted:
        return Source(**given, beliefs=beliefs)
    blocks = tuple((str(name), tuple(map(str, names))) for name, names in noted["blocks"])
    count = sum(len(names) for _, names in blocks)
    shares = tuple(map(float, noted["shares"]))
    array = array.reshape(len(shares), -1, array.shape[1])
    weighted = Weighted(blocks, array[:, :count], array[:, count:], shares)
    return Source(**given, beliefs=beliefs, weighted=weighted)


def _from_draws(array: Floats, noted: Mapping[str, Any], world: World) -> Base:
    """Name draws by their own bits, because another processor may draw others from the same model."""
    digest = hashlib.sha256(np.ascontiguousarray(array, dtype="<f8").tobytes()).hexdigest()
    source = _unpacked(array, noted, world)
    follows = {"draws": digest}
    if source.beliefs is not None:
        follows["rest"] = source.beliefs.distribution_hash
        follows["blocks"] = json.dumps([noted.get("blocks"), noted.get("shares")])
    return Base(source, follows, GateState.read(source.provenance.get("gates")))
