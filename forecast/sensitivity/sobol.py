"""``sobol``: the shares of a variance that beliefs account for, by themselves and through one another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Unpack

from forecast.arguments import flag
from forecast.question import Quantity
from forecast.sensitivity.groups import input_groups, refuse_overlaps
from forecast.sensitivity.indices import Indices
from forecast.sensitivity.nets import base_sample
from forecast.sensitivity.pick_freeze import pick_freeze
from forecast.sensitivity.study import Function, StudyKeywords, asked_study, read_study
from forecast.settings import Settings, takes

if TYPE_CHECKING:
    from priors import PriorSet

__all__ = ["sobol"]


@takes(StudyKeywords)
def sobol(
    beliefs_or_bounds: PriorSet | Mapping[str, tuple[float, float]],
    quantity_or_function: str | Quantity | Function | None = None,
    *,
    n: int = 2**12,
    second: bool = False,
    groups: Mapping[str, Iterable[str]] | str | None = None,
    luck: int = 4,
    settings: Settings | None = None,
    **keywords: Unpack[StudyKeywords],
) -> Indices:
    """Share out the variance of a quantity among the beliefs that it rests on (Sobol' indices).

    Of an outcome of the world model these are shares of the variance of its mean over luck: of what a known world still
    leaves open none is a belief's doing. How much that is stands apart, as ``luck``.

    Parameters
    ----------
    beliefs_or_bounds : PriorSet or mapping of str to (float, float)
        What varies: beliefs as they stand, by design, with what goes together moved together (no evidence conditions
        what is varied), or the ends between which parameters are uniform.
        In a pooled set, whose beliefs a world follows is an input of its own, ``whose_beliefs``. A fit, whose
        parameters all go together, is refused: see :func:`forecast.delta`.
    quantity_or_function : str, Quantity or callable, optional
        What is looked at; a name stands for an outcome. Or a function that takes a Dataset of parameters (dim world)
        and returns a DataArray (world).
    n : int
        Base sample, a power of two from 2**8. Worlds run: n (groups + 2) times luck, with ``second`` n (2 groups + 2).
    second : bool
        Also what each pair accounts for beyond each by itself.
    groups : mapping of str to iterable of str, "claims" or "mechanisms", optional
        Parameters that are moved together; every one on its own by default. A group takes in what its members are
        believed to go together with.
    luck : int
        Of an outcome, how many times each world is run with luck of its own, 2..1000: more where luck is most of it.
    settings : Settings, optional
        How worlds are run; not how many, nor on which luck or cluster.
    **keywords
        The parts of :class:`forecast.Quantity`, and ``months``, ``seed``, ``backend``, ``threads`` and ``progress`` of
        :class:`forecast.Settings`, in place of them.

    Returns
    -------
    Indices
        Kinds "first": Var(E[m | x_i]) / Var(m), "total": E[Var(m | all but x_i)] / Var(m) and "second": what the pair
        accounts for beyond its members' first, m being the mean over luck. Estimates are not cut to 0..1.
        ``plot(most=15)`` draws the largest.

    Raises
    ------
    InvalidArgument
        For a number or combination outside its domain, a function that does not return finite numbers, a quantity that
        does not vary, and pairs of groups that share a parameter.
    UnknownPrior, UnknownOutcome, UnknownOption, UnknownValues, UnknownArgument
        For a name that does not exist.

    Notes
    -----
    A, B are independent halves of each point, AB_i is A with group i from B and BA_i the other way round; y is run with
    the same luck in all four, and * is a product over two different lucks (over the same values for a function), so
    that luck adds nothing to its mean. Then Var(m) is E[A*A] - E[A]^2, first E[B*(AB_i - A)] with both centred, total
    E[(A - AB_i)*(A - AB_i)] / 2 and second E[(BA_i - B)*(AB_j - A)]. The shared luck cancels in the differences, which
    are 0 in every world for a parameter that changes nothing. (Of a function, an effect in fewer worlds than were run
    may go unseen.) Points are a Sobol' net shifted at random 16 times, and
    errors come from how the 16 differ. An interval is of a ratio to
    a variance that is estimated too, so the estimate need not be in its middle. Where that variance is not told from 0
    the analysis is refused; the shares of one that just is are on the low side, because it had to be seen to be large.

    References
    ----------
    Sobol' (1993), *Math. Modelling Comput. Exp.* 1, 407-414. Saltelli et al. (2010), "Variance based sensitivity
    analysis of model output", *Computer Physics Communications* 181, 259-270, table 2 (b) and (f). Jansen (1999),
    *Computer Physics Communications* 117, 35-43. Hart, Alexanderian & Gremaud (2017), "Efficient computation of Sobol'
    indices for stochastic models", *SIAM J. Sci. Comput.* 39, A1514-A1530. :mod:`forecast.sensitivity.nets` has those
    of the errors.

    Examples
    --------
    >>> import forecast
    >>> found = forecast.sobol({"a": (0, 1), "b": (0, 2)}, lambda x: x.a + x.b, n=2**12)
    >>> [(row.parameter, round(row.estimate, 1)) for row in found.rows if row.kind == "total"]
    [('b', 0.8), ('a', 0.2)]
    """
    size = base_sample(n)
    flag("second", second)
    asked = asked_study("sobol", beliefs_or_bounds, quantity_or_function, settings, keywords)
    study = read_study(asked, size, luck=luck, least_luck=2)
    kind, found = input_groups(study.inputs, groups)
    if second:
        refuse_overlaps(found, "second-order indices")
    return pick_freeze(study, kind, found, size, second=second)
