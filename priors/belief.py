"""A belief about one quantity: a distribution with its unit, meaning, claims, and where its numbers came from."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from forecast.errors import InvalidPrior

from .arguments import check_draws
from .claims import NO_CLAIMS, Claims
from .families import Distribution, FloatArray
from .intervals import MASS, tails
from .mixture import Mixture, draw, is_choice, pool_channel
from .request import Elicitation, Request
from .streams import keyed_normals, keyed_uniforms

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Belief"]


@dataclasses.dataclass(frozen=True)
class Belief:
    """A belief about one quantity in numbers: what a :class:`priors.Prior` is without its page and picture."""

    name: str
    distribution: Distribution
    unit: str = ""
    meaning: str = ""
    claims: tuple[str, ...] = ()
    derivation: str = ""
    elicited: Elicitation | None = None
    domain: tuple[float, float] | None = None
    figures: tuple[str, ...] = ()
    accepted: bool = False
    forms: tuple[str, ...] = ()
    size: str = ""
    listed: Claims = dataclasses.field(default=NO_CLAIMS, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.elicited is None or self.elicited.fitted != self.distribution:
            # A request that gives another distribution would be what a saved file says: never let it stand.
            object.__setattr__(self, "elicited", _as_given(self.distribution))
        if self.domain is not None and not _within(self.support, self.domain):
            low, high = self.domain
            raise InvalidPrior(
                f"{self.distribution} for {self.name or 'a quantity'} between {low:g} and {high:g}",
                expected="a distribution that keeps to the range of the quantity",
                mend="choose a bounded family such as Beta, ScaledBeta or TruncatedNormal",
            )
        if any(";" in words or not words.strip() for words in self.forms):
            raise InvalidPrior(
                f"the forms {self.forms!r:.80}", expected="words without a semicolon for each", mend="write a comma"
            )
        last = self.support[1]
        if self.forms and len(self.forms) != last + 1:
            raise InvalidPrior(
                f"{len(self.forms)} forms in words for {self.distribution}",
                expected="as many as it has values, and only of one that has a few",
                mend="leave forms out, or name each value from 0 on",
            )

    @property
    def family(self) -> str:
        """Name of the family, as PyMC writes it where PyMC has it."""
        return self.distribution.family

    @property
    def parameters(self) -> dict[str, float]:
        """Parameter names and values."""
        return self.distribution.parameters

    @property
    def support(self) -> tuple[float, float]:
        """Range with positive density, in the unit of the quantity."""
        return self.distribution.support

    @property
    def allowed(self) -> tuple[float, float]:
        """Range that another prior for the same quantity must keep to."""
        return self.domain if self.domain is not None else self.distribution.natural_range

    def form_words(self) -> tuple[str, ...]:
        """Say what the values 0, 1, ... of a quantity that has one of a few forms stand for."""
        count = int(self.support[1]) + 1
        return self.forms or (("absent", "present") if count == 2 else tuple(map(str, range(count))))

    def attrs(self) -> dict[str, str]:
        """Return what an array of values says of itself: units, long_name, claims; of forms words and the size."""
        said = {"units": self.unit, "long_name": self.meaning, "claims": " ".join(self.claims)}
        if is_choice(self.distribution):
            said["flag_meanings"] = "; ".join(self.form_words())
        return said | ({"size": self.size} if self.size else {})

    def pdf(self, x: ArrayLike) -> FloatArray:
        """Density at x, per unit of the quantity."""
        return self.distribution.pdf(x)

    def cdf(self, x: ArrayLike) -> FloatArray:
        """Probability of a value at or below x."""
        return self.distribution.cdf(x)

    def ppf(self, p: ArrayLike) -> FloatArray:
        """Quantile in the unit of the quantity; NaN outside [0, 1]."""
        return self.distribution.ppf(p)

    @property
    def mean(self) -> float:
        """Expected value, in the unit of the quantity."""
        return self.distribution.mean()

    @property
    def sd(self) -> float:
        """Standard deviation, in the unit of the quantity."""
        return self.distribution.sd()

    @property
    def median(self) -> float:
        """Median, in the unit of the quantity."""
        return float(self.ppf(0.5))

    def interval(self, mass: float = MASS) -> tuple[float, float]:
        """Return the central interval of a given mass: equal tails outside it.

        Parameters
        ----------
        mass : float
            Probability inside, in (0, 1); 0.9 unless given.

        Raises
        ------
        InvalidPrior
            If the mass is not inside (0, 1).
        """
        if not isinstance(mass, (int, float)) or isinstance(mass, bool) or not 0 < mass < 1:
            raise InvalidPrior(
                f"an interval of mass {mass!r:.60}",
                expected="a number strictly between 0 and 1",
                mend="write 90% as 0.9",
            )
        low, high = self.ppf(np.array(tails(mass)))
        return float(low), float(high)

    def draws(self, normals: FloatArray, *, seed: int, start: int) -> FloatArray:
        """Turn one standard normal for each world into draws; shape (worlds,)."""
        stop = start + normals.shape[0]

        def pick(names: tuple[str, ...]) -> FloatArray:
            uniforms: FloatArray = keyed_uniforms(seed, pool_channel(names), start, stop)[0]
            return uniforms

        return draw(self.distribution, normals, pick)

    def sample(self, n: int, *, seed: int) -> xr.DataArray:
        """Draw worlds 0 to n - 1.

        Parameters
        ----------
        n : int
            Number of worlds, at least 1; a larger n extends a smaller one.
        seed : int
            Root seed, at least 0.

        Returns
        -------
        xarray.DataArray
            Dim "world", with attrs ``units`` and ``long_name``. The same draws as in a set that correlates
            this quantity with no other.

        Raises
        ------
        InvalidArgument
            If n or seed is not a whole number in its range.
        """
        import xarray as xr

        count, root, start = check_draws(n, seed)
        normals = keyed_normals(root, f"prior:{self.name}", start, count)[0]
        return xr.DataArray(
            self.draws(normals, seed=root, start=start),
            dims=("world",),
            coords={"world": np.arange(start, count)},
            name=self.name or None,
            attrs={"units": self.unit, "long_name": self.meaning},
        )


def _as_given(distribution: Distribution) -> Elicitation | None:
    if isinstance(distribution, Mixture):
        return None
    request = Request(distribution.family, parameters=tuple(distribution.parameters.items()))
    return Elicitation(request, distribution)


def _within(inner: tuple[float, float], outer: tuple[float, float]) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]
