from __future__ import annotations

from typing import Any

import pytest
from rasa_sdk.executor import CollectingDispatcher

from actions.handoff import ActionOfferPerson, ActionRequestHandoff, ActionTakeOffer

SOURCE = {
    "article": "bygglov",
    "title": "Bygglov",
    "heading": "Avgift",
    "url": "/demo/ekhamn/bygglov#avgift",
    "updated": "2026-02-03",
}
PERSON = {
    "title": {"response": "utter_offer_person_title"},
    "text": {"response": "utter_offer_person_text"},
    "chunk": None,
    "action": "handoff",
}
PAGE = {"title": "Bygglov", "text": "Bygglov", "chunk": "bygglov#", "action": None}


def _said(*choices: Any) -> list[dict[str, Any]]:
    """A turn in which the bot offered choices, in a message of their own."""
    return [
        {"event": "user", "text": "det är dåligt"},
        {"event": "action", "name": "utter_complaint"},
        {"event": "bot", "text": "Tråkigt att höra.", "data": {"custom": None}},
        {"event": "bot", "text": None, "data": {"custom": {"choices": list(choices)}}},
        {"event": "action", "name": "action_listen"},
    ]


async def _run(action: Any, tracker: Any) -> tuple[list[Any], list[Any]]:
    dispatcher = CollectingDispatcher()
    events = await action.run(dispatcher, tracker, {})
    return [(m["text"], m["response"], m["custom"]) for m in dispatcher.messages], events


async def test_a_handoff_carries_what_the_tracker_holds(tracker_of: Any) -> None:
    """Topic, confidence and sources of the last answer, and the question in its own words."""
    tracker = tracker_of(
        "jag vill prata med en människa",
        intent="ask_for_person",
        last_question="Vad kostar bygglov?",
        last_answer={
            "status": "answered",
            "confidence": 0.9,
            "sources": [SOURCE],
            "topic": "Bygglov",
        },
    )

    messages, events = await _run(ActionRequestHandoff(), tracker)

    handoff = {
        "reason": "asked",
        "topic": "Bygglov",
        "confidence": 0.9,
        "sources": [SOURCE],
        "summary": "Vad kostar bygglov?",
    }
    assert [(None, "utter_handoff_requested", {"handoff": handoff})] == messages
    assert events == []


async def test_a_handoff_at_once_invents_nothing(tracker_of: Any) -> None:
    """Without a question before it, there is no topic and no summary."""
    messages, _ = await _run(ActionRequestHandoff(), tracker_of(intent="ask_for_person"))

    assert messages[0][2]["handoff"] == {
        "reason": "asked",
        "topic": None,
        "confidence": None,
        "sources": [],
        "summary": None,
    }


async def test_the_offer_is_a_choice_alone(tracker_of: Any) -> None:
    """No text of its own: it goes under the response that the rule says before."""
    messages, events = await _run(ActionOfferPerson(), tracker_of())

    assert messages == [(None, None, {"choices": [PERSON]})]
    assert events == []


async def test_a_yes_to_the_offer_hands_over(tracker_of: Any) -> None:
    """The person was the only thing offered, so a yes can mean nothing else."""
    messages, _ = await _run(ActionTakeOffer(), tracker_of("ja", "affirm", _said(PERSON)))

    assert [response for _, response, _ in messages] == ["utter_handoff_requested"]


async def test_a_complaint_is_handed_over_as_one(tracker_of: Any) -> None:
    """The offer says why a person is wanted, and a yes to it does too."""
    offered, _ = await _run(ActionOfferPerson(), tracker_of("usch", "make_complaint"))
    offer = {**PERSON, "reason": "complaint"}
    messages, _ = await _run(ActionTakeOffer(), tracker_of("ja", "affirm", _said(offer)))

    assert offered == [(None, None, {"choices": [offer]})]
    assert messages[0][2]["handoff"]["reason"] == "complaint"


async def test_a_person_wanted_within_a_report_comes_from_the_form(tracker_of: Any) -> None:
    """The operator sees that a report was left half made."""
    tracker = tracker_of(intent="ask_for_person")
    tracker.active_loop = {"name": "fault_form"}
    messages, _ = await _run(ActionRequestHandoff(), tracker)

    assert messages[0][2]["handoff"]["reason"] == "form"


@pytest.mark.parametrize("choices", [(), (PAGE, PERSON)], ids=["nothing", "pages and a person"])
async def test_any_other_yes_hands_nobody_over(tracker_of: Any, choices: Any) -> None:
    """Where it is unclear what the yes is to, the bot asks for the question."""
    messages, _ = await _run(ActionTakeOffer(), tracker_of("ja", "affirm", _said(*choices)))

    assert messages == [(None, "utter_affirm", {})]


async def test_an_offer_made_earlier_is_no_longer_taken(tracker_of: Any) -> None:
    """Only the turn right before counts."""
    later = [
        {"event": "user", "text": "hej"},
        {"event": "bot", "text": "Hej!", "data": {"custom": None}},
    ]

    messages, _ = await _run(ActionTakeOffer(), tracker_of("ja", "affirm", _said(PERSON) + later))

    assert [response for _, response, _ in messages] == ["utter_affirm"]
