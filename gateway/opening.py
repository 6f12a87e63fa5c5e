"""When a municipality, or a department of it, answers: the week, holidays, half days, exceptions.

Everything is reckoned by the clock on the wall in the municipality's own time zone, so that eight
o'clock is eight o'clock in summer and in winter.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import groupby, pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

import holidays
from dateutil.easter import easter
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

Country = Literal["SE", "NO"]
Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
DAYS: tuple[Day, ...] = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)
FARTHEST = 400
"""How many days ahead the next opening is looked for: past any holiday, short of for ever."""
SPAN = re.compile(r"^([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)$")
WORDS = Path(__file__).with_name("opening.toml")
MIDNIGHT = 24 * 60


class Span(BaseModel):
    """From when to when on one day, in minutes since midnight; `until` no longer belongs to it."""

    model_config = ConfigDict(frozen=True)

    since: int
    until: int


def _parse(written: object) -> Span:
    if isinstance(written, Span):
        return written
    found = SPAN.match(written) if isinstance(written, str) else None
    if found is None:
        raise ValueError(f"{written!r} is not a time such as 08:00-16:30")
    since, until = (60 * int(found[at]) + int(found[at + 1]) for at in (1, 3))
    if until > MIDNIGHT:
        raise ValueError(f"{written!r} ends after 24:00")
    if until <= since:
        raise ValueError(
            f"{written!r} does not end after it begins; hours past midnight belong to the next day"
        )
    return Span(since=since, until=until)


def _in_order(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    ordered = tuple(sorted(spans, key=lambda span: span.since))
    for before, after in pairwise(ordered):
        if after.since <= before.until:
            raise ValueError("the hours of one day overlap or touch; write them as one")
    return ordered


Spans = tuple[Annotated[Span, BeforeValidator(_parse)], ...]


def _midsummer_eve(year: int) -> date:
    """Give the Friday between 19 and 25 June."""
    first = date(year, 6, 19)
    return first + timedelta(days=(4 - first.weekday()) % 7)


def _all_saints_eve(year: int) -> date:
    """Give the Friday before the Saturday between 31 October and 6 November."""
    first = date(year, 10, 30)
    return first + timedelta(days=(4 - first.weekday()) % 7)


EVES: Mapping[str, Callable[[int], date]] = {
    "epiphany_eve": lambda year: date(year, 1, 5),
    "wednesday_before_easter": lambda year: easter(year) - timedelta(days=4),
    "maundy_thursday": lambda year: easter(year) - timedelta(days=3),
    "easter_eve": lambda year: easter(year) - timedelta(days=1),
    "walpurgis_eve": lambda year: date(year, 4, 30),
    "ascension_eve": lambda year: easter(year) + timedelta(days=38),
    "whitsun_eve": lambda year: easter(year) + timedelta(days=48),
    "day_before_midsummer_eve": lambda year: _midsummer_eve(year) - timedelta(days=1),
    "midsummer_eve": _midsummer_eve,
    "all_saints_eve": _all_saints_eve,
    "day_before_christmas_eve": lambda year: date(year, 12, 23),
    "christmas_eve": lambda year: date(year, 12, 24),
    "day_before_new_years_eve": lambda year: date(year, 12, 30),
    "new_years_eve": lambda year: date(year, 12, 31),
}
"""Days that are no public holidays but that many close early on, or altogether."""

CLOSED_EVES: Mapping[str, frozenset[str]] = {
    "SE": frozenset({"midsummer_eve", "christmas_eve", "new_years_eve"}),
    "NO": frozenset({"christmas_eve", "new_years_eve"}),
}
"""The eves that nobody is promised on unless the municipality says so."""


class ExceptionalDay(BaseModel):
    """One date with hours of its own, whatever day it is; none: closed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    date: date
    hours: Spans
    reason: dict[str, Annotated[str, Field(min_length=1)]] = {}

    _ordered = field_validator("hours")(_in_order)


class OpeningRules(BaseModel):
    """What a municipality's file says of its hours; a department may say only what differs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    week: dict[Day, Spans] | None = None
    half_days: dict[str, Spans] = {}
    exceptions: tuple[ExceptionalDay, ...] = ()

    @field_validator("week")
    @classmethod
    def _week_has_hours(cls, week: dict[Day, Spans] | None) -> dict[Day, Spans] | None:
        if week is None:
            return None
        if not any(week.values()):
            raise ValueError("no day has any hours")
        return {day: _in_order(spans) for day, spans in week.items()}

    @field_validator("half_days")
    @classmethod
    def _half_days_exist(cls, days: dict[str, Spans]) -> dict[str, Spans]:
        for name in days:
            if name not in EVES:
                raise ValueError(f"{name!r} is not one of {', '.join(EVES)}")
        return {name: _in_order(spans) for name, spans in days.items()}

    @field_validator("exceptions")
    @classmethod
    def _one_a_date(cls, days: tuple[ExceptionalDay, ...]) -> tuple[ExceptionalDay, ...]:
        seen: set[date] = set()
        for day in days:
            if day.date in seen:
                raise ValueError(f"{day.date} is there twice")
            seen.add(day.date)
        return days

    def differing(self, other: OpeningRules) -> OpeningRules:
        """Give these rules with what another set says put over them."""
        own = {day.date for day in other.exceptions}
        return OpeningRules(
            week=self.week if other.week is None else other.week,
            half_days={**self.half_days, **other.half_days},
            exceptions=(
                *(day for day in self.exceptions if day.date not in own),
                *other.exceptions,
            ),
        )


class OpeningHours(BaseModel):
    """The hours of a municipality or department, in its zone and with its country's holidays."""

    model_config = ConfigDict(frozen=True)

    timezone: str
    country: Country
    rules: OpeningRules

    @model_validator(mode="after")
    def _has_a_week(self) -> Self:
        if self.rules.week is None:
            raise ValueError("opening has no week")
        return self

    def hours_on(self, day: date) -> tuple[Span, ...]:
        """Give the hours of a date; none when closed.

        A half day opens no day that is closed anyway, and no hour that is: it only takes away.
        """
        for exception in self.rules.exceptions:
            if exception.date == day:
                return exception.hours
        if day in _public_holidays(self.country, day.year):
            return ()
        assert self.rules.week is not None, "checked when made"
        hours = self.rules.week.get(DAYS[day.weekday()], ())
        for name, spans in self._half_days().items():
            if EVES[name](day.year) == day:
                hours = _common(hours, spans)
        return hours

    def is_open(self, at: datetime) -> bool:
        """Tell whether it is open at a moment."""
        local = _aware(at).astimezone(ZoneInfo(self.timezone))
        minute = 60 * local.hour + local.minute
        return any(span.since <= minute < span.until for span in self.hours_on(local.date()))

    def opens_next(self, at: datetime) -> datetime | None:
        """Give the first moment after `at` at which it opens; None when nothing is in sight."""
        zone = ZoneInfo(self.timezone)
        first = _aware(at).astimezone(zone).date()
        for ahead in range(FARTHEST):
            day = first + timedelta(days=ahead)
            for span in self.hours_on(day):
                opens = _moment(day, span.since, zone)
                if opens > at:
                    return opens
        return None

    def working_day_after(self, day: date, days: int) -> date:
        """Give the date so many working days after one; it counts the days it is open at all."""
        found = day
        # Not for ever: rules without any open day for a year would never come to an end.
        for _ in range(FARTHEST + 7 * days):
            if days <= 0:
                break
            found += timedelta(days=1)
            days -= bool(self.hours_on(found))
        return found

    def sentence(self, language: str) -> str:
        """Give the hours of an ordinary week in residents' words."""
        words = _words()[language]
        week = self.rules.week or {}
        parts = []
        for spans, group in groupby(range(7), lambda at: week.get(DAYS[at], ())):
            if not spans:
                continue
            days = [words["days"][at] for at in group]
            named = days[0] if len(days) == 1 else f"{days[0]}–{days[-1]}"
            parts.append(f"{named} {_clocks(spans, words)}")
        return ", ".join(parts)

    def _half_days(self) -> Mapping[str, tuple[Span, ...]]:
        closed: dict[str, tuple[Span, ...]] = dict.fromkeys(CLOSED_EVES[self.country], ())
        return {**closed, **self.rules.half_days}


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


def _common(one: tuple[Span, ...], other: tuple[Span, ...]) -> tuple[Span, ...]:
    both = (
        (max(mine.since, theirs.since), min(mine.until, theirs.until))
        for mine in one
        for theirs in other
    )
    return tuple(Span(since=since, until=until) for since, until in both if since < until)


def _moment(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """Give the moment of a wall clock's minute; the first after it when clocks skip it."""
    moment = datetime.combine(day, time(minute // 60, minute % 60), zone).astimezone(UTC)
    while True:
        local = moment.astimezone(zone)
        earlier = (moment - timedelta(minutes=1)).astimezone(zone)
        if earlier.date() < day or 60 * earlier.hour + earlier.minute < minute:
            return local
        moment -= timedelta(minutes=1)


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return at


@cache
def _public_holidays(country: str, year: int) -> frozenset[date]:
    """Give the public holidays of a year; its Sundays as such are none of them."""
    found = holidays.country_holidays(country, years=year, observed=False)
    return frozenset(day for day in found if day.year == year)


@cache
def _words() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads(WORDS.read_text("utf-8"))
