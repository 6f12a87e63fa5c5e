"""The municipalities of this installation, one TOML file each."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Self
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
    demo_staff: dict[Role, Text] = {}

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
