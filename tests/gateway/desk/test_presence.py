"""What operators choose to be, who counts as there, and how many conversations one may have."""

import asyncio

import pytest

PRESENCE = "/api/v1/desk/presence"


async def _choose(staff, state: str):
    answer = await staff.ask("PUT", PRESENCE, json={"state": state})
    assert 200 == answer.status, answer.text
    return answer.json


async def _promise(api) -> str:
    """What a resident who asks for a person is told."""
    resident = await api.resident()
    return (await resident.want_person())["messages"][-1]["text"]


@pytest.mark.parametrize("state", ["busy", "away"])
async def test_only_who_is_available_counts_as_there(api, operator, texts, state) -> None:
    """An open desk promises nobody while its only operator is busy or away."""
    there = texts("sv", "system.waiting_operator_there")
    async with operator.events() as socket:
        await socket.receive_json(timeout=20)
        assert (await _promise(api)).startswith(there)
        await _choose(operator, state)
        assert not (await _promise(api)).startswith(there)
        await _choose(operator, "available")
        assert (await _promise(api)).startswith(there)
    assert not (await _promise(api)).startswith(there)


async def test_a_choice_outlasts_the_page_and_the_gateway(
    operator, start_gateway, settings, api
) -> None:
    """Kept with the session: not lost by a reload, a closed desk or a restart."""
    await _choose(operator, "away")
    async with operator.events():
        assert "away" == (await operator.ask("GET", PRESENCE)).json["state"]
    await api.client.close()
    again = type(operator)(
        await start_gateway(settings), operator.cookie, operator.csrf, operator.session
    )
    assert "away" == (await again.ask("GET", PRESENCE)).json["state"]


async def test_a_choice_ends_with_its_session(operator, sign_in) -> None:
    """Whoever signs out and in again is available."""
    await _choose(operator, "away")
    await operator.ask("DELETE", "/api/v1/session")
    again = await sign_in("operator@ekhamn.example")
    assert "available" == (await again.ask("GET", PRESENCE)).json["state"]


async def test_the_newest_choice_counts_in_every_session(operator, sign_in, colleague) -> None:
    """One person is one thing, in however many browsers."""
    other = await sign_in("operator@ekhamn.example")
    await _choose(operator, "away")
    await _choose(other, "busy")
    assert "busy" == (await operator.ask("GET", PRESENCE)).json["state"]
    async with operator.events():
        (seen,) = (await colleague.ask("GET", "/api/v1/desk/operators")).json["operators"]
    assert ("busy", False) == (seen["state"], seen["there"])


async def test_colleagues_see_it_live(operator, colleague) -> None:
    """A colleague's arrival, choice and departure come by themselves; one's own too."""
    seen = []
    async with operator.events() as socket:
        await socket.receive_json(timeout=20)
        async with colleague.events():
            seen.append(await socket.receive_json(timeout=20))
            await _choose(colleague, "busy")
            seen.append(await socket.receive_json(timeout=20))
        seen.append(await socket.receive_json(timeout=20))
        await _choose(operator, "away")
        seen.append(await socket.receive_json(timeout=20))
    assert ["presence"] * 4 == [frame["type"] for frame in seen]
    states = [
        (frame["presence"]["state"], frame["presence"]["operators"][0]["state"]) for frame in seen
    ]
    assert [
        ("available", "available"),
        ("available", "busy"),
        ("available", None),
        ("away", None),
    ] == states


async def test_another_municipality_is_not_told(api, operator, sign_in) -> None:
    """Fjordvik's presence is Fjordvik's own."""
    stranger = await sign_in("admin@fjordvik.example")
    async with stranger.events() as socket:
        await socket.receive_json(timeout=20)
        await _choose(operator, "busy")
        with pytest.raises(TimeoutError):
            await socket.receive_json(timeout=0.3)
    found = (await stranger.ask("GET", PRESENCE)).json
    assert ["operator@fjordvik.example"] == [each["email"] for each in found["operators"]]


async def test_an_unknown_state_is_refused(operator) -> None:
    """With its field and code."""
    answer = await operator.ask("PUT", PRESENCE, json={"state": "asleep"})
    assert (422, [("state", "unknown")]) == (answer.status, answer.codes)


@pytest.mark.parametrize("municipalities_folder", ["conversations_at_once = 2"], indirect=True)
async def test_claiming_beyond_the_limit_is_refused(waiting, operator, colleague) -> None:
    """The one too many waits on for a colleague; it can be claimed when another is finished."""
    one, two, three = [await waiting() for _ in range(3)]
    assert [200, 200] == [(await operator.desk(each.id, "claim")).status for each in (one, two)]
    refused = await operator.desk(three.id, "claim")
    assert (409, [("", "limit")]) == (refused.status, refused.codes)
    assert [three.id] == [item["id"] for item in (await operator.queue())["waiting"]]
    await operator.desk(one.id, "resolve", {"outcome": "answered"})
    assert 200 == (await operator.desk(three.id, "claim")).status
    assert 2 == (await colleague.ask("GET", PRESENCE)).json["conversations_at_once"]


async def test_claiming_many_at_once_stays_within_the_limit(waiting, operator) -> None:
    """Eight claims at the same moment: four conversations, four refusals."""
    residents = [await waiting() for _ in range(8)]
    answers = await asyncio.gather(*(operator.desk(each.id, "claim") for each in residents))
    assert [200] * 4 + [409] * 4 == sorted(answer.status for answer in answers)
    assert 4 == len((await operator.queue())["own"])


@pytest.mark.parametrize("municipalities_folder", ["conversations_at_once = 1"], indirect=True)
async def test_what_another_has_is_no_matter_of_the_limit(waiting, operator, colleague) -> None:
    """At the limit, a conversation that a colleague has is refused for that, as ever."""
    mine, theirs = await waiting(), await waiting()
    await operator.desk(mine.id, "claim")
    await colleague.desk(theirs.id, "claim")
    refused = await operator.desk(theirs.id, "claim")
    assert (409, [("", "conflict")]) == (refused.status, refused.codes)
