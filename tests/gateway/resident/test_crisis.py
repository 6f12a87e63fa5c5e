"""What the gateway does with a reply that says whom to call."""

import pytest

NUMBERS = """Ring:

- [112](tel:112) om det är fara för livet nu.
- [020-50 50 50](tel:020505050) till Kvinnofridslinjen.
- [22 40 00 40](tel:22400040) til Kirkens SOS."""
OFFER = {"title": "Prata", "text": "Jag vill prata", "action": "handoff", "reason": "crisis"}


async def test_the_numbers_in_a_reply_are_never_masked(api, bot) -> None:
    """The masking is for what residents write, not for whom they need to call."""
    bot.says({"text": NUMBERS, "choices": [OFFER]})
    resident = await api.resident()
    reply = (await resident.write("jag orkar inte leva"))["messages"][-1]
    stored = (await resident.ask("GET", "/messages")).json["messages"][-1]
    assert NUMBERS == reply["text"] == stored["text"]
    assert [{**OFFER, "chunk": None}] == stored["choices"]


async def test_emergency_numbers_that_a_resident_writes_reach_the_bot(api, bot) -> None:
    """They are nobody's telephone."""
    resident = await api.resident()
    text = "ska jag ringa 112, 113, 110, 1177, 90101 eller 116 111"
    await resident.write(text)
    assert text == bot.turns[0]["text"]


@pytest.mark.parametrize("way", ["choice", "button", "bot"])
async def test_a_handoff_after_a_crisis_says_so_to_the_desk(api, bot, operator, way) -> None:
    """Whichever way the person is asked for, and also when something was said between."""
    bot.says({"text": NUMBERS, "choices": [OFFER]})
    resident = await api.resident()
    await resident.write("jag orkar inte leva")
    if way == "choice":
        await resident.write(OFFER["text"])
    else:
        await resident.write("tack")
        if way == "bot":
            bot.says({"text": "", "handoff": {"reason": "asked"}})
            await resident.write("jag vill prata med en människa")
        else:
            await resident.want_person()
    (item,) = (await operator.queue())["waiting"]
    assert "crisis" == item["handoff"]["reason"]
