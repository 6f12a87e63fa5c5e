"""A report of something broken: what, where and how to reach the resident; then it is sent.

Rasa's form asks for what is missing; here the answers are understood. An utterance that is no
answer, a question say, sets no slot: Rasa then answers it by its own rule and the form asks
again. The telephone number or e-mail address itself never comes this far: the gateway keeps it.
"""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.crisis import say_possible
from actions.fault_words import OTHER, WATER, FaultWords, fault_words
from actions.turns import latest_text, likeliest_intent, named_places
from actions.types import CaseData, Choice, Event

KIND = "fault_kind"
CANDIDATES = "fault_candidates"
PLACE = "fault_place"
CONTACT = "fault_contact"
CONFIRMED = "fault_confirmed"
CHANGE = "fault_change"
DESCRIPTION = "fault_description"
URGENT = "fault_urgent"
REQUESTED = "requested_slot"
SLOTS = (KIND, CANDIDATES, PLACE, CONTACT, CONFIRMED, CHANGE, DESCRIPTION, URGENT)

GIVEN, NONE = "given", "none"
SENT, CANCELLED = "sent", "cancelled"
LONGEST_PLACE = 200
LONGEST_DESCRIPTION = 1000
MASKS = ("[telefonnummer]", "[e-post]")
"""What the gateway puts in the place of a contact."""

TOPICS = "service_"
"""How the names of all topics begin."""
ASIDES = frozenset({"ask_privacy", "ask_bot_identity", "ask_capabilities", "insult_bot"})
"""Intents that the rules answer within a report."""
LEAVING = frozenset({"ask_for_person", "crisis"})
"""Intents that end a report, whatever it was asking."""
ENDINGS = frozenset({"goodbye", "end_conversation"})
QUESTIONS = frozenset({"out_of_scope", "nlu_fallback"})
"""Intents beside the topics that may be a question about something else."""
EMPTY = frozenset({"greet", "thank", "affirm", "deny", "give_praise", "ask_repeat", "nonsense"})
"""Intents that say nothing about a fault or its place."""


class ValidateFaultForm:
    """Understands a turn within a report; no slot is set by what is no answer."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "validate_fault_form"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[Event]:
        """Give the slots that the turn fills; none lets Rasa take it for an interruption."""
        words = fault_words()
        turn = _Turn(words, tracker)
        if turn.asked is None:
            say_possible(dispatcher, tracker)
        changes = turn.begin() if turn.asked is None else turn.answer()
        if changes is None:
            return []
        kind = changes.get(KIND) or tracker.get_slot(KIND)
        urgent = turn.asked is not None and tracker.get_slot(URGENT)
        if kind == WATER and not urgent and words.is_emergency(turn.text, WATER):
            dispatcher.utter_message(response="utter_fault_emergency")
            changes[URGENT] = True
        return [SlotSet(name, value) for name, value in changes.items()]


class _Turn:
    """One utterance within a report, with what is known so far."""

    def __init__(self, words: FaultWords, tracker: Tracker) -> None:
        self._words = words
        self._tracker = tracker
        self.text = latest_text(tracker).strip()
        self.asked: str | None = tracker.get_slot(REQUESTED)
        self._intent: str | None = (tracker.latest_message.get("intent") or {}).get("name")

    def begin(self) -> dict[str, Any]:
        """What the utterance that began the report says already; all slots, set anew."""
        kinds = self._words.find_kinds(self.text)
        return {
            **dict.fromkeys(SLOTS),
            **self._of_kinds(kinds),
            PLACE: self._find_place(self.text),
            DESCRIPTION: self.text[:LONGEST_DESCRIPTION] if kinds else None,
            # What an operator gets to see when a person is wanted instead.
            "last_question": self.text,
            "last_answer": None,
        }

    def answer(self) -> dict[str, Any] | None:
        """What an utterance to the question asked changes; None when it answers nothing."""
        if self.asked == CONTACT and self._has_contact() and self._intent != "crisis":
            return {CONTACT: GIVEN}
        if self._intent in LEAVING or self._tracker.get_slot("chunk"):
            return None
        if self._words.is_cancel(self.text) or self._says_goodbye():
            # Without a slot to ask for, the form ends.
            return {CONFIRMED: CANCELLED, REQUESTED: None}
        corrected = self._corrected()
        if corrected:
            return corrected
        understand = {
            KIND: self._kind,
            PLACE: self._place,
            CONTACT: self._contact,
            CONFIRMED: self._confirmed,
            CHANGE: self._change,
        }
        return understand[self.asked or CONFIRMED]()

    def _find_place(self, text: str) -> str | None:
        """The place in a text: a street of the municipality before any other, rightly spelt."""
        street, spot = named_places(self._tracker)
        return street or self._words.find_place(text) or spot

    def _says_goodbye(self) -> bool:
        return self._intent in ENDINGS and self._find_place(self.text) is None

    def _corrected(self) -> dict[str, Any]:
        """What "no, it was …" puts right."""
        if not self._words.means("correction", self.text):
            return {}
        rest = self._words.without("correction", self.text)
        return self._told(rest) if rest else {}

    def _told(self, text: str) -> dict[str, Any]:
        """The kind and the place in a text, where they are plain."""
        kinds = self._words.find_kinds(text)
        place = self._find_place(text)
        told: dict[str, Any] = self._of_kinds(kinds) if len(kinds) == 1 else {}
        if told:
            told[DESCRIPTION] = self._described(text)
        if place:
            told[PLACE] = place
        return told

    def _of_kinds(self, kinds: list[str]) -> dict[str, Any]:
        if len(kinds) == 1:
            return {KIND: kinds[0], CANDIDATES: None}
        return {KIND: None, CANDIDATES: kinds or None}

    def _described(self, text: str) -> str:
        earlier = self._tracker.get_slot(DESCRIPTION)
        whole = f"{earlier}\n{text}" if earlier else text
        return whole[:LONGEST_DESCRIPTION]

    def _asks_something_else(self) -> bool:
        if self._intent in ASIDES:
            return True
        might = self._intent in QUESTIONS or (self._intent or "").startswith(TOPICS)
        return might and self._words.is_question(self.text)

    def _kind(self) -> dict[str, Any] | None:
        kinds = self._words.find_kinds(self.text)
        if not kinds and self._asks_something_else():
            return None
        if not kinds and self._says_nothing():
            return {KIND: None}
        place = self._tracker.get_slot(PLACE) or self._find_place(self.text)
        named = self.text.casefold() in {
            self._words.name(kind, language).casefold()
            for kind in kinds
            for language in ("sv", "nb", "nn")
        }
        description = {} if named else {DESCRIPTION: self._described(self.text)}
        return {**self._of_kinds(kinds or [OTHER]), PLACE: place, **description}

    def _place(self) -> dict[str, Any] | None:
        place = self._find_place(self.text)
        if place is None or self._words.is_question(self.text):
            if self._asks_something_else():
                return None
            if self._says_nothing() or self._words.means("unsure", self.text):
                return {PLACE: None}
        # All that was said, for it may say more than the street.
        return {PLACE: self.text[:LONGEST_PLACE]}

    def _contact(self) -> dict[str, Any] | None:
        if self._words.means("no", self.text) or self._intent == "deny":
            return {CONTACT: NONE}
        return None if self._asks_something_else() else {CONTACT: None}

    def _confirmed(self) -> dict[str, Any] | None:
        if self._has_contact():
            # The gateway keeps a contact only when it was asked for.
            return {CONTACT: None}
        if self._words.means("change", self.text) or self._intent == "deny":
            return {CHANGE: None, REQUESTED: CHANGE}
        if self._asks_something_else():
            return None
        if self._words.means("send", self.text) or self._intent == "affirm":
            return {CONFIRMED: SENT}
        return self._told(self.text) or {CONFIRMED: None}

    def _change(self) -> dict[str, Any] | None:
        told = self._told(self.text)
        if told:
            return told
        part = self._words.part_to_change(self.text)
        if part is not None:
            slot = {"kind": KIND, "place": PLACE, "contact": CONTACT}[part]
            return {slot: None, CANDIDATES: None}
        if self._asks_something_else():
            return None
        return {CHANGE: None, REQUESTED: CHANGE}

    def _has_contact(self) -> bool:
        return any(mask in self.text for mask in MASKS)

    def _says_nothing(self) -> bool:
        likeliest = likeliest_intent(self._tracker)
        return self._intent in EMPTY or (likeliest is not None and likeliest["name"] == "nonsense")


class ActionAskFaultKind:
    """Asks what is broken, with what it may be as choices."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_ask_fault_kind"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[Event]:
        """Offer the kinds that the words may mean, or all of them."""
        words = fault_words()
        kinds = tracker.get_slot(CANDIDATES)
        offered = [*kinds, OTHER] if kinds else list(words.kinds)
        names = [words.name(kind, _language(tracker)) for kind in offered]
        dispatcher.utter_message(
            response="utter_fault_which" if kinds else "utter_fault_what",
            json_message={"choices": [_choice(name, name) for name in names]},
        )
        return []


class ActionAskFaultPlace:
    """Asks where it is."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_ask_fault_place"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[Event]:
        """Ask, naming what is to be reported."""
        dispatcher.utter_message(response="utter_fault_where", kind=_kind_name(tracker))
        return []


class ActionAskFaultContact:
    """Asks how to reach the resident, who needn't say."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_ask_fault_contact"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[Event]:
        """Ask so that the gateway keeps the answer's contact to itself."""
        dispatcher.utter_message(
            response="utter_fault_contact",
            json_message={
                "asks": "contact",
                "choices": [_response_choice("utter_fault_choice_no_contact")],
            },
        )
        return []


class ActionAskFaultConfirmed:
    """Shows the whole report and asks whether it is right."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_ask_fault_confirmed"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[Event]:
        """Offer to send, change or cancel it."""
        given = tracker.get_slot(CONTACT) == GIVEN
        dispatcher.utter_message(
            response="utter_fault_summary" if given else "utter_fault_summary_anonymous",
            json_message={"choices": [_response_choice(each) for each in SUMMARY_CHOICES]},
            kind=_kind_name(tracker),
            place=tracker.get_slot(PLACE),
        )
        return []


SUMMARY_CHOICES = (
    "utter_fault_choice_send",
    "utter_fault_choice_change",
    "utter_fault_choice_cancel",
)
CHANGE_CHOICES = (
    "utter_fault_choice_change_kind",
    "utter_fault_choice_change_place",
    "utter_fault_choice_change_contact",
    "utter_fault_choice_cancel",
)


class ActionAskFaultChange:
    """Asks which part of the report is wrong."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_ask_fault_change"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[Event]:
        """Offer its parts."""
        dispatcher.utter_message(
            response="utter_fault_change",
            json_message={"choices": [_response_choice(each) for each in CHANGE_CHOICES]},
        )
        return []


class ActionFinishFault:
    """Hands the report over as a case, or lets it go; either way nothing of it stays here."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_finish_fault"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[Event]:
        """Say what becomes of it; the gateway makes the case and puts in its reference."""
        if tracker.get_slot(CONFIRMED) == SENT:
            case: CaseData = {
                "kind": tracker.get_slot(KIND),
                "title": _kind_name(tracker),
                "place": tracker.get_slot(PLACE),
                "description": tracker.get_slot(DESCRIPTION) or "",
                "contact": tracker.get_slot(CONTACT) == GIVEN,
            }
            dispatcher.utter_message(
                response="utter_fault_sent", json_message={"case": case}, reference="{reference}"
            )
        else:
            dispatcher.utter_message(
                response="utter_fault_cancelled", json_message={"asks": "nothing"}
            )
        return [SlotSet(name, None) for name in SLOTS]


def _language(tracker: Tracker) -> str:
    return str(tracker.get_slot("language") or "nb")


def _kind_name(tracker: Tracker) -> str:
    return fault_words().name(tracker.get_slot(KIND), _language(tracker))


def _choice(title: str, text: str) -> Choice:
    return {"title": title, "text": text, "chunk": None, "action": None}


def _response_choice(words: str) -> Choice:
    """A choice whose words stand in the domain; its title is what it writes."""
    return {
        "title": {"response": words},
        "text": {"response": words},
        "chunk": None,
        "action": None,
    }
