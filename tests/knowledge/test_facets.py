"""Facets: what is asked of a service, and which heading says it."""

import pytest

from knowledge.answering.facets import facets, names_subject


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Vad kostar det att bada?", {"price"}),
        ("Entré", {"price"}),
        ("Årsavgift 2026", {"price"}),
        ("Kva kostar kulturskulen?", {"price"}),
        ("Egenbetaling", {"price"}),
        ("ÖPPETTIDER", {"hours"}),
        ("Når er biblioteket ope?", {"hours"}),
        ("hvor lenge må jeg vente", {"duration"}),
        ("Slik søker du", {"application"}),
        ("Kontakt og klage", {"contact", "appeal"}),
        ("vem kan få parkeringstillstånd", {"eligibility"}),
        ("Lekplatser i Norrhamn", set()),
        ("Opera på kulturhuset", set()),
        ("Ringväg och prisma", set()),
    ],
)
def test_a_text_names_its_facets(text: str, expected: set[str]) -> None:
    """Whole words only, in any case, in Swedish, Bokmål and Nynorsk."""
    assert expected == facets(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("öppettider?", False),
        ("Pris", False),
        ("kontakt, telefon", False),
        ("simhallen öppettider", True),
        ("bygglov", True),
    ],
)
def test_a_question_names_its_subject_or_not(text: str, expected: bool) -> None:
    """What is asked alone, without of what, is no subject."""
    assert expected == names_subject(text)
