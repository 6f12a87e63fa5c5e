"""What the system says to people, from the locale files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from pydantic import RootModel

PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")

SYSTEM_KEYS: Mapping[str, frozenset[str]] = {
    "system.greeting": frozenset({"municipality"}),
    "system.masked": frozenset(),
    "system.waiting_operator_there": frozenset(),
    "system.waiting_nobody_there": frozenset({"phone", "hours"}),
    "system.waiting_closed": frozenset({"opens"}),
    "system.queue_next": frozenset(),
    "system.queue_position": frozenset({"position"}),
    "system.queue_wait": frozenset({"low", "high"}),
    "system.unclaimed": frozenset(),
    "system.closing": frozenset({"opens"}),
    "system.still_there": frozenset({"minutes"}),
    "system.closed_silent": frozenset(),
    "system.returned": frozenset(),
    "system.given_up": frozenset({"phone"}),
    "system.transferred_department": frozenset({"department"}),
    "choice.case.title": frozenset(),
    "choice.case.text": frozenset(),
    "when.today": frozenset({"clock"}),
    "when.tomorrow": frozenset({"clock"}),
    "when.weekday": frozenset({"day", "clock"}),
    "when.date": frozenset({"day", "date", "month", "clock"}),
    "when.unknown": frozenset(),
    "when.day.monday": frozenset(),
    "when.day.tuesday": frozenset(),
    "when.day.wednesday": frozenset(),
    "when.day.thursday": frozenset(),
    "when.day.friday": frozenset(),
    "when.day.saturday": frozenset(),
    "when.day.sunday": frozenset(),
    "desk.returned.operator_silent": frozenset(),
    "desk.returned.operator_gone": frozenset(),
    "system.already_waiting": frozenset(),
    "system.joined": frozenset({"operator"}),
    "system.transferred": frozenset(),
    "system.returned_to_queue": frozenset(),
    "system.resolved": frozenset(),
    "system.closed": frozenset(),
    "system.error": frozenset(),
    "system.ended": frozenset(),
    "copy.title": frozenset({"municipality", "when"}),
    "copy.author.resident": frozenset(),
    "copy.author.bot": frozenset(),
    "copy.author.operator": frozenset({"municipality"}),
    "copy.author.system": frozenset(),
    "copy.source": frozenset({"title", "address", "date"}),
    "copy.mail.subject": frozenset({"municipality"}),
    "copy.mail.body": frozenset({"municipality", "conversation"}),
    "answer.page_language.sv": frozenset(),
    "answer.page_language.nb": frozenset(),
    "answer.page_language.nn": frozenset(),
    "answer.page_language.en.sv": frozenset(),
    "answer.page_language.en.nb": frozenset(),
    "answer.page_language.en.nn": frozenset(),
    "answer.pages_language.sv": frozenset(),
    "answer.pages_language.nb": frozenset(),
    "answer.pages_language.nn": frozenset(),
    "answer.pages_language.en.sv": frozenset(),
    "answer.pages_language.en.nb": frozenset(),
    "answer.pages_language.en.nn": frozenset(),
    "answer.reply_language": frozenset(),
    "system.contact_kept": frozenset(),
    "system.contact_shared": frozenset(),
    "system.contact_asked": frozenset({"operator"}),
    "system.pulled": frozenset({"operator"}),
    "system.reopened": frozenset({"operator"}),
    "case.mail.subject": frozenset({"reference", "kind", "place"}),
    "case.mail.body": frozenset(
        {"municipality", "reference", "kind", "place", "description", "contact"}
    ),
    "case.mail.nothing": frozenset(),
    "system.case_offer": frozenset({"deadline"}),
    "system.case_made": frozenset({"deadline", "reference"}),
    "case.subject": frozenset({"municipality", "reference"}),
    "case.marker": frozenset(),
    "case.confirmation.body": frozenset(
        {"days", "deadline", "hours", "municipality", "phone", "reference"}
    ),
    "case.notice.subject": frozenset({"deadline", "reference"}),
    "case.notice.body": frozenset(
        {"deadline", "desk", "municipality", "note", "question", "reference"}
    ),
    "case.news.subject": frozenset({"reference"}),
    "case.news.body": frozenset({"deadline", "desk", "reference", "text"}),
    "case.reply.body": frozenset(
        {"marker", "municipality", "operator", "question", "reference", "text"}
    ),
    "case.closed.body": frozenset({"marker", "municipality", "reference"}),
    "case.attachments.body": frozenset({"marker", "municipality", "names", "reference"}),
    "page.date": frozenset({"day", "month", "year"}),
    **{f"page.month.{month}": frozenset() for month in range(1, 13)},
    "choice.person.title": frozenset(),
    "choice.person.text": frozenset(),
}
"""The keys that the gateway itself needs, with the placeholders it can fill."""


class TextsByKey(RootModel[dict[str, str]]):
    """The texts of a language, by key."""


class TextsError(ValueError):
    """A locale file can't be used; the text says which and why."""


class Texts:
    """The texts of each language, by key."""

    def __init__(self, languages: Mapping[str, Mapping[str, str]]) -> None:
        self._languages = languages

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages there are texts in."""
        return tuple(self._languages)

    def all(self, language: str) -> Mapping[str, str]:
        """Give every text of a language with its placeholders unfilled."""
        return self._languages[language]

    def say(self, language: str, key: str, **values: object) -> str:
        """Give one text with its placeholders filled.

        Raises KeyError for a key or a placeholder that does not exist.
        """
        text = self._languages[language][key]
        return PLACEHOLDER.sub(lambda match: str(values[match[1]]), text)

    def say_date(self, language: str, day: date) -> str:
        """Give a date in words, such as 26 november 2026."""
        month = self.say(language, f"page.month.{day.month}")
        return self.say(language, "page.date", day=day.day, month=month, year=day.year)


def load_texts(folder: Path, languages: Iterable[str]) -> Texts:
    """Read `LANGUAGE.json` for each language: an object of key to text.

    Raises TextsError when a file is missing, is not such an object, or lacks a system text.
    """
    return Texts({language: _load(folder / f"{language}.json") for language in languages})


def _load(path: Path) -> Mapping[str, str]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise TextsError(f"{path}: {error}") from error
    if not isinstance(found, dict) or not all(isinstance(text, str) for text in found.values()):
        raise TextsError(f"{path}: it must be one object of key to text")
    texts: dict[str, str] = found
    for key, allowed in SYSTEM_KEYS.items():
        if not texts.get(key, "").strip():
            raise TextsError(f"{path}: the text {key} is missing")
        unknown = set(PLACEHOLDER.findall(texts[key])) - allowed
        if unknown:
            raise TextsError(f"{path}: {key} has an unknown placeholder {{{min(unknown)}}}")
    return texts
