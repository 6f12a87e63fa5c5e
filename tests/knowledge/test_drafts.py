from collections.abc import Callable
from typing import Any

import pytest

from knowledge.articles.drafts import LONGEST, read_draft, read_id
from knowledge.errors import InvalidFieldsError

Fields = Callable[..., dict[str, Any]]


def faults(fields: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(InvalidFieldsError) as raised:
        read_draft(fields)
    return [(error.field, error.code) for error in raised.value.errors]


def test_every_missing_field_is_named() -> None:
    """All missing fields are told at once; blank is missing."""
    expected = [(name, "required") for name in ("title", "text", "language", "url")]
    assert expected == faults({"title": " \n", "text": None})


@pytest.mark.parametrize("name", ["title", "text", "url", "category"])
def test_too_long(article_fields: Fields, name: str) -> None:
    """A field over its limit is told as too long; at the limit it is kept."""
    text = "/" + "a" * LONGEST[name]
    assert [(name, "too_long")] == faults(article_fields(**{name: text}))
    read_draft(article_fields(**{name: text[:-1]}))


def test_unknown_language(article_fields: Fields) -> None:
    """Only sv, nb and nn are languages here."""
    assert [("language", "unknown")] == faults(article_fields(language="da"))


@pytest.mark.parametrize(
    "url", ["bygglov", "//elsewhere.example/x", "/a b", "/a#b", "javascript:alert(1)", "http://"]
)
def test_bad_address(article_fields: Fields, url: str) -> None:
    """An address is a path or a web address without a fragment."""
    assert [("url", "invalid")] == faults(article_fields(url=url))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("/bygga/", "/bygga"),
        ("/", "/"),
        ("https://ekhamn.example/a?b=c", "https://ekhamn.example/a?b=c"),
    ],
)
def test_good_address(article_fields: Fields, url: str, expected: str) -> None:
    """An address is kept without a slash at its end."""
    assert expected == read_draft(article_fields(url=url)).url


@pytest.mark.parametrize("name", ["title", "text", "language", "url", "category"])
def test_no_text(article_fields: Fields, name: str) -> None:
    """A number or a list where a text belongs is invalid."""
    assert (name, "invalid") == faults(article_fields(**{name: 7}))[0]


def test_questions_are_tidied(article_fields: Fields) -> None:
    """Blank and repeated questions are dropped, the order stays."""
    draft = read_draft(article_fields(questions=[" Vad kostar det? ", "", "När?", "När?"]))
    assert ("Vad kostar det?", "När?") == draft.questions


@pytest.mark.parametrize("questions", ["Vad?", [1], {"a": 1}])
def test_bad_questions(article_fields: Fields, questions: object) -> None:
    """Questions are a list of texts."""
    assert [("questions", "invalid")] == faults(article_fields(questions=questions))


@pytest.mark.parametrize("name", ["Bygglov", "bygg lov", "a/b", "../x", "-a", "a" * 81, 5])
def test_bad_id(name: object) -> None:
    """An id is a slug, so that it can stand in an address."""
    with pytest.raises(InvalidFieldsError):
        read_id({"id": name})
