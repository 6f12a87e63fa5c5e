"""When somebody is there: weeks, holidays, half days, exceptions, and the clock on the wall."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from gateway.municipalities import LANGUAGES, load_municipalities
from gateway.opening import DAYS, EVES, OpeningHours, OpeningRules
from gateway.settings import PACKAGE

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
    expected = {
        "sv": "måndag 8–12 och 13–15.30, tisdag–onsdag 8–15.30, lördag dygnet runt",
        "nb": "mandag kl. 8–12 og 13–15.30, tirsdag–onsdag kl. 8–15.30, lørdag hele døgnet",
        "nn": "måndag kl. 8–12 og 13–15.30, tysdag–onsdag kl. 8–15.30, laurdag heile døgnet",
    }
    assert expected == {language: make(week=week).sentence(language) for language in LANGUAGES}


def test_the_demo_municipalities_hours() -> None:
    """The words that residents of the invented municipalities are told."""
    assert {"sv": "måndag–torsdag 8–17, fredag 8–16"} == TENANTS["ekhamn"].hours
    assert {
        "nb": "mandag–fredag kl. 8–15.30",
        "nn": "måndag–fredag kl. 8–15.30",
    } == TENANTS["fjordvik"].hours


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
    assert "måndag 6–18, torsdag 6–18" == water.sentence("sv")


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
