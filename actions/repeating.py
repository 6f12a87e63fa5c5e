"""Saying the last thing again."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.turns import previous_messages
from actions.types import Event


class ActionRepeat:
    """Repeats what the bot said in the turn before, word for word."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_repeat"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[Event]:
        """Say it with its choices and sources, but request no second handoff or case."""
        messages = [(text, data) for text, data in previous_messages(tracker) if text]
        for text, data in messages:
            kept = {key: value for key, value in data.items() if key not in ("handoff", "case")}
            dispatcher.utter_message(text=text, json_message=kept)
        if not messages:
            dispatcher.utter_message(response="utter_repeat_nothing")
        return []
