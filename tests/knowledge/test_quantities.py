"""Figures in sentences, each written in one way."""

import pytest

from knowledge.answering.quantities import holds_facet, quantities, without_quantities


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Det kostar 4 200 kronor.", {"money": {"4200"}}),
        ("Det kostar 4.200 kr eller 2 100,50 kr.", {"money": {"4200", "2100.5"}}),
        ("Barn betaler 25 prosent.", {"percent": {"25"}}),
        ("Rabatt 12,5 %.", {"percent": {"12.5"}}),
        ("Öppet klockan 9–11.", {"time": {"9:00-11:00"}}),
        ("Ope kl. 9 til 15.30.", {"time": {"9:00-15:30"}}),
        ("| Fredag | 6.30–18 |", {"time": {"6:30-18:00"}}),
        ("Stänger klockan 18.", {"time": {"18:00"}}),
        ("Søk innen **1. mars**.", {"date": {"1/3"}}),
        ("Från 15 maj till 15 september.", {"date": {"15/5", "15/9"}}),
        ("Svar innen tre uker.", {"span": {"3 week"}}),
        ("Svar inom 14 dagar.", {"span": {"14 day"}}),
        ("Ring 031-390 06 00.", {"phone": {"0313900600"}}),
        ("Ring 55 00 01 40 eller 116 117.", {"phone": {"55000140"}}),
        ("Vi har sju barnehager i veke 35.", {}),
        ("Barn 4–17 år, 10–20 meter.", {"span": {"17 year"}}),
        ("Mandag–fredag 2026.", {}),
    ],
)
def test_figures_are_found_by_kind(sentence: str, expected: dict[str, set[str]]) -> None:
    """Amounts, percentages, times, dates, spans and phone numbers in Swedish and Norwegian."""
    assert expected == quantities(sentence)


def test_what_is_left_without_figures() -> None:
    """The words that say what the figures are of."""
    assert ["Simskola", "kostar", "i", "receptionen."] == without_quantities(
        "Simskola kostar 4 200 kronor i receptionen."
    ).split()


@pytest.mark.parametrize(
    ("facet", "sentence", "expected"),
    [
        ("price", "Det är gratis.", True),
        ("price", "Öppet klockan 9.", False),
        ("hours", "Vi har stängt på söndagar.", True),
        ("hours", "Det kostar 90 kronor.", False),
        ("contact", "Skriv till bygg@ekhamn.example.", True),
        ("duration", "Du väntar två månader.", True),
        ("appeal", "Du kan överklaga beslutet.", True),
    ],
)
def test_a_sentence_holds_what_is_asked_for_or_not(
    facet: str, sentence: str, expected: bool
) -> None:
    """A question of a price wants an amount."""
    assert expected is holds_facet(frozenset({facet}), sentence)
