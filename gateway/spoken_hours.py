"""Opening hours as residents are told them: the week that holds now, and what differs soon."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from gateway.moments import spoken_moment
from gateway.opening import DAYS, MIDNIGHT, Day, ExceptionalDay, OpeningHours, Span
from gateway.texts import Texts

WORDS = Path(__file__).with_name("opening.toml")
AHEAD = timedelta(days=7)
"""How far ahead what differs is told of: who asks today calls or waits for about that long."""


def spoken_hours(opening: OpeningHours, language: str, today: date) -> str:
    """Give the hours as a sentence without its full stop, with what differs within a week."""
    words = _words()[language]
    said = _week(opening.week_on(today), words)
    season = opening.season_on(today)
    if season is not None:
        said += f" ({words['until']} {_date(opening.season_lasts(today), words)})"
    differs = [
        *_seasons_to_come(opening, today, words),
        *_exceptions(opening.rules.exceptions, language, today, today + AHEAD),
    ]
    return f"{said}. {words['differs']}: {', '.join(differs)}" if differs else said


def spoken_closing(
    texts: Texts, key: str, language: str, opening: OpeningHours, at: datetime
) -> str:
    """Say with a text that it is closed and when it opens, then why if a date is special."""
    opens = opening.opens_next(at)
    spoken = spoken_moment(texts, language, opens, at, opening.timezone)
    said = texts.say(language, key, opens=spoken)
    if opens is None:
        return said
    days = opening.today(at), opening.today(opens)
    differs = list(_exceptions(opening.rules.exceptions, language, *days))
    return f"{said} {_words()[language]['differs']}: {', '.join(differs)}." if differs else said


def _week(week: Mapping[Day, tuple[Span, ...]], words: Mapping[str, Any]) -> str:
    parts = []
    for spans, group in groupby(range(7), lambda at: week.get(DAYS[at], ())):
        if not spans:
            continue
        days = [words["days"][at] for at in group]
        named = days[0] if len(days) == 1 else f"{days[0]}–{days[-1]}"
        parts.append(f"{named} {_clocks(spans, words)}")
    return ", ".join(parts) or str(words["closed"])


def _seasons_to_come(opening: OpeningHours, today: date, words: Mapping[str, Any]) -> Iterator[str]:
    before = opening.season_on(today)
    for ahead in range(1, AHEAD.days + 1):
        day = today + timedelta(days=ahead)
        season = opening.season_on(day)
        if season is not None and season != before:
            last = _date(opening.season_lasts(day), words)
            yield f"{_date(day, words)}–{last} {_week(season.week, words)}"
        before = season


def _exceptions(
    days: Iterable[ExceptionalDay], language: str, today: date, until: date
) -> Iterator[str]:
    words = _words()[language]
    for each in sorted(days, key=lambda each: each.date):
        if not today <= each.date <= until:
            continue
        named = f"{words['days'][each.date.weekday()]} {_date(each.date, words)}"
        hours = _clocks(each.hours, words) if each.hours else words["closed"]
        reason = f" ({each.reason[language]})" if language in each.reason else ""
        yield f"{words['today'] if each.date == today else named} {hours}{reason}"


def _date(day: date, words: Mapping[str, Any]) -> str:
    return str(words["date"]).format(day=day.day, month=words["months"][day.month - 1])


def _clocks(spans: tuple[Span, ...], words: Mapping[str, Any]) -> str:
    if spans == (Span(since=0, until=MIDNIGHT),):
        return str(words["all_day"])
    said = [f"{_clock(span.since)}–{_clock(span.until)}" for span in spans]
    *before, last = said
    joined = f"{', '.join(before)} {words['and']} {last}" if before else last
    return f"{words['clock']}{joined}"


def _clock(minute: int) -> str:
    hour, rest = divmod(minute, 60)
    return f"{hour}.{rest:02}" if rest else str(hour)


@cache
def _words() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads(WORDS.read_text("utf-8"))
