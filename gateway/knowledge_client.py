"""Asking for articles: one request each, within its time, never twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pydantic_core
from aiohttp import ClientError, ClientSession, ClientTimeout

from gateway.errors import KnowledgeError

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class KnowledgeReply:
    """A status below 500 and the JSON object that came with it."""

    status: int
    body: Json


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
        try:
            async with self._session.request(
                method,
                f"{self._address}/v1/municipalities/{parts}",
                params=query,
                json=body,
                timeout=self._timeout,
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
