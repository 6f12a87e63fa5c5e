"""Which encoder made the indexes on disk, so that it can answer until another has made its own."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path

from knowledge.types import Encoder

_FILE = ".encoder.json"

log = logging.getLogger(__name__)


def record_encoder(folder: Path, name: str, path: str) -> None:
    """Notes in the folder of indexes that this encoder, loaded from that path, made all of them."""
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f"{_FILE}.new"
    fresh.write_text(json.dumps({"name": name, "path": path}), "utf-8")
    fresh.replace(folder / _FILE)


def load_former(folder: Path, name: str, load: Callable[[str], Encoder]) -> Encoder | None:
    """The recorded encoder if it is another than `name` and still what it was; None otherwise."""
    try:
        recorded = json.loads((folder / _FILE).read_text("utf-8"))
        if recorded["name"] == name:
            return None
        former = load(str(recorded["path"]))
    except FileNotFoundError:
        return None
    except Exception as error:  # loaders raise what they like, and nothing depends on this one
        log.warning("the encoder that made the indexes can't be loaded any more: %s", error)
        return None
    if former.name != recorded["name"]:
        log.warning("the encoder that made the indexes is no longer at %s", recorded["path"])
        return None
    return former
