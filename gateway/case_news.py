"""Telling whom it concerns that a case has changed."""

from __future__ import annotations

from collections.abc import Callable

from gateway.events import Event, Hub, desk_topic
from gateway.tables import QuestionCaseRow


class CaseNews:
    """The outbox, which may have a mail to send, and the municipality's desks."""

    def __init__(self, hub: Hub, wake: Callable[[], None]) -> None:
        self._hub = hub
        self._wake = wake

    async def tell(self, case: QuestionCaseRow) -> None:
        """Tell of a change that is stored."""
        self._wake()
        await tell_desks(self._hub, case)


async def tell_desks(hub: Hub, case: QuestionCaseRow) -> None:
    """Tell the desks alone: of how a mail fares."""
    await hub.publish(desk_topic(case.municipality), Event("case", case=case.reference))
