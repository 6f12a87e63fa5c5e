"""What of a chunk is shown: whole sentences, verbatim, with what qualifies them."""

import datetime
import json
from pathlib import Path
from typing import Any

import pytest

from knowledge.answering.answer import answer_question
from knowledge.answering.excerpts import MOST, excerpt
from knowledge.answering.facets import facets
from knowledge.answering.sentences import units
from knowledge.articles.importer import article_of, read_seed
from knowledge.indexing.chunking import split_article
from knowledge.indexing.index import MunicipalityIndex
from knowledge.types import Article
from tests.knowledge.toys import Decided

KNOWLEDGE = Path(__file__).resolve().parents[2] / "knowledge"
MUNICIPALITIES = ("ekhamn", "fjordvik")
FILLER = "Här står något annat. " * 5


def shown(encoder: Any, text: str, question: str) -> str:
    article = Article("ekhamn", "a", "sv", "A", text, "/a", datetime.date(2026, 3, 1))
    index = MunicipalityIndex.build("ekhamn", split_article(article), encoder)
    (chunk,) = index.chunks
    words = excerpt(index, chunk, question, "sv", facets(question))
    assert words in chunk.text
    return words


def test_a_short_chunk_is_shown_whole(toy_encoder: Any) -> None:
    """Up to four sentences, a list or table counting as one."""
    text = "Ett.\n\n| A | B |\n|---|---|\n| 1 | 2 |\n\nTvå. Tre."
    assert text == shown(toy_encoder, text, "tre")


def test_of_a_long_chunk_four_sentences_are_shown(toy_encoder: Any) -> None:
    """Those around the one with the question's rare words; none is cut."""
    text = f"{FILLER}Hundar ska ha koppel i parken. {FILLER}".strip()
    words = shown(toy_encoder, text, "hundar koppel")
    assert "Hundar ska ha koppel i parken." in words
    assert MOST == len(units(words))


def test_a_price_comes_with_what_qualifies_it(toy_encoder: Any) -> None:
    """The amount is what was asked for, and the exception stays with it."""
    text = (
        f"{FILLER}Ett besök kostar 90 kronor. Det gäller dock inte för barn under 7 år. {FILLER}"
    ).strip()
    words = shown(toy_encoder, text, "vad kostar det")
    assert "Ett besök kostar 90 kronor. Det gäller dock inte för barn under 7 år." in words


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("när har ni öppet", "Receptionen tar emot klockan 9–15."),
        ("hur lång tid tar det", "Besked kommer efter tre veckor."),
        ("vilket telefonnummer, vill ringa", "Kansliet nås på 031-390 06 22."),
    ],
)
def test_other_facets_find_their_figures(toy_encoder: Any, question: str, part: str) -> None:
    """Times for opening hours, spans for how long, a number for whom to call."""
    text = (
        f"{FILLER}Receptionen tar emot klockan 9–15. {FILLER}Besked kommer efter tre veckor. "
        f"{FILLER}Kansliet nås på 031-390 06 22. {FILLER}"
    ).strip()
    assert part in shown(toy_encoder, text, question)


def test_single_words_meant_alike_decide_where_none_is_the_same(toy_encoder: Any) -> None:
    """By late interaction of the question's tokens with each sentence's."""
    text = f"{FILLER}Xyzzy, plugh. {FILLER}".strip()
    article = Article("ekhamn", "a", "sv", "A", text, "/a", datetime.date(2026, 3, 1))
    index = MunicipalityIndex.build("ekhamn", split_article(article), toy_encoder)
    # Its tokens keep their punctuation, which words lose: only the tokens are the same.
    embedding = toy_encoder.encode_queries(["xyzzy, plugh."])[0]
    words = excerpt(index, index.chunks[0], "frotz", "sv", frozenset(), embedding, 0)
    assert "Xyzzy, plugh." in words


def test_a_list_comes_with_what_announces_it(toy_encoder: Any) -> None:
    """And is never cut, however long it is."""
    items = "\n".join(f"- sak nummer {number}" for number in range(30))
    text = f"{FILLER}\n\nTa med följande saker:\n\n{items}\n\n{FILLER}"
    words = shown(toy_encoder, text, "vilka saker nummer")
    assert f"Ta med följande saker:\n\n{items}" in words


def test_of_two_sentences_the_second_brings_the_first(toy_encoder: Any) -> None:
    """The words "det kostar" say nothing without what it is that costs."""
    text = f"{FILLER}Du kan hyra båt. Det kostar 300 kronor. {FILLER}".strip()
    assert "Du kan hyra båt. Det kostar 300 kronor." in shown(toy_encoder, text, "pris 300 kronor")


@pytest.mark.parametrize("municipality", MUNICIPALITIES)
def test_every_answer_stands_in_its_article(toy_encoder: Any, municipality: str) -> None:
    """Word for word, but for line ends: for every labelled question, one to four sentences."""
    articles = {
        seed.id: article_of(seed)
        for seed in read_seed(KNOWLEDGE / "seed")
        if seed.municipality == municipality
    }
    chunks = [chunk for article in articles.values() for chunk in split_article(article)]
    index = MunicipalityIndex.build(municipality, chunks, toy_encoder)
    lines = (KNOWLEDGE / "evaluation" / f"{municipality}.jsonl").read_text("utf-8").split("\n")
    for row in (json.loads(line) for line in lines if line):
        embedding = toy_encoder.encode_queries([row["text"]])[0]
        answer = answer_question(
            index, row["text"], row["language"], None, None, embedding, Decided()
        ).answer
        assert answer.text
        (source,) = answer.sources
        assert answer.text in articles[source.article].text.replace("\r\n", "\n")
        assert 1 <= len(units(answer.text)) <= MOST
        for also in answer.also:
            assert also.text in articles[also.source.article].text
        assert source.url.startswith(articles[source.article].url)
