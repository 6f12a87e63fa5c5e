"""Asking for articles: one request each, within its time, never twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pydantic_core
from aiohttp import ClientError, ClientSession, ClientTimeout
from pydantic import ValidationError

from gateway.errors import KnowledgeError
from gateway.types import Frozen, Share

Json = dict[str, Any]

LANGUAGE_SECONDS = 0.3
"""How long a turn waits to learn what language it is in."""


@dataclass(frozen=True, slots=True)
class KnowledgeReply:
    """A status below 500 and the JSON object that came with it."""

    status: int
    body: Json


class Identified(Frozen):
    """The language that a text is likely to be in, "other" for none that is known there."""

    language: str
    probability: Share


class KnowledgeClient:
    """The way to the articles of a municipality."""

    def __init__(self, session: ClientSession, address: str, seconds: float) -> None:
        self._session = session
        self._address = address
        self._timeout = ClientTimeout(total=seconds)

    async def ask(
        self,
        method: str,
        municipality: str,
        *path: str,
        query: Mapping[str, str] | None = None,
        body: Json | None = None,
    ) -> KnowledgeReply:
        """Send a request about a municipality; path parts are quoted here.

        Raises KnowledgeError when there is no answer in time, or none that makes sense.
        """
        parts = "/".join(quote(part, safe="") for part in (municipality, *path))
        return await self._ask(
            method, f"municipalities/{parts}", self._timeout, query=query, body=body
        )

    async def identify(
        self, text: str, languages: Sequence[str], seen: Mapping[str, int]
    ) -> Identified:
        """Give the language of a text; `seen`: how many texts before it were in which.

        Raises KnowledgeError when there is no answer in LANGUAGE_SECONDS, or none that makes sense.
        """
        body = {"text": text, "languages": list(languages), "seen": dict(seen)}
        reply = await self._ask(
            "POST", "languages", ClientTimeout(total=LANGUAGE_SECONDS), body=body
        )
        if reply.status != 200:
            raise KnowledgeError(f"No language: status {reply.status}.")
        try:
            return Identified.model_validate(reply.body)
        except ValidationError:
            raise KnowledgeError("No language: not the agreed form.") from None

    async def _ask(
        self,
        method: str,
        path: str,
        within: ClientTimeout,
        *,
        query: Mapping[str, str] | None = None,
        body: Json | None = None,
    ) -> KnowledgeReply:
        try:
            async with self._session.request(
                method,
                f"{self._address}/v1/{path}",
                params=query,
                json=body,
                timeout=within,
                allow_redirects=False,
            ) as response:
                status, content = response.status, await response.read()
        except (ClientError, TimeoutError) as error:
            raise KnowledgeError("The articles can't be reached right now.") from error
        if status >= 500 or 300 <= status < 400:
            raise KnowledgeError("The articles can't be reached right now.")
        try:
            found = pydantic_core.from_json(content)
        except ValueError as error:
            raise KnowledgeError("The articles can't be read right now.") from error
        if not isinstance(found, dict):
            raise KnowledgeError("The articles can't be read right now.")
        return KnowledgeReply(status, found)
