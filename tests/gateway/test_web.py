"""What every answer carries, who may call from where, and what is written down."""

import logging

import pytest
from sqlalchemy.exc import OperationalError

from gateway.keys import DATABASE

ALLOWED = "https://www.ekhamn.example"
STRANGE = "https://evil.example"


@pytest.mark.parametrize("path", ["/", "/desk", "/api/openapi.json", "/health/live", "/nothing"])
async def test_security_headers(api, path) -> None:
    """Pages run only their own scripts and stand in nobody's frame."""
    headers = (await api.ask("GET", path)).headers
    policy = headers["Content-Security-Policy"].split("; ")
    assert {"default-src 'self'", "frame-ancestors 'none'"} <= set(policy)
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "nosniff" == headers["X-Content-Type-Options"]
    assert "strict-origin-when-cross-origin" == headers["Referrer-Policy"]
    assert "Svar" == headers["Server"]


async def test_conversations_are_kept_by_no_cache(api) -> None:
    """What a conversation answers is for its page alone."""
    resident = await api.resident()
    answer = await resident.ask("GET", "/messages")
    assert "no-store" == answer.headers["Cache-Control"]


async def test_an_allowed_website_may_call(api) -> None:
    """The preflight and the answers name the website, errors too."""
    preflight = await api.ask(
        "OPTIONS", "/api/v1/conversations/x/messages", headers={"Origin": ALLOWED}
    )
    assert 204 == preflight.status
    assert ALLOWED == preflight.headers["Access-Control-Allow-Origin"]
    assert "Authorization" in preflight.headers["Access-Control-Allow-Headers"]
    begun = await api.ask(
        "POST",
        "/api/v1/conversations",
        json={"municipality": "ekhamn"},
        headers={"Origin": ALLOWED},
    )
    assert (201, ALLOWED, "Origin") == (
        begun.status,
        begun.headers["Access-Control-Allow-Origin"],
        begun.headers["Vary"],
    )
    refused = await api.ask("POST", "/api/v1/conversations", headers={"Origin": ALLOWED})
    assert (400, ALLOWED) == (refused.status, refused.headers["Access-Control-Allow-Origin"])


@pytest.mark.parametrize(
    ("municipality", "origin"),
    [("ekhamn", STRANGE), ("fjordvik", ALLOWED), ("ekhamn", "null")],
)
async def test_other_websites_may_not(api, municipality, origin) -> None:
    """Another website, or one of another municipality, is refused."""
    answer = await api.ask(
        "POST",
        "/api/v1/conversations",
        json={"municipality": municipality},
        headers={"Origin": origin},
    )
    assert 403 == answer.status
    resident = await api.resident(municipality, {"ekhamn": "sv"}.get(municipality, "nb"))
    for method, path, body in (
        ("GET", "/messages", None),
        ("POST", "/messages", {"text": "hej"}),
        ("POST", "/handoff", {"reason": "asked"}),
        ("POST", "/feedback", {"message": 1, "helpful": True}),
        ("DELETE", "", None),
    ):
        options = {} if body is None else {"json": body}
        answer = await resident.ask(method, path, headers={"Origin": origin}, **options)
        assert 403 == answer.status
    if origin == STRANGE:
        assert "Access-Control-Allow-Origin" not in answer.headers


async def test_the_gateways_own_pages_may(api) -> None:
    """The demo sites are served by the gateway itself."""
    own = str(api.client.make_url("")).rstrip("/")
    answer = await api.ask(
        "POST",
        "/api/v1/conversations",
        json={"municipality": "ekhamn"},
        headers={"Origin": own},
    )
    assert 201 == answer.status


async def test_facts_and_texts_may_be_read_from_anywhere(api) -> None:
    """They are public and carry no cookie."""
    for path in ("/api/v1/municipalities/ekhamn", "/api/v1/texts/sv"):
        answer = await api.ask("GET", path, headers={"Origin": STRANGE})
        assert "*" == answer.headers["Access-Control-Allow-Origin"]
        assert "Access-Control-Allow-Credentials" not in answer.headers


async def test_staff_routes_have_no_cors(api, operator) -> None:
    """No website may read what a session can."""
    answer = await operator.ask("GET", "/api/v1/desk/queue", headers={"Origin": ALLOWED})
    assert "Access-Control-Allow-Origin" not in answer.headers


async def test_health_and_figures(api, bot_server, knowledge_server) -> None:
    """Live and ready also without bot and articles; the figures count what happened."""
    await bot_server.close()
    await knowledge_server.close()
    resident = await api.resident()
    await resident.write("mitt nummer är 811228-9841")
    assert {"status": "live"} == (await api.ask("GET", "/health/live")).json
    assert {"status": "ready", "missing": []} == (await api.ask("GET", "/health/ready")).json
    figures = (await api.ask("GET", "/metrics")).text
    assert 'svar_gateway_turns_total{outcome="failed"} 1.0' in figures
    assert 'svar_gateway_masked_total{kind="personnummer"} 1.0' in figures
    route = 'route="/api/v1/conversations/{conversation}/messages"'
    assert f'svar_gateway_requests_total{{method="POST",{route},status="200"}} 1.0' in figures
    assert resident.id not in figures


async def test_without_its_database_the_gateway_is_not_ready(api) -> None:
    """503 names what is missing."""

    def broken():
        raise OperationalError("", None, Exception("gone"))

    api.client.app[DATABASE].reading = broken
    answer = await api.ask("GET", "/health/ready")
    assert (503, ["database"]) == (answer.status, answer.json["missing"])


async def test_logs_hold_no_words_tokens_or_query_strings(
    api, caplog, bot, operator, accounts
) -> None:
    """Everything a conversation and a session go through, at the most talkative level."""
    caplog.set_level(logging.DEBUG)
    resident = await api.resident()
    await resident.write("en hemlighet som ingen ska läsa")
    bot.reply = lambda turn: {"messages": [{"text": turn["text"], "choices": "hemlighet"}]}
    await resident.write("en hemlighet till")
    async with resident.events(after=1):
        pass
    await resident.want_person()
    await operator.desk(resident.id, "claim")
    await operator.desk(resident.id, "messages", {"text": "hemlighet"})
    await api.ask("GET", "/demo/ekhamn/hemlighet?q=hemlighet")
    for secret in (
        "hemlighet",
        resident.token,
        operator.cookie.partition("=")[2],
        operator.csrf,
        accounts["operator@ekhamn.example"],
    ):
        assert secret not in caplog.text


async def test_the_access_log_names_the_route(api, caplog) -> None:
    """Method, pattern, status and time: enough to find what is slow or broken."""
    caplog.set_level(logging.INFO)
    await api.ask("GET", "/api/v1/conversations/secret-id/messages?after=5")
    lines = [record.message for record in caplog.records if record.name == "aiohttp.access"]
    assert 1 == len(lines)
    assert lines[0].startswith("GET /api/v1/conversations/{conversation}/messages 401 ")
    assert "secret-id" not in caplog.text
