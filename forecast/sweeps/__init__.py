"""Sweeps: every cell of a grid, computed once, kept, and taken over by the next."""

from forecast.sweeps.result import Sweep, SweepReport
from forecast.sweeps.sweep import sweep

__all__ = ["Sweep", "SweepReport", "sweep"]
