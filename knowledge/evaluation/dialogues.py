"""python -m knowledge evaluate-dialogues and fit-dialogues: questions that lean on earlier ones.

Dialogues of two to four turns, each turn with the articles that answer it in its context. Those of
`dialogues/` ask the demo municipalities and only measure; those of `dialogues/development/` ask the
written pages that no encoder was trained on, and fit `knowledge/finding/follow_up.json`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from knowledge.adaptation.pairs import FOLDER as PAGES
from knowledge.adaptation.pairs import read_pages
from knowledge.articles.importer import article_of, read_seed
from knowledge.encoding.progress import ProgressEncoder
from knowledge.evaluation.evaluate import configured_encoder, say
from knowledge.evaluation.fitting import Remembering, written_pools
from knowledge.evaluation.labelled import LabelledFileError
from knowledge.finding import follow_up
from knowledge.finding.confidence import ConfidenceModel, load_model
from knowledge.finding.follow_up import FEATURES, Context
from knowledge.finding.logistic import Logistic
from knowledge.finding.search import Ranking, rank
from knowledge.indexing.chunking import split_article
from knowledge.indexing.index import MunicipalityIndex
from knowledge.types import Article, Encoder

FOLDER = Path(__file__).with_name("dialogues")
SEED = Path(__file__).parents[1] / "seed"
LANGUAGES = ("sv", "nb", "nn")
KINDS = ("follow_up", "correction", "new_topic")
PENALTY = 10.0


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
    if args.json:
        print(json.dumps(found))
        return 0
    print(f"{'language':10}{'dialogues':>10}{'right':>8}{'alone':>8}", end="")
    print("".join(f"{kind:>12}" for kind in KINDS))
    for language, row in found.items():
        shares = "".join(f"{row[kind]:12.3f}" for kind in KINDS)
        print(
            f"{language:10}{row['dialogues']:10.0f}{row['right']:8.3f}{row['alone']:8.3f}{shares}"
        )
    return 0


def run_fit(args: argparse.Namespace) -> int:
    """Fit follow_up.json on the development dialogues."""
    encoder = Remembering(ProgressEncoder(configured_encoder(args.encoder, say), say))
    model = load_model()
    indexes = written_indexes(encoder)
    rows, targets = [], []
    for one in read_dialogues(args.dialogues or FOLDER / "development"):
        index = indexes[one.language]
        for turn in range(1, len(one.turns)):
            last = next((a for a in reversed(one.articles[:turn]) if a), None)
            if last is None or not one.articles[turn]:
                continue
            text = one.turns[turn]
            alone, joined = rankings(index, one.language, text, Context(last[0]), encoder)
            rows.append(follow_up.features(text, last[0], alone, joined, model))
            targets.append(last[0] in one.articles[turn])
    fitted = Logistic.fit(rows, targets, [1.0] * len(rows), PENALTY, positive=False)
    values = {"features": list(FEATURES), **fitted.values()}
    follow_up.PACKAGED.write_text(json.dumps(values, indent=2) + "\n", "utf-8")
    guessed = [fitted.probability(row) >= follow_up.EVEN for row in rows]
    say(f"{len(rows)} turns fitted, {np.mean(np.equal(guessed, targets)):.3f} of them right")
    return 0


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
    for seed in read_seed(SEED):
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
