"""The municipalities of this installation, one TOML file each."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self
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

RESERVED = ("api", "demo", "desk", "editor", "health", "metrics", "static")
"""What the gateway's own addresses begin with; a municipality's page is at its id."""

EMAIL_PATTERN = r"^[^@\s<>,;\x00-\x1f]+@[^@\s<>,;\x00-\x1f]+$"


class Department(BaseModel):
    """Who mends what: the kinds of fault whose reports are mailed to this address."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: dict[str, Text]
    email: Annotated[str, Field(pattern=EMAIL_PATTERN)]
    faults: tuple[str, ...] = ()

    @field_validator("faults")
    @classmethod
    def _kinds_exist(cls, faults: tuple[str, ...]) -> tuple[str, ...]:
        for kind in faults:
            if kind not in FAULT_KINDS:
                raise ValueError(f"{kind!r} is not one of {', '.join(FAULT_KINDS)}")
        return faults


class Municipality(BaseModel):
    """One tenant: what residents are told about it, and which websites may carry its chat."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
    name: Text
    languages: Annotated[tuple[str, ...], Field(min_length=1)]
    default_language: str
    phone: Text
    email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]
    hours: dict[str, Text]
    website: Text
    allowed_origins: tuple[str, ...] = ()
    timezone: str
    country: Literal["SE", "NO"]
    """Whose emergency numbers the bot gives."""
    demo_staff: dict[Role, Text] = {}
    on_call_phone: Text | None = None
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
        missing = [language for language in self.languages if language not in self.hours]
        if missing:
            raise ValueError(f"hours has no text for {', '.join(missing)}")
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
        return self

    @property
    def emergency_phone(self) -> str:
        """Whom to call about what can't wait: who is on call, or else the municipality."""
        return self.on_call_phone or self.phone

    def department_of(self, kind: str) -> str | None:
        """The id of the department that mends a kind of fault; None: the municipality itself."""
        return next((id_ for id_, each in self.departments.items() if kind in each.faults), None)

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
