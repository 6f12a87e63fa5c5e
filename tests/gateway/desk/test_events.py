"""The desk's WebSocket."""

import asyncio

import pytest
from aiohttp import WSMsgType, WSServerHandshakeError

from gateway.conversations import Conversations


async def test_the_queue_comes_on_connecting_and_within_a_second_of_a_change(api, operator) -> None:
    """A conversation that begins to wait appears by itself."""
    async with operator.events() as socket:
        first = await socket.receive_json(timeout=2)
        assert {"type": "queue", "queue": {"waiting": [], "own": []}} == first
        resident = await api.resident()
        await resident.want_person()
        frame = await socket.receive_json(timeout=1)
    assert [resident.id] == [item["id"] for item in frame["queue"]["waiting"]]


async def test_own_conversations_are_followed_live(api, operator) -> None:
    """What the resident writes in one's own conversation comes as a message, once."""
    resident = await api.resident()
    await resident.want_person()
    async with operator.events() as socket:
        await socket.receive_json(timeout=2)
        await operator.desk(resident.id, "claim")
        await resident.write("hallå?")
        frames = await _frames_until(socket, "hallå?")
    messages = [frame for frame in frames if frame["type"] == "message"]
    assert [resident.id] * 2 == [frame["conversation"] for frame in messages]
    assert [3, 4] == [frame["message"]["seq"] for frame in messages]
    assert "with_operator" == messages[-1]["status"]


async def test_a_message_stored_while_reading_is_told_later(api, operator, monkeypatch) -> None:
    """The conversation's counter may be ahead of what was read; nothing is skipped for it."""
    read = Conversations.read

    async def ahead(self, conversation, after):
        current, messages = await read(self, conversation, after)
        return current.model_copy(update={"last_seq": current.last_seq + 1}), messages

    monkeypatch.setattr(Conversations, "read", ahead)
    resident = await api.resident()
    await resident.want_person()
    async with operator.events() as socket:
        await socket.receive_json(timeout=2)
        await operator.desk(resident.id, "claim")
        while (await socket.receive_json(timeout=2))["type"] != "message":
            pass
        await resident.write("hallå?")
        await _frames_until(socket, "hallå?")


async def test_a_colleagues_conversation_is_not_followed(api, operator, colleague) -> None:
    """Messages go to whoever has the conversation, and to nobody else."""
    resident = await api.resident()
    await resident.want_person()
    await colleague.desk(resident.id, "claim")
    async with operator.events() as socket:
        await socket.receive_json(timeout=2)
        await resident.write("hemligt")
        other = await api.resident()
        await other.want_person()
        frame = await socket.receive_json(timeout=2)
    assert [other.id] == [item["id"] for item in frame["queue"]["waiting"]]
    assert "hemligt" not in str(frame)


async def test_other_municipalities_are_silent(api, operator) -> None:
    """Fjordvik's queue never reaches Ekhamn's desk."""
    async with operator.events() as socket:
        await socket.receive_json(timeout=2)
        await (await api.resident("fjordvik", "nb")).want_person()
        with pytest.raises(TimeoutError):
            await socket.receive_json(timeout=0.4)


async def test_reconnecting_goes_on_from_now(api, operator) -> None:
    """After a break the queue says how far own conversations are, and what is new follows."""
    resident = await api.resident()
    await resident.want_person()
    await operator.desk(resident.id, "claim")
    await resident.write("under avbrottet")
    async with operator.events() as socket:
        frame = await socket.receive_json(timeout=2)
        assert 4 == frame["queue"]["own"][0]["last_seq"]
        await resident.write("efter avbrottet")
        frames = await _frames_until(socket, "efter avbrottet")
    assert [5] == [frame["message"]["seq"] for frame in frames if frame["type"] == "message"]


async def test_signing_out_closes_the_desk(operator) -> None:
    """The connections of a session end with it."""
    async with operator.events() as socket:
        await socket.receive_json(timeout=2)
        assert 204 == (await operator.ask("DELETE", "/api/v1/session")).status
        frame = await socket.receive(timeout=2)
    assert (WSMsgType.CLOSE, 4401) == (frame.type, frame.data)


async def test_signing_in_elsewhere_leaves_the_desk_open(operator, sign_in) -> None:
    """Another session of the same person ends without this one."""
    other = await sign_in("operator@ekhamn.example")
    async with operator.events() as socket:
        await socket.receive_json(timeout=2)
        await other.ask("DELETE", "/api/v1/session")
        with pytest.raises(TimeoutError):
            await socket.receive(timeout=0.4)


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 401), ({"Cookie": "svar_session=x"}, 401)],
)
async def test_without_a_session_nothing_opens(api, headers, status) -> None:
    """The desk is for staff."""
    with pytest.raises(WSServerHandshakeError) as refusal:
        await api.client.ws_connect("/api/v1/desk/events", headers=headers)
    assert status == refusal.value.status


async def test_another_websites_page_may_not_use_the_cookie(api, operator) -> None:
    """A browser sends cookies along with any WebSocket, so its Origin decides."""
    headers = {"Cookie": operator.cookie, "Origin": "https://www.ekhamn.example"}
    with pytest.raises(WSServerHandshakeError) as refusal:
        await api.client.ws_connect("/api/v1/desk/events", headers=headers)
    assert 403 == refusal.value.status
    own = str(api.client.make_url("")).rstrip("/")
    headers["Origin"] = own
    async with api.client.ws_connect("/api/v1/desk/events", headers=headers) as socket:
        assert "queue" == (await socket.receive_json(timeout=2))["type"]


async def test_a_burst_ends_with_the_right_queue(api, operator) -> None:
    """Many changes at once may be told together, but the last word is the whole truth."""
    async with operator.events() as socket:
        await socket.receive_json(timeout=2)
        residents = await asyncio.gather(*(api.resident() for _ in range(12)))
        await asyncio.gather(*(resident.want_person() for resident in residents))
        waiting: list[str] = []
        while len(waiting) < 12:
            frame = await socket.receive_json(timeout=2)
            waiting = [item["id"] for item in frame["queue"]["waiting"]]
    assert {resident.id for resident in residents} == set(waiting)


async def _frames_until(socket, text: str) -> list[dict]:
    frames = []
    while True:
        frames.append(await socket.receive_json(timeout=2))
        if frames[-1].get("message", {}).get("text") == text:
            return frames
