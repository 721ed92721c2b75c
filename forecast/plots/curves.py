"""Panels of curves: one panel for each option, event or parameter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from priors.pictures import Picture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

__all__ = ["Panels"]


class Panels:
    """A figure of so many panels, with no empty one.

    Parameters
    ----------
    count : int
        How many panels.
    columns : int
        At most so many beside each other.
    each : tuple of float
        Width and height of a panel, in inches.
    around : tuple of float
        What is added to the width and to the height.
    least : float
        Least width of all panels together, in inches.
    **shared
        As for :meth:`matplotlib.figure.Figure.subplots`: ``sharex``, ``sharey``.

    Attributes
    ----------
    figure : Picture
        The figure.
    axes : list of matplotlib.axes.Axes
        The panels, row by row.
    """

    def __init__(
        self,
        count: int,
        *,
        columns: int,
        each: tuple[float, float],
        around: tuple[float, float],
        least: float = 0.0,
        **shared: Any,
    ) -> None:
        self._columns = min(count, columns)
        rows = -(-count // self._columns)
        width, height = max(each[0] * self._columns, least) + around[0], each[1] * rows + around[1]
        self.figure = Picture(figsize=(width, height), layout="constrained")
        grid: Sequence[Axes] = self.figure.subplots(rows, self._columns, squeeze=False, **shared).ravel().tolist()
        self.axes = list(grid[:count])
        for ax in grid[count:]:
            ax.remove()

    def is_first(self, place: int) -> bool:
        """Whether a panel is the first of its row."""
        return place % self._columns == 0

    def is_last(self, place: int) -> bool:
        """Whether a panel is the last of its column."""
        return place + self._columns >= len(self.axes)
