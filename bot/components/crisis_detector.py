"""The first question of every turn: is somebody in danger?"""

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
    ENTITIES,
    ENTITY_ATTRIBUTE_END,
    ENTITY_ATTRIBUTE_START,
    ENTITY_ATTRIBUTE_TYPE,
    ENTITY_ATTRIBUTE_VALUE,
    EXTRACTOR,
    INTENT,
    INTENT_NAME_KEY,
    INTENT_RANKING_KEY,
    PREDICTED_CONFIDENCE_KEY,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.components import crisis_model, crisis_words, intent_model
from bot.components.classifier import OtherEncoderError
from bot.components.crisis_model import Crisis, CrisisModel, Vectors, passages, read_rows
from bot.components.embeddings import TRAINING_LIMIT, shared_client
from bot.components.featurizer import ENCODER, EmbeddingFeaturizer

CRISIS = "crisis"
"""The intent."""
CRISIS_KIND = "crisis_kind"
CRISIS_POSSIBLE = "crisis_possible"
"""The entities and the slots: the kind of what outranks all else, and of what may be a crisis."""
TOPICS = "service_"
"""How the names of all topics begin."""
ANSWERED = frozenset({"report_fault", "out_of_scope", "nonsense", "nlu_fallback"})
"""Intents beside the topics whose answer can have the numbers added to it."""
_FILE = "crisis.npz"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class CrisisDetector(GraphComponent, IntentClassifier):
    """Puts the intent `crisis` before whatever else was understood; stands last in the pipeline.

    What only may be a crisis leaves a question's intent as it is: the answer names the numbers.
    """

    @classmethod
    def required_components(cls) -> list[type]:
        """The featurizer has to come first."""
        return [EmbeddingFeaturizer]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`data`: the folder of the rows to train on, from where the training is started."""
        return {"data": "nlu_data/crisis"}

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Data, words and code: Rasa itself sees none of them change."""
        folder = Path({**cls.get_default_config(), **config}["data"])
        files = [
            Path(crisis_model.__file__),
            Path(crisis_words.__file__),
            Path(intent_model.__file__),
            crisis_words.PATH,
            *sorted(folder.glob("*.jsonl")),
        ]
        return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        model: CrisisModel | None,
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
    ) -> CrisisDetector:
        """An untrained detector."""
        return cls(config, model_storage, resource, None)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> CrisisDetector:
        """The trained detector."""
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, CrisisModel.read(folder / _FILE))

    def train(self, training_data: TrainingData) -> Resource:
        """Fit the model on the crisis data, with all other utterances as everyday.

        Raises:
            CrisisDataError: a file of the data is missing or broken.
        """
        rows = read_rows(Path(self._config["data"]))
        client = shared_client()
        texts = [[row.text, *passages(row.text)] for row in rows]
        embedded = client.embed([text for each in texts for text in each], TRAINING_LIMIT)
        vectors = np.split(embedded, np.cumsum([len(each) for each in texts])[:-1])
        everyday = [example for example in training_data.intent_examples if example.get(TEXT)]
        self._model = CrisisModel.fit(
            rows,
            vectors,
            [example.get(TEXT) for example in everyday],
            np.vstack([_vectors(example) for example in everyday]),
            client.encoder,
        )
        with self._model_storage.write_to(self._resource) as folder:
            self._model.save(folder / _FILE)
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Nothing that trains after us reads our predictions."""
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Set the intent where there is a crisis, and at every turn the entities.

        Raises:
            OtherEncoderError: the embeddings come from another encoder than the model's.
        """
        if self._model is None:
            raise RasaException("The crisis detector was used before it was trained.")
        for message in messages:
            text = message.get(TEXT) or ""
            vectors = _vectors(message)
            if len(vectors) and message.get(ENCODER) != self._model.encoder:
                raise OtherEncoderError(
                    f"The crisis detector was trained on embeddings of {self._model.encoder}; "
                    f"knowledge now has {message.get(ENCODER)}. Train the bot again."
                )
            parts = passages(text) if len(vectors) else []
            if parts:
                # The channel has asked for them ahead.
                vectors = np.vstack([vectors, shared_client().embed(parts)])
            found = self._model.find(text, vectors)
            meant = (message.get(INTENT) or {}).get(INTENT_NAME_KEY)
            crisis, possible = crisis_of_turn(found, meant)
            if crisis is not None:
                intent = {
                    INTENT_NAME_KEY: CRISIS,
                    PREDICTED_CONFIDENCE_KEY: crisis.probability,
                }
                ranking = [intent, *(message.get(INTENT_RANKING_KEY) or [])]
                message.set(INTENT, intent, add_to_output=True)
                message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
            entities = [
                *(message.get(ENTITIES) or []),
                *kind_entities(crisis, possible),
            ]
            message.set(ENTITIES, entities, add_to_output=True)
        return messages


def crisis_of_turn(found: Crisis | None, intent: str | None) -> tuple[Crisis | None, Crisis | None]:
    """What outranks the intent, and what is only added to its answer; at most one of them.

    A greeting or a yes has no answer to add to: there a likely crisis counts as certain, and one
    that is merely possible is let go.
    """
    if found is None or found.certainty == "certain":
        return found, None
    if intent is not None and (intent in ANSWERED or intent.startswith(TOPICS)):
        return None, found
    return (found if found.certainty == "likely" else None), None


def kind_entities(crisis: Crisis | None, possible: Crisis | None) -> list[dict[str, Any]]:
    """The entities that fill the slots, or empty them when the turn tells of no crisis."""
    return [
        {
            ENTITY_ATTRIBUTE_TYPE: name,
            ENTITY_ATTRIBUTE_VALUE: None if value is None else value.kind,
            # It stands nowhere in the text.
            ENTITY_ATTRIBUTE_START: 0,
            ENTITY_ATTRIBUTE_END: 0,
            EXTRACTOR: CrisisDetector.__name__,
        }
        for name, value in ((CRISIS_KIND, crisis), (CRISIS_POSSIBLE, possible))
    ]


def _vectors(message: Message) -> Vectors:
    """The embedding of the message's text, shape (1, dimension), or (0, 0) without a text."""
    _, sentence = message.get_dense_features(TEXT)
    if sentence is None:
        return np.zeros((0, 0), dtype=np.float32)
    vectors: Vectors = sentence.features[:1]
    return vectors
