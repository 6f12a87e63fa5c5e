"""What stands beside a conversation: passages, notes, canned replies, suggestions, a contact."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from gateway.cases import CONTACT_HOURS, Cases
from gateway.keys import DATABASE, MUNICIPALITIES
from gateway.tables import ContactRow, NoteRow, SuggestionRow
from gateway.transcripts import now

SEARCH = ("GET", "/v1/municipalities/ekhamn/search")
HIT = {
    "chunk": "bygglov#avgift",
    "article": "bygglov",
    "title": "Söka bygglov",
    "heading": "Avgift",
    "url": "/bygglov#avgift",
    "updated": "2026-03-12",
    "text": "Ett bygglov kostar 8 900 kr.",
    "score": 0.5,
}
SOURCE = {key: HIT[key] for key in ("article", "title", "heading", "url", "updated")}
PHONE = "070-174 06 77"
REPLIES = "/api/v1/desk/replies"


def _path(resident, part: str) -> str:
    return f"/api/v1/desk/conversations/{resident.id}/{part}"


async def _aside(staff, resident):
    return (await staff.ask("GET", _path(resident, "aside"))).json


# Passages


async def test_passages_answer_the_residents_last_question(held, operator, knowledge) -> None:
    """Not the wish for a person; in the words and with the page that the bot would use."""
    knowledge.replies[SEARCH] = (200, {"results": [HIT]})
    resident = await held("Vad kostar bygglov?")
    found = (await operator.ask("GET", _path(resident, "passages"))).json
    assert {
        "query": "Vad kostar bygglov?",
        "passages": [{"text": HIT["text"], "source": SOURCE}],
    } == found
    await resident.write("och ett garage?")
    found = (await operator.ask("GET", _path(resident, "passages"))).json
    assert "och ett garage?" == found["query"]
    asked = [query for _, path, query, _ in knowledge.asked if path.endswith("/search")]
    assert {"q": "och ett garage?", "limit": "4", "language": "sv"} == asked[-1]


async def test_a_wish_in_other_letters_is_no_question(api, operator, bot, knowledge, texts) -> None:
    """Who types what the button for a person says, in capitals, has asked nothing new."""
    knowledge.replies[SEARCH] = (200, {"results": [HIT]})
    person = {
        "title": texts("sv", "choice.person.title"),
        "text": texts("sv", "choice.person.text"),
    }
    bot.says({"text": "Menar du …", "choices": [{**person, "chunk": None, "action": "handoff"}]})
    resident = await api.resident()
    await resident.write("Vad kostar bygglov?")
    assert "waiting" == (await resident.write(person["text"].upper() + "!"))["status"]
    found = (await operator.ask("GET", _path(resident, "passages"))).json
    assert "Vad kostar bygglov?" == found["query"]


async def test_without_a_question_there_is_nothing_to_search(api, operator) -> None:
    """Whoever only asked for a person gets an empty list, and knowledge is not asked."""
    resident = await api.resident()
    await resident.want_person()
    found = (await operator.ask("GET", _path(resident, "passages"))).json
    assert {"query": "", "passages": []} == found


@pytest.mark.parametrize("reply", [(500, {}), (200, {"results": [{"text": "x"}]}), (404, {})])
async def test_without_knowledge_the_desk_says_so(held, operator, knowledge, reply) -> None:
    """503, and nothing else of the desk is touched."""
    knowledge.replies[SEARCH] = reply
    resident = await held()
    assert 503 == (await operator.ask("GET", _path(resident, "passages"))).status
    assert 200 == (await operator.ask("GET", _path(resident, "aside"))).status


async def test_searching_the_pages(operator, knowledge) -> None:
    """Any words, of the session's municipality alone."""
    knowledge.replies[SEARCH] = (200, {"results": [HIT]})
    found = await operator.ask("GET", "/api/v1/desk/search?query=garage&municipality=fjordvik")
    assert ["/bygglov#avgift"] == [each["source"]["url"] for each in found.json["passages"]]
    for query, code in (("%20", "required"), ("x" * 2001, "too_long")):
        answer = await operator.ask("GET", f"/api/v1/desk/search?query={query}")
        assert (422, [("query", code)]) == (answer.status, answer.codes)


# Notes


async def test_notes_are_for_staff_only(held, operator, colleague) -> None:
    """Colleagues see them with who wrote them; the resident never does, live or later."""
    resident = await held()
    before = await resident.transcript()
    async with resident.events(after=len(before)) as socket:
        added = await operator.desk(resident.id, "notes", {"text": " Ring bygglovsenheten "})
        assert 201 == added.status
        with pytest.raises(TimeoutError):
            await socket.receive_json(timeout=0.3)
    assert before == await resident.transcript()
    (note,) = (await _aside(colleague, resident))["notes"]
    assert ("Ekhamns kontaktcenter", "Ring bygglovsenheten") == (note["author"], note["text"])


async def test_personal_data_is_masked_in_notes(held, operator) -> None:
    """A contact the resident shared does not outlast its day in a note."""
    resident = await held()
    note = (await operator.desk(resident.id, "notes", {"text": f"Nås på {PHONE}"})).json
    assert PHONE not in note["text"] and note["text"].startswith("Nås på [")


async def test_notes_are_erased_with_the_conversation(api, held, operator, settings) -> None:
    """Nothing of them is left, not even in the database's file."""
    resident = await held()
    await operator.desk(resident.id, "notes", {"text": "kvarlagd anteckning"})
    assert 204 == (await resident.ask("DELETE")).status
    async with api.client.app[DATABASE].reading() as session:
        assert 0 == await session.scalar(select(func.count()).select_from(NoteRow))
    await api.client.close()
    assert b"kvarlagd anteckning" not in b"".join(
        file.read_bytes() for file in settings.var.glob("gateway.db*")
    )


# Canned replies


async def test_canned_replies_are_the_municipalitys(operator, colleague, sign_in) -> None:
    """Added, changed and removed by operators and administrators; unknown to other places."""
    written = {"title": "Hälsning", "text": "Hej! {operator} på {municipality}."}
    added = await operator.ask("POST", REPLIES, json=written)
    assert (201, "Ekhamns kontaktcenter") == (added.status, added.json["changed_by"])
    path = f"{REPLIES}/{added.json['id']}"
    changed = await colleague.ask("PUT", path, json={**written, "title": "A"})
    assert ("A", "Ekhamns förvaltare") == (changed.json["title"], changed.json["changed_by"])
    stranger = await sign_in("admin@fjordvik.example")
    assert [] == (await stranger.ask("GET", REPLIES)).json["replies"]
    assert 404 == (await stranger.ask("PUT", path, json=written)).status
    assert 404 == (await stranger.ask("DELETE", path)).status
    assert [changed.json] == (await operator.ask("GET", REPLIES)).json["replies"]
    assert [204, 404] == [(await operator.ask("DELETE", path)).status for _ in range(2)]
    assert [] == (await operator.ask("GET", REPLIES)).json["replies"]


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ({"title": "", "text": "x"}, ("title", "required")),
        ({"title": "x" * 81, "text": "x"}, ("title", "too_long")),
        ({"title": "x", "text": "Hej {namn}"}, ("text", "placeholder")),
        ({"title": "x", "text": " "}, ("text", "required")),
    ],
)
async def test_a_reply_that_can_not_be_used_is_refused(operator, written, fault) -> None:
    """With its field, before anyone sends it with an unfilled placeholder."""
    answer = await operator.ask("POST", REPLIES, json=written)
    assert (422, [fault]) == (answer.status, answer.codes)


@pytest.mark.parametrize("number", ["0", "x", "9" * 19, "-1", "%C2%B2"])
async def test_a_number_that_is_none(operator, number) -> None:
    """404, whatever stands there."""
    assert 404 == (await operator.ask("DELETE", f"{REPLIES}/{number}")).status


# Suggestions to the editors


async def test_an_answer_becomes_a_suggestion_to_the_editors(held, operator, editor) -> None:
    """Question, answer, pages, language, by whom; the same message twice is one suggestion."""
    resident = await held("Får jag bygga ett garage?")
    sent = (await operator.desk(resident.id, "messages", {"text": "Ja, om det är lågt."})).json
    seq = sent["messages"][0]["seq"]
    body = {"message": seq, "sources": [SOURCE]}
    answers = [await operator.desk(resident.id, "suggestions", body) for _ in range(2)]
    assert [201, 201] == [answer.status for answer in answers]
    assert answers[0].json["id"] == answers[1].json["id"]
    (listed,) = (await editor.ask("GET", "/api/v1/editor/suggestions")).json["suggestions"]
    assert (
        "Får jag bygga ett garage?",
        "Ja, om det är lågt.",
        [SOURCE],
        "sv",
        "Ekhamns kontaktcenter",
    ) == tuple(listed[key] for key in ("question", "answer", "sources", "language", "suggested_by"))
    assert [seq] == (await _aside(operator, resident))["suggested"]
    done = f"/api/v1/editor/suggestions/{listed['id']}/done"
    assert [200, 200] == [(await editor.ask("POST", done)).status for _ in range(2)]
    assert [] == (await editor.ask("GET", "/api/v1/editor/suggestions")).json["suggestions"]


async def test_only_operators_messages_can_be_suggested(held, operator) -> None:
    """Neither the resident's words nor the bot's, nor what nobody wrote."""
    resident = await held()
    for seq in (1, 2, 99):
        answer = await operator.desk(resident.id, "suggestions", {"message": seq})
        assert (422, [("message", "unknown")]) == (answer.status, answer.codes)


async def test_a_source_must_be_a_page(held, operator) -> None:
    """A script's address never becomes a link on the editors' page."""
    resident = await held()
    sent = (await operator.desk(resident.id, "messages", {"text": "Ja."})).json
    body = {
        "message": sent["messages"][0]["seq"],
        "sources": [{**SOURCE, "url": "javascript:alert(1)"}],
    }
    answer = await operator.desk(resident.id, "suggestions", body)
    assert (422, "invalid") == (answer.status, answer.codes[0][1])


async def test_suggestions_stay_in_their_municipality(held, operator, sign_in) -> None:
    """Fjordvik's editors neither see nor finish Ekhamn's; operators have no list."""
    resident = await held()
    sent = (await operator.desk(resident.id, "messages", {"text": "Ja."})).json
    body = {"message": sent["messages"][0]["seq"]}
    made = (await operator.desk(resident.id, "suggestions", body)).json
    stranger = await sign_in("editor@fjordvik.example")
    assert [] == (await stranger.ask("GET", "/api/v1/editor/suggestions")).json["suggestions"]
    assert (
        404 == (await stranger.ask("POST", f"/api/v1/editor/suggestions/{made['id']}/done")).status
    )
    assert 403 == (await operator.ask("GET", "/api/v1/editor/suggestions")).status


async def test_erasing_takes_the_residents_words_out_of_a_suggestion(
    api, held, operator, editor
) -> None:
    """What the operator answered stays; what the resident wrote and where goes."""
    resident = await held("en högst egen fråga")
    sent = (await operator.desk(resident.id, "messages", {"text": "Ja."})).json
    await operator.desk(resident.id, "suggestions", {"message": sent["messages"][0]["seq"]})
    await resident.ask("DELETE")
    (listed,) = (await editor.ask("GET", "/api/v1/editor/suggestions")).json["suggestions"]
    assert ("", "Ja.") == (listed["question"], listed["answer"])
    async with api.client.app[DATABASE].reading() as session:
        assert None is await session.scalar(select(SuggestionRow.conversation_id))


# A contact for this conversation


async def test_a_contact_is_shown_to_who_has_the_conversation_and_stands_nowhere_else(
    api, held, operator, colleague, texts
) -> None:
    """Asked for, given once, kept beside: not in the transcript, the queue or the events."""
    resident = await held()
    asked = await operator.desk(resident.id, "contact")
    question = texts("sv", "system.contact_asked", operator="Ekhamns kontaktcenter")
    assert [question] == [message["text"] for message in asked.json["messages"]]
    assert (await _aside(operator, resident))["contact"]["contact"] is None
    back = await resident.write(f"Ja, {PHONE} eller 070-174 06 78")
    assert texts("sv", "system.contact_shared") == back["messages"][1]["text"]
    assert PHONE == (await _aside(operator, resident))["contact"]["contact"]
    assert (await _aside(colleague, resident))["contact"] is None
    view = await operator.ask("GET", f"/api/v1/desk/conversations/{resident.id}")
    queue = await operator.ask("GET", "/api/v1/desk/queue")
    everywhere = str(await resident.transcript()) + view.text + queue.text
    assert "174 06" not in everywhere


async def test_only_the_next_message_may_hold_it(held, operator, texts) -> None:
    """Later numbers are masked and gone, as ever; so are those that nobody asked for."""
    resident = await held()
    back = await resident.write(PHONE)
    assert texts("sv", "system.masked") == back["messages"][1]["text"]
    await operator.desk(resident.id, "contact")
    await resident.write("nej tack")
    back = await resident.write(PHONE)
    assert texts("sv", "system.masked") == back["messages"][1]["text"]
    assert (await _aside(operator, resident))["contact"]["contact"] is None


async def test_it_follows_the_conversation_to_the_next_operator(held, operator, colleague) -> None:
    """Who hands over doesn't see it any more; who gets it does."""
    resident = await held()
    await operator.desk(resident.id, "contact")
    await resident.write(PHONE)
    async with colleague.events() as socket:
        await socket.receive_json(timeout=20)
        await operator.desk(resident.id, "transfer", {"to": "admin@ekhamn.example", "note": ""})
    assert (await _aside(operator, resident))["contact"] is None
    assert PHONE == (await _aside(colleague, resident))["contact"]["contact"]


async def test_what_the_bot_asked_for_is_not_the_operators(api, bot, operator, texts) -> None:
    """A number given to the fault form's question after a person came in is masked and gone."""
    bot.says({"text": "Hur når vi dig?", "asks": "contact"})
    resident = await api.resident()
    await resident.write("lampan är trasig")
    await resident.want_person()
    await operator.desk(resident.id, "claim")
    back = await resident.write(PHONE)
    assert texts("sv", "system.masked") == back["messages"][1]["text"]
    assert (await _aside(operator, resident))["contact"] is None


async def test_it_never_goes_along_with_a_case(api, held, operator, bot) -> None:
    """Shared with a person, so not mailed when the bot's form is sent afterwards."""
    resident = await held()
    await operator.desk(resident.id, "contact")
    await resident.write(PHONE)
    await operator.desk(resident.id, "resolve", {"outcome": "answered"})
    bot.says(
        {
            "text": "Tack! {reference}",
            "case": {"kind": "lamp", "title": "x", "place": "y", "contact": True},
        }
    )
    await resident.write("skicka")
    async with api.client.app[DATABASE].reading() as session:
        rows = (await session.scalars(select(ContactRow))).all()
    assert [(None, PHONE)] == [(row.case_id, row.contact) for row in rows]


async def test_it_is_gone_after_a_day(api, held, operator) -> None:
    """The table's own limit holds for it."""
    resident = await held()
    await operator.desk(resident.id, "contact")
    await resident.write(PHONE)
    app = api.client.app
    cases = Cases(app[DATABASE], app[MUNICIPALITIES])
    assert 0 == await cases.forget_contacts(now() + timedelta(hours=CONTACT_HOURS - 1))
    assert 1 == await cases.forget_contacts(now() + timedelta(hours=CONTACT_HOURS, minutes=1))
    assert (await _aside(operator, resident))["contact"] is None


async def test_only_who_has_the_conversation_asks(waiting, operator, colleague, texts) -> None:
    """A conversation that waits or that a colleague has is left alone."""
    resident = await waiting()
    assert 409 == (await operator.desk(resident.id, "contact")).status
    await colleague.desk(resident.id, "claim")
    before = await resident.transcript()
    assert 409 == (await operator.desk(resident.id, "contact")).status
    assert before == await resident.transcript()


async def test_asking_twice_at_once_leaves_one_question_open(api, held, operator) -> None:
    """Two presses: the last question is the one that the next message answers."""
    resident = await held()
    await asyncio.gather(*(operator.desk(resident.id, "contact") for _ in range(2)))
    await resident.write(PHONE)
    async with api.client.app[DATABASE].reading() as session:
        rows = (await session.scalars(select(ContactRow.contact))).all()
    assert [PHONE] == rows
