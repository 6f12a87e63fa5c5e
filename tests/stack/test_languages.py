"""Residents who write in another language than their conversation was opened in."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.settings import PACKAGE


def texts(language: str) -> dict[str, str]:
    return dict(json.loads((PACKAGE / "locales" / f"{language}.json").read_text("utf-8")))


def replies(talk: Any, text: str) -> list[dict[str, Any]]:
    posted = talk.post(text)
    assert 200 == posted.status, posted.body
    return [message for message in posted.body["messages"] if message["author"] != "resident"]


def notes(messages: list[dict[str, Any]]) -> list[str]:
    return [note["text"] for each in messages for note in (each["answer"] or {}).get("notes", [])]


@pytest.mark.parametrize(
    ("begun", "written", "question", "report", "asked"),
    [
        (
            "nb",
            "nn",
            "eg lurer på kva det kostar å ha ungen i barnehagen",
            "eg vil melde inn ein feil",
            "Kva er gale?",
        ),
        (
            "nn",
            "nb",
            "jeg lurer på hva det koster å ha ungen i barnehagen",
            "jeg vil melde en feil",
            "Hva er galt?",
        ),
    ],
)
def test_fixed_texts_are_in_the_written_norwegian_of_the_question(
    svar: Any, begun: str, written: str, question: str, report: str, asked: str
) -> None:
    """Whichever the page opened the conversation in; a short word changes nothing."""
    talk = svar.converse("fjordvik", begun)
    for text in (question, "takk", report):
        said = replies(talk, text)
        assert {written} == {message["language"] for message in said}, said
        assert [] == notes(said)
        if text == report:
            assert asked in said[-1]["text"]
    stored = [each["language"] for each in talk.messages() if each["author"] == "resident"]
    assert [written] * 3 == stored


def test_english_in_a_swedish_municipality_gets_its_english_line_once(svar: Any) -> None:
    """Under the first page that is shown or offered."""
    talk = svar.converse("ekhamn", "sv")
    question = "how much does it cost to have a child in preschool"
    first, second = replies(talk, question), replies(talk, question)
    swedish = texts("sv")
    lines = {swedish[f"answer.{each}_language.en.sv"] for each in ("page", "pages")}
    assert 1 == len(notes(first)), first
    assert set(notes(first)) <= lines
    assert [] == notes(second)


def test_norwegian_in_a_swedish_municipality_is_answered_in_swedish(svar: Any) -> None:
    """From the Swedish page or with choices of them, and told so once."""
    talk = svar.converse("ekhamn", "sv")
    question = "hva koster det å ha et barn i barnehagen"
    first, second = replies(talk, question), replies(talk, question)
    assert first[-1]["answer"]["status"] in {"answered", "clarification"}, first
    assert ("sv", "sv") == (first[-1]["language"], first[-1]["answer"]["page_language"])
    assert [texts("sv")["answer.reply_language"]] == notes(first)
    assert [] == notes(second)
    assert "nb" == talk.messages()[1]["language"]
