"""The one way to the knowledge process."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import aiohttp
from pydantic import ValidationError

from actions.types import Context, Intent, KnowledgeAnswer

LIMIT = 2.5
"""Seconds to wait for an answer; the resident is told within five that something is wrong."""


class KnowledgeUnavailableError(Exception):
    """Knowledge gave no usable answer; the message says why, without the resident's words."""


class KnowledgeClient:
    """Asks knowledge over one session; to be used inside `async with`."""

    def __init__(self, url: str, limit: float = LIMIT) -> None:
        self._url = url.rstrip("/")
        self._limit = aiohttp.ClientTimeout(total=limit)

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(timeout=self._limit)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._session.close()

    async def answer(
        self,
        municipality: str,
        language: str,
        text: str,
        intent: Intent | None,
        chunk: str | None,
        context: Context | None = None,
    ) -> KnowledgeAnswer:
        """What knowledge decides about a question, or the chunk that a choice stands for.

        `context`: what a question may lean on.

        Raises:
            KnowledgeUnavailableError: it can't be reached, takes too long, refuses, or answers
                something else.
        """
        question = {
            "municipality": municipality,
            "language": language,
            "text": text,
            "intent": intent,
            "chunk": chunk,
            "context": context,
        }
        try:
            async with self._session.post(self._url + "/v1/answers", json=question) as response:
                body = await response.read()
        except TimeoutError as error:
            raise KnowledgeUnavailableError(
                f"knowledge did not answer within {self._limit.total} s"
            ) from error
        except aiohttp.ClientError as error:
            raise KnowledgeUnavailableError(f"knowledge can't be reached: {error}") from error
        if response.status != 200:
            raise KnowledgeUnavailableError(f"knowledge answered with status {response.status}")
        try:
            answer = KnowledgeAnswer.model_validate_json(body)
        except ValidationError as error:
            raise KnowledgeUnavailableError(
                f"knowledge answered with other JSON: {error.error_count()} faults"
            ) from error
        if answer.status == "answered" and not (answer.text and answer.sources):
            # No source, no answer.
            raise KnowledgeUnavailableError("knowledge answered without words or without a source")
        return answer
