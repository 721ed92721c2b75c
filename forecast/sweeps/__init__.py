"""Sweeps: every cell of a grid, computed once, kept, and taken over by the next."""
