"""An index on disk: a folder that is complete or absent, and is the index itself.

Its arrays and vectors are mapped into memory and its chunks and token vectors read in pieces, so
opening it takes milliseconds whatever its size: nothing is encoded, analysed or parsed.

contents.json   what it is, and where each array stands
arrays.bin      chunks' places, words, and what belongs to the vectors
passages.faiss  vectors of the chunks' pieces, half floats
questions.faiss vectors of residents' questions
chunks.jsonl    the chunks, a line each
tokens-*        token vectors in segments, which later versions share by hard links
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from knowledge.indexing.arrays import Arrays, open_arrays, write_arrays
from knowledge.indexing.blobs import Blob
from knowledge.indexing.chunk_table import ChunkTable
from knowledge.indexing.files import Versions
from knowledge.indexing.hashes import Hashes
from knowledge.indexing.tokens import Segment, TokenTable
from knowledge.indexing.vectors import VectorTable
from knowledge.indexing.words import Words, prefixed, with_prefix

FORMAT = 3
_CONTENTS = "contents.json"
_ARRAYS = "arrays.bin"
_PASSAGES = "passages.faiss"
_QUESTIONS = "questions.faiss"
_CHUNKS = "chunks.jsonl"
_TOKENS = "tokens-"
_ATTEMPTS = 3

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What an index is made of.

    `sources`, shape (articles,), says what each article's chunks were cut from; `mapped` how
    many bytes are mapped into memory, 0 for one that is not from disk.
    """

    municipality: str
    encoder_name: str
    text_version: str
    chunks: ChunkTable
    sources: Hashes
    passages: VectorTable
    questions: VectorTable
    tokens: TokenTable
    words: Words
    mapped: int = 0


def save(folder: Path, snapshot: Snapshot) -> None:
    """Writes the snapshot in place of its encoder's earlier one. Errors: OSError."""
    with Versions(folder).replace(snapshot.encoder_name) as fresh:
        arrays: Arrays = {
            "sources": snapshot.sources,
            **prefixed("chunks", snapshot.chunks.arrays),
            **prefixed("passages", snapshot.passages.arrays),
            **prefixed("questions", snapshot.questions.arrays),
            **prefixed("tokens", snapshot.tokens.arrays),
            **prefixed("words", snapshot.words.arrays),
        }
        directory = write_arrays(fresh / _ARRAYS, arrays)
        snapshot.passages.save(fresh / _PASSAGES)
        snapshot.questions.save(fresh / _QUESTIONS)
        snapshot.chunks.lines.write(fresh / _CHUNKS)
        for segment in snapshot.tokens.segments:
            segment.blob.write(fresh / f"{_TOKENS}{segment.name}")
        contents = {
            "format": FORMAT,
            "municipality": snapshot.municipality,
            "encoder": snapshot.encoder_name,
            "text": snapshot.text_version,
            "languages": snapshot.chunks.languages,
            "token_dimension": snapshot.tokens.dimension,
            "segments": [segment.name for segment in snapshot.tokens.segments],
            "sizes": {path.name: path.stat().st_size for path in sorted(fresh.iterdir())},
            "arrays": directory,
        }
        (fresh / _CONTENTS).write_text(json.dumps(contents, ensure_ascii=False), "utf-8")


def load(folder: Path, encoder_name: str) -> Snapshot | None:
    """The snapshot, or None when it is absent, damaged, or of another format or encoder."""
    versions = Versions(folder)
    for _ in range(_ATTEMPTS):
        current = None
        try:
            current = versions.current(encoder_name)
            return None if current is None else _open(current, encoder_name)
        except (OSError, ValueError, KeyError, TypeError, IndexError, RuntimeError) as error:
            # FAISS reports an unreadable file as a RuntimeError.
            if versions.current(encoder_name) != current:
                # Another process has replaced it meanwhile.
                continue
            logger.warning("the index in %s can't be read and will be made anew: %s", folder, error)
            return None
    return None


def saved(folder: Path, encoder_name: str) -> bool:
    """Whether there seems to be a snapshot of this encoder; it is not opened."""
    current = Versions(folder).current(encoder_name)
    return current is not None and (current / _CONTENTS).is_file()


def _open(folder: Path, encoder_name: str) -> Snapshot | None:
    contents: dict[str, Any] = json.loads((folder / _CONTENTS).read_text("utf-8"))
    if contents["format"] != FORMAT or contents["encoder"] != encoder_name:
        return None
    for name, size in contents["sizes"].items():
        if (folder / name).stat().st_size != size:
            raise ValueError(f"{name} is not complete")
    arrays = open_arrays(folder / _ARRAYS, contents["arrays"])
    segments = [Segment(Blob.open(folder / f"{_TOKENS}{s}"), s) for s in contents["segments"]]
    return Snapshot(
        str(contents["municipality"]),
        encoder_name,
        str(contents["text"]),
        ChunkTable(
            Blob.open(folder / _CHUNKS), with_prefix(arrays, "chunks"), contents["languages"]
        ),
        arrays["sources"],
        VectorTable.load(folder / _PASSAGES, with_prefix(arrays, "passages")),
        VectorTable.load(folder / _QUESTIONS, with_prefix(arrays, "questions")),
        TokenTable(segments, with_prefix(arrays, "tokens"), int(contents["token_dimension"])),
        Words.load(with_prefix(arrays, "words")),
        sum(contents["sizes"][name] for name in (_ARRAYS, _PASSAGES, _QUESTIONS)),
    )
