"""Telling questions in other languages from ours, which is what must never go wrong."""

import json
from pathlib import Path

import pytest
import yaml

from knowledge.language.foreign import foreign_language

TOP = Path(__file__).resolve().parents[2]
OURS = ("sv", "nb", "nn")


def labelled() -> list[dict[str, str]]:
    return [
        json.loads(line)
        for name in ("ekhamn", "fjordvik")
        for line in (TOP / "knowledge" / "evaluation" / f"{name}.jsonl").read_text().split("\n")
        if line
    ]


def utterances() -> list[str]:
    """Only those who ask for another language may write in one."""
    return [
        line.removeprefix("- ").strip()
        for path in sorted((TOP / "nlu_data").rglob("*.yml"))
        for item in yaml.safe_load(path.read_text("utf-8")).get("nlu", [])
        if item["intent"] != "change_language"
        for line in str(item.get("examples", "")).splitlines()
        if line.strip()
    ]


def test_no_question_in_our_languages_is_taken_for_another() -> None:
    """Of all labelled questions and all that residents are trained to say."""
    ours = [row["text"] for row in labelled() if row["language"] in OURS] + utterances()
    assert len(ours) > 2_000
    assert {} == {text: found for text in ours if (found := foreign_language(text))}


def test_the_labelled_questions_in_other_languages_are_told() -> None:
    """Every one of them."""
    others = {row["text"]: row["language"] for row in labelled() if row["language"] not in OURS}
    assert others == {text: foreign_language(text) for text in others}


@pytest.mark.parametrize(
    "danish",
    [
        "Hvornår åbner biblioteket om lørdagen?",
        "Hvor meget koster en plads i børnehaven?",
        "Jeg vil gerne søge om byggetilladelse til en garage, hvad skal jeg gøre?",
        "Min søn skal starte i skole, hvornår skal han skrives op?",
    ],
)
def test_danish_is_near_enough(danish: str) -> None:
    """A Dane reads Norwegian and Swedish."""
    assert foreign_language(danish) is None


@pytest.mark.parametrize(
    "text", ["", "?", "112", "sfo", "bygglov", "Netflix and chill", "Hva er the best kafe i byen?"]
)
def test_what_cannot_be_told_is_no_other_language(text: str) -> None:
    """A single English word in a question makes it no English."""
    assert foreign_language(text) is None


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "How do I apply for a building permit?"),
        ("en", "what's the phone number"),
        ("pl", "Jak zapisać dziecko do przedszkola?"),
        ("de", "Wie viel kostet der Kindergarten?"),
        ("so", "Sidee baan ilmahayga ugu qori karaa xannaanada?"),
        ("ti", "ከመይ ገይረ ኣብ መዋእለ ህጻናት ይምዝገብ?"),
        ("am", "እንዴት ነው የምመዘገበው?"),
        ("ru", "Как получить разрешение на строительство?"),
        ("uk", "Скільки коштує місце в дитячому садку?"),
        ("ar", "كيف أسجل طفلي في الروضة؟"),
        ("fa", "چطور می‌توانم کودکم را ثبت نام کنم؟"),
        ("ku", "Ez çawa dikarim zarokê xwe qeyd bikim?"),
    ],
)
def test_other_languages_are_told(language: str, text: str) -> None:
    """By script and letters, or by common words."""
    assert language == foreign_language(text)
