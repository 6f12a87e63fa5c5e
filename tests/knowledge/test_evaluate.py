import argparse
import datetime
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from knowledge.evaluation import evaluate, fitting
from knowledge.evaluation.figures import Outcome, auroc, calibration_error, coverage, figures
from knowledge.evaluation.labelled import LabelledFileError, read_articles, read_questions
from knowledge.finding.confidence import WORTH_CHOOSING, load_model

KEYS = {
    "accuracy_at_1",
    "recall_at_3",
    "recall_at_5",
    "recall_at_10",
    "mrr_at_10",
    "answered_share",
    "answered_precision",
    "auroc",
    "coverage_at_95_precision",
    "calibration_error",
    "ms_p50",
    "ms_p95",
}
ARTICLES = [
    {"id": "a", "language": "sv", "title": "", "text": "Soporna hämtas varannan vecka."},
    {
        "id": "b",
        "language": "sv",
        "title": "Bygglov",
        "text": "Altan.\n\n## Avgift\n\n4 200 kronor.",
    },
    {"id": "c", "language": "nb", "title": "Barnehage", "text": "Søk plass.", "url": "/c"},
]
QUESTIONS = [
    {"text": "hämtas soporna varannan vecka", "language": "sv", "article": "a"},
    {"text": "bygglov altan avgift kronor", "language": "sv", "article": "b"},
    {"text": "xyzzy", "language": "sv", "article": None},
]


def outcome(rank: int | None, confidence: float, answerable: bool = True) -> Outcome:
    status = "answered" if confidence > 0.5 else "unanswerable"
    return Outcome(answerable, rank, status, confidence, 2.0)


def test_figures_of_ranks() -> None:
    """Only answerable questions count; what wasn't found counts as missed."""
    results = figures(
        [
            outcome(1, 0.9),
            outcome(2, 0.8),
            outcome(4, 0.1),
            outcome(None, 0.2),
            outcome(None, 0, False),
        ]
    )
    assert 0.25 == results["accuracy_at_1"]
    assert 0.5 == results["recall_at_3"]
    assert 0.75 == results["recall_at_10"]
    assert (1 + 1 / 2 + 1 / 4) / 4 == results["mrr_at_10"]
    assert 2 / 5 == results["answered_share"]
    assert 0.5 == results["answered_precision"]


def test_auroc_is_the_chance_of_the_right_order() -> None:
    """Ties count half; without one of the kinds there is none."""
    assert 0.875 == auroc([0.9, 0.4, 0.4, 0.1], [True, True, False, False])
    assert auroc([0.9], [True]) is None


def test_coverage_takes_as_many_as_stay_right() -> None:
    """One wrong among twenty is allowed at 95%, and right ones after it count."""
    outcomes = [*(outcome(1, 0.9) for _ in range(10)), outcome(2, 0.8)]
    outcomes += [*(outcome(1, 0.7) for _ in range(9)), *(outcome(2, 0.6) for _ in range(20))]
    assert 19 / 40 == coverage(outcomes, 0.95)


def test_coverage_does_not_divide_ties() -> None:
    """Questions of one confidence are answered together or not at all."""
    assert 0.0 == coverage([outcome(1, 0.9), outcome(2, 0.9)], 0.95)


def test_calibration_error_is_the_distance_from_the_truth() -> None:
    """Sure and right half of the time is half off."""
    assert pytest.approx(0.45) == calibration_error([outcome(1, 0.95), outcome(2, 0.95)])
    assert pytest.approx(0.0) == calibration_error([outcome(1, 0.5), outcome(2, 0.5)])


def test_figures_that_cannot_be_told_are_none() -> None:
    """Nothing unanswerable, nothing answered."""
    results = figures([outcome(1, 0.2)])
    assert results["auroc"] is None
    assert results["answered_precision"] is None


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


@pytest.fixture
def arguments(tmp_path: Path, toy_encoder: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(evaluate, "configured_encoder", lambda _given, _progress: toy_encoder)
    articles = write(tmp_path / "articles.jsonl", ARTICLES)
    questions = write(tmp_path / "questions.jsonl", QUESTIONS)
    return ["--articles", str(articles), "--questions", str(questions)]


def run(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser()
    evaluate.add_arguments(parser)
    return evaluate.run(parser.parse_args(arguments))


def test_json_is_one_object_with_every_figure(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing else stands on the output."""
    assert 0 == run([*arguments, "--json"])
    results = json.loads(capsys.readouterr().out)
    assert set(results) == KEYS
    assert 1.0 == results["accuracy_at_1"]


def test_a_municipalitys_seed_articles_can_be_evaluated(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The folder is enough; another municipality's articles are left out."""
    for municipality, ids in (("ekhamn", "ab"), ("fjordvik", "c")):
        folder = tmp_path / "seed" / municipality / "service"
        folder.mkdir(parents=True)
        for name in ids:
            row = next(article for article in ARTICLES if article["id"] == name)
            (folder / f"{name}.md").write_text(
                f"---\nid: {name}\ntitle: {row['title'] or 'Sopor'}\nlanguage: sv\n"
                f"url: /demo/{municipality}/service/{name}\ncategory: Service\n"
                f"updated: 2026-01-01\nquestions: []\n---\n\n{row['text']}\n"
            )
    options = [*arguments, "--articles", str(tmp_path / "seed" / "ekhamn")]
    assert 0 == run(options)
    assert "2 articles, 3 questions, 2 answerable" in capsys.readouterr().out


def test_the_table_names_every_figure(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """For people, with what was measured on."""
    run(arguments)
    table = capsys.readouterr().out
    assert table.startswith("3 articles, 3 questions, 2 answerable")
    assert all(key in table for key in KEYS)


def test_a_label_that_names_no_article_is_an_error(arguments: list[str], tmp_path: Path) -> None:
    """Rather than a question that is always missed."""
    write(tmp_path / "questions.jsonl", [{**QUESTIONS[0], "article": "gone"}])
    with pytest.raises(LabelledFileError, match="gone"):
        run(arguments)


def test_a_split_without_questions_is_an_error(arguments: list[str]) -> None:
    """No figures of nothing."""
    with pytest.raises(LabelledFileError, match="at least one"):
        run([*arguments, "--split", "test"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        ('{"id": "a", "language": "sv", "text": ""}', "text: a text is needed"),
        ('{"id": "a", "text": "x"}', "language: a text is needed"),
        ('{"id":"a","language":"sv","text":"x","updated":"igår"}', "updated"),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, content: str, message: str) -> None:
    """File, line and what is wrong with it."""
    path = tmp_path / "articles.jsonl"
    path.write_text(f"\n{content}\n", "utf-8")
    with pytest.raises(LabelledFileError, match=rf"articles\.jsonl:2.*{message}"):
        read_articles(path, "m")


def test_a_repeated_id_is_named(tmp_path: Path) -> None:
    """Two articles of one id cannot be told apart."""
    with pytest.raises(LabelledFileError, match="occurs twice"):
        read_articles(write(tmp_path / "articles.jsonl", [ARTICLES[0], ARTICLES[0]]), "m")


def test_rare_line_separators_do_not_end_a_row(tmp_path: Path) -> None:
    """JSON may hold them inside a text."""
    path = write(tmp_path / "q.jsonl", [{"text": "a\u2028b", "language": "sv", "article": None}])
    assert ["a\u2028b"] == [question.text for question in read_questions(path)]


def test_versions_of_the_articles_differ_as_municipalities_do() -> None:
    """As they are, without questions, without titles, and as plain text of the same words."""
    text = "Intro.\n\n## Avgift\n\n- 4 200 kronor\n"
    articles = [
        fitting.Article(
            "m", "a", "sv", "Titel", text, "/a", datetime.date(2026, 1, 1), ("Vad kostar det?",)
        )
    ]
    whole, silent, untitled, plain = (version[0] for version in fitting.versions(articles))
    assert articles[0] == whole
    assert ("Titel", ()) == (silent.title, silent.questions)
    assert ("", text) == (untitled.title, untitled.text)
    assert "Intro.\nAvgift\n- 4 200 kronor" == plain.text


def test_fit_writes_a_model_that_can_be_used(
    tmp_path: Path, toy_encoder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From seed files and labelled questions, in the splits that each is for."""
    monkeypatch.setattr(fitting, "configured_encoder", lambda _given, _progress: toy_encoder)
    words = ["soporna", "bygglov", "biblioteket", "parkering", "förskolan", "hamnen", "badet"]
    folder = tmp_path / "seed" / "ekhamn" / "allt"
    folder.mkdir(parents=True)
    rows = []
    for number, word in enumerate(words):
        head = f"id: sida{number}\ntitle: {word}\nlanguage: sv\nurl: /sida{number}\n"
        head += "category: Allt\nupdated: 2026-01-01\nquestions: []\n"
        (folder / f"sida{number}.md").write_text(f"---\n{head}---\n\nOm {word} här.\n", "utf-8")
        for split in ("train", "dev"):
            row = {"language": "sv", "split": split}
            rows.append({**row, "text": f"hur är {word} här", "article": f"sida{number}"})
            rows.append({**row, "text": f"är {word} blå", "article": None, "kind": "off_topic"})
            rows.append({**row, "text": f"blå {number}", "article": None, "kind": "missing_detail"})
    (tmp_path / "questions").mkdir()
    write(tmp_path / "questions" / "ekhamn.jsonl", rows)
    parser = argparse.ArgumentParser()
    fitting.add_arguments(parser)
    out = tmp_path / "confidence.json"
    arguments = ["--articles", str(tmp_path / "seed"), "--questions", str(tmp_path / "questions")]
    arguments += ["--out", str(out), "--ranking-out", str(tmp_path / "ranking.json")]
    assert 0 == fitting.run(parser.parse_args(arguments))
    assert load_model(out).thresholds.clarification == WORTH_CHOOSING


PUBLIC = Path(fitting.__file__).parent / "public_sets.py"


def test_public_sets_leave_out_what_is_missing(tmp_path: Path) -> None:
    """One set is written, the other is named as left out."""
    source = tmp_path / "source"
    source.mkdir()
    rows = [{"id": f"q{n}", "question": f"Fråga {n}?", "answer": f"Svar {n}."} for n in range(5)]
    write(source / "swefaq_dev.jsonl", rows)
    target = tmp_path / "target"
    done = subprocess.run(
        [sys.executable, str(PUBLIC), str(source), str(target)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "norquad is left out" in done.stderr
    whole = read_questions(target / "swefaq-questions.jsonl")
    assert [f"q{n}" for n in range(5)] == [question.article for question in whole]
    left = {a.id for a in read_articles(target / "swefaq-without-some-articles.jsonl", "m")}
    fewer = read_questions(target / "swefaq-without-some-questions.jsonl")
    assert 3 == len(left)
    assert [q.article for q in whole if q.article in left] == [
        q.article for q in fewer if q.article
    ]
