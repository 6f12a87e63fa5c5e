import datetime
from typing import Any

from knowledge.indexing.chunking import split_article
from knowledge.types import Article, Chunk

TEXT = """Du behöver **bygglov**.

Gäller även altan.

## Avgift

| Vad | Kronor |
|---|---|
| Altan | 4 200 |

### Åtgärd & påföljd

1. Sök.
2. Vänta.

## Tider

## Avgift

Igen.
"""


def article(**fields: Any) -> Article:
    values: dict[str, Any] = {
        "municipality": "ekhamn",
        "id": "bygglov",
        "language": "sv",
        "title": "Bygglov",
        "text": TEXT,
        "url": "/bygglov",
        "updated": datetime.date(2026, 3, 1),
        "questions": ("Får jag bygga?", "Vad kostar det?"),
    }
    return Article(**{**values, **fields})


def by_id(**fields: Any) -> dict[str, Chunk]:
    return {chunk.id: chunk for chunk in split_article(article(**fields))}


def test_every_heading_with_text_gives_a_chunk() -> None:
    """Ids are article and anchor; the introduction has none; repeated headings are numbered."""
    expected = ["bygglov#", "bygglov#avgift", "bygglov#atgard-pafoljd", "bygglov#avgift-2"]
    assert expected == [chunk.id for chunk in split_article(article())]


def test_texts_are_verbatim() -> None:
    """Tables, lists and emphasis stay as they were written."""
    chunks = by_id()
    assert chunks["bygglov#"].text == "Du behöver **bygglov**.\n\nGäller även altan."
    assert chunks["bygglov#avgift"].text == "| Vad | Kronor |\n|---|---|\n| Altan | 4 200 |"


def test_headings_above_stay_in_the_path() -> None:
    """A chunk knows the headings it stands under, and one of the same level replaces the last."""
    chunks = by_id()
    assert chunks["bygglov#atgard-pafoljd"].path == ("Avgift", "Åtgärd & påföljd")
    assert chunks["bygglov#avgift-2"].path == ("Avgift",)


def test_urls_lead_to_the_heading() -> None:
    """The introduction has the page's own address."""
    chunks = by_id()
    assert chunks["bygglov#"].url == "/bygglov"
    assert chunks["bygglov#avgift-2"].url == "/bygglov#avgift-2"


def test_questions_go_with_the_first_chunk_only() -> None:
    """Each question is there once, so that it is embedded once."""
    questions = [chunk.questions for chunk in split_article(article())]
    assert questions == [("Får jag bygga?", "Vad kostar det?"), (), (), ()]


def test_plain_text_is_one_chunk() -> None:
    """An article without headings or title is found as a whole."""
    chunks = split_article(article(title="", text="Rad ett.\nRad två.\n\nRad tre.", questions=()))
    assert [("bygglov#", "", "Rad ett.\nRad två.\n\nRad tre.")] == [
        (chunk.id, chunk.heading, chunk.text) for chunk in chunks
    ]


def test_marks_of_a_heading_inside_code_or_lists_are_text() -> None:
    """Only outermost headings divide an article."""
    text = "Ett\n\n```\n# inte rubrik\n```\n\n- punkt\n\n  # inte heller\n"
    assert [text.strip()] == [chunk.text for chunk in split_article(article(text=text))]


def test_setext_headings_count() -> None:
    """A heading underlined with equals signs is one too."""
    chunks = split_article(article(text="Först.\n\nAvgift\n======\n\nDyrt."))
    assert ["bygglov#", "bygglov#avgift"] == [chunk.id for chunk in chunks]


def test_foreign_line_ends_do_not_shift_the_text() -> None:
    """Windows line ends and rare line separators leave headings where they are."""
    chunks = split_article(article(text="a\u2028b\x0cc\r\n\r\n## Ä\r\n\r\nd\r\ne"))
    assert [("", "a\u2028b\x0cc"), ("Ä", "d\ne")] == [(c.heading, c.text) for c in chunks]


def test_headings_alone_are_still_found() -> None:
    """An article of headings without text gives one chunk of them."""
    assert ["# A\n\n## B"] == [chunk.text for chunk in split_article(article(text="# A\n\n## B"))]


def test_a_heading_without_letters_gets_an_anchor() -> None:
    """Every heading can be linked to."""
    chunks = split_article(article(text="## 🙂\n\nA\n\n## !!\n\nB"))
    assert ["bygglov#del", "bygglov#del-2"] == [chunk.id for chunk in chunks]


def test_no_text_gives_no_chunk() -> None:
    """There is nothing to find in an article of blanks."""
    assert [] == split_article(article(text=" \n\n "))
