"""Rasa's calls of the action server, made quick, limited in time, and never failing unseen.

Stock Rasa 3.6 re-checks its JSON schema against the metaschema at every action call (47% of a
turn), opens a connection for each, waits up to 300 s, and only logs an action that failed.
"""

from __future__ import annotations

from typing import Any

import aiohttp
from jsonschema.exceptions import ValidationError, best_match
from jsonschema.validators import validator_for
from rasa.core.actions.action import RemoteAction
from rasa.core.channels.channel import OutputChannel
from rasa.core.nlg import NaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import ClientResponseError, EndpointConfig, concat_url

LIMIT = 3.2
"""Seconds an action may take: a little more than the 2.5 that it waits for knowledge."""

_schema = RemoteAction.action_response_format_spec()
_validator_class = validator_for(_schema)
_validator_class.check_schema(_schema)
_validator = _validator_class(_schema)
_stock_run = RemoteAction.run


class FailureCollector(OutputChannel):
    """An output channel that also hears of failures."""

    def add_failure(self, failure: Exception) -> None:
        """Note that an action failed while the turn was handled."""
        raise NotImplementedError


def validate_result(_: RemoteAction, result: dict[str, Any]) -> bool:
    """Whether the action server's response is of the form Rasa asks for.

    Raises:
        ValidationError: it is not; the same error that `jsonschema.validate` picks.
    """
    error: ValidationError | None = best_match(_validator.iter_errors(result))
    if error is not None:
        error.message += ". The response of the action server is not as Rasa asks for it."
        raise error
    return True


async def run_and_report(
    self: RemoteAction,
    output_channel: OutputChannel,
    nlg: NaturalLanguageGenerator,
    tracker: DialogueStateTracker,
    domain: Domain,
) -> list[Event]:
    """Run the action as Rasa does, and tell the output channel if it failed."""
    try:
        events: list[Event] = await _stock_run(self, output_channel, nlg, tracker, domain)
        return events
    except Exception as failure:  # Whatever it was: it is passed on, only told as well.
        if isinstance(output_channel, FailureCollector):
            output_channel.add_failure(failure)
        raise


def install() -> None:
    """Put the two functions above in place of Rasa's, for this process."""
    RemoteAction._validate_action_result = validate_result
    RemoteAction.run = run_and_report


class ActionEndpoint(EndpointConfig):
    """The action server, over connections that stay open."""

    def __init__(self, endpoint: EndpointConfig) -> None:
        super().__init__(url=endpoint.url, params=endpoint.params, **endpoint.kwargs)
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=LIMIT),
            headers={"Content-Type": "application/json"},
        )

    async def request(
        self,
        method: str = "post",
        subpath: str | None = None,
        content_type: str | None = "application/json",
        compress: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Send what Rasa sends; its own time limit, 300 s, is left out.

        Raises:
            ClientResponseError: the answer's status is 400 or above.
            aiohttp.ClientError, asyncio.TimeoutError: there is no answer.
        """
        async with self._session.request(
            method, concat_url(self.url, subpath), json=kwargs.get("json")
        ) as response:
            if response.status >= 400:
                raise ClientResponseError(response.status, response.reason, await response.text())
            return await response.json()

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()
