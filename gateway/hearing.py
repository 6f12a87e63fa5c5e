"""Which language a resident writes in, and which one they are therefore answered in."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.errors import KnowledgeError
from gateway.knowledge_client import KnowledgeClient
from gateway.municipalities import Municipality
from gateway.types import Author, Conversation, Message

SURE = 0.8
WORDS = 3
"""A text of fewer words, or less likely to be in a language, is taken to be in the one before."""
UNDETERMINED = "und"
"""What BCP 47 calls the language that knowledge calls OTHER."""
OTHER = "other"

log = logging.getLogger(__name__)

_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Heard:
    """The language of a message, by its own words or those before, and that of its replies."""

    language: str
    reply: str


class Hearing:
    """Tells the language of messages by asking knowledge."""

    def __init__(
        self, knowledge: KnowledgeClient, municipalities: Mapping[str, Municipality]
    ) -> None:
        self._knowledge = knowledge
        self._municipalities = municipalities

    def so_far(self, conversation: Conversation, newest_first: Sequence[Message]) -> Heard:
        """Give the language that the resident wrote in last; at first the conversation's."""
        written = (each.language for each in newest_first if each.author is Author.RESIDENT)
        return self._heard(conversation, next(written, conversation.language))

    async def hear(
        self, conversation: Conversation, message: Message, newest_first: Sequence[Message]
    ) -> Heard:
        """Give the language of a message, or the one so far where it can't be told."""
        so_far = self.so_far(conversation, newest_first)
        # Choosing the page in a language counts as having written in it once.
        seen = Counter([conversation.language])
        seen.update(each.language for each in newest_first if each.author is Author.RESIDENT)
        if unknown := seen.pop(UNDETERMINED, 0):
            seen[OTHER] = unknown
        tenant = self._municipalities[conversation.municipality]
        languages = sorted(tenant.languages, key=lambda each: each != tenant.default_language)
        try:
            found = await self._knowledge.identify(message.text, languages, seen)
        except KnowledgeError as error:
            log.info("the language of a message is not known: %s", error)
            return so_far
        if found.probability < SURE or len(_WORD.findall(message.text)) < WORDS:
            return so_far
        language = UNDETERMINED if found.language == OTHER else found.language
        return self._heard(conversation, language)

    def _heard(self, conversation: Conversation, language: str) -> Heard:
        tenant = self._municipalities[conversation.municipality]
        spoken = language in tenant.languages
        return Heard(language, language if spoken else tenant.default_language)
