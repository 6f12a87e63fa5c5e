from __future__ import annotations

from typing import Any

from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.components.embeddings import shared_client
from bot.components.featurizer import ENCODER, EmbeddingFeaturizer


def _featurizer() -> EmbeddingFeaturizer:
    return EmbeddingFeaturizer("featurizer", EmbeddingFeaturizer.get_default_config())


def test_a_message_gets_its_sentence_feature(embedding_server: Any) -> None:
    """The feature is the text's embedding as one row, with the encoder's name beside it."""
    message = Message({"text": "hej"})

    _featurizer().process([message])

    sequence, sentence = message.get_dense_features("text")
    assert sequence is None
    assert sentence is not None
    assert shared_client().embed(["hej"]).tolist() == sentence.features.tolist()
    assert message.get(ENCODER) == "words"


def test_a_message_without_text_is_left_alone(embedding_server: Any) -> None:
    """What Rasa makes out of rules has no text, and nothing is asked for."""
    data = TrainingData([Message({"intent": "greet"}), Message({"text": "hej", "intent": "greet"})])

    _featurizer().process_training_data(data)

    assert embedding_server.batches == [["hej"]]
    assert data.training_examples[0].get_dense_features("text") == (None, None)


def test_another_encoder_means_another_training(embedding_server: Any) -> None:
    """The encoder's name is part of what Rasa compares to see whether to train again."""
    assert EmbeddingFeaturizer.fingerprint_addon({}) == "words"
