from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    BotUttered,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from bot.components.tracker_store import TURNS, BoundedTrackerStore

DOMAIN = Domain.from_yaml(
    """
    version: "3.1"
    intents: [greet]
    slots:
      language: {type: text, influence_conversation: false, mappings: [{type: custom}]}
      last_question: {type: text, influence_conversation: false, mappings: [{type: custom}]}
      last_answer: {type: any, mappings: [{type: custom}]}
    forms:
      fault_form: {required_slots: [last_question]}
    """
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[BoundedTrackerStore]:
    store = BoundedTrackerStore(DOMAIN, host=f"sqlite:///{tmp_path / 'trackers.db'}")
    yield store
    store.close()


def _turn(number: int) -> list[Event]:
    return [
        UserUttered(f"hej {number}", intent={"name": "greet", "confidence": 0.9}),
        SlotSet("language", "sv"),
        ActionExecuted("utter_greet"),
        BotUttered(f"Hej {number}!", data={"custom": {"choices": []}}),
        ActionExecuted("action_listen"),
    ]


async def _talk(store: BoundedTrackerStore, conversation: str, turns: int) -> None:
    """As Rasa does it: read, add the events of a turn, write."""
    for number in range(turns):
        tracker = await store.get_or_create_tracker(conversation, append_action_listen=False)
        if not tracker.events:
            tracker.update_with_events(
                [ActionExecuted("action_session_start"), SessionStarted()], DOMAIN
            )
            tracker.update(ActionExecuted("action_listen"), DOMAIN)
        tracker.update_with_events(_turn(number), DOMAIN)
        if number == 0:
            tracker.update(SlotSet("last_question", "Vad kostar bygglov?"), DOMAIN)
            tracker.update(SlotSet("last_answer", {"confidence": 0.9}), DOMAIN)
        await store.save(tracker)


def _user_texts(tracker: DialogueStateTracker) -> list[str | None]:
    return [event.text for event in tracker.events if isinstance(event, UserUttered)]


async def test_an_unknown_conversation_is_none(store: BoundedTrackerStore) -> None:
    """There is nothing to retrieve before the first turn."""
    assert await store.retrieve("c1") is None


async def test_a_new_tracker_without_events_is_not_stored(store: BoundedTrackerStore) -> None:
    """Rasa saves it all the same; it would be a write for nothing."""
    await store.get_or_create_tracker("c1", append_action_listen=False)

    assert list(await store.keys()) == []


async def test_the_last_turns_come_back(store: BoundedTrackerStore) -> None:
    """Events of the last turns are kept whole, in their order, and begin where the bot listens."""
    await _talk(store, "c1", 10)

    tracker = await store.retrieve("c1")

    assert tracker is not None
    assert [f"hej {number}" for number in range(10 - TURNS, 10)] == _user_texts(tracker)
    assert tracker.latest_bot_utterance is not None
    assert tracker.latest_bot_utterance.data["custom"] == {"choices": []}
    listening = next(event for event in tracker.events if isinstance(event, ActionExecuted))
    assert listening.action_name == "action_listen"
    assert tracker.latest_action_name == "action_listen"


async def test_slots_outlive_the_events_that_set_them(store: BoundedTrackerStore) -> None:
    """What was set in the first turn is still there when that turn is long gone."""
    await _talk(store, "c1", 20)

    tracker = await store.retrieve("c1")

    assert tracker is not None
    assert {
        name: tracker.get_slot(name) for name in ("language", "last_question", "last_answer")
    } == {
        "language": "sv",
        "last_question": "Vad kostar bygglov?",
        "last_answer": {"confidence": 0.9},
    }


async def test_a_slot_that_was_taken_back_stays_empty(store: BoundedTrackerStore) -> None:
    """A value in an event that is gone does not return."""
    await _talk(store, "c1", 1)
    tracker = await store.get_or_create_tracker("c1")
    tracker.update(SlotSet("last_question", None), DOMAIN)
    for number in range(TURNS + 1):
        tracker.update_with_events(_turn(number), DOMAIN)
    await store.save(tracker)

    again = await store.retrieve("c1")

    assert again is not None
    assert again.get_slot("last_question") is None


async def test_turn_100_reads_no_more_than_turn_5(
    store: BoundedTrackerStore, tmp_path: Path
) -> None:
    """The row, and the events replayed from it, do not grow with the conversation."""
    await _talk(store, "short", 5)
    await _talk(store, "long", 100)

    short, long = await store.retrieve("short"), await store.retrieve("long")

    assert short is not None and long is not None
    assert len(short.events) == len(long.events)
    with sqlite3.connect(tmp_path / "trackers.db") as connection:
        rows: dict[str, str] = dict(
            connection.execute("select conversation, state from trackers").fetchall()
        )
    assert {"short", "long"} == set(rows)
    assert len(json.loads(rows["short"])["events"]) == len(json.loads(rows["long"])["events"])


async def test_a_new_session_begins_without_the_old_turns(store: BoundedTrackerStore) -> None:
    """After a pause, only the slots that the session carries over are left."""
    await _talk(store, "c1", 3)
    tracker = await store.get_or_create_tracker("c1")
    tracker.update_with_events(
        [ActionExecuted("action_session_start"), SessionStarted(), SlotSet("language", "nb")],
        DOMAIN,
    )
    tracker.update(ActionExecuted("action_listen"), DOMAIN)
    tracker.update_with_events(_turn(7)[:1] + _turn(7)[2:], DOMAIN)
    await store.save(tracker)

    again = await store.retrieve("c1")

    assert again is not None
    assert _user_texts(again) == ["hej 7"]
    assert (again.get_slot("language"), again.get_slot("last_question")) == ("nb", None)


async def test_conversations_do_not_mix(store: BoundedTrackerStore) -> None:
    """Each has a row of its own."""
    await _talk(store, "c1", 1)
    await _talk(store, "c2", 2)

    first = await store.retrieve("c1")

    assert first is not None
    assert _user_texts(first) == ["hej 0"]
    assert {"c1", "c2"} == set(await store.keys())


async def test_a_deleted_conversation_is_gone(store: BoundedTrackerStore) -> None:
    """Nothing is left of it, and deleting it again is no error."""
    await _talk(store, "c1", 2)

    await store.delete("c1")
    await store.delete("c1")

    assert await store.retrieve("c1") is None


async def test_a_slot_that_the_domain_no_longer_has_is_let_go(store: BoundedTrackerStore) -> None:
    """A model with fewer slots reads the conversations of the one before."""
    await _talk(store, "c1", 1)
    store.domain = Domain.from_yaml('version: "3.1"\nintents: [greet]')

    tracker = await store.retrieve("c1")

    assert tracker is not None
    assert "language" not in tracker.slots


def test_the_database_is_a_file_in_var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a setting, trackers are kept in SVAR_VAR."""
    monkeypatch.setenv("SVAR_VAR", str(tmp_path / "data"))
    monkeypatch.delenv("SVAR_TRACKER_DATABASE_URL", raising=False)

    BoundedTrackerStore(DOMAIN).close()

    assert (tmp_path / "data" / "trackers.db").exists()


def test_rasa_can_make_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """endpoints.yml names a class that Rasa finds and takes for an asynchronous store."""
    from rasa.core.tracker_store import TrackerStore
    from rasa.utils.endpoints import EndpointConfig

    monkeypatch.setenv("SVAR_TRACKER_DATABASE_URL", f"sqlite:///{tmp_path / 'other.db'}")
    config: Any = EndpointConfig(type="bot.components.tracker_store.BoundedTrackerStore")

    store = TrackerStore.create(config, domain=DOMAIN)

    assert isinstance(store, BoundedTrackerStore)
    store.close()


async def test_a_form_outlives_the_turn_that_began_it(store: BoundedTrackerStore) -> None:
    """However many turns it is interrupted for; once it has ended it stays so."""
    await _talk(store, "c1", 1)
    tracker = await store.retrieve("c1")
    assert tracker is not None
    tracker.update_with_events(
        [ActiveLoop("fault_form"), SlotSet("requested_slot", "last_question")], DOMAIN
    )
    await store.save(tracker)
    for _ in range(3):
        await _talk(store, "c1", 4)
        tracker = await store.retrieve("c1")
        assert tracker is not None
        assert "fault_form" == tracker.active_loop_name
        assert "last_question" == tracker.get_slot("requested_slot")

    tracker.update_with_events([ActiveLoop(None), SlotSet("requested_slot", None)], DOMAIN)
    await store.save(tracker)
    for _ in range(2):
        await _talk(store, "c1", 4)
        tracker = await store.retrieve("c1")
        assert tracker is not None
        assert tracker.active_loop_name is None


async def test_a_form_that_is_no_more_is_let_go(store: BoundedTrackerStore, tmp_path: Path) -> None:
    """A newer model may lack it."""
    await _talk(store, "c1", 1)
    tracker = await store.retrieve("c1")
    assert tracker is not None
    tracker.update(ActiveLoop("fault_form"), DOMAIN)
    await store.save(tracker)
    await _talk(store, "c1", 4)
    newer = Domain.from_yaml('version: "3.1"\nintents: [greet]')
    again = BoundedTrackerStore(newer, host=f"sqlite:///{tmp_path / 'trackers.db'}")

    tracker = await again.retrieve("c1")

    again.close()
    assert tracker is not None
    assert tracker.active_loop_name is None
