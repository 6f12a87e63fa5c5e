from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from bot import evaluate_crisis
from bot.components.crisis_model import Crisis, CrisisModel, CrisisRow
from bot.components.embeddings import shared_client
from bot.components.intent_model import IntentModel
from bot.evaluate_crisis import Judged, judge, summary
from bot.trained import NotTrainedError, read_part

DIMENSION = 64


def _judged(language: str, kind: str, found: str | None, certain: bool = True) -> Judged:
    crisis = Crisis(found, 0.9) if found else None
    return Judged(CrisisRow(language, "text", kind), crisis, certain)


def test_another_kind_counts_as_found_but_not_as_right() -> None:
    """Recall asks for any crisis; the accuracy of the kind stands beside it."""
    judged = [
        _judged("sv", "fire", "fire"),
        _judged("sv", "child", "violence"),
        _judged("sv", "child", None),
        _judged("sv", "none", "fire"),
        _judged("sv", "none", None),
        _judged("nb", "none", None),
    ]

    figures = summary(judged, [])

    shown = figures["sv"]["shown"]
    assert shown["recall"] == pytest.approx(2 / 3)
    assert shown["precision"] == pytest.approx(2 / 3)
    assert shown["kind_accuracy"] == pytest.approx(1 / 2)
    assert shown["recall_by_kind"]["child"] == pytest.approx(1 / 2)
    assert shown["recall_by_kind"]["suicide"] is None
    nothing = figures["nb"]["shown"]
    assert (nothing["recall"], nothing["precision"], nothing["false_alarms"]) == (None, None, None)


def test_what_is_only_added_to_an_answer_is_no_certain_find() -> None:
    """Both ways of giving the numbers are counted, and the everyday's false alarms of each."""
    judged = [_judged("nn", "fire", "fire"), _judged("nn", "fire", "fire", certain=False)]
    everyday = [
        _judged("nn", "none", "fire", certain=False),
        _judged("nn", "none", "child"),
        *[_judged("nn", "none", None) for _ in range(8)],
    ]

    figures = summary(judged, everyday)["nn"]

    assert [figures[tier]["recall"] for tier in ("shown", "certain")] == [1.0, 0.5]
    assert [figures[tier]["false_alarms"] for tier in ("shown", "certain")] == [0.2, 0.1]


def _detector(**lines: float) -> CrisisModel:
    """Its machines never see a crisis: the words decide, or the lines."""
    width = DIMENSION + 12
    return CrisisModel(
        encoder="words",
        mean=np.zeros(DIMENSION),
        scale=np.ones(DIMENSION),
        support=np.zeros((1, width)),
        duals=np.zeros(1),
        ngrams=np.asarray(["ab"]),
        rarity=np.ones(1),
        words=np.asarray(["ab"]),
        word_rarity=np.ones(1),
        weights=np.zeros(width + 2),
        intercept=-5.0,
        kind_weights=np.zeros((width, 5)),
        kind_bias=np.zeros(5),
        **lines,
    )


@pytest.fixture
def intents(embedding_server: Any) -> IntentModel:
    """Greetings and questions about waste."""
    texts = ["hej", "hej där", "hej du", "hej igen", "sopor", "sopor idag", "sopor här", "sopor nu"]
    vectors = shared_client().embed(texts)
    return IntentModel.fit(texts, vectors, ["greet"] * 4 + ["service_waste"] * 4, "words")


@pytest.fixture
def trained(tmp_path: Path, intents: IntentModel) -> Path:
    """A bot's archive."""
    _detector().save(tmp_path / "crisis.npz")
    intents.save(tmp_path / "intents.npz")
    path = tmp_path / "svar.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        archive.add(tmp_path / "crisis.npz", "components/train_CrisisDetector/crisis.npz")
        archive.add(tmp_path / "intents.npz", "components/train_Classifier/intents.npz")
    return path


def test_a_possible_crisis_counts_where_the_turn_asks_something(intents: IntentModel) -> None:
    """A greeting is answered as one, so it shows no numbers; sure words show them anywhere."""
    rows = [CrisisRow("sv", text, "fire") for text in ("hej du", "sopor nu", "det brinner hej")]

    judged = judge(_detector(possible=-6.0, certain=1.0), intents, rows)

    assert [(each.found is not None, each.certain) for each in judged] == [
        (False, False),
        (True, False),
        (True, True),
    ]


def test_a_measurement_of_a_trained_bot(
    trained: Path, tmp_path: Path, embedding_server: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """The errors are printed with what was found; the figures as JSON when asked for."""
    rows = [("det brinner", "fire"), ("allt är svart", "suicide"), ("när öppnar badet", None)]
    for language in ("sv", "nb", "nn"):
        lines = [json.dumps({"text": text, "kind": kind}) for text, kind in rows]
        (tmp_path / f"{language}.jsonl").write_text("\n".join(lines))
        examples = "- hej du\n- det brinner i grillen\n"
        content = {"nlu": [{"intent": "greet", "examples": examples}]}
        (tmp_path / f"{language}.yml").write_text(yaml.safe_dump(content))
    arguments = ["--model", str(trained), "--data", str(tmp_path), "--everyday", str(tmp_path)]

    assert 0 == evaluate_crisis.main([*arguments, "--errors"])
    assert "nn suicide -> none: allt är svart" in capsys.readouterr().out
    assert 0 == evaluate_crisis.main([*arguments, "--json"])
    figures = json.loads(capsys.readouterr().out)["nb"]["shown"]
    assert (figures["recall"], figures["precision"]) == (0.5, 1.0)
    assert (figures["everyday"], figures["false_alarms"]) == (2, 0.5)


def test_a_model_of_another_encoder_is_not_measured(
    trained: Path, embedding_server: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """The figures would say nothing."""
    embedding_server.encoder = "new"

    assert 2 == evaluate_crisis.main(["--model", str(trained)])
    assert "Train the bot again" in capsys.readouterr().err


def test_a_bot_without_a_detector_is_told_of(tmp_path: Path) -> None:
    """Missing file and archive without the model, each by its own words."""
    with pytest.raises(NotTrainedError, match="does not exist"):
        read_part(tmp_path / "none.tar.gz", "crisis.npz", CrisisModel.read)
    with tarfile.open(tmp_path / "old.tar.gz", "w:gz"):
        pass
    with pytest.raises(NotTrainedError, match=r"no crisis\.npz"):
        read_part(tmp_path / "old.tar.gz", "crisis.npz", CrisisModel.read)
