"""A choice taken in words is the same as one pressed."""

import pytest

from gateway.named_choices import named_choice
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
