"""python -m knowledge evaluate-language: figures for telling languages, over labelled texts."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from knowledge.errors import KnowledgeError
from knowledge.language.identification import LANGUAGES, identify

OTHER = "other"


class LabelledTextError(KnowledgeError):
    """A file can't be used; the message names the file, the line and what is wrong."""


@dataclass(frozen=True, slots=True)
class LabelledText:
    """A text and the languages that it can be in."""

    text: str
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a text was taken for, and how long that took."""

    labelled: LabelledText
    language: str
    milliseconds: float

    @property
    def right(self) -> bool:
        """Whether it is one of the languages that the text can be in."""
        return self.language in self.labelled.languages

    @property
    def only_other(self) -> bool:
        return self.labelled.languages == (OTHER,)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument(
        "--file",
        type=Path,
        required=True,
        help='JSON lines with "text" and "languages", a list of those it can be in',
    )
    parser.add_argument("--json", action="store_true", help="one JSON object, nothing else")


def run(args: argparse.Namespace) -> int:
    """Print the figures. Errors: LabelledTextError."""
    labelled = read_texts(args.file)
    results = figures(answers(labelled))
    if args.json:
        print(json.dumps(results))
        return 0
    for name, value in results.items():
        if isinstance(value, dict):
            print(name)
            for language, held in value.items():
                print(f"  {language:8}{_told(held)}")
        else:
            print(f"{name:16}{_told(value)}")
    return 0


def read_texts(path: Path) -> list[LabelledText]:
    """The labelled texts of a file, at least one. Errors: LabelledTextError."""
    try:
        # Only a line feed ends a row: JSON strings may hold other line separators as they are.
        rows = path.read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise LabelledTextError(f"{path} can't be read: {error}") from error
    found = [
        _labelled(row, f"{path}:{number}") for number, row in enumerate(rows, 1) if row.strip()
    ]
    if not found:
        raise LabelledTextError(f"{path}: at least one labelled text is needed")
    return found


def _labelled(row: str, place: str) -> LabelledText:
    try:
        value = json.loads(row)
    except ValueError as error:
        raise LabelledTextError(f"{place}: not JSON: {error}") from error
    if not isinstance(value, dict):
        raise LabelledTextError(f"{place}: not a JSON object")
    text, languages = value.get("text"), value.get("languages")
    if not isinstance(text, str):
        raise LabelledTextError(f"{place}: text: a text is needed")
    if not isinstance(languages, list) or not languages:
        raise LabelledTextError(f"{place}: languages: a list of at least one is needed")
    unknown = [name for name in languages if name not in LANGUAGES]
    if unknown:
        raise LabelledTextError(
            f"{place}: languages: {unknown[0]!r} is none of {', '.join(LANGUAGES)}"
        )
    return LabelledText(text, tuple(dict.fromkeys(languages)))


def answers(labelled: Sequence[LabelledText]) -> list[Answer]:
    """What each text is taken for when nothing is known beforehand.

    Where no row of a file is labelled en, "other" stands for English too.
    """
    english = any("en" in row.languages for row in labelled)
    # The first text would pay for reading the model.
    identify("")
    found = []
    for row in labelled:
        began = time.perf_counter()
        language = identify(row.text).language
        elapsed = (time.perf_counter() - began) * 1000
        found.append(Answer(row, language if english or language != "en" else OTHER, elapsed))
    return found


def figures(found: Sequence[Answer]) -> dict[str, object]:
    """All figures by name; None where the texts at hand cannot tell.

    `accuracy`: the share of right ones among texts that can be in sv, nb, nn, da or en;
    `accuracy_other`: among those of other languages only; `accuracy_all`: among all;
    `accuracy_by_language`: among those that can be in it; `confusion`: for each first label,
    how often each language was answered; `ms_p50`, `ms_p95`: milliseconds for a text.
    """
    times = [answer.milliseconds for answer in found]
    confusion: dict[str, dict[str, int]] = {}
    for answer in found:
        row = confusion.setdefault(answer.labelled.languages[0], dict.fromkeys(LANGUAGES, 0))
        row[answer.language] += 1
    return {
        "rows": len(found),
        "accuracy": _share([answer for answer in found if not answer.only_other]),
        "accuracy_other": _share([answer for answer in found if answer.only_other]),
        "accuracy_all": _share(found),
        "accuracy_by_language": {
            language: _share([a for a in found if language in a.labelled.languages])
            for language in LANGUAGES
        },
        "confusion": {name: confusion[name] for name in LANGUAGES if name in confusion},
        "ms_p50": float(np.percentile(times, 50)) if times else None,
        "ms_p95": float(np.percentile(times, 95)) if times else None,
    }


def _share(found: Sequence[Answer]) -> float | None:
    return sum(answer.right for answer in found) / len(found) if found else None


def _told(value: object) -> str:
    if value is None:
        return "        -"
    if isinstance(value, dict):
        return "  ".join(f"{name} {count:4}" for name, count in value.items())
    return f"{value:9.3f}" if isinstance(value, float) else f"{value:9}"
