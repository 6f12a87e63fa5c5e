"""Where the four processes listen and where they keep their data, as the commands see it."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .console import CommandError

_PORTS = {"gateway": 8080, "knowledge": 8081, "actions": 5055, "bot": 5005}


@dataclass(frozen=True)
class Address:
    """Where one process listens."""

    process: str
    host: str
    port: int

    @property
    def url(self) -> str:
        """The address for a client on this machine."""
        host = "127.0.0.1" if self.host in {"0.0.0.0", "::"} else self.host
        return f"http://{host}:{self.port}"

    def check_free(self) -> None:
        """Make sure that nothing listens there.

        Raises:
            CommandError: the port is taken, or the host is not an address of this machine.
        """
        with socket.socket(socket.AF_INET6 if ":" in self.host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.host, self.port))
            except OSError as error:
                name = f"SVAR_{self.process.upper()}"
                raise CommandError(
                    f"{self.process} can't listen on {self.host}:{self.port} ({error.strerror}).\n"
                    f"Stop what uses that port, or choose another with {name}_PORT"
                    f" (and {name}_HOST)."
                ) from error


@dataclass(frozen=True)
class Layout:
    """All that the commands hand to the processes."""

    var: Path
    addresses: Mapping[str, Address]
    environment: Mapping[str, str]

    def ensure_folders(self) -> None:
        """Make the folders for data, logs and the process manager's socket."""
        for name in ("", "log", "run", "models"):
            (self.var / name).mkdir(parents=True, exist_ok=True)


def read_layout(environment: Mapping[str, str] | None = None) -> Layout:
    """Read the settings, give every process the same ones, and leave none to chance.

    Raises:
        CommandError: a port is not a number from 1 to 65535.
    """
    given = dict(os.environ if environment is None else environment)
    var = Path(given.get("SVAR_VAR", "var"))
    addresses = {name: _address(given, name, port) for name, port in _PORTS.items()}
    settings = {
        "SVAR_VAR": str(var),
        "SVAR_ENCODER": given.get("SVAR_ENCODER", str(var / "encoder")),
        "SVAR_MODEL": given.get("SVAR_MODEL", str(var / "models" / "svar.tar.gz")),
        "SVAR_BOT_PYTHON": ".venv-bot/bin/python",
        "SVAR_BOT_ENTRY": given.get("SVAR_BOT_ENTRY", "rasa"),
        "SVAR_PYTHON": ".venv/bin/python",
        "RASA_CACHE_DIRECTORY": str(var / "rasa-cache"),
        "RASA_TELEMETRY_ENABLED": "false",
        "HF_HUB_OFFLINE": "1",
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "PYTHONUNBUFFERED": "1",
    }
    for name, address in addresses.items():
        settings[f"SVAR_{name.upper()}_HOST"] = address.host
        settings[f"SVAR_{name.upper()}_PORT"] = str(address.port)
        if name != "gateway":
            settings[f"SVAR_{name.upper()}_URL"] = given.get(
                f"SVAR_{name.upper()}_URL", address.url
            )
    return Layout(var, addresses, {**given, **settings})


def _address(given: Mapping[str, str], name: str, default: int) -> Address:
    variable = f"SVAR_{name.upper()}_PORT"
    text = given.get(variable, str(default))
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise CommandError(f"{variable} is {text!r}: it must be a number from 1 to 65535.")
    return Address(name, given.get(f"SVAR_{name.upper()}_HOST", "127.0.0.1"), int(text))
