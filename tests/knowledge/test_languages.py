"""Which language a text is in, asked over HTTP."""

from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from knowledge.language.identification import LANGUAGES
from knowledge.routes.languages import READ

Client = TestClient[Any, Any]


async def identified(client: Client, body: object) -> tuple[int, Any]:
    async with client.post("/v1/languages", json=body) as response:
        return response.status, await response.json(content_type=None)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("nn", "eg lurer på kva det kostar å ha ungen i barnehagen"),
        ("nb", "hvordan søker jeg barnehageplass"),
        ("sv", "vad kostar det att ha barn på förskolan"),
        ("da", "hvad koster en plads i børnehaven"),
        ("en", "how much does childcare cost"),
        ("other", "Скільки коштує місце?"),
    ],
)
async def test_a_clear_text(client: Client, language: str, text: str) -> None:
    """Whatever was likely beforehand; all probabilities come along."""
    body = {"text": text, "languages": ["nb", "nn"], "seen": {"nb": 2}}
    status, found = await identified(client, body)
    assert (200, language) == (status, found["language"])
    assert found["probability"] == found["probabilities"][language] > 0.9
    assert list(LANGUAGES) == list(found["probabilities"])


@pytest.mark.parametrize("seen", ["nb", "nn"])
async def test_a_short_text_follows_what_was_seen(client: Client, seen: str) -> None:
    """Both written Norwegians say it."""
    body = {"text": "ja", "languages": ["nb", "nn"], "seen": {seen: 2}}
    assert seen == (await identified(client, body))[1]["language"]


async def test_only_the_text_is_needed(client: Client) -> None:
    """What is usual is likely beforehand then."""
    status, found = await identified(client, {"text": "Hur ansöker jag om bygglov?"})
    assert (200, "sv") == (status, found["language"])


async def test_the_beginning_of_a_long_text_tells(client: Client) -> None:
    """However much follows."""
    text = "Hur ansöker jag om bygglov? ".ljust(READ, ".") + "how much does it cost " * 100
    assert "sv" == (await identified(client, {"text": text}))[1]["language"]


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({}, "text", "required"),
        ({"text": " "}, "text", "required"),
        ({"text": 1}, "text", "invalid"),
        ({"text": "a" * 4_001}, "text", "too_long"),
        ({"text": "ja", "languages": "nb"}, "languages", "invalid"),
        ({"text": "ja", "languages": [1]}, "languages", "invalid"),
        ({"text": "ja", "languages": ["no"]}, "languages", "unknown"),
        ({"text": "ja", "seen": ["nb"]}, "seen", "invalid"),
        ({"text": "ja", "seen": {"und": 1}}, "seen", "unknown"),
        ({"text": "ja", "seen": {"nb": -1}}, "seen.nb", "invalid"),
        ({"text": "ja", "seen": {"nb": 0.5}}, "seen.nb", "invalid"),
    ],
)
async def test_a_bad_field_is_named(client: Client, body: object, field: str, code: str) -> None:
    """With what is wrong with it."""
    status, refusal = await identified(client, body)
    faults = [(error["field"], error["code"]) for error in refusal["errors"]]
    assert (422, [(field, code)]) == (status, faults)
