"""What an installation decides: environment variables, read once at start."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from gateway.proxies import Network, parse_networks

PREFIX = "SVAR_"
PACKAGE = Path(__file__).parent


Address = Annotated[str, Field(description="an http or https address")]


class SettingsError(ValueError):
    """A setting can't be used; the text is one plain line for the person who starts Svar."""


class Settings(BaseSettings):
    """Every setting of the gateway, named SVAR_… in the environment."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    var: Annotated[Path, Field(description="a folder for databases")] = Path("var")
    gateway_host: Annotated[str, Field(min_length=1, description="an address to listen on")] = (
        "127.0.0.1"
    )
    gateway_port: Annotated[int, Field(ge=0, le=65535, description="a port, 0 to 65535")] = 8080
    knowledge_url: Address = "http://127.0.0.1:8081"
    bot_url: Address = "http://127.0.0.1:5005"
    public_url: Address = ""
    municipalities: Annotated[Path, Field(description="a folder of TOML files")] = (
        PACKAGE / "municipalities"
    )
    database_url: Annotated[
        str, Field(description="an address beginning with sqlite+aiosqlite: or postgresql+psycopg:")
    ] = ""
    locales: Annotated[Path, Field(description="a folder with sv.json, nb.json and nn.json")] = (
        PACKAGE / "locales"
    )
    turn_seconds: Annotated[float, Field(gt=0, le=30, description="seconds, above 0 to 30")] = 4.0
    knowledge_seconds: Annotated[
        float, Field(gt=0, le=60, description="seconds, above 0 to 60")
    ] = 5.0
    retention_days: Annotated[
        int, Field(ge=1, le=3650, description="a whole number of days, 1 to 3650")
    ] = 90
    case_retention_days: Annotated[
        int, Field(ge=1, le=3650, description="a whole number of days, 1 to 3650")
    ] = 365
    beginnings_per_address: Annotated[
        int, Field(ge=0, le=1_000_000, description="a whole number from 0 to 1 000 000")
    ] = 600
    smtp_host: Annotated[str, Field(description="the name or address of a mail server")] = ""
    smtp_port: Annotated[int, Field(ge=1, le=65535, description="a port, 1 to 65535")] = 587
    smtp_user: Annotated[str, Field(description="a name that the mail server knows")] = ""
    smtp_password: Annotated[SecretStr, Field(description="that name's password")] = SecretStr("")
    smtp_tls: Annotated[
        Literal["none", "starttls", "tls"], Field(description="none, starttls or tls")
    ] = "starttls"
    mail_from: Annotated[
        str,
        Field(
            pattern=r"^(?:[^@\s<>,;]+@[^@\s<>,;]+)?$",
            description="an e-mail address such as svar@example.org",
        ),
    ] = ""
    imap_host: Annotated[str, Field(description="the name or address of a mail server")] = ""
    imap_port: Annotated[int, Field(ge=1, le=65535, description="a port, 1 to 65535")] = 993
    imap_user: Annotated[str, Field(description="a name to sign in at the mail server")] = ""
    imap_password: Annotated[SecretStr, Field(description="that name's password")] = SecretStr("")
    imap_tls: Annotated[
        Literal["none", "starttls", "tls"], Field(description="none, starttls or tls")
    ] = "tls"
    imap_folder: Annotated[str, Field(min_length=1, description="a folder of the mailbox")] = (
        "INBOX"
    )
    imap_address: Annotated[
        str,
        Field(
            pattern=r"^(?:[^@\s<>,;]+@[^@\s<>,;]+)?$",
            description="the mailbox's e-mail address such as svar@example.org",
        ),
    ] = ""
    imap_seconds: Annotated[
        float, Field(ge=1, le=3600, description="seconds between two looks, 1 to 3600")
    ] = 60.0
    imap_keep: Annotated[
        bool, Field(description="true or false: keep mails in the mailbox that were taken")
    ] = False
    case_address_days: Annotated[
        int, Field(ge=0, le=365, description="a whole number of days, 0 to 365")
    ] = 30
    trusted_proxies: Annotated[
        str,
        Field(description="addresses or networks with commas between, such as 10.0.0.5, fd00::/8"),
    ] = ""

    @field_validator("knowledge_url", "bot_url", "public_url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        value = value.rstrip("/")
        if not value:
            return value
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("not an address")
        return value

    @field_validator("database_url")
    @classmethod
    def _is_async_database(cls, value: str) -> str:
        if value and not value.startswith(("sqlite+aiosqlite:", "postgresql+psycopg:")):
            raise ValueError("not a known driver")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _is_networks(cls, value: str) -> str:
        parse_networks(value)
        return value

    @property
    def proxy_networks(self) -> tuple[Network, ...]:
        """Where proxies stand whose word about a request's origin counts."""
        return parse_networks(self.trusted_proxies)

    @property
    def public_origin(self) -> str:
        """Scheme, host and port that residents' browsers see."""
        return self.public_url or f"http://{self.gateway_host}:{self.gateway_port}"

    @property
    def database(self) -> str:
        """The address of the database: SQLite in the var folder unless set."""
        return self.database_url or f"sqlite+aiosqlite:///{self.var / 'gateway.db'}"

    @property
    def demo_accounts(self) -> Path:
        """The file with the demo accounts' passwords."""
        return self.var / "demo-accounts.json"


def load_settings() -> Settings:
    """Read the environment.

    Raises SettingsError naming the variable, the bad value and what is allowed.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        allowed = Settings.model_fields[name].description
        value = (
            ""
            if name in ("database_url", "smtp_password", "imap_password")
            else f"={first['input']!r}"
        )
        raise SettingsError(
            f"{PREFIX}{name.upper()}{value} can't be used: it must be {allowed}"
        ) from error
