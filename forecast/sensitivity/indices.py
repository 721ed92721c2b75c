"""Sensitivity indices of every kind in one table: what an outcome owes to each belief."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forecast.estimates import estimate_text
from forecast.outcomes.provenance import provenance_of, provenance_words
from forecast.tables import frame_of, page_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["Index", "Indices"]


@dataclass(frozen=True)
class Index:
    """One index; the fields are the columns of the table.

    Attributes
    ----------
    parameter : str
        The parameter, or the group; of a pair "first x second".
    kind : str
        "first", "total", "second", "shapley", "delta" or "pawn".
    estimate, error, lower, upper : float
        The index, a pure number, with its Monte-Carlo standard error and central 90% interval. Shares of variance are
        not cut to 0..1, so that the interval of a parameter that changes nothing lies about 0; delta and PAWN are.
    """

    parameter: str
    kind: str
    estimate: float
    error: float
    lower: float
    upper: float


@dataclass(frozen=True, repr=False)
class Indices:
    """What a quantity owes to each belief, when all vary together.

    Attributes
    ----------
    rows : tuple of Index
        Kind by kind; within a kind those with the largest estimates first.
    meanings : tuple of (str, str)
        Names of parameters or groups and what they are.
    measure : str
        What the indices are shares or distances of, in words, for the axis.
    title, unit : str
        The quantity and its unit.
    of : str
        Under which option, and against which; empty for a function.
    mean, mean_error : float
        Of the quantity.
    sd : float
        Its standard deviation over worlds.
    luck, luck_error : float
        Share of the variance over worlds that remains where every parameter is known, and its error; NaN for a function
        and where it is not told apart.
    own_sd, own_sd_error : float
        Spread over worlds of the mean that the quantity has where a world's parameters are known, and its error, in the
        quantity's unit; NaN where luck is.
    n, evaluations, seed : int
        Base sample, worlds that were run in all, and the seed.
    priors, evidence : str
        Whose beliefs, on what evidence; empty for bounds.
    gates : str
        Broken gates of the fit behind the beliefs, empty if none.
    """

    rows: tuple[Index, ...]
    meanings: tuple[tuple[str, str], ...]
    measure: str
    title: str
    unit: str
    of: str
    mean: float
    mean_error: float
    sd: float
    luck: float
    luck_error: float
    own_sd: float
    own_sd_error: float
    n: int
    evaluations: int
    seed: int
    priors: str
    evidence: str
    gates: str

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of index, in the order of the rows."""
        return tuple(dict.fromkeys(row.kind for row in self.rows))

    def to_frame(self) -> pd.DataFrame:
        """Tabulate: a row an index; columns parameter, kind, estimate, error, lower, upper.

        ``attrs`` has the measure, the quantity's unit, mean and standard deviations, the share of luck and the gates.
        """
        frame = frame_of(self.rows, Index, index=("parameter", "kind")).reset_index()
        frame.attrs = {
            "measure": self.measure,
            "unit": self.unit,
            "of": self.of,
            "mean": self.mean,
            "mean_error": self.mean_error,
            "sd": self.sd,
            "luck": self.luck,
            "luck_error": self.luck_error,
            "own_sd": self.own_sd,
            "own_sd_error": self.own_sd_error,
            **provenance_of(self),
        }
        return frame

    def plot(self, *, most: int = 15) -> Figure:
        """Draw the largest indices.

        Parameters
        ----------
        most : int
            How many parameters or pairs, 1..100.

        Returns
        -------
        matplotlib.figure.Figure
            One axes: a row a parameter, a point a kind with its 90% interval.

        Raises
        ------
        InvalidArgument
            If ``most`` is anything else.
        """
        from forecast.arguments import whole
        from forecast.plots.indices import drawn_indices

        return drawn_indices(self, most=whole("most", most, 1, 100))

    def __repr__(self) -> str:
        of = f", {self.of}" if self.of else ""
        first = self.rows[0]
        most = f"{first.kind} most by {first.parameter}, {estimate_text(first.estimate, first.error)}"
        luck = "" if self.luck != self.luck else f"; luck {estimate_text(self.luck, self.luck_error, unit='yes/no')}"
        return f"Indices({self.title}{of}: {most}{luck}; {self.evaluations:,} worlds run{provenance_words(self)})"

    def _repr_html_(self) -> str:
        rows = [
            (
                row.parameter,
                row.kind,
                estimate_text(row.estimate, row.error),
                f"{row.lower:.3f} to {row.upper:.3f}",
            )
            for row in self.rows
        ]
        return page_of(("parameter", "kind", self.measure, "90% interval"), rows, repr(self))
