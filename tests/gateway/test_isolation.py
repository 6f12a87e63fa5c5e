"""Nothing of one municipality is reachable with another one's session, by any staff route."""

import re

import pytest
from sqlalchemy import select, update

from gateway.app import ENDPOINTS
from gateway.endpoints import Guard
from gateway.keys import CONVERSATIONS, DATABASE, QUESTIONS
from gateway.tables import CaseEntryRow, CaseMailRow, ConversationRow, QuestionCaseRow, StaffRow

STAFF = [each for each in ENDPOINTS if each.guard in (Guard.SESSION, Guard.CHANGE)]
BODIES = {
    "messages": {"text": "hej"},
    "transfer": {"to": None, "note": ""},
    "resolve": {"outcome": "closed"},
    "notes": {"text": "hej"},
    "suggestions": {"message": 1},
}


@pytest.fixture
async def stranger(sign_in):
    """Fjordvik's administrator, who may do everything there."""
    return await sign_in("admin@fjordvik.example")


@pytest.mark.parametrize(
    "endpoint",
    [each for each in STAFF if "{conversation}" in each.path],
    ids=lambda each: f"{each.method} {each.path}",
)
async def test_a_strangers_conversation_does_not_exist(api, operator, stranger, endpoint) -> None:
    """Waiting or held: another municipality's conversation is 404 and stays as it is."""
    waiting, held = await api.resident(), await api.resident()
    for resident in (waiting, held):
        await resident.want_person()
    await operator.desk(held.id, "claim")
    for resident in (waiting, held):
        before = await resident.transcript()
        path = endpoint.path.format(conversation=resident.id)
        body = BODIES.get(path.rpartition("/")[2])
        options = {} if body is None else {"json": body}
        assert 404 == (await stranger.ask(endpoint.method, path, **options)).status
        assert before == await resident.transcript()
    queue = await operator.queue()
    assert ([waiting.id], [held.id]) == (
        [item["id"] for item in queue["waiting"]],
        [item["id"] for item in queue["own"]],
    )


async def test_holding_is_not_enough_across_municipalities(api, operator, stranger) -> None:
    """Even a row that names the stranger as its operator is out of the stranger's reach."""
    resident = await api.resident()
    await resident.want_person()
    await operator.desk(resident.id, "claim")
    async with api.client.app[DATABASE].writing() as session:
        email = stranger.session["email"]
        staff_id = await session.scalar(select(StaffRow.id).where(StaffRow.email == email))
        await session.execute(update(ConversationRow).values(operator_id=staff_id))
    before = await resident.transcript()
    for action, body in BODIES.items():
        assert 404 == (await stranger.desk(resident.id, action, body)).status
    assert {"waiting": [], "own": []} == await stranger.queue()
    assert before == await resident.transcript()


CASE_BODIES = {
    "reply": {"text": "hej", "close": True},
    "department": {"department": None, "note": ""},
}


@pytest.mark.parametrize(
    "endpoint",
    [each for each in STAFF if "{reference}" in each.path],
    ids=lambda each: f"{each.method} {each.path}",
)
async def test_a_strangers_case_does_not_exist(api, stranger, endpoint) -> None:
    """Another municipality's case is 404, is in no list, and stays as it is."""
    resident = await api.resident()
    app = api.client.app
    conversation = await app[CONVERSATIONS].open(resident.id, resident.token)
    left = await app[QUESTIONS].leave(conversation, "x@exempel.example", "Hemlig fråga", "here")

    async def rows() -> list[object]:
        async with app[DATABASE].reading() as session:
            return [
                tuple((await session.execute(select(*table.__table__.columns))).all())
                for table in (QuestionCaseRow, CaseEntryRow, CaseMailRow)
            ]

    before = await rows()
    path = endpoint.path.format(reference=left.reference)
    body = CASE_BODIES.get(path.rpartition("/")[2])
    options = {} if body is None else {"json": body}
    assert 404 == (await stranger.ask(endpoint.method, path, **options)).status
    assert before == await rows()
    assert [] == (await stranger.ask("GET", "/api/v1/desk/cases")).json["cases"]


async def test_lists_hold_only_ones_own_municipality(api, operator, stranger) -> None:
    """Queue and colleagues of Fjordvik know nothing of Ekhamn."""
    resident = await api.resident()
    await resident.want_person()
    assert {"waiting": [], "own": []} == await stranger.queue()
    found = (await stranger.ask("GET", "/api/v1/desk/operators")).json["operators"]
    assert ["operator@fjordvik.example"] == [each["email"] for each in found]


@pytest.mark.parametrize(
    "endpoint",
    [
        each
        for each in STAFF
        if each.tag == "editor" and not {"preview", "suggestions"} & set(each.path.split("/"))
    ],
    ids=lambda each: f"{each.method} {each.path}",
)
async def test_knowledge_is_asked_about_the_sessions_municipality(
    stranger, knowledge, endpoint
) -> None:
    """Whatever the request says, the municipality is that of the session."""
    path = endpoint.path.format(article="bygglov", revision="1")
    options = {} if endpoint.body is None else {"json": {"municipality": "ekhamn", "title": "x"}}
    query = "?municipality=ekhamn" if endpoint.method == "GET" else ""
    await stranger.ask(endpoint.method, path + query, **options)
    ((_, asked, parameters, body),) = knowledge.asked
    assert asked.startswith("/v1/municipalities/fjordvik/")
    assert "municipality" not in {**parameters, **(body or {})}


@pytest.mark.parametrize(
    "endpoint",
    [each for each in STAFF if each.tag == "notice"],
    ids=lambda each: f"{each.method} {each.path}",
)
async def test_a_strangers_notice_does_not_exist(api, editor, stranger, endpoint) -> None:
    """It is in no list of Fjordvik's, can't be touched from there, and is not shown there."""
    period = {"starts_at": "2020-01-01T00:00:00Z", "ends_at": "2100-01-01T00:00:00Z"}
    path = "/api/v1/editor/notices"
    made = await editor.ask("POST", path, json={"texts": {"sv": "Avstängt."}, **period})
    body = {"texts": {"nb": "Stengt."}, **period}
    options = {} if endpoint.body is None else {"json": body}
    answer = await stranger.ask(
        endpoint.method, endpoint.path.format(notice=made.json["id"]), **options
    )
    assert ("{notice}" in endpoint.path) == (404 == answer.status)
    assert "Avstängt." not in answer.text
    assert [made.json] == (await editor.ask("GET", path)).json["notices"]
    assert "Avstängt." not in (await api.ask("GET", "/fjordvik")).text


@pytest.mark.parametrize("article", ["..%2F..%2Fekhamn%2Farticles%2Fbygglov", "%2e%2e", "a%2Fb"])
async def test_an_article_id_is_no_way_into_another_municipality(
    stranger, knowledge, article
) -> None:
    """Slashes and dots in an id stay part of the id."""
    await stranger.ask("GET", f"/api/v1/editor/articles/{article}")
    for _, asked, _, _ in knowledge.asked:
        assert asked.startswith("/v1/municipalities/fjordvik/articles/")
        assert "/ekhamn/articles/bygglov" != asked[-24:] or "fjordvik" in asked


async def test_a_token_opens_only_its_own_conversation(api) -> None:
    """Another conversation's token is as good as none."""
    mine, other = await api.resident(), await api.resident("fjordvik", "nb")
    thief = type(mine)(api, other.id, mine.token)
    for method, path, body in (
        ("GET", "/messages", None),
        ("POST", "/messages", {"text": "hej"}),
        ("POST", "/handoff", {"reason": "asked"}),
        ("POST", "/feedback", {"message": 1, "helpful": True}),
        ("POST", "/case", {"email": "x@exempel.example", "text": "hej"}),
        ("POST", "/close", None),
        ("GET", "/transcript?format=text", None),
        ("POST", "/transcript", {"email": "ingen@exempel.example"}),
        ("DELETE", "", None),
    ):
        options = {} if body is None else {"json": body}
        assert 401 == (await thief.ask(method, path, **options)).status
    assert 1 == len(await other.transcript())


@pytest.mark.parametrize("kind", ["replies", "suggestions"])
async def test_a_strangers_row_does_not_exist(operator, editor, stranger, api, kind) -> None:
    """Canned replies and suggestions have numbers anyone could guess: they open nothing."""
    resident = await api.resident()
    await resident.want_person()
    await operator.desk(resident.id, "claim")
    sent = (await operator.desk(resident.id, "messages", {"text": "Ja."})).json["messages"]
    await operator.desk(resident.id, "suggestions", {"message": sent[0]["seq"]})
    reply = {"title": "Hej", "text": "Hej!"}
    await operator.ask("POST", "/api/v1/desk/replies", json=reply)
    owner, path = {
        "replies": (operator, "/api/v1/desk/replies"),
        "suggestions": (editor, "/api/v1/editor/suggestions"),
    }[kind]
    before = (await owner.ask("GET", path)).json
    (row,) = before[kind]
    assert {kind: []} == (await stranger.ask("GET", path)).json
    for endpoint in STAFF:
        if re.fullmatch(rf"{path}/{{\w+}}(/done)?", endpoint.path):
            asked = re.sub(r"{\w+}", str(row["id"]), endpoint.path)
            options = {} if endpoint.body is None else {"json": reply}
            assert 404 == (await stranger.ask(endpoint.method, asked, **options)).status
    assert before == (await owner.ask("GET", path)).json


@pytest.mark.parametrize(
    "municipalities_folder", ["desk_may_pull = true"], indirect=True, ids=["may_pull"]
)
async def test_what_the_desk_lists_is_ones_own(api, operator, stranger, knowledge) -> None:
    """What goes on with the bot, what was resolved, who is there, and where is searched."""
    talking, resolved = await api.resident(), await api.resident()
    await talking.write("Vad kostar bygglov?")
    await resolved.want_person()
    await operator.desk(resolved.id, "claim")
    await operator.desk(resolved.id, "resolve", {"outcome": "answered"})
    for path in ("active", "resolved"):
        found = (await stranger.ask("GET", f"/api/v1/desk/{path}")).json["conversations"]
        assert [] == found
    presence = (await stranger.ask("GET", "/api/v1/desk/presence")).json
    assert "ekhamn" not in str(presence)
    await stranger.ask("GET", "/api/v1/desk/search?query=garage&municipality=ekhamn")
    assert "/v1/municipalities/fjordvik/search" == knowledge.asked[-1][1]
