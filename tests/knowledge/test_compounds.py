import pytest

from knowledge.language.compounds import Compounds
from knowledge.language.lemmas import LemmaTable, read_lemmas
from knowledge.language.text import lemmas


def small(words: str, forms: dict[str, str], group: str) -> Compounds:
    listed = {**{word: word for word in words.split()}, **forms}
    table = LemmaTable(listed)
    return Compounds(frozenset(listed.values()), table, group, table.lemma)


SWEDISH = small(
    "skola plats gata sten kyrka bord mat skolmat skolbord skolsten gatsten matsten matbord "
    "matplats kyrkplats skolplats gatubord gatuplats gatumat kyrkobord kyrkomat kyrkoplats",
    {"platser": "plats", "platsen": "plats"},
    "sv",
)


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("skolplats", ("skola", "plats")),
        ("gatuplats", ("gata", "plats")),
        ("kyrkoplatserna", ()),
        ("kyrkoplatser", ("kyrka", "plats")),
        ("skolmatplatsen", ("skolmat", "plats")),
        ("platsen", ()),
        ("b2plats", ()),
    ],
)
def test_parts_are_base_forms(word: str, parts: tuple[str, ...]) -> None:
    """Joints go, the last part loses its ending, and what cannot be told stays whole."""
    assert parts == SWEDISH.parts(word)


def test_short_words_stay_whole() -> None:
    """A word below seven letters is not taken apart, whatever it holds."""
    assert () == SWEDISH.parts("matmat")


@pytest.mark.parametrize(
    ("language", "compound", "part"),
    [
        ("sv", "förskoleplatser", "plats"),
        ("sv", "förskoleplatser", "förskola"),
        ("sv", "soptunnan", "sopor"),
        ("sv", "gatubelysningen", "gata"),
        ("sv", "barnmorskemottagningen", "barnmorska"),
        ("nb", "barnehageplassen", "barnehage"),
        ("nb", "barnehageplassen", "plass"),
        ("nb", "søppelkassa", "søppel"),
        ("nb", "søknadsfristen", "søknad"),
        ("nn", "barnehageplassane", "barnehagar"),
        ("nn", "sjukeheimsplassen", "plass"),
    ],
)
def test_compounds_are_found_by_their_parts(language: str, compound: str, part: str) -> None:
    """The packaged tables know enough words to take everyday ones apart."""
    assert lemmas(part, language)[0] in lemmas(compound, language)[1:]


def test_the_packaged_tables_are_read_for_both_groups() -> None:
    """Compounds need the base forms, not only what inflects."""
    assert "plats" == read_lemmas("sv")["platser"]
    assert "plass" == read_lemmas("no")["plassen"]
