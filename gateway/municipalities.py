"""The municipalities of this installation, one TOML file each."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from gateway.opening import Country, OpeningHours, OpeningRules
from gateway.spoken_hours import spoken_hours
from gateway.types import Role

LANGUAGES = ("sv", "nb", "nn")
"""The languages that Svar's own texts exist in."""

Text = Annotated[str, Field(min_length=1)]


class MunicipalityError(ValueError):
    """A municipality's file can't be used; the text says which file, where and why."""


FAULT_KINDS = (
    "lamp",
    "road",
    "water",
    "bin",
    "litter",
    "playground",
    "tree",
    "graffiti",
    "snow",
    "sign",
    "other",
)
"""The kinds of fault that residents report, as the bot names them."""

TOPICS = (
    "service_building",
    "service_childcare",
    "service_school",
    "service_waste",
    "service_water",
    "service_roads",
    "service_parking",
    "service_elderly",
    "service_disability",
    "service_social_support",
    "service_health",
    "service_business",
    "service_environment",
    "service_culture_leisure",
    "service_democracy",
    "service_jobs",
    "service_housing",
    "service_ceremonies",
    "service_integration",
    "service_state_and_region",
    "service_contact",
)
"""What residents ask about, as the bot's intents name it."""
RESERVED = ("api", "demo", "desk", "editor", "health", "metrics", "static")
"""What the gateway's own addresses begin with; a municipality's page is at its id."""

EMAIL_PATTERN = r"^[^@\s<>,;\x00-\x1f]+@[^@\s<>,;\x00-\x1f]+$"


class Department(BaseModel):
    """Who mends and who answers what.

    Reports of these kinds of fault are mailed to this address; conversations about these topics
    wait for its operators.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: dict[str, Text]
    email: Annotated[str, Field(pattern=EMAIL_PATTERN)]
    faults: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    opening: OpeningRules | None = None
    """Where its hours differ from the municipality's."""

    @field_validator("faults")
    @classmethod
    def _kinds_exist(cls, faults: tuple[str, ...]) -> tuple[str, ...]:
        for kind in faults:
            if kind not in FAULT_KINDS:
                raise ValueError(f"{kind!r} is not one of {', '.join(FAULT_KINDS)}")
        return faults

    @field_validator("topics")
    @classmethod
    def _topics_exist(cls, topics: tuple[str, ...]) -> tuple[str, ...]:
        for topic in topics:
            if topic not in TOPICS:
                raise ValueError(f"{topic!r} is not one of {', '.join(TOPICS)}")
        return topics


Minutes = Annotated[float, Field(gt=0, le=24 * 60)]


class HandoffTimes(BaseModel):
    """How long each may take before something is said or done about it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    unclaimed_minutes: Minutes = 5
    resident_silent_minutes: Minutes = 10
    resident_gone_minutes: Minutes = 10
    operator_silent_minutes: Minutes = 5
    operator_gone_seconds: Annotated[float, Field(ge=30, le=3600)] = 60
    give_up_hours: Annotated[float, Field(ge=1, le=24 * 60)] = 24 * 7


class Municipality(BaseModel):
    """One tenant: what residents are told about it, and which websites may carry its chat."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
    name: Text
    languages: Annotated[tuple[str, ...], Field(min_length=1)]
    default_language: str
    phone: Text
    email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]
    opening: OpeningRules
    case_days: Annotated[int, Field(ge=1, le=60)] = 3
    """How many working days a question left as a case takes at most."""
    website: Text
    allowed_origins: tuple[str, ...] = ()
    timezone: str
    country: Country
    """Whose emergency numbers the bot gives, and whose holidays are kept."""
    demo_staff: dict[Role, Text] = {}
    on_call_phone: Text | None = None
    handoff: HandoffTimes = HandoffTimes()
    conversations_at_once: Annotated[int, Field(ge=1, le=50)] = 4
    """How many conversations one operator may have at a time."""
    desk_may_pull: bool = False
    """Whether operators see that residents talk with the bot, and may join in."""
    accessibility_statement: Text | None = None
    """Where the municipality's own statement stands: in Norway at the supervisory authority's."""
    departments: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")], Department] = {}

    @field_validator("id")
    @classmethod
    def _id_is_free(cls, id_: str) -> str:
        if id_ in RESERVED:
            raise ValueError(f"{id_!r} is an address of the gateway's own")
        return id_

    @field_validator("accessibility_statement")
    @classmethod
    def _statement_is_an_address(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("https://", "http://", "/")):
            raise ValueError(f"{url!r} is not an address such as https://www.example.org/page")
        return url

    @field_validator("languages")
    @classmethod
    def _languages_have_texts(cls, languages: tuple[str, ...]) -> tuple[str, ...]:
        for language in languages:
            if language not in LANGUAGES:
                raise ValueError(f"{language!r} is not one of {', '.join(LANGUAGES)}")
        return languages

    @field_validator("allowed_origins")
    @classmethod
    def _origins_are_origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            parts = urlsplit(origin)
            if parts.scheme not in ("http", "https") or f"{parts.scheme}://{parts.netloc}" != (
                origin
            ):
                raise ValueError(f"{origin!r} is not an origin such as https://www.example.org")
        return origins

    @field_validator("timezone")
    @classmethod
    def _timezone_exists(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"{name!r} is not a time zone such as Europe/Oslo") from error
        return name

    @model_validator(mode="after")
    def _languages_agree(self) -> Self:
        if self.default_language not in self.languages:
            raise ValueError(f"default_language {self.default_language!r} is not in languages")
        return self

    @model_validator(mode="before")
    @classmethod
    def _hours_are_reckoned(cls, data: Any) -> Any:
        if isinstance(data, dict) and "hours" in data:
            raise ValueError(
                'hours is now made from [opening.week]; write monday = ["08:00-16:30"] there'
            )
        return data

    @model_validator(mode="after")
    def _is_open_some_day(self) -> Self:
        if self.opening.week is None:
            raise ValueError("opening.week is missing")
        return self

    @model_validator(mode="after")
    def _reasons_are_in_its_languages(self) -> Self:
        places = {"opening": self.opening}
        for id_, department in self.departments.items():
            if department.opening is not None:
                places[f"departments.{id_}.opening"] = department.opening
        for place, rules in places.items():
            for day in rules.exceptions:
                missing = [each for each in self.languages if each not in day.reason]
                if day.reason and missing:
                    raise ValueError(
                        f"{place}.exceptions: the reason of {day.date} has no text for "
                        f"{', '.join(missing)}"
                    )
        return self

    @model_validator(mode="after")
    def _departments_agree(self) -> Self:
        seen: dict[str, str] = {}
        for id_, department in self.departments.items():
            missing = [each for each in self.languages if each not in department.name]
            if missing:
                raise ValueError(f"departments.{id_}.name has no text for {', '.join(missing)}")
            for kind in department.faults:
                if kind in seen:
                    raise ValueError(f"both {seen[kind]} and {id_} have the fault {kind!r}")
                seen[kind] = id_
            for topic in department.topics:
                if topic in seen:
                    raise ValueError(f"both {seen[topic]} and {id_} have the topic {topic!r}")
                seen[topic] = id_
        return self

    @property
    def emergency_phone(self) -> str:
        """Whom to call about what can't wait: who is on call, or else the municipality."""
        return self.on_call_phone or self.phone

    @property
    def hours(self) -> dict[str, str]:
        """When it answers these days, as a sentence in each language."""
        opening = self.opening_of(None)
        today = opening.today(datetime.now(UTC))
        return {language: spoken_hours(opening, language, today) for language in self.languages}

    def opening_of(self, department: str | None) -> OpeningHours:
        """Give the hours of a department: the municipality's, except where its own differ."""
        own = self.departments[department].opening if department in self.departments else None
        return OpeningHours(
            timezone=self.timezone,
            country=self.country,
            rules=self.opening if own is None else self.opening.differing(own),
        )

    def department_of(self, kind: str) -> str | None:
        """The id of the department that mends a kind of fault; None: the municipality itself."""
        return next((id_ for id_, each in self.departments.items() if kind in each.faults), None)

    def department_for_topic(self, intent: str | None) -> str | None:
        """The id of the department that answers a topic; None: the municipality itself."""
        return next((id_ for id_, each in self.departments.items() if intent in each.topics), None)

    def department_name(self, department: str | None, language: str) -> str | None:
        """The name of a department in a language of the municipality; None without one."""
        found = self.departments.get(department or "")
        return None if found is None else found.name.get(language)

    def address_of(self, department: str | None) -> str:
        """The e-mail address of a department; the municipality's own without one."""
        found = self.departments.get(department or "")
        return self.email if found is None else found.email


def load_municipalities(folder: Path) -> Mapping[str, Municipality]:
    """Read every `*.toml` of a folder, by id, in order of their ids.

    Raises MunicipalityError with one plain line when the folder or a file is not usable.
    """
    if not folder.is_dir():
        raise MunicipalityError(f"{folder} is not a folder with municipalities' TOML files")
    found: dict[str, Municipality] = {}
    for path in sorted(folder.glob("*.toml")):
        municipality = _load(path)
        if municipality.id in found:
            raise MunicipalityError(f"{path}: another file has the id {municipality.id!r} too")
        found[municipality.id] = municipality
    if not found:
        raise MunicipalityError(f"{folder} has no municipality's TOML file")
    return dict(sorted(found.items()))


def _load(path: Path) -> Municipality:
    try:
        return Municipality.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise MunicipalityError(f"{path}: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        what = re.sub(r"^Value error, ", "", first["msg"])
        raise MunicipalityError(f"{path}: {where + ': ' if where else ''}{what}") from error
