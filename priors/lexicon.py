"""The words of estimative probability, and the sizes that words of strength stand for.

References
----------
The file ``lexicon.toml`` cites a published scale for each number that comes from one.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from functools import cache
from statistics import NormalDist
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from forecast.errors import InvalidFile, InvalidPrior, near_matches

from .tables import check_format, check_keys, field, packaged, strings

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["KINDS", "Lexicon", "Published", "Word", "load_lexicon"]

KINDS = ("probability", "gate", "condition", "norm", "aspiration")
"""What a word can be: only the first has a probability; the others are structure or say what ought to be."""

_REFUSED = {
    "gate": "a gate: it rules a thing in or out",
    "condition": "a condition: it says on what an effect depends",
    "norm": "a norm: it says what ought to be done and not what is likely",
    "aspiration": "an aspiration: it says what is wished and not what is likely",
}


@dataclasses.dataclass(frozen=True)
class Published:
    """A published numeric range for a word: source id, the term as published, low and high in (0, 1)."""

    source: str
    term: str
    low: float
    high: float
    verified: bool


@dataclasses.dataclass(frozen=True)
class Word:
    """One word of the lexicon.

    Attributes
    ----------
    word : str
        The word.
    aliases : tuple of str
        Other words and phrases that are read the same way.
    kind : str
        One of :data:`KINDS`.
    probability : float or None
        P(the stated sign is right), in (0, 1); None for words that are not probabilities.
    basis : str
        Why this number, or why none.
    published : tuple of Published
        Published ranges.
    """

    word: str
    aliases: tuple[str, ...]
    kind: str
    probability: float | None
    basis: str
    published: tuple[Published, ...]


@dataclasses.dataclass(frozen=True)
class Lexicon:
    """Words with their probabilities, strengths with their hazard ratios, sources with their citations."""

    words: Mapping[str, Word]
    strengths: Mapping[str, float]
    sources: Mapping[str, str]

    def find(self, text: object) -> Word:
        """Look up a word or an alias.

        Raises
        ------
        InvalidPrior
            If the lexicon does not have it.
        """
        if isinstance(text, str) and text in self.words:
            return self.words[text]
        raise InvalidPrior(
            f"the verb {text!r:.60}",
            expected="a word of the lexicon",
            mend=near_matches(text if isinstance(text, str) else "", self.words),
        )

    def probability(self, text: object) -> float:
        """Give P(the stated sign is right) for a word.

        Raises
        ------
        InvalidPrior
            If the word is unknown or is structure, a norm or a wish, and so has no probability.
        """
        word = self.find(text)
        if word.probability is None:
            raise InvalidPrior(
                f"the verb {text!r}, which is {_REFUSED[word.kind]}",
                expected="a word with a probability, such as 'would', 'could' or 'likely'",
                mend="build it into the structure of the model (structure.toml) instead of a prior",
            )
        return word.probability

    def ratio(self, strength: object) -> float:
        """Give the hazard ratio (> 1) of an effect of a strength, where the effect is there.

        Raises
        ------
        InvalidPrior
            If there is no such strength.
        """
        if isinstance(strength, str) and strength in self.strengths:
            return self.strengths[strength]
        raise InvalidPrior(
            f"the strength {strength!r:.60}",
            expected="a strength of the lexicon",
            mend=near_matches(strength if isinstance(strength, str) else "", self.strengths),
        )

    def effect(self, verb: object, strength: object, *, reading: str = "mean") -> tuple[float, float]:
        """Give a log hazard ratio for a dose of 1: its median, taken as positive, and its standard deviation.

        A hedge says that the effect may be absent. With probability ``P`` of the verb and ratio ``s`` of the strength
        the mean ratio is ``m = 1 + (2 P - 1) (s - 1)``: ``s`` at certainty, 1 at even odds. The log ratio is normal
        with P(stated sign) = P, so its median is ``z sd`` with ``z`` the normal score of ``P``, and
        ``sd = -z + sqrt(z^2 + 2 log m)`` gives the mean ``exp(z sd + sd^2 / 2) = m``.

        Parameters
        ----------
        verb, strength : str
            Words of the lexicon.
        reading : {"mean", "median"}
            "median" takes the strength as the median ratio, so that a hedge widens and does not weaken:
            ``log(s)`` with ``sd = log(s) / z``.

        Returns
        -------
        median, sd : float
            Both above 0.

        Raises
        ------
        InvalidPrior
            If the verb does not make the stated sign more likely than not, or is so weak for the strength that an
            effect that lowers would lower less than a weaker one does (``sd > z``): "likely, strong".

        Examples
        --------
        >>> from priors import load_lexicon
        >>> load_lexicon().effect("could", "moderate")
        (0.37220..., 0.44225...)
        """
        p = self.probability(verb)
        ratio = self.ratio(strength)
        if p <= 0.5:
            raise InvalidPrior(
                f"the verb {verb!r}, whose probability of the stated sign is {p:g}",
                expected="a verb that makes the stated sign more likely than not",
                mend="state the opposite sign with the matching verb, or use another route",
            )
        z = NormalDist().inv_cdf(p)
        if reading == "median":
            return math.log(ratio), math.log(ratio) / z
        sd = -z + math.sqrt(z * z + 2.0 * math.log1p((2.0 * p - 1.0) * (ratio - 1.0)))
        if sd > z:
            raise InvalidPrior(
                f"the verb {verb!r} with a {strength} effect",
                expected="a verb firm enough for the strength: this would lower a rate less than a weaker effect does",
                mend="use a weaker strength or a firmer verb, or give a ratio",
            )
        return z * sd, sd

    def to_frame(self) -> pd.DataFrame:
        """Tabulate the words: index word; columns kind, probability, aliases, basis, published."""
        import pandas as pd

        rows = []
        for word in dict.fromkeys(self.words.values()):
            ranges = "; ".join(f"{p.source}: {p.term} {p.low:g} to {p.high:g}" for p in word.published)
            rows.append((word.word, word.kind, word.probability, ", ".join(word.aliases), word.basis, ranges))
        columns = ["word", "kind", "probability", "aliases", "basis", "published"]
        return pd.DataFrame(rows, columns=columns).set_index("word")

    def __repr__(self) -> str:
        return f"Lexicon({len(set(self.words.values()))} words, {len(self.strengths)} strengths)"


@cache
def load_lexicon() -> Lexicon:
    """Load the lexicon of verbal probability.

    Returns
    -------
    Lexicon
        Aliases are keys of ``words`` too.

    Raises
    ------
    InvalidFile
        If the packaged table is damaged.

    Examples
    --------
    >>> import priors
    >>> likely = priors.load_lexicon().words["likely"]
    >>> likely.probability, likely.aliases[:2]
    (0.675, ('probable', 'probably'))
    """
    source = packaged("lexicon.toml")
    check_format(source)
    check_keys(source.table, ("format", "source", "strength", "word"), where=source.where)
    sources = dict(field(source.table, "source", dict, where=source.where))
    strengths = {
        name: _between(value, 1.0, 100.0, f"{source.where}, strength {name}")
        for name, value in field(source.table, "strength", dict, where=source.where).items()
    }
    words: dict[str, Word] = {}
    for number, table in enumerate(field(source.table, "word", list, where=source.where), start=1):
        word = _word(table, f"{source.where}, word {number}", sources)
        for text in (word.word, *word.aliases):
            if text in words:
                raise InvalidFile(
                    f"{source.where}: {text!r} again", expected="each word once", mend="remove one of the two"
                )
            words[text] = word
    return Lexicon(MappingProxyType(words), MappingProxyType(strengths), MappingProxyType(sources))


def _word(table: Any, where: str, sources: Mapping[str, str]) -> Word:
    check_keys(table, ("word", "aliases", "kind", "probability", "basis", "published"), where=where)
    kind = field(table, "kind", str, where=where)
    if kind not in KINDS or (kind == "probability") != ("probability" in table):
        raise InvalidFile(
            f"{where}: kind {kind!r}",
            expected="one of " + ", ".join(KINDS) + ", with a probability for the first and none for the others",
            mend=near_matches(kind, KINDS),
        )
    published = []
    for entry in field(table, "published", list, where=where, default=[]):
        check_keys(entry, ("source", "term", "low", "high", "verified"), where=where)
        name = field(entry, "source", str, where=where)
        if name not in sources:
            raise InvalidFile(
                f"{where}: source {name!r}", expected="a source of the file", mend=near_matches(name, sources)
            )
        low, high = (_between(field(entry, key, float, where=where), 0.0, 1.0, where) for key in ("low", "high"))
        verified = field(entry, "verified", bool, where=where)
        published.append(Published(name, field(entry, "term", str, where=where), low, high, verified))
    return Word(
        word=field(table, "word", str, where=where),
        aliases=strings(table, "aliases", where=where),
        kind=kind,
        probability=_between(table["probability"], 0.0, 1.0, where) if kind == "probability" else None,
        basis=field(table, "basis", str, where=where),
        published=tuple(published),
    )


def _between(value: Any, low: float, high: float, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise InvalidFile(
            f"{where}: {value!r:.60}",
            expected=f"a number from {low:g} to {high:g}",
            mend="correct the number",
        )
    return float(value)
