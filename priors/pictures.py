"""Figures that show by themselves in a notebook, without pyplot and without a magic line."""

from __future__ import annotations

import io

from matplotlib.axes import Axes
from matplotlib.figure import Figure

__all__ = ["Picture", "PictureAxes"]


class Picture(Figure):
    """A figure that a notebook shows where it is the value of a cell; it belongs to the caller, not to pyplot."""

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png")
        return buffer.getvalue()


class PictureAxes(Axes):
    """Axes of which a notebook shows the figure."""

    def _repr_png_(self) -> bytes | None:
        figure = self.get_figure(root=True)
        return figure._repr_png_() if isinstance(figure, Picture) else None
