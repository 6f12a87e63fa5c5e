"""From bot to person and back: where a conversation changes hands; desk/takeovers.py joins in.

Each change is one conditional UPDATE that names the state it starts from, together with its
system message in one transaction. Of any number of operators, exactly one finds a row to change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.case_offer import CaseOffer
from gateway.conversations import announce, read_conversation
from gateway.database import Database
from gateway.errors import ConflictError, FieldError, NotFoundError
from gateway.events import Hub, Presence
from gateway.municipalities import Municipality
from gateway.named_choices import named_action
from gateway.queue import ConversationView, Queue, read_queue, read_view
from gateway.spoken_hours import spoken_closing, spoken_hours
from gateway.tables import ConversationRow, HandoffRow, StaffRow, TransferRow
from gateway.texts import Texts
from gateway.transcripts import Appended, append, messages_before, now, offered_choices
from gateway.types import (
    AnswerStatus,
    Author,
    Availability,
    Choice,
    Conversation,
    Draft,
    Frozen,
    HandoffReason,
    HandoffRequest,
    Message,
    Outcome,
    Place,
    Staff,
    Status,
    Tried,
)
from gateway.waiting import DESK_ROLES as DESK_ROLES
from gateway.waiting import Lines

TOPIC_LENGTH = 200
SUMMARY_UTTERANCES = 3
TRIED_ANSWERS = 3
UNSURE_TIMES = 2
UNSURE = (AnswerStatus.UNANSWERABLE, AnswerStatus.CLARIFICATION)
END = 2**31 - 1
"""A seq that no message reaches."""


class Colleague(Frozen):
    """Someone a conversation can be transferred to.

    `state` is what they have chosen to be while the desk is open, None without one; `there`:
    the desk is open and they are available.
    """

    email: str
    name: str
    there: bool
    state: Availability | None


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


def _utterances(newest_first: Sequence[Message]) -> list[str]:
    offered = [choice for message in newest_first for choice in message.choices]
    return [
        message.text
        for message in newest_first
        if message.author is Author.RESIDENT and named_action(message.text, offered) is None
    ]


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


class Handoffs:
    """What residents and operators do with the queue."""

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
        changed = await self._change(
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
            **_entering(moment),
        )
        if not changed:
            current = await read_conversation(session, conversation.id)
            if current.status is not Status.WAITING:
                return Appended(current, ())
            return await self._tell(
                session,
                current,
                self._texts.say(current.language, "system.already_waiting"),
                turn=turn,
                choices=() if there else self._offer.choices(current.language),
            )
        line = await self.lines.read_within(session, conversation.municipality, there)
        place = line.place(conversation.id)
        before = END if turn is None else turn
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
            return await self._tell(session, conversation, text, turn=turn)
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
        return await self._tell(session, conversation, text, turn=turn, choices=offer)

    async def queue(self, staff: Staff) -> Queue:
        """Give the waiting conversations of the municipality and the operator's own."""
        async with self._database.reading(snapshot=True) as session:
            return await read_queue(session, staff)

    async def view(self, staff: Staff, conversation: str) -> ConversationView:
        """Give a conversation that waits or is with an operator, with its messages.

        Raises NotFoundError for any other: what a resident says to the bot is not for staff.
        """
        async with self._database.reading(snapshot=True) as session:
            return await read_view(session, staff, conversation)

    async def colleagues(self, staff: Staff) -> tuple[Colleague, ...]:
        """Give the others of the municipality who work at the desk."""
        states = await self._presence.states(staff.municipality)
        async with self._database.reading() as session:
            rows = await session.scalars(
                select(StaffRow)
                .where(
                    StaffRow.municipality == staff.municipality,
                    StaffRow.role.in_(DESK_ROLES),
                    StaffRow.id != staff.id,
                )
                .order_by(StaffRow.name, StaffRow.email)
            )
            return tuple(
                Colleague(
                    email=row.email,
                    name=row.name,
                    there=states.get(row.id) is Availability.AVAILABLE,
                    state=states.get(row.id),
                )
                for row in rows
            )

    async def departments(self, staff: Staff) -> tuple[str, ...]:
        """Give the ids of the departments that someone answers for; none: all."""
        async with self._database.reading() as session:
            own = await session.scalar(
                select(StaffRow.departments).where(
                    StaffRow.id == staff.id, StaffRow.municipality == staff.municipality
                )
            )
        return tuple(own or ())

    async def claim(self, staff: Staff, conversation: str) -> ConversationView:
        """Take a waiting conversation.

        Raises ConflictError when it does not wait (any more), with the code "limit" when the
        operator has as many conversations as one may have.
        """
        async with self._database.writing() as session:
            await lock_staff(session, staff)
            changed = await self._change(
                session,
                conversation,
                and_(
                    ConversationRow.municipality == staff.municipality,
                    ConversationRow.status == Status.WAITING,
                ),
                status=Status.WITH_OPERATOR,
                operator_id=staff.id,
                **holding(),
            )
            if not changed:
                raise await self._refusal(session, staff, conversation)
            await self.check_limit(session, staff)
            await self._note(
                session, conversation, claimed_at=func.coalesce(HandoffRow.claimed_at, now())
            )
            await _seen_at_desk(session, staff)
            joined = await self._say(
                session,
                await read_conversation(session, conversation),
                "system.joined",
                operator=staff.name,
            )
            view = await read_view(session, staff, conversation)
        await announce(self._hub, joined.conversation)
        return view

    async def check_limit(self, session: AsyncSession, staff: Staff) -> None:
        """Raise ConflictError when the conversation just taken was one too many.

        That undoes the transaction, and with it the taking.
        """
        held = await session.scalar(
            select(func.count())
            .select_from(ConversationRow)
            .where(
                ConversationRow.municipality == staff.municipality,
                ConversationRow.status == Status.WITH_OPERATOR,
                ConversationRow.operator_id == staff.id,
            )
        )
        limit = self._municipalities[staff.municipality].conversations_at_once
        if held is not None and held > limit:
            raise ConflictError(f"{limit} conversations at once is the limit here.", "limit")

    async def write(self, staff: Staff, conversation: str, text: str) -> Appended:
        """Store an operator's message in a conversation they hold.

        Raises ConflictError when another has it or nobody.
        """
        async with self._database.writing() as session:
            written = await append(
                session,
                conversation,
                [Draft(author=Author.OPERATOR, text=text)],
                only_if=_held_by(staff),
            )
            if written is None:
                raise await self._refusal(session, staff, conversation)
            await _seen_at_desk(session, staff)
        await announce(self._hub, written.conversation)
        return written

    async def transfer(
        self,
        staff: Staff,
        conversation: str,
        receiver: str | None,
        note: str,
        department: str | None = None,
    ) -> ConversationView:
        """Pass a conversation to a colleague, or with None back to the queue at its old place.

        There it waits for a department if one is given, else for the one it was for. Raises
        FieldError when there is no such colleague or department, ConflictError when it is not
        held.
        """
        tenant = self._municipalities[staff.municipality]
        if department is not None and department not in tenant.departments:
            raise FieldError("department", "unknown", "There is no such department here.")
        if department is not None and receiver is not None:
            raise FieldError("department", "invalid", "Either a colleague or a department.")
        moved: dict[str, object] = {} if department is None else {"department": department}
        async with self._database.writing() as session:
            colleague = None if receiver is None else await self._find(session, staff, receiver)
            changed = await self._change(
                session,
                conversation,
                _held_by(staff),
                status=Status.WAITING if colleague is None else Status.WITH_OPERATOR,
                operator_id=None if colleague is None else colleague.id,
                **moved,
                **(_entering(now()) if colleague is None else holding()),
                **({"told_at": None, "told_closed_at": None} if colleague is None else {}),
            )
            if not changed:
                raise await self._refusal(session, staff, conversation)
            handoff = await session.scalar(_open_handoff(conversation))
            if handoff is not None:
                session.add(
                    TransferRow(
                        municipality=staff.municipality,
                        handoff_id=handoff,
                        sender=staff.name,
                        receiver=(
                            tenant.department_name(department, tenant.default_language)
                            if colleague is None
                            else colleague.name
                        ),
                        note=note,
                        created_at=now(),
                    )
                )
                await session.flush()
            if department is not None:
                await self._note(session, conversation, department=department)
            key = "system.returned_to_queue" if colleague is None else "system.transferred"
            current = await read_conversation(session, conversation)
            if department is None:
                told = await self._say(session, current, key)
            else:
                told = await self._say(
                    session,
                    current,
                    "system.transferred_department",
                    department=tenant.departments[department].name[current.language],
                )
            view = await read_view(session, staff, conversation)
        await announce(self._hub, told.conversation)
        return view

    async def resolve(self, staff: Staff, conversation: str, outcome: Outcome) -> Appended:
        """Finish a conversation one holds: it goes back to the bot, or is closed.

        Raises ConflictError when another has it or nobody.
        """
        closes = outcome is Outcome.CLOSED
        async with self._database.writing() as session:
            changed = await self._change(
                session,
                conversation,
                _held_by(staff),
                status=Status.CLOSED if closes else Status.WITH_BOT,
                operator_id=None,
                waiting_since=None,
                **holding(False),
            )
            if not changed:
                raise await self._refusal(session, staff, conversation)
            await self._note(
                session, conversation, resolved_at=now(), outcome=outcome, resolved_by=staff.id
            )
            told = await self._say(
                session,
                await read_conversation(session, conversation),
                "system.closed" if closes else "system.resolved",
            )
        await announce(self._hub, told.conversation)
        return told

    async def end(self, conversation: Conversation) -> Appended:
        """Close a conversation because its resident wants that, whoever has it.

        Closed already, it stays as it is. Raises NotFoundError when it has been erased.
        """
        async with self._database.writing() as session:
            changed = await self._change(
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
            await self._note(session, conversation.id, resolved_at=now())
            told = await self._say(
                session, await read_conversation(session, conversation.id), "system.ended"
            )
        await announce(self._hub, told.conversation)
        return told

    async def _change(
        self,
        session: AsyncSession,
        conversation: str,
        starts_from: ColumnElement[bool],
        **values: object,
    ) -> bool:
        changed = await session.execute(
            update(ConversationRow)
            .where(ConversationRow.id == conversation, starts_from)
            .values(**values)
            .returning(ConversationRow.id)
            .execution_options(synchronize_session=False)
        )
        return changed.one_or_none() is not None

    async def _note(self, session: AsyncSession, conversation: str, **values: object) -> None:
        await session.execute(
            update(HandoffRow)
            .where(HandoffRow.conversation_id == conversation, HandoffRow.resolved_at.is_(None))
            .values(**values)
            .execution_options(synchronize_session=False)
        )

    async def _say(
        self,
        session: AsyncSession,
        conversation: Conversation,
        key: str,
        *,
        turn: int | None = None,
        choices: tuple[Choice, ...] = (),
        **values: str,
    ) -> Appended:
        text = self._texts.say(conversation.language, key, **values)
        return await self._tell(session, conversation, text, turn=turn)

    async def _tell(
        self,
        session: AsyncSession,
        conversation: Conversation,
        text: str,
        *,
        turn: int | None = None,
        choices: tuple[Choice, ...] = (),
    ) -> Appended:
        draft = Draft(
            author=Author.SYSTEM, text=text, language=conversation.language, choices=choices
        )
        told = await append(session, conversation.id, [draft], turn=turn)
        assert told is not None, "the conversation was read in the same transaction"
        return told

    async def _find(self, session: AsyncSession, staff: Staff, email: str) -> StaffRow:
        if email.casefold() == staff.email:
            raise FieldError("to", "invalid", "You have this conversation already.")
        row = await session.scalar(
            select(StaffRow).where(
                StaffRow.municipality == staff.municipality,
                StaffRow.email == email.casefold(),
                StaffRow.role.in_(DESK_ROLES),
            )
        )
        if row is None:
            raise FieldError("to", "unknown", "No operator here has this e-mail address.")
        return row

    async def _refusal(
        self, session: AsyncSession, staff: Staff, conversation: str
    ) -> NotFoundError | ConflictError:
        status = await session.scalar(
            select(ConversationRow.status).where(
                ConversationRow.id == conversation,
                ConversationRow.municipality == staff.municipality,
            )
        )
        if status is None:
            return NotFoundError("There is no such conversation.")
        return ConflictError(
            {
                Status.WITH_BOT: "The conversation is with the bot.",
                Status.WAITING: "The conversation waits; claim it first.",
                Status.WITH_OPERATOR: "An operator has the conversation.",
                Status.CLOSED: "The conversation is closed.",
            }[Status(status)]
        )


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


def _entering(moment: datetime) -> dict[str, object]:
    """Give what changes when a conversation comes into the queue, again or for the first time."""
    return {
        "entered_at": moment,
        "held_since": None,
        "awaits": None,
        "awaits_since": None,
        "asked_at": None,
    }


def holding(held: bool = True) -> dict[str, object]:
    """Give what changes when an operator gets a conversation, or when nobody has it any more."""
    moment = now() if held else None
    return {
        "held_since": moment,
        "awaits": Author.OPERATOR if held else None,
        "awaits_since": moment,
        "asked_at": None,
        "priority": 0,
    }


async def topic_of(session: AsyncSession, conversation: str) -> str | None:
    return await session.scalar(
        select(ConversationRow.topic).where(ConversationRow.id == conversation)
    )


async def _seen_at_desk(session: AsyncSession, staff: Staff) -> None:
    await session.execute(
        update(StaffRow)
        .where(StaffRow.id == staff.id)
        .values(desk_seen_at=now())
        .execution_options(synchronize_session=False)
    )


async def lock_staff(session: AsyncSession, staff: Staff) -> None:
    """Let an operator take one conversation at a time, so that none is left uncounted."""
    await session.execute(select(StaffRow.id).where(StaffRow.id == staff.id).with_for_update())


def _held_by(staff: Staff) -> ColumnElement[bool]:
    return and_(
        ConversationRow.municipality == staff.municipality,
        ConversationRow.status == Status.WITH_OPERATOR,
        ConversationRow.operator_id == staff.id,
    )


def _open_handoff(conversation: str) -> Select[int]:
    return select(HandoffRow.id).where(
        HandoffRow.conversation_id == conversation, HandoffRow.resolved_at.is_(None)
    )
