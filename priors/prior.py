"""One prior: a belief about one quantity with its page and its picture."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from .belief import Belief
from .intervals import MASS
from .page import PriorPage
from .plotting import plot_prior
from .reading import figure, with_unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Prior"]


@dataclasses.dataclass(frozen=True)
class Prior(Belief):
    """A belief about one quantity.

    Attributes
    ----------
    name : str
        Key of the quantity in its set; part of the key of its random numbers.
    distribution : Distribution
        The family with its parameters.
    unit : str
        Unit of the quantity.
    meaning, derivation : str
        What the quantity is, and where the numbers came from.
    claims : tuple of str
        Ids of the claims that it rests on.
    elicited : Elicitation or None
        What was asked and how well it is met; None for a mixture.
    domain : (lower, upper) or None
        The range that the quantity itself can take, where that was stated.
    figures : tuple of str
        Ids of the data that the numbers came from, so that the same data are not used again as evidence.
    accepted : bool
        Whether it is meant though most of it lies where the quantity is not expected to be.
    forms : tuple of str
        Of a quantity that has one of a few forms, what 0, 1, ... stand for; may be left empty.
    size : str
        Of such a quantity, the other one that says how large the link is where it exists; empty if there is none.
    listed : Claims
        The list that says what the ids mean; that of the set which the prior is in, if that has one.
    """

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the density with the central 90% shaded.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; a figure of its own unless given, which shows by itself in a notebook.

        Returns
        -------
        matplotlib.axes.Axes
            ``ax.figure`` is the figure.
        """
        return plot_prior(self, ax)

    def page(self) -> PriorPage:
        """Return the page of this prior: picture, interval, derivation, claims in words."""
        return PriorPage(self)

    def __repr__(self) -> str:
        low, high = self.interval()
        return (
            f"Prior({self.name or 'unnamed'}: {self.distribution}{with_unit(self.unit)}, "
            f"{100 * MASS:g}% in {figure(low)} to {figure(high)})"
        )

    def _repr_html_(self) -> str:
        return self.page()._repr_html_()
