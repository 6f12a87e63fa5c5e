"""What is understood within a report of something broken, and what is said for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from rasa_sdk.executor import CollectingDispatcher

from actions.fault_report import (
    ActionAskFaultConfirmed,
    ActionAskFaultContact,
    ActionAskFaultKind,
    ActionFinishFault,
    ValidateFaultForm,
)
from actions.fault_words import FaultWords, fault_words

TOP = Path(__file__).resolve().parents[2]
KNOWN = {"fault_kind": "lamp", "fault_place": "Storgatan 3", "fault_description": "lampan"}


@pytest.fixture
def words() -> FaultWords:
    return fault_words()


async def _run(action: Any, tracker: Any) -> tuple[list[Any], dict[str, Any]]:
    dispatcher = CollectingDispatcher()
    events = await action.run(dispatcher, tracker, {})
    return dispatcher.messages, {event["name"]: event["value"] for event in events}


async def _slots(tracker: Any) -> dict[str, Any]:
    return (await _run(ValidateFaultForm(), tracker))[1]


@pytest.mark.parametrize(
    ("text", "kinds", "place"),
    [
        ("gatlyktan utanför Storgatan 12 är trasig", ["lamp"], "Storgatan 12"),
        ("stort potthål på kvarngatan 4b", ["road"], "kvarngatan 4b"),
        ("vattnet sprutar upp vid kyrkan", ["water"], "vid kyrkan"),
        ("soporna är inte hämtade i dag", ["bin"], None),
        ("skylten vid lekplatsen är borta", ["sign"], None),
        ("jag vill göra en felanmälan", [], None),
        ("hål i vägen", ["road"], None),
        ("nåt farligt på gångvägen", [], None),
        ("lyktestolpe i Kong Oscars gate 5 er mørk", ["lamp"], "Kong Oscars gate 5"),
        ("søpla vår i Furuveien er ikke hentet", ["bin"], "Furuveien"),
        ("huska bak skolen er øydelagd", ["playground"], "bak skolen"),
        ("hol i asfalten på Strandvegen 7", ["road"], "Strandvegen 7"),
        ("bilvrak och trasig skylt", ["litter", "sign"], None),
    ],
)
def test_kind_and_place_are_found_where_they_are_plain(
    words: FaultWords, text: str, kinds: list[str], place: str | None
) -> None:
    """Words that point to two things name both; a common way is no street's name."""
    assert (kinds, place) == (words.find_kinds(text), words.find_place(text))


def test_every_kind_is_found_by_its_own_name(words: FaultWords) -> None:
    """The buttons write the names."""
    for kind in words.kinds.values():
        for language, name in kind.names.items():
            assert [kind.id] == words.find_kinds(name), (language, name)


def test_the_choices_are_understood(words: FaultWords) -> None:
    """What a button writes means what it says, in each language."""
    content = yaml.safe_load((TOP / "bot/domain/fault.yml").read_text("utf-8"))
    for key, variants in content["responses"].items():
        name = key.removeprefix("utter_fault_choice_")
        if name == key:
            continue
        for text in (variant["text"] for variant in variants):
            if name.startswith("change_"):
                assert name.removeprefix("change_") == words.part_to_change(text), text
                assert [] == words.find_kinds(text), text
            elif name == "cancel":
                assert words.is_cancel(text), text
            else:
                assert words.means({"no_contact": "no"}.get(name, name), text), text
                assert not words.is_cancel(text), text


async def test_the_first_utterance_fills_what_it_says(tracker_of: Any) -> None:
    """And sets everything else anew, whatever an earlier report left."""
    text = "gatlyktan utanför Storgatan 12 är trasig"
    slots = await _slots(
        tracker_of(text, "report_fault", fault_contact="given", fault_confirmed="sent")
    )
    assert "lamp" == slots["fault_kind"]
    assert "Storgatan 12" == slots["fault_place"]
    assert text == slots["fault_description"]
    assert text == slots["last_question"]
    assert (None, None) == (slots["fault_contact"], slots["fault_confirmed"])


@pytest.mark.parametrize(
    ("text", "entities", "place"),
    [
        ("lampan vid ekasvagn 12 lyser inte", {"street": "Ekåsvägen 12"}, "Ekåsvägen 12"),
        ("trasig lampa, simhallen", {"facility": "Ekbadet"}, "Ekbadet"),
        ("lampan mot storon är trasig", {"place": "Storön"}, "Storön"),
        ("lampan vid Okändgatan 3, simhallen", {"facility": "Ekbadet"}, "Okändgatan 3"),
        ("lampan lyser inte", {"date": "2026-11-21"}, None),
    ],
)
async def test_the_municipality_s_own_places_are_known(
    tracker_of: Any, text: str, entities: dict[str, str], place: str | None
) -> None:
    """A street of its list comes rightly spelt; a spot counts where no street is named."""
    slots = await _slots(tracker_of(text, "report_fault", entities=entities))
    assert place == slots["fault_place"]


async def test_a_question_about_a_place_of_the_list_is_no_place(tracker_of: Any) -> None:
    """Without its question mark too: it is answered, and the form asks again."""
    turn = tracker_of(
        "när öppnar simhallen",
        "service_culture_leisure",
        entities={"facility": "Ekbadet"},
        requested_slot="fault_place",
        **KNOWN,
    )
    assert {} == await _slots(turn)


@pytest.mark.parametrize(
    ("asked", "text", "intent"),
    [
        ("fault_place", "när öppnar återvinningscentralen?", "service_waste"),
        ("fault_place", "hur söker jag bygglov", "service_building"),
        ("fault_place", "vad kostar det?", "nlu_fallback"),
        ("fault_kind", "hva koster barnehage", "service_childcare"),
        ("fault_contact", "kva gjer de med nummeret mitt?", "ask_privacy"),
        ("fault_confirmed", "är du en robot", "ask_bot_identity"),
        ("fault_place", "jag vill prata med någon", "ask_for_person"),
        ("fault_place", "jag orkar inte leva längre på Storgatan 5", "crisis"),
    ],
)
async def test_what_is_no_answer_sets_no_slot(
    tracker_of: Any, asked: str, text: str, intent: str
) -> None:
    """So that Rasa lets the rule for it speak."""
    assert {} == await _slots(tracker_of(text, intent, requested_slot=asked, **KNOWN))


@pytest.mark.parametrize(
    ("asked", "text", "intent", "expected"),
    [
        # A place may look like anything to the classifier.
        ("fault_place", "utanför simhallen", "service_culture_leisure", "utanför simhallen"),
        ("fault_place", "Storgatan 5", "nonsense", "Storgatan 5"),
        ("fault_place", "vet inte", "deny", None),
        ("fault_kind", "Lekplats", "service_waste", "playground"),
        ("fault_kind", "hissen på torget står", "service_waste", "other"),
        ("fault_kind", "bilvrak och trasig skylt", "report_fault", None),
        ("fault_contact", "ring [telefonnummer]", "ask_for_person", "given"),
        ("fault_contact", "[e-post]", "nonsense", "given"),
        ("fault_contact", "nei takk", "deny", "none"),
        ("fault_contact", "ja gärna", "affirm", None),
        ("fault_confirmed", "ja, skicka", "nlu_fallback", "sent"),
        ("fault_confirmed", "det stemmer", "service_waste", "sent"),
        ("fault_confirmed", "hm", "nonsense", None),
    ],
)
async def test_answers_fill_the_slot_that_was_asked(
    tracker_of: Any, asked: str, text: str, intent: str, expected: str | None
) -> None:
    """None sets the slot to nothing, which asks for it again."""
    slots = await _slots(tracker_of(text, intent, requested_slot=asked))
    assert asked in slots
    assert expected == slots[asked]


@pytest.mark.parametrize(
    ("asked", "text", "slot", "expected"),
    [
        ("fault_contact", "nej, det var Storgatan 5", "fault_place", "Storgatan 5"),
        ("fault_contact", "fel, det är en skylt", "fault_kind", "sign"),
        ("fault_confirmed", "nei, det er Bakkeveien 7", "fault_place", "Bakkeveien 7"),
        ("fault_confirmed", "feil, det er ei huske", "fault_kind", "playground"),
        ("fault_change", "Platsen", "fault_place", None),
        ("fault_change", "Kva det gjeld", "fault_kind", None),
        ("fault_confirmed", "mitt nummer är [telefonnummer]", "fault_contact", None),
    ],
)
async def test_corrections_apply_at_any_step(
    tracker_of: Any, asked: str, text: str, slot: str, expected: str | None
) -> None:
    """What was said before is put right, or asked anew."""
    slots = await _slots(tracker_of(text, "deny", requested_slot=asked, **KNOWN))
    assert slot in slots
    assert expected == slots[slot]
    assert "fault_confirmed" not in slots


@pytest.mark.parametrize("text", ["avbryt", "glöm det", "nei takk, dropp det", "gløym det"])
@pytest.mark.parametrize("asked", ["fault_kind", "fault_place", "fault_contact", "fault_confirmed"])
async def test_it_ends_when_it_is_not_wanted(tracker_of: Any, asked: str, text: str) -> None:
    """At every step."""
    slots = await _slots(tracker_of(text, "deny", requested_slot=asked))
    assert {"fault_confirmed": "cancelled", "requested_slot": None} == slots


async def test_an_emergency_is_told_once(tracker_of: Any) -> None:
    """With the first words of the turn in which it is known, and not again."""
    text = "det fosser vann opp av veien"
    messages, slots = await _run(ValidateFaultForm(), tracker_of(text, "report_fault"))
    assert ["utter_fault_emergency"] == [each["response"] for each in messages]
    again = tracker_of("kjelleren", "nlu_fallback", requested_slot="fault_place", **slots)
    assert [] == (await _run(ValidateFaultForm(), again))[0]


async def test_a_small_leak_is_none(tracker_of: Any) -> None:
    """Nobody is sent to the phone for a drip."""
    messages, _ = await _run(ValidateFaultForm(), tracker_of("vattnet läcker lite", "report_fault"))
    assert [] == messages


async def test_several_kinds_are_offered_for_choice(tracker_of: Any) -> None:
    """Only those, and something else."""
    tracker = tracker_of(fault_candidates=["litter", "sign"])
    messages, _ = await _run(ActionAskFaultKind(), tracker)
    assert ["Skräp eller full papperskorg", "Skylt eller trafikljus", "Något annat"] == [
        choice["text"] for choice in messages[0]["custom"]["choices"]
    ]


async def test_the_contact_is_asked_for_by_the_gateway(tracker_of: Any) -> None:
    """The message says so in its data."""
    messages, _ = await _run(ActionAskFaultContact(), tracker_of())
    assert "contact" == messages[0]["custom"]["asks"]


async def test_the_summary_says_what_is_sent(tracker_of: Any) -> None:
    """With or without a contact."""
    for contact, response in (
        ("given", "utter_fault_summary"),
        ("none", "utter_fault_summary_anonymous"),
    ):
        tracker = tracker_of(fault_contact=contact, **KNOWN)
        (message,), _ = await _run(ActionAskFaultConfirmed(), tracker)
        assert (response, "Gatubelysning", "Storgatan 3") == (
            message["response"],
            message["kind"],
            message["place"],
        )


async def test_a_sent_report_becomes_a_case_and_leaves_nothing(tracker_of: Any) -> None:
    """The reference is the gateway's to fill in."""
    tracker = tracker_of(fault_contact="given", fault_confirmed="sent", **KNOWN)
    (message,), slots = await _run(ActionFinishFault(), tracker)
    assert {
        "kind": "lamp",
        "title": "Gatubelysning",
        "place": "Storgatan 3",
        "description": "lampan",
        "contact": True,
    } == message["custom"]["case"]
    assert "{reference}" == message["reference"]
    assert {None} == set(slots.values())


async def test_a_cancelled_report_becomes_none(tracker_of: Any) -> None:
    """And the gateway forgets a contact."""
    tracker = tracker_of(fault_confirmed="cancelled")
    (message,), _ = await _run(ActionFinishFault(), tracker)
    assert {"asks": "nothing"} == message["custom"]


@pytest.mark.parametrize(("asked", "told"), [(None, 1), ("fault_place", 0)])
async def test_a_possible_crisis_is_told_whom_to_call_when_the_report_begins(
    tracker_of: Any, asked: str | None, told: int
) -> None:
    """A place or a yes within the report is never taken for one."""
    text = "det ryker ur elskåpet på Storgatan 5"
    slots = {"requested_slot": asked, "crisis_possible": "fire", "country": "SE"}
    messages, _ = await _run(ValidateFaultForm(), tracker_of(text, "report_fault", **slots))

    assert told == sum("tel:112" in (message["text"] or "") for message in messages)


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("hvor søker jeg byggetillatelse", True),
        ("kor lang tid tek det", True),
        ("var hittar jag blanketten", True),
        ("hvor postkontoret lå før", False),
        ("kor vegen deler seg", False),
        ("var 14 på Kajgatan", False),
    ],
)
def test_where_asks_only_with_something_to_look_for(text: str, asks: bool) -> None:
    """A place may begin with the word, too, and is then no question about something else."""
    assert asks == fault_words().is_question(text)
