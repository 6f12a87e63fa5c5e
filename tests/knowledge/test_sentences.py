"""Sentences, lists and tables: where they begin and end, and what ties them together."""

import pytest

from knowledge.answering.sentences import limits, refers_back, units

WHOLE = [
    "Ring kl. 9 på måndag.",
    "Ta med t.ex. pass eller körkort.",
    "Ta med f.eks. pass.",
    "Det kostar ca. 400 kr.",
    "Se lokal nr. 5 i byen.",
    "Søk innen 1. mars for å få plass.",
    "Följ bygglagen, jf. § 3. ledd.",
    "Öppet 08.00–16.30 alla dagar.",
    "Avgiften är 1.5 gånger 2.5 procent.",
    "Barn, ungdomar m.m. går gratis.",
    "Papir, glass o.l. tar vi imot.",
    "Läs mer på ekhamn.example/bygglov eller ring.",
    "Se [Mer om bygglov. Läs här](https://a.example/b. c) i dag.",
    "**Ring 112! Vänta inte**",
    "Vi (Kommunen. Staden) svarar.",
    "Tilbudet gjelder dvs. Alle barn.",
    "Skriv till S. Svensson på kontoret.",
    "1. Gå till kontoret",
]


@pytest.mark.parametrize("sentence", WHOLE)
def test_a_sentence_stays_whole(sentence: str) -> None:
    """Abbreviations, ordinals, times, decimals, links and bold words end nothing."""
    assert [sentence] == [unit.of(sentence) for unit in units(sentence)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ett. Två! Tre? Fyra", ["Ett.", "Två!", "Tre?", "Fyra"]),
        ("Det går.  \nRing oss.", ["Det går.", "Ring oss."]),
        ("Du betaler 220 kr. Det gjelder alle.", ["Du betaler 220 kr.", "Det gjelder alle."]),
        ("Papir m.m. Glass tar vi ikke.", ["Papir m.m.", "Glass tar vi ikke."]),
        ("Stengt kl. 16. Ring da vakta.", ["Stengt kl. 16.", "Ring da vakta."]),
        ("**Ring 112! Vänta.** Vi kommer.", ["**Ring 112! Vänta.**", "Vi kommer."]),
        ("Han sa ”nej.” Vi går.", ["Han sa ”nej.”", "Vi går."]),
        ("Öppet 8–16. 15 minuter senare går vi.", ["Öppet 8–16.", "15 minuter senare går vi."]),
        ("Slutar 1 § 3. Du kan klaga.", ["Slutar 1 § 3.", "Du kan klaga."]),
        ("Ett.\n\nTvå.", ["Ett.", "Två."]),
    ],
)
def test_sentences_are_told_apart(text: str, expected: list[str]) -> None:
    """At full stops, question and exclamation marks before a capital or a number."""
    assert expected == [unit.of(text) for unit in units(text)]


def test_lists_and_tables_are_one_each() -> None:
    """Whatever full stops they hold; nothing but space lies between the units."""
    table = "| A | B |\n|---|---|\n| 1. Ja | 2 |"
    text = f"Ta med:\n\n- pass. Ett\n- foto\n\n{table}\n\n> Citat. Två.\n\nSlut."
    found = units(text)
    assert [
        "Ta med:",
        "- pass. Ett\n- foto",
        table,
        "> Citat. Två.",
        "Slut.",
    ] == [unit.of(text) for unit in found]
    assert [True, False, False, False, True] == [unit.sentence for unit in found]


@pytest.mark.parametrize("text", ["", "\n", "   "])
def test_nothing_has_no_units(text: str) -> None:
    """No words, no sentence."""
    assert [] == units(text)


@pytest.mark.parametrize(
    ("sentence", "back", "limit"),
    [
        ("Det gäller dock inte hundar.", True, True),
        ("**Undantag** är barn.", False, True),
        ("Dessutan får du hjelp.", True, False),
        ("Er du under 18, er det gratis.", False, True),
        ("Biblioteket har öppet.", False, False),
        ("Kommunen betalar, men inte för resan.", False, True),
        ("Deltagarna kommer.", False, False),
    ],
)
def test_what_ties_a_sentence_to_the_one_before(sentence: str, back: bool, limit: bool) -> None:
    """Words that point back, and words that take back."""
    assert (back, limit) == (refers_back(sentence), limits(sentence))
