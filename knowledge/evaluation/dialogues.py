"""python -m knowledge evaluate-dialogues and fit-dialogues: questions that lean on earlier ones.

Dialogues of two to four turns, each turn with the articles that answer it in its context. Those of
`dialogues/` ask the demo municipalities and only measure; those of `dialogues/development/` ask the
written pages that no encoder was trained on, and fit `knowledge/finding/follow_up.json`.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from knowledge.adaptation.pairs import FOLDER as PAGES
from knowledge.adaptation.pairs import read_pages
from knowledge.articles.importer import article_of, read_seed
from knowledge.encoding.progress import ProgressEncoder
from knowledge.evaluation.evaluate import configured_encoder, say
from knowledge.evaluation.fitting import Remembering, written_pools
from knowledge.evaluation.labelled import LabelledFileError, Question, read_questions
from knowledge.finding import follow_up
from knowledge.finding.confidence import ConfidenceModel, load_model
from knowledge.finding.follow_up import FEATURES, Context
from knowledge.finding.logistic import Logistic
from knowledge.finding.search import Ranking, rank
from knowledge.indexing.chunking import split_article
from knowledge.indexing.index import MunicipalityIndex
from knowledge.types import Article, Encoder

FOLDER = Path(__file__).with_name("dialogues")
QUESTIONS = Path(__file__).parent
ARTICLES = Path(__file__).parents[1] / "seed"
SEED = 20
LANGUAGES = ("sv", "nb", "nn")
KINDS = ("follow_up", "correction", "new_topic")
PENALTY = 10.0
UNRELATED = 0.5
"""What the questions after another page weigh together, against the dialogues."""


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A resident's turns, the articles that answer each, and what kind the last turn is."""

    language: str
    municipality: str
    turns: tuple[str, ...]
    articles: tuple[tuple[str, ...], ...]
    kind: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether the last turn of a dialogue found its article, with and without context."""

    dialogue: Dialogue
    right: bool
    right_alone: bool


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of both commands."""
    parser.add_argument("--dialogues", type=Path, help="folder of sv.jsonl, nb.jsonl, nn.jsonl")
    parser.add_argument("--encoder", help="folder or name, instead of the one that is set")
    parser.add_argument("--json", action="store_true", help="one JSON object, nothing else")


def run_evaluation(args: argparse.Namespace) -> int:
    """Print by language and kind how many last turns find their article."""
    encoder = Remembering(ProgressEncoder(configured_encoder(args.encoder, say), say))
    dialogues = read_dialogues(args.dialogues or FOLDER)
    indexes = demo_indexes(encoder)
    model = load_model()
    outcomes = [outcome(one, indexes[one.municipality], encoder, model) for one in dialogues]
    found = figures(outcomes)
    shares = mistaken(indexes, encoder, model)
    for language, row in found.items():
        row["mistaken"] = shares[language]
    if args.json:
        print(json.dumps(found))
        return 0
    print(f"{'language':10}{'dialogues':>10}{'right':>8}{'alone':>8}", end="")
    columns = (*KINDS, "mistaken")
    print("".join(f"{kind:>12}" for kind in columns))
    for language, row in found.items():
        kinds = "".join(f"{row[kind]:12.3f}" for kind in columns)
        print(f"{language:10}{row['dialogues']:10.0f}{row['right']:8.3f}{row['alone']:8.3f}{kinds}")
    return 0


def run_fit(args: argparse.Namespace) -> int:
    """Fit follow_up.json on the development dialogues, and on questions after something else."""
    encoder = Remembering(ProgressEncoder(configured_encoder(args.encoder, say), say))
    model = load_model()
    indexes = written_indexes(encoder)
    rows, targets = [], []

    def add(index: MunicipalityIndex, language: str, text: str, last: str, follows: bool) -> None:
        alone, joined = rankings(index, language, text, Context(last), encoder)
        rows.append(follow_up.features(text, last, alone, joined, model))
        targets.append(follows)

    for one in read_dialogues(args.dialogues or FOLDER / "development"):
        index = indexes[one.language]
        for turn in range(1, len(one.turns)):
            last = next((a for a in reversed(one.articles[:turn]) if a), None)
            if last is None or not one.articles[turn]:
                continue
            add(index, one.language, one.turns[turn], last[0], last[0] in one.articles[turn])
    said = len(rows)
    for question, last_page in unrelated(
        [question for pool in written_pools(read_pages(PAGES))[::2] for question in pool.questions],
        indexes,
    ):
        add(indexes[question.language], question.language, question.text, last_page, False)
    # However many questions there are, together they weigh half as much as the dialogues.
    importance = [1.0] * said + [UNRELATED * said / (len(rows) - said)] * (len(rows) - said)
    fitted = Logistic.fit(rows, targets, importance, PENALTY, positive=False)
    values = {"features": list(FEATURES), **fitted.values()}
    follow_up.PACKAGED.write_text(json.dumps(values, indent=2) + "\n", "utf-8")
    right = [
        (fitted.probability(r) >= follow_up.EVEN) == t for r, t in zip(rows, targets, strict=True)
    ]
    say(
        f"{said} turns fitted, {np.mean(right[:said]):.3f} of them right, and "
        f"{len(rows) - said} questions after another page, {np.mean(right[said:]):.3f} right"
    )
    return 0


def mistaken(
    indexes: Mapping[str, MunicipalityIndex], encoder: Encoder, model: ConfidenceModel
) -> dict[str, float]:
    """By language: which share of whole questions after another page is taken as leaning on it."""
    by_language = {"sv": indexes["ekhamn"], "nb": indexes["fjordvik"], "nn": indexes["fjordvik"]}
    asked = [
        question
        for name in indexes
        for question in read_questions(QUESTIONS / f"{name}.jsonl")
        if question.split == "dev" and question.language in by_language
    ]
    found: dict[str, list[bool]] = {language: [] for language in LANGUAGES}
    for question, page in unrelated(asked, by_language):
        index = by_language[question.language]
        alone, joined = rankings(index, question.language, question.text, Context(page), encoder)
        found[question.language].append(
            follow_up.follows(question.text, page, alone, joined, model)
        )
    return {language: _share(taken) for language, taken in found.items()}


def unrelated(
    questions: Sequence[Question], indexes: Mapping[str, MunicipalityIndex]
) -> Iterator[tuple[Question, str]]:
    """Questions with a page, drawn by chance, that has nothing to do with them.

    Residents change the subject without a word: what they ask next is mostly a whole question.
    """
    draw = random.Random(SEED)
    for question in questions:
        others = [name for name in indexes[question.language].articles if name != question.article]
        yield question, draw.choice(others)


def outcome(
    dialogue: Dialogue, index: MunicipalityIndex, encoder: Encoder, model: ConfidenceModel
) -> Outcome:
    """The dialogue held turn by turn, each with what the search itself found before."""
    context: Context | None = None
    best = alone = ""
    for text, answers in zip(dialogue.turns, dialogue.articles, strict=True):
        if not answers:
            continue
        ranking = _rank(index, dialogue.language, follow_up.stated(text), encoder)
        alone = best = first_article(ranking)
        if context is not None:
            ranking, joined = rankings(index, dialogue.language, text, context, encoder)
            if follow_up.follows(text, context.article, ranking, joined, model):
                best = first_article(follow_up.about(joined, context.article))
        context = Context(best, text)
    last = dialogue.articles[-1]
    return Outcome(dialogue, best in last, alone in last)


def rankings(
    index: MunicipalityIndex, language: str, text: str, context: Context, encoder: Encoder
) -> tuple[Ranking, Ranking]:
    """The question as it stands, and with the title of the page that was talked about."""
    title = follow_up.joined(index, context, text)
    assert title is not None
    alone = _rank(index, language, follow_up.stated(text), encoder)
    return alone, _rank(index, language, title, encoder)


def first_article(ranking: Ranking) -> str:
    """The article of the best hit."""
    return ranking.index.articles[int(ranking.articles[0])]


def figures(outcomes: Sequence[Outcome]) -> dict[str, dict[str, float]]:
    """Shares in 0..1 by language: right, right without context, right by kind of last turn."""
    found = {}
    for language in LANGUAGES:
        own = [one for one in outcomes if one.dialogue.language == language]
        if own:
            found[language] = {
                "dialogues": float(len(own)),
                "right": float(np.mean([one.right for one in own])),
                "alone": float(np.mean([one.right_alone for one in own])),
                **{
                    kind: _share([one.right for one in own if one.dialogue.kind == kind])
                    for kind in KINDS
                },
            }
    return found


def _share(rights: Sequence[bool]) -> float:
    return float(np.mean(rights)) if rights else 0.0


def read_dialogues(folder: Path) -> list[Dialogue]:
    """The dialogues of a folder. Errors: LabelledFileError, naming file and line."""
    return [one for language in LANGUAGES for one in _read(folder / f"{language}.jsonl")]


def demo_indexes(encoder: Encoder) -> dict[str, MunicipalityIndex]:
    """The seed's articles, by municipality."""
    pages: dict[str, list[Article]] = {}
    for seed in read_seed(ARTICLES):
        pages.setdefault(seed.municipality, []).append(article_of(seed))
    return {name: _index(articles, encoder) for name, articles in pages.items()}


def written_indexes(encoder: Encoder) -> dict[str, MunicipalityIndex]:
    """The pages kept out of training, by language; Bokmål and Nynorsk share one index."""
    whole = [pool.articles for pool in written_pools(read_pages(PAGES))[::2]]
    swedish = [article for pages in whole for article in pages if article.language == "sv"]
    norwegian = [article for pages in whole for article in pages if article.language != "sv"]
    index = _index(norwegian, encoder)
    return {"sv": _index(swedish, encoder), "nb": index, "nn": index}


def _index(articles: Sequence[Article], encoder: Encoder) -> MunicipalityIndex:
    chunks = [chunk for article in articles for chunk in split_article(article)]
    return MunicipalityIndex.build(articles[0].municipality, chunks, encoder)


def _rank(index: MunicipalityIndex, language: str, text: str, encoder: Encoder) -> Ranking:
    (embedding,) = encoder.encode_queries([text])
    return rank(index, text, language, embedding)


def _read(path: Path) -> Iterator[Dialogue]:
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        try:
            row = json.loads(line)
            one = Dialogue(
                str(row["language"]),
                str(row.get("municipality", "")),
                tuple(map(str, row["turns"])),
                tuple(tuple(map(str, articles)) for articles in row["articles"]),
                str(row["kind"]),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise LabelledFileError(f"{path}, line {number}: {error!r}") from error
        if len(one.turns) != len(one.articles) or one.kind not in KINDS:
            raise LabelledFileError(
                f"{path}, line {number}: turns and articles differ in number, or no such kind"
            )
        yield one
