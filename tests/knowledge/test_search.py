import datetime
import math
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from knowledge.finding.search import rank, search
from knowledge.indexing.chunking import split_article
from knowledge.indexing.index import MunicipalityIndex
from knowledge.indexing.postings import K1, B, Postings
from knowledge.indexing.vectors import Row, VectorTable
from knowledge.types import Article, Embedding

DOCUMENTS = [["a", "b", "a"], ["b", "c"], ["c", "c", "d", "e"], []]


def plain_bm25(terms: list[str], document: list[str]) -> float:
    """BM25 as it is written in books."""
    mean = sum(map(len, DOCUMENTS)) / len(DOCUMENTS)
    total = 0.0
    for term in set(terms):
        holding = sum(term in other for other in DOCUMENTS)
        rarity = math.log(1 + (len(DOCUMENTS) - holding + 0.5) / (holding + 0.5))
        count = Counter(document)[term]
        total += rarity * count * (K1 + 1) / (count + K1 * (1 - B + B * len(document) / mean))
    return total


@pytest.mark.parametrize("terms", [["a"], ["b", "c"], ["c", "c"], ["d", "x"], []])
def test_postings_score_as_bm25(terms: list[str]) -> None:
    """Flat arrays give the sums of the formula, a repeated term counted once."""
    expected = [plain_bm25(terms, document) for document in DOCUMENTS]
    np.testing.assert_allclose(Postings(DOCUMENTS).scores(terms), expected, rtol=1e-5)


def test_postings_know_who_holds_what() -> None:
    """Whether a document has a term."""
    postings = Postings(DOCUMENTS)
    held = [(t, d) for t in "abcdex" for d in range(4) if postings.holds(t, d)]
    assert held == [("a", 0), ("b", 0), ("b", 1), ("c", 1), ("c", 2), ("d", 2), ("e", 2)]


def test_postings_of_nothing() -> None:
    """No documents, no scores."""
    assert 0 == len(Postings([]).scores(["a"]))


def test_unknown_terms_are_the_rarest() -> None:
    """A word on no page weighs most among the words of a question."""
    postings = Postings(DOCUMENTS)
    assert postings.rarity("x") > postings.rarity("a") > postings.rarity("b")


def table() -> VectorTable:
    vectors = np.array([[1, 0], [0, 1], [0.6, 0.8], [-1, 0]], np.float32)
    return VectorTable([Row("c", str(n)) for n in range(4)], vectors, [0, 1, 0, 2])


def test_vector_table_finds_the_nearest_first() -> None:
    """Known neighbours come back in order, with their cosines."""
    owners, cosines = table().nearest(np.array([0, 1], np.float32), 3)
    assert [1, 0] == owners.tolist()[:2]
    np.testing.assert_allclose(cosines, [1, np.float16(0.8), 0], atol=1e-6)


def test_vector_table_gives_the_best_of_each_owner() -> None:
    """An owner counts by its best row; one without rows by nothing."""
    best = table().best(np.array([0, 1], np.float32), np.array([2, 0, 7]))
    np.testing.assert_allclose(best, [0, np.float16(0.8), -np.inf], atol=1e-6)


NOWHERE = Embedding(np.zeros(64, np.float32), np.zeros((1, 16), np.float32), np.ones(1, np.float32))
PAGES = {
    "bygglov": "Du söker bygglov i tjänsten.\n\n## Avgift\n\nAltan kostar 4200 kronor.",
    "avfall": "Soporna hämtas varannan vecka.\n\n## Avgift\n\nKärlet kostar 900 kronor.",
    "bibliotek": "Biblioteket har öppet till klockan 18.",
    "parkering": "Boende kan parkera på gatan.",
}
QUESTIONS = {
    "bibliotek": ("när stänger bokhuset",),
    "bygglov": ("får jag snickra hemma",),
    "parkering": ("vart ställer jag bilen",),
}


@pytest.fixture
def index(toy_encoder: Any) -> MunicipalityIndex:
    articles = [
        Article(
            "ekhamn",
            name,
            "sv",
            name.title(),
            text,
            f"/{name}",
            datetime.date(2026, 1, 1),
            QUESTIONS.get(name, ()),
        )
        for name, text in PAGES.items()
    ]
    chunks = [chunk for article in articles for chunk in split_article(article)]
    return MunicipalityIndex.build("ekhamn", chunks, toy_encoder)


def best(index: MunicipalityIndex, text: str, encoder: Any, language: str = "sv") -> str:
    return search(index, text, language, encoder.encode_queries([text])[0])[0].chunk.id


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("vad kostar altan", "bygglov#avgift"),
        ("Kärlet kostar?", "avfall#avgift"),
        ("parkera gatan", "parkering#"),
    ],
)
def test_the_chunk_with_the_querys_words_comes_first(
    index: MunicipalityIndex, toy_encoder: Any, text: str, expected: str
) -> None:
    """Among chunks of other articles and of the same."""
    assert expected == best(index, text, toy_encoder)


def test_a_residents_question_finds_its_article(index: MunicipalityIndex, toy_encoder: Any) -> None:
    """Even when no word of it stands in the article's text."""
    assert "bibliotek#" == best(index, "när stänger bokhuset", toy_encoder)


def test_a_questions_vector_lifts_its_article(index: MunicipalityIndex, toy_encoder: Any) -> None:
    """Where no word is shared, the nearness of the editor's question decides."""
    near = toy_encoder.encode_queries(["när stänger bokhuset"])[0]
    articles = [hit.chunk.article for hit in search(index, "xyzzy", "sv", near)]
    assert "bibliotek" == articles[0]


def test_the_language_of_a_page_does_not_draw(toy_encoder: Any) -> None:
    """Nearness that all pages of a language share is taken off before pages are compared."""
    words = [f"ord{number}" for number in range(12)]

    def page(language: str, text: str) -> Article:
        name = f"{text}-{language}"
        return Article("m", name, language, "", text, f"/{name}", datetime.date(2026, 1, 1))

    pages = [page("nb", word) for word in words] + [page("nn", word + " eg") for word in words]
    index = MunicipalityIndex.build(
        "m", [chunk for one in pages for chunk in split_article(one)], toy_encoder
    )
    language, subject = toy_encoder.encode_passages(["eg", "ord3"])
    query = 2 * language.vector + subject.vector
    asked = replace(subject, vector=query / np.linalg.norm(query))
    best = search(index, "xyzzy", "nb", asked, limit=2)
    assert {"ord3-nb", "ord3 eg-nn"} == {hit.chunk.article for hit in best}


def test_words_decide_where_vectors_cannot(index: MunicipalityIndex) -> None:
    """Lemmas are matched when every vector is equally far."""
    assert "parkering#" == search(index, "parkeringen", "sv", NOWHERE)[0].chunk.id


def test_vectors_decide_where_words_cannot(index: MunicipalityIndex, toy_encoder: Any) -> None:
    """A query without a known word goes by its vector."""
    near = toy_encoder.encode_passages(["Avfall Soporna hämtas varannan vecka."])[0]
    assert "avfall#" == search(index, "xyzzy", "sv", near)[0].chunk.id


def test_a_query_in_another_language_is_matched_by_the_pages_word_forms(
    index: MunicipalityIndex,
) -> None:
    """The stated language may be wrong, the pages' language is known."""
    assert "parkering#" == search(index, "parkeringen", "en", NOWHERE)[0].chunk.id


def test_hits_come_best_first_and_no_more_than_asked_for(
    index: MunicipalityIndex, toy_encoder: Any
) -> None:
    """Scores fall, dense is a cosine, lexical is 0 without a common word."""
    hits = search(index, "parkera", "sv", toy_encoder.encode_queries(["parkera"])[0], limit=3)
    assert 3 == len(hits)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert [True, False, False] == [hit.lexical > 0 for hit in hits]


def test_ranking_names_each_article_once(index: MunicipalityIndex, toy_encoder: Any) -> None:
    """By its best chunk, best article first."""
    ranking = rank(index, "kostar", "sv", toy_encoder.encode_queries(["kostar"])[0])
    places = ranking.best_of_articles()
    names = [index.articles[ranking.articles[place]] for place in places]
    assert sorted(PAGES) == sorted(names)
    assert 0 == places[0]
    assert sorted(places) == places.tolist()
