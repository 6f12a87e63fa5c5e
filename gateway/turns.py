"""A resident's turn, in reading order: mask, store, choose who answers, ask, store the reply."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy.exc import IntegrityError

from gateway import transcripts
from gateway.cases import Cases
from gateway.conversations import announce, read_conversation
from gateway.database import Database
from gateway.errors import BotError, TooManyError
from gateway.events import Hub
from gateway.handoff import Handoffs
from gateway.hearing import Heard, Hearing
from gateway.language_notes import language_notes
from gateway.masking import Masked, Masking, contacts_in, mask
from gateway.metrics import Metrics
from gateway.named_choices import is_yes, named_action, named_choice
from gateway.outbox import Outbox
from gateway.rasa_client import BotClient, BotMessage
from gateway.tables import ConversationRow
from gateway.texts import Texts
from gateway.transcripts import Appended, Taken
from gateway.types import (
    Action,
    Answer,
    AnswerStatus,
    Asks,
    Author,
    CaseRequest,
    Choice,
    Conversation,
    Draft,
    HandoffReason,
    HandoffRequest,
    Message,
    Status,
)

CONTACTS = frozenset({Masked.TELEPHONE, Masked.EMAIL})

LEAVES_CASES = (Status.WITH_BOT, Status.WAITING)
"""When a question can be left as a case."""

LINE_LENGTH = 8
"""How many turns of one conversation may wait for each other."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TurnResult:
    """What a request for a turn is answered with: the stored message, then what came back."""

    status: Status
    messages: tuple[Message, ...]
    opens: Action | None = None
    """What the resident took in words and the page now opens: the form of a case."""


@dataclass(slots=True)
class _Line:
    """The turns of one conversation that are under way.

    `intake` makes the order in which messages are stored that in which they are answered;
    `turn` lets one be answered at a time. asyncio's locks let waiters in as they came.
    """

    intake: asyncio.Lock = field(default_factory=asyncio.Lock)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    people: int = 0
    running: dict[int, asyncio.Task[TurnResult]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Reply:
    """What a message is answered with, and what it leads to beside words."""

    heard: Heard
    drafts: tuple[Draft, ...] = ()
    wanted: HandoffRequest | None = None
    asks: Asks | None = None
    case: CaseRequest | None = None
    topic: str | None = None
    opens: Action | None = None


class Turns:
    """Takes residents' messages and sees to it that each is answered once, in order."""

    def __init__(
        self,
        database: Database,
        hub: Hub,
        handoffs: Handoffs,
        cases: Cases,
        outbox: Outbox,
        bot: BotClient,
        hearing: Hearing,
        texts: Texts,
        metrics: Metrics,
        seconds: float,
    ) -> None:
        self._database = database
        self._hub = hub
        self._handoffs = handoffs
        self._cases = cases
        self._outbox = outbox
        self._bot = bot
        self._hearing = hearing
        self._texts = texts
        self._metrics = metrics
        self._seconds = seconds
        self._lines: dict[str, _Line] = {}

    async def submit(
        self, conversation: Conversation, text: str, client_id: str | None
    ) -> TurnResult:
        """Store what a resident wrote and give it with the replies.

        A client id that was seen before gives what came back the first time, waiting for it
        when it is still under way. Raises TooManyError when too many turns wait already,
        ConflictError when the conversation is closed, NotFoundError when it is erased.
        """
        deadline = asyncio.get_running_loop().time() + self._seconds
        line = self._lines.setdefault(conversation.id, _Line())
        if line.people >= LINE_LENGTH:
            raise TooManyError("Wait for the answers to the messages before this one.", 1)
        line.people += 1
        try:
            async with line.intake:
                task = await self._take(line, conversation, text, client_id, deadline)
            # The turn goes on when the resident's connection breaks.
            return await asyncio.shield(task)
        finally:
            line.people -= 1
            self._leave(conversation.id, line)

    async def close(self) -> None:
        """Let the turns that are under way come to their end, which is never far."""
        tasks = [task for line in self._lines.values() for task in line.running.values()]
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _take(
        self,
        line: _Line,
        conversation: Conversation,
        text: str,
        client_id: str | None,
        deadline: float,
    ) -> asyncio.Task[TurnResult]:
        masking = mask(text)
        contacts = contacts_in(text) if CONTACTS & set(masking.found) else ()
        try:
            taken, notices = await self._record(conversation, masking, contacts, client_id)
        except IntegrityError:
            # Another gateway took the same message at the same moment; now it can be found.
            taken, notices = await self._record(conversation, masking, contacts, client_id)
        seq = taken.message.seq
        if taken.fresh:
            for kind in masking.found:
                self._metrics.masked.labels(kind).inc()
            await announce(self._hub, taken.conversation)
        if seq not in line.running:
            work = (
                self._again(conversation, seq)
                if taken.handled
                else self._run(line, taken, notices, deadline)
            )
            task = asyncio.create_task(work)
            line.running[seq] = task
            task.add_done_callback(lambda _: self._finish(conversation.id, line, seq))
        return line.running[seq]

    async def _record(
        self,
        conversation: Conversation,
        masking: Masking,
        contacts: tuple[str, ...],
        client_id: str | None,
    ) -> tuple[Taken, tuple[Message, ...]]:
        async with self._database.writing() as session:
            taken = await transcripts.take(session, conversation.id, masking.text, client_id)
            if not (taken.fresh and masking.found):
                return taken, ()
            status, operator = taken.conversation.status, False
            if status is Status.WITH_OPERATOR:
                # One piece, for one person: whatever else was written with it is let go.
                contacts, operator = contacts[:1], True
            kept = (
                bool(contacts)
                and status in (Status.WITH_BOT, Status.WITH_OPERATOR)
                and await self._cases.keep(
                    session, conversation.id, taken.message.seq, contacts, operator=operator
                )
            )
            key = "system.contact_shared" if operator else "system.contact_kept"
            keys = [key] if kept else []
            if not kept or set(masking.found) - CONTACTS:
                keys.append("system.masked")
            notice = await transcripts.append(
                session,
                conversation.id,
                [
                    Draft(author=Author.SYSTEM, text=self._texts.say(conversation.language, key))
                    for key in keys
                ],
                turn=taken.message.seq,
            )
            return taken, notice.messages if notice else ()

    def _finish(self, conversation: str, line: _Line, seq: int) -> None:
        line.running.pop(seq, None)
        self._leave(conversation, line)

    def _leave(self, conversation: str, line: _Line) -> None:
        if not line.people and not line.running and self._lines.get(conversation) is line:
            del self._lines[conversation]

    async def _again(self, conversation: Conversation, seq: int) -> TurnResult:
        async with self._database.reading() as session:
            current = await read_conversation(session, conversation.id)
            messages = await transcripts.turn_of(session, conversation.id, seq)
        return TurnResult(current.status, messages, _taken_in_words(messages))

    async def _run(
        self, line: _Line, taken: Taken, notices: tuple[Message, ...], deadline: float
    ) -> TurnResult:
        """Answer one message; the deadline counts from its arrival, waiting included.

        Whoever is before it in the line has an earlier deadline, so the wait is no longer.
        """
        conversation, message = taken.conversation, taken.message
        async with line.turn:
            reply = await self._answer(conversation, message, deadline)
            changed = await self._store(conversation, message, reply)
        if reply.case is not None:
            self._outbox.wake()
        await announce(self._hub, changed.conversation)
        if not taken.fresh:
            # Taken up again: part of what belongs to it was stored the first time.
            return await self._again(conversation, message.seq)
        message = message.model_copy(update={"language": reply.heard.language})
        return TurnResult(
            changed.conversation.status,
            (message, *notices, *changed.messages),
            reply.opens if changed.messages else None,
        )

    async def _answer(
        self, conversation: Conversation, message: Message, deadline: float
    ) -> _Reply:
        async with self._database.reading() as session:
            status, before = await transcripts.status_and_before(
                session, conversation.id, message.seq
            )
        heard = self._hearing.so_far(conversation, before)
        choice = self._choice(message, before, heard.reply, waits=status is Status.WAITING)
        if choice is not None and choice.action is Action.HANDOFF:
            return _Reply(heard, wanted=HandoffRequest(reason=HandoffReason.ASKED))
        if choice is not None and choice.action is Action.CASE and status in LEAVES_CASES:
            offer = self._handoffs.offer_case(conversation, heard.reply)
            return _Reply(heard, (offer,), opens=Action.CASE)
        if status is not Status.WITH_BOT:
            return _Reply(heard)
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            async with asyncio.timeout_at(deadline):
                if choice is None:
                    heard = await self._hearing.hear(conversation, message, before)
                reply = await self._bot.turn(
                    conversation.id,
                    message.text,
                    municipality=conversation.municipality,
                    language=heard.reply,
                    chunk=None if choice is None else choice.chunk,
                )
        except (BotError, TimeoutError) as error:
            log.warning("the bot did not answer: %s", error or "too late")
            self._metrics.turns.labels("failed").inc()
            return _Reply(heard, self._failure(heard.reply))
        finally:
            self._metrics.turn_seconds.observe(loop.time() - began)
        self._metrics.turns.labels("answered").inc()
        said = [each for each in reply.messages if _is_said(each)]
        return _Reply(
            heard,
            await self._drafts(conversation, heard, said),
            next((each.handoff for each in reply.messages if each.handoff), None),
            next((each.asks for each in reversed(said) if each.asks), None),
            next((each.case for each in said if each.case), None),
            reply.topic,
        )

    def _choice(
        self, message: Message, before: Sequence[Message], language: str, *, waits: bool
    ) -> Choice | None:
        said = message.text.strip().casefold()
        offered = transcripts.offered_choices(before)
        for choice in offered:
            if choice.text.strip().casefold() == said:
                return choice
        if named := named_choice(message.text, offered):
            return named
        if waits and is_yes(message.text):
            # Nobody but the offer can be meant: the bot asks nothing now, and no person has yet.
            return next((each for each in offered if each.action is Action.CASE), None)
        always = (self._person(language), *self._handoffs.case_choices(language))
        return named_action(message.text, (*offered, *always))

    def _person(self, language: str) -> Choice:
        return Choice(
            title=self._texts.say(language, "choice.person.title"),
            text=self._texts.say(language, "choice.person.text"),
            action=Action.HANDOFF,
        )

    async def _drafts(
        self, conversation: Conversation, heard: Heard, said: Sequence[BotMessage]
    ) -> tuple[Draft, ...]:
        """Give what the bot said; notes about languages come once in a conversation."""
        notes = [
            () if each.answer is None else language_notes(self._texts, heard, each.answer)
            for each in said
        ]
        if any(notes):
            async with self._database.reading() as session:
                if await transcripts.noted(session, conversation.id):
                    notes = [()] * len(said)
        return tuple(
            Draft(
                author=Author.BOT,
                text=each.text,
                language=heard.reply,
                choices=each.choices,
                answer=each.answer and each.answer.model_copy(update={"notes": own}),
            )
            for each, own in zip(said, notes, strict=True)
        )

    def _failure(self, language: str) -> tuple[Draft, ...]:
        return (
            Draft(
                author=Author.SYSTEM,
                text=self._texts.say(language, "system.error"),
                language=language,
                choices=(self._person(language),),
                answer=Answer(status=AnswerStatus.ERROR, confidence=0.0),
            ),
        )

    async def _store(
        self,
        conversation: Conversation,
        message: Message,
        reply: _Reply,
    ) -> Appended:
        """Store what came back and that the message is handled, in one transaction."""
        drafts, wanted = reply.drafts, reply.wanted
        there: frozenset[int] = frozenset()
        if wanted is not None:
            there = await self._handoffs.who_is_there(conversation, wanted.intent or reply.topic)
        changed: Appended | None = None
        messages: tuple[Message, ...] = ()
        async with self._database.writing() as session:
            if reply.topic is not None:
                await transcripts.note_topic(session, conversation.id, reply.topic)
            if reply.case is not None:
                reference = await self._cases.make(session, conversation, reply.case)
                drafts = tuple(_with_reference(draft, reference) for draft in drafts)
            if drafts:
                # A person may have taken over while the bot was thinking: then it is silent.
                spoken_to = LEAVES_CASES if reply.opens else (Status.WITH_BOT,)
                changed = await transcripts.append(
                    session,
                    conversation.id,
                    drafts,
                    only_if=ConversationRow.status.in_(spoken_to),
                    turn=message.seq,
                )
                messages = changed.messages if changed else ()
            if reply.asks is not None and messages:
                await self._cases.note(session, conversation, reply.asks, messages[-1].seq)
            if wanted is not None:
                spoken = conversation.model_copy(update={"language": reply.heard.reply})
                changed = await self._handoffs.request_within(
                    session, spoken, wanted, there=there, turn=message.seq
                )
                messages += changed.messages
            await transcripts.mark_handled(
                session, conversation.id, message.seq, reply.heard.language
            )
            if reply.case is not None:
                self._metrics.cases.labels("made").inc()
            current = (
                changed.conversation
                if changed
                else await read_conversation(session, conversation.id)
            )
        return Appended(current, messages)


def _taken_in_words(turn: Sequence[Message]) -> Action | None:
    """Give what a stored turn opened: the offer came back because its own words were written."""
    written, *replies = turn
    offered = [choice for each in replies for choice in each.choices]
    taken = named_action(written.text, offered)
    return Action.CASE if taken is not None and taken.action is Action.CASE else None


def _with_reference(draft: Draft, reference: str) -> Draft:
    return draft.model_copy(update={"text": draft.text.replace("{reference}", reference)})


def _is_said(said: BotMessage) -> bool:
    """Leave out what comes with a handoff: the gateway alone says what happens next.

    The bot does not know whether anyone is at the desk, and must not promise it.
    """
    return said.handoff is None and bool(said.text.strip() or said.choices)
