"""``shapley``: every belief's fair share of a variance, where beliefs may go together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Unpack

from forecast.errors import InvalidArgument
from forecast.question import Quantity
from forecast.sensitivity.groups import parts_of, refuse_overlaps
from forecast.sensitivity.indices import Indices
from forecast.sensitivity.nets import base_sample
from forecast.sensitivity.permuted import permuted
from forecast.sensitivity.study import Function, StudyKeywords, asked_study, read_study
from forecast.settings import Settings, takes

if TYPE_CHECKING:
    from priors import PriorSet

__all__ = ["shapley"]


@takes(StudyKeywords)
def shapley(
    beliefs_or_bounds: PriorSet | Mapping[str, tuple[float, float]],
    quantity_or_function: str | Quantity | Function | None = None,
    *,
    n: int = 2**12,
    groups: Mapping[str, Iterable[str]] | str | None = None,
    luck: int = 4,
    settings: Settings | None = None,
    **keywords: Unpack[StudyKeywords],
) -> Indices:
    """Share out the variance of a quantity among all beliefs, so that the shares sum to one (Shapley effects).

    A belief's share is what knowing it takes off the variance, on average over what else is known by then. Where
    beliefs go together, one earns a part of what it tells about the others.

    Parameters
    ----------
    beliefs_or_bounds : PriorSet or mapping of str to (float, float)
        As for :func:`forecast.sobol`, as they stand; what goes together does so by the set's own Gaussian copula.
    quantity_or_function : str, Quantity or callable, optional
        As for :func:`forecast.sobol`.
    n : int
        Random orders in which the beliefs come to be known, a power of two from 2**8. Worlds run: n (groups + 1) times
        luck.
    groups : mapping of str to iterable of str or "mechanisms", optional
        Parameters that come to be known together, none in two groups; those in no group stand by themselves.
    luck, settings, **keywords
        As for :func:`forecast.sobol`.

    Returns
    -------
    Indices
        Kind "shapley". Estimates sum to 1 but for their errors and are not cut to 0..1. ``plot(most=15)`` draws the
        largest.

    Raises
    ------
    InvalidArgument
        As for :func:`forecast.sobol`; for groups that share a parameter; and for a pooled set whose members differ in
        what goes together.
    UnknownPrior, UnknownOutcome, UnknownOption, UnknownValues, UnknownArgument
        For a name that does not exist.

    Notes
    -----
    Two independent points x, x' and a random order of the groups: z_0 = x, and z_j has the first j groups of the order
    from x'. The share of the j-th is the mean of (z_{j-1} - z_j)*(z_0 - (z_{j-1} + z_j) / 2) over Var(m), where a point
    stands for the quantity there and * is a product over two different lucks, as for :func:`forecast.sobol`. Where
    parameters go together, points are of the independent normals from which the copula makes them, the last of the
    order first: what has not been taken from x' is then known, and the rest is drawn given it.

    References
    ----------
    Goda (2021), "A simple algorithm for global sensitivity analysis with Shapley effects", *Reliability Engineering &
    System Safety* 213, 107702. Song, Nelson & Staum (2016), "Shapley effects for global sensitivity analysis: theory
    and computation", *SIAM/ASA J. Uncertainty Quantification* 4, 1060-1083. Owen & Prieur (2017), "On Shapley value
    for measuring importance of dependent inputs", same journal 5, 986-1002.

    Examples
    --------
    >>> import forecast
    >>> found = forecast.shapley({"a": (0, 1), "b": (0, 2)}, lambda x: x.a + x.b, n=2**12)
    >>> [(row.parameter, round(row.estimate, 1)) for row in found.rows]
    [('b', 0.8), ('a', 0.2)]
    """
    size = base_sample(n)
    asked = asked_study("shapley", beliefs_or_bounds, quantity_or_function, settings, keywords)
    study = read_study(asked, size, luck=luck, least_luck=2)
    if groups == "claims":
        raise InvalidArgument(
            "shapley with groups = 'claims'",
            expected="groups that share no parameter: most parameters rest on several claims",
            mend="group by mechanism, or ask forecast.sobol or forecast.tornado(by='claim') about claims",
        )
    kind, found = parts_of(study.inputs, groups)
    refuse_overlaps(found, "Shapley effects")
    return permuted(study, kind, found, size)
