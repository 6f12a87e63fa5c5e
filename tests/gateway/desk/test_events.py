"""The desk's WebSocket."""

import asyncio

import pytest
from aiohttp import WSMsgType, WSServerHandshakeError

from gateway.conversations import Conversations
from gateway.desk.board import Board
from gateway.keys import BOARDS, DATABASE
from gateway.types import Role, Staff


async def test_the_queue_comes_on_connecting_and_within_a_second_of_a_change(api, operator) -> None:
    """A conversation that begins to wait appears by itself."""
    async with operator.events() as socket:
        first = await socket.receive_json(timeout=20)
        assert {"type": "queue", "queue": {"waiting": [], "own": []}} == first
        resident = await api.resident()
        await resident.want_person()
        frame = await socket.receive_json(timeout=20)
    assert ("lines", [resident.id], []) == (frame["type"], frame["waiting"], frame["own"])
    assert [resident.id] == [item["id"] for item in frame["lines"]]


async def test_own_conversations_are_followed_live(api, operator) -> None:
    """What the resident writes in one's own conversation comes as a message, once."""
    resident = await api.resident()
    await resident.want_person()
    async with operator.events() as socket:
        await socket.receive_json(timeout=20)
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
        await socket.receive_json(timeout=20)
        await operator.desk(resident.id, "claim")
        while (await socket.receive_json(timeout=20))["type"] != "message":
            pass
        await resident.write("hallå?")
        await _frames_until(socket, "hallå?")


async def test_a_colleagues_conversation_is_not_followed(api, operator, colleague) -> None:
    """Messages go to whoever has the conversation, and to nobody else."""
    resident = await api.resident()
    await resident.want_person()
    await colleague.desk(resident.id, "claim")
    async with operator.events() as socket:
        await socket.receive_json(timeout=20)
        await resident.write("hemligt")
        other = await api.resident()
        await other.want_person()
        frame = await socket.receive_json(timeout=20)
    assert [other.id] == frame["waiting"]
    assert "hemligt" not in str(frame)


async def test_other_municipalities_are_silent(api, operator) -> None:
    """Fjordvik's queue never reaches Ekhamn's desk."""
    async with operator.events() as socket:
        await socket.receive_json(timeout=20)
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
        frame = await socket.receive_json(timeout=20)
        assert 4 == frame["queue"]["own"][0]["last_seq"]
        await resident.write("efter avbrottet")
        frames = await _frames_until(socket, "efter avbrottet")
    assert [5] == [frame["message"]["seq"] for frame in frames if frame["type"] == "message"]


async def test_signing_out_closes_the_desk(operator) -> None:
    """The connections of a session end with it."""
    async with operator.events() as socket:
        await socket.receive_json(timeout=20)
        assert 204 == (await operator.ask("DELETE", "/api/v1/session")).status
        frame = await socket.receive(timeout=20)
    assert (WSMsgType.CLOSE, 4401) == (frame.type, frame.data)


async def test_signing_in_elsewhere_leaves_the_desk_open(operator, sign_in) -> None:
    """Another session of the same person ends without this one."""
    other = await sign_in("operator@ekhamn.example")
    async with operator.events() as socket:
        await socket.receive_json(timeout=20)
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
        assert "queue" == (await socket.receive_json(timeout=20))["type"]


async def test_a_burst_ends_with_the_right_queue(api, operator) -> None:
    """Many changes at once may be told together, but the last word is the whole truth."""
    async with operator.events() as socket:
        await socket.receive_json(timeout=20)
        residents = await asyncio.gather(*(api.resident() for _ in range(12)))
        await asyncio.gather(*(resident.want_person() for resident in residents))
        waiting: list[str] = []
        while len(waiting) < 12:
            frame = await socket.receive_json(timeout=20)
            waiting = frame["waiting"]
    assert {resident.id for resident in residents} == set(waiting)


async def test_a_note_is_told_to_desks_that_have_the_conversation(
    api, operator, colleague, sign_in
) -> None:
    """By the conversation's id: to whoever may read it, and to no other municipality."""
    stranger = await sign_in("admin@fjordvik.example")
    resident = await api.resident()
    await resident.want_person()
    async with operator.events() as socket, stranger.events() as theirs:
        await socket.receive_json(timeout=20)
        await theirs.receive_json(timeout=20)
        answer = await colleague.desk(resident.id, "notes", {"text": "Bor i villa"})
        assert 201 == answer.status
        frame = await socket.receive_json(timeout=20)
        assert {"type": "note", "conversation": resident.id} == frame
        with pytest.raises(TimeoutError):
            await theirs.receive_json(timeout=0.3)


async def test_only_lines_that_read_otherwise_are_sent_again(api, operator) -> None:
    """The order comes whole; of 3 waiting conversations only the one that changed comes anew."""
    residents = [await api.resident() for _ in range(3)]
    for resident in residents:
        await resident.want_person()
    async with operator.events() as socket:
        first = await socket.receive_json(timeout=20)
        await residents[1].write("och en sak till")
        frame = await socket.receive_json(timeout=20)
    ids = [resident.id for resident in residents]
    assert ids == [item["id"] for item in first["queue"]["waiting"]] == frame["waiting"]
    assert [(ids[1], "och en sak till")] == [
        (item["id"], item["last_text"]) for item in frame["lines"]
    ]


async def test_nobody_elses_talk_makes_the_queue_be_read(
    api, operator, colleague, monkeypatch
) -> None:
    """What is said to the bot or to a colleague: no reading for desks it does not concern."""
    held, talking = await api.resident(), await api.resident()
    await held.want_person()
    await colleague.desk(held.id, "claim")
    read: list[str] = []
    refresh = Board._refresh

    async def counted(self) -> None:
        read.append("read")
        await refresh(self)

    async with operator.events() as socket:
        await socket.receive_json(timeout=20)
        monkeypatch.setattr(Board, "_refresh", counted)
        await held.write("till kollegan")
        await talking.write("till boten")
        assert [] == read
        await talking.want_person()
        frame = await socket.receive_json(timeout=20)
    assert (["read"], [talking.id]) == (read, frame["waiting"])


async def test_desks_that_ask_at_once_share_a_reading(api, monkeypatch) -> None:
    """Ten at the same moment: one reading; who asks while it runs gets a later one."""
    staff = Staff(id=1, municipality="ekhamn", email="", name="", role=Role.OPERATOR)
    board = Board(api.client.app[DATABASE], "ekhamn")
    running, go_on = asyncio.Event(), asyncio.Event()
    refresh = Board._refresh
    read: list[str] = []

    async def slow(self) -> None:
        read.append("read")
        running.set()
        await go_on.wait()
        await refresh(self)

    monkeypatch.setattr(Board, "_refresh", slow)
    first = asyncio.gather(*(board.read(staff) for _ in range(10)))
    await running.wait()
    resident = await api.resident()
    await resident.want_person()
    later = asyncio.gather(*(board.read(staff) for _ in range(10)))
    go_on.set()
    await first
    queues = await later
    assert [[resident.id]] * 10 == [[item.id for item in queue.waiting] for queue in queues]
    assert ["read", "read"] == read


async def test_a_board_is_kept_no_longer_than_a_desk_is_open(api) -> None:
    """It holds what people wrote; with the last desk it goes."""
    boards = api.client.app[BOARDS]
    with boards.open("ekhamn") as one:
        with boards.open("ekhamn") as other:
            assert one is other
        with boards.open("ekhamn") as again:
            assert one is again
    with boards.open("ekhamn") as anew:
        assert one is not anew


async def _frames_until(socket, text: str) -> list[dict]:
    frames = []
    while True:
        frames.append(await socket.receive_json(timeout=20))
        if frames[-1].get("message", {}).get("text") == text:
            return frames
