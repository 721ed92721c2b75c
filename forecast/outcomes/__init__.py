"""Outcomes: one labelled Dataset, the run that it is of, and what may be put together."""
