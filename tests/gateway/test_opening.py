"""When somebody is there: weeks, holidays, half days, exceptions, and the clock on the wall."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from gateway.municipalities import LANGUAGES, load_municipalities
from gateway.opening import DAYS, EVES, OpeningHours, OpeningRules
from gateway.settings import PACKAGE
from gateway.spoken_hours import spoken_closing, spoken_hours
from gateway.texts import load_texts

OFFICE = {day: ["08:00-16:00"] for day in DAYS[:5]}
TENANTS = load_municipalities(PACKAGE / "municipalities")


def make(country="SE", week=OFFICE, **rules) -> OpeningHours:
    """Give opening hours as a file says them."""
    zone = {"SE": "Europe/Stockholm", "NO": "Europe/Oslo"}[country]
    return OpeningHours(
        timezone=zone, country=country, rules=OpeningRules.model_validate({"week": week, **rules})
    )


def local(text: str, zone="Europe/Stockholm") -> datetime:
    """Give the moment of a wall clock."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-11-23T07:59:59", False),
        ("2026-11-23T08:00", True),
        ("2026-11-23T15:59:59", True),
        ("2026-11-23T16:00", False),
        ("2026-11-22T12:00", False),
    ],
)
def test_the_hours_of_a_week(at, expected) -> None:
    """It opens at the first minute and is closed at the last."""
    assert expected is make().is_open(local(at))


@pytest.mark.parametrize(
    ("country", "day", "expected"),
    [
        ("SE", "2026-01-06", False),
        ("SE", "2026-05-01", False),
        ("SE", "2026-05-14", False),
        ("SE", "2028-06-06", False),
        ("SE", "2026-06-19", False),
        ("SE", "2026-12-24", False),
        ("SE", "2026-12-31", False),
        ("SE", "2026-04-02", True),
        ("SE", "2026-05-25", True),
        ("NO", "2026-01-06", True),
        ("NO", "2026-04-02", False),
        ("NO", "2027-05-17", False),
        ("NO", "2026-05-25", False),
        ("NO", "2026-06-19", True),
        ("NO", "2028-06-06", True),
        ("NO", "2026-12-24", False),
    ],
)
def test_each_country_has_its_own_holidays(country, day, expected) -> None:
    """Twelfth Day and 6 June are Swedish, Maundy Thursday and 17 May Norwegian."""
    hours = make(country)
    assert expected is hours.is_open(local(f"{day}T10:00", hours.timezone))


def test_a_sunday_is_no_holiday_of_itself() -> None:
    """A place that is open on Sundays is open on an ordinary one, and closed on Easter Day."""
    hours = make(week={"sunday": ["10:00-14:00"]})
    assert hours.is_open(local("2026-11-22T12:00"))
    assert not hours.is_open(local("2026-04-05T12:00"))


def test_a_half_day_takes_away_and_never_adds() -> None:
    """What is left of the ordinary hours; nothing on a day that is closed anyway."""
    hours = make(
        week={**OFFICE, "thursday": ["09:00-16:00"]},
        half_days={"maundy_thursday": ["08:00-12:00"], "christmas_eve": ["08:00-11:00"]},
    )
    assert [False, True, False] == [
        hours.is_open(local(f"2026-04-02T{at}")) for at in ("08:30", "11:30", "12:00")
    ]
    assert hours.is_open(local("2026-12-24T10:00"))
    assert not hours.is_open(local("2028-12-24T10:00")), "a Sunday"
    in_norway = make("NO", half_days={"maundy_thursday": ["08:00-12:00"]})
    assert not in_norway.is_open(local("2026-04-02T10:00", "Europe/Oslo")), "a holiday there"


def test_the_days_before() -> None:
    """The named days of a year whose Easter is on 5 April, and of one with other weekdays."""
    expected = {
        "epiphany_eve": "01-05",
        "wednesday_before_easter": "04-01",
        "maundy_thursday": "04-02",
        "easter_eve": "04-04",
        "walpurgis_eve": "04-30",
        "ascension_eve": "05-13",
        "whitsun_eve": "05-23",
        "day_before_midsummer_eve": "06-18",
        "midsummer_eve": "06-19",
        "all_saints_eve": "10-30",
        "day_before_christmas_eve": "12-23",
        "christmas_eve": "12-24",
        "day_before_new_years_eve": "12-30",
        "new_years_eve": "12-31",
    }
    assert expected == {name: f"{day(2026):%m-%d}" for name, day in EVES.items()}
    assert date(2027, 6, 25) == EVES["midsummer_eve"](2027)
    assert date(2027, 11, 5) == EVES["all_saints_eve"](2027)


def test_an_exception_outranks_everything() -> None:
    """A date may be closed, or open though it is a Sunday or a holiday."""
    hours = make(
        exceptions=[
            {"date": date(2026, 11, 23), "hours": [], "reason": {"sv": "Studiedag"}},
            {"date": date(2026, 12, 25), "hours": ["10:00-12:00"]},
        ]
    )
    assert not hours.is_open(local("2026-11-23T10:00"))
    assert hours.is_open(local("2026-12-25T10:00"))
    assert local("2026-11-24T08:00") == hours.opens_next(local("2026-11-22T12:00"))


def test_eight_is_eight_in_summer_and_winter() -> None:
    """The last Monday of summer time and the first of winter time, seen from UTC."""
    hours = make()
    assert not hours.is_open(datetime(2026, 10, 19, 5, 59, tzinfo=UTC))
    assert hours.is_open(datetime(2026, 10, 19, 6, 0, tzinfo=UTC))
    assert not hours.is_open(datetime(2026, 10, 26, 6, 59, tzinfo=UTC))
    assert hours.is_open(datetime(2026, 10, 26, 7, 0, tzinfo=UTC))
    friday = datetime(2026, 10, 23, 20, 0, tzinfo=UTC)
    assert datetime(2026, 10, 26, 7, 0, tzinfo=UTC) == hours.opens_next(friday)


def test_hours_in_the_hour_that_clocks_skip() -> None:
    """On 29 March 2026 there is no half past two: it opens when the clocks have jumped to three."""
    hours = make(week={"sunday": ["02:30-04:00"]})
    opens = hours.opens_next(local("2026-03-28T12:00"))
    assert datetime(2026, 3, 29, 1, 0, tzinfo=UTC) == opens
    assert hours.is_open(opens)
    whole = make(week={"sunday": ["00:00-24:00"]})
    assert local("2026-03-29T00:00") == whole.opens_next(local("2026-03-28T12:00"))


def test_opens_next_over_christmas() -> None:
    """Over eves, holidays and a weekend to the first hour of an open day."""
    hours = make()
    assert local("2026-12-28T08:00") == hours.opens_next(local("2026-12-23T16:00"))
    assert local("2026-12-24T08:00") > hours.opens_next(local("2026-12-23T07:00"))


def test_nothing_in_sight() -> None:
    """A place whose only day is a holiday for ever has no next opening, and looks not for ever."""
    closed = make(week={"monday": ["08:00-09:00"]}, exceptions=[
        {"date": date.fromordinal(date(2026, 1, 1).toordinal() + at), "hours": []}
        for at in range(900)
    ])  # fmt: skip
    assert closed.opens_next(local("2026-03-01T12:00")) is None


@pytest.mark.parametrize(
    ("day", "days", "expected"),
    [
        ("2026-11-23", 3, "2026-11-26"),
        ("2026-11-26", 3, "2026-12-01"),
        ("2026-11-28", 1, "2026-11-30"),
        ("2026-12-22", 3, "2026-12-29"),
        ("2026-04-01", 2, "2026-04-07"),
        ("2026-11-23", 0, "2026-11-23"),
    ],
)
def test_working_days(day, days, expected) -> None:
    """Days on which nobody is there don't count; half days do."""
    found = make(half_days={"maundy_thursday": ["08:00-12:00"]}).working_day_after(
        date.fromisoformat(day), days
    )
    assert date.fromisoformat(expected) == found


def test_sentences() -> None:
    """Residents' words, in their language's way of writing a clock."""
    week = {
        "monday": ["08:00-12:00", "13:00-15:30"],
        "tuesday": ["08:00-15:30"],
        "wednesday": ["08:00-15:30"],
        "saturday": ["00:00-24:00"],
    }
    day = date(2026, 11, 23)
    expected = {
        "sv": "måndag 8–12 och 13–15.30, tisdag–onsdag 8–15.30, lördag dygnet runt",
        "nb": "mandag kl. 8–12 og 13–15.30, tirsdag–onsdag kl. 8–15.30, lørdag hele døgnet",
        "nn": "måndag kl. 8–12 og 13–15.30, tysdag–onsdag kl. 8–15.30, laurdag heile døgnet",
    }
    assert expected == {
        language: spoken_hours(make(week=week), language, day) for language in LANGUAGES
    }


def test_the_demo_municipalities_hours() -> None:
    """The words that residents of the invented municipalities are told."""
    ekhamn, fjordvik = (TENANTS[each].opening_of(None) for each in ("ekhamn", "fjordvik"))
    winter, summer = date(2026, 11, 23), date(2027, 7, 1)
    assert [
        "måndag–torsdag 8–17, fredag 8–16",
        "måndag–fredag 9–15 (till och med 15 augusti)",
    ] == [spoken_hours(ekhamn, "sv", day) for day in (winter, summer)]
    assert [
        "mandag–fredag kl. 8–15.30",
        "mandag–fredag kl. 8–15 (til og med 14. september)",
    ] == [spoken_hours(fjordvik, "nb", day) for day in (winter, summer)]
    assert [
        "måndag–fredag kl. 8–15.30",
        "måndag–fredag kl. 8–15 (til og med 14. september)",
    ] == [spoken_hours(fjordvik, "nn", day) for day in (winter, summer)]
    assert {"nb", "nn"} == set(TENANTS["fjordvik"].hours)


SUMMER = {
    "first": "06-01",
    "last": "08-31",
    "week": {day: ["09:00-15:00"] for day in DAYS[:5]},
}


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2027-05-31T08:30", True),
        ("2027-06-01T08:30", False),
        ("2027-06-01T09:00", True),
        ("2031-08-29T15:00", False),
        ("2031-09-01T15:30", True),
    ],
)
def test_a_season_has_its_own_week_every_year(at, expected) -> None:
    """From its first day to its last, both included; outside it the ordinary week holds."""
    assert expected is make(seasons=[SUMMER]).is_open(local(at))


def test_a_season_over_new_year_and_one_of_a_single_year() -> None:
    """December to January is one season; a dated one goes before one of every year."""
    winter = {"first": "12-15", "last": "01-10", "week": {"monday": ["10:00-11:00"]}}
    closed = {"first": date(2027, 7, 12), "last": date(2027, 7, 25), "week": {}}
    hours = make(seasons=[winter, SUMMER, closed])
    assert [True, False, True, False] == [
        hours.is_open(local(f"{day}T10:30"))
        for day in ("2026-12-21", "2026-12-22", "2027-01-04", "2027-07-12")
    ]
    assert local("2027-07-26T09:00") == hours.opens_next(local("2027-07-09T15:00"))
    assert local("2028-07-10T09:00") == hours.opens_next(local("2028-07-10T07:00"))


def test_a_half_day_and_a_holiday_take_away_from_a_season() -> None:
    """What is left of the season's hours, not of the ordinary ones."""
    hours = make(seasons=[SUMMER], half_days={"day_before_midsummer_eve": ["08:00-12:00"]})
    assert [False, True, False] == [
        hours.is_open(local(f"2027-06-24T{at}")) for at in ("08:30", "11:30", "12:00")
    ]
    assert not hours.is_open(local("2028-06-06T10:00"))


def test_a_department_with_a_week_of_its_own_has_no_season_of_another_week() -> None:
    """The municipality's seasons were written for its own week."""
    rules = make(seasons=[SUMMER]).rules
    own = {"week": {"monday": ["07:00-16:00"]}}
    assert () == rules.differing(OpeningRules.model_validate(own)).seasons
    kept = {"half_days": {"walpurgis_eve": []}}
    assert rules.seasons == rules.differing(OpeningRules.model_validate(kept)).seasons
    shut = {"seasons": [{"first": "07-01", "last": "07-31", "week": {}}]}
    assert 1 == len(rules.differing(OpeningRules.model_validate(shut)).seasons)


STUDY_DAY = {
    "date": date(2027, 3, 12),
    "hours": [],
    "reason": {"sv": "studiedag", "nb": "planleggingsdag", "nn": "planleggingsdag"},
}


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("sv", "måndag–fredag 8–16. Avvikande tider: fredag 12 mars stängt (studiedag)"),
        ("nb", "mandag–fredag kl. 8–16. Avvikende tider: fredag 12. mars stengt (planleggingsdag)"),
        ("nn", "måndag–fredag kl. 8–16. Avvikande tider: fredag 12. mars stengt (planleggingsdag)"),
    ],
)
def test_a_special_date_is_told_with_its_reason(language, expected) -> None:
    """Within a week before it; not earlier, and not when it is past."""
    hours = make(exceptions=[STUDY_DAY])
    assert expected == spoken_hours(hours, language, date(2027, 3, 5))
    for day in (date(2027, 3, 4), date(2027, 3, 13)):
        assert "(" not in spoken_hours(hours, language, day)


def test_special_dates_are_told_in_order_and_today_as_today() -> None:
    """With the hours there are, if any, and without a reason where none is written."""
    half = {"date": date(2027, 3, 10), "hours": ["08:00-11:30"]}
    hours = make(exceptions=[STUDY_DAY, half])
    assert (
        "måndag–fredag 8–16. Avvikande tider: i dag 8–11.30, fredag 12 mars stängt (studiedag)"
    ) == spoken_hours(hours, "sv", date(2027, 3, 10))


def test_a_season_is_told_before_it_begins_and_while_it_lasts() -> None:
    """So that whoever waits over the weekend does not come an hour too early."""
    hours = make(
        seasons=[SUMMER, {"first": date(2027, 7, 5), "last": date(2027, 7, 11), "week": {}}]
    )
    told = [
        spoken_hours(hours, "sv", date(2027, *day)) for day in ((5, 20), (5, 27), (6, 2), (7, 8))
    ]
    assert [
        "måndag–fredag 8–16",
        "måndag–fredag 8–16. Avvikande tider: 1 juni–4 juli måndag–fredag 9–15",
        "måndag–fredag 9–15 (till och med 4 juli)",
        "stängt (till och med 11 juli). Avvikande tider: 12 juli–31 augusti måndag–fredag 9–15",
    ] == told


def test_why_it_is_closed_is_told_with_when_it_opens() -> None:
    """Today's special date and those until it opens; what comes after that is of no concern."""
    texts = load_texts(PACKAGE / "locales", LANGUAGES)
    hours = make(exceptions=[STUDY_DAY, {"date": date(2027, 3, 16), "hours": []}])
    opens = "på måndag klockan 8"
    closed = texts.say("sv", "system.waiting_closed", opens=opens)
    assert [
        f"{closed} Avvikande tider: i dag stängt (studiedag).",
        f"{closed} Avvikande tider: fredag 12 mars stängt (studiedag).",
        texts.say("sv", "system.waiting_closed", opens="i morgon klockan 8"),
    ] == [
        spoken_closing(texts, "system.waiting_closed", "sv", hours, local(at))
        for at in ("2027-03-12T10:00", "2027-03-11T17:00", "2027-03-10T17:00")
    ]


def test_a_department_says_what_differs() -> None:
    """Its own week and dates; the municipality's half days and other exceptions stay."""
    ekhamn = TENANTS["ekhamn"]
    data = ekhamn.model_dump(mode="python")
    data["opening"] = {
        "week": OFFICE,
        "half_days": {"walpurgis_eve": ["08:00-12:00"]},
        "exceptions": [
            {"date": date(2026, 11, 23), "hours": []},
            {"date": date(2026, 11, 24), "hours": []},
        ],
    }
    data["departments"]["water"]["opening"] = {
        "week": {"monday": ["06:00-18:00"], "thursday": ["06:00-18:00"]},
        "exceptions": [{"date": date(2026, 11, 23), "hours": ["10:00-11:00"]}],
    }
    tenant = type(ekhamn).model_validate(data)
    water, other = tenant.opening_of("water"), tenant.opening_of("waste")
    assert tenant.opening_of(None) == other == tenant.opening_of("unheard-of")
    assert [True, True, False, False] == [
        water.is_open(local(at))
        for at in ("2026-11-30T06:30", "2026-11-23T10:30", "2026-11-23T12:00", "2026-04-30T13:00")
    ]
    assert [False, False, True] == [
        other.is_open(local(at))
        for at in ("2026-11-30T06:30", "2026-11-23T10:30", "2026-12-01T08:30")
    ]
    assert "måndag 6–18, torsdag 6–18" == spoken_hours(water, "sv", date(2026, 11, 9))


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({"week": {"monday": ["22:00-02:00"]}}, "hours past midnight belong to the next day"),
        ({"week": {"monday": ["08:00-08:00"]}}, "does not end after it begins"),
        ({"week": {"monday": ["08:00-24:30"]}}, "ends after 24:00"),
        ({"week": {"monday": ["8-16"]}}, "is not a time such as 08:00-16:30"),
        ({"week": {"monday": [8]}}, "is not a time such as 08:00-16:30"),
        ({"week": {"monday": ["08:00-12:00", "11:00-14:00"]}}, "overlap or touch"),
        ({"week": {"monday": []}}, "no day has any hours"),
        ({"week": {"mon": ["08:00-12:00"]}}, "Input should be 'monday'"),
        (
            {"week": OFFICE, "exceptions": [{"date": "12 mars", "hours": []}]},
            "'12 mars' is not a date such as 2027-03-12",
        ),
        ({"week": OFFICE, "seasons": [{**SUMMER, "first": "6-1"}]}, "is neither a day of every"),
        ({"week": OFFICE, "seasons": [{**SUMMER, "last": "02-29"}]}, "is neither a day of every"),
        (
            {"week": OFFICE, "seasons": [{**SUMMER, "last": date(2027, 8, 31)}]},
            "first and last are both dates, or both days of every year",
        ),
        (
            {"week": OFFICE, "seasons": [{**SUMMER, "first": "2027-06-01", "last": "2027-05-01"}]},
            "last is 2027-05-01, before first, which is 2027-06-01",
        ),
        (
            {"week": OFFICE, "seasons": [SUMMER, {**SUMMER, "first": "08-31", "last": "09-05"}]},
            "06-01 to 08-31 and 08-31 to 09-05 have days in common",
        ),
        ({"week": OFFICE, "half_days": {"pancake_day": []}}, "'pancake_day' is not one of"),
        (
            {"week": OFFICE, "exceptions": [{"date": "2026-01-02", "hours": []}] * 2},
            "2026-01-02 is there twice",
        ),
        (
            {"week": OFFICE, "exceptions": [{"date": "2026-01-02", "hours": ["20:00-04:00"]}]},
            "past midnight",
        ),
    ],
)
def test_what_is_no_hours_is_said_plainly(rules, said) -> None:
    """What is wrong, in words for the person who writes the file."""
    with pytest.raises(ValidationError) as refusal:
        OpeningRules.model_validate(rules)
    assert said in str(refusal.value)


def test_a_moment_without_a_zone_is_refused() -> None:
    """It would silently be taken for another zone's."""
    with pytest.raises(ValueError, match="needs a time zone"):
        make().is_open(datetime(2026, 11, 23, 10))
