"""Whose attempts to sign in are counted when a proxy stands before the gateway."""

import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from gateway.proxies import client_address, parse_networks
from gateway.settings import Settings

TRUSTED = parse_networks("10.0.0.5, 192.168.0.0/16,fd00::/8")
EMAIL = "operator@ekhamn.example"


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("10.0.0.5", ["203.0.113.9"], "203.0.113.9"),
        ("10.0.0.5", [], "10.0.0.5"),
        ("10.0.0.5", [""], "10.0.0.5"),
        ("10.0.0.5", ["1.1.1.1, 203.0.113.9"], "203.0.113.9"),
        ("10.0.0.5", ["10.0.0.5, 203.0.113.9"], "203.0.113.9"),
        ("10.0.0.5", ["1.1.1.1, 203.0.113.9, 192.168.3.4"], "203.0.113.9"),
        ("10.0.0.5", ["1.1.1.1", "203.0.113.9", "192.168.3.4"], "203.0.113.9"),
        ("10.0.0.5", ["192.168.3.4, fd00::1"], "192.168.3.4"),
        ("10.0.0.5", ["1.1.1.1, unknown"], "10.0.0.5"),
        ("10.0.0.5", ["1.1.1.1, <script>, 192.168.3.4"], "192.168.3.4"),
        ("10.0.0.5", ["203.0.113.9:4711"], "203.0.113.9"),
        ("10.0.0.5", ["[2001:db8::9]:4711"], "2001:db8::9"),
        ("10.0.0.5", ["2001:DB8:0::9"], "2001:db8::9"),
        ("::ffff:10.0.0.5", ["::ffff:203.0.113.9"], "203.0.113.9"),
        ("fd12::1", ["203.0.113.9"], "203.0.113.9"),
        ("10.0.0.6", ["203.0.113.9"], "10.0.0.6"),
        ("203.0.113.9", ["10.0.0.5"], "203.0.113.9"),
        ("", ["203.0.113.9"], ""),
        ("/run/svar.sock", ["203.0.113.9"], "/run/svar.sock"),
    ],
)
def test_the_last_address_that_is_no_trusted_proxy_counts(peer, forwarded, expected) -> None:
    """Only what trusted proxies have seen themselves is believed, wherever they are."""
    headers = CIMultiDict([("X-Forwarded-For", value) for value in forwarded])
    request = make_mocked_request("GET", "/", headers).clone(remote=peer)
    assert expected == client_address(request, TRUSTED)


def test_nobody_is_trusted_unless_set() -> None:
    """The default believes no header."""
    request = make_mocked_request("GET", "/", {"X-Forwarded-For": "203.0.113.9"})
    assert () == Settings().proxy_networks
    assert "127.0.0.1" == client_address(request.clone(remote="127.0.0.1"), ())


async def _fail(api, forwarded: str) -> int:
    answer = await api.ask(
        "POST",
        "/api/v1/session",
        json={"email": EMAIL, "password": "wrong"},
        headers={"X-Forwarded-For": forwarded},
    )
    return answer.status


async def test_behind_a_trusted_proxy_each_client_has_its_own_limit(
    settings, start_gateway
) -> None:
    """One who guesses locks out nobody else, and can't get around it with a forged beginning."""
    api = await start_gateway(settings.model_copy(update={"trusted_proxies": "127.0.0.1"}))
    statuses = [await _fail(api, f"198.51.100.{n}, 203.0.113.9") for n in range(6)]
    assert [401] * 5 + [429] == statuses
    assert 401 == await _fail(api, "203.0.113.10")


async def test_without_a_trusted_proxy_the_header_changes_nothing(api) -> None:
    """Who connects is who counts."""
    statuses = [await _fail(api, f"203.0.113.{n}") for n in range(6)]
    assert [401] * 5 + [429] == statuses
