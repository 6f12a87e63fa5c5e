import tomllib

import pytest

from knowledge.language.spelling import Vocabulary
from knowledge.language.synonyms import WORDS, Synonyms
from knowledge.language.text import lemmas, query_terms, tokens


def vocabulary(text: str, language: str, count: int = 1) -> Vocabulary:
    terms = list(dict.fromkeys(lemmas(text, language)))
    return Vocabulary(terms, [count] * len(terms))


@pytest.mark.parametrize(
    ("language", "said", "official"),
    [
        ("sv", "Finns det plats på dagis?", "förskola"),
        ("sv", "När töms soptunnan?", "kärl"),
        ("sv", "How much is kindergarten?", "förskola"),
        ("sv", "garbage collection day", "sophämtning"),
        ("nb", "bossbilen kom ikke", "renovasjon"),
        ("nb", "plass på gamlehjemmet", "sykehjem"),
        ("nn", "plass på gamleheimen", "sykehjem"),
        ("nb", "building permit", "byggetillatelse"),
    ],
)
def test_residents_words_lead_to_official_ones(language: str, said: str, official: str) -> None:
    """The official term counts, but less than a word that was said."""
    terms = query_terms(said, language, vocabulary(official, language))
    assert 0 < terms[lemmas(official, language)[0]] < 1


def test_official_words_do_not_lead_to_everyday_ones() -> None:
    """Who asks for förskola is not looking for pages that say dagis."""
    terms = query_terms("plats i förskola", "sv", vocabulary("dagis förskola plats", "sv"))
    assert lemmas("dagis", "sv")[0] not in terms


def test_a_synonym_counts_more_where_the_own_word_is_rare() -> None:
    """A municipality that says dagis itself means it."""
    rare, usual = (
        query_terms("dagis", "sv", vocabulary("dagis förskola", "sv", count))["förskol"]
        for count in (1, 100)
    )
    assert usual < rare


def test_expressions_of_two_words() -> None:
    """Both words must stand there, side by side; an official one shares its weight."""
    synonyms = Synonyms("en-sv", str.split, str.split)
    assert [(("day", "care"), ("förskola",))] == list(synonyms.of(["the", "day", "care"]))
    assert [] == list(synonyms.of(["care", "day"]))


def test_every_entry_is_of_use() -> None:
    """One or two words each, in lower case, none that is its own synonym."""
    for name, entries in tomllib.loads(WORDS.read_text("utf-8")).items():
        language = {"sv": "sv", "no": "nb"}[name.removeprefix("en-")]
        for official, words in entries.items():
            assert words, official
            assert len(words) == len(set(words)), official
            for word in [official, *words]:
                assert word == word.lower().strip(), word
            for word in words:
                assert 1 <= len(tokens(word, language)) <= 2, word
                assert word != official, word
