import datetime
from typing import Any

import pytest

from knowledge.answering.answer import Answered, UnknownChunkError, answer_question
from knowledge.finding.confidence import NO_HOPE
from knowledge.finding.search import Ranking
from knowledge.indexing.chunking import split_article
from knowledge.indexing.index import MunicipalityIndex
from knowledge.types import Answer, Article, Decision, Excerpt, Intent, Source, Status
from tests.knowledge.toys import Decided

TODAY = datetime.date(2026, 3, 1)
PAGES = {
    "bygglov": (
        "Bygglov",
        "Du söker i tjänsten.\n\n## Avgift\n\nAltan kostar 4 200 kronor.",
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


def ask(
    index: MunicipalityIndex, encoder: Any, text: str, status: Status, chunk: str | None = None
) -> Answer:
    return asked(index, encoder, text, status, chunk).answer


def asked(
    index: MunicipalityIndex, encoder: Any, text: str, status: Status, chunk: str | None = None
) -> Answered:
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


def test_pages_that_hardly_anything_speaks_for_are_not_named(
    index: MunicipalityIndex, toy_encoder: Any
) -> None:
    """Who asks about a passport is not sent to whatever page happens to come first."""
    embedding = toy_encoder.encode_queries(["pass"])[0]
    model = Decided("unanswerable", near=NO_HOPE / 2)
    found = answer_question(index, "pass", "sv", None, None, embedding, model)
    assert () == found.answer.nearest


def test_choices_say_which_language_their_pages_are_in(
    index: MunicipalityIndex, toy_encoder: Any
) -> None:
    """Those who ask in another language are told before they choose."""
    choices = ask(index, toy_encoder, "how much does the altan cost", "clarification")
    assert ("sv", "en") == (choices.page_language, choices.question_language)


def test_an_empty_index_answers_nothing(toy_encoder: Any) -> None:
    """A municipality without articles."""
    empty = MunicipalityIndex.build("ekhamn", (), toy_encoder)
    assert Answer("unanswerable", 0.6) == ask(empty, toy_encoder, "soporna", "unanswerable")


def test_a_question_needs_its_embedding(index: MunicipalityIndex) -> None:
    """Forgetting it is a mistake of the caller."""
    with pytest.raises(ValueError, match="embedding"):
        answer_question(index, "soporna", "sv", None, None, None, Decided("answered"))


def test_decisions_get_the_intent(index: MunicipalityIndex, toy_encoder: Any) -> None:
    """What the bot took the turn for reaches the decision."""
    got: list[Intent | None] = []

    class Noting(Decided):
        def decide(
            self,
            ranking: Ranking,
            intent: Intent | None = None,
            has_subject: bool = True,
            foreign: bool = False,
        ) -> Decision:
            got.append(intent)
            return super().decide(ranking)

    intent = Intent("nonsense", 0.9)
    embedding = toy_encoder.encode_queries(["x"])[0]
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


def with_article(
    index: MunicipalityIndex, encoder: Any, name: str, title: str, text: str
) -> MunicipalityIndex:
    article = Article("ekhamn", name, "sv", title, text, f"/{name}", TODAY)
    updated, _ = index.updated([*index.chunks, *split_article(article)], encoder)
    return updated


def test_a_contradicting_page_is_shown_too(index: MunicipalityIndex, toy_encoder: Any) -> None:
    """With its own words and source, and told apart from the answer; the caller learns of both."""
    pages = {
        "simhall": ("Simhallen", "Badmössa och handduk hyrs i receptionen för 30 kronor."),
        "bad": ("Bada i simhallen", "Badmössa och handduk hyrs i receptionen för 35 kronor."),
        "gym": ("Gymmet", "Skåp hyrs i receptionen för 50 kronor."),
    }
    for name, (title, text) in pages.items():
        index = with_article(index, toy_encoder, name, title, text)
    found = asked(index, toy_encoder, "hyra badmössa och handduk simhallen", "answered")
    (source,) = found.answer.sources
    (other,) = found.answer.also
    assert {"simhall", "bad"} == {source.article, other.source.article}
    assert pages[source.article][1] == found.answer.text
    assert Excerpt(pages[other.source.article][1], other.source) == other
    assert ["money"] == [one.kind for one in found.contradictions]


def test_a_question_in_another_language_says_so(index: MunicipalityIndex, toy_encoder: Any) -> None:
    """The page's language too, so that the resident can be told."""
    english = ask(index, toy_encoder, "how much does the altan cost", "answered")
    assert ("sv", "en") == (english.page_language, english.question_language)
    swedish = ask(index, toy_encoder, "vad kostar en altan", "answered")
    assert ("sv", None) == (swedish.page_language, swedish.question_language)
