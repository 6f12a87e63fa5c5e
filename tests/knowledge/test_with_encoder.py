"""The server with the encoder that is used in production."""

import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from knowledge.encoding.encoder import is_unpacked, unpack_encoder
from knowledge.keys import PREPARATION
from knowledge.server import init_app
from knowledge.settings import Settings, load_settings

EKHAMN = "/v1/municipalities/ekhamn"
TOPICS = {
    "Vad kostar det": "Avgiften för en tillbyggnad är 14 200 kronor.",
    "Handläggningstid": "Du får beslut inom tio veckor från det att ansökan är komplett.",
    "Ritningar": "Bifoga planritning, fasadritning och situationsplan i skala 1:100.",
    "Startbesked": "Du får inte börja bygga innan du har fått startbesked.",
    "Grannar": "Kommunen frågar dina grannar om åtgärden avviker från detaljplanen.",
    "Överklaga": "Beslutet kan överklagas till länsstyrelsen inom tre veckor.",
    "Kontakt": "Ring bygglovsenheten på vardagar mellan 9 och 12.",
}


@pytest.fixture(scope="module")
def encoder_path(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The encoder that is unpacked already, or one that is unpacked for these tests."""
    usual = load_settings().encoder_path
    if is_unpacked(Path(usual)):
        return usual
    folder = tmp_path_factory.mktemp("encoder") / "encoder"
    unpack_encoder(folder, lambda _line: None)
    return str(folder)


@pytest.fixture
async def real_client(tmp_path: Path, encoder_path: str) -> AsyncIterator[TestClient[Any, Any]]:
    app = init_app(Settings(var=tmp_path / "var", encoder=encoder_path))
    async with TestClient(TestServer(app)) as client:
        await app[PREPARATION]
        yield client


async def test_publication_is_visible_within_two_seconds(
    real_client: TestClient[Any, Any], article_fields: Callable[..., dict[str, Any]]
) -> None:
    """An article of eight sections is found by a resident's words within 2 s of publishing."""
    sections = "\n\n".join(f"## {heading}\n\n{text}" for heading, text in TOPICS.items())
    fields = article_fields(text=f"Bygglov är ett tillstånd att bygga.\n\n{sections}")
    async with real_client.post(f"{EKHAMN}/articles", json=fields) as response:
        assert 201 == response.status
    began = time.perf_counter()
    path = f"{EKHAMN}/articles/ansok-om-bygglov/publish"
    async with real_client.post(path, json={"author": "Eva"}) as response:
        assert 200 == response.status
    query = {"q": "Hur lång tid tar det innan jag får svar?", "language": "sv"}
    async with real_client.get(f"{EKHAMN}/search", params=query) as response:
        results = (await response.json())["results"]
    seconds = time.perf_counter() - began
    assert "ansok-om-bygglov#handlaggningstid" == results[0]["chunk"]
    assert seconds < 2


async def test_related_texts_are_nearer(real_client: TestClient[Any, Any]) -> None:
    """Two ways to ask the same are nearer to each other than to another question."""
    texts = ["Hur söker jag bygglov?", "Hvordan søker jeg om byggetillatelse?", "När töms soporna?"]
    async with real_client.post("/v1/embeddings", json={"texts": texts}) as response:
        made = await response.json()
    assert 384 == made["dimension"]
    first, same, other = made["embeddings"]
    assert sum(a * b for a, b in zip(first, same, strict=True)) > sum(
        a * b for a, b in zip(first, other, strict=True)
    )
