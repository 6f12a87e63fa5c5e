"""Places in the queue and what is said about the wait."""

import pytest
import yaml
from sqlalchemy import update

from gateway.keys import DATABASE, HANDOFFS
from gateway.municipalities import (
    TOPICS,
    MunicipalityError,
    load_municipalities,
)
from gateway.settings import PACKAGE
from gateway.tables import ConversationRow
from gateway.waiting import FEWEST, Claim, Line, Waiting, serves, wait_minutes


@pytest.fixture
def ekhamn():
    return load_municipalities(PACKAGE / "municipalities")["ekhamn"]


def _claims(*minutes: float, position: int = 1, department: str | None = None) -> list[Claim]:
    return [Claim(department, position, each) for each in minutes]


def _line(tenant, waiting, *, staffed=((),), there=None, claims=()) -> Line:
    return Line(
        tenant=tenant,
        waiting=tuple(Waiting(id_, department, "sv") for id_, department in waiting),
        staffed=tuple(staffed),
        there={1: ()} if there is None else there,
        claims=tuple(claims),
    )


def test_too_few_claims_say_nothing() -> None:
    """Seven waits are no ground for a promise; eight are."""
    assert wait_minutes(1, _claims(*[3.0] * (FEWEST - 1))) is None
    assert wait_minutes(1, _claims(*[3.0] * FEWEST)) == (3, 4)


def test_one_wait_over_night_does_not_change_the_span() -> None:
    """The span is the middle of what happened; what was far out stays out."""
    usual = [2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0]
    assert wait_minutes(1, _claims(*usual)) == (3, 9)
    assert wait_minutes(1, _claims(*usual, 900.0)) == (3, 10)


def test_waits_from_the_same_place_count_before_others() -> None:
    """From place six it took half an hour; what place one took says less than that."""
    near = _claims(*[1.0] * 20)
    far = _claims(*[30.0] * 8, position=6)
    assert wait_minutes(6, near + far) == (30, 31)
    assert wait_minutes(6, near) == (6, 7)


def test_without_dedicated_people_there_is_one_line(ekhamn) -> None:
    """Everybody answers everything, so departments make no difference to the place."""
    line = _line(ekhamn, [("a", "water"), ("b", None), ("c", "streets")])
    assert [1, 2, 3] == [line.place(id_).position for id_ in "abc"]
    assert [None] * 3 == [line.place(id_).of_department for id_ in "abc"]


def test_a_department_with_people_of_its_own_has_its_own_line(ekhamn) -> None:
    """Only its own conversations stand before one there; its name is said."""
    line = _line(ekhamn, [("a", None), ("b", "water"), ("c", "water")], staffed=[(), ("water",)])
    assert (2, "Vatten och avlopp") == (
        line.place("c").position,
        line.place("c").of_department,
    )
    assert (1, None) == (line.place("a").position, line.place("a").of_department)


def test_nothing_is_said_of_the_wait_when_nobody_answers(ekhamn) -> None:
    """However fast people were, none of them is there for this department."""
    claims = _claims(*[3.0] * 9, department="water")
    staffed = [("streets",), ("water",)]
    absent = _line(
        ekhamn, [("a", "water")], staffed=staffed, there={1: ("streets",)}, claims=claims
    )
    present = _line(ekhamn, [("a", "water")], staffed=staffed, there={1: ("water",)}, claims=claims)
    assert absent.place("a").wait_minutes is None
    assert present.place("a").wait_minutes == (3, 4)


def test_who_does_not_wait_has_no_place(ekhamn) -> None:
    """Neither an unknown conversation nor one that was claimed."""
    assert _line(ekhamn, [("a", None)]).place("b") is None


def test_what_belongs_to_no_department_is_everybodys() -> None:
    """Nobody is out of reach because the topic was not understood."""
    assert [True, True, True, False] == [
        serves((), "water"),
        serves(("water",), None),
        serves(("water",), "water"),
        serves(("water",), "streets"),
    ]


def test_the_topics_are_the_bots() -> None:
    """Every topic intent of the bot can be given to a department, and nothing else."""
    intents = yaml.safe_load(
        (PACKAGE.parent / "bot" / "domain" / "intents.yml").read_text("utf-8")
    )["intents"]
    names = {each if isinstance(each, str) else next(iter(each)) for each in intents}
    assert set(TOPICS) == {name for name in names if name.startswith("service_")}


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('topics = ["service_water"]', 'topics = ["service_waste"]', "have the topic"),
        ('topics = ["service_water"]', 'topics = ["water"]', "'water' is not one of"),
    ],
)
def test_a_topic_belongs_to_one_department(municipalities_folder, old, new, reason) -> None:
    """Two departments for one topic, or a topic that there is not, can't be started with."""
    file = municipalities_folder / "ekhamn.toml"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(MunicipalityError, match=reason):
        load_municipalities(municipalities_folder)


async def test_the_resident_is_told_the_place_and_when_it_changes(api, operator) -> None:
    """In each answer, and over the WebSocket without a message when somebody before goes."""
    first, second = await api.resident(), await api.resident()
    await first.want_person()
    asked = await second.want_person()
    assert {"position": 2, "of_department": None, "wait_minutes": None} == asked["queue"]
    assert 2 == (await second.write("hallå?"))["queue"]["position"]
    assert 2 == (await second.ask("GET", "/messages")).json["queue"]["position"]
    async with second.events(after=4) as socket:
        assert 2 == (await socket.receive_json(timeout=20))["queue"]["position"]
        await operator.desk(first.id, "claim")
        moved = await socket.receive_json(timeout=8)
    assert {"status", "queue"} == set(moved)
    assert 1 == moved["queue"]["position"]
    assert (await first.ask("GET", "/messages")).json["queue"] is None


async def test_the_wait_is_reckoned_from_recent_claims(api, operator) -> None:
    """After enough claims with somebody there, the span is said in the answer and in words."""
    async with operator.events():
        for _ in range(FEWEST):
            resident = await api.resident()
            await resident.want_person()
            await operator.desk(resident.id, "claim")
            await operator.desk(resident.id, "resolve", {"outcome": "answered"})
        answer = await (await api.resident()).want_person()
    assert [1, 2] == answer["queue"]["wait_minutes"]
    assert "1 till 2 minuter" in answer["messages"][0]["text"]


async def test_waits_while_nobody_was_there_say_nothing(api, operator) -> None:
    """A night in the queue is no measure of how fast people are."""
    for _ in range(FEWEST):
        resident = await api.resident()
        await resident.want_person()
        await operator.desk(resident.id, "claim")
    async with api.client.app[DATABASE].reading() as session:
        line = await api.client.app[HANDOFFS].lines.read_within(session, "ekhamn", frozenset({1}))
    assert () == line.claims


async def test_who_lost_their_operator_stands_first(api, operator) -> None:
    """Priority outranks waiting time, for the desk as for the resident."""
    first, second = await api.resident(), await api.resident()
    await first.want_person()
    await second.want_person()
    async with api.client.app[DATABASE].writing() as session:
        await session.execute(
            update(ConversationRow).where(ConversationRow.id == second.id).values(priority=1)
        )
    assert [second.id, first.id] == [item["id"] for item in (await operator.queue())["waiting"]]
