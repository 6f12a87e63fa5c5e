from __future__ import annotations

from typing import Any

from rasa.shared.nlu.training_data.message import Message

from bot.components.turn_metadata import TurnMetadata

METADATA = {
    "municipality": "ekhamn",
    "municipality_name": "Ekhamn",
    "language": "nb",
    "chunk": "bygglov#avgift",
    "country": "NO",
}


def _values(metadata: dict[str, Any] | None) -> dict[str, Any]:
    message = Message({"text": "hej", "metadata": metadata})
    TurnMetadata().process([message])
    return {entity["entity"]: entity["value"] for entity in message.get("entities", [])}


def test_each_field_becomes_an_entity() -> None:
    """The slots are filled from entities of their own names; the shown name is its own."""
    expected = {
        "municipality_id": "ekhamn",
        "municipality": "Ekhamn",
        "language": "nb",
        "chunk": "bygglov#avgift",
        "country": "NO",
        "on_call_phone": None,
    }
    assert expected == _values(METADATA)


def test_a_turn_without_a_chunk_says_so() -> None:
    """The entity is there with no value, which takes the slot back."""
    assert _values({**METADATA, "chunk": None})["chunk"] is None


def test_without_a_shown_name_the_id_stands_in() -> None:
    """A text that names the municipality never has a gap."""
    assert _values({**METADATA, "municipality_name": None})["municipality"] == "ekhamn"


def test_a_message_without_metadata_stays_as_it_is() -> None:
    """Rasa's own commands, such as the shell, send none."""
    assert _values(None) == {}
