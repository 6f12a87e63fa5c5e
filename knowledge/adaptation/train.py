"""python -m knowledge.adaptation.train: trains the low-rank changes, writes the shipped delta.

Every batch holds neighbouring pages of one writer, so that the sections a question must be told
apart from are those it could be mistaken for. Three losses add up: the right section among the
batch's by sentence vectors, the same by late interaction, and for every pair on its own whether
the section answers the question, which near misses never have.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from knowledge.adaptation.delta import DELTA, write_delta
from knowledge.adaptation.model import Encoder
from knowledge.adaptation.pairs import FOLDER, Page, read_pages
from knowledge.encoding.encoder import PROMPTS
from knowledge.encoding.tokenizer import build_tokenizer
from knowledge.encoding.weights import Weights, find_weights
from knowledge.evaluation.evaluate import say
from knowledge.evaluation.figures import auroc

SEED = 11
EPOCHS = 2
UNRUN = 0.5
"""The rate falls as if so much longer were trained; what little it would add takes a third more."""
SECTIONS_A_BATCH = 24
"""From here on a batch is full."""
NEIGHBOURS = 3
RATE = 1.5e-4
WARM_UP = 0.08
SENTENCE_TEMPERATURE, TOKEN_TEMPERATURE = 0.02, 0.05
"""To begin with; both are learnt."""
PAIR_WEIGHT = 0.5
QUESTION_TOKENS, PASSAGE_TOKENS = 64, 192
PROMPT_TOKENS = 3
"""`<s>`, the prompt's word and its colon stand before every text and say nothing of it."""
BARE = 0.3
"""Share of passages shown without title and heading, as on pages that have none."""
MISTYPED = 0.15
TOGETHER = 16
"""How many texts of like length go through the layers together."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Passages, questions, and the passage that answers each question; -1: none does."""

    passages: list[str]
    questions: list[str]
    answers: list[int]


def main() -> int:
    """Train on all pages but those kept back, with figures on these after every epoch."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--pages", type=Path, default=FOLDER, help="default: %(default)s")
    parser.add_argument("--epochs", type=int, default=EPOCHS, help="default: %(default)s")
    parser.add_argument("--out", type=Path, default=DELTA, help="default: %(default)s")
    args = parser.parse_args()
    torch.manual_seed(SEED)
    pages = read_pages(args.pages)
    training = [page for page in pages if not page.kept_back]
    kept = [page for page in pages if page.kept_back]
    weights = Weights(find_weights())
    trainer = Trainer(Encoder(weights), build_tokenizer(weights.pieces))
    say(f"{len(training)} pages to learn from, {len(kept)} kept back")
    trainer.begin(training)
    if not args.epochs:
        say(f"untrained: {_told(trainer.figures(kept))}")
        return 0
    groups = neighbours(training, trainer)
    steps = args.epochs * sum(1 for _ in batches(training, groups, random.Random(SEED)))
    planned = round((1 + UNRUN) * steps)
    optimizer = torch.optim.AdamW(trainer.parameters(), lr=RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate(step, planned))
    draw = random.Random(SEED)
    began = time.monotonic()
    done = 0
    for epoch in range(args.epochs):
        total = []
        for batch in batches(training, groups, draw):
            loss = trainer.loss(batch)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(trainer.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            total.append(float(loss.detach()))
            done += 1
            if done % 20 == 0:
                left = (time.monotonic() - began) / done * (steps - done)
                say(f"step {done} of {steps}, loss {np.mean(total[-20:]):.3f}, {left:.0f} s left")
        say(f"epoch {epoch + 1}: loss {np.mean(total):.3f}, {_told(trainer.figures(kept))}")
        write_delta(args.out, trainer.model.state_dict())
    say(f"{args.out}: {args.out.stat().st_size / 1e6:.1f} MB")
    return 0


class Trainer:
    """The model with what turns texts into its input and its output into losses."""

    def __init__(self, model: Encoder, tokenizer: Tokenizer) -> None:
        self.model = model
        self.tokenizer = tokenizer
        # Logarithms of the two scales, and the bias, by which a pair's scores become log odds.
        self.pair = torch.nn.Parameter(torch.tensor([math.log(10.0), math.log(10.0), -12.0]))
        temperatures = torch.tensor([SENTENCE_TEMPERATURE, TOKEN_TEMPERATURE])
        self.temperature = torch.nn.Parameter(temperatures.log())

    def parameters(self) -> list[torch.nn.Parameter]:
        return [
            self.pair,
            self.temperature,
            *(p for p in self.model.parameters() if p.requires_grad),
        ]

    @torch.no_grad()
    def begin(self, pages: Sequence[Page]) -> None:
        """Set the token head to the main directions of the pages' tokens."""
        states = []
        for page in pages:
            text = PROMPTS["passage"] + passage(page.title, "", page.sections[0].text)
            ids = torch.tensor([self.tokenizer.encode(text).ids[:PASSAGE_TOKENS]])
            states.append(self.model.states(ids, torch.ones_like(ids, dtype=torch.bool))[0])
        self.model.begin_tokens(torch.cat(states))

    def encode(self, kind: str, texts: Sequence[str]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Sentence vectors, token vectors, importance, and which tokens are the text's own."""
        limit = QUESTION_TOKENS if kind == "query" else PASSAGE_TOKENS
        prompted = [PROMPTS[kind] + text for text in texts]
        rows = [encoding.ids for encoding in self.tokenizer.encode_batch(prompted)]
        rows = [row if len(row) <= limit else [*row[: limit - 1], row[-1]] for row in rows]
        longest = max(map(len, rows))
        # By length, a few at a time: one long story would make every question as long.
        order = sorted(range(len(rows)), key=lambda number: len(rows[number]))
        parts = [order[start : start + TOGETHER] for start in range(0, len(order), TOGETHER)]
        made = [self._encoded([rows[number] for number in part], longest) for part in parts]
        places = torch.tensor(order).argsort()
        sentence, tokens, importance, own = (
            torch.cat(column)[places] for column in zip(*made, strict=True)
        )
        return sentence, tokens, importance, own

    def _encoded(self, rows: Sequence[list[int]], longest: int) -> tuple[Tensor, ...]:
        ids = torch.ones(len(rows), max(map(len, rows)), dtype=torch.long)
        mask = torch.zeros_like(ids, dtype=torch.bool)
        own = torch.zeros_like(mask)
        for number, row in enumerate(rows):
            ids[number, : len(row)] = torch.tensor(row)
            mask[number, : len(row)] = True
            own[number, PROMPT_TOKENS : len(row) - 1] = True
        with torch.autocast("cpu", torch.bfloat16):
            sentence, tokens, importance = self.model(ids, mask)
        room = longest - ids.shape[1]
        return (
            sentence,
            functional.pad(tokens, (0, 0, 0, room)),
            functional.pad(importance, (0, room)),
            functional.pad(own, (0, room)),
        )

    def scores(self, questions: Sequence[str], passages: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Cosines of the sentence vectors and late interaction, shape (questions, passages)."""
        asked, asked_tokens, importance, asked_own = self.encode("query", questions)
        said, said_tokens, _, said_own = self.encode("passage", passages)
        # Token against token is the most of the work: in half precision, passage by passage.
        share = importance.masked_fill(~asked_own, -1e9).softmax(-1)
        flat = asked_tokens.flatten(0, 1).bfloat16()
        columns = []
        for tokens, own in zip(said_tokens.bfloat16(), said_own, strict=True):
            best = (flat @ tokens[own].T).amax(-1).float().view(share.shape)
            columns.append((best * share).sum(-1))
        return asked @ said.T, torch.stack(columns, dim=1)

    def loss(self, batch: Batch) -> Tensor:
        """The three losses of a batch, added."""
        dense, late = self.scores(batch.questions, batch.passages)
        answers = torch.tensor(batch.answers)
        known = answers >= 0
        sharp = self.temperature.exp()
        among = functional.cross_entropy(dense[known] / sharp[0], answers[known])
        among_late = functional.cross_entropy(late[known] / sharp[1], answers[known])
        truth = torch.zeros_like(dense)
        truth[known, answers[known]] = 1.0
        odds = self.pair[0].exp() * dense + self.pair[1].exp() * late + self.pair[2]
        pairs = functional.binary_cross_entropy_with_logits(odds, truth, reduction="none")
        return among + among_late + PAIR_WEIGHT * pairs.sum(1).mean()

    @torch.no_grad()
    def figures(self, pages: Sequence[Page]) -> dict[str, float]:
        """Accuracy among all sections of a writer, and how near misses are told from questions."""
        dense_right, late_right, best, truth = [], [], [], []
        for file in sorted({writer(page) for page in pages}):
            own = [page for page in pages if writer(page) == file]
            batch = whole(own)
            dense, late = self.scores(batch.questions, batch.passages)
            answers = np.array(batch.answers)
            known = answers >= 0
            dense_right += list(dense.argmax(1).numpy()[known] == answers[known])
            late_right += list(late.argmax(1).numpy()[known] == answers[known])
            odds = self.pair[0].exp() * dense + self.pair[1].exp() * late
            best += odds.amax(1).tolist()
            truth += known.tolist()
        return {
            "dense": float(np.mean(dense_right)),
            "late": float(np.mean(late_right)),
            "auroc": auroc(best, truth) or 0.0,
        }


def writer(page: Page) -> str:
    """The file a page is from."""
    return page.id.rsplit("-", 1)[0]


def passage(title: str, heading: str, text: str) -> str:
    """A passage as the index embeds it."""
    return "\n".join(part for part in (title, heading, text) if part)


def whole(pages: Sequence[Page]) -> Batch:
    """All sections and questions of the pages, near misses among them."""
    found = Batch([], [], [])
    for page in pages:
        for section in page.sections:
            for question in section.questions:
                found.questions.append(question)
                found.answers.append(len(found.passages))
            found.passages.append(passage(page.title, section.heading, section.text))
        for question in page.near_misses:
            found.questions.append(question)
            found.answers.append(-1)
    return found


@torch.no_grad()
def neighbours(pages: Sequence[Page], trainer: Trainer) -> dict[str, list[int]]:
    """For every page its nearest pages of the same writer, itself first."""
    vectors = []
    for start in range(0, len(pages), 16):
        texts = [
            passage(page.title, "", " ".join(section.heading for section in page.sections))
            for page in pages[start : start + 16]
        ]
        vectors.append(trainer.encode("passage", texts)[0])
    near = torch.cat(vectors)
    found = {}
    for number, page in enumerate(pages):
        own = [other for other in range(len(pages)) if writer(pages[other]) == writer(page)]
        order = (near[own] @ near[number]).argsort(descending=True).tolist()
        found[page.id] = [own[place] for place in order]
    return found


def batches(
    pages: Sequence[Page], groups: dict[str, list[int]], draw: random.Random
) -> Iterator[Batch]:
    """Every page once, in a batch with neighbours that are still to come."""
    left = set(range(len(pages)))
    order = list(left)
    draw.shuffle(order)
    for first in order:
        if first not in left:
            continue
        batch: list[int] = []
        seed = first
        while sum(len(pages[number].sections) for number in batch) < SECTIONS_A_BATCH:
            near = [number for number in groups[pages[seed].id] if number in left][:NEIGHBOURS]
            batch += near
            left.difference_update(near)
            rest = [number for number in groups[pages[first].id] if number in left]
            if not rest:
                break
            seed = draw.choice(rest)
        yield _varied(whole([pages[number] for number in batch]), draw)


def _varied(batch: Batch, draw: random.Random) -> Batch:
    """Some passages without their headings and some questions as typed in a hurry."""
    return Batch(
        [text.split("\n", 2)[-1] if draw.random() < BARE else text for text in batch.passages],
        [mistyped(text, draw) if draw.random() < MISTYPED else text for text in batch.questions],
        batch.answers,
    )


_PLAIN = str.maketrans("åäöæøÅÄÖÆØé", "aaoaoAAOAOe")


def mistyped(text: str, draw: random.Random) -> str:
    """The text in small letters, without dots and rings, or with two letters changed."""
    way = draw.randrange(3)
    if way == 0:
        return text.lower().rstrip("?.!")
    if way == 1:
        return text.translate(_PLAIN)
    letters = list(text)
    for _ in range(2):
        spots = [i for i in range(1, len(letters) - 1) if letters[i].isalpha()]
        if len(letters) < 8 or not spots:
            break
        spot = draw.choice(spots)
        if draw.random() < 0.5:
            del letters[spot]
        else:
            letters[spot - 1], letters[spot] = letters[spot], letters[spot - 1]
    return "".join(letters)


def rate(step: int, steps: int) -> float:
    """Share of the full learning rate: a short rise, then half a cosine down to nothing."""
    rise = max(1, round(WARM_UP * steps))
    if step < rise:
        return (step + 1) / rise
    return 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1, steps - rise)))


def _told(figures: dict[str, float]) -> str:
    return json.dumps({name: round(value, 3) for name, value in figures.items()})


if __name__ == "__main__":
    sys.exit(main())
