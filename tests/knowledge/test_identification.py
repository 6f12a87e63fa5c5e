"""Telling Swedish, Bokmål, Nynorsk, Danish and English apart, short utterances above all."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from knowledge.__main__ import main
from knowledge.language import evaluate_language
from knowledge.language.evaluate_language import LabelledTextError, read_texts
from knowledge.language.identification import (
    LANGUAGES,
    MODEL,
    USUAL,
    PriorError,
    identify,
    prior_of,
)
from knowledge.language.train_identification import main as train
from knowledge.language.train_identification import weighed_by_letters

Write = Callable[..., Path]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("sv", "Hur ansöker jag om bygglov?"),
        ("sv", "när öppnar biblioteket på lördag"),
        ("sv", "Jag vill inte vänta längre"),
        ("nb", "Hvordan søker jeg om barnehageplass?"),
        ("nb", "hvor mye koster det"),
        ("nb", "Jeg har ikke fått noe svar ennå"),
        ("nn", "Korleis søkjer eg om barnehageplass?"),
        ("nn", "kva kostar det"),
        ("nn", "Eg har ikkje fått noko svar enno"),
        ("nn", "kven er ordførar"),
        ("da", "Hvornår åbner biblioteket om lørdagen?"),
        ("da", "Hvad koster en plads i børnehaven?"),
        ("da", "Jeg vil gerne tale med nogen"),
        ("en", "How do I apply for a building permit?"),
        ("en", "when does the library open"),
        ("other", "Wie viel kostet der Kindergarten?"),
        ("other", "Jak zapisać dziecko do przedszkola?"),
        ("other", "Miten haen päivähoitopaikkaa?"),
        ("other", "Hvernig sæki ég um leikskólapláss?"),
        ("other", "Sidee baan ilmahayga ugu qori karaa?"),
        ("other", "¿Cuánto cuesta la guardería?"),
    ],
)
def test_clear_sentences_are_told(language: str, text: str) -> None:
    """Without a prior."""
    assert language == identify(text).language


@pytest.mark.parametrize(
    "text",
    ["Скільки коштує місце?", "كيف أسجل طفلي", "ከመይ ገይረ", "你好", "Привет bibliotek из Осло"],
)
def test_other_alphabets_are_other_at_once(text: str) -> None:
    """Whatever is likely beforehand."""
    found = identify(text, {"sv": 1.0})
    assert "other" == found.language
    assert found.probabilities["other"] > 0.999


@pytest.mark.parametrize("text", ["ja", "bibliotek", "hallo"])
@pytest.mark.parametrize("language", ["nb", "nn"])
def test_what_both_written_norwegians_have_follows_the_prior(language: str, text: str) -> None:
    """The same word is answered in the conversation's language."""
    assert language == identify(text, prior_of([language], {})).language


@pytest.mark.parametrize("language", ["sv", "nb", "nn", "da"])
@pytest.mark.parametrize("text", ["ja", "bibliotek", "plan"])
def test_what_all_of_scandinavia_has_follows_the_prior(language: str, text: str) -> None:
    """Nothing in the word itself may weigh more than where it was said."""
    assert language == identify(text, prior_of([language], {language: 1})).language


@pytest.mark.parametrize(
    ("language", "text", "likely"),
    [
        ("nn", "Eg veit ikkje kva eg skal gjere", "nb"),
        ("nb", "Jeg vet ikke hva jeg skal gjøre", "nn"),
        ("sv", "Jag vet inte vad jag ska göra", "nb"),
        ("nb", "Jeg vet ikke hva jeg skal gjøre", "sv"),
        ("da", "Jeg ved ikke, hvad jeg skal gøre", "nb"),
        ("en", "I don't know what I should do", "sv"),
        ("other", "Ich weiß nicht, was ich tun soll", "sv"),
    ],
)
def test_a_clear_sentence_overrides_the_prior(language: str, text: str, likely: str) -> None:
    """Also after a long conversation in another language."""
    assert language == identify(text, prior_of([likely], {likely: 20})).language


@pytest.mark.parametrize("text", ["", "   ", "?!", "112", "12.30–15", "👍", "____"])
def test_text_without_letters_is_as_likely_as_beforehand(text: str) -> None:
    """Neither more nor less."""
    assert USUAL == pytest.approx(identify(text).probabilities)
    expected = {"sv": 0.02 + 0.88 / 3, "en": 0.02 + 0.88 * 2 / 3}
    found = identify(text, prior_of(["sv"], {"en": 1})).probabilities
    assert dict.fromkeys(LANGUAGES, 0.02) | expected == pytest.approx(found)


@pytest.mark.parametrize("text", ["", "ja", "Hvordan søker jeg?", "ж", "x" * 100_000, "å " * 9_000])
def test_probabilities_of_all_languages_sum_to_one(text: str) -> None:
    """Of the shortest and of the longest text."""
    found = identify(text).probabilities
    assert list(LANGUAGES) == list(found)
    assert 1 == pytest.approx(sum(found.values()))
    assert all(0 <= share <= 1 for share in found.values())


def test_case_and_composition_of_letters_change_nothing() -> None:
    """A phone may send å as a and a ring."""
    plain = identify("når åpner dere på lørdag").probabilities
    assert plain == identify("NÅR ÅPNER DERE PÅ LØRDAG!").probabilities
    assert plain == identify("når åpner dere på lørdag").probabilities


@pytest.mark.parametrize(
    ("prior", "told"),
    [
        ({"no": 1.0}, "no such language: no; there are sv, nb, nn, da, en, other"),
        ({"sv": -1.0}, "weights must be numbers of 0 or more"),
        ({"sv": float("nan")}, "weights must be numbers of 0 or more"),
        ({"sv": 0.0}, "not all 0"),
        ({}, "not all 0"),
    ],
)
def test_a_prior_that_is_none_is_refused(prior: dict[str, float], told: str) -> None:
    """The error says what is wrong."""
    with pytest.raises(PriorError, match=told):
        identify("ja", prior)


def test_prior_of_weighs_what_was_seen_above_the_municipality() -> None:
    """Each utterance more; without either it is the usual one."""
    prior = prior_of(["nb", "nn"], {"nn": 1})
    assert 1 == pytest.approx(sum(prior.values()))
    assert prior["nn"] > prior["nb"] > prior["sv"]
    assert USUAL == prior_of([], {})
    assert prior_of(["nb"], {"nn": 5})["nn"] > prior["nn"]
    with pytest.raises(PriorError, match="no such language: no;"):
        prior_of(["no"], {})
    with pytest.raises(PriorError, match="negative"):
        prior_of(["nb"], {"nb": -1})


def test_every_process_tells_the_same() -> None:
    """Hashes don't depend on the process."""
    script = (
        "from knowledge.language.identification import identify;"
        "print(identify('kommunestyremøtevedtak i går').probabilities)"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONHASHSEED": seed},
            cwd=Path(__file__).resolve().parents[2],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert 1 == len(runs)
    assert f"{identify('kommunestyremøtevedtak i går').probabilities}\n" == runs.pop()


def test_the_model_is_small() -> None:
    """It is shipped with the package."""
    assert MODEL.stat().st_size < 1_500_000


def test_words_are_as_common_as_their_letters_were_counted() -> None:
    """What is part of other words is told from what stands alone; unheard words vanish."""
    text = ["eg"] * 50 + ["meg"] * 20 + ["ikkje"] * 30
    parts = [
        word[start : start + size]
        for word in text
        for size in range(1, 6)
        for start in range(len(word) - size + 1)
    ]
    letters = sum(len(part) == 1 for part in parts)
    sequences = {part: parts.count(part) / letters for part in set(parts)}
    begun = {"eg": 0.01, "meg": 0.5, "ikkje": 0.1, "ikke": 0.3, "jeg": 0.3}
    found = weighed_by_letters(begun, sequences)
    assert [0.5, 0.2, 0.3] == pytest.approx(
        [found[word] for word in ("eg", "meg", "ikkje")], abs=0.02
    )
    assert max(found["ikke"], found["jeg"]) < 0.01


def test_training_says_which_packages_it_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With their versions, and leaves the model as it was."""
    monkeypatch.setitem(sys.modules, "wordfreq", None)
    model = tmp_path / "model.npz"
    monkeypatch.setattr(sys, "argv", ["train_identification", "--model", str(model)])
    assert 1 == train()
    assert "wordfreq==3.1.1" in capsys.readouterr().err
    assert not model.exists()


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def rows(*lines: Any) -> Path:
        file = tmp_path / "labelled.jsonl"
        told = (line if isinstance(line, str) else json.dumps(line) for line in lines)
        file.write_text("\n".join(told), encoding="utf-8")
        return file

    return rows


def row(text: str, *languages: str) -> dict[str, Any]:
    return {"text": text, "languages": list(languages)}


def test_the_command_gives_json(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    """Any allowed language is right; rows of other languages only are reported apart."""
    file = write(
        row("Eg veit ikkje kva eg skal gjere", "nb", "nn"),
        row("Jag vet inte vad jag ska göra", "sv"),
        row("Hvordan søker jeg om barnehageplass?", "sv"),
        row("Jak zapisać dziecko do przedszkola?", "other"),
        "",
        row("How do I apply for a permit?", "en"),
    )
    assert 0 == main(["evaluate-language", "--file", str(file), "--json"])
    told = json.loads(capsys.readouterr().out)
    assert 5 == told["rows"]
    assert 0.75 == told["accuracy"]
    assert 1.0 == told["accuracy_other"]
    assert 0.8 == told["accuracy_all"]
    by_language = {"sv": 0.5, "nb": 1.0, "nn": 1.0, "da": None, "en": 1.0, "other": 1.0}
    assert by_language == told["accuracy_by_language"]
    assert {"sv", "nb", "en", "other"} == set(told["confusion"])
    assert (1, 1) == (told["confusion"]["sv"]["nb"], told["confusion"]["nb"]["nn"])
    assert 0 < told["ms_p50"] <= told["ms_p95"]


def test_the_command_prints_a_table(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    """For people; what cannot be told is a dash."""
    assert 0 == main(["evaluate-language", "--file", str(write(row("Jag vet inte", "sv")))])
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["accuracy", "1.000"] in lines
    assert ["accuracy_other", "-"] in lines
    assert ["sv", "sv", "1", "nb", "0", "nn", "0", "da", "0", "en", "0", "other", "0"] in lines


def test_english_is_other_where_a_file_has_no_english(write: Write) -> None:
    """In a file that labels English, other is not English."""
    english = row("How do I apply for a permit?", "other")
    without = evaluate_language.answers(read_texts(write(english)))
    labelled = evaluate_language.answers(read_texts(write(english, row("yes please", "en"))))
    assert ["other", "en"] == [without[0].language, labelled[0].language]


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ("{", "jsonl:2: not JSON"),
        ("[]", "jsonl:2: not a JSON object"),
        ({"languages": ["sv"]}, "jsonl:2: text: a text is needed"),
        ({"text": 1, "languages": ["sv"]}, "jsonl:2: text: a text is needed"),
        ({"text": "ja"}, "jsonl:2: languages: a list of at least one is needed"),
        ({"text": "ja", "languages": []}, "jsonl:2: languages: a list of at least one is needed"),
        ({"text": "ja", "languages": "sv"}, "jsonl:2: languages: a list of at least one"),
        ({"text": "ja", "languages": ["no"]}, "jsonl:2: languages: 'no' is none of sv, nb"),
    ],
)
def test_a_bad_row_is_named(
    write: Write, capsys: pytest.CaptureFixture[str], bad: Any, told: str
) -> None:
    """By its file, its line and what is wrong with it; no figures."""
    file = write(row("Jag vet inte", "sv"), bad)
    assert 1 == main(["evaluate-language", "--file", str(file), "--json"])
    out, err = capsys.readouterr()
    assert ("", True) == (out, told in err)


def test_a_missing_or_empty_file_is_told(
    tmp_path: Path, write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    """As an error of the command, not as a trace."""
    assert 1 == main(["evaluate-language", "--file", str(tmp_path / "none.jsonl")])
    assert "none.jsonl can't be read" in capsys.readouterr().err
    with pytest.raises(LabelledTextError, match="at least one labelled text"):
        read_texts(write(""))
