"""Asking the bot: one request for one turn, within its time, never twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from aiohttp import ClientError, ClientSession, ClientTimeout
from pydantic import Field, ValidationError

from gateway.errors import BotError
from gateway.municipalities import Municipality
from gateway.types import (
    Answer,
    AnswerStatus,
    Asks,
    CaseRequest,
    Choice,
    Frozen,
    HandoffRequest,
)

TOPIC_LENGTH = 60


class BotMessage(Frozen):
    """One message of the bot's reply."""

    text: str = ""
    choices: tuple[Choice, ...] = ()
    answer: Answer | None = None
    handoff: HandoffRequest | None = None
    asks: Asks | None = None
    case: CaseRequest | None = None


class Intent(Frozen):
    """What the bot took the utterance for."""

    name: str


class BotReply(Frozen):
    """What the bot answers to a turn; an empty list is a failure, not silence."""

    intent: Intent | None = None
    messages: Annotated[tuple[BotMessage, ...], Field(min_length=1)]

    @property
    def topic(self) -> str | None:
        """The service that was asked about; None when it was something else, or a choice."""
        name = "" if self.intent is None else self.intent.name
        return name if name.startswith("service_") and len(name) <= TOPIC_LENGTH else None


class BotClient:
    """The way to the bot's own channel."""

    def __init__(
        self,
        session: ClientSession,
        address: str,
        seconds: float,
        municipalities: Mapping[str, Municipality],
    ) -> None:
        """Talk to the bot at `address`, and tell it of the municipalities what it may say."""
        self._session = session
        self._municipalities = municipalities
        self._address = address
        self._timeout = ClientTimeout(total=seconds)

    async def turn(
        self, conversation: str, text: str, *, municipality: str, language: str, chunk: str | None
    ) -> BotReply:
        """Give the bot's reply to one utterance.

        Raises BotError when it can't be reached, is too slow, fails or says so, or replies with
        nothing or with something else than was agreed.
        """
        tenant = self._municipalities[municipality]
        metadata = {
            "municipality": municipality,
            "municipality_name": tenant.name,
            "language": language,
            "chunk": chunk,
            "on_call_phone": tenant.emergency_phone,
            "country": tenant.country,
        }
        turn = {"conversation": conversation, "text": text, "metadata": metadata}
        body = await self._ask("POST", "turns", turn)
        try:
            reply = BotReply.model_validate_json(body)
        except ValidationError as error:
            # The values are left out: they may hold what a resident wrote.
            places = {".".join(str(part) for part in item["loc"]) for item in error.errors()}
            raise BotError(f"not the agreed form at {', '.join(sorted(places))}") from None
        if any(said.answer and said.answer.status is AnswerStatus.ERROR for said in reply.messages):
            raise BotError("it said that it could not answer")
        return reply

    async def forget(self, conversation: str) -> None:
        """Let the bot drop everything it remembers of a conversation.

        Raises BotError when it has not.
        """
        await self._ask("DELETE", f"conversations/{conversation}", None)

    async def _ask(self, method: str, path: str, body: object) -> bytes:
        try:
            async with self._session.request(
                method,
                f"{self._address}/webhooks/svar/{path}",
                json=body,
                timeout=self._timeout,
                allow_redirects=False,
            ) as response:
                if response.status not in (200, 204):
                    raise BotError(f"status {response.status}")
                return await response.read()
        except (ClientError, TimeoutError) as error:
            raise BotError(f"no reply: {type(error).__name__}") from error
