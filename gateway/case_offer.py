"""The offer to leave a question as a case, made wherever waiting may take long."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from gateway.case_thread import deadline_of
from gateway.municipalities import Municipality
from gateway.texts import Texts
from gateway.transcripts import now
from gateway.types import Action, Author, Choice, Draft


class CaseOffer:
    """Says by when an answer would come; offers nothing where no mail can be sent."""

    def __init__(self, texts: Texts, by_mail: bool, clock: Callable[[], datetime] = now) -> None:
        self._texts = texts
        self._by_mail = by_mail
        self._clock = clock

    def add(
        self, text: str, language: str, tenant: Municipality, department: str | None
    ) -> tuple[str, tuple[Choice, ...]]:
        """Give a text with the offer after it, and the choice that takes it."""
        if not self._by_mail:
            return text, ()
        return f"{text} {self._said(language, tenant, department)}", self.choices(language)

    def again(self, language: str, tenant: Municipality) -> Draft:
        """Give the offer once more, to whoever takes it in words: the form is behind its choice."""
        return Draft(
            author=Author.SYSTEM,
            text=self._said(language, tenant, None),
            language=language,
            choices=self.choices(language),
        )

    def _said(self, language: str, tenant: Municipality, department: str | None) -> str:
        deadline = deadline_of(tenant, department, self._clock())
        return self._texts.say(
            language, "system.case_offer", deadline=self._texts.say_date(language, deadline)
        )

    def choices(self, language: str) -> tuple[Choice, ...]:
        """Give the choice alone."""
        if not self._by_mail:
            return ()
        return (
            Choice(
                title=self._texts.say(language, "choice.case.title"),
                text=self._texts.say(language, "choice.case.text"),
                action=Action.CASE,
            ),
        )
