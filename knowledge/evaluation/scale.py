"""python -m knowledge scale: what the index costs at 10 000, 100 000 and 1 000 000 chunks.

The demo articles are multiplied: copies have other words here and there, and the vectors of the
originals with noise added, so no million texts are encoded. Of each size the first municipalities
are built in full; the others take over the words and chunks of one of these, with vectors and token
vectors of their own, so that disk and memory hold what they would hold. Memory, search and
publication are measured in a process that did not build.
"""

from __future__ import annotations

import argparse
import json
import pickle
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from knowledge.articles.importer import article_of, read_seed
from knowledge.evaluation.evaluate import configured_encoder, say
from knowledge.evaluation.scale_plot import plot
from knowledge.finding.search import search
from knowledge.indexing.index import MunicipalityIndex
from knowledge.indexing.open_indexes import OpenIndexes
from knowledge.indexing.snapshot import Snapshot, load, save
from knowledge.indexing.tokens import TokenTable
from knowledge.indexing.vectors import VectorTable, half
from knowledge.language import text as text_analysis
from knowledge.types import Article, Embedding, Encoder, Vectors

SEED = Path(__file__).parents[1] / "seed"
SIZES = (10_000, 100_000, 1_000_000)
MUNICIPALITIES = 100
IN_FULL = 2
"""How many municipalities of each size are built from their articles."""
NOISE = 0.25
"""Length of the noise beside a vector of unit length; the cosine to the original is about 0.97."""
VARIED = 0.1
"""Share of a copy's words that are other words than the original's."""
VARIANTS = 2_000
QUERIES = 10
"""Questions to each municipality, after as many that are not counted."""
PUBLICATIONS = 5
RECALL_AT = 10
_WORD = re.compile(r"\w{4,}")


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured; times in seconds or, where the name says so, milliseconds.

    `build_seconds` is without the encoder's work and, beyond the municipalities that were built
    in full, extrapolated. `search_cpu_p95_ms` is what the searching thread worked, whatever else
    the machine was doing. `resident_mb` is the searching process with everything it has loaded,
    `anonymous_mb` what of it is not files in the page cache. `visible_seconds` is the slowest of
    the publications, with the encoder's work left out; `saved_seconds` the same until it is on
    disk.
    """

    chunks: int
    municipalities: int
    tokens_per_chunk: float
    disk_mb: float
    build_seconds: float
    open_ms: float
    search_p50_ms: float
    search_p95_ms: float
    search_cpu_p95_ms: float
    recall: float
    resident_mb: float
    anonymous_mb: float
    visible_seconds: float
    saved_seconds: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--chunks", type=int, nargs="+", default=list(SIZES), metavar="N")
    parser.add_argument("--encoder", help="folder or name, instead of the one that is set")
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path("var/scale"),
        help="for the indexes, which are removed afterwards; a million take 25 GB",
    )
    parser.add_argument("--plot", type=Path, help="where to draw the figures, such as an .svg file")
    parser.add_argument("--json", action="store_true", help="one JSON object, nothing else")


def run(args: argparse.Namespace) -> int:
    """Print the figures; progress goes to the error stream."""
    originals = [article_of(seed) for seed in read_seed(SEED)]
    encoder = NoisyEncoder(configured_encoder(args.encoder, say))
    say(f"{len(originals)} articles to multiply; their texts are encoded once")
    _read_tables()
    results = []
    for size in args.chunks:
        try:
            results.append(measured(originals, encoder, size, args.folder))
        finally:
            shutil.rmtree(args.folder, ignore_errors=True)
    if args.plot is not None:
        args.plot.write_text(plot([asdict(one) for one in results]), "utf-8")
    if args.json:
        print(json.dumps([asdict(one) for one in results]))
        return 0
    for name in Figures.__dataclass_fields__:
        row = "".join(f"{getattr(one, name):>14,.4g}" for one in results)
        print(f"{name:18}{row}")
    return 0


def measured(
    originals: Sequence[Article], encoder: NoisyEncoder, size: int, folder: Path
) -> Figures:
    """Builds the municipalities in the folder and measures them."""
    each = size // MUNICIPALITIES
    built: list[Snapshot] = []
    articles: dict[str, list[Article]] = {}
    seconds: list[float] = []
    recalls: list[float] = []
    for number in range(MUNICIPALITIES):
        name = f"m{number}"
        if number < IN_FULL:
            articles[name] = copies(originals, name, each, random.Random(number))
            index, took = _build(name, articles[name], encoder, folder / name)
            seconds.append(took)
            recalls.append(_recall(index, encoder))
            parts = load(folder / name, encoder.name)
            assert parts is not None
            built.append(parts)
        else:
            save(folder / name, _variant(built[number % len(built)], name, encoder))
        if number % 10 == 9:
            say(f"{size:,} chunks: {number + 1} of {MUNICIPALITIES} municipalities written")
    total = sum(len(one.chunks) for one in built) / len(built) * MUNICIPALITIES
    tokens = sum(len(segment.blob) for segment in built[0].tokens.segments) / (
        built[0].tokens.dimension * max(len(built[0].chunks), 1)
    )
    task = folder / "task.pickle"
    names = [f"m{number}" for number in range(MUNICIPALITIES)]
    task.write_bytes(pickle.dumps((encoder.name, names, encoder.questions(), articles)))
    child = subprocess.run(
        [sys.executable, "-m", "knowledge.evaluation.scale", str(folder)],
        stdout=subprocess.PIPE,
        check=True,
    )
    found: dict[str, float] = json.loads(child.stdout)
    used = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return Figures(
        chunks=round(total),
        municipalities=MUNICIPALITIES,
        tokens_per_chunk=tokens,
        disk_mb=used / 1e6,
        build_seconds=sum(seconds) / len(seconds) * MUNICIPALITIES,
        recall=float(np.mean(recalls)),
        **found,
    )


def copies(
    originals: Sequence[Article], municipality: str, chunks: int, draw: random.Random
) -> list[Article]:
    """So many copies that they have at least as many headings as chunks are wanted."""
    found: list[Article] = []
    count = 0
    for number, original in enumerate(_again_and_again(originals, draw)):
        if count >= chunks:
            break
        article = replace(
            original,
            municipality=municipality,
            id=f"{original.id}-{number}",
            text=_varied(original.text, draw),
            url=f"{original.url}-{number}",
        )
        count += sum(line.startswith("#") for line in article.text.splitlines()) + 1
        found.append(article)
    return sorted(found, key=lambda one: one.id)


def _again_and_again(originals: Sequence[Article], draw: random.Random) -> Iterator[Article]:
    while True:
        yield from draw.sample(list(originals), len(originals))


def _varied(text: str, draw: random.Random) -> str:
    def other(match: re.Match[str]) -> str:
        if draw.random() > VARIED:
            return match.group()
        return f"{match.group()}ord{draw.randrange(VARIANTS)}"

    return _WORD.sub(other, text)


class NoisyEncoder:
    """Gives a copy's text the vectors of the original with noise; encodes only originals.

    The original of a text is the one with its words less what `_varied` added to them.
    """

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._known: dict[tuple[str, str], Embedding] = {}
        self._draw = np.random.default_rng(7)
        self.name = encoder.name
        self.dimension = encoder.dimension
        self.token_dimension = encoder.token_dimension
        self.seconds = 0.0
        """How long encoding and making noise has taken so far."""
        self.exact: list[Vectors] = []
        """The vectors of passages, before they are rounded; emptied by whoever measures."""

    def encode_queries(self, texts: Sequence[str]) -> list[Embedding]:
        return self._timed("query", texts)

    def encode_passages(self, texts: Sequence[str]) -> list[Embedding]:
        made = self._timed("passage", texts)
        self.exact += [one.vector for one in made]
        return made

    def noisy(self, rows: Vectors) -> Vectors:
        """Unit rows with noise, at unit length again."""
        noise = self._draw.standard_normal(rows.shape, np.float32)
        made = rows + noise * np.float32(NOISE / rows.shape[-1] ** 0.5)
        unit: Vectors = made / np.maximum(np.linalg.norm(made, axis=-1, keepdims=True), 1e-9)
        return unit

    def questions(self) -> list[tuple[str, Embedding]]:
        """The originals' questions."""
        return [(text, one) for (kind, text), one in self._known.items() if kind == "query"]

    def _timed(self, kind: str, texts: Sequence[str]) -> list[Embedding]:
        began = time.perf_counter()
        made = [self._noisy(kind, re.sub(r"ord\d+\b", "", text)) for text in texts]
        self.seconds += time.perf_counter() - began
        return made

    def _noisy(self, kind: str, text: str) -> Embedding:
        known = self._known.get((kind, text))
        if known is None:
            encode = (
                self._encoder.encode_queries if kind == "query" else self._encoder.encode_passages
            )
            (known,) = encode([text])
            self._known[kind, text] = known
        tokens = self.noisy(known.tokens)
        return Embedding(self.noisy(known.vector), tokens, known.shares)


def _build(
    name: str, articles: Sequence[Article], encoder: NoisyEncoder, folder: Path
) -> tuple[MunicipalityIndex, float]:
    encoder.exact.clear()
    before, began = encoder.seconds, time.perf_counter()
    index, _ = MunicipalityIndex.empty(name, encoder).refreshed(articles, encoder)
    index.save(folder)
    return index, time.perf_counter() - began - (encoder.seconds - before)


def _recall(index: MunicipalityIndex, encoder: NoisyEncoder) -> float:
    """The share of the exact nearest chunks that are found."""
    exact = np.array(encoder.exact, np.float32)
    encoder.exact.clear()
    owners = index.passages.owners
    if len(exact) != len(owners):
        # Two pieces with the same words are one vector.
        exact = index.passages.vectors
    found = []
    for _, question in encoder.questions():
        query = encoder.noisy(question.vector)
        best = set(owners[np.argsort(-(exact @ query), kind="stable")[:RECALL_AT]].tolist())
        near = set(index.passages.nearest(query, RECALL_AT)[0].tolist())
        found.append(len(best & near) / len(best))
    return float(np.mean(found))


def _variant(parts: Snapshot, name: str, encoder: NoisyEncoder) -> Snapshot:
    """Another municipality with the same words, with vectors of its own."""

    def other(table: VectorTable) -> VectorTable:
        codes = half(encoder.noisy(table.vectors))
        return VectorTable.of(table.ids, table.keys, codes, table.owners)

    # Noise for every token would take hours; turning their numbers makes other bytes as well.
    tokens = [parts.tokens.of(row) for row in range(len(parts.tokens))]
    shift = int(encoder._draw.integers(1, parts.tokens.dimension))
    rolled = [np.roll(part, shift, axis=1) for part in tokens]
    return replace(
        parts,
        municipality=name,
        passages=other(parts.passages),
        questions=other(parts.questions),
        tokens=TokenTable.of_rows(rolled, parts.tokens.dimension),
    )


def _child(folder: Path) -> None:
    """Searches every municipality, looks at the memory, then publishes; prints JSON."""
    task = pickle.loads((folder / "task.pickle").read_bytes())
    name, municipalities, questions, articles = task
    _read_tables()
    indexes = OpenIndexes(folder, name)
    opened = []
    for municipality in municipalities:
        began = time.perf_counter()
        index = MunicipalityIndex.load(folder / municipality, name)
        opened.append(time.perf_counter() - began)
        assert index is not None
        indexes.put(municipality, index)
    took, worked = zip(*_searched(indexes, municipalities, questions), strict=True)
    memory = _memory()
    visible, stored = zip(*_published(indexes, articles, questions), strict=True)
    figures = {
        "open_ms": float(np.mean(opened)) * 1000,
        "search_p50_ms": float(np.percentile(took, 50)) * 1000,
        "search_p95_ms": float(np.percentile(took, 95)) * 1000,
        "search_cpu_p95_ms": float(np.percentile(worked, 95)) * 1000,
        "resident_mb": memory["VmRSS"] / 1e3,
        "anonymous_mb": memory["RssAnon"] / 1e3,
        "visible_seconds": max(visible),
        "saved_seconds": max(stored),
    }
    print(json.dumps(figures))


def _searched(
    indexes: OpenIndexes, municipalities: Sequence[str], questions: Sequence[tuple[str, Embedding]]
) -> Iterator[tuple[float, float]]:
    """Seconds until each question's hits are there, and seconds this thread worked for them."""
    draw = random.Random(3)
    for municipality in municipalities:
        index = indexes.get(municipality)
        assert index is not None
        for number in range(2 * QUERIES):
            text, embedding = draw.choice(questions)
            began, worked = time.perf_counter(), time.thread_time()
            search(index, text, "sv", embedding)
            if number >= QUERIES:
                yield time.perf_counter() - began, time.thread_time() - worked


def _published(
    indexes: OpenIndexes,
    articles: dict[str, list[Article]],
    questions: Sequence[tuple[str, Embedding]],
) -> Iterator[tuple[float, float]]:
    """Seconds until a changed article is found, and until it is on disk."""
    ((_, example), *_) = questions
    draw = random.Random(5)
    for municipality, pages in articles.items():
        for number in range(PUBLICATIONS):
            index = indexes.get(municipality)
            assert index is not None
            place = draw.randrange(len(pages))
            changed = replace(pages[place], text=f"{pages[place].text}\n\nNyhet{number}.")
            pages[place] = changed
            encoder = _Instant(index.encoder_name, example)
            began = time.perf_counter()
            index, _ = index.refreshed(pages, encoder)
            indexes.put(municipality, index)
            assert index.chunk_words.knows(f"nyhet{number}")
            visible = time.perf_counter() - began
            index.save(indexes.folder(municipality))
            yield visible, time.perf_counter() - began


class _Instant:
    """An encoder that takes no time."""

    def __init__(self, name: str, example: Embedding) -> None:
        self.name = name
        self._example = example
        self.dimension = len(example.vector)
        self.token_dimension = example.tokens.shape[1]

    def encode_queries(self, texts: Sequence[str]) -> list[Embedding]:
        return [self._example] * len(texts)

    def encode_passages(self, texts: Sequence[str]) -> list[Embedding]:
        return [self._example] * len(texts)


def _read_tables() -> None:
    """The tables of words are read when first wanted; no measured step shall pay for them."""
    for language in ("sv", "nb", "nn"):
        text_analysis.lemmas("ord", language)


def _memory() -> dict[str, int]:
    """Kilobytes by their names in /proc/self/status."""
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    pairs = (line.split(":") for line in lines if line.endswith("kB"))
    return {name: int(value.split()[0]) for name, value in pairs}


if __name__ == "__main__":
    _child(Path(sys.argv[1]))
