"""Many operators at one conversation, over real HTTP."""

import asyncio

from gateway.keys import DATABASE
from gateway.sessions import SESSION_BYTES, hash_secret
from gateway.tables import SessionRow, StaffRow
from gateway.transcripts import now
from tests.gateway.conftest import Staff

OPERATORS = 100
ROUNDS = 50


async def _operators(api) -> list[Staff]:
    """A hundred people with a session each, made without a password's slow hash."""
    moment = now()
    found = []
    async with api.client.app[DATABASE].writing() as session:
        for number in range(OPERATORS):
            row = StaffRow(
                municipality="ekhamn",
                email=f"operator-{number}@ekhamn.example",
                name=f"Operator {number}",
                role="operator",
                password_hash="-",
                created_at=moment,
            )
            session.add(row)
            await session.flush()
            token = f"{number:0{SESSION_BYTES}}"
            session.add(
                SessionRow(
                    id_hash=hash_secret(token),
                    staff_id=row.id,
                    municipality="ekhamn",
                    created_at=moment,
                    seen_at=moment,
                )
            )
            found.append(token)
    return [await _signed_in(api, token) for token in found]


async def _signed_in(api, token: str) -> Staff:
    cookie = f"svar_session={token}"
    answer = await api.ask("GET", "/api/v1/session", headers={"Cookie": cookie})
    return Staff(api, cookie, answer.json["csrf"], answer.json)


async def test_of_a_hundred_operators_exactly_one_gets_it(api) -> None:
    """Fifty rounds of a hundred claims at once: one 200 each, and one word to the resident."""
    operators = await _operators(api)
    for _ in range(ROUNDS):
        resident = await api.resident()
        await resident.want_person()
        path = f"/api/v1/desk/conversations/{resident.id}/claim"

        async def claim(staff: Staff, path: str = path) -> tuple[int, str]:
            headers = {"Cookie": staff.cookie, "X-CSRF-Token": staff.csrf}
            async with api.client.post(path, headers=headers) as answer:
                return answer.status, staff.session["name"]

        answers = await asyncio.gather(*(claim(staff) for staff in operators))
        winners = [name for status, name in answers if status == 200]
        assert [200] + [409] * (OPERATORS - 1) == sorted(status for status, _ in answers)
        joined = [text for author, text in await resident.transcript() if author == "system"][1:]
        assert [True] == [f"är {winners[0]} " in text for text in joined]
