"""Runs an encoder folder on onnxruntime: texts in, token or sentence vectors out. No torch."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Tokenizer

from knowledge.types import Vectors

MODEL = "model.onnx"
TOKENIZER = "tokenizer.json"
CONFIG = "onnx_config.json"
THREADS = 4
BATCH_TOKENS = 256
"""Texts are batched up to so many tokens: larger batches fall out of the processor's cache."""


class OnnxSession:
    """A tokenizer and a graph from ids to token vectors; threads may share it.

    The folder holds model.onnx, tokenizer.json and onnx_config.json. Errors: OSError, ValueError
    or KeyError when a file is missing or broken, and what onnxruntime raises on a broken graph.
    """

    def __init__(self, folder: Path) -> None:
        config = json.loads((folder / CONFIG).read_text("utf-8"))
        self.name = str(config["name"])
        self.dimension = int(config["dimension"])
        self.max_tokens = int(config["max_tokens"])
        self.pad = int(config["pad"])
        self.tokenizer: Tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        self.tokenizer.enable_truncation(self.max_tokens)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = min(THREADS, os.cpu_count() or 1)
        self._session = onnxruntime.InferenceSession(
            str(folder / MODEL), options, providers=["CPUExecutionProvider"]
        )

    def sentence_vectors(self, texts: Sequence[str]) -> Vectors:
        """Mean of the token vectors, at unit length: shape (texts, dimension)."""
        vectors = np.empty((len(texts), self.dimension), np.float32)
        encodings = [encoding.ids for encoding in self.tokenizer.encode_batch(list(texts))]
        for batch in _batches(encodings):
            ids, mask = self.padded([encodings[index] for index in batch])
            weights = mask[..., None].astype(np.float32)
            sums = (self.token_vectors(ids, mask) * weights).sum(axis=1)
            vectors[batch] = sums / np.linalg.norm(sums, axis=1, keepdims=True)
        return vectors

    def padded(
        self, encodings: Sequence[Sequence[int]]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Ids and attention mask as rectangles, shape (texts, longest)."""
        longest = max(map(len, encodings))
        ids = np.full((len(encodings), longest), self.pad, np.int64)
        mask = np.zeros_like(ids)
        for row, encoding in enumerate(encodings):
            ids[row, : len(encoding)] = encoding
            mask[row, : len(encoding)] = 1
        return ids, mask

    def token_vectors(self, ids: npt.NDArray[np.int64], mask: npt.NDArray[np.int64]) -> Vectors:
        """The last hidden state, shape (texts, tokens, dimension); not of unit length."""
        (state,) = self._session.run(None, {"input_ids": ids, "attention_mask": mask})
        vectors: Vectors = np.asarray(state, np.float32)
        return vectors


def _batches(encodings: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Indexes of texts of like length, so that little is padded."""
    batch: list[int] = []
    for index in sorted(range(len(encodings)), key=lambda index: len(encodings[index])):
        if batch and (len(batch) + 1) * len(encodings[index]) > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch
