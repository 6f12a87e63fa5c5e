"""The tables; every row that belongs to a municipality says which."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

KEY = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts rows up by itself only for its own INTEGER."""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment with its zone, in databases with and without zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store UTC; a moment without a zone is refused by astimezone's caller, the types."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """Give the zone back where the database dropped it."""
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


class Base(DeclarativeBase):
    """All tables; constraints have fixed names so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class StaffRow(Base):
    """A person who may sign in.

    `departments`: those whose conversations they answer, none: all. `desk_seen_at`: when a desk
    of theirs was last known to be open, or something was done at it.
    """

    __tablename__ = "staff"

    id: Mapped[int] = mapped_column(KEY, primary_key=True)
    municipality: Mapped[str] = mapped_column(String(40))
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    role: Mapped[str] = mapped_column(String(20))
    password_hash: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    departments: Mapped[list[str]] = mapped_column(JSON, default=list)
    desk_seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SessionRow(Base):
    """A signed-in browser; only the hash of its cookie is known here."""

    __tablename__ = "sessions"

    id_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    municipality: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)


class DeskPresenceRow(Base):
    """What an operator chose at the desk to be; it goes with the session it was chosen in.

    Of several sessions of one person the newest choice counts, everywhere.
    """

    __tablename__ = "desk_presences"

    session_hash: Mapped[str] = mapped_column(
        ForeignKey("sessions.id_hash", ondelete="CASCADE"), primary_key=True
    )
    municipality: Mapped[str] = mapped_column(String(40), index=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    state: Mapped[str] = mapped_column(String(20))
    chosen_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SignInFailureRow(Base):
    """A refused sign-in; kept only as long as it counts."""

    __tablename__ = "sign_in_failures"

    id: Mapped[int] = mapped_column(KEY, primary_key=True)
    email_hash: Mapped[str] = mapped_column(String(64), index=True)
    address_hash: Mapped[str] = mapped_column(String(64), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class ConversationRow(Base):
    """A thread; `last_seq` is its counter, so that messages are numbered without gaps.

    `updated_at` is the moment of its last message, whoever wrote it. `topic` is the bot's name
    for what was asked last. In the queue the greatest `priority` comes first, then the oldest
    `waiting_since`, which it keeps when it comes back; `entered_at` is when it came in this time,
    `told_at` when it was said that nobody has had time, `told_closed_at` that it is closed.
    `held_since` is when its operator got it; `awaits` says who is to write (resident or
    operator), `awaits_since` for how long, `asked_at` when the resident was asked if still there.
    """

    __tablename__ = "conversations"
    __table_args__ = (Index(None, "municipality", "status", "waiting_since"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    municipality: Mapped[str] = mapped_column(String(40))
    language: Mapped[str] = mapped_column(String(8))
    token_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(20))
    operator_id: Mapped[int | None] = mapped_column(
        ForeignKey("staff.id", ondelete="SET NULL"), index=True
    )
    waiting_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_text: Mapped[str] = mapped_column(Text)
    last_seq: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    topic: Mapped[str | None] = mapped_column(String(60))
    department: Mapped[str | None] = mapped_column(String(40))
    priority: Mapped[int] = mapped_column(Integer, default=0)
    entered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    told_closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    held_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    awaits: Mapped[str | None] = mapped_column(String(20))
    awaits_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class MessageRow(Base):
    """One item of a conversation.

    `turn` is the seq of the resident's message that a reply belongs to; `handled` says of a
    resident's message that nothing more will come of it, so that a repeated request can tell
    a finished turn from one that a stopped process left behind.
    """

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("conversation_id", "seq"),
        UniqueConstraint("conversation_id", "client_id"),
    )

    id: Mapped[int] = mapped_column(KEY, primary_key=True)
    municipality: Mapped[str] = mapped_column(String(40))
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    seq: Mapped[int] = mapped_column(Integer)
    author: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(8))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    choices: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    answer: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    client_id: Mapped[str | None] = mapped_column(String(64))
    turn: Mapped[int | None] = mapped_column(Integer)
    handled: Mapped[bool] = mapped_column(Boolean)


class HandoffRow(Base):
    """One passage of a conversation to people, from the request to its outcome.

    `position` is the place in the queue at the request, None when nobody was there: then the
    wait says nothing about how fast people are. `claimed_at` is the first time.
    """

    __tablename__ = "handoffs"
    __table_args__ = (Index(None, "municipality", "claimed_at"),)

    id: Mapped[int] = mapped_column(KEY, primary_key=True)
    municipality: Mapped[str] = mapped_column(String(40))
    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), index=True
    )
    reason: Mapped[str] = mapped_column(String(40))
    topic: Mapped[str | None] = mapped_column(Text)
    confidence: Mapped[float | None] = mapped_column(Float)
    sources: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    summary: Mapped[str | None] = mapped_column(Text)
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime)
    claimed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    resolved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[str | None] = mapped_column(String(20))
    intent: Mapped[str | None] = mapped_column(String(60))
    department: Mapped[str | None] = mapped_column(String(40))
    position: Mapped[int | None] = mapped_column(Integer)
    asked: Mapped[list[str]] = mapped_column(JSON, default=list)
    tried: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    resolved_by: Mapped[int | None] = mapped_column(KEY)


class TransferRow(Base):
    """A conversation passed on during a handoff."""

    __tablename__ = "transfers"

    id: Mapped[int] = mapped_column(KEY, primary_key=True)
    municipality: Mapped[str] = mapped_column(String(40))
    handoff_id: Mapped[int] = mapped_column(
        ForeignKey("handoffs.id", ondelete="CASCADE"), index=True
    )
    sender: Mapped[str] = mapped_column(String(120))
    receiver: Mapped[str | None] = mapped_column(String(120))
    note: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str | None] = mapped_column(String(20))


class NoteRow(Base):
    """What an operator noted beside a conversation; for staff only, erased with it."""

    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(KEY, primary_key=True)
    municipality: Mapped[str] = mapped_column(String(40))
    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), index=True
    )
    author: Mapped[str] = mapped_column(String(120))
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CannedReplyRow(Base):
    """A reply that operators of a municipality use again and again; may hold placeholders."""

    __tablename__ = "canned_replies"

    id: Mapped[int] = mapped_column(KEY, primary_key=True)
    municipality: Mapped[str] = mapped_column(String(40), index=True)
    title: Mapped[str] = mapped_column(String(80))
    text: Mapped[str] = mapped_column(Text)
    changed_by: Mapped[str] = mapped_column(String(120))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SuggestionRow(Base):
    """What an operator answered, suggested to the editors as something for the pages to say.

    An erased conversation leaves its suggestion without itself and without the resident's words.
    """

    __tablename__ = "suggestions"
    __table_args__ = (UniqueConstraint("conversation_id", "seq"),)

    id: Mapped[int] = mapped_column(KEY, primary_key=True)
    municipality: Mapped[str] = mapped_column(String(40), index=True)
    conversation_id: Mapped[str | None] = mapped_column(
        ForeignKey("conversations.id", ondelete="SET NULL")
    )
    seq: Mapped[int] = mapped_column(Integer)
    question: Mapped[str] = mapped_column(Text)
    answer: Mapped[str] = mapped_column(Text)
    sources: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    language: Mapped[str] = mapped_column(String(8))
    suggested_by: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class FeedbackRow(Base):
    """Whether a resident found a bot's message helpful; the last word counts.

    `comment` is what they added, masked.
    """

    __tablename__ = "feedback"
    __table_args__ = (UniqueConstraint("conversation_id", "seq"),)

    id: Mapped[int] = mapped_column(KEY, primary_key=True)
    municipality: Mapped[str] = mapped_column(String(40))
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    seq: Mapped[int] = mapped_column(Integer)
    helpful: Mapped[bool] = mapped_column(Boolean)
    comment: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CaseRow(Base):
    """A report of something broken, which is mailed to whoever mends it.

    An erased conversation leaves its case without itself and without the resident's words.
    `attempts` counts the mails that were tried; the next one is due at `due_at`.
    """

    __tablename__ = "cases"

    id: Mapped[int] = mapped_column(KEY, primary_key=True)
    municipality: Mapped[str] = mapped_column(String(40))
    conversation_id: Mapped[str | None] = mapped_column(
        ForeignKey("conversations.id", ondelete="SET NULL"), index=True
    )
    reference: Mapped[str] = mapped_column(String(20), unique=True)
    language: Mapped[str] = mapped_column(String(8))
    kind: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(200))
    place: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    department: Mapped[str | None] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    mailed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(Integer)


class ContactRow(Base):
    """How to reach a resident who was asked for it; in no transcript, no log and not in the bot.

    `asked_seq` is the message that asked: what the resident writes next may hold a contact. With
    a case it goes along with the mail, and is deleted when that has been accepted; it is never
    kept for more than a day. `asked_by` is the operator who asked, in a conversation with one:
    such a contact is only shown to who has the conversation, and never goes along with a case.
    """

    __tablename__ = "contacts"

    id: Mapped[int] = mapped_column(KEY, primary_key=True)
    municipality: Mapped[str] = mapped_column(String(40))
    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), index=True
    )
    case_id: Mapped[int | None] = mapped_column(
        ForeignKey("cases.id", ondelete="CASCADE"), index=True
    )
    asked_seq: Mapped[int] = mapped_column(Integer)
    contact: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    asked_by: Mapped[int | None] = mapped_column(KEY)


class QuestionCaseRow(Base):
    """A question that a resident left while nobody was there, to be answered by e-mail.

    It outlives its conversation: the resident was promised an answer by the deadline.
    """

    __tablename__ = "question_cases"
    __table_args__ = (Index(None, "municipality", "status", "deadline"),)

    id: Mapped[int] = mapped_column(KEY, primary_key=True)
    municipality: Mapped[str] = mapped_column(String(40))
    conversation_id: Mapped[str | None] = mapped_column(
        ForeignKey("conversations.id", ondelete="SET NULL"), index=True
    )
    reference: Mapped[str] = mapped_column(String(20), unique=True)
    language: Mapped[str] = mapped_column(String(8))
    department: Mapped[str | None] = mapped_column(String(40))
    question: Mapped[str] = mapped_column(Text)
    summary: Mapped[str | None] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(20))
    deadline: Mapped[date] = mapped_column(Date)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)


class CaseAddressRow(Base):
    """Where a case is answered; in no transcript, no log and not in the bot.

    Erased `forget_at`, which is set when the case is closed.
    """

    __tablename__ = "case_addresses"

    case_id: Mapped[int] = mapped_column(
        KEY, ForeignKey("question_cases.id", ondelete="CASCADE"), primary_key=True
    )
    municipality: Mapped[str] = mapped_column(String(40))
    email: Mapped[str] = mapped_column(String(254), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    forget_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)


class CaseEntryRow(Base):
    """One item of a case's thread.

    `mail_key` is the digest of a received mail, so that each is taken once; `message_id` its
    name, which answers refer to, and which is forgotten together with the address.
    """

    __tablename__ = "case_entries"

    id: Mapped[int] = mapped_column(KEY, primary_key=True)
    municipality: Mapped[str] = mapped_column(String(40))
    case_id: Mapped[int] = mapped_column(
        ForeignKey("question_cases.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(120))
    text: Mapped[str] = mapped_column(Text)
    attachments: Mapped[list[str]] = mapped_column(JSON)
    other_sender: Mapped[bool] = mapped_column(Boolean)
    message_id: Mapped[str | None] = mapped_column(String(255))
    mail_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CaseMailRow(Base):
    """A mail about a case that is to be sent; as with fault reports, `due_at` is its next turn."""

    __tablename__ = "case_mails"

    id: Mapped[int] = mapped_column(KEY, primary_key=True)
    municipality: Mapped[str] = mapped_column(String(40))
    case_id: Mapped[int] = mapped_column(
        ForeignKey("question_cases.id", ondelete="CASCADE"), index=True
    )
    entry_id: Mapped[int | None] = mapped_column(
        ForeignKey("case_entries.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    mailed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(Integer)


class ErasureRow(Base):
    """A conversation that has been erased and that the bot has yet to forget."""

    __tablename__ = "erasures"

    conversation_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    municipality: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class NoticeRow(Base):
    """What a municipality tells every resident for a while; its text by language."""

    __tablename__ = "notices"
    __table_args__ = (Index(None, "municipality", "ends_at"),)

    id: Mapped[int] = mapped_column(KEY, primary_key=True)
    municipality: Mapped[str] = mapped_column(String(40))
    texts: Mapped[dict[str, str]] = mapped_column(JSON)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    author: Mapped[str] = mapped_column(String(120))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
