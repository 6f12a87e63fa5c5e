"""The metadata of a turn as entities, from which Rasa's own slot mappings fill the slots."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import (
    ENTITIES,
    ENTITY_ATTRIBUTE_END,
    ENTITY_ATTRIBUTE_START,
    ENTITY_ATTRIBUTE_TYPE,
    ENTITY_ATTRIBUTE_VALUE,
    EXTRACTOR,
)
from rasa.shared.nlu.training_data.message import Message

METADATA = "metadata"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class TurnMetadata(GraphComponent):
    """Sets `municipality_id`, `municipality`, `language`, `chunk` … anew at every turn.

    The slots are then right however few events the tracker store keeps. A turn without a chunk
    sets the slot back to nothing, so that a choice taken earlier answers no later question.
    """

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> TurnMetadata:
        """The component, ready to use: it has no state."""
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the entities to the messages of a turn; one without metadata stays as it is."""
        for message in messages:
            metadata = message.get(METADATA)
            if metadata:
                entities = [*message.get(ENTITIES, []), *metadata_entities(metadata)]
                message.set(ENTITIES, entities, add_to_output=True)
        return messages


def metadata_entities(metadata: dict[str, Any]) -> list[dict[str, Any]]:
    """One entity for each slot that a turn's metadata fills."""
    municipality = metadata.get("municipality")
    values = {
        "municipality_id": municipality,
        "municipality": metadata.get("municipality_name") or municipality,
        "language": metadata.get("language"),
        "chunk": metadata.get("chunk"),
        "on_call_phone": metadata.get("on_call_phone"),
        "country": metadata.get("country"),
    }
    return [
        {
            ENTITY_ATTRIBUTE_TYPE: name,
            ENTITY_ATTRIBUTE_VALUE: value,
            # It stands nowhere in the text.
            ENTITY_ATTRIBUTE_START: 0,
            ENTITY_ATTRIBUTE_END: 0,
            EXTRACTOR: TurnMetadata.__name__,
        }
        for name, value in values.items()
    ]
