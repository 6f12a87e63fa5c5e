"""The streets, places, facilities, e-services and dates that an utterance names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

from dateutil import tz
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import (
    ENTITIES,
    ENTITY_ATTRIBUTE_END,
    ENTITY_ATTRIBUTE_START,
    ENTITY_ATTRIBUTE_TYPE,
    ENTITY_ATTRIBUTE_VALUE,
    EXTRACTOR,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message

from bot.components.dates import Dates
from bot.components.places import PlacesByMunicipality, PlacesError
from bot.components.turn_metadata import METADATA

DATE = "date"
"""The entity whose value is an ISO 8601 date or interval."""
ZONES = {"SE": "Europe/Stockholm", "NO": "Europe/Oslo"}
"""Where it is which day, by the municipality's country."""


def today(country: str | None) -> date:
    """Which day it is in a country; in UTC when it is unknown."""
    return datetime.now(tz.gettz(ZONES.get(country or "", "")) or timezone.utc).date()


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class EntityExtractor(GraphComponent, EntityExtractorMixin):
    """Names of the turn's own municipality only; another's streets mean nothing here."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`places`: the folder with one list of names for each municipality."""
        return {"places": "bot/places"}

    def __init__(
        self, places: PlacesByMunicipality, clock: Callable[[str | None], date] = today
    ) -> None:
        self._places = places
        self._dates = Dates()
        self._clock = clock

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> EntityExtractor:
        """The component with the lists as they are now.

        Raises:
            InvalidConfigException: a list can't be used.
        """
        places = PlacesByMunicipality(Path(config["places"]))
        try:
            places.load()
        except PlacesError as error:
            raise InvalidConfigException(str(error)) from error
        return cls(places)

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the entities to the messages of a turn."""
        for message in messages:
            metadata = message.get(METADATA) or {}
            if message.get(TEXT) and metadata:
                found = self.find(
                    message.get(TEXT), metadata.get("municipality"), metadata.get("country")
                )
                message.set(ENTITIES, [*message.get(ENTITIES, []), *found], add_to_output=True)
        return messages

    def find(
        self, text: str, municipality: str | None, country: str | None
    ) -> list[dict[str, Any]]:
        """What a text names, as Rasa's entities."""
        days = self._dates.find(text, self._clock(country))
        return [
            *(
                _entity(each.entity, each.value, each.start, each.end)
                for each in self._places.find(municipality, text)
            ),
            *(_entity(DATE, day.value, day.start, day.end) for day in days),
        ]


def _entity(name: str, value: str, start: int, end: int) -> dict[str, Any]:
    return {
        ENTITY_ATTRIBUTE_TYPE: name,
        ENTITY_ATTRIBUTE_VALUE: value,
        ENTITY_ATTRIBUTE_START: start,
        ENTITY_ATTRIBUTE_END: end,
        EXTRACTOR: EntityExtractor.__name__,
    }
