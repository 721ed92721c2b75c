"""A box in belief space, its limits, and what is measured of it."""

from __future__ import annotations

from dataclasses import dataclass

from forecast.sensitivity.discovery.measures import Measures

__all__ = ["Box", "Limit"]


@dataclass(frozen=True)
class Limit:
    """One limit of a box.

    Attributes
    ----------
    parameter, side : str
        Worlds of the box have this parameter "above" or "below" the value.
    value, error : float
        In the parameter's unit; the standard error, by finding the box again in other halves of the worlds (NaN where
        fewer than two have the limit).
    quantile, quantile_error : float
        The share, 0..1, of what is believed of the parameter that lies below the value, and its error.
    found_in : float
        Share of the other halves in which the box has this limit too (NaN without any).
    quasi_p : float
        Bryant and Lempert's quasi-p-value, one-sided binomial, in the worlds that the box was not found in: how likely
        so many events are if the limit carries nothing. Rather too large, see :func:`.pruning.quasi_p`.
    p_value : float
        Fisher's exact one-sided p-value of the same, corrected for the number of limits of the box (Holm), and, where
        the box was picked from the curve, for the number of boxes on it.
    confirmed : bool
        Whether that is at most the level.
    meaning, units : str
        Of the parameter.
    """

    parameter: str
    side: str
    value: float
    error: float
    quantile: float
    quantile_error: float
    found_in: float
    quasi_p: float
    p_value: float
    confirmed: bool
    meaning: str
    units: str


@dataclass(frozen=True)
class Box:
    """A box in belief space, measured in worlds that it was not found in.

    Attributes
    ----------
    limits : tuple of Limit
        In the order of the parameters' names.
    measures : Measures
        Coverage, density, mass, rate and lift, each with error and central 90% interval; where the box was picked from
        the curve for one of them, that flatters it.
    p_value : float
        Exact one-sided p-value (Fisher) of the event being no more frequent in it than in the other worlds that are in
        no box before it; corrected, where a box was picked from the curve, for the number of boxes on it.
    found_coverage, found_density, found_mass : float
        The same measures in the worlds that it was found in, which flatter it.
    """

    limits: tuple[Limit, ...]
    measures: Measures
    p_value: float
    found_coverage: float
    found_density: float
    found_mass: float

    @property
    def coverage(self) -> float:
        """Share of all worlds with the event that are in the box."""
        return self.measures.coverage.estimate

    @property
    def coverage_error(self) -> float:
        """Standard error of the coverage."""
        return self.measures.coverage.error

    @property
    def density(self) -> float:
        """Share of the worlds in the box that have the event."""
        return self.measures.density.estimate

    @property
    def density_error(self) -> float:
        """Standard error of the density."""
        return self.measures.density.error

    @property
    def mass(self) -> float:
        """Share of all worlds that are in the box."""
        return self.measures.mass.estimate

    @property
    def mass_error(self) -> float:
        """Standard error of the mass."""
        return self.measures.mass.error

    @property
    def lift(self) -> float:
        """Density over the rate of the event among the worlds in no box before, those of this box included."""
        return self.measures.lift.estimate

    @property
    def lift_error(self) -> float:
        """Standard error of the lift."""
        return self.measures.lift.error

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters that have a limit."""
        return tuple(dict.fromkeys(limit.parameter for limit in self.limits))
