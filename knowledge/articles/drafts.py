"""What an article must have to be kept; every field at fault is named at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from knowledge.articles.records import Draft
from knowledge.errors import Code, FieldError, InvalidFieldsError
from knowledge.indexing.naming import SLUG, SLUG_LENGTH

LANGUAGES: Final = ("sv", "nb", "nn")
LONGEST: Final[Mapping[str, int]] = {
    "title": 200,
    "text": 100_000,
    "url": 500,
    "category": 100,
    "author": 100,
}
QUESTIONS = 100
QUESTION_LENGTH = 300
_WEB_ADDRESS = re.compile(r"https?://[^\s/?#]+(/[^\s#]*)?")
_PATH = re.compile(r"/(?!/)[^\s#]*")


def read_draft(fields: Mapping[str, object]) -> Draft:
    """The draft in these fields, surrounding space removed.

    Raises InvalidFieldsError with one error for each field at fault.
    """
    errors: list[FieldError] = []
    title = _text(fields, "title", errors)
    text = _text(fields, "text", errors)
    language = _text(fields, "language", errors)
    if language and language not in LANGUAGES:
        errors.append(_error("language", "unknown", f"language is one of {', '.join(LANGUAGES)}."))
    url = _text(fields, "url", errors)
    if url and not (_WEB_ADDRESS.fullmatch(url) or _PATH.fullmatch(url)):
        detail = "url is a path such as /waste or a web address, without spaces or '#'."
        errors.append(_error("url", "invalid", detail))
    category = None
    if fields.get("category") is not None:
        category = _text(fields, "category", errors, required=False)
    questions = None
    if fields.get("questions") is not None:
        questions = _questions(fields["questions"], errors)
    if errors:
        raise InvalidFieldsError(*errors)
    return Draft(title, text, language, plain_url(url), category, questions)


def read_author(fields: Mapping[str, object]) -> str:
    """Who makes the change; raises InvalidFieldsError when it isn't said."""
    errors: list[FieldError] = []
    author = _text(fields, "author", errors)
    if errors:
        raise InvalidFieldsError(*errors)
    return author


def read_id(fields: Mapping[str, object]) -> str | None:
    """The id asked for, or None to have one made from the title."""
    value = fields.get("id")
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > SLUG_LENGTH or not SLUG.fullmatch(value):
        detail = f"id is made of a-z, 0-9 and single hyphens, at most {SLUG_LENGTH} characters."
        raise InvalidFieldsError(_error("id", "invalid", detail))
    return value


def plain_url(url: str) -> str:
    """The address as it is compared: without a slash at its end."""
    return url.rstrip("/") or "/"


def _text(
    fields: Mapping[str, object], name: str, errors: list[FieldError], *, required: bool = True
) -> str:
    value = fields.get(name)
    if value is None:
        value = ""
    if not isinstance(value, str):
        errors.append(_error(name, "invalid", f"{name} is a text."))
        return ""
    text = value.strip()
    if required and not text:
        errors.append(_error(name, "required", f"{name} is missing."))
    elif "\x00" in text:
        errors.append(_error(name, "invalid", f"{name} holds a character that is no text."))
    elif len(text) > LONGEST.get(name, len(text)):
        detail = f"{name} has {len(text)} characters; at most {LONGEST[name]} are allowed."
        errors.append(_error(name, "too_long", detail))
    return text


def _questions(value: object, errors: list[FieldError]) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        errors.append(_error("questions", "invalid", "questions is a list of texts."))
        return ()
    questions = tuple(dict.fromkeys(item.strip() for item in value if item.strip()))
    if len(questions) > QUESTIONS:
        errors.append(_error("questions", "too_long", f"At most {QUESTIONS} questions."))
    elif any(len(question) > QUESTION_LENGTH for question in questions):
        detail = f"A question has at most {QUESTION_LENGTH} characters."
        errors.append(_error("questions", "too_long", detail))
    return questions


def _error(field: str, code: Code, detail: str) -> FieldError:
    return FieldError(field, code, detail)
