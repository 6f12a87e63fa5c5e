"""What can be set from outside, read once at the start."""

from __future__ import annotations

from pydantic import Field, HttpUrl, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "SVAR_"


class SettingsError(Exception):
    """A setting has a value that can't be used; the message is one line for a person."""


class Settings(BaseSettings):
    """Environment variables `SVAR_…`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    actions_host: str = Field(default="127.0.0.1", min_length=1)
    actions_port: int = Field(default=5055, ge=1, le=65535)
    knowledge_url: HttpUrl = HttpUrl("http://127.0.0.1:8081")


def load_settings() -> Settings:
    """Read the settings.

    Raises:
        SettingsError: naming the variable, the bad value and what is allowed.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = PREFIX + str(first["loc"][0]).upper()
        raise SettingsError(f"{name}={first['input']!s}: {first['msg']}") from None
