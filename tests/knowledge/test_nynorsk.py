import tomllib

import pytest

from knowledge.language.nynorsk import WORDS
from knowledge.language.text import lemmas


@pytest.mark.parametrize(
    ("nynorsk", "bokmal"),
    [
        ("kva kostar barnehageplassen", "hva koster barnehageplassen"),
        ("skulane", "skolene"),
        ("søkjer ikkje", "søker ikke"),
        ("sjukeheimen", "sykehjemmet"),
        ("byggjeløyve", "byggetillatelse"),
        ("symjehallen", "svømmehallen"),
        ("vassmålaren", "vannmåleren"),
        ("opningstider", "åpningstider"),
        ("heimesjukepleia", "hjemmesykepleien"),
        ("eigedomsskatten", "eiendomsskatten"),
        ("veke", "uke"),
        ("tilskot til bustad", "tilskudd til bolig"),
    ],
)
def test_nynorsk_and_bokmal_meet(nynorsk: str, bokmal: str) -> None:
    """Words that differ by more than an ending are one term."""
    words = [lemmas(word, "nn")[0] for word in nynorsk.split()]
    assert [lemmas(word, "nb")[0] for word in bokmal.split()] == words


def test_bokmal_words_that_look_like_nynorsk_stay_what_they_are() -> None:
    """A listed Bokmål word is not taken for a Nynorsk one of the same stem."""
    assert lemmas("vegg", "nb") != lemmas("vei", "nb")
    assert lemmas("skulder", "nb") != lemmas("skole", "nb")
    assert lemmas("leser", "nb") != lemmas("leker", "nb")


def test_the_list_holds_only_differences() -> None:
    """An entry that changes nothing would only cost time."""
    for entries in tomllib.loads(WORDS.read_text("utf-8")).values():
        assert [] == [word for word, bokmal in entries.items() if word == bokmal]
