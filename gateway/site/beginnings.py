"""A form that is sent twice begins one conversation, not two.

The first form of a conversation has no cookie yet, so the name that the form gives its message
is all that two copies of it share.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from gateway.types import Conversation

Begun = tuple[Conversation, str]
SECONDS = 60.0


class Beginnings:
    """The conversations that forms have begun within the last minute, by the forms' names."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._tasks: dict[tuple[str, str], asyncio.Task[Begun]] = {}

    async def once(
        self, municipality: str, name: str, begin: Callable[[], Awaitable[Begun]]
    ) -> Begun:
        """Give the conversation that this form began, or begin it."""
        key = (municipality, name)
        task = self._tasks.get(key)
        if task is None:
            task = asyncio.ensure_future(_run(begin))
            self._tasks[key] = task
            task.add_done_callback(lambda _: self._forget_later(key))
        # One copy may be given up by the browser while the other goes on.
        return await asyncio.shield(task)

    def _forget_later(self, key: tuple[str, str]) -> None:
        asyncio.get_running_loop().call_later(self._seconds, self._tasks.pop, key, None)


async def _run(begin: Callable[[], Awaitable[Begun]]) -> Begun:
    return await begin()
