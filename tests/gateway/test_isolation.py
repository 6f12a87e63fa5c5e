"""Nothing of one municipality is reachable with another one's session, by any staff route."""

import pytest
from sqlalchemy import select, update

from gateway.app import ENDPOINTS
from gateway.endpoints import Guard
from gateway.keys import DATABASE
from gateway.tables import ConversationRow, StaffRow

STAFF = [each for each in ENDPOINTS if each.guard in (Guard.SESSION, Guard.CHANGE)]
BODIES = {
    "messages": {"text": "hej"},
    "transfer": {"to": None, "note": ""},
    "resolve": {"outcome": "closed"},
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


async def test_lists_hold_only_ones_own_municipality(api, operator, stranger) -> None:
    """Queue and colleagues of Fjordvik know nothing of Ekhamn."""
    resident = await api.resident()
    await resident.want_person()
    assert {"waiting": [], "own": []} == await stranger.queue()
    found = (await stranger.ask("GET", "/api/v1/desk/operators")).json["operators"]
    assert ["operator@fjordvik.example"] == [each["email"] for each in found]


@pytest.mark.parametrize(
    "endpoint",
    [each for each in STAFF if each.tag == "editor" and "preview" not in each.path],
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
        ("POST", "/close", None),
        ("GET", "/transcript?format=text", None),
        ("POST", "/transcript", {"email": "ingen@exempel.example"}),
        ("DELETE", "", None),
    ):
        options = {} if body is None else {"json": body}
        assert 401 == (await thief.ask(method, path, **options)).status
    assert 1 == len(await other.transcript())
