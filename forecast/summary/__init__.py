"""Summaries: what a run of many worlds keeps when it does not keep the worlds.

Worlds arrive in granules; each becomes a :class:`~forecast.summary.summary.Summary`, and summaries merge into one that
stays as small however many worlds went into it.
"""
