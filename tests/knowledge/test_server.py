import asyncio
import json
import logging
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from knowledge.articles.records import ArticleRecord
from knowledge.keys import PREPARATION, STORE
from knowledge.server import AccessLog, PortTakenError, init_app, serve
from knowledge.settings import Settings

Client = TestClient[Any, Any]
Fields = Callable[..., dict[str, Any]]
EKHAMN = "/v1/municipalities/ekhamn"


async def sent(client: Client, method: str, path: str, body: object = None) -> tuple[int, Any]:
    async with client.request(method, path, json=body) as response:
        return response.status, await response.json(content_type=None)


async def published(client: Client, fields: dict[str, Any]) -> dict[str, Any]:
    status, article = await sent(client, "POST", f"{EKHAMN}/articles", fields)
    assert 201 == status, article
    path = f"{EKHAMN}/articles/{article['id']}/publish"
    status, article = await sent(client, "POST", path, {"author": "Eva"})
    assert 200 == status, article
    return dict(article)


async def answered(client: Client, text: str, **fields: object) -> dict[str, Any]:
    body = {"municipality": "ekhamn", "language": "sv", "text": text, **fields}
    status, answer = await sent(client, "POST", "/v1/answers", body)
    assert 200 == status, answer
    return dict(answer)


async def nearest(client: Client, query: str, municipality: str = "ekhamn") -> list[str]:
    path = f"/v1/municipalities/{municipality}/search?q={query}"
    status, found = await sent(client, "GET", path)
    assert 200 == status, found
    return [result["chunk"] for result in found["results"]]


async def test_health(client: Client) -> None:
    """A server with its encoder and indexes is live and ready."""
    assert (200, {"status": "live"}) == await sent(client, "GET", "/health/live")
    expected = (200, {"status": "ready", "missing": []})
    assert expected == await sent(client, "GET", "/health/ready")


async def test_not_ready(settings: Settings, toy_encoder: Any, article_fields: Fields) -> None:
    """Until the encoder is loaded the server says so, and keeps drafts all the same."""
    gate = threading.Event()

    def load(_path: str) -> Any:
        gate.wait(10)
        return toy_encoder

    async with TestClient(TestServer(init_app(settings, load))) as client:
        assert 200 == (await sent(client, "GET", "/health/live"))[0]
        waiting = {"status": "waiting", "missing": ["the encoder", "the indexes"]}
        assert (503, waiting) == await sent(client, "GET", "/health/ready")
        body = {"municipality": "ekhamn", "language": "sv", "text": "hej"}
        status, refusal = await sent(client, "POST", "/v1/answers", body)
        assert (503, "Not ready: the encoder; the indexes.") == (status, refusal["detail"])
        status, _ = await sent(client, "POST", f"{EKHAMN}/articles", article_fields())
        assert 201 == status
        gate.set()


async def test_embeddings(client: Client, toy_encoder: Any) -> None:
    """Each text gets its vector, in order."""
    body = {"texts": ["hej", "hopp"], "kind": "query"}
    status, made = await sent(client, "POST", "/v1/embeddings", body)
    assert (200, "toy", 64) == (status, made["encoder"], made["dimension"])
    expected = [one.vector.tolist() for one in toy_encoder.encode_queries(["hej", "hopp"])]
    assert expected == made["embeddings"]


async def test_passages_are_not_queries(client: Client, toy_encoder: Any) -> None:
    """Passages are encoded as passages."""
    await sent(client, "POST", "/v1/embeddings", {"texts": ["hej"], "kind": "passage"})
    assert ([], ["hej"]) == (toy_encoder.queries, toy_encoder.passages)


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({}, "texts", "required"),
        ({"texts": "hej"}, "texts", "invalid"),
        ({"texts": [1]}, "texts", "invalid"),
        ({"texts": ["a"] * 513}, "texts", "too_long"),
        ({"texts": ["a" * 10_001]}, "texts", "too_long"),
        ({"texts": ["a"], "kind": "title"}, "kind", "unknown"),
    ],
)
async def test_bad_embeddings(client: Client, body: object, field: str, code: str) -> None:
    """What can't be embedded is told by its field."""
    status, refusal = await sent(client, "POST", "/v1/embeddings", body)
    assert (422, [(field, code)]) == (status, faults(refusal))


def faults(refusal: dict[str, Any]) -> list[tuple[str, str]]:
    return [(error["field"], error["code"]) for error in refusal["errors"]]


async def test_an_utterance_is_encoded_once(
    client: Client, toy_encoder: Any, article_fields: Fields
) -> None:
    """The answer uses the embedding that the featurizer asked for a moment ago."""
    await published(client, article_fields())
    await sent(client, "POST", "/v1/embeddings", {"texts": ["Avgift för altan?"]})
    await answered(client, " Avgift för altan? ")
    assert ["Avgift för altan?"] == toy_encoder.queries


async def test_answer_from_a_chosen_chunk(client: Client, article_fields: Fields) -> None:
    """A choice that was taken is answered with its chunk, word for word, with its source."""
    article = await published(client, article_fields())
    answer = await answered(client, "Avgift", chunk="ansok-om-bygglov#avgift")
    assert ("answered", "Avgiften är 4 200 kronor.") == (answer["status"], answer["text"])
    assert [
        {
            "article": "ansok-om-bygglov",
            "title": "Ansök om bygglov",
            "heading": "Avgift",
            "url": "/demo/ekhamn/bygglov#avgift",
            "updated": article["updated"],
        }
    ] == answer["sources"]


async def test_chosen_chunk_that_is_gone(client: Client, article_fields: Fields) -> None:
    """When the choice's chunk is gone its text is searched for; without a text that is told."""
    await published(client, article_fields())
    await answered(client, "Avgiften kronor", chunk="ansok-om-bygglov#gone")
    body = {"municipality": "ekhamn", "language": "sv", "text": "", "chunk": "x#y"}
    status, refusal = await sent(client, "POST", "/v1/answers", body)
    assert (422, [("chunk", "unknown")]) == (status, faults(refusal))


async def test_what_was_talked_about_goes_along_with_a_question(
    client: Client, article_fields: Fields, toy_encoder: Any
) -> None:
    """The question is also looked up with that page's title; a page that is gone is no matter."""
    await published(client, article_fields())
    toy_encoder.queries.clear()
    context = {"article": "ansok-om-bygglov", "question": "hur söker jag"}
    await answered(client, "och avgiften?", context=context)
    assert ["och avgiften?", "Ansök om bygglov: och avgiften?"] == toy_encoder.queries
    await answered(client, "och tiden?", context={"article": "borttagen"})
    assert "och tiden?" == toy_encoder.queries[-1]


async def test_municipality_without_articles(client: Client) -> None:
    """Nothing published means nothing is answered, and no source is given."""
    answer = await answered(client, "Vad kostar det?", municipality="nystad")
    assert ("unanswerable", None, []) == (answer["status"], answer["text"], answer["sources"])


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"text": " "}, "text", "required"),
        ({"text": None}, "text", "required"),
        ({"text": 5}, "text", "invalid"),
        ({"text": "a" * 4_001}, "text", "too_long"),
        ({"language": "da"}, "language", "unknown"),
        ({"context": "bygglov"}, "context", "invalid"),
        ({"context": {"article": 5}}, "context", "invalid"),
        ({"context": {"article": "a" * 401}}, "context", "invalid"),
        ({"municipality": ""}, "municipality", "required"),
        ({"municipality": "../x"}, "municipality", "invalid"),
        ({"intent": {"name": "greet"}}, "intent", "invalid"),
        ({"intent": {"name": "greet", "confidence": 2}}, "intent", "invalid"),
    ],
)
async def test_bad_question(
    client: Client, change: dict[str, object], field: str, code: str
) -> None:
    """A question that can't be taken is told by its field."""
    body = {"municipality": "ekhamn", "language": "sv", "text": "hej", **change}
    status, refusal = await sent(client, "POST", "/v1/answers", body)
    assert (422, [(field, code)]) == (status, faults(refusal))


async def test_article_life(client: Client, article_fields: Fields) -> None:
    """Draft, published, changed, published: each state shows in the list and the article."""
    fields = article_fields(category="Bygga", questions=["Vad kostar det?"])
    status, article = await sent(client, "POST", f"{EKHAMN}/articles", fields)
    assert (201, "ansok-om-bygglov", "draft") == (status, article["id"], article["status"])
    path = f"{EKHAMN}/articles/ansok-om-bygglov"
    assert (200, article) == await sent(client, "GET", path)
    assert 404 == (await sent(client, "GET", f"{path}?published=1"))[0]

    publish = {"author": "Eva", "revision": 1}
    status, article = await sent(client, "POST", f"{path}/publish", publish)
    assert (200, "published") == (status, article["status"])

    change = article_fields(text="Ny text.", base_revision=1, author="Ali")
    status, article = await sent(client, "PUT", path, change)
    assert (200, "changed", 2, 1) == (
        status,
        article["status"],
        article["revision"],
        article["published_revision"],
    )
    assert [(2, "Ali", False), (1, "Redaktionen", True)] == [
        (one["revision"], one["author"], one["published_at"] is not None)
        for one in article["revisions"]
    ]
    _, shown = await sent(client, "GET", f"{path}?published=1")
    assert (fields["text"], 2, 1) == (
        shown["text"],
        shown["revision"],
        shown["published_revision"],
    )
    _, listed = await sent(client, "GET", f"{EKHAMN}/articles?query=BYGGLOV")
    line = {key: article[key] for key in listed["articles"][0]}
    assert [line] == listed["articles"]
    _, first = await sent(client, "GET", f"{path}/revisions/1")
    assert (fields["text"], ["Vad kostar det?"]) == (first["text"], first["questions"])


async def test_published_list_and_address(client: Client, article_fields: Fields) -> None:
    """What is published is listed and found by its address; drafts are not."""
    article = await published(client, article_fields(category="Bygga"))
    await sent(client, "POST", f"{EKHAMN}/articles", article_fields(title="Utkast", url="/u"))
    _, listed = await sent(client, "GET", f"{EKHAMN}/published")
    line = {key: article[key] for key in ("id", "title", "url", "language", "category", "updated")}
    assert {"articles": [line]} == listed
    path = f"{EKHAMN}/published"
    assert (200, article) == await sent(client, "GET", f"{path}?url=/demo/ekhamn/bygglov")
    assert 404 == (await sent(client, "GET", f"{path}?url=/u"))[0]


async def test_conflict(client: Client, article_fields: Fields) -> None:
    """A change from an older revision gets both texts back."""
    await sent(client, "POST", f"{EKHAMN}/articles", article_fields())
    path = f"{EKHAMN}/articles/ansok-om-bygglov"
    await sent(client, "PUT", path, article_fields(text="Theirs.", base_revision=1))
    status, refusal = await sent(
        client, "PUT", path, article_fields(text="Yours.", base_revision=1)
    )
    assert (409, [("base_revision", "conflict")]) == (status, faults(refusal))
    assert ("Yours.", "Theirs.", 2) == (
        refusal["yours"]["text"],
        refusal["theirs"]["text"],
        refusal["theirs"]["revision"],
    )


async def test_faults_of_an_article(client: Client, article_fields: Fields) -> None:
    """Every field at fault is told at once, a taken address too; nothing is kept."""
    status, refusal = await sent(client, "POST", f"{EKHAMN}/articles", {})
    missing = ["title", "text", "language", "url", "author"]
    assert (422, [(name, "required") for name in missing]) == (status, faults(refusal))
    await sent(client, "POST", f"{EKHAMN}/articles", article_fields())
    status, refusal = await sent(client, "POST", f"{EKHAMN}/articles", article_fields())
    assert (422, [("url", "taken")]) == (status, faults(refusal))
    path = f"{EKHAMN}/articles/ansok-om-bygglov"
    status, refusal = await sent(client, "PUT", path, article_fields())
    assert (422, [("base_revision", "required")]) == (status, faults(refusal))
    _, listed = await sent(client, "GET", f"{EKHAMN}/articles")
    assert 1 == len(listed["articles"])


@pytest.mark.parametrize("limit", ["0", "-1", "x", "1001", "1.5", "²"])
async def test_bad_limit(client: Client, limit: str) -> None:
    """A limit is a whole number within bounds."""
    status, refusal = await sent(client, "GET", f"{EKHAMN}/articles?limit={limit}")
    assert (422, [("limit", "invalid")]) == (status, faults(refusal))


async def test_publication_is_seen_by_the_next_question(
    client: Client, article_fields: Fields, toy_encoder: Any
) -> None:
    """When publishing answers, search finds the new text; only what changed was embedded."""
    fields = article_fields()
    await published(client, fields)
    toy_encoder.passages.clear()
    text = fields["text"].replace("Avgiften är 4 200 kronor.", "Priset är femtusen.")
    path = f"{EKHAMN}/articles/ansok-om-bygglov"
    await sent(client, "PUT", path, {**fields, "text": text, "base_revision": 1})
    assert ["ansok-om-bygglov#avgift", "ansok-om-bygglov#"] == await nearest(client, "kronor.")
    await sent(client, "POST", f"{path}/publish", {"author": "Eva"})
    assert "ansok-om-bygglov#avgift" == (await nearest(client, "femtusen."))[0]
    assert (
        "Priset är femtusen."
        == (await answered(client, "pris", chunk="ansok-om-bygglov#avgift"))["text"]
    )
    assert all("Priset" in passage for passage in toy_encoder.passages)


async def test_failed_embedding_publishes_nothing(
    client: Client, article_fields: Fields, toy_encoder: Any
) -> None:
    """When the encoder fails the publication fails, and the old text is still the answer."""
    fields = article_fields()
    await published(client, fields)
    path = f"{EKHAMN}/articles/ansok-om-bygglov"
    await sent(client, "PUT", path, {**fields, "text": "Nytt.", "base_revision": 1})
    toy_encoder.failure = RuntimeError("broken")
    status, refusal = await sent(client, "POST", f"{path}/publish", {"author": "Eva"})
    toy_encoder.failure = None
    assert 503 == status
    assert "could not be embedded" in refusal["detail"]
    _, article = await sent(client, "GET", path)
    assert ("changed", 1) == (article["status"], article["published_revision"])
    answer = await answered(client, "x", chunk="ansok-om-bygglov#avgift")
    assert "Avgiften är 4 200 kronor." == answer["text"]


async def test_publication_that_is_impossible(client: Client, article_fields: Fields) -> None:
    """No author, a revision that isn't there, no such article: each a clear refusal."""
    await sent(client, "POST", f"{EKHAMN}/articles", article_fields())
    path = f"{EKHAMN}/articles/ansok-om-bygglov/publish"
    status, refusal = await sent(client, "POST", path, {})
    assert (422, [("author", "required")]) == (status, faults(refusal))
    status, refusal = await sent(client, "POST", path, {"author": "Eva", "revision": "first"})
    assert (422, [("revision", "invalid")]) == (status, faults(refusal))
    assert 404 == (await sent(client, "POST", path, {"author": "Eva", "revision": 2}))[0]
    elsewhere = path.replace("ekhamn", "fjordvik")
    assert 404 == (await sent(client, "POST", elsewhere, {"author": "Eva"}))[0]


async def test_restart_embeds_nothing(
    start_server: Callable[[], Awaitable[Client]], article_fields: Fields, toy_encoder: Any
) -> None:
    """What is on disk is used at the next start."""
    await published(await start_server(), article_fields())
    toy_encoder.passages.clear()
    again = await start_server()
    assert [] == toy_encoder.passages
    assert "ansok-om-bygglov#avgift" == (await nearest(again, "kronor."))[0]


async def test_publication_under_way_delays_nobody(
    client: Client, article_fields: Fields, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one publication takes long, questions and other municipalities are served."""
    reached, gate = threading.Event(), threading.Event()
    store = client.app[STORE]
    commit = store.publish

    def slow_commit(municipality: str, *rest: Any) -> ArticleRecord:
        if rest[0] == "b":
            reached.set()
            assert gate.wait(10)
        record: ArticleRecord = commit(municipality, *rest)
        return record

    monkeypatch.setattr(store, "publish", slow_commit)
    await published(client, article_fields())
    await sent(client, "POST", f"{EKHAMN}/articles", article_fields(title="B", url="/b"))
    other = "/v1/municipalities/fjordvik/articles"
    await sent(client, "POST", other, article_fields(title="C", language="nb"))

    publish = sent(client, "POST", f"{EKHAMN}/articles/b/publish", {"author": "Eva"})
    publication = asyncio.create_task(publish)
    assert await asyncio.to_thread(reached.wait, 10)
    assert "ansok-om-bygglov#avgift" == (await nearest(client, "kronor."))[0]
    assert 200 == (await sent(client, "POST", f"{other}/c/publish", {"author": "Nils"}))[0]
    assert not publication.done()
    gate.set()
    assert 200 == (await publication)[0]


async def test_nothing_of_one_is_shown_to_another(client: Client, article_fields: Fields) -> None:
    """Another municipality finds neither the article nor its words."""
    await published(client, article_fields())
    assert [] == await nearest(client, "kronor.", "fjordvik")
    assert 404 == (await sent(client, "GET", "/v1/municipalities/fjordvik/articles/bygglov"))[0]
    answer = await answered(client, "Avgift", municipality="fjordvik", chunk="bygglov#avgift")
    assert (None, []) == (answer["text"], answer["sources"])


async def test_broken_json(client: Client) -> None:
    """A body that is no JSON object is told so."""
    for body in (b"{", b"[]", b"\xff", b"", b"[" * 100_000):
        async with client.post("/v1/answers", data=body) as response:
            problem = await response.json(content_type=None)
            assert (400, "application/problem+json") == (response.status, response.content_type)
            assert (400, "Bad Request") == (problem["status"], problem["title"])


async def test_unknown_paths_and_methods(client: Client) -> None:
    """Even what has no route is answered with problem details."""
    async with client.get("/v1/nothing") as response:
        assert (404, "application/problem+json") == (response.status, response.content_type)
    async with client.get("/v1/answers") as response:
        assert (405, "POST") == (response.status, response.headers["Allow"])


async def test_too_large_body(client: Client) -> None:
    """A body beyond any article is refused."""
    async with client.post("/v1/answers", data=b" " * (9 * 1024 * 1024)) as response:
        assert 413 == response.status


async def test_unexpected_failure(client: Client, toy_encoder: Any) -> None:
    """An error nobody foresaw is a plain 500 that gives nothing away."""
    toy_encoder.failure = RuntimeError("secret path")
    status, problem = await sent(client, "POST", "/v1/embeddings", {"texts": ["a"]})
    assert 500 == status
    assert "secret" not in json.dumps(problem)


async def test_metrics(client: Client, article_fields: Fields) -> None:
    """Requests, encodings, cache hits, answers and chunks are counted."""
    await published(client, article_fields())
    await answered(client, "Avgift")
    await answered(client, "Avgift")
    async with client.get("/metrics") as response:
        text = await response.text()
    for line in (
        'svar_knowledge_requests_total{method="POST",route="/v1/answers",status="200"} 2.0',
        'svar_knowledge_encoded_texts_total{kind="query"} 1.0',
        'svar_knowledge_query_cache_total{result="hit"} 1.0',
        'svar_knowledge_chunks{municipality="ekhamn"} 2.0',
        'svar_knowledge_publications_total{result="published"} 1.0',
        'svar_knowledge_request_seconds_count{route="/v1/answers"} 2.0',
    ):
        assert line in text.splitlines()


async def test_residents_words_are_not_logged(
    settings: Settings, toy_encoder: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The access log has method, path, status and time, never a query string or a body."""
    caplog.set_level(logging.DEBUG)
    app = init_app(settings, lambda _path: toy_encoder)
    server = TestServer(app)
    access_log = logging.getLogger("knowledge.access")
    await server.start_server(access_log_class=AccessLog, access_log=access_log)
    async with TestClient(server) as client:
        await asyncio.wait_for(asyncio.shield(app[PREPARATION]), 20)
        await nearest(client, "hemlighet")
        await answered(client, "hemlighet")
    lines = [record.getMessage() for record in caplog.records if record.name == access_log.name]
    assert [f"GET {EKHAMN}/search 200", "POST /v1/answers 200"] == [
        line.rsplit(maxsplit=2)[0] for line in lines
    ]
    assert "hemlighet" not in caplog.text


async def test_taken_port(settings: Settings, unused_tcp_port: int) -> None:
    """A taken port is told plainly and ends the process."""
    listener = await asyncio.start_server(lambda *_: None, "127.0.0.1", unused_tcp_port)
    async with listener:
        taken = settings.model_copy(update={"knowledge_port": unused_tcp_port})
        with pytest.raises(PortTakenError, match=f"127.0.0.1:{unused_tcp_port}"):
            await serve(taken)
