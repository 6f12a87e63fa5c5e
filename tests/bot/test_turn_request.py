from __future__ import annotations

import json
from typing import Any

import pytest

from bot.components.turn_request import BadTurnError, read_turn


def _body(**changes: Any) -> bytes:
    metadata = {"municipality": "ekhamn", "municipality_name": "Ekhamn", "language": "sv"}
    turn = {"conversation": "c1", "text": " hej ", "metadata": metadata}
    of_metadata = {"municipality", "language", "chunk", "country"}
    for name, value in changes.items():
        (metadata if name in of_metadata else turn)[name] = value
    return json.dumps(turn).encode()


def test_a_turn_is_read() -> None:
    """Text without surrounding space; no chunk when none is sent."""
    turn = read_turn(_body())

    assert (
        turn.conversation,
        turn.text,
        turn.municipality,
        turn.municipality_name,
        turn.language,
        turn.chunk,
    ) == ("c1", "hej", "ekhamn", "Ekhamn", "sv", None)


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"conversation": ""}, "conversation", "required"),
        ({"conversation": "c" * 256}, "conversation", "too_long"),
        ({"text": "  "}, "text", "required"),
        ({"text": "a" * 2001}, "text", "too_long"),
        ({"text": 7}, "text", "required"),
        ({"municipality": None}, "metadata.municipality", "required"),
        ({"language": "de"}, "metadata.language", "unknown"),
        ({"chunk": 3}, "metadata.chunk", "invalid"),
        ({"country": "DK"}, "metadata.country", "unknown"),
    ],
)
def test_a_bad_field_is_named(changes: dict[str, Any], field: str, code: str) -> None:
    """The error has status 422, the field and what is wrong with it."""
    with pytest.raises(BadTurnError) as raised:
        read_turn(_body(**changes))

    assert raised.value.status == 422
    assert [(field, code)] == [(error["field"], error["code"]) for error in raised.value.errors]


def test_all_bad_fields_are_named() -> None:
    """One look shows everything there is to mend."""
    with pytest.raises(BadTurnError) as raised:
        read_turn(b"{}")

    assert [error["field"] for error in raised.value.errors] == [
        "conversation",
        "text",
        "metadata.municipality",
        "metadata.language",
    ]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"hej"', b"\xff"])
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    """Broken JSON and other JSON have status 400."""
    with pytest.raises(BadTurnError) as raised:
        read_turn(body)

    assert raised.value.status == 400


@pytest.mark.parametrize(
    ("text", "understood"),
    [("/restart", "restart"), ("// hej", "hej"), ("1/2 plats", "1/2 plats"), ("/", "?")],
)
def test_a_resident_gives_rasa_no_commands(text: str, understood: str) -> None:
    """Rasa takes a leading slash for a command to itself; the text stays as it was written."""
    turn = read_turn(_body(text=text))

    assert (text, understood) == (turn.text, turn.nlu_text)
