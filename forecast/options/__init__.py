"""Intervention options: levers over time and triggers, as data.

``load()`` gives the shipped options, ``read(path)`` those of a file, ``parse(text)`` an expression such as
``"ct_assistance + 0.5 airstrikes from month 5 until month 12"``.
"""

from forecast.options.loading import baseline_of, check_starts, load, parse, read, resolve
from forecast.options.option import LEVERS, Condition, Option, Phase, Trigger

__all__ = [
    "LEVERS",
    "Condition",
    "Option",
    "Phase",
    "Trigger",
    "baseline_of",
    "check_starts",
    "load",
    "parse",
    "read",
    "resolve",
]
