import datetime
from dataclasses import replace
from typing import Any

import pytest

from knowledge.types import Chunk, Source

CHUNK = Chunk(
    id="bygglov#avgift",
    municipality="ekhamn",
    article="bygglov",
    language="sv",
    title="Bygglov",
    heading="Avgift",
    anchor="avgift",
    text="Avgiften är 4 200 kronor.",
    url="/bygglov#avgift",
    updated=datetime.date(2026, 3, 1),
    path=("Pengar", "Avgift"),
    questions=("Vad kostar det?",),
)


def test_embedded_text_leads_with_title_and_headings() -> None:
    """What is embedded says which page and headings the words stand under."""
    assert CHUNK.embedded_text == "Bygglov\nPengar\nAvgift\nAvgiften är 4 200 kronor."


def test_embedded_text_leaves_out_what_is_empty() -> None:
    """A chunk without title and headings is its text alone."""
    assert replace(CHUNK, title="", path=()).embedded_text == CHUNK.text


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Lov"},
        {"heading": "Pris"},
        {"path": ("Avgift",)},
        {"text": "Avgiften är 4 300 kronor."},
        {"url": "/lov#avgift"},
        {"updated": datetime.date(2026, 3, 2)},
        {"questions": ()},
        {"language": "nb"},
    ],
)
def test_digest_changes_with_all_that_is_embedded_or_shown(change: dict[str, Any]) -> None:
    """No change that a reader or the index could notice leaves the digest as it was."""
    changed = replace(CHUNK, **change)
    assert changed.digest != CHUNK.digest


def test_digest_is_the_same_for_the_same_chunk() -> None:
    """An equal chunk made elsewhere counts as the same."""
    assert replace(CHUNK).digest == CHUNK.digest


def test_source_names_the_place_of_a_chunk() -> None:
    """A source carries page, heading, deep link and date."""
    expected = Source("bygglov", "Bygglov", "Avgift", "/bygglov#avgift", datetime.date(2026, 3, 1))
    assert expected == Source.of(CHUNK)
