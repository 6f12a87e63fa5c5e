"""A service question: knowledge decides, and its words are passed on as they are."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.choices import clarifying_choices, page_choices, person_choice
from actions.crisis import say_possible
from actions.knowledge_client import KnowledgeClient
from actions.turns import latest_text, likeliest_intent
from actions.types import AnswerData, Context, Event, Intent, KnowledgeAnswer


class ActionAnswerQuestion:
    """Answers with a source, asks which of several is meant, or says that it can't."""

    def __init__(self, knowledge: KnowledgeClient) -> None:
        self._knowledge = knowledge

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_answer_question"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[Event]:
        """Say what knowledge decided, and remember question and answer for a handoff.

        Raises:
            KnowledgeUnavailableError: there is no decision; the turn has to fail.
        """
        text = latest_text(tracker)
        chunk = tracker.get_slot("chunk")
        intent = None if chunk else likeliest_intent(tracker)
        answer = await self._knowledge.answer(
            municipality=tracker.get_slot("municipality_id"),
            language=tracker.get_slot("language"),
            text=text,
            intent=intent,
            chunk=chunk,
            context=_context(tracker),
        )
        data: AnswerData = {
            "status": answer.status,
            "confidence": answer.confidence,
            "sources": [source.model_dump() for source in answer.sources],
        }
        if answer.also:
            data["also"] = [excerpt.model_dump() for excerpt in answer.also]
        if answer.page_language:
            data["page_language"] = answer.page_language
        if answer.question_language:
            data["question_language"] = answer.question_language
        _say(dispatcher, answer, data, intent)
        say_possible(dispatcher, tracker)
        if _is_nonsense(intent):
            return []
        topic = answer.sources[0].title if answer.sources else None
        events = [SlotSet("last_answer", {**data, "topic": topic})]
        if answer.status != "out_of_scope":
            events.append(SlotSet("context_article", _talked_about(answer)))
        if not chunk:
            # A choice's words are ours; the resident's own question stays the one remembered.
            events.append(SlotSet("last_question", text))
        return events


def _context(tracker: Tracker) -> Context | None:
    article = tracker.get_slot("context_article")
    if not article:
        return None
    return {"article": article, "question": tracker.get_slot("last_question") or ""}


def _talked_about(answer: KnowledgeAnswer) -> str | None:
    """The page that the next question may lean on: shown, or offered first."""
    if answer.choices:
        return answer.choices[0].chunk.partition("#")[0]
    return next((source.article for source in (*answer.sources, *answer.nearest)), None)


def _say(
    dispatcher: CollectingDispatcher,
    answer: KnowledgeAnswer,
    data: AnswerData,
    intent: Intent | None,
) -> None:
    if answer.status == "answered":
        dispatcher.utter_message(text=answer.text, json_message={"answer": data})
    elif answer.status == "clarification":
        choices = [*clarifying_choices(answer.choices), person_choice()]
        dispatcher.utter_message(
            response="utter_clarify", json_message={"answer": data, "choices": choices}
        )
    elif _is_nonsense(intent):
        dispatcher.utter_message(
            response="utter_nonsense", json_message={"answer": data, "choices": [person_choice()]}
        )
    elif answer.status == "out_of_scope":
        # What is no matter for a municipality has no pages that come near.
        dispatcher.utter_message(
            response="utter_out_of_scope",
            json_message={"answer": data, "choices": [person_choice()]},
        )
    else:
        choices = [*page_choices(answer.nearest), person_choice()]
        dispatcher.utter_message(
            response="utter_unanswerable", json_message={"answer": data, "choices": choices}
        )


def _is_nonsense(intent: Intent | None) -> bool:
    return intent is not None and intent["name"] == "nonsense"
