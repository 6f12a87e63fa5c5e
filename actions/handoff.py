"""The way from the bot to a person: asked for, offered, and the offer taken."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.choices import person_choice
from actions.turns import likeliest_intent, previous_messages, was_crisis
from actions.types import Event, HandoffData, HandoffReason


class ActionRequestHandoff:
    """Hands the conversation over; what becomes of it, the gateway says."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_request_handoff"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[Event]:
        """Say that the question is passed on, with what the tracker holds about it."""
        _request(dispatcher, tracker, "form" if tracker.active_loop else "asked")
        return []


class ActionOfferPerson:
    """Adds the offer of a person to what a response just said."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_offer_person"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[Event]:
        """Send the choice alone: the channel puts it under the message before."""
        intent = likeliest_intent(tracker)
        complains = intent is not None and intent["name"] == "make_complaint"
        offer = person_choice("complaint" if complains else None)
        dispatcher.utter_message(json_message={"choices": [offer]})
        return []


class ActionTakeOffer:
    """Takes a "yes" for what it answers."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_take_offer"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[Event]:
        """Hand over if a person was the only thing just offered, else take the yes as it is."""
        offered = [choice for _, data in previous_messages(tracker) for choice in _choices(data)]
        reasons: tuple[HandoffReason | None, ...] = (None, "crisis", "complaint")
        taken = [reason for reason in reasons if offered == [person_choice(reason)]]
        if taken:
            _request(dispatcher, tracker, taken[0] or "asked")
        else:
            dispatcher.utter_message(response="utter_affirm")
        return []


def _choices(data: Any) -> list[Any]:
    return list(data.get("choices", []))


def _request(
    dispatcher: CollectingDispatcher, tracker: Tracker, reason: HandoffReason = "asked"
) -> None:
    answer = tracker.get_slot("last_answer") or {}
    handoff: HandoffData = {
        "reason": "crisis" if was_crisis(tracker) else reason,
        "topic": answer.get("topic"),
        "confidence": answer.get("confidence"),
        "sources": answer.get("sources", []),
        "summary": tracker.get_slot("last_question"),
    }
    dispatcher.utter_message(response="utter_handoff_requested", json_message={"handoff": handoff})
