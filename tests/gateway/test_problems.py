"""Bad input: a clear error in the words of its field, and nothing half done."""

import pytest

BEGIN = "/api/v1/conversations"


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        ({}, [("municipality", "required")]),
        ({"municipality": "atlantis"}, [("municipality", "unknown")]),
        ({"municipality": 5}, [("municipality", "invalid")]),
        ({"municipality": None}, [("municipality", "invalid")]),
        ({"municipality": "ekhamn", "language": "nb"}, [("language", "unknown")]),
        ({"municipality": "ekhamn", "language": "tlh"}, [("language", "unknown")]),
        ({"municipality": "ekhamn", "language": 7}, [("language", "invalid")]),
    ],
)
async def test_beginning_a_conversation(api, body, codes) -> None:
    """An unknown municipality or language is named."""
    answer = await api.ask("POST", BEGIN, json=body)
    assert (422, codes) == (answer.status, answer.codes)


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        ({}, [("text", "required")]),
        ({"text": ""}, [("text", "required")]),
        ({"text": " \n\t "}, [("text", "required")]),
        ({"text": "\x00\x01"}, [("text", "invalid")]),
        ({"text": "x" * 2001}, [("text", "too_long")]),
        ({"text": None}, [("text", "invalid")]),
        ({"text": ["hej"]}, [("text", "invalid")]),
        ({"text": "hej", "client_id": ""}, [("client_id", "invalid")]),
        ({"text": "hej", "client_id": "x" * 65}, [("client_id", "invalid")]),
        ({"text": "hej", "client_id": 5}, [("client_id", "invalid")]),
        (
            {"text": "", "client_id": "å ä"},
            [("text", "required"), ("client_id", "invalid")],
        ),
    ],
)
async def test_writing_a_message(api, bot, body, codes) -> None:
    """Every field at fault is named, and nothing is stored."""
    resident = await api.resident()
    answer = await resident.ask("POST", "/messages", json=body)
    assert (422, codes) == (answer.status, answer.codes)
    assert "x" * 100 not in answer.text
    assert 1 == len(await resident.transcript())
    assert [] == bot.turns


async def test_the_longest_message_is_taken(api) -> None:
    """Two thousand signs, spaces around them not counted, letters outside the alphabet too."""
    resident = await api.resident()
    text = "å" * 1998 + "🏡!"
    answer = await resident.write(f"  {text}\n")
    assert text == answer["messages"][0]["text"]


async def test_control_characters_are_dropped(api) -> None:
    """Line breaks stay; what no keyboard writes goes."""
    resident = await api.resident()
    answer = await resident.write("rad ett\nrad\x00 två\x1b")
    assert "rad ett\nrad två" == answer["messages"][0]["text"]


@pytest.mark.parametrize(
    ("path", "body", "codes"),
    [
        ("/handoff", {}, [("reason", "required")]),
        ("/handoff", {"reason": "bored"}, [("reason", "unknown")]),
        ("/feedback", {}, [("message", "required"), ("helpful", "required")]),
        ("/feedback", {"message": "1", "helpful": "yes"}, [("message", "invalid"),
                                                            ("helpful", "invalid")]),
        ("/feedback", {"message": 0, "helpful": True}, [("message", "invalid")]),
    ],
)  # fmt: skip
async def test_handoff_and_feedback(api, path, body, codes) -> None:
    """The other bodies of a resident are held to their form as well."""
    resident = await api.resident()
    answer = await resident.ask("POST", path, json=body)
    assert (422, codes) == (answer.status, answer.codes)
    assert "with_bot" == (await resident.ask("GET", "/messages")).json["status"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"hej"',
        b"text=hej",
        b"\xff\xfe",
        b'{"text": "\\ud800"}',
        b'{"text": NaN}',
        b"[" * 60_000,
    ],
)
async def test_broken_json(api, data) -> None:
    """What is no JSON object is told so."""
    resident = await api.resident()
    for path in (BEGIN, f"{resident.path}/messages", f"{resident.path}/handoff"):
        answer = await api.ask("POST", path, data=data, headers=resident.headers)
        assert (400, "Bad Request") == (answer.status, answer.json["title"])
    assert 1 == len(await resident.transcript())


async def test_a_body_over_64_kilobytes(api) -> None:
    """Told by its length or found while reading."""
    resident = await api.resident()

    async def pieces():
        for _ in range(70):
            yield b" " * 1024

    for data in (b" " * (64 * 1024 + 1), pieces()):
        answer = await resident.ask("POST", "/messages", data=data)
        assert 413 == answer.status


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Basic dXNlcjpwYXNz"},
        {"Authorization": "Bearer å"},
    ],
)
async def test_a_missing_or_wrong_token(api, headers) -> None:
    """An id alone opens nothing."""
    resident = await api.resident()
    answer = await api.ask("GET", f"{resident.path}/messages", headers=headers)
    assert 401 == answer.status
    assert "Bearer" == answer.headers["WWW-Authenticate"]


async def test_an_unknown_conversation(api) -> None:
    """With whatever token: there is none."""
    headers = {"Authorization": "Bearer x"}
    for name in ("nothing", "00000000-0000-4000-8000-000000000000", "%00"):
        answer = await api.ask("GET", f"{BEGIN}/{name}/messages", headers=headers)
        assert 404 == answer.status


async def test_unknown_addresses_and_methods(api) -> None:
    """The API answers with problem details there too."""
    missing = await api.ask("GET", "/api/v1/nothing")
    assert 404 == missing.status
    wrong = await api.ask("PUT", BEGIN)
    assert 405 == wrong.status
    assert {"OPTIONS", "POST"} == set(wrong.headers["Allow"].split(","))
    for answer in (missing, wrong):
        assert "application/problem+json" == answer.headers["Content-Type"]
        assert {"type", "title", "status", "detail", "errors"} == set(answer.json)


async def test_an_unexpected_failure_says_nothing_of_what_was_written(
    api, monkeypatch, caplog
) -> None:
    """500 with problem details; the log has the place, not the words."""
    from gateway.turns import Turns

    async def fail(self, conversation, text, client_id):
        raise RuntimeError(f"cannot handle {text}")

    resident = await api.resident()
    monkeypatch.setattr(Turns, "submit", fail)
    answer = await api.client.post(
        f"{resident.path}/messages", json={"text": "hemlighet"}, headers=resident.headers
    )
    assert 500 == answer.status
    assert "hemlighet" not in await answer.text()
    assert "RuntimeError" in caplog.text
    assert "test_problems.py" in caplog.text
    assert "hemlighet" not in caplog.text
    assert resident.id not in caplog.text


async def test_sign_in(api) -> None:
    """The form's fields are named too."""
    answer = await api.ask("POST", "/api/v1/session", json={"email": " ", "password": ""})
    assert (422, [("email", "required"), ("password", "required")]) == (
        answer.status,
        answer.codes,
    )
