"""The lexicon of verbal probability."""

import pytest

import priors
from forecast.errors import InvalidPrior


def test_the_conventions():
    lexicon = priors.load_lexicon()
    assert lexicon.probability("would") == 0.95
    assert lexicon.probability("could") == 0.8
    assert dict(lexicon.strengths) == {"slight": 1.25, "moderate": 2.0, "strong": 4.0}


ICD_203 = {
    "almost no chance": (0.01, 0.05),
    "very unlikely": (0.05, 0.20),
    "unlikely": (0.20, 0.45),
    "roughly even chance": (0.45, 0.55),
    "likely": (0.55, 0.80),
    "very likely": (0.80, 0.95),
    "almost certain": (0.95, 0.99),
}


def test_published_bands_and_the_numbers_inside_them():
    lexicon = priors.load_lexicon()
    seen = set()
    for word in set(lexicon.words.values()):
        for published in word.published:
            assert published.source in lexicon.sources
            assert word.probability is not None
            assert published.low <= word.probability <= published.high
            if published.source == "icd203":
                assert ICD_203[published.term] == (published.low, published.high)
                seen.add(published.term)
    assert seen == set(ICD_203)


def test_words_that_are_not_probabilities():
    lexicon = priors.load_lexicon()
    for verb in ("cannot", "precludes", "no chance", "should", "unless", "hopes"):
        with pytest.raises(InvalidPrior):
            lexicon.probability(verb)


def test_every_verb_of_the_claims_is_known():
    lexicon = priors.load_lexicon()
    unknown = {claim.verb for claim in priors.load_claims().values()} - set(lexicon.words)
    assert unknown == set()


def test_table():
    frame = priors.load_lexicon().to_frame()
    assert frame.index.name == "word"
    assert frame.loc["would", "probability"] == 0.95
    assert "could" in frame.index
