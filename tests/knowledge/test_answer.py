import datetime
from typing import Any

import numpy as np
import pytest

from knowledge.answer import LENGTH, UnknownChunkError, answer_question, excerpt
from knowledge.chunking import split_article
from knowledge.confidence import ConfidenceModel
from knowledge.index import MunicipalityIndex
from knowledge.search import Ranking
from knowledge.types import Answer, Article, Decision, Intent, Source, Status

TODAY = datetime.date(2026, 3, 1)
FILLER = "Här står det något helt annat om ärendet. " * 5
PAGES = {
    "bygglov": (
        "Bygglov",
        f"Du söker i tjänsten.\n\n## Avgift\n\n{FILLER}\n\n{FILLER}\n\n"
        f"Så här räknar vi:\n\n| Vad | Kronor |\n|---|---|\n| Altan | 4 200 |\n\n{FILLER}",
    ),
    "avfall": ("Sopor", "Soporna hämtas varannan vecka."),
    "avfall-fritidshus": ("Sopor", "Soporna hämtas varje vecka på sommaren."),
    "bibliotek": ("", "Biblioteket har öppet till klockan 18 alla dagar utom söndagar och helger."),
}


@pytest.fixture
def index(toy_encoder: Any) -> MunicipalityIndex:
    chunks = [
        chunk
        for name, (title, text) in PAGES.items()
        for chunk in split_article(Article("ekhamn", name, "sv", title, text, f"/{name}", TODAY))
    ]
    return MunicipalityIndex.build("ekhamn", chunks, toy_encoder)


class Decided(ConfidenceModel):
    """A model whose decision is given."""

    __slots__ = ("status",)

    def __init__(self, status: Status) -> None:
        object.__setattr__(self, "status", status)

    def decide(
        self, ranking: Ranking, intent: Intent | None = None, has_subject: bool = True
    ) -> Decision:
        return Decision(self.status, 0.6)


def ask(
    index: MunicipalityIndex, encoder: Any, text: str, status: Status, chunk: str | None = None
) -> Answer:
    embedding = None if chunk else encoder.encode_queries([text])[0]
    return answer_question(index, text, "sv", None, chunk, embedding, Decided(status))


def test_an_answer_is_the_pages_words_with_their_source(
    index: MunicipalityIndex, toy_encoder: Any
) -> None:
    """Text, title, heading, deep link and date come from the best chunk."""
    answer = ask(index, toy_encoder, "soporna hämtas varannan vecka", "answered")
    assert "Soporna hämtas varannan vecka." == answer.text
    assert (Source("avfall", "Sopor", "", "/avfall", TODAY),) == answer.sources
    assert ((), ()) == (answer.choices, answer.nearest)


def test_a_taken_choice_is_the_answer(index: MunicipalityIndex, toy_encoder: Any) -> None:
    """Without search and without an embedding."""
    answer = ask(index, toy_encoder, "Sopor", "unanswerable", chunk="bygglov#avgift")
    assert "answered" == answer.status
    assert ["/bygglov#avgift"] == [source.url for source in answer.sources]


def test_an_unknown_choice_is_an_error(index: MunicipalityIndex, toy_encoder: Any) -> None:
    """A chunk that was deleted meanwhile."""
    with pytest.raises(UnknownChunkError):
        ask(index, toy_encoder, "Sopor", "answered", chunk="bygglov#borta")


def test_clarification_names_its_choices(index: MunicipalityIndex, toy_encoder: Any) -> None:
    """Two to four, each with its own words to say, of articles that differ."""
    answer = ask(index, toy_encoder, "soporna hämtas vecka", "clarification")
    assert answer.text is None
    assert 2 <= len(answer.choices) <= 4
    assert len(answer.choices) == len({choice.text for choice in answer.choices})
    assert {"avfall#", "avfall-fritidshus#"} <= {choice.chunk for choice in answer.choices}
    assert all(choice.title for choice in answer.choices)


@pytest.mark.parametrize("status", ["unanswerable", "out_of_scope"])
def test_without_an_answer_the_nearest_pages_are_named(
    index: MunicipalityIndex, toy_encoder: Any, status: Status
) -> None:
    """Each page once, and no words that could be taken for an answer."""
    answer = ask(index, toy_encoder, "soporna", status)
    assert (None, ()) == (answer.text, answer.sources)
    pages = [source.article for source in answer.nearest]
    assert 3 == len(pages) == len(set(pages))


def test_an_empty_index_answers_nothing(toy_encoder: Any) -> None:
    """A municipality without articles."""
    empty = MunicipalityIndex.build("ekhamn", (), toy_encoder)
    assert Answer("unanswerable", 0.6) == ask(empty, toy_encoder, "soporna", "unanswerable")


def shown(index: MunicipalityIndex, chunk_id: str, text: str) -> tuple[str, str]:
    chunk = index.chunk(chunk_id)
    assert chunk is not None
    return excerpt(index, chunk, text, "sv"), chunk.text


def test_an_excerpt_grows_around_the_block_that_fits(index: MunicipalityIndex) -> None:
    """A table comes whole, with the sentence that introduces it, and stands so in the chunk."""
    words, whole = shown(index, "bygglov#avgift", "vad kostar altan")
    assert "| Altan | 4 200 |" in words
    assert words.count("Så här räknar vi:") == 1
    assert words in whole
    assert len(words) <= LENGTH < len(whole)


def test_an_excerpt_without_a_common_word_begins_at_the_beginning(
    index: MunicipalityIndex,
) -> None:
    """The first words of a chunk say what it is about."""
    words, whole = shown(index, "bygglov#avgift", "xyzzy")
    assert whole.startswith(words)


def test_a_single_long_block_is_not_cut(toy_encoder: Any) -> None:
    """Half a paragraph could lose the word that qualifies it."""
    text = "Avgiften är hög. " * 100
    page = Article("ekhamn", "a", "sv", "A", text, "/a", TODAY)
    index = MunicipalityIndex.build("ekhamn", split_article(page), toy_encoder)
    assert text.strip() == shown(index, "a#", "avgift")[0]


def test_a_list_brings_the_line_that_announces_it(toy_encoder: Any) -> None:
    """Even when both are longer together than an answer usually is."""
    text = f"Ta med följande:\n\n- legitimation\n- {FILLER}\n- {FILLER}\n- {FILLER}"
    page = Article("ekhamn", "a", "sv", "A", text, "/a", TODAY)
    index = MunicipalityIndex.build("ekhamn", split_article(page), toy_encoder)
    assert text.strip() == shown(index, "a#", "behövs legitimation")[0]


def test_a_block_that_ends_in_a_colon_brings_what_it_announces(toy_encoder: Any) -> None:
    """Even when that makes the answer longer than usual."""
    text = f"{FILLER}\n\n{FILLER}\n\nTa med följande papper:\n\n- {FILLER}\n- {FILLER}\n- {FILLER}"
    page = Article("ekhamn", "a", "sv", "A", text, "/a", TODAY)
    index = MunicipalityIndex.build("ekhamn", split_article(page), toy_encoder)
    words, _ = shown(index, "a#", "vilka papper ska jag ta med")
    assert 3 == words.count("- Här står")


def test_a_question_needs_its_embedding(index: MunicipalityIndex) -> None:
    """Forgetting it is a mistake of the caller."""
    with pytest.raises(ValueError, match="embedding"):
        answer_question(index, "soporna", "sv", None, None, None, Decided("answered"))


def test_decisions_get_the_intent(index: MunicipalityIndex) -> None:
    """What the bot took the turn for reaches the decision."""
    got: list[Intent | None] = []

    class Noting(Decided):
        def decide(
            self, ranking: Ranking, intent: Intent | None = None, has_subject: bool = True
        ) -> Decision:
            got.append(intent)
            return Decision("unanswerable", 0.1)

    intent = Intent("nonsense", 0.9)
    embedding = np.zeros(64, np.float32)
    answer_question(index, "x", "sv", intent, None, embedding, Noting("answered"))
    assert [intent] == got


def test_the_section_whose_heading_says_what_is_asked_is_shown(
    index: MunicipalityIndex, toy_encoder: Any
) -> None:
    """The fee, although another section of the article has more of the question's words."""
    article = Article(
        "ekhamn",
        "simhall",
        "sv",
        "Simhallen",
        "Simhallen ligger vid torget.\n\n## Entré\n\n60 kronor i simhallen.\n\n"
        "## Kalas\n\nBarnkalas i simhallen bokas i receptionen.",
        "/simhall",
        TODAY,
    )
    simhall, _ = index.updated([*index.chunks, *split_article(article)], toy_encoder)
    answer = ask(simhall, toy_encoder, "vad kostar det i simhallen", "answered")
    assert "60 kronor i simhallen." == answer.text
    assert (
        "Kalas" == ask(simhall, toy_encoder, "barnkalas i simhallen", "answered").sources[0].heading
    )
