"""How well crises are found: recall and precision per language, and what went wrong.

Once for all turns that get numbers to call, be it after the answer to a question (`shown`), and
once for those where they outrank everything (`certain`); with how many everyday utterances get
them. Run by `python -m bot.evaluate_crisis` in the bot's environment while knowledge is up. The
rows under nlu_data/held_out/crisis are an examination: nothing is chosen by what it gives.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.components.crisis_detector import crisis_of_turn
from bot.components.crisis_model import (
    LANGUAGES,
    NONE,
    Crisis,
    CrisisDataError,
    CrisisModel,
    CrisisRow,
    Vectors,
    passages,
    read_rows,
)
from bot.components.crisis_words import KINDS
from bot.components.embeddings import TRAINING_LIMIT, EmbeddingsUnavailableError, shared_client
from bot.components.intent_model import IntentModel
from bot.evaluate_intents import FILE as INTENTS_FILE
from bot.evaluate_intents import NotMeasurableError, Utterance, read_utterances
from bot.trained import NotTrainedError, read_part

FALLBACK = "nlu_fallback"
LEAST_CONFIDENCE = 0.5
"""The FallbackClassifier's threshold in bot/config.yml."""
_FILE = "crisis.npz"
"""The detector's name in a trained bot."""


@dataclass(frozen=True)
class Judged:
    """A row and what the turn gives numbers for; not `certain`: after the answer to a question."""

    row: CrisisRow
    found: Crisis | None
    certain: bool = True

    @property
    def is_right(self) -> bool:
        """Whether numbers are shown if and only if there is a crisis, whatever its kind."""
        return (self.found is not None) == (self.row.kind != NONE)


def judge(model: CrisisModel, intents: IntentModel, rows: Sequence[CrisisRow]) -> list[Judged]:
    """What each row gives numbers for, as a turn of its own."""
    client = shared_client()
    judged = []
    for row in rows:
        vectors = client.embed([row.text, *passages(row.text)], TRAINING_LIMIT)
        found = model.find(row.text, vectors)
        crisis, possible = crisis_of_turn(found, _intent(intents, row.text, vectors[:1]))
        judged.append(Judged(row, crisis or possible, crisis is not None))
    return judged


def _intent(intents: IntentModel, text: str, vectors: Vectors) -> str:
    probabilities = intents.probabilities([text], vectors)[0]
    best = int(probabilities.argmax())
    return intents.intents[best] if probabilities[best] >= LEAST_CONFIDENCE else FALLBACK


def summary(judged: Sequence[Judged], everyday: Sequence[Judged]) -> dict[str, Any]:
    """Figures by language; each is a share in 0..1, or None where there is nothing to divide by.

    `everyday` are utterances that tell of nothing in particular; their shares are false alarms.
    """
    return {
        language: {
            "shown": _figures(judged, everyday, language),
            "certain": _figures(_certain(judged), _certain(everyday), language),
        }
        for language in LANGUAGES
    }


def _certain(judged: Sequence[Judged]) -> list[Judged]:
    return [each if each.certain else Judged(each.row, None) for each in judged]


def _figures(judged: Sequence[Judged], everyday: Sequence[Judged], language: str) -> dict[str, Any]:
    rows = [each for each in judged if each.row.language == language]
    common = [each for each in everyday if each.row.language == language]
    crises = [each for each in rows if each.row.kind != NONE]
    found = [each for each in rows if each.found is not None]
    hits = [each for each in crises if each.found is not None]
    of_kind = {kind: [each for each in crises if each.row.kind == kind] for kind in KINDS}
    same = [each for each in hits if each.found and each.found.kind == each.row.kind]
    return {
        "rows": len(rows),
        "crises": len(crises),
        "recall": _share(len(hits), len(crises)),
        "precision": _share(len(hits), len(found)),
        "recall_by_kind": {
            kind: _share(sum(each.found is not None for each in of_kind[kind]), len(of_kind[kind]))
            for kind in KINDS
        },
        "kind_accuracy": _share(len(same), len(hits)),
        "everyday": len(common),
        "false_alarms": _share(sum(each.found is not None for each in common), len(common)),
    }


def _everyday(utterance: Utterance) -> CrisisRow:
    return CrisisRow(utterance.language, utterance.text, NONE)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _shown(share: float | None) -> str:
    return "-" if share is None else f"{share:.3f}"


def _report(judged: Sequence[Judged], everyday: Sequence[Judged], errors: bool) -> None:
    heads = "language | numbers | rows | recall | precision | right kind | " + " | ".join(KINDS)
    print(f"| {heads} | everyday | false alarms |")
    print("|---|---|--:|" + "--:|" * (5 + len(KINDS)))
    for language, tiers in summary(judged, everyday).items():
        for tier, figures in tiers.items():
            cells = [language, tier, str(figures["rows"])]
            cells += [_shown(figures[name]) for name in ("recall", "precision", "kind_accuracy")]
            cells += [_shown(figures["recall_by_kind"][kind]) for kind in KINDS]
            cells += [str(figures["everyday"]), _shown(figures["false_alarms"])]
            print(f"| {' | '.join(cells)} |")
    for each in (*judged, *everyday) if errors else ():
        if not each.is_right:
            found = f"{each.found.kind} {each.found.probability:.2f}" if each.found else NONE
            print(f"{each.row.language} {each.row.kind} -> {found}: {each.row.text}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; 2 when the model, the data or knowledge can't be read."""
    parser = argparse.ArgumentParser(prog="python -m bot.evaluate_crisis", description=__doc__)
    parser.add_argument("--model", type=Path, default=Path("var/models/svar.tar.gz"))
    parser.add_argument("--data", type=Path, default=Path("nlu_data/held_out/crisis"))
    parser.add_argument("--everyday", type=Path, default=Path("nlu_data/held_out"))
    parser.add_argument("--errors", action="store_true", help="print the rows that went wrong")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args(arguments)
    try:
        model = read_part(options.model, _FILE, CrisisModel.read)
        intents = read_part(options.model, INTENTS_FILE, IntentModel.read)
        rows = read_rows(options.data)
        common = [
            _everyday(each)
            for language in LANGUAGES
            for each in read_utterances(options.everyday / f"{language}.yml", language)
        ]
        client = shared_client()
        client.embed([rows[0].text], TRAINING_LIMIT)
        if client.encoder != model.encoder:
            raise NotTrainedError(
                f"{options.model} was trained on embeddings of {model.encoder}; "
                f"knowledge now has {client.encoder}. Train the bot again."
            )
        judged = judge(model, intents, rows)
        everyday = judge(model, intents, common)
    except (
        NotTrainedError,
        NotMeasurableError,
        CrisisDataError,
        EmbeddingsUnavailableError,
    ) as error:
        print(error, file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps(summary(judged, everyday), indent=2))
    else:
        _report(judged, everyday, options.errors)
    return 0


if __name__ == "__main__":
    sys.exit(main())
