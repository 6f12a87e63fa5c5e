"""Somebody may be in danger: one kind sentence, whom to call, and the offer of a person.

Where that is only possible, the question is answered and one line with the numbers follows.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, ValidationError, model_validator
from rasa_sdk import Tracker
from rasa_sdk.events import ActiveLoop, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.choices import person_choice
from actions.types import CrisisKind, Event, Language

FOLDER = Path(__file__).with_name("crisis_numbers")
KINDS: tuple[CrisisKind, ...] = get_args(CrisisKind)
ANY_KIND: CrisisKind = "illness"
"""What is answered when the kind is unknown: its first number is the country's for emergencies."""

Text = Annotated[str, Field(min_length=1)]
Content = TypeVar("Content", bound=BaseModel)


class CrisisNumbersError(ValueError):
    """A file of numbers can't be used; the message says which file, where and why."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Words(_Model):
    """One text in every language."""

    sv: Text
    nb: Text
    nn: Text

    def in_language(self, language: str) -> str:
        """The text in a language; Bokmål for one that is none of ours."""
        return str(getattr(self, language if language in get_args(Language) else "nb"))


class PossibleSentences(_Model):
    """What is said before the most urgent number of each kind, and before a calmer one."""

    suicide: Words
    violence: Words
    child: Words
    illness: Words
    fire: Words
    more: Words


class Sentences(_Model):
    """What is said before the numbers of each kind, and after them."""

    suicide: Words
    violence: Words
    child: Words
    illness: Words
    fire: Words
    after: Words
    possible: PossibleSentences


class Service(_Model):
    """Who answers at a number, and the public page that says so."""

    name: Text
    source: HttpUrl


class Call(Words):
    """A number, and in every language when to call it."""

    number: Annotated[str, Field(pattern=r"^\d[\d -]*\d$")]

    @property
    def is_emergency(self) -> bool:
        """Whether it is one of the numbers with three digits: 110, 112, 113."""
        return len(self.number) == 3


class Numbers(_Model):
    """Whom to call in one country, for each kind the most urgent first.

    `checked` is when the texts were written; a person confirms them before they go live.
    """

    country: Literal["SE", "NO"]
    checked: date
    numbers: dict[str, Service]
    suicide: Annotated[tuple[Call, ...], Field(min_length=1)]
    violence: Annotated[tuple[Call, ...], Field(min_length=1)]
    child: Annotated[tuple[Call, ...], Field(min_length=1)]
    illness: Annotated[tuple[Call, ...], Field(min_length=1)]
    fire: Annotated[tuple[Call, ...], Field(min_length=1)]

    def calls(self, kind: CrisisKind) -> tuple[Call, ...]:
        """The numbers for a kind."""
        found: tuple[Call, ...] = getattr(self, kind)
        return found

    @model_validator(mode="after")
    def _every_number_has_a_source(self) -> Self:
        used = {call.number for kind in KINDS for call in self.calls(kind)}
        if used != set(self.numbers):
            raise ValueError(f"called and listed numbers differ: {used ^ set(self.numbers)}")
        return self


@cache
def load_numbers(folder: Path = FOLDER) -> Mapping[str, Numbers]:
    """The numbers by country.

    Raises:
        CrisisNumbersError: a file is missing or broken.
    """
    files = (folder / "se.toml", folder / "no.toml")
    return {found.country: found for found in (_read(file, Numbers) for file in files)}


@cache
def load_sentences(folder: Path = FOLDER) -> Sentences:
    """The sentences around the numbers.

    Raises:
        CrisisNumbersError: the file is missing or broken.
    """
    return _read(folder / "sentences.toml", Sentences)


def _read(path: Path, model: type[Content]) -> Content:
    try:
        return model.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CrisisNumbersError(f"{path}: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise CrisisNumbersError(f"{path}: {where}: {first['msg']}") from error


class ActionCrisis:
    """Says whom to call; never asks anything and never promises that somebody is there."""

    def __init__(self) -> None:
        self._numbers = load_numbers()
        self._sentences = load_sentences()

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_crisis"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[Event]:
        """Say it in one message; a form that was under way asks for nothing more."""
        language = str(tracker.get_slot("language"))
        found = tracker.get_slot("crisis_kind")
        kind: CrisisKind = found if found in KINDS else ANY_KIND
        lines = [
            f"- {_link(call.number)} {call.in_language(language)}"
            for call in self._numbers[_country(tracker)].calls(kind)
        ]
        before: Words = getattr(self._sentences, kind)
        text = "\n\n".join(
            (
                before.in_language(language) + ":",
                "\n".join(lines),
                self._sentences.after.in_language(language),
            )
        )
        dispatcher.utter_message(
            text=text, json_message={"crisis": kind, "choices": [person_choice("crisis")]}
        )
        if not tracker.active_loop:
            return []
        return [ActiveLoop(None), SlotSet("requested_slot", None)]


def say_possible(dispatcher: CollectingDispatcher, tracker: Tracker) -> None:
    """After the reply to a question that may tell of a crisis, say in one line whom to call.

    The choices of the reply move to that line: they can be taken under the latest message only.
    """
    kind = tracker.get_slot("crisis_possible")
    if kind not in KINDS:
        return
    language = str(tracker.get_slot("language"))
    sentences = load_sentences().possible
    calls = load_numbers()[_country(tracker)].calls(kind)
    before: Words = getattr(sentences, kind)
    text = f"{before.in_language(language)} {_link(calls[0].number)}."
    calmer = next((call for call in calls if not call.is_emergency), None)
    if calmer is not None:
        more = sentences.more.in_language(language)
        text += f" {more} {_link(calmer.number)} {calmer.in_language(language)}"
    said = dispatcher.messages[-1]["custom"] if dispatcher.messages else {}
    choices = said.pop("choices", None)
    dispatcher.utter_message(text=text, json_message={"choices": choices} if choices else {})


def _country(tracker: Tracker) -> str:
    """SE or NO; without one the language says best which numbers can be reached."""
    return tracker.get_slot("country") or ("SE" if tracker.get_slot("language") == "sv" else "NO")


def _link(number: str) -> str:
    return f"[{number}](tel:{re.sub('[ -]', '', number)})"
