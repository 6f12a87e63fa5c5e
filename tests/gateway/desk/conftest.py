"""What tests of the desk share."""

import pytest


@pytest.fixture
def waiting(api):
    """Gives a resident of Ekhamn who has asked something and waits for a person."""

    async def begin(text: str = "Vad kostar bygglov?"):
        resident = await api.resident()
        await resident.write(text)
        await resident.want_person()
        return resident

    return begin


@pytest.fixture
def held(waiting, operator):
    """Gives the same, after the operator has claimed it."""

    async def begin(text: str = "Vad kostar bygglov?"):
        resident = await waiting(text)
        assert 200 == (await operator.desk(resident.id, "claim")).status
        return resident

    return begin
