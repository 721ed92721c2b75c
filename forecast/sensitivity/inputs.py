"""The beliefs of a sensitivity analysis: parameters made from independent uniforms, one for each input."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from scipy.special import ndtri

from forecast.errors import InvalidArgument
from forecast.schema import WHOSE
from priors.copula import components
from priors.mixture import draw, pool_channel
from priors.streams import keyed_uniforms

if TYPE_CHECKING:
    from priors import PriorSet

__all__ = ["Inputs", "read_inputs"]

type Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Inputs:
    """What varies.

    Attributes
    ----------
    parameters : tuple of str
        Names of the parameters.
    attrs : dict of str to dict
        Unit (``units``), meaning (``long_name``) and claim ids (``claims``) of each input.
    chosen : dict of str to tuple of str
        Inputs that are no parameters but choose among the members of a pool, and those members.
    tied : tuple of tuple of str
        Parameters that go together, directly or through others.
    name, hash : str
        Of the beliefs; empty for bounds.
    beliefs : PriorSet, optional
        Where parameters come from.
    bounds : dict of str to (float, float), optional
        Or the ends between which they are uniform.
    """

    parameters: tuple[str, ...]
    attrs: dict[str, dict[str, str]]
    chosen: dict[str, tuple[str, ...]]
    tied: tuple[tuple[str, ...], ...]
    name: str = ""
    hash: str = ""
    beliefs: PriorSet | None = None
    bounds: dict[str, tuple[float, float]] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The inputs: parameters, then what chooses among the members of pools."""
        return (*self.parameters, *self.chosen)

    def values(self, uniforms: Array) -> Array:
        """Turn independent uniforms into parameters.

        Parameters
        ----------
        uniforms : ndarray
            In (0, 1), shape (input, world), inputs in the order of ``names``.

        Returns
        -------
        ndarray
            Shape (parameter, world), each in its unit.
        """
        count = len(self.parameters)
        if self.beliefs is None:
            assert self.bounds is not None
            low, high = np.array([self.bounds[name] for name in self.parameters]).T[:, :, np.newaxis]
            return np.asarray(low + (high - low) * uniforms)
        picked = dict(zip(self.chosen.values(), uniforms[count:], strict=True))
        normals = dict(zip(self.parameters, ndtri(uniforms[:count]), strict=True))
        made = self.beliefs.from_normals(normals, picked.__getitem__)
        return np.array([made[name] for name in self.parameters])

    def made(self, normals: Array, uniforms: Array) -> Array:
        """Turn normals that go together as believed into parameters.

        Parameters
        ----------
        normals : ndarray
            Shape (input, world), of parameters; what chooses among members is not read.
        uniforms : ndarray
            Of what chooses among members, and of uniform parameters; shape (input, world).

        Returns
        -------
        ndarray
            Shape (parameter, world), each in its unit.
        """
        if self.beliefs is None:
            return self.values(uniforms)
        picked = dict(zip(self.chosen.values(), uniforms[len(self.parameters) :], strict=True))
        rows = zip(self.parameters, normals[: len(self.parameters)], strict=True)
        return np.array([draw(self.beliefs[name].distribution, row, picked.__getitem__) for name, row in rows])

    def correlation(self, places: np.ndarray[Any, np.dtype[np.intp]]) -> Array:
        """Return the correlations of the normals of some inputs.

        Raises
        ------
        InvalidArgument
            If the members of a pool believe in different ones.
        """
        found = np.eye(len(places))
        if self.beliefs is None:
            return found
        everybody = set(self.beliefs.pooled.members) if self.beliefs.pooled is not None else set()
        at = {self.names[place]: number for number, place in enumerate(places)}
        for one in self.beliefs.correlations:
            if one.members and set(one.members) != everybody:
                pair = " and ".join(one.between)
                raise InvalidArgument(
                    f"a pooled set in which only {', '.join(one.members)} say that {pair} go together",
                    expected="a set in which the same parameters go together whoever is believed",
                    mend="take one member: beliefs.member(name)",
                )
            if one.between[0] in at and one.between[1] in at:
                i, j = (at[name] for name in one.between)
                found[i, j] = found[j, i] = one.rho
        return found

    def draw(self, seed: int, start: int, stop: int) -> Array:
        """Draw worlds ``start`` to ``stop - 1``, of beliefs as every simulation does; shape (parameter, world)."""
        if self.beliefs is not None:
            made = self.beliefs.arrays(stop - start, seed=seed, start=start)
            return np.array([made[name] for name in self.parameters])
        return self.values(np.array([keyed_uniforms(seed, f"prior:{name}", start, stop)[0] for name in self.names]))


def read_inputs(beliefs_or_bounds: PriorSet | Mapping[str, tuple[float, float]]) -> Inputs:
    """Read beliefs, or bounds, as what varies.

    Parameters
    ----------
    beliefs_or_bounds : PriorSet or mapping of str to (float, float)
        Beliefs with their correlations and pools; or the lower and upper end of each parameter, which is then uniform
        between them.

    Raises
    ------
    InvalidArgument
        If it is anything else, for a fit or worlds, and for bounds that are not finite, in no order or of no parameter.
    """
    if hasattr(beliefs_or_bounds, "data_vars"):
        raise InvalidArgument(
            "a fit or worlds, whose parameters all go together",
            expected="beliefs, or bounds",
            mend="ask forecast.delta or forecast.pawn about them, or pass the prior set",
        )
    if hasattr(beliefs_or_bounds, "from_normals"):
        return _of_beliefs(cast("PriorSet", beliefs_or_bounds))
    if isinstance(beliefs_or_bounds, Mapping) and beliefs_or_bounds:
        return _of_bounds(cast("Mapping[str, tuple[float, float]]", beliefs_or_bounds))
    raise InvalidArgument(
        f"beliefs_or_bounds is {beliefs_or_bounds!r:.60}",
        expected="a PriorSet, or the lower and upper end of at least one parameter by its name",
        mend='pass what priors.load(...) gives, or {"x": (0.0, 1.0)}',
    )


def _of_beliefs(beliefs: PriorSet) -> Inputs:
    attrs = {name: prior.attrs() for name, prior in beliefs.items()}
    own = beliefs.pooled.members if beliefs.pooled is not None else ()
    chosen: dict[str, tuple[str, ...]] = {}
    for members in beliefs.pools():
        name = WHOSE if members == own else pool_channel(members)
        chosen[name] = members
        attrs[name] = {"units": "", "long_name": f"whose beliefs: {', '.join(members)}", "claims": ""}
    tied = tuple(tuple(names) for names in components(beliefs.correlations))
    return Inputs(tuple(beliefs), attrs, chosen, tied, beliefs.name, beliefs.hash, beliefs=beliefs)


def _of_bounds(bounds: Mapping[str, tuple[float, float]]) -> Inputs:
    read = {}
    for name, ends in bounds.items():
        try:
            low, high = (math.nan if isinstance(end, bool) else float(end) for end in ends)
            given = f"{name} = ({low:g}, {high:g})"
        except (TypeError, ValueError):
            low, high, given = math.nan, math.nan, f"{name} = {ends!r:.60}"
        if not isinstance(name, str) or name in ("", "world"):
            raise InvalidArgument(
                f"a parameter called {name!r:.60}", expected='a name, which is not "world"', mend="give it another name"
            )
        if not (math.isfinite(high - low) and low < high):
            raise InvalidArgument(
                given,
                expected="a name with two finite numbers, the lower end first, and a finite way between them",
                mend=f"swap them: ({high:g}, {low:g})" if low > high else 'write it as {"x": (0.0, 1.0)}',
            )
        read[name] = (low, high)
    attrs = {name: {"units": "", "long_name": "", "claims": ""} for name in read}
    return Inputs(tuple(read), attrs, {}, (), bounds=read)
