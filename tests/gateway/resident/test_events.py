"""The conversation's WebSocket."""

import asyncio

import pytest
from aiohttp import WSMsgType, WSServerHandshakeError


async def test_messages_come_as_they_are_stored_with_the_status(api, operator) -> None:
    """Each message comes once, in order, with the conversation's status."""
    resident = await api.resident()
    async with resident.events(after=1) as socket:
        assert "svar" == socket.protocol
        await resident.write("hej")
        await resident.want_person()
        await operator.desk(resident.id, "claim")
        frames = [await socket.receive_json(timeout=20) for _ in range(4)]
    assert [2, 3, 4, 5] == [frame["seq"] for frame in frames]
    assert ["resident", "bot", "system", "system"] == [frame["author"] for frame in frames]
    assert "with_operator" == frames[-1]["status"]


async def test_resume_sends_what_was_missed(api) -> None:
    """A page that comes back gets what was said meanwhile, and nothing twice."""
    resident = await api.resident()
    await resident.write("ett")
    async with resident.events(after=2) as socket:
        assert 3 == (await socket.receive_json(timeout=20))["seq"]
    await resident.write("två")
    async with resident.events(after=3) as socket:
        missed = [(await socket.receive_json(timeout=20))["seq"] for _ in range(2)]
        await resident.write("tre")
        live = [(await socket.receive_json(timeout=20))["seq"] for _ in range(2)]
    assert ([4, 5], [6, 7]) == (missed, live)


async def test_two_pages_get_the_same(api) -> None:
    """Two tabs of one conversation both see everything."""
    resident = await api.resident()
    async with resident.events() as first, resident.events() as second:
        await resident.write("hej")
        for socket in (first, second):
            seqs = [(await socket.receive_json(timeout=20))["seq"] for _ in range(3)]
            assert [1, 2, 3] == seqs


async def test_the_token_may_come_in_the_header(api) -> None:
    """Programs that can set headers need no subprotocol."""
    resident = await api.resident()
    async with api.client.ws_connect(f"{resident.path}/events", headers=resident.headers) as socket:
        assert 1 == (await socket.receive_json(timeout=20))["seq"]


@pytest.mark.parametrize("protocols", [(), ("svar",), ("svar", "bearer.wrong")])
async def test_without_the_token_nothing_opens(api, protocols) -> None:
    """The handshake is refused without the right token."""
    resident = await api.resident()
    with pytest.raises(WSServerHandshakeError) as refusal:
        await api.client.ws_connect(f"{resident.path}/events", protocols=protocols)
    assert 401 == refusal.value.status


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://www.ekhamn.example", None),
        ("https://evil.example", 403),
        ("null", 403),
    ],
)
async def test_only_the_municipalitys_websites_may_connect(api, origin, status) -> None:
    """A browser's Origin is checked before the handshake."""
    resident = await api.resident()
    headers = {**resident.headers, "Origin": origin}
    if status is None:
        async with api.client.ws_connect(f"{resident.path}/events", headers=headers) as socket:
            await socket.receive_json(timeout=20)
        return
    with pytest.raises(WSServerHandshakeError) as refusal:
        await api.client.ws_connect(f"{resident.path}/events", headers=headers)
    assert status == refusal.value.status


async def test_an_erased_conversation_closes_its_pages(api) -> None:
    """The other tab learns that the conversation is gone."""
    resident = await api.resident()
    async with resident.events(after=1) as socket:
        await resident.ask("DELETE")
        frame = await socket.receive(timeout=20)
        assert (WSMsgType.CLOSE, 4404) == (frame.type, frame.data)


async def test_shutdown_closes_the_sockets_at_once(api) -> None:
    """A gateway that stops says so to its pages and doesn't wait for them."""
    resident = await api.resident()
    socket = await api.client.ws_connect(
        f"{resident.path}/events?after=1", headers=resident.headers
    )
    closing = asyncio.create_task(api.client.server.close())
    frame = await socket.receive(timeout=20)
    assert (WSMsgType.CLOSE, 1001) == (frame.type, frame.data)
    await asyncio.wait_for(closing, 3)


async def test_what_a_page_sends_is_dropped(api) -> None:
    """Words belong into POST; the socket stays open."""
    resident = await api.resident()
    async with resident.events() as socket:
        await socket.send_str('{"text": "hej"}')
        assert 1 == (await socket.receive_json(timeout=20))["seq"]
        await resident.write("hej")
        assert 2 == (await socket.receive_json(timeout=20))["seq"]


async def test_a_bad_after_is_refused(api) -> None:
    """?after= must be a seq."""
    resident = await api.resident()
    for value in ("-1", "x", "1e3", ""):
        answer = await resident.ask("GET", f"/messages?after={value}")
        assert (422, [("after", "invalid")]) == (answer.status, answer.codes)
