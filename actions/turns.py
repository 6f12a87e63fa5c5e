"""What actions read from the tracker."""

from __future__ import annotations

from typing import Any, cast

from rasa_sdk import Tracker

from actions.types import Intent, MessageData

FALLBACK = "nlu_fallback"


def latest_text(tracker: Tracker) -> str:
    """What the resident wrote last."""
    return str(tracker.latest_message.get("text") or "")


def likeliest_intent(tracker: Tracker) -> Intent | None:
    """What the latest turn means most probably, also when that was too unsure to act on."""
    message = tracker.latest_message
    for intent in (message.get("intent") or {}, *message.get("intent_ranking", [])):
        if intent.get("name") not in (None, FALLBACK):
            return {"name": str(intent["name"]), "confidence": float(intent["confidence"])}
    return None


def named_places(tracker: Tracker) -> tuple[str | None, str | None]:
    """The street and the spot of the municipality's own list that the latest turn names."""
    found: dict[str, str] = {}
    for entity in tracker.latest_message.get("entities") or []:
        found.setdefault(entity["entity"], entity["value"])
    return found.get("street"), found.get("facility") or found.get("place")


def previous_messages(tracker: Tracker) -> list[tuple[str, MessageData]]:
    """Text and data of what the bot said in the turn before the latest one.

    A response without a text of its own belongs to the one before it, as in the channel.
    """
    messages: list[tuple[str, MessageData]] = []
    turns = 0
    for event in reversed(tracker.events):
        if event.get("event") == "user":
            turns += 1
        if turns == 2:
            break
        if turns == 1 and event.get("event") == "bot":
            messages.insert(0, (event.get("text") or "", _data(event)))
    folded: list[tuple[str, MessageData]] = []
    for text, data in messages:
        if text or not folded:
            folded.append((text, data))
        else:
            earlier_text, earlier = folded[-1]
            folded[-1] = (earlier_text, {**earlier, **data})
    return folded


def was_crisis(tracker: Tracker) -> bool:
    """Whether the bot said whom to call in one of the turns that the tracker still holds."""
    return any("crisis" in _data(event) for event in tracker.events if event.get("event") == "bot")


def _data(event: dict[str, Any]) -> MessageData:
    return cast(MessageData, (event.get("data") or {}).get("custom") or {})
