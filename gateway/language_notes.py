"""Telling those who ask in another language which language the page is in."""

from __future__ import annotations

from gateway.texts import Texts
from gateway.types import Answer, AnswerStatus, Note

ENGLISH = "en"
_KEYS = {
    AnswerStatus.ANSWERED: "answer.page_language",
    AnswerStatus.CLARIFICATION: "answer.pages_language",
}


def language_notes(texts: Texts, language: str, answer: Answer) -> tuple[Note, ...]:
    """A line in English, and one in the conversation's language unless English was asked in.

    None when the question was in a language of ours, or no page is shown or offered.
    """
    page, question = answer.page_language, answer.question_language
    key = _KEYS.get(answer.status)
    if key is None or page not in texts.languages or not question:
        return ()
    english = Note(text=texts.say(language, f"{key}.en.{page}"), language=ENGLISH)
    if question == ENGLISH:
        return (english,)
    own = Note(text=texts.say(language, f"{key}.{page}"), language=language)
    return (english, own)
