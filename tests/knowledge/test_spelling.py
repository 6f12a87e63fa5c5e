import numpy as np
import pytest

from knowledge.language.spelling import Vocabulary, folded, slips

TERMS = {
    "förskol": 9,
    "bygglov": 4,
    "måst": 7,
    "avfall": 3,
    "anfall": 1,
    "parkeringstillstånd": 2,
    "barnehag": 5,
    "gårdsplass": 2,
    "2024": 6,
    "sak": 4,
}
VOCABULARY = Vocabulary(list(TERMS), list(TERMS.values()))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("forskol", {"förskol": 0}),
        ("foerskol", {"förskol": 0}),
        ("bygglof", {"bygglov": 1}),
        ("byglgov", {"bygglov": 1}),
        ("bygov", {}),
        ("avfal", {"avfall": 1}),
        ("parkeringstilstand", {"parkeringstillstånd": 1}),
        ("parkeringtilstand", {"parkeringstillstånd": 2}),
        ("parkeringtilstond", {}),
        ("gaardsplass", {"gårdsplass": 0}),
        ("maste", {"måst": 1}),
        ("mast", {"måst": 0}),
        ("2025", {}),
        ("sek", {}),
        ("wxyzwxyz", {}),
    ],
)
def test_terms_near_a_misspelt_word(typed: str, meant: dict[str, int]) -> None:
    """Missing rings and dots cost nothing, one slip in five letters and two in eight pass."""
    assert meant == VOCABULARY.nearest(typed)


def test_the_commoner_of_two_equally_near_terms_is_meant() -> None:
    """avfall is on more pages than anfall."""
    assert {"avfall": 1} == VOCABULARY.nearest("affall")


def test_a_vocabulary_counts_its_terms() -> None:
    """A term that differs by its dots alone is another one."""
    assert [9, 0, 0] == [VOCABULARY.count(term) for term in ("förskol", "forskol", "skol")]


def test_an_empty_vocabulary_knows_nothing() -> None:
    """A municipality that has published nothing."""
    empty = Vocabulary((), np.empty(0, np.int64))
    assert (0, {}) == (empty.count("hus"), empty.nearest("förskola"))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("hus", "hus", 0), ("hus", "hsu", 1), ("hus", "huset", 2), ("hus", "katt", 3), ("", "ab", 2)],
)
def test_slips_are_counted_up_to_a_limit(one: str, other: str, expected: int) -> None:
    """A swap is one slip; all above the limit is one more than it."""
    assert expected == slips(one, other, 2)


def test_folding_is_the_same_for_both_ways_of_writing() -> None:
    """ä, ae and a; å, aa and a; ø, oe and o."""
    assert 1 == len({folded(word) for word in ("bärgård", "baergaard", "bargard")})
    assert folded("smørbrød") == folded("smoerbroed")
