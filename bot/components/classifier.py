"""Rasa's intent classifier of ours: the linear model of `intent_model` in the NLU graph."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.exceptions import RasaException
from rasa.shared.nlu.constants import (
    INTENT,
    INTENT_NAME_KEY,
    INTENT_RANKING_KEY,
    PREDICTED_CONFIDENCE_KEY,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.components import intent_model
from bot.components.featurizer import ENCODER, EmbeddingFeaturizer
from bot.components.intent_model import IntentModel, Vectors

_FILE = "intents.npz"


class OtherEncoderError(RasaException):
    """Knowledge encodes with something else than when the bot was trained."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class CalibratedClassifier(GraphComponent, IntentClassifier):
    """Ranks the intents by calibrated probability."""

    @classmethod
    def required_components(cls) -> list[type]:
        """The featurizer has to come first."""
        return [EmbeddingFeaturizer]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`ranking`: how many intents are reported."""
        return {"ranking": 5}

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """The code of the model: Rasa itself looks only at this class to see what changed."""
        return hashlib.sha256(Path(intent_model.__file__).read_bytes()).hexdigest()

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        model: IntentModel | None,
    ) -> None:
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._model = model

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> CalibratedClassifier:
        """An untrained classifier."""
        return cls(config, model_storage, resource, None)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> CalibratedClassifier:
        """The trained classifier."""
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, IntentModel.read(folder / _FILE))

    def train(self, training_data: TrainingData) -> Resource:
        """Fit the model on all utterances that have an intent, and store it."""
        utterances = [example for example in training_data.intent_examples if example.get(TEXT)]
        self._model = IntentModel.fit(
            [utterance.get(TEXT) for utterance in utterances],
            np.stack([_vector(utterance) for utterance in utterances]),
            [utterance.get(INTENT) for utterance in utterances],
            utterances[0].get(ENCODER),
        )
        with self._model_storage.write_to(self._resource) as folder:
            self._model.save(folder / _FILE)
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Nothing that trains after us reads our predictions."""
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the intent and its ranking to the messages of a turn.

        Raises:
            OtherEncoderError: the embeddings come from another encoder than the model's.
        """
        if self._model is None:
            raise RasaException("The intent classifier was used before it was trained.")
        for message in messages:
            if message.get(ENCODER) != self._model.encoder:
                raise OtherEncoderError(
                    f"The bot was trained on embeddings of {self._model.encoder}; knowledge "
                    f"now has {message.get(ENCODER)}. Train the bot again."
                )
            probabilities = self._model.probabilities(
                [message.get(TEXT)], _vector(message)[np.newaxis, :]
            )[0]
            order = np.argsort(-probabilities)[: self._config["ranking"]]
            ranking = [
                {
                    INTENT_NAME_KEY: self._model.intents[index],
                    PREDICTED_CONFIDENCE_KEY: float(probabilities[index]),
                }
                for index in order
            ]
            message.set(INTENT, ranking[0], add_to_output=True)
            message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        return messages


def _vector(message: Message) -> Vectors:
    _, sentence = message.get_dense_features(TEXT)
    if sentence is None:
        raise RasaException("A message reached the intent classifier without an embedding.")
    vector: Vectors = sentence.features[0]
    return vector
