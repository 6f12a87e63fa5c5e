"""A turn as the gateway sends it, checked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

LANGUAGES = ("sv", "nb", "nn")
COUNTRIES = ("SE", "NO")
LONGEST_TEXT = 2000
LONGEST_NAME = 255
"""The tracker store's column of conversations."""


class BadTurnError(Exception):
    """A request that is no turn; what the problem details are made of."""

    def __init__(
        self, status: int, title: str, detail: str, errors: list[dict[str, str]] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title
        self.detail = detail
        self.errors = errors or []


@dataclass(frozen=True)
class Turn:
    """What a resident wrote in which conversation, and where."""

    conversation: str
    text: str
    municipality: str
    municipality_name: str
    language: str
    chunk: str | None
    on_call_phone: str | None = None
    country: str | None = None

    @property
    def nlu_text(self) -> str:
        """The text to understand.

        Rasa takes "/restart" and the like for commands to itself; a resident's are none.
        """
        return self.text.lstrip("/ ") or "?"

    @property
    def metadata(self) -> dict[str, Any]:
        """What `TurnMetadata` reads."""
        return {
            "municipality": self.municipality,
            "municipality_name": self.municipality_name,
            "language": self.language,
            "chunk": self.chunk,
            "on_call_phone": self.on_call_phone,
            "country": self.country,
        }

    @property
    def slots(self) -> dict[str, Any]:
        """The slots that conditions and variables of the domain's responses name."""
        return {"municipality": self.municipality_name, "language": self.language}


def read_turn(body: bytes) -> Turn:
    """The turn in a request's body.

    Raises:
        BadTurnError: 400 when the body is no JSON object, 422 naming the fields that are at fault.
    """
    try:
        data = json.loads(body)
    except ValueError as error:
        raise BadTurnError(400, "Broken JSON", str(error)) from error
    if not isinstance(data, dict):
        raise BadTurnError(400, "Not a turn", "The body must be a JSON object.")
    metadata = data.get("metadata")
    if not isinstance(metadata, dict):
        metadata = {}
    errors = [
        *_text_errors("conversation", data.get("conversation"), LONGEST_NAME),
        *_text_errors("text", data.get("text"), LONGEST_TEXT),
        *_text_errors("metadata.municipality", metadata.get("municipality"), LONGEST_NAME),
        *_language_errors(metadata.get("language")),
        *_optional_errors("metadata.chunk", metadata.get("chunk")),
        *_optional_errors("metadata.on_call_phone", metadata.get("on_call_phone")),
        *_country_errors(metadata.get("country")),
        *_optional_errors("metadata.municipality_name", metadata.get("municipality_name")),
    ]
    if errors:
        fields = ", ".join(error["field"] for error in errors)
        raise BadTurnError(422, "Not a turn", f"At fault: {fields}.", errors)
    return Turn(
        conversation=data["conversation"],
        text=data["text"].strip(),
        municipality=metadata["municipality"],
        municipality_name=metadata.get("municipality_name") or metadata["municipality"],
        language=metadata["language"],
        chunk=metadata.get("chunk"),
        on_call_phone=metadata.get("on_call_phone"),
        country=metadata.get("country"),
    )


def _text_errors(field: str, value: object, longest: int) -> list[dict[str, str]]:
    if not isinstance(value, str) or not value.strip():
        return [_error(field, "required", "A text is needed.")]
    if len(value) > longest:
        return [_error(field, "too_long", f"At most {longest} characters.")]
    return []


def _language_errors(value: object) -> list[dict[str, str]]:
    if value in LANGUAGES:
        return []
    return [_error("metadata.language", "unknown", f"One of {', '.join(LANGUAGES)}.")]


def _country_errors(value: object) -> list[dict[str, str]]:
    if value is None or value in COUNTRIES:
        return []
    return [_error("metadata.country", "unknown", f"One of {', '.join(COUNTRIES)}, or null.")]


def _optional_errors(field: str, value: object) -> list[dict[str, str]]:
    if value is None or isinstance(value, str):
        return []
    return [_error(field, "invalid", "A text or null.")]


def _error(field: str, code: str, detail: str) -> dict[str, str]:
    return {"field": field, "code": code, "detail": detail}
