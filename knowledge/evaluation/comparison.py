"""python -m knowledge compare: one table of all sets, with plain ways to search beside ours.

The demo municipalities' test splits always; SweFAQ and NorQuAD when a folder with the public
files is given (knowledge/evaluation/README.md says where to get them).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from knowledge.articles.importer import article_of, read_seed
from knowledge.encoding.progress import ProgressEncoder
from knowledge.evaluation.evaluate import configured_encoder, outcomes, say
from knowledge.evaluation.figures import Outcome, figures
from knowledge.evaluation.labelled import Question, articles_of, questions_of, read_questions
from knowledge.evaluation.public_sets import PublicSet, norquad, swefaq, swefaq_categories
from knowledge.finding.confidence import ConfidenceModel, load_model
from knowledge.indexing.chunking import split_article
from knowledge.indexing.index import MunicipalityIndex
from knowledge.language import text as text_analysis
from knowledge.types import Article, Embedding, Encoder, Vectors

KNOWLEDGE = Path(__file__).parents[1]
MUNICIPALITY = "evaluation"
COLUMNS = {
    "acc@1": "accuracy_at_1",
    "R@5": "recall_at_5",
    "R@10": "recall_at_10",
    "answered": "answered_share",
    "precision": "answered_precision",
    "AUROC": "auroc",
    "cov@95": "coverage_at_95_precision",
    "calib.": "calibration_error",
    "ms": "ms_p50",
}
NEAREST = 200

Table = dict[str, dict[str, float | None]]
"""Figures by their names, for each way to search."""


@dataclass(frozen=True, slots=True)
class Set:
    """Questions asked of one or more pools of articles."""

    name: str
    pools: list[tuple[list[Article], list[Question]]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--public", type=Path, help="folder with SweFAQ's and NorQuAD's files")
    parser.add_argument("--split", default="test", help="of the demo questions: %(default)s")
    parser.add_argument("--encoder", help="folder or name, instead of the one that is set")
    parser.add_argument("--json", action="store_true", help="one JSON object, nothing else")


def run(args: argparse.Namespace) -> int:
    """Print the table; progress goes to the error stream."""
    encoder = configured_encoder(args.encoder, say)
    model = load_model()
    found: dict[str, Table] = {}
    for one in [*demo_sets(args.split), *public_sets(args.public)]:
        say(f"{one.name} …")
        found[one.name] = compared(one, encoder, model)
    if args.json:
        print(json.dumps(found))
        return 0
    for name, ways in found.items():
        count = "".join(f"{title:>10}" for title in COLUMNS)
        print(f"\n{name:30}{count}")
        for way, values in ways.items():
            cells = (values.get(key) for key in COLUMNS.values())
            numbers = "".join(f"{'-' if v is None else format(v, '.3f'):>10}" for v in cells)
            print(f"  {way:28}{numbers}")
    return 0


def demo_sets(split: str) -> Iterator[Set]:
    """The demo municipalities with their labelled questions of a split."""
    pages: dict[str, list[Article]] = {}
    for seed in read_seed(KNOWLEDGE / "seed"):
        pages.setdefault(seed.municipality, []).append(article_of(seed))
    for municipality, articles in pages.items():
        asked = read_questions(KNOWLEDGE / "evaluation" / f"{municipality}.jsonl")
        own = [replace(article, municipality=MUNICIPALITY) for article in articles]
        yield Set(
            f"{municipality.capitalize()} ({split})",
            [(own, [question for question in asked if question.split == split])],
        )


def public_sets(folder: Path | None) -> Iterator[Set]:
    """The public sets of a folder; those that are missing are named and left out."""
    if folder is None:
        say("SweFAQ and NorQuAD are left out: give their folder with --public")
        return
    readers: dict[str, Callable[[Path], list[PublicSet]]] = {
        "SweFAQ (one pool)": lambda path: [swefaq(path)],
        "SweFAQ (within the category)": swefaq_categories,
        "SweFAQ (40% taken away)": lambda path: [swefaq(path).without_some()],
        "NorQuAD": lambda path: [norquad(path)],
        "NorQuAD (40% taken away)": lambda path: [norquad(path).without_some()],
    }
    for name, read in readers.items():
        try:
            pools = read(folder)
        except FileNotFoundError as error:
            say(f"{name} is left out: {error.filename} is missing")
            continue
        yield Set(name, [_pool(pool, name) for pool in pools])


def compared(
    one: Set, encoder: Encoder, model: ConfidenceModel
) -> dict[str, dict[str, float | None]]:
    """The figures of each way to search, by its name."""
    ours: list[Outcome] = []
    plain: dict[str, list[Outcome]] = {name: [] for name in PLAIN}
    told = ProgressEncoder(encoder, say)
    told.topic = one.name
    for articles, questions in one.pools:
        chunks = [chunk for article in articles for chunk in split_article(article)]
        index = MunicipalityIndex.build(MUNICIPALITY, chunks, told)
        ours += outcomes(index, questions, encoder, model)
        for question in questions:
            (embedding,) = encoder.encode_queries([question.text])
            for name, way in PLAIN.items():
                order = _articles(index, way(index, question, embedding))
                place = order.index(question.article) + 1 if question.article in order else None
                plain[name].append(
                    Outcome(question.article is not None, place, "unanswerable", 0.0, 0.0)
                )
    found: Table = {}
    for name, made in plain.items():
        values = figures(made)
        found[name] = {key: values[key] for key in list(COLUMNS.values())[:3]}
    found["Svar"] = figures(ours)
    return found


def words_alone(index: MunicipalityIndex, question: Question, _: Embedding) -> Vectors:
    """BM25 over lemmas: a score for every chunk."""
    terms = text_analysis.lemmas(question.text, index.analysed_as(question.language))
    return index.chunk_words.scores(dict.fromkeys(terms, 1.0))


def encoder_alone(index: MunicipalityIndex, _: Question, embedding: Embedding) -> Vectors:
    """The cosine of every chunk's best vector."""
    return index.passages.best(embedding.vector, np.arange(len(index)))


def plain_sum(index: MunicipalityIndex, question: Question, embedding: Embedding) -> Vectors:
    """Both, each in standard deviations."""
    words = words_alone(index, question, embedding)
    near = encoder_alone(index, question, embedding)
    parts = [(v - v.mean()) / max(float(v.std()), 1e-9) for v in (words, near)]
    return np.asarray(parts[0] + parts[1], np.float32)


PLAIN: dict[str, Callable[[MunicipalityIndex, Question, Embedding], Vectors]] = {
    "BM25 on lemmas": words_alone,
    "encoder alone": encoder_alone,
    "plain sum": plain_sum,
}


def _articles(index: MunicipalityIndex, scores: Vectors) -> list[str]:
    order = np.argsort(-scores, kind="stable")[:NEAREST]
    return list(dict.fromkeys(index.articles[number] for number in index.article_of[order]))


def _pool(pool: PublicSet, name: str) -> tuple[list[Article], list[Question]]:
    articles: Sequence[tuple[str, dict[str, object]]] = [(name, row) for row in pool.articles]
    questions = [(name, row) for row in pool.questions]
    return articles_of(articles, MUNICIPALITY), questions_of(questions)
