from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from bot.components import embeddings
from bot.components.embeddings import EmbeddingClient, EmbeddingsUnavailableError


def test_texts_come_back_in_their_order(embedding_server: Any) -> None:
    """The vectors stand in the order of the texts, repeated texts included."""
    client = EmbeddingClient(embedding_server.url)

    vectors = client.embed(["b", "a", "b"])

    assert vectors.shape == (3, 64)
    np.testing.assert_array_equal(vectors[0], vectors[2])
    assert not np.array_equal(vectors[0], vectors[1])


def test_a_text_is_asked_for_once(embedding_server: Any) -> None:
    """What was fetched is kept, so the featurizer finds what the channel asked ahead for."""
    client = EmbeddingClient(embedding_server.url)

    client.embed(["hej", "tack"])
    client.embed(["tack", "bygglov"])

    assert embedding_server.batches == [["hej", "tack"], ["bygglov"]]


def test_training_utterances_go_in_batches(embedding_server: Any) -> None:
    """Many texts are asked for in batches of a bounded size."""
    EmbeddingClient(embedding_server.url).embed([f"text {number}" for number in range(70)])

    assert [len(batch) for batch in embedding_server.batches] == [32, 32, 6]


def test_only_the_latest_texts_are_kept(
    embedding_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The text that was used longest ago is forgotten first."""
    monkeypatch.setattr(embeddings, "KEPT", 2)
    client = EmbeddingClient(embedding_server.url)

    for text in ["first", "second", "first", "third", "first", "second"]:
        client.embed([text])

    assert embedding_server.batches == [["first"], ["second"], ["third"], ["second"]]


def test_the_encoder_is_known_after_the_first_answer(embedding_server: Any) -> None:
    """The client tells which encoder the vectors come from."""
    client = EmbeddingClient(embedding_server.url)
    before = client.encoder

    client.embed(["hej"])

    assert (before, client.encoder) == ("", "words")


def test_vectors_of_another_encoder_are_forgotten(embedding_server: Any) -> None:
    """Two encoders' vectors are never mixed, not even for texts asked for earlier."""
    client = EmbeddingClient(embedding_server.url)
    client.embed(["hej"])
    embedding_server.encoder = "new"

    client.embed(["tack"])
    client.embed(["hej"])

    assert client.encoder == "new"
    assert embedding_server.batches == [["hej"], ["tack"], ["hej"]]


def test_a_missing_knowledge_process_is_named() -> None:
    """The error says where knowledge was looked for and which setting names it."""
    client = EmbeddingClient("http://127.0.0.1:9")

    with pytest.raises(EmbeddingsUnavailableError) as raised:
        client.embed(["hej"])

    assert "http://127.0.0.1:9/v1/embeddings" in str(raised.value)
    assert "SVAR_KNOWLEDGE_URL" in str(raised.value)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (503, b"{}"),
        (200, b"no json"),
        (200, b"{}"),
        (200, json.dumps({"encoder": "words", "embeddings": [[1.0], [2.0]]}).encode()),
    ],
    ids=["status", "not JSON", "other JSON", "one vector too many"],
)
def test_an_unusable_answer_is_an_error(embedding_server: Any, status: int, body: bytes) -> None:
    """Nothing but one vector for each text is taken for an answer."""
    embedding_server.status, embedding_server.broken_body = status, body

    with pytest.raises(EmbeddingsUnavailableError):
        EmbeddingClient(embedding_server.url).embed(["hej"])
