"""Written pages with the questions that each of their sections answers, to learn from.

A file holds one page to a line: `language`, `publisher`, `title`, `sections` (each with `heading`,
`text` and its `questions`), `near_misses` (questions on the page's subject that it does not
answer), and perhaps `english` (English questions with the section that answers them).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from knowledge.errors import KnowledgeError

FOLDER = Path(__file__).with_name("pages")
KEPT_BACK = 0.2
"""Share of the pages that no encoder is trained on: ranking and confidence are fitted on them."""


class PagesError(KnowledgeError):
    """A file of pages can't be used; the message names the file, the line and what is wrong."""


@dataclass(frozen=True, slots=True)
class Section:
    """The text under one heading and the questions it answers."""

    heading: str
    text: str
    questions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A written page; `id` is the file's name and the line's number."""

    id: str
    language: str
    title: str
    sections: tuple[Section, ...]
    near_misses: tuple[str, ...]

    @property
    def kept_back(self) -> bool:
        """Whether the page is kept out of training; the same for one title everywhere."""
        digest = hashlib.sha256(self.title.casefold().encode()).digest()
        return int.from_bytes(digest[:4], "little") < KEPT_BACK * 2**32


def read_pages(folder: Path = FOLDER) -> list[Page]:
    """All pages of a folder's `.jsonl` files, in the order of their names. Errors: PagesError."""
    pages = []
    for path in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(path.read_text("utf-8").split("\n"), start=1):
            if line.strip():
                try:
                    pages.append(_page(f"{path.stem}-{number}", json.loads(line)))
                except (ValueError, KeyError, TypeError, IndexError) as error:
                    raise PagesError(f"{path}:{number}: {error!r}") from error
    if not pages:
        raise PagesError(f"{folder} holds no pages")
    return pages


def _page(id: str, row: dict[str, Any]) -> Page:
    questions = [[str(question) for question in part["questions"]] for part in row["sections"]]
    for extra in row.get("english") or ():
        questions[int(extra["section"])].append(str(extra["question"]))
    return Page(
        id,
        str(row["language"]),
        str(row["title"]),
        tuple(
            Section(str(part["heading"]), str(part["text"]), tuple(asked))
            for part, asked in zip(row["sections"], questions, strict=True)
        ),
        tuple(str(question) for question in row.get("near_misses") or ()),
    )
