"""Writes the encoder as an ONNX graph that keeps its 4-bit weights as they are.

The graph is built straight from the weight file, without torch: the word vectors stay packed and
are unpacked for the tokens at hand, and the linear layers are onnxruntime's MatMulNBits, whose
blocks are those of the file. Nothing is rounded again, and a tenth of the memory of float32 is
needed. It ends at the token vectors (last hidden state); pooling is the caller's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from knowledge.weights import BLOCK, Quantized, Shape, Weights

OPSET = 20
CONTRIB = "com.microsoft"
FLOAT_ACTIVATIONS, INT8_ACTIVATIONS = 1, 4
"""What MatMulNBits may round activations to: nothing, or int8 per block of 32 (faster)."""


@dataclass(slots=True)
class _Graph:
    """Nodes and constants as they are added; every method returns the name of its output."""

    weights: Weights
    accuracy: int
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: list[TensorProto] = field(default_factory=list)

    def constant(self, name: str, value: npt.NDArray[Any] | np.generic) -> str:
        self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def add(self, operator: str, inputs: list[str], name: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(operator, inputs, [name], name=name, **attributes))
        return name

    def linear(self, source: str, name: str, rows: int, columns: int) -> str:
        matrix = self.weights.quantized(f"{name}.w", columns)
        packed = self.constant(f"{name}.packed", matrix.packed_pairs())
        scales = self.constant(f"{name}.scales", matrix.scales.astype(np.float32).ravel())
        bias = self.constant(f"{name}.bias", self.weights.floats(f"{name}.b"))
        product = self.add(
            "MatMulNBits",
            [source, packed, scales],
            f"{name}.product",
            domain=CONTRIB,
            K=columns,
            N=rows,
            bits=4,
            block_size=BLOCK,
            accuracy_level=self.accuracy,
        )
        return self.add("Add", [product, bias], f"{name}.output")

    def normalize(self, source: str, name: str) -> str:
        scale = self.constant(f"{name}.scale", self.weights.floats(f"{name}.w"))
        bias = self.constant(f"{name}.shift", self.weights.floats(f"{name}.b"))
        return self.add(
            "LayerNormalization",
            [source, scale, bias],
            f"{name}.output",
            axis=-1,
            epsilon=self.weights.shape.epsilon,
        )

    def embed(self, matrix: Quantized, hidden: int) -> str:
        """Word vectors of the input ids, unpacked from their two nibbles to a byte."""
        packed = matrix.packed_pairs()
        rows = self.constant("word.packed", packed.reshape(len(packed), -1))
        scales = self.constant("word.scales", matrix.scales)
        taken = self.add("Gather", [rows, "input_ids"], "word.bytes", axis=0)
        low = self.add("BitwiseAnd", [taken, self.constant("fifteen", np.uint8(15))], "word.low")
        high = self.add(
            "BitShift", [taken, self.constant("four", np.uint8(4))], "word.high", direction="RIGHT"
        )
        last = self.constant("last", np.array([-1], np.int64))
        pairs = [self.add("Unsqueeze", [half, last], f"{half}.pair") for half in (low, high)]
        joined = self.add("Concat", pairs, "word.nibbles", axis=-1)
        blocks = self.constant("blocks", np.array([0, 0, hidden // BLOCK, BLOCK], np.int64))
        shaped = self.add("Reshape", [joined, blocks], "word.blocks")
        floats = self.add("Cast", [shaped], "word.floats", to=TensorProto.FLOAT)
        signed = self.add("Sub", [floats, self.constant("eight", np.float32(8))], "word.signed")
        factors = self.add("Gather", [scales, "input_ids"], "word.factors", axis=0)
        wide = self.add("Cast", [factors], "word.factors.float", to=TensorProto.FLOAT)
        column = self.add("Unsqueeze", [wide, last], "word.column")
        scaled = self.add("Mul", [signed, column], "word.scaled")
        width = self.constant("width", np.array([0, 0, hidden], np.int64))
        return self.add("Reshape", [scaled, width], "word.vectors")

    def layer(self, source: str, index: int) -> str:
        shape, prefix = self.weights.shape, f"l{index}"
        query, key, value = (
            self.linear(source, f"{prefix}.{part}", shape.hidden, shape.hidden) for part in "qkv"
        )
        attended = self.add(
            "MultiHeadAttention",
            [query, key, value, "", "mask"],
            f"{prefix}.attended",
            domain=CONTRIB,
            num_heads=shape.heads,
        )
        projected = self.linear(attended, f"{prefix}.ao", shape.hidden, shape.hidden)
        kept = self.add("Add", [projected, source], f"{prefix}.attention.sum")
        attention = self.normalize(kept, f"{prefix}.aln")
        inner = self.linear(attention, f"{prefix}.fi", shape.intermediate, shape.hidden)
        active = self.add("Gelu", [inner], f"{prefix}.gelu")
        outer = self.linear(active, f"{prefix}.fo", shape.hidden, shape.intermediate)
        total = self.add("Add", [outer, attention], f"{prefix}.sum")
        return self.normalize(total, f"{prefix}.oln")


def build_onnx(weights: Weights, accuracy: int = INT8_ACTIVATIONS) -> onnx.ModelProto:
    """The encoder from ids to token vectors.

    Inputs `input_ids`, `attention_mask`: int64 (batch, tokens). Output `token_embeddings`:
    float32 (batch, tokens, hidden).
    """
    shape = weights.shape
    graph = _Graph(weights, accuracy)
    words = graph.embed(weights.quantized("emb.word", shape.hidden), shape.hidden)
    placed = graph.add("Add", [words, _positions(graph, shape)], "embedded")
    state = graph.normalize(placed, "emb.ln")
    graph.add("Cast", ["attention_mask"], "mask", to=TensorProto.INT32)
    for index in range(shape.layers):
        state = graph.layer(state, index)
    graph.add("Identity", [state], "token_embeddings")
    tokens = ["batch", "tokens"]
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "sentence-encoder",
            [
                helper.make_tensor_value_info(name, TensorProto.INT64, tokens)
                for name in ("input_ids", "attention_mask")
            ],
            [
                helper.make_tensor_value_info(
                    "token_embeddings", TensorProto.FLOAT, [*tokens, shape.hidden]
                )
            ],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid(CONTRIB, 1)],
        ir_version=10,
    )
    onnx.checker.check_model(model)
    return model


def _positions(graph: _Graph, shape: Shape) -> str:
    """Position vectors for as many tokens as there are, plus the one token type in use."""
    table = graph.weights.floats("emb.pos").reshape(shape.positions, shape.hidden)
    kind = graph.weights.floats("emb.type").reshape(shape.token_types, shape.hidden)[0]
    rows = graph.constant("positions", table + kind)
    size = graph.add("Shape", ["input_ids"], "length", start=1, end=2)
    zero = graph.constant("zero", np.array([0], np.int64))
    return graph.add("Slice", [rows, zero, size, zero], "positions.taken")
