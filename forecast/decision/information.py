"""``evpi`` and ``evppi``: what it would be worth to know before choosing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forecast.decision.bases import Basis
from forecast.decision.lattice import ordered, with_subsets
from forecast.decision.paired import Best
from forecast.decision.policies import Policies
from forecast.decision.worlds import Utilities, read_parameters, read_utility
from forecast.errors import InvalidArgument
from forecast.estimates import Estimate
from forecast.outcomes.provenance import provenance_words

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Information", "evpi", "evppi", "informed", "perfect", "written"]


@dataclass(frozen=True, repr=False)
class Information(Estimate):
    """The value of some information, held between 0, what its parts are worth, and what knowing everything is worth.

    Attributes
    ----------
    raw, raw_error : float
        What its own rule of choice achieved, out of sample, in the utility's unit; may lie outside these bounds.
    moved : bool
        Whether the bounds moved it by more than two standard errors: more worlds are needed.
    """

    raw: float = 0.0
    raw_error: float = 0.0
    moved: bool = False


def evpi(u: xr.DataArray, *, sampled: bool = True) -> Estimate:
    """Give the expected value of perfect information: of knowing the world, luck included, before choosing.

    It is the most that any study could be worth. E max over options of utility, less the best option's E utility.

    Parameters
    ----------
    u : xarray.DataArray
        Utility, dims option and world, in a unit of its own; from ``forecast.utility`` or any other model.
    sampled : bool
        False where the worlds are all that there are, equally likely: the answer is then exact.

    Returns
    -------
    Estimate
        In the utility's unit, >= 0. Corrected for the bias of the largest of several sample means, which makes the
        plain estimate too small where options are nearly as good.

    Raises
    ------
    InvalidArgument
        If the utility is no such array, or ``sampled`` no truth value.

    References
    ----------
    Raiffa & Schlaifer (1961), *Applied Statistical Decision Theory*, chapter 4.
    """
    if not isinstance(sampled, bool):
        raise InvalidArgument(f"sampled = {sampled!r:.60}", expected="True or False", mend="leave it out for True")
    return perfect(read_utility(u), sampled=sampled)


def perfect(read: Utilities, *, sampled: bool = True) -> Estimate:
    """Give the expected value of perfect information of a utility that is read; see :func:`evpi`."""
    value, error = Best(read.values, sampled=sampled).gain(read.values.max(axis=0))
    about = "value of knowing everything (EVPI)"
    return Estimate(max(value, 0.0), error, read.unit, about, least=0.0, whose=provenance_words(read))


def evppi(u: xr.DataArray, parameters: xr.Dataset, *, names: Iterable[str] | str | None = None) -> Information:
    """Give the expected value of partial perfect information: of knowing some parameters before choosing.

    Parameters
    ----------
    u : xarray.DataArray
        Utility, dims option and world, as for :func:`evpi`; at least 50 worlds.
    parameters : xarray.Dataset
        What was believed in each of the same worlds: ``forecast.parameters(outcomes)``, or any numeric variables with
        the one dim world. They may be correlated, in any unit, discrete or constant.
    names : iterable of str or str, optional
        Which are learnt, together; all by default.

    Returns
    -------
    Information
        In the utility's unit, between 0 and EVPI. The gain, world by world, of choosing by the parameters with a rule
        learnt from other worlds, over the option that is best in those other worlds: exactly 0 for parameters that
        change no choice, a lower bound in expectation, free of the bias of maximising noisy means. Held to be no less
        than what any subset is worth: of up to four names all subsets are tried, of more the single parameters.

    Notes
    -----
    Where nothing is seen the value is 0, and its error is what a line could be worth that noise hides, of up to about
    three standard errors of its slope; 0 where both are under a millionth of EVPI. An effect of causes that are there
    in a handful of worlds alone cannot be seen, nor does the error tell of it: run more worlds, or more of such.

    Raises
    ------
    InvalidArgument
        If either is no such array, ``names`` no names, their worlds differ, or there are fewer than 50.
    UnknownPrior
        If a name is not among the parameters.

    References
    ----------
    Luedtke & van der Laan (2016), *Annals of Statistics* 44, 713-742.
    Strong, Oakley & Brennan (2014), *Medical Decision Making* 34, 311-326.
    """
    read = read_utility(u)
    believed = read_parameters(parameters, worlds=read.worlds, names=names, labels=read.labels, run=read.run)
    whole = tuple(believed.values)
    bases = {name: Basis(values) for name, values in believed.values.items()}
    sets = with_subsets([whole])
    found = Policies(read.values).of([[bases[name] for name in part] for part in sets])
    values = {frozenset(part): (policy.value, policy.error) for part, policy in zip(sets, found, strict=True)}
    return informed(values, most=perfect(read))[frozenset(whole)]


_NEGLIGIBLE = 1e-6
"""Share of EVPI under which a value and its error, both, are nothing."""


def written(value: float, error: float, *, most: Estimate) -> tuple[float, float]:
    """Give a value and its error, or 0 and 0 where both are negligible beside what knowing everything is worth."""
    return (0.0, 0.0) if max(value, error) < _NEGLIGIBLE * most.value else (value, error)


def informed(
    values: Mapping[frozenset[str], tuple[float, float]], *, most: Estimate
) -> dict[frozenset[str], Information]:
    """Hold the values of sets of parameters to their order.

    Parameters
    ----------
    values : mapping of frozenset of str to (float, float)
        What each set's own rule achieved, and its standard error.
    most : Estimate
        What knowing every world is worth.

    Returns
    -------
    dict
        By set.
    """
    found = {}
    # What bounds an interval is what everything could be worth, not its estimate, which is off by as much itself.
    bound = most.interval[1]
    for names, held in ordered(values, most=most.value).items():
        raw, raw_error = values[names]
        about = ", ".join(sorted(names)) if len(names) <= 3 else f"{len(names)} parameters"
        about = f"value of knowing {about} (EVPPI)"
        kept = written(held.value, held.error, most=most)
        found[names] = Information(*kept, most.unit, about, 0.0, bound, most.whose, raw, raw_error, held.moved)
    return found
