"""Streets, places, facilities, e-services and dates in what residents write."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from rasa.shared.nlu.training_data.message import Message

from bot.components.dates import Dates
from bot.components.entity_extractor import EntityExtractor, today
from bot.components.places import Places, PlacesByMunicipality, PlacesError, fold

LISTS = Path(__file__).resolve().parents[2] / "bot" / "places"
SUNDAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def dates() -> Dates:
    return Dates()


@pytest.fixture(scope="module")
def lists() -> PlacesByMunicipality:
    lists = PlacesByMunicipality(LISTS)
    lists.load()
    return lists


@pytest.mark.parametrize(
    ("municipality", "text", "expected"),
    [
        ("ekhamn", "lampan vid Hamngatan 4 b lyser inte", [("street", "Hamngatan 4 b")]),
        ("ekhamn", "lampan på ekasvagen nr 12", [("street", "Ekåsvägen nr 12")]),
        ("ekhamn", "HAMNGTAAN", [("street", "Hamngatan")]),
        ("ekhamn", "hamngn", []),
        ("ekhamn", "hamngaatn 4", [("street", "Hamngatan 4")]),
        ("ekhamn", "Storöns hamn", [("place", "Storön")]),
        ("ekhamn", "när öppnar simhalen?", [("facility", "Ekbadet")]),
        (
            "ekhamn",
            "från stora torget till Ekbadet",
            [("place", "Stora torget"), ("facility", "Ekbadet")],
        ),
        ("ekhamn", "jag vill bygga en båtplats", []),
        ("ekhamn", "jag hittar inte e-tjänsten Båtplats", [("e_service", "Båtplats")]),
        ("fjordvik", "lampen i sjogata 18 er mørk", [("street", "Sjøgata 18")]),
        ("fjordvik", "er det skule på Nes i dag", [("place", "Nes")]),
        ("fjordvik", "det er noen nes her", []),
        ("fjordvik", "Nes skule", [("facility", "Nes skole")]),
        ("fjordvik", "kor er skjemaet for startlån", [("e_service", "startlån")]),
        ("fjordvik", "lampan vid Hamngatan 4", []),
        ("lillvik", "lampan vid Hamngatan 4", []),
        (None, "lampan vid Hamngatan 4", []),
    ],
)
def test_names_of_the_municipality_are_found(
    lists: PlacesByMunicipality, municipality: str | None, text: str, expected: list[Any]
) -> None:
    """However they are spelt, within reason; another municipality's names mean nothing."""
    assert expected == [(each.entity, each.value) for each in lists.find(municipality, text)]


def test_a_mention_says_where_it_stands(lists: PlacesByMunicipality) -> None:
    """Start and end are those of the text as it was written, house number included."""
    text = "Hej! Lampan på EKÅSVÄGEN 3 är trasig"
    (found,) = lists.find("ekhamn", text)
    assert "EKÅSVÄGEN 3" == text[found.start : found.end]


def test_folding_keeps_every_letter_s_place() -> None:
    """Also of letters that become two in lower case."""
    assert len("Åse İo ﬁ") == len(fold("Åse İo ﬁ"))


def test_two_names_one_slip_away_name_neither() -> None:
    """A guess between them would send somebody to the wrong street."""
    places = Places(["Storgatan", "Skorgatan"], {})
    assert [] == places.find("hål på sporgatan 3")
    assert ["Storgatan 3"] == [each.value for each in places.find("hål på stoorgatan 3")]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("streets = 'Hamngatan'", "streets is a list"),
        ("[places]\nNes = 'x'", "streets is a list"),
        ("[squares]\nNes = []", "unknown squares"),
        ("streets = [", "Invalid value"),
    ],
)
def test_a_bad_list_is_refused_by_name(tmp_path: Path, text: str, fault: str) -> None:
    """The message names the file and says what is wrong."""
    (tmp_path / "ekhamn.toml").write_text(text, "utf-8")
    with pytest.raises(PlacesError) as raised:
        PlacesByMunicipality(tmp_path).load()
    assert "ekhamn.toml" in str(raised.value)
    assert fault in str(raised.value)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    """A wrong setting is told at the start, not found out by residents."""
    with pytest.raises(PlacesError, match="not a folder"):
        PlacesByMunicipality(tmp_path / "none").load()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("i kväll", ["2026-11-22"]),
        ("i går og i morgen", ["2026-11-21", "2026-11-23"]),
        ("i overmorgon", ["2026-11-24"]),
        ("på fredag", ["2026-11-27"]),
        ("stengt søndag?", ["2026-11-22"]),
        ("förra tisdagen", ["2026-11-17"]),
        ("nästa fredag", ["2026-11-27"]),
        ("den 12 mars", ["2027-03-12"]),
        ("12. mars 2025", ["2025-03-12"]),
        ("30 oktober", ["2026-10-30"]),
        ("innen 1. des.", ["2026-12-01"]),
        ("12/3", ["2027-03-12"]),
        ("2026-12-24", ["2026-12-24"]),
        ("24.12.2026", ["2026-12-24"]),
        ("kl 8.30", []),
        ("ring kl. 8.30.", []),
        ("31 juni", []),
        ("31/6", []),
        ("vecka 8", ["2027-02-22/2027-02-28"]),
        ("veke 48", ["2026-11-23/2026-11-29"]),
        ("i februari", ["2027-02-01/2027-02-28"]),
        ("i februar 2028", ["2028-02-01/2028-02-29"]),
        ("midsommarafton", ["2026-06-19"]),
        ("langfredag", ["2027-03-26"]),
        ("17. mai", ["2027-05-17"]),
        ("syttende mai", ["2027-05-17"]),
        ("julaftan", ["2026-12-24"]),
        ("vi bor på 12 kvadrat", []),
        ("mars er en planet", []),
    ],
)
def test_days_are_found(dates: Dates, text: str, expected: list[str]) -> None:
    """In words and numbers of each language, seen from Sunday 22 November 2026."""
    assert expected == [day.value for day in dates.find(text, SUNDAY)]


def test_next_friday_depends_on_the_day(dates: Dates) -> None:
    """On a Monday, the Friday of the same week is not the next one."""
    (found,) = dates.find("nästa fredag", date(2026, 11, 23))
    assert "2026-12-04" == found.value


def test_the_turn_s_entities_are_those_of_its_municipality(lists: PlacesByMunicipality) -> None:
    """They are added to what is there; a message without metadata, as in training, has none."""
    extractor = EntityExtractor(lists, lambda country: SUNDAY)
    known = {"entity": "language", "value": "sv"}
    turn = Message(
        {
            "text": "är simhallen öppen på julafton",
            "metadata": {"municipality": "ekhamn", "country": "SE"},
            "entities": [known],
        }
    )
    extractor.process([turn])
    found = [(entity["entity"], entity["value"]) for entity in turn.get("entities")]
    assert [("language", "sv"), ("facility", "Ekbadet"), ("date", "2026-12-24")] == found
    bare = Message({"text": "simhallen"})
    extractor.process([bare])
    assert bare.get("entities") is None


def test_the_day_is_that_of_the_country() -> None:
    """And of UTC where the country is unknown."""
    assert today("SE") == today("NO")
    assert isinstance(today(None), date)


@pytest.mark.parametrize("path", sorted(LISTS.glob("*.toml")), ids=lambda path: path.stem)
def test_every_name_of_a_list_is_found_as_itself(path: Path) -> None:
    """No name hides another: each street and each other name gives its own entity and value."""
    import tomli

    data = tomli.loads(path.read_text("utf-8"))
    places = Places.read(path)
    for street in data["streets"]:
        assert [("street", street)] == [(e.entity, e.value) for e in places.find(street)]
    for table, entity in (("places", "place"), ("facilities", "facility")):
        for name, others in data[table].items():
            for each in (name, *others):
                assert [(entity, name)] == [(e.entity, e.value) for e in places.find(each)], each
