"""python -m knowledge fit: the confidence's parameters from labelled questions.

The demo articles stand in for any municipality's, so the same questions are asked of several
versions of them: as they are, without residents' questions, without titles, as plain text, and
each of these with some of the articles taken away, which turns their questions into near misses.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from knowledge.chunking import split_article
from knowledge.confidence import NEAR, PACKAGED, Example, fit
from knowledge.evaluate import configured_encoder, say
from knowledge.evidence import features
from knowledge.importer import article_of, read_seed
from knowledge.index import MunicipalityIndex
from knowledge.labelled import LabelledFileError, Question, read_questions
from knowledge.progress import ProgressEncoder
from knowledge.search import rank
from knowledge.types import Article, Encoder, Vectors

HERE = Path(__file__).parent
OUTSIDE = "off_topic"
"""The kind of labelled questions that are no matter for a municipality."""
TAKEN_AWAY = {"train": 0.4, "dev": 0.2}
"""Many near misses to learn from; about as many to calibrate on as residents ask for in vain."""
DRAWS = 3
SEED = 20
_HEADING = re.compile(r"^#+\s*", re.MULTILINE)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--articles", type=Path, default=HERE / "seed", help="seed folder")
    parser.add_argument(
        "--questions", type=Path, default=HERE / "evaluation", help="folder of labelled questions"
    )
    parser.add_argument(
        "--precision", type=float, default=0.9, help="share of answers that shall be right"
    )
    parser.add_argument("--encoder", help="folder or name, instead of the one that is set")
    parser.add_argument("--out", type=Path, default=PACKAGED, help="default: %(default)s")


def run(args: argparse.Namespace) -> int:
    """Fit on the train splits, choose thresholds on the dev splits, write the parameters."""
    articles: dict[str, list[Article]] = {}
    for seed in read_seed(args.articles):
        articles.setdefault(seed.municipality, []).append(article_of(seed))
    told = ProgressEncoder(configured_encoder(args.encoder, say), say)
    encoder = Remembering(told)
    training: list[Example] = []
    development: list[Example] = []
    for municipality, pages in articles.items():
        path = args.questions / f"{municipality}.jsonl"
        questions = read_questions(path)
        told.topic = municipality
        say(f"{municipality}: {len(pages)} articles, {len(questions)} questions")
        train = [question for question in questions if question.split == "train"]
        dev = [question for question in questions if question.split == "dev"]
        if not train or not dev:
            raise LabelledFileError(f"{path} needs questions of the splits train and dev")
        for version in versions(pages):
            training += examples(version, train, encoder, TAKEN_AWAY["train"])
        development += examples(pages, dev, encoder, TAKEN_AWAY["dev"])
    model = fit(training, development, args.precision)
    args.out.write_text(json.dumps(model.values(), indent=2) + "\n", "utf-8")
    say(f"{len(training)} examples fitted, {len(development)} for the thresholds: {args.out}")
    return 0


def versions(articles: Sequence[Article]) -> Iterator[list[Article]]:
    """The articles as they are, and as other municipalities might have them."""
    yield list(articles)
    yield [replace(article, questions=()) for article in articles]
    yield [replace(article, questions=(), title="") for article in articles]
    yield [
        replace(article, questions=(), title="", text=_plain(article.text)) for article in articles
    ]


def examples(
    articles: Sequence[Article],
    questions: Sequence[Question],
    encoder: Encoder,
    taken_away: float,
) -> list[Example]:
    """The questions asked of all the articles, and of what is left when some are taken away."""
    draw = random.Random(SEED)
    found: list[Example] = []
    embeddings = encoder.encode_queries([question.text for question in questions])
    for attempt in range(1 + DRAWS):
        count = round(taken_away * len(articles)) if attempt else 0
        gone = {article.id for article in draw.sample(list(articles), count)}
        index = MunicipalityIndex.build(
            articles[0].municipality,
            [c for article in articles if article.id not in gone for c in split_article(article)],
            encoder,
        )
        for question, embedding in zip(questions, embeddings, strict=True):
            found.append(_example(index, question, embedding))
    return found


class Remembering:
    """An encoder that encodes no text twice; the versions of the articles share most of theirs."""

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder
        self.known: dict[tuple[str, str], Vectors] = {}

    @property
    def name(self) -> str:
        return self.encoder.name

    @property
    def dimension(self) -> int:
        return self.encoder.dimension

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self._encode("query", texts)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        return self._encode("passage", texts)

    def _encode(self, kind: str, texts: Sequence[str]) -> Vectors:
        new = [text for text in dict.fromkeys(texts) if (kind, text) not in self.known]
        if new:
            encode = (
                self.encoder.encode_queries if kind == "query" else self.encoder.encode_passages
            )
            self.known.update(zip([(kind, text) for text in new], encode(new), strict=True))
        rows = [self.known[kind, text] for text in texts]
        return np.array(rows, np.float32).reshape(len(rows), self.dimension)


def _example(index: MunicipalityIndex, question: Question, embedding: Vectors) -> Example:
    ranking = rank(index, question.text, question.language, embedding)
    best = [index.articles[ranking.articles[i]] for i in ranking.best_of_articles()[:NEAR]]
    return Example(
        features(ranking),
        right=question.article == best[0],
        near=question.article in best,
        outside=question.kind == OUTSIDE,
    )


def _plain(text: str) -> str:
    """The words of a Markdown text with its headings as lines like any other."""
    return "\n".join(line for line in _HEADING.sub("", text).splitlines() if line.strip())
