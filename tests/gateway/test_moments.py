"""Days and times as people say them."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from gateway.moments import spoken_moment
from gateway.municipalities import LANGUAGES
from gateway.settings import PACKAGE
from gateway.texts import load_texts

OSLO = ZoneInfo("Europe/Oslo")
AT = datetime(2026, 11, 24, 20, 0, tzinfo=OSLO)


@pytest.mark.parametrize(
    ("moment", "spoken"),
    [
        (
            datetime(2026, 11, 24, 21, 30, tzinfo=OSLO),
            ("i dag klockan 21.30", "i dag klokka 21.30", "i dag klokka 21.30"),
        ),
        (
            datetime(2026, 11, 25, 8, 0, tzinfo=OSLO),
            ("i morgon klockan 8", "i morgen klokka 8", "i morgon klokka 8"),
        ),
        (
            datetime(2026, 11, 28, 8, 5, tzinfo=OSLO),
            ("på lördag klockan 8.05", "på lørdag klokka 8.05", "på laurdag klokka 8.05"),
        ),
        (
            datetime(2026, 12, 1, 8, 0, tzinfo=OSLO),
            (
                "tisdag den 1 december klockan 8",
                "tirsdag 1. desember klokka 8",
                "tysdag 1. desember klokka 8",
            ),
        ),
        (None, ("så snart vi kan",) * 3),
        (
            # Eleven in the evening in UTC is the day after where people are.
            datetime(2026, 11, 24, 23, 30, tzinfo=ZoneInfo("UTC")),
            ("i morgon klockan 0.30", "i morgen klokka 0.30", "i morgon klokka 0.30"),
        ),
    ],
)
def test_a_moment_is_said_by_the_clock_on_the_wall_there(moment, spoken) -> None:
    """Today, tomorrow, the weekday within a week, the date after that."""
    texts = load_texts(PACKAGE / "locales", LANGUAGES)
    assert spoken == tuple(
        spoken_moment(texts, language, moment, AT, "Europe/Oslo") for language in LANGUAGES
    )
