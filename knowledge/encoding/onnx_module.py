"""The encoder's first sentence-transformers module: token vectors from onnxruntime.

`SentenceTransformer(folder, trust_remote_code=True)` loads an unpacked encoder like any other
model, for comparisons and tools. The running server does without, and so without torch: see
`knowledge.encoding.encoder`.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import torch

from knowledge.encoding.onnx_session import CONFIG, MODEL, TOKENIZER, OnnxSession


class OnnxTransformer(torch.nn.Module):
    """Reads texts, gives `token_embeddings` and `attention_mask` to the pooling that follows."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.session = OnnxSession(folder)
        self.tokenizer = self.session.tokenizer

    @property
    def max_seq_length(self) -> int:
        return self.session.max_tokens

    def get_embedding_dimension(self) -> int:
        """Length of a token vector."""
        return self.session.dimension

    def preprocess(
        self, inputs: Sequence[Any], prompt: str | None = None, **_: Any
    ) -> dict[str, torch.Tensor]:
        """Token ids and mask of texts, each with the prompt before it."""
        texts = [f"{prompt or ''}{text}" for text in inputs]
        encodings = [encoding.ids for encoding in self.tokenizer.encode_batch(texts)]
        ids, mask = self.session.padded(encodings)
        return {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}

    def forward(self, features: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Adds `token_embeddings`, float32 (texts, tokens, dimension)."""
        vectors = self.session.token_vectors(
            features["input_ids"].cpu().numpy(), features["attention_mask"].cpu().numpy()
        )
        features["token_embeddings"] = torch.from_numpy(vectors)
        return features

    def save(self, output_path: str, *_: Any, **__: Any) -> None:
        """Copies the module's files."""
        for name in (MODEL, TOKENIZER, CONFIG):
            shutil.copyfile(self.folder / name, Path(output_path) / name)

    @classmethod
    def load(cls, model_name_or_path: str, subfolder: str = "", **_: Any) -> Self:
        """The module of a local folder."""
        return cls(Path(model_name_or_path) / subfolder)
