"""Named beliefs that go together: what a set of priors holds, with its checks and its draws."""

from __future__ import annotations

import dataclasses
import datetime
import functools
import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from forecast.errors import InvalidPrior, UnknownPrior, near_matches

from .arguments import check_draws
from .claims import NO_CLAIMS, Claim, Claims, check_claims, load_claims
from .copula import Correlation, apply_correlations, components, factor
from .discrete import Discrete
from .families import FloatArray
from .mixture import Mixture, Pick, checked_weights, chosen, draw, middles, pool_channel
from .prior import Prior
from .streams import keyed_uniforms
from .streams import normals as standard_normals

__all__ = ["Beliefs", "Pooled"]


@dataclasses.dataclass(frozen=True)
class Pooled:
    """Whose beliefs a pooled set mixes: names of the members and their weights, which sum to one."""

    members: tuple[str, ...]
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "weights", checked_weights(self.weights, self.members))


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Beliefs(Mapping[str, Prior]):
    """What a :class:`priors.PriorSet` holds and draws; without its edits, its tables and its file."""

    priors: dict[str, Prior]
    name: str = ""
    title: str = ""
    description: str = ""
    correlations: tuple[Correlation, ...] = ()
    origin: datetime.date | None = None
    pooled: Pooled | None = None
    edited: tuple[tuple[str, str], ...] = ()
    claims: Claims = NO_CLAIMS

    def __post_init__(self) -> None:
        object.__setattr__(self, "claims", load_claims(self.claims))
        named = {}
        for name, prior in self.priors.items():
            if not isinstance(name, str) or not isinstance(prior, Prior):
                raise InvalidPrior(
                    f"{name!r:.60} = {prior!r:.60}",
                    expected="names with a Prior each",
                    mend="build each with priors.elicit",
                )
            listed = self.claims or prior.listed
            same = prior.name == name and prior.listed is listed
            named[name] = prior if same else dataclasses.replace(prior, name=name, listed=listed)
        object.__setattr__(self, "priors", named)
        object.__setattr__(self, "correlations", tuple(self.correlations))
        for name, prior in named.items():
            check_claims(prior.claims, self.claims, where=f"prior.{name}")
        for one in self.correlations:
            check_claims(one.claims, self.claims, where=f"the correlation of {' and '.join(one.between)}")
        self._check_correlations()
        self._check_sizes()

    @functools.cached_property
    def known_claims(self) -> Claims:
        """The list of claims; where there is none, those that are cited, without words."""
        cited = [claim for prior in self.priors.values() for claim in prior.claims]
        cited += [claim for one in self.correlations for claim in one.claims]
        return self.claims or Claims({claim: Claim(claim, "") for claim in cited})

    def _check_correlations(self) -> None:
        seen: set[tuple[Any, ...]] = set()
        for one in self.correlations:
            for name in one.between:
                if name not in self.priors:
                    raise UnknownPrior(
                        f"a correlation with {name!r}",
                        expected="quantities of the set",
                        mend=near_matches(name, self.priors),
                    )
                if isinstance(self.priors[name].distribution, Discrete):
                    raise InvalidPrior(
                        f"a correlation with {name!r}, which is one of a few forms",
                        expected="quantities whose values can go up and down together",
                        mend="leave the correlation out",
                    )
            known = self.pooled.members if self.pooled else ()
            if not set(one.members) <= set(known):
                raise InvalidPrior(
                    f"a correlation of {' and '.join(one.between)} that only {one.members!r} believe",
                    expected=f"members of the pool: {known!r}",
                    mend="leave members out, or pool the sets with priors.pool",
                )
            for member in one.members or known or ("",):
                key = (*one.between, member)
                if key in seen:
                    raise InvalidPrior(
                        f"the correlation of {one.between[0]} and {one.between[1]} twice",
                        expected="one entry for each pair",
                        mend="remove one of the two",
                    )
                seen.add(key)
        for _, pairs in self._beliefs():
            for names in components(pairs):
                factor(names, pairs)

    def _check_sizes(self) -> None:
        for name, prior in self.priors.items():
            if prior.size and not isinstance(prior.distribution, Discrete | Mixture):
                raise InvalidPrior(
                    f"a size of {name!r}, {prior.size!r}",
                    expected="a size only of a quantity that has one of a few forms",
                    mend="leave size out",
                )

    def _beliefs(self) -> list[tuple[int, tuple[Correlation, ...]]]:
        """Return the correlations that each member of the pool believes, by the member's number."""
        if self.pooled is None:
            return [(0, self.correlations)]
        return [
            (number, tuple(c for c in self.correlations if not c.members or member in c.members))
            for number, member in enumerate(self.pooled.members)
        ]

    def __getitem__(self, name: str) -> Prior:
        try:
            return self.priors[name]
        except (KeyError, TypeError):
            raise UnknownPrior(
                f"there is no prior {name!r:.60}",
                expected=f"a quantity of the set {self.name!r}",
                mend=near_matches(str(name), self.priors),
            ) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self.priors)

    def __len__(self) -> int:
        return len(self.priors)

    @property
    def distribution_hash(self) -> str:
        """SHA-256 of what is drawn, in hexadecimal: equal for sets of equal distributions and correlations.

        Titles, derivations, claims and the order of the quantities do not count.
        """
        drawn = {
            "priors": {
                name: [prior.family, {key: value.hex() for key, value in prior.parameters.items()}]
                for name, prior in self.priors.items()
            },
            "correlations": sorted([*one.between, float(one.rho).hex(), *one.members] for one in self.correlations),
            "pooled": self.pooled and [list(self.pooled.members), [weight.hex() for weight in self.pooled.weights]],
        }
        return hashlib.sha256(json.dumps(drawn, sort_keys=True).encode()).hexdigest()

    def arrays(
        self, n: int, *, seed: int, start: int = 0, follows: np.ndarray[Any, Any] | None = None
    ) -> dict[str, FloatArray]:
        """Return the draws of :meth:`sample` as plain arrays, each of shape (n,); arguments and errors as there.

        Parameters
        ----------
        n, seed, start : int
            As for :meth:`sample`.
        follows : ndarray of int, optional
            Of a pooled set, the number of the member that each world follows, shape (n,), in place of that which the
            weights give it.
        """
        count, root, first = check_draws(n, seed, start)
        stop = first + count
        drawn = standard_normals(root, [f"prior:{name}" for name in self.priors], first, stop)[:, 0]

        @functools.cache
        def pick(names: tuple[str, ...]) -> FloatArray:
            if follows is not None and self.pooled is not None and names == self.pooled.members:
                return np.asarray(middles(self.pooled.weights)[follows])
            uniforms: FloatArray = keyed_uniforms(root, pool_channel(names), first, stop)[0]
            return uniforms

        return self.from_normals(dict(zip(self.priors, drawn, strict=True)), pick)

    def follows(self, n: int, *, seed: int, start: int = 0) -> np.ndarray[Any, np.dtype[np.intp]]:
        """Say which member of the pool each world follows, by its number.

        Parameters
        ----------
        n, seed, start : int
            As for :meth:`sample`.

        Returns
        -------
        ndarray of int
            Shape (n,), places in ``pooled.members``.

        Raises
        ------
        InvalidPrior
            If this is no pooled set.
        """
        if self.pooled is None:
            raise InvalidPrior(
                f"the set {self.name!r}, which is no pool", expected="a pooled set", mend="pool sets with priors.pool"
            )
        count, root, first = check_draws(n, seed, start)
        uniforms = keyed_uniforms(root, pool_channel(self.pooled.members), first, first + count)[0]
        return chosen(self.pooled.weights, uniforms).astype(np.intp)

    def from_normals(self, normals: Mapping[str, FloatArray], pick: Pick) -> dict[str, FloatArray]:
        """Turn independent standard normals into values that go together as the set says.

        Parameters
        ----------
        normals : mapping of str to ndarray
            One standard normal a world for every quantity, each of shape (worlds,).
        pick : callable
            Gives the uniforms, shape (worlds,), with which worlds choose among the named members of a pool.

        Returns
        -------
        dict of str to ndarray
            Every quantity in its unit, each of shape (worlds,).
        """
        tied = self._tied(normals, pick)
        return {name: draw(prior.distribution, tied[name], pick) for name, prior in self.priors.items()}

    def pools(self) -> list[tuple[str, ...]]:
        """Name the members of every pool that a world chooses from: that of the set, and those of single priors."""
        found = {} if self.pooled is None else {self.pooled.members: None}
        waiting = [prior.distribution for prior in self.priors.values()]
        while waiting:
            distribution = waiting.pop(0)
            if isinstance(distribution, Mixture):
                found[distribution.names] = None
                waiting.extend(distribution.members)
        return list(found)

    def _tied(self, normals: Mapping[str, FloatArray], pick: Pick) -> dict[str, FloatArray]:
        """Return the correlated standard normals of every quantity, each of shape (worlds,)."""
        beliefs = self._beliefs()
        if self.pooled is None or len({pairs for _, pairs in beliefs}) == 1:
            return {**normals, **apply_correlations(normals, beliefs[0][1])}
        follows = chosen(self.pooled.weights, pick(self.pooled.members))
        out = dict(normals)
        for number, pairs in beliefs:
            for name, values in apply_correlations(normals, pairs).items():
                out[name] = np.where(follows == number, values, out[name])
        return out
