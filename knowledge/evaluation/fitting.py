"""python -m knowledge fit: the parameters of ranking and confidence, from labelled questions.

The demo articles and the written pages that no encoder was trained on stand in for any
municipality's. The same questions are asked of several versions of them: as they are, without
residents' questions, without titles, as plain text, every section on its own; and for the
confidence of each of these with some of the articles taken away, which turns their questions into
near misses.
"""

from __future__ import annotations

import argparse
import datetime
import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from knowledge.adaptation.pairs import FOLDER, Page, read_pages
from knowledge.articles.importer import article_of, read_seed
from knowledge.encoding.progress import ProgressEncoder
from knowledge.evaluation.evaluate import configured_encoder, say
from knowledge.evaluation.labelled import LabelledFileError, Question, read_questions
from knowledge.evaluation.weighing import Ranked, fit_weights
from knowledge.finding.confidence import NEAR, PACKAGED, Example, fit
from knowledge.finding.evidence import features
from knowledge.finding.search import PACKAGED as RANKING
from knowledge.finding.search import WAYS, Floats, Ranking, rank
from knowledge.indexing.chunking import split_article
from knowledge.indexing.index import MunicipalityIndex
from knowledge.types import Article, Embedding, Encoder

KNOWLEDGE = Path(__file__).parents[1]
OUTSIDE = "off_topic"
"""The kind of labelled questions that are no matter for a municipality."""
TAKEN_AWAY = {"train": 0.4, "dev": 0.2}
"""Many near misses to learn from; about as many to calibrate on as residents ask for in vain."""
DRAWS = 3
SEED = 20
_HEADING = re.compile(r"^#+\s*", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Pool:
    """Articles and the questions asked of them."""

    articles: list[Article]
    questions: list[Question]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--articles", type=Path, default=KNOWLEDGE / "seed", help="seed folder")
    parser.add_argument(
        "--questions",
        type=Path,
        default=KNOWLEDGE / "evaluation",
        help="folder of labelled questions",
    )
    parser.add_argument("--pages", type=Path, default=FOLDER, help="folder of written pages")
    parser.add_argument(
        "--precision",
        type=float,
        default=0.865,
        help="share of answers that shall be right on the dev splits",
    )
    parser.add_argument("--encoder", help="folder or name, instead of the one that is set")
    parser.add_argument("--out", type=Path, default=PACKAGED, help="default: %(default)s")
    parser.add_argument("--ranking-out", type=Path, default=RANKING, help="default: %(default)s")


def run(args: argparse.Namespace) -> int:
    """Fit on the train splits, choose thresholds on the dev splits, write the parameters."""
    encoder = Remembering(ProgressEncoder(configured_encoder(args.encoder, say), say))
    training, development = demo_pools(args.articles, args.questions)
    training += written_pools(read_pages(args.pages))
    ranked = [one for pool in training for one in rankings(pool, encoder)]
    weights = fit_weights(ranked)
    args.ranking_out.write_text(json.dumps({"weights": weights}, indent=2) + "\n", "utf-8")
    say(f"{len(ranked)} questions weighed: {args.ranking_out}")
    row = np.array([weights[way] for way in WAYS], np.float32)
    taught = [e for pool in training for e in examples(pool, encoder, TAKEN_AWAY["train"], row)]
    chosen = [e for pool in development for e in examples(pool, encoder, TAKEN_AWAY["dev"], row)]
    model = fit(taught, chosen, args.precision)
    args.out.write_text(json.dumps(model.values(), indent=2) + "\n", "utf-8")
    say(f"{len(taught)} examples fitted, {len(chosen)} for the thresholds: {args.out}")
    return 0


def demo_pools(articles: Path, questions: Path) -> tuple[list[Pool], list[Pool]]:
    """Pools of the train splits, in all versions, and of the dev splits, with and without
    residents' questions: what is answered shall be right before an editor has attached any, too.
    """
    pages: dict[str, list[Article]] = {}
    for seed in read_seed(articles):
        pages.setdefault(seed.municipality, []).append(article_of(seed))
    training, development = [], []
    for municipality, published in pages.items():
        path = questions / f"{municipality}.jsonl"
        asked = read_questions(path)
        train = [question for question in asked if question.split == "train"]
        dev = [question for question in asked if question.split == "dev"]
        if not train or not dev:
            raise LabelledFileError(f"{path} needs questions of the splits train and dev")
        training += [Pool(version, train) for version in versions(published)]
        development += [Pool(version, dev) for version in (published, unasked(published))]
    return training, development


def versions(articles: Sequence[Article]) -> Iterator[list[Article]]:
    """The articles as they are, and as other municipalities might have them."""
    yield list(articles)
    yield unasked(articles)
    yield [replace(article, questions=(), title="") for article in articles]
    yield [
        replace(article, questions=(), title="", text=_plain(article.text)) for article in articles
    ]


def unasked(articles: Sequence[Article]) -> list[Article]:
    """The articles without the residents' questions that are attached to them."""
    return [replace(article, questions=()) for article in articles]


def written_pools(pages: Sequence[Page]) -> list[Pool]:
    """The pages kept out of training, by language: as pages, and section by section."""
    kept = [page for page in pages if page.kept_back]
    pools = []
    for language in sorted({page.language for page in kept}):
        own = [page for page in kept if page.language == language]
        whole, parts = Pool([], []), Pool([], [])
        for page in own:
            headed = [f"## {section.heading}\n\n{section.text}" for section in page.sections]
            whole.articles.append(_article(page.id, language, page.title, "\n\n".join(headed)))
            for number, section in enumerate(page.sections):
                part = f"{page.id}.{number}"
                parts.articles.append(_article(part, language, "", section.text))
                for text in section.questions:
                    whole.questions.append(Question(text, language, page.id))
                    parts.questions.append(Question(text, language, part))
            for text in page.near_misses:
                whole.questions.append(Question(text, language, None))
                parts.questions.append(Question(text, language, None))
        pools += [whole, parts]
    return pools


def rankings(pool: Pool, encoder: Encoder) -> Iterator[Ranked]:
    """What the weights are fitted on: the candidates of every question that has an answer."""
    index = _index(pool.articles, encoder)
    asked = [question for question in pool.questions if question.article is not None]
    embeddings = encoder.encode_queries([question.text for question in asked])
    for question, embedding in zip(asked, embeddings, strict=True):
        ranking = rank(index, question.text, question.language, embedding)
        names = [index.articles[article] for article in ranking.articles]
        right = np.array([name == question.article for name in names], np.bool_)
        yield Ranked(ranking.ways, right, 1 / len(asked))


def examples(pool: Pool, encoder: Encoder, taken_away: float, weights: Floats) -> list[Example]:
    """The questions asked of all the articles, and of what is left when some are taken away."""
    draw = random.Random(SEED)
    found: list[Example] = []
    embeddings = encoder.encode_queries([question.text for question in pool.questions])
    for attempt in range(1 + DRAWS):
        count = round(taken_away * len(pool.articles)) if attempt else 0
        gone = {article.id for article in draw.sample(pool.articles, count)}
        index = _index([page for page in pool.articles if page.id not in gone], encoder)
        for question, embedding in zip(pool.questions, embeddings, strict=True):
            ranking = rank(index, question.text, question.language, embedding, weights)
            found.append(_example(ranking, question))
    share = 1000 / len(found)
    return [replace(example, importance=share) for example in found]


class Remembering:
    """An encoder that encodes no text twice; the versions of the articles share most of theirs."""

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder
        self.known: dict[tuple[str, str], Embedding] = {}

    @property
    def name(self) -> str:
        return self.encoder.name

    @property
    def dimension(self) -> int:
        return self.encoder.dimension

    @property
    def token_dimension(self) -> int:
        return self.encoder.token_dimension

    def encode_queries(self, texts: Sequence[str]) -> list[Embedding]:
        return self._encode("query", texts)

    def encode_passages(self, texts: Sequence[str]) -> list[Embedding]:
        return self._encode("passage", texts)

    def _encode(self, kind: str, texts: Sequence[str]) -> list[Embedding]:
        new = [text for text in dict.fromkeys(texts) if (kind, text) not in self.known]
        if new:
            encode = (
                self.encoder.encode_queries if kind == "query" else self.encoder.encode_passages
            )
            self.known.update(zip([(kind, text) for text in new], encode(new), strict=True))
        return [self.known[kind, text] for text in texts]


def _index(articles: Sequence[Article], encoder: Encoder) -> MunicipalityIndex:
    chunks = [chunk for article in articles for chunk in split_article(article)]
    return MunicipalityIndex.build(articles[0].municipality, chunks, encoder)


def _article(id: str, language: str, title: str, text: str) -> Article:
    return Article("written", id, language, title, text, f"/{id}", datetime.date.min)


def _example(ranking: Ranking, question: Question) -> Example:
    index = ranking.index
    best = [index.articles[ranking.articles[i]] for i in ranking.best_of_articles()[:NEAR]]
    return Example(
        features(ranking),
        right=question.article == best[0],
        near=question.article in best,
        outside=question.kind == OUTSIDE if question.kind else None,
    )


def _plain(text: str) -> str:
    """The words of a Markdown text with its headings as lines like any other."""
    return "\n".join(line for line in _HEADING.sub("", text).splitlines() if line.strip())
