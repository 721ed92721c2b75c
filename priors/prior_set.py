"""A set of priors: a mapping from the name of a quantity to what is believed about it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.errors import InvalidPrior, UnknownPrior, near_matches

from .arguments import check_draws
from .beliefs import Beliefs
from .copula import Correlation
from .edits import after_edit
from .forms import with_forms
from .inherit import succeed
from .intervals import MASS
from .mixture import Mixture
from .plausible import admitted
from .prior import Prior
from .saving import save, set_html, to_table

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

__all__ = ["PriorSet"]


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class PriorSet(Beliefs):
    """Named priors with their correlations; never changed in place.

    Attributes
    ----------
    priors : dict of str to Prior
        By name of the quantity.
    name, title, description : str
        What the set is.
    correlations : tuple of Correlation
        A Gaussian copula over some of the quantities.
    origin : datetime.date or None
        Nothing that became known after this day is in the set.
    pooled : Pooled or None
        For a linear pool of sets: each world follows one member in all its quantities.
    edited : tuple of (str, str)
        What :meth:`replace` and :meth:`correlate` changed, as the name tells, each with a fingerprint of what stood
        there first. Pairs as ``one~other``.
    claims : Claims
        What the ids mean that priors and correlations cite, from :func:`priors.load_claims`. Where the list is empty,
        any id is a source.
    """

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PriorSet):
            return NotImplemented
        return all(getattr(self, f.name) == getattr(other, f.name) for f in dataclasses.fields(self))

    def __hash__(self) -> int:
        return hash(self.hash)

    @property
    def hash(self) -> str:
        """SHA-256 of the content, in hexadecimal: equal for equal sets, whatever file they came from.

        It covers what a saved file would hold: requests and not the parameters fitted from them. What the ids of claims
        mean is left out: no belief is another for it.
        """
        table = {name: part for name, part in to_table(self).items() if name != "claims"}
        canonical = json.dumps(table, sort_keys=True, default=str, ensure_ascii=True)
        return hashlib.sha256(canonical.encode()).hexdigest()

    def only(self, names: Iterable[str]) -> PriorSet:
        """Return a part of the set, whose worlds have the same values as those of the whole.

        Parameters
        ----------
        names : iterable of str
            Quantities of the set, with all those that they are correlated with.

        Raises
        ------
        UnknownPrior
            If a name is not in the set.
        InvalidPrior
            If a correlation would lose one of its sides.
        """
        kept = {name: self[name] for name in names}
        inside = [sum(name in kept for name in one.between) for one in self.correlations]
        if 1 in inside:
            cut = self.correlations[inside.index(1)].between
            raise InvalidPrior(
                f"a part with only one of {cut[0]} and {cut[1]}",
                expected="both sides of every correlation, or neither",
                mend="name both",
            )
        pairs = tuple(one for one, sides in zip(self.correlations, inside, strict=True) if sides == 2)
        return dataclasses.replace(self, priors=kept, correlations=pairs)

    def member(self, name: str) -> PriorSet:
        """Return what one member of a pooled set believes.

        Parameters
        ----------
        name : str
            One of ``pooled.members``.

        Returns
        -------
        PriorSet
            No pool itself. A quantity that was given a pool of its own afterwards keeps that.

        Raises
        ------
        UnknownPrior
            If this is no pooled set, or it has no such member.
        """
        members = self.pooled.members if self.pooled else ()
        if name not in members:
            raise UnknownPrior(
                f"the member {name!r:.60}",
                expected=f"a member of the pooled set {self.name!r}" if members else "a pooled set",
                mend=near_matches(str(name), members) if members else "pool sets with priors.pool",
            )
        own = {}
        for quantity, prior in self.priors.items():
            mixed = prior.distribution
            if isinstance(mixed, Mixture) and mixed.names == members:
                prior = dataclasses.replace(prior, distribution=mixed.members[members.index(name)])
            own[quantity] = prior
        pairs = tuple(
            dataclasses.replace(one, members=()) for one in self.correlations if not one.members or name in one.members
        )
        return dataclasses.replace(
            self,
            priors=own,
            name=f"{name} (of {self.name})",
            title=f"{name} (of {self.title})",
            description=f"What {name} believes within: {self.description}",
            correlations=pairs,
            pooled=None,
            edited=(),
        )

    def replace(
        self, priors: Mapping[str, Prior] = MappingProxyType({}), /, *, accept: bool = False, **named: Prior
    ) -> PriorSet:
        """Return a set with some priors replaced; this one stays as it is.

        Its name says what was replaced: "article (edited: isis_fighters)". What changes nothing is no edit.

        Parameters
        ----------
        priors : mapping of str to Prior, optional
            By name of the quantity. Unit, meaning, claims and range are kept where the new prior leaves
            them empty. A derivation left empty is written from the request, followed by the old one.
        accept : bool
            Whether priors far from what the quantity is expected to be, or from the old ones, are meant.
        **named : Prior
            More of them, by name.

        Raises
        ------
        UnknownPrior
            If the set has no such quantity.
        InvalidPrior
            If the unit differs, the new prior reaches outside the range of the quantity, or more than half of it lies
            where the quantity is not expected to be in this world and it is not accepted; or if a quantity is named
            twice.

        Warns
        -----
        PriorWarning
            If the central 90% of the old and the new prior have no value in common, unless that is accepted.
        """
        if not isinstance(accept, bool):
            raise InvalidPrior(
                f"accept = {accept!r:.60}",
                expected="True or False",
                mend="leave it out; True says that an implausible prior is meant",
            )
        if not isinstance(priors, Mapping):
            raise InvalidPrior(
                f"replace({priors!r:.60})", expected="a mapping of names to priors", mend='write {"NAME": ...}'
            )
        twice = [name for name in priors if name in named]
        if twice:
            raise InvalidPrior(
                f"{twice[0]!r} in the mapping and by name", expected="each quantity once", mend="leave one of them out"
            )
        new = dict(self.priors)
        for name, prior in {**priors, **named}.items():
            old = self[name]
            if not isinstance(prior, Prior):
                raise InvalidPrior(f"{name} = {prior!r:.60}", expected="a Prior", mend="build it with priors.elicit")
            new[name] = admitted(old, succeed(old, prior), accept=accept)
        return self._edited(priors=new)

    def correlate(self, first: str, second: str, rho: float, *, reason: str, claims: Iterable[str] = ()) -> PriorSet:
        """Return a set in which two quantities go together; an entry for the pair is replaced, and the name says so.

        Parameters
        ----------
        first, second : str
            Names of the quantities.
        rho : float
            Correlation of their normal scores, in (-1, 1). ``copula.concordance_to_rho`` gives it from the
            probability that both are on the same side of their medians.
        reason : str
            Why; kept with the set.
        claims : iterable of str
            Claims that it rests on.

        Raises
        ------
        UnknownPrior
            If the set has no such quantity.
        InvalidPrior
            If rho is outside (-1, 1) or contradicts the other correlations.
        """
        for name in (first, second):
            self[name]
        entry = Correlation((first, second), rho, reason, tuple(claims))
        kept = tuple(one for one in self.correlations if one.between != entry.between)
        return self._edited(correlations=(*kept, entry))

    def with_structure(self, forms: Mapping[str, int] = MappingProxyType({}), /, **named: int) -> PriorSet:
        """Return what would be believed if structures were known to have some form; this set stays as it is.

        Forms are known before any evidence is: a fit of the result is conditioned on both. The members of a pool are
        weighed again by how much of their belief was in the forms.

        Parameters
        ----------
        forms : mapping of str to int or bool, optional
            By name of the structure (:func:`priors.structures`), which of its forms; True is form 1.
        **named : int or bool
            More of them, by name.

        Returns
        -------
        PriorSet
            Its name tells the forms.

        Raises
        ------
        UnknownPrior
            If there is no such structure.
        InvalidPrior
            If it has no such form, holds it impossible, or shares a pool with other quantities alone.

        Examples
        --------
        >>> import priors
        >>> priors.load("article").with_structure(base_matters=True).name
        'article (base_matters = 1)'
        """
        if not isinstance(forms, Mapping) or set(forms) & set(named):
            raise InvalidPrior(
                f"with_structure({forms!r:.60})",
                expected="a mapping of names to forms, each structure once",
                mend="write with_structure(base_matters=True)",
            )
        return with_forms(self, {**forms, **named})

    def _edited(self, **parts: Any) -> PriorSet:
        return after_edit(self, dataclasses.replace(self, **parts))

    def sample(self, n: int, *, seed: int, start: int = 0) -> xr.Dataset:
        """Draw worlds ``start`` to ``start + n - 1``.

        A world's value of a quantity depends on the seed, the name and the world's number, and on the
        names that it is correlated with: not on n, on start or on the other priors of the set.

        Parameters
        ----------
        n : int
            Number of worlds, at least 1.
        seed : int
            Root seed, at least 0.
        start : int
            Number of the first world.

        Returns
        -------
        xarray.Dataset
            One variable for each quantity on dim "world", with attrs ``units`` and ``long_name``; provenance
            in the attrs of the dataset.

        Raises
        ------
        InvalidArgument
            If n, seed or start is not a whole number in its range.
        """
        import xarray as xr

        count, root, first = check_draws(n, seed, start)
        drawn = self.arrays(count, seed=root, start=first)
        variables = {
            name: ("world", drawn[name], {"units": prior.unit, "long_name": prior.meaning})
            for name, prior in self.priors.items()
        }
        attrs: dict[str, Any] = {"prior_set": self.name, "prior_set_hash": self.hash, "seed": root}
        if self.origin is not None:
            attrs["origin"] = self.origin.isoformat()
        return xr.Dataset(variables, coords={"world": np.arange(first, first + count)}, attrs=attrs)

    def to_frame(self) -> pd.DataFrame:
        """Tabulate the set.

        Returns
        -------
        pandas.DataFrame
            Index name; columns family, parameters, unit, lower, median, upper (of the central 90%),
            claims, derivation.
        """
        import pandas as pd

        columns = ["family", "parameters", "unit", "lower", "median", "upper", "claims", "derivation"]
        rows = []
        for prior in self.priors.values():
            lower, upper = prior.interval(MASS)
            inside = ", ".join(f"{key}={value:.6g}" for key, value in prior.parameters.items())
            claims = ", ".join(prior.claims)
            rows.append((prior.family, inside, prior.unit, lower, prior.median, upper, claims, prior.derivation))
        return pd.DataFrame(rows, columns=columns, index=pd.Index(list(self.priors), name="name"))

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the set to a TOML file that :func:`priors.load` reads back to an equal set.

        The file appears whole or not at all, and an older file stays until then.

        Returns
        -------
        pathlib.Path
            The file.

        Raises
        ------
        FileNotWritable
            If it cannot be written.
        """
        return save(self, path)

    def __repr__(self) -> str:
        return (
            f"PriorSet({self.name or 'unnamed'}: {len(self)} priors, "
            f"{len(self.correlations)} correlations, hash {self.hash[:12]})"
        )

    def _repr_html_(self) -> str:
        return set_html(self)
