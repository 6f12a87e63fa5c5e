"""python -m knowledge.adaptation.agreement FOLDER: what rounding and cutting cost, and its speed.

The unpacked encoder beside the same weights and delta in float32 with all pieces, on the answers
and questions of SweFAQ and the first passages of NorQuAD in a folder of public files.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from knowledge.adaptation.delta import Delta
from knowledge.adaptation.model import Encoder as FloatModel
from knowledge.encoding.encoder import PROMPTS, load_encoder
from knowledge.encoding.tokenizer import build_tokenizer
from knowledge.encoding.weights import Weights, find_weights
from knowledge.evaluation.public_sets import PublicSet, norquad, swefaq
from knowledge.settings import load_settings
from knowledge.types import Encoder, Vectors

FEW = 150
TOKENS = 512
PASSAGE_TOKENS, QUERY_TOKENS = 100, 12
RECALL = 10


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("folder", type=Path, help="folder with SweFAQ's and NorQuAD's files")
    folder = parser.parse_args().folder
    before = _resident()
    encoder = load_encoder(load_settings().encoder_path)
    query, passages = _speed(encoder)
    print(f"resident with the encoder {_resident() - before:.0f} MB more")
    print(f"query of {QUERY_TOKENS} tokens {query:.1f} ms at p50, {passages:.0f} passages a second")
    torch.set_num_threads(2)
    floats = _Floats()
    for name, one in (("SweFAQ", swefaq(folder)), ("NorQuAD", _few(norquad(folder)))):
        texts = [str(row["text"]) for row in one.articles]
        asked = [str(row["text"]) for row in one.questions]
        gold = [[row["id"] for row in one.articles].index(q["article"]) for q in one.questions]
        ours = [
            np.stack([made.vector for made in encode(part)])
            for encode, part in ((encoder.encode_passages, texts), (encoder.encode_queries, asked))
        ]
        exact = [floats.encode("passage", texts), floats.encode("query", asked)]
        cosines = np.concatenate([(a * b).sum(axis=1) for a, b in zip(ours, exact, strict=True)])
        print(
            f"{name}: cosine {cosines.mean():.4f} on average, {cosines.min():.4f} at the lowest; "
            f"R@{RECALL} {_recall(ours[0], ours[1], gold):.3f}, "
            f"in float32 {_recall(exact[0], exact[1], gold):.3f}"
        )
    return 0


class _Floats:
    """The weights as they are, with the delta, in torch."""

    def __init__(self) -> None:
        weights = Weights(find_weights())
        self.tokenizer: Tokenizer = build_tokenizer(weights.pieces)
        self.model = FloatModel(weights, rank=0).eval()
        for name, change in Delta.read().changes.items():
            layer, part = name.split(".")
            weight = self.model.get_submodule(f"layers.{layer[1:]}.{part}").get_buffer("weight")
            weight += torch.from_numpy(change)

    @torch.no_grad()
    def encode(self, kind: str, texts: Sequence[str]) -> Vectors:
        rows = []
        for text in texts:
            ids = torch.tensor([self.tokenizer.encode(PROMPTS[kind] + text).ids[:TOKENS]])
            state = self.model.states(ids, torch.ones_like(ids, dtype=torch.bool))
            rows.append(torch.nn.functional.normalize(state[0].sum(0), dim=0).numpy())
        return np.stack(rows)


def _few(one: PublicSet) -> PublicSet:
    articles = one.articles[:FEW]
    names = {row["id"] for row in articles}
    return PublicSet(articles, [row for row in one.questions if row["article"] in names])


def _recall(passages: Vectors, queries: Vectors, gold: Sequence[int]) -> float:
    order = np.argsort(-(queries @ passages.T), axis=1)[:, :RECALL]
    return float(np.mean([place in row for place, row in zip(gold, order, strict=True)]))


def _speed(encoder: Encoder) -> tuple[float, float]:
    """Milliseconds of a short query at p50, and passages of 100 tokens a second."""
    # "plats" is one piece; five tokens are the prompt and the frame.
    query, passage = ("plats " * (count - 5) for count in (QUERY_TOKENS, PASSAGE_TOKENS))
    times = []
    for _ in range(100):
        began = time.perf_counter()
        encoder.encode_queries([query])
        times.append(time.perf_counter() - began)
    began = time.perf_counter()
    encoder.encode_passages([passage] * 100)
    return float(np.median(times)) * 1000, 100 / (time.perf_counter() - began)


def _resident() -> float:
    """Megabytes of this process in memory."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * 4096 / 1e6


if __name__ == "__main__":
    sys.exit(main())
