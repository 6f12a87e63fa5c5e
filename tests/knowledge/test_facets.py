"""Facets: what is asked of a service, and which heading says it."""

import pytest

from knowledge.facets import facets


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
