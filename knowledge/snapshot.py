"""An index on disk: a folder that is complete or absent, read back without encoding.

Words are not kept: they are worked out again from the chunks, so that a snapshot never disagrees
with the text analysis of the version that reads it.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from knowledge.files import replace_folder
from knowledge.types import Chunk
from knowledge.vectors import Row, VectorTable

FORMAT = 1
_CONTENTS = "contents.json"
_PASSAGES = "passages.faiss"
_QUESTIONS = "questions.faiss"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is kept of an index."""

    municipality: str
    encoder_name: str
    chunks: tuple[Chunk, ...]
    passages: VectorTable
    questions: VectorTable


def save(folder: Path, snapshot: Snapshot) -> None:
    """Writes the snapshot in place of an earlier one."""
    contents = {
        "format": FORMAT,
        "municipality": snapshot.municipality,
        "encoder": snapshot.encoder_name,
        "chunks": [_chunk_values(chunk) for chunk in snapshot.chunks],
        "passages": _table_values(snapshot.passages),
        "questions": _table_values(snapshot.questions),
    }
    with replace_folder(folder) as fresh:
        text = json.dumps(contents, ensure_ascii=False)
        (fresh / _CONTENTS).write_text(text, "utf-8")
        snapshot.passages.save(fresh / _PASSAGES)
        snapshot.questions.save(fresh / _QUESTIONS)


def load(folder: Path, encoder_name: str) -> Snapshot | None:
    """The snapshot, or None when it is absent, damaged, of another format or encoder."""
    try:
        contents = json.loads((folder / _CONTENTS).read_text("utf-8"))
        if contents["format"] != FORMAT or contents["encoder"] != encoder_name:
            return None
        chunks = tuple(_chunk(values) for values in contents["chunks"])
        tables = [
            VectorTable.load(folder / name, *_table(contents[kind], chunks))
            for name, kind in ((_PASSAGES, "passages"), (_QUESTIONS, "questions"))
        ]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, IndexError, RuntimeError) as error:
        # FAISS reports an unreadable file as a RuntimeError.
        logger.warning("the index in %s cannot be read and will be made anew: %s", folder, error)
        return None
    return Snapshot(str(contents["municipality"]), encoder_name, chunks, *tables)


def _chunk_values(chunk: Chunk) -> dict[str, Any]:
    return {**dataclasses.asdict(chunk), "updated": chunk.updated.isoformat()}


def _chunk(values: dict[str, Any]) -> Chunk:
    return Chunk(
        **{
            **values,
            "updated": datetime.date.fromisoformat(values["updated"]),
            "path": tuple(values["path"]),
            "questions": tuple(values["questions"]),
        }
    )


def _table_values(table: VectorTable) -> list[list[Any]]:
    """Position of the chunk and key of every row."""
    owners = table.owners.tolist()
    return [[owner, row.key] for owner, row in zip(owners, table.rows, strict=True)]


def _table(values: list[list[Any]], chunks: tuple[Chunk, ...]) -> tuple[list[Row], list[int]]:
    rows = [Row(chunks[owner].id, str(key)) for owner, key in values]
    return rows, [int(owner) for owner, _ in values]
