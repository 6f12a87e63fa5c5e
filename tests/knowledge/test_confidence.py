import datetime
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from knowledge.finding.confidence import (
    CAREFUL,
    FEWEST_CHOICES,
    WORTH_CHOOSING,
    ConfidenceModel,
    Example,
    ModelError,
    Thresholds,
    fit,
    load_model,
    lowest_threshold,
)
from knowledge.finding.evidence import FEATURES, features
from knowledge.finding.logistic import Logistic, probability
from knowledge.finding.search import Ranking, rank
from knowledge.indexing.chunking import split_article
from knowledge.indexing.index import MunicipalityIndex
from knowledge.types import Article, Intent

PAGES = {
    "bygglov": "Du söker bygglov i tjänsten.",
    "avfall": "Soporna hämtas varannan vecka.",
    "bibliotek": "Biblioteket har öppet till klockan 18.",
    "parkering": "Boende kan parkera på gatan.",
}


@pytest.fixture
def index(toy_encoder: Any) -> MunicipalityIndex:
    chunks = [
        chunk
        for name, text in PAGES.items()
        for chunk in split_article(
            Article("ekhamn", name, "sv", "", text, f"/{name}", datetime.date(2026, 1, 1))
        )
    ]
    return MunicipalityIndex.build("ekhamn", chunks, toy_encoder)


@pytest.fixture
def ranking(index: MunicipalityIndex, toy_encoder: Any) -> Ranking:
    text = "hämtas soporna varannan vecka"
    return rank(index, text, "sv", toy_encoder.encode_queries([text])[0])


def constant(chance: float) -> Logistic:
    """A model that gives every question one probability."""
    size = len(FEATURES)
    return Logistic(
        (0.0,) * size, (1.0,) * size, (0.0,) * size, float(np.log(chance / (1 - chance)))
    )


def model(right: float, near: float = 0.1, outside: float = 0.1) -> ConfidenceModel:
    thresholds = Thresholds(answered=0.8, clarification=0.5, out_of_scope=0.4)
    return ConfidenceModel(constant(right), constant(near), constant(outside), thresholds)


@pytest.mark.parametrize(
    ("chances", "expected"),
    [
        ((0.9, 0.95, 0.9), "answered"),
        ((0.7, 0.6, 0.9), "clarification"),
        ((0.3, 0.4, 0.2), "unanswerable"),
        ((0.1, 0.1, 0.5), "out_of_scope"),
        ((0.1, 0.2, 0.5), "unanswerable"),
    ],
)
def test_probabilities_decide(
    ranking: Ranking, chances: tuple[float, float, float], expected: str
) -> None:
    """An answer comes before choices, choices before saying what is not known."""
    decision = model(*chances).decide(ranking)
    assert expected == decision.status
    assert chances[0] == pytest.approx(decision.confidence)


@pytest.mark.parametrize("name", ["out_of_scope", "nonsense"])
def test_an_intent_outside_the_services_lowers_the_confidence(ranking: Ranking, name: str) -> None:
    """What the bot is sure is no question for a municipality is not answered."""
    decision = model(0.9, 0.9).decide(ranking, Intent(name, 0.95))
    assert "out_of_scope" == decision.status
    assert decision.confidence < 0.5


def test_a_question_in_another_language_gets_choices_sooner(ranking: Ranking) -> None:
    """None of its words stand on the page, so all evidence is weaker than it would be."""
    assert "unanswerable" == model(0.2, 0.2).decide(ranking).status
    assert "clarification" == model(0.2, 0.2).decide(ranking, foreign=True).status


def test_a_question_without_a_subject_gets_choices(ranking: Ranking) -> None:
    """ "Öppettider" alone fits many pages, however sure the best of them looks."""
    assert "clarification" == model(0.99, 0.1).decide(ranking, has_subject=False).status


@pytest.mark.parametrize("text", ["🙂🙂", "؟ ؟", "...", "\0"])
def test_what_has_no_word_gets_no_choices(
    index: MunicipalityIndex, toy_encoder: Any, text: str
) -> None:
    """There is nothing that pages could fit."""
    silent = rank(index, text, "sv", toy_encoder.encode_queries(["x"])[0])
    assert "unanswerable" == model(0.3, 0.2).decide(silent, has_subject=False).status


def test_an_unsure_intent_settles_nothing(ranking: Ranking) -> None:
    """A strong hit outweighs a guess of the bot."""
    assert "answered" == model(0.99).decide(ranking, Intent("nonsense", 0.3)).status


def test_other_intents_leave_the_confidence(ranking: Ranking) -> None:
    """A service question is judged by the evidence alone."""
    assert model(0.7).decide(ranking) == model(0.7).decide(
        ranking, Intent("service_building", 0.99)
    )


def test_nothing_found_is_unanswerable(toy_encoder: Any) -> None:
    """A municipality without articles answers nothing, with no confidence."""
    empty = MunicipalityIndex.build("ekhamn", (), toy_encoder)
    ranking = rank(empty, "soporna", "sv", toy_encoder.encode_queries(["soporna"])[0])
    decision = model(0.9).decide(ranking)
    assert ("unanswerable", 0.0) == (decision.status, decision.confidence)


def test_one_article_leaves_nothing_to_choose(toy_encoder: Any) -> None:
    """Choices are offered among two articles or more."""
    page = Article("e", "a", "sv", "", "Soporna.", "/a", datetime.date(2026, 1, 1))
    index = MunicipalityIndex.build("e", split_article(page), toy_encoder)
    ranking = rank(index, "soporna", "sv", toy_encoder.encode_queries(["soporna"])[0])
    assert "unanswerable" == model(0.7, 0.9).decide(ranking).status


def test_rivals_are_the_best_articles(ranking: Ranking) -> None:
    """Between two and four of them, best first."""
    rivals = model(0.7).rivals(ranking)
    articles = [ranking.index.articles[ranking.articles[place]] for place in rivals]
    assert FEWEST_CHOICES <= len(articles) <= 4
    assert len(articles) == len(set(articles))
    assert "avfall" == articles[0]


def test_evidence_has_a_number_for_each_name(ranking: Ranking) -> None:
    """All finite, and shares between 0 and 1."""
    values = dict(zip(FEATURES, features(ranking).tolist(), strict=True))
    assert np.isfinite(list(values.values())).all()
    shares = ("score_share", "covered_by_article", "covered_by_chunk", "family")
    assert all(0 <= values[name] <= 1 for name in shares)


def test_evidence_tells_a_whole_match_from_a_part(
    index: MunicipalityIndex, toy_encoder: Any, ranking: Ranking
) -> None:
    """Words that no page has lower coverage and lead."""
    text = "hämtas xylofonen varannan onsdag"
    part = rank(index, text, "sv", toy_encoder.encode_queries([text])[0])
    whole = dict(zip(FEATURES, features(ranking), strict=True))
    partly = dict(zip(FEATURES, features(part), strict=True))
    assert 1 == pytest.approx(whole["covered_by_article"])
    for name in ("covered_by_article", "covered_by_chunk", "words_margin", "dense"):
        assert whole[name] > partly[name]


@pytest.mark.parametrize("text", ["", "?", "🙂", "xyzzy", "ö" * 2000])
def test_evidence_of_odd_queries_is_finite(
    index: MunicipalityIndex, toy_encoder: Any, text: str
) -> None:
    """A question without words, or of none that is known, is judged too."""
    ranking = rank(index, text, "sv", toy_encoder.encode_queries(["x"])[0])
    assert np.isfinite(features(ranking)).all()


def examples(count: int, seed: int) -> list[Example]:
    """Questions whose truth hangs on the first feature alone, with chance 1 / (1 + e^-2x)."""
    random = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        values = random.normal(size=len(FEATURES)).astype(np.float32)
        right = bool(random.random() < probability(2 * float(values[0])))
        near = right or bool(random.random() < 0.3)
        outside = not near and bool(random.random() < probability(float(-2 * values[1])))
        found.append(Example(values, right, near, outside))
    return found


def test_fit_finds_probabilities_that_come_true() -> None:
    """On questions of the same kind that it never saw."""
    fitted = fit(examples(3000, 1), examples(3000, 2), precision=0.9)
    unseen = examples(3000, 3)
    chances = np.array([fitted.right.probability(example.features) for example in unseen])
    right = np.array([example.right for example in unseen])
    for low in np.arange(0, 1, 0.2):
        bin_ = (chances >= low) & (chances < low + 0.2)
        assert abs(chances[bin_].mean() - right[bin_].mean()) < 0.08


def test_fit_keeps_the_precision_that_is_asked_for() -> None:
    """What is answered is right that often, and something is answered."""
    fitted = fit(examples(3000, 1), examples(3000, 2), precision=0.9)
    answered = [
        example.right
        for example in examples(3000, 3)
        if fitted.right.probability(example.features) >= fitted.thresholds.answered
    ]
    assert len(answered) > 300
    assert 0.86 < float(np.mean(answered)) < 0.95


def test_evidence_never_counts_against() -> None:
    """No weight of the confidence is negative, whatever the examples say."""
    reversed_ = [
        Example(-example.features, example.right, example.near, example.outside)
        for example in examples(500, 1)
    ]
    fitted = fit(reversed_, reversed_, precision=0.5)
    assert min(fitted.right.weights) >= 0


def test_fit_needs_both_outcomes() -> None:
    """A model cannot be learned from questions that all went well."""
    only = [Example(example.features, True, True, False) for example in examples(50, 1)]
    with pytest.raises(ValueError, match="both outcomes"):
        fit(only, only, precision=0.9)


def test_a_model_is_read_as_it_was_written(tmp_path: Path, ranking: Ranking) -> None:
    """JSON keeps what decides."""
    fitted = fit(examples(500, 1), examples(300, 2), precision=0.9)
    path = tmp_path / "confidence.json"
    path.write_text(json.dumps(fitted.values()))
    expected, read = fitted.decide(ranking), load_model(path).decide(ranking)
    assert expected.status == read.status
    assert expected.confidence == pytest.approx(read.confidence, abs=1e-3)


@pytest.mark.parametrize("content", ["", "{}", '{"features": ["other"]}', "[]"])
def test_an_unusable_model_says_what_to_run(tmp_path: Path, content: str) -> None:
    """Parameters for other features are refused, not applied."""
    path = tmp_path / "confidence.json"
    path.write_text(content)
    with pytest.raises(ModelError, match="python -m knowledge fit"):
        load_model(path)


def test_the_packaged_model_fits_this_version() -> None:
    """What is shipped can be loaded, and asks more for an answer than for choices."""
    thresholds = load_model().thresholds
    assert WORTH_CHOOSING <= thresholds.clarification < thresholds.answered < 1


@pytest.mark.parametrize(
    ("precision", "expected"), [(1.0, 0.9), (0.75, 0.6), (0.5, 0.2), (0.6, 0.5)]
)
def test_lowest_threshold(precision: float, expected: float) -> None:
    """As low as the precision of all above it allows."""
    outcomes = [(0.9, True), (0.8, False), (0.7, True), (0.6, True), (0.5, False), (0.2, False)]
    assert expected == lowest_threshold(outcomes, precision)


def test_lowest_threshold_where_none_will_do() -> None:
    """Nothing is answered then: the threshold is above every probability."""
    assert lowest_threshold([(1.0, False), (0.5, True)], 0.9) > 1


def test_logistic_importance_counts_like_repetition() -> None:
    """An example of importance 2 weighs as much as two."""
    rows, truths = [[0.0], [1.0], [2.0], [3.0]], [False, True, False, True]
    heavy = Logistic.fit(rows, truths, [1, 2, 1, 1], 1.0)
    twice = Logistic.fit([*rows, [1.0]], [*truths, True], [1.0] * 5, 1.0)
    assert heavy.probability([1.5]) == pytest.approx(twice.probability([1.5]), abs=1e-4)


def test_a_careful_municipality_is_answered_only_when_all_but_certain() -> None:
    """The probability stays what it is; the threshold rises."""
    fitted = fit(examples(3000, 1), examples(1000, 2), precision=0.5)
    careful = fitted.careful()
    assert fitted.thresholds.answered < CAREFUL == careful.thresholds.answered
    assert fitted.right == careful.right
    assert careful.careful() == careful
