"""A choice taken in words is the same as one pressed."""

import pytest

from gateway.named_choices import is_yes, named_action, named_choice
from gateway.types import Action, Choice

OFFERED = (
    Choice(title="Söka bygglov", text="Söka bygglov: Avgift", chunk="bygglov#avgift"),
    Choice(title="Attefallshus", text="Attefallshus", chunk="attefallshus#"),
    Choice(title="Prata med en person", text="Jag vill prata med en person", action=Action.HANDOFF),
)


@pytest.mark.parametrize(
    ("text", "chunk"),
    [
        ("den första", "bygglov#avgift"),
        ("Det andre, takk", "attefallshus#"),
        ("nummer 2", "attefallshus#"),
        ("eg vil ta den fyrste", "bygglov#avgift"),
        ("det siste", "attefallshus#"),
        ("attefallshus", "attefallshus#"),
        ("söka bygglov!", "bygglov#avgift"),
    ],
)
def test_a_choice_is_named_by_its_place_or_its_title(text: str, chunk: str) -> None:
    """In any of the three languages, politely or not; a person is no page to be counted."""
    found = named_choice(text, OFFERED)
    assert found is not None
    assert chunk == found.chunk


@pytest.mark.parametrize(
    "text",
    ["den tredje", "den andra sidan av gatan är inte plogad", "vad kostar det", "ja", "?", "hus"],
)
def test_what_names_no_choice_is_a_message_like_any(text: str) -> None:
    """A place that is not there, longer texts, and words that no title begins with."""
    assert named_choice(text, OFFERED) is None


def test_nothing_is_named_where_nothing_was_offered() -> None:
    """The person alone is asked for in other words."""
    assert named_choice("den första", OFFERED[2:]) is None


CASES = {
    "sv": Choice(
        title="Få svar med e-post", text="Jag vill ha svar med e-post", action=Action.CASE
    ),
    "nn": Choice(title="Få svar på e-post", text="Eg vil ha svar på e-post", action=Action.CASE),
}


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("sv", "Få svar med e-post"),
        ("sv", "få svar med epost."),
        ("sv", "  FÅ SVAR MED E-POST! "),
        ("sv", "Ja tack, jag vill gärna ha svar med e-post"),
        ("nn", "få svar på e-post, takk"),
        ("nn", "Eg vil ha svar på epost"),
    ],
)
def test_an_offer_is_taken_in_its_own_words(language: str, text: str) -> None:
    """Whatever the case, the punctuation and the politeness."""
    assert CASES[language] == named_action(text, (OFFERED[0], CASES[language]))


@pytest.mark.parametrize("text", ["Få svar", "Kan ni svara med e-post på torsdag?", "ja", "", "?"])
def test_other_words_take_no_offer(text: str) -> None:
    """Part of it, or more than it, is a message like any."""
    assert named_action(text, CASES.values()) is None


def test_a_yes_says_nothing_else() -> None:
    """What follows it makes it a message."""
    assert [True, True, True, False, False] == [
        is_yes(text) for text in ("Ja!", "ja takk", "Ja gärna, tack.", "ja men när?", "nej")
    ]
