"""Telling those who ask in another language which language the page is in."""

from __future__ import annotations

from gateway.texts import Texts
from gateway.types import Answer, AnswerStatus, Note

ENGLISH = "en"


def language_notes(texts: Texts, language: str, answer: Answer) -> tuple[Note, ...]:
    """A line in English, and one in the conversation's language unless English was asked in.

    None when the question was in a language of ours, or no page is shown.
    """
    page, question = answer.page_language, answer.question_language
    if answer.status is not AnswerStatus.ANSWERED or page not in texts.languages or not question:
        return ()
    english = Note(text=texts.say(language, f"answer.page_language.en.{page}"), language=ENGLISH)
    if question == ENGLISH:
        return (english,)
    own = Note(text=texts.say(language, f"answer.page_language.{page}"), language=language)
    return (english, own)
