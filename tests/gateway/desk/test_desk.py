"""The operators' desk over its API."""

import asyncio

import pytest


async def _waiting(api, text: str = "Vad kostar bygglov?", **options):
    resident = await api.resident(**options)
    await resident.write(text)
    await resident.want_person()
    return resident


async def test_the_queue_shows_who_waits_oldest_first(api, operator) -> None:
    """A line says what it is about, in which language, and since when."""
    first = await _waiting(api, "första")
    second = await _waiting(api, "andra")
    await second.write("och en sak till")
    queue = await operator.queue()
    assert [first.id, second.id] == [item["id"] for item in queue["waiting"]]
    assert [] == queue["own"]
    item = queue["waiting"][1]
    assert ("waiting", "sv", None, "och en sak till", 5) == tuple(
        item[key] for key in ("status", "language", "operator", "last_text", "last_seq")
    )
    assert ("asked", "andra", "andra") == tuple(
        item["handoff"][key] for key in ("reason", "topic", "summary")
    )
    assert item["waiting_since"] == item["handoff"]["requested_at"]


async def test_claim_gives_the_conversation_with_its_messages(api, operator) -> None:
    """Who claims sees the whole transcript, and has it from then on."""
    resident = await _waiting(api)
    answer = await operator.desk(resident.id, "claim")
    assert 200 == answer.status
    view = answer.json
    assert ("with_operator", "Ekhamns kontaktcenter") == (view["status"], view["operator"])
    assert [1, 2, 3, 4, 5] == [message["seq"] for message in view["messages"]]
    queue = await operator.queue()
    assert ([], [resident.id]) == (queue["waiting"], [item["id"] for item in queue["own"]])
    again = await operator.ask("GET", f"/api/v1/desk/conversations/{resident.id}")
    assert view["messages"] == again.json["messages"]


async def test_of_twenty_claims_at_once_exactly_one_succeeds(api, operator, colleague) -> None:
    """Ten rounds, two operators with ten requests each: one 200, nineteen 409."""
    for _ in range(10):
        resident = await api.resident()
        await resident.want_person()
        answers = await asyncio.gather(
            *(staff.desk(resident.id, "claim") for staff in [operator, colleague] * 10)
        )
        assert [200] + [409] * 19 == sorted(answer.status for answer in answers)
        (won,) = [answer for answer in answers if answer.status == 200]
        joined = [text for author, text in await resident.transcript() if author == "system"][1:]
        assert 1 == len(joined)
        assert won.json["operator"] in joined[0]
        winner = operator if won.json["operator"] == operator.session["name"] else colleague
        await winner.desk(resident.id, "resolve", {"outcome": "closed"})


async def test_the_operator_writes_and_the_resident_reads(api, operator) -> None:
    """An operator's message arrives in the resident's transcript."""
    resident = await _waiting(api)
    await operator.desk(resident.id, "claim")
    answer = await operator.desk(resident.id, "messages", {"text": "  Hej! Ring 031-390 06 00. "})
    assert 200 == answer.status
    (message,) = answer.json["messages"]
    assert ("operator", "Hej! Ring 031-390 06 00.") == (message["author"], message["text"])
    assert ("operator", "Hej! Ring 031-390 06 00.") == (await resident.transcript())[-1]


async def test_identity_numbers_of_operators_are_masked_too(api, operator) -> None:
    """Nobody's identity number is stored, whoever writes it."""
    resident = await _waiting(api)
    await operator.desk(resident.id, "claim")
    answer = await operator.desk(resident.id, "messages", {"text": "Är du 811228-9841?"})
    assert "Är du [personnummer]?" == answer.json["messages"][0]["text"]
    await operator.desk(resident.id, "transfer", {"to": None, "note": "gäller 811228-9841"})
    (item,) = (await operator.queue())["waiting"]
    assert "gäller [personnummer]" == item["handoff"]["transfers"][0]["note"]


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("messages", {"text": "hej"}),
        ("transfer", {"to": None, "note": ""}),
        ("resolve", {"outcome": "answered"}),
    ],
)
async def test_only_who_has_a_conversation_may_act_in_it(
    api, operator, colleague, action, body
) -> None:
    """Waiting, held by a colleague, or with the bot: 409, and nothing changes."""
    resident = await _waiting(api)
    before = await resident.transcript()
    assert 409 == (await operator.desk(resident.id, action, body)).status
    assert before == await resident.transcript()
    await colleague.desk(resident.id, "claim")
    held = await operator.desk(resident.id, action, body)
    assert (409, [("", "conflict")]) == (held.status, held.codes)
    await colleague.desk(resident.id, "resolve", {"outcome": "answered"})
    assert 409 == (await operator.desk(resident.id, action, body)).status


async def test_transfer_to_a_colleague_with_a_note(api, operator, colleague, texts) -> None:
    """The colleague has it at once, with the note and who sent it; the resident is told."""
    resident = await _waiting(api)
    await operator.desk(resident.id, "claim")
    body = {"to": "Admin@Ekhamn.example", "note": "Gäller en villa."}
    async with colleague.events() as socket:
        await socket.receive_json(timeout=20)
        answer = await operator.desk(resident.id, "transfer", body)
    assert ("with_operator", "Ekhamns förvaltare") == (
        answer.json["status"],
        answer.json["operator"],
    )
    assert [] == (await operator.queue())["own"]
    (item,) = (await colleague.queue())["own"]
    (transfer,) = item["handoff"]["transfers"]
    assert ("Ekhamns kontaktcenter", "Ekhamns förvaltare", "Gäller en villa.") == tuple(
        transfer[key] for key in ("sender", "receiver", "note")
    )
    assert ("system", texts("sv", "system.transferred")) == (await resident.transcript())[-1]
    assert 409 == (await operator.desk(resident.id, "messages", {"text": "hej"})).status


@pytest.mark.parametrize("state", [None, "away", "busy"])
async def test_who_cannot_take_a_conversation_is_not_given_one(
    api, operator, colleague, state
) -> None:
    """Without an open desk, away or busy: a fault of the field, and nothing has changed."""
    resident = await _waiting(api)
    await operator.desk(resident.id, "claim")
    before = await resident.transcript()
    body = {"to": "admin@ekhamn.example", "note": "x"}
    if state is None:
        answer = await operator.desk(resident.id, "transfer", body)
    else:
        async with colleague.events() as socket:
            await socket.receive_json(timeout=20)
            await colleague.ask("PUT", "/api/v1/desk/presence", json={"state": state})
            answer = await operator.desk(resident.id, "transfer", body)
    assert (422, [("to", state or "absent")]) == (answer.status, answer.codes)
    (item,) = (await operator.queue())["own"]
    assert (resident.id, []) == (item["id"], item["handoff"]["transfers"])
    assert before == await resident.transcript()


@pytest.mark.parametrize("municipalities_folder", ["conversations_at_once = 2"], indirect=True)
async def test_transfers_at_once_stay_within_the_colleagues_limit(api, operator, colleague) -> None:
    """Beside a claim of their own: never more than they may have, and the list says so."""
    passed = [await _waiting(api) for _ in range(2)]
    own = [await _waiting(api) for _ in range(2)]
    for resident in passed:
        await operator.desk(resident.id, "claim")
    async with colleague.events() as socket:
        await socket.receive_json(timeout=20)
        body = {"to": "admin@ekhamn.example", "note": ""}
        answers = await asyncio.gather(
            *(operator.desk(resident.id, "transfer", body) for resident in passed),
            *(colleague.desk(resident.id, "claim") for resident in own),
        )
        (seen,) = (await operator.ask("GET", "/api/v1/desk/operators")).json["operators"]
    assert 2 == [answer.status for answer in answers].count(200)
    refused = {answer.status: answer.codes for answer in answers[:2] if answer.status != 200}
    assert refused in ({}, {422: [("to", "limit")]})
    assert 2 == len((await colleague.queue())["own"])
    assert (True, True) == (seen["there"], seen["full"])


async def test_transfer_back_to_the_queue_keeps_the_place(api, operator, texts) -> None:
    """Who waited longest still waits longest."""
    first = await _waiting(api, "första")
    second = await _waiting(api, "andra")
    await operator.desk(first.id, "claim")
    answer = await operator.desk(first.id, "transfer", {"to": None, "note": "måste gå"})
    assert "waiting" == answer.json["status"]
    assert [first.id, second.id] == [item["id"] for item in (await operator.queue())["waiting"]]
    assert ("system", texts("sv", "system.returned_to_queue")) == (await first.transcript())[-1]


@pytest.mark.parametrize(
    ("receiver", "code"),
    [
        ("operator@ekhamn.example", "invalid"),
        ("nobody@ekhamn.example", "unknown"),
        ("editor@ekhamn.example", "unknown"),
        ("operator@fjordvik.example", "unknown"),
    ],
)
async def test_transfer_to_nobody_who_can_take_it(api, operator, receiver, code) -> None:
    """Oneself, strangers, editors and other municipalities are no receivers."""
    resident = await _waiting(api)
    await operator.desk(resident.id, "claim")
    answer = await operator.desk(resident.id, "transfer", {"to": receiver, "note": ""})
    assert (422, [("to", code)]) == (answer.status, answer.codes)
    assert [resident.id] == [item["id"] for item in (await operator.queue())["own"]]


async def test_a_resolved_conversation_is_no_longer_for_staff(api, operator) -> None:
    """What a resident says to the bot afterwards is between them."""
    resident = await _waiting(api)
    await operator.desk(resident.id, "claim")
    await operator.desk(resident.id, "resolve", {"outcome": "referred"})
    assert {"waiting": [], "own": []} == await operator.queue()
    assert 404 == (await operator.ask("GET", f"/api/v1/desk/conversations/{resident.id}")).status
    assert 409 == (await operator.desk(resident.id, "claim")).status


async def test_the_bot_begins_anew_after_a_person(api, operator, bot) -> None:
    """A form that was half filled in before does not go on; until then it is kept."""
    resident = await _waiting(api)
    await operator.desk(resident.id, "claim")
    assert [] == bot.forgotten
    await operator.desk(resident.id, "resolve", {"outcome": "answered"})
    assert [resident.id] == bot.forgotten


async def test_a_second_handoff_is_a_new_one(api, operator) -> None:
    """After a resolved handoff the next one has its own reason and notes."""
    resident = await _waiting(api, "första frågan")
    await operator.desk(resident.id, "claim")
    await operator.desk(resident.id, "transfer", {"to": None, "note": "gammal"})
    await operator.desk(resident.id, "claim")
    await operator.desk(resident.id, "resolve", {"outcome": "answered"})
    await resident.write("andra frågan")
    await resident.want_person()
    (item,) = (await operator.queue())["waiting"]
    assert ("andra frågan", []) == (item["handoff"]["topic"], item["handoff"]["transfers"])


async def test_colleagues_and_who_is_there(operator, colleague) -> None:
    """The others at the desk, without editors, with who has it open."""
    async with colleague.events():
        found = (await operator.ask("GET", "/api/v1/desk/operators")).json
    expected = {
        "email": "admin@ekhamn.example",
        "name": "Ekhamns förvaltare",
        "there": True,
        "state": "available",
        "full": False,
    }
    assert {"operators": [expected]} == found


async def test_an_erased_conversation_leaves_the_queue(api, operator) -> None:
    """A resident who erases is not shown any more."""
    resident = await _waiting(api)
    await resident.ask("DELETE")
    assert [] == (await operator.queue())["waiting"]
    assert 404 == (await operator.desk(resident.id, "claim")).status


async def test_messages_have_the_same_limits_as_residents(api, operator) -> None:
    """Empty and over-long messages are refused with their field."""
    resident = await _waiting(api)
    await operator.desk(resident.id, "claim")
    for text, code in (("  ", "required"), ("x" * 2001, "too_long")):
        answer = await operator.desk(resident.id, "messages", {"text": text})
        assert (422, [("text", code)]) == (answer.status, answer.codes)
    outcome = await operator.desk(resident.id, "resolve", {"outcome": "eaten"})
    assert [("outcome", "unknown")] == outcome.codes
