"""What a trained bot's file holds."""

from __future__ import annotations

import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

Read = TypeVar("Read")


class NotTrainedError(Exception):
    """There is no trained bot, or the part asked for is not in it; the message says which."""


def read_part(path: Path, name: str, read: Callable[[Path], Read]) -> Read:
    """What `read` makes of the file `name` in a trained bot.

    Raises:
        NotTrainedError: there is no such bot, or no such file in it.
    """
    if not path.exists():
        raise NotTrainedError(f"{path} does not exist; train the bot with `make prepare`.")
    with tarfile.open(path) as archive, tempfile.TemporaryDirectory() as folder:
        member = next((each for each in archive if Path(each.name).name == name), None)
        stored = archive.extractfile(member) if member is not None else None
        if stored is None:
            raise NotTrainedError(f"{path} has no {name} in it; train the bot again.")
        copy = Path(folder) / name
        copy.write_bytes(stored.read())
        return read(copy)
