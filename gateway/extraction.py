"""What a handoff says of a conversation: only words that stand in its transcript."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.named_choices import named_action
from gateway.transcripts import offered_choices
from gateway.types import (
    AnswerStatus,
    Author,
    Choice,
    HandoffReason,
    HandoffRequest,
    Message,
    Tried,
)

TOPIC_LENGTH = 200
SUMMARY_UTTERANCES = 3
TRIED_ANSWERS = 3
UNSURE_TIMES = 2
UNSURE = (AnswerStatus.UNANSWERABLE, AnswerStatus.CLARIFICATION)


def extract(wanted: HandoffRequest, newest_first: Sequence[Message]) -> HandoffRequest:
    """Fill what a handoff does not say from the transcript: only words that stand in it.

    The offer of a person may have said why one is needed: that outranks that it was asked for.
    The topic is the resident's last utterance that was not itself the wish for a person; the
    summary their last few; confidence and sources those of the bot's last answer.
    """
    utterances = _utterances(newest_first)
    answer = next(
        (
            message.answer
            for message in newest_first
            if message.answer and message.answer.status is not AnswerStatus.ERROR
        ),
        None,
    )
    return HandoffRequest(
        reason=_reason(wanted, newest_first),
        intent=wanted.intent,
        topic=wanted.topic or (utterances[0][:TOPIC_LENGTH] if utterances else None),
        confidence=(
            wanted.confidence
            if wanted.confidence is not None or answer is None
            else answer.confidence
        ),
        sources=wanted.sources or (answer.sources if answer else ()),
        summary=wanted.summary or "\n".join(reversed(utterances[:SUMMARY_UTTERANCES])) or None,
    )


def asked(newest_first: Sequence[Message]) -> tuple[str, ...]:
    """Give the resident's last few words that were not themselves the wish for a person."""
    return tuple(reversed(_utterances(newest_first)[:SUMMARY_UTTERANCES]))


def tried(newest_first: Sequence[Message]) -> tuple[Tried, ...]:
    """Give what the bot decided in its last few answers, as it stands in the transcript."""
    answers = [
        Tried(
            seq=message.seq,
            text=message.text,
            status=message.answer.status,
            confidence=message.answer.confidence,
            sources=message.answer.sources,
        )
        for message in newest_first
        if message.author is Author.BOT and message.answer
    ]
    return tuple(reversed(answers[:TRIED_ANSWERS]))


def own_words(messages: Sequence[Message]) -> list[Message]:
    """Give the resident's messages, in the same order, that were not themselves a wish offered."""
    offered = [choice for message in messages for choice in message.choices]
    return [
        message
        for message in messages
        if message.author is Author.RESIDENT and named_action(message.text, offered) is None
    ]


def _utterances(newest_first: Sequence[Message]) -> list[str]:
    return [message.text for message in own_words(newest_first)]


def _reason(wanted: HandoffRequest, newest_first: Sequence[Message]) -> HandoffReason:
    if wanted.reason is not HandoffReason.ASKED:
        return wanted.reason
    if any(_offered_for(HandoffReason.CRISIS, message.choices) for message in newest_first):
        # Whoever was given the emergency numbers a while ago may still need them.
        return HandoffReason.CRISIS
    last = offered_choices(newest_first)
    if reason := next((choice.reason for choice in last if choice.reason), None):
        return reason
    decided = [message.answer.status for message in newest_first if message.answer]
    unsure = [status in UNSURE for status in decided[:UNSURE_TIMES]]
    if len(unsure) == UNSURE_TIMES and all(unsure):
        return HandoffReason.UNSURE_TWICE
    return wanted.reason


def _offered_for(reason: HandoffReason, choices: Sequence[Choice]) -> bool:
    return any(choice.reason is reason for choice in choices)
