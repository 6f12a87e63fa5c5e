"""Taking a conversation from the bot, and taking up again what was resolved."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import update

from gateway.keys import DATABASE
from gateway.tables import ConversationRow, HandoffRow
from gateway.transcripts import now

ACTIVE = "/api/v1/desk/active"
RESOLVED = "/api/v1/desk/resolved"
ALLOWED = pytest.mark.parametrize("municipalities_folder", ["desk_may_pull = true"], indirect=True)
PAGE = {
    "article": "bygglov",
    "title": "Söka bygglov",
    "heading": "Avgift",
    "url": "/bygglov#avgift",
    "updated": "2026-03-12",
}
ANSWERED = {
    "text": "Ett bygglov kostar 8 900 kr.",
    "answer": {"status": "answered", "confidence": 0.9, "sources": [PAGE]},
}


async def _change(api, table, **values) -> None:
    async with api.client.app[DATABASE].writing() as session:
        await session.execute(update(table).values(**values))


async def test_by_default_the_desk_sees_nothing_of_the_bot(api, operator) -> None:
    """Unless the municipality has chosen it: no list, no way in."""
    resident = await api.resident()
    await resident.write("Vad kostar bygglov?")
    found = (await operator.ask("GET", ACTIVE)).json
    assert {"may_pull": False, "conversations": []} == found
    assert 403 == (await operator.desk(resident.id, "pull")).status
    assert 200 == (await resident.ask("GET", "/messages")).status
    assert "with_bot" == (await resident.ask("GET", "/messages")).json["status"]


@ALLOWED
async def test_the_list_says_the_topic_and_the_last_line_masked(api, operator, bot) -> None:
    """No transcript, no personal data; whoever has said nothing yet is not in it."""
    bot.says(ANSWERED)
    await api.resident()
    resident = await api.resident()
    await resident.write("Vad kostar bygglov?")
    await resident.write("Ring mig på 070-174 06 77")
    (found,) = (await operator.ask("GET", ACTIVE)).json["conversations"]
    assert {"id", "language", "topic", "last_text", "last_at"} == set(found)
    assert (resident.id, "Söka bygglov") == (found["id"], found["topic"])
    assert "070" not in found["last_text"] and found["last_text"].startswith("Ring mig på [")
    assert 404 == (await operator.ask("GET", f"/api/v1/desk/conversations/{resident.id}")).status


@ALLOWED
async def test_only_what_goes_on_now_is_listed(api, operator, waiting) -> None:
    """Neither what waits nor what was said over ten minutes ago; that can't be pulled either."""
    await waiting()
    old = await api.resident()
    await old.write("hej")
    await _change(api, ConversationRow, updated_at=now() - timedelta(minutes=11))
    assert [] == (await operator.ask("GET", ACTIVE)).json["conversations"]
    assert 409 == (await operator.desk(old.id, "pull")).status


@ALLOWED
async def test_pulling_tells_the_resident_and_silences_the_bot(api, operator, bot, texts) -> None:
    """The operator has it, with why and what it is about; the bot gets nothing more."""
    bot.says(ANSWERED)
    resident = await api.resident()
    await resident.write("Vad kostar bygglov?")
    view = (await operator.desk(resident.id, "pull")).json
    assert ("with_operator", "operator_pulled", "Vad kostar bygglov?") == (
        view["status"],
        view["handoff"]["reason"],
        view["handoff"]["topic"],
    )
    assert ["Söka bygglov"] == [source["title"] for source in view["handoff"]["sources"]]
    told = texts("sv", "system.pulled", operator="Ekhamns kontaktcenter")
    assert ("system", told) == (await resident.transcript())[-1]
    turns = len(bot.turns)
    await resident.write("Hej!")
    assert turns == len(bot.turns)
    assert 200 == (await operator.desk(resident.id, "resolve", {"outcome": "answered"})).status


@ALLOWED
async def test_of_many_pulls_at_once_one_succeeds(api, operator, colleague) -> None:
    """As with claims."""
    resident = await api.resident()
    await resident.write("hej")
    answers = await asyncio.gather(
        *(staff.desk(resident.id, "pull") for staff in [operator, colleague] * 5)
    )
    assert [200] + [409] * 9 == sorted(answer.status for answer in answers)


@pytest.mark.parametrize(
    "municipalities_folder", ["conversations_at_once = 1\ndesk_may_pull = true"], indirect=True
)
async def test_the_limit_counts_here_too(api, held, operator) -> None:
    """Pulling and reopening are ways of taking one more."""
    first = await held()
    await operator.desk(first.id, "resolve", {"outcome": "answered"})
    await held()
    other = await api.resident()
    await other.write("hej")
    for conversation, way in ((other, "pull"), (first, "reopen")):
        refused = await operator.desk(conversation.id, way)
        assert (409, [("", "limit")]) == (refused.status, refused.codes)


async def test_reopening_what_was_closed(held, operator, texts) -> None:
    """Closed by mistake: the operator has it again, and the resident can write."""
    resident = await held()
    await operator.desk(resident.id, "resolve", {"outcome": "closed"})
    (listed,) = (await operator.ask("GET", RESOLVED)).json["conversations"]
    assert (resident.id, "closed", "closed", "Vad kostar bygglov?") == tuple(
        listed[key] for key in ("id", "status", "outcome", "topic")
    )
    view = (await operator.desk(resident.id, "reopen")).json
    assert ("with_operator", "reopened") == (view["status"], view["handoff"]["reason"])
    told = texts("sv", "system.reopened", operator="Ekhamns kontaktcenter")
    assert ("system", told) == (await resident.transcript())[-1]
    assert "with_operator" == (await resident.write("en sak till"))["status"]
    assert [] == (await operator.ask("GET", RESOLVED)).json["conversations"]


async def test_only_who_resolved_it_reopens_it(held, operator, colleague) -> None:
    """A colleague's resolved conversation is not in one's list, nor open to one."""
    resident = await held()
    await operator.desk(resident.id, "resolve", {"outcome": "answered"})
    assert [] == (await colleague.ask("GET", RESOLVED)).json["conversations"]
    assert 409 == (await colleague.desk(resident.id, "reopen")).status


async def test_not_after_a_day_nor_once_somebody_else_has_had_it(
    api, held, operator, colleague
) -> None:
    """It is the last one's to reopen; after a day it is nobody's."""
    resident = await held()
    await operator.desk(resident.id, "resolve", {"outcome": "answered"})
    await resident.want_person()
    assert 409 == (await operator.desk(resident.id, "reopen")).status
    await colleague.desk(resident.id, "claim")
    assert 409 == (await operator.desk(resident.id, "reopen")).status
    await colleague.desk(resident.id, "resolve", {"outcome": "answered"})
    assert 409 == (await operator.desk(resident.id, "reopen")).status
    await _change(api, HandoffRow, resolved_at=now() - timedelta(hours=25))
    assert 409 == (await colleague.desk(resident.id, "reopen")).status
