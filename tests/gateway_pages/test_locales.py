"""The texts exist in every language, fit each other, and are all used."""

import re
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
SOURCES = TOP / "gateway" / "static" / "src"
TEMPLATES = TOP / "gateway" / "templates"
PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
WORD = re.compile(r"[a-zæøåäöéòô]+")


def words(text: str) -> set[str]:
    return set(WORD.findall(PLACEHOLDER.sub("", text).lower()))


# Words that exist in only one of the two: a text in the wrong language shows by them.
ONLY_BOKMAL = words(
    """ikke jeg noe noen hvordan hvorfor hvor hvem hva fra dere spørsmålene meldinger kommunens
    innbygger innbyggere innbyggeren siden artikler medarbeider mer mye nå ble blitt være vært også
    finnes slettes skrevet skriver snakker venter svarer en et"""
)
ONLY_NYNORSK = words(
    """ikkje eg noko nokon korleis kvifor kvar kven kva frå dykk meldingar innbyggjar innbyggjarar
    sida artiklar medarbeidar meir mykje no vart vore vere òg finst snakkar ventar svarar ein eit
    ei"""
)
# Words of the other language that a text names on purpose.
NAMES = {"widget.language.name", "staff.language.name", "statement.registered"}


def test_every_text_exists_in_every_language(locales) -> None:
    """A key is in all three files or in none."""
    expected = set(locales["sv"])
    assert {"sv": expected, "nb": expected, "nn": expected} == {
        language: set(texts) for language, texts in locales.items()
    }


@pytest.mark.parametrize("language", ["sv", "nb", "nn"])
def test_no_text_is_empty_or_has_loose_spaces(locales, language) -> None:
    """What is shown has words, one space between them and none around."""
    untidy = [
        key
        for key, text in locales[language].items()
        if not text or text != " ".join(text.split(" ")).strip() or "  " in text
    ]
    assert untidy == []


def test_the_languages_use_the_same_placeholders(locales) -> None:
    """What the code fills in has its place in every language."""
    uneven = [
        key
        for key, text in locales["sv"].items()
        for language in ("nb", "nn")
        if set(PLACEHOLDER.findall(text)) != set(PLACEHOLDER.findall(locales[language][key]))
    ]
    assert uneven == []


def test_bokmal_has_no_words_of_nynorsk(locales) -> None:
    """Bokmål is Bokmål."""
    found = {
        key: sorted(words(text) & ONLY_NYNORSK)
        for key, text in locales["nb"].items()
        if key not in NAMES and words(text) & ONLY_NYNORSK
    }
    assert found == {}


def test_nynorsk_has_no_words_of_bokmal(locales) -> None:
    """Nynorsk is Nynorsk, not Bokmål that was left standing."""
    found = {
        key: sorted(words(text) & ONLY_BOKMAL)
        for key, text in locales["nn"].items()
        if key not in NAMES and words(text) & ONLY_BOKMAL
    }
    assert found == {}


def test_swedish_has_no_norwegian_letters(locales) -> None:
    """Swedish has no æ and no ø."""
    assert [key for key, text in locales["sv"].items() if re.search("[æøÆØ]", text)] == []


def source_text() -> str:
    files = [*SOURCES.rglob("*.js"), *TEMPLATES.glob("*.html"), *(TOP / "gateway").rglob("*.py")]
    return "\n".join(file.read_text("utf-8") for file in files)


def test_every_key_that_a_page_names_exists(locales) -> None:
    """A misspelt key fails here rather than before a resident."""
    named = set()
    for file in [*SOURCES.rglob("*.js"), *TEMPLATES.glob("*.html")]:
        named |= set(re.findall(r"\bt\(\s*[\"']([a-z_.0-9]+)[\"']", file.read_text("utf-8")))
    counted = {key for key in named if f"{key}.many" in locales["sv"]}
    assert sorted(named - counted - set(locales["sv"])) == [
        # The beginnings that templates complete with a number or a language.
        "page.month.",
        "start.language.",
        "widget.author.",
        "widget.status.",
    ]


def test_every_text_is_used(locales) -> None:
    """No text lies in the files unread: the code has its key or the beginning of it."""
    code = source_text()
    literal = set(re.findall(r"[\"'`]([a-z_]+(?:\.[a-z_0-9]+)+)", code))
    built = set(re.findall(r"[\"'`]([a-z_]+\.[a-z_.]*?)\.?(?:\$\{|[\"'] ~)", code))
    pages = {f"{page}.{part}" for page in ("desk", "editor") for part in ("title", "link")}
    unused = [
        key
        for key in locales["sv"]
        if key not in literal | pages
        and re.sub(r"\.(one|many)$", "", key) not in literal
        and key.rpartition(".")[0] not in {start.rstrip(".") for start in built}
    ]
    # Those of a field and its fault together are chosen by what the gateway answers.
    assert [key for key in unused if not key.startswith("editor.error.")] == []
