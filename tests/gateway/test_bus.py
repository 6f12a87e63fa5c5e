"""Publishing and subscribing inside one process, and who is there."""

import pytest

from gateway.events import QUEUE_LENGTH, Event, LaggedError, LocalHub, LocalPresence


async def test_subscribers_get_their_topic_only() -> None:
    """From the moment of subscribing until the context is left."""
    hub = LocalHub()
    await hub.publish("a", Event("early"))
    with hub.subscribe("a") as first, hub.subscribe("b") as second:
        await hub.publish("a", Event("one"))
        await hub.publish("a", Event("two"))
        assert [Event("one"), Event("two")] == await first.take(1)
        assert [] == await second.take(0.01)
    await hub.publish("a", Event("late"))
    assert [] == await first.take(0.01)


async def test_a_slow_subscriber_learns_that_it_lagged_and_holds_nobody_up() -> None:
    """Too many events are dropped, not waited for."""
    hub = LocalHub()
    with hub.subscribe("a") as subscription:
        for _ in range(QUEUE_LENGTH + 1):
            await hub.publish("a", Event("x"))
        with pytest.raises(LaggedError):
            await subscription.take(1)


async def test_presence_counts_connections() -> None:
    """Two windows of one person are one person; she is gone with the last."""
    presence = LocalPresence()
    with presence.join("ekhamn", 1):
        with presence.join("ekhamn", 1), presence.join("ekhamn", 2):
            assert frozenset({1, 2}) == await presence.there("ekhamn")
        assert frozenset({1}) == await presence.there("ekhamn")
        assert frozenset() == await presence.there("fjordvik")
    assert frozenset() == await presence.there("ekhamn")
