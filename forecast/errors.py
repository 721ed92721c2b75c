"""Every error this project raises on purpose, in one tree.

Exception tree (each class is also the builtin a caller would expect)::

    ForecastError
      InvalidPrior       ValueError          a belief that cannot be a distribution
      InvalidOption      ValueError          an intervention option that cannot be run
      InvalidEvidence    ValueError          evidence that cannot be used, or is used already
      InvalidValues      ValueError          scales or weights by which outcomes cannot be valued
      InvalidWorld       ValueError          a model of months that cannot be recorded as arithmetic
      InvalidArgument    ValueError          an argument outside its domain
        MismatchedRuns                       things of runs that do not belong together
      InvalidFile        ValueError          a truncated, foreign or damaged file
        VersionMismatch                      a file written for another format version
      UnknownPrior       KeyError            a quantity that no prior describes
      UnknownPriorSet    KeyError
      UnknownEvidence    KeyError
      UnknownValues      KeyError
      UnknownOption      KeyError
      UnknownClaim       KeyError
      UnknownOutcome     KeyError
      UnknownArgument    TypeError           a keyword that a function does not take
      FailedFit          RuntimeError        a posterior that the sampler could not draw from
      LostWorkers        RuntimeError        a cluster that gave up
      FileMissing        FileNotFoundError
      FileNotWritable    OSError

and one of warnings, for filters::

    ForecastWarning      UserWarning         something that is taken, and that may not be meant
      PriorWarning                           a belief far from the one it replaces

A message always says three things: what was given, what was expected, and how to mend it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = [
    "FailedFit",
    "FileMissing",
    "FileNotWritable",
    "ForecastError",
    "ForecastWarning",
    "InvalidArgument",
    "InvalidEvidence",
    "InvalidFile",
    "InvalidOption",
    "InvalidPrior",
    "InvalidValues",
    "InvalidWorld",
    "LostWorkers",
    "MismatchedRuns",
    "PriorWarning",
    "UnknownArgument",
    "UnknownClaim",
    "UnknownEvidence",
    "UnknownOption",
    "UnknownOutcome",
    "UnknownPrior",
    "UnknownPriorSet",
    "UnknownValues",
    "VersionMismatch",
    "kind_of",
    "near_matches",
    "with_article",
]


class ForecastError(Exception):
    """Base of every error raised on purpose by ``forecast`` and ``priors``.

    Parameters
    ----------
    given : str
        What was given, named so that the reader can find it.
    expected : str
        What would have been accepted.
    mend : str
        What to do about it.

    Examples
    --------
    >>> import forecast
    >>> try:
    ...     forecast.load_world("distrct")
    ... except forecast.errors.ForecastError as error:
    ...     error.mend
    "use 'district', or check the path"
    """

    def __init__(self, given: str, *, expected: str, mend: str) -> None:
        super().__init__(given)
        self.given = given
        self.expected = expected
        self.mend = mend

    # KeyError shows repr() of its argument and OSError its errno; a sentence is wanted from both.
    def __str__(self) -> str:
        return f"{self.given}. Expected {self.expected}. To mend it: {self.mend}."

    def __reduce__(self) -> tuple[object, ...]:
        # Keyword-only arguments do not survive the default pickling, and worker processes pickle errors.
        return _rebuild, (type(self), self.given, self.expected, self.mend)


def _rebuild(cls: type[ForecastError], given: str, expected: str, mend: str) -> ForecastError:
    return cls(given, expected=expected, mend=mend)


class UnknownArgument(ForecastError, TypeError):
    """A keyword that a function does not take."""


class InvalidPrior(ForecastError, ValueError):
    """A belief that cannot be turned into a distribution."""


class InvalidOption(ForecastError, ValueError):
    """An intervention option that cannot be run."""


class InvalidEvidence(ForecastError, ValueError):
    """Evidence that cannot be used, is dated after the origin, or is in the priors already."""


class InvalidValues(ForecastError, ValueError):
    """Scales or weights by which outcomes cannot be valued."""


class InvalidWorld(ForecastError, ValueError):
    """A model of months that cannot be recorded as arithmetic."""


class InvalidArgument(ForecastError, ValueError):
    """An argument outside its domain."""


class MismatchedRuns(InvalidArgument):
    """Things of runs that do not belong together: other worlds, beliefs, evidence, seeds or horizons."""


class InvalidFile(ForecastError, ValueError):
    """A file that is truncated, damaged, or not of the kind expected."""


class VersionMismatch(InvalidFile):
    """A file written for a format version that this release does not read."""


class UnknownPrior(ForecastError, KeyError):
    """A quantity that the prior set does not describe."""


class UnknownPriorSet(ForecastError, KeyError):
    """A prior set that is neither shipped nor a file."""


class UnknownEvidence(ForecastError, KeyError):
    """An evidence set that is neither shipped nor a file."""


class UnknownValues(ForecastError, KeyError):
    """Values that are neither shipped nor a file."""


class UnknownOption(ForecastError, KeyError):
    """An option that is neither shipped nor given."""


class UnknownClaim(ForecastError, KeyError):
    """A claim id that a list of claims does not have."""


class UnknownOutcome(ForecastError, KeyError):
    """An outcome that the schema does not have."""


class FailedFit(ForecastError, RuntimeError):
    """A posterior that the sampler could not draw from."""


class LostWorkers(ForecastError, RuntimeError):
    """Workers of a cluster that died too often, or were taken away."""


class FileMissing(ForecastError, FileNotFoundError):
    """A file that was named and is not there."""


class FileNotWritable(ForecastError, OSError):
    """A file that could not be written."""


class ForecastWarning(UserWarning):
    """Base of every warning given on purpose: something that is taken, and that may not be meant."""


class PriorWarning(ForecastWarning):
    """A belief that has nothing in common with the one that it replaces."""


def with_article(word: str) -> str:
    """Write a word with "a" or "an" before it.

    Examples
    --------
    >>> from forecast.errors import with_article
    >>> with_article("rate"), with_article("int"), with_article("Uniform")
    ('a rate', 'an int', 'a Uniform')
    """
    # The letter n of ndarray is spoken by itself.
    return f"an {word}" if word[:1].lower() in tuple("aeio") or word.startswith("nd") else f"a {word}"


def kind_of(value: object) -> str:
    """Say what kind of thing a value is.

    Examples
    --------
    >>> from forecast.errors import kind_of
    >>> kind_of(3), kind_of({})
    ('an int', 'a dict')
    """
    return with_article(type(value).__name__)


def near_matches(name: object, choices: Iterable[str]) -> str:
    """Say which known names are close to a wrong one.

    Parameters
    ----------
    name : object
        The name that was not found; what is no name has no near ones.
    choices : iterable of str
        The names that exist.

    Returns
    -------
    str
        ``"use 'a' or 'b'"`` for near matches, else ``"use one of 'a', 'b', ..."``; of no names, that there are none.
    """
    known = sorted(choices)
    if not known:
        return "there is none; leave it out"
    near = difflib.get_close_matches(str(name), known, n=3, cutoff=0.6)
    if near:
        return "use " + " or ".join(repr(match) for match in near)
    shown = ", ".join(repr(choice) for choice in known[:12])
    more = f" and {len(known) - 12} more" if len(known) > 12 else ""
    return f"use one of {shown}{more}"
