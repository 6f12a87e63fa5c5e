"""What knowledge answers and what a message carries beside its text."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, Protocol, TypedDict

from pydantic import BaseModel, ConfigDict
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

Status = Literal["answered", "clarification", "unanswerable", "out_of_scope"]
CrisisKind = Literal["suicide", "violence", "child", "illness", "fire"]
Language = Literal["sv", "nb", "nn"]
HandoffReason = Literal["asked", "complaint", "crisis", "form"]
Event = dict[str, Any]
"""An event of Rasa as JSON, as the functions of `rasa_sdk.events` make it."""


class Value(BaseModel):
    """Compared by content, never changed; unknown fields of a newer knowledge are let go."""

    model_config = ConfigDict(frozen=True)


class Source(Value):
    """Where an answer stands; `updated` is a date as YYYY-MM-DD."""

    article: str
    title: str
    heading: str
    url: str
    updated: str


class KnowledgeChoice(Value):
    """One of the places a question can mean."""

    title: str
    text: str
    chunk: str


class Excerpt(Value):
    """Words of a page that contradict an answer, verbatim, and where they stand."""

    text: str
    source: Source


class KnowledgeAnswer(Value):
    """The decision with what is shown for it; `text` is the source's own words.

    `page_language` is the language of the text, `question_language` that of a question in none of
    ours.
    """

    status: Status
    confidence: float
    text: str | None = None
    sources: tuple[Source, ...] = ()
    choices: tuple[KnowledgeChoice, ...] = ()
    nearest: tuple[Source, ...] = ()
    also: tuple[Excerpt, ...] = ()
    page_language: str | None = None
    question_language: str | None = None


class Intent(TypedDict):
    """What a turn was taken for; `confidence` in 0..1."""

    name: str
    confidence: float


class Context(TypedDict):
    """What the conversation was about before: the page that was talked about, and the question."""

    article: str
    question: str


class ResponseText(TypedDict):
    """A text of the domain, by its key: the channel puts in the words of the language."""

    response: str


class Choice(TypedDict):
    """A button: its title, what it writes as the resident's message, and what that leads to.

    `reason`: why a handoff that it leads to is needed, when that isn't only that it was asked for.
    """

    title: str | ResponseText
    text: str | ResponseText
    chunk: str | None
    action: Literal["handoff"] | None
    reason: NotRequired[HandoffReason]


class AnswerData(TypedDict):
    """What was decided, beside the words."""

    status: Status
    confidence: float
    sources: list[dict[str, str]]
    also: NotRequired[list[dict[str, Any]]]
    page_language: NotRequired[str]
    question_language: NotRequired[str]


class HandoffData(TypedDict):
    """What an operator gets to see; None and empty where the conversation holds nothing."""

    reason: HandoffReason
    topic: str | None
    confidence: float | None
    sources: list[dict[str, str]]
    summary: str | None


class CaseData(TypedDict):
    """A fault to be mended; `contact`: the resident gave one, which the gateway keeps."""

    kind: str
    title: str
    place: str
    description: str
    contact: bool


class MessageData(TypedDict):
    """The JSON of a message, which the channel folds into one with its text."""

    choices: NotRequired[list[Choice]]
    answer: NotRequired[AnswerData]
    handoff: NotRequired[HandoffData]
    crisis: NotRequired[CrisisKind]
    asks: NotRequired[Literal["contact", "nothing"]]
    case: NotRequired[CaseData]


class SvarAction(Protocol):
    """An action of Rasa: its name in the domain and what it does."""

    def name(self) -> str: ...

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[Event]: ...
