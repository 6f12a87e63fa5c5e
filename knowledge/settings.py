"""What can be set from outside, read once when a command starts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

PREFIX = "SVAR_"
DATABASES = {"sqlite": "sqlite:///file", "postgresql+psycopg": "postgresql+psycopg://host/name"}
_PASSWORD = re.compile(r"(://[^/\s:@]*:)[^\s@]*@")


class SettingsError(Exception):
    """A setting has a value that can't be used; the message is one line for a person."""


class Settings(BaseSettings):
    """Environment variables `SVAR_…`; paths are relative to the working directory."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    var: Path = Path("var")
    knowledge_host: str = Field(default="127.0.0.1", min_length=1)
    knowledge_port: int = Field(default=8081, ge=1, le=65535)
    knowledge_database_url: str = ""
    encoder: str = ""
    query_cache: int = Field(4096, ge=0)
    careful: str = ""

    @field_validator("knowledge_database_url")
    @classmethod
    def _usable_database(cls, value: str) -> str:
        if not value:
            return value
        try:
            driver = make_url(value).drivername
        except ArgumentError:
            driver = ""
        if driver not in DATABASES:
            raise ValueError(f"allowed is an address like {' or '.join(DATABASES.values())}")
        return value

    @property
    def database_url(self) -> str:
        """Where articles are kept; a file in `var` unless set otherwise."""
        return self.knowledge_database_url or f"sqlite:///{self.var / 'knowledge.db'}"

    @property
    def encoder_path(self) -> str:
        """A sentence-transformers folder or name; `var/encoder` unless set otherwise."""
        return self.encoder or str(self.var / "encoder")

    @property
    def careful_municipalities(self) -> frozenset[str]:
        """Municipalities that would rather ask back or hand over than answer when less sure."""
        return frozenset(name.strip() for name in self.careful.split(",") if name.strip())

    @property
    def index_folder(self) -> Path:
        """One folder per municipality with the index on disk."""
        return self.var / "index"


def load_settings(**overrides: Any) -> Settings:
    """Read the settings.

    Raises SettingsError naming the variable, the bad value and what is allowed.
    """
    try:
        return Settings(**overrides)
    except ValidationError as error:
        first = error.errors()[0]
        name = PREFIX + str(first["loc"][0]).upper()
        allowed = first["msg"].removeprefix("Value error, ")
        value = _PASSWORD.sub(r"\1…@", str(first["input"]))
        raise SettingsError(f"{name}={value}: {allowed}") from None
