"""Turns two public question sets into articles and questions for `python -m knowledge evaluate`.

    python knowledge/evaluation/public_sets.py FOLDER_WITH_THE_SETS TARGET_FOLDER

SweFAQ 2.0 (Superlim 2, Språkbanken Text, CC BY 4.0): `swefaq_dev.jsonl`, rows with `id`, `question`
and `answer`; all answers are one pool. NorQuAD (LTG Oslo, CC0): `norquad_validation.jsonl`, rows
with `question` and `context_id`, and `norquad_contexts.jsonl`, rows with `context_id` and `text`.
Each set is written as it is, and once more with two fifths of its articles taken away, so that
their questions have no answer. The sets themselves are not part of this project.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TAKEN_AWAY = 0.4
SEED = 7

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PublicSet:
    """Articles and questions as `evaluate` reads them."""

    articles: list[Row]
    questions: list[Row]

    def without_some(self) -> PublicSet:
        """The same questions where some of the articles that answer them are gone."""
        names = [article["id"] for article in self.articles]
        gone = set(random.Random(SEED).sample(names, round(TAKEN_AWAY * len(names))))
        return PublicSet(
            [article for article in self.articles if article["id"] not in gone],
            [
                {**question, "article": None} if question["article"] in gone else question
                for question in self.questions
            ],
        )


def swefaq(folder: Path) -> PublicSet:
    """Every answer of the set is an article without a title."""
    rows = _read(folder / "swefaq_dev.jsonl")
    return PublicSet(
        [_article(row["id"], "sv", row["answer"]) for row in rows],
        [_question(row["question"], "sv", row["id"]) for row in rows],
    )


def swefaq_categories(folder: Path) -> list[PublicSet]:
    """The same, each category by itself: the answers that its questions were published with."""
    rows = _read(folder / "swefaq_dev.jsonl")
    return [
        PublicSet(
            [_article(row["id"], "sv", row["answer"]) for row in rows if row["category_id"] == one],
            [
                _question(row["question"], "sv", row["id"])
                for row in rows
                if row["category_id"] == one
            ],
        )
        for one in sorted({row["category_id"] for row in rows})
    ]


def norquad(folder: Path) -> PublicSet:
    """Every passage is an article without a title; questions without an answer have no article."""
    contexts = _read(folder / "norquad_contexts.jsonl")
    rows = _read(folder / "norquad_validation.jsonl")
    return PublicSet(
        [_article(row["context_id"], "nb", row["text"]) for row in contexts],
        [
            _question(
                row["question"], "nb", None if row.get("is_impossible") else row["context_id"]
            )
            for row in rows
        ],
    )


SETS: dict[str, Callable[[Path], PublicSet]] = {"swefaq": swefaq, "norquad": norquad}


def main() -> int:
    """Write what is there and say what is left out; 1 when nothing is there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, help="folder with the public files")
    parser.add_argument("target", type=Path, help="folder to write to")
    args = parser.parse_args()
    args.target.mkdir(parents=True, exist_ok=True)
    written = 0
    for name, read in SETS.items():
        try:
            whole = read(args.source)
        except FileNotFoundError as error:
            print(f"{name} is left out: {error.filename} is missing", file=sys.stderr)
            continue
        for suffix, rows in (("", whole), ("-without-some", whole.without_some())):
            _write(args.target / f"{name}{suffix}-articles.jsonl", rows.articles)
            _write(args.target / f"{name}{suffix}-questions.jsonl", rows.questions)
        written += 1
        print(f"{name}: {len(whole.articles)} articles, {len(whole.questions)} questions")
    return 0 if written else 1


def _article(name: str, language: str, text: str) -> Row:
    return {"id": name, "language": language, "title": "", "text": text}


def _question(text: str, language: str, article: str | None) -> Row:
    return {"text": text, "language": language, "article": article}


def _read(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line.strip()]


def _write(path: Path, rows: list[Row]) -> None:
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text(text, "utf-8")


if __name__ == "__main__":
    sys.exit(main())
