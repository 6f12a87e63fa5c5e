"""The promises of nlu_data/README.md and of the bot's texts."""

import collections
import re

import pytest

LANGUAGES = ("sv", "nb", "nn")

# At least so many utterances of an intent, by language; "*" for an intent not named.
LEAST = {
    "out_of_scope": {"sv": 300, "nb": 300, "nn": 200},
    "*": {"sv": 30, "nb": 30, "nn": 20},
}
LEAST_HELD_OUT = 10

# It stands for a whole world of questions; the other dialogue intents must weigh alike, and so
# must the topics.
OPEN_INTENTS = {"out_of_scope"}
LARGEST_TO_SMALLEST = 2.5

KNOWN_SLOTS = {"municipality", "kind", "place", "reference", "on_call_phone"}

REQUIRED_RESPONSES = {
    "utter_change_language",
    "utter_end_conversation",
    "utter_affirm",
    "utter_bot_identity",
    "utter_capabilities",
    "utter_clarify",
    "utter_complaint",
    "utter_default",
    "utter_deny",
    "utter_doesnt_help",
    "utter_goodbye",
    "utter_greet",
    "utter_handoff_requested",
    "utter_insult",
    "utter_nonsense",
    "utter_offer_person_text",
    "utter_offer_person_title",
    "utter_out_of_scope",
    "utter_praise",
    "utter_privacy",
    "utter_repeat_nothing",
    "utter_thank",
    "utter_unanswerable",
}

# Responses that a Bokmål and a Nynorsk writer would write alike, letter by letter.
ALIKE_IN_BOKMAL_AND_NYNORSK: tuple[str, ...] = ()

EMAIL_LIKE = re.compile(r"\S@\S+\.\S")
PHONE_LIKE = re.compile(r"(?:\d[\s./()-]*){7,}")
EMOJI = re.compile(r"[\u2600-\u27bf\U0001f000-\U0001faff]")


def bare(text):
    """Casefolded letters and digits; for nothing but punctuation, the text as it is."""
    return " ".join(re.findall(r"[^\W_]+", text.casefold())) or text.strip()


def statistics_table(utterances):
    """The README's table, as it should stand."""
    counts = collections.Counter((u.intent, u.language, u.split) for u in utterances)
    intents = sorted({u.intent for u in utterances})
    columns = [(language, split) for split in ("training", "held_out") for language in LANGUAGES]
    rows = [
        "| intent | sv | nb | nn | held out sv | held out nb | held out nn |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for intent in intents:
        cells = [str(counts[intent, *column]) for column in columns]
        rows.append(f"| {intent} | {' | '.join(cells)} |")
    sums = [sum(counts[intent, *column] for intent in intents) for column in columns]
    rows.append(f"| **all** | {' | '.join(map(str, sums))} |")
    return "\n".join(rows)


def test_the_data_hold_exactly_the_intents_of_the_domain(utterances, declared_intents):
    """Every intent that the domain declares has utterances, and no utterance has another one."""
    assert sorted(declared_intents) == sorted({u.intent for u in utterances})


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_intent_has_enough_utterances_in_every_language(
    utterances, declared_intents, language
):
    """No intent is left thin in any language, the smallest one (nn) included."""
    counts = collections.Counter(
        u.intent for u in utterances if u.language == language and u.split == "training"
    )
    too_few = {
        intent: counts[intent]
        for intent in declared_intents
        if counts[intent] < LEAST.get(intent, LEAST["*"])[language]
    }
    assert not too_few


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_intent_has_held_out_utterances_in_every_language(
    utterances, declared_intents, language
):
    """An intent can be measured in each language by utterances that were never trained on."""
    counts = collections.Counter(
        u.intent for u in utterances if u.language == language and u.split == "held_out"
    )
    assert not {
        intent: counts[intent] for intent in declared_intents if counts[intent] < LEAST_HELD_OUT
    }


def test_no_utterance_stands_twice(utterances):
    """Case and punctuation aside, an utterance stands once: one intent, one language, one split."""
    places = collections.defaultdict(list)
    for u in utterances:
        places[bare(u.text)].append(f"{u.split} {u.language} {u.intent}: {u.text}")
    assert not {text: found for text, found in places.items() if len(found) > 1}


@pytest.mark.parametrize("split", ["training", "held_out"])
@pytest.mark.parametrize("topics", [False, True])
@pytest.mark.parametrize("language", LANGUAGES)
def test_intents_are_balanced(utterances, language, topics, split):
    """Within a language no dialogue intent, and no topic, outweighs another 2.5 to 1."""
    counts = collections.Counter(
        u.intent
        for u in utterances
        if u.language == language
        and u.split == split
        and u.intent not in OPEN_INTENTS
        and u.intent.startswith("service_") == topics
    )
    assert max(counts.values()) <= LARGEST_TO_SMALLEST * min(counts.values()), counts


@pytest.mark.parametrize("language", LANGUAGES)
def test_service_questions_come_in_many_forms(utterances, language):
    """Bare words, short phrases, sentences and stories all occur, and few have a question mark."""
    texts = [
        u.text
        for u in utterances
        if u.intent.startswith("service_") and u.language == language and u.split == "training"
    ]
    lengths = [len(text.split()) for text in texts]
    shares = {
        "one or two words": sum(n <= 2 for n in lengths) / len(texts),
        "three to six words": sum(3 <= n <= 6 for n in lengths) / len(texts),
        "seven to eleven words": sum(7 <= n <= 11 for n in lengths) / len(texts),
    }
    assert not {form: share for form, share in shares.items() if share < 0.10}
    assert sum(n >= 12 for n in lengths) >= 8
    assert sum("?" in text for text in texts) <= len(texts) / 2


def test_nobody_can_be_reached_or_recognised_by_an_utterance(utterances):
    """Nothing looks like an e-mail address or a phone number: those are masked before Rasa."""
    assert not [
        u.text for u in utterances if EMAIL_LIKE.search(u.text) or PHONE_LIKE.search(u.text)
    ]


def test_no_utterance_is_read_as_an_entity(utterances):
    """Square brackets hold only the gateway's masks, never Rasa's entity notation."""
    assert not [u.text for u in utterances if re.search(r"\][({\[]", u.text)]


def test_the_guide_states_the_counts_as_they_are(utterances, readme):
    """The table in README.md is the one that the data give."""
    table = re.search(r"^\| intent \|.*?(?=\n\n|\Z)", readme, re.MULTILINE | re.DOTALL)
    assert statistics_table(utterances) == (table.group().strip() if table else None)


def test_the_guide_explains_every_intent(readme, declared_intents):
    """An annotator finds each intent as a heading in the guide."""
    assert sorted(declared_intents) == sorted(re.findall(r"^### (\w+)$", readme, re.MULTILINE))


def test_required_responses_stand_exactly_once(response_keys):
    """Rasa lets the last file win, so a key that stood twice would lose texts silently."""
    counts = collections.Counter(response_keys)
    assert not {key: count for key, count in counts.items() if count > 1}
    assert not REQUIRED_RESPONSES - set(counts)


def test_every_response_exists_in_every_language(responses):
    """One text each for sv, nb and nn, and one for a conversation of unknown language."""
    expected = {None: 1, "sv": 1, "nb": 1, "nn": 1}
    assert not {
        key: counts
        for key, texts in responses.items()
        if (counts := {language: len(found) for language, found in texts.items()}) != expected
    }


def test_the_text_without_a_language_is_bokmal(responses):
    """The last resort of each response is its Bokmål text."""
    assert not {key: texts for key, texts in responses.items() if texts[None] != texts["nb"]}


def test_nynorsk_is_not_bokmal(responses):
    """No Nynorsk text is Bokmål left as it was, unless listed as rightly alike."""
    alike = {key for key, texts in responses.items() if texts["nb"] == texts["nn"]}
    assert set(ALIKE_IN_BOKMAL_AND_NYNORSK) == alike


def test_swedish_is_not_norwegian(responses):
    """No Swedish text is the same as a Norwegian one."""
    assert not [
        key for key, texts in responses.items() if texts["sv"] in (texts["nb"], texts["nn"])
    ]


def test_responses_are_calm_and_hold_only_known_slots(responses):
    """No emoji, no row of exclamation marks, no slot that nothing fills."""
    variations = [found for texts in responses.values() for found in texts.values()]
    texts = [text for found in variations for text in found]
    assert not [text for text in texts if EMOJI.search(text) or text.count("!") > 1]
    slots = {slot for text in texts for slot in re.findall(r"{(\w*)}", text)}
    assert KNOWN_SLOTS == slots


@pytest.mark.parametrize("language", LANGUAGES)
def test_pressing_the_button_reads_as_asking_for_a_person(utterances, responses, language):
    """What the button writes in the resident's name is a trained way to ask for a person."""
    asks = {
        bare(u.text) for u in utterances if u.intent == "ask_for_person" and u.split == "training"
    }
    assert bare(responses["utter_offer_person_text"][language][0]) in asks
