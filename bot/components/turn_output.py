"""What the bot says during one turn, gathered into structured messages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bot.components.remote_actions import FailureCollector


class TurnFailedError(Exception):
    """The turn has no complete answer; the message says why."""


@dataclass
class TurnMessage:
    """One message to the resident; an action's JSON carries all but the text."""

    text: str
    choices: list[dict[str, Any]] = field(default_factory=list)
    answer: dict[str, Any] | None = None
    handoff: dict[str, Any] | None = None
    asks: str | None = None
    case: dict[str, Any] | None = None

    def add(self, data: dict[str, Any]) -> None:
        """Take in what an action sent beside the text."""
        self.choices.extend(data.get("choices", []))
        self.answer = data.get("answer", self.answer)
        self.handoff = data.get("handoff", self.handoff)
        self.asks = data.get("asks", self.asks)
        self.case = data.get("case", self.case)


class TurnOutput(FailureCollector):
    """The output channel of one turn.

    A response of an action without text of its own belongs to the message before it: so a rule
    can let a fixed text speak and an action add the choices.
    """

    @classmethod
    def name(cls) -> str:
        """Rasa's name for the channel."""
        return "svar"

    def __init__(self) -> None:
        self.messages: list[TurnMessage] = []
        self._failures: list[Exception] = []

    def add_failure(self, failure: Exception) -> None:
        """Note that an action failed: what the others said is no complete answer."""
        self._failures.append(failure)

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Take one response as Rasa hands it over."""
        text = message.get("text")
        if text:
            self.messages.append(TurnMessage(text))
        elif not self.messages:
            self.add_failure(TurnFailedError("An action answered without any text."))
            return
        self.messages[-1].add(message.get("custom") or {})

    def raise_if_failed(self) -> None:
        """Refuse a turn that anything went wrong in.

        Raises:
            TurnFailedError: an action failed, or nothing was said.
        """
        if self._failures:
            failure = self._failures[0]
            raise TurnFailedError(f"An action failed: {failure}") from failure
        if not self.messages:
            raise TurnFailedError("The bot said nothing.")
