"""What a resident erases, the bot forgets too, sooner or later."""

from gateway.erasures import Erasures
from gateway.keys import BOT, DATABASE


async def test_the_bot_forgets_at_once_and_once_more_later(api, bot) -> None:
    """A turn under way may have been written down after the first time."""
    resident = await api.resident()
    await resident.ask("DELETE")
    assert [resident.id] == bot.forgotten
    early = Erasures(api.client.app[DATABASE], api.client.app[BOT])
    await early.settle()
    assert 1 == len(bot.forgotten)
    late = Erasures(api.client.app[DATABASE], api.client.app[BOT], every_seconds=0.0)
    await late.settle()
    assert [resident.id] * 2 == bot.forgotten
    await late.settle()
    assert 2 == len(bot.forgotten)


async def test_a_bot_that_is_away_forgets_when_it_is_back(
    api, bot, settings, start_gateway
) -> None:
    """Erasing works without the bot, and the debt survives a restart of the gateway."""
    resident = await api.resident()
    bot.status = 503
    assert 204 == (await resident.ask("DELETE")).status
    assert 404 == (await resident.ask("GET", "/messages")).status
    await api.client.close()
    again = await start_gateway(settings)
    erasures = Erasures(again.client.app[DATABASE], again.client.app[BOT], every_seconds=0.0)
    await erasures.settle()
    assert [] == bot.forgotten
    bot.status = 200
    await erasures.settle()
    assert [resident.id] == bot.forgotten


async def test_a_bot_that_hangs_holds_nobody_up_for_long(api, bot) -> None:
    """The resident is told that it is erased within the time limit."""
    resident = await api.resident()
    bot.seconds = 3.0
    assert 204 == (await resident.ask("DELETE")).status
    assert [] == bot.forgotten


async def test_erasing_twice(api) -> None:
    """The second time there is nothing to erase."""
    resident = await api.resident()
    assert 204 == (await resident.ask("DELETE")).status
    assert 404 == (await resident.ask("DELETE")).status
