"""When a municipality, or a department of it, answers: the week, seasons, holidays, exceptions.

Everything is reckoned by the clock on the wall in the municipality's own time zone, so that eight
o'clock is eight o'clock in summer and in winter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import combinations, pairwise
from typing import Annotated, Literal, Self
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
YEARLY = re.compile(r"^\d\d-\d\d$")
COMMON_YEAR, LEAP_YEAR = 2023, 2024
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


def _week_in_order(week: dict[Day, Spans]) -> dict[Day, Spans]:
    return {day: _in_order(spans) for day, spans in week.items()}


def _as_date(written: object) -> date:
    if isinstance(written, date) and not isinstance(written, datetime):
        return written
    try:
        return date.fromisoformat(written if isinstance(written, str) else "")
    except ValueError:
        raise ValueError(f"{written!r} is not a date such as 2027-03-12") from None


def _as_bound(written: object) -> date | str:
    try:
        if isinstance(written, str) and YEARLY.match(written):
            # Not 29 February: most years would have no such day.
            date.fromisoformat(f"{COMMON_YEAR}-{written}")
            return written
        return _as_date(written)
    except ValueError:
        raise ValueError(
            f'{written!r} is neither a day of every year such as "06-01" (month-day) '
            "nor a date such as 2027-06-01"
        ) from None


Bound = Annotated[date | str, BeforeValidator(_as_bound)]
"""A date, or the month and day of every year: "06-01"."""


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

    date: Annotated[date, BeforeValidator(_as_date)]
    hours: Spans
    reason: dict[str, Annotated[str, Field(min_length=1)]] = {}

    _ordered = field_validator("hours")(_in_order)


class Season(BaseModel):
    """A part of the year with a week of its own; a week without days: closed all the while.

    It is of one year when `first` and `last` are dates, else of every year.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    first: Bound
    last: Bound
    week: dict[Day, Spans]

    _ordered = field_validator("week")(_week_in_order)

    @model_validator(mode="after")
    def _bounds_agree(self) -> Self:
        if self.yearly is isinstance(self.last, date):
            raise ValueError("first and last are both dates, or both days of every year")
        if not self.yearly and str(self.last) < str(self.first):
            raise ValueError(f"last is {self.last}, before first, which is {self.first}")
        return self

    @property
    def yearly(self) -> bool:
        """Say whether it comes back every year."""
        return isinstance(self.first, str)

    def has(self, day: date) -> bool:
        """Say whether a day belongs to it; a season of every year may go past New Year's Eve."""
        first, last = str(self.first), str(self.last)
        # Dates written year first come in the order of their letters.
        at = f"{day:%m-%d}" if self.yearly else str(day)
        return first <= at <= last if first <= last else at >= first or at <= last

    def __str__(self) -> str:
        return f"{self.first} to {self.last}"


class OpeningRules(BaseModel):
    """What a municipality's file says of its hours; a department may say only what differs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    week: dict[Day, Spans] | None = None
    seasons: tuple[Season, ...] = ()
    half_days: dict[str, Spans] = {}
    exceptions: tuple[ExceptionalDay, ...] = ()

    @field_validator("week")
    @classmethod
    def _week_has_hours(cls, week: dict[Day, Spans] | None) -> dict[Day, Spans] | None:
        if week is None:
            return None
        if not any(week.values()):
            raise ValueError("no day has any hours")
        return _week_in_order(week)

    @field_validator("seasons")
    @classmethod
    def _one_season_a_day(cls, seasons: tuple[Season, ...]) -> tuple[Season, ...]:
        for one, other in combinations(seasons, 2):
            if one.yearly is other.yearly and _overlap(one, other):
                raise ValueError(f"{one} and {other} have days in common")
        return seasons

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
        """Give these rules with what another set says put over them.

        Seasons change the week that they were written for, and no other.
        """
        own = {day.date for day in other.exceptions}
        keeps = other.week is None and not other.seasons
        return OpeningRules(
            week=self.week if other.week is None else other.week,
            seasons=self.seasons if keeps else other.seasons,
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
        hours = self.week_on(day).get(DAYS[day.weekday()], ())
        for name, spans in self._half_days().items():
            if EVES[name](day.year) == day:
                hours = _common(hours, spans)
        return hours

    def season_on(self, day: date) -> Season | None:
        """Give the season of a day; one of a single year goes before one of every year."""
        found = [season for season in self.rules.seasons if season.has(day)]
        return min(found, key=lambda season: season.yearly, default=None)

    def season_lasts(self, day: date) -> date:
        """Give the last day on which the season of a day holds without a break."""
        season, last = self.season_on(day), day
        while (
            last - day < timedelta(days=366) and self.season_on(last + timedelta(days=1)) == season
        ):
            last += timedelta(days=1)
        return last

    def week_on(self, day: date) -> Mapping[Day, tuple[Span, ...]]:
        """Give the week that holds on a day, whatever is special about the day itself."""
        season = self.season_on(day)
        week = self.rules.week if season is None else season.week
        assert week is not None, "checked when made"
        return week

    def today(self, at: datetime) -> date:
        """Give the date of a moment where it is."""
        return _aware(at).astimezone(ZoneInfo(self.timezone)).date()

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

    def _half_days(self) -> Mapping[str, tuple[Span, ...]]:
        closed: dict[str, tuple[Span, ...]] = dict.fromkeys(CLOSED_EVES[self.country], ())
        return {**closed, **self.rules.half_days}


def _overlap(one: Season, other: Season) -> bool:
    if one.yearly:
        begin = date(LEAP_YEAR, 1, 1)
        days = (begin + timedelta(days=ahead) for ahead in range(366))
        return any(one.has(day) and other.has(day) for day in days)
    return str(one.first) <= str(other.last) and str(other.first) <= str(one.last)


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
