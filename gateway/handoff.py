"""From bot to queue: a resident asks for a person, or ends the conversation.

What operators do then is in desk/: claims.py, transfers.py and takeovers.py.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.case_offer import CaseOffer
from gateway.changes import change, entering, holding, note_handoff, tell, topic_of
from gateway.conversations import announce, read_conversation
from gateway.database import Database
from gateway.errors import ConflictError
from gateway.events import Hub, Presence
from gateway.extraction import asked, extract, tried
from gateway.municipalities import Municipality
from gateway.spoken_hours import spoken_closing, spoken_hours
from gateway.tables import ConversationRow, HandoffRow
from gateway.texts import Texts
from gateway.transcripts import NEWEST, Appended, messages_before, now
from gateway.types import (
    Choice,
    Conversation,
    Draft,
    HandoffReason,
    HandoffRequest,
    Place,
    Status,
)
from gateway.waiting import Lines


class Handoffs:
    """What residents do with the queue."""

    def __init__(
        self,
        database: Database,
        hub: Hub,
        presence: Presence,
        municipalities: Mapping[str, Municipality],
        texts: Texts,
        offer: CaseOffer,
    ) -> None:
        self._database = database
        self._hub = hub
        self._presence = presence
        self._municipalities = municipalities
        self._texts = texts
        self._offer = offer
        self.lines = Lines(database, presence, municipalities)
        self.clock = now
        """By which it is open or closed."""

    async def request(self, conversation: Conversation) -> Appended:
        """Put a conversation into the queue because its resident asked for a person.

        Raises ConflictError when it is closed, NotFoundError when it has been erased.
        """
        there = await self.who_is_there(conversation)
        wanted = HandoffRequest(reason=HandoffReason.ASKED)
        async with self._database.writing() as session:
            requested = await self.request_within(session, conversation, wanted, there=there)
            if requested.conversation.status is Status.CLOSED:
                raise ConflictError("The conversation is closed; begin a new one.")
        await announce(self._hub, requested.conversation)
        return requested

    def offer_case(self, conversation: Conversation, language: str) -> Draft:
        """Give the offer to leave the question as a case once more."""
        return self._offer.again(language, self._municipalities[conversation.municipality])

    def case_choices(self, language: str) -> tuple[Choice, ...]:
        """Give the choice that leads to the form of a case; none where no mail can be sent."""
        return self._offer.choices(language)

    async def who_is_there(
        self, conversation: Conversation, topic: str | None = None
    ) -> frozenset[int]:
        """Give the operators who are there and answer what the conversation is about.

        Without a topic it is the one that was asked about last.
        """
        line = await self.lines.read(conversation.municipality)
        if topic is None:
            async with self._database.reading() as session:
                topic = await topic_of(session, conversation.id)
        return line.people_for(line.tenant.department_for_topic(topic))

    async def request_within(
        self,
        session: AsyncSession,
        conversation: Conversation,
        wanted: HandoffRequest,
        *,
        there: frozenset[int],
        turn: int | None = None,
    ) -> Appended:
        """Do the same within a transaction, as part of a turn; give the system's messages.

        A conversation that waits already is only told so; one that an operator has or that is
        closed stays as it is.
        """
        moment = now()
        tenant = self._municipalities[conversation.municipality]
        intent = wanted.intent or await topic_of(session, conversation.id)
        department = tenant.department_for_topic(intent)
        opening = tenant.opening_of(department)
        open_now = opening.is_open(self.clock())
        changed = await change(
            session,
            conversation.id,
            ConversationRow.status == Status.WITH_BOT,
            status=Status.WAITING,
            waiting_since=moment,
            operator_id=None,
            department=department,
            priority=0,
            # Whoever is told at once that it is closed or how to leave a case is not told again.
            told_at=None if there else moment,
            told_closed_at=None if there or open_now else moment,
            **entering(moment),
        )
        if not changed:
            current = await read_conversation(session, conversation.id)
            if current.status is not Status.WAITING:
                return Appended(current, ())
            return await tell(
                session,
                current,
                self._texts.say(current.language, "system.already_waiting"),
                turn=turn,
                choices=() if there else self._offer.choices(current.language),
            )
        line = await self.lines.read_within(session, conversation.municipality, there)
        place = line.place(conversation.id)
        before = NEWEST if turn is None else turn
        earlier = await messages_before(session, conversation.id, before)
        known = extract(wanted.model_copy(update={"intent": intent}), earlier)
        session.add(
            HandoffRow(
                municipality=conversation.municipality,
                conversation_id=conversation.id,
                reason=known.reason,
                topic=known.topic,
                confidence=known.confidence,
                sources=[source.model_dump(mode="json") for source in known.sources],
                summary=known.summary,
                requested_at=moment,
                intent=known.intent,
                department=department,
                position=place.position if place and there else None,
                asked=list(asked(earlier)),
                tried=[each.model_dump(mode="json") for each in tried(earlier)],
            )
        )
        await session.flush()
        language = conversation.language
        if there:
            assert place is not None, "it was put into the queue in the same transaction"
            text = self._texts.say(language, "system.waiting_operator_there")
            text = f"{text} {place_in_words(self._texts, language, place)}"
            return await tell(session, conversation, text, turn=turn)
        at = self.clock()
        if open_now:
            text = self._texts.say(
                language,
                "system.waiting_nobody_there",
                phone=tenant.phone,
                hours=spoken_hours(opening, language, opening.today(at)),
            )
        else:
            text = spoken_closing(self._texts, "system.waiting_closed", language, opening, at)
        text, offer = self._offer.add(text, language, tenant, department)
        return await tell(session, conversation, text, turn=turn, choices=offer)

    async def end(self, conversation: Conversation) -> Appended:
        """Close a conversation because its resident wants that, whoever has it.

        Closed already, it stays as it is. Raises NotFoundError when it has been erased.
        """
        async with self._database.writing() as session:
            changed = await change(
                session,
                conversation.id,
                ConversationRow.status != Status.CLOSED,
                status=Status.CLOSED,
                operator_id=None,
                waiting_since=None,
                **holding(False),
            )
            if not changed:
                return Appended(await read_conversation(session, conversation.id), ())
            # Without an outcome: it was not an operator who finished it.
            await note_handoff(session, conversation.id, resolved_at=now())
            current = await read_conversation(session, conversation.id)
            text = self._texts.say(current.language, "system.ended")
            told = await tell(session, current, text)
        await announce(self._hub, told.conversation)
        return told


def place_in_words(texts: Texts, language: str, place: Place) -> str:
    """Say where someone stands and, where it is known, how long that usually takes."""
    if place.position == 1:
        said = texts.say(language, "system.queue_next")
    else:
        said = texts.say(language, "system.queue_position", position=str(place.position))
    if place.wait_minutes is None:
        return said
    low, high = (str(minutes) for minutes in place.wait_minutes)
    return f"{said} {texts.say(language, 'system.queue_wait', low=low, high=high)}"
