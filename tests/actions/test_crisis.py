from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest
from rasa_sdk.executor import CollectingDispatcher

from actions.choices import person_choice
from actions.crisis import (
    FOLDER,
    KINDS,
    ActionCrisis,
    CrisisNumbersError,
    load_numbers,
    load_sentences,
    say_possible,
)
from actions.handoff import ActionRequestHandoff, ActionTakeOffer

TOP = Path(__file__).resolve().parents[2]
EMERGENCY = {"SE": {"112"}, "NO": {"110", "112", "113"}}


async def _run(action: Any, tracker: Any) -> tuple[list[Any], list[Any]]:
    dispatcher = CollectingDispatcher()
    events = await action.run(dispatcher, tracker, {})
    return dispatcher.messages, events


async def _said(tracker: Any) -> str:
    messages, _ = await _run(ActionCrisis(), tracker)
    assert 1 == len(messages)
    return str(messages[0]["text"])


@pytest.mark.parametrize("country", ["SE", "NO"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_begins_with_an_emergency_number(country: str, kind: Any) -> None:
    """Whatever it is, the number that helps at once stands first."""
    calls = load_numbers()[country].calls(kind)

    assert calls[0].number in EMERGENCY[country]
    assert len({call.number for call in calls}) == len(calls)


def test_each_norwegian_emergency_has_its_own_number() -> None:
    """Fire, police and ambulance are three numbers in Norway; the wrong one costs minutes."""
    numbers = load_numbers()["NO"]

    first = {kind: numbers.calls(kind)[0].number for kind in KINDS}
    assert first == {
        "suicide": "113", "violence": "112", "child": "112", "illness": "113", "fire": "110",
    }  # fmt: skip


def test_every_country_of_a_municipality_has_numbers() -> None:
    """No municipality is set up for a country that the bot has no numbers of."""
    files = (TOP / "gateway" / "municipalities").glob("*.toml")
    countries = {tomllib.loads(file.read_text("utf-8"))["country"] for file in files}

    assert countries <= set(load_numbers())


def test_bokmal_and_nynorsk_are_written_each_on_its_own() -> None:
    """A sentence is never one language's words left in another."""
    sentences = load_sentences()

    for part, last in ((sentences, "after"), (sentences.possible, "more")):
        for name in (*KINDS, last):
            words = getattr(part, name)
            assert 3 == len({words.sv, words.nb, words.nn}), name


@pytest.mark.parametrize(
    ("kind", "language", "country", "numbers"),
    [
        ("suicide", "sv", "SE", ["112", "90101", "1177"]),
        ("child", "sv", "SE", ["112", "116 111", "114 14"]),
        ("suicide", "nb", "NO", ["113", "116 123", "22 40 00 40", "116 117"]),
        ("fire", "nn", "NO", ["110", "113"]),
        ("violence", "sv", "NO", ["112", "113", "116 006", "02800"]),
    ],
)
async def test_the_numbers_are_those_of_the_country_in_the_resident_s_language(
    tracker_of: Any, kind: str, language: str, country: str, numbers: list[str]
) -> None:
    """Each number can be read and, by its link, be called; the most urgent stands first."""
    tracker = tracker_of(intent="crisis", crisis_kind=kind, language=language, country=country)

    text = await _said(tracker)

    assert re.findall(r"^- \[([\d -]+)\]", text, re.MULTILINE) == numbers
    called = [re.sub(r"\D", "", number) for number in numbers]
    assert re.findall(r"\(tel:(\d+)\)", text) == called
    assert text.startswith(getattr(getattr(load_sentences(), kind), language))


@pytest.mark.parametrize(("language", "number"), [("sv", "112"), ("nb", "113"), ("nn", "113")])
async def test_without_a_country_the_language_decides(
    tracker_of: Any, language: str, number: str
) -> None:
    """A turn from an older gateway is answered too."""
    text = await _said(tracker_of(crisis_kind="suicide", language=language))

    assert f"- [{number}]" in text


async def test_a_person_is_offered_for_the_crisis(tracker_of: Any) -> None:
    """The offer carries why it is needed, and the text promises nobody."""
    messages, events = await _run(ActionCrisis(), tracker_of(crisis_kind="child", country="SE"))

    assert messages[0]["custom"] == {"crisis": "child", "choices": [person_choice("crisis")]}
    assert events == []


async def test_a_form_under_way_asks_for_nothing_more(tracker_of: Any) -> None:
    """Nobody in danger is asked next in which street the lamp stands."""
    tracker = tracker_of(crisis_kind="fire", country="SE", requested_slot="fault_place")
    tracker.active_loop = {"name": "fault_form"}

    _, events = await _run(ActionCrisis(), tracker)

    assert {"event": "active_loop", "timestamp": None, "name": None} in events
    assert [event["value"] for event in events if event.get("name") == "requested_slot"] == [None]


@pytest.mark.parametrize(
    ("kind", "language", "country", "numbers"),
    [
        ("suicide", "sv", "SE", ["112", "90101"]),
        ("fire", "sv", "SE", ["112"]),
        ("illness", "sv", "SE", ["112", "1177"]),
        ("violence", "nb", "NO", ["112", "116 006"]),
        ("child", "nn", "NO", ["112", "116 111"]),
        ("fire", "nn", "NO", ["110"]),
        ("suicide", "nn", None, ["113", "116 123"]),
    ],
)
def test_a_possible_crisis_gets_one_line_with_the_first_numbers(
    tracker_of: Any, kind: str, language: str, country: str | None, numbers: list[str]
) -> None:
    """The number that helps at once, and the first one for who isn't in danger now."""
    dispatcher = CollectingDispatcher()
    dispatcher.utter_message(text="Så söker du.", json_message={"answer": {}})

    tracker = tracker_of(crisis_possible=kind, language=language, country=country)
    say_possible(dispatcher, tracker)

    answer, line = dispatcher.messages
    assert (answer["text"], answer["custom"]) == ("Så söker du.", {"answer": {}})
    assert re.findall(r"\[([\d -]+)\]\(tel:\d+\)", line["text"]) == numbers
    assert line["text"].startswith(getattr(getattr(load_sentences().possible, kind), language))
    assert "\n" not in line["text"]
    assert line["custom"] == {}


@pytest.mark.parametrize("kind", [None, "flood"])
def test_any_other_turn_gets_no_such_line(tracker_of: Any, kind: str | None) -> None:
    """Who asks when the baths open is shown no number to call."""
    dispatcher = CollectingDispatcher()

    say_possible(dispatcher, tracker_of(crisis_possible=kind, country="SE"))

    assert dispatcher.messages == []


def test_the_choices_of_the_reply_stay_under_the_latest_message(tracker_of: Any) -> None:
    """Only there can they be taken; said twice, a yes would not take the offer of a person."""
    dispatcher = CollectingDispatcher()
    choices = [person_choice()]
    dispatcher.utter_message(response="utter_unanswerable", json_message={"choices": choices})

    say_possible(dispatcher, tracker_of(crisis_possible="child", country="SE"))

    assert [message["custom"] for message in dispatcher.messages] == [{}, {"choices": choices}]


def _turn_with_crisis() -> list[dict[str, Any]]:
    custom = {"crisis": "suicide", "choices": [person_choice("crisis")]}
    return [
        {"event": "user", "text": "jag orkar inte leva"},
        {"event": "bot", "text": "Ring 112", "data": {"custom": custom}},
    ]


@pytest.mark.parametrize("action", [ActionRequestHandoff(), ActionTakeOffer()])
async def test_asking_for_a_person_after_a_crisis_says_why(tracker_of: Any, action: Any) -> None:
    """An operator sees at once that this one can't wait, also when the offer got a mere yes."""
    messages, _ = await _run(action, tracker_of("ja", "affirm", _turn_with_crisis()))

    assert messages[0]["custom"]["handoff"]["reason"] == "crisis"


@pytest.mark.parametrize(
    ("file", "written", "instead", "named"),
    [
        ("se.toml", 'number = "90101"', 'number = "90102"', "90102"),
        ("no.toml", "[[fire]]", "[[flood]]", "fire"),
        ("sentences.toml", "[after]", "[then]", "after"),
        ("sentences.toml", "[possible.more]", "[possible.less]", "more"),
    ],
)
def test_a_broken_file_is_named(
    tmp_path: Path, file: str, written: str, instead: str, named: str
) -> None:
    """A wrong number or a missing kind stops the start instead of a resident."""
    folder = shutil.copytree(FOLDER, tmp_path / "numbers")
    text = (folder / file).read_text("utf-8")
    assert written in text
    (folder / file).write_text(text.replace(written, instead), "utf-8")

    with pytest.raises(CrisisNumbersError, match=rf"{file}: .*{named}"):
        load_sentences(folder) if file == "sentences.toml" else load_numbers(folder)
