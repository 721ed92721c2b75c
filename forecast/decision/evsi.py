"""``evsi``: what a study would be worth, which tells about a parameter with an error of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecast.arguments import whole
from forecast.decision.bases import Basis
from forecast.decision.information import Information, information, informed, perfect
from forecast.decision.order_constraints import ordered
from forecast.decision.policies import Policies
from forecast.decision.studies import BinomialStudy, IntervalReport, NormalStudy, Study
from forecast.decision.worlds import read_parameters, read_utility
from forecast.errors import InvalidArgument, kind_of

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["evsi"]

_STUDIES = (BinomialStudy, NormalStudy, IntervalReport)


def evsi(u: xr.DataArray, parameters: xr.Dataset, *, study: Study, seed: int = 1) -> Information:
    """Estimate the expected value of sample information: of seeing a study's report before choosing.

    Each world makes the study once, and what it reports there takes the parameter's place: utility is regressed on the
    report, and what choosing by that achieves in worlds that it was not learnt from is what the study is worth.

    Parameters
    ----------
    u : xarray.DataArray
        Utility, dims option and world, in a unit of its own; at least 50 worlds.
    parameters : xarray.Dataset
        What was believed in each of the same worlds, dim world; the study's parameter among them.
    study : BinomialStudy, NormalStudy or IntervalReport
        What is found out.
    seed : int
        Root seed, 0..2**63 - 1, of the study's own luck; larger studies of the same parameter share it.

    Returns
    -------
    Information
        In the utility's unit, between 0 and what knowing the parameter itself is worth. What the study costs is not
        taken off. ``plot()`` draws it.

    Raises
    ------
    InvalidArgument
        If the arrays or the study are no such things, or the parameter has values that the study cannot be about.
    UnknownPrior
        If the study's parameter is not among the parameters.

    References
    ----------
    Strong, Oakley, Brennan & Breeze (2015), "Estimating the expected value of sample information using the
    probabilistic sensitivity analysis sample", *Medical Decision Making* 35, 570-583.

    Examples
    --------
    >>> import forecast, priors
    >>> district = forecast.load_world("district")
    >>> outcomes = forecast.simulate(priors.load(district.beliefs), world=district, evidence="none", worlds=200)
    >>> u, believed = forecast.utility(outcomes), forecast.parameters(outcomes)
    >>> study = forecast.IntervalReport("raid_rate", factor=1.5)
    >>> forecast.evsi(u, believed, study=study).meaning
    'value of a report on raid_rate within a factor of 1.5 (90%) (EVSI)'
    """
    if not isinstance(study, _STUDIES):
        raise InvalidArgument(
            f"the study is {kind_of(study)}",
            expected="a BinomialStudy, NormalStudy or IntervalReport",
            mend="for example forecast.NormalStudy('name', n=10, sd=1.0)",
        )
    root = whole("seed", seed, 0, 2**63 - 1)
    read = read_utility(u)
    believed = read_parameters(parameters, worlds=read.worlds, names=study.parameter, labels=read.labels, run=read.run)
    values = believed.values[study.parameter]
    reported = study.reported(values, seed=root)
    known, studied = Policies(read.values).of([[Basis(values)], [Basis(reported)]])
    most = perfect(read)
    name = frozenset({study.parameter})
    bound = informed({name: (known.value, known.error)}, most=most)[name]
    # A report adds nothing to the parameter itself, so it is held to what that is worth, as evppi gives it.
    held = ordered({name: (studied.value, studied.error)}, most=bound.value)[name]
    return information(held, (studied.value, studied.error), f"value of {study.meaning} (EVSI)", most=most)
