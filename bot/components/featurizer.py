"""The sentence embedding of an utterance as Rasa's dense sentence feature."""

from __future__ import annotations

from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import FEATURIZER_CLASS_ALIAS
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.components.embeddings import TRAINING_LIMIT, TURN_LIMIT, shared_client

ENCODER = "encoder"
"""The message's key for the name of the encoder that made its feature."""
_PROBE = "svar"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class EmbeddingFeaturizer(DenseFeaturizer, GraphComponent):
    """Gives each message the vector that knowledge also searches with."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """No settings of its own: the address is SVAR_KNOWLEDGE_URL."""
        return dict(DenseFeaturizer.get_default_config())

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """There is nothing to get wrong."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> EmbeddingFeaturizer:
        """The component, ready to use: it has no state."""
        return cls(execution_context.node_name, config)

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """The encoder's name, so that another encoder means another training.

        Training asks for it first of all, so a missing knowledge process ends it at once.
        """
        client = shared_client()
        if not client.encoder:
            client.embed([_PROBE], TRAINING_LIMIT)
        return client.encoder

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the feature to messages of a turn."""
        self._add_features(messages, TURN_LIMIT)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Add the feature to all training utterances."""
        self._add_features(training_data.training_examples, TRAINING_LIMIT)
        return training_data

    def _add_features(self, messages: list[Message], limit: float) -> None:
        with_text = [message for message in messages if message.get(TEXT)]
        if not with_text:
            return
        client = shared_client()
        vectors = client.embed([message.get(TEXT) for message in with_text], limit)
        origin = self._config[FEATURIZER_CLASS_ALIAS] or self._identifier
        for message, vector in zip(with_text, vectors, strict=True):
            row = vector[np.newaxis, :]
            message.add_features(Features(row, FEATURE_TYPE_SENTENCE, TEXT, origin))
            message.set(ENCODER, client.encoder)
