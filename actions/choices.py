"""The buttons under a message."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from actions.types import Choice, HandoffReason, KnowledgeChoice, Source


def person_choice(reason: HandoffReason | None = None) -> Choice:
    """The offer of a person; with the reason why one may be needed, if there is a special one."""
    choice: Choice = {
        "title": {"response": "utter_offer_person_title"},
        "text": {"response": "utter_offer_person_text"},
        "chunk": None,
        "action": "handoff",
    }
    if reason is not None:
        choice["reason"] = reason
    return choice


def clarifying_choices(choices: Iterable[KnowledgeChoice]) -> list[Choice]:
    """The places that a question can mean."""
    return [
        {"title": choice.title, "text": choice.text, "chunk": choice.chunk, "action": None}
        for choice in choices
    ]


def page_choices(sources: Iterable[Source]) -> list[Choice]:
    """Pages that may help; taking one shows the part of it that came nearest."""
    choices: list[Choice] = []
    for source in sources:
        words = f"{source.title}: {source.heading}" if source.heading else source.title
        # A chunk's name is its article with the anchor at the end of its address.
        chunk = f"{source.article}#{urlsplit(source.url).fragment}"
        choices.append({"title": words, "text": words, "chunk": chunk, "action": None})
    return choices
