from __future__ import annotations

import pytest

from bot.components.turn_output import TurnFailedError, TurnMessage, TurnOutput

CHOICE = {"title": "A", "text": "Om A", "chunk": "a#", "action": None}


async def test_text_and_data_make_one_message() -> None:
    """An action's JSON becomes part of the message it came with."""
    output = TurnOutput()
    answer = {"status": "answered", "confidence": 0.9, "sources": []}

    await output.send_response(
        "c1", {"text": "Svaret.", "custom": {"answer": answer, "choices": [CHOICE]}}
    )

    output.raise_if_failed()
    assert [TurnMessage("Svaret.", [CHOICE], answer, None)] == output.messages


async def test_data_without_text_joins_the_message_before() -> None:
    """A fixed text speaks, the action after it adds the choices."""
    output = TurnOutput()

    await output.send_response("c1", {"text": "Tråkigt att höra."})
    await output.send_response("c1", {"text": None, "custom": {"choices": [CHOICE]}})

    assert [TurnMessage("Tråkigt att höra.", [CHOICE])] == output.messages


async def test_data_without_any_text_fails_the_turn() -> None:
    """Buttons under nothing are no answer."""
    output = TurnOutput()

    await output.send_response("c1", {"custom": {"choices": [CHOICE]}})

    with pytest.raises(TurnFailedError):
        output.raise_if_failed()


def test_silence_fails_the_turn() -> None:
    """An empty result while the bot is active means that something went wrong."""
    with pytest.raises(TurnFailedError, match="said nothing"):
        TurnOutput().raise_if_failed()


async def test_a_failed_action_fails_the_turn_even_after_words() -> None:
    """Half an answer is not passed off as a whole one."""
    output = TurnOutput()
    await output.send_response("c1", {"text": "Tråkigt att höra."})

    output.add_failure(RuntimeError("no connection"))

    with pytest.raises(TurnFailedError, match="no connection"):
        output.raise_if_failed()
