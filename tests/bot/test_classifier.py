from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.components.classifier import CalibratedClassifier, OtherEncoderError
from bot.components.featurizer import EmbeddingFeaturizer

UTTERANCES = {
    "greet": ["hej", "hallå", "god dag", "tjena du", "hej på dig"],
    "thank": ["tack", "tack så mycket", "tusen tack", "stort tack", "tackar"],
}


@pytest.fixture
def storage(tmp_path: Path) -> LocalModelStorage:
    return LocalModelStorage.create(tmp_path)


@pytest.fixture
def classifier(embedding_server: Any, storage: LocalModelStorage) -> CalibratedClassifier:
    """Trained, stored, and loaded again."""
    resource, context = Resource("classifier"), ExecutionContext(GraphSchema({}))
    config = CalibratedClassifier.get_default_config()
    data = TrainingData(
        [
            Message({"text": text, "intent": intent})
            for intent, texts in UTTERANCES.items()
            for text in texts
        ]
    )
    featurizer = EmbeddingFeaturizer("featurizer", EmbeddingFeaturizer.get_default_config())
    untrained = CalibratedClassifier.create(config, storage, resource, context)
    untrained.train(featurizer.process_training_data(data))
    return CalibratedClassifier.load(config, storage, resource, context)


def _classified(classifier: CalibratedClassifier, text: str) -> Message:
    featurizer = EmbeddingFeaturizer("featurizer", EmbeddingFeaturizer.get_default_config())
    return classifier.process(featurizer.process([Message({"text": text})]))[0]


def test_a_message_gets_intent_and_ranking(classifier: CalibratedClassifier) -> None:
    """The likeliest intent stands first in the ranking, both in what Rasa passes on."""
    message = _classified(classifier, "tack så mycket")

    ranking = message.get("intent_ranking")
    assert [intent["name"] for intent in ranking] == ["thank", "greet"]
    assert ranking[0] == message.get("intent")
    assert {"intent", "intent_ranking"} <= message.output_properties


def test_embeddings_of_another_encoder_are_refused(
    classifier: CalibratedClassifier, embedding_server: Any
) -> None:
    """A model trained on other vectors would only guess, and nobody would notice."""
    embedding_server.encoder = "new"

    with pytest.raises(OtherEncoderError, match="words; knowledge now has new"):
        _classified(classifier, "en ny text")
