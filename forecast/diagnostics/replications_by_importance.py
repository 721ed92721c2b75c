"""Worlds, their synthetic evidence, and the posterior given each by importance sampling.

What is tried is the sampler that fits use, :func:`forecast.posterior.sampled.sample_posterior`, with fewer draws where
those do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.special as sc

from forecast.diagnostics.replications import KEPT, LOG_DENSITY
from forecast.engine.backends import use_compiled_numbers
from forecast.errors import FailedFit, InvalidArgument
from forecast.evidence import Item
from forecast.likelihood import likelihood, predicted
from forecast.posterior.importance import DRAWS as FIT_DRAWS
from forecast.posterior.log_prior import log_prior_terms, normal_scores
from forecast.posterior.pareto import RELIABLE
from forecast.posterior.sampled import LEAST_EFFECTIVE, Posterior, Sampled, sample_posterior
from forecast.posterior.target import Block, blocks_of, item_log_likelihoods, over_parts
from forecast.progress import progress_bar
from priors import PriorSet
from priors.distribution import Distribution
from priors.mixture import is_choice
from priors.streams import normals

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["LEAST_SHARE", "replicate_by_importance"]

type Floats = np.ndarray[Any, np.dtype[np.float64]]
type Values = dict[str, Floats]

DRAWS, PILOT = 4_096, 4_096
"""Weighted draws of each block, and those of each round before: enough for 99 that are hardly ever the same.

Four times as many move the coverage of all shipped evidence by a fifth of a point at most, one standard error of a
thousand replications, and take three times as long.

Where they break the gates of a fit, in proportion, the block is drawn again with as many as a fit has. Whether they do
depends on the evidence and on luck, not on the truth once the evidence is known, so it does not move the ranks.
"""

LEAST_SHARE = LEAST_EFFECTIVE / FIT_DRAWS
"""Share of the weighted draws that must be effective."""

_MANY = 200
"""Replications from which on the seconds of loading numba pay."""


def replicate_by_importance(
    beliefs: PriorSet, items: Sequence[Item], *, replications: int, seed: int, progress: bool
) -> xr.Dataset:
    """Draw worlds, evidence from each, and the posterior given that evidence.

    Parameters
    ----------
    beliefs : PriorSet
        With the priors that the evidence brings.
    items : sequence of Item
        The evidence; its data are not used.
    replications : int
        How many worlds. Replication r is the same however many there are.
    seed : int
        The one root seed.
    progress : bool
        Show a bar.

    Returns
    -------
    xarray.Dataset
        ``truth`` (replication, quantity) and ``drawn`` (replication, draw, quantity) as normal scores under the
        beliefs; a vector is as many quantities, ``name[0]`` and so on. The last quantities are the log likelihood of
        each item, ``log_likelihood[item]``, and :data:`~forecast.diagnostics.replications.LOG_DENSITY`: one that is
        missing from the posterior hardly shows in the whole, which many quantities move. The coordinate ``kind``
        (quantity) is "belief", "nuisance" or "check". ``khat``, ``effective`` and ``weighted`` (replication, block):
        of the weighted draws, and how many they are; of a pool, of the worst member.

    Raises
    ------
    InvalidArgument
        If there is no evidence.
    FailedFit
        If no draw from the beliefs allows the evidence of some world.
    """
    import xarray as xr

    blocks = blocks_of(beliefs, items)
    if not blocks:
        raise InvalidArgument(
            "beliefs without evidence",
            expected="at least one item that worlds can be given anew",
            mend="name a set of evidence that has items, as evidence=...",
        )
    worlds = _worlds(beliefs, blocks, replications, seed)
    reached = {name for block in blocks for name in block.names}
    known = beliefs.only(name for name in beliefs if name in reached)
    # The truth comes first, then the draws.
    found = {name: np.empty((replications, 1 + KEPT, *worlds[name].shape[1:])) for name in worlds}
    jitter = np.empty((replications, 1 + KEPT, len(known)))
    checks = {name: np.empty((replications, 1 + KEPT)) for name in (*map(_label, items), LOG_DENSITY)}
    quality = np.empty((3, replications, len(blocks)))
    if replications >= _MANY:
        use_compiled_numbers()
    with progress_bar("Calibrating", total=replications, show=progress) as bar:
        for number in range(replications):
            sampling, picking = np.random.SeedSequence(seed, spawn_key=(3, number)).spawn(2)
            root, generator = int(sampling.generate_state(1, np.uint64)[0] >> 1), np.random.default_rng(picking)
            world = {name: array[number : number + 1] for name, array in worlds.items()}
            data = _data(items, world, generator)
            posterior = _posterior(beliefs, items, [block.given(data) for block in blocks], root)
            if not np.isfinite(posterior.weights.log_marginal).any():
                raise FailedFit(
                    f"no draw from the beliefs {beliefs.name!r} allows the evidence of world {number}",
                    expected="worlds whose evidence the beliefs give some chance",
                    mend="widen the priors of what the evidence informs",
                )
            after = posterior.weights.after
            # Not in fixed shares, which would make ranks more even than those of independent draws.
            which = generator.choice(after.size, size=KEPT, p=after)
            drawn = posterior.at(which, posterior.chosen(which, generator))
            here = {name: np.concatenate([world[name], drawn[name]]) for name in worlds}
            for name, array in here.items():
                found[name][number] = array
            for name, array in _checks(known, blocks, items, here, data).items():
                checks[name][number] = array
            jitter[number] = generator.random((1 + KEPT, len(known)))
            for place in range(len(blocks)):
                own = [one[place] for one in posterior.sampled]
                worst = min(own, key=lambda one: one.draws.effective / one.weights.size)
                quality[:, number, place] = max(one.khat for one in own), worst.draws.effective, worst.weights.size
            bar.advance()
    scores, kinds = _scores(known, blocks, found, jitter)
    values = np.stack([*scores.values(), *checks.values()], axis=-1)
    return xr.Dataset(
        {
            "truth": (("replication", "quantity"), values[:, 0]),
            "drawn": (("replication", "draw", "quantity"), values[:, 1:]),
            "khat": (("replication", "block"), quality[0]),
            "effective": (("replication", "block"), quality[1]),
            "weighted": (("replication", "block"), quality[2].astype(np.int64)),
        },
        coords={
            "replication": np.arange(replications),
            "draw": np.arange(KEPT),
            "quantity": [*scores, *checks],
            "kind": ("quantity", [*kinds, *["check"] * len(checks)]),
            "block": [block.name for block in blocks],
        },
    )


def _posterior(beliefs: PriorSet, items: Sequence[Item], blocks: Sequence[Block], seed: int) -> Posterior:
    """Draw the posterior, and once more with as many draws as a fit has the blocks of which few break the gates."""
    found = sample_posterior(beliefs, items, seed=seed, draws=DRAWS, pilot=PILOT, blocks=blocks)
    broken = [block for place, block in enumerate(blocks) if not all(_sound(own[place]) for own in found.sampled)]
    if not broken:
        return found
    again = sample_posterior(beliefs, items, seed=seed, blocks=broken)
    sampled = []
    for few, many in zip(found.sampled, again.sampled, strict=True):
        instead = {one.block.name: one for one in many}
        sampled.append(tuple(instead.get(one.block.name, one) for one in few))
    return replace(found, sampled=tuple(sampled))


def _sound(one: Sampled) -> bool:
    return one.khat < RELIABLE and one.draws.effective >= LEAST_SHARE * one.weights.size


def _worlds(beliefs: PriorSet, blocks: Sequence[Block], count: int, seed: int) -> Values:
    """Draw what evidence reaches as simulations do, and what only the evidence has from its prior."""
    drawn = beliefs.arrays(count, seed=seed)
    found = {name: drawn[name] for block in blocks for name in block.names}
    for block in blocks:
        for name, one in block.own.items():
            parts = normals(seed, [f"calibration:{name}:{part}" for part in range(one.size)], 0, count)[:, 0]
            values = [one.distribution.from_normals(part) for part in parts]
            found[name] = np.stack(values, axis=-1) if one.dim else values[0]
    return found


def _data(items: Sequence[Item], world: Values, generator: np.random.Generator) -> dict[str, Any]:
    """Draw the data of every item from one world."""
    found = {}
    for item in items:
        said = likelihood(np, item, world)
        found[item.name] = np.broadcast_to(predicted(said, generator), (1, *np.shape(said.observed)))[0]
    return found


def _label(item: Item) -> str:
    return f"log_likelihood[{item.name}]"


def _checks(
    known: PriorSet, blocks: Sequence[Block], items: Sequence[Item], values: Values, data: dict[str, Any]
) -> Values:
    """Give the log likelihood of every item and the log of prior times likelihood, shape (draw,)."""
    prior = log_prior_terms(known, values)
    for block in blocks:
        prior |= {name: one.distribution.log_pdf(values[name]) for name, one in block.own.items()}
    likelihoods = item_log_likelihoods(items, values, data)
    found = {_label(item): over_parts(likelihoods[item.name]) for item in items}
    found[LOG_DENSITY] = np.add.reduce([*map(over_parts, prior.values()), *found.values()])
    return found


def _scores(
    known: PriorSet, blocks: Sequence[Block], found: Values, jitter: Floats
) -> tuple[dict[str, Floats], list[str]]:
    """Give every quantity as normal scores, shape (replication, draw), those of the beliefs first, and their kinds."""
    flat = {name: array.reshape(-1) for name, array in found.items() if name in known}
    scores = {}
    for number, (name, prior) in enumerate(known.items()):
        if is_choice(prior.distribution):
            score = _spread(prior.distribution, flat[name], jitter[:, :, number].reshape(-1))
        else:
            score = normal_scores(known, [name], flat)[0]
        scores[name] = score.reshape(found[name].shape)
    count = len(scores)
    for block in blocks:
        for name, one in block.own.items():
            with np.errstate(divide="ignore"):
                values = sc.ndtri(one.distribution.cdf(found[name]))
            if one.dim:
                scores |= {f"{name}[{part}]": values[:, :, part] for part in range(one.size)}
            else:
                scores[name] = values
    return scores, ["belief"] * count + ["nuisance"] * (len(scores) - count)


def _spread(choice: Distribution, values: Floats, jitter: Floats) -> Floats:
    """Spread a choice among whole numbers evenly over the probability of each, so that no two draws are tied.

    A rank among draws of which many are the same is not uniform; among these it is.
    """
    below = choice.cdf(values - 0.5)
    return np.asarray(sc.ndtri(below + jitter * (choice.cdf(values) - below)))
