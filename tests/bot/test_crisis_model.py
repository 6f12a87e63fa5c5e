from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.components.crisis_model import (
    EVERYDAY,
    LONGEST_PASSAGE,
    MOST_CERTAIN,
    MOST_PASSAGES,
    MOST_POSSIBLE,
    CrisisDataError,
    CrisisModel,
    CrisisRow,
    _lines,
    _some_calm,
    passages,
    read_rows,
)
from bot.components.crisis_words import crisis_words

CALM = "när öppnar badet"
GRIM = "allt är svart och tomt"
WORSE = "jag tappar greppet nu"


def _vector(text: str) -> Any:
    """Two directions: GRIM and WORSE and what is near them, and everything else."""
    base = np.zeros(16)
    base[0 if text in (GRIM, WORSE) or "grim" in text else 1] = 1.0
    noisy = base + np.random.default_rng(list(text.encode())).normal(scale=0.15, size=16)
    return np.asarray(noisy / np.linalg.norm(noisy), dtype=np.float32)


def _vectors(text: str) -> Any:
    return np.stack([_vector(part) for part in (text, *passages(text))])


@pytest.fixture(scope="module")
def model() -> CrisisModel:
    """Learnt from texts without any word of the lexicon."""
    rows = [
        CrisisRow(language, f"{word} {number} {language}", kind)
        for language in ("sv", "nb", "nn")
        for number in range(8)
        for word, kind in (("grim", "suicide" if number % 2 else "fire"), ("fint", "none"))
    ]
    everyday = [f"vad kostar {number}" for number in range(20)]
    return CrisisModel.fit(
        rows,
        [_vectors(row.text) for row in rows],
        everyday,
        np.stack([_vector(text) for text in everyday]),
        "toy",
    )


def test_meaning_without_any_word_is_found(model: CrisisModel) -> None:
    """The embedding alone tells, with the kinds of the data and a probability."""
    found = model.find(GRIM, _vectors(GRIM))

    assert found is not None
    assert found.kind in {"suicide", "fire"}
    assert 0.5 < found.probability <= 1
    assert model.find(CALM, _vectors(CALM)) is None


def test_sure_words_win_over_the_meaning(model: CrisisModel) -> None:
    """A model that sees nothing can't silence them."""
    text = "det brinner"

    found = model.find(text, _vectors(text))

    assert found is not None
    assert (found.kind, found.certainty) == ("fire", "certain")


@pytest.mark.parametrize("text", ["", "🙂", "hej"])
def test_without_an_embedding_the_words_decide(model: CrisisModel, text: str) -> None:
    """An empty or odd text is no crisis; a sure one is, embedding or not."""
    nothing = np.zeros((0, 0), dtype=np.float32)

    assert model.find(text, nothing) is None
    found = model.find("han andas inte", nothing)
    assert found is not None
    assert (found.kind, found.certainty) == ("illness", "certain")


@pytest.mark.parametrize(
    ("possible", "certain", "certainty"),
    [
        (-0.5, -0.1, "certain"),
        (-0.5, 1.0, "likely"),
        (0.5, 1.0, None),
    ],
)
def test_how_sure_it_is_is_told_by_two_lines(
    model: CrisisModel, possible: float, certain: float, certainty: str | None
) -> None:
    """A margin of nothing at all is certain above one line, and no crisis below the other."""
    even = _always(model, 0.0, possible=possible, certain=certain)

    found = even.find(CALM, _vectors(CALM))

    assert certainty == (None if found is None else found.certainty)


def test_what_is_rather_none_is_only_possible(model: CrisisModel) -> None:
    """Between the lower line and the middle."""
    found = _always(model, -0.3, possible=-0.5, certain=1.0).find(CALM, _vectors(CALM))

    assert found is not None
    assert found.certainty == "possible"


def _always(model: CrisisModel, margin: float, **lines: float) -> CrisisModel:
    """The model with the same margin for every text."""
    return dataclasses.replace(
        model,
        duals=np.zeros_like(model.duals),
        weights=np.zeros_like(model.weights),
        intercept=margin,
        **lines,
    )


def test_the_lines_keep_false_alarms_few_whatever_recall_would_want() -> None:
    """Of a thousand everyday margins at most 5 are certain and 40 possible."""
    common = np.arange(1000) / 1000
    for crises in (np.full(100, 2.0), np.linspace(-3, 3, 100)):
        possible, certain = _lines(crises, common)

        assert (common >= certain).sum() <= 1000 * MOST_CERTAIN
        assert (common >= possible).sum() <= 1000 * MOST_POSSIBLE
        assert possible <= certain


def test_nothing_that_is_rather_none_is_certain() -> None:
    """However well crises and everyday are told apart in the training data."""
    assert _lines(np.full(100, 2.0), np.full(1000, -2.0)) == (0.0, 0.0)


def test_letters_are_learnt_from_beside_the_meaning() -> None:
    """Of two texts with the same embedding the one that writes like the crises is more of one."""
    same = np.zeros((1, 64), dtype=np.float32)
    rows = [
        CrisisRow("sv", f"{word} {number}", kind)
        for number in range(9)
        for word, kind in (
            ("mörkret", "fire" if number % 2 else "suicide"),
            ("solskenet", "none"),
        )
    ]
    generator = np.random.default_rng(4)
    vectors = [generator.normal(scale=0.1, size=(1, 64)).astype(np.float32) for _ in rows]
    everyday = [f"taxan {number}" for number in range(9)]
    model = CrisisModel.fit(rows, vectors, everyday, np.vstack(vectors[:9]), "toy")

    assert _margin(model, "mörkret", same) > _margin(model, "solskenet", same)


def _margin(model: CrisisModel, text: str, vectors: Any) -> float:
    features = model._features(vectors, [crisis_words().find(text)])
    return float(model._margins([text], features)[0])


def test_the_everyday_is_the_same_in_whatever_order_it_comes() -> None:
    """A fixed number of it, without what has sure words of a crisis."""
    everyday = [f"vad kostar {number}" for number in range(EVERYDAY + 50)]
    chosen = {everyday[index] for index in _some_calm(everyday)}
    turned = [*reversed(everyday), "det brinner"]

    assert len(chosen) == EVERYDAY
    assert {turned[index] for index in _some_calm(turned)} == chosen


def test_a_sentence_within_a_long_everyday_text_is_found(model: CrisisModel) -> None:
    """The passages are looked at one by one; the whole text means something else."""
    text = f"Hej! {CALM}. {WORSE}. {CALM}."
    whole = _vectors(text)[:1]

    assert model.find(text, whole) is None
    assert model.find(text, _vectors(text)) is not None


def test_the_model_is_the_same_after_it_was_stored(model: CrisisModel, tmp_path: Path) -> None:
    """Every array and number comes back as it was."""
    model.save(tmp_path / "crisis.npz")
    read = CrisisModel.read(tmp_path / "crisis.npz")

    for field in dataclasses.fields(CrisisModel):
        assert np.array_equal(getattr(read, field.name), getattr(model, field.name)), field.name
    assert read.find(GRIM, _vectors(GRIM)) == model.find(GRIM, _vectors(GRIM))


def test_short_texts_have_no_passages() -> None:
    """Most turns need no embedding beyond their own."""
    assert passages("hej") == passages("När öppnar ni?") == passages("") == []


def test_passages_hold_every_word_and_are_few() -> None:
    """However long the text: with full stops, or without any."""
    words = [f"ord{number}" for number in range(400)]
    for text in (" ".join(words), ". ".join(words)):
        parts = passages(text)

        assert 1 < len(parts) <= MOST_PASSAGES
        assert {word.strip(".") for part in parts for word in part.split()} == set(words)


def test_a_long_sentence_is_cut_into_pieces_that_overlap() -> None:
    """What says it all stands whole in one of them, wherever it stands."""
    words = [f"ord{number}" for number in range(60)]
    parts = [part.split() for part in passages(" ".join(words))]

    assert all(len(part) <= LONGEST_PASSAGE for part in parts)
    assert all(
        words[at : at + 8] in [part[i : i + 8] for part in parts for i in range(20)]
        for at in range(50)
    )


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("no json", "sv.jsonl, line 1"),
        (json.dumps({"text": "hej"}), "kind"),
        (json.dumps({"text": "hej", "kind": "flood"}), "flood"),
        (json.dumps({"text": " ", "kind": None}), "line 1"),
    ],
)
def test_a_broken_row_is_named(tmp_path: Path, line: str, named: str) -> None:
    """Training stops at it instead of learning something else."""
    for language in ("sv", "nb", "nn"):
        (tmp_path / f"{language}.jsonl").write_text(line + "\n")

    with pytest.raises(CrisisDataError, match=named):
        read_rows(tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A language without data is not left out silently."""
    with pytest.raises(CrisisDataError, match=r"sv\.jsonl"):
        read_rows(tmp_path)
