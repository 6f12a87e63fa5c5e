"""The written pages, how they are batched, the delta's file and the kept vocabulary."""

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from knowledge.adaptation.delta import Delta, write_delta
from knowledge.adaptation.pairs import KEPT_BACK, PagesError, read_pages
from knowledge.adaptation.vocabulary import kept_pieces
from knowledge.encoding.tokenizer import build_tokenizer
from knowledge.encoding.weights import Weights, find_weights


def page(title: str, **changes: Any) -> dict[str, Any]:
    sections = [
        {"heading": "Avgift", "text": f"{title} kostar 100 kr.", "questions": [f"pris {title}"]},
        {"heading": "Ansök", "text": f"Sök {title} i e-tjänsten.", "questions": [f"sök {title}"]},
    ]
    fields = {"language": "sv", "publisher": "kommun", "title": title, "sections": sections}
    return {**fields, "near_misses": [f"{title} i Norge"], **changes}


def write(folder: Path, name: str, pages: list[dict[str, Any]]) -> Path:
    folder.mkdir(exist_ok=True)
    lines = [json.dumps(one, ensure_ascii=False) for one in pages]
    (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    return folder


def test_pages_are_read_with_their_english_questions(tmp_path: Path) -> None:
    """A page is named by its file and line; an English question joins its section's."""
    english = [{"section": 1, "question": "apply for a permit"}]
    folder = write(tmp_path / "pages", "sv_a", [page("bygglov"), page("altan", english=english)])
    first, second = read_pages(folder)
    assert ("sv_a-1", "sv_a-2") == (first.id, second.id)
    assert ("sök altan", "apply for a permit") == second.sections[1].questions
    assert ("bygglov i Norge",) == first.near_misses


def test_a_broken_page_is_named(tmp_path: Path) -> None:
    """By its file and line; a folder without pages is an error too."""
    folder = write(tmp_path / "pages", "sv_a", [page("bygglov"), {"language": "sv"}])
    with pytest.raises(PagesError, match=r"sv_a\.jsonl:2"):
        read_pages(folder)
    with pytest.raises(PagesError, match="holds no pages"):
        read_pages(tmp_path)


def test_about_a_fifth_of_the_shipped_pages_is_kept_back() -> None:
    """Enough to learn from and to measure on, in every language, each question once."""
    pages = read_pages()
    share = sum(one.kept_back for one in pages) / len(pages)
    assert KEPT_BACK / 2 < share < KEPT_BACK * 2
    for language in ("sv", "nb", "nn"):
        assert 10 <= sum(one.kept_back for one in pages if one.language == language)
    asked = [q for one in pages for section in one.sections for q in section.questions]
    assert len(asked) > 5000
    assert len(asked) - len(set(asked)) < len(asked) / 100


def test_the_delta_comes_back_as_it_was_written(tmp_path: Path) -> None:
    """Thin matrices become one change to their layer, named as in the weight file."""
    torch = pytest.importorskip("torch")
    state = {
        "layers.3.fi.up": torch.ones(4, 2),
        "layers.3.fi.down": torch.full((2, 3), 0.5),
        "layers.3.fi.weight": torch.ones(4, 3),
        "token.weight": torch.ones(5, 3),
        "token.bias": torch.zeros(5),
        "importance.weight": torch.zeros(1, 3),
    }
    write_delta(tmp_path / "delta.npz", state)
    read = Delta.read(tmp_path / "delta.npz")
    assert ["l3.fi"] == list(read.changes)
    np.testing.assert_allclose(read.changes["l3.fi"], np.ones((4, 3)))
    assert (5, 3) == read.token.shape


def test_the_shipped_delta_fits_the_weights() -> None:
    """Every change has the shape of its layer."""
    weights, delta = Weights(find_weights()), Delta.read()
    assert delta.changes
    for name, change in delta.changes.items():
        columns = weights.shape.intermediate if name.endswith(".fo") else weights.shape.hidden
        assert weights.quantized(f"{name}.w", columns).floats().shape == change.shape
    assert weights.shape.hidden == delta.token.shape[1] == delta.importance.shape[1]


@pytest.mark.parametrize(
    "text",
    [
        "Hur lång tid tar det att få bygglov för en altan?",
        "Kva kostar det å søkje om løyve til tilbygg på hytta?",
        "How do I apply for a place in preschool?",
        "كيف أقدم طلبا للحصول على مكان في الروضة؟",
        "Як подати заяву на місце в дитячому садку?",
        "Sidee ayaan u codsadaa xannaanada carruurta?",
        "ንመዋእለ ህጻናት ብኸመይ የመልክት?",
        "Jak złożyć wniosek o miejsce w przedszkolu?",
    ],
)
def test_every_language_is_still_spelt(text: str) -> None:
    """The kept pieces leave no letter unknown, and Swedish and Norwegian exactly as they were."""
    weights = Weights(find_weights())
    kept = kept_pieces().tolist()
    cut = build_tokenizer(weights.pieces.only(kept)).encode(text).tokens
    assert "<unk>" not in cut
    assert "".join(cut[1:-1]).replace("▁", " ").strip() == text


def test_batches_hold_every_page_once_and_one_writer_each(tmp_path: Path) -> None:
    """Neighbours of one writer, so that nobody else's page answers the same question unseen."""
    train = pytest.importorskip("knowledge.adaptation.train")
    folder = write(tmp_path / "pages", "sv_a", [page(f"a{n}") for n in range(10)])
    write(folder, "sv_b", [page(f"b{n}") for n in range(7)])
    pages = read_pages(folder)
    groups = {
        one.id: [number]
        + [n for n, other in enumerate(pages) if n != number and train.writer(other) == writer]
        for number, one in enumerate(pages)
        for writer in [train.writer(one)]
    }
    batches = list(train.batches(pages, groups, random.Random(1)))
    shown = [text for batch in batches for text in batch.passages]
    assert 2 * len(pages) == len(shown)
    for batch in batches:
        # "a1 kostar …": the first letter of a title is its writer's.
        writers = {text.split("\n")[-1].removeprefix("Sök ")[0] for text in batch.passages}
        assert 1 == len(writers)
        right = [answer for answer in batch.answers if answer >= 0]
        assert right == sorted(right)
        assert -1 in batch.answers


def test_mistyped_questions_stay_readable() -> None:
    """Capitals, dots or two letters go; nothing else does."""
    train = pytest.importorskip("knowledge.adaptation.train")
    text = "Hur söker jag bygglov för altanen?"
    for seed in range(30):
        typed = train.mistyped(text, random.Random(seed))
        assert len(text) - 2 <= len(typed) <= len(text)
        assert typed
