from __future__ import annotations

from typing import Any

import pytest
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.answering import ActionAnswerQuestion
from actions.knowledge_client import KnowledgeClient, KnowledgeUnavailableError

PERSON = {
    "title": {"response": "utter_offer_person_title"},
    "text": {"response": "utter_offer_person_text"},
    "chunk": None,
    "action": "handoff",
}
SOURCE = {
    "article": "bygglov",
    "title": "Bygglov",
    "heading": "Avgift",
    "url": "/demo/ekhamn/bygga-och-bo/bygglov#avgift",
    "updated": "2026-02-03",
}
INTRODUCTION = {**SOURCE, "heading": "", "url": "/demo/ekhamn/bygga-och-bo/bygglov"}


async def _run(client: KnowledgeClient, tracker: Any) -> tuple[list[Any], list[Any]]:
    dispatcher = CollectingDispatcher()
    events = await ActionAnswerQuestion(client).run(dispatcher, tracker, {})
    messages = [
        {key: message[key] for key in ("text", "response", "custom")}
        for message in dispatcher.messages
    ]
    return messages, events


async def test_an_answer_is_the_sources_own_words(
    knowledge: Any, client: KnowledgeClient, tracker_of: Any
) -> None:
    """Text as it came, sources beside it, and both remembered for a handoff."""
    messages, events = await _run(client, tracker_of())

    data = {"status": "answered", "confidence": 0.93, "sources": [SOURCE]}
    assert [
        {
            "text": "En **avgift** tas ut.\n\n- 1 000 kr",
            "response": None,
            "custom": {"answer": data},
        }
    ] == messages
    assert [
        SlotSet("last_answer", {**data, "topic": "Bygglov"}),
        SlotSet("context_article", "bygglov"),
        SlotSet("last_question", "Vad kostar bygglov?"),
    ] == events


async def test_what_contradicts_the_answer_and_its_languages_go_along(
    knowledge: Any, client: KnowledgeClient, tracker_of: Any
) -> None:
    """Beside the text, never in it: the gateway says what there is to say of them."""
    more = {
        "also": [{"text": "Avgiften är 900 kr.", "source": SOURCE}],
        "page_language": "sv",
        "question_language": "en",
    }
    knowledge.answer |= more
    messages, _ = await _run(client, tracker_of())
    assert "En **avgift** tas ut.\n\n- 1 000 kr" == messages[0]["text"]
    assert {"status": "answered", "confidence": 0.93, "sources": [SOURCE], **more} == messages[0][
        "custom"
    ]["answer"]


async def test_knowledge_is_asked_with_everything_it_needs(
    knowledge: Any, client: KnowledgeClient, tracker_of: Any
) -> None:
    """Municipality, language, text and the intent with its confidence."""
    await _run(client, tracker_of())

    assert knowledge.questions == [
        {
            "municipality": "ekhamn",
            "language": "sv",
            "text": "Vad kostar bygglov?",
            "intent": {"name": "service_building", "confidence": 0.8},
            "chunk": None,
            "context": None,
        }
    ]


async def test_a_question_goes_along_with_what_was_talked_about(
    knowledge: Any, client: KnowledgeClient, tracker_of: Any
) -> None:
    """The page of the last answer and the question before: "och vad kostar det?" leans on them."""
    tracker = tracker_of(
        "och tiden?", context_article="bygglov", last_question="vad kostar bygglov"
    )
    await _run(client, tracker)
    context = {"article": "bygglov", "question": "vad kostar bygglov"}
    assert context == knowledge.questions[0]["context"]


@pytest.mark.parametrize(
    ("answer", "article"),
    [
        (
            {
                "status": "clarification",
                "choices": [{"title": "Avgift", "text": "Avgift", "chunk": "va-taxa#avgift"}],
            },
            "va-taxa",
        ),
        ({"status": "unanswerable", "nearest": [SOURCE]}, "bygglov"),
        ({"status": "unanswerable", "nearest": []}, None),
    ],
)
async def test_what_was_talked_about_is_remembered(
    knowledge: Any,
    client: KnowledgeClient,
    tracker_of: Any,
    answer: dict[str, Any],
    article: str | None,
) -> None:
    """The page that was shown, or came first among those offered."""
    knowledge.answer = {"confidence": 0.3, "text": None, "sources": [], "choices": [], **answer}
    _, events = await _run(client, tracker_of())
    assert SlotSet("context_article", article) in events


async def test_what_is_out_of_scope_leaves_the_subject(
    knowledge: Any, client: KnowledgeClient, tracker_of: Any
) -> None:
    """A joke in between does not make the next question lean on nothing."""
    knowledge.answer = {"status": "out_of_scope", "confidence": 0.0, "text": None, "sources": []}
    _, events = await _run(client, tracker_of())
    assert "context_article" not in [event["name"] for event in events]


async def test_an_unsure_intent_is_told_as_what_it_most_likely_is(
    knowledge: Any, client: KnowledgeClient, tracker_of: Any
) -> None:
    """The fallback is no meaning; the best of the ranking is told instead."""
    ranking = [
        {"name": "nlu_fallback", "confidence": 0.5},
        {"name": "greet", "confidence": 0.3},
        {"name": "thank", "confidence": 0.2},
    ]

    await _run(client, tracker_of(intent="nlu_fallback", ranking=ranking))

    assert knowledge.questions[0]["intent"] == {"name": "greet", "confidence": 0.3}


async def test_a_taken_choice_is_asked_for_by_its_chunk(
    knowledge: Any, client: KnowledgeClient, tracker_of: Any
) -> None:
    """The choice's words are not the resident's question: that stays as it was."""
    tracker = tracker_of("Bygglov: Avgift", chunk="bygglov#avgift", last_question="vad kostar det")

    _, events = await _run(client, tracker)

    assert (
        knowledge.questions[0]["chunk"],
        knowledge.questions[0]["intent"],
    ) == ("bygglov#avgift", None)
    assert [event["name"] for event in events] == ["last_answer", "context_article"]


async def test_several_meanings_become_choices(
    knowledge: Any, client: KnowledgeClient, tracker_of: Any
) -> None:
    """Knowledge's choices in their order, and a person for when none of them fits."""
    knowledge.answer = {
        "status": "clarification",
        "confidence": 0.5,
        "text": None,
        "sources": [],
        "choices": [{"title": "Avgift", "text": "Vad kostar det?", "chunk": "bygglov#avgift"}],
        "nearest": [],
    }

    messages, events = await _run(client, tracker_of())

    data = {"status": "clarification", "confidence": 0.5, "sources": []}
    choice = {
        "title": "Avgift",
        "text": "Vad kostar det?",
        "chunk": "bygglov#avgift",
        "action": None,
    }
    assert [
        {
            "text": None,
            "response": "utter_clarify",
            "custom": {"answer": data, "choices": [choice, PERSON]},
        }
    ] == messages
    assert SlotSet("last_answer", {**data, "topic": None}) == events[0]


NEAREST = [
    {
        "title": "Bygglov: Avgift",
        "text": "Bygglov: Avgift",
        "chunk": "bygglov#avgift",
        "action": None,
    },
    {"title": "Bygglov", "text": "Bygglov", "chunk": "bygglov#", "action": None},
]


@pytest.mark.parametrize(
    ("status", "response", "pages"),
    [
        ("unanswerable", "utter_unanswerable", NEAREST),
        ("out_of_scope", "utter_out_of_scope", []),
    ],
)
async def test_what_can_not_be_answered_is_said_honestly(
    knowledge: Any,
    client: KnowledgeClient,
    tracker_of: Any,
    status: str,
    response: str,
    pages: list[Any],
) -> None:
    """A fixed sentence and a person; the nearest pages only where the question is a service's."""
    knowledge.answer = {
        "status": status,
        "confidence": 0.1,
        "text": None,
        "sources": [],
        "choices": [],
        "nearest": [SOURCE, INTRODUCTION],
    }

    messages, _ = await _run(client, tracker_of())

    assert [
        {
            "text": None,
            "response": response,
            "custom": {
                "answer": {"status": status, "confidence": 0.1, "sources": []},
                "choices": [*pages, PERSON],
            },
        }
    ] == messages


async def test_nonsense_is_not_remembered_as_a_question(
    knowledge: Any, client: KnowledgeClient, tracker_of: Any
) -> None:
    """An operator sees the last question that was one; no pages are offered for "asdf"."""
    knowledge.answer = {
        "status": "out_of_scope",
        "confidence": 0.0,
        "text": None,
        "sources": [],
        "choices": [],
        "nearest": [SOURCE],
    }

    messages, events = await _run(client, tracker_of("asdf", intent="nonsense"))

    assert [(message["response"], message["custom"]["choices"]) for message in messages] == [
        ("utter_nonsense", [PERSON])
    ]
    assert events == []


async def test_an_answer_without_a_source_is_no_answer(
    knowledge: Any, client: KnowledgeClient, tracker_of: Any
) -> None:
    """The turn fails rather than say what stands nowhere."""
    knowledge.answer["sources"] = []

    with pytest.raises(KnowledgeUnavailableError, match="without a source"):
        await _run(client, tracker_of())


async def test_what_may_be_a_crisis_is_answered_and_then_told_whom_to_call(
    knowledge: Any, client: KnowledgeClient, tracker_of: Any
) -> None:
    """The answer stays the source's own words; the numbers are a message of their own."""
    messages, events = await _run(client, tracker_of(crisis_possible="fire", country="SE"))

    assert ["En **avgift** tas ut.\n\n- 1 000 kr", True] == [
        messages[0]["text"],
        "[112](tel:112)" in messages[1]["text"],
    ]
    assert 2 == len(messages)
    assert events[0]["name"] == "last_answer"
