import pytest

from knowledge.indexing.naming import SLUG_LENGTH, alphabetical, fold, slug


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Ansök om bygglov", "ansok-om-bygglov"),
        ("Æ, ø og å!", "ae-o-og-a"),
        ("Förskola – köregler 2026", "forskola-koregler-2026"),
        ("Cafe\u0301 i A\u030angermanland", "cafe-i-angermanland"),
        ("Läsåret 2026–2027", "lasaret-2026-2027"),
        ("Kväll—natt… och 5\u202fkr", "kvall-natt-och-5-kr"),
        ("För\u00adskola på Šiauliai\u2019s", "forskola-pa-siauliai-s"),
        ("Łódź och Київ", "odz-och"),
        ("???", ""),
    ],
)
def test_slug(title: str, expected: str) -> None:
    """An id keeps the title's words in plain letters."""
    assert expected == slug(title)


def test_slug_is_never_too_long() -> None:
    """A long title is cut, without a hyphen at its end."""
    assert SLUG_LENGTH - 1 == len(slug("a" * (SLUG_LENGTH - 1) + " b"))


def test_fold_is_blind_to_case_and_composition() -> None:
    """Upper case Å, Ä, Ö, Æ, Ø and letters with combining marks are the same letters."""
    assert "åäöæø" == fold("ÅÄÖÆØ")
    assert fold("\u00e5\u00e4\u00f6") == fold("A\u030aA\u0308O\u0308")


def test_swedish_order() -> None:
    """Å, ä and ö are the last letters, in this order; é is an e."""
    titles = ["Öppettider", "Ärende", "Zon", "Åtgärd", "Avfall", "Éclair", "Eldning"]
    expected = ["Avfall", "Éclair", "Eldning", "Zon", "Åtgärd", "Ärende", "Öppettider"]
    assert expected == sorted(titles, key=lambda title: alphabetical(title, "sv"))


def test_norwegian_order() -> None:
    """Æ, ø and å are the last letters, in this order."""
    titles = ["Åpningstider", "Økonomi", "Zoo", "Ære", "Avfall"]
    expected = ["Avfall", "Zoo", "Ære", "Økonomi", "Åpningstider"]
    assert expected == sorted(titles, key=lambda title: alphabetical(title, "nb"))
