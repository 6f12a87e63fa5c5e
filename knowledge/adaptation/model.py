"""The encoder in torch with low-rank changes to its linear layers, for training alone."""

from __future__ import annotations

import math
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from knowledge.encoding.weights import Weights

RANK = 16
FIRST_LAYER = 2
"""Layers below are left as they are: they hold the words, and training is shorter without them."""
TOKEN_DIMENSION = 256
"""Length of the token vectors for late interaction."""
PARTS = ("q", "k", "v", "ao", "fi", "fo")


class Linear(nn.Module):
    """A fixed linear layer plus the product of two thin trained matrices, at first zero."""

    weight: Tensor
    bias: Tensor

    def __init__(self, weight: Tensor, bias: Tensor, rank: int) -> None:
        super().__init__()
        self.register_buffer("weight", weight)
        self.register_buffer("bias", bias)
        self.rank = rank
        if rank:
            outputs, inputs = weight.shape
            self.down = nn.Parameter(torch.randn(rank, inputs) / math.sqrt(inputs))
            self.up = nn.Parameter(torch.zeros(outputs, rank))

    def forward(self, state: Tensor) -> Tensor:
        output = functional.linear(state, self.weight, self.bias)
        if self.rank:
            output = output + functional.linear(functional.linear(state, self.down), self.up)
        return output


class Layer(nn.Module):
    """One BERT layer with the normalisation after each half."""

    def __init__(self, weights: Weights, index: int, rank: int) -> None:
        super().__init__()
        shape = weights.shape
        self.heads, self.epsilon = shape.heads, shape.epsilon
        for part in PARTS:
            columns = shape.intermediate if part == "fo" else shape.hidden
            matrix = torch.from_numpy(weights.quantized(f"l{index}.{part}.w", columns).floats())
            bias = torch.from_numpy(weights.floats(f"l{index}.{part}.b"))
            self.add_module(part, Linear(matrix, bias, rank))
        for name in ("aln", "oln"):
            for kind in ("w", "b"):
                values = torch.from_numpy(weights.floats(f"l{index}.{name}.{kind}"))
                self.register_buffer(f"{name}_{kind}", values)

    def forward(self, state: Tensor, mask: Tensor) -> Tensor:
        query, key, value = (self._split(self._linear(part, state)) for part in "qkv")
        attended = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        joined = attended.transpose(1, 2).reshape(state.shape)
        state = self._normal(state + self._linear("ao", joined), "aln")
        inner = functional.gelu(self._linear("fi", state))
        return self._normal(state + self._linear("fo", inner), "oln")

    def _linear(self, part: str, state: Tensor) -> Tensor:
        return cast(Tensor, self.get_submodule(part)(state))

    def _split(self, state: Tensor) -> Tensor:
        batch, length, _ = state.shape
        return state.view(batch, length, self.heads, -1).transpose(1, 2)

    def _normal(self, state: Tensor, name: str) -> Tensor:
        weight, bias = self.get_buffer(f"{name}_w"), self.get_buffer(f"{name}_b")
        return functional.layer_norm(state, weight.shape, weight, bias, self.epsilon)


class Encoder(nn.Module):
    """Ids in; unit sentence vectors, unit token vectors and the tokens' importance out."""

    words: Tensor
    positions: Tensor
    scale: Tensor
    shift: Tensor

    def __init__(self, weights: Weights, rank: int = RANK) -> None:
        super().__init__()
        shape = weights.shape
        words = weights.quantized("emb.word", shape.hidden).floats()
        places = weights.floats("emb.pos").reshape(shape.positions, shape.hidden)
        kind = weights.floats("emb.type").reshape(shape.token_types, shape.hidden)[0]
        self.register_buffer("words", torch.from_numpy(words))
        self.register_buffer("positions", torch.from_numpy(places + kind))
        self.register_buffer("scale", torch.from_numpy(weights.floats("emb.ln.w")))
        self.register_buffer("shift", torch.from_numpy(weights.floats("emb.ln.b")))
        self.epsilon = shape.epsilon
        self.layers = nn.ModuleList(
            Layer(weights, index, rank if index >= FIRST_LAYER else 0)
            for index in range(shape.layers)
        )
        self.token = nn.Linear(shape.hidden, TOKEN_DIMENSION)
        self.importance = nn.Linear(shape.hidden, 1, bias=False)
        nn.init.zeros_(self.importance.weight)

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Sentence vectors, token vectors and how much each token of a question counts.

        Shapes (texts, tokens) to (texts, hidden), (texts, tokens, TOKEN_DIMENSION) and
        (texts, tokens); the last are logarithms.
        """
        state = self.states(ids, mask)
        weights = mask[..., None].to(state.dtype)
        sentence = functional.normalize((state * weights).sum(1).float(), dim=-1)
        tokens = functional.normalize(self.token(state).float(), dim=-1)
        return sentence, tokens, self.importance(state).squeeze(-1).float()

    def states(self, ids: Tensor, mask: Tensor) -> Tensor:
        """The last layer's output, shape (texts, tokens, hidden)."""
        state = functional.embedding(ids, self.words) + self.positions[: ids.shape[1]]
        state = functional.layer_norm(state, self.scale.shape, self.scale, self.shift, self.epsilon)
        seen = mask[:, None, None, :]
        for layer in self.layers:
            state = layer(state, seen)
        return state

    @torch.no_grad()
    def begin_tokens(self, states: Tensor) -> None:
        """Let token vectors begin as the main directions of these states (tokens, hidden).

        States are taken at unit length, less their mean: it is most of every state, and says
        nothing of any.
        """
        unit = functional.normalize(states, dim=-1)
        mean = unit.mean(0)
        _, _, directions = torch.linalg.svd(unit - mean, full_matrices=False)
        length = states.norm(dim=-1).mean()
        self.token.weight.copy_(directions[:TOKEN_DIMENSION])
        self.token.bias.copy_(-(directions[:TOKEN_DIMENSION] @ mean) * length)
