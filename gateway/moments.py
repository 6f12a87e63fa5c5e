"""Days and times as people say them: "i morgon klockan 8", "på måndag klockan 8.30"."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from gateway.texts import Texts

WEEKDAYS = (
    "when.day.monday",
    "when.day.tuesday",
    "when.day.wednesday",
    "when.day.thursday",
    "when.day.friday",
    "when.day.saturday",
    "when.day.sunday",
)


def spoken_moment(
    texts: Texts, language: str, moment: datetime | None, at: datetime, timezone: str
) -> str:
    """Give a moment to come as someone there says it at another moment; None: not known when."""
    if moment is None:
        return texts.say(language, "when.unknown")
    zone = ZoneInfo(timezone)
    local, today = moment.astimezone(zone), at.astimezone(zone).date()
    clock = f"{local.hour}.{local.minute:02}" if local.minute else str(local.hour)
    day = texts.say(language, WEEKDAYS[local.weekday()])
    ahead = (local.date() - today).days
    if ahead == 0:
        return texts.say(language, "when.today", clock=clock)
    if ahead == 1:
        return texts.say(language, "when.tomorrow", clock=clock)
    if ahead < 7:
        return texts.say(language, "when.weekday", day=day, clock=clock)
    month = texts.say(language, f"page.month.{local.month}")
    return texts.say(language, "when.date", day=day, date=str(local.day), month=month, clock=clock)
