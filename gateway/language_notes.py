"""Telling those who write in another language which one the page and the replies are in."""

from __future__ import annotations

from gateway.hearing import Heard
from gateway.texts import Texts
from gateway.types import Answer, AnswerStatus, Note

ENGLISH = "en"
_KEYS = {
    AnswerStatus.ANSWERED: "answer.page_language",
    AnswerStatus.CLARIFICATION: "answer.pages_language",
}


def language_notes(texts: Texts, heard: Heard, answer: Answer) -> tuple[Note, ...]:
    """A line in English, or in the reply's language for a neighbour who reads it.

    Where knowledge could name the question's language and it is not English, the line in
    English is followed by one in the reply's. None when the question was in the reply's
    language, or no page is shown or offered.
    """
    page, question, reply = answer.page_language, answer.question_language, heard.reply
    key = _KEYS.get(answer.status)
    if key is None or page not in texts.languages:
        return ()
    if not question:
        if heard.language == reply:
            return ()
        if heard.language in texts.languages:
            return (Note(text=texts.say(reply, "answer.reply_language"), language=reply),)
    english = Note(text=texts.say(reply, f"{key}.en.{page}"), language=ENGLISH)
    if not question or question == ENGLISH:
        return (english,)
    own = Note(text=texts.say(reply, f"{key}.{page}"), language=reply)
    return (english, own)
