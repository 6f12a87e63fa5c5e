"""Runs an encoder folder on onnxruntime: texts in, embeddings out. No torch."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Encoding, Tokenizer

from knowledge.types import Embedding, Vectors

MODEL = "model.onnx"
TOKENIZER = "tokenizer.json"
CONFIG = "onnx_config.json"
THREADS = 4

Ids = npt.NDArray[np.int64]


class OnnxSession:
    """A tokenizer and a graph from ids to token vectors; threads may share it.

    The folder holds model.onnx, tokenizer.json and onnx_config.json. Errors: OSError, ValueError
    or KeyError when a file is missing or broken, and what onnxruntime raises on a broken graph.
    """

    def __init__(self, folder: Path) -> None:
        config = json.loads((folder / CONFIG).read_text("utf-8"))
        self.name = str(config["name"])
        self.dimension = int(config["dimension"])
        self.token_dimension = int(config["token_dimension"])
        self.max_tokens = int(config["max_tokens"])
        self.pad = int(config["pad"])
        self.tokenizer: Tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        self.tokenizer.enable_truncation(self.max_tokens)
        options = onnxruntime.SessionOptions()
        # Several threads at one text wait for each other by spinning, on the core that the rest
        # of the turn needs: 40 ms of processor time a query, 8 without. So each text has one.
        options.intra_op_num_threads = 1
        # The arena keeps the memory of the longest text it has met; texts here are short.
        options.enable_cpu_mem_arena = False
        self._session = onnxruntime.InferenceSession(
            str(folder / MODEL), options, providers=["CPUExecutionProvider"]
        )
        self._threads = ThreadPoolExecutor(min(THREADS, os.cpu_count() or 1), "texts")

    def embeddings(self, prompt: str, texts: Sequence[str]) -> list[Embedding]:
        """Mean of the token vectors at unit length, the tokens' own vectors and their shares.

        Each text goes through the graph alone, several at once: the layers round to the range of
        what is in the batch, so beside others a text would get another vector.
        """
        begin = len(self.tokenizer.encode(prompt.rstrip()).ids) - 1
        encoded = self._encoded(prompt, texts)
        if len(encoded) == 1:
            return [self._embedding(encoded[0].ids, begin)]
        return list(self._threads.map(lambda each: self._embedding(each.ids, begin), encoded))

    def padded(self, encodings: Sequence[Sequence[int]]) -> tuple[Ids, Ids]:
        """Ids and attention mask as rectangles, shape (texts, longest)."""
        longest = max(map(len, encodings))
        ids = np.full((len(encodings), longest), self.pad, np.int64)
        mask = np.zeros_like(ids)
        for row, encoding in enumerate(encodings):
            ids[row, : len(encoding)] = encoding
            mask[row, : len(encoding)] = 1
        return ids, mask

    def token_vectors(self, ids: Ids, mask: Ids) -> Vectors:
        """The last hidden state, shape (texts, tokens, dimension); not of unit length."""
        (state,) = self._session.run(
            ["token_embeddings"], {"input_ids": ids, "attention_mask": mask}
        )
        vectors: Vectors = np.asarray(state, np.float32)
        return vectors

    def _encoded(self, prompt: str, texts: Sequence[str]) -> list[Encoding]:
        return self.tokenizer.encode_batch([prompt + text for text in texts])

    def _embedding(self, ids: list[int], begin: int) -> Embedding:
        row = np.array([ids], np.int64)
        outputs = self._session.run(None, {"input_ids": row, "attention_mask": np.ones_like(row)})
        state, tokens, importance = (np.asarray(output[0], np.float32) for output in outputs)
        total = state.sum(axis=0)
        own = slice(begin, len(ids) - 1)
        odds = np.exp(importance[own, 0] - importance[own, 0].max(initial=-np.inf))
        return Embedding(total / np.linalg.norm(total), tokens[own], odds / max(odds.sum(), 1e-9))
