"""Questions that lean on the one before, corrections, and new subjects."""

import datetime
from typing import Any

import numpy as np
import pytest

from knowledge.answering.answer import Answered, Earlier, answer_question
from knowledge.evaluation.dialogues import Outcome, figures, read_dialogues
from knowledge.evaluation.labelled import LabelledFileError
from knowledge.finding import follow_up
from knowledge.finding.confidence import load_model
from knowledge.finding.follow_up import FEATURES, Context, FollowUpModelError, joined, says, stated
from knowledge.finding.search import rank
from knowledge.indexing.chunking import split_article
from knowledge.indexing.index import MunicipalityIndex
from knowledge.types import Article, Status
from tests.knowledge.toys import Decided

TODAY = datetime.date(2026, 3, 1)
PAGES = {
    "bygglov": (
        "Bygglov",
        "## Avgift\n\nAltan kostar 4 200 kronor.\n\n## Tid\n\nDet tar tio veckor.",
    ),
    "sopor": ("Sopor", "## Avgift\n\nTunnan kostar 900 kronor.\n\n## Dagar\n\nVarje måndag."),
    "bad": ("Simhall", "## Avgift\n\nBadet kostar 70 kronor."),
}


@pytest.fixture
def index(toy_encoder: Any) -> MunicipalityIndex:
    chunks = [
        chunk
        for name, (title, text) in PAGES.items()
        for chunk in split_article(Article("ekhamn", name, "sv", title, text, f"/{name}", TODAY))
    ]
    return MunicipalityIndex.build("ekhamn", chunks, toy_encoder)


def ask(
    index: MunicipalityIndex,
    encoder: Any,
    text: str,
    context: Context,
    status: Status = "answered",
) -> Answered:
    together = joined(index, context, text)
    assert together is not None
    said = stated(text)
    alone, with_title = encoder.encode_queries([said, together])
    earlier = Earlier(context, text, together, with_title)
    return answer_question(index, said, "sv", None, None, alone, Decided(status), earlier)


@pytest.fixture
def sure(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Whether a question follows is given."""

    def decide(follows: bool) -> None:
        monkeypatch.setattr("knowledge.answering.answer.follows", lambda *_: follows)

    return decide


def test_a_follow_up_is_answered_from_the_page_that_was_talked_about(
    index: MunicipalityIndex, toy_encoder: Any, sure: Any
) -> None:
    """ "och avgift?" after a question about refuse asks for the refuse fee, alone for any fee."""
    sure(True)
    after = ask(index, toy_encoder, "och avgift", Context("sopor")).answer
    assert "sopor" == after.sources[0].article
    assert "Tunnan kostar 900 kronor." == after.text
    other = ask(index, toy_encoder, "och avgift", Context("bad")).answer
    assert "bad" == other.sources[0].article


def test_a_new_subject_drops_the_old_one(
    index: MunicipalityIndex, toy_encoder: Any, sure: Any
) -> None:
    """What is no follow-up is searched for as it stands."""
    sure(False)
    answer = ask(index, toy_encoder, "Altan kostar", Context("sopor")).answer
    assert "bygglov" == answer.sources[0].article


def test_an_unsure_follow_up_offers_parts_of_that_page(
    index: MunicipalityIndex, toy_encoder: Any, sure: Any
) -> None:
    """Never other pages: which one is meant is known."""
    sure(True)
    answer = ask(index, toy_encoder, "och sen", Context("sopor"), "clarification").answer
    assert {"sopor"} == {choice.chunk.partition("#")[0] for choice in answer.choices}


def test_the_title_covers_no_word_of_the_question(
    index: MunicipalityIndex, toy_encoder: Any, sure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The evidence of confidence counts the resident's own words only."""
    sure(True)
    seen = []
    model = Decided()
    decide = type(model).decide

    def noting(self: Decided, ranking: Any, *args: Any, **named: Any) -> Any:
        seen.append(set(ranking.terms))
        return decide(self, ranking, *args, **named)

    monkeypatch.setattr(Decided, "decide", noting)
    ask(index, toy_encoder, "och avgift", Context("sopor"))
    assert seen
    assert not any("sop" in term for term in seen[0])


def test_a_page_that_is_gone_is_no_context(index: MunicipalityIndex) -> None:
    """It was unpublished between two turns."""
    assert joined(index, Context("borttagen"), "och avgift") is None


@pytest.mark.parametrize(
    ("text", "states"),
    [
        ("nej, jag menade snöröjning", "jag snöröjning"),
        ("nei, jeg mente snøbrøyting", "jeg snøbrøyting"),
        ("snöröjning", "snöröjning"),
        ("nej", "nej"),
    ],
)
def test_a_correction_states_what_was_meant(text: str, states: str) -> None:
    """Without the words that only say that it is one; alone they stay as they are."""
    assert states == stated(text)


def test_words_of_a_group_are_found_where_they_count() -> None:
    """An opening only at the beginning, whole words only."""
    assert says("opening", "och vad kostar det")
    assert not says("opening", "mat och vatten")
    assert says("pronouns", "vad kostar det")
    assert not says("pronouns", "detaljplan")
    assert says("other", "en annan sak: biblioteket")


def test_features_have_a_number_for_each_name(index: MunicipalityIndex, toy_encoder: Any) -> None:
    """The last page's own lead counts, with its sign."""
    (alone,) = toy_encoder.encode_queries(["Altan kostar"])
    ranking = rank(index, "Altan kostar", "sv", alone)
    of = {
        article: dict(
            zip(
                FEATURES,
                follow_up.features("Altan kostar", article, ranking, ranking, load_model()),
                strict=True,
            )
        )
        for article in ("bygglov", "sopor")
    }
    assert of["bygglov"]["behind"] < 0 < of["sopor"]["behind"]
    assert of["bygglov"]["ahead_when_joined"] == pytest.approx(-of["bygglov"]["behind"])
    assert all(np.isfinite(list(row.values())).all() for row in of.values())


def test_the_fitted_model_fits_this_version(tmp_path: Any) -> None:
    """A follow-up that only the last page answers is likelier than one that stands for itself.

    So is one whose words the last page has, than one with a rare word that it lacks.
    """
    model = follow_up.load_model()
    leans = dict.fromkeys(FEATURES, 0.0) | {"behind": -2.0, "near": -2.0, "right": -3.0}
    leans |= {"dense": 0.65, "terms": 1.4, "opening": 1.0, "ahead_when_joined": 4.0}
    stands = leans | {"behind": 12.0, "near": 3.0, "right": 3.0, "opening": 0.0}
    stands |= {"ahead_when_joined": 0.0, "missing": 0.6}
    strange = leans | {"missing": 0.9, "rarest_missing": 1.0, "opening": 0.0}
    rows = [[row[name] for name in FEATURES] for row in (leans, stands, strange)]
    assert model.probability(rows[0]) > 0.5 > model.probability(rows[1])
    assert model.logit(rows[2]) < model.logit(rows[0]) - 2
    (tmp_path / "broken.json").write_text('{"features": []}')
    with pytest.raises(FollowUpModelError, match="fit-dialogues"):
        follow_up.load_model(tmp_path / "broken.json")


def test_one_word_of_a_title_gets_what_there_is_to_ask(
    index: MunicipalityIndex, toy_encoder: Any
) -> None:
    """ "bygglov" is no question yet: the page's parts are offered."""
    (embedding,) = toy_encoder.encode_queries(["bygglov"])
    answer = answer_question(
        index, "bygglov", "sv", None, None, embedding, Decided("answered")
    ).answer
    assert "clarification" == answer.status
    assert ["Bygglov: Avgift", "Bygglov: Tid"] == [choice.title for choice in answer.choices]


def test_the_dialogues_are_whole_and_of_known_pages() -> None:
    """At least 80 a language; every article that a turn expects is published."""
    from knowledge.articles.importer import read_seed
    from knowledge.evaluation.dialogues import ARTICLES, FOLDER

    known = {(seed.municipality, seed.id) for seed in read_seed(ARTICLES)}
    dialogues = read_dialogues(FOLDER)
    for language in ("sv", "nb", "nn"):
        own = [one for one in dialogues if one.language == language]
        assert len(own) >= 80
        assert all(2 <= len(one.turns) <= 4 for one in own)
    wanted = {(d.municipality, a) for d in dialogues for turn in d.articles for a in turn}
    assert wanted <= known


def test_a_broken_line_is_named(tmp_path: Any) -> None:
    """File, line, and what is wrong."""
    for language in ("sv", "nb", "nn"):
        (tmp_path / f"{language}.jsonl").write_text("")
    row = '{"language": "sv", "turns": ["a", "b"], "articles": [["x"]], "kind": "follow_up"}\n'
    (tmp_path / "sv.jsonl").write_text(row)
    with pytest.raises(LabelledFileError, match=r"sv\.jsonl, line 1: turns and articles differ"):
        read_dialogues(tmp_path)


def test_unrelated_pages_are_never_the_one_that_answers(index: MunicipalityIndex) -> None:
    """Each question once, always with the same page drawn for it."""
    from knowledge.evaluation.dialogues import unrelated
    from knowledge.evaluation.labelled import Question

    asked = [Question(f"fråga {n}", "sv", "bygglov") for n in range(20)]
    drawn = list(unrelated(asked, {"sv": index}))
    assert asked == [question for question, _ in drawn]
    assert "bygglov" not in {page for _, page in drawn}
    assert drawn == list(unrelated(asked, {"sv": index}))


def test_figures_are_shares_by_language_and_kind() -> None:
    """With and without context, side by side."""
    from knowledge.evaluation.dialogues import Dialogue

    one = Dialogue("sv", "ekhamn", ("a", "b"), (("x",), ("x",)), "follow_up")
    found = figures([Outcome(one, True, False), Outcome(one, False, False)])
    assert {"sv"} == set(found)
    assert (2.0, 0.5, 0.0, 0.5) == tuple(
        found["sv"][name] for name in ("dialogues", "right", "alone", "follow_up")
    )
