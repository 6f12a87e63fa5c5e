"""The container files agree with the specification, with each other and with the code."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

COMPOSE = Path("docker-compose.yml")


def _services() -> dict[str, Any]:
    return dict(yaml.safe_load(COMPOSE.read_text())["services"])


def test_the_file_follows_the_compose_specification() -> None:
    """The published schema of the Compose specification accepts it."""
    command = [sys.executable, "-m", "check_jsonschema"]
    command += ["--builtin-schema", "vendor.compose-spec", str(COMPOSE)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert 0 == done.returncode, done.stdout


def test_only_the_gateway_can_be_reached_from_outside() -> None:
    """Rasa's dependencies get no more fixes: nothing but the gateway publishes a port."""
    published = [name for name, service in _services().items() if "ports" in service]
    assert ["gateway"] == published
    outside = [name for name, it in _services().items() if "outer" in it["networks"]]
    assert ["gateway"] == outside


def test_every_copied_path_is_in_the_repository() -> None:
    """A Dockerfile copies nothing that a fresh clone does not hold."""
    for file in Path("docker").glob("*.Dockerfile"):
        for line in file.read_text().splitlines():
            if line.startswith("COPY ") and "--from" not in line:
                for source in line.split()[1:-1]:
                    assert Path(source).exists(), f"{file}: {source}"


def test_every_mounted_file_is_in_the_repository() -> None:
    """A bind mount that is missing would become an empty folder."""
    for name, service in _services().items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("./"):
                assert Path(source).exists(), f"{name}: {source}"


def test_the_bot_trains_on_what_the_commands_train_on() -> None:
    """Held-out utterances stay out of the container's model as well."""
    command = " ".join(_services()["train"]["command"])
    assert "--data bot/data nlu_data/sv nlu_data/nb nlu_data/nn" in command
    assert "held_out" not in command
