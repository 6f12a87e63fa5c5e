"""The promises of the Crisis section of nlu_data/README.md."""

import collections
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = {"training": ROOT / "nlu_data/crisis", "held_out": ROOT / "nlu_data/held_out/crisis"}
LANGUAGES = ("sv", "nb", "nn")
KINDS = ("suicide", "violence", "child", "illness", "fire")
LEAST = 40
EMAIL_LIKE = re.compile(r"\S@\S+\.\S")
PHONE_LIKE = re.compile(r"(?:\d[\s./()-]*){7,}")


def _bare(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", text.casefold())) or text.strip()


@pytest.fixture(scope="module")
def rows() -> list[tuple[str, str, str, str]]:
    """Split, language, kind ("none" for null) and text of every row."""
    found = []
    for split, folder in FOLDERS.items():
        for language in LANGUAGES:
            for line in (folder / f"{language}.jsonl").read_text("utf-8").splitlines():
                row = json.loads(line)
                assert {"text", "kind"} == set(row)
                found.append((split, language, row["kind"] or "none", row["text"]))
    return found


def _table(rows: list[tuple[str, str, str, str]]) -> str:
    counts = collections.Counter((kind, split, language) for split, language, kind, _ in rows)
    columns = [(split, language) for split in FOLDERS for language in LANGUAGES]
    lines = [
        "| kind | sv | nb | nn | held out sv | held out nb | held out nn |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for kind in (*KINDS, "none"):
        lines.append(f"| {kind} | {' | '.join(str(counts[kind, *each]) for each in columns)} |")
    sums = [sum(counts[kind, *each] for kind in (*KINDS, "none")) for each in columns]
    lines.append(f"| **all** | {' | '.join(map(str, sums))} |")
    return "\n".join(lines)


def test_every_row_has_a_kind_and_a_text(rows) -> None:
    """No misspelt kind silently becomes a sixth one."""
    assert {kind for _, _, kind, _ in rows} == {*KINDS, "none"}
    assert not [text for _, _, _, text in rows if not text.strip() or len(text) > 2000]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_has_enough_rows_in_every_language(rows, language) -> None:
    """No kind is left thin in any language, and there are as many look-alikes as crises."""
    counts = collections.Counter(
        kind for split, other, kind, _ in rows if (split, other) == ("training", language)
    )
    assert not {kind: counts[kind] for kind in KINDS if counts[kind] < LEAST}
    assert counts["none"] >= sum(counts[kind] for kind in KINDS)


def test_no_text_stands_twice(rows) -> None:
    """Within a language, neither in training nor held out, nor in both.

    Bokmål and Nynorsk share bare words such as "krisesenter": there the kind has to be the same.
    """
    places = collections.defaultdict(list)
    kinds = collections.defaultdict(set)
    for split, language, kind, text in rows:
        places[language, _bare(text)].append(split)
        kinds[_bare(text)].add(kind)
    assert not {text: found for text, found in places.items() if len(found) > 1}
    assert not {text: found for text, found in kinds.items() if len(found) > 1}


def test_nothing_held_out_is_trained_on(rows) -> None:
    """Not in another language either, and not as an everyday utterance."""
    trained = {_bare(text) for split, _, _, text in rows if split == "training"}
    held_out = {_bare(text) for split, _, _, text in rows if split == "held_out"}
    both = trained & held_out
    assert not both


def test_nobody_can_be_reached_by_a_row(rows) -> None:
    """Nothing looks like an e-mail address or a telephone number."""
    assert not [
        text for _, _, _, text in rows if EMAIL_LIKE.search(text) or PHONE_LIKE.search(text)
    ]


def test_the_guide_states_the_counts_as_they_are(rows) -> None:
    """The table in README.md is the one that the data give."""
    readme = (ROOT / "nlu_data" / "README.md").read_text("utf-8")
    table = re.search(r"^\| kind \|.*?(?=\n\n|\Z)", readme, re.MULTILINE | re.DOTALL)
    assert _table(rows) == (table.group().strip() if table else None)
