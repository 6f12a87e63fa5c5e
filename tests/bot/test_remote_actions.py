from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from aiohttp import web
from rasa.core.actions.action import RemoteAction
from rasa.core.nlg import TemplatedNaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.exceptions import RasaException
from rasa.utils.endpoints import ClientResponseError, EndpointConfig

from bot.components import remote_actions
from bot.components.remote_actions import ActionEndpoint, validate_result
from bot.components.turn_output import TurnFailedError, TurnOutput

GOOD = [
    {"events": [], "responses": []},
    {"events": [{"event": "slot", "name": "language", "value": "sv"}], "responses": []},
    {"events": [], "responses": [{"text": "hej"}]},
    {},
]
BAD: list[Any] = [
    {"events": [{"event": "slot"}], "responses": []},
    {"events": [{"event": "no such event"}], "responses": []},
    {"events": "none", "responses": []},
    {"events": [], "responses": ["hej"]},
    [],
    None,
]
STOCK_RUN = RemoteAction.run
STOCK_VALIDATION = RemoteAction._validate_action_result


@pytest.fixture(autouse=True)
def _stock_afterwards() -> Iterator[None]:
    yield
    RemoteAction.run = STOCK_RUN
    RemoteAction._validate_action_result = STOCK_VALIDATION


@pytest.mark.parametrize("result", GOOD)
def test_a_good_result_passes_as_in_stock_rasa(result: Any) -> None:
    """Both say that the result is of the right form."""
    action = RemoteAction("action_test", None)

    assert STOCK_VALIDATION(action, result) is True
    assert validate_result(action, result) is True


@pytest.mark.parametrize("result", BAD)
def test_a_bad_result_fails_as_in_stock_rasa(result: Any) -> None:
    """Both raise, and find the same fault in the same place."""
    action = RemoteAction("action_test", None)
    with pytest.raises(jsonschema.ValidationError) as stock:
        STOCK_VALIDATION(action, result)

    with pytest.raises(jsonschema.ValidationError) as ours:
        validate_result(action, result)

    assert stock.value.absolute_path == ours.value.absolute_path
    assert stock.value.validator == ours.value.validator


def test_the_schema_is_not_checked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes half of a stock turn is done once, before the first turn."""

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("the schema was checked again")

    monkeypatch.setattr(remote_actions._validator_class, "check_schema", refuse)

    assert validate_result(RemoteAction("action_test", None), GOOD[1]) is True


async def _run(endpoint: EndpointConfig | None, output: TurnOutput) -> Any:
    return await RemoteAction("action_test", endpoint).run(
        output,
        TemplatedNaturalLanguageGenerator({}),
        DialogueStateTracker.from_events("c1", []),
        Domain.empty(),
    )


async def test_a_failed_action_reaches_the_output() -> None:
    """Rasa goes on when an action fails; the channel must not."""
    remote_actions.install()
    output = TurnOutput()

    with pytest.raises(RasaException):
        await _run(None, output)

    with pytest.raises(TurnFailedError, match="no endpoint"):
        output.raise_if_failed()


async def test_a_bad_result_reaches_the_output(aiohttp_server_of: Any) -> None:
    """A result of the wrong form is a failed action, too."""
    remote_actions.install()
    output = TurnOutput()
    endpoint = ActionEndpoint(
        EndpointConfig(await aiohttp_server_of(lambda _: web.json_response({"events": "none"})))
    )

    with pytest.raises(jsonschema.ValidationError):
        await _run(endpoint, output)
    await endpoint.close()

    with pytest.raises(TurnFailedError, match="not as Rasa asks for it"):
        output.raise_if_failed()


async def test_an_error_status_is_raised_as_rasa_knows_it(aiohttp_server_of: Any) -> None:
    """The action server's refusal has its status and its words."""
    url = await aiohttp_server_of(lambda _: web.json_response({"error": "gone"}, status=503))
    endpoint = ActionEndpoint(EndpointConfig(url))

    with pytest.raises(ClientResponseError) as raised:
        await endpoint.request(json={"next_action": "action_test"}, timeout=300)
    await endpoint.close()

    assert raised.value.status == 503
    assert "gone" in raised.value.text


async def test_an_action_has_a_time_limit(
    aiohttp_server_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The 300 s that Rasa would wait are not waited."""

    async def never(_: web.Request) -> web.Response:
        await asyncio.sleep(30)
        return web.Response()

    monkeypatch.setattr(remote_actions, "LIMIT", 0.05)
    endpoint = ActionEndpoint(EndpointConfig(await aiohttp_server_of(never)))

    with pytest.raises(asyncio.TimeoutError):
        await endpoint.request(json={"next_action": "action_test"}, timeout=300)
    await endpoint.close()
