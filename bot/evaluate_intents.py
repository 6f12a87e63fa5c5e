"""How well intents are told apart: by intent and language, and the worst confusions.

Run by `python -m bot.evaluate_intents` in the bot's environment while knowledge is up. The
utterances under nlu_data/held_out are never trained on.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from sklearn.metrics import precision_recall_fscore_support

from bot.components.embeddings import TRAINING_LIMIT, EmbeddingsUnavailableError, shared_client
from bot.components.intent_model import IntentModel
from bot.trained import NotTrainedError, read_part

LANGUAGES = ("sv", "nb", "nn")
OUTSIDE = "out_of_scope"
NEAREST = 0.95
"""No training utterance may have a larger cosine to a held-out one."""
WORST = 10
EXAMPLES = 2
FILE = "intents.npz"
"""The intent model's name in a trained bot."""


class NotMeasurableError(Exception):
    """A file of utterances can't be read; the message says which and why."""


@dataclass(frozen=True)
class Utterance:
    """A line of the data with its intent."""

    language: str
    intent: str
    text: str


@dataclass(frozen=True)
class Judged:
    """An utterance, the intent that was found and its probability."""

    utterance: Utterance
    found: str
    probability: float


def read_utterances(path: Path, language: str) -> Iterator[Utterance]:
    """The utterances of a file in Rasa's format.

    Raises:
        NotMeasurableError: it is missing, or something else.
    """
    try:
        blocks = yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]
        for block in blocks:
            for line in block["examples"].splitlines():
                yield Utterance(language, block["intent"], line[2:].strip())
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise NotMeasurableError(f"{path}: {error}") from error


def read_outside(path: Path) -> list[Utterance]:
    """Lines of JSON with a `text` that no municipality answers, such as MASSIVE's in Bokmål.

    Raises:
        NotMeasurableError: the file is missing, or a line has no text.
    """
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        return [Utterance("nb", OUTSIDE, row["text"]) for row in rows]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NotMeasurableError(f"{path}: {error!r}") from error


def judge(model: IntentModel, utterances: Sequence[Utterance]) -> list[Judged]:
    """What the model takes each utterance for."""
    texts = [utterance.text for utterance in utterances]
    probabilities = model.probabilities(texts, shared_client().embed(texts, TRAINING_LIMIT))
    best = probabilities.argmax(axis=1)
    return [
        Judged(utterance, model.intents[place], float(row[place]))
        for utterance, place, row in zip(utterances, best.tolist(), probabilities, strict=True)
    ]


def figures(judged: Sequence[Judged]) -> dict[str, Any]:
    """Shares in 0..1 by language: macro-F1, accuracy, and F1 of each intent."""
    return {
        language: _of(own)
        for language in LANGUAGES
        if (own := [each for each in judged if each.utterance.language == language])
    }


def _of(judged: Sequence[Judged]) -> dict[str, Any]:
    truth = [each.utterance.intent for each in judged]
    found = [each.found for each in judged]
    names = sorted(set(truth))
    precision, recall, f1, _ = precision_recall_fscore_support(
        truth, found, labels=names, zero_division=0.0
    )
    outside = names.index(OUTSIDE) if OUTSIDE in names else None
    return {
        "utterances": len(judged),
        "macro_f1": float(np.mean(f1)),
        "accuracy": float(np.mean(np.asarray(truth) == np.asarray(found))),
        "out_of_scope": outside is not None
        and {"recall": float(recall[outside]), "precision": float(precision[outside])},
        "f1": dict(zip(names, map(float, f1), strict=True)),
    }


def confusions(judged: Sequence[Judged]) -> list[tuple[str, str, int, list[str]]]:
    """The worst pairs of intended and found intent: how often, and examples."""
    wrong = [each for each in judged if each.found != each.utterance.intent]
    counts = Counter((each.utterance.intent, each.found) for each in wrong)
    return [
        (
            *pair,
            count,
            [e.utterance.text for e in wrong if (e.utterance.intent, e.found) == pair][:EXAMPLES],
        )
        for pair, count in counts.most_common(WORST)
    ]


def too_near(training: Sequence[Utterance], held_out: Sequence[Utterance]) -> list[str]:
    """Training utterances that say what a held-out one says, by their cosine."""
    client = shared_client()
    known = client.embed([each.text for each in training], TRAINING_LIMIT)
    asked = client.embed([each.text for each in held_out], TRAINING_LIMIT)
    cosines = known @ asked.T
    return [
        f"{training[row].text!r} is as near as {cosines[row, column]:.3f} to the held-out "
        f"{held_out[column].text!r}"
        for row, column in zip(*np.nonzero(cosines > NEAREST), strict=True)
    ]


def _is_near(model: IntentModel, held_out: Sequence[Utterance]) -> bool:
    asked = shared_client().embed([each.text for each in held_out], TRAINING_LIMIT)
    known = model.known * model.scale + model.mean
    # What was stored is rounded; what is that close is looked at more closely.
    return bool((known @ asked.T).max() > NEAREST - 1e-5)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure or check; 1 when the check fails, 2 when something can't be read."""
    parser = argparse.ArgumentParser(prog="python -m bot.evaluate_intents", description=__doc__)
    parser.add_argument("--model", type=Path, default=Path("var/models/svar.tar.gz"))
    parser.add_argument("--data", type=Path, default=Path("nlu_data"))
    parser.add_argument("--outside", type=Path, help="JSON lines of texts out of every scope")
    parser.add_argument("--check", action="store_true", help="is anything held out trained on?")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args(arguments)
    try:
        return _run(options)
    except (NotMeasurableError, NotTrainedError, EmbeddingsUnavailableError) as error:
        print(error, file=sys.stderr)
        return 2


def _run(options: argparse.Namespace) -> int:
    folder = options.data / "held_out"
    held_out = [
        each
        for language in LANGUAGES
        for each in read_utterances(folder / f"{language}.yml", language)
    ]
    if options.check:
        training = [
            each
            for language in LANGUAGES
            for path in sorted((options.data / language).glob("*.yml"))
            for each in read_utterances(path, language)
        ]
        model = read_part(options.model, FILE, IntentModel.read)
        # The model keeps the embeddings it was trained on: the utterances themselves are
        # looked at only when one of them has to be named.
        found = too_near(training, held_out) if _is_near(model, held_out) else []
        print("\n".join(found) or f"No training utterance is nearer than {NEAREST}.")
        return 1 if found else 0
    model = read_part(options.model, FILE, IntentModel.read)
    judged = judge(model, held_out)
    outside = judge(model, read_outside(options.outside)) if options.outside else []
    caught = float(np.mean([each.found == OUTSIDE for each in outside])) if outside else None
    if options.json:
        print(json.dumps({**figures(judged), "outside_recall": caught}, indent=2))
        return 0
    _report(judged, caught)
    return 0


def _report(judged: Sequence[Judged], caught: float | None) -> None:
    by_language = figures(judged)
    print(f"{'intent':26}" + "".join(f"{language:>8}" for language in by_language))
    for intent in sorted({each.utterance.intent for each in judged}):
        cells = (found["f1"].get(intent) for found in by_language.values())
        print(f"{intent:26}" + "".join("       -" if f is None else f"{f:8.2f}" for f in cells))
    for name in ("macro_f1", "accuracy"):
        print(f"{name:26}" + "".join(f"{found[name]:8.3f}" for found in by_language.values()))
    for name in ("recall", "precision"):
        cells = (found["out_of_scope"][name] for found in by_language.values())
        print(f"{'out_of_scope ' + name:26}" + "".join(f"{share:8.3f}" for share in cells))
    if caught is not None:
        print(f"{'others out of scope':26}{caught:8.3f}")
    print("\nworst confusions")
    for intended, found, count, examples in confusions(judged):
        print(f"{count:3} {intended} -> {found}: {' | '.join(examples)}")


if __name__ == "__main__":
    sys.exit(main())
