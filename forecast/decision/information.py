"""``evpi`` and ``evppi``: what it would be worth to know before choosing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from forecast.arguments import flag
from forecast.decision.bases import Basis
from forecast.decision.order_constraints import Ordered, ordered, with_subsets
from forecast.decision.paired import Best
from forecast.decision.policies import Policies
from forecast.decision.worlds import Utilities, read_parameters, read_utility
from forecast.estimates import Estimate, counted
from forecast.results import About

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

__all__ = ["Information", "Worth", "evpi", "evppi", "information", "informed", "perfect"]


@dataclass(frozen=True, repr=False)
class Worth(Estimate):
    """What knowing something before choosing is worth.

    Attributes
    ----------
    about : About
        Whose beliefs and values it comes from.
    """

    about: About = field(default_factory=About)

    def to_frame(self) -> pd.DataFrame:
        """Tabulate as :meth:`forecast.estimates.Estimate.to_frame`; attributes say what it is about."""
        frame = super().to_frame()
        frame.attrs = self.about.attrs()
        return frame

    def _with(self, value: float, error: float, least: float, most: float) -> Worth:
        of = (self.unit, self.meaning, least, most, self.whose, self.about)
        return Worth(value, error, *of)


@dataclass(frozen=True, repr=False)
class Information(Worth):
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


def evpi(u: xr.DataArray, *, sampled: bool = True) -> Worth:
    """Estimate the expected value of perfect information: of knowing the world, luck included, before choosing.

    It is the most that any study could be worth. E max over options of utility, less the best option's E utility.

    Parameters
    ----------
    u : xarray.DataArray
        Utility, dims option and world, in a unit of its own; from ``forecast.utility`` or any other model.
    sampled : bool
        False where the worlds are all that there are, equally likely: the answer is then exact.

    Returns
    -------
    Worth
        An :class:`forecast.Estimate` in the utility's unit, >= 0. Corrected for the bias of the largest of several
        sample means, which makes the plain estimate too small where options are nearly as good. ``plot()`` draws it.

    Raises
    ------
    InvalidArgument
        If the utility is no such array, or ``sampled`` no truth value.

    References
    ----------
    Raiffa & Schlaifer (1961), *Applied Statistical Decision Theory*, chapter 4.

    Examples
    --------
    >>> import forecast, numpy as np, xarray as xr
    >>> payoff = np.repeat([[-70.0, 50.0, 200.0], [0.0, 0.0, 0.0]], [5, 3, 2], axis=1)
    >>> u = xr.DataArray(payoff, dims=("option", "world"), coords={"option": ["drill", "leave"]})
    >>> float(forecast.evpi(u, sampled=False))
    35.0
    """
    flag("sampled", sampled)
    return perfect(read_utility(u), sampled=sampled)


def perfect(read: Utilities, *, sampled: bool = True) -> Worth:
    """Estimate the expected value of perfect information of a utility that is read; see :func:`evpi`."""
    value, error = Best(read.values, sampled=sampled).gain(read.values.max(axis=0))
    about, meaning = read.about, "value of knowing everything (EVPI)"
    whose = f"; {counted(about.worlds, 'world')}{about.words}"
    return Worth(max(value, 0.0), error, read.unit, meaning, least=0.0, whose=whose, about=about)


def evppi(u: xr.DataArray, parameters: xr.Dataset, *, names: Iterable[str] | str | None = None) -> Information:
    """Estimate the expected value of partial perfect information: of knowing some parameters first.

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

    Examples
    --------
    >>> import forecast, priors
    >>> district = forecast.load_world("district")
    >>> outcomes = forecast.simulate(priors.load(district.beliefs), world=district, evidence="none", worlds=200)
    >>> u, believed = forecast.utility(outcomes), forecast.parameters(outcomes)
    >>> forecast.evppi(u, believed, names=["raid_rate", "growth"]).meaning
    'value of knowing growth, raid_rate (EVPPI)'
    >>> evpi = forecast.evpi(u)
    >>> 0.0 <= float(forecast.evppi(u, believed, names="talks_effect")) < float(evpi)
    True
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


def information(held: Ordered, raw: tuple[float, float], meaning: str, *, most: Worth) -> Information:
    """Return the value of some information, which is 0 and so is its error where both are negligible.

    Parameters
    ----------
    held : Ordered
        The value, held to the order of the others.
    raw : tuple of float
        What its own rule achieved, and its standard error.
    meaning : str
        What it is the value of.
    most : Worth
        What knowing every world is worth.
    """
    value, error = held.value, held.error
    if max(value, error) < _NEGLIGIBLE * most.value:
        value, error = 0.0, 0.0
    # What bounds an interval is what everything could be worth, not its estimate, which is off by as much itself.
    bounds = (0.0, most.interval[1])
    return Information(value, error, most.unit, meaning, *bounds, most.whose, most.about, *raw, held.moved)


def informed(values: Mapping[frozenset[str], tuple[float, float]], *, most: Worth) -> dict[frozenset[str], Information]:
    """Hold the values of sets of parameters to their order.

    Parameters
    ----------
    values : mapping of frozenset of str to (float, float)
        What each set's own rule achieved, and its standard error.
    most : Worth
        What knowing every world is worth.

    Returns
    -------
    dict
        By set.
    """
    found = {}
    for names, held in ordered(values, most=most.value).items():
        known = ", ".join(sorted(names)) if len(names) <= 3 else f"{len(names)} parameters"
        found[names] = information(held, values[names], f"value of knowing {known} (EVPPI)", most=most)
    return found
