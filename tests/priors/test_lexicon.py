"""The lexicon of verbal probability."""

import math

import pytest

import priors
from forecast.errors import InvalidPrior
from priors.lexicon import Lexicon, Word


def test_the_conventions():
    lexicon = priors.load_lexicon()
    assert lexicon.probability("would") == 0.95
    assert lexicon.probability("could") == 0.8
    assert dict(lexicon.strengths) == {"slight": 1.25, "moderate": 2.0, "strong": 4.0}


@pytest.mark.parametrize(
    ("verb", "raised", "lowered"),
    [
        ("could", (1.15, 1.60, 2.80), (0.89, 0.76, 0.70)),
        ("would", (1.23, 1.90, 3.70), None),
        ("fact", (1.25, 1.98, 3.94), None),
    ],
)
def test_a_hedge_weakens(verb, raised, lowered):
    effects = [priors.load_lexicon().effect(verb, strength) for strength in ("slight", "moderate", "strong")]
    assert [math.exp(median + sd**2 / 2) for median, sd in effects] == pytest.approx(raised, abs=0.006)
    if lowered:
        assert [math.exp(-median + sd**2 / 2) for median, sd in effects] == pytest.approx(lowered, abs=0.006)


def test_a_firmer_verb_and_a_stronger_word_have_the_larger_mean_effect_in_either_direction():
    lexicon = priors.load_lexicon()
    for sign in (1, -1):
        mean = {
            (verb, strength): abs(sign * median + sd**2 / 2)
            for verb in ("could", "would", "will", "fact")
            for strength in ("slight", "moderate", "strong")
            for median, sd in [lexicon.effect(verb, strength)]
        }
        for verb in ("could", "would", "will", "fact"):
            assert mean[verb, "slight"] < mean[verb, "moderate"] < mean[verb, "strong"]
        for strength in ("slight", "moderate", "strong"):
            verbs = [mean[verb, strength] for verb in ("could", "would", "will", "fact")]
            assert verbs == sorted(verbs)


def test_near_even_odds_there_is_next_to_no_effect_and_at_certainty_the_whole():
    def effect(p):
        words = {"word": Word("w", (), "probability", p, "", ())}
        median, sd = Lexicon(words, {"moderate": 2.0}, {}).effect("word", "moderate")
        return math.exp(median + sd**2 / 2)

    with pytest.raises(InvalidPrior, match="more likely than not"):
        effect(0.5)
    assert effect(1 - 1e-12) == pytest.approx(2.0, abs=1e-9)
    assert 1.0 < effect(0.675) < effect(0.8) < effect(0.95) < 2.0


def test_a_set_with_hedges_that_widen_keeps_its_words_and_saves_their_reading(tmp_path):
    article, widened = priors.load("article"), priors.load("hedges_widen")
    for name, prior in article.items():
        words, again = prior.elicited.request.words, widened[name].elicited.request.words
        if words is None:
            assert again is None
            continue
        assert (again.verb, again.strength, again.sign, again.reading) == (*words.to_table().values(), "median")
        ratio = priors.load_lexicon().ratio(words.strength)
        assert abs(widened[name].median) == pytest.approx(math.log(ratio), rel=1e-12)
        assert abs(widened[name].median) > abs(prior.median)
    assert priors.load(widened.save(tmp_path / "set.toml")) == widened


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
