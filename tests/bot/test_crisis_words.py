from __future__ import annotations

import time

import pytest

from bot.components.crisis_words import CrisisWords, CrisisWordsError, Findings, crisis_words, fold


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("jag tänker ta livet av mig", "suicide"),
        ("eg vil ikkje leve meir", "suicide"),
        ("mannen min slår meg", "violence"),
        ("pappa slår med bälte", "child"),
        ("han puster ikke!!", "illness"),
        ("det brenn i låven", "fire"),
        ("brann", "fire"),
    ],
)
def test_plain_words_of_a_crisis_are_enough(text: str, kind: str) -> None:
    """No model is needed for what says itself."""
    assert kind in crisis_words().find(text).sure


@pytest.mark.parametrize(
    ("right", "written"),
    [
        ("självmord", "sjalvmord"),
        ("självmordstankar", "sjävmordstankar"),
        ("jag vill dö", "JAG VILL DOOOO"),
        ("det luktar gas i källaren", "det luktar gas i kallaren"),
        ("han är medvetslös", "han ar medvetlös"),
        ("hjerteinfarkt", "hjerteinfrakt"),
    ],
)
def test_misspelt_words_are_found_like_the_right_ones(right: str, written: str) -> None:
    """A missing ring, dot or letter, or two letters swapped, hides nothing."""
    assert crisis_words().find(right).sure == crisis_words().find(written).sure != ()


@pytest.mark.parametrize(
    "text",
    [
        "hur dödar jag ogräs",
        "drepe ugress i bedet",
        "när slår ni gräset i parken",
        "orker ikke mer byråkrati fra dere",
        "appen henger seg hele tiden",
        "brannvarsler batteri",
        "kurs i självmordsprevention",
        "jeg brenner for kulturskolen",
        "sparkesyklar overalt",
        "hunden til naboen har rømt igjen",
        "hästarna har rymt",
    ],
)
def test_look_alikes_are_no_crisis(text: str) -> None:
    """Weeds are killed, lawns are beaten and apps hang themselves every day."""
    assert crisis_words().find(text).sure == ()


def test_a_look_alike_hides_no_crisis_beside_it() -> None:
    """Only the words that look alike are left out, not the rest of the text."""
    assert "violence" in crisis_words().find("när slår ni gräset? min man slår mig").sure


def test_long_ago_leaves_it_to_the_model() -> None:
    """What was years ago may be over or not: the word alone doesn't decide."""
    found = crisis_words().find("pappa hade en stroke för tre år sen")

    assert found == Findings((), found.hints)
    assert "illness" in found.hints


@pytest.mark.parametrize("text", ["", "   ", "🙂🙂", "???", "\u200b", "1234567"])
def test_odd_texts_have_no_findings(text: str) -> None:
    """Nothing to read is nothing found, and no error."""
    assert crisis_words().find(text) == Findings()


def test_letters_are_folded_whatever_way_they_were_sent() -> None:
    """A phone may send "å" as a letter and a ring."""
    assert "a o a o a" == fold("Å ö æ ø a\u030a")


def test_a_turn_s_words_are_looked_up_fast() -> None:
    """Less than three milliseconds a turn, though there are hundreds of patterns."""
    texts = [
        f"hej när öppnar badet i dag nummer {number} och vad kostar det" for number in range(50)
    ]
    crisis_words().find(texts[0])

    begun = time.thread_time()
    for text in texts:
        crisis_words().find(text)

    assert (time.thread_time() - begun) / len(texts) < 0.003


def test_a_pattern_with_an_unknown_group_is_refused() -> None:
    """A slip in the file is told of, not passed over."""
    kinds = {kind: {"sure": [], "hints": []} for kind in ("violence", "child", "illness", "fire")}
    content = {
        "look_alikes": [],
        "doubts": [],
        "suicide": {"sure": ["<nobody> vill dö"], "hints": []},
        **kinds,
    }

    with pytest.raises(CrisisWordsError, match="nobody"):
        CrisisWords(content)
