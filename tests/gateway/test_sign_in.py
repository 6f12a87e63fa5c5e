"""Staff's sessions: roles, CSRF, expiry, limits."""

import asyncio
import re
from datetime import timedelta

import pytest

from gateway.app import ENDPOINTS
from gateway.endpoints import Guard
from gateway.errors import NotSignedInError, TooManyError
from gateway.keys import DATABASE
from gateway.sessions import IDLE, LONGEST, WINDOW, Passwords, Sessions
from gateway.transcripts import now

STAFF = [each for each in ENDPOINTS if each.guard in (Guard.SESSION, Guard.CHANGE)]
CHANGES = [each for each in ENDPOINTS if each.guard is Guard.CHANGE]
EMAIL = "operator@ekhamn.example"


def _path(endpoint) -> str:
    return re.sub(r"\{\w+\}", "1", endpoint.path)


def _name(endpoint) -> str:
    return f"{endpoint.method} {endpoint.path}"


async def test_the_session_says_who_one_is(operator) -> None:
    """Name, role and municipality, and a CSRF token that stays the same."""
    answer = await operator.ask("GET", "/api/v1/session")
    assert operator.session == answer.json
    assert ("operator", "ekhamn", EMAIL) == tuple(
        answer.json[key] for key in ("role", "municipality", "email")
    )


async def test_the_cookie_is_guarded(api, accounts, settings, start_gateway) -> None:
    """HttpOnly, SameSite=Lax, Path=/, and Secure where the public address is https."""
    body = {"email": EMAIL, "password": accounts[EMAIL]}
    cookie = (await api.ask("POST", "/api/v1/session", json=body)).headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    public = settings.model_copy(update={"public_url": "https://svar.example"})
    secure = await (await start_gateway(public)).ask("POST", "/api/v1/session", json=body)
    assert "Secure" in secure.headers["Set-Cookie"].split("; ")
    assert "max-age" in secure.headers["Strict-Transport-Security"]


async def test_neither_password_nor_session_is_stored(settings, operator, accounts) -> None:
    """The database's files hold hashes only."""
    secrets = [operator.cookie.partition("=")[2], operator.csrf, accounts[EMAIL]]
    for file in settings.var.glob("gateway.db*"):
        for secret in secrets:
            assert secret.encode() not in file.read_bytes()


@pytest.mark.parametrize(
    ("email", "password"), [(EMAIL, "wrong"), ("nobody@ekhamn.example", "wrong")]
)
async def test_wrong_credentials(api, email, password) -> None:
    """An unknown address and a wrong password are told alike."""
    answer = await api.ask("POST", "/api/v1/session", json={"email": email, "password": password})
    assert 401 == answer.status
    assert "The e-mail address and the password don't belong together." == answer.json["detail"]


async def test_the_address_is_read_without_case_and_space(api, accounts) -> None:
    """People write their address as they like."""
    await api.staff(f" {EMAIL.upper()} ", accounts[EMAIL])


async def test_guessing_is_limited_and_limits_only_the_guesser(api, accounts) -> None:
    """After five wrong passwords not even the right one works; others can still sign in."""
    wrong = {"email": EMAIL, "password": "wrong"}
    statuses = [(await api.ask("POST", "/api/v1/session", json=wrong)).status for _ in range(6)]
    assert [401] * 5 + [429] == statuses
    right = {"email": EMAIL, "password": accounts[EMAIL]}
    answer = await api.ask("POST", "/api/v1/session", json=right)
    assert (429, [("", "too_many")]) == (answer.status, answer.codes)
    assert 0 < int(answer.headers["Retry-After"]) <= WINDOW.total_seconds()
    await api.staff("editor@ekhamn.example", accounts["editor@ekhamn.example"])


async def test_many_guesses_at_once_are_limited_too(api) -> None:
    """Twelve requests at the same time get no more tries than twelve in a row."""
    wrong = {"email": EMAIL, "password": "wrong"}
    answers = await asyncio.gather(
        *(api.ask("POST", "/api/v1/session", json=wrong) for _ in range(12))
    )
    assert [401] * 5 + [429] * 7 == sorted(answer.status for answer in answers)


async def test_signing_in_clears_earlier_mistakes(api, accounts) -> None:
    """Four mistakes, then the right password, then four more: never locked out."""
    for _ in range(2):
        for _ in range(4):
            await api.ask("POST", "/api/v1/session", json={"email": EMAIL, "password": "wrong"})
        await api.staff(EMAIL, accounts[EMAIL])


async def test_sessions_and_limits_expire(api, accounts) -> None:
    """Idle and total age end a session; the window ends a limit."""
    moment = now()
    sessions = Sessions(api.client.app[DATABASE], Passwords(), lambda: moment)
    signed_in = await sessions.sign_in(EMAIL, accounts[EMAIL], "10.0.0.1")
    moment += IDLE - timedelta(seconds=1)
    assert signed_in == await sessions.read(signed_in.token)
    moment += IDLE - timedelta(seconds=1)
    assert signed_in == await sessions.read(signed_in.token)
    moment += IDLE
    assert None is await sessions.read(signed_in.token)

    signed_in = await sessions.sign_in(EMAIL, accounts[EMAIL], "10.0.0.1")
    began = moment
    while moment - began < LONGEST - IDLE / 2:
        moment += IDLE / 2
        read = await sessions.read(signed_in.token)
    assert signed_in == read
    moment = began + LONGEST
    assert None is await sessions.read(signed_in.token)

    for _ in range(5):
        with pytest.raises(NotSignedInError):
            await sessions.sign_in(EMAIL, "wrong", "10.0.0.2")
    with pytest.raises(TooManyError):
        await sessions.sign_in(EMAIL, accounts[EMAIL], "10.0.0.2")
    moment += WINDOW
    await sessions.sign_in(EMAIL, accounts[EMAIL], "10.0.0.2")


async def test_signing_out_ends_the_session(operator) -> None:
    """The cookie opens nothing afterwards."""
    assert 204 == (await operator.ask("DELETE", "/api/v1/session")).status
    assert 401 == (await operator.ask("GET", "/api/v1/session")).status


@pytest.mark.parametrize("endpoint", STAFF, ids=_name)
async def test_every_staff_route_needs_a_session(api, endpoint) -> None:
    """Without a cookie: 401."""
    assert 401 == (await api.ask(endpoint.method, _path(endpoint))).status


@pytest.mark.parametrize("endpoint", CHANGES, ids=_name)
async def test_every_change_needs_the_csrf_token(api, sign_in, endpoint) -> None:
    """A missing or wrong token: 403, and nothing happens."""
    admin = await sign_in("admin@ekhamn.example")
    for token in ({}, {"X-CSRF-Token": ""}, {"X-CSRF-Token": "wrong"}, {"X-CSRF-Token": "å"}):
        headers = {"Cookie": admin.cookie, **token}
        answer = await api.ask(endpoint.method, _path(endpoint), headers=headers)
        assert 403 == answer.status
    assert 200 == (await admin.ask("GET", "/api/v1/session")).status


async def test_another_sessions_csrf_token_is_wrong(api, operator, sign_in) -> None:
    """The token belongs to one session."""
    other = await sign_in(EMAIL)
    headers = {"Cookie": operator.cookie, "X-CSRF-Token": other.csrf}
    assert 403 == (await api.ask("DELETE", "/api/v1/session", headers=headers)).status


@pytest.mark.parametrize(
    "endpoint", [each for each in STAFF if each.tag in ("desk", "editor")], ids=_name
)
async def test_roles(api, sign_in, knowledge, endpoint) -> None:
    """The desk is closed to editors and the editor to operators; administrators open both."""
    wrong = {"desk": "editor@ekhamn.example", "editor": EMAIL}[endpoint.tag]
    refused = await (await sign_in(wrong)).ask(endpoint.method, _path(endpoint))
    assert 403 == refused.status
    assert [] == knowledge.asked
    admin = await sign_in("admin@ekhamn.example")
    if endpoint.path.endswith("/events"):
        async with admin.events():
            return
    options = {} if endpoint.body is None else {"json": {}}
    allowed = await admin.ask(endpoint.method, _path(endpoint), **options)
    assert allowed.status not in (401, 403)


async def test_forms_of_other_websites_can_not_sign_anyone_in(api, accounts) -> None:
    """A form's content type or another website's Origin is refused."""
    body = {"email": EMAIL, "password": accounts[EMAIL]}
    form = await api.ask("POST", "/api/v1/session", data=body)
    assert 415 == form.status
    foreign = await api.ask(
        "POST", "/api/v1/session", json=body, headers={"Origin": "https://evil.example"}
    )
    assert 403 == foreign.status
