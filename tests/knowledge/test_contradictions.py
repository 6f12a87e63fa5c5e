"""Two pages that differ in a figure: what is one, what is none, and how they are kept."""

import asyncio
import datetime
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from knowledge.answering.contradictions import contradictions, contradictions_of
from knowledge.articles.importer import article_of, read_seed
from knowledge.indexing.chunking import split_article
from knowledge.indexing.index import MunicipalityIndex
from knowledge.types import Article
from tests.knowledge.toys import CountingEncoder, Decided

SEED = Path(__file__).resolve().parents[2] / "knowledge" / "seed"
TODAY = datetime.date(2026, 3, 1)
PATH = "/v1/municipalities/ekhamn/contradictions"


def demo(municipality: str) -> MunicipalityIndex:
    articles = [article_of(seed) for seed in read_seed(SEED) if seed.municipality == municipality]
    chunks = [chunk for article in articles for chunk in split_article(article)]
    return MunicipalityIndex.build(municipality, chunks, CountingEncoder())


@pytest.fixture(scope="module")
def ekhamn() -> MunicipalityIndex:
    return demo("ekhamn")


@pytest.fixture(scope="module")
def fjordvik() -> MunicipalityIndex:
    return demo("fjordvik")


def kinds(index: MunicipalityIndex, title: str, text: str) -> set[str]:
    """What kinds of figures of a new article the published ones contradict."""
    (chunk,) = split_article(Article("ekhamn", "ny", "sv", title, text, "/ny", TODAY))
    found = contradictions(index, chunk, text, index.chunks)
    assert all(one.first_text in text and one.second_text in one.second.text for one in found)
    return {one.kind for one in found}


@pytest.mark.parametrize(
    ("title", "text", "kind"),
    [
        ("Kalas", "Barnkalas i simhallen bokar du för 210 kronor per barn, minst åtta.", "money"),
        ("Simhallen", "Simskola tio gånger om 30 minuter kostar 950 kronor.", "money"),
        ("Startbesked för bygglov", "Lovet gäller i sju år, men du måste börja inom två.", "span"),
        (
            "Hemtjänst",
            "Du betalar aldrig mer än 2 575 kronor i månaden för omsorg och larm tillsammans.",
            "money",
        ),
        ("Bibliotek", "Skadad bok ersätts med 300 kronor, barnbok med 150.", "money"),
        ("Vatten i stugan", "En sönderfrusen vattenmätare kostar 2 000 kronor att byta.", "money"),
    ],
)
def test_the_same_with_another_figure_is_a_contradiction(
    ekhamn: MunicipalityIndex, title: str, text: str, kind: str
) -> None:
    """Amounts and spans, in other words too, when the subject is in title or text."""
    assert {kind} == kinds(ekhamn, title, text)


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Kalas", "Barnkalas i simhallen bokar du för 195 kronor per barn, minst åtta."),
        ("Kalas", "Barnkalas i simhallen bokar du för 210 kronor per vuxen, minst åtta."),
        ("Kalas", "Barnkalas i simhallen bokar du för 210 kronor per barn, minst tio, 12 barn."),
        ("Kalas", "Barnkalas på biblioteket bokar du för 210 kronor per barn, minst åtta."),
        ("Tomträtt", "En skadad mätare kostar 2 000 kronor att byta."),
        ("Tomträtt", "Avgiften är 900 kronor."),
        ("Tomträtt", "Telefon 031-390 06 99, måndag–fredag klockan 7–8."),
        ("Simhallen", "Simskola för vuxna tio gånger om 30 minuter kostar 950 kronor."),
        (
            "Simhallen",
            "Hela simhallen kan hyras söndagar efter klockan 16.30 för 4 500 kronor i timmen.",
        ),
        ("Tomträtt", "Komplett ansökan får beslut inom nitton veckor."),
    ],
)
def test_what_only_looks_alike_is_none(ekhamn: MunicipalityIndex, title: str, text: str) -> None:
    """The same figure, another group, number, place, service or day, or too little in common."""
    assert set() == kinds(ekhamn, title, text)


def test_the_demo_articles_agree(ekhamn: MunicipalityIndex, fjordvik: MunicipalityIndex) -> None:
    """No false alarm among more than a thousand sentences with figures."""
    for index in (ekhamn, fjordvik):
        assert [] == [one for name in index.articles for one in contradictions_of(index, name)]


Client = TestClient[Any, Any]
Fields = Callable[..., dict[str, Any]]


@pytest.fixture
async def answering(
    start_server: Callable[[], Awaitable[Client]],
    article_fields: Fields,
    monkeypatch: pytest.MonkeyPatch,
) -> Client:
    """A ready server that answers whatever it is asked, with a page of other sections."""
    monkeypatch.setattr("knowledge.server.load_model", Decided)
    client = await start_server()
    # What is rare can only be told beside other things.
    text = "\n\n".join(f"## Rubrik {number}\n\nSaker om {number}." for number in range(12))
    await publish(client, article_fields, "annat", "Annat", 0, text)
    return client


async def publish(
    client: Client, article_fields: Fields, name: str, title: str, fee: int, text: str = ""
) -> None:
    text = text or f"Badmössa och handduk hyrs i receptionen för {fee} kronor."
    base = "/v1/municipalities/ekhamn/articles"
    fields = article_fields(id=name, title=title, text=text, url=f"/{name}")
    async with client.post(base, json=fields) as response:
        if response.status == 422:
            async with client.get(f"{base}/{name}") as kept:
                fields["base_revision"] = (await kept.json())["revision"]
            async with client.put(f"{base}/{name}", json=fields) as changed:
                assert 200 == changed.status
    async with client.post(f"{base}/{name}/publish", json={"author": "Eva"}) as response:
        assert 200 == response.status


async def listed(client: Client, method: str = "GET") -> list[dict[str, Any]]:
    async with client.request(method, PATH) as response:
        assert 200 == response.status
        found: list[dict[str, Any]] = (await response.json())["contradictions"]
        return found


async def test_publishing_finds_and_resolves_contradictions(
    answering: Client, article_fields: Fields
) -> None:
    """Before anyone has asked; a change that takes the difference away takes it off the list."""
    client = answering
    await publish(client, article_fields, "simhall", "Simhallen", 30)
    assert [] == await listed(client)
    await publish(client, article_fields, "bad", "Bada i simhallen", 35)
    (found,) = await listed(client)
    assert ("money", 0) == (found["kind"], found["asked"])
    assert [("bad", "Bada i simhallen", "/bad"), ("simhall", "Simhallen", "/simhall")] == [
        (side["article"], side["title"], side["url"]) for side in found["sides"]
    ]
    assert "35 kronor" in found["sides"][0]["text"]
    assert [found["first_seen"]] == [one["first_seen"] for one in await listed(client, "POST")]
    await publish(client, article_fields, "simhall", "Simhallen", 35)
    assert [] == await listed(client)
    async with client.get(PATH.replace("ekhamn", "fjordvik")) as response:
        assert {"contradictions": []} == await response.json()


async def test_what_a_question_meets_is_counted(answering: Client, article_fields: Fields) -> None:
    """Editors see first what residents are shown most."""
    client = answering
    await publish(client, article_fields, "simhall", "Simhallen", 30)
    await publish(client, article_fields, "bad", "Bada i simhallen", 35)
    question = {"municipality": "ekhamn", "language": "sv", "text": "Badmössa handduk simhallen"}
    async with client.post("/v1/answers", json=question) as response:
        answer = await response.json()
    assert "kronor" in answer["also"][0]["text"]
    for _ in range(50):
        if (await listed(client))[0]["asked"]:
            break
        await asyncio.sleep(0.02)
    assert [1] == [one["asked"] for one in await listed(client)]
