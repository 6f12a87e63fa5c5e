import subprocess
import sys
import threading

import pytest

from knowledge.language.lemmas import LemmaTable
from knowledge.language.text import lemmas, tokens


def test_tokens_keep_northern_letters() -> None:
    """å ä ö æ ø are letters; punctuation goes, hyphens divide."""
    expected = ["är", "öl", "på", "blåbærøl", "e", "post", "covid", "19"]
    assert expected == tokens("Är öl på blåbærøl? E-post, covid-19!", "nb")


def test_tokens_compose_letters_typed_in_two() -> None:
    """An å typed as a and a ring is the same word."""
    assert tokens("gård", "sv") == tokens("ga\u030ard", "sv")


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("sv", ["förskola", "förskolan", "förskolor", "förskolornas"]),
        ("sv", ["barn", "barnet", "barnens"]),
        ("nb", ["barnehage", "barnehagen", "barnehager", "barnehagenes"]),
        ("nb", ["søke", "søker", "søkte"]),
        ("nn", ["barnehage", "barnehagen", "barnehagar", "barnehagane"]),
    ],
)
def test_forms_of_a_word_are_one_term(language: str, forms: list[str]) -> None:
    """Inflected forms find each other."""
    assert 1 == len({tuple(lemmas(form, language)) for form in forms})


def test_bokmal_and_nynorsk_share_their_terms() -> None:
    """A question in one finds a page in the other."""
    assert lemmas("barnehagane og skulane", "nn")[0] == lemmas("barnehagene og skolene", "nb")[0]


def test_other_languages_are_left_as_tokens() -> None:
    """Words of a language without analysis are only put in lower case."""
    assert ["opening", "hours"] == lemmas("Opening hours", "en")


def test_threads_may_analyse_at_once() -> None:
    """Terms of one thread's text never end up in another's."""
    texts = [f"förskolan{n} avgifter bygglovet" for n in range(8)]
    expected = {text: lemmas(text, "sv") for text in texts}
    wrong: list[str] = []

    def work(text: str) -> None:
        for _ in range(50):
            if lemmas(text, "sv") != expected[text]:
                wrong.append(text)

    threads = [threading.Thread(target=work, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [] == wrong


def test_lemma_table_gives_back_what_it_was_made_of() -> None:
    """Listed forms get their base form, others stay."""
    table = LemmaTable({"hus": "hus", "husen": "hus", "gick": "gå", "möss": "mus"})
    assert ["hus", "gå", "mus", "katt", "hus"] == [
        table.lemma(form) for form in ("husen", "gick", "möss", "katt", "hus")
    ]


def test_text_analysis_does_without_torch() -> None:
    """The server is 190 MB smaller for it, and torch can still be imported afterwards."""
    program = (
        "import sys; from knowledge.language.text import lemmas; lemmas('hus', 'sv'); "
        "assert 'torch' not in sys.modules; import torch"
    )
    done = subprocess.run([sys.executable, "-c", program], timeout=120, check=False)
    assert 0 == done.returncode
