"""The channel with a really trained small model, and with an action server that stands in."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio
import rasa.model_training
import yaml
from aiohttp import web
from rasa.core.actions.action import RemoteAction
from rasa.core.agent import Agent
from rasa.utils.endpoints import EndpointConfig

from bot.components import remote_actions
from bot.components.channel import SvarChannel
from bot.components.tracker_store import BoundedTrackerStore

TOP = Path(__file__).resolve().parents[2]
ANSWER = {"status": "answered", "confidence": 0.9, "sources": []}
OFFER = {
    "title": {"response": "utter_offer_person_title"},
    "text": {"response": "utter_offer_person_text"},
    "chunk": None,
    "action": "handoff",
}
RESPONSES = {
    "action_answer_question": {"text": "Avgiften är {1 000} kr.", "custom": {"answer": ANSWER}},
    "action_offer_person": {"custom": {"choices": [OFFER]}},
}


def _write_utterances(path: Path) -> None:
    intents = [
        intent
        for file in (TOP / "bot/domain").glob("*.yml")
        for intent in yaml.safe_load(file.read_text()).get("intents", [])
    ]
    nlu = [
        {
            "intent": intent,
            # "gemensam" says nothing about the intent.
            "examples": "".join(
                f"- {intent} {intent} ord{n}\n- gemensam gemensam {intent[-3:]}{n}\n"
                for n in range(6)
            ),
        }
        for intent in intents
    ]
    path.write_text(yaml.safe_dump({"version": "3.1", "nlu": nlu}))


@pytest.fixture(scope="module")
def model(lasting_embedding_server: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as it is, trained on utterances made of the intents' names."""
    folder = tmp_path_factory.mktemp("model")
    _write_utterances(folder / "nlu.yml")
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("RASA_TELEMETRY_ENABLED", "false")
        monkeypatch.setenv("RASA_CACHE_DIRECTORY", str(folder / "cache"))
        result = rasa.model_training.train(
            domain=str(TOP / "bot/domain"),
            config=str(TOP / "bot/config.yml"),
            training_files=[str(TOP / "bot/data"), str(folder / "nlu.yml")],
            output=str(folder),
            fixed_model_name="svar",
        )
    assert result.model is not None
    return Path(result.model)


@pytest.fixture(autouse=True)
def _stock_afterwards() -> Iterator[None]:
    run, validation = RemoteAction.run, RemoteAction._validate_action_result
    yield
    RemoteAction.run, RemoteAction._validate_action_result = run, validation


class Bot:
    """The channel over an agent, with the action server's calls kept in `calls`."""

    def __init__(self, agent: Agent, channel: SvarChannel, store: BoundedTrackerStore) -> None:
        self.agent = agent
        self.channel = channel
        self.store = store
        self.calls: list[dict[str, Any]] = []
        self.failing: set[str] = set()

    async def take(self, text: str, **metadata: Any) -> tuple[int, Any]:
        """Status and body of the answer to one turn."""
        turn = {
            "conversation": "c1",
            "text": text,
            "metadata": {
                "municipality": "ekhamn",
                "municipality_name": "Ekhamn",
                "language": "sv",
                **metadata,
            },
        }
        return await self.post(json.dumps(turn).encode())

    async def post(self, body: bytes) -> tuple[int, Any]:
        """The same for a raw body."""
        request: Any = SimpleNamespace(
            body=body, app=SimpleNamespace(ctx=SimpleNamespace(agent=self.agent))
        )
        response = await self.channel._respond(request, self.agent.handle_message)
        assert response.body is not None
        return response.status, json.loads(response.body)

    def run_action(self, call: dict[str, Any]) -> web.Response:
        """What the action server does."""
        self.calls.append(call)
        name = call["next_action"]
        if name in self.failing:
            return web.json_response({"error": "knowledge can't be reached"}, status=503)
        return web.json_response({"events": [], "responses": [RESPONSES.get(name, {"text": name})]})


@pytest_asyncio.fixture
async def bot(
    model: Path, lasting_embedding_server: Any, aiohttp_server_of: Any, tmp_path: Path
) -> AsyncIterator[Bot]:
    channel = SvarChannel.from_credentials({"time_limit": 3})

    async def act(request: web.Request) -> web.Response:
        return running.run_action(await request.json())

    url = await aiohttp_server_of(act)
    endpoint = remote_actions.ActionEndpoint(EndpointConfig(url, enable_selective_domain=True))
    store = BoundedTrackerStore(host=f"sqlite:///{tmp_path / 'trackers.db'}")
    agent = Agent.load(shutil.copy(model, tmp_path), action_endpoint=endpoint, tracker_store=store)
    running = Bot(agent, channel, store)
    yield running
    await endpoint.close()
    store.close()


async def test_a_fixed_text_in_the_language_of_the_turn(bot: Bot) -> None:
    """Words, shown name of the municipality and intent; nothing else."""
    status, answer = await bot.take("greet greet", language="nn")

    assert status == 200
    assert answer["intent"]["name"] == "greet"
    assert answer["messages"] == [
        {
            "text": "Hei! Eg er ein automatisk assistent for Ekhamn. Kva lurer du på?",
            "choices": [],
            "answer": None,
            "handoff": None,
            "asks": None,
            "case": None,
        }
    ]


async def test_the_language_can_change_between_turns(bot: Bot) -> None:
    """Each turn's own metadata counts."""
    _, swedish = await bot.take("greet greet", language="sv")
    _, bokmal = await bot.take("greet greet", language="nb")

    assert swedish["messages"][0]["text"].startswith("Hej!")
    assert bokmal["messages"][0]["text"].startswith("Hei! Jeg")


async def test_an_answer_is_passed_on_word_for_word(bot: Bot) -> None:
    """Braces in an article are no variables of Rasa's."""
    _, answer = await bot.take("service_building service_building")

    assert [(message["text"], message["answer"]) for message in answer["messages"]] == [
        ("Avgiften är {1 000} kr.", ANSWER)
    ]


async def test_the_action_server_gets_the_slots_and_no_domain(bot: Bot) -> None:
    """Municipality, language and no chunk stand in the tracker that is sent."""
    await bot.take("service_building service_building")

    (call,) = bot.calls
    slots = call["tracker"]["slots"]
    assert "domain" not in call
    assert (
        slots["municipality_id"],
        slots["municipality"],
        slots["language"],
        slots["chunk"],
    ) == ("ekhamn", "Ekhamn", "sv", None)


async def test_a_choice_is_a_question_whatever_it_says(bot: Bot) -> None:
    """With a chunk, the turn goes to the answers; the next one without has no chunk."""
    _, taken = await bot.take("greet greet", chunk="bygglov#avgift")
    await bot.take("service_building service_building")

    assert taken["intent"]["name"] == "take_choice"
    assert [call["tracker"]["slots"]["chunk"] for call in bot.calls] == ["bygglov#avgift", None]


async def test_text_and_offer_make_one_message(bot: Bot) -> None:
    """A rule's fixed text and the action's choice, in the words of the language."""
    _, answer = await bot.take("make_complaint make_complaint", language="nb")

    (message,) = answer["messages"]
    assert message["text"].startswith("Det var leit")
    assert message["choices"] == [
        {
            "title": "Snakk med et menneske",
            "text": "Jeg vil snakke med et menneske",
            "chunk": None,
            "action": "handoff",
        }
    ]


async def test_low_confidence_is_searched_for(bot: Bot) -> None:
    """What looks like nothing in particular goes to the answers, not to a guess."""
    _, answer = await bot.take("gemensam gemensam")

    assert answer["intent"]["name"] == "nlu_fallback"
    assert [call["next_action"] for call in bot.calls] == ["action_answer_question"]


@pytest.mark.parametrize("text", ["/restart", "/session_start", "/", '/greet{"language":"nb"}'])
async def test_commands_of_rasa_are_ordinary_text(bot: Bot, text: str) -> None:
    """A resident can neither restart the tracker nor set a slot."""
    status, answer = await bot.take(text)

    assert status == 200
    assert answer["messages"]
    assert "Hei" not in answer["messages"][0]["text"]


@pytest.mark.parametrize("intent", ["service_building", "make_complaint"])
async def test_a_failing_action_is_status_500(bot: Bot, intent: str) -> None:
    """Also when another action of the same turn has already spoken."""
    bot.failing = {"action_answer_question", "action_offer_person"}

    status, problem = await bot.take(f"{intent} {intent}")

    assert status == 500
    assert problem["status"] == 500
    assert "action" in problem["detail"]


async def test_a_missing_knowledge_process_is_status_500(
    bot: Bot, lasting_embedding_server: Any
) -> None:
    """Without an embedding nothing can be understood, and the channel says so."""
    lasting_embedding_server.status = 503
    try:
        status, problem = await bot.take("a text that was never asked for before")
    finally:
        lasting_embedding_server.status = 200

    assert (status, problem["status"]) == (500, 500)
    assert "/v1/embeddings" in problem["detail"]


async def test_a_crisis_is_met_while_knowledge_is_down(
    bot: Bot, lasting_embedding_server: Any
) -> None:
    """Words that are enough alone need no embedding; the next turn is one like any."""
    lasting_embedding_server.status = 503
    try:
        status, answer = await bot.take("jag orkar inte leva längre, jag vill dö")
    finally:
        lasting_embedding_server.status = 200

    assert (status, answer["intent"]["name"]) == (200, "crisis")
    (call,) = bot.calls
    assert call["next_action"] == "action_crisis"
    assert call["tracker"]["slots"]["crisis_kind"] == "suicide"
    _, after = await bot.take("greet greet")
    assert after["intent"]["name"] == "greet"


async def test_a_slow_turn_is_given_up(bot: Bot) -> None:
    """The time limit is for the whole turn."""
    bot.channel._time_limit = 0.05

    async def wait(*_: Any) -> None:
        await asyncio.sleep(5)

    bot.agent.handle_message = wait

    status, problem = await bot.take("greet greet")

    assert status == 500
    assert problem["detail"] == "No answer within 0.05 s."


async def test_silence_is_status_500(bot: Bot) -> None:
    """An empty list is never passed on as an answer."""

    async def say_nothing(*_: Any) -> None:
        pass

    bot.agent.handle_message = say_nothing

    status, problem = await bot.take("greet greet")

    assert (status, problem["detail"]) == (500, "The bot said nothing.")


async def test_a_bad_request_names_the_field(bot: Bot) -> None:
    """Problem details with the field that is at fault."""
    status, problem = await bot.take("hej", language="de")

    assert (status, problem["status"]) == (422, 422)
    assert [error["field"] for error in problem["errors"]] == ["metadata.language"]


async def test_without_a_model_a_turn_is_status_500(bot: Bot) -> None:
    """A bot whose model could not be loaded says so instead of being silent."""
    bot.agent.processor = None

    status, problem = await bot.take("hej")

    assert (status, problem["detail"]) == (500, "No model is loaded.")


async def test_turn_100_sends_no_more_than_turn_5(bot: Bot) -> None:
    """What the action server gets of the conversation does not grow with it."""
    for _ in range(30):
        await bot.take("service_building service_building")

    events = [len(call["tracker"]["events"]) for call in bot.calls]
    assert events[4] == events[29]
