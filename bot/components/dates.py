"""The days that a text names, found with spaCy's matcher: as ISO 8601 dates and intervals.

"På fredag" is the Friday to come, today included; a date without a year is the one nearest to
today. `dates.toml` has the words.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import spacy
import tomli
from dateutil.easter import easter
from spacy.matcher import Matcher, PhraseMatcher
from spacy.tokens import Span
from spacy.util import filter_spans

WORDS = Path(__file__).with_name("dates.toml")
DAY_PATTERN = r"^(?:0?[1-9]|[12]\d|3[01])$"
YEAR_PATTERN = r"^20\d\d$"
_WEEK_PATTERN = r"^(?:0?[1-9]|[1-4]\d|5[0-3])$"
_SLASHED = r"^(?:0?[1-9]|[12]\d|3[01])[/.](?:0?[1-9]|1[0-2])(?:[/.]20\d\d)?\.?$"
_ISO = r"^20\d\d$", r"^(?:0[1-9]|1[0-2])$", r"^(?:0[1-9]|[12]\d|3[01])$"

Meaning = Callable[[Span, date], str | None]


@dataclass(frozen=True)
class Day:
    """A date in a text: "2026-11-27", or "2026-11-23/2026-11-29" for a week or a month."""

    value: str
    start: int
    end: int


class Dates:
    """The words of `dates.toml`, ready to be looked for."""

    def __init__(self, path: Path = WORDS) -> None:
        words = tomli.loads(path.read_text("utf-8"))
        self._language = spacy.blank("xx")
        self._meanings: dict[str, Meaning] = {}
        self._phrases = PhraseMatcher(self._language.vocab, attr="LOWER")
        self._patterns = Matcher(self._language.vocab)
        self._weekdays = _numbered(words["weekdays"])
        self._months = _numbered(words["months"])
        self._past, self._next = set(words["past"]), set(words["next"])
        self._add_phrases(words)
        self._add_patterns(words["weeks"])

    def find(self, text: str, today: date) -> list[Day]:
        """The days in a text, in its order; of overlapping ones the longest.

        A date that does not exist, such as 31 June, is none.
        """
        doc = self._language.make_doc(text)
        spans = [
            Span(doc, start, end, label=match)
            for match, start, end in (*self._phrases(doc), *self._patterns(doc))
        ]
        found = []
        for span in filter_spans(spans):
            try:
                value = self._meanings[span.label_](span, today)
            except (ValueError, OverflowError):
                continue
            if value is not None:
                found.append(Day(value, span.start_char, span.end_char))
        return found

    def _add_phrases(self, words: dict[str, Any]) -> None:
        for days, phrases in words["relative"].items():
            self._add_phrase(f"relative {days}", phrases, _relative(int(days)))
        for day, phrases in words["named"].items():
            month, number = map(int, day.split("-"))
            self._add_phrase(f"named {day}", phrases, _yearly(partial(_fixed, month, number)))
        for days, phrases in words["easter"].items():
            self._add_phrase(f"easter {days}", phrases, _yearly(partial(_from_easter, int(days))))
        for rule, phrases in words["movable"].items():
            month, number, weekday = map(int, rule.replace("/", "-").split("-"))
            first = partial(_first_weekday, month, number, weekday - 1)
            self._add_phrase(f"movable {rule}", phrases, _yearly(first))

    def _add_phrase(self, name: str, phrases: Iterable[str], meaning: Meaning) -> None:
        self._meanings[name] = meaning
        self._phrases.add(name, [self._language.make_doc(phrase) for phrase in phrases])

    def _add_patterns(self, weeks: list[str]) -> None:
        day = {"TEXT": {"REGEX": DAY_PATTERN}}
        dot = {"TEXT": ".", "OP": "?"}
        ordinal = {"LOWER": {"REGEX": r"^\d{1,2}(?::?e|\.)$"}}
        month = {"LOWER": {"IN": sorted(self._months)}}
        year = {"TEXT": {"REGEX": YEAR_PATTERN}, "OP": "?"}
        iso = [{"TEXT": {"REGEX": part}} for part in _ISO]
        hyphen = {"TEXT": "-"}
        weekday = {"LOWER": {"IN": sorted(self._weekdays)}}
        shift = {"LOWER": {"IN": sorted(self._past | self._next)}, "OP": "?"}
        named_weeks = [each for each in weeks if each != "v"]
        rules: list[tuple[str, list[list[dict[str, Any]]], Meaning]] = [
            ("day and month", [[day, dot, month, year], [ordinal, month, year]], self._of_month),
            ("slashed", [[{"TEXT": {"REGEX": _SLASHED}}]], self._slashed),
            ("iso", [[iso[0], hyphen, iso[1], hyphen, iso[2]]], self._iso),
            ("weekday", [[shift, weekday]], self._weekday),
            (
                "week",
                [
                    [{"LOWER": {"IN": named_weeks}}, {"TEXT": {"REGEX": _WEEK_PATTERN}}],
                    [{"LOWER": "v"}, dot, {"TEXT": {"REGEX": _WEEK_PATTERN}}],
                ],
                self._week,
            ),
            ("month", [[{"LOWER": "i"}, month, year]], self._whole_month),
        ]
        for name, patterns, meaning in rules:
            self._meanings[name] = meaning
            self._patterns.add(name, patterns)

    def _of_month(self, span: Span, today: date) -> str:
        numbers = [int(number) for token in span if (number := token.text.strip(".:e")).isdigit()]
        month = next(self._months[token.lower_] for token in span if token.lower_ in self._months)
        return _dated(today, numbers[0], month + 1, *numbers[1:])

    def _slashed(self, span: Span, today: date) -> str | None:
        text = span.text.rstrip(".")
        # "8.30" is a time more often than a date; a date has a slash, a year or a last dot.
        if "/" not in text and text.count(".") < 2 and not self._ends_dotted(span):
            return None
        day, month, *year = map(int, text.replace("/", ".").split("."))
        return _dated(today, day, month, *year)

    def _ends_dotted(self, span: Span) -> bool:
        # A sentence that ends with a time has its dot at the end of the text.
        following = span.doc[span.end :]
        return len(following) > 1 and following[0].text == "." and following[1].is_lower

    def _iso(self, span: Span, today: date) -> str:
        return str(date.fromisoformat(span.text))

    def _weekday(self, span: Span, today: date) -> str:
        words = [token.lower_ for token in span]
        coming = _weekday_from(today, self._weekdays[words[-1]])
        if words[0] in self._past:
            # The last one before today.
            coming -= timedelta(days=7)
        elif words[0] in self._next and coming - today < timedelta(days=7 - today.weekday()):
            # "Next Friday" said on a Monday is not that of the same week.
            coming += timedelta(days=7)
        return str(coming)

    def _week(self, span: Span, today: date) -> str:
        number = int(span[-1].text)
        monday = date.fromisoformat(
            _nearest(today, lambda year: date.fromisocalendar(year, number, 1))
        )
        return f"{monday}/{monday + timedelta(days=6)}"

    def _whole_month(self, span: Span, today: date) -> str:
        month = self._months[span[1].lower_] + 1
        first = date.fromisoformat(_dated(today, 15, month, *[int(t.text) for t in span[2:]]))
        last = monthrange(first.year, month)[1]
        return f"{first.replace(day=1)}/{first.replace(day=last)}"


def _relative(days: int) -> Meaning:
    return lambda _, today: str(today + timedelta(days=days))


def _yearly(in_year: Callable[[int], date]) -> Meaning:
    return lambda _, today: _nearest(today, in_year)


def _fixed(month: int, day: int, year: int) -> date:
    return date(year, month, day)


def _from_easter(days: int, year: int) -> date:
    sunday: date = easter(year)
    return sunday + timedelta(days=days)


def _first_weekday(month: int, day: int, weekday: int, year: int) -> date:
    return _weekday_from(date(year, month, day), weekday)


def _numbered(words: list[list[str]]) -> dict[str, int]:
    return {word: number for number, forms in enumerate(words) for word in forms}


def _dated(today: date, day: int, month: int, year: int | None = None) -> str:
    if year is not None:
        return str(date(year, month, day))
    return _nearest(today, partial(_fixed, month, day))


def _nearest(today: date, in_year: Callable[[int], date]) -> str:
    """The day nearest to today among last year's, this year's and next year's."""
    days = []
    for year in range(today.year - 1, today.year + 2):
        try:
            days.append(in_year(year))
        except ValueError:  # 29 February, or a week that not every year has
            continue
    if not days:
        raise ValueError("no year near has this day")
    return str(min(days, key=lambda day: abs(day - today)))


def _weekday_from(day: date, weekday: int) -> date:
    """The first such weekday (0: Monday) on or after a day."""
    return day + timedelta(days=(weekday - day.weekday()) % 7)
