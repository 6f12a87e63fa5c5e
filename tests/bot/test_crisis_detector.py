from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from rasa.core.policies.rule_policy import RulePolicy
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.generator import TrackerWithCachedStates, TrainingDataGenerator
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.core.training_data.story_reader.yaml_story_reader import YAMLStoryReader
from rasa.shared.core.training_data.structures import StoryGraph
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.components.classifier import OtherEncoderError
from bot.components.crisis_detector import CrisisDetector, crisis_of_turn
from bot.components.crisis_model import Certainty, Crisis
from bot.components.featurizer import EmbeddingFeaturizer

TOP = Path(__file__).resolve().parents[2]
GRIM = ["allt är svart", "svart och tomt", "tomt och mörkt", "mörkt och svart", "allt är tomt"]
CALM = [
    "badet öppnar tidigt",
    "sopor på tisdag",
    "bygglov för garage",
    "fritids i höst",
    "lån av bok",
]


@pytest.fixture
def config(tmp_path: Path) -> dict[str, Any]:
    """Few rows, each word's vector its own."""
    folder = tmp_path / "rows"
    folder.mkdir()
    for language in ("sv", "nb", "nn"):
        kinds = [(text, "suicide") for text in GRIM] + [(text, None) for text in CALM]
        kinds += [(f"{text} elden", "fire") for text in GRIM]
        lines = [json.dumps({"text": f"{text} {language}", "kind": kind}) for text, kind in kinds]
        (folder / f"{language}.jsonl").write_text("\n".join(lines))
    return {"data": str(folder)}


@pytest.fixture
def detector(embedding_server: Any, tmp_path: Path, config: dict[str, Any]) -> CrisisDetector:
    """Trained, stored, and loaded again."""
    storage = LocalModelStorage.create(tmp_path)
    resource, context = Resource("detector"), ExecutionContext(GraphSchema({}))
    everyday = [Message({"text": f"hej {text}", "intent": "greet"}) for text in CALM]
    data = _featurizer().process_training_data(TrainingData(everyday))
    CrisisDetector.create(config, storage, resource, context).train(data)
    return CrisisDetector.load(config, storage, resource, context)


def _featurizer() -> EmbeddingFeaturizer:
    return EmbeddingFeaturizer("featurizer", EmbeddingFeaturizer.get_default_config())


def _understood(detector: CrisisDetector, text: str) -> Message:
    before = {"name": "nlu_fallback", "confidence": 0.4}
    message = Message({"text": text, "intent": before, "intent_ranking": [before]})
    return detector.process(_featurizer().process([message]))[0]


def _kind(message: Message, entity: str = "crisis_kind") -> Any:
    return [e["value"] for e in message.get("entities") if e["entity"] == entity]


def test_a_crisis_outranks_what_was_understood(detector: CrisisDetector) -> None:
    """The intent, first in the ranking, and the kind as an entity."""
    message = _understood(detector, "hjälp det brinner")

    assert message.get("intent")["name"] == "crisis"
    assert [intent["name"] for intent in message.get("intent_ranking")] == [
        "crisis",
        "nlu_fallback",
    ]
    assert _kind(message) == ["fire"]
    assert _kind(message, "crisis_possible") == [None]
    assert {"intent", "intent_ranking", "entities"} <= message.output_properties


def test_any_other_turn_stays_as_it_was_and_empties_the_slot(detector: CrisisDetector) -> None:
    """A crisis of an earlier turn is not held against the next one."""
    message = _understood(detector, "badet öppnar tidigt")

    assert message.get("intent")["name"] == "nlu_fallback"
    assert _kind(message) == _kind(message, "crisis_possible") == [None]


@pytest.mark.parametrize(
    ("certainty", "intent", "outcome"),
    [
        ("certain", "service_waste", "crisis"),
        ("certain", "affirm", "crisis"),
        ("likely", "service_waste", "possible"),
        ("possible", "service_waste", "possible"),
        ("possible", "report_fault", "possible"),
        ("possible", "nonsense", "possible"),
        ("likely", "nlu_fallback", "possible"),
        ("possible", "out_of_scope", "possible"),
        ("likely", "greet", "crisis"),
        ("likely", "ask_for_person", "crisis"),
        ("likely", None, "crisis"),
        ("possible", "affirm", "nothing"),
        ("possible", "take_choice", "nothing"),
    ],
)
def test_a_question_is_answered_when_it_only_may_be_a_crisis(
    certainty: Certainty, intent: str | None, outcome: str
) -> None:
    """What has no answer to add to becomes a crisis when that is likely, and else nothing."""
    found = Crisis("fire", 0.4, certainty)

    crisis, possible = crisis_of_turn(found, intent)

    assert (crisis is found, possible is found) == (outcome == "crisis", outcome == "possible")


def test_nothing_found_is_nothing() -> None:
    """Whatever the turn means."""
    assert crisis_of_turn(None, "greet") == crisis_of_turn(None, "service_waste") == (None, None)


def test_a_possible_crisis_leaves_the_intent_and_fills_its_own_slot(
    detector: CrisisDetector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next turn empties it."""
    found = [Crisis("child", 0.4, "possible"), None]
    monkeypatch.setattr(type(detector._model), "find", lambda *_: found.pop(0))

    message = _understood(detector, "var bor barnen")

    assert message.get("intent")["name"] == "nlu_fallback"
    assert (_kind(message), _kind(message, "crisis_possible")) == ([None], ["child"])
    assert _kind(_understood(detector, "var bor barnen"), "crisis_possible") == [None]


@pytest.mark.parametrize("text", ["", "🙂", "?"])
def test_an_odd_text_is_no_crisis(detector: CrisisDetector, text: str) -> None:
    """No embedding, or one that means nothing."""
    assert _kind(_understood(detector, text)) == [None]


def test_the_passages_of_a_long_text_are_looked_at(
    detector: CrisisDetector, embedding_server: Any
) -> None:
    """Each is embedded once, in one request."""
    embedding_server.batches.clear()
    message = _understood(detector, "Sopor på tisdag. Han andas inte. Lån av bok.")

    assert message.get("intent")["name"] == "crisis"
    asked = [text for batch in embedding_server.batches for text in batch]
    assert "Han andas inte" in asked
    assert len(asked) == len(set(asked))


def test_embeddings_of_another_encoder_are_refused(
    detector: CrisisDetector, embedding_server: Any
) -> None:
    """A model trained on other vectors would only guess, and nobody would notice."""
    embedding_server.encoder = "new"

    with pytest.raises(OtherEncoderError, match="words; knowledge now has new"):
        _understood(detector, "en ny text")


def test_changed_data_mean_another_training(config: dict[str, Any]) -> None:
    """Rasa's cache would otherwise keep the old model."""
    before = CrisisDetector.fingerprint_addon(config)
    (Path(config["data"]) / "nn.jsonl").open("a").write('\n{"text": "ny", "kind": null}')

    assert CrisisDetector.fingerprint_addon(config) != before


@pytest.fixture(scope="module")
def domain() -> Domain:
    """The intent and the action, with a form as any."""
    return Domain.from_dict(
        {
            "intents": ["crisis", "greet"],
            "actions": ["action_crisis", "utter_greet"],
            "slots": {"place": {"type": "text", "mappings": [{"type": "from_text"}]}},
            "forms": {"some_form": {"required_slots": ["place"]}},
        }
    )


def _next_action(domain: Domain, tmp_path: Path, events: list[Any]) -> str:
    """What the rule in bot/data/rules/crisis.yml leads to, as Rasa's own policy sees it."""
    reader = YAMLStoryReader(domain)
    steps = reader.read_from_file(str(TOP / "bot" / "data" / "rules" / "crisis.yml"))
    trackers: list[TrackerWithCachedStates] = TrainingDataGenerator(
        StoryGraph(steps), domain
    ).generate()
    tmp_path.mkdir(exist_ok=True)
    policy = RulePolicy.create(
        RulePolicy.get_default_config(),
        LocalModelStorage.create(tmp_path),
        Resource("rules"),
        ExecutionContext(GraphSchema({})),
    )
    policy.train(trackers, domain)
    tracker = DialogueStateTracker.from_events("c", events, domain.slots, domain=domain)
    prediction = policy.predict_action_probabilities(tracker, domain)
    return str(
        domain.action_names_or_texts[
            int(max(range(len(prediction.probabilities)), key=prediction.probabilities.__getitem__))
        ]
    )


def _crisis() -> UserUttered:
    return UserUttered("det brinner", {"name": "crisis", "confidence": 1.0})


def test_a_crisis_is_answered(domain: Domain, tmp_path: Path) -> None:
    """Anywhere, by one action."""
    begun = [ActionExecuted("action_listen"), _crisis()]

    assert _next_action(domain, tmp_path, begun) == "action_crisis"


def test_a_crisis_interrupts_a_form_and_ends_it(domain: Domain, tmp_path: Path) -> None:
    """The form declines the turn, the rule applies, and then the bot listens."""
    events = [
        ActionExecuted("action_listen"),
        UserUttered("hej", {"name": "greet", "confidence": 1.0}),
        ActionExecuted("some_form"),
        ActiveLoop("some_form"),
        SlotSet("requested_slot", "place"),
        ActionExecuted("action_listen"),
        _crisis(),
        ActionExecutionRejected("some_form"),
    ]
    after = [
        *events,
        ActionExecuted("action_crisis"),
        ActiveLoop(None),
        SlotSet("requested_slot", None),
    ]

    assert _next_action(domain, tmp_path, events) == "action_crisis"
    assert _next_action(domain, tmp_path / "after", after) == "action_listen"
