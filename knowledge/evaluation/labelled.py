"""Articles and labelled questions in files, one JSON object to a line."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from knowledge.errors import KnowledgeError
from knowledge.types import Article

Row = dict[str, Any]


class LabelledFileError(KnowledgeError):
    """A file can't be used; the message names the file, the line and what is wrong."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a resident asks; `article` answers it, or None: nothing does."""

    text: str
    language: str
    article: str | None
    kind: str = ""
    split: str = ""


def read_questions(path: Path) -> list[Question]:
    """The questions of a file. Errors: LabelledFileError."""
    return questions_of(_rows(path))


def questions_of(rows: Iterable[tuple[str, Row]]) -> list[Question]:
    """Questions of rows, each with where it stands. Errors: LabelledFileError."""
    return [
        Question(
            _word(row, "text", place),
            _word(row, "language", place),
            None if row.get("article") is None else str(row["article"]),
            str(row.get("kind") or ""),
            str(row.get("split") or ""),
        )
        for place, row in rows
    ]


def read_articles(path: Path, municipality: str) -> list[Article]:
    """The articles of a file, as published by a municipality. Errors: LabelledFileError."""
    return articles_of(_rows(path), municipality)


def articles_of(rows: Iterable[tuple[str, Row]], municipality: str) -> list[Article]:
    """Articles of rows, each with where it stands. Errors: LabelledFileError."""
    articles: dict[str, Article] = {}
    for place, row in rows:
        name = _word(row, "id", place)
        if name in articles:
            raise LabelledFileError(f"{place}: id: {name} occurs twice")
        articles[name] = Article(
            municipality,
            name,
            _word(row, "language", place),
            str(row.get("title") or ""),
            _word(row, "text", place),
            str(row.get("url") or f"/{name}"),
            _date(row.get("updated"), place),
            tuple(str(question) for question in row.get("questions") or ()),
        )
    return list(articles.values())


def _rows(path: Path) -> Iterator[tuple[str, Row]]:
    """Where each row stands, for messages, and the row."""
    try:
        # Only a line feed ends a row: JSON strings may hold other line separators as they are.
        rows = path.read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise LabelledFileError(f"{path} can't be read: {error}") from error
    for number, line in enumerate(rows, start=1):
        if not line.strip():
            continue
        place = f"{path}:{number}"
        try:
            row = json.loads(line)
        except ValueError as error:
            raise LabelledFileError(f"{place}: not JSON: {error}") from error
        if not isinstance(row, dict):
            raise LabelledFileError(f"{place}: not a JSON object")
        yield place, row


def _word(row: Row, field: str, place: str) -> str:
    value = row.get(field)
    if not isinstance(value, str) or not value.strip():
        raise LabelledFileError(f"{place}: {field}: a text is needed")
    return value


def _date(value: object, place: str) -> datetime.date:
    if value is None:
        return datetime.date.min
    try:
        return datetime.date.fromisoformat(str(value))
    except ValueError as error:
        raise LabelledFileError(f"{place}: updated: {error}") from error
