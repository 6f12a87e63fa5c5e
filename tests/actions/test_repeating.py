from __future__ import annotations

from typing import Any

from rasa_sdk.executor import CollectingDispatcher

from actions.repeating import ActionRepeat

ANSWER = {"status": "answered", "confidence": 0.9, "sources": []}
CHOICE = {"title": "A", "text": "Om A", "chunk": "a#", "action": None}


async def _run(tracker: Any) -> list[Any]:
    dispatcher = CollectingDispatcher()
    assert await ActionRepeat().run(dispatcher, tracker, {}) == []
    return [(m["text"], m["response"], m["custom"]) for m in dispatcher.messages]


async def test_the_turn_before_is_said_again(tracker_of: Any) -> None:
    """All its messages, word for word, with sources and choices, and nothing from before."""
    events = [
        {"event": "bot", "text": "Något äldre.", "data": {}},
        {"event": "user", "text": "vad kostar bygglov"},
        {"event": "bot", "text": "En avgift.", "data": {"custom": {"answer": ANSWER}}},
        {"event": "bot", "text": None, "data": {"custom": {"choices": [CHOICE]}}},
        {"event": "bot", "text": "Och mer.", "data": {"custom": None}},
    ]

    messages = await _run(tracker_of("en gång till", "ask_repeat", events))

    assert messages == [
        ("En avgift.", None, {"answer": ANSWER, "choices": [CHOICE]}),
        ("Och mer.", None, {}),
    ]


async def test_what_the_same_turn_said_is_not_repeated(tracker_of: Any) -> None:
    """Only the turn before counts, not words that a rule said just now."""
    tracker = tracker_of(
        "va?",
        "ask_repeat",
        [{"event": "user", "text": "hej"}, {"event": "bot", "text": "Hej!", "data": {}}],
    )
    tracker.events.append({"event": "bot", "text": "Visst.", "data": {}})

    assert await _run(tracker) == [("Hej!", None, {})]


async def test_a_handoff_is_not_requested_twice(tracker_of: Any) -> None:
    """The words are repeated, the request is not."""
    events = [
        {"event": "user", "text": "en människa"},
        {"event": "bot", "text": "Jag kopplar.", "data": {"custom": {"handoff": {}}}},
    ]

    assert await _run(tracker_of("va?", "ask_repeat", events)) == [("Jag kopplar.", None, {})]


async def test_with_nothing_said_there_is_nothing_to_repeat(tracker_of: Any) -> None:
    """The first turn gets a sentence of its own."""
    assert await _run(tracker_of("va?", "ask_repeat")) == [(None, "utter_repeat_nothing", {})]
